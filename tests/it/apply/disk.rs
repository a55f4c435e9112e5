//! What the file system can say no to: code 6, at once, with the old file intact; and manifests that can't be read.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::{SMALL, SMALL_BODY, block, home};
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::{Run, Sandbox};

/// Runs `apply`, which must end soon with code 6 and name what is in the way.
#[track_caller]
fn unavailable(home: &Sandbox, parts: &[&str]) {
    ends(home, 6, parts);
}

/// The same where awsauth itself says no.
#[track_caller]
fn refused(home: &Sandbox, parts: &[&str]) {
    ends(home, 4, parts);
}

#[track_caller]
fn ends(home: &Sandbox, code: i32, parts: &[&str]) {
    let before = crate::scene::now();
    let run = home.run(["apply"]).exits(code);
    assert!(crate::scene::now().duration_since(before).as_secs() < 8, "it must not wait for anybody");
    for part in parts {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
}

#[test]
fn a_directory_a_pipe_or_a_device_in_the_files_place_is_refused_without_waiting() {
    for file in [CONFIG, CREDENTIALS] {
        let home = home("");
        fs::create_dir_all(home.path(file)).unwrap();
        refused(&home, &[file, "is a directory, not a file"]);

        fs::remove_dir(home.path(file)).unwrap();
        assert!(Command::new("mkfifo").arg(home.path(file)).status().unwrap().success());
        refused(&home, &[file, "is a pipe, socket or device, not a file"]);

        fs::remove_file(home.path(file)).unwrap();
        symlink("/dev/zero", home.path(file)).unwrap();
        refused(&home, &["is a pipe, socket or device, not a file"]);
    }
}

#[test]
fn a_loop_of_links_is_refused() {
    let home = home("");
    fs::create_dir(home.path(".aws")).unwrap();
    symlink("config2", home.path(CONFIG)).unwrap();
    symlink("config", home.path(".aws/config2")).unwrap();
    refused(&home, &[CONFIG, "leads back to itself"]);
}

#[test]
fn a_file_where_the_directory_should_be_is_refused() {
    let home = home("");
    home.write(".aws", "mine");
    unavailable(&home, &[".aws"]);
    assert_eq!(home.read(".aws"), "mine");
}

#[test]
fn a_directory_that_no_file_can_be_made_in_is_refused() {
    // Not even root writes to these.
    let home = home("").env("AWS_CONFIG_FILE", "/proc/self/awsauth-config");
    unavailable(&home, &["/proc/self/awsauth-config"]);
}

#[test]
fn a_state_directory_that_can_not_be_made_leaves_the_old_file() {
    let home = home("[a]\nx = 1\n").env("AWSAUTH_STATE_DIR", "/proc/self/awsauth");
    unavailable(&home, &["/proc/self/awsauth"]);
    assert_eq!(home.read(CONFIG), "[a]\nx = 1\n");
}

/// Runs a script in a mount namespace of its own; none where this machine does not allow that.
fn in_namespace(home: &Sandbox, script: &str) -> Option<Run> {
    let is_allowed = Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|output| output.status.success());
    if !is_allowed {
        return None;
    }
    let script = format!("set -e\n{script}\nset +e\n\"$0\" apply; code=$?; cat \"$HOME/.aws/config\"; exit $code");
    let mut command = home.program("unshare".as_ref());
    Some(command.args(["-m", "sh", "-c", &script, env!("CARGO_BIN_EXE_awsauth")]).output().unwrap().into())
}

#[test]
fn a_full_disk_and_a_read_only_one_leave_the_old_file() {
    // Too large for what is left of one page.
    let old = format!("[a]\nx = {}\n", "1".repeat(3000));
    for (script, words) in [
        ("mount -t tmpfs -o size=4k none \"$HOME/.aws\"; cp \"$HOME/old\" \"$HOME/.aws/config\"", "No space left"),
        (
            "mount --bind \"$HOME/.aws\" \"$HOME/.aws\"; mount -o remount,ro,bind \"$HOME/.aws\"",
            "Read-only file system",
        ),
    ] {
        let home = home(&old);
        home.write("old", &old);
        let Some(run) = in_namespace(&home, script) else {
            eprintln!("skipped: this machine allows no mount namespace");
            return;
        };
        let run = run.exits(6);
        assert_eq!(run.stdout, old);
        assert!(run.stderr.contains(words) && run.stderr.contains(CONFIG), "{}", run.stderr);
    }
}

