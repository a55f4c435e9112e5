//! Owns asking the person. What cannot be asked is a [`NoAnswer`], at once. Must not know AWS.

mod program;
mod tty;

use thiserror::Error;

use crate::secret::Secret;
use crate::system::capture::CaptureError;

pub(crate) use program::{ByProgram, Detour, Last};
pub(crate) use tty::AtTty;

/// Something to be typed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// What is asked, safe to show.
    pub(crate) text: &'a str,
    /// A line below, safe to show.
    pub(crate) help: &'a str,
    /// Whether an answer has the right form.
    pub(crate) fits: fn(&str) -> bool,
    /// What to say if it has not.
    pub(crate) complaint: &'a str,
    /// Whether the answer may be seen while it is typed.
    pub(crate) echo: Echo,
    /// What a program that answers should know, as environment variables.
    pub(crate) facts: &'a [(&'a str, &'a str)],
}

/// Whether what is typed is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echo {
    /// As it is.
    Shown,
    /// Not at all.
    Hidden,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum NoAnswer {
    /// Nobody is there to be asked.
    #[error("there is no terminal to ask on")]
    Unattended,
    /// The person pressed Ctrl-C or Esc.
    #[error("interrupted")]
    Interrupted,
    /// Nobody answered while it was of any use.
    #[error("nobody answered in time")]
    TimedOut,
    /// The program that should answer did not.
    #[error(transparent)]
    Program(CaptureError),
    /// The program that should answer printed something else, which is not told: it may be half a secret.
    #[error("`{0}` did not print what it was asked for and nothing else")]
    Unfit(String),
    /// The terminal failed.
    #[error("the terminal can't be used")]
    Terminal(#[source] inquire::InquireError),
    /// The terminal behind the standard streams failed.
    #[error("the terminal can't be used")]
    Tty(#[source] std::io::Error),
}

/// Somebody, or nobody, who answers.
pub(crate) trait Prompt {
    /// Waits for an answer of the right form.
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer>;

    /// Waits for a yes or no; Enter means yes.
    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer>;

    /// Whether a second question may get a better answer than the first.
    fn can_ask_again(&self) -> bool;
}

/// Nobody: every question fails at once.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Prompt for Nobody {
    fn ask(&mut self, _question: Question<'_>) -> Result<Secret, NoAnswer> {
        Err(NoAnswer::Unattended)
    }

    fn agree(&mut self, _question: &str) -> Result<bool, NoAnswer> {
        Err(NoAnswer::Unattended)
    }

    fn can_ask_again(&self) -> bool {
        false
    }
}

/// The person at the terminal. Questions are drawn on stderr, so that stdout stays data.
#[derive(Debug)]
pub(crate) struct Terminal;

impl Prompt for Terminal {
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        let Question { text, help, fits, complaint, echo, facts: _ } = question;
        let complaint = complaint.to_owned();
        let validator = move |answer: &str| {
            Ok(if fits(answer) {
                inquire::validator::Validation::Valid
            } else {
                inquire::validator::Validation::Invalid(complaint.clone().into())
            })
        };
        let answer = match echo {
            Echo::Shown => inquire::Text::new(text).with_help_message(help).with_validator(validator).prompt(),
            Echo::Hidden => inquire::Password::new(text)
                .with_help_message(help)
                .with_display_mode(inquire::PasswordDisplayMode::Hidden)
                .without_confirmation()
                .with_validator(validator)
                .prompt(),
        };
        answer.map(Secret::new).map_err(no_answer)
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        confirm(question, true)
    }

    fn can_ask_again(&self) -> bool {
        true
    }
}

/// An answer that was given beforehand, good for one question; then `next` is asked.
pub(crate) struct Prepared {
    /// The answer, until it is used.
    pub(crate) answer: Option<Secret>,
    /// Who is asked afterwards.
    pub(crate) next: Box<dyn Prompt>,
}

impl Prompt for Prepared {
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        match self.answer.take() {
            Some(answer) => Ok(answer),
            None => self.next.ask(question),
        }
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        self.next.agree(question)
    }

    fn can_ask_again(&self) -> bool {
        self.next.can_ask_again()
    }
}

/// Asks yes or no on the terminal; `default` is what Enter means.
pub(crate) fn confirm(text: &str, default: bool) -> Result<bool, NoAnswer> {
    inquire::Confirm::new(text).with_default(default).prompt().map_err(no_answer)
}

/// Lets one of `options` be chosen on the terminal, from a list that typing filters. Options must be safe to show.
pub(crate) fn choose(text: &str, options: Vec<String>) -> Result<String, NoAnswer> {
    inquire::Select::new(text, options).with_page_size(15).prompt().map_err(no_answer)
}

fn no_answer(error: inquire::InquireError) -> NoAnswer {
    match error {
        inquire::InquireError::NotTTY => NoAnswer::Unattended,
        inquire::InquireError::OperationCanceled | inquire::InquireError::OperationInterrupted => NoAnswer::Interrupted,
        other => NoAnswer::Terminal(other),
    }
}
