//! The server's side of HTTP/1.1: a request read from a connection, a response written to it. Knows nothing of AWS.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use percent_encoding::percent_decode_str;

/// Longest accepted request line or header line, in bytes.
const MAX_LINE: u64 = 64 * 1024;
/// Longest accepted body, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// One request as it came over the wire.
pub(crate) struct Request {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// The path as sent, still encoded.
    pub(crate) path: String,
    /// The query as sent, without `?`; empty when there is none.
    pub(crate) query: String,
    /// Lower-case names with trimmed values, in order, duplicates kept.
    pub(crate) headers: Vec<(String, String)>,
    /// The body with chunking removed.
    pub(crate) body: Vec<u8>,
    /// Whether the connection may carry another request.
    pub(crate) keep_alive: bool,
}

impl Request {
    /// Reads the next request; `None` when the client has closed the connection between requests.
    pub(crate) fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let Some(line) = read_line(stream)? else {
            return Ok(None);
        };
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(malformed("request line"));
        };
        let headers = read_headers(stream)?;
        let find = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if find("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let chunked = find("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        let body = match find("content-length") {
            _ if chunked => read_chunks(stream)?,
            Some(length) => read_exactly(stream, length.parse().map_err(|_| malformed("content-length"))?)?,
            None => Vec::new(),
        };
        let close = find("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Ok(Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            keep_alive: version == "HTTP/1.1" && !close,
            headers,
            body,
        }))
    }

    /// The first value of a header, by lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The decoded pairs of the query.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        pairs(&self.query)
    }

    /// The decoded pairs of a form body; none when the content type is another.
    pub(crate) fn form_pairs(&self) -> Vec<(String, String)> {
        let form =
            self.header("content-type").is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        if form { pairs(&String::from_utf8_lossy(&self.body)) } else { Vec::new() }
    }
}

/// Splits and decodes `a=b&c=d`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// An error that ends the connection.
fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed {what}"))
}

/// One line without its end; `None` at the end of the stream.
fn read_line(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if stream.take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(malformed("line"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|_| malformed("line"))
}

/// The header lines up to the empty one (also a chunked body's trailers).
fn read_headers(stream: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?.ok_or_else(|| malformed("header"))?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("header"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// A body, or a chunk, of known length.
fn read_exactly(stream: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    if length > MAX_BODY {
        return Err(malformed("length"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// A chunked body, joined.
fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?.ok_or_else(|| malformed("chunk"))?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| malformed("chunk size"))?;
        if size == 0 {
            read_headers(stream)?;
            return Ok(body);
        }
        body.extend(read_exactly(stream, size)?);
        read_line(stream)?;
        if body.len() > MAX_BODY {
            return Err(malformed("length"));
        }
    }
}

/// How much of a response reaches the client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All of it.
    Whole,
    /// Half of the body, then the connection closes.
    Truncated,
    /// Nothing: the connection closes.
    Closed,
}

/// One response.
pub(crate) struct Response {
    /// The status code; 0 together with [`Ending::Closed`].
    pub(crate) status: u16,
    /// Headers other than length, date and connection.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// How much of it is sent.
    pub(crate) ending: Ending,
}

impl Response {
    /// A whole response with a content type.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
            ending: Ending::Whole,
        }
    }

    /// No answer at all.
    pub(crate) fn closed() -> Self {
        Self { status: 0, headers: Vec::new(), body: Vec::new(), ending: Ending::Closed }
    }

    /// The same with one more header.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends the response; `date` is the value of its `Date` header. Says whether the connection stays usable.
    pub(crate) fn write(&self, stream: &mut TcpStream, date: &str, keep_alive: bool) -> io::Result<bool> {
        if self.ending == Ending::Closed {
            return Ok(false);
        }
        let keep_alive = keep_alive && self.ending == Ending::Whole;
        let mut bytes = Vec::new();
        write!(bytes, "HTTP/1.1 {} {}\r\n", self.status, reason(self.status))?;
        for (name, value) in &self.headers {
            write!(bytes, "{name}: {}\r\n", value.replace(['\r', '\n'], " "))?;
        }
        let connection = if keep_alive { "keep-alive" } else { "close" };
        write!(bytes, "date: {date}\r\ncontent-length: {}\r\nconnection: {connection}\r\n\r\n", self.body.len())?;
        let sent = if self.ending == Ending::Whole { self.body.len() } else { self.body.len() / 2 };
        bytes.extend_from_slice(&self.body[..sent]);
        stream.write_all(&bytes)?;
        stream.flush()?;
        Ok(keep_alive)
    }
}

/// The reason phrase of the codes that AWS uses.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
