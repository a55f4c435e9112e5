//! `use` sets `AWS_PROFILE` where every tool can use the profile by its name, else keys; `use -` goes back.

use super::{HOOKED, Interpreter, aws_variables};
use crate::scene::{CONFIG, CREDENTIALS, MANIFEST, Scene};
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};

/// A home in which `apply` and `login` have run.
fn ready() -> Scene {
    let scene = Scene::new();
    scene.run(&["apply", "--yes"]).ok();
    scene.logged_in(&["prod"]);
    // A code is good once.
    scene.logged_in(&["audit", "jump"]);
    scene
}

/// The variables of AWS after these lines in a shell with the hook.
fn after(scene: &Scene, shell: Interpreter, lines: &str) -> Vec<String> {
    let script = [&*shell.hook(), lines, "env\n"].concat();
    let run = shell.run(scene, &script).ok();
    assert_eq!(run.stderr, "", "{shell:?}: {lines}");
    aws_variables(&run.stdout).into_iter().map(str::to_owned).collect()
}

/// The names of the variables.
fn names(variables: &[String]) -> Vec<&str> {
    variables.iter().map(|line| line.split_once('=').unwrap().0).collect()
}

const BY_NAME: [&str; 2] = ["AWSAUTH_PROFILE=prod", "AWS_PROFILE=prod"];

#[test]
fn a_profile_that_every_tool_can_use_is_set_by_its_name_and_nothing_shadows_it() {
    for &shell in HOOKED {
        let scene = ready();
        let stale = [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_CREDENTIAL_EXPIRATION",
            "AWS_DEFAULT_PROFILE",
            "AWS_VAULT",
        ]
        .map(|name| shell.set(name, "stale"));
        let lines = [&*stale.concat(), "awsauth use prod\n"].concat();
        assert_eq!(after(&scene, shell, &lines), BY_NAME, "{shell:?}");
        for name in ["main", "base", "read", "jump"] {
            let expected = [format!("AWSAUTH_PROFILE={name}"), format!("AWS_PROFILE={name}")];
            assert_eq!(after(&scene, shell, &format!("awsauth use {name}\n")), expected, "{shell:?}");
        }
    }
}

#[test]
fn keys_are_set_if_a_tool_can_not_use_the_name_or_with_the_option_keys() {
    for &shell in HOOKED {
        let scene = ready();
        for command in ["use audit", "use --keys prod", "use prod --keys"] {
            let variables = after(&scene, shell, &format!("awsauth use read\nawsauth {command}\n"));
            let names = names(&variables);
            assert!(names.contains(&"AWS_SESSION_TOKEN") && !names.contains(&"AWS_PROFILE"), "{command}: {names:?}");
        }
        scene.home.manifest(&MANIFEST.replace("[profiles.audit]\n", "[profiles.audit]\ncredential_process = true\n"));
        scene.run(&["apply", "--yes"]).ok();
        scene.logged_in(&["audit"]);
        let audit = ["AWSAUTH_PROFILE=audit", "AWS_PROFILE=audit"];
        assert_eq!(after(&scene, shell, "awsauth use audit\n"), audit, "{shell:?}");
    }
}

/// The way in which `use prod` sets the shell.
fn is_by_name(scene: &Scene) -> bool {
    let variables = after(scene, Interpreter::Bash, "awsauth use prod\n");
    let names = names(&variables);
    assert_ne!(names.contains(&"AWS_PROFILE"), names.contains(&"AWS_ACCESS_KEY_ID"), "{names:?}");
    names.contains(&"AWS_PROFILE")
}

#[test]
fn missing_stale_or_shadowed_files_lead_to_keys() {
    let scene = ready();
    assert!(is_by_name(&scene));
    let (config, credentials) = (scene.home.read(CONFIG), scene.home.read(CREDENTIALS));
    for wrong in [
        "",
        "[profile",
        &config.replace("ap-northeast-1", "eu-west-1"),
        &config.replace("role/Admin", "role/Other"),
        &config.replace("source_profile = main", "source_profile = base"),
    ] {
        scene.home.write(CONFIG, wrong);
        assert!(!is_by_name(&scene), "{wrong}");
    }
    scene.home.write(CONFIG, &config);
    assert!(is_by_name(&scene));
    // Go and JavaScript take a key of the credentials file before SSO.
    let shadow = "[read]\naws_access_key_id = AKIA0\naws_secret_access_key = s\n";
    scene.home.write(CREDENTIALS, format!("{credentials}\n{shadow}"));
    let variables = after(&scene, Interpreter::Bash, "awsauth use read\n");
    assert!(!variables.contains(&"AWS_PROFILE=read".to_owned()), "{variables:?}");
    scene.home.write(CREDENTIALS, &credentials);
    scene.home.write("elsewhere", "");
    let elsewhere = scene.home.path("elsewhere");
    let scene = scene.env("AWS_CONFIG_FILE", elsewhere.to_str().unwrap());
    assert!(!is_by_name(&scene), "the shell's tools read another file");
}

