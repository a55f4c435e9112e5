//! Console sign-ins (the pattern `login`), with a browser that is played here.

#[cfg(unix)]
use std::fs::Permissions;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::browser::{Waiting, get};
use crate::scene::{STATE, Scene, now};
use crate::support::fake_aws::{Consent, Fault};
#[cfg(unix)]
use crate::terminal::{at_terminal, ends_with};

/// A sign-in, and a role over it.
pub(crate) const MANIFEST: &str = r#"[defaults]
region = "eu-west-1"

[profiles.me]
pattern = "login"
login_session = "arn:aws:iam::111122223333:user/alice"

[profiles.batch]
pattern = "role"
source_profile = "me"
role_arn = "arn:aws:iam::444455556666:role/Batch"
"#;
/// The sign-in of `me`, by the digest of its ARN.
pub(crate) const FILE: &str = ".aws/login/cache/5778c30d3fe8c123cb2ab0d5a82c81b6fdcedfb868a6625f6f5bf6f05a7f129b.json";
const CALLS: [&str; 2] = ["SignInPage", "CreateOAuth2Token"];

/// A HOME with `me`, who signs in, and `batch` over it.
pub(crate) fn scene() -> Scene {
    let scene = Scene::new();
    scene.home.manifest(MANIFEST);
    scene
}

/// Signs in as `me`, or for a role over it, with `args` besides.
#[track_caller]
pub(crate) fn sign_in(scene: &Scene, args: &[&str]) -> crate::support::sandbox::Run {
    let waiting = Waiting::start(&scene.home, &[&["login"], args].concat());
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok()
}

fn file(scene: &Scene) -> Value {
    serde_json::from_str(&scene.home.read(FILE)).unwrap()
}

/// Changes the kept sign-in.
fn change(scene: &Scene, change: impl FnOnce(&mut Value)) {
    let mut value = file(scene);
    change(&mut value);
    std::fs::write(scene.home.path(FILE), value.to_string()).unwrap();
}

/// Lets the credentials be over; their refresh token stays.
pub(crate) fn expire(scene: &Scene) {
    change(scene, |value| value["accessToken"]["expiresAt"] = "2026-01-01T00:00:00Z".into());
}

