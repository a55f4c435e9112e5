//! Owns merging the files of a manifest into one tree, key by key. Must not know what a key means.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use super::tree::{KeyValue, Node, Table, Value};
use crate::diagnostic::Diagnostic;
use crate::manifest::files::Layers;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::{About, Sink};
use crate::source::Span;

/// Merges a file over those below it. Reports a name that two files define if neither includes the other.
pub(crate) fn merge<'t>(lower: &mut Table<'t>, upper: Table<'t>, files: &Layers, sink: &mut Sink) {
    for mut section in upper {
        if section.name == "accounts" {
            with_ids(&mut section.node.value);
        }
        let below = lower.iter_mut().find(|below| below.name == section.name);
        let Some(KeyValue { node: Node { value: Value::Table(below), .. }, .. }) = below else {
            lower.push(section);
            continue;
        };
        let Value::Table(names) = section.node.value else { continue };
        overlay(below, names, &mut |below, at| {
            if files.wins(at, below.over) {
                return;
            }
            below.is_disputed = true;
            if section.name == "profiles" {
                sink.turn_to(About::Written(Rc::from(&*below.name)));
            }
            let other = if section.name == "vars" { below.node.at } else { below.over };
            sink.push(defined_twice(&section.name, &below.name, at, other));
            sink.turn_to(About::Shared);
        });
    }
}

/// Expands the short form `x = "ID"` of `[accounts]`.
fn with_ids(accounts: &mut Value<'_>) {
    let Value::Table(accounts) = accounts else { return };
    for account in accounts.iter_mut().filter(|account| matches!(account.node.value, Value::Text(_))) {
        let id = KeyValue { name: Cow::Borrowed("id"), ..account.clone() };
        account.node.value = Value::Table(vec![id]);
    }
}

/// Calls `meet` for each entry of `lower` that is also in `upper`, with its place there.
fn overlay<'t>(lower: &mut Table<'t>, upper: Table<'t>, meet: &mut dyn FnMut(&mut KeyValue<'t>, Span)) {
    let places: HashMap<Cow<'t, str>, usize> =
        lower.iter().enumerate().map(|(place, entry)| (entry.name.clone(), place)).collect();
    for entry in upper {
        let Some(place) = places.get(&entry.name) else {
            lower.push(entry);
            continue;
        };
        let below = &mut lower[*place];
        meet(below, entry.at);
        match (&mut below.node.value, entry.node.value) {
            (Value::Table(below), Value::Table(over)) => overlay(below, over, &mut |_, _| {}),
            (value, over) => {
                *value = over;
                (below.at, below.node.at) = (entry.at, entry.node.at);
            }
        }
        below.over = entry.over;
    }
}

fn defined_twice(section: &str, name: &str, at: Span, other: Span) -> Diagnostic {
    let what = match section {
        "vars" => format!("the variable `{name}`"),
        "sso_sessions" => format!("the SSO session `{name}`"),
        "accounts" => format!("the account `{name}`"),
        "matrix" => format!("the matrix `{name}`"),
        "profiles" => format!("the profile `{name}`"),
        _ => format!("`{name}` of `[{section}]`"),
    };
    let message = format!("{what} is defined in two files, and neither includes the other");
    let found = Diagnostic::error(codes::DEFINED_TWICE, at, message).related(other, "it is defined here too");
    found.help("keep one of them, or move the one that should win to the file that includes both")
}
