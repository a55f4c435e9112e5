//! Owns the laws of manifests and of `apply` on the config file. Must not know how a plan is made.

use super::files::{self, File, FileSort};
use super::planned::{self, Force};
use super::{Checked, Unstructured, blocks, manifests, view};
use crate::diagnostic::{Label, Severity};
use crate::ini::{Document, FileKind};
use crate::manifest::{self, Audience, Layers, SettingsTrust};
use crate::model::{Catalog, Profile};
use crate::plan::Refusal;
use crate::source::Source;

/// Two manifests and a config file.
#[derive(Debug, Clone)]
pub struct ApplyCase {
    /// Applied first.
    pub first: String,
    /// Applied over it.
    pub second: String,
    /// The file before.
    pub file: File,
}

impl ApplyCase {
    /// Draws the manifests, then the file, which may have a block already. `seeds` are files to start from.
    pub fn draw(draw: &mut Unstructured<'_>, seeds: &[Vec<u8>]) -> Self {
        let first = manifests::draw(draw);
        let second = if draw.one_in(8) { String::new() } else { manifests::draw(draw) };
        let has_block = draw.one_in(4);
        let below = has_block.then(|| (manifests::draw(draw), manifests::section_below(draw)));
        let mut file = files::draw(draw, FileSort::Config, seeds);
        if let Some((manifest, below)) = below
            && let Some(catalog) = load(&manifest).whole()
            && let Ok(with_block) = planned::config(catalog, &file, Force::No)
        {
            file = File([with_block, below.into_bytes()].concat());
        }
        Self { first, second, file }
    }
}

fn load(text: &str) -> manifest::Loaded {
    manifest::load(&alone(text), Audience::Person)
}

/// A manifest of one file.
fn alone(text: &str) -> Layers {
    Layers::new(Source::new("profiles.toml", text), "profiles.local.toml")
}

/// Reads any text as a manifest, without a panic. It is used if and only if it has no error; every finding is at a place in
/// it; and every profile has a chain.
///
/// # Panics
///
/// If the law does not hold.
pub fn check_holds(text: &str) {
    checked(text);
    layers_hold(text);
}

/// A valid manifest means the same in two files, cut above its last profile or, key by key, within all profiles: the second
/// file is included, or added by one person. Any two halves are read without a panic.
///
/// # Panics
///
/// If the law does not hold.
pub fn layers_hold(text: &str) -> Checked {
    let whole = load(text).whole().cloned();
    let mut judged = Checked::Refused;
    let cuts = text.match_indices("[profiles.").filter(|(at, _)| text[..*at].ends_with('\n'));
    let halves = cuts.last().map(|(cut, _)| (text[..cut].to_owned(), text[cut..].to_owned()));
    for (above, below) in halves.into_iter().chain([scattered(text)]) {
        let mut included = alone(&above);
        included.add_included(0, Source::new("below.toml", &*below));
        let mut added = alone(&above);
        added.add_local(Source::new("profiles.local.toml", &*below), SettingsTrust::Trusted);
        for layers in [included, added] {
            let loaded = manifest::load(&layers, Audience::Person);
            let places = layers.sources();
            let is_place = |label: &Label| places.text(label.span).is_some();
            for found in &loaded.diagnostics {
                assert!(is_place(&found.primary) && found.related.iter().all(is_place), "{found:?} is at no place");
            }
            if let (Some(whole), Some(loaded)) = (&whole, loaded.whole()) {
                assert_eq!(by_name(whole), by_name(loaded), "{above}\n-----\n{below}");
                judged = Checked::Yes;
            }
        }
    }
    judged
}

/// Moves every second line of the profiles from the first text to the second, below the same headers.
fn scattered(text: &str) -> (String, String) {
    let (mut above, mut below) = (String::new(), String::new());
    let mut is_in_profile = false;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.starts_with('[') {
            is_in_profile = line.starts_with("[profiles.");
            if is_in_profile {
                below.push_str(line);
            }
        } else if is_in_profile && number % 2 == 1 {
            below.push_str(line);
            continue;
        }
        above.push_str(line);
    }
    (above, below)
}

fn by_name(catalog: &Catalog) -> Vec<&Profile> {
    let mut profiles: Vec<_> = catalog.profiles().iter().collect();
    profiles.sort_by_key(|profile| profile.name.as_str());
    profiles
}

/// [`check_holds`], and the catalog of a valid manifest.
pub(super) fn checked(text: &str) -> Option<Catalog> {
    catalog(&alone(text))
}

/// [`checked`] for a manifest in several files.
pub(super) fn catalog(layers: &Layers) -> Option<Catalog> {
    let loaded = manifest::load(layers, Audience::Person);
    let places = layers.sources();
    let is_place = |label: &Label| places.text(label.span).is_some();
    for found in &loaded.diagnostics {
        assert!(is_place(&found.primary) && found.related.iter().all(is_place), "{found:?} is at no place");
    }
    let has_errors = loaded.diagnostics.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(loaded.whole().is_none(), has_errors, "{:?}", loaded.diagnostics);
    in_part_holds(&loaded);
    let catalog = loaded.whole()?.clone();
    for profile in catalog.profiles() {
        assert!(catalog.chain(profile.name.as_str()).is_some(), "{} has no chain", profile.name);
    }
    Some(catalog)
}

/// In a manifest with errors, each profile without errors has a chain of such profiles.
fn in_part_holds(loaded: &manifest::Loaded) {
    let Some(catalog) = &loaded.catalog else { return };
    let errors = || loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    for profile in catalog.profiles() {
        let name = profile.name.as_str();
        assert!(catalog.chain(name).is_some(), "{name} has no chain");
        assert!(loaded.wrong.iter().all(|wrong| wrong.name != name), "{name} is wrong and in order");
        assert!(errors().all(|found| !found.profiles.iter().any(|other| other == name)), "an error is about {name}");
    }
}

