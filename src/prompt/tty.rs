//! Owns asking at the terminal itself, since standard input and error belong to the program that waits for the credentials.

use super::{Echo, NoAnswer, Prompt, Question};
use crate::secret::Secret;
use crate::source::display_safe;
use crate::system::tty::Tty;
use crate::system::wait::{Deadline, Waited};

/// The person at the terminal, for a limited time.
#[derive(Debug)]
pub(crate) struct TtyPrompt {
    tty: Tty,
    until: Deadline,
}

impl TtyPrompt {
    /// `until` is the time at which that program gives up.
    pub(crate) fn new(tty: Tty, until: Deadline) -> Self {
        Self { tty, until }
    }

    fn say(&self, text: &str) -> Result<(), NoAnswer> {
        self.tty.write(text).map_err(NoAnswer::Tty)
    }
}

impl Prompt for TtyPrompt {
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        if question.echo == Echo::Hidden {
            // Long-term keys are never asked for on behalf of another program.
            return Err(NoAnswer::Unattended);
        }
        loop {
            let (text, help) = (display_safe(question.text), display_safe(question.help));
            let text = format!("awsauth: {} ({help}): ", text.trim_end_matches(':'));
            let answer = match self.tty.ask_line(&text, self.until.left()).map_err(NoAnswer::Tty)? {
                Waited::Done(Some(line)) => Secret::new(line),
                Waited::Done(None) | Waited::Interrupted => {
                    self.say("\n")?;
                    return Err(NoAnswer::Interrupted);
                }
                Waited::TimedOut => {
                    self.say("\nawsauth: nobody answered in time\n")?;
                    return Err(NoAnswer::TimedOut);
                }
            };
            if (question.fits)(answer.expose()) {
                return Ok(answer);
            }
            self.say(&format!("awsauth: {}\n", question.complaint))?;
        }
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        let is_no = |text: &str| matches!(text.trim().to_ascii_lowercase().as_str(), "n" | "no");
        let answer = self.ask(Question {
            text: question,
            help: "Y/n",
            fits: |text| matches!(text.trim().to_ascii_lowercase().as_str(), "" | "y" | "yes" | "n" | "no"),
            complaint: "please answer yes or no",
            echo: Echo::Shown,
            facts: &[],
        })?;
        Ok(!is_no(answer.expose()))
    }

    fn can_ask_again(&self) -> bool {
        !self.until.left().is_zero()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::time::Duration;

    use super::*;
    use crate::system::tty::tests::pair;
    use crate::system::wait::wait;

    /// Types, asks, and returns the answer with what was shown until `last`, which comes when the system brings it.
    fn ask(typed: &str, time: Duration, last: &'static str) -> (Result<Secret, NoAnswer>, String) {
        let (mut person, tty) = pair();
        person.write_all(typed.as_bytes()).unwrap();
        let mut prompt = TtyPrompt::new(tty, Deadline::after(time));
        let question = Question {
            text: "Code of X:",
            help: "six digits",
            fits: |text| text.len() == 6,
            complaint: "six, please",
            echo: Echo::Shown,
            facts: &[],
        };
        let answer = prompt.ask(question);
        let shown = wait(PLENTY, move || {
            let (mut shown, mut buffer) = (String::new(), [0; 1000]);
            while !shown.contains(last) {
                let count = person.read(&mut buffer).unwrap();
                shown.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
            shown
        });
        let Waited::Done(shown) = shown else { panic!("`{last}` was not shown") };
        (answer, shown)
    }

    const PLENTY: Duration = Duration::from_secs(20);

    #[test]
    fn an_answer_of_the_wrong_form_is_asked_for_again() {
        let again = "awsauth: six, please\r\nawsauth: Code of X (six digits): ";
        let (answer, shown) = ask("123\n123456\n", PLENTY, again);
        assert_eq!(answer.unwrap().expose(), "123456");
        assert!(shown.contains("awsauth: Code of X (six digits): "), "{shown:?}");
    }

    #[test]
    fn a_yes_or_no_is_waited_for_and_enter_means_yes() {
        for (typed, expected) in [("\n", true), ("Yes\n", true), ("x\nn\n", false), ("no\n", false)] {
            let (mut person, tty) = pair();
            person.write_all(typed.as_bytes()).unwrap();
            let agreed = TtyPrompt::new(tty, Deadline::after(PLENTY)).agree("A code instead?");
            assert_eq!(agreed.unwrap(), expected, "{typed:?}");
        }
    }

    #[test]
    fn the_end_of_the_input_is_the_wish_to_stop_and_of_the_time_no_answer() {
        assert!(matches!(ask("\u{4}", PLENTY, "(six digits): ").0, Err(NoAnswer::Interrupted)));
        let (answer, _) = ask("", Duration::ZERO, "\r\nawsauth: nobody answered in time\r\n");
        assert!(matches!(answer, Err(NoAnswer::TimedOut)), "{answer:?}");
    }
}
