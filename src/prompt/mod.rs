//! Owns asking the person. What cannot be asked is a [`NoAnswer`], at once. Must not know AWS.

mod line;
mod program;
mod tty;

use thiserror::Error;

use crate::secret::Secret;
use crate::system::capture::CaptureError;

pub(crate) use line::Echo;
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
        loop {
            // The answer has a line of its own: however narrow the terminal is, it can be redrawn.
            let style = anstyle::AnsiColor::Green.on_default();
            say(&format!("{style}?{style:#} {} [{}]", question.text, question.help))?;
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

/// One thing that can be chosen.
pub(crate) struct Choice {
    /// What choosing it answers.
    pub(crate) answer: String,
    /// How it is listed, safe to show.
    pub(crate) row: String,
}

impl std::fmt::Display for Choice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.row)
    }
}

/// Lets one of `choices` be chosen on the terminal, from a list that typing filters.
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

/// Talks on stderr, since stdout is data.
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
