//! Owns `profiles.toml`: text → checked [`Catalog`] and every finding on the way. Must not do I/O or know INI.
//!
//! `syntax` (TOML's own rules) → `fields`, `sessions` (each value checked once, where it is written) → `profiles` (what
//! a pattern needs) → `chains` (how profiles hang together) → `Catalog`. `keys` and `known` are the tables that both the
//! reader and `schema` follow. A second file joins in at `Fields::inherit`: a layer is a set of fields that gives what
//! the one over it does not.

mod chains;
mod codes;
mod fields;
mod keys;
mod known;
mod local;
mod place;
mod profiles;
mod reading;
mod schema;
mod sessions;
mod settings;
mod suggest;
mod syntax;
mod values;
mod variables;

#[cfg(test)]
mod tests;

use fields::Fields;
use profiles::Drafts;
use reading::{Entry, Reading, Table, entries};
use sessions::Sessions;
use syntax::Profiles;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::Diagnostic;
use crate::model::Catalog;
use crate::source::Source;

pub(crate) use local::load_settings;
pub(crate) use place::{Place, place};
pub(crate) use schema::{local_schema, schema};

/// The version of the format that this awsauth reads.
const VERSION: i64 = 1;

/// A manifest as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// Everything in it; none if there is any error.
    pub(crate) catalog: Option<Catalog>,
    /// Every finding by place.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// What all profiles share.
struct Shared<'t> {
    defaults: Box<Fields>,
    sessions: Sessions<'t>,
}

/// Reads a manifest. Pure, and linear in the length of the text.
pub(crate) fn load(source: &Source) -> Loaded {
    load_in_pieces(source, syntax::PIECE).unwrap_or_else(|| load_whole(source))
}

/// Reads any text at once.
pub(crate) fn load_whole(source: &Source) -> Loaded {
    let mut reading = Reading::new(source);
    let mut parsed = syntax::parse(source, &mut reading.out);
    if !parsed.complete {
        return Loaded { catalog: None, diagnostics: reading.out.into_sorted() };
    }
    let profiles = parsed.table.remove_entry("profiles");
    let catalog = shared(&parsed.table, &mut reading).and_then(|shared| {
        let mut drafts = Drafts::default();
        if let Some((key, value)) = profiles
            && reading.table(Entry::new(&key, &value, 0)).is_some()
            && let DeValue::Table(table) = value.into_inner()
        {
            drafts.read(Profiles { table, base: 0 }, &shared.defaults, &mut reading);
        }
        drafts.index();
        catalog(drafts, shared.sessions, &mut reading)
    });
    Loaded { catalog, diagnostics: reading.out.into_sorted() }
}

/// Reads a text of more than one piece; none where it has to be read as a whole to say what is wrong, or what it means.
pub(crate) fn load_in_pieces(source: &Source, size: usize) -> Option<Loaded> {
    let mut pieces = syntax::pieces(&source.text, size).peekable();
    let head = pieces.next()?;
    pieces.peek()?;
    let head = head.head()?;
    let mut reading = Reading::new(source);
    let shared = shared(&head, &mut reading)?;
    let mut drafts = Drafts::default();
    for piece in pieces {
        drafts.read(piece.profiles()?, &shared.defaults, &mut reading);
    }
    if !drafts.index() {
        return None;
    }
    let catalog = catalog(drafts, shared.sessions, &mut reading);
    Some(Loaded { catalog, diagnostics: reading.out.into_sorted() })
}

/// Reads all tables but `[profiles]`; none if nothing can be said of a file of this version.
fn shared<'t>(tables: &'t DeTable<'t>, reading: &mut Reading<'t>) -> Option<Shared<'t>> {
    let top = entries(Table { keys: tables, base: 0 });
    let find = |name: &str| top.iter().find(|entry| entry.name == name).copied();
    if find("version").is_some_and(|entry| !is_readable(entry, reading)) {
        return None;
    }
    for entry in &top {
        check_top(*entry, reading);
    }
    if let Some(entry) = find("vars") {
        variables::read(entry, reading);
    }
    let defaults = match find("defaults").and_then(|entry| reading.table(entry)) {
        Some(table) => Fields::read(table, format_args!("`[defaults]`"), reading),
        None => Box::default(),
    };
    let sessions = find("sso_sessions").map(|entry| sessions::read(entry, reading)).unwrap_or_default();
    Some(Shared { defaults, sessions })
}

/// Checks how everything fits together; the catalog, if there is no error at all.
fn catalog(mut drafts: Drafts<'_>, sessions: Sessions<'_>, reading: &mut Reading<'_>) -> Option<Catalog> {
    profiles::check(&mut drafts, &sessions, reading);
    chains::check(&mut drafts, reading);
    if reading.out.has_errors() {
        return None;
    }
    let mut built = Vec::with_capacity(drafts.list.len());
    // Each draft goes when its profile is built: thousands of them need not be there at once.
    for draft in drafts.list {
        let profile = profiles::build(draft, &sessions);
        debug_assert!(profile.is_some(), "a profile is wrong, and nothing was reported");
        built.push(profile?);
    }
    Some(Catalog::new(sessions.checked, built))
}

/// Whether this awsauth knows the version; of a newer file it can't say what is right.
fn is_readable(entry: Entry<'_>, reading: &mut Reading<'_>) -> bool {
    let Some(version) = reading.number(entry, "a whole number", Some("1")) else { return true };
    let at = entry.value_at();
    if version > VERSION {
        let message = format!("this manifest has version {version}, and this awsauth reads version {VERSION}");
        reading.out.push(Diagnostic::error(codes::NEWER_VERSION, at, message).help("install a newer awsauth"));
        return false;
    }
    if version < VERSION {
        let message = format!("there is no version {version} of the manifest");
        reading.out.push(Diagnostic::error(codes::BAD_VERSION, at, message).help("write `version = 1`"));
    }
    true
}

/// Reports a top-level key that has no place here.
fn check_top(entry: Entry<'_>, reading: &mut Reading<'_>) {
    let name = entry.name;
    if keys::NOT_YET.contains(&name) {
        reading.not_yet(entry);
    } else if name == "settings" {
        reading.out.push(
            Diagnostic::error(codes::SETTINGS_ELSEWHERE, entry.at, "`[settings]` can't stand in a manifest that is shared")
                .help("it belongs in `profiles.local.toml`; AWS's own settings go to `settings` of a profile or of `[defaults]`"),
        );
    } else if !keys::TOP.iter().any(|(known, _)| *known == name) {
        reading.unknown_key(entry, format_args!("the manifest"), keys::TOP.iter().map(|(known, _)| *known));
    }
}
