//! What `show` says where AWS's files are not as the manifest has them.

use crate::scene::{CONFIG, CREDENTIALS, Scene, long_term_keys};

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
