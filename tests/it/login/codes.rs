//! Where an MFA code comes from, and which ones are good.

use crate::scene::Scene;

#[test]
fn a_code_is_taken_from_the_flag_the_environment_or_stdin() {
    let scene = Scene::new();
    let code = scene.code();
    let run = scene.run(&["login", "main", "-v", "--token-code", &code]).ok();
    assert!(run.stderr.contains("taking the MFA code of --token-code\n"), "{}", run.stderr);

    let scene = Scene::new();
    let code = scene.code();
    let output = scene.home.command(["login", "main", "-v"]).env("AWSAUTH_MFA_CODE", &code).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && words.contains("taking the MFA code of AWSAUTH_MFA_CODE\n"), "{words}");

    let scene = Scene::new();
    let code = scene.code();
    scene
        .home
        .run_with_input(["login", "main", "--token-code", "-"], &format!(" {} {}\n", &code[..3], &code[3..]))
        .ok();
    assert_eq!(scene.calls(), ["GetSessionToken"]);
}

#[test]
fn the_flag_wins_over_the_environment() {
    let scene = Scene::new();
    let code = scene.code();
    let mut command = scene.home.command(["login", "main", "--token-code", &code]);
    assert!(command.env("AWSAUTH_MFA_CODE", "nonsense").output().unwrap().status.success());
}

#[test]
fn a_malformed_code_is_a_usage_error_and_never_sent() {
    let scene = Scene::new();
    for bad in ["", "12345", "1234567", "12345a", "-12345", "１２３４５６"] {
        let run = scene.run(&["login", "main", "--token-code", bad]).exits(2);
        assert_eq!(run.stderr, "error: --token-code: an MFA code is six digits\n", "{bad}");
    }
    let output = scene.home.command(["login", "main"]).env("AWSAUTH_MFA_CODE", "123").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    scene.home.run_with_input(["login", "main", "--token-code", "-"], "abc").exits(2);
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn without_a_code_and_a_terminal_it_fails_at_once_and_says_how() {
    let scene = Scene::new();
    for name in ["main", "prod", "audit"] {
        let run = scene.run(&["login", name]).exits(5);
        for part in ["no MFA code", "no terminal", "--token-code 123456", "AWSAUTH_MFA_CODE"] {
            assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        }
    }
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn one_code_is_never_used_for_two_calls() {
    let scene = Scene::new();
    let code = scene.code();
    let run = scene.run(&["login", "main", "audit", "--token-code", &code]).exits(5);
    assert_eq!(scene.calls(), ["GetSessionToken"]);
    assert!(run.stderr.contains("main: valid for"), "{}", run.stderr);
    assert!(run.stderr.contains("audit: no MFA code"), "{}", run.stderr);
}

#[test]
fn a_wrong_code_is_refused_once_and_the_hint_says_to_wait() {
    let scene = Scene::new();
    let good = scene.code();
    let wrong = if good == "000000" { "000001" } else { "000000" };
    let run = scene.run(&["login", "prod", "--token-code", wrong]).exits(5);
    let words = "prod (through main): GetSessionToken failed: MultiFactorAuthentication failed with invalid MFA one time pass code.";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    assert!(run.stderr.contains("hint: try again with the next code, in "), "{}", run.stderr);
    assert_eq!(scene.calls(), ["GetSessionToken"]);
}

#[test]
fn a_code_that_was_used_before_is_refused_and_the_next_one_is_good() {
    let scene = Scene::new();
    let code = scene.code();
    scene.run(&["login", "main", "--token-code", &code]).ok();
    let run = scene.run(&["login", "audit", "--token-code", &code]).exits(5);
    assert!(run.stderr.contains("wrong or already used"), "{}", run.stderr);
    scene.run(&["login", "audit", "--token-code", &scene.code()]).ok();
}
