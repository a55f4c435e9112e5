//! The way to AWS over real TLS: whose certificates are trusted, which proxy is used, and that nothing is sent twice or
//! shown.

use crate::scene::Scene;
use crate::support::fake_aws::Fault;
use crate::support::proxy::{Manner, Proxy};
use crate::support::sandbox::Run;
use crate::support::tls::{Authority, TlsFront, Validity};

/// A host that only a proxy finds.
const HOST: &str = "sts.somewhere.example";
/// What a proxy's password may not be seen as.
const PASSWORD: &str = "hunter2hunter2";

/// A scene in which STS is behind TLS, with the authority's certificate in `ca.pem`, and another's in `other.pem`.
struct Secure {
    scene: Scene,
    front: TlsFront,
}

impl Secure {
    /// STS at `https://localhost`, with a good certificate for `host`.
    fn new(host: &str) -> Self {
        Self::with(host, Validity::Good)
    }

    fn with(host: &str, validity: Validity) -> Self {
        let scene = Scene::new();
        let authority = Authority::new("awsauth test authority");
        let front = TlsFront::start(authority.identity(host, validity), &scene.aws.url());
        scene.home.write("ca.pem", authority.pem());
        scene.home.write("other.pem", Authority::new("another").pem());
        let scene = scene.env("AWS_ENDPOINT_URL_STS", &format!("https://localhost:{}", front.port()));
        Self { scene, front }
    }

    fn env(self, name: &str, value: &str) -> Self {
        Self { scene: self.scene.env(name, value), ..self }
    }

    /// With a proxy between, and AWS at a host that only that one finds.
    fn behind(self, proxy: &Proxy) -> Self {
        self.env("AWS_ENDPOINT_URL_STS", &format!("https://{HOST}"))
            .env("AWS_CA_BUNDLE", "~/ca.pem")
            .env("HTTPS_PROXY", &format!("http://{}", proxy.address()))
    }

    fn login(&self) -> Run {
        self.scene.run(&["login", "prod", "-v", "--json", "--token-code", &self.scene.code()])
    }

    /// A login that must fail for want of a way, with nothing sent.
    #[track_caller]
    fn fails(&self, obstacle: &str, parts: &[&str]) -> Run {
        let run = self.login().exits(6);
        for part in parts {
            assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
        }
        let document = run.json();
        let main = document["profiles"][0]["error"].clone();
        assert_eq!(main["obstacle"], obstacle, "{document}");
        assert_eq!(self.scene.calls(), [""; 0]);
        run
    }
}

#[test]
fn a_server_is_trusted_through_aws_ca_bundle_and_one_connection_serves_all_calls() {
    let secure = Secure::new("localhost").env("AWS_CA_BUNDLE", "~/ca.pem").env("SSL_CERT_FILE", "other.pem");
    secure.login().ok();
    assert_eq!(secure.scene.calls(), ["GetSessionToken", "AssumeRole"]);
    assert_eq!(secure.front.connections(), 1);
}

