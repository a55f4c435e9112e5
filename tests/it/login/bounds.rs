//! How much of what a server says reaches the terminal and `--json`.

use crate::scene::Scene;
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
        let words = format!("StartDeviceAuthorization failed: the answer's `{key}` is longer than AWS makes it");
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
