//! Owns a web server on 127.0.0.1 that waits for a browser's request for one path. Must not know what the browser sends.

use std::collections::VecDeque;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::secret::Secret;

const LONGEST_REQUEST: usize = 8 * 1024;
const MOST_HEADERS: usize = 100;
/// The time limit for a request, and for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most connections that are read at once: browsers open some that they never use, and so may anybody on this machine. The
/// oldest one makes room for the next, since a browser sends its request long before so many others have come.
const MOST_CONNECTIONS: usize = 64;
/// The pause after a failure to accept, such as for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener; dropping it closes every connection.
#[derive(Debug)]
pub(crate) struct Loopback {
    listener: TcpListener,
    port: u16,
    path: &'static str,
    readers: JoinSet<Option<BrowserRequest>>,
    /// The oldest first.
    reading: VecDeque<AbortHandle>,
}

/// A request for the path, which waits for its answer.
#[derive(Debug)]
pub(crate) struct BrowserRequest {
    stream: TcpStream,
    /// Without `?`. A token can be had for the code in it.
    pub(crate) query: Secret,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) html: String,
    /// The `Content-Security-Policy`.
    pub(crate) policy: String,
}

impl Loopback {
    /// Listens on any free port for `GET` of `path`.
    pub(crate) async fn listen(path: &'static str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port, path, readers: JoinSet::new(), reading: VecDeque::new() })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the next request for the path, and refuses all others. Nothing is lost if this is dropped before it is done. A
    /// connection that can't be accepted, which may be anybody's, does not end it.
    pub(crate) async fn next_request(&mut self) -> BrowserRequest {
        loop {
            tokio::select! {
                Some(read) = self.readers.join_next() => {
                    if let Ok(Some(request)) = read {
                        return request;
                    }
                }
                accepted = self.listener.accept() => if let Ok((stream, _)) = accepted {
                    self.read(stream);
                } else {
                    self.drop_oldest();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                },
            }
        }
    }

    fn read(&mut self, stream: TcpStream) {
        self.reading.retain(|reader| !reader.is_finished());
        if self.reading.len() >= MOST_CONNECTIONS {
            self.drop_oldest();
        }
        self.reading.push_back(self.readers.spawn(receive(stream, self.port, self.path)));
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.reading.pop_front() {
            oldest.abort();
        }
    }
}

impl BrowserRequest {
    pub(crate) async fn answer(mut self, page: &Page) -> io::Result<()> {
        let Page { status, html, policy } = page;
        send(&mut self.stream, *status, "text/html; charset=utf-8", &policy_header(policy), html).await
    }

