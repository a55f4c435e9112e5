//! Owns showing a long text through the person's pager, without a shell. Must not know what it says.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::process;
use crate::system::host::Host;
use crate::system::interrupt;

/// Shows a text that has more lines than the screen through `PAGER`, else through `less`. Returns false if nothing was
/// shown, or the pager failed. The
/// pager gets none of the variables `unset`.
pub(crate) fn show(text: &str, host: &Host, unset: &[String]) -> bool {
    let height = terminal_size::terminal_size_of(std::io::stdout()).map(|(_, height)| usize::from(height.0));
    if !host.stdout_is_terminal || height.is_none_or(|height| text.lines().count() < height) {
        return false;
    }
    let Some((program, args)) = words(host) else { return false };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped());
    process::remove_variables(&mut command, unset);
    if host.var_os("LESS").is_none() {
        // Leave at once if it fits, show colours, leave the text on the screen: the question comes below it.
        command.env("LESS", "FRXPsq leads on to the question$");
    }
    // Ctrl-C is the pager's while it runs.
    let _listener = interrupt::listen();
    let Ok(mut child) = process::spawn(&mut command) else { return false };
    if let Some(mut stdin) = child.stdin.take() {
        // A failure means that the person left the pager early.
        drop(stdin.write_all(text.as_bytes()));
    }
    child.wait().is_ok_and(|status| status.success())
}

/// None if the person wants no pager.
fn words(host: &Host) -> Option<(String, Vec<String>)> {
    let is_set = host.names().any(|name| name == "PAGER");
    let words = match host.var("PAGER") {
        Some(pager) => shlex::split(pager)?,
        None if is_set || host.var("TERM") == Some("dumb") => return None,
        None if process::missing("less".as_ref(), host.var_os("PATH")).is_some() => return None,
        None => vec!["less".to_owned()],
    };
    let (program, args) = words.split_first()?;
    (program != "cat").then(|| (program.clone(), args.to_vec()))
}
