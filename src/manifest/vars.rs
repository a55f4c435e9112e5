//! Owns `[vars]`, `[required_vars]`, and the expansion of `${name}`. Must not know what the strings are for.
//!
//! A variable can't contain variables, so expansion needs no order and no recursion, and can't explode.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::document::table;
use super::document::tree::{FilledBy, KeyValue, Node, Table, Value};
use super::files::{Audience, Layers};
use super::findings::codes;
use super::findings::sink::Sink;
use super::spec::keys::GENERATED;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The most bytes of one string after expansion.
const LONGEST: usize = 64 * 1024;

/// A variable, for `awsauth vars`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// None if nothing defines it, or if its definition is wrong.
    pub(crate) value: Option<String>,
    pub(crate) set_at: Option<Span>,
    /// The description in `[required_vars]`.
    pub(crate) required: Option<String>,
    /// In the order of their places.
    pub(crate) uses: Vec<Use>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// With its tables: `profiles.prod.mfa_serial`.
    pub(crate) key: String,
    pub(crate) at: Span,
}

impl Use {
    pub(crate) fn is_device(&self) -> bool {
        self.key.ends_with(".mfa_serial")
    }
}

#[derive(Debug, Clone)]
struct Defined {
    /// None if the value is wrong, so that its uses are not reported as well.
    value: Option<String>,
    at: Span,
}

#[derive(Debug, Clone)]
struct Required {
    words: String,
    at: Span,
}

/// The value of a variable of a matrix for one of its profiles.
#[derive(Debug, Clone, Copy)]
pub(super) enum MatrixValue<'k> {
    Text(&'k str),
    /// Wrong, which has been reported.
    Invalid,
}

#[derive(Debug, Clone, Default)]
struct VarState {
    defined: Option<Defined>,
    /// The place in a shared file.
    shared: Option<Span>,
    required: Option<Required>,
    /// The places where a value is missing.
    undefined: BTreeSet<Span>,
    uses: Vec<Use>,
}

#[derive(Debug, Clone)]
pub(super) struct Vars {
    audience: Audience,
    by_name: BTreeMap<String, VarState>,
    /// True if a string has a variable that each person has yet to supply.
    pub(super) has_unset: bool,
    /// Sorted.
    matrix_values: Vec<Span>,
}

impl Vars {
    pub(super) fn new(audience: Audience) -> Self {
        Self { audience, by_name: BTreeMap::new(), has_unset: false, matrix_values: Vec::new() }
    }

    fn state(&mut self, name: &str) -> &mut VarState {
        self.by_name.entry(name.to_owned()).or_default()
    }

