//! Owns reading `browser` and `browser_by_tag` of `[settings]`. Must not do I/O.

use super::command_line::{command_line, has_variable};
use super::document::table::{self, unknown_key, wrong_type};
use super::document::tree::{KeyValue, Table, Value};
use super::findings::codes;
use super::findings::sink::Sink;
use crate::diagnostic::Diagnostic;
use crate::model::ConsoleBrowser;

pub(crate) const CONTAINER: &str = "firefox-container";
pub(crate) const PROFILE: &str = "chromium-profile";
pub(crate) const PROGRAM: &str = "program";

pub(super) fn browser(entry: &KeyValue<'_>, example: &str, sink: &mut Sink) -> Option<ConsoleBrowser> {
    match &entry.node.value {
        Value::List(_) => command_line(entry, example, sink).map(ConsoleBrowser::Program),
        Value::Table(keys) => named(entry, keys, example, sink),
        _ => {
            wrong_type(&entry.name, &entry.node, "a list of strings or a table", Some(example), sink);
            None
        }
    }
}

pub(super) fn by_tag(entry: &KeyValue<'_>, example: &str, sink: &mut Sink) -> Vec<(String, ConsoleBrowser)> {
    let tags = table::table(entry, sink).into_iter().flatten();
    tags.filter_map(|tag| Some((tag.name.to_string(), browser(tag, example, sink)?))).collect()
}

fn named(entry: &KeyValue<'_>, keys: &Table<'_>, example: &str, sink: &mut Sink) -> Option<ConsoleBrowser> {
    let (mut program, mut browsers) = (None, Vec::new());
    for key in keys {
        match &*key.name {
            PROGRAM => program = command_line(key, "[\"/opt/firefox/firefox\"]", sink),
            kind @ (CONTAINER | PROFILE) => browsers.push((kind, name(key, sink)?)),
            _ => {
                let known = [CONTAINER, PROFILE, PROGRAM].into_iter();
                unknown_key(key, format_args!("`{}`", entry.name), known, sink);
                return None;
            }
        }
    }
    match <[_; 1]>::try_from(browsers) {
        Ok([(CONTAINER, name)]) => Some(ConsoleBrowser::FirefoxContainer { name, program }),
        Ok([(_, name)]) => Some(ConsoleBrowser::ChromiumProfile { name, program }),
        Err(_) => {
            let message = format!("`{}` needs `{CONTAINER}` or `{PROFILE}`, and not both", entry.name);
            sink.push(
                Diagnostic::error(codes::BAD_SETTING, entry.node.at, message)
                    .help(format!("write, for example, `{} = {example}`", entry.name)),
            );
            None
        }
    }
}

fn name(entry: &KeyValue<'_>, sink: &mut Sink) -> Option<String> {
    let text = table::text(entry, "\"{profile}\"", sink)?;
    if has_variable(text, sink) {
        return None;
    }
    if text.value.trim().is_empty() || text.value.contains(char::is_control) {
        let message = format!("`{}` is no name", entry.name);
        let help = "write a name, in which `{profile}` and `{account}` stand for those of the console";
        sink.push(Diagnostic::error(codes::BAD_SETTING, text.at, message).help(help));
        return None;
    }
    Some(text.value.to_owned())
}
