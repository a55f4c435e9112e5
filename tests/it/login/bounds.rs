//! How much of what a server says reaches the terminal and `--json`, and what of it is kept.

use crate::scene::{SSO_CALLS, Scene, session_file};
use crate::support::fake_aws::Fault;

/// More than all that is said of one failure.
const LONG: usize = 100_000;

#[test]
fn codes_and_messages_of_aws_are_shortened() {
    let long = "x".repeat(LONG);
    for (name, operation) in [("main", "GetSessionToken"), ("read", "CreateToken"), ("read", "GetRoleCredentials")] {
        let scene = Scene::new();
        scene.aws.world().fail_next(operation, Fault::status(400, &long, &long));
        let run = scene.run(&["login", name, "--json", "--token-code", &scene.code()]).exits(5);
        assert!(run.stderr.contains(&format!("{operation} failed: xxx")), "{}", run.stderr);
        assert!(run.stderr.len() < 5000, "{operation}: {}", run.stderr.len());
        assert!(run.stdout.len() < 5000, "{operation}: {}", run.stdout.len());
    }
}

#[test]
fn a_reason_that_oidc_gives_is_shortened() {
    let scene = Scene::new();
    let body =
        format!(r#"{{"error": "invalid_request", "error_description": "no", "reason": "{}"}}"#, "r".repeat(LONG));
    let headers = [("content-type", "application/json"), ("x-amzn-errortype", "InvalidRequestException")];
    scene.aws.world().fail_next("CreateToken", Fault::raw(400, &headers, &body));
    let run = scene.run(&["login", "read", "--json"]).exits(5);
    assert!(run.stderr.contains("no; rrr"), "{}", run.stderr);
    assert!(run.stderr.len() + run.stdout.len() < 5000, "{}", run.stderr.len());
}

#[test]
fn a_user_code_or_an_address_that_nobody_could_compare_is_refused() {
    for key in ["userCode", "verificationUri", "verificationUriComplete"] {
        let scene = Scene::new();
        let mut answer = serde_json::json!({
            "deviceCode": "d", "userCode": "ABCD-EFGH", "verificationUri": "https://device.example/",
            "verificationUriComplete": "https://device.example/?c", "expiresIn": 600, "interval": 1,
        });
        answer[key] = format!("https://device.example/{}", "y".repeat(LONG)).into();
        let headers = [("content-type", "application/json")];
        scene.aws.world().fail_next("StartDeviceAuthorization", Fault::raw(200, &headers, &answer.to_string()));
        let run = scene.run(&["login", "read"]).exits(6);
        let words = format!("StartDeviceAuthorization failed: the answer's `{key}` is longer than AWS ever sends");
        assert!(run.stderr.contains(&words), "{key}\n{}", &run.stderr[..run.stderr.len().min(2000)]);
        assert!(run.stderr.len() < 5000);
    }
}

#[test]
fn names_that_a_portal_lists_are_shortened() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    let name = "n".repeat(LONG);
    let accounts = format!(
        r#"{{"accountList": [{{"accountId": "222233334444", "accountName": "{name}"}}, {{"accountId": "{name}"}}]}}"#
    );
    let roles = format!(r#"{{"roleList": [{{"roleName": "{name}"}}]}}"#);
    let headers = [("content-type", "application/json")];
    scene.aws.world().fail_next("ListAccounts", Fault::raw(200, &headers, &accounts));
    scene.aws.world().fail_next("ListAccountRoles", Fault::raw(200, &headers, &roles));
    let run = scene.run(&["discover", "corp", "--json"]);
    assert!(run.stderr.contains("nnnn"), "{}", run.stderr);
    assert!(run.stderr.len() + run.stdout.len() < 10_000, "{} {}", run.stderr.len(), run.stdout.len());
}

/// What AWS's keys and tokens never are, as JSON and XML both have it.
const UNSENDABLE: [&str; 5] = ["", "a b", "a\nb", "a\u{7f}b", "é"];

/// A good answer with `text` at `key`.
fn answer(operation: &str, key: &str, text: &str) -> Fault {
    let later = crate::scene::minutes(crate::scene::now(), 60);
    if operation == "GetSessionToken" {
        let value = |name: &str| if name == key { text } else { "x" };
        let [id, secret, token] = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(value);
        let body = format!(
            "<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetSessionTokenResult>\
             <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{later}</Expiration></Credentials>\
             </GetSessionTokenResult></GetSessionTokenResponse>"
        );
        return Fault::raw(200, &[("content-type", "text/xml")], &body);
    }
    let mut body = match operation {
        "GetRoleCredentials" => serde_json::json!({"roleCredentials": {
            "accessKeyId": "x", "secretAccessKey": "x", "sessionToken": "x", "expiration": later.as_millisecond(),
        }}),
        "RegisterClient" => serde_json::json!({
            "clientId": "x", "clientSecret": "x", "clientSecretExpiresAt": later.as_second() + 86400,
        }),
        "StartDeviceAuthorization" => serde_json::json!({
            "deviceCode": "d", "userCode": "ABCD-EFGH", "verificationUri": "https://device.example/",
            "verificationUriComplete": "https://device.example/?c", "expiresIn": 600, "interval": 1,
        }),
        _ => serde_json::json!({"accessToken": "x", "refreshToken": "x", "tokenType": "Bearer", "expiresIn": 3600}),
    };
    let place = if operation == "GetRoleCredentials" { &mut body["roleCredentials"] } else { &mut body };
    assert!(place.get(key).is_some(), "{key}");
    place[key] = text.into();
    Fault::raw(200, &[("content-type", "application/json")], &body.to_string())
}

#[test]
fn keys_and_tokens_that_nobody_could_send_are_refused_and_not_kept() {
    for (name, operation, keys) in [
        ("main", "GetSessionToken", &["AccessKeyId", "SecretAccessKey", "SessionToken"][..]),
        ("read", "GetRoleCredentials", &["accessKeyId", "secretAccessKey", "sessionToken"]),
        ("read", "RegisterClient", &["clientId", "clientSecret"]),
        ("read", "StartDeviceAuthorization", &["deviceCode", "userCode"]),
        ("read", "CreateToken", &["accessToken", "refreshToken"]),
    ] {
        for (key, text) in keys.iter().flat_map(|key| UNSENDABLE.map(|text| (key, text))) {
            let scene = Scene::new();
            let code = scene.code();
            scene.aws.world().fail_next(operation, answer(operation, key, text));
            let run = scene.run(&["login", name, "--json", "--token-code", &code]).exits(6);
            assert!(
                run.stderr.contains(&format!("{operation} failed: the answer's `{key}` is empty or not plain ASCII")),
                "{key} {text:?}\n{}",
                run.stderr
            );
            assert_eq!(run.json()["profiles"][0]["error"]["obstacle"], "not-aws");
            assert!(!scene.home.has(&session_file(name)), "{key} {text:?}");
            // Nothing of it stands in the way of the next login.
            scene.run(&["login", name, "--token-code", &scene.code()]).ok();
        }
    }
}

#[test]
fn a_token_that_lasts_as_none_of_aws_does_is_refused_and_not_kept() {
    for seconds in [i64::from(i32::MIN), 0, 90 * 86_400 + 1] {
        let scene = Scene::new();
        let body = format!(r#"{{"accessToken": "x", "tokenType": "Bearer", "expiresIn": {seconds}}}"#);
        let headers = [("content-type", "application/json")];
        scene.aws.world().fail_next("CreateToken", Fault::raw(200, &headers, &body));
        let run = scene.run(&["login", "corp"]).exits(6);
        assert!(
            run.stderr.contains("CreateToken failed: the answer's `expiresIn` is a lifetime that AWS never gives"),
            "{}",
            run.stderr
        );
        scene.run(&["login", "corp"]).ok();
    }
}

#[test]
fn a_page_of_a_list_that_is_longer_than_was_asked_for_is_refused() {
    let many = |item: &str| vec![item; 101].join(",");
    let accounts = |items: &str, token: &str| format!(r#"{{"accountList": [{items}], "nextToken": "{token}"}}"#);
    let account = r#"{"accountId": "222233334444", "accountName": "a"}"#;
    let roles = format!(r#"{{"roleList": [{}]}}"#, many(r#"{"roleName": "r"}"#));
    for (operation, body, words) in [
        ("ListAccounts", accounts(&many(account), ""), "`accountList` is longer than requested"),
        ("ListAccounts", accounts(account, &"t".repeat(5000)), "`nextToken` is longer than AWS ever sends"),
        ("ListAccountRoles", roles, "`roleList` is longer than requested"),
    ] {
        let scene = Scene::new();
        scene.logged_in(&["read"]);
        let headers = [("content-type", "application/json")];
        scene.aws.world().fail_next(operation, Fault::raw(200, &headers, &body));
        let run = scene.run(&["discover", "corp", "--json"]);
        assert_ne!(run.code, Some(0));
        assert!(run.stderr.contains(&format!("{operation} failed: the answer's {words}")), "{}", run.stderr);
    }
}

#[test]
fn credentials_of_another_role_than_was_asked_for_are_refused() {
    let later = crate::scene::minutes(crate::scene::now(), 60);
    let answer = |arn: &str| {
        let body = format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>x</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>x</SessionToken>\
             <Expiration>{later}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>\
             <Arn>{arn}</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
        );
        Fault::raw(200, &[("content-type", "text/xml")], &body)
    };
    for arn in [
        "arn:aws:sts::444455556666:assumed-role/Other/x",
        "arn:aws:sts::444455556666:assumed-role/Admin2/x",
        "arn:aws:sts::999900001111:assumed-role/Admin/x",
        "",
    ] {
        let scene = Scene::new();
        scene.aws.world().fail_next("AssumeRole", answer(arn));
        let run = scene.run(&["login", "prod", "--token-code", &scene.code()]).exits(6);
        assert!(
            run.stderr.contains("the answer's `AssumedRoleUser` is not the requested role"),
            "{arn}\n{}",
            run.stderr
        );
        assert!(!scene.home.has(&session_file("prod")));
    }
    // The path of a role is not in the ARN of its sessions.
    let scene = Scene::new();
    scene.change_manifest("role/Admin", "role/team/Admin");
    scene.aws.world().fail_next("AssumeRole", answer("arn:aws:sts::444455556666:assumed-role/Admin/x"));
    scene.run(&["login", "prod", "--token-code", &scene.code()]).ok();
}

#[test]
fn what_is_kept_and_could_not_be_sent_is_not_handed_out() {
    for key in ["access_key_id", "secret_access_key", "session_token"] {
        for text in UNSENDABLE {
            let scene = Scene::new();
            scene.logged_in(&["main"]);
            let mut session = scene.session("main");
            session[key] = text.into();
            scene.home.write(&session_file("main"), session.to_string());
            scene.run(&["credential-process", "main"]).exits(5);
            scene.run(&["logout", "main"]).ok();
            assert!(!scene.home.has(&session_file("main")));
        }
    }
    for key in ["accessToken", "clientSecret"] {
        let scene = Scene::new();
        scene.logged_in(&["read"]);
        for path in scene.home.list(".aws/sso/cache") {
            let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            if file.get(key).is_some() {
                file[key] = "a\nb".into();
                std::fs::write(path, file.to_string()).unwrap();
            }
        }
        scene.expire("read");
        scene.run(&["login", "read", "--force"]).ok();
        assert_eq!(scene.calls()[..2], SSO_CALLS[usize::from(key == "accessToken")..][..2], "{key}");
    }
}

#[test]
fn a_page_that_is_no_https_address_is_not_shown_to_be_opened() {
    for key in ["verificationUri", "verificationUriComplete"] {
        for page in
            ["javascript:alert(1)", "file:///etc/passwd", "http://evil.example/", "https://aws.example@evil.example/"]
        {
            let scene = Scene::new();
            let operation = "StartDeviceAuthorization";
            scene.aws.world().fail_next(operation, answer(operation, key, page));
            let run = scene.run(&["login", "read"]).exits(6);
            let words = format!("{operation} failed: the answer's `{key}` is not an https address\n");
            assert!(run.stderr.contains(&words), "{}", run.stderr);
            assert!(run.stderr.contains("may answer instead of AWS"), "{}", run.stderr);
            assert!(!run.stderr.contains("Open this page") && !run.stderr.contains(page), "{}", run.stderr);
        }
    }
}
