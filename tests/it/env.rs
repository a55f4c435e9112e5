//! `env`: lines that a real shell evaluates, and nothing else on stdout.

use std::path::Path;
use std::process::Stdio;

use crate::scene::{Scene, session_file};
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};

/// A value of the session of `prod`.
fn value(scene: &Scene, key: &str) -> String {
    scene.session("prod")[key].as_str().unwrap().to_owned()
}

/// Runs a script in bash with awsauth on the path and variables left over from other identities.
fn bash(scene: &Scene, script: &str) -> String {
    let mut command = scene.home.program_beside_awsauth(Path::new("/bin/bash"));
    command.args(["--norc", "--noprofile", "-euc", script]).stderr(Stdio::inherit());
    for stale in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN"] {
        command.env(stale, "stale");
    }
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// Sorted lines of `env | grep ^AWS`, without those that point at the fake.
fn aws_variables(text: &str) -> Vec<&str> {
    let is_ours = |line: &&str| line.starts_with("AWS") && !line.contains("ENDPOINT") && !line.contains("EC2");
    let mut lines: Vec<&str> = text.lines().filter(is_ours).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn bash_gets_the_variables_and_loses_the_stale_ones() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let text = bash(&scene, r#"eval "$(awsauth env prod)"; env"#);
    let end: jiff::Timestamp = value(&scene, "expiration").parse().unwrap();
    let expected = [
        "AWSAUTH_PROFILE=prod".to_owned(),
        "AWSAUTH_REGION=ap-northeast-1".to_owned(),
        format!("AWS_ACCESS_KEY_ID={}", value(&scene, "access_key_id")),
        format!("AWS_CREDENTIAL_EXPIRATION={}", end.strftime("%Y-%m-%dT%H:%M:%SZ")),
        "AWS_DEFAULT_REGION=ap-northeast-1".to_owned(),
        "AWS_REGION=ap-northeast-1".to_owned(),
        format!("AWS_SECRET_ACCESS_KEY={}", value(&scene, "secret_access_key")),
        format!("AWS_SESSION_TOKEN={}", value(&scene, "session_token")),
    ];
    assert_eq!(aws_variables(&text), expected);
}

#[test]
fn a_long_term_key_leaves_no_session_token_behind() {
    let text = bash(&Scene::new(), r#"eval "$(awsauth env base)"; env"#);
    let expected = [
        "AWSAUTH_PROFILE=base",
        "AWSAUTH_REGION=ap-northeast-1",
        &format!("AWS_ACCESS_KEY_ID={KEY_ID}"),
        "AWS_DEFAULT_REGION=ap-northeast-1",
        "AWS_REGION=ap-northeast-1",
        &format!("AWS_SECRET_ACCESS_KEY={SECRET_KEY}"),
    ];
    assert_eq!(aws_variables(&text), expected);
}

#[test]
fn unset_takes_away_every_identity() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let text = bash(&scene, r#"eval "$(awsauth env prod)"; eval "$(awsauth env --unset --shell bash)"; env"#);
    let left: Vec<&str> = aws_variables(&text).into_iter().filter(|line| !line.contains("REGION")).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn each_shell_gets_its_own_syntax() {
    let scene = Scene::new();
    for (shell, set, unset) in [
        ("bash", "export AWS_ACCESS_KEY_ID=AKIAALICEEXAMPLEKEY2\n", "unset -v AWS_SESSION_TOKEN AWS_SECURITY_TOKEN"),
        ("zsh", "export AWS_ACCESS_KEY_ID=AKIAALICEEXAMPLEKEY2\n", "unset -v AWS_SESSION_TOKEN AWS_SECURITY_TOKEN"),
        ("fish", "set -gx AWS_ACCESS_KEY_ID 'AKIAALICEEXAMPLEKEY2'\n", "while set -e AWS_SESSION_TOKEN; end\n"),
        (
            "powershell",
            "$Env:AWS_ACCESS_KEY_ID = 'AKIAALICEEXAMPLEKEY2'\n",
            "Remove-Item Env:AWS_SESSION_TOKEN -ErrorAction SilentlyContinue\n",
        ),
        ("sh", "export AWS_ACCESS_KEY_ID=AKIAALICEEXAMPLEKEY2\n", "unset -v AWS_SESSION_TOKEN AWS_SECURITY_TOKEN"),
        ("tcsh", "setenv AWS_ACCESS_KEY_ID 'AKIAALICEEXAMPLEKEY2';\n", "unsetenv AWS_SESSION_TOKEN;\n"),
        ("cmd", "set \"AWS_ACCESS_KEY_ID=AKIAALICEEXAMPLEKEY2\"\r\n", "set AWS_SESSION_TOKEN=\r\n"),
        ("nu", ",\"AWS_ACCESS_KEY_ID\":\"AKIAALICEEXAMPLEKEY2\",", "\"AWS_SESSION_TOKEN\":null,"),
    ] {
        let run = scene.run(&["env", "base", "--shell", shell]).ok();
        assert!(run.stdout.contains(set) && run.stdout.contains(unset), "{shell}: {}", run.stdout);
        let run = scene.run(&["env", "--unset", "--shell", shell]).ok();
        let unset = unset.trim_start_matches("unset -v ");
        assert!(run.stdout.contains(unset) && !run.stdout.contains(KEY_ID), "{shell}: {}", run.stdout);
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn dotenv_is_settings_and_nothing_else() {
    let scene = Scene::new();
    let run = scene.run(&["env", "base", "--shell", "dotenv"]).ok();
    let expected = format!(
        "AWS_ACCESS_KEY_ID={KEY_ID}\nAWS_SECRET_ACCESS_KEY={SECRET_KEY}\nAWS_REGION=ap-northeast-1\n\
         AWS_DEFAULT_REGION=ap-northeast-1\nAWSAUTH_REGION=ap-northeast-1\nAWSAUTH_PROFILE=base\n"
    );
    assert_eq!(run.stdout, expected);
    let run = scene.run(&["env", "--unset", "--shell", "dotenv"]).exits(2);
    assert!(run.stderr.contains("can't take variables away"), "{}", run.stderr);
}

#[test]
fn a_region_is_taken_away_only_if_awsauth_has_set_it() {
    let without = "[profiles.base]\npattern = \"iam\"\n[profiles.other]\npattern = \"iam\"\nregion = \"eu-west-1\"\n";
    let scene = Scene::new();
    scene.home.manifest(without);
    let keys = crate::scene::long_term_keys().replace("[main-long-term]", "[other]");
    scene.home.write(crate::scene::CREDENTIALS, keys);
    let regions = |script: &str| {
        let text = bash(&scene, script);
        aws_variables(&text)
            .iter()
            .filter(|line| line.contains("REGION"))
            .map(|line| (*line).to_owned())
            .collect::<Vec<_>>()
    };
    let own = "export AWS_REGION=us-west-2; eval \"$(awsauth env base)\"; ";
    assert_eq!(regions(&format!("{own} env")), ["AWS_REGION=us-west-2"]);
    assert_eq!(regions(&format!("{own} eval \"$(awsauth env base)\"; env")), ["AWS_REGION=us-west-2"]);
    let other = "eval \"$(awsauth env other)\"; ";
    let set = ["AWSAUTH_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "AWS_REGION=eu-west-1"];
    assert_eq!(regions(&format!("{other} env")), set);
    assert_eq!(regions(&format!("{other} eval \"$(awsauth env base)\"; env")), [""; 0]);
    assert_eq!(regions(&format!("{other} eval \"$(awsauth env --unset)\"; env")), [""; 0]);
    let changed = format!("{other} AWS_REGION=us-west-2; eval \"$(awsauth env --unset)\"; env");
    assert_eq!(regions(&changed), ["AWS_REGION=us-west-2"]);
}

#[test]
fn the_shell_is_found_from_the_environment() {
    for (shell, part) in [
        ("/usr/bin/fish", "set -gx "),
        ("/bin/bash", "export "),
        ("/usr/bin/pwsh", "$Env:"),
        ("/bin/tcsh", "setenv "),
        ("/bin/csh", "setenv "),
        ("/bin/ksh", "export "),
        ("/usr/sbin/nologin", "export "),
    ] {
        let scene = Scene::new().env("SHELL", shell);
        let run = scene.run(&["env", "base"]).ok();
        assert!(run.stdout.contains(part), "{shell}: {}", run.stdout);
    }
}

#[test]
fn lines_of_another_language_are_not_tried_on_a_shell_that_awsauth_does_not_speak() {
    for shell in ["elvish", "xonsh"] {
        let scene = Scene::new().env("SHELL", &format!("/usr/bin/{shell}"));
        let run = scene.run(&["env", "base"]).exits(2);
        // Both have a command of that name.
        assert_eq!(run.stdout, "false\n");
        assert!(run.stderr.contains(shell) && run.stderr.contains("--shell"), "{}", run.stderr);
        assert!(!scene.run(&["env", "base", "--shell", shell]).exits(2).stderr.contains("a similar value"));
        assert!(
            scene.run(&["env", "base", "--shell", "csh"]).exits(2).stderr.contains("a similar value exists: 'tcsh'")
        );
        scene.run(&["env", "base", "--shell", "bash"]).ok();
        scene.run(&["env", "base", "--json"]).ok();
        assert!(scene.run(&["use", "base"]).exits(2).stderr.contains("awsauth hook"));
    }
}

#[test]
fn json_has_the_variables_as_an_object() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let run = scene.run(&["env", "prod", "--json"]).ok();
    assert!(run.stdout.starts_with("{\n  \"version\": 1,\n"), "{}", run.stdout);
    assert_eq!(run.json()["environment"]["AWS_SESSION_TOKEN"], scene.session("prod")["session_token"]);
    let unset = run.json()["unset"].as_array().unwrap().clone();
    assert!(unset.contains(&"AWS_PROFILE".into()) && !unset.contains(&"AWS_SESSION_TOKEN".into()), "{unset:?}");
}

#[test]
fn an_expired_role_is_renewed_and_a_person_is_asked_for_in_one_line() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.expire("prod");
    scene.run(&["env", "prod"]).ok();
    assert_eq!(scene.calls(), ["AssumeRole"]);
    scene.expire("prod");
    scene.expire("main");
    for args in [&["env", "prod"][..], &["env", "prod", "--no-login"]] {
        let run = scene.run(args).exits(5);
        let line = "prod: session expired; run awsauth login prod\n";
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("false\n", line));
    }
}

#[test]
fn json_of_unset_is_a_document_too() {
    let document = Scene::new().env("AWS_BEARER_TOKEN_BEDROCK", "stale").run(&["env", "--unset", "--json"]).ok().json();
    assert_eq!((document["version"].as_i64(), &document["environment"]), (Some(1), &serde_json::json!({})));
    let unset: Vec<&str> = document["unset"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "AWSAUTH_PROFILE"] {
        assert!(unset.contains(&name), "{name}");
    }
    assert!(!unset.contains(&"AWS_REGION") && !unset.contains(&"AWS_CONFIG_FILE"), "{unset:?}");
}

#[test]
fn json_tells_a_failure_on_stdout_too() {
    let scene = Scene::new();
    let run = scene.run(&["env", "prod", "--json"]).exits(5);
    let error = &run.json()["error"];
    assert_eq!((error["exit_code"].as_i64(), error["profile"].as_str()), (Some(5), Some("prod")));
    assert!(!scene.home.has(&session_file("prod")));
}
