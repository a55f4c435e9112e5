//! Owns reading the certificates that are trusted in place of the system's.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a PEM file that TLS can use, each a PEM text of its own; an error if there is none. The others are passed
/// over, as by OpenSSL.
pub(super) fn usable(pem: &[u8]) -> Result<Vec<&str>, &'static str> {
    let text = str::from_utf8(pem).map_err(|_| "is not a PEM file: it holds bytes that are not text")?;
    let usable: Vec<&str> = blocks(text).filter(|block| is_usable(block)).collect();
    match (usable.is_empty(), text.contains(BEGIN)) {
        (false, _) => Ok(usable),
        (true, true) => Err("holds no certificate that can be used"),
        (true, false) => Err("is not a PEM file: it has no line `-----BEGIN CERTIFICATE-----`"),
    }
}

fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(BEGIN).filter_map(|(start, _)| {
        let length = text[start..].find(END)? + END.len();
        text.get(start..start + length)
    })
}

fn is_usable(block: &str) -> bool {
    let certificate = CertificateDer::from_pem_slice(block.as_bytes());
    certificate.is_ok_and(|certificate| RootCertStore::empty().add(certificate).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_told_for_what_it_is() {
        for (pem, expected) in [
            (&b""[..], "no line"),
            (b"hello", "no line"),
            (b"\xff\xfe", "not text"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "can be used"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "can be used"),
            (b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "can be used"),
        ] {
            let told = usable(pem).unwrap_err();
            assert!(told.contains(expected), "{told}");
        }
    }
}
