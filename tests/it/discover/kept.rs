//! For how long what was learnt is kept, and for whom.

use std::fs;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::{MANIFEST, PATIENCE, Scene, wait_until};
use crate::support::fake_aws::Fault;

/// A scene of five accounts in which a run ended early, and how many it learnt.
fn ended_early() -> (Scene, usize) {
    let scene = Scene::with_many(5).signed_in();
    scene.aws.world().fail_after("ListAccountRoles", 3, Fault::status(400, "InvalidRequestException", "no"));
    scene.run(&["discover"]).exits(5);
    scene.aws.clear();
    let number = learnt(&scene);
    (scene, number)
}

/// How many accounts are kept.
#[track_caller]
fn learnt(scene: &Scene) -> usize {
    let kept = scene.kept();
    assert_eq!(kept.len(), 1);
    let kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(&kept[0]).unwrap()).unwrap();
    kept["accounts"].as_array().unwrap().len()
}

/// Changes the token that is kept.
fn change_token(scene: &Scene, change: impl Fn(&mut serde_json::Value)) {
    for path in scene.home.list(".aws/sso/cache") {
        let mut token: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        if token.get("accessToken").is_some() {
            change(&mut token);
            fs::write(path, token.to_string()).unwrap();
        }
    }
}

#[test]
fn another_sign_in_asks_for_everything_whoever_made_it() {
    let (scene, number) = ended_early();
    assert!((1..5).contains(&number), "{number}");
    // As if it was approved through another tool, perhaps by another person.
    for path in scene.home.list(".aws/sso/cache") {
        fs::remove_file(path).unwrap();
    }
    let document = scene.run(&["discover", "--json", "--flow", "device"]).ok().json();
    assert_eq!((&document["known_before"], scene.lists()), (&0.into(), (1, 5)));
}

#[test]
fn a_token_that_is_refreshed_is_the_same_persons() {
    let (scene, number) = ended_early();
    change_token(&scene, |token| token["expiresAt"] = "2026-01-01T00:00:00Z".into());
    let document = scene.run(&["discover", "--json"]).ok().json();
    assert_eq!((&document["known_before"], scene.aws.count("CreateToken")), (&number.into(), 1));
    assert_eq!(scene.lists(), (1, 5 - number));
}

#[test]
fn a_logout_takes_what_was_learnt_with_it() {
    let (scene, _) = ended_early();
    scene.run(&["logout", "--all"]).ok();
    assert_eq!(scene.kept().len(), 0);
    let (scene, _) = ended_early();
    scene.home.manifest(&format!("{}{}", super::SESSION, super::PROFILE));
    scene.run(&["logout", "first"]).ok();
    assert_eq!(scene.kept().len(), 0);
}

#[test]
fn everything_is_asked_for_afresh_where_that_is_wished() {
    let (scene, number) = ended_early();
    let run = scene.run(&["discover", "--dry-run"]).ok();
    let words = format!(
        "{number} of 5 accounts are known from the run before, which wrote nothing; only the others are asked for \
         (`--fresh` asks for all)\n"
    );
    assert!(run.stderr.contains(&words), "{}", run.stderr);
    scene.aws.clear();
    let run = scene.run(&["discover", "--fresh", "--dry-run"]).ok();
    assert!(run.stderr.ends_with("the same command without `--fresh` goes on from there\n"), "{}", run.stderr);
    assert_eq!(scene.lists(), (1, 5));
    let run = scene.run(&["discover", "--fresh"]).ok();
    assert!(!run.stderr.contains("known from"), "{}", run.stderr);
    assert_eq!((scene.lists(), scene.kept().len()), ((1, 5), 0));
}

#[test]
fn what_a_dry_run_learnt_serves_the_run_that_writes() {
    let scene = Scene::with_many(3).signed_in();
    let run = scene.run(&["discover", "--dry-run"]).ok();
    let words = "what was learnt of 3 accounts is kept for an hour: the same command goes on from there\n";
    assert!(run.stderr.ends_with(words), "{}", run.stderr);
    assert_eq!(scene.lists(), (1, 3));
    scene.run(&["discover"]).ok();
    assert_eq!((scene.lists(), scene.kept().len()), ((1, 0), 0));
    // Where there is nothing to write, it is of no more use.
    scene.run(&["discover", "--dry-run"]).ok();
    assert_eq!((scene.lists(), scene.kept().len()), ((1, 3), 0));
}

#[test]
fn a_signal_that_ends_it_without_a_word_leaves_what_was_learnt() {
    for signal in [Signal::TERM, Signal::HUP, Signal::KILL] {
        let scene = Scene::with_many(3).signed_in();
        scene.aws.world().fail_after("ListAccountRoles", 2, Fault::Hang);
        let mut child = scene.home.command(["discover"]).stderr(Stdio::null()).spawn().unwrap();
        assert!(scene.aws.wait_for("ListAccountRoles", 3, PATIENCE));
        wait_until(|| !scene.kept().is_empty());
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert!(!child.wait().unwrap().success());
        scene.aws.world().release();
        scene.aws.clear();
        let number = learnt(&scene);
        assert!((1..3).contains(&number), "{number}");
        assert_eq!(scene.run(&["discover", "--json"]).ok().json()["known_before"], number);
        assert_eq!(scene.lists(), (1, 3 - number));
        assert!(scene.home.read(MANIFEST).contains("a0002 = "));
    }
}