/// Takes any manifest and any file. Either nothing is written, or: bytes outside the block stay; AWS CLI can read the file;
/// the file says of every profile exactly what the model says, and of everything else what it said before; applying again
/// changes nothing; a block edited by hand is refused, and with force made right; another manifest and then the first one
/// again give the same bytes.
///
/// An empty manifest gives the original back, except for what was added above the block: the missing end of the last line,
/// then one blank line if the last line is not blank and the file separates its sections by blank lines. From there, the
/// first manifest gives the same bytes once more.
///
/// # Panics
///
/// If the law does not hold.
pub fn apply_holds(case: &ApplyCase) -> Checked {
    let (Some(first), second) = (checked(&case.first), checked(&case.second)) else { return Checked::Refused };
    let Ok(done) = planned::config(&first, &case.file, Force::No) else { return Checked::Refused };
    outside_stays(&case.file, &done);
    blocks::reads_as(&first, &done);
    view::same(&planned::config(&first, &done, Force::No), &done, "applying again changes the file");
    edited_is_refused(&first, &done);
    removed_is_as_before(&first, &case.file, &done);
    if let Some(second) = second {
        there_and_back(&first, &second, &case.file, &done);
    }
    Checked::Yes
}

/// The text around the block is unchanged, and every section there reads as before.
fn outside_stays(before: &[u8], after: &[u8]) {
    match (blocks::find(before), blocks::find(after)) {
        (None, None) => view::same(&Ok::<_, Refusal>(after.to_vec()), before, "there is no block"),
        (None, Some((block, _))) => {
            assert!(block.start >= before.len() && after.starts_with(before) && block.end == after.len());
        }
        (Some((old, _)), None) => assert_eq!([&before[..old.start], &before[old.end..]].concat(), after),
        (Some((old, _)), Some((new, _))) => {
            assert_eq!(before[..old.start], after[..new.start]);
            assert_eq!(before[old.end..], after[new.end..]);
        }
    }
    assert_eq!(sections_outside(before), sections_outside(after));
}

/// The sections outside the block as they are read: identity, keys and values.
fn sections_outside(file: &[u8]) -> Vec<(String, Vec<(String, String)>)> {
    let document = Document::parse(file, FileKind::Config);
    let block = blocks::find(file).map(|(block, _)| block).unwrap_or_default();
    let outside = document.sections().iter().filter(|section| !block.contains(&section.header.start));
    outside.map(|section| (format!("{:?}", section.id), view::section(&document, section))).collect()
}

fn edited_is_refused(catalog: &Catalog, done: &[u8]) {
    let Some((_, body)) = blocks::find(done) else { return };
    let line = if done[..body.start].ends_with(b"\r\n") { "# mine\r\n" } else { "# mine\n" };
    let edited = [&done[..body.end], line.as_bytes(), &done[body.end..]].concat();
    let refused = planned::config(catalog, &edited, Force::No);
    assert!(matches!(refused, Err(Refusal::Edited { .. })), "{refused:?}");
    view::same(&planned::config(catalog, &edited, Force::Yes), done, "force does not make it right");
}

fn removed_is_as_before(catalog: &Catalog, before: &[u8], done: &[u8]) {
    let removed = planned::config(&Catalog::default(), done, Force::No);
    let removed = removed.unwrap_or_else(|refusal| panic!("the block can't be taken out: {refusal}"));
    assert_eq!(blocks::find(&removed), None);
    if let Some((old, _)) = blocks::find(before) {
        return view::same(
            &Ok::<_, Refusal>(removed),
            &[&before[..old.start], &before[old.end..]].concat(),
            "more than the block went",
        );
    }
    let added = removed.strip_prefix(before).unwrap_or_else(|| panic!("bytes of the file are gone"));
    // After a lone carriage return, one line feed only completes that end.
    let added = if before.ends_with(b"\r") { added.strip_prefix(b"\n").unwrap_or(added) } else { added };
    let lines = match added {
        b"" => 0,
        b"\n" | b"\r\n" => 1,
        b"\n\n" | b"\r\n\r\n" => 2,
        other => panic!("{other:?} stays"),
    };
    let is_ended = before.is_empty() || before.ends_with(b"\n") || before.ends_with(b"\r");
    assert!(lines < 2 || !is_ended, "more than one blank line stays");
    assert!(lines > 0 || is_ended || blocks::find(done).is_none(), "a line without an end was joined");
    view::same(&planned::config(catalog, &removed, Force::No), done, "not the same from there");
}

fn there_and_back(first: &Catalog, second: &Catalog, before: &[u8], done: &[u8]) {
    let there = match planned::config(second, done, Force::No) {
        Ok(there) => there,
        Err(refusal) => return assert!(matches!(refusal, Refusal::Outside(_)), "{refusal:?}"),
    };
    outside_stays(done, &there);
    blocks::reads_as(second, &there);
    if blocks::find(done).is_none() || blocks::find(&there).is_none() {
        return;
    }
    let back = planned::config(first, &there, Force::No).unwrap_or_else(|refusal| panic!("{refusal}"));
    // The block has the line ends of most lines of the file, of which it is a part itself: only a block that had others at
    // first may come back with different ones.
    if blocks::find(before).is_some() {
        view::same(&Ok::<_, Refusal>(with_line_feeds(&back)), &with_line_feeds(done), "not the same but for line ends");
    } else {
        view::same(&Ok::<_, Refusal>(back), done, "there and back is not the same");
    }
}

fn with_line_feeds(file: &[u8]) -> Vec<u8> {
    file.iter().copied().filter(|byte| *byte != b'\r').collect()
}
