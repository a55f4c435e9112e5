//! Owns turning `~/.aws/config` and `~/.aws/credentials` into a manifest of the same meaning. Must not do I/O or change a file.
//!
//! `read` (both files) → `meaning` (the pattern of each profile; `role`, `portals`, `settings` and `tools` for its parts) →
//! `judge` (what the manifest's own reader refuses stays) → `fold`, `matrix` (repetition) → `draft` (TOML).

mod draft;
mod fold;
mod judge;
mod left;
mod matrix;
mod meaning;
mod portals;
mod read;
mod role;
mod settings;
mod table;
mod tools;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::mem;

use draft::{Draft, ProfileTable, Text};
use judge::Verdict;
use meaning::{Meaning, Meanings, Refusal, Refusals};
use portals::Portals;
use read::Read;
use table::Table;

use crate::ini::{Document, Fault, FileKind, SectionId};
use crate::manifest::host_to_allow;
use crate::model::{Catalog, default_long_term};
use crate::plan::SectionValue;
use crate::secret::is_harmless;
use crate::source::display_safe;

pub(crate) use left::{FileLine, Left, Why};
pub(crate) use read::{ImportFiles, of_another_manifest};
pub(crate) use table::Note;

/// A manifest, and everything that the person should know about it.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) manifest: String,
    /// The lines for the person's own profiles.local.toml; may be empty.
    pub(crate) personal: String,
    /// The manifest as it is read, with these lines.
    pub(crate) catalog: Catalog,
    /// The lines without a matrix, and with it.
    pub(crate) saved: Option<(usize, usize)>,
    /// By place.
    pub(crate) left: Vec<Left>,
    /// Each note with the names of its profiles or sections.
    pub(crate) notes: Vec<(Note, Vec<String>)>,
    /// The lines for which AWS CLI refuses a whole file.
    pub(crate) faults: Vec<(FileKind, Fault)>,
}

/// Whether regular names become a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Profiles,
    Matrix,
}

/// Reads both files. Linear in their length.
pub(crate) fn import(files: ImportFiles<'_>, form: Form) -> Import {
    let read = read::read(files);
    let (draft, verdict, meanings) = accepted(&read);
    let (mut draft, mut verdict) = judge::take_if_same(fold::fold(draft.clone()), verdict, draft);
    let lines = draft.manifest().lines;
    if form == Form::Matrix {
        let matrix = matrix::with_matrices(&draft);
        if matrix.manifest().lines < lines {
            (draft, verdict) = judge::take_if_same(matrix, verdict, draft);
        }
    }
    let faults = [(FileKind::Config, files.config), (FileKind::Credentials, files.credentials)];
    let faults = faults
        .into_iter()
        .flat_map(|(kind, bytes)| Document::parse(bytes, kind).faults().into_iter().map(move |fault| (kind, fault)));
    let Text { toml: manifest, lines: shorter, .. } = draft.manifest();
    Import {
        manifest,
        saved: Some((lines, shorter)).filter(|_| form == Form::Matrix),
        personal: draft.personal(),
        catalog: verdict.catalog,
        notes: notes(&read, &meanings),
        left: left(&read, meanings),
        faults: faults.collect(),
    }
}

/// The sections of which the known manifest has everything, in the words that an import finds for them.
pub(crate) fn replaceable_sections(files: ImportFiles<'_>) -> HashSet<SectionId> {
    judge::replaceable_sections(&import(files, Form::Profiles).catalog, files.known)
}

/// Leaves out the profiles that the manifest's reader refuses, and those that depend on them, until it accepts the rest.
fn accepted(read: &Read) -> (Draft, Verdict, Meanings) {
    let (mut profiles, mut sessions) = (Refusals::new(), HashSet::new());
    loop {
        let mut portals = Portals::of(&read.sessions, &read.profiles, |name| sessions.contains(name));
        let meanings = meaning::meanings(&read.profiles, &profiles, &mut portals);
        let draft = draft(read, &meanings, &portals);
        let verdict = judge::judge(&draft);
        let mut is_done = true;
        for (name, why) in &verdict.profiles {
            if let Some(refusal) = profiles.get_mut(name) {
                is_done &= mem::replace(&mut refusal.is_final, true);
            } else {
                profiles.insert(name.clone(), Refusal { why: why.clone(), is_final: false });
                is_done = false;
            }
        }
        for name in &verdict.sessions {
            is_done &= !sessions.insert(name.clone());
        }
        if is_done {
            return (draft, verdict, meanings);
        }
    }
}

