//! Each answer of AWS that aws-facts §4.4, §4.7 and §6 know, in AWS's words: what is advised, and what `--json` tells.

use serde_json::Value;

use crate::scene::Scene;
use crate::support::fake_aws::standard::{ADMIN_ROLE, USER_ARN};
use crate::support::fake_aws::{Fault, SECRET_MARK};
use crate::support::sandbox::Run;

/// Logs in, as text and as JSON, to what `fault` meets at `operation`. Both must end with `code`.
#[track_caller]
fn meets(scene: &Scene, name: &str, operation: &str, fault: &Fault, code: i32) -> (Run, Value) {
    let [text, json] = ["--color=never", "--json"].map(|flag| {
        scene.aws.world().fail_next(operation, fault.clone());
        let run = scene.run(&["login", name, "--force", "--token-code", &scene.code(), flag]).exits(code);
        assert!(!run.stderr.contains(SECRET_MARK) && !run.stdout.contains(SECRET_MARK), "{}", run.stderr);
        run
    });
    let profiles = json.json()["profiles"].clone();
    assert_eq!(profiles[0]["error"]["operation"], operation, "{profiles}");
    (text, profiles[0]["error"].clone())
}

/// A refusal of `operation`, and what must be advised.
type Case = (&'static str, &'static str, u16, &'static str, &'static str, &'static [&'static str]);

#[track_caller]
fn advised(cases: &[Case]) {
    for (name, operation, status, aws_code, words, hints) in cases {
        let scene = Scene::new();
        let exit = if *status == 429 || *status >= 500 || *aws_code == "Throttling" { 6 } else { 5 };
        let (text, document) = meets(&scene, name, operation, &Fault::status(*status, aws_code, words), exit);
        let shown = format!("{operation} failed: {words} ({aws_code})");
        assert!(text.stderr.contains(shown.trim()), "{shown}\n{}", text.stderr);
        assert_eq!((document["aws_code"].as_str(), document["aws_message"].as_str()), (Some(*aws_code), Some(*words)));
        for hint in *hints {
            assert!(text.stderr.contains(hint), "{hint}\n{}", text.stderr);
            assert!(document["hints"].to_string().contains(&hint.replace('"', "\\\"")), "{hint}\n{document}");
        }
    }
}

const REFUSED: &str = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole";

#[test]
fn each_refusal_of_a_key_and_its_device_leads_to_what_is_wrong() {
    let unknown = "The security token included in the request is invalid.";
    let half = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    advised(&[
        (
            "main",
            "GetSessionToken",
            403,
            "InvalidClientTokenId",
            unknown,
            &["[main-long-term]", "`awsauth keys add main --force`", "partition"],
        ),
        (
            "main",
            "GetSessionToken",
            403,
            "AccessDenied",
            "Cannot call GetSessionToken with session credentials",
            &["the key that is stored for [main-long-term] is a session's", "long-term key (AKIA…)"],
        ),
        (
            "audit",
            "AssumeRole",
            403,
            "AccessDenied",
            "Roles may not be assumed by root accounts.",
            &["[base]", "root user's"],
        ),
        ("main", "GetSessionToken", 403, "AccessDenied", half, &["arn:aws:iam::111122223333:mfa/alice"]),
        (
            "main",
            "GetSessionToken",
            403,
            "AccessDenied",
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
            &["[profiles.main]", "`awsauth mfa list main`"],
        ),
        (
            "prod",
            "AssumeRole",
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
            &["`awsauth login prod --force`"],
        ),
        ("jump", "AssumeRole", 403, "InvalidClientTokenId", unknown, &["`awsauth login jump --force`"]),
        (
            "main",
            "GetSessionToken",
            403,
            "RegionDisabledException",
            "STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console.",
            &["(ap-northeast-1)", "another `region` in [profiles.main]"],
        ),
    ]);
}

