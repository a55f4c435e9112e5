//! What AWS can say no to: the profile, the call, AWS's own words and the likely fix are told, with the right exit code.

use crate::scene::{CREDENTIALS, MANIFEST, Scene, long_term_keys, session_file};
use crate::support::fake_aws::standard::{ADMIN_ROLE, KEY_ID, SECRET_KEY, USER_ARN};
use crate::support::fake_aws::{Approval, Fault};
use crate::support::sandbox::Run;

/// Logs in with a good code, which must fail.
#[track_caller]
fn fails(scene: &Scene, name: &str, code: i32, parts: &[&str]) -> Run {
    let token = scene.code();
    let run = scene.run(&["login", name, "--token-code", &token]).exits(code);
    for part in parts {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    run
}

#[test]
fn a_device_that_is_not_the_users_is_named() {
    let scene = Scene::new();
    scene.change_manifest(
        "[profiles.main]\npattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"",
        "[profiles.main]\npattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::111122223333:mfa/bob\"",
    );
    let serial = "mfa_serial `arn:aws:iam::111122223333:mfa/bob` of [profiles.main] is not a device of this user; `awsauth \
                  mfa list main` shows which are, and where to put yours";
    fails(
        &scene,
        "prod",
        5,
        &["prod (through main): GetSessionToken failed: ", "unable to validate MFA code", "AccessDenied", serial],
    );
}

#[test]
fn an_unknown_or_inactive_key_is_named_by_its_section() {
    let scene = Scene::new();
    scene.aws.world().set_key_active(KEY_ID, false);
    let hint = "`awsauth keys add main --force` replaces it";
    let words = "The security token included in the request is invalid. (InvalidClientTokenId)";
    fails(&scene, "main", 5, &["main: GetSessionToken failed: ", words, "[main-long-term]", hint]);
}

#[test]
fn the_hint_about_a_source_that_is_a_plain_user_names_a_command_that_works() {
    let scene = Scene::new();
    scene.aws.world().set_key_active(KEY_ID, false);
    fails(&scene, "audit", 5, &["audit: AssumeRole failed: ", "[base]", "`awsauth keys add base --force`"]);
}

#[test]
fn a_wrong_secret_is_told_apart_from_a_wrong_key() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, long_term_keys().replace(SECRET_KEY, &SECRET_KEY.replace("EXAMPLE", "exAMPLE")));
    let run = fails(&scene, "main", 5, &["SignatureDoesNotMatch", "does not belong to its access key"]);
    assert!(!run.stderr.contains("SECRETMARK"), "{}", run.stderr);
}

#[test]
fn a_role_that_may_not_be_assumed_is_told_in_the_words_of_aws() {
    let scene = Scene::new();
    scene.aws.world().deny(USER_ARN, ADMIN_ROLE);
    let words = format!("User: {USER_ARN} is not authorized to perform: sts:AssumeRole on resource: {ADMIN_ROLE}");
    fails(&scene, "prod", 5, &["prod: AssumeRole failed: ", &words, "ask whoever manages IAM in account 111122223333"]);
    assert!(scene.home.has(&session_file("main")) && !scene.home.has(&session_file("prod")));
}

#[test]
fn a_role_that_is_not_assigned_is_told() {
    let scene = Scene::new();
    scene.aws.world().unassign("123456789012", "ReadOnly");
    let hint = "role ReadOnly in account 123456789012 is not assigned to you in IAM Identity Center";
    let later = "if it was assigned just now, wait a few minutes, then run `awsauth login read --force`";
    fails(
        &scene,
        "jump",
        5,
        &["jump (through read): GetRoleCredentials failed: No access (ForbiddenException)", hint, later],
    );
}

