//! Owns running another program on a tokio runtime for its output: no shell, a time limit. Must not know what it is for.

use std::ffi::OsStr;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::process::{self, End};
use crate::secret::Secret;
use crate::system::core_dumps;

/// The most bytes that are taken of one stream.
const MOST: u64 = 64 * 1024;
/// How long the streams are read after the program's end: something that it started may keep them open.
const GRACE: Duration = Duration::from_secs(1);

/// A program printed nothing of use. Never holds its output, but what it said on standard error.
#[derive(Debug, Error)]
pub(crate) enum OutputError {
    #[error("can't run `{0}`: {1}")]
    Start(String, io::Error),
    #[error("`{0}` ended with {1}")]
    Failed(String, End, String),
    #[error("`{0}` took more than {1} seconds")]
    TimedOut(String, u64),
}

/// Runs a program with this process's environment, in which `set` is added and `unset` is not, and returns what it printed. It
/// reads nothing, and is killed at the end of `limit`, or when the caller is.
pub(crate) async fn output(
    program: &str,
    args: &[String],
    set: &[(&str, impl AsRef<OsStr>)],
    unset: &[&str],
    limit: Duration,
) -> Result<Secret, OutputError> {
    let failed = |error| OutputError::Start(program.to_owned(), error);
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    process::remove_variables(command.as_std_mut(), unset);
    command.envs(set.iter().map(|(name, value)| (name, value)));
    let mut child = core_dumps::with_original_limit(|| command.spawn()).map_err(failed)?;
    let (mut printed, mut said) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = async {
        let streams = async { tokio::join!(read(stdout, &mut printed), read(stderr, &mut said)) };
        tokio::pin!(streams);
        tokio::select! {
            _ = &mut streams => child.wait().await,
            status = child.wait() => {
                drop(timeout(GRACE, streams).await);
                status
            }
        }
    };
    let Ok(status) = timeout(limit, ended).await else {
        return Err(OutputError::TimedOut(program.to_owned(), limit.as_secs()));
    };
    let printed = Secret::new(String::from_utf8(printed).unwrap_or_default());
    match status.map_err(failed)? {
        status if status.success() => Ok(printed),
        status => {
            let said = String::from_utf8_lossy(&said).trim().to_owned();
            Err(OutputError::Failed(program.to_owned(), End::of(status), said))
        }
    }
}

/// Reads the beginning of a stream, and passes over the rest, so that the program can go on.
async fn read(stream: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    drop((&mut stream).take(MOST).read_to_end(into).await);
    drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn run(program: &str, args: &[&str], limit: Duration) -> Result<Secret, OutputError> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(output(program, &args, &[("AWSAUTH_X", "1 2")], &["HOME"], limit))
    }

    const PLENTY: Duration = Duration::from_mins(1);

    #[test]
    fn a_program_gets_its_arguments_and_variables_as_they_are_and_no_shell() {
        assert_eq!(run("printf", &["%s|", "a b", "$HOME", ";"], PLENTY).unwrap().expose(), "a b|$HOME|;|");
        let printed = run("sh", &["-c", "printf %s:%s \"$AWSAUTH_X\" \"${HOME-none}\"; cat"], PLENTY).unwrap();
        assert_eq!(printed.expose(), "1 2:none");
    }

    #[test]
    fn what_a_program_says_when_it_fails_is_kept_and_what_it_prints_is_not() {
        let OutputError::Failed(program, end, said) =
            run("sh", &["-c", "echo secret; echo no >&2; exit 3"], PLENTY).unwrap_err()
        else {
            panic!("it ended")
        };
        assert_eq!((program.as_str(), end, said.as_str()), ("sh", End::Code(3), "no"));
        assert!(matches!(run("/no/such", &[], PLENTY), Err(OutputError::Start(..))));
        assert!(matches!(run("sleep", &["60"], Duration::from_millis(20)), Err(OutputError::TimedOut(..))));
    }

    #[test]
    fn neither_much_output_nor_what_is_left_behind_holds_its_end_up() {
        assert_eq!(run("sh", &["-c", "sleep 60 & echo a"], PLENTY).unwrap().expose(), "a\n");
        let printed = run("sh", &["-c", "yes | head -c 1000000; :"], PLENTY).unwrap();
        assert_eq!(printed.expose().len() as u64, MOST);
    }
}
