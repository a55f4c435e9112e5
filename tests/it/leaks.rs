//! No secret where none belongs: every command, with `-v` and when it fails, and the modes of every file.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::login::sign_in;
use crate::scene::{CREDENTIALS, Scene, long_term_keys};
use crate::support::fake_aws::standard::{SECRET_KEY, USER_ARN};
use crate::support::fake_aws::{Fault, SECRET_MARK};
use crate::support::sandbox::Run;

/// No part of a run may show a secret.
#[track_caller]
fn is_silent(args: &[&str], run: &Run) {
    for (stream, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        assert!(!text.contains(SECRET_MARK), "{args:?} shows a secret on {stream}:\n{text}");
    }
}

/// Runs each of the commands with `-v`, as text and as JSON.
#[track_caller]
fn all_silent(scene: &Scene, commands: &[&[&str]]) {
    for args in commands {
        for flags in [&["-v"][..], &["-v", "--json"]] {
            is_silent(args, &scene.run(&[flags, args].concat()));
        }
    }
}

const QUIET: [&[&str]; 26] = [
    &["check"],
    &["apply", "--dry-run"],
    &["apply", "--check"],
    &["apply"],
    &["apply", "--force"],
    &["status"],
    &["status", "--check"],
    &["list"],
    &["graph"],
    &["doctor"],
    &["show", "prod"],
    &["show", "audit"],
    &["exec", "*", "--", "true"],
    &["login", "read"],
    &["discover"],
    &["diff"],
    &["update"],
    &["login", "jump", "--force"],
    &["login", "prod"],
    &["init"],
    &["schema"],
    &["hook", "bash"],
    &["use", "prod"],
    &["env", "--unset"],
    &["console", "read", "--print"],
    &["console", "prod"],
];

#[test]
fn no_command_shows_a_secret_that_is_not_asked_for() {
    let scene = Scene::new();
    all_silent(&scene, &QUIET);
    for name in ["prod", "audit", "main"] {
        for flag in ["-v", "--json"] {
            let code = scene.code();
            let args = ["login", name, "--force", "--token-code", &code, flag];
            is_silent(&args, &scene.run(&args).ok());
        }
    }
    all_silent(&scene, &QUIET);
    for args in [&["exec", "-v", "prod", "--", "true"][..], &["logout", "-v", "prod"], &["logout", "-v", "--all"]] {
        is_silent(args, &scene.run(args).ok());
    }
}

#[test]
fn show_hides_what_a_person_wrote_into_a_section() {
    let scene = Scene::new();
    let files = "[profile program]\ncredential_process = /bin/creds --password SECRETMARK --token=SECRETMARK\n\
                 [profile over]\nrole_arn = arn:aws:iam::111122223333:role/R\nsource_profile = program\n\
                 [profile key]\naws_access_key_id = AKIAEXAMPLEEXAMPLE12\naws_secret_access_key = SECRETMARK\n\
                 aws_session_token = SECRETMARK\n\
                 [profile portal]\nsso_start_url = https://me:SECRETMARK@corp.example/start\nsso_region = us-east-1\n\
                 sso_account_id = 111122223333\nsso_role_name = R\n";
    scene.home.write(crate::scene::CONFIG, files);
    for name in ["program", "over", "key", "portal"] {
        all_silent(&scene, &[&["show", name]]);
        assert!(scene.run(&["show", name]).ok().stdout.contains("WHAT IT DOES"));
    }
}

#[test]
fn what_hands_secrets_out_says_nothing_of_them_on_stderr() {
    let scene = Scene::new();
    scene.logged_in(&["prod", "jump"]);
    for name in ["base", "main", "prod", "read", "jump"] {
        for args in [&["-v", "env", name][..], &["-v", "credential-process", name], &["-v", "env", name, "--json"]] {
            if !matches!(name, "base" | "main") {
                scene.expire(name);
            }
            let run = scene.run(args).ok();
            assert!(run.stdout.contains(SECRET_MARK), "{args:?}");
            assert!(!run.stderr.contains(SECRET_MARK), "{args:?}: {}", run.stderr);
        }
    }
}