#[test]
fn roles_that_are_not_assigned_are_told_together_and_each_by_its_own_account() {
    let scene = Scene::new();
    let sso = |name: &str, account: &str, role: &str| {
        format!(
            "\n[profiles.{name}]\npattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"{account}\"\nsso_role_name = \"{role}\"\n"
        )
    };
    let more = [sso("other", "210987654321", "ReadOnly"), sso("typo", "123456789012", "Readonly")].concat();
    scene.home.manifest(&format!("{MANIFEST}{more}"));
    let run = scene.run(&["login", "other", "typo", "read"]).exits(5);
    let told = "no credentials for this reason: other (role ReadOnly in account 210987654321), typo (role Readonly in account \
                123456789012)";
    for part in [told, "hint: the role is not assigned to you in IAM Identity Center", "read: valid for"] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn failures_that_aws_words_alike_are_told_apart_where_they_are_mended_differently() {
    let scene = Scene::new();
    let second = "\n[profiles.bob]\npattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::111122223333:mfa/bob\"\n";
    scene.home.manifest(&format!("{MANIFEST}{second}"));
    let key = "\n[bob-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPL2\naws_secret_access_key = SECRETMARKbob\n";
    scene.home.write(CREDENTIALS, format!("{}{key}", long_term_keys()));
    scene.aws.world().set_key_active(KEY_ID, false);
    let process = scene.home.script("codes", "echo 123456\n");
    let own = format!("[settings]\nmfa_process = [\"{}\"]\n", process.display());
    scene.home.write(".config/awsauth/profiles.local.toml", own);
    let run = scene.run(&["login", "main", "bob"]).exits(5);
    for part in ["[main-long-term]", "[bob-long-term]"] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
}

#[test]
fn a_denied_approval_and_one_that_nobody_gave_in_time_end_the_login() {
    let scene = Scene::new();
    scene.aws.world().approve_devices(Approval::Deny);
    let words = "read: CreateToken failed: Access denied (AccessDeniedException)";
    fails(&scene, "read", 5, &[words, "the login was denied on the approval page"]);

    let scene = Scene::new();
    scene.aws.world().approve_devices(Approval::Never);
    scene.aws.world().set_device_lifetime(1);
    fails(&scene, "read", 5, &["read: nobody approved the login in time", "run `awsauth login read` again"]);
}

#[test]
fn expiry_told_by_the_service_ends_the_login() {
    let scene = Scene::new();
    scene.aws.world().fail_next("CreateToken", Fault::status(400, "ExpiredTokenException", "Device code has expired"));
    fails(&scene, "read", 5, &["read: nobody approved the login in time"]);
    assert_eq!(scene.aws.count("CreateToken"), 1);
}

#[test]
fn slow_down_adds_five_seconds_to_the_interval() {
    let scene = Scene::new();
    scene.aws.world().fail_next("CreateToken", Fault::status(400, "SlowDownException", "Polling too quickly"));
    let before = crate::scene::now();
    scene.run(&["login", "read"]).ok();
    assert!(crate::scene::now().duration_since(before).as_secs() >= 6);
    assert_eq!(scene.aws.count("CreateToken"), 2);
}

#[test]
fn a_busy_or_failing_aws_is_unavailable() {
    let scene = Scene::new();
    scene.aws.world().fail_next("GetSessionToken", Fault::status(400, "Throttling", "Rate exceeded"));
    fails(&scene, "main", 6, &["main: GetSessionToken failed: Rate exceeded (Throttling)", "try again in a minute"]);
    scene.aws.world().fail_next("GetSessionToken", Fault::status(503, "ServiceUnavailable", "later"));
    fails(&scene, "main", 6, &["main: GetSessionToken failed: later", "AWS has an internal error"]);
    assert_eq!(scene.aws.count("GetSessionToken"), 2, "a code is good for one call");
}

#[test]
fn a_throttled_portal_is_asked_again() {
    let scene = Scene::new();
    scene.aws.world().throttle_next(1);
    scene.run(&["login", "read"]).ok();
    assert_eq!(scene.aws.count("GetRoleCredentials"), 2);
}

#[test]
fn an_answer_that_makes_no_sense_is_unavailable_and_keeps_nothing() {
    let scene = Scene::new();
    for fault in [Fault::Truncate, Fault::Garbage, Fault::Close] {
        scene.aws.world().fail_next("GetSessionToken", fault);
        fails(&scene, "main", 6, &["main: GetSessionToken failed: "]);
    }
    assert!(!scene.home.has(&session_file("main")));
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
}

#[test]
fn a_login_page_in_place_of_sso_is_unavailable() {
    for operation in ["StartDeviceAuthorization", "CreateToken", "GetRoleCredentials"] {
        let scene = Scene::new();
        for _ in 0..2 {
            scene.aws.world().fail_next(operation, Fault::Garbage);
        }
        if operation == "CreateToken" {
            // Polling goes on after an answer that is none.
            scene.aws.world().set_device_lifetime(1);
            fails(&scene, "read", 5, &["read: nobody approved"]);
        } else {
            fails(&scene, "read", 6, &[&format!("read: {operation} failed: something else answered in AWS's place")]);
        }
    }
}

#[test]
fn a_server_that_is_down_is_unavailable() {
    let scene = Scene::new().env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    fails(&scene, "main", 6, &["main: GetSessionToken failed: ", "onnection refused", "nothing listens there"]);
}

#[test]
fn an_address_in_the_environment_that_is_none_is_told_by_the_name_of_its_variable() {
    for (name, told) in [("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_STS"), ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL")] {
        for bad in ["foo", "ftp://127.0.0.1/", "http://", "https://alice:SECRETMARK@127.0.0.1/"] {
            let scene = Scene::new().env(name, bad);
            let words = format!("error: {told} is no address of http or https");
            let run = fails(&scene, "main", 2, &[&words]);
            assert!(!run.stderr.contains("SECRETMARK"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_missing_long_term_key_is_told_before_a_code_is_used() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, "");
    fails(
        &scene,
        "prod",
        5,
        &["prod (through main): no long-term key is stored for [main-long-term]", "`awsauth keys add main`"],
    );
    fails(
        &scene,
        "audit",
        5,
        &["audit (through base): no long-term key is stored for [base]", "`awsauth keys add base`"],
    );
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn control_characters_of_a_server_never_reach_the_terminal() {
    let scene = Scene::new();
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\r\u{202e}no";
    scene.aws.world().fail_next("GetSessionToken", Fault::status(403, "AccessDenied", hostile));
    let run = fails(&scene, "main", 5, &["main: GetSessionToken failed: ", "owned"]);
    let is_plain = |letter: char| letter == '\n' || !(letter.is_control() || letter == '\u{202e}');
    assert!(run.stderr.chars().all(is_plain), "{:?}", run.stderr);

    scene.aws.world().fail_next("RegisterClient", Fault::status(400, "InvalidRequestException", hostile));
    let run = fails(&scene, "read", 5, &["read: RegisterClient failed: "]);
    assert!(run.stderr.chars().all(is_plain), "{:?}", run.stderr);
}

#[test]
fn a_name_typed_with_control_characters_is_shown_without_them() {
    let scene = Scene::new();
    let run = fails(&scene, "ghost\u{1b}[31m", 2, &["there is no profile `ghost"]);
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
}

#[test]
fn an_unknown_profile_is_a_usage_error_with_the_nearest_name() {
    fails(&Scene::new(), "prodd", 2, &["there is no profile `prodd`", "did you mean `prod`?"]);
}

#[test]
fn a_hand_made_key_in_the_sessions_place_is_refused_before_a_code_is_used() {
    let scene = Scene::new();
    let mine = format!("[main]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    scene.home.write(CREDENTIALS, &mine);
    fails(&scene, "prod", 4, &["[main] on line 1", "renames the section to [main-long-term]"]);
    assert_eq!(scene.calls(), [""; 0]);
    assert_eq!(scene.home.read(CREDENTIALS), mine);
}

#[test]
fn a_session_that_aws_no_longer_knows_is_not_blamed_on_the_long_term_key() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    let words = "The security token included in the request is invalid.";
    scene.aws.world().fail_next("AssumeRole", Fault::status(403, "InvalidClientTokenId", words));
    let run = fails(&scene, "prod", 5, &["prod: AssumeRole failed: ", words, "run `awsauth login prod --force`"]);
    assert!(!run.stderr.contains("keys add"), "{}", run.stderr);
}

#[test]
fn an_sso_portal_that_aws_does_not_know_is_told() {
    let scene = Scene::new();
    scene.change_manifest("https://corp.awsapps.com/start", "https://other.awsapps.com/start");
    fails(&scene, "read", 5, &["read: StartDeviceAuthorization failed: Invalid start URL (InvalidRequestException)"]);
}

#[cfg_attr(windows, ignore = "the paths are Unix's")]
#[test]
fn certificates_that_can_not_be_read_are_told() {
    let scene = Scene::new().env("AWS_CA_BUNDLE", "/gone.pem").env("AWS_ENDPOINT_URL_STS", "https://127.0.0.1:9");
    fails(&scene, "main", 6, &["AWS_CA_BUNDLE names /gone.pem, which does not exist"]);
    scene.run(&["status"]).ok();
}