#[test]
fn each_reason_for_which_a_role_is_refused_is_told_apart() {
    let cases: [(&str, &str, &[&str]); 7] = [
        (
            "prod",
            " on resource: arn:aws:iam::444455556666:role/Admin",
            &["AWS does not say what is missing", ADMIN_ROLE, "set `external_id` in [profiles.prod]"],
        ),
        (
            "audit",
            " on resource: arn:aws:iam::777788889999:role/Audit",
            &["the role requires the `external_id`", "`partner-42`"],
        ),
        (
            "prod",
            " because no role trust policy allows the sts:AssumeRole action",
            &["role/Admin does not allow the identity above: ask whoever manages IAM in account 444455556666"],
        ),
        (
            "prod",
            " on resource: r because no identity-based policy allows the sts:AssumeRole action",
            &["ask whoever manages IAM in account 111122223333 to allow the identity above `sts:AssumeRole`"],
        ),
        (
            "prod",
            " on resource: r with an explicit deny in a service control policy",
            &["explicit deny overrides every allow; ask whoever manages the policies of your organization to change"],
        ),
        (
            "prod",
            " on resource: r with an explicit deny in an identity-based policy",
            &["ask whoever manages IAM in account 111122223333 to change that policy"],
        ),
        (
            "jump",
            " with an explicit deny in the role trust policy",
            &["ask whoever manages IAM in account 999900001111 to change that policy"],
        ),
    ];
    for (name, rest, hints) in cases {
        let scene = Scene::new();
        let words = format!("{REFUSED}{rest}");
        let (text, _) = meets(&scene, name, "AssumeRole", &Fault::status(403, "AccessDenied", &words), 5);
        assert!(text.stderr.contains(&words), "{}", text.stderr);
        for hint in hints {
            assert!(text.stderr.contains(hint), "{hint}\n{}", text.stderr);
        }
        assert!(!text.stderr.contains("set `mfa_serial`"), "it has MFA already: {}", text.stderr);
    }
}

#[test]
fn a_role_that_is_taken_without_mfa_may_want_it() {
    let scene = Scene::new();
    let more = "\n[profiles.plain]\npattern = \"iam-mfa-role\"\nsource_profile = \"main\"\nrole_arn = \"arn:aws:iam::444455556666:role/Other\"\n";
    scene.home.manifest(&format!("{}{more}", crate::scene::MANIFEST));
    // There is no such role: AWS words that as it does a missing trust.
    let run = scene.run(&["login", "plain", "--token-code", &scene.code()]).exits(5);
    let words = format!(
        "User: {USER_ARN} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/Other"
    );
    assert!(run.stderr.contains(&words) && run.stderr.contains("role/Other must exist"), "{}", run.stderr);
}

#[test]
fn a_session_that_is_too_long_is_told_with_the_way_to_see_how_long_it_may_be() {
    let scene = Scene::new();
    scene.change_manifest("duration_seconds = 14400", "duration_seconds = 43200");
    let run = scene.run(&["login", "audit", "--token-code", &scene.code()]).exits(5);
    for part in [
        "audit: AssumeRole failed: The requested DurationSeconds exceeds the MaxSessionDuration set for this role. (ValidationError)",
        "`duration_seconds` = 43200 in [profiles.audit] is more than the role allows",
        "`aws iam get-role --role-name Audit --query Role.MaxSessionDuration`",
    ] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    let chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    advised(&[
        (
            "prod",
            "AssumeRole",
            400,
            "ValidationError",
            chained,
            &["lasts an hour at most", "remove `duration_seconds` from [profiles.prod]"],
        ),
        (
            "prod",
            "AssumeRole",
            400,
            "ValidationError",
            "arn:aws:iam::444455556666:role/Admin is invalid",
            &["it is in [profiles.prod] of the manifest"],
        ),
    ]);
}

#[test]
fn each_refusal_of_sso_leads_to_what_is_wrong() {
    let start = "StartDeviceAuthorization";
    advised(&[
        (
            "read",
            "GetRoleCredentials",
            403,
            "ForbiddenException",
            "No access",
            &["role ReadOnly in account 123456789012", "https://corp.awsapps.com/start"],
        ),
        (
            "read",
            "GetRoleCredentials",
            404,
            "ResourceNotFoundException",
            "No such account",
            &["role ReadOnly in account 123456789012"],
        ),
        (
            "read",
            "GetRoleCredentials",
            400,
            "InvalidRequestException",
            "Invalid account",
            &["role ReadOnly in account 123456789012"],
        ),
        (
            "read",
            start,
            400,
            "InvalidRequestException",
            "Invalid start URL",
            &["`sso_start_url` (https://corp.awsapps.com/start)", "`sso_region` (us-east-1)"],
        ),
        ("read", "RegisterClient", 400, "InvalidScopeException", "Invalid scope", &["`sso_registration_scopes`"]),
        ("read", "CreateToken", 400, "UnsupportedGrantTypeException", "Unsupported grant type", &["`--flow device`"]),
        ("read", "CreateToken", 400, "AccessDeniedException", "Access denied", &["denied on the approval page"]),
        (
            "read",
            "CreateToken",
            400,
            "InvalidGrantException",
            "Invalid grant",
            &["`awsauth login read --force`", "`invalid_grant`", "`sso_region`"],
        ),
        ("read", "CreateToken", 401, "InvalidClientException", "Invalid client", &["`awsauth login read --force`"]),
        (
            "read",
            "CreateToken",
            400,
            "UnauthorizedClientException",
            "Not for this grant",
            &["`awsauth login read --force`"],
        ),
    ]);
}

