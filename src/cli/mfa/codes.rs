//! Owns asking for two codes that a device shows one after the other.

use crate::cli::exit::Exit;
use crate::cli::mfa::user::DeviceUser;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::flow::{CallError, CodePair, MAX_TRIES, MfaCode, Problem, seconds_to_next_code};
use crate::prompt::{Echo, NoAnswer, Prompt as _, Question, Terminal};
use crate::system::clock;
use crate::system::host::Host;

/// Refuses to begin where nobody can type two codes. `command` is what was run.
pub(crate) fn check_terminal(command: &str, host: &Host) -> Result<(), Failure> {
    if host.is_interactive() {
        return Ok(());
    }
    let message = "this command asks for two codes of the device, and there is no terminal to ask on";
    Err(Failure::new(Exit::Usage, message).hint(format!("run `awsauth {command}` at a terminal")))
}

/// Makes a call with two codes; while AWS refuses them, with the next two.
pub(crate) fn with_two_codes(
    device: &str,
    user: &DeviceUser<'_>,
    out: Out,
    call: impl Fn(CodePair) -> Result<Result<(), CallError>, Failure>,
) -> Result<(), Failure> {
    let mut tries = 0;
    loop {
        tries += 1;
        let codes = ask_two(device, user, out)?;
        match call(codes)? {
            Err(error) if error.problem == Problem::WrongCode && tries < MAX_TRIES => out.warn(&format!(
                "AWS refuses these codes: it takes two that the device shows one right after the other. Wait for the next \
                 code, in {} s",
                seconds_left(user)
            )),
            answer => return answer.map_err(|error| user.refused(&error)),
        }
    }
}

fn ask_two(device: &str, user: &DeviceUser<'_>, out: Out) -> Result<CodePair, Failure> {
    let first = ask(&format!("MFA code of {device}:"), &format!("six digits; it changes in {} s", seconds_left(user)))?;
    loop {
        let help = format!("wait until it changes, in {} s", seconds_left(user));
        let second = ask(&format!("The next code of {device}:"), &help)?;
        if second != first {
            return Ok(CodePair { first, second });
        }
        out.warn("this is the same code again: wait until the device shows another one");
    }
}

fn ask(text: &str, help: &str) -> Result<MfaCode, Failure> {
    let (complaint, fits): (_, fn(&str) -> bool) = ("six digits, please", |text| MfaCode::new(text).is_ok());
    let question = Question { text, help, fits, complaint, echo: Echo::Shown, facts: &[] };
    let answer = Terminal.ask(question).map_err(|error| no_answer(&error))?;
    MfaCode::new(answer.expose()).map_err(|error| Failure::of(Exit::Usage, &error))
}

pub(crate) fn no_answer(error: &NoAnswer) -> Failure {
    match error {
        NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted"),
        other => Failure::of(Exit::Usage, other),
    }
}

fn seconds_left(user: &DeviceUser<'_>) -> i64 {
    seconds_to_next_code(clock::now(), user.aws().clock_skew())
}
