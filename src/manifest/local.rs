//! Owns `profiles.local.toml`, what one person adds to a manifest that is shared: which tables it may have, and its
//! `[settings]`. Must not do I/O. Its other tables are those of the manifest, and read like them.

use super::codes;
use super::keys::{self, Key};
use super::layers::OwnWord;
use super::reading::{Entry, Reading, entries, quoted};
use crate::address::{AllowedHost, HostError};
use crate::diagnostic::Diagnostic;
use crate::model::{MfaProcess, ProgramError, PromptPlace, Settings, SsoFlow};

/// Reports a key at the top that has no place here.
pub(super) fn check_top(entry: Entry<'_>, reading: &mut Reading<'_>) {
    match entry.name {
        keys::INCLUDE | keys::REQUIRED_VARS => {
            let message = format!("`{}` can't stand in `profiles.local.toml`", entry.name);
            reading.out.push(
                Diagnostic::error(codes::SHARED_ONLY, entry.at, message)
                    .help("it is for a manifest that is shared, and for the files that one includes"),
            );
        }
        name if is_setting(name) => {
            let message = format!("`{name}` stands outside `[settings]`");
            reading.out.push(
                Diagnostic::error(codes::UNKNOWN_KEY, entry.at, message).help("write `[settings]` on a line above it"),
            );
        }
        name if keys::LOCAL_TOP.iter().any(|(known, _)| *known == name) => {}
        _ => {
            let known = keys::LOCAL_TOP.iter().map(|(known, _)| *known);
            let guess = reading.unknown_key(entry, format_args!("`profiles.local.toml`"), known);
            reading.names_are_open |= guess.is_some_and(|guess| keys::MAKERS.contains(&guess));
        }
    }
}

/// Reads `[settings]` as far as it is right; nothing of it from a file that may be somebody else's word, since it names a
/// program that runs as the person, and hosts that they trust.
pub(super) fn read_settings<'t>(entry: Entry<'t>, word: &OwnWord, reading: &mut Reading<'t>) -> Settings {
    let mut settings = Settings::default();
    for entry in reading.table(entry).map(entries).unwrap_or_default() {
        read_setting(entry, &mut settings, reading);
    }
    let found = match word {
        OwnWord::Certain => return settings,
        OwnWord::Doubtful(reason) => {
            let message = format!("`[settings]` is not taken from this file: {reason}");
            let help =
                "make all that leads to the file yours alone (`chown`, `chmod go-w`), and keep it out of repositories";
            Diagnostic::error(codes::UNTRUSTED_SETTINGS, entry.at, message).help(help)
        }
        OwnWord::Beside => {
            let message = "`[settings]` is not taken from a file beside the manifest";
            let help = format!("move it to {}, where no repository can put it", reading.layers.own());
            Diagnostic::error(codes::SETTINGS_ELSEWHERE, entry.at, message).help(help)
        }
    };
    reading.out.push(found);
    Settings::default()
}

fn is_setting(name: &str) -> bool {
    keys::find(keys::LOCAL, name).is_some() || keys::LOCAL_NOT_YET.contains(&name)
}

fn read_setting<'t>(entry: Entry<'t>, settings: &mut Settings, reading: &mut Reading<'t>) {
    if keys::LOCAL_NOT_YET.contains(&entry.name) {
        return reading.not_yet(entry);
    }
    let Some(key) = keys::find(keys::LOCAL, entry.name) else {
        reading.unknown_key(entry, format_args!("`[settings]`"), keys::LOCAL.iter().map(|key| key.name));
        return;
    };
    match key.name {
        "mfa_process" => settings.mfa_process = mfa_process(entry, key, reading),
        "sso_flow" => settings.sso_flow = word(entry, key, &SsoFlow::ALL, SsoFlow::as_str, reading),
        "prompt" => settings.prompt = word(entry, key, &PromptPlace::ALL, PromptPlace::as_str, reading),
        "allow_hosts" => settings.allow_hosts = allow_hosts(entry, key, reading),
        name => debug_assert!(false, "{name} has no field"),
    }
}

