//! `awsauth vars`: what there is, who uses it, and how a missing value gets into the file of the one person who knows it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::json;

use crate::pty::Terminal;
use crate::support::sandbox::Sandbox;

/// Where a person's own values go.
const OWN: &str = ".config/awsauth/profiles.local.toml";
const MANIFEST: &str = r#"[required_vars]
user = "your IAM user name"
desk = "the number of your desk"

[vars]
team = "pay"

[defaults]
description = "${team}"

[profiles.main]
pattern = "iam-mfa"
mfa_serial = "arn:aws:iam::111122223333:mfa/${user}"
tags = ["${team}"]
description = "$${team}"
settings = { sdk_ua_app_id = "${user}", s3 = { max_bandwidth = "${team}" } }

[profiles.prod]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::444455556666:role/Admin"
role_session_name = "${user}@${site}"
"#;

fn home() -> Sandbox {
    let home = Sandbox::new();
    home.manifest(MANIFEST);
    home
}

#[test]
fn each_variable_is_told_with_its_place_and_its_uses() {
    let home = home();
    let run = home.run(["vars"]).exits(3);
    let expected = "\
NAME  VALUE    SET IN                             USED BY                                                                                          DESCRIPTION
desk  missing  -                                  -                                                                                                the number of your desk
site  missing  -                                  profiles.prod.role_session_name                                                                  -
team  pay      ~/.config/awsauth/profiles.toml:6  defaults.description, profiles.main.tags, profiles.main.settings.s3.max_bandwidth                -
user  missing  -                                  profiles.main.mfa_serial, profiles.main.settings.sdk_ua_app_id, profiles.prod.role_session_name  your IAM user name
";
    assert_eq!(run.stdout, expected);
    assert!(run.stderr.contains("the variable `user` (your IAM user name"), "{}", run.stderr);
    assert!(run.stderr.contains("run `awsauth vars --set user=VALUE`"), "{}", run.stderr);
    let document = home.run(["vars", "--json"]).exits(3).json();
    let team = &document["variables"][2];
    assert_eq!((&team["value"], &team["set_in"]["line"], &team["required"]), (&json!("pay"), &json!(6), &json!(null)));
    assert_eq!(team["used_by"][1]["key"], "profiles.main.tags");
    assert_eq!((&document["variables"][3]["set_in"], &document["errors"]), (&json!(null), &json!(2)));
    assert_eq!(document["personal"], home.path(OWN).to_str().unwrap());
}

