//! An HTTP proxy on loopback that records what it is asked, and leads every tunnel to one place or nowhere.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What it does with a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    /// Leads the tunnel there, wherever the client wants to go.
    LeadTo(SocketAddr),
    /// Answers with this status line, such as `407 Proxy Authentication Required`.
    Answer(&'static str),
    /// Closes the connection.
    Close,
}

/// A running proxy.
pub(crate) struct Proxy {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Vec<String>>>>,
    stopped: Arc<AtomicBool>,
}

impl Proxy {
    /// Listens on a free port of loopback.
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), requests: Arc::default(), stopped: Arc::default() };
        let (requests, stopped) = (proxy.requests.clone(), proxy.stopped.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, requests) = (stream.unwrap(), requests.clone());
                std::thread::spawn(move || drop(serve(stream, manner, &requests)));
            }
        });
        proxy
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// The lines of each request's head.
    pub(crate) fn requests(&self) -> Vec<Vec<String>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn serve(stream: TcpStream, manner: Manner, requests: &Mutex<Vec<Vec<String>>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    requests.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    let mut client = stream;
    match manner {
        Manner::Close => client.shutdown(Shutdown::Both),
        Manner::Answer(status) => write!(client, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"),
        Manner::LeadTo(address) => {
            let server = TcpStream::connect(address)?;
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
            std::thread::spawn(move || {
                drop(io::copy(&mut from_server, &mut to_client));
                drop(to_client.shutdown(Shutdown::Both));
            });
            let mut to_server = server;
            drop(io::copy(&mut reader, &mut to_server));
            to_server.shutdown(Shutdown::Both)
        }
    }
}
