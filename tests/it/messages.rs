//! What a new user reads where something is missing, misspelt, or stands elsewhere.

use crate::pty::Terminal;
use crate::scene::{CONFIG, CREDENTIALS, Scene, long_term_keys};
use crate::support::fake_aws::Fault;
use crate::support::sandbox::Sandbox;

#[test]
fn a_login_beside_sections_outside_the_block_names_the_apply_that_works() {
    let scene = Scene::new();
    scene.home.write(CONFIG, "[profile prod]\nregion = eu-west-1\n");
    let run = scene.run(&["login", "prod", "--token-code", &scene.code()]).ok();
    assert!(run.stderr.contains("prod is not in awsauth's block of ~/.aws/config yet"), "{}", run.stderr);
    assert!(run.stderr.contains("yet: see `awsauth apply --adopt --dry-run`"), "{}", run.stderr);
    scene.home.write(CONFIG, "");
    let run = scene.run(&["login", "prod"]).ok();
    assert!(run.stderr.contains("prod is not in ~/.aws/config yet: `awsauth apply` puts it there"), "{}", run.stderr);
}

#[test]
fn a_key_in_the_place_of_the_session_is_named_instead_of_a_login() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, long_term_keys().replace("[main-long-term]", "[main]"));
    let line = "prod: the long-term key stands in [main] of the credentials file, where the session goes; \
                run awsauth apply --adopt\n";
    for args in [&["credential-process", "prod"][..], &["env", "prod"], &["exec", "prod", "--", "true"]] {
        assert_eq!(scene.run(args).exits(5).stderr, line, "{args:?}");
    }
    let run = scene.run(&["exec", "prod*", "--", "true"]).exits(5);
    assert!(run.stderr.contains(line.trim_end()), "{}", run.stderr);
}

#[test]
fn a_logout_by_tag_ends_the_tagged_and_all_stands_without_a_name() {
    let scene = Scene::new();
    scene.change_manifest("[profiles.audit]\n", "[profiles.audit]\ntags = [\"audits\"]\n");
    scene.logged_in(&["prod"]);
    scene.logged_in(&["audit"]);
    let run = scene.run(&["logout", "--tag", "audits"]).ok();
    assert!(run.stderr.contains("ended: audit\n"), "{}", run.stderr);
    let run = scene.run(&["logout", "--all", "prod"]).exits(2);
    assert!(!run.stderr.contains("--all [NAME]"), "{}", run.stderr);
}

#[test]
fn a_misspelt_name_is_no_part_of_advice() {
    let scene = Scene::new().env("SHELL", "/bin/bash");
    let run = scene.run(&["use", "prd"]).exits(2);
    assert!(run.stderr.contains("did you mean `prod`?") && !run.stderr.contains("env prd"), "{}", run.stderr);
    let run = scene.run(&["use", "prod"]).exits(2);
    assert!(run.stderr.contains("env prod"), "{}", run.stderr);
}

#[test]
fn a_time_needs_its_unit() {
    let run = Scene::new().run(&["status", "--check", "--min-ttl", "3"]).exits(2);
    assert!(run.stderr.contains("a number with s, m, h or d, such as 15m"), "{}", run.stderr);
}

#[test]
fn a_second_code_of_one_device_is_asked_for_in_words_that_are_read_once() {
    let scene = Scene::new();
    let run = scene.run(&["login", "--all", "--no-browser", "--token-code", &scene.code()]);
    let hint = "AWS accepts a code once: run `awsauth login audit --token-code CODE` with the device's next code";
    assert!(run.stderr.contains(hint), "{}", run.stderr);
}

#[test]
fn what_takes_all_variables_away_takes_no_name() {
    let run = Scene::new().run(&["env", "--unset", "prod"]).exits(2);
    assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
}

#[test]
fn an_empty_manifest_is_told_instead_of_an_empty_table() {
    let scene = Scene::new();
    scene.home.manifest("version = 1\n");
    let run = scene.run(&["status"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "the manifest has no profiles\n"));
}

