//! `mfa_process`: a program of the person's that gives MFA codes, when it is run, and when it never is.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use crate::scene::{SECRETS, Scene, session_file};
use crate::support::fake_aws::standard::MFA_SERIAL;

/// Where personal settings are, in HOME.
const LOCAL: &str = ".config/awsauth/profiles.local.toml";

/// A scene whose `mfa_process` is a shell script that leaves a line in `runs` each time.
fn with_script(script: &str) -> Scene {
    let scene = Scene::new();
    write_script(&scene, script);
    let path = scene.home.path("code");
    scene.home.write(LOCAL, format!("[settings]\nmfa_process = [\"{}\", \"a b\", \"$HOME\"]\n", path.display()));
    scene
}

fn write_script(scene: &Scene, script: &str) {
    let runs = scene.home.path("runs");
    scene.home.write("code", format!("#!/bin/sh\necho run >> {}\n{script}\n", runs.display()));
    std::fs::set_permissions(scene.home.path("code"), Permissions::from_mode(0o755)).expect("the script is there");
}

/// How often the script ran.
fn runs(scene: &Scene) -> usize {
    if scene.home.has("runs") { scene.home.read("runs").lines().count() } else { 0 }
}

#[test]
fn a_login_without_a_terminal_takes_its_code_from_the_program() {
    let scene = with_script("");
    let code = scene.code();
    write_script(
        &scene,
        &format!(
            "printf '%s\\n' \"$AWSAUTH_PROFILE|$AWSAUTH_MFA_SERIAL|$1|$2|$#|${{AWSAUTH_MFA_CODE-none}}\" > facts; cat >> facts; echo ' {} {} '",
            &code[..3],
            &code[3..]
        ),
    );
    let run = scene.run(&["-v", "login", "prod"]).ok();
    assert_eq!(scene.calls(), ["GetSessionToken", "AssumeRole"]);
    assert_eq!(scene.home.read("facts"), format!("main|{MFA_SERIAL}|a b|$HOME|2|none\n"));
    assert!(!run.stderr.contains(&code) && !run.stderr.contains("warning: mfa_process"), "{}", run.stderr);
    scene.run(&["login", "prod"]).ok();
    assert_eq!(runs(&scene), 1, "what is valid needs no code");
}

#[test]
fn the_program_gets_none_of_the_callers_keys_and_tokens() {
    let scene = with_script("");
    let code = scene.code();
    write_script(&scene, &format!("env | grep -e secret-value -e ^AWS_PROFILE > seen; echo {code}"));
    let mut command = scene.home.command(["login", "main"]);
    command.envs(SECRETS.map(|name| (name, "secret-value"))).env("AWS_PROFILE", "other");
    assert!(command.output().unwrap().status.success());
    assert_eq!(scene.home.read("seen"), "AWS_PROFILE=other\n");
}

#[test]
fn a_program_that_anybody_could_have_written_is_not_run() {
    for place in ["own/bin/code", "own/bin", "own"] {
        let scene = with_script("echo 123456");
        std::fs::create_dir_all(scene.home.path("own/bin")).unwrap();
        std::fs::rename(scene.home.path("code"), scene.home.path("own/bin/code")).unwrap();
        let program = scene.home.path("own/bin/code");
        scene.home.write(LOCAL, format!("[settings]\nmfa_process = [\"{}\"]\n", program.display()));
        std::fs::set_permissions(scene.home.path(place), Permissions::from_mode(0o777)).unwrap();
        let run = scene.run(&["login", "prod"]).exits(5);
        let why = format!("is not run: every user of this machine can write to ~/{place}\n");
        assert!(run.stderr.contains(&why), "{}", run.stderr);
        assert_eq!((runs(&scene), scene.calls()), (0, vec![]));
    }
}

#[test]
fn a_code_that_was_given_comes_before_the_program() {
    let scene = with_script("echo 000000");
    let code = scene.code();
    scene.run(&["login", "main", "--token-code", &code]).ok();
    let code = scene.code();
    let mut command = scene.home.command(["login", "audit"]);
    assert!(command.env("AWSAUTH_MFA_CODE", &code).output().unwrap().status.success());
    assert_eq!(runs(&scene), 0);
    // It is good for one call; the program has the next, and is not told the one that is used up.
    let (first, second) = (scene.code(), scene.code());
    write_script(&scene, &format!("echo ${{AWSAUTH_MFA_CODE-none}} > told; echo {second}"));
    let mut command = scene.home.command(["login", "main", "audit", "--force"]);
    assert!(command.env("AWSAUTH_MFA_CODE", &first).output().unwrap().status.success());
    assert_eq!((runs(&scene), scene.home.read("told").as_str()), (1, "none\n"));
}

