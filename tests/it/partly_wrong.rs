//! One mistake does not stop the rest: what goes on for the profiles that are in order, and what does not.

use crate::scene::{CONFIG, MANIFEST, Scene};
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};
use crate::support::sandbox::Run;

/// Wrong by itself; another one whose source is wrong; one that nobody can find the source of.
const WRONG: &str = r#"
[profiles.staging]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::44445555666:role/Admin"

[profiles.staging-deploy]
pattern = "iam-mfa-role"
source_profile = "staging"
role_arn = "arn:aws:iam::444455556666:role/Deploy"

[profiles.lost]
pattern = "sso-role"
source_profile = "raed"
role_arn = "arn:aws:iam::999900001111:role/Deploy"
"#;
const WARNING: &str =
    "warning: profiles.toml has 2 errors (left out: staging, staging-deploy, lost); run awsauth check\n";

/// The usual scene with wrong profiles as well.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.home.manifest(&format!("{MANIFEST}{WRONG}"));
    scene
}

/// What was said that is no warning about the whole manifest.
#[track_caller]
fn warned(run: Run) -> String {
    let run = run.ok();
    let rest = run.stderr.replacen(WARNING, "", 1);
    assert_eq!(run.stderr.len() - rest.len(), WARNING.len(), "{}", run.stderr);
    rest
}

#[cfg_attr(windows, ignore = "there is no program true")]
#[test]
fn profiles_that_are_in_order_go_on_with_one_line_of_warning() {
    let scene = scene();
    warned(scene.run(&["login", "prod", "--token-code", &scene.code()]));
    warned(scene.run(&["status", "prod"]));
    warned(scene.run(&["env", "prod", "--shell", "bash"]));
    warned(scene.run(&["exec", "prod", "--", "true"]));
    warned(scene.run(&["logout", "prod"]));
    let key = format!("{KEY_ID} {SECRET_KEY}");
    warned(scene.home.run_with_input(["keys", "add", "base", "--force"], &key));
    let home = scene.home.env("AWSAUTH_HOOK", "bash");
    warned(home.run(["use", "base"]));
}

#[test]
fn an_sdk_sees_nothing_of_the_mistakes_of_others_and_stays_warm() {
    let scene = scene();
    scene.run(&["login", "prod", "--token-code", &scene.code()]).ok();
    scene.calls();
    scene.expire("prod");
    let run = scene.run(&["credential-process", "prod"]).ok();
    assert_eq!((run.stderr.as_str(), scene.calls()), ("", vec!["AssumeRole".to_owned()]));
    let run = scene.run(&["credential-process", "prod"]).ok();
    assert_eq!((run.stderr.as_str(), scene.calls()), ("", vec![]));
    // With an address that is none, only a session that is kept can be had, without the manifest being read.
    let scene = scene.env("AWS_ENDPOINT_URL_STS", "::");
    scene.run(&["credential-process", "base"]).exits(2);
    assert_eq!(scene.run(&["credential-process", "prod"]).ok().stdout, run.stdout);
}

