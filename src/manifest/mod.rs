//! Owns `profiles.toml`: text → checked [`Catalog`] and every finding on the way. Must not do I/O or know INI.
//!
//! `syntax` (TOML's own rules) → `fields`, `sessions`, `accounts` (each value checked once, where it is written) → `matrix`
//! (what is made of accounts and roles) → `profiles` (what a pattern needs) → `chains` (how profiles hang together) → `Catalog`. `keys` and `known` are the tables that both the
//! reader and `schema` follow. A manifest has one file or several, which are its `layers`: each is read by itself, from
//! the one over which all others win to the one that wins over all others, and laid over those before, key by key.

mod accounts;
mod answers;
mod chains;
mod choices;
mod codes;
mod drafts;
mod fields;
mod hosts;
mod keys;
mod known;
mod layers;
mod listing;
mod loaded;
mod local;
mod making;
mod matrix;
mod place;
mod product;
mod profiles;
mod reading;
mod schema;
mod sessions;
mod settings;
mod suggest;
mod syntax;
mod values;
mod variables;
mod why;

#[cfg(test)]
mod tests;

use accounts::Accounts;
use drafts::{Draft, Drafts};
use fields::Fields;
use loaded::WrongProfile;
use matrix::Matrices;
use reading::{Entry, Name, Reading, Table, Value, entries};
use sessions::{Sessions, WrittenSessions};
use syntax::{Piece, Profiles};
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{Catalog, Settings};
use crate::source::Span;

pub(crate) use answers::{SetError, set_variables};
pub(crate) use fields::Origin;
pub(crate) use hosts::host_to_allow;
pub(crate) use known::personal;
pub(crate) use layers::{Audience, IncludeProblem, LOCAL_NAME, Layers, OwnWord};
pub(crate) use listing::{EntryState, Gone, Left, MergeError, Merged, MergedEntry, Wish, merge};
pub(crate) use loaded::Loaded;
pub(crate) use making::Unmade;
pub(crate) use place::{Place, place};
pub(crate) use schema::{local_schema, schema};
pub(crate) use values::{toml_key, toml_text};
pub(crate) use variables::{Use, Variable};
pub(crate) use why::{LeftOut, Made, Told, Why};

/// The version of the format that this awsauth reads.
const VERSION: i64 = 1;

/// How the profiles of a long file are read.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// All at once.
    Whole,
    /// In pieces of so many bytes.
    Pieces(usize),
}

/// What somebody wants to know besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question<'q> {
    Nothing,
    /// Every variable with all its uses.
    Variables,
    /// Where the profile of this name comes from.
    Why(&'q str),
}

/// One file as TOML has it.
struct Part<'t> {
    /// Its number.
    number: usize,
    /// All tables but `[profiles]`.
    tables: DeTable<'t>,
    profiles: Body<'t>,
}

/// The profiles of one file.
enum Body<'t> {
    Whole(Option<(Name<'t>, Value<'t>)>),
    Pieces(Vec<Piece<'t>>),
}

/// Reads a manifest. Pure, and linear in the length of the text.
pub(crate) fn load(layers: &Layers, audience: Audience) -> Loaded {
    load_in_pieces(layers, audience, syntax::PIECE).unwrap_or_else(|| load_whole(layers, audience))
}

/// Reads a manifest, and tells its variables with all their uses.
pub(crate) fn load_with_variables(layers: &Layers) -> Loaded {
    read_all(layers, Question::Variables)
}

/// Reads a manifest, and tells where the profile of that name comes from.
pub(crate) fn load_with_why(layers: &Layers, name: &str) -> Loaded {
    read_all(layers, Question::Why(name))
}

fn read_all(layers: &Layers, question: Question<'_>) -> Loaded {
    read(layers, Audience::Person, Cut::Whole, question).unwrap_or_else(|| load_whole(layers, Audience::Person))
}

/// Reads any text at once.
pub(crate) fn load_whole(layers: &Layers, audience: Audience) -> Loaded {
    let loaded = read(layers, audience, Cut::Whole, Question::Nothing);
    debug_assert!(loaded.is_some(), "a name is twice in one table");
    loaded.unwrap_or_else(|| Loaded::stopped(Diagnostics::default().into_sorted()))
}

