//! What a file system may answer to the last steps of a replacement, some of which are rare or only known from networks.

use super::strace::failing;
use super::{DOTFILE, both_to_change, found, heals, leftovers, new, old};

#[test]
fn a_directory_that_can_not_be_flushed_is_a_warning_that_names_the_file() {
    let home = both_to_change();
    // Each file's backup is flushed, the file, then its directory.
    let run = failing(&home, "fsync", "EIO", "3+3").ok();
    for file in [".aws/config", ".aws/credentials"] {
        let words = format!("~/{file} is written, but its directory could not be flushed");
        assert!(run.stderr.contains(&words), "{}", run.stderr);
    }
    assert_eq!((found(&home), leftovers(&home).len()), (new(), 0));
}

#[test]
fn a_file_that_can_not_be_flushed_is_not_put_in_place() {
    let home = both_to_change();
    let run = failing(&home, "fsync", "EIO", "2").exits(6);
    assert!(run.stderr.contains("Input/output error"), "{}", run.stderr);
    assert_eq!((found(&home), leftovers(&home).len()), (old(), 0));
}

#[test]
fn a_file_that_can_not_be_put_in_place_leaves_the_old_one_and_is_told_with_its_link() {
    for (error, words) in [
        ("EIO", "Input/output error"),
        ("ESTALE", "Stale file handle"),
        ("EXDEV", "Invalid cross-device link"),
        ("EBUSY", "Device or resource busy"),
        ("EROFS", "Read-only file system"),
    ] {
        let home = both_to_change();
        // The first one is that of the backup.
        let run = failing(&home, "renameat", error, "2+").exits(6);
        for words in [words, "~/.aws/config", DOTFILE] {
            assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
        }
        assert_eq!((found(&home), leftovers(&home).len()), (old(), 0));
        heals(&home);
    }
}
