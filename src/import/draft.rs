//! Owns the manifest before it is text: its tables in order. Must not know AWS's files.

use super::portals::Portal;
use super::settings::toml;
use super::table::Table;
use crate::manifest::{toml_key, toml_text};
use crate::plan::SectionValue;

/// All tables, each value as TOML.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) required: Vec<(&'static str, &'static str)>,
    /// The values for [`Draft::required`], for the person's own file.
    pub(super) vars: Vec<(&'static str, String)>,
    pub(super) hosts: Vec<String>,
    pub(super) defaults: Vec<(String, String)>,
    pub(super) sessions: Vec<(Portal, Vec<String>)>,
    pub(super) accounts: Vec<AccountEntry>,
    pub(super) matrix: Vec<(String, String)>,
    pub(super) profiles: Vec<ProfileTable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProfileTable {
    pub(super) name: String,
    pub(super) comments: Vec<String>,
    /// Empty for what a profile has beside its matrix.
    pub(super) pattern: &'static str,
    pub(super) keys: Vec<(&'static str, String)>,
    pub(super) settings: Vec<(String, SectionValue)>,
    pub(super) personal: Vec<(String, SectionValue)>,
}

/// An entry of `[accounts]`.
#[derive(Debug, Clone)]
pub(super) struct AccountEntry {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) comments: Vec<String>,
}

/// The order of a profile's keys.
const ORDER: [&str; 13] = [
    "sso_session",
    "sso_account_id",
    "sso_role_name",
    "role_arn",
    "source_profile",
    "credential_source",
    "mfa_serial",
    "long_term_profile",
    "duration_seconds",
    "role_session_name",
    "external_id",
    "region",
    "output",
];

impl ProfileTable {
    pub(super) fn new(name: &str, table: &Table, comments: Vec<String>) -> Self {
        let mut keys = table.keys.clone();
        keys.sort_by_key(|(key, _)| ORDER.iter().position(|other| other == key));
        let Table { pattern, settings, personal, .. } = table.clone();
        Self { name: name.to_owned(), comments, pattern, keys, settings, personal }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.keys.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }
}

/// A text, and the table that each of its lines is in.
pub(super) struct Text {
    pub(super) toml: String,
    pub(super) lines: usize,
    /// The first line of each table, from 1, with the name of its session or profile.
    pub(super) tables: Vec<(usize, Owner)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Session(String),
    Profile(String),
    Nobody,
}

impl Text {
    pub(super) fn owner(&self, line: usize) -> &Owner {
        let after = self.tables.partition_point(|(first, _)| *first <= line);
        after.checked_sub(1).map_or(&Owner::Nobody, |at| &self.tables[at].1)
    }
}

#[derive(Default)]
struct Writer {
    text: String,
    lines: usize,
    tables: Vec<(usize, Owner)>,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines += 1;
    }

    fn table(&mut self, path: &[&str], owner: Owner, comments: &[String]) {
        if self.lines > 0 {
            self.line("");
        }
        self.tables.push((self.lines + 1, owner));
        for comment in comments {
            self.line(comment);
        }
        let path: Vec<String> = path.iter().map(|name| toml_key(name)).collect();
        self.line(&format!("[{}]", path.join(".")));
    }

    fn keys<'k>(&mut self, keys: impl Iterator<Item = (&'k str, &'k str)>) {
        for (key, value) in keys {
            self.line(&format!("{} = {value}", toml_key(key)));
        }
    }

    fn settings(&mut self, name: &str, settings: &[(String, SectionValue)]) {
        if !settings.is_empty() {
            self.table(&["profiles", name, "settings"], Owner::Profile(name.to_owned()), &[]);
            for (key, value) in settings {
                self.line(&format!("{} = {}", toml_key(key), toml(value)));
            }
        }
    }
}

impl Draft {
    /// The manifest.
    pub(super) fn manifest(&self) -> Text {
        let mut writer = Writer::default();
        writer.line("# Made by `awsauth import` from AWS's own files. `awsauth check` validates it.");
        self.shared(&mut writer);
        for profile in &self.profiles {
            let owner = Owner::Profile(profile.name.clone());
            if !profile.pattern.is_empty() || !profile.keys.is_empty() || !profile.comments.is_empty() {
                writer.table(&["profiles", &profile.name], owner, &profile.comments);
            }
            if !profile.pattern.is_empty() {
                writer.line(&format!("pattern = {}", toml_text(profile.pattern)));
            }
            writer.keys(profile.keys.iter().map(|(key, value)| (*key, value.as_str())));
            writer.settings(&profile.name, &profile.settings);
        }
        Text { toml: writer.text, lines: writer.lines, tables: writer.tables }
    }

    fn shared(&self, writer: &mut Writer) {
        let pair = |(key, value): &'_ (String, String)| (key.clone(), value.clone());
        if !self.required.is_empty() {
            writer.table(&["required_vars"], Owner::Nobody, &[]);
            for (name, what) in &self.required {
                writer.line(&format!("{name} = {}", toml_text(what)));
            }
        }
        let (plain, settings): (Vec<_>, Vec<_>) =
            self.defaults.iter().map(pair).partition(|(key, _)| !key.starts_with("settings."));
        if !self.defaults.is_empty() {
            writer.table(&["defaults"], Owner::Nobody, &[]);
            writer.keys(plain.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            for (key, value) in settings {
                writer.line(&format!("{key} = {value}"));
            }
        }
        for (portal, comments) in &self.sessions {
            writer.table(&["sso_sessions", &portal.name], Owner::Session(portal.name.clone()), comments);
            writer.line(&format!("sso_start_url = {}", toml_text(&portal.url)));
            writer.line(&format!("sso_region = {}", toml_text(&portal.region)));
            if !portal.scopes.is_empty() {
                let scopes: Vec<String> = portal.scopes.iter().map(|scope| toml_text(scope)).collect();
                writer.line(&format!("sso_registration_scopes = [{}]", scopes.join(", ")));
            }
        }
        if !self.accounts.is_empty() {
            writer.table(&["accounts"], Owner::Nobody, &[]);
            for account in &self.accounts {
                for comment in &account.comments {
                    writer.line(comment);
                }
                writer.line(&format!("{} = {}", toml_key(&account.name), account.value));
            }
        }
        for (label, body) in &self.matrix {
            writer.table(&["matrix", label], Owner::Nobody, &[]);
            for line in body.lines() {
                writer.line(line);
            }
        }
    }

    /// The lines for the person's own file.
    pub(super) fn personal(&self) -> String {
        let mut writer = Writer::default();
        if !self.hosts.is_empty() {
            writer.table(&["settings"], Owner::Nobody, &[]);
            let hosts: Vec<String> = self.hosts.iter().map(|host| toml_text(host)).collect();
            writer.line(&format!("allow_hosts = [{}]", hosts.join(", ")));
        }
        if !self.vars.is_empty() {
            writer.table(&["vars"], Owner::Nobody, &[]);
            for (name, value) in &self.vars {
                writer.line(&format!("{name} = {}", toml_text(value)));
            }
        }
        for profile in &self.profiles {
            writer.settings(&profile.name, &profile.personal);
        }
        writer.text
    }
}
