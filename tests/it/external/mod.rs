//! Roles without MFA, and the profiles that something else provides: a section of the person's own, the machine.

mod machine;
mod process;

use crate::scene::{CONFIG, CREDENTIALS, Scene};
use crate::support::fake_aws::standard::{KEY_ID, MFA_SERIAL, SECRET_KEY};

const MANIFEST: &str = r#"[profiles.base]
pattern = "iam"

[profiles.batch]
pattern = "role"
source_profile = "base"
role_arn = "arn:aws:iam::444455556666:role/Batch"
region = "eu-west-1"

[profiles.vendor]
pattern = "external"
description = "SAML"

[profiles.job]
pattern = "role"
source_profile = "vendor"
role_arn = "arn:aws:iam::444455556666:role/Batch"
"#;

/// The manifest with a role over `vendor` that takes a code.
fn with_mfa_role() -> String {
    let role = "pattern = \"iam-mfa-role\"\nrole_arn = \"arn:aws:iam::444455556666:role/Admin\"";
    format!("{MANIFEST}\n[profiles.admin]\n{role}\nsource_profile = \"vendor\"\nmfa_serial = \"{MFA_SERIAL}\"\n")
}

/// Alice's key in a section of the person's own.
fn vendor() -> String {
    format!("[vendor]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n")
}

/// A scene with this manifest and that config file.
fn scene(config: &str) -> Scene {
    let scene = Scene::new();
    scene.home.manifest(MANIFEST);
    if !config.is_empty() {
        scene.home.write(CONFIG, config);
    }
    scene
}

/// `scene` with Alice's key for `vendor` in the credentials file.
fn with_key() -> Scene {
    let scene = scene("");
    let keys = scene.home.read(CREDENTIALS);
    scene.home.write(CREDENTIALS, format!("{keys}\n{}", vendor()));
    scene
}

