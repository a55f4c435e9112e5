//! Owns what AWS's two files say of each profile and SSO session, joined as AWS's tools join them. Must not judge it.

use std::collections::{HashMap, HashSet};
use std::mem;

use super::left::{FileLine, Left, Why};
use crate::ini::{Document, FileKind, Section, SectionId};
use crate::model::{Catalog, default_long_term};
use crate::plan::{self, SectionValue};

/// AWS's files, and the profiles of the present manifest.
#[derive(Clone, Copy)]
pub(crate) struct ImportFiles<'a> {
    pub(crate) config: &'a [u8],
    pub(crate) credentials: &'a [u8],
    /// awsauth's block lacks some of their keys, such as `mfa_serial`.
    pub(crate) known: &'a Catalog,
}

/// A profile as the files have it. Values of keys are left out; comments and command lines are as they are written.
#[derive(Debug, Clone)]
pub(super) struct AwsProfile {
    pub(super) name: String,
    /// The text between the brackets of its first section.
    pub(super) header: String,
    pub(super) at: FileLine,
    pub(super) entries: Vec<Entry>,
    /// The key in the credentials file.
    pub(super) key: Key,
    pub(super) is_in_credentials: bool,
    /// The line of a key in the config file.
    pub(super) config_key: Option<usize>,
    pub(super) comments: Vec<String>,
    /// The line of another section of this name that not all tools join with the first.
    pub(super) rival: Option<usize>,
    /// True if awsauth's block has it, as the manifest does.
    pub(super) is_known: bool,
    /// The line of a `[default]` that no tool reads, since there is a `[profile default]` below it.
    pub(super) hidden: Option<usize>,
    /// True if granted writes it anew.
    pub(super) is_in_registry: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: SectionValue,
    pub(super) at: FileLine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    None,
    LongTerm,
    /// A key without its secret, or the other way round.
    Half,
    /// It ends: there is a token beside it.
    Session,
}

#[derive(Debug, Clone)]
pub(super) struct AwsSession {
    pub(super) name: String,
    pub(super) entries: Vec<Entry>,
    pub(super) comments: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) profiles: Vec<AwsProfile>,
    pub(super) sessions: Vec<AwsSession>,
    pub(super) left: Vec<Left>,
}

const SECRETS: [&str; 4] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"];

impl AwsProfile {
    /// Its value on one line; none for an empty one.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        text(&self.entries, key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.text(key).is_some()
    }

    pub(super) fn is_in_config(&self) -> bool {
        self.at.file == FileKind::Config
    }
}

impl AwsSession {
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        text(&self.entries, key)
    }
}

fn text<'e>(entries: &'e [Entry], key: &str) -> Option<&'e str> {
    entries.iter().find(|entry| entry.key == key).and_then(|entry| match &entry.value {
        SectionValue::Text(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
        SectionValue::Nested(_) => None,
    })
}

/// Reads both files, in the order of the manifest, then of the files.
pub(super) fn read(files: ImportFiles<'_>) -> Read {
    let mut read = Read::default();
    let mut places = HashMap::new();
    read_config(files, &mut read, &mut places);
    read_credentials(files.credentials, &mut read, &mut places);
    let order = |names: &mut dyn Iterator<Item = &str>| -> HashMap<String, usize> {
        names.enumerate().map(|(place, name)| (name.to_owned(), place)).collect()
    };
    let profiles = order(&mut files.known.profiles().iter().map(|profile| profile.name.as_str()));
    let sessions = order(&mut files.known.sessions().iter().map(|session| session.name.as_str()));
    read.profiles.sort_by_key(|profile| profiles.get(&profile.name).copied().unwrap_or(usize::MAX));
    read.sessions.sort_by_key(|session| sessions.get(&session.name).copied().unwrap_or(usize::MAX));
    include(&mut read.profiles);
    read
}

