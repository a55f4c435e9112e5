//! A browser's part in a login on a page: reads the address from what awsauth says, and goes there and back over HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use crate::support::sandbox::{Run, Sandbox};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status; 0 if the connection was closed without an answer.
    pub(crate) status: u16,
    /// The headers as they came.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

/// A login that waits for its browser.
pub(crate) struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// What it has said so far.
    pub(crate) said: String,
    /// The page that it asks to open.
    pub(crate) page: String,
}

impl Waiting {
    /// Runs awsauth with these arguments and `--flow pkce --no-browser` until it shows a page.
    pub(crate) fn start(home: &Sandbox, args: &[&str]) -> Self {
        Self::run(home.command([args, &["--flow", "pkce", "--no-browser"]].concat()))
    }

    /// Runs awsauth as it is given until it shows a page.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut waiting = Self { child, stderr, said: String::new(), page: String::new() };
        waiting.next_page();
        waiting
    }

    /// Reads on until the next page is shown.
    #[track_caller]
    pub(crate) fn next_page(&mut self) {
        loop {
            let mut line = String::new();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "no page was shown:\n{}", self.said);
            self.said.push_str(&line);
            if line.starts_with("    http") {
                line.trim().clone_into(&mut self.page);
                return;
            }
        }
    }

    /// Where the browser is to come back, up to the port.
    pub(crate) fn origin(&self) -> String {
        let (_, rest) = self.page.split_once("&redirect_uri=http%3A%2F%2F127.0.0.1%3A").expect("a loopback address");
        format!("http://127.0.0.1:{}", rest.split_once("%2Foauth%2Fcallback&").expect("the registered path").0)
    }

    /// Where the browser is to come back.
    pub(crate) fn callback(&self, query: &str) -> String {
        format!("{}/oauth/callback?{query}", self.origin())
    }

    /// The state, as the page was given it.
    pub(crate) fn state(&self) -> &str {
        let (_, rest) = self.page.split_once("&state=").unwrap();
        rest.split_once('&').unwrap().0
    }

    /// Opens the page, which must send the browser back.
    #[track_caller]
    pub(crate) fn sent_back(&self) -> String {
        let answer = get(&self.page);
        assert_eq!(answer.status, 302, "{answer:?}");
        answer.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned()
    }

    /// Opens the page and goes where it sends the browser.
    #[track_caller]
    pub(crate) fn browse(&self) -> Answer {
        get(&self.sent_back())
    }

    /// Waits until it has ended; nobody may listen any more.
    #[track_caller]
    pub(crate) fn end(mut self) -> Run {
        let (origin, mut stdout) = (self.origin(), String::new());
        self.stderr.read_to_string(&mut self.said).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let code = self.child.wait().unwrap().code();
        assert!(
            TcpStream::connect(origin.trim_start_matches("http://")).is_err(),
            "somebody still listens at {origin}"
        );
        Run { code, stdout, stderr: std::mem::take(&mut self.said) }
    }
}

/// Gets an address as a browser does.
pub(crate) fn get(url: &str) -> Answer {
    Sent::get(url).answer()
}

/// A request on its way.
pub(crate) struct Sent(TcpStream);

impl Sent {
    /// What a browser sends for an address.
    pub(crate) fn get(url: &str) -> Self {
        let (host, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self::new(host, &format!("GET /{target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n"))
    }

    /// Any request.
    pub(crate) fn new(host: &str, request: &str) -> Self {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        Self(stream)
    }

    /// Reads the answer; the length says where it ends, since servers may keep connections open.
    pub(crate) fn answer(mut self) -> Answer {
        let mut text = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let whole = String::from_utf8_lossy(&text).into_owned();
            if let Some((head, body)) = whole.split_once("\r\n\r\n")
                && length(head).is_some_and(|length| body.len() >= length)
            {
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return Answer { status, head: head.to_owned(), body: body.to_owned() };
            }
            match self.0.read(&mut chunk) {
                Ok(count) if count > 0 => text.extend_from_slice(&chunk[..count]),
                _ => return Answer { status: 0, head: String::new(), body: whole },
            }
        }
    }
}

fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
}