#[test]
fn a_missing_value_is_asked_for_at_a_terminal_and_kept() {
    let home = home();
    let mut session = Terminal::runs_awsauth(&home, "vars");
    session.answers("site:", "\r");
    session.answers("user (your IAM user name):", "${x}\r");
    session.exp_string("a value is needed here, without `${`").unwrap();
    session.answers("user", "\u{7f}\u{7f}\u{7f}\u{7f}alice\r");
    session.exp_string("wrote user to ~/.config/awsauth/profiles.local.toml").unwrap();
    session.exp_string("the variable `site` is not defined").unwrap();
    session.exp_string("ended with 3").unwrap();
    assert_eq!(home.read(OWN), "[vars]\nuser = \"alice\"\n");
    assert_eq!(home.path(OWN).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut session = Terminal::runs_awsauth(&home, "vars");
    session.answers("site:", "hq\r");
    session.exp_string("ended with 0").unwrap();
    assert_eq!(home.read(OWN), "[vars]\nuser = \"alice\"\nsite = \"hq\"\n");
    home.run(["check"]).ok();
}

#[test]
fn whoever_interrupts_the_questions_has_written_nothing() {
    let home = home();
    let mut session = Terminal::runs_awsauth(&home, "vars");
    session.answers("site:", "hq\r");
    session.exp_string("user (your IAM user name):").unwrap();
    session.types("\u{3}");
    session.exp_string("interrupted; no value was written").unwrap();
    session.exp_string("ended with 130").unwrap();
    assert!(!home.has(OWN));
}

#[test]
fn a_value_is_set_without_a_terminal_and_everything_else_of_the_file_stays() {
    let home = home();
    let mine = "# mine\r\n[settings] # so\r\nprompt = \"tty\"\r\n\r\n[vars]\r\nuser = 'bob' # me\r\n";
    home.write("dotfiles/mine.toml", mine);
    fs::set_permissions(home.path("dotfiles/mine.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink(home.path("dotfiles/mine.toml"), home.path(OWN)).unwrap();
    home.run(["vars", "--set", "user=alice", "--set", "desk=a=b \"c\""]).exits(3);
    let after = home.read("dotfiles/mine.toml");
    assert!(
        after.starts_with("# mine\r\n[settings] # so\r\nprompt = \"tty\"\r\n\r\n[vars]\r\nuser = \"alice\" # me\r\n"),
        "{after:?}"
    );
    assert!(after.contains("desk = 'a=b \"c\"'"), "{after:?}");
    assert!(fs::symlink_metadata(home.path(OWN)).unwrap().is_symlink());
    assert_eq!(home.path("dotfiles/mine.toml").metadata().unwrap().permissions().mode() & 0o777, 0o640);
    home.run(["vars", "--set", "site=hq", "--json"]).ok();
    // What stands in AWS's files has to follow.
    let run = home.run(["vars", "--set", "user=alice"]).ok();
    assert!(run.stderr.contains("next: `awsauth apply`"), "{}", run.stderr);
    let before = home.read("dotfiles/mine.toml");
    for (args, words) in [
        (["vars", "--set", "usr=x"], "did you mean `user`?"),
        (["vars", "--set", "team=${user}"], "can't contain `${`"),
        (["vars", "--set", "user"], "a name and a value"),
    ] {
        let run = home.run(args).exits(2);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    home.write("dotfiles/mine.toml", "vars = 1\n");
    home.run(["vars", "--set", "user=x"]).exits(4);
    assert_eq!(home.read("dotfiles/mine.toml"), "vars = 1\n");
    home.write("dotfiles/mine.toml", "x = \n");
    home.run(["vars", "--set", "user=x"]).exits(3);
    assert!(before.contains("hq"));
}

#[test]
fn where_only_the_manifests_directory_has_a_persons_file_that_one_gets_the_value() {
    let home = home();
    home.write("team/profiles.toml", MANIFEST);
    home.write("team/profiles.local.toml", "");
    home.run(["vars", "--manifest", "team/profiles.toml", "--set", "user=alice", "--set", "site=hq"]).ok();
    assert!(home.read("team/profiles.local.toml").contains("user = \"alice\"") && !home.has(OWN));
}

#[test]
fn a_manifest_without_variables_has_nothing_to_tell_and_a_broken_one_is_told() {
    let home = home();
    home.manifest("[profiles.base]\npattern = \"iam\"\n");
    let run = home.run(["vars"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "the manifest has no variables\n"));
    home.manifest("x = \n");
    let run = home.run(["vars"]).exits(3);
    assert!(run.stdout.is_empty() && run.stderr.contains("error[syntax]"), "{}", run.stderr);
}

#[test]
fn what_each_person_supplies_is_never_emptied() {
    let home = home();
    // `site` is still missing.
    home.run(["vars", "--set", "user=alice"]).exits(3);
    let before = home.read(OWN);
    let run = home.run(["vars", "--set", "desk=7", "--set", "user="]).exits(2);
    assert!(run.stderr.contains("`user` can't be empty: your IAM user name"), "{}", run.stderr);
    assert_eq!(home.read(OWN), before);
}

#[test]
fn nobody_is_asked_for_a_value_that_could_not_be_written() {
    let home = home();
    // Nobody can make a file there.
    symlink("/proc/self/awsauth.toml", home.path(OWN)).unwrap();
    let mut session = Terminal::runs_awsauth(&home, "vars");
    let before = session.exp_string("ended with 6").unwrap();
    assert!(before.contains("profiles.local.toml") && !before.contains("your IAM user name"), "{before}");
}