#[test]
fn a_login_of_nothing_but_long_term_keys_says_so() {
    let scene = Scene::new();
    scene.home.manifest("[profiles.base]\npattern = \"iam\"\n");
    let run = scene.run(&["login", "--all"]).ok();
    assert_eq!(run.stderr, "all profiles are long-term keys or external, and need no login\n");
}

#[test]
fn whoever_has_only_a_key_is_told_the_way_to_mfa() {
    let scene = Scene::new();
    scene.home.manifest("version = 1\n[profiles.default]\npattern = \"iam\"\n");
    scene.home.write(CREDENTIALS, long_term_keys().replace("[main-long-term]", "[default]"));
    scene.run(&["apply"]).ok();
    let mut session = Terminal::runs_awsauth(&scene.home, "login");
    let hint = "set `pattern = \"iam-mfa\"` in [profiles.default]; `awsauth login default` then finds your device";
    session.exp_string(hint).unwrap();
    session.exp_string("ended with 2").unwrap();
}

#[test]
fn a_role_that_aws_denied_is_shown_as_refused_until_aws_gives_it() {
    let scene = Scene::new();
    let words = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole";
    scene.aws.world().fail_next("AssumeRole", Fault::status(403, "AccessDenied", words));
    scene.run(&["login", "prod", "--token-code", &scene.code()]).exits(5);
    let state = || scene.run(&["status", "prod", "--json"]).ok().json()["profiles"][0]["state"].clone();
    assert_eq!(state(), "refused");
    scene.run(&["login", "prod"]).ok();
    assert_eq!(state(), "valid");
}

#[test]
fn a_failure_on_the_way_names_the_profile_that_was_asked_for() {
    let scene = Scene::new();
    let run = scene.run(&["login", "prod"]).exits(5);
    assert!(run.stderr.contains("error: prod (through main): no MFA code for "), "{}", run.stderr);
    scene.aws.world().unassign("123456789012", "ReadOnly");
    let run = scene.run(&["login", "jump", "--no-browser"]).exits(5);
    assert!(run.stderr.contains("error: jump (through read): GetRoleCredentials failed: "), "{}", run.stderr);
    let run = scene.run(&["exec", "jump", "--", "true"]).exits(5);
    assert!(run.stderr.contains("error: jump (through read): GetRoleCredentials failed: "), "{}", run.stderr);
    let run = scene.run(&["login", "read"]).exits(5);
    assert!(run.stderr.contains("error: read: GetRoleCredentials failed: "), "{}", run.stderr);
}

#[test]
fn the_first_help_of_each_command_fits_a_small_screen_through_a_pipe_too() {
    let home = Sandbox::new().env("COLUMNS", "200");
    let commands = [
        "",
        "init",
        "join",
        "update",
        "check",
        "vars",
        "diff",
        "discover",
        "apply",
        "keys",
        "keys add",
        "keys list",
        "keys rotate",
        "keys remove",
        "login",
        "status",
        "list",
        "graph",
        "doctor",
        "use",
        "exec",
        "env",
        "credential-process",
        "logout",
        "hook",
        "completions",
        "schema",
        "man",
    ];
    for command in commands {
        let help = home.run(command.split_whitespace().chain(["-h"])).ok().stdout;
        assert!(help.lines().count() <= 24 && help.lines().all(|line| line.len() <= 80), "{command}:\n{help}");
    }
}

#[test]
fn help_takes_the_flags_that_ask_for_it() {
    let home = Sandbox::new();
    for flag in ["-h", "--help"] {
        assert_eq!(home.run(["help", flag]).ok().stdout, home.run(["help"]).ok().stdout);
        assert_eq!(home.run(["help", "exec", flag]).ok().stdout, home.run(["help", "exec"]).ok().stdout);
    }
}
