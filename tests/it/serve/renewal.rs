//! Sessions that end while somebody asks for them.

use std::thread;
use std::time::Instant;

use super::*;
use crate::scene::{BATCH, MANIFEST};
use crate::support::fake_aws::Fault;
use crate::support::fake_aws::standard::{ADMIN_ROLE, BATCH_ROLE};

/// How many SDKs ask at once.
const CROWD: usize = 200;

#[test]
fn two_hundred_requests_assume_a_role_once_and_all_get_it() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    scene.expire("prod");
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let crowd: Vec<_> = (0..CROWD)
        .map(|_| {
            let endpoint = served.endpoint.clone();
            thread::spawn(move || endpoint.ask())
        })
        .collect();
    assert!(scene.aws.wait_for("AssumeRole", 1, PATIENCE));
    scene.aws.world().release();
    let answers: Vec<_> = crowd.into_iter().map(|one| one.join().unwrap()).collect();
    assert_eq!(scene.calls(), ["AssumeRole"]);
    let key = scene.access_key_of("prod");
    for (status, document) in answers {
        assert!(status == 200 && document["AccessKeyId"] == *key, "{status} {document}");
    }
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn other_processes_that_renew_the_same_session_share_the_call() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    scene.expire("prod");
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let processes: Vec<Child> = (0..10)
        .map(|_| scene.home.command(["credential-process", "prod"]).stdout(Stdio::piped()).spawn().unwrap())
        .collect();
    let endpoint = served.endpoint.clone();
    let request = thread::spawn(move || endpoint.key());
    assert!(scene.aws.wait_for("AssumeRole", 1, PATIENCE));
    scene.aws.world().release();
    let key = request.join().unwrap();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["AccessKeyId"], *key);
    }
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn an_sdk_that_asks_all_the_time_costs_no_call() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let keys: Vec<String> = (0..50).map(|_| served.endpoint.key()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_slow_renewal_is_answered_in_time_and_goes_on() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    scene.expire("prod");
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    for _ in 0..2 {
        let begin = Instant::now();
        let (status, document) = served.endpoint.ask();
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        assert_eq!((status, document["code"].as_str()), (500, Some("RenewalPending")), "{document}");
        assert_eq!(document["message"], "prod: its session is being renewed; ask again");
    }
    scene.aws.world().release();
    let key = served.endpoint.key();
    assert_eq!((key, scene.calls()), (scene.access_key_of("prod"), vec!["AssumeRole".to_owned()]));
}

#[test]
fn while_a_renewal_is_slow_the_old_session_serves_as_long_as_it_lasts() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let old = served.endpoint.key();
    scene.age_session("prod", -55, 5);
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    assert_eq!(served.endpoint.key(), old);
    scene.aws.world().release();
    assert_ne!(served.endpoint.key(), old);
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn while_a_renewal_is_slow_a_session_that_a_wrong_clock_saved_serves_nobody() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let in_a_week = 7 * 24 * 60;
    for (from, until) in [(0, in_a_week), (10, 70)] {
        scene.age_session("prod", from, until);
        scene.aws.world().fail_next("AssumeRole", Fault::Hang);
        let (status, document) = served.endpoint.ask();
        assert_eq!((status, document["code"].as_str()), (500, Some("RenewalPending")), "{document}");
        scene.aws.world().release();
        served.endpoint.key();
    }
}

#[test]
fn while_a_renewal_is_slow_a_session_of_another_role_or_one_that_was_logged_out_serves_nobody() {
    for is_logout in [false, true] {
        let scene = Scene::with_batch();
        let served = Served::start(&scene, "batch");
        served.endpoint.key();
        if is_logout {
            scene.run(&["logout", "batch"]).ok();
        } else {
            scene.home.manifest(&[MANIFEST, &BATCH.replace(BATCH_ROLE, ADMIN_ROLE)].concat());
        }
        scene.aws.world().fail_next("AssumeRole", Fault::Hang);
        let (status, document) = served.endpoint.ask();
        assert_eq!((status, document["code"].as_str()), (500, Some("RenewalPending")), "{document}");
        scene.aws.world().release();
    }
}

/// The key of an answer; none while the renewal goes on.
fn key(request: TcpStream) -> Option<String> {
    let (_, document) = answer(request);
    assert!(document["AccessKeyId"].is_string() || document["code"] == "RenewalPending", "{document}");
    document["AccessKeyId"].as_str().map(str::to_owned)
}

#[test]
fn a_request_after_a_manifest_change_does_not_get_a_session_of_the_old_manifest() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    scene.expire("prod");
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let before = served.endpoint.begin();
    assert!(scene.aws.wait_for("AssumeRole", 1, PATIENCE));
    scene.home.manifest(&MANIFEST.replace(ADMIN_ROLE, BATCH_ROLE));
    let after = served.endpoint.begin();
    // Once this one is refused, the one before it has been read.
    received(served.endpoint.send(b"GET / HTTP/1.1\r\n\r\n"));
    scene.aws.world().release();
    let (before, mut after) = (key(before), key(after));
    // It is answered late if the renewal is slow, and then an SDK asks again.
    let begin = Instant::now();
    while after.is_none() && begin.elapsed() < PATIENCE {
        after = key(served.endpoint.begin());
    }
    assert_eq!(after, Some(scene.access_key_of("prod")));
    assert_ne!(before, after);
    assert_eq!(scene.calls(), ["AssumeRole", "AssumeRole"]);
}

#[test]
fn where_a_person_is_needed_it_says_so_once_and_goes_on_after_the_login() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    for episode in 1..=2 {
        scene.expire("main");
        scene.expire("prod");
        for _ in 0..3 {
            let (status, document) = served.endpoint.ask();
            assert_eq!((status, document["code"].as_str()), (400, Some("LoginRequired")), "{document}");
            assert_eq!(document["message"], "prod: session expired; run awsauth login prod");
        }
        let told = scene.home.read("err");
        let line = "awsauth: prod: session expired; run awsauth login prod in another terminal\n";
        assert_eq!(told.matches(line).count(), episode, "{told}");
        scene.logged_in(&["prod"]);
        assert_eq!(served.endpoint.key(), scene.access_key_of("prod"));
    }
}

#[test]
fn a_refusal_of_aws_is_told_in_its_words() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    scene.expire("prod");
    scene.aws.world().fail_next("AssumeRole", Fault::status(403, "AccessDenied", "no"));
    let (status, document) = served.endpoint.ask();
    assert_eq!(status, 400, "{document}");
    assert!(document["message"].as_str().unwrap().starts_with("prod: "), "{document}");
    assert_eq!(served.endpoint.key(), scene.access_key_of("prod"), "it asks again");
}

#[test]
fn a_key_and_a_manifest_that_change_meanwhile_are_read_anew() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let served = Served::start(&scene, "prod");
    let admin = scene.home.read(".config/awsauth/profiles.toml");
    scene.home.manifest("broken = ");
    let (status, document) = served.endpoint.ask();
    assert_eq!((status, document["code"].as_str()), (500, Some("Unavailable")), "{document}");
    assert_eq!(document["message"], "the manifest is not in order: `awsauth check`");
    scene.home.manifest(&format!("{admin}\n[profiles.other]\npattern = \"iam\"\n"));
    assert_eq!(served.endpoint.key(), scene.access_key_of("prod"));
}
