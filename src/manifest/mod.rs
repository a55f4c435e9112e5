//! Owns `profiles.toml`, from its text to the checked [`Catalog`] and all findings. Must not do I/O or know INI.
//!
//! `files` → `document` (a tree for each file, then one) → `vars` (expanded) → `raw` (each value checked once) and
//! `matrix` (profiles for accounts and roles) → `check` (patterns and chains) → `Catalog`. Findings go to `findings::sink`. `edit`
//! changes files.
//!
//! [`Catalog`]: crate::model::Catalog

mod check;
mod command_line;
mod console_browser;
mod disabled;
mod document;
mod edit;
mod effective;
mod files;
mod findings;
mod hosts;
mod loaded;
mod matrix;
mod personal_settings;
mod place;
mod profile_tables;
mod provenance;
mod raw;
mod spec;
mod vars;

#[cfg(test)]
mod tests;

use check::unchecked::{UncheckedProfiles, WrittenProfiles};
use check::{catalog, chain, profile};
use document::top::{self, Tops};
use document::tree::{Table, take};
use findings::codes;
use findings::sink::Sink;
use hosts::Hosts;
use matrix::expand;
use profile_tables::Tables;
use raw::field::Reader;
use vars::Vars;

use crate::diagnostic::Severity;
use crate::model::Pattern;
use crate::source::Source;

pub(crate) use check::unchecked::{GeneratedBy, LeftOut};
pub(crate) use edit::accounts::{EntryState, Gone, Left, MergeError, Merged, MergedEntry, SyncRequest, merge};
pub(crate) use edit::form::{TableForm, TableForms};
pub(crate) use edit::keys::{Unfit, remove_key, set_keys};
pub(crate) use edit::vars::{SetError, set_variables};
pub(crate) use effective::{Difference, FieldChange, Fields, differences};
pub(crate) use files::{Audience, IncludeProblem, LOCAL_NAME, Layers, SettingsTrust};
pub(crate) use findings::suggest::Suggester;
pub(crate) use hosts::host_to_allow;
pub(crate) use loaded::{Loaded, WrongProfile};
pub(crate) use matrix::expand::UnusableName;
pub(crate) use place::{Place, is_setting, place, spelling};
pub(crate) use provenance::Provenance;
pub(crate) use raw::field::{KeyOrigin, Origin};
pub(crate) use raw::values::{toml_key, toml_text};
pub(crate) use spec::aws_settings::personal;
pub(crate) use spec::json_schema::{local_schema, schema};
pub(crate) use vars::{Use, Variable};

/// Linear in the length of the text.
pub(crate) fn load(files: &Layers, audience: Audience) -> Loaded {
    read(files, audience, Asked::Nothing)
}

/// Also tells what the manifest comes to.
pub(crate) fn load_effective(files: &Layers, audience: Audience) -> Loaded {
    read(files, audience, Asked::Effective)
}

/// Returns the reason why `line` can't be in a table of a profile of that pattern, or of an SSO session: the error that `check`
/// would report, but for hosts that are not allowed yet, and for what other lines give.
pub(crate) fn objection(pattern: Option<Pattern>, line: &str) -> Option<String> {
    const OF_OTHERS: [&str; 5] = [
        codes::FOREIGN_ENDPOINT,
        codes::MISSING_KEY,
        codes::SOURCE_CYCLE,
        codes::UNKNOWN_SESSION,
        codes::UNKNOWN_SOURCE,
    ];
    let table = match pattern {
        Some(pattern) => format!("[profiles.x]\npattern = \"{pattern}\""),
        None => "[sso_sessions.x]".to_owned(),
    };
    let layers = Layers::new(Source::new("profiles.toml", format!("{table}\n{line}\n")), LOCAL_NAME);
    let mut found = load(&layers, Audience::Person).diagnostics.into_iter();
    let found = found.find(|found| found.severity == Severity::Error && !OF_OTHERS.contains(&found.code))?;
    Some(if found.code == codes::REFUSED_SETTING { found.primary.text } else { found.message })
}

/// Also tells the provenance of the profile of that name.
pub(crate) fn load_with_provenance(files: &Layers, name: &str) -> Loaded {
    read(files, Audience::Person, Asked::Provenance(name))
}

/// What to tell besides the catalog.
#[derive(Clone, Copy)]
enum Asked<'a> {
    Nothing,
    Effective,
    Provenance(&'a str),
}