    /// Reads `[required_vars]` of one file. The first description of a variable counts.
    pub(super) fn require(&mut self, table: &[KeyValue<'_>], sink: &mut Sink) {
        for entry in table {
            let is_name = check_name(entry, sink);
            let Value::Text(words) = &entry.node.value else {
                let example = Some("\"your IAM user name\"");
                table::wrong_type(&entry.name, &entry.node, "a description", example, sink);
                continue;
            };
            if is_name {
                let required = Required { words: words.to_string(), at: entry.at };
                self.state(&entry.name).required.get_or_insert(required);
            }
        }
    }

    pub(super) fn note_shared(&mut self, table: &[KeyValue<'_>]) {
        for entry in table {
            self.state(&entry.name).shared = Some(entry.at);
        }
    }

    pub(super) fn define(&mut self, table: &[KeyValue<'_>], sink: &mut Sink) {
        for entry in table {
            let value = value(entry, sink).filter(|_| !entry.is_disputed);
            self.state(&entry.name).defined = Some(Defined { value, at: entry.node.at });
        }
    }

    pub(super) fn fill_table(&mut self, table: &mut Table<'_>, path: &str, sink: &mut Sink) {
        for entry in table {
            self.fill(&mut entry.node, format!("{path}.{}", entry.name), sink);
        }
    }

    /// Expands all strings of a value; `path` is its key with its tables.
    pub(super) fn fill(&mut self, node: &mut Node<'_>, mut path: String, sink: &mut Sink) {
        node.replace_templates(&mut path, &mut |literal, at, path| {
            self.note_uses(literal, at, path, &[]);
            let filled = self.filled(literal, at, &|_| None, sink);
            Some(filled.map_or_else(Value::Unfilled, |text| Value::Filled(text, FilledBy::Vars)))
        });
    }

    /// For one profile of a matrix.
    pub(super) fn fill_for<'k>(
        &mut self,
        node: &mut Node<'_>,
        known: &dyn Fn(&str) -> Option<MatrixValue<'k>>,
        sink: &mut Sink,
    ) {
        node.replace_templates(&mut String::new(), &mut |literal, at, _| {
            let filled = self.filled(literal, at, known, sink);
            Some(filled.map_or_else(Value::Unfilled, |text| Value::Filled(text, FilledBy::Matrix)))
        });
    }

    /// Notes the uses in a value of a matrix, even if it makes no profile. Names in `known` are no uses.
    pub(super) fn note_in_matrix(&mut self, node: &mut Node<'_>, mut path: String, known: &[&str]) {
        node.replace_templates(&mut path, &mut |literal, at, path| {
            self.note_uses(literal, at, path, known);
            None
        });
    }

    pub(super) fn set_matrix_values(&mut self, mut values: Vec<Span>) {
        values.sort_unstable();
        self.matrix_values = values;
    }

    /// Returns the expanded string. If one of its variables is wrong or unknown, which is reported or noted, that one stays in the
    /// string, which is the error.
    fn filled<'k>(
        &mut self,
        literal: &str,
        at: Span,
        known: &dyn Fn(&str) -> Option<MatrixValue<'k>>,
        sink: &mut Sink,
    ) -> Result<String, String> {
        let mut is_sound = true;
        let text = expand(literal, |name| {
            let value = match known(name) {
                Some(MatrixValue::Text(text)) => Some(Cow::Borrowed(text)),
                Some(MatrixValue::Invalid) => None,
                None => self.value_of(name, at).map(Cow::Owned),
            };
            is_sound &= value.is_some();
            Some(value.unwrap_or_else(|| format!("${{{name}}}").into()))
        });
        let found = match text {
            Ok(text) if is_sound => return Ok(text),
            Ok(text) => return Err(text),
            Err(ExpansionError::TooLong) => {
                let message = "with its variables expanded, this is longer than 65536 bytes";
                Diagnostic::error(codes::BAD_VARIABLE, at, message)
            }
            Err(_) => {
                let message = "a `${` here does not begin a variable such as `${name}`";
                Diagnostic::error(codes::BAD_VARIABLE, at, message)
                    .help("a name has letters, digits, `_` and `-`; a literal `${` is written `$${`")
            }
        };
        sink.push(found);
        Err(literal.to_owned())
    }

    /// None if it is wrong, which was reported, or undefined, which is noted.
    fn value_of(&mut self, name: &str, at: Span) -> Option<String> {
        let is_team = self.audience == Audience::Team;
        let state = self.state(name);
        if let Some(defined) = &state.defined {
            return defined.value.clone();
        }
        if is_team && state.required.is_some() {
            self.has_unset = true;
        } else {
            state.undefined.insert(at);
        }
        None
    }

    fn note_uses(&mut self, literal: &str, at: Span, path: &str, but: &[&str]) {
        for part in parts(literal) {
            if let Part::Name(name) = part
                && !but.contains(&name)
            {
                self.state(name).uses.push(Use { key: path.to_owned(), at });
            }
        }
    }

    fn defined(&self, name: &str) -> Option<&Defined> {
        self.by_name.get(name)?.defined.as_ref()
    }

    fn is_in_matrix(&self, at: Span) -> bool {
        let after = self.matrix_values.partition_point(|value| value.start <= at.start);
        after > 0 && at.end <= self.matrix_values[after - 1].end
    }

    /// Returns the variables in the literal at `at` and the places of their values.
    pub(super) fn used_at(&self, at: Span, files: &Layers) -> Vec<(String, Span)> {
        let is_known = |part| match part {
            Part::Name(name) => self.defined(name).map(|defined| (name.to_owned(), defined.at)),
            Part::Text(_) | Part::Bad => None,
        };
        parts(files.sources().text(at).unwrap_or_default()).filter_map(is_known).collect()
    }

    /// Reports undefined variables, and mistakes in `[required_vars]`.
    pub(super) fn report(&self, files: &Layers, sink: &mut Sink) {
        for (name, state) in &self.by_name {
            if !state.undefined.is_empty() {
                let found = self.undefined(name, state, files, sink);
                sink.push(found);
            }
            let Some(required) = &state.required else { continue };
            if let Some(place) = state.shared {
                let message = format!("each person supplies `{name}`, but this gives it one value for all");
                let help = format!("remove one of them; a person's own value belongs in {}", files.personal());
                let found = Diagnostic::error(codes::REQUIRED_GIVEN, place, message);
                sink.push(found.related(required.at, "it is required here").help(help));
            }
            if state.uses.is_empty() {
                let message = format!("`{name}` is required from each person, but nothing uses it");
                let found = Diagnostic::warning(codes::REQUIRED_UNUSED, required.at, message);
                sink.push(found.help(format!("remove it, or use it as `${{{name}}}`")));
            }
        }
    }

    fn undefined(&self, name: &str, state: &VarState, files: &Layers, sink: &mut Sink) -> Diagnostic {
        let places: BTreeSet<Span> = state.undefined.iter().map(|at| within(files, *at, name)).collect();
        let first = places.first().copied().unwrap_or_default();
        let message = match &state.required {
            Some(Required { words, .. }) => format!("the variable `{name}` ({words}) is not defined"),
            None => format!("the variable `{name}` is not defined"),
        };
        let found = Diagnostic::error(codes::UNDEFINED_VARIABLE, first, message);
        let found = match places.len() - 1 {
            0 => found,
            1 => found.label("also used in one other place"),
            more => found.label(format!("also used in {more} other places")),
        };
        let (line, personal, shared) = (format!("`{name} = \"…\"`"), files.personal(), files.manifest_name());
        if state.required.is_some() {
            let devices =
                "; at a terminal, `awsauth login NAME` finds your MFA device, and `awsauth mfa enroll NAME` makes one";
            let devices = if state.uses.iter().all(Use::is_device) { devices } else { "" };
            return found.help(format!(
                "run `awsauth vars --set {name}=VALUE`, or add {line} to [vars] of {personal}{devices}"
            ));
        }
        if self.audience == Audience::Team {
            return found.help(format!(
                "add {line} to [vars] of {shared}; or, if the value differs from person to person, `{name} = \"what it is\"` to \
                 [required_vars]"
            ));
        }
        if GENERATED.contains(&name) {
            return found.help(format!(
                "a matrix{} has `${{{name}}}` in `name` and in the keys of its profiles; elsewhere, add {line} to [vars]",
                if name.starts_with("role") { " with `roles`" } else { "" }
            ));
        }
        let is_generated = places.iter().any(|place| self.is_in_matrix(*place));
        let generated = GENERATED.into_iter().filter(|_| is_generated);
        let is_known = |(_, state): &(&String, &VarState)| state.defined.is_some() || state.required.is_some();
        let known = self.by_name.iter().filter(is_known).map(|(known, _)| known.as_str()).chain(generated);
        let add = format!(
            "add {line} to [vars] of {shared}, or of {personal} if the value is yours alone; for the text `${{{name}}}` itself, \
             write `$${{{name}}}`"
        );
        found.help(sink.did_you_mean_or(name, known, &add))
    }

    /// Adds the place of each variable that is used at a place of the finding.
    pub(super) fn explain(&self, mut found: Diagnostic, files: &Layers) -> Diagnostic {
        if [codes::NESTED_VARIABLE, codes::BAD_VARIABLE, codes::UNDEFINED_VARIABLE].contains(&found.code) {
            return found;
        }
        // Inside a matrix, these names are not from `[vars]`.
        let is_generated = self.is_in_matrix(found.primary.span);
        let is_hidden = |name: &str| is_generated && GENERATED.contains(&name);
        let places: Vec<Span> = std::iter::once(&found.primary).chain(&found.related).map(|label| label.span).collect();
        for place in places {
            let text = files.sources().text(place).unwrap_or_default();
            let is_string = text.starts_with(['"', '\'']) && text.contains("${");
            for part in parts(text).take_while(|_| is_string) {
                if let Part::Name(name) = part
                    && !is_hidden(name)
                    && let Some(Defined { value: Some(_), at }) = self.defined(name)
                    && found.related.iter().all(|label| label.span != *at)
                {
                    found = found.related(*at, format!("`${{{name}}}` is set here"));
                }
            }
        }
        found
    }

    /// Lists every variable that is defined, used or required, by name.
    pub(super) fn into_list(self) -> Vec<Variable> {
        let variable = |(name, state): (String, VarState)| {
            let VarState { defined, required, mut uses, .. } = state;
            uses.sort_by_key(|one| one.at);
            uses.dedup_by_key(|one| one.at);
            let (value, set_at) = defined.map(|defined| (defined.value, defined.at)).unzip();
            Variable { name, value: value.flatten(), set_at, required: required.map(|required| required.words), uses }
        };
        self.by_name.into_iter().map(variable).collect()
    }
}

fn check_name(entry: &KeyValue<'_>, sink: &mut Sink) -> bool {
    let is_name = is_name(&entry.name);
    if !is_name {
        let message = format!("`{}` can't be the name of a variable", entry.name);
        sink.push(Diagnostic::error(codes::BAD_NAME, entry.at, message).help("use letters, digits, `_` and `-`"));
    }
    is_name
}

fn value(entry: &KeyValue<'_>, sink: &mut Sink) -> Option<String> {
    check_name(entry, sink);
    let Value::Text(value) = &entry.node.value else {
        table::wrong_type(&entry.name, &entry.node, "a string", Some("\"text\""), sink);
        return None;
    };
    if value.contains("${") {
        let message = format!("the value of `{}` contains `${{`", entry.name);
        let found = Diagnostic::error(codes::NESTED_VARIABLE, entry.node.at, message);
        sink.push(found.help("variables can't contain variables: use both where this one is used"));
        return None;
    }
    Some(value.to_string())
}

pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// True if a value of a matrix differs from profile to profile.
pub(super) fn varies(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Text(text) => parts(text).any(|part| matches!(part, Part::Name(name) if GENERATED.contains(&name))),
        Value::List(list) => list.iter().any(varies),
        Value::Table(table) => table.iter().any(|entry| varies(&entry.node)),
        _ => false,
    }
}

