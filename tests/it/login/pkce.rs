//! The approval on a page of the browser on this machine, with a browser that is played here.

use std::time::Duration;

use serde_json::Value;

use crate::browser::{Sent, Waiting, get};
#[cfg(unix)]
use crate::scene::SECRETS;
use crate::scene::{SSO_CALLS, Scene};
use crate::support::fake_aws::{Consent, Fault, SECRET_MARK, SsoInstance, World};

/// The token of `corp`, as aws-facts §4.2 names it.
const TOKEN: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
/// The calls of such a login on an empty cache.
const PAGE_CALLS: [&str; 4] = ["RegisterClient", "AuthorizePage", "CreateToken", "GetRoleCredentials"];

/// Logs in to `read` on a page that is approved.
#[track_caller]
fn log_in(scene: &Scene, args: &[&str]) {
    let waiting = Waiting::start(&scene.home, &[&["login", "read"], args].concat());
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
}

/// The registration of `corp`, as it is kept.
#[track_caller]
fn registration(scene: &Scene) -> (String, Value) {
    let key = r#"{"region": "us-east-1", "scopes": ["sso:account:access"], "session_name": "corp", "startUrl": "https://corp.awsapps.com/start", "tool": "botocore"}"#;
    let digest = <sha1::Sha1 as sha1::Digest>::digest(key);
    let name = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let text = scene.home.read(&format!(".aws/sso/cache/{name}.json"));
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key}"))
}

#[test]
fn a_clock_that_is_found_wrong_after_the_approval_ends_the_login_and_the_page_says_so() {
    let scene = Scene::new();
    let waiting = Waiting::start(&scene.home, &["login", "corp"]);
    scene.aws.world().set_clock_offset(-3 * 3600);
    let answer = waiting.browse();
    let run = waiting.end().exits(5);
    assert!(answer.body.contains("clock is wrong") && !answer.body.contains("You are logged in"), "{}", answer.body);
    assert!(run.stderr.contains("corp: this machine's clock is wrong"), "{}", run.stderr);
}