#[test]
fn an_ended_login_leads_to_keys_until_the_next_login() {
    let scene = ready();
    let credentials = scene.home.read(CREDENTIALS);
    let (before, rest) = credentials.split_once("awsauth_expiration = ").unwrap();
    let after = rest.split_once('\n').unwrap().1;
    scene.home.write(CREDENTIALS, format!("{before}awsauth_expiration = 2026-01-01T00:00:00Z\n{after}"));
    assert!(!is_by_name(&scene));
    scene.run(&["login", "prod", "--force", "--token-code", &scene.code()]).ok();
    assert!(is_by_name(&scene));
}

#[test]
fn a_role_on_keys_of_the_environment_keeps_keys() {
    let scene = Scene::new();
    let role = "[profiles.prod]\npattern = \"role\"\ncredential_source = \"Environment\"\nrole_arn = \"arn:aws:iam::444455556666:role/Batch\"\n";
    scene.home.manifest(role);
    scene.run(&["apply", "--yes"]).ok();
    let scene = scene.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    assert!(!is_by_name(&scene));
}

#[test]
fn a_console_sign_in_is_used_by_its_name_unless_a_region_would_keep_tools_from_renewing_it() {
    let scene = crate::login::sign_in::scene();
    scene.run(&["apply", "--yes"]).ok();
    crate::login::sign_in::sign_in(&scene, &["me", "batch"]);
    let is_by_name = |lines: &str| names(&after(&scene, Interpreter::Bash, lines)).contains(&"AWS_PROFILE");
    for name in ["me", "batch"] {
        let use_name = format!("awsauth use {name}\n");
        assert!(is_by_name(&use_name), "{name}");
        assert!(is_by_name(&format!("awsauth use --keys me\n{use_name}")), "{name}: awsauth's own region");
        assert!(!is_by_name(&format!("export AWS_REGION=us-west-2\n{use_name}")), "{name}");
    }
}

#[test]
fn a_region_that_awsauth_has_set_goes_and_one_of_the_persons_own_stays() {
    for &shell in HOOKED {
        let scene = ready();
        let lines = "awsauth use --keys prod\nawsauth use prod\n";
        assert_eq!(after(&scene, shell, lines), BY_NAME, "{shell:?}");
        let lines = [&*shell.set("AWS_REGION", "us-west-2"), "awsauth use prod\nawsauth use read\n"].concat();
        let expected =
            ["AWSAUTH_PROFILE=read", "AWSAUTH_PROFILE_BEFORE=prod", "AWS_PROFILE=read", "AWS_REGION=us-west-2"];
        assert_eq!(after(&scene, shell, &lines), expected, "{shell:?}");
    }
}

#[test]
fn a_dash_is_the_profile_before() {
    for &shell in HOOKED {
        let scene = ready();
        let profile = |lines: &str| {
            let variables = after(&scene, shell, lines);
            variables.into_iter().find_map(|line| line.strip_prefix("AWS_PROFILE=").map(str::to_owned))
        };
        let there = "awsauth use prod\nawsauth use read\n";
        for (more, expected) in [
            ("awsauth use -\n", Some("prod")),
            ("awsauth use -\nawsauth use -\n", Some("read")),
            ("awsauth use read\nawsauth use -\n", Some("prod")),
            ("awsauth use --none\n", None),
            ("awsauth use --none\nawsauth use -\n", Some("read")),
        ] {
            assert_eq!(profile(&[there, more].concat()).as_deref(), expected, "{shell:?}: {more}");
        }
        let run = shell.run(&scene, &[&*shell.hook(), "awsauth use -\n", shell.code()].concat()).ok();
        assert_eq!(run.stdout, "code 2\n", "{shell:?}");
        assert!(run.stderr.contains("no profile was used in this shell before"), "{}", run.stderr);
    }
}