enum Part<'s> {
    Text(&'s str),
    Name(&'s str),
    /// A `${` that begins no variable. It ends the parts.
    Bad,
}

pub(super) enum ExpansionError {
    Bad,
    Unknown,
    TooLong,
}

/// Expands every `${name}`, and turns `$${` into `${`.
pub(super) fn expand<'v>(
    literal: &str,
    mut value_of: impl FnMut(&str) -> Option<Cow<'v, str>>,
) -> Result<String, ExpansionError> {
    let mut text = String::new();
    for part in parts(literal) {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Name(name) => text.push_str(&value_of(name).ok_or(ExpansionError::Unknown)?),
            Part::Bad => return Err(ExpansionError::Bad),
        }
        if text.len() > LONGEST {
            return Err(ExpansionError::TooLong);
        }
    }
    Ok(text)
}

fn parts(literal: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = literal;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = rest.find("${").unwrap_or(rest.len());
        let is_literal = rest[..start].ends_with('$') && start < rest.len();
        let (text, after) = match start - usize::from(is_literal) {
            // Of `$${`, the first `$` goes.
            0 if is_literal => ("${", &rest[3..]),
            0 => {
                let name = rest[2..].split_once('}').filter(|(name, _)| is_name(name));
                rest = name.map_or("", |(_, after)| after);
                return Some(name.map_or(Part::Bad, |(name, _)| Part::Name(name)));
            }
            start => rest.split_at(start),
        };
        rest = after;
        Some(Part::Text(text))
    })
}

/// Returns the place of `${name}` in the literal at `at`, or the whole literal if escapes hide it.
fn within(files: &Layers, at: Span, name: &str) -> Span {
    let written = format!("${{{name}}}");
    let offset = files.sources().text(at).and_then(|literal| literal.find(&written));
    offset.map_or(at, |offset| Span::new(at.start + offset, at.start + offset + written.len()))
}