#[track_caller]
fn state(scene: &Scene, name: &str) -> String {
    let document = scene.run(&["status", name, "--json"]).ok().json();
    document["profiles"][0]["state"].as_str().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn a_person_signs_in_on_the_page_and_the_file_is_aws_cli_s() {
    let scene = scene();
    let waiting = Waiting::start(&scene.home, &["login", "me"]);
    for part in [
        "This login needs 1 sign-in as arn:aws:iam::111122223333:user/alice.",
        "Open this page in a browser on this machine. Sign in there as arn:aws:iam::111122223333:user/alice:",
    ] {
        assert!(waiting.said.contains(part), "{part}: {}", waiting.said);
    }
    let answer = waiting.browse();
    let title = "<h1>You are logged in to arn:aws:iam::111122223333:user/alice</h1>";
    assert!(answer.body.contains(title), "{}", answer.body);
    let run = waiting.end().ok();
    for part in [
        "`--flow device`",
        "shows only \"400\"",
        "me: valid for 15 min; renews without a prompt for up to 12 h after the sign-in",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert_eq!(scene.calls(), CALLS);
    let mode = scene.home.path(FILE).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let value = file(&scene);
    let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["accessToken", "tokenType", "clientId", "refreshToken", "idToken", "dpopKey", "signInRegion"];
    assert_eq!(keys, expected);
    assert_eq!(value["accessToken"]["accountId"], "111122223333");
    assert_eq!(value["clientId"], "arn:aws:signin:::devtools/same-device");
    assert_eq!(value["signInRegion"], "eu-west-1");
    assert!(value["dpopKey"].as_str().unwrap().starts_with("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI"));
    scene.run(&["login", "me"]).ok();
    assert_eq!(scene.access_key_of("me"), value["accessToken"]["accessKeyId"].as_str().unwrap());
    assert_eq!(scene.calls(), [""; 0], "what is there is used");
    assert_eq!((state(&scene, "me"), state(&scene, "batch")), ("valid".to_owned(), "renewable".to_owned()));
}

#[cfg_attr(windows, ignore = "there is no program true")]
#[test]
fn a_role_stands_on_a_sign_in_and_one_sign_in_is_enough_for_all() {
    let scene = scene();
    sign_in(&scene, &["batch", "me"]);
    assert_eq!(scene.calls(), ["SignInPage", "CreateOAuth2Token", "AssumeRole"]);
    expire(&scene);
    scene.expire("batch");
    scene.run(&["exec", "batch", "--", "true"]).ok();
    assert_eq!(scene.calls(), ["CreateOAuth2Token", "AssumeRole"]);
    // Even by force, there is one page.
    sign_in(&scene, &["--force", "batch", "me"]);
    assert_eq!(scene.calls(), ["SignInPage", "CreateOAuth2Token", "AssumeRole"]);
}

#[test]
fn credentials_are_renewed_with_less_than_five_minutes_left_and_what_is_unknown_stays_in_the_file() {
    let scene = scene();
    sign_in(&scene, &["me"]);
    let first = file(&scene);
    change(&scene, |value| value["future"] = serde_json::json!({ "x": [1] }));
    scene.aws.clear();
    let soon = |seconds| (now() + jiff::SignedDuration::from_secs(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    change(&scene, |value| value["accessToken"]["expiresAt"] = soon(320).into());
    scene.access_key_of("me");
    assert_eq!(scene.calls(), [""; 0]);
    change(&scene, |value| value["accessToken"]["expiresAt"] = soon(280).into());
    let key = scene.access_key_of("me");
    assert_eq!(scene.calls(), ["CreateOAuth2Token"]);
    let second = file(&scene);
    assert_eq!(second["accessToken"]["accessKeyId"], key);
    for name in ["accessKeyId", "secretAccessKey", "sessionToken"] {
        assert_ne!(second["accessToken"][name], first["accessToken"][name], "{name}");
    }
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    for name in ["tokenType", "clientId", "idToken", "dpopKey", "signInRegion"] {
        assert_eq!(second[name], first[name], "{name}");
    }
    assert_eq!(second["future"]["x"][0], 1);
}

#[test]
fn many_processes_spend_a_refresh_token_once() {
    let scene = scene();
    sign_in(&scene, &["me"]);
    expire(&scene);
    scene.aws.clear();
    scene.aws.world().fail_next("CreateOAuth2Token", Fault::Hang);
    let start = |_| -> Child {
        let mut command = scene.home.command(["credential-process", "me"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<Child> = (0..20).map(start).collect();
    assert!(scene.aws.wait_for("CreateOAuth2Token", 1, Duration::from_mins(1)));
    scene.aws.world().release();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().all(|output| output.status.success() && output.stdout == outputs[0].stdout));
    assert_eq!(scene.calls(), ["CreateOAuth2Token"]);
}

#[test]
fn who_signs_in_as_somebody_else_is_refused_and_nothing_is_kept() {
    let scene = scene();
    let other = "arn:aws:sts::444455556666:assumed-role/Admin/bob@example.com";
    scene.aws.world().sign_in_as(other);
    let waiting = Waiting::start(&scene.home, &["login", "me", "--json"]);
    let answer = waiting.browse();
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("<h1>You signed in as somebody else</h1>") && answer.body.contains(other));
    let run = waiting.end().exits(5);
    for part in [
        &format!("me: you signed in as {other}, and `login_session` is arn:aws:iam::111122223333:user/alice"),
        "nothing was kept",
        &format!("if that is you, set `login_session = \"{other}\"` in [profiles.me]"),
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert_eq!(run.json()["profiles"][0]["error"]["signed_in_as"], other);
    assert!(scene.home.list(".aws/login/cache").is_empty());
    assert!(scene.home.list(&format!("{STATE}/logins")).is_empty());
}

#[test]
fn a_no_on_the_page_ends_the_login() {
    let scene = scene();
    for (consent, status, code, words) in [
        (Consent::Deny, 400, 5, "me: Authorize failed: access_denied"),
        (Consent::Error, 502, 6, "me: Authorize failed: server_error"),
    ] {
        scene.aws.world().consent(consent);
        let waiting = Waiting::start(&scene.home, &["login", "me"]);
        assert_eq!(waiting.browse().status, status);
        let run = waiting.end().exits(code);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert!(!scene.home.has(FILE));
}

#[test]
fn one_no_answers_for_all_profiles_of_a_sign_in() {
    let scene = scene();
    let (first, rest) = MANIFEST.split_once("[profiles.batch]").unwrap();
    let too = first.split_once("[profiles.me]").unwrap().1;
    scene.home.manifest(&format!("{first}[profiles.too]{too}[profiles.batch]{rest}"));
    scene.aws.world().consent(Consent::Deny);
    let waiting = Waiting::start(&scene.home, &["login", "me", "too", "batch"]);
    assert_eq!(waiting.browse().status, 400);
    let run = waiting.end().exits(5);
    assert!(run.stderr.contains("Authorize failed: access_denied"), "{}", run.stderr);
    assert_eq!(scene.calls(), ["SignInPage"], "{}", run.stderr);
}

#[test]
fn a_code_that_is_too_old_and_a_wrong_clock_are_told() {
    let scene = scene();
    scene.aws.world().set_code_lifetime(-1);
    let waiting = Waiting::start(&scene.home, &["login", "me"]);
    assert_eq!(waiting.browse().status, 400);
    let run = waiting.end().exits(5);
    for part in ["me: CreateOAuth2Token failed: The code has expired", "AUTHCODE_EXPIRED", "awsauth login me --force"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    scene.aws.world().set_code_lifetime(300);
    scene.aws.world().set_clock_offset(-3600);
    let waiting = Waiting::start(&scene.home, &["login", "me"]);
    waiting.browse();
    let run = waiting.end().exits(5);
    assert!(run.stderr.contains("TOKEN_EXPIRED") && run.stderr.contains("this machine's clock"), "{}", run.stderr);
    assert!(!scene.home.has(FILE));
}

#[test]
fn a_refused_refresh_is_told_in_words_and_status_calls_it_renewable_no_more() {
    for (refusal, words, is_over) in [
        ("TOKEN_EXPIRED The refresh token has expired", "me: session expired; run awsauth login me", true),
        ("USER_CREDENTIALS_CHANGED The password was changed", "me: session expired; run awsauth login me", true),
        ("INSUFFICIENT_PERMISSIONS Not allowed", "SignInLocalDevelopmentAccess", false),
    ] {
        let scene = scene();
        sign_in(&scene, &["me"]);
        expire(&scene);
        assert_eq!(state(&scene, "me"), "renewable");
        scene.aws.world().refuse_refresh(Some(refusal));
        let run = scene.run(&["credential-process", "me"]).exits(5);
        assert!(run.stderr.contains(words), "{refusal}: {}", run.stderr);
        assert_eq!(state(&scene, "me"), if is_over { "expired" } else { "renewable" }, "{refusal}");
        scene.aws.clear();
        scene.run(&["credential-process", "me"]).exits(5);
        assert_eq!(scene.calls().len(), usize::from(!is_over), "{refusal}: what was refused is not sent again");
        scene.aws.world().refuse_refresh(None);
        if is_over {
            sign_in(&scene, &["me"]);
        }
        scene.run(&["credential-process", "me"]).ok();
        assert_eq!(state(&scene, "me"), "valid", "{refusal}");
    }
}

#[test]
fn a_sign_in_that_aws_has_ended_is_made_again_by_login() {
    let scene = scene();
    sign_in(&scene, &["me"]);
    expire(&scene);
    scene.aws.world().end_sign_ins();
    scene.aws.clear();
    let run = sign_in(&scene, &["me"]);
    let words =
        "me: the sign-in can't be renewed, so a new one is needed: The refresh token has expired; TOKEN_EXPIRED";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    assert_eq!(scene.calls(), ["CreateOAuth2Token", "SignInPage", "CreateOAuth2Token"]);
}

/// The code that the page shows in the browser of another machine.
fn shown_code(page: &str) -> String {
    let confirmation =
        get(page).head.lines().find_map(|line| line.strip_prefix("location: ").map(str::to_owned)).unwrap();
    let body = get(&confirmation).body;
    body.split_once("id=\"code\">").unwrap().1.split_once('<').unwrap().0.to_owned()
}

#[cfg(unix)]
#[test]
fn without_a_browser_here_the_code_of_the_page_is_pasted_and_not_shown() {
    let scene = scene();
    let mut session = at_terminal(&scene, "login me --no-browser");
    let said = session.exp_string("The code that the page shows:").unwrap();
    for part in ["Open this page in a browser on any machine. Sign in there as", "Then the page shows a code."] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let page = said.lines().find_map(|line| line.strip_prefix("    ")).unwrap().trim();
    let code = shown_code(page);
    // Nothing, and a code that is cut off.
    session.types("\r");
    session.exp_string("this is not the whole code").unwrap();
    session.types(&format!("{}\r", &code[..code.len() - 1]));
    let mut shown = session.exp_string("this is not the whole code").unwrap();
    session.types(&format!(" {code} \r"));
    shown += &session.exp_string("me: valid for 15 min").unwrap();
    shown += &ends_with(session, 0);
    assert!(!shown.contains(&code[..20]), "{shown}");
    let value = file(&scene);
    assert_eq!(value["clientId"], "arn:aws:signin:::devtools/cross-device");
    assert_eq!(scene.calls(), ["SignInPage", "ConfirmationPage", "CreateOAuth2Token"]);
    expire(&scene);
    scene.run(&["credential-process", "me"]).ok();
}

#[cfg(unix)]
#[test]
fn a_code_of_another_login_is_not_sent_and_the_right_one_is_asked_for() {
    let scene = scene();
    let mut session = at_terminal(&scene, "login me --no-browser");
    let said = session.exp_string("The code that the page shows:").unwrap();
    let page = said.lines().find_map(|line| line.strip_prefix("    ")).unwrap().trim();
    let (before, state) = page.split_once("&state=").unwrap();
    let other = format!("{before}&state=00000000-0000-4000-8000-000000000000&{}", state.split_once('&').unwrap().1);
    session.types(&format!("{}\r", shown_code(&other)));
    session
        .exp_string("this code belongs to another sign-in page: copy it from the page that awsauth opened last")
        .unwrap();
    // Text in base64, and no code of any page.
    session.types("YWJj\r");
    session.exp_string("this is not the whole code").unwrap();
    assert_eq!(scene.aws.count("CreateOAuth2Token"), 0);
    session.types(&format!("{}\r", shown_code(page)));
    session.exp_string("me: valid for 15 min").unwrap();
    ends_with(session, 0);
}

#[test]
fn without_a_network_credentials_are_used_while_they_last() {
    let scene = scene();
    scene.aws.world().set_sign_in_lifetime(200);
    sign_in(&scene, &["me"]);
    let status =
        |status, code: &str, message: &str| Fault::Status { status, code: code.into(), message: message.into() };
    for fault in [Fault::Close, status(500, "InternalServerException", "server_error Try again")] {
        scene.aws.world().fail_next("CreateOAuth2Token", fault);
        scene.run(&["credential-process", "me"]).ok();
    }
    expire(&scene);
    scene.aws.world().fail_next("CreateOAuth2Token", Fault::Close);
    let run = scene.run(&["credential-process", "me"]).exits(6);
    assert!(run.stderr.contains("me: CreateOAuth2Token failed"), "{}", run.stderr);
    assert_eq!(state(&scene, "me"), "renewable");
}

#[cfg(unix)]
#[test]
fn a_sign_in_of_an_older_aws_cli_is_refreshed_and_a_damaged_or_foreign_one_is_a_miss() {
    let scene = scene();
    sign_in(&scene, &["me"]);
    // AWS CLI before 2.36 writes no region; nothing tells when it signed in.
    change(&scene, |value| drop(value.as_object_mut().unwrap().remove("signInRegion")));
    std::fs::remove_dir_all(scene.home.path(&format!("{STATE}/logins"))).unwrap();
    expire(&scene);
    scene.run(&["credential-process", "me"]).ok();
    let good = scene.home.read(FILE);
    for text in ["", "{", "[]", &good[..good.len() / 2], &good.replace("\"accessToken\"", "\"token\"")] {
        std::fs::write(scene.home.path(FILE), text).unwrap();
        let run = scene.run(&["credential-process", "me"]).exits(5);
        assert_eq!(run.stderr, "me: not logged in; run awsauth login me\n", "{text}");
    }
    std::fs::write(scene.home.path(FILE), &good).unwrap();
    for mode in [0o660, 0o606] {
        std::fs::set_permissions(scene.home.path(FILE), Permissions::from_mode(mode)).unwrap();
        if mode == 0o606 {
            scene.run(&["credential-process", "me"]).exits(5);
        }
    }
    sign_in(&scene, &["me"]);
    let mode = scene.home.path(FILE).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the file was replaced");
    // A key that nobody can sign with is as good as none.
    expire(&scene);
    change(&scene, |value| {
        value["dpopKey"] = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n".into();
    });
    let run = scene.run(&["credential-process", "me"]).exits(5);
    assert_eq!(run.stderr, "me: session expired; run awsauth login me\n");
}

#[test]
fn logout_removes_the_file_and_what_stands_on_it() {
    let scene = scene();
    sign_in(&scene, &["batch"]);
    let run = scene.run(&["logout", "batch", "--yes"]).ok();
    assert!(run.stderr.contains("also ends me, which batch needs"), "{}", run.stderr);
    for part in ["ended: batch, me", "AWS still accepts credentials already issued"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert!(!scene.home.has(FILE));
    assert_eq!((state(&scene, "me"), state(&scene, "batch")), ("none".to_owned(), "none".to_owned()));
    sign_in(&scene, &["me"]);
    scene.home.manifest("");
    let run = scene.run(&["logout", "--all"]).ok();
    assert!(run.stderr.contains("ended: arn:aws:iam::111122223333:user/alice"), "{}", run.stderr);
    assert!(!scene.home.has(FILE), "awsauth made it, so that it ends without a manifest, too");
}

#[test]
fn the_directory_of_the_files_may_be_another() {
    let scene = scene().env("AWS_LOGIN_CACHE_DIRECTORY", "~/elsewhere");
    sign_in(&scene, &["me"]);
    assert!(!scene.home.has(".aws/login") && scene.home.list("elsewhere").len() == 1);
    scene.run(&["credential-process", "me"]).ok();
}

#[cfg(unix)]
#[test]
fn without_a_terminal_the_code_of_another_machine_can_t_be_pasted_and_that_is_told_at_once() {
    let scene = scene();
    let run = scene.run_detached(&["login", "me", "--no-browser"]).exits(5);
    assert!(run.stderr.contains("there is no terminal to paste the sign-in page's code at"), "{}", run.stderr);
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn the_callback_of_another_login_is_refused() {
    let scene = scene();
    let waiting = Waiting::start(&scene.home, &["login", "me"]);
    let answer = get(&waiting.callback("code=a&state=other"));
    assert!(answer.body.contains("<h1>This page belongs to another login</h1>"), "{}", answer.body);
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
}

#[test]
fn a_region_in_the_environment_that_aws_cli_would_fail_with_is_told() {
    let scene = scene().env("AWS_REGION", "us-west-2");
    let run = sign_in(&scene, &["batch"]);
    let words = "AWS_REGION is us-west-2: with it, AWS CLI can't renew the sign-in of me, made in eu-west-1; unset it";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    scene.home.manifest(&MANIFEST.replace("pattern = \"login\"", "pattern = \"login\"\ncredential_process = true"));
    let run = sign_in(&scene, &["batch", "--force"]);
    assert!(!run.stderr.contains("AWS_REGION"), "{}", run.stderr);
}
