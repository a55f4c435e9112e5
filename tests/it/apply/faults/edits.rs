//! Other programs that write the same files while `apply` is at work: what they write stays, until the last look before the
//! renaming.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::readers::client::tool;

use super::strace::{Call, Paused, calls};
use super::{CREDENTIALS, DOTFILE, Sandbox, both_to_change, for_each, found, leftovers, new, old};

/// What the other program adds at the end of each file.
const THEIRS: [&str; 2] = ["\n[profile theirs]\nregion = eu-north-1\n", "\n[theirs]\naws_access_key_id = AKIATHEIRS\n"];
/// How often a run is made again because its calls came in another order.
const TRIES: usize = 20;

/// How another program writes.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// As awsauth does: a temporary file, renamed.
    Renaming,
    /// As AWS CLI does: in place.
    InPlace,
}

/// Puts `text` into a file.
fn put(path: &Path, text: &str, way: Way) {
    match way {
        Way::Renaming => {
            let temp = path.with_extension("theirs");
            fs::write(&temp, text).unwrap();
            fs::set_permissions(&temp, path.metadata().unwrap().permissions()).unwrap();
            fs::rename(temp, path).unwrap();
        }
        Way::InPlace => {
            let mut file = OpenOptions::new().write(true).truncate(true).open(path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }
    }
}

/// Reads both files, adds a section to each, writes them.
fn edit(home: &Sandbox, way: Way) {
    for (file, theirs) in [DOTFILE, CREDENTIALS].into_iter().zip(THEIRS) {
        put(&home.path(file), &(home.read(file) + theirs), way);
    }
}

/// Empties both files, and lets them look new however slow this machine is.
fn empty(home: &Sandbox) {
    for file in [DOTFILE, CREDENTIALS] {
        let file = OpenOptions::new().write(true).truncate(true).open(home.path(file)).unwrap();
        file.set_modified(std::time::SystemTime::now() + Duration::from_hours(1)).unwrap();
    }
}

/// A run that stands still right after `call`.
fn paused_after(call: &Call) -> (Sandbox, Paused) {
    for _ in 0..TRIES {
        let home = both_to_change();
        let mut run = Paused::after(&home, call);
        if run.stands() && run.is_after(call, &home) {
            return (home, run);
        }
        run.go_on();
        run.end();
    }
    panic!("{call:?} is not made again");
}

/// The calls without those between the last look at a file and its renaming. That moment belongs to whoever is faster.
fn before_the_last_look(calls: &[Call]) -> Vec<Call> {
    let mut is_last_moment = false;
    let mut kept: Vec<Call> = Vec::new();
    for call in calls.iter().rev() {
        let is_late = is_last_moment;
        match call.name.as_str() {
            "renameat" => is_last_moment = call.about.contains(".aws"),
            "openat" => is_last_moment = false,
            _ => {}
        }
        if !is_late {
            kept.push(call.clone());
        }
    }
    kept.reverse();
    kept
}

/// Edits both files after each call of a run, in a run of its own; afterwards both changes must stand.
fn nothing_is_lost(way: Way) {
    let calls = before_the_last_look(&calls(&both_to_change()));
    for_each(&calls, |call| {
        let (home, run) = paused_after(call);
        edit(&home, way);
        run.go_on();
        let run = run.end();
        assert_eq!(run.code, Some(0), "{call:?}\n{}", run.stderr);
        let [config, credentials] = new();
        assert_eq!(found(&home), [config + THEIRS[0], credentials + THEIRS[1]], "{way:?} after {call:?}");
        assert_eq!(leftovers(&home).len(), 0);
    });
    println!("{} calls", calls.len());
}

/// AWS CLI v1 reads the file, empties it, and writes it.
#[test]
fn a_setting_of_aws_configure_is_kept_whenever_it_comes() {
    let calls = before_the_last_look(&calls(&both_to_change()));
    let locked = calls.iter().position(|call| call.name == "flock").expect("a lock is taken");
    let is_step = |call: &&Call| ["flock", "read", "fsync", "renameat"].contains(&call.name.as_str());
    let calls: Vec<&Call> = calls[locked..].iter().filter(is_step).collect();
    assert!(calls.len() >= 8, "{calls:?}");
    for_each(&calls, |call| {
        let (home, run) = paused_after(call);
        let mut aws = home.program(&tool("AWSAUTH_TEST_AWS_CLI_V1"));
        let set = ["configure", "set", "output", "yaml", "--profile", "last"];
        assert!(aws.args(set).status().unwrap().success());
        run.go_on();
        run.end().ok();
        let [config, credentials] = new();
        // It writes every line end as its own system has them.
        let config = config.replace('\r', "").replace("output = text", "output = yaml\n");
        assert_eq!(found(&home), [config, credentials], "after {call:?}");
    });
}

#[test]
fn an_edit_by_renaming_after_any_system_call_is_kept_and_so_is_awsauths() {
    nothing_is_lost(Way::Renaming);
}

#[test]
fn an_edit_in_place_after_any_system_call_is_kept_and_so_is_awsauths() {
    nothing_is_lost(Way::InPlace);
}

/// A program that writes in place may be slow: it has emptied the files, and writes only when awsauth waits for that, or
/// has ended.
#[test]
fn files_that_are_emptied_after_any_system_call_are_not_taken_for_empty() {
    let calls = before_the_last_look(&calls(&both_to_change()));
    for_each(&calls, |call| {
        let (home, mut run) = paused_after(call);
        let texts = [DOTFILE, CREDENTIALS].map(|file| home.read(file));
        empty(&home);
        run.go_on();
        let is_waited_for = run.stands();
        for ((file, text), theirs) in [DOTFILE, CREDENTIALS].into_iter().zip(texts).zip(THEIRS) {
            put(&home.path(file), &(text + theirs), Way::InPlace);
        }
        if is_waited_for {
            run.go_on();
        }
        let run = run.end();
        assert_eq!(run.code, Some(0), "{call:?}\n{}", run.stderr);
        let [config, credentials] = new();
        assert_eq!(found(&home), [config + THEIRS[0], credentials + THEIRS[1]], "after {call:?}");
        assert_eq!(leftovers(&home).len(), 0);
    });
}

/// A laptop that slept, or a busy machine: time went by in which awsauth did not wait for the other program.
#[test]
fn time_in_which_awsauth_stood_still_is_no_time_that_it_waited() {
    // Longer than awsauth ever waits.
    let asleep = Duration::from_millis(600);
    credentials_are_waited_for(|path| {
        std::thread::sleep(asleep);
        put(path, "", Way::InPlace);
    });
}

/// The other program slept as well, or was stopped right after it had emptied the file.
#[test]
fn time_in_which_everybody_stood_still_is_no_time_that_awsauth_waited() {
    credentials_are_waited_for(|path| {
        put(path, "", Way::InPlace);
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_hours(1)).unwrap();
    });
}

