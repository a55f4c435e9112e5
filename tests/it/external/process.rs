//! A `credential_process` of the person's own.
#![cfg(unix)]

use super::{MANIFEST, scene, with_mfa_role};
use crate::pty::Terminal;
use crate::scene::{CONFIG, Scene};
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};

/// What the program prints: Alice's key.
fn answer() -> String {
    format!(r#"{{"Version": 1, "AccessKeyId": "{KEY_ID}", "SecretAccessKey": "{SECRET_KEY}"}}"#)
}

/// A scene in which `vendor` is that shell script, which notes each run in the file `runs`.
fn with_program(script: &str) -> Scene {
    let scene = scene("");
    let program = scene.home.script("program", &format!("echo run >> \"$HOME/runs\"\n{script}"));
    scene.home.write(CONFIG, format!("[profile vendor]\ncredential_process = {} 'a b' \"$HOME\"\n", program.display()));
    scene
}

fn runs(scene: &Scene) -> usize {
    if scene.home.has("runs") { scene.home.read("runs").lines().count() } else { 0 }
}

/// Prints the answer if the arguments are as AWS CLI splits them.
fn printing() -> Scene {
    with_program(&format!("[ \"$1:$2\" = 'a b:$HOME' ] && echo '{}'\n", answer()))
}

#[test]
fn a_program_is_run_without_a_shell_and_only_when_its_credentials_are_needed() {
    let scene = printing();
    for args in [&["apply"][..], &["status"], &["list"], &["graph"], &["check"]] {
        scene.run(args).ok();
    }
    assert_eq!(runs(&scene), 0);
    assert_eq!(scene.access_key_of("vendor"), KEY_ID);
    assert_eq!(runs(&scene), 1);
    let session = scene.access_key_of("job");
    assert_eq!((scene.access_key_of("job"), runs(&scene), scene.calls().len()), (session, 2, 1));
    // Two roles of one run share it.
    let more = "[profiles.job2]\npattern = \"role\"\nsource_profile = \"vendor\"\nrole_arn = \"arn:aws:iam::444455556666:role/Batch\"\n";
    scene.home.manifest(&format!("{MANIFEST}\n{more}"));
    scene.run(&["login", "--force", "job", "job2"]).ok();
    assert_eq!((runs(&scene), scene.calls().len()), (3, 2));
}

#[test]
fn a_session_is_bound_to_the_command() {
    let scene = printing();
    let session = scene.access_key_of("job");
    let config = scene.home.read(CONFIG);
    scene.home.write(CONFIG, format!("# mine\n{config}"));
    assert_eq!((scene.access_key_of("job"), scene.calls().len()), (session, 1));
    scene.home.write(CONFIG, config.replace("'a b'", "other"));
    assert_eq!(scene.run(&["credential-process", "job"]).exits(5).stdout, "");
}

#[test]
fn a_program_that_fails_is_told_with_what_it_said_and_never_with_what_it_printed() {
    let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETSKEY";
    let scene = with_program(&format!("echo SECRETS; printf 'log in\\033[31m first\\n{key}\\n' >&2; exit 3\n"));
    let run = scene.run(&["env", "vendor"]).exits(5);
    assert!(run.stderr.contains("ended with exit code 3") && run.stderr.contains("log in"), "{}", run.stderr);
    assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains("SECRETS"), "{:?}", run.stderr);
    let run = scene.run(&["login", "job"]).exits(5);
    assert!(run.stderr.contains("through vendor"), "{}", run.stderr);
    let scene = with_program("echo '{\"Version\": 1, \"AccessKeyId\": \"SECRETS\"}'\n");
    let run = scene.run(&["credential-process", "vendor"]).exits(5);
    assert!(run.stderr.contains("printed no `SecretAccessKey`") && !run.stderr.contains("SECRETS"), "{}", run.stderr);
    let scene = with_program("kill -9 $$\n");
    assert!(scene.run(&["env", "vendor"]).exits(5).stderr.contains("signal 9"));
}

#[test]
fn the_end_that_it_gives_counts() {
    let of = |end: &str| {
        let answer = answer().replace('}', &format!(r#", "SessionToken": "t", "Expiration": "{end}"}}"#));
        with_program(&format!("echo '{answer}'\n"))
    };
    let document = of("2099-01-01T00:00:00+01:00").run(&["credential-process", "vendor"]).ok().json();
    assert_eq!((&document["Expiration"], &document["SessionToken"]), (&"2098-12-31T23:00:00Z".into(), &"t".into()));
    let run = of("2020-01-01T00:00:00Z").run(&["credential-process", "vendor"]).exits(5);
    assert!(run.stderr.contains("printed credentials that have expired"), "{}", run.stderr);
}

#[test]
fn a_program_that_leads_back_to_awsauth_is_an_end_and_no_loop() {
    let scene = scene("");
    let command = format!("{} credential-process vendor", env!("CARGO_BIN_EXE_awsauth"));
    scene.home.write(CONFIG, format!("[profile vendor]\ncredential_process = {command}\n"));
    for args in [&["credential-process", "vendor"][..], &["env", "vendor"], &["login", "job"]] {
        let run = scene.run(args).exits(5);
        assert!(run.stderr.contains("leads back to awsauth"), "{}", run.stderr);
    }
}

#[test]
fn a_code_goes_with_the_key_that_a_program_gives() {
    let scene = printing();
    scene.home.manifest(&with_mfa_role());
    let code = scene.code();
    scene.run(&["login", "admin", "job", "--token-code", &code]).ok();
    assert_eq!((runs(&scene), scene.calls()), (1, vec!["AssumeRole".to_owned(); 2]));
    let scene = with_program("exit 1\n");
    scene.home.manifest(&with_mfa_role());
    let run = scene.run(&["login", "admin", "--token-code", "123456"]).exits(5);
    assert!(run.stderr.contains("admin (through vendor): its `credential_process` failed"), "{}", run.stderr);
}

#[test]
fn a_person_is_told_which_program_is_waited_for() {
    let scene = with_program(&format!("read line < \"$HOME/touched\"; echo '{}'\n", answer()));
    let pipe = scene.home.pipe("touched");
    let mut session = Terminal::runs(scene.home.command(["login", "vendor"]));
    session.exp_string("vendor: waiting for `").unwrap();
    std::fs::write(pipe, "x\n").unwrap();
    session.exp_string("vendor: has credentials").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn no_program_gets_a_code_that_was_given() {
    let scene = with_program(&format!("[ -z \"$AWSAUTH_MFA_CODE\" ] && echo '{}'\n", answer()));
    scene.env("AWSAUTH_MFA_CODE", "123456").run(&["env", "vendor"]).ok();
}