#[test]
fn a_portal_that_runs_elsewhere_and_a_key_that_can_not_be_used_are_told_with_what_aws_adds() {
    let scene = Scene::new();
    let oauth = |code: &'static str, body: &str| {
        Fault::raw(400, &[("content-type", "application/json"), ("x-amzn-errortype", code)], body)
    };
    for (code, body, words, hint) in [
        (
            "AccessDeniedException",
            r#"{"error": "access_denied", "error_description": "Denied", "reason": "KMS_AccessDeniedException"}"#,
            "Denied; KMS_AccessDeniedException (AccessDeniedException)",
            "the KMS key that encrypts IAM Identity Center",
        ),
        (
            "InvalidRequestException",
            r#"{"error": "invalid_request", "reason": "KMS_DisabledException"}"#,
            "KMS_DisabledException (InvalidRequestException)",
            "the KMS key that encrypts IAM Identity Center",
        ),
        (
            "InvalidRequestRegionException",
            r#"{"error": "invalid_request", "error_description": "Other region", "region": "eu-west-1", "endpoint": "https://x"}"#,
            "Other region; eu-west-1 (InvalidRequestRegionException)",
            "set `sso_region` to the region that AWS names",
        ),
    ] {
        let (text, _) = meets(&scene, "read", "StartDeviceAuthorization", &oauth(code, body), 5);
        assert!(text.stderr.contains(words) && text.stderr.contains(hint), "{words} {hint}\n{}", text.stderr);
    }
}

#[test]
fn a_wrong_clock_is_told_with_the_difference_that_aws_measured() {
    for (offset, direction) in [(3600, "behind"), (-3600, "ahead of")] {
        let scene = Scene::new();
        scene.aws.world().set_clock_offset(offset);
        let run = scene.run(&["login", "main", "--token-code", &scene.code()]).exits(5);
        // The request is signed and answered within the same moment, which may be on both sides of a second's end.
        let said = ["1 h 0 min 0 s", "59 min 59 s", "1 h 0 min 1 s"]
            .map(|span| format!("  this machine's clock is {span} {direction} AWS's"));
        assert!(said.iter().any(|said| run.stderr.contains(said)), "{}", run.stderr);
        assert!(run.stderr.contains("synchronise this machine's clock"), "{}", run.stderr);
        let run = scene.run(&["login", "main", "--json", "--token-code", &scene.code()]).exits(5);
        let seconds = run.json()["profiles"][0]["error"]["clock_skew_seconds"].as_i64().unwrap();
        assert!((seconds + offset).abs() <= 1, "{seconds}");
    }
}

#[test]
fn a_refused_code_is_told_with_the_seconds_until_the_next_one() {
    let scene = Scene::new();
    for flag in ["--color=never", "--json"] {
        let wrong = if scene.code() == "000000" { "000001" } else { "000000" };
        let run = scene.run(&["login", "main", flag, "--token-code", wrong]).exits(5);
        let after = seconds_to_next_step(0);
        let told: i64 = if flag == "--json" {
            let error = &run.json()["profiles"][0]["error"];
            assert!(error.get("clock_skew_seconds").is_none(), "{error}");
            error["seconds_left"].as_i64().unwrap()
        } else {
            let rest = run.stderr.split_once("hint: try again with the next code, in ").unwrap().1;
            rest.split_once(" s\n").unwrap().0.parse().unwrap()
        };
        is_near(told, after);
    }
}

#[test]
fn the_next_code_is_counted_by_the_clock_of_aws() {
    let scene = Scene::new();
    scene.aws.world().set_clock_offset(100);
    let run = scene.run(&["login", "main", "--json", "--token-code", "000000"]).exits(5);
    let error = &run.json()["profiles"][0]["error"];
    is_near(error["seconds_left"].as_i64().unwrap(), seconds_to_next_step(100));
    assert!((-101..=-99).contains(&error["clock_skew_seconds"].as_i64().unwrap()), "{error}");
    assert!(error["hints"].to_string().contains("so an authenticator app on it shows wrong codes"), "{error}");
}

/// How many seconds are left of a half minute on a clock that is `offset` ahead of this machine's.
fn seconds_to_next_step(offset: i64) -> i64 {
    30 - (crate::scene::now().as_second() + offset).rem_euclid(30)
}

