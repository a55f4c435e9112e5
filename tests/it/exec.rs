//! `exec`: becomes a command that has the credentials and no other identity.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use crate::scene::Scene;

/// What carries or selects an identity, in AWS's SDKs or in tools beside them.
const STALE: [&str; 22] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_VAULT",
    "AWSUME_PROFILE",
    "AWS_SSO_PROFILE",
    "AWS_SSO_ROLE_ARN",
    "GRANTED_SSO",
    "AWSAUTH_MFA_CODE",
];

/// How AWS is reached, and what is nobody's identity.
const KEPT: [(&str, &str); 8] = [
    ("AWS_CONFIG_FILE", "/nowhere/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ("AWS_CA_BUNDLE", "/nowhere/ca.pem"),
    ("AWS_MAX_ATTEMPTS", "7"),
    ("AWS_RETRY_MODE", "standard"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1"),
    ("AWS_BEARER_TOKEN", "no service"),
];

#[test]
fn the_command_has_the_credentials_and_no_other_identity() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let mut command = scene.home.command(["exec", "prod", "--", "env"]);
    let output = command.envs(STALE.map(|name| (name, "stale"))).envs(KEPT).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("=stale"), "{text}");
    let session = scene.session("prod");
    let own = [
        ("AWS_ACCESS_KEY_ID", session["access_key_id"].as_str().unwrap()),
        ("AWS_SECRET_ACCESS_KEY", session["secret_access_key"].as_str().unwrap()),
        ("AWS_SESSION_TOKEN", session["session_token"].as_str().unwrap()),
        ("AWS_REGION", "ap-northeast-1"),
        ("AWS_DEFAULT_REGION", "ap-northeast-1"),
        ("AWSAUTH_REGION", "ap-northeast-1"),
        ("AWSAUTH_PROFILE", "prod"),
    ];
    for (name, value) in own.into_iter().chain(KEPT) {
        assert!(text.lines().any(|line| line == format!("{name}={value}")), "{name}:\n{text}");
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
fn awsauths_own_flags_end_where_the_command_begins() {
    let scene = Scene::new();
    let print = ["printf", "<%s>", "--no-login", "--manifest", "-h"];
    for before in [
        &["exec", "--no-login", "base"][..],
        &["exec", "base", "--no-login"],
        &["exec", "base", "-v", "--color", "never", "--"],
        &["--json", "exec", "--", "base"],
    ] {
        let run = scene.run(&[before, &print[..]].concat()).ok();
        assert_eq!(run.stdout, "<--no-login><--manifest><-h>", "{before:?}");
    }
    // A misspelt flag is no command, unless it is said to be one.
    for args in [&["exec", "base", "--nologin", "true"][..], &["exec", "base", "-x"]] {
        let run = scene.run(args).exits(2);
        assert!(run.stderr.contains("Usage: awsauth exec"), "{args:?}: {}", run.stderr);
    }
    for (command, name) in [("-x", "-x"), ("--", "--"), ("", "")] {
        let run = scene.run(&["exec", "base", "--", command, "true"]).exits(127);
        assert!(run.stderr.contains(&format!("can't run `{name}`")), "{}", run.stderr);
    }
}

/// A command says what it was started with: its signals, and the files that it has open.
#[cfg(target_os = "linux")]
const STARTED_WITH: &str = "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; ls /proc/self/fd | wc -l";

/// What such a command printed, without the two signals that glibc keeps for itself.
#[cfg(target_os = "linux")]
fn started_with(text: &str) -> Vec<u64> {
    let number = |line: &str| match line.split_once('\t') {
        Some((_, mask)) => u64::from_str_radix(mask, 16).unwrap() & 0x7fff_ffff,
        None => line.trim().parse().unwrap(),
    };
    text.lines().map(number).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn the_command_takes_awsauths_place_with_no_trace_of_it() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.expire("prod");
    let without = scene.home.program("sh".as_ref()).args(["-c", STARTED_WITH]).output().unwrap();
    let with = scene.run(&["exec", "prod", "--", "sh", "-c", STARTED_WITH]).ok();
    assert_eq!(scene.calls(), ["AssumeRole"], "the network was used before");
    let without = started_with(&String::from_utf8(without.stdout).unwrap());
    assert_eq!((started_with(&with.stdout), without.len()), (without, 4));
    let child =
        scene.home.command(["exec", "base", "--", "sh", "-c", "echo $$"]).stdout(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), id.to_string());
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
fn what_only_a_shell_knows_is_no_program_and_the_hint_says_how_to_run_it() {
    let scene = Scene::new().env("SHELL", "/usr/bin/zsh");
    for (command, hint) in [
        (&["a | b"][..], "to run a line of shell: `-- sh -c 'a | b'`"),
        (&["echo $HOME"], "`-- sh -c 'echo $HOME'`"),
        (
            &["ll", "-a", "b c"],
            "an alias, a function or a builtin of your shell, let the shell run it: `-- zsh -ic \"ll -a 'b c'\"`",
        ),
        (&["ulimit"], "`-- zsh -ic ulimit`"),
    ] {
        let run = scene.run(&[&["exec", "base", "--"], command].concat()).exits(127);
        assert!(run.stderr.contains(hint), "{command:?}: {}", run.stderr);
        let run = scene.run(&[&["exec", "--all", "--"], command].concat()).exits(127);
        assert!(run.stderr.contains(hint), "{command:?}: {}", run.stderr);
    }
    let run = scene.env("SHELL", "/bin/tcsh").run(&["exec", "base", "--", "ll"]).exits(127);
    assert!(run.stderr.contains("`-- sh -c ll`"), "{}", run.stderr);
    for command in ["./gone", "-x", ""] {
        let run = Scene::new().run(&["exec", "base", "--", command]).exits(127);
        assert!(!run.stderr.contains("hint"), "{command}: {}", run.stderr);
    }
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
    let line = "audit: not logged in; run awsauth login audit\n";
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", line));
    scene.run(&["exec", "prod"]).exits(2);
    scene.run(&["exec", "pord", "--", "true"]).exits(2);
}

#[test]
fn a_forgotten_name_is_asked_for_and_one_behind_dashes_is_taken() {
    let scene = Scene::new();
    for (args, expected) in [
        (&["exec", "--", "ls"][..], "which profile?\nhint: the profile comes before `--`: `awsauth exec NAME -- ls`\n"),
        (
            &["exec", "--", "ls", "-l", "a b"],
            "which profile?\nhint: the profile comes before `--`: `awsauth exec NAME -- ls -l 'a b'`\n",
        ),
        (&["exec", "base"], "which command?\nhint: put it after the profile: `awsauth exec base -- CMD`\n"),
        (&["exec", "base", "--"], "which command?\nhint: put it after the profile: `awsauth exec base -- CMD`\n"),
        (&["exec", "bsae", "--", "ls"], "there is no profile `bsae` in the manifest\nhint: did you mean `base`?\n"),
    ] {
        let run = scene.run(args).exits(2);
        assert_eq!(run.stderr, format!("error: {expected}"), "{args:?}");
    }
    assert_eq!(scene.run(&["exec", "--", "base", "echo", "ran"]).ok().stdout, "ran\n");
}
