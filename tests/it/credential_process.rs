//! `credential-process`: what AWS's SDKs call before each command. It renews what needs no person, and never asks.

use std::process::Stdio;

use crate::scene::{CREDENTIALS, MANIFEST, Scene, long_term_keys, minutes, now};
use crate::support::fake_aws::Approval;
use crate::support::fake_aws::Fault;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};

/// The one line that stands for a person who is needed; `state` is what they have instead of a session.
#[track_caller]
fn needs_a_login(scene: &Scene, name: &str, state: &str) {
    let run = scene.run(&["credential-process", name]).exits(5);
    assert_eq!((run.stdout.as_str(), run.stderr), ("", format!("{name}: {state}; run awsauth login {name}\n")));
}

#[test]
fn a_session_of_a_profiles_endpoint_is_none_where_the_environment_ignores_it() {
    let scene = Scene::new();
    let serial = "mfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\n\n[profiles.prod]";
    let settings = format!("settings = {{ endpoint_url = \"{}\" }}\n\n[profiles.prod]", scene.aws.url());
    scene.change_manifest(serial, &serial.replace("\n[profiles.prod]", &settings));
    scene.logged_in(&["prod"]);
    scene.run(&["credential-process", "main"]).ok();
    let scene = scene.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    for name in ["main", "prod"] {
        let run = scene.run(&["credential-process", name]).exits(5);
        assert_eq!(run.stdout, "");
    }
    assert!(
        scene.run(&["status"]).ok().stdout.lines().any(|line| line.contains("main") && line.contains("not logged in"))
    );
    let scene = scene.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false");
    scene.run(&["credential-process", "main"]).ok();
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_kept_session_is_printed_without_a_call_in_the_form_that_sdks_expect() {
    let scene = Scene::new();
    scene.logged_in(&["prod", "jump"]);
    for name in ["main", "prod", "read", "jump"] {
        let run = scene.run(&["credential-process", name]).ok();
        let session = scene.session(name);
        let end: jiff::Timestamp = session["expiration"].as_str().unwrap().parse().unwrap();
        let expected = format!(
            "{{\"Version\":1,\"AccessKeyId\":{},\"SecretAccessKey\":{},\"SessionToken\":{},\"Expiration\":\"{}\"}}\n",
            session["access_key_id"],
            session["secret_access_key"],
            session["session_token"],
            end.strftime("%Y-%m-%dT%H:%M:%SZ")
        );
        assert_eq!((run.stdout, run.stderr), (expected, String::new()));
    }
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_long_term_key_is_printed_for_iam() {
    let scene = Scene::new();
    let run = scene.run(&["credential-process", "base"]).ok();
    let expected = format!("{{\"Version\":1,\"AccessKeyId\":\"{KEY_ID}\",\"SecretAccessKey\":\"{SECRET_KEY}\"}}\n");
    assert_eq!((run.stdout, scene.calls()), (expected, vec![]));
}

#[test]
fn a_missing_long_term_key_is_told() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, "");
    let run = scene.run(&["credential-process", "base"]).exits(5);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("awsauth keys add base"), "{}", run.stderr);
}

#[test]
fn a_role_is_renewed_from_a_valid_session_without_a_person() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let old = scene.access_key_of("prod");
    scene.expire("prod");
    assert_ne!(scene.access_key_of("prod"), old);
    assert_eq!(scene.calls(), ["AssumeRole"]);
    scene.access_key_of("prod");
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_session_is_renewed_a_quarter_of_an_hour_before_its_end() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.age_session("prod", -44, 16);
    scene.access_key_of("prod");
    assert_eq!(scene.calls(), [""; 0]);
    scene.age_session("prod", -46, 14);
    scene.access_key_of("prod");
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn sso_credentials_are_renewed_from_a_valid_token() {
    let scene = Scene::new();
    scene.logged_in(&["jump"]);
    scene.expire("jump");
    scene.expire("read");
    scene.access_key_of("jump");
    assert_eq!(scene.calls(), ["GetRoleCredentials", "AssumeRole"]);
}

#[test]
fn a_token_is_renewed_from_its_refresh_token_once() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(600);
    scene.logged_in(&["read"]);
    scene.aws.world().set_token_lifetime(3600);
    scene.expire("read");
    scene.access_key_of("read");
    assert_eq!(scene.calls(), ["CreateToken", "GetRoleCredentials"]);
    scene.expire("read");
    scene.access_key_of("read");
    assert_eq!(scene.calls(), ["GetRoleCredentials"]);
}