    /// Sends the browser on to `url`, which must have no line end in it.
    pub(crate) async fn redirect(mut self, url: &Secret) -> io::Result<()> {
        let location = Zeroizing::new(format!("Location: {}\r\n", url.expose()));
        send(&mut self.stream, 303, "text/plain", &location, "").await
    }
}

/// Reads one request, and refuses it if it is not for the path.
async fn receive(mut stream: TcpStream, port: u16, path: &'static str) -> Option<BrowserRequest> {
    // A token can be had for it: with room for all of it, no copy is left in memory.
    let mut request = Zeroizing::new(Vec::with_capacity(LONGEST_REQUEST));
    let read = timeout(PATIENCE, read_head(&mut stream, &mut request)).await.ok()?.ok()?;
    let judged = if read { judge(&request, port, path) } else { Err(431) };
    match judged {
        Ok(query) => Some(BrowserRequest { stream, query }),
        Err(status) => {
            let body = format!("{status} {}\n", reason(status));
            // A failure to answer does not matter.
            drop(send(&mut stream, status, "text/plain", &policy_header("default-src 'none'"), &body).await);
            // Closing a connection with something unread would take the answer back.
            let mut rest = [0; 1024];
            let drain = async { while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {} };
            drop(timeout(Duration::from_secs(1), drain).await);
            None
        }
    }
}

/// Reads up to the empty line after the headers; false if that is more than [`LONGEST_REQUEST`].
async fn read_head(stream: &mut TcpStream, request: &mut Vec<u8>) -> io::Result<bool> {
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() >= LONGEST_REQUEST {
            return Ok(false);
        }
        let room = LONGEST_REQUEST - request.len();
        if (&mut *stream).take(room as u64).read_buf(request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(true)
}

/// The query of a request for `path`, or the status that refuses it.
///
/// `Host` must be this server's address: another name that leads to 127.0.0.1 is DNS rebinding. The request must be for a page of
/// its own, not for a part of another site's page, which could search for this port unseen (Fetch Metadata; a browser that does not
/// send it is believed).
fn judge(request: &[u8], port: u16, path: &str) -> Result<Secret, u16> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(request) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(431),
        Ok(httparse::Status::Partial) | Err(_) => return Err(400),
    }
    let mut hosts = parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let is_own = hosts.next().is_some_and(|host| host.value == format!("127.0.0.1:{port}").as_bytes());
    if !is_own || hosts.next().is_some() {
        return Err(421);
    }
    let target = parsed.path.unwrap_or_default();
    let (found, query) = target.split_once('?').unwrap_or((target, ""));
    if found != path {
        return Err(404);
    }
    if parsed.method != Some("GET") {
        return Err(405);
    }
    let is_wanted = |name: &str, wanted: &str| {
        let mut all = parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        all.all(|header| header.value == wanted.as_bytes())
    };
    if !is_wanted("Sec-Fetch-Mode", "navigate") || !is_wanted("Sec-Fetch-Dest", "document") {
        return Err(403);
    }
    Ok(Secret::new(query))
}

fn policy_header(policy: &str) -> String {
    format!("Content-Security-Policy: {policy}\r\n")
}

