//! Owns `[vars]`, `[required_vars]`, and how `${name}` is filled in. Must not know what the strings are for.
//!
//! A variable's value is a literal: a `${` in it is an error, so there is no order, no recursion and no growth.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::codes;
use super::keys;
use super::layers::{Audience, Layers};
use super::product::{Known, Product};
use super::reading::{Entry, Reading, Text, entries};
use super::suggest::Suggester;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;

/// The most bytes that one string may have with its variables filled in.
const LONGEST: usize = 64 * 1024;

/// A variable of a manifest, for `awsauth vars`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: String,
    /// Its value; none if nothing defines it, or what defines it is wrong.
    pub(crate) value: Option<String>,
    /// Where the value stands that wins.
    pub(crate) set_at: Option<Span>,
    /// What the manifest says that each person has to supply here.
    pub(crate) required: Option<String>,
    /// Where it is used, by place.
    pub(crate) uses: Vec<Use>,
}

/// One use of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// The key whose value it is a part of, with its tables: `profiles.prod.mfa_serial`.
    pub(crate) key: String,
    /// Where the value stands.
    pub(crate) at: Span,
}

/// A variable that is defined.
#[derive(Debug)]
struct Defined<'t> {
    /// None if the value itself is wrong, so that its uses are not reported as well.
    value: Option<&'t str>,
    /// Where it stands.
    at: Span,
    /// Where a shared file defines it.
    shared: Option<Span>,
}

/// A variable that each person has to supply.
#[derive(Debug)]
struct Required<'t> {
    /// What it is.
    words: &'t str,
    /// Where that is said.
    at: Span,
    is_used: bool,
}

/// What is noted of variables that are not known: their uses, whether each person supplies one, and what was filled in.
pub(super) type Noted = (BTreeMap<String, Vec<Span>>, bool, usize);

/// The variables of one manifest.
#[derive(Debug, Default)]
pub(super) struct Variables<'t> {
    by_name: BTreeMap<&'t str, Defined<'t>>,
    required: BTreeMap<&'t str, Required<'t>>,
    /// The uses of those that nothing defines.
    undefined: BTreeMap<String, Vec<Span>>,
    /// Whether a value is open that each person has to supply.
    is_open: bool,
    /// Every use by name, if anybody wants to know.
    uses: Option<BTreeMap<String, Vec<Use>>>,
    /// The tables that are being read, if anybody wants to know.
    tables: Vec<String>,
    /// What is being made by a matrix.
    pub(super) product: Option<Product>,
    /// How many bytes were filled in for matrices.
    made_bytes: usize,
    /// Where the values of matrices stand, by place.
    pub(super) matrix_values: Vec<Span>,
}

/// Reads `[vars]` of one file over those of the files before.
pub(super) fn read<'t>(entry: Entry<'t>, reading: &mut Reading<'t>) {
    let Some(table) = reading.table(entry) else { return };
    for entry in entries(table) {
        let value = value(entry, reading);
        let at = entry.value_at();
        let shared = Some(entry.at).filter(|at| !reading.layers.is_local(reading.layers.sources().number(*at)));
        let defined = Defined { value, at, shared };
        match reading.variables.by_name.get_mut(entry.name) {
            Some(below) if !reading.layers.wins(at, below.at) => {
                // Nobody can say which value is meant.
                below.value = None;
                let below = below.at;
                reading.defined_twice(format_args!("the variable `{}`", entry.name), entry.at, below);
            }
            Some(below) => *below = Defined { shared: shared.or(below.shared), ..defined },
            None => _ = reading.variables.by_name.insert(entry.name, defined),
        }
    }
}

/// Reads `[required_vars]` of one file; of two that say one name, the first is told.
pub(super) fn read_required<'t>(entry: Entry<'t>, reading: &mut Reading<'t>) {
    let Some(table) = reading.table(entry) else { return };
    for entry in entries(table) {
        let is_name = check_name(entry, reading);
        let Some(words) = entry.value.get_ref().as_str() else {
            reading.wrong_type(entry, "a few words for people", Some("\"your IAM user name\""));
            continue;
        };
        if is_name {
            let required = Required { words, at: entry.at, is_used: false };
            reading.variables.required.entry(entry.name).or_insert(required);
        }
    }
}