/// Reads files of more than one piece in pieces; none where one has to be read as a whole to say what is wrong, or what it
/// means.
pub(crate) fn load_in_pieces(layers: &Layers, audience: Audience, size: usize) -> Option<Loaded> {
    read(layers, audience, Cut::Pieces(size), Question::Nothing)
}

fn read(layers: &Layers, audience: Audience, cut: Cut, question: Question<'_>) -> Option<Loaded> {
    let mut out = Diagnostics::default();
    layers.findings().iter().cloned().for_each(|found| out.push(found));
    // All of them, so that all breaches of the syntax come out in one run.
    let parts: Vec<_> = layers.order().into_iter().map(|number| part(layers, number, cut, &mut out)).collect();
    // Without a file that should be there, most of what could be said would be wrong.
    let Some(mut parts) = parts.into_iter().collect::<Option<Vec<_>>>().filter(|_| layers.is_complete()) else {
        return matches!(cut, Cut::Whole).then(|| Loaded::stopped(out.into_sorted()));
    };
    let bodies: Vec<_> =
        parts.iter_mut().map(|part| std::mem::replace(&mut part.profiles, Body::Whole(None))).collect();
    let mut reading = Reading::new(layers, audience);
    // By TOML's rules, no text with a key twice in one table means anything.
    let is_toml = !out.has_errors_since(layers.findings().len());
    reading.out = out;
    match question {
        Question::Nothing => {}
        Question::Variables => reading.variables.remember_uses(),
        Question::Why(name) => reading.why = why::Question::about(name),
    }
    // Of a newer file nothing can be said.
    let newer = parts.iter().filter(|part| !is_version_readable(part, &mut reading)).count();
    if newer > 0 {
        return matches!(cut, Cut::Whole).then(|| Loaded::stopped(reading.found()));
    }
    let settings = read_tops(&parts, &mut reading);
    let defaults = read_defaults(&parts, &mut reading);
    let sessions = read_sessions(&parts, &mut reading);
    let accounts = read_accounts(&parts, &sessions, &mut reading);
    let written = read_matrices(&parts, &mut reading);
    let matrices = written.len();
    let mut drafts = read_profiles(bodies, &parts, &mut reading)?;
    written.expand(&accounts, (&defaults, &sessions), &mut drafts, &mut reading);
    drafts.inherit(&defaults);
    drafts.drop_turned_off(&mut reading);
    drafts.drop_stray(&mut reading);
    let (profiles, sso_sessions) = (drafts.list.len(), sessions.names().len());
    let right_sessions = sessions.checked.clone();
    let file = |(name, at): (&&str, &Span)| ((*name).to_owned(), layers.sources().number(*at));
    let session_files = sessions.names().iter().zip(&sessions.places).map(file).collect();
    let Reading { variables, out, suggester, .. } = &mut reading;
    variables.report(layers, audience, out, suggester);
    let (catalog, wrong) = catalog(drafts, sessions, &mut reading);
    let catalog = catalog.filter(|_| is_toml);
    let names_are_open = reading.names_are_open;
    let diagnostics = reading.found();
    let unmade = std::mem::take(&mut reading.unmade);
    let why::Question { answer: why, left_out, .. } = reading.why;
    let variables = if question == Question::Variables { reading.variables.into_list() } else { Vec::new() };
    Some(Loaded {
        catalog,
        wrong,
        names_are_open,
        settings,
        profiles,
        sessions: sso_sessions,
        session_files,
        right_sessions,
        matrices,
        diagnostics,
        variables,
        why,
        left_out,
        unmade,
    })
}

