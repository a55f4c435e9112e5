//! Owns opening a web page in the person's browser, without a shell.

use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::core_dumps;
use super::host::Host;
use crate::address::WebAddress;

/// How long the desktop's own starters are watched for a failure, after which the next one is tried.
const AT_ONCE: Duration = Duration::from_millis(250);

/// Why no browser was opened.
#[derive(Debug, Error)]
pub(crate) enum BrowserError {
    /// Neither https nor loopback.
    #[error("only https pages are opened in a browser")]
    Scheme,
    /// No browser, or it did not start.
    #[error("no browser could be started")]
    Start(#[source] io::Error),
}

/// Opens `url`, with the program that `BROWSER` names if there is one, else with the desktop's. It lives on its own: it does
/// not get the variables `unset`, and whatever ends this process at the terminal does not reach it.
pub(crate) fn open(url: &str, host: &Host, unset: &[&str]) -> Result<(), BrowserError> {
    if !is_openable(url) {
        return Err(BrowserError::Scheme);
    }
    let started = match host.var("BROWSER") {
        // One program and the page as its only argument: nothing in either is read by a shell.
        Some(program) => start(Command::new(program).arg(url), unset).map(drop),
        None => start_any(::open::commands(url), unset, AT_ONCE),
    };
    started.map_err(BrowserError::Start)
}

/// Starts the first of the desktop's starters that is there and does not fail `at_once`.
fn start_any(starters: Vec<Command>, unset: &[&str], at_once: Duration) -> io::Result<()> {
    let mut why = io::ErrorKind::NotFound.into();
    for mut starter in starters {
        why = match start(&mut starter, unset).map(|child| goes_well(child, at_once)) {
            Ok(true) => return Ok(()),
            Ok(false) => io::Error::other("it failed at once"),
            Err(error) => error,
        };
    }
    Err(why)
}

/// Whether a starter did its work, or is still at it. What starters elsewhere than on a Unix desktop end with says nothing.
fn goes_well(mut child: Child, at_once: Duration) -> bool {
    let (tell, told) = channel();
    thread::spawn(move || drop(tell.send(child.wait())));
    match told.recv_timeout(at_once) {
        Ok(Ok(status)) => status.success() || cfg!(any(not(unix), target_os = "macos")),
        Ok(Err(_)) | Err(_) => true,
    }
}

fn start(command: &mut Command, unset: &[&str]) -> io::Result<Child> {
    for name in unset {
        command.env_remove(name);
    }
    detach(command);
    core_dumps::as_found(|| command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn())
}

/// Ctrl-C goes to all processes of the terminal's foreground group, and a browser is none of them.
#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

/// Ctrl-C goes to all processes of the console's group, and a browser is none of them; nor does it open a console.
#[cfg(windows)]
fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt as _;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    const CREATE_NO_WINDOW: u32 = 0x800_0000;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

#[cfg(not(any(unix, windows)))]
fn detach(_command: &mut Command) {}

/// https, or http to this machine; nothing that a program could take for an option or a second word.
fn is_openable(url: &str) -> bool {
    let is_plain = url.chars().all(|character| character.is_ascii_graphic() && !"\"'`\\<>".contains(character));
    is_plain && WebAddress::parse(url).is_some_and(WebAddress::is_private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(unix, not(target_os = "macos")))]
    fn the_next_starter_is_tried_where_one_is_missing_or_fails_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let shell = |script: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]).current_dir(dir.path());
            command
        };
        let all = |last: &str| vec![Command::new("/no/such"), shell("exit 3"), shell(last), shell("touch late")];
        let long = Duration::from_secs(20);
        assert!(start_any(all("touch opened"), &[], long).is_ok());
        assert!(dir.path().join("opened").exists() && !dir.path().join("late").exists());
        assert!(start_any(vec![shell("exit 3"), Command::new("/no/such")], &[], long).is_err());
        assert!(start_any(Vec::new(), &[], long).is_err());
    }

    #[test]
    fn only_https_and_loopback_pages_are_opened() {
        assert!(is_openable("https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH"));
        assert!(is_openable("http://127.0.0.1:8080/authorize?a=b"));
        for bad in [
            "file:///etc/passwd",
            "http://example.com/",
            "javascript:alert(1)",
            "-h",
            "https://a b",
            "https://a\nb",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.1:80@example.com/",
            "https://device.sso.us-east-1.amazonaws.com@example.com/",
        ] {
            assert!(!is_openable(bad), "{bad}");
        }
    }
}
