//! Authorization codes with PKCE: what the page and the token call accept and refuse.

use aws_sdk_ssooidc::operation::create_token::builders::CreateTokenFluentBuilder;

use super::http::exchange;
use super::sso::{Person, REDIRECT};
use super::{expect, refusal, run};
use crate::support::fake_aws::standard::{SSO_ROLE, START_URL};
use crate::support::fake_aws::{Consent, FakeAws};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The challenge for it.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Where the browser comes back to.
const BACK: &str = "http://127.0.0.1:5000/oauth/callback";
/// The same in a query.
const BACK_ENCODED: &str = "http%3A%2F%2F127.0.0.1%3A5000%2Foauth%2Fcallback";

/// A person whose client is registered for codes.
async fn person(fake: &FakeAws) -> Person {
    let mut person = Person::new(fake).await;
    let call = person.oidc.register_client().client_name("x").client_type("public").scopes("sso:account:access");
    let call = call.grant_types("authorization_code").grant_types("refresh_token").redirect_uris(REDIRECT);
    person.client = call.issuer_url(START_URL).send().await.unwrap();
    person
}

/// The page's query, with one parameter exchanged.
fn query(person: &Person, changed: (&str, &str)) -> String {
    let (name, value) = changed;
    let all = [
        ("response_type", "code"),
        ("client_id", person.client.client_id().unwrap()),
        ("redirect_uri", BACK_ENCODED),
        ("state", "s%2Ft"),
        ("code_challenge_method", "S256"),
        ("scopes", "sso%3Aaccount%3Aaccess"),
        ("code_challenge", CHALLENGE),
    ];
    let pairs = all.iter().map(|(key, usual)| format!("{key}={}", if *key == name { value } else { usual }));
    let more = (!all.iter().any(|(key, _)| *key == name) && !name.is_empty()).then(|| format!("{name}={value}"));
    pairs.chain(more).collect::<Vec<_>>().join("&")
}

/// Opens a page as a browser would.
fn open(fake: &FakeAws, target: &str) -> String {
    exchange(fake, &format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
}

/// Where the page sends the browser.
#[track_caller]
fn location(answer: &str) -> String {
    assert!(answer.starts_with("HTTP/1.1 302 Found"), "{answer}");
    let line = answer.lines().find_map(|line| line.strip_prefix("location: "));
    line.expect("there is a location").to_owned()
}

/// A code, got at once.
#[track_caller]
fn code(fake: &FakeAws, person: &Person) -> String {
    let location = location(&open(fake, &format!("/authorize?{}", query(person, ("", "")))));
    let (target, rest) = location.split_once("?code=").unwrap();
    assert_eq!(target, BACK);
    let code = rest.strip_suffix("&state=s%2Ft").expect("the state comes back").replace("%2D", "-");
    code.replace("%5F", "_")
}

/// The exchange of a code.
fn exchange_code(person: &Person, code: &str) -> CreateTokenFluentBuilder {
    person.token("authorization_code").code(code).redirect_uri(BACK).code_verifier(VERIFIER)
}

#[test]
fn an_approved_page_gives_a_code_for_a_token_that_opens_the_portal_and_can_be_refreshed() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = person(&fake).await;
        let token = exchange_code(&person, &code(&fake, &person)).send().await.unwrap();
        person.role(token.access_token().unwrap(), SSO_ROLE).await.unwrap();
        let refresh = person.token("refresh_token").set_refresh_token(token.refresh_token).send().await.unwrap();
        person.role(refresh.access_token().unwrap(), SSO_ROLE).await.unwrap();
    });
    assert_eq!(fake.count("AuthorizePage"), 1);
}

#[test]
fn the_person_can_be_asked_and_say_yes_or_no() {
    let fake = FakeAws::start_standard();
    fake.world().consent(Consent::Ask);
    run(async {
        let person = person(&fake).await;
        for (answer, expected) in [("approve", "?code=code-SECRETMARK"), ("deny", "?error=access%5Fdenied&")] {
            let page = open(&fake, &format!("/authorize?{}", query(&person, ("", ""))));
            assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("sso:account:access"), "{page}");
            let (_, rest) = page.split_once(&format!("id=\"{answer}\" href=\"")).unwrap();
            let link = rest.split_once('"').unwrap().0.replace("&amp;", "&");
            let there = location(&open(&fake, &link)).replace("%2D", "-");
            assert!(there.starts_with(&format!("{BACK}{expected}")) && there.ends_with("&state=s%2Ft"), "{there}");
            assert!(open(&fake, &link).starts_with("HTTP/1.1 400 "), "answered already");
        }
        fake.world().consent(Consent::Error);
        let there = location(&open(&fake, &format!("/authorize?{}", query(&person, ("", "")))));
        assert_eq!(there, format!("{BACK}?error=server%5Ferror&state=s%2Ft"));
    });
}

