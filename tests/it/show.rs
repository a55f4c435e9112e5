//! What `show` says where AWS's files are not as the manifest has them.

use crate::scene::{CONFIG, CREDENTIALS, MANIFEST, Scene, long_term_keys};

/// AWS's files as `apply` leaves them.
fn applied() -> Scene {
    let scene = Scene::new();
    scene.run(&["apply", "--yes"]).ok();
    scene
}

/// The outcome and the remedy of a tool.
fn answer(scene: &Scene, profile: &str, reader: &str) -> [String; 2] {
    let document = scene.run(&["show", profile, "--json"]).ok().json();
    let readers = document["readers"].as_array().unwrap();
    let answer = readers.iter().find(|one| one["reader"] == reader).unwrap();
    ["outcome", "remedy"].map(|key| answer[key].as_str().unwrap_or_default().to_owned())
}

#[test]
fn without_a_name_it_is_the_profile_of_aws_profile() {
    let used = Scene::with_batch().env("AWS_PROFILE", "read");
    assert!(used.run(&["show"]).ok().stdout.starts_with("read: sso"));
    assert!(used.run(&["console", "--print"]).ok().stdout.contains("ReadOnly"));
    for scene in [Scene::new(), Scene::new().env("AWS_PROFILE", "")] {
        let run = scene.run(&["show"]).exits(2);
        assert!(run.stderr.contains("<NAME>"), "{}", run.stderr);
    }
}

#[test]
fn a_key_in_the_section_of_another_login_is_another_identity() {
    let scene = applied();
    let key = "[read]\naws_access_key_id = AKIAOTHEREXAMPLEKEY1\naws_secret_access_key = x\n";
    scene.home.write(CREDENTIALS, format!("{}{key}", long_term_keys()));
    let remedy = "delete the key in [read] (credentials:9), or rename its section";
    for profile in ["read", "jump"] {
        assert_eq!(answer(&scene, profile, "go"), ["other-identity", remedy], "{profile}");
    }
    assert_eq!(answer(&scene, "read", "aws-cli-v2")[0], "logged-out");
    let shown = scene.run(&["show", "read"]).ok().stdout;
    assert!(shown.contains("not the login of read: the long-term key in [read] of credentials"), "{shown}");
}

#[test]
fn a_role_that_the_files_name_and_the_manifest_does_not_is_told_with_its_line() {
    let scene = applied();
    let config = scene.home.read(CONFIG).replace("role/Admin", "role/Other");
    scene.home.write(CONFIG, config);
    let document = scene.run(&["show", "prod", "--json"]).ok().json();
    let difference = &document["differences"][0];
    assert_eq!((&difference["key"], &difference["line"]), (&"role_arn".into(), &11.into()));
    scene.logged_in(&["main"]);
    assert_eq!(answer(&scene, "prod", "boto3"), ["other-identity", "awsauth apply"]);
    let shown = scene.run(&["show", "prod"]).ok().stdout;
    let other = "arn:aws:iam::444455556666:role/Other";
    assert!(shown.contains(&format!("~/.aws/config:11 says role_arn = {other}, and the manifest")), "{shown}");
    assert!(shown.contains(&format!("in the manifest, but {other}: AssumeRole with")), "{shown}");
}

#[test]
fn a_token_for_another_portal_is_told_with_that_portal() {
    let scene = applied();
    scene.run(&["login", "--no-browser", "read"]).ok();
    let file = scene
        .home
        .list(".aws/sso/cache")
        .into_iter()
        .find(|path| std::fs::read_to_string(path).unwrap().contains("accessToken"));
    let file = file.unwrap();
    let token = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, token.replace("https://corp.aws", "https://other.aws")).unwrap();
    let shown = scene.run(&["show", "read"]).ok().stdout;
    assert!(shown.contains("UTC, and is for https://other.awsapps.com/start"), "{shown}");
    assert!(shown.contains("the SSO token of corp, which is for https://other.awsapps.com/start"), "{shown}");
}

#[test]
fn a_section_that_another_program_writes_is_not_a_matter_of_apply() {
    let scene = Scene::new();
    let more = "[profiles.vendor]\npattern = \"external\"\n[profiles.batch]\npattern = \"role\"\n\
                source_profile = \"vendor\"\nrole_arn = \"arn:aws:iam::444455556666:role/Batch\"\n";
    scene.home.manifest(&format!("{MANIFEST}{more}"));
    scene.run(&["apply", "--yes"]).ok();
    let remedy = "log in with the program that writes [vendor]; it is in neither file";
    for profile in ["vendor", "batch"] {
        assert_eq!(answer(&scene, profile, "rust"), ["fails", remedy]);
    }
    let key = "[vendor]\naws_access_key_id = AKIAOTHEREXAMPLEKEY1\naws_secret_access_key = x\n";
    scene.home.write(CREDENTIALS, key);
    assert_eq!(answer(&scene, "batch", "rust")[0], "works");
    let shown = scene.run(&["show", "batch"]).ok().stdout;
    assert!(!shown.contains("not written"), "{shown}");
}

#[test]
fn what_cannot_give_credentials_does_not_work() {
    let scene = Scene::new();
    scene.change_manifest("external_id = \"partner-42\"", "credential_process = true");
    scene.home.write(
        CREDENTIALS,
        "[old]\naws_access_key_id = ASIAOTHEREXAMPLEKEY1\naws_secret_access_key = x\n\
                                   aws_session_token = x\nexpiration = 2026-11-01 10:00:00\n",
    );
    let gone = if cfg!(windows) { r"C:\not\there" } else { "/opt/not/there" };
    scene.home.write(CONFIG, format!("[profile gone]\ncredential_process = {gone} --x\n"));
    scene.run(&["apply", "--yes"]).ok();
    assert_eq!(answer(&scene, "audit", "go"), ["logged-out", "awsauth keys add base"]);
    assert_eq!(answer(&scene, "gone", "go"), ["fails", &format!("install {gone}, or correct the line")]);
    assert_eq!(answer(&scene, "old", "go"), ["logged-out", "log in with the tool that writes [old]"]);
}

#[test]
fn a_variable_that_names_no_file_is_named() {
    let path = if cfg!(windows) { r"C:\not\there" } else { "/not/there" };
    let scene = Scene::new().env("AWS_CONFIG_FILE", path);
    assert_eq!(answer(&scene, "prod", "go"), ["fails", "unset AWS_CONFIG_FILE"]);
    let shown = scene.run(&["show", "prod"]).ok().stdout;
    assert!(shown.contains(&format!("AWS_CONFIG_FILE names {path}, which is not there")), "{shown}");
}

#[test]
fn a_section_of_awsauth_is_no_persons_own_while_the_manifest_cannot_be_read() {
    let scene = applied();
    scene.home.manifest("[profiles.");
    let shown = scene.run(&["show", "prod"]).ok().stdout;
    assert!(shown.contains("→ awsauth check"), "{shown}");
    assert!(shown.contains("`awsauth check` tells why the manifest can't be read"), "{shown}");
}