/// What stands there after `empty`, while awsauth stood still before it read the credentials, is not taken for what there is.
fn credentials_are_waited_for(empty: impl Fn(&Path)) {
    let calls = calls(&both_to_change());
    let call = calls.iter().find(|call| call.name == "openat" && call.about.ends_with("credentials\"")).unwrap();
    let (home, mut run) = paused_after(call);
    let text = home.read(CREDENTIALS);
    empty(&home.path(CREDENTIALS));
    run.go_on();
    assert!(run.stands(), "it took the emptied file for what there is\n{}", run.log);
    put(&home.path(CREDENTIALS), &(text + THEIRS[1]), Way::InPlace);
    run.go_on();
    let run = run.end();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let [config, credentials] = new();
    assert_eq!(found(&home), [config, credentials + THEIRS[1]]);
}

#[test]
fn a_file_that_is_edited_at_every_try_is_left_as_the_other_program_wrote_it() {
    let home = both_to_change();
    // Before each comparison, the new text was flushed.
    let mut run = Paused::after_each(&home, "fsync");
    let (mut edits, path) = (0, home.path(DOTFILE));
    while run.stands() {
        edits += 1;
        put(&path, &format!("# edit {edits}\n{}", old()[0]), Way::Renaming);
        run.go_on();
    }
    let run = run.end();
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert!(run.stderr.contains("was changed by another program, 3 times in a row"), "{}", run.stderr);
    assert!(edits >= 3, "{edits}");
    assert_eq!(found(&home), [format!("# edit {edits}\n{}", old()[0]), old()[1].clone()]);
    assert_eq!(leftovers(&home).len(), 0);
}