#[test]
fn a_profile_that_is_wrong_is_told_by_its_own_errors_and_those_of_its_chain() {
    let scene = scene();
    for command in ["login", "status", "env", "credential-process", "logout"] {
        let run = scene.run(&[command, "staging"]).exits(3);
        assert!(run.stderr.contains("44445555666") && !run.stderr.contains("raed"), "{}", run.stderr);
        let run = scene.run(&[command, "staging-deploy"]).exits(3);
        assert!(run.stderr.contains("44445555666") && !run.stderr.contains("raed"), "{}", run.stderr);
        let run = scene.run(&[command, "lost"]).exits(3);
        assert!(run.stderr.contains("raed") && !run.stderr.contains("44445555666"), "{}", run.stderr);
        assert!(!run.stdout.contains("AWS_ACCESS_KEY_ID="), "{}", run.stdout);
    }
    let run = scene.run(&["exec", "staging", "--", "true"]).exits(3);
    assert!(run.stderr.contains("44445555666"), "{}", run.stderr);
    let document = scene.run(&["--json", "status", "lost"]).exits(3).json();
    assert_eq!(document["diagnostics"].as_array().unwrap().len(), 1, "{document}");
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn globs_tags_and_all_take_those_that_are_in_order() {
    let scene = scene();
    let rest = warned(scene.run(&["login", "[mps]*", "--token-code", &scene.code()]));
    assert!(rest.contains("prod") && !rest.contains("staging"), "{rest}");
    let run = scene.run(&["status", "*"]).ok();
    assert!(run.stdout.contains("prod") && !run.stdout.contains("staging"), "{}", run.stdout);
    let run = scene.run(&["status", "stag*"]).exits(3);
    assert!(run.stderr.contains("44445555666") && !run.stderr.contains("raed"), "{}", run.stderr);
    scene.run(&["status", "nothing-*"]).exits(2);
    scene.run(&["status", "nothing"]).exits(2);
}

#[test]
fn check_list_graph_and_apply_fail_and_write_nothing() {
    let scene = Scene::new();
    scene.run(&["apply", "--yes"]).ok();
    scene.logged_in(&["prod", "jump"]);
    let before = scene.home.read(CONFIG);
    // `main` is wrong now, and it is not gone: its session and those made from it stay.
    scene.change_manifest("mfa/alice\"\n\n[profiles.prod]", "mfa/\"\n\n[profiles.prod]");
    for command in [&["check"][..], &["list"], &["graph"], &["apply", "--yes"], &["apply", "--dry-run"]] {
        scene.run(command).exits(3);
    }
    assert_eq!(scene.home.read(CONFIG), before);
    for name in ["main", "prod", "read", "jump"] {
        scene.session(name);
    }
    scene.run(&["logout", "jump"]).ok();
    for name in ["main", "prod"] {
        scene.session(name);
    }
}

#[test]
fn an_error_in_what_profiles_share_leaves_out_those_that_use_it() {
    let scene = Scene::new();
    for (from, to, left) in [
        ("corp.awsapps.com/start\"", "corp.awsapps.com/start\"\nsso_regoin = \"x\"", "main prod base audit"),
        ("mfa/alice\"\n\n[profiles.prod]", "mfa/${user}\"\n\n[profiles.prod]", "base audit read jump"),
        ("region = \"ap-northeast-1\"", "mfa_serial = \"x:y\"", "main base audit read jump"),
        ("[defaults]", "[other]\na = 1\n[defaults]", "main prod base audit read jump"),
    ] {
        scene.change_manifest(from, to);
        let document = scene.run(&["status", "--json"]).ok().json();
        let names = document["profiles"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>().join(" "), left, "{to}");
    }
    // What all of them would take values from.
    for to in [
        "[defualts]",
        "[defaults]\nregoin = \"x\"",
        "[defaults]\ns4 = 1",
        "[defaults.settings]\nmax_atempts = 1\n[defaults]",
    ] {
        scene.change_manifest("[defaults]", to);
        scene.run(&["status"]).exits(3);
    }
}

#[test]
fn a_file_that_can_not_be_parsed_and_wrong_settings_of_ones_own_stop_everything() {
    let scene = Scene::new();
    scene.home.manifest(&format!("{MANIFEST}\n[profiles.main]\n"));
    scene.run(&["env", "base", "--shell", "bash"]).exits(3);
    scene.home.manifest(MANIFEST);
    scene.home.write(".config/awsauth/profiles.local.toml", "[settings]\nprompt = \"ttty\"\n");
    scene.run(&["env", "base", "--shell", "bash"]).exits(3);
}

#[test]
fn who_logs_in_without_any_profile_is_told_that_there_is_none() {
    let scene = Scene::new().env("AWSAUTH_HOOK", "bash");
    scene.home.manifest("");
    for args in [
        &["login"][..],
        &["login", "prod"],
        &["login", "--all"],
        &["env", "prod"],
        &["use"],
        &["exec", "--all", "--", "true"],
    ] {
        let run = scene.run(args).exits(2);
        for part in ["the manifest has no profiles", "~/.config/awsauth/profiles.toml", "awsauth init --print"] {
            assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        }
    }
    scene.home.manifest("[accounts]\n[matrix.m]\nname = \"${account}\"\naccounts = \"*\"\npattern = \"iam\"\n");
    let run = scene.run(&["login"]).exits(2);
    assert!(run.stderr.contains("its [matrix] makes none"), "{}", run.stderr);
}

#[test]
fn a_manifest_that_is_not_there_is_begun_where_it_was_looked_for() {
    let scene = Scene::new();
    let run = scene.run(&["check", "--manifest", "my manifest.toml"]).exits(3);
    let command = "awsauth init --manifest 'my manifest.toml'";
    assert!(run.stderr.contains(command) && !run.stderr.contains("stands elsewhere"), "{}", run.stderr);
    scene.run(&["init", "--manifest", "my manifest.toml"]).ok();
    scene.run(&["check", "--manifest", "my manifest.toml"]).ok();
}

#[test]
fn an_sso_session_is_logged_in_by_its_name() {
    let scene = Scene::new();
    let run = scene.run(&["login", "corp", "--no-browser"]).ok();
    assert!(run.stderr.contains("corp: signed in"), "{}", run.stderr);
    assert_eq!(scene.calls(), ["RegisterClient", "StartDeviceAuthorization", "CreateToken"]);
    let run = scene.run(&["login", "corp"]).ok();
    assert!(run.stderr.contains("corp: already signed in for 1 h 0 min or longer\n"), "{}", run.stderr);
    let document = scene.run(&["login", "corp", "read", "--json"]).ok().json();
    assert_eq!((&document["sso_sessions"][0], &document["profiles"][0]["name"]), (&"corp".into(), &"read".into()));
    assert_eq!(scene.calls(), ["GetRoleCredentials"]);
    scene.run(&["login", "corp", "read", "--force", "--no-browser"]).ok();
    assert_eq!(scene.calls(), ["StartDeviceAuthorization", "CreateToken", "GetRoleCredentials"]);
    // A profile of that name is the one that is meant.
    scene.home.manifest(&format!("{MANIFEST}\n[profiles.corp]\npattern = \"iam\"\n"));
    assert!(!scene.run(&["login", "corp"]).exits(5).stderr.contains("signed in"));
}

#[test]
fn a_name_that_only_aws_files_have_is_told_with_its_place() {
    let scene = Scene::new();
    scene.run(&["apply", "--yes"]).ok();
    let block = scene.home.read(CONFIG);
    scene.home.write(CONFIG, format!("[profile old]\nregion = us-east-1\n\n{block}"));
    scene.home.write(".aws/credentials", "[keys-only]\n");
    for command in ["login", "env", "status", "credential-process"] {
        let run = scene.run(&[command, "old"]).exits(2);
        assert!(run.stderr.contains("`old` is in ~/.aws/config, line 1, outside"), "{}", run.stderr);
    }
    let run = scene.run(&["env", "keys-only"]).exits(2);
    assert!(run.stderr.contains("is in ~/.aws/credentials, line 1"), "{}", run.stderr);
    scene.change_manifest("profiles.jump", "profiles.leap");
    let run = scene.run(&["env", "jump"]).exits(2);
    let left = "`jump` in ~/.aws/config is left from an older manifest: `awsauth apply` removes it";
    assert!(run.stderr.contains(left) && !run.stderr.contains("in order"), "{}", run.stderr);
    scene.home.manifest(&format!("{}\n[profiles.broken]\n", MANIFEST.replace("profiles.jump", "profiles.leap")));
    let run = scene.run(&["env", "jump"]).exits(2);
    assert!(run.stderr.contains(&format!("{left}, once the manifest has no errors")), "{}", run.stderr);
    scene.change_manifest("profiles.jump", "profiles.leap");
    let run = scene.run(&["env", "PROD"]).exits(2);
    assert!(run.stderr.contains("did you mean `prod`? Names are case-sensitive"), "{}", run.stderr);
}
