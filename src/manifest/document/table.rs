//! Owns typed access to a tree, and findings about wrong types, unknown keys and duplicates. Must not know which keys there are.

use std::collections::HashMap;
use std::fmt::Arguments;

use super::tree::{KeyValue, Node, Table, Text, Value};
use crate::diagnostic::Diagnostic;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::{Sink, quoted};
use crate::manifest::spec::aws_settings;

pub(crate) fn wrong_type(name: &str, node: &Node<'_>, wanted: &str, example: Option<&str>, sink: &mut Sink) {
    let found = node.type_words();
    let message = format!("`{name}` must be {wanted}, not {found}");
    let wrong = Diagnostic::error(codes::WRONG_TYPE, node.at, message).label(format!("this is {found}"));
    sink.push(match example {
        Some(example) => wrong.help(format!("write, for example, `{name} = {example}`")),
        None => wrong,
    });
}

pub(crate) fn table<'e, 't>(entry: &'e KeyValue<'t>, sink: &mut Sink) -> Option<&'e Table<'t>> {
    let table = entry.node.table();
    if table.is_none() {
        wrong_type(&entry.name, &entry.node, "a table", None, sink);
    }
    table
}

pub(crate) fn text<'e>(entry: &'e KeyValue<'_>, example: &str, sink: &mut Sink) -> Option<Text<'e>> {
    text_in(&entry.name, &entry.node, "a string", example, sink)
}

fn text_in<'e>(name: &str, node: &'e Node<'_>, wanted: &str, example: &str, sink: &mut Sink) -> Option<Text<'e>> {
    let text = node.text();
    if text.is_none() && !matches!(node.value, Value::Unfilled(_)) {
        wrong_type(name, node, wanted, Some(example), sink);
    }
    text
}

/// None if any of them has another type.
pub(crate) fn texts<'e>(entry: &'e KeyValue<'_>, example: &str, sink: &mut Sink) -> Option<Vec<Text<'e>>> {
    let Some(list) = entry.node.list() else {
        wrong_type(&entry.name, &entry.node, "a list of strings", Some(example), sink);
        return None;
    };
    let text = |node| text_in(&entry.name, node, "a list of strings", example, sink);
    let texts: Vec<_> = list.iter().map(text).collect();
    texts.into_iter().collect()
}

pub(crate) fn number(entry: &KeyValue<'_>, wanted: &str, example: &str, sink: &mut Sink) -> Option<i64> {
    if let Value::Integer(Some(number)) = entry.node.value {
        return Some(number);
    }
    wrong_type(&entry.name, &entry.node, wanted, Some(example), sink);
    None
}

/// Removes and reports duplicates.
pub(crate) fn dedup<'e>(texts: Vec<Text<'e>>, sink: &mut Sink) -> Vec<Text<'e>> {
    let mut places = HashMap::with_capacity(texts.len());
    let mut once = Vec::with_capacity(texts.len());
    for text in texts {
        if let Some(first) = places.get(text.value) {
            let message = format!("`{}` is in this list twice", text.value);
            let found = Diagnostic::warning(codes::LISTED_TWICE, text.at, message);
            sink.push(found.related(*first, "it is here first").help("remove one of them"));
            continue;
        }
        places.insert(text.value, text.at);
        once.push(text);
    }
    once
}

/// Reports a key that is not in `known`. Returns the one that was probably meant.
pub(crate) fn unknown_key(
    entry: &KeyValue<'_>,
    place: Arguments<'_>,
    known: impl Iterator<Item = &'static str> + Clone,
    sink: &mut Sink,
) -> Option<&'static str> {
    let name = &*entry.name;
    let guess = sink.nearest_key(name, known.clone());
    let setting = aws_settings::of_variable(name).filter(|_| known.clone().any(|key| key == "settings"));
    let found = Diagnostic::error(codes::UNKNOWN_KEY, entry.over, format!("`{name}` is not a key of {place}"));
    let is_key = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"].contains(&name);
    sink.push(match guess {
        _ if is_key => found.help(
            "a manifest holds no keys or tokens: delete the line, replace the key if anybody else could have read it, and use \
             `awsauth keys add NAME`",
        ),
        _ if let Some(setting) = setting => {
            found.help(format!("AWS's own settings go into `settings`: `settings.{} = …`", setting.name))
        }
        Some(guess) => found.help(format!("did you mean `{guess}`?")),
        None => match aws_settings::refusal(name).filter(|_| !name.starts_with("sso_")) {
            Some(reason) => found.label(reason).help("remove it"),
            None => found.help(format!("the keys are {}", quoted(known))),
        },
    });
    guess.filter(|_| !is_key && setting.is_none())
}