#[test]
fn a_refused_code_is_asked_for_once_more_and_then_told() {
    let scene = with_script("");
    let good = scene.code();
    let wrong = |digit: char| {
        if good.starts_with(digit) { "123456" } else { &"000000111111"[if digit == '0' { 0..6 } else { 6..12 }] }
    };
    // Each run shows another code, as a device does in another step.
    let second = format!("[ $(wc -l < runs) = 1 ] && echo {} || echo", wrong('0'));
    write_script(&scene, &format!("{second} {good}"));
    scene.run(&["login", "main"]).ok();
    assert_eq!((scene.calls(), runs(&scene)), (vec!["GetSessionToken".to_owned(); 2], 2));

    let scene = with_script("[ $(wc -l < runs) = 1 ] && echo 000000 || echo 111111");
    let run = scene.run(&["login", "main"]).exits(5);
    assert_eq!((scene.calls(), runs(&scene)), (vec!["GetSessionToken".to_owned(); 2], 2));
    assert!(run.stderr.contains("invalid MFA one time pass code"), "{}", run.stderr);
}

#[test]
fn a_program_that_has_no_code_is_told_and_what_it_printed_is_not() {
    for (script, words) in [
        ("echo 12345", "/code` printed something other than the answer"),
        ("echo 'aws  123456'", "/code` printed something other than the answer"),
        ("echo 123456; echo oops >&2; exit 3", "/code` ended with exit code 3"),
        ("kill -9 $$", "/code` ended with signal 9"),
    ] {
        let scene = with_script(script);
        let run = scene.run(&["login", "prod", "-v"]).exits(5);
        for part in
            ["prod (through main): no MFA code for arn:aws:iam::111122223333:mfa/alice", words, "run it by hand"]
        {
            assert!(run.stderr.contains(part), "{script}: {part}\n{}", run.stderr);
        }
        assert!(!run.stderr.contains("12345") && !run.stderr.contains("oops"), "{}", run.stderr);
        assert_eq!((scene.calls(), runs(&scene)), (vec![], 1), "{script}");
    }
    let scene = with_script("kill -2 $$");
    scene.run(&["login", "prod"]).exits(130);
}

#[test]
fn a_name_is_looked_up_in_absolute_directories_of_path_and_never_in_the_current_one() {
    let scene = with_script("exit 3");
    scene.home.write(LOCAL, "[settings]\nmfa_process = [\"code\"]\n");
    let run = |path: &str| {
        let path = format!("{path}:{}", std::env::var("PATH").unwrap());
        let output = scene.home.command(["login", "main"]).env("PATH", path).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    for path in ["", ".", ":"] {
        let said = run(path);
        assert!(said.contains("there is no program `code` in PATH"), "{path}: {said}");
    }
    assert_eq!(runs(&scene), 0);
    run(scene.home.path("").to_str().unwrap());
    assert!(runs(&scene) > 0);
}

#[test]
fn what_hands_credentials_to_a_program_never_runs_it_without_a_terminal() {
    let scene = with_script("");
    let code = scene.code();
    write_script(&scene, &format!("echo {code}"));
    for args in [&["credential-process", "prod"][..], &["env", "prod"], &["exec", "prod", "--", "true"]] {
        for prompt in ["", "prompt = \"tty\"\n"] {
            let text = scene.home.read(LOCAL);
            scene.home.write(LOCAL, format!("{}{prompt}", text.replace("prompt = \"tty\"\n", "")));
            let run = scene.run_detached(args).exits(5);
            let line = "prod: not logged in; run awsauth login prod\n";
            let failing = if args[0] == "env" { "false\n" } else { "" };
            assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (failing, line), "{args:?}");
        }
    }
    assert_eq!((scene.calls(), runs(&scene)), (vec![], 0));
}

#[test]
fn a_program_that_leads_back_to_awsauth_ends_at_once_with_one_line() {
    for back in ["credential-process main", "credential-process prod", "login main", "login prod", "env main"] {
        let scene = with_script(&format!("{} {back} 2> back", env!("CARGO_BIN_EXE_awsauth")));
        let run = scene.run(&["login", "prod"]).exits(5);
        assert!(run.stderr.contains("/code` ended with exit code 5"), "{back}: {}", run.stderr);
        let name = back.split(' ').next_back().unwrap();
        let line = format!("{name}: mfa_process leads back to awsauth, for which it is to get the code of main\n");
        assert_eq!(scene.home.read("back"), line, "{back}");
        assert_eq!((scene.calls(), runs(&scene)), (vec![], 1), "{back}");
    }
}

#[test]
fn a_program_may_use_awsauth_for_what_needs_no_code() {
    let scene = with_script("");
    scene.run(&["login", "read"]).ok();
    scene.calls();
    let code = scene.code();
    let awsauth = env!("CARGO_BIN_EXE_awsauth");
    // And one that needs a code of another call is refused it, but not by a circle.
    write_script(
        &scene,
        &format!("{awsauth} exec read -- true || exit 7\n{awsauth} credential-process audit 2> audit\necho {code}"),
    );
    scene.run(&["login", "main"]).ok();
    assert_eq!(scene.calls(), ["GetSessionToken"]);
    assert_eq!(scene.home.read("audit"), "audit: not logged in; run awsauth login audit\n");
    assert!(scene.home.has(&session_file("main")));
}
