//! `exec`: becomes a command that has the credentials and no other identity.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use crate::scene::Scene;

#[test]
fn the_command_has_the_credentials_and_no_other_identity() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let mut command = scene.home.command(["exec", "prod", "--", "env"]);
    let stale = [
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SECURITY_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWSAUTH_MFA_CODE",
    ];
    let output = command.envs(stale.map(|name| (name, "stale"))).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for name in stale {
        assert!(!text.contains(&format!("{name}=")), "{name}");
    }
    let session = scene.session("prod");
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", session["access_key_id"].as_str().unwrap()),
        ("AWS_SECRET_ACCESS_KEY", session["secret_access_key"].as_str().unwrap()),
        ("AWS_SESSION_TOKEN", session["session_token"].as_str().unwrap()),
        ("AWS_REGION", "ap-northeast-1"),
        ("AWS_DEFAULT_REGION", "ap-northeast-1"),
        ("AWSAUTH_PROFILE", "prod"),
    ] {
        assert!(text.lines().any(|line| line == format!("{name}={value}")), "{name}");
    }
}

#[test]
fn the_exit_code_and_the_streams_are_the_commands_own() {
    let scene = Scene::new();
    for code in [0, 1, 5, 77, 255] {
        let script = format!("cat; echo talk >&2; exit {code}");
        let run = scene.home.run_with_input(["exec", "base", "--", "sh", "-c", &script], "data\n").exits(code);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("data\n", "talk\n"));
    }
}

#[test]
fn arguments_are_passed_on_as_they_are() {
    let scene = Scene::new();
    let expected = "<-v><--json><--><a b><$HOME><><*>";
    let rest = ["-v", "--json", "--", "a b", "$HOME", "", "*"];
    let printf = [&["exec", "base", "--", "printf", "<%s>"], &rest[..]].concat();
    assert_eq!(scene.run(&printf).ok().stdout, expected);
    let without = [&["exec", "base", "printf", "<%s>"], &rest[..]].concat();
    assert_eq!(scene.run(&without).ok().stdout, expected);
}

#[test]
fn a_program_that_can_not_be_run_gives_the_codes_of_shells() {
    let scene = Scene::new();
    let run = scene.run(&["exec", "base", "--", "no-such-program"]).exits(127);
    assert!(run.stderr.contains("can't run `no-such-program`"), "{}", run.stderr);
    scene.home.write("plain", "text");
    let plain = scene.home.path("plain");
    scene.run(&["exec", "base", "--", plain.to_str().unwrap()]).exits(126);
}

#[test]
fn a_signal_reaches_the_command_and_its_death_is_seen() {
    let scene = Scene::new();
    let script = "trap 'echo caught; exit 9' TERM; echo ready; while :; do read line || :; done <&-";
    let start = |script: &str| {
        let mut command = scene.home.command(["exec", "base", "--", "sh", "-c", script]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
    };
    let signal = |id: u32, name: &str| {
        assert!(Command::new("kill").args([format!("-{name}"), id.to_string()]).status().unwrap().success());
    };
    let mut child = start(&script.replace(" <&-", ""));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    let input = child.stdin.take();
    signal(child.id(), "TERM");
    drop(input);
    assert_eq!(lines.next().unwrap().unwrap(), "caught");
    assert_eq!(child.wait().unwrap().code(), Some(9));

    let mut child = start("echo ready; exec cat");
    assert_eq!(BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap(), "ready");
    signal(child.id(), "KILL");
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}

#[test]
fn an_expired_role_is_renewed_first_and_without_a_session_nothing_runs() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.expire("prod");
    assert_eq!(scene.run(&["exec", "prod", "--", "echo", "ran"]).ok().stdout, "ran\n");
    assert_eq!(scene.calls(), ["AssumeRole"]);
    let run = scene.run(&["exec", "audit", "--", "echo", "ran"]).exits(5);
    let line = "audit: session expired; run awsauth login audit\n";
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", line));
    scene.run(&["exec", "prod"]).exits(2);
    scene.run(&["exec", "pord", "--", "true"]).exits(2);
}