fn read_config(files: ImportFiles<'_>, read: &mut Read, places: &mut HashMap<String, usize>) {
    let document = Document::parse(files.config, FileKind::Config);
    let block = plan::block_range(&document);
    let mut adopted = plan::adopted_comments(&document);
    let mut is_in_registry = false;
    for section in document.sections() {
        let at = FileLine { file: FileKind::Config, line: section.header_line + 1 };
        let comments = || plan::comments(&document, section);
        match &section.id {
            SectionId::Profile(name) => {
                let known = files.known.get(name).filter(|_| block.contains(&section.header.start));
                let mut profile = read_profile(&document, section, at);
                profile.is_in_registry = is_in_registry;
                profile.comments = comments();
                if let Some(known) = known {
                    profile.is_known = true;
                    profile.entries =
                        plan::by_hand(known).into_iter().map(|(key, value)| Entry { key, value, at }).collect();
                }
                profile.comments.extend(adopted.remove(&section.id.to_string()).unwrap_or_default());
                put(profile, read, places);
            }
            SectionId::SsoSession(name) => {
                let mut comments = comments();
                comments.extend(adopted.remove(&section.id.to_string()).unwrap_or_default());
                let entries = entries(&document, section, FileKind::Config);
                read.sessions.push(AwsSession { name: name.clone(), entries, comments });
            }
            SectionId::Services(_) => {}
            SectionId::Other(header) if header.starts_with("granted_registry_start") => is_in_registry = true,
            SectionId::Other(header) if header.starts_with("granted_registry_end") => is_in_registry = false,
            SectionId::Other(header) => {
                let why = why_no_profile(header);
                read.left.push(Left { header: header.clone(), at, why, is_external: false });
            }
        }
    }
}

