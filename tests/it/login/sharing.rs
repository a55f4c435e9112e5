//! What a login does with sessions that are about to end, with other tools' copies, and with what others write.

use serde_json::Value;

use crate::scene::{CREDENTIALS, Scene};
use crate::support::fake_aws::Fault;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};

#[test]
fn a_login_that_fails_is_a_failure_though_the_old_session_serves_for_a_while() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    scene.age_session("main", -600, 10);
    let run = scene.run(&["login", "main", "--token-code", "000000"]).exits(5);
    assert!(run.stderr.contains("invalid MFA one time pass code"), "{}", run.stderr);
    scene.run(&["credential-process", "main"]).ok();
}

#[test]
fn a_refused_refresh_leads_to_an_approval_whatever_aws_calls_it() {
    for code in ["ExpiredTokenException", "InvalidRequestException", "AccessDeniedException"] {
        let scene = Scene::new();
        scene.logged_in(&["read"]);
        scene.expire_token();
        scene.expire("read");
        scene.aws.world().fail_next("CreateToken", Fault::status(400, code, "no"));
        scene.run(&["login", "read", "--no-browser"]).ok();
        let calls = scene.calls();
        assert_eq!(calls, ["CreateToken", "StartDeviceAuthorization", "CreateToken", "GetRoleCredentials"], "{code}");
    }
}

#[test]
fn a_client_that_aws_has_forgotten_is_registered_anew_and_one_that_it_knows_is_not() {
    for (code, expected) in [
        ("InvalidClientException", vec!["CreateToken", "RegisterClient", "StartDeviceAuthorization"]),
        ("InvalidGrantException", vec!["CreateToken", "StartDeviceAuthorization"]),
    ] {
        let scene = Scene::new();
        scene.logged_in(&["read"]);
        scene.expire_token();
        scene.expire("read");
        scene.aws.world().fail_next("CreateToken", Fault::status(401, code, "no"));
        scene.run(&["login", "read", "--no-browser"]).ok();
        let calls = scene.calls();
        assert_eq!(calls, [&expected[..], &["CreateToken", "GetRoleCredentials"]].concat(), "{code}");
    }
}

#[test]
fn aws_clis_copy_of_a_session_is_put_back_without_a_call() {
    let scene = Scene::new();
    scene.logged_in(&["audit"]);
    let [entry] = scene.home.list(".aws/cli/cache").try_into().unwrap();
    let before = std::fs::read(&entry).unwrap();
    std::fs::remove_file(&entry).unwrap();
    scene.run(&["login", "audit"]).ok();
    assert_eq!((scene.calls(), std::fs::read(&entry).unwrap()), (vec![], before));
}

#[test]
fn a_long_term_key_that_aws_configure_put_over_a_session_is_kept() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    let session = scene.session("main");
    let file = scene.home.read(CREDENTIALS).replace(session["access_key_id"].as_str().unwrap(), KEY_ID);
    scene.home.write(CREDENTIALS, &file);
    for args in [["login", "main"].as_slice(), &["apply"]] {
        let run = scene.run(args).exits(4);
        assert!(run.stderr.contains("its place is [main-long-term], which already exists on line 1"), "{}", run.stderr);
    }
    scene.run(&["logout", "main"]).ok();
    assert_eq!(scene.home.read(CREDENTIALS), file);
}

#[test]
fn a_key_that_is_added_where_a_session_was_stays_through_apply() {
    let scene = Scene::new();
    let was = format!(
        "[base]\naws_access_key_id = ASIAOLD\naws_secret_access_key = {SECRET_KEY}\naws_session_token = t\nawsauth_expiration = 2026-01-01T00:00:00Z\n"
    );
    scene.home.write(CREDENTIALS, was);
    scene.home.run_with_input(["keys", "add", "base"], &format!("{KEY_ID} {SECRET_KEY}")).ok();
    scene.run(&["apply"]).ok();
    let text = format!("[base]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    assert_eq!(scene.home.read(CREDENTIALS), text);
}

#[test]
fn a_profile_in_whose_way_a_key_stands_does_not_stop_the_others() {
    let scene = Scene::new();
    let file = format!("[main]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    scene.home.write(CREDENTIALS, file);
    let run = scene.run(&["login", "main", "read", "--no-browser", "--json"]).exits(4);
    let profiles = run.json()["profiles"].clone();
    let state = |name: &str| {
        let all = profiles.as_array().unwrap();
        all.iter().find(|profile| profile["name"] == name).map(|profile| profile["state"].clone())
    };
    assert_eq!(state("main"), Some(Value::from("failed")));
    assert_eq!(state("read"), Some(Value::from("valid")));
}

#[test]
fn profiles_of_one_portal_that_ask_for_an_approval_each_are_told_how_to_need_one() {
    let scene = Scene::new();
    let legacy = |name: &str, region: &str| {
        format!(
            "[profiles.{name}]\npattern = \"sso\"\nsso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"{region}\"\n\
             sso_account_id = \"123456789012\"\nsso_role_name = \"ReadOnly\"\n"
        )
    };
    let manifest = [crate::scene::MANIFEST, &legacy("old", "us-east-1"), &legacy("older", "us-east-1")].concat();
    scene.home.manifest(&manifest);
    let run = scene.run(&["login", "old", "older"]).ok();
    assert!(
        run.stderr.starts_with("This login needs 1 approval for https://corp.awsapps.com/start, for 2 profiles.\n")
    );
    assert!(!run.stderr.contains("To approve all profiles"), "{}", run.stderr);
    let run = scene.run(&["login", "read", "old", "older", "--force"]).ok();
    let told =
        "To approve all profiles of https://corp.awsapps.com/start at once, give them one `[sso_sessions]` table";
    assert!(
        run.stderr.contains("1 approval for corp and 1 approval for https://corp.awsapps.com/start"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stderr.matches(told).count(), 1, "{}", run.stderr);
    // Of two regions, one is wrong, and each is asked.
    scene.home.manifest(&[legacy("old", "us-east-1"), legacy("older", "eu-west-1")].concat());
    let run = scene.run(&["login", "old", "older", "--force"]);
    assert!(run.stderr.contains(told), "{}", run.stderr);
}