#[test]
fn a_server_is_trusted_through_the_roots_of_the_system() {
    let secure = Secure::new("localhost").env("SSL_CERT_FILE", "ca.pem");
    secure.login().ok();
    assert_eq!(secure.scene.calls(), ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn an_authority_that_is_not_known_is_refused_and_aws_ca_bundle_is_named() {
    let words = "prod (through main): GetSessionToken failed: the certificate is signed by an authority that is not trusted here";
    let hint = "set AWS_CA_BUNDLE to a PEM file with the proxy's root certificate";
    Secure::new("localhost").env("SSL_CERT_FILE", "other.pem").fails("unknown-issuer", &[words, hint]);
    // The bundle replaces the system's roots, as with AWS CLI.
    let secure = Secure::new("localhost").env("SSL_CERT_FILE", "ca.pem").env("AWS_CA_BUNDLE", "~/other.pem");
    secure.fails("unknown-issuer", &[words]);
    assert_eq!(secure.front.connections(), 0);
}

#[test]
fn a_certificate_that_is_over_to_come_or_for_another_host_is_refused() {
    for (host, validity, obstacle, hint) in [
        ("localhost", Validity::Over, "certificate-expired", "if that is right, the server is not AWS"),
        ("localhost", Validity::ToCome, "certificate-expired", "if that is right, the server is not AWS"),
        ("elsewhere.example", Validity::Good, "certificate-for-another-host", "another server answers instead of AWS"),
    ] {
        Secure::with(host, validity).env("AWS_CA_BUNDLE", "~/ca.pem").fails(obstacle, &[hint]);
    }
}

#[test]
fn a_proxy_that_the_http_client_would_pass_over_in_a_cgi_program_ends_the_run() {
    let proxy = Proxy::start(Manner::Close);
    let secure = Secure::new(HOST).behind(&proxy).env("REQUEST_METHOD", "GET");
    secure.fails("setting", &["HTTPS_PROXY can't be used while REQUEST_METHOD is set"]);
    assert_eq!(secure.front.connections(), 0);
    // Without a proxy there is none to pass over.
    Secure::new("localhost").env("AWS_CA_BUNDLE", "~/ca.pem").env("REQUEST_METHOD", "GET").login().ok();
}

#[test]
fn a_bundle_is_read_for_what_can_be_used_of_it() {
    let secure = Secure::new("localhost").env("AWS_CA_BUNDLE", "~/bundle.pem");
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let good = secure.scene.home.read("ca.pem");
    secure.scene.home.write("bundle.pem", format!("# roots\r\n{junk}{good}{}", secure.scene.home.read("other.pem")));
    secure.login().ok();
    for (content, words) in [
        ("", "AWS_CA_BUNDLE names ~/bundle.pem, which is not a PEM file"),
        ("junk", "AWS_CA_BUNDLE names ~/bundle.pem, which is not a PEM file"),
        (junk, "AWS_CA_BUNDLE names ~/bundle.pem, which holds no certificate that can be used"),
    ] {
        let secure = Secure::new("localhost").env("AWS_CA_BUNDLE", "~/bundle.pem");
        secure.scene.home.write("bundle.pem", content);
        secure.fails("setting", &[words, "unset it to trust the system's certificates"]);
    }
    let secure = Secure::new("localhost").env("AWS_CA_BUNDLE", "~/gone.pem");
    secure.fails("setting", &["AWS_CA_BUNDLE names ~/gone.pem, which does not exist"]);
}

#[test]
fn a_server_without_tls_is_told() {
    let secure = Secure::new("localhost");
    let plain = secure.scene.aws.url().replace("http://127.0.0.1", "https://localhost");
    let secure = secure.env("AWS_ENDPOINT_URL_STS", &plain);
    let run = secure.scene.run(&["login", "main", "--json", "--token-code", &secure.scene.code()]).exits(6);
    assert_eq!(run.json()["profiles"][0]["error"]["obstacle"], "tls", "{}", run.stderr);
}

#[test]
fn calls_go_through_the_proxy_that_https_proxy_names() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let secure = Secure::new(HOST);
        let proxy = Proxy::start(Manner::LeadTo(secure.front.address()));
        let secure = secure
            .env("AWS_ENDPOINT_URL_STS", &format!("https://{HOST}"))
            .env("AWS_CA_BUNDLE", "~/ca.pem")
            .env(variable, &format!("http://{}", proxy.address()));
        secure.login().ok();
        assert_eq!(secure.scene.calls(), ["GetSessionToken", "AssumeRole"], "{variable}");
        let requests = proxy.requests();
        assert_eq!(requests.len(), 1, "one tunnel serves all calls: {requests:?}");
        assert_eq!(requests[0][0], format!("CONNECT {HOST}:443 HTTP/1.1"));
    }
}

#[cfg_attr(windows, ignore = "names of variables have no case")]
#[test]
fn hosts_that_no_proxy_names_and_this_machine_itself_are_reached_without_it() {
    let secure = Secure::new(HOST);
    let proxy = Proxy::start(Manner::LeadTo(secure.front.address()));
    // Only the proxy would find the host.
    let secure = secure.behind(&proxy).env("NO_PROXY", ".somewhere.example,other.example").env("no_proxy", "");
    secure.fails("no-address", &[]);
    assert!(proxy.requests().is_empty());

    let secure = Secure::new("localhost").env("AWS_CA_BUNDLE", "~/ca.pem");
    let proxy = Proxy::start(Manner::Close);
    let url = format!("http://{}", proxy.address());
    let secure = secure.env("HTTPS_PROXY", &url).env("HTTP_PROXY", &url).env("NO_PROXY", "").env("no_proxy", "");
    secure.login().ok();
    secure.scene.run(&["login", "jump"]).ok();
    assert!(proxy.requests().is_empty(), "neither with TLS nor without");
}