#[test]
fn a_role_without_mfa_is_one_call_that_asks_nobody() {
    let scene = scene("");
    let run = scene.run(&["login", "batch"]).ok();
    assert!(run.stderr.contains("batch: valid for 1 h 0 min; renews without a prompt"), "{}", run.stderr);
    assert_eq!(scene.calls(), ["AssumeRole"]);
    let run = scene.run(&["env", "batch", "--shell", "sh"]).ok();
    assert!(run.stdout.contains("export AWS_REGION=eu-west-1"), "{}", run.stdout);
    let key = scene.access_key_of("batch");
    assert!(key.starts_with("ASIA") && scene.calls().is_empty());
    scene.expire("batch");
    assert_ne!(scene.access_key_of("batch"), key);
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn nothing_is_written_for_what_something_else_provides_and_what_stands_there_stays() {
    let own = "[profile vendor]\nregion = us-west-2\naws_access_key_id = AKIAVENDOR\naws_secret_access_key = s\n";
    let role = "[profile job]\nrole_arn = arn:aws:iam::444455556666:role/Batch\nsource_profile = vendor\n";
    for (before, args) in [(own.to_owned(), &["apply"][..]), (format!("{own}\n{role}"), &["apply", "--adopt"])] {
        let scene = scene(&before);
        let run = scene.run(args).ok();
        assert!(!run.stderr.contains("vendor"), "{}", run.stderr);
        let config = scene.home.read(CONFIG);
        assert!(config.starts_with(own) && config.matches("vendor").count() == 2, "{config}");
        assert!(config.contains(role), "{config}");
        scene.run(&["apply", "--check"]).ok();
    }
}

#[test]
fn apply_says_which_sections_are_not_there_yet() {
    let scene = scene("");
    scene.home.manifest(&format!("{MANIFEST}\n[profiles.default]\npattern = \"external\"\n"));
    let run = scene.run(&["apply"]).ok();
    let words = "AWS's files have no section for vendor: its program has to write [profile vendor] of ~/.aws/config";
    assert!(run.stderr.contains(words) && !run.stderr.contains("for default"), "{}", run.stderr);
    let document = scene.run(&["apply", "--json"]).ok().json();
    assert_eq!(document["missing_sections"], serde_json::json!(["vendor"]));
    assert!(!scene.run(&["login", "job", "-v"]).exits(5).stderr.contains("awsauth apply"));
}

#[test]
fn keys_of_a_section_are_handed_out_with_its_region_and_endpoints_and_roles_stand_on_them() {
    let scene = with_key();
    scene.home.write(CONFIG, "[profile vendor]\nregion = us-west-2\nuse_fips_endpoint = true\n");
    let run = scene.run(&["env", "vendor", "--shell", "sh"]).ok();
    for line in [
        &*format!("export AWS_ACCESS_KEY_ID={KEY_ID}"),
        "export AWS_REGION=us-west-2",
        "export AWS_USE_FIPS_ENDPOINT=true",
    ] {
        assert!(run.stdout.contains(line), "{}", run.stdout);
    }
    assert_eq!(scene.access_key_of("vendor"), KEY_ID);
    assert!(scene.calls().is_empty());
    scene.run(&["login", "job"]).ok();
    assert_eq!(scene.calls(), ["AssumeRole"]);
    let run = scene.run(&["login", "vendor"]).ok();
    assert!(run.stderr.contains("vendor: has credentials"), "{}", run.stderr);
}

#[test]
fn a_session_is_bound_to_the_keys_that_it_was_made_with() {
    let scene = with_key();
    let session = scene.access_key_of("job");
    assert_eq!((scene.access_key_of("job"), scene.calls()), (session.clone(), vec!["AssumeRole".to_owned()]));
    let keys = scene.home.read(CREDENTIALS);
    let other = keys.replace(&vendor(), "[vendor]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n");
    scene.home.write(CREDENTIALS, other);
    let run = scene.run(&["credential-process", "job"]).exits(5);
    assert!(run.stdout.is_empty() && run.stderr.contains("job"), "{}", run.stderr);
    assert_eq!(scene.calls(), ["AssumeRole"]);
    // Another comment, or another setting, ends no session.
    scene.home.write(CREDENTIALS, format!("{keys}# mine\nregion = eu-west-1\n"));
    assert_eq!(scene.access_key_of("job"), session);
    assert!(scene.calls().is_empty());
    scene.run(&["apply"]).ok();
    assert_eq!(scene.access_key_of("job"), session);
}

#[test]
fn a_code_goes_with_the_key_of_a_section() {
    let scene = with_key();
    scene.home.manifest(&with_mfa_role());
    let code = scene.code();
    let run = scene.run(&["login", "admin", "--token-code", &code]).ok();
    assert!(run.stderr.contains("admin: valid for 1 h 0 min"), "{}", run.stderr);
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[cfg_attr(windows, ignore = "the path of the missing program is Unix's")]
#[test]
fn states_and_pictures_tell_what_is_there_without_running_anything() {
    let scene = scene("[profile vendor]\nregion = us-west-2\ncredential_process = /bin/false\n");
    let document = scene.run(&["status", "--json"]).ok().json();
    let state = |name: &str| {
        let profiles = document["profiles"].as_array().unwrap();
        profiles.iter().find(|profile| profile["name"] == name).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(["base", "batch", "vendor", "job"].map(state), ["key", "renewable", "external", "renewable"]);
    let tree = scene.run(&["graph"]).ok().stdout;
    assert!(tree.contains("section in ~/.aws") && tree.contains("└── job"), "{tree}");
    let listed = scene.run(&["list", "--json"]).ok().json();
    assert_eq!(listed["profiles"][3]["source"], serde_json::json!({ "kind": "section", "name": "vendor" }));
    assert_eq!(listed["profiles"][2]["region"], "us-west-2");
    for config in ["", "[profile vendor]\ncredential_process = /no/such/program\n"] {
        scene.home.write(CONFIG, config);
        let run = scene.run(&["status", "--check", "vendor", "job"]).exits(1);
        assert_eq!(run.stderr, "unavailable: vendor, job\n");
    }
}

#[test]
fn what_awsauth_does_not_follow_is_refused_with_a_way_on() {
    for (lines, words) in [
        ("sso_account_id = 123456789012", "has `sso_account_id`, which awsauth does not follow"),
        ("role_arn = arn:aws:iam::1:role/x\nsource_profile = base", "has `role_arn`, which awsauth does not follow"),
        ("region = eu-west-1", "has neither keys nor `credential_process`"),
        ("aws_access_key_id = AKIA", "has `aws_access_key_id` and no `aws_secret_access_key`"),
    ] {
        let scene = scene(&format!("[profile vendor]\n{lines}\n"));
        for args in [&["env", "vendor"][..], &["login", "job"]] {
            let run = scene.run(args).exits(5);
            assert!(run.stderr.contains(words) && run.stderr.contains("vendor"), "{}", run.stderr);
            assert!(scene.calls().is_empty());
        }
    }
}

#[test]
fn keys_that_aws_does_not_take_send_to_the_program_that_wrote_them() {
    let scene = scene("[profile vendor]\naws_access_key_id = AKIAGONE\naws_secret_access_key = s\n");
    let run = scene.run(&["login", "job"]).exits(5);
    let hint = "AWS does not take what another program has put into the section of `vendor`: log in with that program";
    assert!(run.stderr.contains(hint), "{}", run.stderr);
    assert_eq!(scene.calls(), ["AssumeRole"]);
}
