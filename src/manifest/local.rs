//! Owns `profiles.local.toml`, what one person adds to a manifest that is shared: which tables it may have, and its
//! `[settings]`. Must not do I/O. Its other tables are those of the manifest, and read like them.

use super::codes;
use super::keys::{self, Key};
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

/// Reads `[settings]` as far as it is right. `distrust` says why others could have written the file, if they could: then
/// it names no program and allows no hosts.
pub(super) fn read_settings<'t>(entry: Entry<'t>, distrust: Option<&str>, reading: &mut Reading<'t>) -> Settings {
    let mut settings = Settings::default();
    for entry in reading.table(entry).map(entries).unwrap_or_default() {
        read_setting(entry, distrust, &mut settings, reading);
    }
    settings
}

fn is_setting(name: &str) -> bool {
    keys::find(keys::LOCAL, name).is_some() || keys::LOCAL_NOT_YET.contains(&name)
}

fn read_setting<'t>(entry: Entry<'t>, distrust: Option<&str>, settings: &mut Settings, reading: &mut Reading<'t>) {
    if keys::LOCAL_NOT_YET.contains(&entry.name) {
        return reading.not_yet(entry);
    }
    let Some(key) = keys::find(keys::LOCAL, entry.name) else {
        reading.unknown_key(entry, format_args!("`[settings]`"), keys::LOCAL.iter().map(|key| key.name));
        return;
    };
    match key.name {
        "mfa_process" => settings.mfa_process = mfa_process(entry, key, distrust, reading),
        "sso_flow" => settings.sso_flow = word(entry, key, &SsoFlow::ALL, SsoFlow::as_str, reading),
        "prompt" => settings.prompt = word(entry, key, &PromptPlace::ALL, PromptPlace::as_str, reading),
        "allow_hosts" => settings.allow_hosts = allow_hosts(entry, key, distrust, reading),
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

fn mfa_process<'t>(
    entry: Entry<'t>,
    key: &Key,
    distrust: Option<&str>,
    reading: &mut Reading<'t>,
) -> Option<MfaProcess> {
    if let Some(reason) = distrust {
        let what = "a program that runs as you must be named by you alone";
        reading.out.push(not_ones_own(codes::UNTRUSTED_PROGRAM, entry, what, reason));
    }
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
        Ok(process) => return Some(process).filter(|_| distrust.is_none()),
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

/// A setting of a file that others could have written, for this reason.
fn not_ones_own(code: &'static str, entry: Entry<'_>, what: &str, reason: &str) -> Diagnostic {
    let message = format!("`{}` is not taken from this file: {reason}", entry.name);
    Diagnostic::error(code, entry.at, message).help(format!(
        "{what}: make the file and its directory yours (`chown`, `chmod go-w`) and keep it out of repositories, or put the \
         setting into `profiles.local.toml` of your configuration directory"
    ))
}

/// The hosts that are right; none of them from a file that others could have written.
fn allow_hosts<'t>(
    entry: Entry<'t>,
    key: &Key,
    distrust: Option<&str>,
    reading: &mut Reading<'t>,
) -> Option<Vec<AllowedHost>> {
    if let Some(reason) = distrust {
        let what = "which hosts are trusted is for you alone to say";
        reading.out.push(not_ones_own(codes::UNTRUSTED_HOSTS, entry, what, reason));
    }
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
    Some(hosts).filter(|_| distrust.is_none())
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
