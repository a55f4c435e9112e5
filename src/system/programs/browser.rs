//! Owns opening a web page in the person's browser, without a shell.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::capture::find;
use super::process::{self, End};
use crate::address::WebAddress;
use crate::system::files::walk;
use crate::system::host::Host;

/// How long a command has to fail, after which the next one is tried.
pub(crate) const AT_ONCE: Duration = Duration::from_millis(250);

/// A program that has been started with a page.
pub(crate) struct Opened {
    pub(crate) program: String,
    ended: Receiver<io::Result<ExitStatus>>,
}

impl Opened {
    /// True once, after the program has ended with a failure.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.ended.try_recv(), Ok(Ok(status)) if !is_fine(status))
    }
}

#[derive(Debug, Error)]
pub(crate) enum BrowserError {
    #[error("only https pages are opened in a browser")]
    Scheme,
    #[error("no browser could be started")]
    Start(#[source] io::Error),
}

/// Opens `url` in the browser that `BROWSER` names, else in the desktop's. The browser does not get the variables `unset`, and
/// outlives this process.
pub(crate) fn open(url: &str, host: &Host, unset: &[String], at_once: Duration) -> Result<Opened, BrowserError> {
    if !is_openable(url) {
        return Err(BrowserError::Scheme);
    }
    let starters = match host.var("BROWSER") {
        Some(list) => named(list, url),
        None => ::open::commands(url),
    };
    start_any(starters.into_iter().map(Ok).collect(), unset, at_once).map_err(BrowserError::Start)
}

/// Opens `url` by the first of `commands` that works, each a program with its arguments and the page among them. A program that
/// another user could have put there is not run.
pub(crate) fn open_by(
    commands: &[Vec<String>],
    url: &str,
    host: &Host,
    unset: &[String],
    at_once: Duration,
) -> Result<Opened, BrowserError> {
    if !is_openable(url) {
        return Err(BrowserError::Scheme);
    }
    let command = |words: &Vec<String>| {
        let name = &words[0];
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("`{name}` is no program in PATH"));
        let program = find(name, host.var_os("PATH")).ok_or_else(missing)?;
        if let Some(why) = walk::exposure(&program) {
            return Err(io::Error::other(format!("`{name}` is not run: {why}")));
        }
        let mut command = Command::new(program);
        command.args(&words[1..]);
        Ok(command)
    };
    start_any(commands.iter().map(command).collect(), unset, at_once).map_err(BrowserError::Start)
}

/// The commands of `BROWSER` in the order in which they are tried, separated as in `PATH`. `%s` stands for the page, which comes
/// last otherwise. So xdg-open and Python read it, but here no shell does.
fn named(list: &str, url: &str) -> Vec<Command> {
    if Path::new(list).is_file() {
        return vec![command(&[list.to_owned()], url)];
    }
    let separator = if cfg!(windows) { ';' } else { ':' };
    let words = |entry: &str| if Path::new(entry).is_file() { vec![entry.to_owned()] } else { split(entry) };
    let commands = list.split(separator).map(words).filter(|words| !words.is_empty());
    commands.map(|words| command(&words, url)).collect()
}

/// Returns no words where a quote is not closed.
fn split(entry: &str) -> Vec<String> {
    let mut words = if cfg!(windows) {
        // `\` is part of a path there.
        entry.split_whitespace().map(str::to_owned).collect()
    } else {
        shlex::split(entry).unwrap_or_default()
    };
    // It is started in the background anyway.
    words.pop_if(|word| word == "&");
    words
}

fn command(words: &[String], url: &str) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(words[1..].iter().map(|word| word.replace("%s", url)));
    if !words[1..].iter().any(|word| word.contains("%s")) {
        command.arg(url);
    }
    command
}