/// The profiles in awsauth's block that the known manifest does not have.
pub(crate) fn of_another_manifest(files: ImportFiles<'_>) -> Vec<String> {
    let document = Document::parse(files.config, FileKind::Config);
    let block = plan::block_range(&document);
    let sections = document.sections().iter().filter(|section| block.contains(&section.header.start));
    let names = sections.filter_map(|section| match &section.id {
        SectionId::Profile(name) if files.known.get(name).is_none() => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// The reason why AWS's tools take a section of the config file for no profile (aws-facts §1.2).
fn why_no_profile(header: &str) -> Why {
    if header == "DEFAULT" {
        return Why::new("AWS CLI and boto3 alone give its settings to every profile; it goes on to do so");
    }
    if ["preview", "plugins"].contains(&header) {
        return Why::new("it is AWS CLI's own");
    }
    if header.eq_ignore_ascii_case("default") {
        return Why::new("AWS's tools know only [default], in lower case").remedy("write [default], or delete it");
    }
    if is_template(header) {
        return Why::template();
    }
    let misspelt = header.split_once(' ').filter(|(word, _)| strsim::osa_distance(word, "profile") <= 2);
    if let Some((word, name)) = misspelt.filter(|(word, _)| *word != "profile") {
        let why = Why::new(format!("no tool of AWS's reads it: `{word}` is not `profile`"));
        return why.remedy(format!("write [profile {}], or delete it", portable(name)));
    }
    let name = header.trim().strip_prefix("profile").map_or(header, str::trim);
    let portable = portable(name.trim_matches(['"', '\'']));
    let reason = if name == header {
        "no tool of AWS's reads it: the header of a profile is [profile NAME]"
    } else {
        "not all of AWS's tools find a profile by this header"
    };
    Why::new(reason).remedy(format!("write [profile {portable}], or delete it"))
}

/// True for a value that another program is to fill in: chezmoi, Jinja, ERB.
pub(super) fn is_template(text: &str) -> bool {
    ["{{", "{%", "<%"].iter().any(|mark| text.contains(mark))
}

/// A name that every tool reads alike (aws-facts §1.3).
pub(super) fn portable(name: &str) -> String {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "_.@%+:/-".contains(c);
    let name: String = name.chars().map(|c| if is_fine(c) { c } else { '-' }).take(100).collect();
    let name = name.trim_matches(['-', '_']);
    if name.is_empty() { "NAME".to_owned() } else { name.to_owned() }
}

fn read_profile(document: &Document<'_>, section: &Section, at: FileLine) -> AwsProfile {
    let has = |key: &str| document.own_entry(section, key).is_some_and(|entry| !entry.value().is_empty());
    let key = match (has(SECRETS[0]), has(SECRETS[1])) {
        (true, true) if has(SECRETS[2]) || has(SECRETS[3]) => Key::Session,
        (true, true) => Key::LongTerm,
        (false, false) => Key::None,
        _ => Key::Half,
    };
    let is_config = at.file == FileKind::Config;
    let config_key = SECRETS.iter().filter(|_| is_config).find_map(|key| document.own_entry(section, key));
    AwsProfile {
        name: section.id.name().to_owned(),
        header: document.text(&section.name).into_owned(),
        at,
        entries: entries(document, section, at.file),
        key: if is_config { Key::None } else { key },
        is_in_credentials: !is_config,
        config_key: config_key.map(|entry| document.line_number(entry.range().start)),
        comments: Vec::new(),
        rival: None,
        is_known: false,
        hidden: None,
        is_in_registry: false,
    }
}

fn entries(document: &Document<'_>, section: &Section, file: FileKind) -> Vec<Entry> {
    let all = plan::values(document, section).filter(|(_, key, _)| !SECRETS.contains(&key.as_str()));
    let mut entries = Vec::new();
    for (line, key, value) in all {
        set(&mut entries, Entry { key, value, at: FileLine { file, line } });
    }
    entries
}

fn set(entries: &mut Vec<Entry>, entry: Entry) {
    match entries.iter_mut().find(|other| other.key == entry.key) {
        Some(other) => *other = entry,
        None => entries.push(entry),
    }
}

/// Joins sections of one name: of repeated keys the last counts, and those of the credentials file do.
fn put(profile: AwsProfile, read: &mut Read, places: &mut HashMap<String, usize>) {
    let Some(place) = places.get(&profile.name) else {
        places.insert(profile.name.clone(), read.profiles.len());
        read.profiles.push(profile);
        return;
    };
    let first = &mut read.profiles[*place];
    if hides(&profile, first) {
        let comments = [mem::take(&mut first.comments), profile.comments].concat();
        *first = AwsProfile { comments, hidden: Some(first.at.line), ..profile };
        return;
    }
    let said = |profile: &AwsProfile| -> Vec<(String, SectionValue)> {
        let mut said: Vec<_> = profile.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        said.sort_by(|one, other| one.0.cmp(&other.0));
        said
    };
    if profile.is_in_config() && profile.header != first.header && said(&profile) != said(first) {
        first.rival = Some(profile.at.line);
    }
    first.is_in_credentials |= profile.is_in_credentials;
    first.comments.extend(profile.comments);
    first.config_key = first.config_key.or(profile.config_key);
    first.is_in_registry |= profile.is_in_registry;
    if profile.key != Key::None {
        first.key = profile.key;
    }
    for entry in profile.entries {
        set(&mut first.entries, entry);
    }
}

/// True for a `[profile default]` below a `[default]`: all tools read it alone (aws-facts §1.2). JavaScript's ignores one without values.
fn hides(below: &AwsProfile, above: &AwsProfile) -> bool {
    let has_value = below.config_key.is_some() || below.entries.iter().any(|entry| below.has(&entry.key));
    above.header == "default" && below.header == "profile default" && has_value
}

fn read_credentials(bytes: &[u8], read: &mut Read, places: &mut HashMap<String, usize>) {
    let document = Document::parse(bytes, FileKind::Credentials);
    for section in document.sections() {
        let at = FileLine { file: FileKind::Credentials, line: section.header_line + 1 };
        if document.own_entry(section, "awsauth_expiration").is_some() {
            continue;
        }
        match &section.id {
            SectionId::Profile(_) => put(read_profile(&document, section, at), read, places),
            other => {
                let why = Why::new("AWS CLI and boto3 alone give its settings to every profile; it goes on to do so");
                read.left.push(Left { header: other.name().to_owned(), at, why, is_external: false });
            }
        }
    }
}

/// Fills in what aws-vault inherits through `include_profile` (aws-facts §12): the nearest section's value counts.
fn include(profiles: &mut [AwsProfile]) {
    let places: HashMap<String, usize> =
        profiles.iter().enumerate().map(|(at, profile)| (profile.name.clone(), at)).collect();
    let included =
        |profile: &AwsProfile| profile.text("include_profile").or(profile.text("parent_profile")).map(str::to_owned);
    let whole = profiles.to_vec();
    // The manifest's have been filled in.
    for profile in profiles.iter_mut().filter(|profile| !profile.is_known) {
        let (mut next, mut seen) = (included(profile), HashSet::new());
        while let Some(other) = next.take().filter(|name| seen.insert(name.clone())).and_then(|name| places.get(&name))
        {
            for entry in &whole[*other].entries {
                // aws-vault knows AWS's own keys alone.
                let is_inherited = entry.key != "credential_process" && !entry.key.starts_with("granted_");
                if is_inherited && profile.entries.iter().all(|own| own.key != entry.key) {
                    profile.entries.push(entry.clone());
                }
            }
            next = included(&whole[*other]);
        }
    }
}

/// The names that other profiles take their credentials, or their keys, from.
#[derive(Debug, Default)]
pub(super) struct Uses<'g> {
    pub(super) sources: HashSet<&'g str>,
    pub(super) included: HashSet<&'g str>,
    pub(super) long_term: HashMap<String, &'g str>,
}

impl<'g> Uses<'g> {
    pub(super) fn of(profiles: &'g [AwsProfile]) -> Self {
        let texts = |key: &'static str| profiles.iter().filter_map(move |profile| profile.text(key));
        Self {
            sources: texts("source_profile").collect(),
            included: texts("include_profile").chain(texts("parent_profile")).collect(),
            long_term: profiles
                .iter()
                .map(|profile| (default_long_term(&profile.name), profile.name.as_str()))
                .collect(),
        }
    }
}
