//! Owns reading `browser` and `browser_by_tag` of `[settings]`. Must not do I/O.

use super::command_line::{command_line, has_variable};
use super::document::table::{self, unknown_key, wrong_type};
use super::document::tree::{KeyValue, Table, Text, Value};
use super::findings::codes;
use super::findings::sink::Sink;
use crate::diagnostic::Diagnostic;
use crate::model::{CommandLine, ConsoleBrowser};

pub(crate) const CONTAINER: &str = "firefox-container";
pub(crate) const PROFILE: &str = "chromium-profile";
pub(crate) const PROGRAM: &str = "program";

pub(super) fn browser(entry: &KeyValue<'_>, example: &str, sink: &mut Sink) -> Option<ConsoleBrowser> {
    match &entry.node.value {
        Value::List(_) => {
            let program = command_line(entry, example, sink)?;
            let words = table::texts(entry, example, sink)?;
            let (name, args) = words.split_at(1);
            let wrong = unknown_places(name, &[], sink) + unknown_places(args, &["profile", "account", "url"], sink);
            (wrong == 0).then_some(ConsoleBrowser::Program(program))
        }
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
            PROGRAM => program = fixed_command_line(key, sink),
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

/// A program to which the name and the page are added as its last arguments: no placeholder is filled in.
fn fixed_command_line(entry: &KeyValue<'_>, sink: &mut Sink) -> Option<CommandLine> {
    let example = "[\"/opt/firefox/firefox\"]";
    let program = command_line(entry, example, sink)?;
    let words = table::texts(entry, example, sink)?;
    (unknown_places(&words, &[], sink) == 0).then_some(program)
}

fn name(entry: &KeyValue<'_>, sink: &mut Sink) -> Option<String> {
    let text = table::text(entry, "\"{profile}\"", sink)?;
    if has_variable(text, sink) || has_unknown_place(text, &["profile", "account"], sink) {
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

fn unknown_places(texts: &[Text<'_>], known: &[&str], sink: &mut Sink) -> usize {
    texts.iter().filter(|text| has_unknown_place(**text, known, sink)).count()
}

/// Reports a `{word}` that is not filled in there, such as a misspelt `{profile}`: it would be taken as it is.
fn has_unknown_place(text: Text<'_>, known: &[&str], sink: &mut Sink) -> bool {
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let words = text.value.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).filter(is_word);
    let Some(word) = words.into_iter().find(|word| !known.contains(word)) else { return false };
    let help = match sink.nearest(word, known.iter().copied()) {
        Some(guess) => format!("did you mean `{{{guess}}}`?"),
        None if known.is_empty() => "no placeholder is filled in here: write the text itself".to_owned(),
        None => {
            let known: Vec<_> = known.iter().map(|known| format!("`{{{known}}}`")).collect();
            format!("the placeholders are {}", known.join(", "))
        }
    };
    sink.push(Diagnostic::error(codes::BAD_SETTING, text.at, format!("`{{{word}}}` is not a placeholder")).help(help));
    true
}
