//! Owns taking MFA codes from a device's seed in the keyring, before the person is asked.

use std::time::Duration;

use jiff::Timestamp;

use crate::cli::ui::out::Out;
use crate::flow::{ClockSkew, Totp, step_at, step_begins_at};
use crate::prompt::{NoAnswer, Prompt, Question};
use crate::secret::Secret;
use crate::store::Seeds;
use crate::system::wait::{Deadline, Waited, pause};

/// The most codes for one question: AWS may refuse the first one if this machine's clock is off, and tells its time thereby.
const TRIES: u32 = 2;

pub(crate) struct SeedPrompt {
    pub(crate) seeds: Seeds,
    pub(crate) now: fn() -> Timestamp,
    /// The skew of this machine's clock, once AWS has told.
    pub(crate) skew: Box<dyn Fn() -> Option<ClockSkew>>,
    /// When the caller gives up.
    pub(crate) until: Option<Deadline>,
    pub(crate) out: Out,
    /// Asked where there is no seed, or AWS refuses its codes.
    pub(crate) next: Box<dyn Prompt>,
    pub(crate) last: LastSubject,
}

/// Whose code was asked for last, for which profile, and how often.
#[derive(Debug, Default)]
pub(crate) struct LastSubject {
    subject: [String; 2],
    tries: u32,
}

impl Prompt for SeedPrompt {
    fn ask(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        let fact = |name| question.facts.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
        let subject @ [serial, _] = [fact("AWSAUTH_MFA_SERIAL"), fact("AWSAUTH_PROFILE")];
        if self.last.subject != subject {
            self.last = LastSubject { subject: subject.map(str::to_owned), tries: 0 };
        }
        if self.last.tries < TRIES && self.seeds.has(serial) {
            self.last.tries += 1;
            match self.code(serial) {
                Ok((code, begins_at)) => {
                    self.wait_until(begins_at, serial)?;
                    self.out.detail(&format!("taking the code of {serial} from its seed in the keyring"));
                    return Ok(code);
                }
                Err(reason) => self.out.warn(&format!("the seed of {serial} gives no code: {reason}")),
            }
        }
        self.last.tries = TRIES;
        self.next.ask(question)
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        self.next.agree(question)
    }

    fn ask_person(&mut self, question: Question<'_>) -> Result<Secret, NoAnswer> {
        self.next.ask_person(question)
    }

    fn can_ask_again(&self) -> bool {
        self.last.tries < TRIES || self.next.can_ask_again()
    }
}

impl SeedPrompt {
    /// The next code that nobody has sent, and the time from which the device shows it.
    fn code(&self, serial: &str) -> Result<(Secret, Timestamp), String> {
        let seed = self.seeds.get(serial).map_err(|error| error.to_string())?;
        let seed = seed.ok_or("the keyring does not have it any more")?;
        let totp = Totp::new(&seed).ok_or("what the keyring has is no TOTP seed")?;
        let skew = (self.skew)();
        let step = self.seeds.take_step(serial, step_at((self.now)(), skew)).map_err(|error| error.to_string())?;
        let code = totp.code(step).ok_or("what the keyring has is no TOTP seed")?;
        Ok((Secret::new(code.expose()), step_begins_at(step, skew)))
    }

