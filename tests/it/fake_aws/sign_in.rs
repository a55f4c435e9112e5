//! The sign-in service: what it refuses of a page's parameters, of a proof and of a grant (aws-facts §13).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::browser::{Sent, get};
use crate::support::fake_aws::FakeAws;

const CLIENT: &str = "arn:aws:signin:::devtools/same-device";
const STATE: &str = "00000000-0000-4000-8000-000000000001";
const VERIFIER: &str = "mPoTkaAbgtK9nhot8ICTjrgqygEvvaqgoYDUXRgSfkQOhzZB1zkW4byQ107osOG0";
const BACK: &str = "http://127.0.0.1:4242/oauth/callback";

/// A client that signs its own proofs.
struct Client {
    fake: FakeAws,
    key: EcdsaKeyPair,
    number: std::cell::Cell<u32>,
}

impl Client {
    fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { fake: FakeAws::start_standard(), key, number: std::cell::Cell::new(0) }
    }

    fn claims(&self) -> Value {
        self.number.set(self.number.get() + 1);
        let number = format!("00000000-0000-4000-8000-{:012}", self.number.get());
        let now = crate::scene::now().as_second();
        json!({ "htm": "POST", "htu": format!("{}/v1/token", self.fake.url()), "iat": now, "jti": number })
    }

    fn proof(&self, header: impl FnOnce(&mut Value), claims: &Value) -> String {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let jwk =
            json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
        let mut head = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        header(&mut head);
        let parts = [&head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = parts.join(".");
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn post(&self, body: &Value, headers: &str) -> (u16, Value) {
        let host = self.fake.url().trim_start_matches("http://").to_owned();
        let body = body.to_string();
        let head = format!("POST /v1/token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{headers}");
        let answer = Sent::new(&host, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).answer();
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    /// Sends a grant with a good proof.
    fn send(&self, body: &Value) -> (u16, Value) {
        self.post(body, &format!("DPoP: {}\r\n", self.proof(|_| {}, &self.claims())))
    }

    fn code(&self) -> String {
        let answer = get(&format!("{}/v1/authorize?{}", self.fake.url(), page()));
        let location = answer.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        let code = location.split_once("code=").unwrap().1.split_once('&').unwrap().0;
        percent_encoding::percent_decode_str(code).decode_utf8().unwrap().into_owned()
    }

    fn grant(&self) -> Value {
        json!({
            "clientId": CLIENT, "grantType": "authorization_code", "code": self.code(), "codeVerifier": VERIFIER,
            "redirectUri": BACK,
        })
    }
}

fn page() -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    format!(
        "response_type=code&client_id={CLIENT}&state={STATE}&code_challenge_method=SHA-256&scope=openid\
         &redirect_uri={BACK}&code_challenge={challenge}"
    )
}

#[test]
fn a_page_is_a_bare_400_unless_every_parameter_is_as_the_service_wants_it() {
    let fake = FakeAws::start_standard();
    let open = |query: &str| get(&format!("{}/v1/authorize?{query}", fake.url())).status;
    assert_eq!(open(&page()), 302);
    for (from, to) in [
        ("SHA-256", "S256"),
        ("scope=", "scopes="),
        ("same-device", "other-device"),
        ("same-device", "cross-device"),
        ("127.0.0.1:4242", "localhost:4242"),
        ("/oauth/callback", "/callback"),
        (STATE, "mine"),
        ("response_type=code", "response_type=token"),
        ("&scope=openid", ""),
        ("&scope=openid", "&scope=openid&scope=openid"),
        ("code_challenge=", "code_challenge=x"),
    ] {
        assert_eq!(open(&page().replacen(from, to, 1)), 400, "{from} {to}");
    }
}

#[test]
fn a_token_call_needs_a_proof_of_its_own_for_this_very_request() {
    let client = Client::new();
    let wrong = |name: &str, value: Value| {
        let mut claims = client.claims();
        claims[name] = value;
        client.proof(|_| {}, &claims)
    };
    let with = |name: &'static str, value: Value| client.proof(|head| head[name] = value, &client.claims());
    let used = client.proof(|_| {}, &client.claims());
    let good = client.proof(|_| {}, &client.claims());
    let (front, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{front}.{}", signature.chars().rev().collect::<String>());
    let unknown = json!({ "clientId": CLIENT, "grantType": "refresh_token", "refreshToken": "unknown" });
    let refused = client.post(&unknown, &format!("DPoP: {used}\r\n"));
    assert_eq!((refused.0, refused.1["error"].as_str()), (400, Some("INVALID_REQUEST")));
    let now = crate::scene::now().as_second();
    for proof in [
        used,
        forged,
        wrong("htm", json!("GET")),
        wrong("htu", json!("https://us-east-1.signin.aws.amazon.com/v1/token")),
        wrong("jti", json!("1")),
        wrong("iat", json!(now - 600)),
        wrong("iat", json!(now + 600)),
        with("alg", json!("none")),
        with("typ", json!("JWT")),
        client.proof(|head| head["jwk"]["d"] = json!("x"), &client.claims()),
        client.proof(|head| head["jwk"]["x"] = head["jwk"]["y"].clone(), &client.claims()),
        "a.b".to_owned(),
    ] {
        let (status, _) = client.post(&client.grant(), &format!("DPoP: {proof}\r\n"));
        assert!(status == 400 || status == 401, "{proof}");
    }
    let grant = client.grant();
    assert_eq!(client.post(&grant, "").0, 400);
    let signed = format!("DPoP: {}\r\nAuthorization: x\r\n", client.proof(|_| {}, &client.claims()));
    assert_eq!(client.post(&grant, &signed).0, 400);
    let twice = [0; 2].map(|_| format!("DPoP: {}\r\n", client.proof(|_| {}, &client.claims()))).concat();
    assert_eq!(client.post(&grant, &twice).0, 400);
    assert_eq!(client.send(&grant).0, 200);
}

#[test]
fn a_code_is_good_once_for_the_client_verifier_and_address_that_it_was_made_for() {
    let client = Client::new();
    for (name, value) in [
        ("codeVerifier", "x".repeat(64)),
        ("redirectUri", BACK.replace("4242", "4243")),
        ("clientId", CLIENT.replace("same", "cross")),
        ("code", "unknown".to_owned()),
        ("grantType", "password".to_owned()),
        ("scope", "openid".to_owned()),
    ] {
        let mut grant = client.grant();
        grant[name] = value.into();
        let (status, body) = client.send(&grant);
        assert_eq!((status, body["error"].as_str()), (400, Some("INVALID_REQUEST")), "{name}");
        if ["codeVerifier", "redirectUri", "clientId"].contains(&name) {
            let code = grant["code"].clone();
            grant = client.grant();
            grant["code"] = code;
            assert_eq!(client.send(&grant).0, 400, "{name}: a code is good for one try");
        }
    }
    let grant = client.grant();
    let (_, first) = client.send(&grant);
    let refresh = |token: &Value| json!({ "clientId": CLIENT, "grantType": "refresh_token", "refreshToken": token });
    assert_eq!(client.send(&grant).0, 400, "a code is good once");
    let (status, body) = client.send(&refresh(&first["refreshToken"]));
    assert_eq!((status, body["error"].as_str()), (401, Some("TOKEN_EXPIRED")), "and a second use ends the login");
}

#[test]
fn a_refresh_token_is_good_once_and_for_the_key_of_its_sign_in() {
    let client = Client::new();
    let (status, first) = client.send(&client.grant());
    assert_eq!((status, first["tokenType"].as_str().unwrap().len()), (200, 50));
    let refresh = |token: &Value| json!({ "clientId": CLIENT, "grantType": "refresh_token", "refreshToken": token });
    let claims = first["idToken"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["sub"], "arn:aws:iam::111122223333:user/alice");
    let Client { fake, number, key } = client;
    let other = Client { fake, number, key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap() };
    assert_eq!(other.send(&refresh(&first["refreshToken"])).0, 400, "another key");
    let client = Client { key, ..other };
    let (status, second) = client.send(&refresh(&first["refreshToken"]));
    assert_eq!((status, second.get("idToken")), (200, None));
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    assert_eq!(client.send(&refresh(&first["refreshToken"])).0, 400, "it was used");
    assert_eq!(client.send(&refresh(&second["refreshToken"])).0, 200);
}

#[test]
fn the_page_for_another_machine_shows_state_and_code() {
    let fake = FakeAws::start_standard();
    let uri = format!("{}/v1/sessions/confirmation", fake.url());
    let query = page().replace("same-device", "cross-device").replace(BACK, &uri);
    let answer = get(&format!("{}/v1/authorize?{query}", fake.url()));
    let location = answer.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let body = get(location).body;
    let text = body.split_once("id=\"code\">").unwrap().1.split_once('<').unwrap().0;
    let text = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    assert!(text.starts_with(&format!("state={STATE}&code=code-")), "{text}");
}