#[test]
fn a_proxys_name_and_password_are_sent_to_it_and_never_shown() {
    let answers =
        [Manner::Answer("407 Proxy Authentication Required"), Manner::Answer("502 Bad Gateway"), Manner::Close];
    let login = |manner: Option<Manner>| {
        let secure = Secure::new(HOST);
        let proxy = Proxy::start(manner.unwrap_or(Manner::LeadTo(secure.front.address())));
        let url = format!("http://alice:{PASSWORD}@{}", proxy.address());
        let secure = secure.behind(&proxy).env("HTTPS_PROXY", &url).env("RUST_LOG", "trace");
        let run = secure.login();
        // base64 of alice:hunter2hunter2
        let authorization = "Basic YWxpY2U6aHVudGVyMmh1bnRlcjI=";
        let sent = proxy.requests().concat().join("\n").to_ascii_lowercase();
        assert!(sent.contains(&format!("proxy-authorization: {authorization}").to_ascii_lowercase()), "{sent}");
        let shown = format!("{}{}", run.stdout, run.stderr);
        for secret in [PASSWORD, "YWxpY2U6", "alice:"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        (run, secure)
    };
    login(None).0.ok();
    for (manner, obstacle, hint) in [
        (answers[0], "proxy-authentication", "`http://NAME:PASSWORD@HOST:PORT`"),
        (answers[1], "proxy", "the proxy in HTTPS_PROXY does not connect to AWS"),
        (answers[2], "proxy", "the proxy in HTTPS_PROXY does not connect to AWS"),
    ] {
        let (run, secure) = login(Some(manner));
        assert_eq!(run.json()["profiles"][0]["error"]["obstacle"], obstacle, "{manner:?}\n{}", run.stdout);
        assert!(run.stderr.contains(hint), "{manner:?}\n{}", run.stderr);
        assert_eq!((run.code, secure.scene.calls()), (Some(6), vec![]));
    }
}

#[test]
fn a_proxy_that_is_not_there_is_told_without_its_password() {
    let secure = Secure::new(HOST)
        .env("AWS_ENDPOINT_URL_STS", &format!("https://{HOST}"))
        .env("HTTPS_PROXY", &format!("http://alice:{PASSWORD}@127.0.0.1:1"));
    let run = secure.fails("proxy", &["onnection refused", "the proxy in HTTPS_PROXY"]);
    assert!(!run.stderr.contains(PASSWORD) && !run.stdout.contains(PASSWORD), "{}", run.stderr);
}

#[cfg_attr(windows, ignore = "names of variables have no case")]
#[test]
fn a_proxy_that_cannot_be_used_is_refused_by_the_name_of_its_variable_and_nothing_is_sent() {
    for (variable, value, words) in [
        ("HTTPS_PROXY", "::::", "HTTPS_PROXY is not the address of a proxy"),
        ("https_proxy", "http://alice:hunter2#hunter2hunter2@proxy:80", "https_proxy is not the address of a proxy"),
        ("ALL_PROXY", "ftp://proxy", "ALL_PROXY is not the address of a proxy"),
        ("ALL_PROXY", "socks5://alice:hunter2hunter2@127.0.0.1:1", "ALL_PROXY names a SOCKS proxy"),
    ] {
        let secure = Secure::new(HOST).env("AWS_ENDPOINT_URL_STS", &format!("https://{HOST}")).env(variable, value);
        let run = secure.fails("setting", &[words, "write it as `http://NAME:PASSWORD@HOST:PORT`"]);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(PASSWORD), "{}", run.stderr);
    }
    // What is not asked through a proxy does not mind, and what is without TLS has a variable of its own.
    let secure = Secure::new("localhost").env("AWS_CA_BUNDLE", "~/ca.pem").env("HTTPS_PROXY", "::::");
    secure.login().ok();
    let secure = Secure::new(HOST).env("AWS_ENDPOINT_URL_STS", &format!("http://{HOST}")).env("http_proxy", "::::");
    secure.fails("setting", &["http_proxy is not the address of a proxy"]);
}

