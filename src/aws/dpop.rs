//! Owns the key that a console sign-in is bound to, and the proofs of possession (RFC 9449).

use aws_lc_rs::encoding::{AsDer as _, EcPrivateKeyRfc5915Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use crate::flow::uuid4;
use crate::secret::Secret;

const BEGIN: &str = "-----BEGIN EC PRIVATE KEY-----";
const END: &str = "-----END EC PRIVATE KEY-----";
/// The characters of a line of PEM.
const LINE: usize = 64;
/// The bytes of a coordinate of P-256.
const COORDINATE: usize = 32;

/// A private key of P-256.
pub(super) struct DpopKey(EcdsaKeyPair);

/// Makes a key. Returns it in PEM, as AWS CLI keeps it (aws-facts §13.2).
pub(crate) fn new_dpop_key() -> Result<Secret, Unspecified> {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let der: EcPrivateKeyRfc5915Der<'_> = key.private_key().as_der()?;
    let text = Zeroizing::new(STANDARD.encode(der.as_ref()));
    let mut pem = Zeroizing::new(format!("{BEGIN}\n"));
    for start in (0..text.len()).step_by(LINE) {
        pem.push_str(&text[start..text.len().min(start + LINE)]);
        pem.push('\n');
    }
    Ok(Secret::new(format!("{}{END}\n", *pem)))
}

impl DpopKey {
    pub(super) fn from_pem(pem: &Secret) -> Option<Self> {
        let lines = pem.expose().lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        let der = Zeroizing::new(STANDARD.decode(Zeroizing::new(lines.collect::<String>()).as_bytes()).ok()?);
        EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok().map(Self)
    }

    /// A proof for one `POST` to `url`.
    pub(super) fn proof(&self, url: &str, now: Timestamp) -> Result<String, Unspecified> {
        let mut random = [0; 16];
        rand::fill(&mut random)?;
        // Behind a byte for the form of the point.
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(COORDINATE);
        let jwk =
            json!({ "kty": "EC", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y), "crv": "P-256" });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let payload = json!({ "htm": "POST", "htu": url, "iat": now.as_second(), "jti": uuid4(random) });
        let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{payload}");
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    /// Of a file that `aws login` wrote (aws-facts §13.2).
    const PEM: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEINGTl9OfaA883MsYQ3jDFBGsBnZFzkHq9JmdKgiJpN+2oAoGCCqGSM49\nAwEHoUQDQgAEEjY/GDtt35oJ/FIE3xLbTHuV9etV4PADpkZX//rcXntffv3aRbjk\nwv+8stPYm3wTpFfwPMSrhuz4aRLYMllPnw==\n-----END EC PRIVATE KEY-----\n";
    /// The first two parts of its proof.
    const SIGNED: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6IkVqWV9HRHR0MzVvSl9GSUUzeExiVEh1VjlldFY0UEFEcGtaWF9fcmNYbnMiLCJ5IjoiWDM3OTJrVzQ1TUxfdkxMVDJKdDhFNlJYOER6RXE0YnMtR2tTMkRKWlQ1OCIsImNydiI6IlAtMjU2In19.eyJodG0iOiJQT1NUIiwiaHR1IjoiaHR0cHM6Ly91cy1lYXN0LTEuc2lnbmluLmF3cy5hbWF6b24uY29tL3YxL3Rva2VuIiwiaWF0IjoxNzYzNTEwNDAwLCJqdGkiOiIxMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTUifQ";

    fn decoded(part: &str) -> serde_json::Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn a_proof_is_that_of_aws_cli_but_for_its_number_and_signature() {
        let key = DpopKey::from_pem(&Secret::new(PEM)).unwrap();
        let now = Timestamp::from_second(1_763_510_400).unwrap();
        let url = "https://us-east-1.signin.aws.amazon.com/v1/token";
        let [first, second] = [key.proof(url, now).unwrap(), key.proof(url, now).unwrap()];
        let parts: Vec<&str> = first.split('.').collect();
        let (header, payload) = SIGNED.split_once('.').unwrap();
        assert_eq!(parts[0], header);
        let (mut made, mut expected) = (decoded(parts[1]), decoded(payload));
        let number = made.as_object_mut().unwrap().remove("jti").unwrap();
        assert_eq!(number.as_str().unwrap().len(), 36);
        assert_ne!(decoded(second.split('.').nth(1).unwrap())["jti"], number, "each proof has its own");
        expected.as_object_mut().unwrap().remove("jti");
        assert_eq!(made, expected);
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.0.public_key().as_ref());
        public.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &signature).unwrap();
    }

    #[test]
    fn a_new_key_has_the_form_of_aws_cli_s_and_is_read_back() {
        let [pem, other] = [new_dpop_key().unwrap(), new_dpop_key().unwrap()];
        assert_ne!(pem, other);
        let lengths = |pem: &str| pem.split('\n').map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(pem.expose()), lengths(PEM));
        assert!(DpopKey::from_pem(&pem).is_some());
        for damaged in
            ["", "-----BEGIN EC PRIVATE KEY-----\n", &PEM.replace("MHcC", "MHcD"), &PEM.replace("\nAwEH", "")]
        {
            assert!(DpopKey::from_pem(&Secret::new(damaged)).is_none(), "{damaged}");
        }
    }
}