/// One file as TOML has it; none if that does not hold everything that was written.
fn part<'t>(layers: &'t Layers, number: usize, cut: Cut, out: &mut Diagnostics) -> Option<Part<'t>> {
    let (source, base) = (layers.sources().get(number), layers.sources().base(number));
    // What is no longer than a piece need not be fit for being cut.
    if let Cut::Pieces(size) = cut
        && source.text.len() > size
    {
        let mut pieces = syntax::pieces(&source.text, size, base);
        let head = pieces.next()?;
        let rest: Vec<_> = pieces.collect();
        if !rest.is_empty() {
            return Some(Part { number, tables: head.head()?, profiles: Body::Pieces(rest) });
        }
    }
    let mut parsed = syntax::parse(source, base, out);
    let profiles = parsed.table.remove_entry("profiles");
    parsed.complete.then_some(Part { number, tables: parsed.table, profiles: Body::Whole(profiles) })
}

impl Part<'_> {
    /// What stands at its top.
    fn top(&self, layers: &Layers) -> Vec<Entry<'_>> {
        entries(Table { keys: &self.tables, base: layers.sources().base(self.number) })
    }

    /// The table of that name, as it is written.
    fn find(&self, name: &str, layers: &Layers) -> Option<Entry<'_>> {
        let (key, value) = self.tables.get_key_value(name)?;
        Some(Entry::new(key, value, layers.sources().base(self.number)))
    }
}

fn is_version_readable(part: &Part<'_>, reading: &mut Reading<'_>) -> bool {
    part.find("version", reading.layers).is_none_or(|entry| is_readable(entry, reading))
}

/// Checks what stands at the top of each file, and reads what all strings below need: the variables, and which hosts the
/// person allows.
fn read_tops<'t>(parts: &'t [Part<'t>], reading: &mut Reading<'t>) -> Settings {
    let mut settings = Settings::default();
    for part in parts {
        let is_local = reading.layers.is_local(part.number);
        let mark = reading.out.len();
        for entry in part.top(reading.layers) {
            match entry.name {
                _ if is_local => local::check_top(entry, reading),
                _ => check_top(entry, reading),
            }
        }
        let word = reading.layers.own_word(part.number);
        if let Some((word, entry)) = word.zip(part.find("settings", reading.layers)) {
            let read = local::read_settings(entry, word, reading);
            // No other file has any.
            settings = if *word == OwnWord::Certain { read } else { settings };
        }
        reading.wish_is_unclear |= is_local && reading.out.has_errors_since(mark);
        if let Some(entry) = part.find("vars", reading.layers) {
            variables::read(entry, reading);
        }
        if !is_local && let Some(entry) = part.find(keys::REQUIRED_VARS, reading.layers) {
            variables::read_required(entry, reading);
        }
    }
    reading.allowed_hosts = settings.allow_hosts.clone().unwrap_or_default();
    settings
}

fn read_defaults<'t>(parts: &'t [Part<'t>], reading: &mut Reading<'t>) -> Box<Fields> {
    let mut defaults: Box<Fields> = Box::default();
    for part in parts {
        let Some(entry) = part.find("defaults", reading.layers) else { continue };
        let Some(table) = reading.table(entry) else {
            defaults.wrong = true;
            continue;
        };
        reading.variables.enter("defaults");
        let mut fields = Fields::read(table, None, format_args!("`[defaults]`"), reading);
        reading.variables.leave();
        for (key, at) in &fields.written {
            let below = defaults.written.iter().find(|(other, _)| other.name == key.name);
            if let Some((_, below)) = below.filter(|(_, below)| !reading.layers.wins(*at, *below)) {
                reading.defined_twice(format_args!("`{}` of `[defaults]`", key.name), *at, *below);
                fields.wrong = true;
            }
        }
        fields.lay_over(*defaults);
        defaults = fields;
    }
    defaults.wrong |= reading.defaults_are_unclear;
    settings::came_from(&mut defaults.settings, Origin::Defaults);
    defaults
}

fn read_sessions<'t>(parts: &'t [Part<'t>], reading: &mut Reading<'t>) -> Sessions<'t> {
    let mut sessions = WrittenSessions::default();
    for part in parts {
        if let Some(entry) = part.find("sso_sessions", reading.layers) {
            sessions.read(entry, reading);
        }
    }
    sessions.check(reading)
}

