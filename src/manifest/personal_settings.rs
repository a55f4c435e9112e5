//! Owns `[settings]` of `profiles.local.toml`, the personal settings for one machine. Must not do I/O.

use super::command_line::{command_line, has_variable};
use super::console_browser;
use super::document::table::{self, unknown_key};
use super::document::tree::KeyValue;
use super::files::{Layers, SettingsTrust};
use super::findings::codes;
use super::findings::sink::Sink;
use super::spec::keys::{HOST, Key, PROMPTS, SSO_FLOWS, STORES, Shape, key};
use crate::address::{AllowedHost, HostError};
use crate::diagnostic::Diagnostic;
use crate::model::{PromptPlace, SecretStore, Settings, SsoFlow};
use crate::source::Span;

type PersonalSetting = (Key, fn(&KeyValue<'_>, &Key, &mut Settings, &mut Sink));

const SETTINGS: [PersonalSetting; 7] = [
    (
        key(
            Shape::Texts("[^\\u0000]*", 1),
            "A program and its arguments, started without a shell, that prints an MFA code. It finds the profile in \
             AWSAUTH_PROFILE and the device in AWSAUTH_MFA_SERIAL.",
            &["[\"ykman\", \"oath\", \"accounts\", \"code\", \"--single\", \"aws\"]"],
        )
        .named("mfa_process"),
        |entry, key, settings, sink| settings.mfa_process = command_line(entry, key.examples[0], sink),
    ),
    (
        key(
            Shape::Word(SSO_FLOWS),
            "How an SSO login is approved unless `--flow` says otherwise.",
            &["\"device\"", "\"pkce\""],
        )
        .named("sso_flow"),
        |entry, key, settings, sink| settings.sso_flow = word(entry, key, &SsoFlow::ALL, SsoFlow::as_str, sink),
    ),
    (
        key(
            Shape::Word(PROMPTS),
            "Where `credential-process` may ask for an MFA code or an approval: \"tty\" is the terminal from which the SDK \
             was started. Without it, it never asks.",
            &["\"tty\""],
        )
        .named("prompt"),
        |entry, key, settings, sink| settings.prompt = word(entry, key, &PromptPlace::ALL, PromptPlace::as_str, sink),
    ),
    (
        key(
            Shape::Texts(HOST, 0),
            "Hosts that `endpoint_url` may name besides this machine, and `sso_start_url` besides AWS's portals: a name, an \
             IP address, or `*.NAME` for all names below one. No other file can allow hosts.",
            &["[\"localstack.corp.example\", \"*.internal.example\"]"],
        )
        .named("allow_hosts"),
        |entry, key, settings, sink| settings.allow_hosts = allow_hosts(entry, key, sink),
    ),
    (
        key(
            Shape::Word(STORES),
            "Where long-term keys and sessions are kept: \"file\", or \"keyring\" for the system's keyring. `awsauth store \
             move` sets it and carries over what there is.",
            &["\"keyring\"", "\"file\""],
        )
        .named("store"),
        |entry, key, settings, sink| settings.store = word(entry, key, &SecretStore::ALL, SecretStore::as_str, sink),
    ),
    (
        key(
            Shape::Browser,
            "The browser that `console` opens: a program and its arguments, in which {url} stands for the page; or a container \
             of Firefox; or a profile of Chromium. {profile} and {account} stand for those of the console.",
            &["{ \"firefox-container\": \"{profile}\" }", "[\"firefox\", \"-P\", \"{profile}\", \"{url}\"]"],
        )
        .named("browser"),
        |entry, _, settings, sink| {
            settings.console_browsers.usual = console_browser::browser(entry, "{ firefox-container = \"{profile}\" }", sink);
        },
    ),
    (
        key(
            Shape::BrowserByTag,
            "The browser that `console` opens for profiles with a tag, as `browser` has it.",
            &["{ \"prod\": { \"chromium-profile\": \"prod\" } }"],
        )
        .named("browser_by_tag"),
        |entry, _, settings, sink| {
            settings.console_browsers.by_tag = console_browser::by_tag(entry, "{ chromium-profile = \"prod\" }", sink);
        },
    ),
];

pub(super) fn keys() -> impl Iterator<Item = &'static Key> + Clone {
    const { &SETTINGS }.iter().map(|(key, _)| key)
}

/// Reads the valid part of `[settings]`. It names a program that runs as the person, and hosts that they trust, so
/// nothing is taken from a file that somebody else may have written.
pub(super) fn read(entry: &KeyValue<'_>, trust: &SettingsTrust, files: &Layers, sink: &mut Sink) -> Option<Settings> {
    let mut settings = Settings::default();
    for entry in table::table(entry, sink).into_iter().flatten() {
        match SETTINGS.iter().find(|(key, _)| key.name == entry.name) {
            Some((key, read)) => read(entry, key, &mut settings, sink),
            None => _ = unknown_key(entry, format_args!("`[settings]`"), keys().map(|key| key.name), sink),
        }
    }
    let found = match trust {
        SettingsTrust::Trusted => return Some(settings),
        SettingsTrust::Doubtful(reason) => {
            let message = format!("`[settings]` is not taken from this file: {reason}");
            Diagnostic::error(codes::UNTRUSTED_SETTINGS, entry.at, message).help(
                "let nobody else own or change the file and its directories (`chown`, `chmod go-w`), and keep it out of repositories",
            )
        }
        SettingsTrust::Beside => {
            let message = "`[settings]` is not taken from a file beside the manifest";
            let help = format!("move it to {}, where no repository can put it", files.own());
            Diagnostic::error(codes::SETTINGS_ELSEWHERE, entry.at, message).help(help)
        }
    };
    sink.push(found);
    None
}

pub(super) fn is_setting(name: &str) -> bool {
    keys().any(|key| key.name == name)
}

fn word<T: Copy>(
    entry: &KeyValue<'_>,
    key: &Key,
    all: &[T],
    as_str: fn(T) -> &'static str,
    sink: &mut Sink,
) -> Option<T> {
    let text = table::text(entry, key.examples[0], sink)?;
    if has_variable(text, sink) {
        return None;
    }
    let found = all.iter().copied().find(|one| as_str(*one) == text.value);
    if found.is_none() {
        let words: Vec<_> = all.iter().map(|one| as_str(*one)).collect();
        let values = if words.len() == 1 { "the only value is" } else { "the values are" };
        let message = format!("`{}` can't be `{}`", key.name, text.value);
        sink.reject_word(text, codes::BAD_SETTING, message, &words, values);
    }
    found
}

fn allow_hosts(entry: &KeyValue<'_>, key: &Key, sink: &mut Sink) -> Option<Vec<AllowedHost>> {
    let mut hosts = Vec::new();
    for text in table::texts(entry, key.examples[0], sink)? {
        if has_variable(text, sink) {
            continue;
        }
        match AllowedHost::parse(text.value) {
            Ok(host) => hosts.push(host),
            Err(error) => sink.push(bad_host(text.at, &error)),
        }
    }
    Some(hosts)
}

fn bad_host(at: Span, error: &HostError) -> Diagnostic {
    let help = match error {
        HostError::More { host: Some(host), .. } => format!("write the host alone: `\"{host}\"`"),
        HostError::More { host: None, .. } => "write the host alone, without scheme, port and path".to_owned(),
        HostError::Star(_) => "put `*.` before a name: `*.internal.example` allows every host below it".to_owned(),
        HostError::Wide(_) => "name the domain that is yours: `*.corp.example`".to_owned(),
        HostError::Script(_) => {
            "write the form that begins with `xn--`, which can't be mistaken for another one".to_owned()
        }
        HostError::Odd(_) => {
            "write a name such as `localstack.corp.example`, or an address such as `10.0.0.5`, in full".to_owned()
        }
    };
    Diagnostic::error(codes::BAD_HOST, at, error.to_string()).help(help)
}
