//! `login`: exactly the calls that a pattern needs, in order, and what they leave on disk.

mod advice;
mod bounds;
mod clock;
mod codes;
mod failures;
#[cfg(feature = "real-clients")]
#[cfg(target_os = "linux")]
pub(crate) mod faults;
#[cfg(unix)]
mod files;
mod many;
mod pkce;
mod refused;
mod sharing;
pub(crate) mod sign_in;

use crate::scene::{CREDENTIALS, MANIFEST, SSO_CALLS, Scene};
use crate::support::fake_aws::standard::{ADMIN_ROLE, AUDIT_ROLE, EXTERNAL_ID, KEY_ID, MFA_SERIAL};

/// Logs in with a code that is good, and gives the calls.
#[track_caller]
fn calls_of_login(scene: &Scene, args: &[&str]) -> Vec<String> {
    let code = scene.code();
    scene.run(&[&["login", "--token-code", &code], args].concat()).ok();
    scene.calls()
}

#[test]
fn each_pattern_makes_exactly_its_calls_and_the_second_time_none() {
    let jump: Vec<&str> = SSO_CALLS.into_iter().chain(["AssumeRole"]).collect();
    for (name, expected) in [
        ("main", vec!["GetSessionToken"]),
        ("prod", vec!["GetSessionToken", "AssumeRole"]),
        ("audit", vec!["AssumeRole"]),
        ("read", SSO_CALLS.to_vec()),
        ("jump", jump),
        ("base", vec![]),
    ] {
        let scene = Scene::new();
        assert_eq!(calls_of_login(&scene, &[name]), expected, "{name}");
        scene.run(&["login", name]).ok();
        assert_eq!(scene.calls(), [""; 0], "{name} again");
    }
}

#[test]
fn the_calls_carry_what_the_manifest_says_and_are_signed_by_the_right_key() {
    let scene = Scene::new();
    let (first, second) = (scene.code(), scene.code());
    scene.run(&["login", "prod", "--token-code", &first]).ok();
    scene.run(&["login", "audit", "--token-code", &second]).ok();
    let requests = scene.aws.requests();
    let param = |index: usize, name: &str| requests[index].params.get(name).map(String::as_str);
    assert_eq!(requests.len(), 3);
    assert_eq!((param(0, "SerialNumber"), param(0, "TokenCode")), (Some(MFA_SERIAL), Some(first.as_str())));
    assert_eq!(requests[0].access_key_id.as_deref(), Some(KEY_ID));
    assert_eq!((param(1, "RoleArn"), param(1, "SerialNumber")), (Some(ADMIN_ROLE), None));
    let session = scene.session("main")["access_key_id"].as_str().map(str::to_owned);
    assert_eq!(requests[1].access_key_id, session);
    assert_eq!((param(2, "RoleArn"), param(2, "ExternalId")), (Some(AUDIT_ROLE), Some(EXTERNAL_ID)));
    assert_eq!((param(2, "SerialNumber"), param(2, "TokenCode")), (Some(MFA_SERIAL), Some(second.as_str())));
    assert_eq!((param(2, "DurationSeconds"), requests[2].access_key_id.as_deref()), (Some("14400"), Some(KEY_ID)));
}

#[test]
fn one_code_serves_every_profile_behind_the_same_device_session() {
    let scene = Scene::new();
    let more = r#"
[profiles.prod2]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::444455556666:role/Admin"
role_session_name = "two"
"#;
    scene.home.manifest(&format!("{MANIFEST}{more}"));
    let calls = calls_of_login(&scene, &["prod2", "main", "prod"]);
    assert_eq!(calls, ["GetSessionToken", "AssumeRole", "AssumeRole"]);
}

#[test]
fn one_approval_serves_every_profile_of_an_sso_session() {
    let scene = Scene::new();
    scene.aws.world().assign("https://corp.awsapps.com/start", "210987654321", "other", "Admin");
    let more = r#"
[profiles.admin]
pattern = "sso"
sso_session = "corp"
sso_account_id = "210987654321"
sso_role_name = "Admin"
"#;
    scene.home.manifest(&format!("{MANIFEST}{more}"));
    let run = scene.run(&["login", "read", "admin", "jump"]).ok();
    assert_eq!(run.stderr.matches("It must show this code").count(), 1, "{}", run.stderr);
    let calls = scene.calls();
    assert_eq!(calls[..3], SSO_CALLS[..3]);
    // What comes after the approval goes side by side.
    let mut rest = calls[3..].to_vec();
    rest.sort();
    assert_eq!(rest, ["AssumeRole", "GetRoleCredentials", "GetRoleCredentials"]);
}

#[test]
fn a_new_role_of_a_signed_in_session_needs_no_approval_and_no_registration() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    scene.run(&["login", "jump"]).ok();
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn force_gets_everything_anew_once() {
    let scene = Scene::new();
    scene.logged_in(&["prod", "jump"]);
    let calls = calls_of_login(&scene, &["prod", "main", "jump", "read", "--force"]);
    let person = ["GetSessionToken", "StartDeviceAuthorization", "CreateToken"];
    assert_eq!(calls[..3], person, "what a person has a part in comes first");
    let mut rest = calls[3..].to_vec();
    rest.sort();
    assert_eq!(rest, ["AssumeRole", "AssumeRole", "GetRoleCredentials"]);
}

