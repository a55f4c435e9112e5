//! Owns what stands at the top of each file: its version, and which tables it may have. Must not know what is in these.

use super::codes;
use super::files::Layers;
use super::personal;
use super::sink::Sink;
use super::spec::keys::{self, LOCAL_TOP, TOP};
use super::table::{self, unknown_key, wrong_type};
use super::tree::{Entry, Table, find, take};
use super::vars::Vars;
use crate::diagnostic::Diagnostic;
use crate::model::Settings;

/// The version of the format.
pub(super) const VERSION: i64 = 1;

/// What the tops of all files say.
#[derive(Debug, Default)]
pub(super) struct Tops {
    pub(super) settings: Settings,
    /// True if a personal file has a mistake at its top or in `[settings]`: nobody can tell which settings are wanted.
    pub(super) is_wish_unclear: bool,
    /// True if a misspelt key may hide values of all profiles.
    pub(super) are_defaults_unclear: bool,
}

/// A newer version may mean anything by its keys.
pub(super) fn is_version_readable(table: &[Entry<'_>], sink: &mut Sink) -> bool {
    let Some(entry) = find(table, "version") else { return true };
    let Some(version) = table::number(entry, "a whole number", "1", sink) else { return true };
    if version < VERSION {
        let message = format!("there is no version {version} of the manifest");
        sink.push(Diagnostic::error(codes::BAD_VERSION, entry.node.at, message).help("write `version = 1`"));
    } else if version > VERSION {
        let message = format!("this manifest has version {version}, and this awsauth reads version {VERSION}");
        sink.push(Diagnostic::error(codes::NEWER_VERSION, entry.node.at, message).help("install a newer awsauth"));
    }
    version <= VERSION
}

impl Tops {
    /// Checks the top-level keys of a file, and removes all but the tables that are merged.
    pub(super) fn read(
        &mut self,
        number: usize,
        file: &mut Table<'_>,
        files: &Layers,
        vars: &mut Vars,
        sink: &mut Sink,
    ) {
        let before = sink.errors();
        for entry in &*file {
            match files.own_word(number) {
                Some(_) => check_local(entry, sink),
                None => self.check_shared(entry, sink),
            }
        }
        if let Some((word, entry)) = files.own_word(number).zip(find(file, "settings"))
            && let Some(settings) = personal::read(entry, word, files, sink)
        {
            self.settings = settings;
        }
        self.is_wish_unclear |= files.is_local(number) && sink.errors() > before;
        for entry in file.iter().filter(|entry| is_table(&entry.name) && entry.node.table().is_none()) {
            wrong_type(&entry.name, &entry.node, "a table", None, sink);
            self.are_defaults_unclear |= entry.name == "defaults";
        }
        let required = take(file, keys::REQUIRED_VARS);
        if !files.is_local(number) {
            vars.require(&required, sink);
            vars.note_shared(find(file, "vars").and_then(|vars| vars.node.table()).map_or(&[], Vec::as_slice));
        }
        file.retain(|entry| MERGED.contains(&&*entry.name) && entry.node.table().is_some());
    }

    fn check_shared(&mut self, entry: &Entry<'_>, sink: &mut Sink) {
        if entry.name == "settings" {
            let message = "`[settings]` can't stand in a manifest that is shared";
            sink.push(Diagnostic::error(codes::SETTINGS_ELSEWHERE, entry.at, message).help(
                "it belongs in `profiles.local.toml` of each person's configuration directory; AWS's own settings go to \
                 `settings` of a profile or of `[defaults]`",
            ));
        } else if !TOP.iter().any(|(known, _)| *known == entry.name) {
            let known = TOP.iter().map(|(known, _)| *known);
            let guess = unknown_key(entry, format_args!("the manifest"), known, sink);
            sink.profiles_unknown |= guess.is_some_and(|guess| keys::MAKERS.contains(&guess));
            self.are_defaults_unclear |= guess.is_some_and(|guess| guess == "defaults" || guess == keys::INCLUDE);
        }
    }
}

const MERGED: [&str; 6] = ["vars", "defaults", "sso_sessions", "accounts", "matrix", "profiles"];

fn is_table(name: &str) -> bool {
    MERGED.contains(&name) || name == keys::REQUIRED_VARS
}

fn check_local(entry: &Entry<'_>, sink: &mut Sink) {
    match &*entry.name {
        keys::INCLUDE | keys::REQUIRED_VARS => {
            let message = format!("`{}` can't stand in `profiles.local.toml`", entry.name);
            let help = "it is for a manifest that is shared, and for the files that one includes";
            sink.push(Diagnostic::error(codes::SHARED_ONLY, entry.at, message).help(help));
        }
        name if personal::is_setting(name) => {
            let message = format!("`{name}` stands outside `[settings]`");
            let found = Diagnostic::error(codes::UNKNOWN_KEY, entry.at, message);
            sink.push(found.help("write `[settings]` on a line above it"));
        }
        name if LOCAL_TOP.iter().any(|(known, _)| *known == name) => {}
        _ => {
            let known = LOCAL_TOP.iter().map(|(known, _)| *known);
            let guess = unknown_key(entry, format_args!("`profiles.local.toml`"), known, sink);
            sink.profiles_unknown |= guess.is_some_and(|guess| keys::MAKERS.contains(&guess));
        }
    }
}
