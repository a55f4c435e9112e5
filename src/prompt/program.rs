//! Owns taking answers from a program that the person has named, before the person is asked.

use std::ffi::OsString;
use std::time::Duration;

use super::{NoAnswer, Prompt, Question};
use crate::secret::Secret;
use crate::system::programs::capture::{CaptureError, Invocation, StderrMode, capture};
use crate::system::wait::{Deadline, Waited, pause};

pub(crate) const LIMIT: Duration = Duration::from_mins(1);
/// The most runs for one question: after a refused answer the device may have a new one.
const RUNS: u32 = 2;

pub(crate) struct ProgramPrompt {
    /// An absolute path, or a name that is looked up in `path`.
    pub(crate) program: String,
    pub(crate) args: Vec<String>,
    /// Directories in the form of `PATH`.
    pub(crate) path: Option<OsString>,
    /// Variables that the program does not get.
    pub(crate) unset: Vec<String>,
    pub(crate) stderr: StderrMode,
    /// The time at which the caller gives up.
    pub(crate) until: Option<Deadline>,
    /// The time until the device has a new answer.
    pub(crate) until_next: fn() -> Duration,
    pub(crate) tell: Box<dyn Fn(ProgramEvent<'_>)>,
    /// Asked where the program has no answer, or only refused ones.
    pub(crate) next: Box<dyn Prompt>,
    pub(crate) last: LastQuestion,
}

/// An event before there is an answer.
#[derive(Debug)]
pub(crate) enum ProgramEvent<'a> {
    /// The program has none, and `next` is asked.
    NoAnswer(&'a NoAnswer),
    /// The program is run, and may want a key to be touched.
    Running(&'a str),
    /// The device shows the last answer for this time.
    Waiting(Duration),
}

#[derive(Debug, Default)]
pub(crate) struct LastQuestion {
    facts: Vec<(String, String)>,
    runs: u32,
    /// Used up, whichever question it answered.
    answer: Option<Secret>,
}

impl Prompt for ProgramPrompt {
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        let facts = question.facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if facts != self.last.facts {
            self.last = LastQuestion { facts, runs: 0, answer: self.last.answer.take() };
        }
        if self.last.runs >= RUNS {
            return self.next.ask(question);
        }
        match self.answer(question) {
            Ok(answer) => {
                self.last.runs += 1;
                self.last.answer = Some(Secret::new(answer.expose()));
                Ok(answer)
            }
            Err(NoAnswer::Interrupted) => Err(NoAnswer::Interrupted),
            Err(error) => {
                // A program without an answer is not run again.
                self.last.runs = RUNS;
                if !self.next.can_ask_again() {
                    return Err(error);
                }
                (self.tell)(ProgramEvent::NoAnswer(&error));
                self.next.ask(question)
            }
        }
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        self.next.agree(question)
    }

    fn ask_person(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        self.next.ask_person(question)
    }

    fn can_ask_again(&self) -> bool {
        self.last.runs < RUNS || self.next.can_ask_again()
    }
}

impl ProgramPrompt {
    /// Waits for a new answer if the device still shows the last one.
    fn answer(&self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        let answer = self.run(question)?;
        if self.last.answer.as_ref() != Some(&answer) {
            return Ok(answer);
        }
        let wait = (self.until_next)();
        if self.until.is_some_and(|until| until.left() < wait) {
            return Err(NoAnswer::TimedOut);
        }
        (self.tell)(ProgramEvent::Waiting(wait));
        match pause(wait) {
            Waited::Interrupted => Err(NoAnswer::Interrupted),
            _ => self.run(question),
        }
    }

