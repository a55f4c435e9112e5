//! Owns opening a web page in the person's browser, without a shell.

use std::process::{Command, Stdio};

use thiserror::Error;

use super::host::Host;
use crate::address::WebAddress;

/// Why no browser was opened.
#[derive(Debug, Error)]
pub(crate) enum BrowserError {
    /// Neither https nor loopback.
    #[error("only https pages are opened in a browser")]
    Scheme,
    /// No browser, or it did not start.
    #[error("no browser could be started")]
    Start(#[source] std::io::Error),
}

/// Opens `url`, with the program that `BROWSER` names if there is one.
pub(crate) fn open(url: &str, host: &Host) -> Result<(), BrowserError> {
    if !is_openable(url) {
        return Err(BrowserError::Scheme);
    }
    match host.var("BROWSER") {
        // One program and the page as its only argument: nothing in either is read by a shell.
        Some(program) => start(Command::new(program).arg(url)).map_err(BrowserError::Start),
        None => ::open::that_detached(url).map_err(BrowserError::Start),
    }
}

fn start(command: &mut Command) -> std::io::Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}

/// https, or http to this machine; nothing that a program could take for an option or a second word.
fn is_openable(url: &str) -> bool {
    let is_plain = url.chars().all(|character| character.is_ascii_graphic() && !"\"'`\\<>".contains(character));
    is_plain && WebAddress::parse(url).is_some_and(WebAddress::is_private)
}

#[cfg(test)]
mod tests {
    use super::*;

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
