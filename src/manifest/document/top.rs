//! Owns the top of each file: its version, and which tables it may have. Must not know what is in these.

use super::table::{self, unknown_key, wrong_type};
use super::tree::{KeyValue, Table, find, take};
use crate::diagnostic::Diagnostic;
use crate::manifest::files::Layers;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::Sink;
use crate::manifest::personal_settings;
use crate::manifest::raw::field::KeyTable as _;
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::spec::keys;
use crate::manifest::vars::Vars;
use crate::model::Settings;

pub(crate) const VERSION: i64 = 1;

#[derive(Debug, Default)]
pub(crate) struct Tops {
    pub(crate) settings: Settings,
    /// True if a personal file has a mistake at its top or in `[settings]`: nobody can tell which settings are wanted.
    pub(crate) are_settings_unclear: bool,
    /// True if a misspelt key may hide values of all profiles.
    pub(crate) are_defaults_unclear: bool,
}

/// A newer version may mean anything by its keys.
pub(crate) fn is_version_readable(table: &[KeyValue<'_>], sink: &mut Sink) -> bool {
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
    pub(crate) fn read(
        &mut self,
        number: usize,
        file: &mut Table<'_>,
        files: &Layers,
        vars: &mut Vars,
        sink: &mut Sink,
    ) {
        let before = sink.errors();
        for entry in &*file {
            self.check(entry, files.is_local(number), files, sink);
        }
        if let Some((trust, entry)) = files.settings_trust(number).zip(find(file, "settings"))
            && let Some(settings) = personal_settings::read(entry, trust, files, sink)
        {
            self.settings = settings;
        }
        self.are_settings_unclear |= files.is_local(number) && sink.errors() > before;
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

    fn check(&mut self, entry: &KeyValue<'_>, is_local: bool, files: &Layers, sink: &mut Sink) {
        let known: Vec<&str> = if is_local {
            keys::local_top().map(|(name, _)| name).collect()
        } else {
            keys::shared_top().map(|(name, _)| name).collect()
        };
        let known = || known.iter().copied();
        let place = if is_local { "the top level of `profiles.local.toml`" } else { "the manifest's top level" };
        let found = match &*entry.name {
            name if known().any(|known| known == name) => return,
            "settings" => {
                let message = "`[settings]` is only allowed in your own profiles.local.toml";
                Diagnostic::error(codes::SETTINGS_ELSEWHERE, entry.at, message).help(format!(
                    "move it to {}; settings of AWS CLI and the SDKs stand in `[profiles.NAME.settings]` or `[defaults.settings]`",
                    files.own()
                ))
            }
            keys::INCLUDE | keys::REQUIRED_VARS => {
                let message = format!("`{}` is not allowed in `profiles.local.toml`", entry.name);
                let help = "move it to the shared manifest, or to a file that it includes";
                Diagnostic::error(codes::SHARED_ONLY, entry.at, message).help(help)
            }
            name if is_local && personal_settings::is_setting(name) => {
                let message = format!("`{name}` is outside `[settings]`");
                Diagnostic::error(codes::UNKNOWN_KEY, entry.at, message).help("write `[settings]` on a line above it")
            }
            name if let Some(key) = key_of_profile(name, known(), sink) => {
                let key = if key == name { format!("`{key}`") } else { format!("did you mean `{key}`? It") };
                let message = format!("`{name}` is not a key of {place}");
                Diagnostic::error(codes::UNKNOWN_KEY, entry.over, message)
                    .help(format!("{key} goes into `[defaults]` or a `[profiles.NAME]`"))
            }
            _ => {
                let meant = unknown_key(entry, format_args!("{place}"), known(), sink);
                sink.profiles_unknown |= meant.is_some_and(|meant| keys::MAKERS.contains(&meant));
                self.are_defaults_unclear |= meant.is_some_and(|meant| meant == "defaults" || meant == keys::INCLUDE);
                return;
            }
        };
        sink.push(found);
    }
}

/// The key of a profile that is `name`, or that `name` is nearer to than to those of the `top`.
fn key_of_profile<'t>(name: &str, top: impl Iterator<Item = &'t str> + Clone, sink: &mut Sink) -> Option<&'static str> {
    let keys = || ProfileKeys::KEYS.iter().map(|key| key.name);
    let is_of_top = sink.nearest_key(name, top).is_some();
    keys().find(|key| *key == name).or_else(|| if is_of_top { None } else { sink.nearest(name, keys()) })
}

const MERGED: [&str; 6] = ["vars", "defaults", "sso_sessions", "accounts", "matrix", "profiles"];

fn is_table(name: &str) -> bool {
    MERGED.contains(&name) || name == keys::REQUIRED_VARS
}