#[test]
fn the_link_to_a_console_is_on_stdout_alone_and_no_failure_shows_its_credentials() {
    let scene = Scene::new();
    scene.logged_in(&["prod", "jump"]);
    for name in ["base", "main", "prod", "jump"] {
        for args in [&["-v", "console", name, "--print"][..], &["-v", "console", name, "--print", "--json"]] {
            let run = scene.run(args).ok();
            assert!(run.stdout.contains(SECRET_MARK) && !run.stderr.contains(SECRET_MARK), "{args:?}: {}", run.stderr);
        }
    }
    for operation in ["GetCallerIdentity", "GetFederationToken", "GetSigninToken"] {
        for fault in [Fault::status(403, "AccessDenied", "no"), Fault::Truncate, Fault::Garbage, Fault::Close] {
            scene.aws.world().fail_next(operation, fault);
            all_silent(&scene, &[&["console", "base", "--print", "--service", "no-such-service"]]);
            // Some calls are made again, and then there is a link.
            let run = scene.run(&["-v", "console", "base", "--print"]);
            assert!(!run.stderr.contains(SECRET_MARK), "{}", run.stderr);
        }
    }
}

#[test]
fn a_failed_call_shows_no_secret() {
    let calls = [
        ("GetSessionToken", "prod"),
        ("AssumeRole", "prod"),
        ("AssumeRole", "audit"),
        ("RegisterClient", "read"),
        ("StartDeviceAuthorization", "read"),
        ("GetRoleCredentials", "read"),
    ];
    for (operation, name) in calls {
        for fault in [Fault::status(403, "AccessDenied", "no"), Fault::Truncate, Fault::Garbage] {
            let scene = Scene::new();
            scene.aws.world().fail_next(operation, fault);
            let code = scene.code();
            let args = ["login", name, "-v", "--json", "--token-code", &code];
            is_silent(&args, &scene.run(&args));
        }
    }
    let scene = Scene::new();
    scene.aws.world().deny(USER_ARN, "arn:aws:iam::444455556666:role/Admin");
    let code = scene.code();
    let args = ["login", "prod", "-v", "--token-code", &code];
    is_silent(&args, &scene.run(&args).exits(5));
    assert!(!scene.run(&args).stderr.contains(&code), "a code that may still be good is not shown");
}

#[test]
fn a_key_that_is_made_or_ended_shows_no_secret() {
    for operation in ["GetCallerIdentity", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"] {
        for fault in [Fault::status(403, "AccessDenied", "no"), Fault::Truncate, Fault::Garbage] {
            let scene = Scene::new();
            scene.logged_in(&["main"]);
            scene.aws.world().fail_next(operation, fault);
            let commands: [&[&str]; 4] = [
                &["keys", "list"],
                &["keys", "rotate", "main"],
                &["keys", "rotate", "base", "--delete"],
                &["keys", "remove", "base", "--yes"],
            ];
            all_silent(&scene, &commands);
        }
    }
}

#[test]
fn a_token_that_is_refused_or_refreshed_shows_no_secret() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(600);
    scene.logged_in(&["read"]);
    scene.expire("read");
    is_silent(&["refresh"], &scene.run(&["-v", "login", "read"]).ok());
    scene.expire("read");
    scene.aws.world().end_sso_logins();
    is_silent(&["refused"], &scene.run(&["-v", "credential-process", "read"]).exits(5));
    is_silent(&["logout"], &scene.run(&["-v", "logout", "read"]).ok());
}

#[test]
fn a_console_sign_in_shows_neither_its_tokens_nor_its_key() {
    let scene = sign_in::scene();
    let mut runs = vec![sign_in::sign_in(&scene, &["-v", "--json", "me", "batch"])];
    let file: serde_json::Value = serde_json::from_str(&scene.home.read(sign_in::FILE)).unwrap();
    let pem = file["dpopKey"].as_str().unwrap();
    let key = pem.lines().nth(1).unwrap();
    assert!(file["refreshToken"].as_str().unwrap().contains(SECRET_MARK));
    let commands: [&[&str]; 6] =
        [&["status"], &["list"], &["check"], &["apply", "--dry-run"], &["exec", "me", "--", "true"], &["graph"]];
    runs.extend(commands.iter().map(|args| scene.run(&[&["-v"], *args].concat())));
    sign_in::expire(&scene);
    runs.push(scene.run(&["-v", "exec", "batch", "--", "true"]).ok());
    sign_in::expire(&scene);
    scene.expire("batch");
    scene.aws.world().refuse_refresh(Some("TOKEN_EXPIRED Over"));
    runs.push(scene.run(&["-v", "--json", "exec", "batch", "--", "true"]).exits(5));
    for path in [".aws/login", ".local"].iter().flat_map(|dir| below(&scene.home.path(dir))) {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{} has {mode:o}", path.display());
        let is_aws = path.starts_with(scene.home.path(".aws"));
        assert!(
            is_aws || path.is_dir() || !std::fs::read_to_string(&path).unwrap().contains(key),
            "{}",
            path.display()
        );
    }
    runs.push(scene.run(&["-v", "logout", "me", "--yes"]).ok());
    for run in &runs {
        is_silent(&["sign-in"], run);
        assert!(!run.stdout.contains(key) && !run.stderr.contains(key), "{}", run.stderr);
    }
}