/// One of the words that a setting takes.
fn word<'t, T: Copy>(
    entry: Entry<'t>,
    key: &Key,
    all: &[T],
    as_str: fn(T) -> &'static str,
    reading: &mut Reading<'t>,
) -> Option<T> {
    let text = literal(entry, entry.value.get_ref().as_str(), "a string", key, reading)?;
    let found = all.iter().copied().find(|one| as_str(*one) == text);
    if found.is_none() {
        let words = || all.iter().map(|one| as_str(*one));
        let help = match reading.suggester.nearest(&text, words()) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None if all.len() == 1 => format!("the only word for it is {}", quoted(words())),
            None => format!("the words for it are {}", quoted(words())),
        };
        let message = format!("`{}` can't be `{text}`", key.name);
        reading.out.push(Diagnostic::error(codes::BAD_SETTING, entry.value_at(), message).help(help));
    }
    found
}

fn mfa_process<'t>(entry: Entry<'t>, key: &Key, reading: &mut Reading<'t>) -> Option<MfaProcess> {
    let Some(array) = entry.value.get_ref().as_array() else {
        reading.wrong_type(entry, "a list: a program and its arguments", Some(key.examples[0]));
        return None;
    };
    let words = array
        .iter()
        .map(|value| literal(Entry { value, ..entry }, value.get_ref().as_str(), "a list of strings", key, reading));
    let words: Vec<Option<String>> = words.collect();
    let made = MfaProcess::new(words.into_iter().collect::<Option<_>>()?);
    let error = match made {
        Ok(process) => return Some(process),
        Err(error) => error,
    };
    let help = match error {
        ProgramError::Nothing => format!("write it as in `mfa_process = {}`", key.examples[0]),
        ProgramError::Relative(_) | ProgramError::Tilde(_) => {
            "write the whole path, or a name that is looked up in PATH".to_owned()
        }
        ProgramError::Nul => "take it out".to_owned(),
    };
    let at = array.first().map_or(entry.value_at(), |value| Entry { value, ..entry }.value_at());
    reading.out.push(Diagnostic::error(codes::BAD_PROGRAM, at, error.to_string()).help(help));
    None
}

/// The hosts that are right.
fn allow_hosts<'t>(entry: Entry<'t>, key: &Key, reading: &mut Reading<'t>) -> Option<Vec<AllowedHost>> {
    let Some(array) = entry.value.get_ref().as_array() else {
        reading.wrong_type(entry, "a list of strings", Some(key.examples[0]));
        return None;
    };
    let mut hosts = Vec::with_capacity(array.len());
    for value in array {
        let entry = Entry { value, ..entry };
        let Some(text) = literal(entry, value.get_ref().as_str(), "a list of strings", key, reading) else { continue };
        match AllowedHost::parse(&text) {
            Ok(host) => hosts.push(host),
            Err(error) => reading.out.push(bad_host(entry, &error)),
        }
    }
    Some(hosts)
}

fn bad_host(entry: Entry<'_>, error: &HostError) -> Diagnostic {
    let help = match error {
        HostError::More { host: Some(host), .. } => format!("write the host alone: `\"{host}\"`"),
        HostError::More { host: None, .. } => "write the host alone, without scheme, port and path".to_owned(),
        HostError::Star(_) => "a `*` stands in front of a name: `*.internal.example` is every host below it".to_owned(),
        HostError::Wide(_) => "name the domain that is yours: `*.corp.example`".to_owned(),
        HostError::Script(_) => {
            "write the form that begins with `xn--`, which can't be mistaken for another one".to_owned()
        }
        HostError::Odd(_) => {
            "write a name such as `localstack.corp.example`, or an address such as `10.0.0.5`, in full".to_owned()
        }
    };
    Diagnostic::error(codes::BAD_HOST, entry.value_at(), error.to_string()).help(help)
}

/// A string as it stands: what a shared file defines must not get into a program that is run, so no variable is filled
/// in here.
fn literal(entry: Entry<'_>, text: Option<&str>, wanted: &str, key: &Key, reading: &mut Reading<'_>) -> Option<String> {
    let Some(text) = text else {
        reading.wrong_type(entry, wanted, Some(key.examples[0]));
        return None;
    };
    if text.contains("${") {
        let message = "variables are not filled in in `[settings]`";
        reading
            .out
            .push(Diagnostic::error(codes::BAD_VARIABLE, entry.value_at(), message).help("write the value itself"));
        return None;
    }
    Some(text.to_owned())
}
