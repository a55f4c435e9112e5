//! Owns the authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636): the secrets of one login, the authorization URL
//! and the callback. Must not draw random bytes, listen, or open anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::call::{LONGEST_CODE, LONGEST_MESSAGE, shortened};
use super::{CallError, Operation, Problem};
use crate::model::ConfigText;
use crate::secret::Secret;

/// The path of the redirect URI, which AWS CLI registers too (aws-facts §4.5).
pub(crate) const CALLBACK_PATH: &str = "/oauth/callback";
/// Gives 64 characters, as AWS CLI's verifier has.
const VERIFIER_BYTES: usize = 48;
const STATE_BYTES: usize = 24;
pub(super) const RANDOM_BYTES: usize = VERIFIER_BYTES + STATE_BYTES;
/// All but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Has no port, so that any port matches (RFC 8252 §7.3).
pub(crate) fn registered_redirect_uri() -> String {
    format!("http://127.0.0.1{CALLBACK_PATH}")
}

pub(crate) fn redirect_uri(port: u16) -> String {
    format!("http://127.0.0.1:{port}{CALLBACK_PATH}")
}

/// The secrets that tie the three requests of one login together.
#[derive(Debug)]
pub(crate) struct Pkce {
    /// Known to this process alone until the code is redeemed (RFC 7636 §4.1).
    pub(crate) verifier: Secret,
    /// Comes back with the code, against cross-site request forgery (RFC 6749 §10.12).
    pub(crate) state: Secret,
}

impl Pkce {
    /// Encodes random bytes as a verifier of 64 unreserved characters and a state of 32.
    pub(crate) fn new(random: &[u8; RANDOM_BYTES]) -> Self {
        let (verifier, state) = random.split_at(VERIFIER_BYTES);
        Self {
            verifier: Secret::new(URL_SAFE_NO_PAD.encode(verifier)),
            state: Secret::new(URL_SAFE_NO_PAD.encode(state)),
        }
    }

    /// As [`Self::new`], with the state of the sign-in service's form.
    pub(crate) fn with_uuid(random: &[u8; RANDOM_BYTES]) -> Self {
        let mut uuid = [0; 16];
        uuid.copy_from_slice(&random[VERIFIER_BYTES..VERIFIER_BYTES + 16]);
        Self { state: Secret::new(uuid4(uuid)), ..Self::new(random) }
    }

    /// By method `S256` (RFC 7636 §4.2).
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.expose()))
    }

    /// Builds the authorization URL as AWS CLI does: the parameter is `scopes`, not OAuth's `scope` (aws-facts §4.5).
    /// `endpoint` is OIDC's, without a path.
    pub(crate) fn authorize_url(
        &self,
        endpoint: &str,
        client_id: &str,
        redirect_uri: &str,
        scopes: &[ConfigText],
    ) -> String {
        let scopes: Vec<&str> = scopes.iter().map(ConfigText::as_str).collect();
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("state", self.state.expose()),
            ("code_challenge_method", "S256"),
            ("scopes", &scopes.join(" ")),
            ("code_challenge", &self.challenge()),
        ];
        format!("{}/authorize?{}", endpoint.trim_end_matches('/'), query(&parameters))
    }

    /// Builds the authorization URL of the sign-in service as AWS CLI does (aws-facts §13.1). `endpoint` has no path.
    pub(crate) fn sign_in_url(&self, endpoint: &str, client_id: &str, redirect_uri: &str) -> String {
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("state", self.state.expose()),
            // As the service names it, not `S256`.
            ("code_challenge_method", "SHA-256"),
            ("scope", "openid"),
            ("redirect_uri", redirect_uri),
            ("code_challenge", &self.challenge()),
        ];
        format!("{}/v1/authorize?{}", endpoint.trim_end_matches('/'), query(&parameters))
    }

    /// Parses the query of the callback request.
    pub(crate) fn read_callback(&self, query: &str) -> Callback {
        let pairs: Vec<(String, String)> = query.split('&').filter_map(pair).collect();
        let value = |name: &str| {
            let mut found = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
            // RFC 6749 §3.1: a parameter must not repeat, and an empty one counts as absent.
            (found.next().filter(|value| !value.is_empty()), found.next().is_some())
        };
        let is_repeated = ["code", "state", "error"].iter().any(|name| value(name).1);
        let text = |name| value(name).0;
        match (text("error"), text("state"), text("code")) {
            _ if is_repeated => Callback::Unreadable,
            (_, Some(state), _) if state != self.state.expose() => Callback::Foreign,
            // RFC 6749 §4.1.2.1 requires the state in an error too. Without this check any web page could end a login; with
            // it, awsauth goes on waiting if AWS's own error lacks the state.
            (Some(_), None, _) | (None, _, None) => Callback::Unreadable,
            (Some(error), Some(_), _) => {
                Callback::Refused(refusal(error, text("error_description").unwrap_or_default()))
            }
            (None, None, Some(_)) => Callback::Foreign,
            (None, Some(_), Some(code)) => Callback::Code(Secret::new(code)),
        }
    }
}