#[test]
fn an_approved_page_logs_in_and_the_browser_is_told() {
    let scene = Scene::new();
    let waiting = Waiting::start(&scene.home, &["login", "read"]);
    let origin = waiting.origin();
    let answer = waiting.browse();
    let run = waiting.end().ok();
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("<h1>You are logged in to corp</h1>"), "{}", answer.body);
    for header in ["Cache-Control: no-store", "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff"] {
        assert!(answer.head.contains(header), "{header}: {}", answer.head);
    }
    assert!(answer.head.contains("Content-Security-Policy: default-src 'none'; style-src 'sha256-"), "{}", answer.head);
    for part in ["Open this page in a browser on this machine", "--flow device", "read: valid for"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    let requests = scene.aws.requests();
    let [register, page, create, _] = &requests[..] else { panic!("{requests:?}") };
    for (name, value) in [
        ("clientName", "awsauth-corp"),
        ("grantTypes", r#"["authorization_code","refresh_token"]"#),
        ("redirectUris", r#"["http://127.0.0.1/oauth/callback"]"#),
        ("issuerUrl", "https://corp.awsapps.com/start"),
        ("scopes", r#"["sso:account:access"]"#),
    ] {
        assert_eq!(register.params[name], value);
    }
    assert_eq!((page.params["scopes"].as_str(), page.params.get("scope")), ("sso:account:access", None));
    assert_eq!(create.params["redirectUri"], format!("{origin}/oauth/callback"));
    assert_eq!(create.params["codeVerifier"].len(), 64);
    assert_eq!(scene.calls(), PAGE_CALLS);
    scene.run(&["login", "read"]).ok();
    assert_eq!(scene.calls(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn the_program_that_browser_names_gets_the_page_as_its_only_argument() {
    let scene = Scene::new();
    let browser = scene.home.script("browser", "printf '%s|' \"$@\" > \"$HOME/opened\"\n");
    let opened = scene.home.pipe("opened");
    let scene = scene.env("BROWSER", browser.to_str().unwrap());
    let waiting = Waiting::run(scene.home.command(["login", "read", "--flow", "pkce"]));
    assert!(waiting.said.contains("Your browser opens this page"), "{}", waiting.said);
    assert_eq!(std::fs::read_to_string(&opened).unwrap(), format!("{}|", waiting.page));
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
}

#[cfg(unix)]
#[test]
fn browser_may_be_a_list_of_commands_with_arguments() {
    let scene = Scene::new();
    let browser = scene.home.script("my browser", "printf '%s|' \"$@\" > \"$HOME/opened\"\n");
    let failing = scene.home.script("failing", "exit 1\n");
    let opened = scene.home.pipe("opened");
    let list = format!("no-such-program:{} %s:'{}' -P 'a $HOME' --app=%s", failing.display(), browser.display());
    let scene = scene.env("BROWSER", &list);
    let waiting = Waiting::run(scene.home.command(["login", "read", "--flow", "pkce"]));
    assert!(waiting.said.contains("Your browser opens this page"), "{}", waiting.said);
    assert_eq!(std::fs::read_to_string(&opened).unwrap(), format!("-P|a $HOME|--app={}|", waiting.page));
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
}

#[cfg(unix)]
#[test]
fn a_browser_lives_on_its_own_without_the_callers_secrets() {
    // Whose group is it in, and what does it know?
    let tells = "kill -s 0 -- -$$ && group=own; printf '%s' \"$1:${group-shared}:$(env | grep -c -e secret-value -e MFA_CODE):$AWS_PROFILE\" > \"$HOME/opened\"\n";
    for (name, is_named) in [("browser", true), ("xdg-open", false)] {
        let scene = Scene::new();
        let opened = scene.home.pipe("opened");
        let browser = scene.home.script(name, tells);
        let mut command = scene.home.command(["login", "read", "--flow", "pkce"]);
        command.env("PATH", format!("{}:/usr/bin:/bin", scene.home.path("").display()));
        command.env("AWSAUTH_MFA_CODE", "123456").env("DISPLAY", ":0").env("AWS_PROFILE", "other");
        command.envs(SECRETS.map(|name| (name, "secret-value")));
        if is_named {
            command.env("BROWSER", browser);
        }
        let waiting = Waiting::run(command);
        let expected = format!("{}:own:0:other", waiting.page);
        assert_eq!(std::fs::read_to_string(&opened).unwrap(), expected, "{name}");
        assert!(waiting.said.contains("Your browser opens this page"), "{}", waiting.said);
        assert_eq!(waiting.browse().status, 200);
        waiting.end().ok();
    }
}

#[test]
fn a_no_on_the_page_ends_the_login_in_the_words_of_aws() {
    let scene = Scene::new();
    scene.aws.world().consent(Consent::Deny);
    let waiting = Waiting::start(&scene.home, &["login", "read", "--json"]);
    let answer = waiting.browse();
    let run = waiting.end().exits(5);
    let words = "Authorize failed: The resource owner <b>denied</b> the request (access_denied)";
    assert!(run.stderr.contains(&format!("read: {words}")), "{}", run.stderr);
    assert!(run.stderr.contains("the login was denied on the approval page"), "{}", run.stderr);
    let error = &run.json()["profiles"][0]["error"];
    assert_eq!((text(error, "operation"), text(error, "aws_code")), ("Authorize", "access_denied"));
    assert_eq!(answer.status, 400);
    let shown = words.replace('<', "&lt;").replace('>', "&gt;");
    assert!(answer.body.contains("<h1>The login was denied</h1>") && answer.body.contains(&shown), "{}", answer.body);
    assert_eq!(scene.calls(), ["RegisterClient", "AuthorizePage"]);
    assert!(!scene.home.has(TOKEN));
}

#[test]
fn a_failure_of_the_page_is_unavailable() {
    let scene = Scene::new();
    scene.aws.world().consent(Consent::Error);
    let waiting = Waiting::start(&scene.home, &["login", "read"]);
    let answer = waiting.browse();
    assert_eq!(answer.status, 502);
    let run = waiting.end().exits(6);
    assert!(run.stderr.contains("read: Authorize failed: server_error"), "{}", run.stderr);
}

#[test]
fn what_belongs_to_another_login_is_refused_and_the_right_one_is_still_waited_for() {
    let scene = Scene::new();
    let waiting = Waiting::start(&scene.home, &["login", "read"]);
    for query in ["code=a&state=other", "code=a", "error=access_denied&state=other", "state=other"] {
        let answer = get(&waiting.callback(query));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains("<h1>This page belongs to another login</h1>"), "{query}: {}", answer.body);
    }
    let state = waiting.state().to_owned();
    for query in [String::new(), format!("state={state}"), format!("code=a&code=b&state={state}")] {
        let answer = get(&waiting.callback(&query));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains("<h1>This is no response to the login</h1>"), "{query}: {}", answer.body);
    }
    let host = waiting.origin().trim_start_matches("http://").to_owned();
    let query = format!("code=a&state={state}");
    for (method, target, named, status) in [
        ("GET", "/favicon.ico", host.as_str(), 404),
        ("GET", "/", &host, 404),
        ("POST", &format!("/oauth/callback?{query}"), &host, 405),
        ("GET", &format!("/oauth/callback?{query}"), "localhost:1", 421),
        ("GET", &format!("/oauth/callback?{query}{}", "x".repeat(9000)), &host, 431),
    ] {
        let answer = Sent::new(&host, &format!("{method} {target} HTTP/1.1\r\nHost: {named}\r\n\r\n")).answer();
        assert_eq!(answer.status, status, "{method} {target}");
    }
    assert_eq!(scene.aws.count("CreateToken"), 0);
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
    assert_eq!(scene.calls(), PAGE_CALLS);
}

#[test]
fn nobody_ends_a_login_or_says_a_word_in_it_without_its_state() {
    let scene = Scene::new();
    let waiting = Waiting::start(&scene.home, &["login", "read"]);
    let query = "error=access_denied&error_description=Your+session+was+stolen.+Run+curl+evil.example";
    let answer = get(&waiting.callback(query));
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("<h1>This is no response to the login</h1>"), "{}", answer.body);
    assert!(!answer.body.contains("stolen"), "{}", answer.body);
    let host = waiting.origin().trim_start_matches("http://").to_owned();
    // What a page of somebody else's sends when it looks for the port, even if it knew the state.
    let target = format!("/oauth/callback?{query}&state={}", waiting.state());
    for metadata in ["Sec-Fetch-Mode: no-cors\r\n", "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: cross-site\r\n{metadata}\r\n");
        assert_eq!(Sent::new(&host, &request).answer().status, 403, "{metadata}");
    }
    assert_eq!(waiting.browse().status, 200);
    let run = waiting.end().ok();
    assert!(!run.stderr.contains("stolen"), "{}", run.stderr);
}

#[test]
fn one_answer_is_taken_and_nobody_else_is_served_after_it() {
    let scene = Scene::new();
    scene.aws.world().fail_next("CreateToken", Fault::Hang);
    let waiting = Waiting::start(&scene.home, &["login", "read"]);
    let (back, again) = (waiting.sent_back(), waiting.callback(&format!("code=other&state={}", waiting.state())));
    let first = std::thread::spawn(move || get(&back));
    assert!(scene.aws.wait_for("CreateToken", 1, Duration::from_secs(20)));
    let second = Sent::get(&again);
    scene.aws.world().release();
    assert_eq!(first.join().unwrap().status, 200);
    assert_eq!(second.answer().status, 0);
    waiting.end().ok();
    assert_eq!(scene.calls(), PAGE_CALLS);
}

#[test]
fn a_code_that_aws_does_not_take_ends_the_login_and_the_next_one_registers_anew() {
    let scene = Scene::new();
    scene.aws.world().set_code_lifetime(0);
    let waiting = Waiting::start(&scene.home, &["login", "read"]);
    let answer = waiting.browse();
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("<h1>Login failed</h1>"), "{}", answer.body);
    let run = waiting.end().exits(5);
    assert!(
        run.stderr.contains("read: CreateToken failed: Invalid grant provided (InvalidGrantException)"),
        "{}",
        run.stderr
    );
    assert!(!scene.home.has(TOKEN));
    scene.aws.clear();
    scene.aws.world().set_code_lifetime(300);
    log_in(&scene, &[]);
    assert_eq!(scene.calls(), PAGE_CALLS);
}

#[test]
fn a_lost_answer_to_the_code_is_unavailable_and_the_browser_is_told() {
    for fault in [Fault::Truncate, Fault::Garbage, Fault::Close, Fault::status(500, "InternalServerException", "later")]
    {
        let scene = Scene::new();
        scene.aws.world().fail_next("CreateToken", fault);
        let waiting = Waiting::start(&scene.home, &["login", "read"]);
        let answer = waiting.browse();
        assert_eq!(answer.status, 502);
        assert!(answer.body.contains("<h1>AWS could not finish the login</h1>"), "{}", answer.body);
        waiting.end().exits(6);
        assert_eq!(scene.aws.count("CreateToken"), 1, "a code is good once");
    }
}

#[test]
fn token_and_registration_are_written_as_aws_cli_writes_them() {
    let scene = Scene::new();
    log_in(&scene, &[]);
    let (file, client) = registration(&scene);
    let expected = format!(
        concat!(
            r#"{{"clientId": "{}", "clientSecret": "{}", "expiresAt": "{}", "scopes": ["sso:account:access"], "#,
            r#""grantTypes": ["authorization_code", "refresh_token"]}}"#
        ),
        text(&client, "clientId"),
        text(&client, "clientSecret"),
        text(&client, "expiresAt")
    );
    assert_eq!(file, expected);
    let file = scene.home.read(TOKEN);
    let token: Value = serde_json::from_str(&file).unwrap();
    let expected = format!(
        concat!(
            r#"{{"startUrl": "https://corp.awsapps.com/start", "region": "us-east-1", "accessToken": "{}", "#,
            r#""expiresAt": "{}", "clientId": "{}", "clientSecret": "{}", "registrationExpiresAt": "{}", "refreshToken": "{}"}}"#
        ),
        text(&token, "accessToken"),
        text(&token, "expiresAt"),
        text(&client, "clientId"),
        text(&client, "clientSecret"),
        text(&client, "expiresAt"),
        text(&token, "refreshToken")
    );
    assert_eq!(file, expected);
}

#[test]
fn a_token_from_a_page_is_refreshed_without_a_browser_by_the_client_that_got_it() {
    let scene = Scene::new();
    log_in(&scene, &[]);
    let (_, client) = registration(&scene);
    scene.aws.clear();
    scene.expire_token();
    scene.expire("read");
    scene.run(&["credential-process", "read"]).ok();
    let refresh = &scene.aws.requests()[0];
    assert_eq!(refresh.params["grantType"], "refresh_token");
    assert_eq!(refresh.params["clientId"], text(&client, "clientId"));
    assert_eq!(scene.calls(), ["CreateToken", "GetRoleCredentials"]);
}

#[test]
fn a_registration_is_used_again_unless_everything_is_wanted_anew() {
    let scene = Scene::new();
    log_in(&scene, &[]);
    scene.run(&["logout", "read"]).ok();
    scene.aws.clear();
    log_in(&scene, &[]);
    assert_eq!(scene.calls(), PAGE_CALLS[1..]);
    // AWS tells only the person that it has forgotten a client, on the page: `--force` is the way out.
    scene.aws.world().forget_clients();
    log_in(&scene, &["--force"]);
    assert_eq!(scene.calls(), PAGE_CALLS);
}

#[test]
fn registrations_for_codes_and_for_pages_replace_each_other() {
    let scene = Scene::new();
    let grants = |scene: &Scene| registration(scene).1["grantTypes"].clone();
    let logged_out = |scene: &Scene| {
        scene.run(&["logout", "read"]).ok();
        scene.aws.clear();
    };
    log_in(&scene, &[]);
    assert!(grants(&scene).is_array());
    logged_out(&scene);
    scene.run(&["login", "read", "--flow", "device"]).ok();
    assert_eq!((scene.calls(), grants(&scene)), (SSO_CALLS.map(str::to_owned).to_vec(), Value::Null));
    logged_out(&scene);
    log_in(&scene, &[]);
    assert_eq!(scene.calls(), PAGE_CALLS);
    assert!(grants(&scene).is_array());
}

#[test]
fn each_session_has_a_page_of_its_own() {
    let world = World::standard();
    world.add_sso(SsoInstance::new("https://other.awsapps.com/start", "alice").assigning(
        "123456789012",
        "x",
        "ReadOnly",
    ));
    let scene = Scene::in_world(world);
    let more = r#"
[sso_sessions.other]
sso_start_url = "https://other.awsapps.com/start"
sso_region = "eu-west-1"

[profiles.more]
pattern = "sso"
sso_session = "other"
sso_account_id = "123456789012"
sso_role_name = "ReadOnly"
"#;
    scene.home.manifest(&format!("{}{more}", crate::scene::MANIFEST));
    let mut waiting = Waiting::start(&scene.home, &["login", "read", "jump", "more"]);
    let (first, origin) = (waiting.page.clone(), waiting.origin());
    assert!(waiting.browse().body.contains("logged in to corp"));
    waiting.next_page();
    assert!(waiting.browse().body.contains("logged in to other"));
    let part =
        |page: &str, name: &str| page.split(&['?', '&'][..]).find(|part| part.starts_with(name)).unwrap().to_owned();
    for name in ["state=", "code_challenge=", "client_id="] {
        assert_ne!(part(&first, name), part(&waiting.page, name));
    }
    assert!(std::net::TcpStream::connect(origin.trim_start_matches("http://")).is_err());
    waiting.end().ok();
    assert_eq!(scene.aws.count("AuthorizePage"), 2);
}

#[test]
fn neither_the_code_nor_the_verifier_is_shown_anywhere() {
    for (consent, lifetime, code) in
        [(Consent::Immediately, 300, 0), (Consent::Immediately, 0, 5), (Consent::Deny, 300, 5)]
    {
        let scene = Scene::new();
        scene.aws.world().consent(consent);
        scene.aws.world().set_code_lifetime(lifetime);
        let waiting = Waiting::start(&scene.home, &["login", "read", "-v", "--json"]);
        let answer = waiting.browse();
        let run = waiting.end().exits(code);
        let requests = scene.aws.requests();
        let created = requests.iter().find(|request| request.operation == "CreateToken");
        let verifier = created.map_or("no verifier", |request| &request.params["codeVerifier"]);
        for shown in [&run.stdout, &run.stderr, &answer.body, &answer.head] {
            assert!(!shown.contains(SECRET_MARK) && !shown.contains(verifier), "{shown}");
        }
        for file in scene.home.list(".aws/sso/cache") {
            let kept = std::fs::read_to_string(file).unwrap();
            assert!(!kept.contains("code-SECRETMARK") && !kept.contains(verifier), "{kept}");
        }
    }
}

#[test]
fn the_legacy_form_goes_with_a_code_whatever_was_asked_for() {
    let scene = Scene::new();
    let legacy = "sso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
    scene.change_manifest("sso_session = \"corp\"\n", legacy);
    let run = scene.run(&["login", "read", "--flow", "pkce"]).ok();
    assert!(run.stderr.contains("a login without an `sso_session` works only with `--flow device`"), "{}", run.stderr);
    assert_eq!(scene.calls(), SSO_CALLS);
}

#[test]
fn the_personal_settings_choose_the_way_and_the_flag_wins() {
    let scene = Scene::new();
    scene.home.write(".config/awsauth/profiles.local.toml", "[settings]\nsso_flow = \"pkce\"\n");
    let waiting = Waiting::run(scene.home.command(["login", "read", "--no-browser"]));
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
    assert_eq!(scene.calls(), PAGE_CALLS);
    scene.run(&["login", "read", "--force", "--flow", "device"]).ok();
    assert_eq!(scene.calls(), SSO_CALLS);
}

#[test]
fn without_a_display_a_code_is_used() {
    let scene = Scene::new();
    let run = scene.run(&["login", "read"]).ok();
    assert!(run.stderr.contains("It must show this code: "), "{}", run.stderr);
    assert_eq!(scene.calls(), SSO_CALLS);
}

#[cfg(all(feature = "real-clients", target_os = "linux"))]
#[test]
fn where_nothing_can_be_listened_on_a_code_is_used_and_it_is_said() {
    let scene = Scene::new();
    let mut strace = scene.home.program(&crate::readers::client::tool("AWSAUTH_TEST_STRACE"));
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=listen", "-e", "inject=listen:error=EADDRINUSE"]);
    strace.arg(env!("CARGO_BIN_EXE_awsauth")).args(["login", "read", "--flow", "pkce"]);
    let run = crate::support::sandbox::Run::from(strace.output().unwrap()).ok();
    let words =
        "a browser can't come back to this machine (Address already in use (os error 98)); `--flow device` is used";
    assert!(run.stderr.contains(words) && run.stderr.contains("It must show this code: "), "{}", run.stderr);
    assert_eq!(scene.calls(), SSO_CALLS);
}

#[cfg_attr(windows, ignore = "there is no sh")]
#[test]
fn connections_that_cannot_be_taken_do_not_end_the_login() {
    let scene = Scene::new();
    // So few descriptors that somebody's idle connections use them up.
    let mut command = scene.home.program("sh".as_ref());
    command.args([
        "-c",
        "ulimit -n 24 && exec \"$0\" login read --flow pkce --no-browser",
        env!("CARGO_BIN_EXE_awsauth"),
    ]);
    let waiting = Waiting::run(command);
    let address = waiting.origin().trim_start_matches("http://").to_owned();
    let mut idle: Vec<_> = (0..40).map(|_| std::net::TcpStream::connect(&address).unwrap()).collect();
    // The oldest one is closed to make room.
    idle[0].set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let read = std::io::Read::read(&mut idle[0], &mut [0; 1]);
    assert!(!matches!(&read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock), "{read:?}");
    drop(idle);
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
}
