//! Owns a web server on 127.0.0.1 that waits for a browser's request for one path. Must not know what the browser sends.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::web_server::{Answer, WebRequest, WebServer};
use crate::secret::Secret;

/// Browsers open some that they never use.
const MOST_CONNECTIONS: usize = 64;

/// A listener for a browser.
pub(crate) type Loopback = WebServer<Secret>;
/// A browser's request; what it wants is the query, without `?`. A token can be had for the code in it.
pub(crate) type BrowserRequest = WebRequest<Secret>;

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) html: String,
    /// The `Content-Security-Policy`.
    pub(crate) policy: String,
}

/// Listens on any free port of 127.0.0.1 for `GET` of `path`.
pub(crate) async fn listen(path: &'static str) -> io::Result<Loopback> {
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    Loopback::listen(address, MOST_CONNECTIONS, Arc::new(move |request| callback_query(request, path))).await
}

pub(crate) async fn answer(request: BrowserRequest, page: &Page) -> io::Result<()> {
    let Page { status, html, policy } = page;
    let header = &format!("Content-Security-Policy: {policy}\r\n");
    request.answer(&Answer { status: *status, content_type: "text/html; charset=utf-8", header, body: html }).await
}

/// Sends the browser on to `url`, which must have no line end in it.
pub(crate) async fn redirect(request: BrowserRequest, url: &Secret) -> io::Result<()> {
    let location = Secret::new(format!("Location: {}\r\n", url.expose()));
    request.answer(&Answer { status: 303, content_type: "text/plain", header: location.expose(), body: "" }).await
}

/// The query of a request for `path`, or the status that refuses it.
///
/// The request must be for a page of its own, not for a part of another site's page, which could search for this port unseen (Fetch
/// Metadata; a browser that does not send it is believed).
fn callback_query(request: &httparse::Request<'_, '_>, path: &str) -> Result<Secret, u16> {
    let target = request.path.unwrap_or_default();
    let (found, query) = target.split_once('?').unwrap_or((target, ""));
    if found != path {
        return Err(404);
    }
    let is_wanted = |name: &str, wanted: &str| {
        let mut all = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        all.all(|header| header.value == wanted.as_bytes())
    };
    if !is_wanted("Sec-Fetch-Mode", "navigate") || !is_wanted("Sec-Fetch-Dest", "document") {
        return Err(403);
    }
    Ok(Secret::new(query))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::thread::JoinHandle;

    use tokio::time::timeout;

    use super::*;
    use crate::system::web_server::{LONGEST_REQUEST, TIME_LIMIT, route_request};

    /// The path that is served here.
    const PATH: &str = "/back";

    /// The query of a request, or the status that refuses it.
    fn verdict(request: &str) -> Result<String, u16> {
        let address = (Ipv4Addr::LOCALHOST, 5000).into();
        route_request(request.as_bytes(), address, &|request| callback_query(request, PATH))
            .map(|query| query.expose().to_owned())
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
            stream.set_read_timeout(Some(TIME_LIMIT / 2)).unwrap();
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
        runtime.block_on(async { work(listen(PATH).await.unwrap()).await })
    }

    fn page(html: &str) -> Page {
        Page { status: 200, html: html.to_owned(), policy: "default-src 'none'".to_owned() }
    }

    #[test]
    fn connections_that_are_never_used_and_other_requests_do_not_keep_the_browser_waiting() {
        listening(async |mut loopback| {
            let port = loopback.address().port();
            let idle: Vec<_> =
                (0..5).map(|_| std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap()).collect();
            let icon = browser(port, get(port, "/favicon.ico"));
            let long = browser(port, get(port, &format!("/back?{}", "x".repeat(LONGEST_REQUEST * 2))));
            let wanted = browser(port, get(port, "/back?code=a"));
            let request = loopback.next_request().await;
            assert_eq!(request.resource.expose(), "code=a");
            assert!(!format!("{request:?}").contains("code=a"));
            answer(request, &page("<h1>ü</h1>")).await.unwrap();
            let text = wanted.join().unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
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
            let port = loopback.address().port();
            let idle: Vec<_> = (0..MOST_CONNECTIONS + 5)
                .map(|_| std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap())
                .collect();
            let wanted = browser(port, get(port, "/back?code=a"));
            // Less than it takes until a connection without a request is given up.
            let request = timeout(TIME_LIMIT / 2, loopback.next_request()).await.expect("the oldest ones make room");
            assert_eq!(request.resource.expose(), "code=a");
            answer(request, &page("")).await.unwrap();
            wanted.join().unwrap();
            drop(idle);
        });
    }

    #[test]
    fn only_this_machine_is_listened_to_and_nobody_once_it_is_dropped() {
        let port = listening(async |loopback| {
            assert_eq!(loopback.address().ip(), Ipv4Addr::LOCALHOST);
            loopback.address().port()
        });
        assert!(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }
}