fn draft(read: &Read, meanings: &Meanings, portals: &Portals) -> Draft {
    let is_table = |(_, meaning): &(_, &Meaning)| matches!(meaning, Meaning::Table(_));
    let named = read.profiles.iter().zip(&meanings.all).filter(is_table).map(|(profile, _)| profile.name.as_str());
    let named: HashSet<&str> = named.collect();
    let mut draft = Draft::default();
    for portal in &portals.list {
        let comments = portal.section.map(|at| comments(&read.sessions[at].comments)).unwrap_or_default();
        draft.sessions.push((portal.clone(), comments));
    }
    for (profile, meaning) in read.profiles.iter().zip(&meanings.all) {
        let table = match meaning {
            Meaning::Table(table) => ProfileTable::new(&profile.name, table, comments(&profile.comments)),
            Meaning::Stays(stays) if stays.is_external => {
                ProfileTable::new(&profile.name, &Table::external(), Vec::new())
            }
            Meaning::Stays(_) | Meaning::LongTermKey => continue,
        };
        draft.hosts.extend(hosts(&table));
        let key = default_long_term(&profile.name);
        let is_new_key = meanings.keys.contains(&key) && !named.contains(key.as_str());
        let common = table.keys.iter().filter(|(name, _)| ["region", "output"].contains(name)).cloned().collect();
        draft.profiles.push(table);
        if is_new_key {
            draft.profiles.push(ProfileTable { keys: common, ..ProfileTable::new(&key, &Table::key(), Vec::new()) });
        }
    }
    draft.hosts.sort();
    draft.hosts.dedup();
    draft
}

/// Comments for TOML, without those that may hold a secret.
fn comments(written: &[String]) -> Vec<String> {
    let texts = written.iter().map(|comment| comment.trim_start_matches(['#', ';']).trim());
    let fit = texts.filter(|text| !text.is_empty() && is_harmless(text));
    fit.map(|text| format!("# {}", display_safe(text))).collect()
}

/// The hosts that the person has to allow for its endpoints.
fn hosts(table: &ProfileTable) -> Vec<String> {
    let mut endpoints: Vec<&str> = Vec::new();
    for (key, value) in &table.settings {
        match value {
            SectionValue::Text(text) if key == "endpoint_url" => endpoints.push(text),
            SectionValue::Text(_) => {}
            SectionValue::Nested(pairs) => {
                endpoints.extend(pairs.iter().filter(|(key, _)| key == "endpoint_url").map(|(_, text)| text.as_str()));
            }
        }
    }
    endpoints.into_iter().filter_map(|url| host_to_allow(url).ok()?.map(str::to_ascii_lowercase)).collect()
}

fn left(read: &Read, meanings: Meanings) -> Vec<Left> {
    let mut left = read.left.clone();
    for (profile, meaning) in read.profiles.iter().zip(meanings.all) {
        if let Meaning::Stays(stays) = meaning {
            left.push(Left {
                header: profile.header.clone(),
                at: profile.at,
                why: stays.why,
                is_external: stays.is_external,
            });
        }
    }
    left.sort_by_key(|one| (one.at.file == FileKind::Credentials, one.at.line));
    left
}

const OF_SESSIONS: [&str; 3] = ["sso_start_url", "sso_region", "sso_registration_scopes"];

fn notes(read: &Read, meanings: &Meanings) -> Vec<(Note, Vec<String>)> {
    let mut all: Vec<(Note, Vec<String>)> = Vec::new();
    let mut places: HashMap<Note, usize> = HashMap::new();
    let mut add = |note: Note, name: &str| {
        let at = *places.entry(note.clone()).or_insert_with(|| {
            all.push((note, Vec::new()));
            all.len() - 1
        });
        all[at].1.push(name.to_owned());
    };
    let profiles = read.profiles.iter().map(|profile| (&profile.name, &profile.comments));
    let tables = profiles.zip(&meanings.all).filter_map(|((name, comments), meaning)| match meaning {
        Meaning::Table(table) => Some((name, comments, table)),
        _ => None,
    });
    for (name, comments, table) in tables {
        for note in &table.notes {
            add(note.clone(), name);
        }
        if !table.dropped.is_empty() {
            add(Note::Dropped(table.dropped.clone()), name);
        }
        if comments.iter().any(|comment| !is_harmless(comment)) {
            add(Note::SecretComment, name);
        }
    }
    for session in &read.sessions {
        let keys = session.entries.iter().map(|entry| entry.key.clone());
        let others: Vec<String> = keys.filter(|key| !OF_SESSIONS.contains(&key.as_str())).collect();
        if !others.is_empty() {
            add(Note::Dropped(others), &format!("[sso-session {}]", session.name));
        }
    }
    all
}