    fn wait_until(&self, time: Timestamp, serial: &str) -> Result<(), NoAnswer> {
        let left = time.duration_since((self.now)());
        let Ok(wait) = Duration::try_from(left) else { return Ok(()) };
        if self.until.is_some_and(|until| until.left() < wait) {
            return Err(NoAnswer::TimedOut);
        }
        if wait > Duration::from_secs(1) {
            self.out
                .say(&format!("Waiting {} s for the next code of {serial}: AWS takes each code once…", wait.as_secs()));
        }
        match pause(wait) {
            Waited::Interrupted => Err(NoAnswer::Interrupted),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::cli::ui::out::{FindingsShown, TalkPlace};
    use crate::prompt::{Echo, NoPrompt};
    use crate::store::Keyring;

    const SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";
    /// "12345678901234567890", the secret of RFC 6238, appendix B.
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    /// The RFC's second with the code 081804, shortly before the next step.
    fn now() -> Timestamp {
        Timestamp::from_millisecond(1_111_111_109_980).unwrap()
    }

    fn question(profile: &'static str) -> Question<'static> {
        let facts: &[(&str, &str)] = match profile {
            "main" => &[("AWSAUTH_PROFILE", "main"), ("AWSAUTH_MFA_SERIAL", SERIAL)],
            "audit" => &[("AWSAUTH_PROFILE", "audit"), ("AWSAUTH_MFA_SERIAL", SERIAL)],
            _ => &[("AWSAUTH_PROFILE", "other"), ("AWSAUTH_MFA_SERIAL", "GAHT12345678")],
        };
        Question { text: "", help: "", fits: |_| true, complaint: "", echo: Echo::Shown, facts }
    }

    /// A prompt with the seed, whose caller gives up at once where it has to wait.
    fn prompt(dir: &std::path::Path, skew: &Rc<Cell<Option<ClockSkew>>>) -> SeedPrompt {
        let seeds = Seeds::new(dir, Rc::new(Keyring::in_memory()));
        seeds.put(SERIAL, &Secret::new(SEED)).unwrap();
        let (color, place, findings) = (anstream::ColorChoice::Never, TalkPlace::Stderr, FindingsShown::Whole);
        let out = Out { color, verbose: true, width: 80, json: false, place, findings };
        let (skew, until) = (Rc::clone(skew), Some(Deadline::after(Duration::ZERO)));
        let (next, last) = (Box::new(NoPrompt), LastSubject::default());
        SeedPrompt { seeds, now, skew: Box::new(move || skew.get()), until, out, next, last }
    }

    #[test]
    fn the_code_of_the_moment_is_taken_once_and_another_one_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let mut prompt = prompt(dir.path(), &Rc::default());
        assert_eq!(prompt.ask(question("main")).unwrap().expose(), "081804");
        // For another profile as well.
        for profile in ["main", "audit"] {
            assert!(matches!(prompt.ask(question(profile)), Err(NoAnswer::TimedOut)), "{profile}");
        }
        assert!(matches!(prompt.ask(question("other")), Err(NoAnswer::Unattended)), "it has no seed");
    }

    #[test]
    fn the_next_code_is_given_when_its_step_begins() {
        let dir = tempfile::tempdir().unwrap();
        let mut prompt = SeedPrompt { until: None, ..prompt(dir.path(), &Rc::default()) };
        prompt.ask(question("main")).unwrap();
        let begins = Deadline::after(Duration::from_millis(20));
        assert_eq!(prompt.ask(question("main")).unwrap().expose(), "050471");
        assert!(begins.left().is_zero());
    }

    #[test]
    fn after_a_refusal_the_code_is_that_of_awss_clock_and_then_somebody_else_is_asked() {
        let (dir, skew) = (tempfile::tempdir().unwrap(), Rc::new(Cell::new(None)));
        let mut prompt = prompt(dir.path(), &skew);
        assert_eq!(prompt.ask(question("main")).unwrap().expose(), "081804");
        assert!(prompt.can_ask_again());
        // The RFC's next step begins two seconds later.
        skew.set(Some(-2));
        assert_eq!(prompt.ask(question("main")).unwrap().expose(), "050471");
        assert!(!prompt.can_ask_again());
        assert!(matches!(prompt.ask(question("main")), Err(NoAnswer::Unattended)));
    }

    #[test]
    fn a_seed_that_the_keyring_has_lost_is_told_and_somebody_else_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let mut prompt = prompt(dir.path(), &Rc::default());
        prompt.seeds.put(SERIAL, &Secret::new("no base32!")).unwrap();
        assert!(matches!(prompt.ask(question("main")), Err(NoAnswer::Unattended)));
        assert!(!prompt.can_ask_again());
    }
}