/// `header` is one more, with its line end.
async fn send(stream: &mut TcpStream, status: u16, kind: &str, header: &str, body: &str) -> io::Result<()> {
    let response = Zeroizing::new(format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\n{header}Referrer-Policy: no-referrer\r\n\
         X-Content-Type-Options: nosniff\r\n\r\n{body}",
        reason(status),
        body.len()
    ));
    let work = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await
    };
    timeout(PATIENCE, work).await?
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Status")
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::thread::JoinHandle;

    use super::*;

    /// The path that is served here.
    const PATH: &str = "/back";

    /// What `judge` says, the query shown.
    fn verdict(request: &str) -> Result<String, u16> {
        judge(request.as_bytes(), 5000, PATH).map(|query| query.expose().to_owned())
    }

    #[test]
    fn only_a_get_of_the_path_at_this_very_address_is_taken() {
        let with = |line: &str, headers: &str| verdict(&format!("{line} HTTP/1.1\r\n{headers}\r\n"));
        let own = "Host: 127.0.0.1:5000\r\n";
        assert_eq!(with("GET /back?code=a&state=b", own), Ok("code=a&state=b".to_owned()));
        assert_eq!(with("GET /back", "hOST:127.0.0.1:5000\r\nCookie: a\r\n"), Ok(String::new()));
        for path in ["/favicon.ico", "/", "/back/", "/Back", "/back%3Fcode=a", "//back", "http://127.0.0.1:5000/back"] {
            assert_eq!(with(&format!("GET {path}"), own), Err(404), "{path}");
        }
        for method in ["POST", "HEAD", "OPTIONS", "get"] {
            assert_eq!(with(&format!("{method} /back"), own), Err(405), "{method}");
        }
        for host in ["", "127.0.0.1", "127.0.0.1:5001", "localhost:5000", "evil.example:5000", "127.0.0.1:5000.evil"] {
            assert_eq!(with("GET /back", &format!("Host: {host}\r\n")), Err(421), "{host}");
        }
        let metadata = |text: &str| with("GET /back?code=a", &format!("{own}{text}"));
        let page = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nsec-fetch-dest: document\r\n";
        assert_eq!(metadata(page), Ok("code=a".to_owned()));
        for inside in [
            "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
            "sec-fetch-mode: cors\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Mode: no-cors\r\n",
        ] {
            assert_eq!(metadata(inside), Err(403), "{inside}");
        }
        assert_eq!(with("GET /back", ""), Err(421));
        assert_eq!(with("GET /back", &format!("{own}{own}")), Err(421));
        assert_eq!(with("GET /back", &format!("{own}{}", "a: b\r\n".repeat(200))), Err(431));
        for broken in
            ["\r\n\r\n", "GET /back\r\n\r\n", "GET /back HTTP/1.1\r\nno colon\r\n\r\n", "GET /b\0 HTTP/1.1\r\n\r\n"]
        {
            assert_eq!(verdict(broken), Err(400), "{broken:?}");
        }
    }

    /// Sends bytes from another thread and gives all that comes until the other side closes.
    fn browser(port: u16, request: Vec<u8>) -> JoinHandle<String> {
        std::thread::spawn(move || {
            let mut stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            // Less than it takes until a connection without a request is given up.
            stream.set_read_timeout(Some(PATIENCE / 2)).unwrap();
            stream.write_all(&request).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        })
    }

    fn get(port: u16, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").into_bytes()
    }

    /// Runs `work` with a listener.
    fn listening<T>(work: impl AsyncFnOnce(Loopback) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { work(Loopback::listen(PATH).await.unwrap()).await })
    }

    fn page(html: &str) -> Page {
        Page { status: 200, html: html.to_owned(), policy: "default-src 'none'".to_owned() }
    }

    #[test]
    fn connections_that_are_never_used_and_other_requests_do_not_keep_the_browser_waiting() {
        listening(async |mut loopback| {
            let port = loopback.port();
            let idle: Vec<_> =
                (0..5).map(|_| std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap()).collect();
            let icon = browser(port, get(port, "/favicon.ico"));
            let long = browser(port, get(port, &format!("/back?{}", "x".repeat(LONGEST_REQUEST * 2))));
            let wanted = browser(port, get(port, "/back?code=a"));
            let request = loopback.next_request().await;
            assert_eq!(request.query.expose(), "code=a");
            assert!(!format!("{request:?}").contains("code=a"));
            request.answer(&page("<h1>ü</h1>")).await.unwrap();
            let answer = wanted.join().unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"), "{head}");
            for header in
                ["Content-Length: 11", "Cache-Control: no-store", "Connection: close", "Referrer-Policy: no-referrer"]
            {
                assert!(head.lines().any(|line| line == header), "{header}: {head}");
            }
            assert_eq!(body, "<h1>ü</h1>");
            // The others are answered while the next one is waited for.
            let others = tokio::task::spawn_blocking(move || (icon.join().unwrap(), long.join().unwrap()));
            let (icon, long) = tokio::select! {
                others = others => others.unwrap(),
                request = loopback.next_request() => panic!("{request:?}"),
            };
            assert!(icon.starts_with("HTTP/1.1 404 Not Found\r\n"), "{icon}");
            assert!(long.starts_with("HTTP/1.1 431 "), "{long}");
            drop(idle);
        });
    }

    #[test]
    fn a_browser_gets_in_however_many_connections_somebody_keeps_open() {
        listening(async |mut loopback| {
            let port = loopback.port();
            let idle: Vec<_> = (0..MOST_CONNECTIONS + 5)
                .map(|_| std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap())
                .collect();
            let wanted = browser(port, get(port, "/back?code=a"));
            // Less than it takes until a connection without a request is given up.
            let request = timeout(PATIENCE / 2, loopback.next_request()).await.expect("the oldest ones make room");
            assert_eq!(request.query.expose(), "code=a");
            request.answer(&page("")).await.unwrap();
            wanted.join().unwrap();
            drop(idle);
        });
    }

    #[test]
    fn only_this_machine_is_listened_to_and_nobody_once_it_is_dropped() {
        let port = listening(async |loopback| {
            assert_eq!(loopback.listener.local_addr().unwrap().ip(), Ipv4Addr::LOCALHOST);
            loopback.port()
        });
        assert!(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }
}