/// Whether `told`, which was counted a moment before `after`, may be right: at most a few seconds more, around the end of
/// a step.
#[track_caller]
fn is_near(told: i64, after: i64) {
    assert!((1..=30).contains(&told), "{told}");
    assert!((told - after).rem_euclid(30) <= 5, "{told} {after}");
}

#[test]
fn what_stands_in_the_way_of_a_call_is_told_for_what_it_is() {
    let html = "<html><body>Blocked by your administrator</body></html>";
    for (fault, obstacle, words, hint) in [
        (
            Fault::raw(200, &[("content-type", "text/html")], html),
            "not-aws",
            "something else answered in AWS's place",
            "asks for a login",
        ),
        (
            Fault::raw(403, &[("content-type", "text/html; charset=utf-8")], html),
            "not-aws",
            "something else answered in AWS's place",
            "asks for a login",
        ),
        (
            Fault::raw(407, &[("content-type", "text/html")], html),
            "proxy-authentication",
            "HTTP status 407",
            "`http://NAME:PASSWORD@HOST:PORT`",
        ),
        (Fault::Close, "connection-broken", "GetSessionToken failed: ", "try again"),
        (Fault::Truncate, "connection-broken", "could not be read", "try again"),
    ] {
        let scene = Scene::new();
        let (text, document) = meets(&scene, "main", "GetSessionToken", &fault, 6);
        assert!(text.stderr.contains(words) && text.stderr.contains(hint), "{obstacle}\n{}", text.stderr);
        assert_eq!(document["obstacle"], obstacle, "{document}");
        assert_eq!(document.get("seconds_left").is_some(), obstacle == "connection-broken", "the code may be used up");
        assert_eq!(scene.aws.count("GetSessionToken"), 2, "a code is good for one call");
    }
}

#[test]
fn a_region_without_a_host_and_a_port_without_a_listener_are_told() {
    for (url, obstacle, hint) in [
        ("https://sts.no-such-region.invalid", "no-address", "correct this address, or unset AWS_ENDPOINT_URL_STS"),
        ("https://127.0.0.1:1", "connection-refused", "start that server, or unset AWS_ENDPOINT_URL_STS"),
    ] {
        let scene = Scene::new().env("AWS_ENDPOINT_URL_STS", url);
        let run = scene.run(&["login", "main", "--json", "--token-code", &scene.code()]).exits(6);
        let error = run.json()["profiles"][0]["error"].clone();
        assert_eq!((&error["obstacle"], &error["aws_message"]), (&obstacle.into(), &Value::Null));
        assert!(
            run.stderr.contains(&format!("GetSessionToken failed: {url} (AWS_ENDPOINT_URL_STS): ")),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
}

#[test]
fn an_address_in_a_profile_s_settings_is_told_with_the_setting() {
    let scene = Scene::new().env("AWS_ENDPOINT_URL", "");
    scene.change_manifest("[profiles.main]", "[profiles.main]\nsettings = { endpoint_url = \"http://127.0.0.1:1\" }");
    let run = scene.run(&["login", "main", "--token-code", &scene.code()]).exits(6);
    assert!(run.stderr.contains("failed: http://127.0.0.1:1 (endpoint_url): "), "{}", run.stderr);
    let hint = "start that server, or remove `endpoint_url` from the settings of `main`";
    assert!(run.stderr.contains(hint), "{}", run.stderr);
}

#[test]
fn a_user_who_may_not_get_a_session_is_not_sent_to_the_approval_page() {
    let denied = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:GetSessionToken";
    for words in [denied.to_owned(), format!("{denied} with an explicit deny in an identity-based policy")] {
        let scene = Scene::new();
        let (text, _) = meets(&scene, "main", "GetSessionToken", &Fault::status(403, "AccessDenied", &words), 5);
        let hint = "hint: a policy denies `sts:GetSessionToken`: ask whoever manages IAM in account 111122223333";
        assert!(text.stderr.contains(hint) && !text.stderr.contains("approval page"), "{}", text.stderr);
    }
}

#[test]
fn a_server_at_a_set_endpoint_that_is_not_aws_is_named_with_the_variable() {
    for status in [404, 501] {
        let scene = Scene::new();
        let (text, document) = meets(&scene, "main", "GetSessionToken", &Fault::raw(status, &[], ""), 6);
        let words = format!("(AWS_ENDPOINT_URL) answered HTTP {status}, not as AWS does\n");
        assert!(text.stderr.contains(&words), "{}", text.stderr);
        assert!(text.stderr.contains("unset AWS_ENDPOINT_URL, or start the right server there"), "{}", text.stderr);
        assert_eq!((&document["obstacle"], &document["aws_message"]), (&"not-aws".into(), &Value::Null));
    }
}