#[test]
fn a_page_without_a_good_client_and_redirect_uri_sends_the_browser_nowhere() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = person(&fake).await;
        for changed in [
            ("client_id", "other"),
            ("client_id", ""),
            ("redirect_uri", ""),
            ("redirect_uri", "http%3A%2F%2F127.0.0.1%2Foauth%2Fcallback"),
            ("redirect_uri", "http%3A%2F%2F127.0.0.1%3A0%2Foauth%2Fcallback"),
            ("redirect_uri", "http%3A%2F%2F127.0.0.1%3A5000%2Fother"),
            ("redirect_uri", "http%3A%2F%2F127.0.0.1%3A5000%2Foauth%2Fcallback%2F"),
            ("redirect_uri", "http%3A%2F%2Flocalhost%3A5000%2Foauth%2Fcallback"),
            ("redirect_uri", "http%3A%2F%2F127.0.0.1.evil.example%3A5000%2Foauth%2Fcallback"),
            ("redirect_uri", "https%3A%2F%2F127.0.0.1%3A5000%2Foauth%2Fcallback"),
            ("state&state", "twice"),
        ] {
            let page = open(&fake, &format!("/authorize?{}", query(&person, changed)));
            assert!(page.starts_with("HTTP/1.1 400 "), "{changed:?}: {page}");
        }
        fake.world().forget_clients();
        let page = open(&fake, &format!("/authorize?{}", query(&person, ("", ""))));
        assert!(page.starts_with("HTTP/1.1 400 ") && page.contains("Invalid client"), "{page}");
    });
}

#[test]
fn a_page_with_another_fault_sends_the_browser_back_with_it() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = person(&fake).await;
        for (changed, error) in [
            (("response_type", "token"), "unsupported%5Fresponse%5Ftype"),
            (("code_challenge_method", "plain"), "invalid%5Frequest"),
            (("code_challenge", VERIFIER.split_at(42).0), "invalid%5Frequest"),
            (("code_challenge", ""), "invalid%5Frequest"),
            (("state", ""), "invalid%5Frequest"),
            (("scopes", "openid"), "invalid%5Fscope"),
            (("scopes", ""), "invalid%5Fscope"),
            (("scope", "sso%3Aaccount%3Aaccess"), "invalid%5Frequest"),
        ] {
            let there = location(&open(&fake, &format!("/authorize?{}", query(&person, changed))));
            assert!(there.starts_with(&format!("{BACK}?error={error}&")), "{changed:?}: {there}");
        }
    });
}

#[test]
fn a_code_is_good_once_for_its_client_with_its_verifier_and_its_redirect_uri() {
    let fake = FakeAws::start_standard();
    let invalid = expect(400, "InvalidGrantException", "Invalid grant provided");
    run(async {
        let person = person(&fake).await;
        let get = || code(&fake, &person);
        let wrong = exchange_code(&person, &get()).redirect_uri(BACK.replace("5000", "5001"));
        assert_eq!(refusal(wrong.send().await), invalid);
        let burnt = get();
        let wrong = exchange_code(&person, &burnt).code_verifier(VERIFIER.replace('d', "e"));
        assert_eq!(refusal(wrong.send().await), invalid);
        assert_eq!(refusal(exchange_code(&person, &burnt).send().await), invalid, "one try");
        assert_eq!(refusal(exchange_code(&person, "code-x").send().await), invalid);
        let short = exchange_code(&person, &get()).code_verifier(&VERIFIER[..42]);
        assert_eq!(refusal(short.send().await).1, "InvalidRequestException");
        for call in [
            person.token("authorization_code").code(get()).redirect_uri(BACK),
            person.token("authorization_code").code(get()).code_verifier(VERIFIER),
            person.token("authorization_code").redirect_uri(BACK).code_verifier(VERIFIER),
        ] {
            assert_eq!(refusal(call.send().await).1, "InvalidRequestException");
        }
        let stranger = self::person(&fake).await;
        assert_eq!(refusal(exchange_code(&stranger, &get()).send().await), invalid);
        fake.world().set_code_lifetime(0);
        assert_eq!(refusal(exchange_code(&person, &get()).send().await), invalid);
    });
}

#[test]
fn a_code_that_is_used_twice_ends_the_login_of_the_first_use() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = person(&fake).await;
        let code = code(&fake, &person);
        let token = exchange_code(&person, &code).send().await.unwrap();
        person.role(token.access_token().unwrap(), SSO_ROLE).await.unwrap();
        assert_eq!(refusal(exchange_code(&person, &code).send().await).1, "InvalidGrantException");
        assert_eq!(person.role(token.access_token().unwrap(), SSO_ROLE).await.unwrap_err().0, 401);
    });
}

#[test]
fn a_registration_for_codes_needs_a_loopback_address_without_a_port_and_a_known_issuer() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = Person::new(&fake).await;
        let call = person.oidc.register_client().client_name("x").client_type("public");
        let codes = call.clone().grant_types("authorization_code").issuer_url(START_URL);
        assert_eq!(refusal(codes.clone().send().await).1, "InvalidRedirectUriException");
        for uri in [
            "http://127.0.0.1:5000/oauth/callback",
            "http://localhost/oauth/callback",
            "http://example.com/oauth/callback",
            "http://127.0.0.1",
            "http://127.0.0.1/?a",
            "app://back",
        ] {
            assert_eq!(
                refusal(codes.clone().redirect_uris(uri).send().await).1,
                "InvalidRedirectUriException",
                "{uri}"
            );
        }
        let device = call.clone().redirect_uris(REDIRECT).issuer_url(START_URL);
        assert_eq!(refusal(device.send().await).1, "InvalidRedirectUriException", "the device flow has none");
        for issuer in [None, Some("https://other.awsapps.com/start".to_owned())] {
            let call = codes.clone().redirect_uris(REDIRECT).set_issuer_url(issuer);
            assert_eq!(refusal(call.send().await), expect(400, "InvalidRequestException", "Invalid issuer URL"));
        }
        codes.redirect_uris(REDIRECT).send().await.unwrap();
        let device_only = Person::new(&fake).await;
        let refused = exchange_code(&device_only, "x").send().await;
        assert_eq!(refusal(refused).1, "UnauthorizedClientException");
    });
}