#[test]
fn where_a_person_is_needed_it_is_one_line_and_no_call() {
    let scene = Scene::new();
    for name in ["main", "prod", "audit", "read", "jump"] {
        needs_a_login(&scene, name, "not logged in");
    }
    scene.logged_in(&["prod", "jump"]);
    for name in ["main", "prod"] {
        scene.expire(name);
    }
    needs_a_login(&scene, "prod", "session expired");
    needs_a_login(&scene, "main", "session expired");
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn an_sso_login_that_has_ended_needs_a_person() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(600);
    scene.logged_in(&["read"]);
    scene.aws.world().end_sso_logins();
    scene.expire("read");
    needs_a_login(&scene, "read", "session expired");
    assert_eq!(scene.calls(), ["CreateToken", "GetRoleCredentials"]);
}

#[test]
fn nothing_is_asked_even_with_an_answer_at_hand() {
    let scene = Scene::new();
    let code = scene.code();
    let scene = scene.env("AWSAUTH_MFA_CODE", &code);
    needs_a_login(&scene, "prod", "not logged in");
    let run = scene.home.run_with_input(["credential-process", "prod"], &format!("{code}\n")).exits(5);
    assert_eq!((run.stdout.as_str(), scene.calls()), ("", vec![]));
}

#[test]
fn after_a_change_of_the_definition_the_old_session_is_never_handed_out() {
    for (name, from, to, is_a_persons) in [
        ("prod", "444455556666:role/Admin", "444455556666:role/Other", false),
        ("prod", "mfa/alice\"\n\n[profiles.prod]", "mfa/phone\"\n\n[profiles.prod]", true),
        ("main", "mfa/alice\"\n\n[profiles.prod]", "mfa/phone\"\n\n[profiles.prod]", true),
        ("main", "ap-northeast-1", "eu-west-1", true),
        ("read", "123456789012", "210987654321", false),
        ("jump", "role/Deploy", "role/Other", false),
    ] {
        let scene = Scene::new();
        scene.logged_in(&["prod", "jump"]);
        let old = scene.access_key_of(name);
        scene.change_manifest(from, to);
        if is_a_persons {
            needs_a_login(&scene, name, "session expired");
        } else {
            // A call is made for the new definition, which this world refuses.
            let run = scene.run(&["credential-process", name]).exits(5);
            assert!(run.stdout.is_empty() && !run.stderr.contains(&old), "{name}: {}", run.stdout);
            assert_eq!(scene.calls().len(), 1, "{name} {to}");
        }
        scene.home.manifest(MANIFEST);
        assert_eq!(scene.access_key_of(name), old, "{name}: with the old definition it is good again");
    }
}

#[test]
fn after_a_change_of_the_long_term_key_the_old_session_is_never_handed_out() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let file = scene.home.read(CREDENTIALS);
    scene.home.write(CREDENTIALS, file.replace(KEY_ID, "AKIAOTHEREXAMPLEKEY2"));
    for name in ["main", "prod"] {
        needs_a_login(&scene, name, "session expired");
    }
    scene.home.write(CREDENTIALS, "");
    needs_a_login(&scene, "main", "session expired");
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn an_unrelated_change_keeps_the_session() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let old = scene.access_key_of("prod");
    scene.home.manifest(&format!("# a comment\n{MANIFEST}\n[profiles.more]\npattern = \"iam\"\n"));
    assert_eq!(scene.access_key_of("prod"), old);
    scene.change_manifest("[profiles.prod]\n", "[profiles.prod]\noutput = \"json\"\ndescription = \"x\"\n");
    assert_eq!(scene.access_key_of("prod"), old);
    scene.home.write(CREDENTIALS, format!("# a comment\n[other]\n\n{}", scene.home.read(CREDENTIALS)));
    assert_eq!((scene.access_key_of("prod"), scene.calls()), (old, vec![]));
}

#[test]
fn a_manifest_that_became_invalid_is_told_and_nothing_is_handed_out() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.home.manifest("[profiles.prod]\npattern = 1\n");
    assert_eq!(scene.run(&["credential-process", "prod"]).exits(3).stdout, "");
}

#[test]
fn another_manifest_does_not_get_the_session_of_the_first() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.home.write("other.toml", MANIFEST.replace("role/Admin", "role/Other"));
    let other = scene.home.path("other.toml");
    let run = scene.run(&["credential-process", "prod", "--manifest", other.to_str().unwrap()]).exits(5);
    assert_eq!((run.stdout.as_str(), scene.calls()), ("", vec!["AssumeRole".to_owned()]));
}

