//! Owns the law of `apply --adopt`. Must not know how a plan is made.

use super::apply::checked;
use super::files::{self, File, FileSort};
use super::planned::{self, Force};
use super::{Checked, Unstructured, blocks, manifests, view};
use crate::ini::{Document, FileKind};
use crate::model::Catalog;

/// A manifest, and a config file with some of its sections, written by hand.
#[derive(Debug, Clone)]
pub struct AdoptCase {
    /// The manifest.
    pub manifest: String,
    /// The file.
    pub file: File,
}

impl AdoptCase {
    /// Draws a manifest, and puts its sections into a file, with comments and different line ends, without some of the keys, and
    /// with the user's own sections between them.
    pub fn draw(draw: &mut Unstructured<'_>, seeds: &[Vec<u8>]) -> Self {
        let manifest = manifests::draw(draw);
        let mut file = if draw.one_in(4) { files::draw(draw, FileSort::Config, seeds).0 } else { Vec::new() };
        if let Some(catalog) = checked(&manifest)
            && let Ok(block) = planned::config(&catalog, b"", Force::No)
            && let Some((_, body)) = blocks::find(&block)
        {
            for line in String::from_utf8_lossy(&block[body]).lines() {
                write(draw, line, &mut file);
            }
        }
        Self { manifest, file: File(file) }
    }
}

/// Writes one line of the manifest's sections as a person may have it.
fn write(draw: &mut Unstructured<'_>, line: &str, file: &mut Vec<u8>) {
    let newline = if draw.one_in(8) { "\r\n" } else { "\n" };
    let is_header = line.starts_with('[');
    if is_header && draw.one_in(3) {
        file.extend(["[profile of-mine]", newline, "region = x # of mine", newline].concat().bytes());
    }
    if draw.one_in(6) {
        file.extend(draw.pick(&["# why", "; other", "", "#", "\t# deep"]).bytes().chain(newline.bytes()));
    }
    if !is_header && draw.one_in(8) {
        return;
    }
    let is_plain = !line.is_empty() && !line.starts_with(' ');
    file.extend(line.bytes());
    if is_plain && draw.one_in(10) {
        file.extend(draw.pick(&[" # inline", "\t; inline", " "]).bytes());
    }
    file.extend(newline.bytes());
}

/// Takes any manifest and any file. Either nothing is written, or: the file says of every profile what the model says, once;
/// every other section is unchanged; no comment is lost; and there is nothing left to do.
///
/// # Panics
///
/// If the law does not hold.
pub fn adopt_holds(case: &AdoptCase) -> Checked {
    let Some(catalog) = checked(&case.manifest) else { return Checked::Refused };
    let Ok(done) = planned::adopt(&catalog, &case.file) else { return Checked::Refused };
    blocks::reads_as(&catalog, &done);
    view::same(&planned::adopt(&catalog, &done), &done, "adopting again changes the file");
    view::same(&planned::config(&catalog, &done, Force::No), &done, "applying after it changes the file");
    let (before, after) = (Document::parse(&case.file, FileKind::Config), Document::parse(&done, FileKind::Config));
    assert_eq!(others(&before, &catalog), others(&after, &catalog), "another section is not what it was");
    let mut kept = comments(&after);
    for comment in comments(&before) {
        // A comment that looks like a marker gets a `# `, and the first one of a section gets the section's name.
        let said = comment.trim_start_matches(['#', ';']).trim();
        let is_kept = |other: &String| {
            let named = other.strip_prefix("# of [").and_then(|rest| rest.split_once("]: "));
            *other == comment
                || other.strip_prefix("# ") == Some(&comment)
                || named.is_some_and(|(_, rest)| rest == said)
        };
        let place = kept.iter().position(is_kept);
        kept.swap_remove(place.unwrap_or_else(|| panic!("the comment {comment:?} is lost")));
    }
    Checked::Yes
}

/// The sections that the manifest does not have, outside the block.
fn others<'d>(document: &'d Document<'_>, catalog: &Catalog) -> Vec<(String, &'d [u8])> {
    let own = super::expected::sections(catalog);
    let block = blocks::find(document.bytes()).map(|(block, _)| block).unwrap_or_default();
    let texts = view::texts(document, |section| {
        !block.contains(&section.header.start) && own.iter().all(|(id, _)| *id != section.id)
    });
    texts.into_iter().map(|(id, text)| (format!("{id:?}"), text)).collect()
}

/// The text of every comment line outside the block.
fn comments(document: &Document<'_>) -> Vec<String> {
    let block = blocks::find(document.bytes()).map(|(block, _)| block).unwrap_or_default();
    let all = view::comments(document, |_| false);
    let start = document.bytes().as_ptr();
    let outside = all.into_iter().filter(|comment| !block.contains(&(comment.as_ptr().addr() - start.addr())));
    outside.map(|comment| String::from_utf8_lossy(comment).trim().to_owned()).collect()
}
