//! Our readers and the editor compared with the real parsers, over many files.
//!
//! The Rust SDK's parser is always asked; botocore and JavaScript's loader where `tests/run` has put them.

use super::files;
use super::real::{self, File};
use crate::ini::dialect::{Dialect, Reading};

/// The least number of files that says something.
const ENOUGH: usize = 200;

/// A view as the real parser shows it: to some, what they can't load looks empty.
fn view(file: &File, reader: Dialect) -> Option<Reading> {
    let is_text = std::str::from_utf8(&file.bytes).is_ok();
    match file.document().read_as(reader) {
        Err(_) if reader == Dialect::JavaScript || reader == Dialect::Rust && !is_text => Some(Reading::default()),
        reading => reading.ok(),
    }
}

fn compare(reader: Dialect, files: &[File], theirs: impl IntoIterator<Item = Option<Reading>>) {
    for (file, theirs) in files.iter().zip(theirs) {
        let text = String::from_utf8_lossy(&file.bytes);
        assert_eq!(view(file, reader), theirs, "{} as read by {reader}: {text:?}", file.name);
    }
    println!("{} files compared with {reader}", files.len());
    assert!(files.len() >= ENOUGH, "only {} files compared with {reader}", files.len());
}

#[test]
fn the_view_of_the_rust_sdk_is_that_of_its_parser() {
    let files = files::all();
    compare(Dialect::Rust, &files, files.iter().map(real::rust));
}

#[cfg(feature = "real-clients")]
mod clients {
    use super::*;
    use crate::ini::dialect::{Name, SectionType};
    use crate::ini::tests::get_nested;
    use crate::ini::{Document, FileKind, SectionId};

    #[test]
    fn the_view_of_botocore_is_that_of_botocore() {
        let files = files::all();
        compare(Dialect::Botocore, &files, real::botocore(&files));
    }

    #[test]
    fn the_view_of_the_javascript_sdk_is_that_of_its_loader() {
        let files = files::all();
        compare(Dialect::JavaScript, &files, real::javascript(&files));
    }

    /// botocore looks into the blocks of `[DEFAULT]` only once there is another section. awsauth may add one any time.
    #[test]
    fn a_broken_block_of_defaults_alone_is_a_fault_that_botocore_does_not_see_yet() {
        let bytes = b"[DEFAULT]\ns3 =\n  nonsense\n".to_vec();
        let file = File { name: "defaults".into(), kind: FileKind::Config, bytes };
        assert_eq!(view(&file, Dialect::Botocore), None);
        assert_eq!(real::botocore(&[file]), [Some(Reading::default())]);
    }

    /// The editor's value for a name and a key of a reading.
    fn look_up(document: &Document<'_>, name: &Name, key: &str) -> Option<String> {
        let id = match name.section_type {
            SectionType::Default => SectionId::Profile("default".to_owned()),
            SectionType::Profile => SectionId::Profile(name.name.clone()),
            SectionType::SsoSession => SectionId::SsoSession(name.name.clone()),
            SectionType::Services => SectionId::Services(name.name.clone()),
        };
        let nested = |(at, _): (usize, &str)| get_nested(document, &id, &key[..at], &key[at + 1..]);
        let nested = key.match_indices('.').find_map(nested);
        nested.or_else(|| document.get(&id, key).map(std::borrow::Cow::into_owned))
    }

    #[test]
    fn the_editor_agrees_with_botocore_and_the_rust_sdk_wherever_these_agree() {
        let files = files::all();
        let mut values = 0;
        for (file, botocore) in files.iter().zip(real::botocore(&files)) {
            let document = file.document();
            let (Some(botocore), Some(rust)) = (botocore, real::rust(file)) else {
                continue;
            };
            assert_eq!(document.faults(), vec![], "{}", file.name);
            for (name, settings) in &botocore.0 {
                for (key, value) in settings {
                    if rust.0.get(name).and_then(|settings| settings.get(key)) == Some(value) {
                        assert_eq!(look_up(&document, name, key).as_ref(), Some(value), "{}: {name} {key}", file.name);
                        values += 1;
                    }
                }
            }
        }
        println!("{values} values in {} files are the same to both, and to the editor", files.len());
        assert!(files.len() >= ENOUGH && values >= ENOUGH, "only {values} values in {} files", files.len());
    }
}