/// Whether the key can be the name of a variable.
fn check_name(entry: Entry<'_>, reading: &mut Reading<'_>) -> bool {
    let is_name = is_name(entry.name);
    if !is_name {
        reading.out.push(
            Diagnostic::error(codes::BAD_NAME, entry.at, format!("`{}` can't be the name of a variable", entry.name))
                .help("use letters, digits, `_` and `-`"),
        );
    }
    is_name
}

fn value<'t>(entry: Entry<'t>, reading: &mut Reading<'t>) -> Option<&'t str> {
    check_name(entry, reading);
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
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

impl Variables<'_> {
    /// From now on every use is remembered.
    pub(super) fn remember_uses(&mut self) {
        self.uses = Some(BTreeMap::new());
    }

    /// What follows is read from a table of that name, inside the ones before.
    pub(super) fn enter(&mut self, table: impl Display) {
        if self.uses.is_some() {
            self.tables.push(table.to_string());
        }
    }

    /// That table is read.
    pub(super) fn leave(&mut self) {
        self.tables.pop();
    }

    /// How many bytes were filled in for matrices since this was asked last.
    pub(super) fn take_made_bytes(&mut self) -> usize {
        std::mem::take(&mut self.made_bytes)
    }

    /// Whether something was read as right that can't be known before each person has supplied a value.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// The value of `key`, `literal`, which stands at `at`, with every `${name}` filled in and every `$${` turned into `${`.
    pub(super) fn fill_in<'e>(
        &mut self,
        key: &str,
        literal: &'e str,
        at: Span,
        (layers, audience): (&Layers, Audience),
        out: &mut Diagnostics,
    ) -> Option<Text<'e>> {
        if !literal.contains("${") {
            return Some(Text { value: literal.into(), at, expanded: false });
        }
        let mut value = String::new();
        let mut sound = true;
        for part in parts(literal) {
            let name = match part {
                Part::Text(text) => {
                    value.push_str(text);
                    continue;
                }
                Part::Bad => {
                    out.push(bad(at));
                    return None;
                }
                Part::Name(name) => name,
            };
            match self.value_of(name, key, at, (layers, audience)) {
                Some(text) => value.push_str(text),
                None => sound = false,
            }
            if value.len() > LONGEST {
                out.push(Diagnostic::error(
                    codes::BAD_VARIABLE,
                    at,
                    "with its variables filled in, this has more than 65536 bytes",
                ));
                return None;
            }
        }
        self.made_bytes += self.product.as_ref().map_or(0, |_| value.len());
        sound.then_some(Text { value: value.into(), at, expanded: true })
    }

    /// What `${name}` stands for; none if that is wrong, which was reported, or if nothing defines it, which is noted.
    fn value_of(&mut self, name: &str, key: &str, at: Span, (layers, audience): (&Layers, Audience)) -> Option<&str> {
        let is_made = self.product.as_ref().is_some_and(|product| product.get(name).is_some());
        if is_made {
            return match self.product.as_ref()?.get(name)? {
                Known::Text(text) => Some(text),
                Known::Wrong => None,
            };
        }
        self.note_use(name, key, at);
        if self.by_name.contains_key(name) {
            return self.by_name.get(name)?.value;
        }
        if audience == Audience::Team && self.required.contains_key(name) {
            self.is_open = true;
        } else {
            self.undefined.entry(name.to_owned()).or_default().push(within(layers, at, name));
        }
        None
    }

    /// What was noted of variables that are not known.
    pub(super) fn noted(&self) -> Noted {
        (self.undefined.clone(), self.is_open, self.made_bytes)
    }

    /// Puts that back.
    pub(super) fn set_noted(&mut self, (undefined, is_open, made_bytes): Noted) {
        (self.undefined, self.is_open, self.made_bytes) = (undefined, is_open, made_bytes);
    }

    /// Notes each variable in `literal` as used, defined or not.
    pub(super) fn note_uses(&mut self, key: &str, literal: &str, at: Span) {
        for part in parts(literal) {
            if let Part::Name(name) = part
                && !keys::PRODUCT_VARIABLES.contains(&name)
            {
                self.note_use(name, key, at);
            }
        }
    }

    /// Whether a place is in a value of a matrix.
    fn is_in_matrix(&self, at: Span) -> bool {
        let after = self.matrix_values.partition_point(|value| value.start <= at.start);
        after > 0 && at.end <= self.matrix_values[after - 1].end
    }

    /// The variables in the literal at `at`, with where their values stand.
    pub(super) fn used_at(&self, at: Span, layers: &Layers) -> Vec<(String, Span)> {
        let is_known = |part| match part {
            Part::Name(name) => self.by_name.get(name).map(|defined| (name.to_owned(), defined.at)),
            Part::Text(_) | Part::Bad => None,
        };
        parts(layers.sources().text(at).unwrap_or_default()).filter_map(is_known).collect()
    }

    /// The string at `at` with its variables filled in, as far as they are known.
    pub(super) fn plain_at(&self, at: Span, layers: &Layers) -> String {
        let literal = layers.sources().text(at).unwrap_or_default();
        let piece = |part| match part {
            Part::Text(text) => text,
            Part::Name(name) => self.by_name.get(name).and_then(|defined| defined.value).unwrap_or_default(),
            Part::Bad => "",
        };
        parts(literal.trim_matches(['"', '\''])).map(piece).collect()
    }

    fn note_use(&mut self, name: &str, key: &str, at: Span) {
        if let Some(required) = self.required.get_mut(name) {
            required.is_used = true;
        }
        if let Some(uses) = &mut self.uses {
            let key = if self.tables.is_empty() { key.to_owned() } else { format!("{}.{key}", self.tables.join(".")) };
            uses.entry(name.to_owned()).or_default().push(Use { key, at });
        }
    }

    /// Reports what can be said once every string was read.
    pub(super) fn report(&self, layers: &Layers, audience: Audience, out: &mut Diagnostics, suggester: &mut Suggester) {
        for (name, places) in &self.undefined {
            out.push(self.undefined(name, places, (layers, audience), suggester));
        }
        for (name, required) in &self.required {
            if let Some(Defined { shared: Some(place), .. }) = self.by_name.get(name) {
                let message = format!("`{name}` is for each person to supply, and has a value here for all of them");
                out.push(
                    Diagnostic::error(codes::REQUIRED_GIVEN, *place, message)
                        .related(required.at, "it is asked of each person here")
                        .help(format!("leave one of them out; a person's own value belongs in {}", layers.personal())),
                );
            }
            if !required.is_used {
                let message = format!("each person is asked for `{name}`, and nothing uses it");
                out.push(
                    Diagnostic::warning(codes::REQUIRED_UNUSED, required.at, message)
                        .help(format!("leave it out, or use it as `${{{name}}}`")),
                );
            }
        }
    }

    fn undefined(
        &self,
        name: &str,
        places: &[Span],
        (layers, audience): (&Layers, Audience),
        suggester: &mut Suggester,
    ) -> Diagnostic {
        // A matrix reads its texts once for every profile.
        let places: BTreeSet<Span> = places.iter().copied().collect();
        let first = places.first().copied().unwrap_or_default();
        let required = self.required.get(name);
        let message = match required {
            Some(Required { words, .. }) => format!("nothing defines the variable `{name}`: {words}"),
            None => format!("nothing defines the variable `{name}`"),
        };
        let found = Diagnostic::error(codes::UNDEFINED_VARIABLE, first, message);
        let found = match places.len() - 1 {
            0 => found,
            1 => found.label("and in one other place"),
            more => found.label(format!("and in {more} other places")),
        };
        let (line, personal, shared) = (format!("`{name} = \"…\"`"), layers.personal(), layers.manifest_name());
        if required.is_some() {
            return found.help(format!("`awsauth vars` asks for it, or add {line} to [vars] of {personal}"));
        }
        if audience == Audience::Team {
            return found.help(format!(
                "add {line} to [vars] of {shared}; or, if each person has another value, `{name} = \"what it is\"` to \
                 [required_vars]"
            ));
        }
        if keys::PRODUCT_VARIABLES.contains(&name) {
            return found.help(format!(
                "only the names and the profiles of a matrix{} know `${{{name}}}`, not its `accounts`, `roles` and \
                 `exclude`; elsewhere it needs {line} in [vars]",
                if name.starts_with("role") { " with `roles`" } else { "" }
            ));
        }
        let is_made = places.iter().any(|place| self.is_in_matrix(*place));
        let product = keys::PRODUCT_VARIABLES.into_iter().filter(|_| is_made);
        let known = self.by_name.keys().chain(self.required.keys()).copied().chain(product);
        match suggester.nearest(name, known) {
            Some(guess) => found.help(format!(
                "did you mean `${{{guess}}}`? If not, add {line} to [vars] of {shared}, or of {personal} if it is yours \
                 alone"
            )),
            None => found.help(format!(
                "add {line} to [vars] of {shared}, or of {personal} if it is yours alone; a literal `${{` is written \
                 `$${{`"
            )),
        }
    }

    /// `found` with the places where the variables get their values that are in the strings at its places.
    pub(super) fn explain(&self, mut found: Diagnostic, layers: &Layers) -> Diagnostic {
        if [codes::NESTED_VARIABLE, codes::BAD_VARIABLE, codes::UNDEFINED_VARIABLE].contains(&found.code) {
            return found;
        }
        // Inside a matrix, these names are not those of variables.
        let is_made = self.is_in_matrix(found.primary.span);
        let is_hidden = |name: &str| is_made && keys::PRODUCT_VARIABLES.contains(&name);
        let places: Vec<Span> = std::iter::once(&found.primary).chain(&found.related).map(|label| label.span).collect();
        for place in places {
            let text = layers.sources().text(place).unwrap_or_default();
            let is_string = text.starts_with(['"', '\'']) && text.contains("${");
            for part in parts(text).take_while(|_| is_string) {
                if let Part::Name(name) = part
                    && !is_hidden(name)
                    && let Some(Defined { value: Some(_), at, .. }) = self.by_name.get(name)
                    && found.related.iter().all(|label| label.span != *at)
                {
                    found = found.related(*at, format!("`${{{name}}}` comes from here"));
                }
            }
        }
        found
    }

    /// Every variable that is defined, used or asked for, by name.
    pub(super) fn into_list(self) -> Vec<Variable> {
        let Self { mut by_name, required, uses, .. } = self;
        let mut uses = uses.unwrap_or_default();
        let mut names: Vec<String> = by_name.keys().chain(required.keys()).map(|name| (*name).to_owned()).collect();
        names.extend(uses.keys().cloned());
        names.sort();
        names.dedup();
        let variable = |name: String| {
            let defined = by_name.remove(name.as_str());
            let mut uses = uses.remove(&name).unwrap_or_default();
            uses.sort_by_key(|one| one.at);
            uses.dedup_by_key(|one| one.at);
            Variable {
                value: defined.as_ref().and_then(|defined| defined.value).map(str::to_owned),
                set_at: defined.map(|defined| defined.at),
                required: required.get(name.as_str()).map(|required| required.words.to_owned()),
                uses,
                name,
            }
        };
        names.into_iter().map(variable).collect()
    }
}