fn read_accounts<'t>(parts: &'t [Part<'t>], sessions: &Sessions<'_>, reading: &mut Reading<'t>) -> Accounts<'t> {
    let mut accounts = Accounts::default();
    for part in parts {
        if let Some(entry) = part.find("accounts", reading.layers) {
            accounts.read(entry, reading);
        }
    }
    accounts.check(sessions, reading);
    accounts
}

fn read_matrices<'t>(parts: &'t [Part<'t>], reading: &mut Reading<'t>) -> Matrices<'t> {
    let mut matrices = Matrices::default();
    for part in parts {
        if let Some(entry) = part.find("matrix", reading.layers) {
            matrices.read(entry, reading);
        }
    }
    matrices
}

/// Reads the profiles of all files; none where a file has to be read as a whole.
fn read_profiles<'t>(bodies: Vec<Body<'t>>, parts: &[Part<'t>], reading: &mut Reading<'_>) -> Option<Drafts<'t>> {
    let mut drafts = Drafts::default();
    for (body, part) in bodies.into_iter().zip(parts) {
        let mut file = Vec::new();
        match body {
            Body::Whole(None) => {}
            Body::Whole(Some((key, value))) => {
                let base = reading.layers.sources().base(part.number);
                if reading.table(Entry::new(&key, &value, base)).is_some()
                    && let DeValue::Table(table) = value.into_inner()
                {
                    profiles::read(Profiles { table, base }, &mut file, reading);
                }
            }
            Body::Pieces(pieces) => {
                for piece in pieces {
                    profiles::read(piece.profiles()?, &mut file, reading);
                }
            }
        }
        if !drafts.add(file, reading) {
            return None;
        }
    }
    Some(drafts)
}

/// Checks how everything fits together: the profiles that are in order, and the others.
fn catalog(
    mut drafts: Drafts<'_>,
    sessions: Sessions<'_>,
    reading: &mut Reading<'_>,
) -> (Option<Catalog>, Vec<WrongProfile>) {
    profiles::check(&mut drafts, &sessions, reading);
    chains::check(&mut drafts, reading);
    let Reading { why, variables, layers, .. } = reading;
    why.look(&drafts.list, variables, layers);
    if reading.variables.is_open() || reading.wish_is_unclear {
        return (None, Vec::new());
    }
    let is_in_order = !reading.out.has_errors_since(0);
    // Thousands of names are not needed where nothing is wrong.
    let mut wrong: Vec<WrongProfile> = if is_in_order { Vec::new() } else { drafts.list.iter().map(named).collect() };
    let mut built = Vec::with_capacity(drafts.list.len());
    // Each draft goes when its profile is built: thousands of them need not be there at once.
    for draft in drafts.list {
        if draft.is_in_order() {
            let profile = profiles::build(draft, &sessions);
            debug_assert!(profile.is_some(), "a profile is wrong, and nothing was reported");
            built.extend(profile);
        }
    }
    let catalog = Catalog::new(sessions.checked, built);
    wrong.retain(|profile| catalog.get(&profile.name).is_none());
    (Some(catalog), wrong)
}

fn named(draft: &Draft<'_>) -> WrongProfile {
    WrongProfile { name: draft.written.to_string(), source: draft.fields.source_profile.value().cloned() }
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
    if name == "settings" {
        reading.out.push(
            Diagnostic::error(codes::SETTINGS_ELSEWHERE, entry.at, "`[settings]` can't stand in a manifest that is shared")
                .help("it belongs in `profiles.local.toml` of each person's configuration directory; AWS's own settings go to `settings` of a profile or of `[defaults]`"),
        );
    } else if !keys::TOP.iter().any(|(known, _)| *known == name) {
        let guess = reading.unknown_key(entry, format_args!("the manifest"), keys::TOP.iter().map(|(known, _)| *known));
        reading.names_are_open |= guess.is_some_and(|guess| keys::MAKERS.contains(&guess));
        reading.defaults_are_unclear |= guess.is_some_and(|guess| guess == "defaults" || guess == keys::INCLUDE);
    }
}
