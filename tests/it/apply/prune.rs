//! What `apply` takes away of profiles that the manifest no longer has, and who else can read the credentials.

#[cfg(unix)]
use std::fs::{self, Permissions};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;

#[cfg(unix)]
use super::home;
use crate::scene::{CREDENTIALS, MANIFEST, Scene, session_file};
use crate::support::fake_aws::standard::KEY_ID;

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

/// Whether `[main]` of the credentials file holds a session.
fn has_section(scene: &Scene) -> bool {
    scene.home.read(CREDENTIALS).contains("[main]\n")
}

#[test]
fn sessions_that_a_changed_definition_left_behind_end_wherever_sdks_would_find_them() {
    for (from, to, ended) in [
        // AWS CLI would send the old session there.
        (
            "mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\n\n",
            "mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\nsettings = { endpoint_url = \"http://127.0.0.1:9\" }\n\n",
            &["main", "prod"][..],
        ),
        ("role/Audit", "role/Other", &["audit"]),
        ("role/Admin", "role/Other", &["prod"]),
    ] {
        let scene = Scene::new();
        scene.logged_in(&["audit"]);
        scene.logged_in(&["prod"]);
        scene.run(&["apply"]).ok();
        scene.change_manifest(from, to);
        let run = scene.run(&["apply", "--check"]).exits(1);
        let words = format!("sessions of profiles that changed, or whose long-term key did: {}", ended.join(", "));
        assert!(run.stderr.contains(&format!("would end the {words}")), "{}", run.stderr);
        assert!(has_section(&scene) && scene.home.has(&session_file("audit")), "nothing ends by a look");
        let run = scene.run(&["apply"]).ok();
        assert!(run.stderr.contains(&format!("ended the {words}")), "{}", run.stderr);
        for name in ["main", "prod", "audit"] {
            assert_eq!(scene.home.has(&session_file(name)), !ended.contains(&name), "{name}");
        }
        assert_eq!(has_section(&scene), !ended.contains(&"main"));
        assert_eq!(scene.home.list(".aws/cli/cache").is_empty(), ended.contains(&"audit"));
        scene.run(&["apply", "--check"]).ok();
    }
}

#[test]
fn sessions_of_a_long_term_key_that_was_exchanged_end() {
    let scene = Scene::new();
    scene.logged_in(&["audit"]);
    scene.logged_in(&["prod"]);
    scene.run(&["apply"]).ok();
    let keys = scene.home.read(CREDENTIALS);
    scene.home.write(CREDENTIALS, keys.replacen(KEY_ID, "AKIAALICEEXAMPLEKEY9", 1));
    scene.run(&["apply", "--check"]).exits(1);
    let document = scene.run(&["apply", "--json"]).ok().json();
    assert_eq!(document["ended_sessions"], serde_json::json!(["main", "prod"]));
    assert!(!has_section(&scene) && scene.home.has(&session_file("audit")), "[base] has its key still");
}

#[test]
fn sessions_stay_where_nothing_changed_that_they_were_made_from() {
    let scene = Scene::new();
    scene.logged_in(&["audit"]);
    scene.logged_in(&["prod"]);
    scene.change_manifest(
        "pattern = \"iam-mfa\"\n",
        "pattern = \"iam-mfa\"\ndescription = \"mine\"\noutput = \"text\"\n",
    );
    let run = scene.run(&["apply"]).ok();
    assert!(!run.stderr.contains("sessions"), "{}", run.stderr);
    assert!(has_section(&scene) && scene.home.has(&session_file("prod")) && scene.home.has(&session_file("audit")));
}

#[cfg(unix)]
#[test]
fn credentials_that_others_can_read_are_told_and_closed_only_when_asked() {
    let home = home("");
    home.write(CREDENTIALS, "[x]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let mode = || home.path(CREDENTIALS).metadata().unwrap().permissions().mode() & 0o777;
    fs::set_permissions(home.path(CREDENTIALS), Permissions::from_mode(0o644)).unwrap();
    let run = home.run(["apply"]).ok();
    assert!(run.stderr.contains("is readable by other users; fix: `awsauth doctor --fix`"), "{}", run.stderr);
    assert_eq!(mode(), 0o644);
    let run = home.run(["apply", "--fix-permissions", "--check"]).exits(1);
    assert!(run.stderr.contains("would remove other users' access to"), "{}", run.stderr);
    assert_eq!(mode(), 0o644);
    home.run(["apply", "--fix-permissions"]).ok();
    assert_eq!(mode(), 0o600);
    let run = home.run(["apply", "--fix-permissions", "--check"]).ok();
    assert!(!run.stderr.contains("other users"), "{}", run.stderr);
}