fn read(files: &Layers, audience: Audience, asked: Asked<'_>) -> Loaded {
    let mut sink = Sink::default();
    files.findings().iter().cloned().for_each(|found| sink.push(found));
    let before = sink.errors();
    let Some(parsed) = parse(files, &mut sink) else { return Loaded::stopped(sink.into_sorted()) };
    // A file with a duplicate key is not TOML, but its other findings are useful.
    let is_toml = sink.errors() == before;
    let newer = parsed.iter().filter(|(_, file)| !top::is_version_readable(file, &mut sink)).count();
    if newer > 0 {
        return Loaded::stopped(sink.into_sorted());
    }
    let (mut vars, mut tops) = (Vars::new(audience), Tops::default());
    let (shared, mut tree) = merged(parsed, files, &mut vars, &mut tops, &mut sink);
    let hosts = Hosts { files, audience, allowed: tops.settings.allow_hosts.clone().unwrap_or_default() };
    let mut reader = Reader { sink, hosts };
    let mut written = take(&mut tree, "profiles");
    vars.fill_table(&mut written, "profiles", &mut reader.sink);
    let mut written = WrittenProfiles::new(written);
    let tables = Tables::read(tree, tops.are_defaults_unclear, &mut vars, &mut reader);
    let mut expansion = expand::expand(&tables, &mut written, &mut vars, &mut reader);
    let mut list = written.read(&tables.defaults, &mut reader);
    list.append(&mut expansion.generated);
    let off = disabled::names(shared, &tables, &list, &vars, &reader.hosts);
    let mut sink = reader.sink;
    let mut profiles = UncheckedProfiles::new(list, expansion.left_out);
    profiles.drop_disabled(off.keys().cloned().collect(), files, &mut sink);
    for (name, by) in off {
        profiles.left_out.entry(name).or_default().push(by);
    }
    profiles.drop_stray(files, &mut sink);
    let Tables { sessions, matrices, .. } = tables;
    let store = tops.settings.store.unwrap_or_default();
    let mut loaded = Loaded {
        settings: tops.settings,
        profiles: profiles.list.len(),
        sessions: sessions.names.len(),
        session_files: sessions.names.iter().map(|(name, at)| (name.clone(), files.sources().number(*at))).collect(),
        valid_sessions: sessions.valid.clone(),
        matrices: matrices.iter().filter(|matrix| matrix.node.table().is_some()).count(),
        unusable_names: expansion.unusable,
        profiles_unknown: sink.profiles_unknown,
        ..Loaded::default()
    };
    vars.report(files, &mut sink);
    profile::check(&mut profiles, &sessions, files, &mut sink);
    chain::check(&mut profiles, files, &mut sink);
    match asked {
        Asked::Nothing => {}
        Asked::Effective => loaded.effective = effective::of(&profiles, &sessions),
        Asked::Provenance(name) => {
            loaded.provenance = profiles.get(name).map(|profile| provenance::of(profile, &vars, files));
            loaded.left_out = profiles.left_out.remove(name).unwrap_or_default();
        }
    }
    if !vars.has_unset && !tops.are_settings_unclear {
        let (catalog, wrong) = catalog::catalog(profiles, sessions, store, sink.errors() > 0);
        (loaded.catalog, loaded.wrong) = (Some(catalog).filter(|_| is_toml), wrong);
    }
    loaded.diagnostics = sink.into_sorted().into_iter().map(|found| vars.explain(found, files)).collect();
    loaded.variables = vars.into_list();
    loaded
}

/// Parses all files, the one that wins last, each with its number. None if one of them is not TOML: most findings would
/// be wrong then.
fn parse<'t>(files: &'t Layers, sink: &mut Sink) -> Option<Vec<(usize, Table<'t>)>> {
    let file = |number| {
        let table = document::syntax::parse(files.sources().get(number), files.sources().base(number), sink)?;
        Some((number, table))
    };
    // Parse all of them, to report all syntax errors in one run.
    let parsed: Vec<_> = files.order().into_iter().map(file).collect();
    parsed.into_iter().collect::<Option<Vec<_>>>().filter(|_| files.is_complete())
}

/// Merges the files. If a person adds anything, the first tree has the shared tables alone, without `[profiles]`.
fn merged<'t>(
    parsed: Vec<(usize, Table<'t>)>,
    files: &Layers,
    vars: &mut Vars,
    tops: &mut Tops,
    sink: &mut Sink,
) -> (Option<Table<'t>>, Table<'t>) {
    let (mut shared, mut tree): (Option<Table<'_>>, _) = (None, Table::new());
    for (number, mut file) in parsed {
        tops.read(number, &mut file, files, vars, sink);
        // Personal files come last.
        if shared.is_none() && files.is_local(number) {
            shared = Some(tree.iter().filter(|section| section.name != "profiles").cloned().collect());
        }
        document::merge::merge(&mut tree, file, files, sink);
    }
    vars.define(&take(&mut tree, "vars"), sink);
    (shared, tree)
}
