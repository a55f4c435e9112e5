//! Owns reading errors of the connection: the cause for which a call did not reach AWS.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use crate::flow::TransportError;

/// The kind and the words of the cause in the chain under `error`. `proxy` is the variable that names the proxy.
pub(super) fn read(error: &(dyn Error + 'static), proxy: &'static str) -> (Option<TransportError>, String) {
    let chain: Vec<&(dyn Error + 'static)> = std::iter::successors(Some(error), |error| under(*error)).collect();
    let found = chain.iter().find_map(|error| of_tls(*error).or_else(|| of_words(&error.to_string(), proxy)));
    let transport = found.or_else(|| chain.iter().rev().find_map(|error| of_system(*error)));
    let innermost = chain.last().map_or_else(String::new, ToString::to_string);
    // rustls's own words are the name of a type.
    let words = match transport {
        Some(TransportError::UnknownIssuer) => {
            "the certificate is signed by an authority that is not trusted here".to_owned()
        }
        _ => innermost,
    };
    (transport, words)
}

/// The next cause. An I/O error has its own inside, not as its source.
fn under<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| error.source())
}

fn of_tls(error: &(dyn Error + 'static)) -> Option<TransportError> {
    let transport = match error.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => TransportError::UnknownIssuer,
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => TransportError::CertificateTime,
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => TransportError::CertificateName,
        _ => TransportError::Tls,
    };
    Some(transport)
}

/// The types of these errors are private to their libraries, so they are told by their words.
fn of_words(words: &str, proxy: &'static str) -> Option<TransportError> {
    let known = [
        ("dns error", TransportError::NoAddress),
        ("tunnel error: proxy authorization required", TransportError::ProxyAuthentication(proxy)),
        ("tunnel error: ", TransportError::Proxy(proxy)),
        ("connection closed before message completed", TransportError::Broken),
    ];
    known.into_iter().find(|(start, _)| words.starts_with(start)).map(|(_, transport)| transport)
}

fn of_system(error: &(dyn Error + 'static)) -> Option<TransportError> {
    match error.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => Some(TransportError::Refused),
        io::ErrorKind::TimedOut => Some(TransportError::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(TransportError::Broken),
        _ => None,
    }
}
