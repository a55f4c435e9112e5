//! Owns reading errors of the connection: the cause for which a call did not reach AWS.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use crate::flow::Obstacle;

/// The kind and the words of the cause in the chain under `error`. `proxy` is the variable that names the proxy.
pub(super) fn read(error: &(dyn Error + 'static), proxy: &'static str) -> (Option<Obstacle>, String) {
    let chain: Vec<&(dyn Error + 'static)> = std::iter::successors(Some(error), |error| under(*error)).collect();
    let found = chain.iter().find_map(|error| of_tls(*error).or_else(|| of_words(&error.to_string(), proxy)));
    let obstacle = found.or_else(|| chain.iter().rev().find_map(|error| of_system(*error)));
    let innermost = chain.last().map_or_else(String::new, ToString::to_string);
    // rustls's own words are the name of a type.
    let words = match obstacle {
        Some(Obstacle::UnknownIssuer) => {
            "the certificate is signed by an authority that is not trusted here".to_owned()
        }
        _ => innermost,
    };
    (obstacle, words)
}

/// The next cause. An I/O error has its own inside, not as its source.
fn under<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| error.source())
}

fn of_tls(error: &(dyn Error + 'static)) -> Option<Obstacle> {
    let obstacle = match error.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => Obstacle::UnknownIssuer,
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => Obstacle::CertificateTime,
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Obstacle::CertificateName,
        _ => Obstacle::Tls,
    };
    Some(obstacle)
}

/// The types of these errors are private to their libraries, so they are told by their words.
fn of_words(words: &str, proxy: &'static str) -> Option<Obstacle> {
    let known = [
        ("dns error", Obstacle::NoAddress),
        ("tunnel error: proxy authorization required", Obstacle::ProxyAuthentication(proxy)),
        ("tunnel error: ", Obstacle::Proxy(proxy)),
        ("connection closed before message completed", Obstacle::Broken),
    ];
    known.into_iter().find(|(start, _)| words.starts_with(start)).map(|(_, obstacle)| obstacle)
}

fn of_system(error: &(dyn Error + 'static)) -> Option<Obstacle> {
    match error.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => Some(Obstacle::Refused),
        io::ErrorKind::TimedOut => Some(Obstacle::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(Obstacle::Broken),
        _ => None,
    }
}
