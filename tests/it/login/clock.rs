//! A clock that is hours off, and credentials that end when none can: nobody is given what has expired.

use crate::scene::{SSO_CALLS, Scene, session_file};
use crate::support::fake_aws::Fault;

/// Three hours, in seconds.
const HOURS: i64 = 3 * 3600;

#[test]
fn a_clock_that_is_hours_off_ends_an_sso_login_before_anybody_approves() {
    for (offset, words) in [(-HOURS, " s ahead of AWS's"), (HOURS, " s behind AWS's")] {
        let scene = Scene::new();
        scene.aws.world().set_clock_offset(offset);
        let run = scene.run(&["login", "read", "--json"]).exits(5);
        for part in ["read: this machine's clock is wrong", words, "synchronise this machine's clock"] {
            assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
        }
        let skew = run.json()["profiles"][0]["error"]["clock_skew_seconds"].as_i64().unwrap();
        assert!((skew + offset).abs() < 60, "{skew}");
        assert_eq!(scene.calls(), ["RegisterClient", "StartDeviceAuthorization"]);
    }
}

#[test]
fn no_sign_in_succeeds_by_a_clock_that_is_hours_off() {
    let fails = |scene: &Scene, calls: &[&str]| {
        let run = scene.run(&["login", "corp"]).exits(5);
        assert!(run.stderr.contains("corp: this machine's clock is wrong"), "{}", run.stderr);
        assert_eq!(scene.calls(), calls);
    };
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    scene.expire_token();
    scene.aws.world().set_clock_offset(HOURS);
    // Twice: what came of the first one is not taken for good.
    fails(&scene, &["CreateToken"]);
    fails(&scene, &["CreateToken"]);
    scene.aws.world().set_clock_offset(0);
    scene.run(&["login", "corp"]).ok();
    assert_eq!(scene.calls(), ["CreateToken"], "nobody has to approve again");
    // The clock may be found wrong by the last answer alone.
    let scene = Scene::new();
    let headers = [("content-type", "application/json"), ("date", "Thu, 01 Jan 2026 00:00:00 GMT")];
    let token = r#"{"accessToken": "x", "tokenType": "Bearer", "expiresIn": 3600}"#;
    scene.aws.world().fail_next("CreateToken", Fault::raw(200, &headers, token));
    fails(&scene, &SSO_CALLS[..3]);
    scene.run(&["login", "corp"]).ok();
    assert_eq!(scene.calls(), SSO_CALLS[1..3]);
}

#[test]
fn no_program_is_given_credentials_by_a_clock_that_is_hours_off() {
    for offset in [-HOURS, HOURS] {
        let scene = Scene::new();
        scene.logged_in(&["read"]);
        scene.aws.world().set_clock_offset(offset);
        for args in [
            &["credential-process", "read"][..],
            &["env", "read", "--shell", "bash"],
            &["exec", "read", "--", "env"],
            &["login", "read"],
        ] {
            // About to end, so that it is renewed; it would serve for a while if the clock could be believed.
            scene.age_session("read", -55, 5);
            let run = scene.run(args).exits(5);
            assert!(!run.stdout.contains("ASIA") && !run.stdout.contains("SECRET"), "{args:?}\n{}", run.stdout);
            assert!(run.stderr.contains("this machine's clock"), "{args:?}\n{}", run.stderr);
        }
    }
}

#[test]
fn a_clock_that_is_a_few_minutes_off_does_no_harm() {
    for offset in [-600, 600] {
        let scene = Scene::new();
        scene.aws.world().set_clock_offset(offset);
        scene.run(&["login", "read"]).ok();
    }
}

#[test]
fn credentials_that_end_in_the_past_or_in_days_are_neither_kept_nor_printed() {
    for lifetime in [-60, 0, 129_600 + 3600, 10 * 86_400] {
        for name in ["main", "read"] {
            let scene = Scene::new();
            scene.aws.world().set_session_lifetime(Some(lifetime));
            let run = scene.run(&["login", name, "--token-code", &scene.code()]).exits(6);
            let words = format!("{name}: AWS gave credentials that end on 20");
            assert!(run.stderr.contains(&words), "{lifetime}\n{}", run.stderr);
            assert!(!scene.home.has(&session_file(name)));
        }
        let scene = Scene::new();
        scene.logged_in(&["read"]);
        scene.expire("read");
        scene.aws.world().set_session_lifetime(Some(lifetime));
        let run = scene.run(&["credential-process", "read"]).exits(6);
        assert_eq!(run.stdout, "", "{lifetime}");
    }
}
