//! `logout`: what ends, and what stays.

use crate::scene::{CREDENTIALS, MANIFEST, Scene, long_term_keys, session_file};

const CORP_TOKEN: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

/// Which profiles have a kept session.
fn kept(scene: &Scene) -> Vec<&'static str> {
    ["main", "prod", "audit", "read", "jump"].into_iter().filter(|name| scene.home.has(&session_file(name))).collect()
}

/// A scene in which everybody is logged in.
fn all_logged_in() -> Scene {
    let scene = Scene::new();
    scene.logged_in(&["prod", "jump"]);
    scene.logged_in(&["audit"]);
    assert_eq!(kept(&scene).len(), 5);
    scene
}

#[test]
fn a_session_ends_with_what_it_was_made_from_and_what_was_made_from_that() {
    let scene = all_logged_in();
    let run = scene.run(&["logout", "prod"]).ok();
    assert_eq!((kept(&scene), scene.calls()), (vec!["audit", "read", "jump"], vec![]));
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
    assert!(run.stderr.contains("ended: main, prod"), "{}", run.stderr);
    let run = scene.run(&["logout", "prod"]).ok();
    assert_eq!(run.stderr, "no session to end\n");
}

#[test]
fn an_sso_login_is_ended_at_aws_and_its_token_is_gone() {
    let scene = all_logged_in();
    let run = scene.run(&["logout", "jump"]).ok();
    assert_eq!((kept(&scene), scene.calls()), (vec!["main", "prod", "audit"], vec!["Logout".to_owned()]));
    assert!(!scene.home.has(CORP_TOKEN));
    assert_eq!(scene.home.list(".aws/sso/cache").len(), 1, "the registration stays");
    assert!(run.stderr.contains("signed out of corp\n"), "{}", run.stderr);
    let run = scene.run(&["credential-process", "jump"]).exits(5);
    assert_eq!(run.stderr, "jump: session expired; run awsauth login jump\n");
}

#[test]
fn the_copy_for_aws_cli_goes_and_an_entry_of_aws_cli_itself_stays() {
    let scene = all_logged_in();
    assert_eq!(scene.home.list(".aws/cli/cache").len(), 1);
    scene.run(&["logout", "audit"]).ok();
    assert_eq!(scene.home.list(".aws/cli/cache").len(), 0);

    let scene = all_logged_in();
    let entry = scene.home.list(".aws/cli/cache").remove(0);
    let theirs = r#"{"Credentials": {"AccessKeyId": "ASIATHEIRS", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2030-01-01T00:00:00UTC"}}"#;
    std::fs::write(&entry, theirs).unwrap();
    scene.run(&["logout", "audit"]).ok();
    assert_eq!(std::fs::read_to_string(entry).unwrap(), theirs);
}

#[test]
fn all_ends_every_session_also_of_profiles_that_are_gone() {
    let scene = all_logged_in();
    let until = MANIFEST.find("[profiles.audit]").unwrap();
    scene.home.manifest(&MANIFEST[..until]);
    let run = scene.run(&["logout", "--all", "--json"]).ok();
    assert_eq!(kept(&scene), [""; 0]);
    assert_eq!(run.json()["profiles"], serde_json::json!(["audit", "jump", "main", "prod", "read"]));
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys());
}

#[test]
fn without_a_network_the_token_is_gone_here_and_a_warning_says_that_aws_was_not_told() {
    let scene = all_logged_in().env("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1");
    let run = scene.run(&["logout", "read"]).ok();
    assert!(run.stderr.contains("warning: corp: AWS was not told (Logout failed: "), "{}", run.stderr);
    assert!(!scene.home.has(CORP_TOKEN));
    assert_eq!(kept(&scene), ["main", "prod", "audit"]);
}

#[test]
fn a_login_that_aws_has_ended_already_is_no_warning() {
    let scene = all_logged_in();
    scene.aws.world().end_sso_logins();
    let run = scene.run(&["logout", "read"]).ok();
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn keys_of_the_users_own_stay() {
    let scene = all_logged_in();
    let text = scene.home.read(CREDENTIALS).replace("[main]\n", "# mine\n[main]\nregion = eu-west-1\n");
    scene.home.write(CREDENTIALS, &text);
    scene.run(&["logout", "main"]).ok();
    assert_eq!(scene.home.read(CREDENTIALS), long_term_keys() + "\n# mine\n[main]\nregion = eu-west-1\n");

    let hand_made = "[main]\naws_access_key_id = ASIAMINE\naws_secret_access_key = s\naws_session_token = t\n";
    scene.home.write(CREDENTIALS, hand_made);
    scene.run(&["logout", "--all"]).ok();
    assert_eq!(scene.home.read(CREDENTIALS), hand_made);
}

#[test]
fn a_name_or_all_is_needed_and_unknown_names_are_usage_errors() {
    let scene = all_logged_in();
    scene.run(&["logout"]).exits(2);
    scene.run(&["logout", "nobody"]).exits(2);
    assert_eq!(kept(&scene).len(), 5);
}
