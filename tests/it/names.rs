//! What is said of a name that no profile has: what it is, and what it may be instead.

use crate::scene::{MANIFEST, Scene, session_file};

#[track_caller]
fn says(scene: &Scene, args: &[&str], expected: &str) {
    let run = scene.run(args).exits(2);
    assert!(run.stderr.contains(expected), "{args:?}: {}", run.stderr);
}

#[test]
fn an_sso_session_in_the_place_of_a_profile_is_told_with_its_profiles() {
    let scene = Scene::new();
    let expected = "hint: `corp` is an SSO session; name one of its profiles instead: `read`, `jump`\n";
    for command in ["status", "list", "env", "graph", "credential-process"] {
        says(&scene, &[command, "corp"], expected);
    }
    says(&scene, &["exec", "corp", "--", "true"], expected);
    says(&scene, &["list", "--why", "corp"], expected);
    says(&scene, &["keys", "add", "corp"], expected);
}

#[test]
fn a_misspelt_name_may_be_that_of_an_sso_session() {
    let scene = Scene::new();
    for command in ["login", "logout", "status"] {
        says(&scene, &[command, "crop"], "hint: did you mean `corp`, the SSO session of `read`, `jump`?\n");
        says(&scene, &[command, "prdo"], "hint: did you mean `prod`?\n");
        says(&scene, &[command, "cor*"], "hint: it matches an SSO session; globs match profiles only\n");
    }
}

#[test]
fn a_tag_in_the_place_of_a_name_is_told_and_a_name_in_the_place_of_a_tag() {
    let scene = Scene::new();
    scene.change_manifest("pattern = \"iam\"\n", "pattern = \"iam\"\ntags = [\"nightly\"]\n");
    for command in ["login", "status"] {
        says(
            &scene,
            &[command, "nightly"],
            "hint: `nightly` is a tag, for `--tag` of `login`, `status` and others; profiles with it: `base`\n",
        );
        says(&scene, &[command, "--tag", "prod"], "hint: `prod` is a profile: name it without `--tag`\n");
        says(&scene, &[command, "--tag", "corp"], "hint: `corp` is an SSO session, not a tag\n");
    }
}

#[test]
fn who_names_a_profile_as_aws_cli_wants_it_is_told_how() {
    for (words, command) in [
        (&["login", "--profile", "prod"][..], "awsauth login prod"),
        (&["exec", "--profile=prod", "--", "true"], "awsauth exec prod"),
        (&["logout", "--sso", "corp"], "awsauth logout corp"),
        (&["login", "--sso-session"], "awsauth login NAME"),
    ] {
        let run = Scene::new().run(words).exits(2);
        let tip = format!("tip: give the name without an option: `{command}`\n");
        assert!(run.stderr.contains(&tip) && !run.stderr.contains("-- --"), "{}", run.stderr);
    }
}

#[test]
fn a_logout_of_an_sso_session_ends_its_sign_in_and_all_that_was_made_from_it() {
    let scene = Scene::new();
    scene.logged_in(&["prod", "jump"]);
    let run = scene.run(&["logout", "corp"]).ok();
    assert_eq!(scene.calls(), ["Logout"]);
    let expected = "This signs you out of corp, which read uses, and also ends jump, which needs read.\nsigned out of corp\n\
                    ended: jump, read\nAWS still accepts credentials";
    assert!(run.stderr.starts_with(expected), "{}", run.stderr);
    assert!(scene.home.has(&session_file("prod")) && !scene.home.has(&session_file("jump")));
    assert_eq!(scene.run(&["logout", "corp"]).ok().stderr, "no session to end\n");
    scene.run(&["login", "corp", "--no-browser"]).ok();
    let run = scene.run(&["logout", "corp", "main", "--json"]).ok();
    assert_eq!((&run.json()["sso"][0], &run.json()["profiles"][0]), (&"corp".into(), &"main".into()));
}

#[test]
fn why_of_a_name_that_nothing_has_does_not_send_to_itself() {
    let scene = Scene::new();
    let unknown = "error: there is no profile `vault` in the manifest\nhint: `awsauth list` lists the profiles\n";
    assert_eq!(scene.run(&["list", "--why", "vault"]).exits(2).stderr, unknown);
    assert_eq!(scene.run(&["env", "vault", "--shell", "dotenv"]).exits(2).stderr, unknown);
    // Nor do the mistakes of others keep it from being told.
    scene.change_manifest("role/Admin", "Admin");
    assert_eq!(scene.run(&["list", "--why", "vault"]).exits(2).stderr, unknown);
    scene.home.write(".aws/config", "[profile vault]\nregion = us-east-1\n");
    says(&scene, &["list", "--why", "vault"], "`vault` is in ~/.aws/config, line 1, outside awsauth's block");
}

