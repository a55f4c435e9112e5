//! What one person's listing does to the files that a team shares, and to profiles of other sessions.

use super::{MANIFEST, MATRIX, SESSION, Scene};

/// One person's own file, in HOME.
const OWN: &str = ".config/awsauth/profiles.local.toml";

/// Another session on the same portal.
fn other() -> String {
    SESSION.replace("sessions.corp", "sessions.other")
}

fn scene() -> Scene {
    Scene::new(&[("111111111111", "prod", "Admin"), ("222222222222", "dev", "Admin")]).signed_in()
}

#[test]
fn a_session_of_ones_own_changes_nothing_for_the_team() {
    let scene = scene();
    scene.home.write(OWN, other());
    let run = scene.run(&["discover", "corp", "--yes"]).ok();
    let team = scene.home.read(MANIFEST);
    assert!(team.contains("prod = { id = \"111111111111\", roles = [\"Admin\"] }\n"), "{team}\n{}", run.stderr);
    scene.run(&["discover", "other", "--flow", "device", "--yes"]).ok();
    assert_eq!(scene.home.read(MANIFEST), team);
    let own = scene.home.read(OWN);
    assert!(own.contains("\"111111111111\", sso_session = \"other\", roles = [\"Admin\"] }\n"), "{own}");
    scene.run(&["check", "--team"]).ok();
    scene.run(&["check"]).ok();
    scene.run(&["discover", "other", "--prune", "--yes"]).ok();
    assert_eq!((scene.home.read(MANIFEST), scene.home.read(OWN)), (team, own));
}

#[test]
fn profiles_of_one_session_stay_when_another_one_lists_their_accounts() {
    let scene = scene();
    let accounts = "\n[accounts]\nprod = { id = \"111111111111\", roles = [\"Admin\"] }\ndev = \"222222222222\"\n";
    scene.home.manifest(&format!("{SESSION}{}{accounts}{MATRIX}", other()));
    let run = scene.run(&["discover", "other", "--flow", "device", "--yes"]).ok();
    let after = scene.home.read(MANIFEST);
    assert!(after.contains("prod = { id = \"111111111111\", roles = [\"Admin\"] }\n"), "{after}");
    assert!(after.contains("dev = { id = \"222222222222\", sso_session = \"other\", roles"), "{after}");
    assert!(!run.stderr.contains(" less"), "{}", run.stderr);
}

#[test]
fn accounts_that_roles_of_iam_are_in_are_not_dropped() {
    let scene = scene();
    let iam = r#"
[accounts]
old = { id = "999999999999", tags = ["iam"] }
dead = "888888888888"

[profiles.base]
pattern = "iam-mfa"
mfa_serial = "arn:aws:iam::333333333333:mfa/alice"
long_term_profile = "long"

[matrix.iam]
name = "${account}-${role}"
accounts = { tags = ["iam"] }
roles = ["Ops"]
pattern = "iam-mfa-role"
source_profile = "base"
role_arn = "arn:aws:iam::${account_id}:role/${role}"
"#;
    scene.home.manifest(&format!("{SESSION}{iam}"));
    let run = scene.run(&["discover", "--prune", "--yes"]).ok();
    let after = scene.home.read(MANIFEST);
    assert!(after.contains("old = { id = \"999999999999\", tags = [\"iam\"] }\n"), "{after}");
    assert!(!after.contains("dead"), "{after}");
    let words = "`old` of [accounts] stays, though corp does not list it";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let document = scene.run(&["discover", "--prune", "--json"]).ok().json();
    assert_eq!(document["left"], serde_json::json!([{ "name": "old", "reason": "in use" }]));
}

#[test]
fn where_not_all_profiles_are_known_nothing_is_dropped() {
    let scene = scene();
    let named = MATRIX.replace("\"*\"\nroles", "[\"nobody\"]\nroles");
    scene.home.manifest(&format!("{SESSION}{named}\n[accounts]\ndead = \"888888888888\"\n"));
    let run = scene.run(&["discover", "corp", "--prune", "--yes"]).ok();
    assert!(scene.home.read(MANIFEST).contains("dead"), "{}", run.stderr);
    assert!(run.stderr.contains("not all profiles of the manifest are known, so nothing is dropped"), "{}", run.stderr);
}
