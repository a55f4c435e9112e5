//! Data that can't be written is a failure; a reader that went away, and one that wants nothing, are not.

use std::fs::{File, OpenOptions};

use crate::scene::{MANIFEST, Scene};
use crate::support::sandbox::Run;

/// Every command that prints data without changing anything.
const DATA: [&[&str]; 14] = [
    &["env", "base", "--shell", "bash"],
    &["env", "base", "--json"],
    &["env", "--unset"],
    &["list"],
    &["list", "--json"],
    &["schema"],
    &["hook", "bash"],
    &["completions", "zsh"],
    &["man"],
    &["graph"],
    &["vars"],
    &["status"],
    &["--help"],
    &["--version"],
];

/// A scene in which each of them has something to print.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.home.manifest(&format!("[vars]\nteam = \"payments\"\n\n{MANIFEST}"));
    scene
}

fn into(scene: &Scene, args: &[&str], stdout: File) -> Run {
    scene.home.command(args).stdout(stdout).output().unwrap().into()
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_is_lost_is_a_failure_of_every_command() {
    let scene = scene();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    // Writing to it is refused as to a closed one.
    let read_only = || File::open("/dev/zero").unwrap();
    for args in DATA.into_iter().chain([&["credential-process", "base"][..], &["env", "--help"]]) {
        for stdout in [full(), read_only()] {
            let run = into(&scene, args, stdout).exits(6);
            assert!(run.stderr.contains("can't write to standard output"), "{args:?}: {}", run.stderr);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_closed_output_is_a_failure_of_every_command() {
    let scene = scene();
    for args in DATA.into_iter().chain([&["credential-process", "base"][..]]) {
        let run = Run::from(scene.home.command_without_stdout(args).output().unwrap()).exits(6);
        assert!(run.stderr.contains("can't write to standard output"), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_null_device_is_a_place_to_write_to_however_it_was_opened() {
    let scene = scene();
    for args in DATA.into_iter().chain([&["credential-process", "base"][..]]) {
        // As Python's DEVNULL is.
        let both = OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
        let run = into(&scene, args, both).ok();
        assert!(!run.stderr.contains("standard output"), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure_but_for_those_who_wait_for_credentials() {
    let scene = scene();
    let run = |args: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Run::from(scene.home.command(args).stdout(writer).output().unwrap())
    };
    for args in DATA {
        let run = run(args).ok();
        assert!(!run.stderr.contains("standard output"), "{args:?}: {}", run.stderr);
    }
    assert!(run(&["credential-process", "base"]).exits(6).stderr.contains("can't write to standard output"));
}
