//! What makes no link, and what is said of it.

use super::Link;
use crate::scene::{CREDENTIALS, Scene};
use crate::support::fake_aws::{Fault, SECRET_MARK};

/// Runs `console` for an address, which must fail, and returns what it says.
#[track_caller]
fn refused(scene: &Scene, args: &[&str], code: i32) -> String {
    let run = scene.run(&[&["console", "--print"], args].concat()).exits(code);
    assert_eq!(run.stdout, "");
    assert!(!run.stderr.contains(SECRET_MARK), "{}", run.stderr);
    run.stderr
}

#[test]
fn a_role_that_a_session_assumed_takes_no_length_and_aws_is_not_asked() {
    let scene = Scene::with_batch();
    scene.logged_in(&["prod", "jump"]);
    for name in ["prod", "jump"] {
        let told = refused(&scene, &[name, "--duration", "1h"], 4);
        assert!(
            told.contains(&format!("{name}: AWS takes no `--duration`")) && told.contains("leave it out"),
            "{told}"
        );
    }
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_session_of_get_session_token_makes_no_link() {
    let scene = Scene::with_batch();
    scene.logged_in(&["main"]);
    let keys = scene.home.read(CREDENTIALS);
    let keys = keys.split("[main]").nth(1).unwrap().split('[').next().unwrap();
    scene.home.write(CREDENTIALS, format!("[vendor]{keys}"));
    scene.home.manifest("[profiles.vendor]\npattern = \"external\"\n");
    let told = refused(&scene, &["vendor"], 5);
    assert!(told.contains("GetSigninToken failed: AWS answered with HTTP status 400"), "{told}");
    assert!(told.contains("not for one of GetSessionToken"), "{told}");
}

#[test]
fn a_length_that_aws_refuses_is_told() {
    let scene = Scene::with_batch();
    let told = refused(&scene, &["batch", "--duration", "8h"], 5);
    assert!(told.contains("AWS may refuse the session's length (8h)"), "{told}");
    for (args, words) in [
        (&["batch", "--duration", "1m"][..], "--duration: 1m is too short: AWS takes 15m or more"),
        (&["batch", "--duration", "13h"], "13h is more than the 12h that the console allows"),
        (&["base", "--duration", "2d"], "48h is more than the 36h that GetFederationToken allows"),
        (&["batch", "--duration", "1"], "a number with s, m, h or d"),
    ] {
        let told = refused(&scene, args, 2);
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn a_user_without_a_key_is_told_how_to_add_one() {
    let scene = Scene::with_batch();
    scene.home.write(CREDENTIALS, "");
    let told = refused(&scene, &["main"], 5);
    assert!(told.contains("no long-term key") && told.contains("awsauth keys add main"), "{told}");
}

#[test]
fn without_a_session_and_a_terminal_a_login_is_asked_for() {
    let scene = Scene::with_batch();
    for args in [&["prod"][..], &["prod", "--no-login"]] {
        let told = refused(&scene, args, 5);
        assert!(told.contains("run awsauth login prod"), "{told}");
    }
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_user_who_may_not_federate_is_told_the_permission() {
    let scene = Scene::with_batch();
    scene.aws.world().fail_next("GetFederationToken", Fault::status(403, "AccessDenied", "no"));
    let told = refused(&scene, &["base"], 5);
    assert!(told.contains("sts:GetFederationToken"), "{told}");
}

#[test]
fn an_endpoint_that_fails_is_told_from_one_that_is_not_awss() {
    let huge = "x".repeat(5 << 20);
    for (fault, code, words) in [
        (Fault::status(503, "ServiceUnavailable", "busy"), 6, "try again later"),
        (Fault::status(429, "Throttling", "slow"), 6, "throttling"),
        (Fault::status(400, "BadRequest", "no"), 5, "awsauth login batch --force"),
        (Fault::Garbage, 6, "something else answered in AWS's place"),
        (Fault::Close, 6, "connection"),
        (Fault::Truncate, 6, "could not be read"),
        (Fault::raw(302, &[("location", "http://127.0.0.1:1/")], ""), 6, "something else answered"),
        (Fault::raw(200, &[], "{}"), 6, "no `SigninToken`"),
        (Fault::raw(200, &[], "{\"SigninToken\":\"a b\"}"), 6, "not plain ASCII"),
        (Fault::raw(200, &[], &huge), 6, "longer than 4 MiB"),
        (Fault::raw(400, &[("date", "Mon, 01 Jan 2018 00:00:00 GMT")], ""), 5, "this machine's clock is"),
    ] {
        let scene = Scene::with_batch();
        scene.aws.world().fail_next("GetSigninToken", fault.clone());
        let told = refused(&scene, &["batch"], code);
        assert!(told.contains(words), "{words}: {told}");
        assert_eq!(scene.calls(), ["AssumeRole", "GetSigninToken"]);
    }
}

#[test]
fn a_token_of_aws_may_be_as_long_as_it_likes() {
    let scene = Scene::with_batch();
    let long = format!("{{\"SigninToken\":\"{}\"}}", "A".repeat(40_000));
    scene.aws.world().fail_next("GetSigninToken", Fault::raw(200, &[], &long));
    let link = Link::printed(scene.run(&["console", "batch", "--print"]));
    assert_eq!(link.get("SigninToken").len(), 40_000);
}

#[test]
fn the_endpoint_follows_its_own_variable() {
    let scene = Scene::with_batch().env("AWS_ENDPOINT_URL_SIGNIN", "http://127.0.0.1:1");
    let told = refused(&scene, &["batch"], 6);
    assert!(told.contains("http://127.0.0.1:1 (AWS_ENDPOINT_URL_SIGNIN)"), "{told}");
    assert!(told.contains("unset AWS_ENDPOINT_URL_SIGNIN"), "{told}");
    let scene = Scene::with_batch().env("AWS_ENDPOINT_URL_SIGNIN", "file:///tmp");
    assert!(refused(&scene, &["batch"], 2).contains("AWS_ENDPOINT_URL_SIGNIN"));
}

#[test]
fn a_session_goes_to_no_other_machine_in_clear() {
    let scene = Scene::with_batch().env("AWS_ENDPOINT_URL_SIGNIN", "http://sign-in.example");
    let told = refused(&scene, &["batch"], 6);
    assert!(told.contains("http://sign-in.example (AWS_ENDPOINT_URL_SIGNIN): credentials would go"), "{told}");
    assert!(told.contains("correct this address, or unset AWS_ENDPOINT_URL_SIGNIN"), "{told}");
}

#[test]
fn a_misspelt_service_and_a_region_elsewhere_are_refused_before_any_call() {
    let scene = Scene::with_batch();
    for (args, words) in [
        (&["batch", "--service", "lamda"][..], "did you mean `lambda`?"),
        (&["batch", "--service", "https://evil.example/x?a#b"], "`--service '/x?a#b'`"),
        (&["batch", "--service", "quantumledgers"], "`awsauth console --help` lists the names"),
        (&["batch", "ec2"], "a service is `--service ec2`"),
        (&["batch", "--region", "cn-north-1"], "partition aws-cn"),
        (&["batch", "--region", "tokyo"], "not the name of a region"),
        (&["bacth"], "did you mean `batch`?"),
    ] {
        let told = refused(&scene, args, 2);
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_region_that_nobody_knows_is_warned_of() {
    let run = Scene::with_batch().run(&["console", "read", "--print", "--region", "eu-west-11"]).ok();
    let words = "`eu-west-11` is not a region that awsauth knows; it is used as given. Did you mean `eu-west-1`?";
    assert!(run.stderr.contains(words), "{}", run.stderr);
}

#[test]
fn a_console_sign_in_that_opens_no_console_is_told_where_the_person_is_signed_in() {
    let scene = crate::login::sign_in::scene();
    crate::login::sign_in::sign_in(&scene, &["me"]);
    for args in [&["me"][..], &["me", "--duration", "1h"]] {
        scene.aws.world().fail_next("GetSigninToken", Fault::status(400, "BadRequest", "no"));
        let told = refused(&scene, args, 5);
        assert!(told.contains("open it in the browser that you signed in with: https://console.aws"), "{told}");
        assert!(!told.contains("role"), "{told}");
    }
}

#[test]
fn a_machine_without_a_browser_is_told_of_print_before_any_call() {
    let scene = Scene::with_batch();
    for name in ["read", "batch"] {
        let run = scene.run(&["console", name]).exits(6);
        assert!(
            run.stderr.contains("no browser") && run.stderr.contains(&format!("`awsauth console {name} --print`")),
            "{}",
            run.stderr
        );
    }
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_link_is_good_for_fifteen_minutes() {
    let scene = Scene::with_batch();
    let run = scene.run(&["console", "batch", "--print"]).ok();
    assert_eq!(crate::browser::get(run.stdout.trim_end()).status, 200);
    scene.aws.world().set_clock_offset(16 * 60);
    assert_eq!(crate::browser::get(run.stdout.trim_end()).status, 400);
    assert!(Link::parse(&run.stdout).get("SigninToken").contains(SECRET_MARK));
}
