//! Owns a small web server: one request for each connection, with bounds on its size, its time and the number of connections. Must
//! not know what is served.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::secret::Secret;

pub(super) const LONGEST_REQUEST: usize = 8 * 1024;
const MOST_HEADERS: usize = 100;
/// The time limit for a request, and for an answer.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a failure to accept, such as for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The header of an answer that is no page.
pub(crate) const NO_CONTENT: &str = "Content-Security-Policy: default-src 'none'\r\n";

/// What a `GET` of this server's own address asks for, or the status that refuses it.
pub(crate) type Route<T> = Arc<dyn Fn(&httparse::Request<'_, '_>) -> Result<T, u16> + Send + Sync>;

/// A listener; dropping it closes every connection.
pub(crate) struct WebServer<T> {
    listener: TcpListener,
    address: SocketAddr,
    route: Route<T>,
    /// The most connections that are read at once: anybody on this machine may open some and send nothing. The oldest one makes room
    /// for the next, since a client sends its request long before so many others have come.
    most: usize,
    readers: JoinSet<Option<WebRequest<T>>>,
    /// The oldest first.
    reading: VecDeque<AbortHandle>,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(crate) struct WebRequest<T> {
    stream: TcpStream,
    pub(crate) resource: T,
}

pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: &'a str,
    /// One more header, with its line end.
    pub(crate) header: &'a str,
    pub(crate) body: &'a str,
}

impl<T: Send + 'static> WebServer<T> {
    /// Listens at `address`; port 0 is any free one. At most half of the process's open files are connections: the caller
    /// needs the others.
    pub(crate) async fn listen(address: SocketAddr, most: usize, route: Route<T>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let most = most.min(open_files_limit() / 2);
        Ok(Self { listener, address, route, most, readers: JoinSet::new(), reading: VecDeque::new() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the next request that is not refused. Nothing is lost if this is dropped before it is done. A connection that can't
    /// be accepted, which may be anybody's, does not end it.
    pub(crate) async fn next_request(&mut self) -> WebRequest<T> {
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
        if self.reading.len() >= self.most {
            self.drop_oldest();
        }
        self.reading.push_back(self.readers.spawn(receive(stream, self.address, Arc::clone(&self.route))));
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.reading.pop_front() {
            oldest.abort();
        }
    }
}

#[cfg(unix)]
fn open_files_limit() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

#[cfg(windows)]
fn open_files_limit() -> usize {
    usize::MAX
}

impl<T> WebRequest<T> {
    pub(crate) async fn answer(mut self, answer: &Answer<'_>) -> io::Result<()> {
        send(&mut self.stream, answer).await
    }
}

/// Reads one request, and refuses it if nothing is served for it.
async fn receive<T>(mut stream: TcpStream, address: SocketAddr, route: Route<T>) -> Option<WebRequest<T>> {
    // There is a secret in it: with room for all of it, no copy is left in memory.
    let mut request = Zeroizing::new(Vec::with_capacity(LONGEST_REQUEST));
    let read = timeout(TIME_LIMIT, read_head(&mut stream, &mut request)).await.ok()?.ok()?;
    let routed = if read { route_request(&request, address, &*route) } else { Err(431) };
    match routed {
        Ok(resource) => Some(WebRequest { stream, resource }),
        Err(status) => {
            let body = format!("{status} {}\n", reason(status));
            let answer = Answer { status, content_type: "text/plain", header: NO_CONTENT, body: &body };
            // A failure to answer does not matter.
            drop(send(&mut stream, &answer).await);
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

/// What is asked for, or the status that refuses it. `Host` must be this server's address: another name that leads here is DNS
/// rebinding.
pub(super) fn route_request<T>(
    request: &[u8],
    address: SocketAddr,
    route: &dyn Fn(&httparse::Request<'_, '_>) -> Result<T, u16>,
) -> Result<T, u16> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(request) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(431),
        Ok(httparse::Status::Partial) | Err(_) => return Err(400),
    }
    if header(&parsed, "Host") != Some(authority(address).as_bytes()) {
        return Err(421);
    }
    if parsed.method != Some("GET") {
        return Err(405);
    }
    route(&parsed)
}

/// The address as it stands in a URL of `http`, and in `Host`.
pub(crate) fn authority(address: SocketAddr) -> String {
    let text = address.to_string();
    text.strip_suffix(":80").map_or(text.clone(), str::to_owned)
}

/// The value of a header that is there once.
pub(crate) fn header<'r>(request: &httparse::Request<'_, 'r>, name: &str) -> Option<&'r [u8]> {
    let mut found = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    found.next().filter(|_| found.next().is_none()).map(|header| header.value)
}

async fn send(stream: &mut TcpStream, answer: &Answer<'_>) -> io::Result<()> {
    let Answer { status, content_type, header, body } = answer;
    // There may be secrets in it.
    let response = Secret::new(format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\n{header}Referrer-Policy: no-referrer\r\n\
         X-Content-Type-Options: nosniff\r\n\r\n{body}",
        reason(*status),
        body.len()
    ));
    let work = async {
        stream.write_all(response.expose().as_bytes()).await?;
        stream.shutdown().await
    };
    timeout(TIME_LIMIT, work).await?
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Status")
}
