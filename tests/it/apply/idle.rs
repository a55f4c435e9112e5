//! A run that has nothing to do.

#[cfg(unix)]
use std::fs;

use super::{SMALL_BODY, block, home};
use crate::scene::{CONFIG, CREDENTIALS, MANIFEST, Scene};
use crate::support::sandbox::Sandbox;

/// A HOME in which `apply` ran.
fn applied() -> Sandbox {
    let home = home("[a]\nx = 1\n");
    home.write(CREDENTIALS, "[b]\ny = 1\n");
    home.run(["apply"]).ok();
    home
}

#[test]
fn a_block_that_was_edited_to_the_same_size_is_noticed() {
    let home = applied();
    home.write(CONFIG, home.read(CONFIG).replace("eu-west-1", "eu-west-9"));
    home.run(["apply"]).exits(4);
    assert_eq!(home.read(CONFIG).replace("eu-west-9", "eu-west-1"), format!("[a]\nx = 1\n\n{}", block(SMALL_BODY)));
}

#[cfg(unix)]
#[test]
fn others_who_can_read_the_credentials_are_told_all_the_same() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = applied();
    fs::set_permissions(home.path(CREDENTIALS), fs::Permissions::from_mode(0o644)).unwrap();
    let run = home.run(["apply"]).ok();
    assert!(run.stderr.contains("`awsauth doctor --fix`"), "{run:?}");
    home.run(["apply", "--fix-permissions"]).ok();
    assert_eq!(home.path(CREDENTIALS).metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_manifest_that_stands_elsewhere_is_warned_of_each_time() {
    let scene = Scene::new();
    let manifest = MANIFEST.replace("[profiles.read]\n", "[profiles.read]\ncredential_process = true\n");
    scene.home.write("other.toml", manifest);
    for _ in 0..2 {
        let run = scene.run(&["apply", "--manifest", "other.toml"]).ok();
        assert!(run.stderr.contains("this manifest was named by --manifest"), "{}", run.stderr);
    }
}

#[test]
fn what_a_killed_run_left_is_swept_although_there_is_nothing_to_do() {
    let home = applied();
    home.write(".aws/.config.abc123.awsauth-tmp", "half");
    home.run(["apply"]).ok();
    assert!(!home.has(".aws/.config.abc123.awsauth-tmp"));
}
