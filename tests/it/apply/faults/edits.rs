//! Other programs that write the same files while `apply` is at work: whatever they write stays.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

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
            OpenOptions::new().write(true).truncate(true).open(path).unwrap().write_all(text.as_bytes()).unwrap()
        }
    }
}

/// Reads both files, adds a section to each, writes them.
fn edit(home: &Sandbox, way: Way) {
    for (file, theirs) in [DOTFILE, CREDENTIALS].into_iter().zip(THEIRS) {
        put(&home.path(file), &(home.read(file) + theirs), way);
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

/// Edits both files after each call of a run, in a run of its own; afterwards both changes must stand.
fn nothing_is_lost(way: Way) {
    let calls = calls(&both_to_change());
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

#[test]
fn an_edit_by_renaming_after_any_system_call_is_kept_and_so_is_awsauths() {
    nothing_is_lost(Way::Renaming);
}

#[test]
fn an_edit_in_place_after_any_system_call_is_kept_and_so_is_awsauths() {
    nothing_is_lost(Way::InPlace);
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
