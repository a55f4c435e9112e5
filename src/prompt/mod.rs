//! Owns asking the person. Where nobody can be asked, that is a [`NoAnswer`] at once. Must not know AWS.

mod line;
mod program;
mod tty;

use thiserror::Error;

use crate::secret::Secret;
use crate::source::display_safe;
use crate::system::programs::capture::CaptureError;

pub(crate) use line::Echo;
pub(crate) use program::{LastQuestion, ProgramEvent, ProgramPrompt};
pub(crate) use tty::TtyPrompt;

/// A question whose answer is typed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) text: &'a str,
    pub(crate) help: &'a str,
    /// True for an answer of the right form.
    pub(crate) fits: fn(&str) -> bool,
    /// Shown after an answer of the wrong form.
    pub(crate) complaint: &'a str,
    pub(crate) echo: Echo,
    /// Environment variables for a program that answers.
    pub(crate) facts: &'a [(&'a str, &'a str)],
}

#[derive(Debug, Error)]
pub(crate) enum NoAnswer {
    #[error("there is no terminal to ask on")]
    Unattended,
    /// The person pressed Ctrl-C or Esc.
    #[error("interrupted")]
    Interrupted,
    #[error("nobody answered in time")]
    TimedOut,
    #[error(transparent)]
    Program(CaptureError),
    /// A program printed something else, which is not shown: it may be half a secret.
    #[error("`{0}` printed something other than the answer")]
    Unfit(String),
    #[error("the terminal can't be used")]
    Terminal(#[source] inquire::InquireError),
    #[error("the terminal can't be used")]
    Tty(#[source] std::io::Error),
}

pub(crate) trait Prompt {
    /// Waits for an answer of the right form.
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer>;

    /// Waits for a yes or no; Enter means yes.
    fn agree(&mut self, _question: &str) -> Result<bool, NoAnswer> {
        Err(NoAnswer::Unattended)
    }

    /// As [`Self::ask`], for what no program has.
    fn ask_person(&mut self, _question: Question<'_>) -> Result<Secret, NoAnswer> {
        Err(NoAnswer::Unattended)
    }

    /// False if the next answer would be no better than the last one.
    fn can_ask_again(&self) -> bool {
        false
    }
}

#[derive(Debug)]
pub(crate) struct NoPrompt;

impl Prompt for NoPrompt {
    fn ask(&mut self, _question: Question<'_>) -> Result<Secret, NoAnswer> {
        Err(NoAnswer::Unattended)
    }
}

/// The person at the terminal. Questions go to stderr, since stdout is data.
#[derive(Debug)]
pub(crate) struct Terminal;

impl Prompt for Terminal {
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        loop {
            // The answer has a line of its own, which can be redrawn on a narrow terminal too.
            let style = anstyle::AnsiColor::Green.on_default();
            say(&format!("{style}?{style:#} {} [{}]", display_safe(question.text), display_safe(question.help)))?;
            let answer = line::read_line("> ", question.echo).map_err(NoAnswer::Tty)?.ok_or(NoAnswer::Interrupted)?;
            if (question.fits)(answer.expose()) {
                return Ok(answer);
            }
            let style = anstyle::AnsiColor::Red.on_default();
            say(&format!("{style}#{style:#} {}", question.complaint))?;
        }
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        confirm(question, true)
    }

    fn ask_person(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        self.ask(question)
    }

    fn can_ask_again(&self) -> bool {
        true
    }
}

/// An answer that was given beforehand, for one question; then `next` is asked.
pub(crate) struct GivenAnswer {
    pub(crate) answer: Option<Secret>,
    /// Called when it is used.
    pub(crate) tell: Box<dyn Fn()>,
    pub(crate) next: Box<dyn Prompt>,
}

impl Prompt for GivenAnswer {
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        match self.answer.take() {
            Some(answer) => {
                (self.tell)();
                Ok(answer)
            }
            None => self.next.ask(question),
        }
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        self.next.agree(question)
    }

    fn ask_person(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        self.next.ask_person(question)
    }

    fn can_ask_again(&self) -> bool {
        self.next.can_ask_again()
    }
}

/// Asks yes or no on the terminal; Enter means `default`.
pub(crate) fn confirm(text: &str, default: bool) -> Result<bool, NoAnswer> {
    inquire::Confirm::new(&display_safe(text)).with_default(default).prompt().map_err(no_answer)
}

pub(crate) struct Choice {
    pub(crate) answer: String,
    /// Its line in the list.
    pub(crate) row: String,
}

impl std::fmt::Display for Choice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&display_safe(&self.row))
    }
}

/// Lets the person choose from a list that typing filters.
pub(crate) fn choose(text: &str, mut choices: Vec<Choice>) -> Result<String, NoAnswer> {
    let rows: Vec<String> = choices.iter().map(|choice| choice.row.to_lowercase()).collect();
    // inquire shows an empty list where nothing matches: a last row takes its place.
    choices.push(Choice { answer: String::new(), row: "(nothing matches)".to_owned() });
    let score = |typed: &str, _: &Choice, _: &str, place: usize| {
        let typed = typed.to_lowercase();
        let fits = |row: &String| typed.split_whitespace().all(|word| row.contains(word));
        let is_shown = rows.get(place).map_or_else(|| !rows.iter().any(fits), fits);
        // The highest score comes first.
        is_shown.then(|| -i64::try_from(place).unwrap_or(i64::MAX))
    };
    let select = inquire::Select::new(text, choices).with_page_size(15).with_scorer(&score);
    let chosen = select.with_formatter(&|chosen| chosen.value.answer.clone()).prompt().map_err(no_answer)?;
    // Enter where nothing matches chooses nothing.
    if chosen.answer.is_empty() { Err(NoAnswer::Interrupted) } else { Ok(chosen.answer) }
}

fn say(text: &str) -> Result<(), NoAnswer> {
    use std::io::Write as _;
    writeln!(anstream::stderr(), "{text}").map_err(NoAnswer::Tty)
}

fn no_answer(error: inquire::InquireError) -> NoAnswer {
    match error {
        inquire::InquireError::NotTTY => NoAnswer::Unattended,
        inquire::InquireError::OperationCanceled | inquire::InquireError::OperationInterrupted => NoAnswer::Interrupted,
        other => NoAnswer::Terminal(other),
    }
}