/// The query of a URL.
pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, RESERVED));
    parameters.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// A random UUID (RFC 9562 §5.4).
pub(crate) fn uuid4(mut random: [u8; 16]) -> String {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let hex = hex::encode(random);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Callback {
    /// The authorization code, good for one token.
    Code(Secret),
    Refused(CallError),
    /// The callback of another login, or a forged one.
    Foreign,
    /// Neither a code nor an error, or an error without the state.
    Unreadable,
}

/// Decodes one pair of a query; none if it is not UTF-8.
fn pair(text: &str) -> Option<(String, String)> {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    Some((decode(name)?, decode(value)?))
}

/// An error response of the authorization endpoint (RFC 6749 §4.1.2.1).
fn refusal(error: &str, description: &str) -> CallError {
    let problem = match error {
        "access_denied" => Problem::NotAllowed,
        "unauthorized_client" | "invalid_client" => Problem::GrantRejected,
        "invalid_scope" => Problem::WrongScope,
        "unsupported_response_type" => Problem::FlowNotOffered,
        "server_error" | "temporarily_unavailable" => Problem::ServerFault,
        _ => Problem::Other,
    };
    CallError {
        operation: Operation::Authorize,
        problem,
        transport_error: None,
        endpoint_setting: None,
        code: Some(shortened(error, LONGEST_CODE)),
        message: shortened(description, LONGEST_MESSAGE),
        clock_skew: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pkce() -> Pkce {
        Pkce { verifier: Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), state: Secret::new("s t/ä") }
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        assert_eq!(pkce().challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifier_and_state_are_spelt_from_all_random_bytes_in_unreserved_characters() {
        let mut random = [0; RANDOM_BYTES];
        let plain = Pkce::new(&random);
        assert_eq!((plain.verifier.expose().len(), plain.state.expose().len()), (64, 32));
        let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        for index in 0..RANDOM_BYTES {
            random[index] = 255;
            let other = Pkce::new(&random);
            let is_other = (other.verifier != plain.verifier, other.state != plain.state);
            assert_eq!(is_other, (index < VERIFIER_BYTES, index >= VERIFIER_BYTES), "byte {index}");
            assert!(other.verifier.expose().chars().chain(other.state.expose().chars()).all(is_unreserved));
            random[index] = 0;
        }
        let shown = format!("{plain:?}");
        assert!(!shown.contains(plain.verifier.expose()) && !shown.contains(plain.state.expose()), "{shown}");
    }

    #[test]
    fn the_page_has_the_parameters_of_aws_cli() {
        let scopes = ["sso:account:access", "openid"].map(|scope| ConfigText::new(scope).unwrap());
        let url = pkce().authorize_url("https://oidc.eu-west-1.amazonaws.com/", "c&d", &redirect_uri(5000), &scopes);
        assert_eq!(
            url,
            "https://oidc.eu-west-1.amazonaws.com/authorize?response_type=code&client_id=c%26d\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A5000%2Foauth%2Fcallback&state=s%20t%2F%C3%A4\
             &code_challenge_method=S256&scopes=sso%3Aaccount%3Aaccess%20openid\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        assert_eq!(registered_redirect_uri(), "http://127.0.0.1/oauth/callback");
    }

    #[test]
    fn the_page_of_the_sign_in_service_has_the_parameters_of_aws_cli() {
        let verifier = "mPoTkaAbgtK9nhot8ICTjrgqygEvvaqgoYDUXRgSfkQOhzZB1zkW4byQ107osOG0";
        let state = uuid4([0xff; 16]);
        assert_eq!(state, "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let pkce = Pkce { verifier: Secret::new(verifier), state: Secret::new(state) };
        let url = pkce.sign_in_url(
            "https://us-east-1.signin.aws.amazon.com",
            "arn:aws:signin:::devtools/same-device",
            &redirect_uri(5000),
        );
        assert_eq!(
            url,
            "https://us-east-1.signin.aws.amazon.com/v1/authorize?response_type=code\
             &client_id=arn%3Aaws%3Asignin%3A%3A%3Adevtools%2Fsame-device&state=ffffffff-ffff-4fff-bfff-ffffffffffff\
             &code_challenge_method=SHA-256&scope=openid\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A5000%2Foauth%2Fcallback\
             &code_challenge=VboRj-SgDPVcWPlFOUOVmlisCNRoPltxjRuSyBHzpmo"
        );
        let random = [7; RANDOM_BYTES];
        assert_eq!(Pkce::with_uuid(&random).verifier, Pkce::new(&random).verifier);
        assert_eq!(Pkce::with_uuid(&random).state.expose().len(), 36);
    }

    #[test]
    fn a_code_counts_only_with_the_state_of_this_login() {
        let state = "state=s+t%2F%C3%A4";
        let code = Callback::Code(Secret::new("a+b"));
        for (query, expected) in [
            (format!("code=a%2Bb&{state}"), code),
            (format!("code=a&{state}%20"), Callback::Foreign),
            ("code=a".to_owned(), Callback::Foreign),
            ("code=a&state=".to_owned(), Callback::Foreign),
            ("state=other".to_owned(), Callback::Foreign),
            ("state=other&error=access_denied".to_owned(), Callback::Foreign),
            (state.to_owned(), Callback::Unreadable),
            (format!("code=&{state}"), Callback::Unreadable),
            (format!("code=a&code=b&{state}"), Callback::Unreadable),
            (format!("code=a&{state}&state=other"), Callback::Unreadable),
            (format!("code=%ff&{state}"), Callback::Unreadable),
            ("error=access_denied&error_description=Run+this".to_owned(), Callback::Unreadable),
            ("error=access_denied&state=".to_owned(), Callback::Unreadable),
            ("error=access_denied&code=a".to_owned(), Callback::Unreadable),
            (String::new(), Callback::Unreadable),
            ("x&&=".to_owned(), Callback::Unreadable),
        ] {
            assert_eq!(pkce().read_callback(&query), expected, "{query}");
        }
    }

    #[test]
    fn a_no_of_the_page_is_told_in_its_own_words() {
        let read = |query: &str| match pkce().read_callback(&format!("{query}&state=s+t%2F%C3%A4")) {
            Callback::Refused(error) => (error.problem, error.to_string()),
            other => panic!("{query}: {other:?}"),
        };
        let denied = read("error=access_denied&error_description=Not+today%21&code=x");
        assert_eq!(denied, (Problem::NotAllowed, "Authorize failed: Not today! (access_denied)".to_owned()));
        assert_eq!(read("error=server_error").0, Problem::ServerFault);
        assert_eq!(read("error=unauthorized_client").0, Problem::GrantRejected);
        assert_eq!(read("error=invalid_scope"), (Problem::WrongScope, "Authorize failed: invalid_scope".to_owned()));
        assert_eq!(read("error=invalid_request").0, Problem::Other);
        assert!(read(&format!("error=x&error_description={}", "y".repeat(5000))).1.len() < 700);
    }
}
