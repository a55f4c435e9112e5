//! Owns `[vars]` and how `${name}` is filled in. Must not know what the strings are for.
//!
//! A variable's value is a literal: a `${` in it is an error, so there is no order, no recursion and no growth.

use std::collections::BTreeMap;

use super::codes;
use super::reading::{Entry, Reading, Text, entries};
use super::suggest::Suggester;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// The most bytes that one string may have with its variables filled in.
const LONGEST: usize = 64 * 1024;

/// `[vars]` of one manifest.
#[derive(Debug, Default)]
pub(super) struct Variables<'t> {
    /// Values by name; none where the value itself is wrong, so that its uses are not reported as well.
    by_name: BTreeMap<&'t str, Option<&'t str>>,
}

/// Reads `[vars]` into the reading.
pub(super) fn read<'t>(entry: Entry<'t>, reading: &mut Reading<'t>) {
    let Some(table) = reading.table(entry) else { return };
    for entry in entries(table) {
        let value = value(entry, reading);
        reading.variables.by_name.insert(entry.name, value);
    }
}

fn value<'t>(entry: Entry<'t>, reading: &mut Reading<'t>) -> Option<&'t str> {
    if !is_name(entry.name) {
        reading.out.push(
            Diagnostic::error(codes::BAD_NAME, entry.at, format!("`{}` can't be the name of a variable", entry.name))
                .help("use letters, digits, `_` and `-`"),
        );
    }
    let Some(value) = entry.value.get_ref().as_str() else {
        reading.wrong_type(entry, "a string", Some("\"text\""));
        return None;
    };
    if value.contains("${") {
        reading.out.push(
            Diagnostic::error(
                codes::NESTED_VARIABLE,
                entry.value_at(),
                format!("the value of `{}` contains `${{`", entry.name),
            )
            .help("a variable is a literal text: write the other variable beside it where both are used"),
        );
        return None;
    }
    Some(value)
}

/// Letters, digits, `_` and `-`.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

impl Variables<'_> {
    /// `literal`, which stands at `at`, with every `${name}` filled in and every `$${` turned into `${`.
    pub(super) fn fill_in<'e>(
        &self,
        literal: &'e str,
        at: Span,
        source: &Source,
        out: &mut Diagnostics,
        suggester: &mut Suggester,
    ) -> Option<Text<'e>> {
        if !literal.contains("${") {
            return Some(Text { value: literal.into(), at, expanded: false });
        }
        let mut value = String::new();
        let mut sound = true;
        let mut rest = literal;
        while let Some(start) = rest.find("${") {
            if rest[..start].ends_with('$') {
                value.push_str(&rest[..start - 1]);
                value.push_str("${");
                rest = &rest[start + 2..];
                continue;
            }
            value.push_str(&rest[..start]);
            let (name, after) = match rest[start + 2..].split_once('}') {
                Some((name, after)) if is_name(name) => (name, after),
                _ => {
                    out.push(bad(at));
                    return None;
                }
            };
            match self.by_name.get(name) {
                Some(Some(text)) => value.push_str(text),
                Some(None) => sound = false,
                None => {
                    out.push(self.undefined(name, within(source, at, name), suggester));
                    sound = false;
                }
            }
            if value.len() > LONGEST {
                out.push(Diagnostic::error(
                    codes::BAD_VARIABLE,
                    at,
                    "with its variables filled in, this has more than 65536 bytes",
                ));
                return None;
            }
            rest = after;
        }
        value.push_str(rest);
        sound.then_some(Text { value: value.into(), at, expanded: true })
    }

    fn undefined(&self, name: &str, at: Span, suggester: &mut Suggester) -> Diagnostic {
        let found = Diagnostic::error(codes::UNDEFINED_VARIABLE, at, format!("nothing defines the variable `{name}`"));
        match suggester.nearest(name, self.by_name.keys().copied()) {
            Some(guess) => found.help(format!("did you mean `${{{guess}}}`? If not, add `{name} = \"…\"` to [vars]")),
            None => {
                found.help(format!("add `{name} = \"…\"` to [vars] of this file; a literal `${{` is written `$${{`"))
            }
        }
    }
}

fn bad(at: Span) -> Diagnostic {
    Diagnostic::error(codes::BAD_VARIABLE, at, "a `${` here does not begin a variable such as `${name}`")
        .help("a name has letters, digits, `_` and `-`; a literal `${` is written `$${`")
}

/// The place of `${name}` in the literal at `at`, or the whole literal where it is written with escapes.
fn within(source: &Source, at: Span, name: &str) -> Span {
    let written = format!("${{{name}}}");
    let offset = source.text.get(at.start..at.end).and_then(|literal| literal.find(&written));
    offset.map_or(at, |offset| Span::new(at.start + offset, at.start + offset + written.len()))
}