#[test]
fn a_session_that_is_about_to_end_serves_when_it_can_not_be_renewed() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let old = scene.access_key_of("prod");
    scene.age_session("prod", -55, 5);
    scene.aws.world().fail_next("AssumeRole", Fault::status(400, "ValidationError", "no"));
    assert_eq!((scene.access_key_of("prod"), scene.calls()), (old.clone(), vec!["AssumeRole".to_owned()]));
    let main = scene.access_key_of("main");
    scene.age_session("main", -700, 5);
    assert_eq!((scene.access_key_of("main"), scene.calls()), (main, vec![]));
}

#[test]
fn a_session_that_is_about_to_end_signs_for_what_stands_on_it() {
    let scene = Scene::new();
    scene.logged_in(&["jump"]);
    let key = scene.session("read")["access_key_id"].as_str().unwrap().to_owned();
    scene.age_session("read", -50, 10);
    scene.expire("jump");
    for path in scene.home.list(".aws/sso/cache") {
        std::fs::remove_file(path).unwrap();
    }
    scene.run(&["credential-process", "jump"]).ok();
    let requests = scene.aws.requests();
    let signers: Vec<_> = requests.iter().map(|request| (&*request.operation, request.access_key_id.clone())).collect();
    assert_eq!(signers, [("AssumeRole", Some(key))]);
}

#[test]
fn a_token_that_still_serves_does_not_wait_for_a_person_at_the_approval_page() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(600);
    scene.logged_in(&["read"]);
    scene.expire("read");
    scene.aws.world().approve_devices(Approval::Never);
    let mut command = scene.home.command(["login", "read", "--force", "--flow", "device"]);
    let mut person = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let is_waiting = scene.aws.wait_for("CreateToken", 1, std::time::Duration::from_mins(1));
    scene.aws.clear();
    scene.run(&["credential-process", "read"]).ok();
    assert_eq!(scene.aws.count("GetRoleCredentials"), 1);
    person.kill().unwrap();
    person.wait().unwrap();
    assert!(is_waiting);
}

#[test]
fn an_unknown_profile_is_a_usage_error() {
    let run = Scene::new().run(&["credential-process", "pord"]).exits(2);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("did you mean `prod`?"), "{}", run.stderr);
}

#[test]
fn a_session_file_of_another_profile_or_cut_short_is_a_miss() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let path = crate::scene::session_file("prod");
    let good = scene.home.read(&path);
    let main = scene.home.read(&crate::scene::session_file("main"));
    for broken in [&good[..good.len() - 3], "", "{}", "null", main.as_str(), "\u{0}"] {
        scene.home.write(&path, broken);
        scene.access_key_of("prod");
        assert_eq!(scene.calls(), ["AssumeRole"], "{broken}");
    }
}

#[test]
fn a_clock_that_was_set_back_is_not_believed() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    scene.age_session("prod", 30, 90);
    assert!(minutes(now(), 30) > now());
    scene.access_key_of("prod");
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn callers_own_credentials_and_profile_are_not_used() {
    let scene = Scene::new().env("AWS_PROFILE", "jump").env("AWS_ACCESS_KEY_ID", KEY_ID);
    let scene = scene.env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    scene.home.write(CREDENTIALS, "");
    needs_a_login(&scene, "prod", "not logged in");
    let run = scene.run(&["login", "main", "--token-code", &scene.code()]).exits(5);
    assert!(run.stderr.contains("no long-term key"), "{}", run.stderr);
    scene.home.write(CREDENTIALS, long_term_keys());
    scene.logged_in(&["prod"]);
    assert_ne!(scene.access_key_of("prod"), KEY_ID);
}

#[cfg(unix)]
#[test]
fn a_session_is_kept_where_the_manifests_path_is_no_text() {
    use std::os::unix::ffi::OsStrExt as _;

    use crate::scene::session_file;
    use crate::support::sandbox::Run;

    let scene = Scene::new();
    scene.logged_in(&["read"]);
    let dir = scene.home.path("").join(std::ffi::OsStr::from_bytes(b"jos\xe9"));
    // Not every file system takes such a name.
    if std::fs::create_dir(&dir).is_err() {
        return;
    }
    std::fs::write(dir.join("profiles.toml"), MANIFEST).unwrap();
    std::fs::remove_file(scene.home.path(&session_file("read"))).unwrap();
    let run = || -> Run {
        let mut command = scene.home.command(["credential-process", "read"]);
        command.env("AWSAUTH_MANIFEST", dir.join("profiles.toml")).output().unwrap().into()
    };
    let first = run().ok();
    assert_eq!((first.stdout, scene.calls()), (run().ok().stdout, vec!["GetRoleCredentials".to_owned()]));
    assert!(scene.session("read")["read_from"].is_array(), "the file is whole");
}