#[test]
fn leftovers_of_a_killed_run_are_swept_and_other_files_stay() {
    let home = home("");
    home.write(".aws/.config.abc123.awsauth-tmp", "half");
    home.write(".aws/.config.swp", "theirs");
    home.run(["apply"]).ok();
    assert!(!home.has(".aws/.config.abc123.awsauth-tmp"));
    assert_eq!((home.read(".aws/.config.swp"), home.read(CONFIG)), ("theirs".to_owned(), block(SMALL_BODY)));
    assert_eq!(home.list(".aws").len(), 2);
}

#[test]
fn parallel_runs_leave_one_whole_block() {
    let home = home("[a]\nx = 1\n");
    let children: Vec<_> =
        (0..8).map(|_| home.command(["apply"]).stderr(std::process::Stdio::null()).spawn()).collect();
    for child in children {
        assert!(child.unwrap().wait().unwrap().success());
    }
    assert_eq!(home.read(CONFIG), format!("[a]\nx = 1\n\n{}", block(SMALL_BODY)));
    assert_eq!(home.list(".aws").len(), 1);
}

#[test]
fn a_lock_that_is_held_too_long_is_told_with_its_holder() {
    let home = home("");
    home.run(["apply"]).ok();
    let lock = home.list(".local/state/awsauth/locks").remove(0);
    let file = fs::OpenOptions::new().write(true).open(&lock).unwrap();
    file.lock().unwrap();
    fs::write(&lock, "4242").unwrap();
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    let run = home.run(["apply"]).exits(6);
    assert!(run.stderr.contains("another awsauth (process 4242) has held"), "{}", run.stderr);
    assert_eq!(home.read(CONFIG), block(SMALL_BODY));
}

#[test]
fn without_a_manifest_it_says_where_it_looked_and_how_to_begin() {
    let home = Sandbox::new();
    for args in [&["apply"][..], &["login", "x"], &["status"], &["credential-process", "x"], &["keys", "add", "x"]] {
        let run = home.run(args).exits(3);
        for part in ["~/.config/awsauth/profiles.toml", "`awsauth init`", "AWSAUTH_MANIFEST"] {
            assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
        }
    }
    assert_eq!(home.list("").len(), 0);
    // Who has a team's manifest gets the way to it, where that would do.
    let run = home.run(["check"]).exits(3);
    assert!(run.stderr.contains("hint: if your team has one, `awsauth join ADDRESS` clones"), "{}", run.stderr);
    let run = home.run(["check", "--manifest", "other.toml"]).exits(3);
    assert!(!run.stderr.contains("your team"), "{}", run.stderr);
}

#[test]
fn the_manifest_is_named_by_the_flag_then_the_variable_and_never_by_the_current_directory() {
    let home = Sandbox::new();
    home.write("profiles.toml", SMALL);
    home.run(["apply"]).exits(3);
    let named = home.path("profiles.toml");
    let home = home.env("AWSAUTH_MANIFEST", named.to_str().unwrap());
    home.run(["apply"]).ok();
    let run = home.run(["apply", "--manifest", "other.toml"]).exits(3);
    assert!(run.stderr.contains("other.toml"), "{}", run.stderr);
}

#[test]
fn a_manifest_that_is_no_file_or_no_text_is_told() {
    let home = Sandbox::new();
    fs::create_dir(home.path("dir")).unwrap();
    let run = home.run(["apply", "--manifest", "dir"]).exits(3);
    assert!(run.stderr.contains("dir is a directory, not a file"), "{}", run.stderr);
    assert!(Command::new("mkfifo").arg(home.path("fifo")).status().unwrap().success());
    home.run(["apply", "--manifest", "fifo"]).exits(3);
    home.write("latin1", b"# one\n# two\n[profiles.m\xfcller]\n");
    let run = home.run(["apply", "--manifest", "latin1"]).exits(3);
    assert!(run.stderr.contains("latin1 is not UTF-8: line 3"), "{}", run.stderr);
    symlink("gone", home.path("link")).unwrap();
    let run = home.run(["apply", "--manifest", "link"]).exits(3);
    assert!(run.stderr.contains("leads to a file that does not exist"), "{}", run.stderr);
    assert!(!home.has(".aws"));
}