#[test]
fn a_section_of_aws_own_files_is_offered_to_adopt_only_where_adopt_takes_it() {
    let home = crate::support::sandbox::Sandbox::new();
    home.manifest("[profiles.main]\npattern = \"iam\"\n");
    home.write(
        ".aws/config",
        "[profile vault]\nregion = us-east-1\ncli_pager =\n[profile vendor]\ncredential_process = /opt/x\n\
         [profile \"old team\"]\nregion = us-east-1\n[profile paged]\ncli_pager = less\n\
         [profile legacy]\nsso_registration_scopes = sso:account:access\n",
    );
    let key = "aws_access_key_id = AKIAEXAMPLE7ALICEKE\naws_secret_access_key = SECRETMARK\n";
    home.write(".aws/credentials", format!("[ci]\n{key}[temporary]\n{key}aws_session_token = SECRETMARK\n"));
    for (name, hint) in [
        ("vault", "add it to the manifest, then `awsauth apply --adopt` takes over its section\n"),
        ("legacy", "add it to the manifest, then `awsauth apply --adopt` takes over its section\n"),
        ("vendor", "its credential_process keeps it out of a manifest: it names a program"),
        ("paged", "its cli_pager keeps it out of a manifest: it names a program"),
        (
            "old team",
            "line 6, outside awsauth's block: `aws --profile 'old team'` finds it, awsauth does not; it can't be in \
             a manifest: a name can't contain ' '\n",
        ),
        ("ci", "add it to the manifest with `pattern = \"iam\"`; its key stays where it is\n"),
        ("temporary", "it holds no long-term key that awsauth could use\n"),
    ] {
        let run = home.run(["status", name]).exits(2);
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_manifest_with_matrices_is_asked_which_of_them_leaves_a_name_out() {
    let home = crate::team::machine("alice", None);
    let run = home.run(["status", "vault"]).exits(2);
    assert!(run.stderr.contains("`awsauth list --why vault` says which matrix leaves this one out"), "{}", run.stderr);
    let run = home.run(["list", "--why", "vault"]).exits(2);
    assert!(run.stderr.contains("hint: no matrix makes it or leaves it out; `awsauth list`"), "{}", run.stderr);
}

#[test]
fn why_names_the_profile_on_the_chain_that_has_the_errors() {
    let scene = Scene::new();
    scene.change_manifest("sso_role_name = \"ReadOnly\"", "sso_role_name = \"Read Only\"");
    let run = scene.run(&["list", "--why", "jump"]).exits(3);
    assert!(run.stdout.contains("`jump` is left out: its source `read` has errors.\n"), "{}", run.stdout);
    let run = scene.run(&["list", "--why", "read"]).exits(3);
    assert!(run.stdout.contains("`read` is left out: it has errors.\n"), "{}", run.stdout);
    assert!(!scene.run(&["list", "--why", "prod"]).exits(3).stdout.contains("left out"));
    scene.change_manifest("sso_region = \"us-east-1\"", "sso_region = \"moon\"");
    let run = scene.run(&["list", "--why", "jump"]).exits(3);
    assert!(run.stdout.contains("`jump` is left out for these errors.\n"), "{}", run.stdout);
}

#[test]
fn the_errors_of_a_profile_that_is_asked_for_are_told_once() {
    let scene = Scene::new();
    scene.home.manifest(&MANIFEST.replace("role/Admin", "Admin"));
    for args in [
        &["login", "prod"][..],
        &["logout", "prod"],
        &["status", "prod"],
        &["env", "prod", "--shell", "bash"],
        &["exec", "prod", "--", "true"],
        &["exec", "prod*", "--", "true"],
        &["keys", "add", "prod"],
    ] {
        let run = scene.run(args).exits(3);
        assert!(run.stderr.starts_with("error[") && !run.stderr.contains("warning"), "{args:?}: {}", run.stderr);
        assert_eq!(run.stderr.matches("1 error").count(), 1, "{args:?}: {}", run.stderr);
    }
}
