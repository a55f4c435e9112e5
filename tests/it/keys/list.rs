//! `keys list`: what the file has, and what IAM knows.

use serde_json::{Value, json};

use crate::scene::{CREDENTIALS, MANIFEST, Scene};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, MFA_SERIAL, SECRET_KEY, USER, USER_ARN};
use crate::support::fake_aws::{Fault, IamPolicy, User, World};

const OTHER_ID: &str = "AKIAIOSFODNN7EXAMPL2";

/// Alice has two keys: the stored one, and another.
fn scene() -> Scene {
    let world = World::standard();
    let alice = User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY).with_key(OTHER_ID, "x").with_mfa(MFA_SERIAL);
    world.add_user(alice);
    world.set_key_active(OTHER_ID, false);
    Scene::in_world(world)
}

fn rows(run: &crate::support::sandbox::Run) -> Vec<Vec<String>> {
    let lines = run.stdout.lines().skip(1);
    lines
        .map(|line| line.split("  ").map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect())
        .collect()
}

#[test]
fn the_stored_key_and_the_other_one_are_told_apart_with_their_age_and_last_use() {
    let scene = scene();
    let run = scene.run(&["keys", "list", "main"]).ok();
    let expected = [
        ["main", "main-long-term", KEY_ID, "yes", "active", "90 d", "today, iam us-east-1"],
        ["main", "main-long-term", OTHER_ID, "no", "inactive", "90 d", "never"],
    ];
    assert_eq!(rows(&run), expected, "{}", run.stdout);
    assert!(!run.stdout.contains("SECRETMARK"));
    let calls = ["GetCallerIdentity", "ListAccessKeys", "GetAccessKeyLastUsed", "GetAccessKeyLastUsed"];
    assert_eq!(scene.calls(), calls);
    let keys = scene.run(&["keys", "list", "--json"]).ok().json()["keys"].clone();
    let of = |index: usize, name: &str| keys[index][name].clone();
    assert_eq!((of(0, "profile"), of(2, "profile"), keys.as_array().unwrap().len()), (json!("main"), json!("base"), 4));
    assert_eq!((of(0, "stored"), of(1, "stored"), of(1, "status")), (json!(true), json!(false), json!("inactive")));
    assert_eq!((of(0, "last_used")["service"].clone(), of(1, "last_used")["at"].clone()), (json!("iam"), Value::Null));
}

#[test]
fn offline_nobody_is_asked() {
    let scene = scene();
    scene.home.write(CREDENTIALS, format!("[base]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = x\n"));
    let run = scene.run(&["keys", "list", "--offline"]).ok();
    let expected =
        [["main", "main-long-term", "no key", "no", "-", "-", "-"], ["base", "base", KEY_ID, "yes", "-", "-", "-"]];
    assert_eq!(rows(&run), expected, "{}", run.stdout);
    // A key that two profiles share is one row.
    scene.home.manifest(&format!("{MANIFEST}\n[profiles.main-long-term]\npattern = \"iam\"\n"));
    assert_eq!(rows(&scene.run(&["keys", "list", "--offline"]).ok()), expected);
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn where_the_policy_demands_mfa_the_session_asks() {
    let scene = scene();
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    let run = scene.run(&["keys", "list", "main"]).exits(5);
    assert_eq!(rows(&run), [["main", "main-long-term", KEY_ID, "yes", "-", "-", "can't be asked"]]);
    for part in ["warning: main: ListAccessKeys failed: ", "explicit deny", "`awsauth login main`, then try again"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    let run = scene.run(&["keys", "list", "base"]).exits(5);
    assert!(run.stderr.contains("a profile with the pattern `iam-mfa`"), "{}", run.stderr);
    scene.logged_in(&["main"]);
    let session = scene.session("main")["access_key_id"].as_str().map(str::to_owned);
    assert_eq!(rows(&scene.run(&["keys", "list", "main"]).ok()).len(), 2);
    assert!(scene.aws.requests().iter().all(|request| request.access_key_id == session));
}

#[test]
fn a_key_that_can_not_be_asked_for_is_a_row_and_the_others_are_shown() {
    let scene = scene();
    let wrong =
        format!("[main-long-term]\naws_access_key_id = AKIANOBODYKNOWSTHIS2\naws_secret_access_key = {SECRET_KEY}\n");
    let base = format!("[base]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    scene.home.write(CREDENTIALS, wrong + &base);
    let run = scene.run(&["keys", "list"]).exits(5);
    assert_eq!(rows(&run).len(), 3, "{}", run.stdout);
    assert!(
        run.stderr.contains("AWS does not know the access key that is stored for [main-long-term]"),
        "{}",
        run.stderr
    );
    let json = scene.run(&["keys", "list", "--json"]).exits(5).json();
    assert_eq!(json["keys"][0]["error"]["aws_code"], "InvalidClientTokenId");
    assert_eq!(json["keys"][1]["status"], "active");
    let offline = scene.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    assert_eq!(rows(&offline.run(&["keys", "list"]).exits(6)).len(), 2);
}

#[test]
fn iam_has_an_endpoint_of_its_own() {
    let scene = scene().env("AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:1");
    let run = scene.run(&["keys", "list", "base"]).exits(6);
    for part in
        ["base: ListAccessKeys failed: http://127.0.0.1:1 (AWS_ENDPOINT_URL_IAM): ", "unset AWS_ENDPOINT_URL_IAM"]
    {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert_eq!(scene.calls(), ["GetCallerIdentity"]);
}

#[test]
fn a_user_without_permission_for_the_last_use_sees_the_rest() {
    let scene = scene();
    for _ in 0..2 {
        scene.aws.world().fail_next("GetAccessKeyLastUsed", Fault::status(403, "AccessDenied", "no"));
    }
    let run = scene.run(&["keys", "list", "main"]).ok();
    assert_eq!(rows(&run).iter().map(|row| row[6].as_str()).collect::<Vec<_>>(), ["?", "?"]);
}

#[test]
fn a_profile_without_a_key_of_its_own_is_told_whose_it_is() {
    let run = scene().run(&["keys", "list", "prod"]).exits(2);
    assert!(run.stderr.contains("`awsauth keys list main`"), "{}", run.stderr);
}

#[test]
fn the_root_users_keys_are_not_listed() {
    let scene = scene();
    let mut root = User::new(ACCOUNT, "root").with_key(KEY_ID, SECRET_KEY);
    root.arn = format!("arn:aws:iam::{ACCOUNT}:root");
    scene.aws.world().add_user(User::new(ACCOUNT, USER));
    scene.aws.world().add_user(root);
    let run = scene.run(&["keys", "list", "base"]).exits(4);
    assert!(
        run.stderr.contains("the key is not a user's, but that of arn:aws:iam::111122223333:root"),
        "{}",
        run.stderr
    );
}
