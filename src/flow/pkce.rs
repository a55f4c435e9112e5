//! Owns the authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636): the secrets of one login, the page's address,
//! and what comes back from it. Must not draw random bytes, listen, or open anything.

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
/// Random bytes of a verifier: 64 characters, as AWS CLI's has.
const VERIFIER_BYTES: usize = 48;
/// Random bytes of a state.
const STATE_BYTES: usize = 24;
/// How many random bytes one login takes.
pub(super) const RANDOM_BYTES: usize = VERIFIER_BYTES + STATE_BYTES;
/// All that is not unreserved (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is registered as the redirect URI: without a port, since any port is then good (RFC 8252 §7.3).
pub(crate) fn registered_redirect_uri() -> String {
    format!("http://127.0.0.1{CALLBACK_PATH}")
}

/// Where the browser is sent back to.
pub(crate) fn redirect_uri(port: u16) -> String {
    format!("http://127.0.0.1:{port}{CALLBACK_PATH}")
}

/// What ties the three requests of one login together.
#[derive(Debug)]
pub(crate) struct Pkce {
    /// What only this process knows, shown to AWS with the code (RFC 7636 §4.1).
    pub(crate) verifier: Secret,
    /// What comes back with the code, so that nobody can slip in another one (RFC 6749 §10.12).
    pub(crate) state: Secret,
}

impl Pkce {
    /// Spells out random bytes: a verifier of 64 unreserved characters, a state of 32.
    pub(crate) fn new(random: &[u8; RANDOM_BYTES]) -> Self {
        let (verifier, state) = random.split_at(VERIFIER_BYTES);
        Self {
            verifier: Secret::new(URL_SAFE_NO_PAD.encode(verifier)),
            state: Secret::new(URL_SAFE_NO_PAD.encode(state)),
        }
    }

    /// What AWS is told of the verifier beforehand: method `S256` (RFC 7636 §4.2).
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.expose()))
    }

    /// The address of the page on which the person approves, as AWS CLI makes it: the parameter is `scopes`, not OAuth's
    /// `scope` (aws-facts §4.5). `endpoint` is OIDC's, without a path.
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
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED))).collect();
        format!("{}/authorize?{}", endpoint.trim_end_matches('/'), query.join("&"))
    }

    /// Reads what the browser came back with: the query of its request, as it was sent.
    pub(crate) fn read_callback(&self, query: &str) -> Callback {
        let pairs: Vec<(String, String)> = query.split('&').filter_map(pair).collect();
        let value = |name: &str| {
            let mut found = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
            // RFC 6749 §3.1: a parameter stands once, and one without a value is not there.
            (found.next().filter(|value| !value.is_empty()), found.next().is_some())
        };
        let is_doubled = ["code", "state", "error"].iter().any(|name| value(name).1);
        let text = |name| value(name).0;
        match (text("error"), text("state"), text("code")) {
            _ if is_doubled => Callback::Unreadable,
            (_, Some(state), _) if state != self.state.expose() => Callback::Foreign,
            // Anybody can send one: RFC 6749 §4.1.2.1 requires the state here too. A no of AWS's own that comes without
            // it is a page that awsauth goes on waiting behind; the other way, any web page could end a login.
            (Some(_), None, _) | (None, _, None) => Callback::Unreadable,
            (Some(error), Some(_), _) => {
                Callback::Refused(refusal(error, text("error_description").unwrap_or_default()))
            }
            (None, None, Some(_)) => Callback::Foreign,
            (None, Some(_), Some(code)) => Callback::Code(Secret::new(code)),
        }
    }
}

/// What the browser came back with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Callback {
    /// What a token can be had for, once.
    Code(Secret),
    /// A no, in AWS's own words.
    Refused(CallError),
    /// The answer to another login, or somebody else's.
    Foreign,
    /// Neither yes nor no, or a no that nobody can be held to.
    Unreadable,
}

/// One decoded pair of a query; none if it is no UTF-8.
fn pair(text: &str) -> Option<(String, String)> {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    Some((decode(name)?, decode(value)?))
}

/// An error of the page (RFC 6749 §4.1.2.1).
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