    fn run(&self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        (self.tell)(ProgramEvent::Running(&self.program));
        let printed = capture(&Invocation {
            program: &self.program,
            args: &self.args,
            path: self.path.as_deref(),
            set: question.facts,
            unset: &self.unset,
            stderr: self.stderr,
            limit: self.until.map_or(LIMIT, |until| until.left().min(LIMIT)),
        });
        let printed = printed.map_err(|error| match error {
            CaptureError::Interrupted => NoAnswer::Interrupted,
            other => NoAnswer::Program(other),
        })?;
        let answer = Secret::new(printed.expose().trim());
        if (question.fits)(answer.expose()) { Ok(answer) } else { Err(NoAnswer::Unfit(self.program.clone())) }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::prompt::{Echo, NoPrompt};
    use crate::system::interrupt;

    /// Somebody who always says the same.
    struct Person(&'static str);

    impl Prompt for Person {
        fn ask(&mut self, _question: Question<'_>) -> Result<Secret, NoAnswer> {
            Ok(Secret::new(self.0))
        }

        fn agree(&mut self, _question: &str) -> Result<bool, NoAnswer> {
            Ok(true)
        }

        fn can_ask_again(&self) -> bool {
            true
        }
    }

    fn program_prompt(script: &str, next: Box<dyn Prompt>) -> ProgramPrompt {
        interrupt::heed_in_tests();
        ProgramPrompt {
            program: "sh".to_owned(),
            args: vec!["-c".to_owned(), script.to_owned()],
            path: Some("/bin".into()),
            unset: Vec::new(),
            stderr: StderrMode::Hidden,
            until: None,
            until_next: || Duration::ZERO,
            tell: Box::new(|_| ()),
            next,
            last: LastQuestion::default(),
        }
    }

    /// For the device of that name.
    fn question<'q>(facts: &'q [(&'q str, &'q str)]) -> Question<'q> {
        let fits = |text: &str| text.len() == 6;
        Question { text: "", help: "", fits, complaint: "", echo: Echo::Shown, facts }
    }

    const MAIN: &[(&str, &str)] = &[("AWSAUTH_X", "654321")];
    const AUDIT: &[(&str, &str)] = &[("AWSAUTH_X", "123456")];

    #[test]
    fn a_program_learns_the_facts_and_its_answer_is_trimmed() {
        let mut prompt = program_prompt("echo; echo \" $AWSAUTH_X \"", Box::new(NoPrompt));
        assert_eq!(prompt.ask(question(MAIN)).unwrap().expose(), "654321");
    }

    #[test]
    fn a_refused_answer_is_asked_for_once_more_when_the_device_has_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("runs");
        // Two runs give one code, as within one step of the clock.
        let script = format!("echo x >> {0}; wc -l < {0} | awk '{{print int(100000 + ($1 - 1) / 2)}}'", file.display());
        let mut prompt = program_prompt(&script, Box::new(NoPrompt));
        assert_eq!(prompt.ask(question(MAIN)).unwrap().expose(), "100000");
        assert!(prompt.can_ask_again());
        assert_eq!(prompt.ask(question(MAIN)).unwrap().expose(), "100001");
        assert!(!prompt.can_ask_again());
        assert!(matches!(prompt.ask(question(MAIN)), Err(NoAnswer::Unattended)));
        // For another call, the code that was used up is no answer either.
        assert_eq!(prompt.ask(question(AUDIT)).unwrap().expose(), "100002");
    }

    #[test]
    fn what_is_waited_for_is_told() {
        let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let mut prompt = program_prompt("echo 123456", Box::new(NoPrompt));
        let heard = std::rc::Rc::clone(&told);
        prompt.tell = Box::new(move |detour| heard.borrow_mut().push(format!("{detour:?}")));
        for facts in [MAIN, AUDIT] {
            assert_eq!(prompt.ask(question(facts)).unwrap().expose(), "123456");
        }
        let running = "Running(\"sh\")";
        assert_eq!(*told.borrow(), [running, running, "Waiting(0ns)", running]);
    }

    #[test]
    fn where_it_has_no_answer_the_person_is_asked_if_there_is_one() {
        for script in ["exit 1", "echo 12345", "echo 123456; exit 1"] {
            let mut prompt = program_prompt(script, Box::new(Person("222222")));
            assert_eq!(prompt.ask(question(MAIN)).unwrap().expose(), "222222", "{script}");
            let mut prompt = program_prompt(script, Box::new(NoPrompt));
            let error = prompt.ask(question(MAIN)).unwrap_err();
            assert!(matches!(error, NoAnswer::Program(_) | NoAnswer::Unfit(_)), "{script}: {error}");
            assert!(!error.to_string().contains("12345") && !prompt.can_ask_again());
        }
        let mut prompt = program_prompt("kill -2 $$", Box::new(Person("222222")));
        assert!(matches!(prompt.ask(question(MAIN)), Err(NoAnswer::Interrupted)));
    }

    #[test]
    fn it_is_not_waited_for_longer_than_whoever_waits_for_the_answer() {
        let mut prompt = program_prompt("echo 123456", Box::new(NoPrompt));
        prompt.until = Some(Deadline::after(Duration::from_secs(20)));
        prompt.until_next = || Duration::from_secs(30);
        assert_eq!(prompt.ask(question(MAIN)).unwrap().expose(), "123456");
        assert!(matches!(prompt.ask(question(MAIN)), Err(NoAnswer::TimedOut)));
    }
}
