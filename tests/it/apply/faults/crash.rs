//! A run that dies, or whose system says no, at any one call.

use std::os::unix::fs::PermissionsExt as _;

use super::strace::{Call, Fault, calls, disturbed};
use super::{CONFIG, CREDENTIALS, DOTFILE, Run, Sandbox, both_to_change, files, for_each, found, heals, new, old};
use crate::scene::STATE;

/// What a system call may return: the disk is full, not allowed, broken; a signal came in between.
const ERRORS: [&str; 4] = ["ENOSPC", "EACCES", "EIO", "EINTR"];

/// The law: each file is wholly old or wholly new, code 0 stands for both new, and only temporary files are left over.
#[track_caller]
fn is_whole(home: &Sandbox, run: &Run, what: &str) {
    let ([config, credentials], [old_config, old_credentials]) = (found(home), old());
    let [new_config, new_credentials] = new();
    assert!(config == old_config || config == new_config, "{what}: config\n{config}");
    assert!(credentials == old_credentials || credentials == new_credentials, "{what}: credentials\n{credentials}");
    let is_new = [config == new_config, credentials == new_credentials];
    match run.code {
        Some(0) => assert_eq!(is_new, [true, true], "{what}: done\n{}", run.stderr),
        Some(4) => assert_eq!(is_new, [false, false], "{what}: refused\n{}", run.stderr),
        Some(6) => {
            let is_told = run.stderr.lines().any(|line| line.starts_with("error: "));
            assert!(is_told && is_new != [true, true], "{what}: {}", run.stderr);
            assert_eq!(is_new[0], run.stderr.contains("was written before"), "{what}: {}", run.stderr);
        }
        Some(3) => assert_eq!(is_new, [false, false], "{what}: manifest\n{}", run.stderr),
        None => {}
        // Rust's own library panics there; no file system does that.
        Some(70) => assert!(run.stderr.contains("unexpected error during closedir"), "{what}: {}", run.stderr),
        Some(code) => panic!("{what}: code {code}\n{}", run.stderr),
    }
    let known = [CONFIG, CREDENTIALS, DOTFILE, ".config/awsauth/profiles.toml"].map(|file| home.path(file));
    for path in files(&home.path("")) {
        let is_temp = path.extension().is_some_and(|extension| extension == "awsauth-tmp");
        let is_kept = path.starts_with(home.path(STATE));
        assert!(known.contains(&path) || is_temp || is_kept, "{what}: {}", path.display());
        let mode = path.symlink_metadata().unwrap().permissions().mode() & 0o777;
        assert!(!is_kept || mode == 0o600, "{what}: {mode:o} {}", path.display());
    }
}

/// Runs `apply` with each fault at each of its calls; it must leave whole files, and the next run must do the rest.
fn sweep(faults: &[Fault]) {
    let calls = calls(&both_to_change());
    assert!(calls.len() > 60 && calls.iter().filter(|call| call.name.starts_with("rename")).count() >= 2, "{calls:#?}");
    let injections: Vec<(&Call, Fault)> =
        calls.iter().flat_map(|call| faults.iter().map(move |fault| (call, *fault))).collect();
    for_each(&injections, |(call, fault)| {
        let (home, run) = disturbed(both_to_change, call, *fault);
        if *fault == Fault::Kill {
            assert_eq!(run.code, None, "{call:?}");
        }
        is_whole(&home, &run, &format!("{fault:?} at {call:?}"));
        heals(&home);
    });
    println!("{} calls, {} injections", calls.len(), injections.len());
}

#[test]
fn a_run_killed_at_any_system_call_leaves_whole_files_and_the_next_one_does_the_rest() {
    sweep(&[Fault::Kill]);
}

#[test]
fn an_error_from_any_system_call_leaves_whole_files_and_the_next_run_does_the_rest() {
    sweep(&ERRORS.map(Fault::Error));
}
