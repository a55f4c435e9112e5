//! `apply` among others: many at once, other programs at the same file, other users, and a standard output that is gone.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
#[cfg(target_os = "linux")]
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{SMALL, SMALL_BODY, block, home};
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::{Run, Sandbox};

/// How many run at once.
const MANY: usize = 50;
/// A user who is not root.
const NOBODY: u32 = 65534;
/// The person's own part of the config file.
const OWN: &str = "# mine\r\n[profile own]\nregion=us-east-1 # here\n\n";

/// The config file that `apply` makes of the `n`th manifest.
fn config(n: usize) -> String {
    let body = SMALL_BODY.replace("role/Admin", &format!("role/{}", role(n)));
    format!("{OWN}{}; after", block(&body))
}

/// Names of different lengths, so that two contents never look alike torn.
fn role(n: usize) -> String {
    format!("R{}", "x".repeat(n))
}

/// Writes the `n`th manifest into its own file, and returns the name.
fn manifest(home: &Sandbox, n: usize) -> String {
    let name = format!("manifests/{n}.toml");
    home.write(&name, SMALL.replace("role/Admin", &format!("role/{}", role(n))));
    name
}

/// Reads the config file as fast as it can until `work` is done. Every content must be one of `expected`; a missing file
/// ends the test. Returns how often it was read.
fn watched(home: &Sandbox, expected: &[String], work: impl FnOnce()) -> usize {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut count = 0;
            while !is_done.load(Ordering::Relaxed) {
                let found = home.read(CONFIG);
                assert!(expected.contains(&found), "torn:\n{found}");
                count += 1;
            }
            count
        });
        work();
        is_done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    })
}

#[test]
fn fifty_runs_with_different_manifests_leave_one_whole_result_and_readers_see_only_whole_ones() {
    // Fifty times flushing must fit into the time for which a lock is waited for, on the slowest disk.
    let home = Sandbox::in_memory();
    home.write(CONFIG, config(0));
    let manifests: Vec<String> = (1..=MANY).map(|n| manifest(&home, n)).collect();
    let expected: Vec<String> = (0..=MANY).map(config).collect();
    watched(&home, &expected, || {
        let start = |name: &String| home.command(["apply", "--manifest", name]).stderr(Stdio::piped()).spawn().unwrap();
        let children: Vec<_> = manifests.iter().map(start).collect();
        for child in children {
            Run::from(child.wait_with_output().unwrap()).ok();
        }
    });
    assert!(expected[1..].contains(&home.read(CONFIG)));
    assert_eq!(home.list(".aws"), [home.path(CONFIG)]);
}

/// Splits `text` into awsauth's whole result and the other program's whole section, with the number of its edit.
fn parts(text: &str) -> Option<(&str, usize)> {
    let (head, tail) = text.split_once("\n[profile theirs]\nedit = ").unwrap_or((text, "0\n"));
    let number = tail.strip_suffix('\n')?.parse().ok()?;
    [1, 2].map(config).contains(&head.to_owned()).then_some((head, number))
}