/// A part of a string with variables in it.
pub(super) enum Part<'s> {
    /// As it is.
    Text(&'s str),
    /// The name of a variable.
    Name(&'s str),
    /// A `${` that begins no variable; nothing follows.
    Bad,
}

/// The parts of a string, in order.
pub(super) fn parts(literal: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = Some(literal);
    std::iter::from_fn(move || {
        let text = rest.filter(|text| !text.is_empty())?;
        let Some(start) = text.find("${") else {
            rest = None;
            return Some(Part::Text(text));
        };
        if text[..start].ends_with('$') {
            // Of `$${`, the first `$` goes.
            let (before, after) = text.split_at(start - 1);
            if before.is_empty() {
                rest = Some(&after[3..]);
                return Some(Part::Text("${"));
            }
            rest = Some(after);
            return Some(Part::Text(before));
        }
        if start > 0 {
            rest = Some(&text[start..]);
            return Some(Part::Text(&text[..start]));
        }
        match text[2..].split_once('}') {
            Some((name, after)) if is_name(name) => {
                rest = Some(after);
                Some(Part::Name(name))
            }
            _ => {
                rest = None;
                Some(Part::Bad)
            }
        }
    })
}

fn bad(at: Span) -> Diagnostic {
    Diagnostic::error(codes::BAD_VARIABLE, at, "a `${` here does not begin a variable such as `${name}`")
        .help("a name has letters, digits, `_` and `-`; a literal `${` is written `$${`")
}

/// The place of `${name}` in the literal at `at`, or the whole literal where it is written with escapes.
fn within(layers: &Layers, at: Span, name: &str) -> Span {
    let written = format!("${{{name}}}");
    let offset = layers.sources().text(at).and_then(|literal| literal.find(&written));
    offset.map_or(at, |offset| Span::new(at.start + offset, at.start + offset + written.len()))
}