#[test]
fn what_it_will_ask_for_is_said_beforehand() {
    let scene = Scene::new();
    let code = scene.code();
    let run = scene.run(&["login", "prod", "main", "jump", "--token-code", &code]).ok();
    let first = run.stderr.lines().next().unwrap();
    let needs = format!("This login needs 1 MFA code of {MFA_SERIAL} and 1 approval for corp, for 3 profiles.");
    assert_eq!(first, needs);
    // Only what there is something to do for counts.
    let code = scene.code();
    let run = scene.run(&["login", "prod", "main", "audit", "--token-code", &code]).ok();
    let needs = format!("This login needs 1 MFA code of {MFA_SERIAL}.");
    assert_eq!(run.stderr.lines().next(), Some(&*needs));
}

#[test]
fn how_long_credentials_are_renewed_without_asking_is_told() {
    let scene = Scene::new();
    let code = scene.code();
    let run = scene.run(&["login", "main", "prod", "read", "jump", "base", "--token-code", &code, "--json"]).ok();
    let renewable = |place: usize| run.json()["profiles"][place]["renewable"].as_bool().unwrap();
    assert_eq!([0, 1, 2, 3, 4].map(renewable), [false, true, true, true, false]);
    let run = scene.run(&["login", "main", "prod", "read", "jump", "base"]).ok();
    for line in [
        "main: valid for 12 h 0 min\n",
        "prod: valid for 1 h 0 min; renews without a prompt for the next 12 h 0 min\n",
        "read: valid for 1 h 0 min; renews without a prompt while the SSO login lasts\n",
        "jump: valid for 1 h 0 min; renews without a prompt while the SSO login lasts\n",
        "base: has its long-term key\n",
    ] {
        assert!(run.stderr.contains(line), "{line}\n{}", run.stderr);
    }
}

#[test]
fn all_and_tag_choose_profiles() {
    let scene = Scene::new();
    scene.change_manifest("[profiles.prod]\n", "[profiles.prod]\ntags = [\"daily\"]\n");
    assert_eq!(calls_of_login(&scene, &["--tag", "daily"]), ["GetSessionToken", "AssumeRole"]);
    let run = scene.run(&["login", "--tag", "dayly"]).exits(2);
    assert!(run.stderr.contains("no profile has the tag `dayly`"), "{}", run.stderr);
    scene.change_manifest("[profiles.audit]\n", "[profiles.audit]\ndescription = \"x\"\n");
    let run = scene.run(&["login", "--all", "--json", "--token-code", &scene.code()]).ok();
    let names: Vec<String> = run.json()["profiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|profile| profile["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["main", "prod", "audit", "read", "jump"]);
}

#[test]
fn without_a_name_and_a_terminal_it_says_how_to_name_one() {
    let run = Scene::new().run(&["login"]).exits(2);
    assert!(run.stderr.contains("`awsauth login NAME`, or `awsauth login --all`"), "{}", run.stderr);
}

#[test]
fn json_tells_how_each_login_went_and_the_version_first() {
    let scene = Scene::new();
    scene.aws.world().unassign("123456789012", "ReadOnly");
    let code = scene.code();
    let run = scene.run(&["login", "prod", "read", "--json", "--token-code", &code]).exits(5);
    assert!(run.stdout.starts_with("{\n  \"version\": 1,\n"), "{}", run.stdout);
    let document = run.json();
    let (prod, read) = (&document["profiles"][0], &document["profiles"][1]);
    assert_eq!((prod["name"].as_str(), prod["state"].as_str()), (Some("prod"), Some("valid")));
    assert!((3590..=3600).contains(&prod["seconds_left"].as_i64().unwrap()));
    assert_eq!((read["name"].as_str(), read["state"].as_str()), (Some("read"), Some("failed")));
    let error = &read["error"];
    assert_eq!((error["exit_code"].as_i64(), error["operation"].as_str()), (Some(5), Some("GetRoleCredentials")));
    assert_eq!((error["profile"].as_str(), error["aws_message"].as_str()), (Some("read"), Some("No access")));
}

#[test]
fn a_login_that_fails_does_not_stop_the_others() {
    let scene = Scene::new();
    scene.aws.world().deny("arn:aws:iam::111122223333:user/alice", ADMIN_ROLE);
    let code = scene.code();
    let run = scene.run(&["login", "prod", "read", "--token-code", &code]).exits(5);
    assert!(run.stderr.contains("read: valid for"), "{}", run.stderr);
    assert!(scene.home.read(CREDENTIALS).contains("awsauth_expiration"), "main's session is worth keeping");
}

#[test]
fn a_refresh_token_is_used_without_a_browser() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(600);
    scene.logged_in(&["read"]);
    scene.expire("read");
    scene.run(&["login", "read"]).ok();
    assert_eq!(scene.calls(), ["CreateToken", "GetRoleCredentials"]);
    let grant = |name: &str| scene.home.read(name);
    assert!(grant(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json").contains("refreshToken"));
}

#[test]
fn a_person_who_takes_a_while_is_waited_for() {
    let scene = Scene::new();
    scene.aws.world().approve_devices(crate::support::fake_aws::Approval::AfterPolls(1));
    scene.run(&["login", "read"]).ok();
    let expected = ["RegisterClient", "StartDeviceAuthorization", "CreateToken", "CreateToken", "GetRoleCredentials"];
    assert_eq!(scene.calls(), expected);
}
