//! Owns the manifest before it is text: its tables in order. Must not know AWS's files.

use super::portals::SessionTable;
use super::settings::toml;
use super::table::Table;
use crate::manifest::{toml_key, toml_text};
use crate::plan::SectionValue;

/// All tables.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// The name that `${user}` stands for, in MFA devices and names of sessions.
    pub(super) user: Option<String>,
    pub(super) hosts: Vec<String>,
    pub(super) defaults: Defaults,
    pub(super) sessions: Vec<(SessionTable, Vec<String>)>,
    pub(super) accounts: Vec<AccountEntry>,
    /// Labels with lines of TOML.
    pub(super) matrix: Vec<(String, String)>,
    pub(super) profiles: Vec<ProfileTable>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub(super) keys: Vec<(&'static str, String)>,
    pub(super) settings: Vec<(String, SectionValue)>,
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
    /// As TOML.
    pub(super) value: String,
    pub(super) comments: Vec<String>,
}

/// The order of a profile's keys.
const ORDER: [&str; 14] = [
    "sso_session",
    "sso_account_id",
    "sso_role_name",
    "login_session",
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

    pub(super) fn setting(&self, key: &str) -> Option<&SectionValue> {
        self.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// The last part of a device's ARN: `…:mfa/alice`.
pub(super) fn device_name(serial: &str) -> Option<&str> {
    serial.split_once(":mfa/")?.1.rsplit('/').next()
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

    fn settings(&mut self, name: &str, settings: &[(String, SectionValue)]) {
        if !settings.is_empty() {
            self.table(&["profiles", name, "settings"], Owner::Profile(name.to_owned()), &[]);
            for (key, value) in settings {
                self.line(&format!("{} = {}", toml_key(key), toml(value)));
            }
        }
    }
}

const REQUIRED_USER: &str = "user = \"your IAM user name, as at the end of your MFA device's ARN\"";

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
            for (key, value) in &profile.keys {
                writer.line(&format!("{key} = {}", self.value(key, value)));
            }
            writer.settings(&profile.name, &profile.settings);
        }
        Text { toml: writer.text, lines: writer.lines, tables: writer.tables }
    }

    /// The value of a profile's key as TOML.
    pub(super) fn value(&self, key: &str, text: &str) -> String {
        let name = match key {
            "mfa_serial" => device_name(text),
            "login_session" => text.split_once(":user/").and_then(|(_, name)| name.rsplit('/').next()),
            "role_session_name" => Some(text),
            "duration_seconds" if text.parse::<u32>().is_ok() => return text.to_owned(),
            _ => None,
        };
        let user = self.user.as_deref().filter(|user| name == Some(user));
        match user.and_then(|user| text.strip_suffix(user)).map(toml_text) {
            Some(before) => format!("{}${{user}}\"", before.strip_suffix('"').unwrap_or(&before)),
            None => toml_text(text),
        }
    }

    fn shared(&self, writer: &mut Writer) {
        if self.user.is_some() {
            writer.table(&["required_vars"], Owner::Nobody, &[]);
            writer.line(REQUIRED_USER);
        }
        let Defaults { keys, settings } = &self.defaults;
        if !keys.is_empty() || !settings.is_empty() {
            writer.table(&["defaults"], Owner::Nobody, &[]);
            for (key, value) in keys {
                writer.line(&format!("{key} = {}", toml_text(value)));
            }
            for (key, value) in settings {
                writer.line(&format!("settings.{key} = {}", toml(value)));
            }
        }
        for (session, comments) in &self.sessions {
            writer.table(&["sso_sessions", &session.name], Owner::Session(session.name.clone()), comments);
            writer.line(&format!("sso_start_url = {}", toml_text(&session.url)));
            writer.line(&format!("sso_region = {}", toml_text(&session.region)));
            if !session.scopes.is_empty() {
                let scopes: Vec<String> = session.scopes.iter().map(|scope| toml_text(scope)).collect();
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
        if let Some(user) = &self.user {
            writer.table(&["vars"], Owner::Nobody, &[]);
            writer.line(&format!("user = {}", toml_text(user)));
        }
        for profile in &self.profiles {
            writer.settings(&profile.name, &profile.personal);
        }
        writer.text
    }
}