#[test]
fn a_broken_file_with_secrets_is_told_by_its_lines_alone() {
    let scene = Scene::new();
    for broken in [
        long_term_keys().replace("aws_secret_access_key = ", ""),
        long_term_keys().replace("[base]", "[main-long-term]"),
        format!("aws_secret_access_key = {SECRET_KEY}\n"),
        long_term_keys().replace("main-long-term", "main"),
        format!("{}aws_secret_access_key = {SECRET_KEY}\n", long_term_keys()),
    ] {
        scene.home.write(CREDENTIALS, &broken);
        let code = scene.code();
        all_silent(&scene, &[&["apply"], &["login", "main", "--token-code", &code], &["status"], &["logout", "--all"]]);
        let run =
            scene.home.run_with_input(["-v", "keys", "add", "main"], &format!("AKIAIOSFODNN7EXAMPLE {SECRET_KEY}"));
        is_silent(&["keys", "add"], &run);
    }
}

/// What looks like a secret is hidden wherever it stands, whatever its key is called.
#[test]
fn a_secret_under_another_name_is_shown_in_no_diff_refusal_or_finding() {
    const SECRET: &str = "w8Kq3ZtR7/vB2nYxL0dFhJ5sPmCgEaU+6iToWb9Q";
    const ID: &str = "AKIAQ7ZLEAKEXAMPLE42";
    let token = "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJHMEUCIQDx9Zk3Tq2+b7vLw0aQ8rT5mJ4nK1pY6sUdEhG".repeat(2);
    let config = format!(
        "# the key before was {ID} {SECRET}\n[profile main]\naws_secret_acess_key = {SECRET}\nregion = eu-west-1\n  {SECRET}\n\
         s3 =\n  note = {token}\n; {token}\n[profile other]\naws_secrt = {SECRET}\n{SECRET} = 1\n"
    );
    let manifest = format!(
        "# {SECRET}\n[profiles.main]\npattern = \"iam\"\nregion = \"{SECRET}\"\n\"aws_\\u0073ecret_access_key\" = \"short\"\n\
         role_arn = \"{token}\"\n[profiles.main.settings]\n{ID} = \"{SECRET}\"\nregion = \"{ID}\"\n"
    );
    let scene = Scene::new();
    let good = "[profiles.main]\npattern = \"iam-mfa\"\nregion = \"eu-west-1\"\nmfa_serial = \"GAHT12345678\"\n";
    let commands: [&[&str]; 5] =
        [&["apply"], &["apply", "--adopt"], &["apply", "--dry-run"], &["apply", "--force"], &["check"]];
    let block = "# >>> awsauth >>>\n# <<< awsauth <<< x\n";
    for (manifest, config) in [
        (good, config.clone()),
        (good, config.replace("[profile main]", "[profile mine]")),
        (good, config.replace("= 1", "= 1\nno line")),
        (good, block.replace("# <<<", &format!("{config}# <<<"))),
        (&*manifest, String::new()),
    ] {
        for flags in [&["-v"][..], &["--json"]] {
            for args in commands {
                scene.home.manifest(manifest);
                scene.home.write(crate::scene::CONFIG, &config);
                let run = scene.run(&[flags, args].concat());
                for secret in [SECRET, ID, &token[..40], "short"] {
                    assert!(!run.stdout.contains(secret), "{args:?} {secret}\n{}", run.stdout);
                    assert!(!run.stderr.contains(secret), "{args:?} {secret}\n{}", run.stderr);
                }
            }
        }
    }
}

/// Everything below a directory.
fn below(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { [below(&path), vec![path]].concat() } else { vec![path] }).collect()
}

#[test]
fn every_file_that_is_made_is_for_its_owner_alone() {
    let scene = Scene::new();
    std::fs::remove_dir_all(scene.home.path(".aws")).unwrap();
    let input = long_term_keys();
    let key = input.split("\n\n").next().unwrap();
    scene.home.run_with_input(["keys", "add", "main"], key).ok();
    scene.home.run_with_input(["keys", "add", "base"], key).ok();
    scene.run(&["apply"]).ok();
    scene.logged_in(&["prod", "jump"]);
    scene.logged_in(&["audit"]);
    let paths: Vec<_> = [".aws", ".local"].iter().flat_map(|dir| below(&scene.home.path(dir))).collect();
    assert!(paths.len() > 12, "{paths:?}");
    for path in paths {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{} has {mode:o}", path.display());
    }
}
