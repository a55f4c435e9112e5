//! Real TLS in front of a plain server on loopback: an authority of its own, and a listener that decrypts and passes each
//! request on.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A certificate authority that nobody trusts by itself.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// When a certificate is good.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Validity {
    /// Now.
    Good,
    /// Not any more.
    Over,
    /// Not yet.
    ToCome,
}

/// A certificate with its key, for a server.
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    /// One with a key of its own.
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its certificate in PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a host.
    pub(crate) fn identity(&self, host: &str, validity: Validity) -> Identity {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let (from, until) = match validity {
            Validity::Good => (2020, 4000),
            Validity::Over => (2019, 2020),
            Validity::ToCome => (3999, 4000),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { certificate: certificate.into(), key: key.into() }
    }
}

/// A listener with TLS in front of a plain server.
pub(crate) struct TlsFront {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
}

impl TlsFront {
    /// Listens on loopback, and passes requests on to the server at `behind`, `http://127.0.0.1:PORT`.
    pub(crate) fn start(identity: Identity, behind: &str) -> Self {
        let behind: SocketAddr = behind.strip_prefix("http://").unwrap().parse().unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate], identity.key)
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let front =
            Self { address: listener.local_addr().unwrap(), connections: Arc::default(), stopped: Arc::default() };
        let (config, connections, stopped) = (Arc::new(config), front.connections.clone(), front.stopped.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (config, connections) = (config.clone(), connections.clone());
                let stream = stream.unwrap();
                // Threads end with their connection, which ends with the client.
                std::thread::spawn(move || drop(serve(stream, config, behind, &connections)));
            }
        });
        front
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections got through the handshake.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

/// Passes the requests of one connection on, one after another.
fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    behind: SocketAddr,
    connections: &AtomicUsize,
) -> io::Result<()> {
    let mut client = StreamOwned::new(ServerConnection::new(config).map_err(io::Error::other)?, stream);
    client.conn.complete_io(&mut client.sock)?;
    connections.fetch_add(1, Ordering::SeqCst);
    let mut server = TcpStream::connect(behind)?;
    loop {
        let Some(request) = read_message(&mut client)? else { return Ok(()) };
        server.write_all(&request)?;
        // Half an answer is passed on as half an answer.
        match read_message(&mut server) {
            Ok(Some(answer)) => client.write_all(&answer)?,
            _ => return client.sock.shutdown(std::net::Shutdown::Both),
        }
        client.flush()?;
    }
}

/// One HTTP message with its body, whose length it must tell; none at the end.
fn read_message(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let mut byte = [0];
    while !message.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(0) | Err(_) if message.is_empty() => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => message.push(byte[0]),
            Err(error) => return Err(error),
        }
    }
    let head = String::from_utf8_lossy(&message).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    message.extend(body);
    Ok(Some(message))
}
