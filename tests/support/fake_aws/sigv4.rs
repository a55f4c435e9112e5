//! AWS Signature Version 4: what an `Authorization` header claims, and the signature that a request should have. Pure.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::error::Refusal;
use super::http::Request;

/// What `SigV4` percent-encodes: all but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A parsed `Authorization` header.
pub(crate) struct Claim<'a> {
    /// The signer's access key.
    pub(crate) key_id: &'a str,
    /// `YYYYMMDD` of the credential scope.
    pub(crate) date: &'a str,
    /// The scope's region.
    pub(crate) region: &'a str,
    /// The scope's service.
    pub(crate) service: &'a str,
    /// Names of the signed headers, in the order given.
    pub(crate) signed: Vec<&'a str>,
    /// The signature in hexadecimal.
    pub(crate) signature: &'a str,
}

impl<'a> Claim<'a> {
    /// Reads the header of a request.
    pub(crate) fn of(request: &'a Request) -> Result<Self, Refusal> {
        let header = request.header("authorization").ok_or_else(|| {
            Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        let fields = header.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(|| incomplete("AWS4-HMAC-SHA256"))?;
        let field = |name: &str| {
            fields
                .split(',')
                .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(|| incomplete(name))
        };
        let scope: Vec<&str> = field("Credential")?.split('/').collect();
        let [key_id, date, region, service, "aws4_request"] = scope[..] else {
            return Err(incomplete("Credential"));
        };
        let signed = field("SignedHeaders")?.split(';').collect();
        Ok(Self { key_id, date, region, service, signed, signature: field("Signature")? })
    }

    /// Whether the signed headers are complete, in order and unforgeable: `host`, and every `x-amz-` that was sent.
    pub(crate) fn covers(&self, request: &Request) -> bool {
        let must = request.headers.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("x-amz-"));
        self.signed.is_sorted() && must.chain(["host", "x-amz-date"]).all(|name| self.signed.contains(&name))
    }

    /// The signature that `secret` gives for the request.
    pub(crate) fn expected(&self, request: &Request, secret: &str) -> String {
        let stamp = request.header("x-amz-date").unwrap_or_default();
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let canonical = hex(&Sha256::digest(canonical_request(request, &self.signed)));
        let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}");
        let key = [self.date, self.region, self.service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part));
        hex(&hmac(&key, &to_sign))
    }
}

/// The canonical form that is hashed into the signature.
fn canonical_request(request: &Request, signed: &[&str]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut query: Vec<_> = request.query_pairs().iter().map(|(name, value)| (encode(name), encode(value))).collect();
    query.sort();
    let query: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers: Vec<_> = signed.iter().map(|name| format!("{name}:{}\n", canonical_header(request, name))).collect();
    let path = if request.path.is_empty() { "/" } else { &request.path };
    [
        &request.method,
        path,
        &query.join("&"),
        &headers.concat(),
        &signed.join(";"),
        &hex(&Sha256::digest(&request.body)),
    ]
    .join("\n")
}

/// All values of a header, joined, with runs of spaces made one.
fn canonical_header(request: &Request, name: &str) -> String {
    let values = request.headers.iter().filter(|(key, _)| key == name);
    let values: Vec<_> = values.map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    values.join(",")
}

/// HMAC-SHA-256.
fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

/// AWS's refusal of an `Authorization` header that lacks something.
fn incomplete(what: &str) -> Refusal {
    Refusal::new(400, "IncompleteSignature", format!("Authorization header requires '{what}' parameter."))
}
