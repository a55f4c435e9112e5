//! What `apply` takes away of profiles that the manifest no longer has, and who else can read the credentials.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::home;
use crate::scene::{CREDENTIALS, MANIFEST, Scene, session_file};

/// The standard manifest without its last three profiles and without `audit`.
fn smaller() -> String {
    let start = MANIFEST.find("[profiles.audit]").unwrap();
    MANIFEST[..start].to_owned()
}

#[test]
fn sessions_and_aws_clis_copies_of_gone_profiles_end_and_long_term_keys_stay() {
    let scene = Scene::new();
    scene.logged_in(&["audit"]);
    scene.logged_in(&["prod"]);
    scene.home.write(".aws/cli/cache/foreign.json", r#"{"Credentials": {"AccessKeyId": "ASIAFOREIGN"}}"#);
    assert_eq!(scene.home.list(".aws/cli/cache").len(), 2);
    let keys = scene.home.read(CREDENTIALS);
    scene.home.manifest(&smaller());

    let run = scene.run(&["apply", "--dry-run"]).ok();
    assert!(run.stderr.contains("would end the sessions of profiles that are gone: audit"), "{}", run.stderr);
    assert!(scene.home.has(&session_file("audit")));
    let document = scene.run(&["apply", "--json"]).ok().json();
    assert_eq!(document["ended_sessions"], serde_json::json!(["audit"]));
    assert!(!scene.home.has(&session_file("audit")) && scene.home.has(&session_file("prod")));
    assert_eq!(scene.home.list(".aws/cli/cache"), [scene.home.path(".aws/cli/cache/foreign.json")]);
    assert_eq!(scene.home.read(CREDENTIALS), keys, "no profile of [main] is gone, and keys are never deleted");
}

#[test]
fn credentials_that_others_can_read_are_told_and_closed_only_when_asked() {
    let home = home("");
    home.write(CREDENTIALS, "[x]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let mode = || home.path(CREDENTIALS).metadata().unwrap().permissions().mode() & 0o777;
    fs::set_permissions(home.path(CREDENTIALS), Permissions::from_mode(0o644)).unwrap();
    let run = home.run(["apply"]).ok();
    assert!(run.stderr.contains("`awsauth apply --fix-permissions` ends that"), "{}", run.stderr);
    assert_eq!(mode(), 0o644);
    let run = home.run(["apply", "--fix-permissions", "--check"]).exits(1);
    assert!(run.stderr.contains("would take away what lets others read"), "{}", run.stderr);
    assert_eq!(mode(), 0o644);
    home.run(["apply", "--fix-permissions"]).ok();
    assert_eq!(mode(), 0o600);
    let run = home.run(["apply", "--fix-permissions", "--check"]).ok();
    assert!(!run.stderr.contains("others"), "{}", run.stderr);
}