/// Starts the first command that exists and does not fail `at_once`. The error is that of the first one which is there but was
/// refused or failed: it says more than that others are missing.
fn start_any(starters: Vec<io::Result<Command>>, unset: &[String], at_once: Duration) -> io::Result<Opened> {
    let mut why: io::Error = io::ErrorKind::NotFound.into();
    for starter in starters {
        let started = starter.and_then(|mut starter| {
            let program = starter.get_program().to_string_lossy().into_owned();
            let named = |error: io::Error| io::Error::new(error.kind(), format!("`{program}`: {error}"));
            let child = start(&mut starter, unset).map_err(named)?;
            wait_at_once(child, at_once).map(|ended| Opened { program: program.clone(), ended }).map_err(named)
        });
        match started {
            Ok(opened) => return Ok(opened),
            Err(error) if why.kind() == io::ErrorKind::NotFound => why = error,
            Err(_) => {}
        }
    }
    Err(why)
}

/// Returns where the program's exit status will arrive. Fails if the program fails within `at_once`.
fn wait_at_once(mut child: Child, at_once: Duration) -> io::Result<Receiver<io::Result<ExitStatus>>> {
    let (tell, told) = channel();
    thread::spawn(move || drop(tell.send(child.wait())));
    match told.recv_timeout(at_once) {
        Ok(Ok(status)) if !is_fine(status) => Err(io::Error::other(format!("it ended with {}", End::of(status)))),
        _ => Ok(told),
    }
}

/// True if a command succeeded. Only on a Unix desktop does its exit code tell a failure.
fn is_fine(status: ExitStatus) -> bool {
    status.success() || cfg!(any(not(unix), target_os = "macos"))
}

fn start(command: &mut Command, unset: &[String]) -> io::Result<Child> {
    process::remove_variables(command, unset);
    detach(command);
    process::spawn(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
}

/// Ctrl-C goes to all processes of the terminal's foreground group, which the browser must not be in.
#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

/// Ctrl-C goes to all processes of the console's group, which the browser must not be in. It needs no console either.
#[cfg(windows)]
fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt as _;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
    const CREATE_NO_WINDOW: u32 = 0x800_0000;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

/// True for https, and http to this machine, without anything that a program could take for an option or a second word.
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
            Ok(command)
        };
        let missing = || Ok(Command::new("/no/such"));
        let all = |last: &str| vec![missing(), shell("exit 3"), shell(last), shell("touch late")];
        let long = Duration::from_secs(20);
        assert!(start_any(all("touch opened"), &[], long).is_ok());
        assert!(dir.path().join("opened").exists() && !dir.path().join("late").exists());
        assert!(start_any(vec![shell("exit 3"), missing()], &[], long).is_err());
        assert!(start_any(Vec::new(), &[], long).is_err());
        let refused = || Err(io::Error::other("it is not run"));
        for starters in [vec![missing(), refused(), missing()], vec![refused(), shell("exit 3"), missing()]] {
            assert_eq!(start_any(starters, &[], long).err().unwrap().to_string(), "it is not run");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_list_of_commands_is_read_as_other_programs_read_it() {
        let words = |list: &str| -> Vec<Vec<String>> {
            let words = |command: &Command| {
                let all = std::iter::once(command.get_program()).chain(command.get_args());
                all.map(|word| word.to_str().unwrap().to_owned()).collect()
            };
            named(list, "https://x/%s?a&b").iter().map(words).collect()
        };
        for (list, expected) in [
            ("firefox", vec![vec!["firefox", "https://x/%s?a&b"]]),
            ("firefox -P work", vec![vec!["firefox", "-P", "work", "https://x/%s?a&b"]]),
            ("prog %s --new &", vec![vec!["prog", "https://x/%s?a&b", "--new"]]),
            ("'/opt/my browser/x' --app=%s", vec![vec!["/opt/my browser/x", "--app=https://x/%s?a&b"]]),
            (":w3m:'a b' %s:", vec![vec!["w3m", "https://x/%s?a&b"], vec!["a b", "https://x/%s?a&b"]]),
            ("x $(id) ; rm", vec![vec!["x", "$(id)", ";", "rm", "https://x/%s?a&b"]]),
            ("'open", vec![]),
            (" : ", vec![]),
        ] {
            assert_eq!(words(list), expected, "{list}");
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a b:c");
        std::fs::write(&path, "").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(words(path), [[path, "https://x/%s?a&b"]]);
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