#[test]
fn beside_a_busy_editor_every_content_is_whole_and_the_last_word_is_awsauths() {
    let home = Sandbox::new();
    home.write(CONFIG, config(1));
    let (manifests, is_done) = ([1, 2].map(|n| manifest(&home, n)), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for edit in 1.. {
                let text = home.read(CONFIG);
                let (head, _) = parts(&text).unwrap_or_else(|| panic!("torn:\n{text}"));
                if is_done.load(Ordering::Relaxed) {
                    break;
                }
                home.write("theirs", format!("{head}\n[profile theirs]\nedit = {edit}\n"));
                fs::rename(home.path("theirs"), home.path(CONFIG)).unwrap();
            }
        });
        for name in manifests.iter().cycle().take(20) {
            // Refused is what is written three times while it is planned.
            let run = home.run(["apply", "--manifest", name]);
            assert!(matches!(run.code, Some(0 | 4)), "{run:?}");
        }
        is_done.store(true, Ordering::Relaxed);
    });
    home.run(["apply", "--manifest", &manifests[1]]).ok();
    let text = home.read(CONFIG);
    let (head, edit) = parts(&text).unwrap();
    assert!(head == config(2) && edit > 0, "{text}");
    assert_eq!(home.list(".aws"), [home.path(CONFIG)]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_change_made_while_apply_waits_for_its_lock_is_kept() {
    let home = home("[a]\nx = 1\n");
    home.run(["apply"]).ok();
    let lock = home.list(".local/state/awsauth/locks").remove(0);
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    let held = fs::OpenOptions::new().write(true).open(&lock).unwrap();
    held.lock().unwrap();
    let waiting = home.command(["apply"]).stderr(Stdio::piped()).spawn().unwrap();
    // It has planned when it comes to the lock.
    wait_until(|| has_open(waiting.id(), &lock));
    home.write(CONFIG, home.read(CONFIG).replace("x = 1", "x = 2 ; mine") + "\n[profile theirs]\ny = 1\n");
    drop(held);
    Run::from(waiting.wait_with_output().unwrap()).ok();
    let body = SMALL_BODY.replace("eu-west-1", "eu-west-2");
    assert_eq!(home.read(CONFIG), format!("[a]\nx = 2 ; mine\n\n{}\n[profile theirs]\ny = 1\n", block(&body)));
}

/// Waits for what must happen soon.
#[cfg(target_os = "linux")]
fn wait_until(is_so: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed().as_secs() < 60, "it does not happen");
        // Without it, this would take the processor from the program that is waited for.
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// Whether a process has a file open, as Linux tells.
#[cfg(target_os = "linux")]
fn has_open(process: u32, path: &Path) -> bool {
    let entries = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    entries.filter_map(|entry| fs::read_link(entry.path()).ok()).any(|open| open == path)
}

/// Runs `apply` through a shell, which is told in `script` what to do around `"$0" apply`.
fn through_shell(home: &Sandbox, script: &str) -> Run {
    let mut command = home.program("sh".as_ref());
    command.args(["-c", script, env!("CARGO_BIN_EXE_awsauth")]).output().unwrap().into()
}

#[test]
fn it_writes_the_same_without_stdout_or_stderr() {
    for script in
        ["\"$0\" apply >&-", "\"$0\" apply 2>&-", "\"$0\" apply <&- >&- 2>&-", "\"$0\" apply >/dev/full 2>/dev/full"]
    {
        let home = home("");
        through_shell(&home, script).ok();
        assert_eq!(home.read(CONFIG), block(SMALL_BODY), "{script}");
        assert_eq!(home.list(".aws").len(), 1);
    }
}

#[test]
fn a_report_that_can_not_be_written_is_an_error_after_the_files_are() {
    let home = home("");
    let run = through_shell(&home, "\"$0\" apply --json >/dev/full").exits(6);
    assert!(run.stderr.contains("can't write to standard output"), "{}", run.stderr);
    assert_eq!(home.read(CONFIG), block(SMALL_BODY));
}

#[test]
fn a_write_that_is_cut_in_the_middle_leaves_the_old_file() {
    let old = format!("# {}\n[a]\nx = 1\n", "-".repeat(9000));
    let home = home(&old);
    // Files of at most 8 blocks of 512 bytes; more is a signal, or an error for those who ignore the signal.
    for script in ["ulimit -f 8; \"$0\" apply", "trap '' XFSZ; ulimit -f 8; \"$0\" apply"] {
        let run = through_shell(&home, script);
        assert_ne!(run.code, Some(0), "{script}");
        assert_eq!(home.read(CONFIG), old);
    }
    home.run(["apply"]).ok();
    assert_eq!(home.list(".aws"), [home.path(CONFIG)]);
}

/// Runs `apply` as a user who is not root.
fn as_nobody(home: &Sandbox, args: &[&str]) -> Run {
    let id = NOBODY.to_string();
    let mut command = home.program("setpriv".as_ref());
    command.args([&format!("--reuid={id}"), &format!("--regid={id}"), "--clear-groups"]);
    command.arg(home.path("awsauth")).arg("apply").args(args);
    command.output().unwrap().into()
}

/// A HOME that belongs to nobody, with awsauth in it; none unless this is root.
fn home_of_nobody() -> Option<Sandbox> {
    let home = home("");
    let is_root = fs::metadata(home.path("")).unwrap().uid() == 0;
    if !is_root || home.program("setpriv".as_ref()).arg("--version").output().is_err() {
        eprintln!("skipped: only root can run as somebody else, with setpriv");
        return None;
    }
    fs::hard_link(env!("CARGO_BIN_EXE_awsauth"), home.path("awsauth"))
        .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_awsauth"), home.path("awsauth")).map(drop))
        .unwrap();
    for dir in ["", ".aws", "dotfiles", ".config", ".config/awsauth"] {
        fs::create_dir_all(home.path(dir)).unwrap();
        std::os::unix::fs::chown(home.path(dir), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    Some(home)
}

#[test]
fn a_file_of_another_user_is_refused_before_anything_is_written() {
    let Some(home) = home_of_nobody() else { return };
    home.write(CONFIG, "[a]\nx = 1\n");
    let run = as_nobody(&home, &[]).exits(4);
    let words = "~/.aws/config belongs to another user (number 0)";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    assert_eq!((home.read(CONFIG), home.list(".aws").len()), ("[a]\nx = 1\n".to_owned(), 1));
}

#[test]
fn root_keeps_the_owner_of_a_file() {
    let Some(home) = home_of_nobody() else { return };
    home.write(CONFIG, "[a]\nx = 1\n");
    std::os::unix::fs::chown(home.path(CONFIG), Some(NOBODY), Some(1)).unwrap();
    fs::set_permissions(home.path(CONFIG), fs::Permissions::from_mode(0o604)).unwrap();
    home.run(["apply"]).ok();
    let metadata = fs::metadata(home.path(CONFIG)).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (NOBODY, 1, 0o604));
}

#[test]
fn a_link_into_a_directory_that_can_not_be_written_is_told_with_both_names() {
    let Some(home) = home_of_nobody() else { return };
    home.write("dotfiles/config", "[a]\nx = 1\n");
    std::os::unix::fs::chown(home.path("dotfiles/config"), Some(NOBODY), Some(NOBODY)).unwrap();
    std::os::unix::fs::chown(home.path("dotfiles"), Some(0), Some(0)).unwrap();
    symlink("../dotfiles/config", home.path(CONFIG)).unwrap();
    let run = as_nobody(&home, &[]).exits(6);
    for words in ["~/.aws/config", "/dotfiles/config", "Permission denied"] {
        assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
    }
    assert_eq!(home.read("dotfiles/config"), "[a]\nx = 1\n");
    assert!(!home.has(CREDENTIALS));
}

#[test]
fn an_undo_that_one_file_stops_puts_neither_back() {
    let Some(home) = home_of_nobody() else { return };
    home.write(CONFIG, "[a]\nx = 1\n");
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    for file in [CONFIG, CREDENTIALS] {
        std::os::unix::fs::chown(home.path(file), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    as_nobody(&home, &["--adopt"]).exits(0);
    let done = [CONFIG, CREDENTIALS].map(|file| home.read(file));
    std::os::unix::fs::chown(home.path(CREDENTIALS), Some(0), Some(0)).unwrap();
    fs::set_permissions(home.path(CREDENTIALS), fs::Permissions::from_mode(0o644)).unwrap();
    let run = as_nobody(&home, &["--undo"]).exits(4);
    assert!(run.stderr.contains("belongs to another user"), "{}", run.stderr);
    assert_eq!([CONFIG, CREDENTIALS].map(|file| home.read(file)), done);
    std::os::unix::fs::chown(home.path(CREDENTIALS), Some(NOBODY), Some(NOBODY)).unwrap();
    as_nobody(&home, &["--undo"]).exits(0);
    assert_eq!(home.read(CONFIG), "[a]\nx = 1\n");
    assert!(home.read(CREDENTIALS).starts_with("[main]\n"));
}