#[cfg_attr(windows, ignore = "names of variables have no case")]
#[test]
fn the_hint_names_the_variable_that_names_the_proxy() {
    for variable in ["https_proxy", "all_proxy"] {
        let secure = Secure::new(HOST)
            .env("AWS_ENDPOINT_URL_STS", &format!("https://{HOST}"))
            .env(variable, "http://127.0.0.1:1");
        secure.fails("proxy", &[&format!("the proxy in {variable} does not connect to AWS")]);
    }
}

#[test]
fn an_answer_that_does_not_end_is_not_read_to_its_end_whatever_its_status() {
    let endless = |status: u16| Fault::raw(status, &[("content-type", "text/xml")], &" ".repeat(5 << 20));
    for status in [200, 500] {
        for (name, operation) in [("main", "GetSessionToken"), ("read", "CreateToken")] {
            let scene = Scene::new();
            // None of these calls is sent again: the token is refreshed, not polled for.
            scene.logged_in(&["read"]);
            scene.expire("read");
            scene.expire_token();
            scene.aws.world().fail_next(operation, endless(status));
            let run = scene.run(&["login", name, "--json", "--token-code", &scene.code()]).exits(6);
            let words = format!("{operation} failed: the answer is longer than 4 MiB, more than AWS ever sends");
            assert!(run.stderr.contains(&words), "{status}\n{}", run.stderr);
            assert_eq!(run.json()["profiles"][0]["error"]["obstacle"], "not-aws");
            scene.aws.world().fail_next("Logout", endless(status));
            let run = scene.run(&["logout", "read"]).ok();
            assert!(run.stderr.contains("Logout failed: the answer is longer than 4 MiB"), "{}", run.stderr);
        }
    }
    let scene = Scene::new();
    let headers = [("x-filler", &*"x".repeat(1 << 20))];
    scene.aws.world().fail_next("GetSessionToken", Fault::raw(200, &headers, ""));
    scene.run(&["login", "main", "--token-code", &scene.code()]).exits(6);
}

#[test]
fn a_call_with_a_code_is_sent_once_whatever_becomes_of_it() {
    let faults = [
        Fault::Close,
        Fault::Truncate,
        Fault::status(500, "InternalFailure", "later"),
        Fault::status(503, "ServiceUnavailable", "later"),
    ];
    for (name, operation) in [("main", "GetSessionToken"), ("audit", "AssumeRole")] {
        for fault in &faults {
            let secure = Secure::new("localhost").env("AWS_CA_BUNDLE", "~/ca.pem");
            secure.scene.aws.world().fail_next(operation, fault.clone());
            let args = ["login", name, "--token-code", &secure.scene.code()];
            secure.scene.run(&args).exits(6);
            assert_eq!(secure.scene.calls(), [operation], "{fault:?}");
        }
    }
}

#[test]
fn a_call_without_a_code_is_sent_again_when_its_connection_breaks() {
    let secure = Secure::new("localhost").env("AWS_CA_BUNDLE", "~/ca.pem");
    secure.scene.logged_in(&["main"]);
    secure.scene.aws.world().fail_next("AssumeRole", Fault::Close);
    secure.scene.run(&["login", "prod"]).ok();
    assert_eq!(secure.scene.calls(), ["AssumeRole", "AssumeRole"]);
}

#[test]
fn no_variable_makes_the_sdk_log() {
    // At TRACE the SDK would write the bearer token: nothing in the program listens to what it logs.
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    for listener in ["tracing-subscriber", "env_logger", "tracing-log", "pretty_env_logger", "simple_logger"] {
        assert!(!lock.contains(&format!("name = \"{listener}\"")), "{listener}");
    }
    let said = |scene: &Scene| {
        let run = scene.run(&["-v", "login", "jump"]).ok();
        run.stderr
            .lines()
            .filter(|line| !line.contains("user_code") && !line.contains("this code"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let quiet = said(&Scene::new());
    let scene = Scene::new().env("RUST_LOG", "trace").env("RUST_LOG_STYLE", "always").env("AWS_LOG_LEVEL", "trace");
    assert_eq!(said(&scene), quiet);
}
