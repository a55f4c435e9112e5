//! `keys rotate` under `strace`: killed at any of its changes on disk, or on a disk that is full at that very moment. Always a
//! key is stored that works, and the next run ends with it as the only active one.

use super::rotate::{active, is_done, stored};
use crate::apply::faults::for_each;
use crate::login::faults::{changes, is_hit, log, traced};
use crate::scene::Scene;

const ROTATE: [&str; 3] = ["keys", "rotate", "base"];

fn sweep(what: &str) {
    let changes = changes(|scene, log| traced(scene, log, &[], &ROTATE));
    assert!(changes.len() > 15, "{changes:?}");
    for_each(&changes, |(name, nth)| {
        let (scene, log) = (Scene::new(), log());
        let place = format!("{what} at {name} {nth}");
        let run = traced(&scene, &log, &["-e", &format!("inject={name}:{what}:when={nth}")], &ROTATE);
        let is_code = matches!(run.code, None | Some(0 | 6));
        assert!(!is_hit(&scene, &log, what) || is_code, "{place}: {:?}\n{}", run.code, run.stderr);
        let kept = stored(&scene, "base");
        assert!(active(&scene).contains(&kept), "{place}: {kept} of {:?}", active(&scene));
        let again = scene.run(&ROTATE);
        assert_eq!(again.code, Some(0), "{place}: {}", again.stderr);
        is_done(&scene, "base", &place);
        let is_temporary = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "awsauth-tmp");
        let left: Vec<_> = scene.home.list(".aws").into_iter().filter(is_temporary).collect();
        assert!(left.is_empty(), "{place}: {left:?}");
    });
    println!("{} changes", changes.len());
}

#[test]
fn a_rotation_that_is_killed_at_any_change_leaves_a_key_that_works_and_the_next_one_ends_it() {
    sweep("signal=KILL");
}

#[test]
fn a_disk_that_is_full_at_any_change_of_a_rotation_leaves_a_key_that_works_and_the_next_one_ends_it() {
    sweep("error=ENOSPC");
}
