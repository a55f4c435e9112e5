//! Owns what one reading carries along (variables, findings, guesses), and how typed values are taken out of TOML. Must
//! not know which keys there are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::fmt::{Arguments, Display};

use toml::Spanned as Located;
use toml::de::{DeTable, DeValue};

use super::codes;
use super::layers::{Audience, Layers};
use super::making::Unmade;
use super::suggest::Suggester;
use super::variables::Variables;
use super::why::Question;
use crate::address::AllowedHost;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;

/// A value as TOML has it.
pub(super) type Value<'t> = Located<DeValue<'t>>;

/// A name as TOML has it.
pub(super) type Name<'t> = Located<Cow<'t, str>>;

/// A table, and where the piece of a file begins that it was read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'t> {
    /// What TOML made of it; its places count from `base`.
    pub(super) keys: &'t DeTable<'t>,
    /// The first byte of the piece, counted through all files.
    pub(super) base: usize,
}

/// One `key = value`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'t> {
    /// The key.
    pub(super) name: &'t str,
    /// Where the key stands.
    pub(super) at: Span,
    /// The value; its own places count from `base`.
    pub(super) value: &'t Value<'t>,
    /// The first byte of the piece that it was read from, counted through all files.
    pub(super) base: usize,
}

impl<'t> Entry<'t> {
    /// The entry of these two, read from the piece that begins at `base`.
    pub(super) fn new(key: &'t Name<'_>, value: &'t Value<'t>, base: usize) -> Self {
        Self { name: key.get_ref(), at: Span::from(key.span()).behind(base), value, base }
    }

    /// Where the value stands.
    pub(super) fn value_at(&self) -> Span {
        Span::from(self.value.span()).behind(self.base)
    }
}

/// The entries of a table in the order of the file.
pub(super) fn entries(table: Table<'_>) -> Vec<Entry<'_>> {
    let mut entries: Vec<_> = table.keys.iter().map(|(key, value)| Entry::new(key, value, table.base)).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// A string of the file with its variables filled in.
#[derive(Debug, Clone)]
pub(super) struct Text<'e> {
    /// The filled-in text.
    pub(super) value: Cow<'e, str>,
    /// Where the literal stands.
    pub(super) at: Span,
    /// Whether the literal reads otherwise.
    pub(super) expanded: bool,
}

/// What one reading carries along.
#[derive(Debug)]
pub(super) struct Reading<'t> {
    /// The files.
    pub(super) layers: &'t Layers,
    /// For whom they are read.
    pub(super) audience: Audience,
    /// `[vars]`
    pub(super) variables: Variables<'t>,
    /// The hosts that the person allows.
    pub(super) allowed_hosts: Vec<AllowedHost>,
    /// What was found so far.
    pub(super) out: Diagnostics,
    /// Guesses at misspelt names.
    pub(super) suggester: Suggester,
    /// What is asked about one profile.
    pub(super) why: Question,
    /// Whether it is not known which profiles matrices make, because of a mistake that was reported, or of what each person
    /// supplies: then none can be called missing.
    pub(super) names_are_open: bool,
    /// Whether one person's own file says something at its top, or in `[settings]`, that is wrong: then it is not known how
    /// they want anything done.
    pub(super) wish_is_unclear: bool,
    /// Whether a misspelt key at the top hides what all profiles take values from.
    pub(super) defaults_are_unclear: bool,
    /// The names that matrices would make and that nothing can have.
    pub(super) unmade: Vec<Unmade>,
    /// What was found in what a matrix says, by rule and place, each of several alike by number.
    folds: HashMap<(&'static str, Span, usize), Fold>,
}

/// A finding that the profiles of a matrix share.
#[derive(Debug)]
struct Fold {
    /// Its place among all findings.
    index: usize,
    /// Some of the other profiles that it is in.
    names: Vec<String>,
    /// How many they are.
    others: usize,
}

/// The most other profiles that one finding names.
const MOST_NAMED: usize = 5;

impl Fold {
    /// Notes one more profile that it is in.
    fn add(&mut self, name: &str) {
        self.others += 1;
        if self.names.len() < MOST_NAMED && !name.is_empty() {
            self.names.push(name.to_owned());
        }
    }

    /// In which other profiles it is; none if it is in no other.
    fn words(&self) -> Option<String> {
        let more = self.others - self.names.len();
        let others = if more == 1 { "1 other profile".to_owned() } else { format!("{more} other profiles") };
        match (self.names.is_empty(), more) {
            (true, 0) => None,
            (true, _) => Some(format!("so it is in {others} of this matrix")),
            (false, 0) => Some(format!("so it is in {}", quoted(self.names.iter()))),
            (false, _) => Some(format!("so it is in {} and {others}", quoted(self.names.iter()))),
        }
    }
}

impl<'t> Reading<'t> {
    /// One that has found nothing yet.
    pub(super) fn new(layers: &'t Layers, audience: Audience) -> Self {
        let (variables, out) = (Variables::default(), Diagnostics::default());
        let (suggester, why, folds) = (Suggester::new(), Question::default(), HashMap::new());
        let (allowed_hosts, names_are_open) = (Vec::new(), false);
        Self {
            layers,
            audience,
            variables,
            allowed_hosts,
            out,
            suggester,
            why,
            names_are_open,
            wish_is_unclear: false,
            defaults_are_unclear: false,
            unmade: Vec::new(),
            folds,
        }
    }

    /// What `work` finds and notes is forgotten.
    pub(super) fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (mark, names_are_open, noted) = (self.out.len(), self.names_are_open, self.variables.noted());
        let result = work(self);
        self.out.since(mark);
        self.names_are_open = names_are_open;
        self.variables.set_noted(noted);
        result
    }

    /// Notes the variables in a value that is read later, or never.
    pub(super) fn note_uses(&mut self, entry: Entry<'_>) {
        match entry.value.get_ref() {
            DeValue::String(text) => self.variables.note_uses(entry.name, text, entry.value_at()),
            DeValue::Array(array) => array.iter().for_each(|value| self.note_uses(Entry { value, ..entry })),
            DeValue::Table(keys) => {
                self.variables.enter(entry.name);
                for inner in entries(Table { keys, base: entry.base }) {
                    self.note_uses(inner);
                }
                self.variables.leave();
            }
            _ => {}
        }
    }

    /// What was found since `mark` in the profile `name` of a matrix: where another one had the same, that says it for both.
    pub(super) fn fold(&mut self, mark: usize, name: &str) {
        if self.out.len() == mark {
            return;
        }
        if !name.is_empty() {
            self.out.attribute_since(mark, name);
        }
        let mut alike: HashMap<(&'static str, Span), usize> = HashMap::new();
        for found in self.out.since(mark) {
            let key = (found.code, found.primary.span);
            let number = alike.entry(key).or_default();
            match self.folds.entry((key.0, key.1, *number)) {
                Vacant(fold) => {
                    fold.insert(Fold { index: self.out.len(), names: Vec::new(), others: 0 });
                    self.out.push(found);
                }
                Occupied(mut fold) => {
                    fold.get_mut().add(name);
                    found.profiles.iter().for_each(|profile| self.out.attribute(fold.get().index, profile));
                }
            }
            *number += 1;
        }
    }

    /// Everything that was found, by place.
    pub(super) fn found(&mut self) -> Vec<Diagnostic> {
        for fold in std::mem::take(&mut self.folds).into_values() {
            if let Some(words) = fold.words() {
                self.out
                    .relabel(fold.index, |label| if label.is_empty() { words } else { format!("{label}; {words}") });
            }
        }
        let found = std::mem::take(&mut self.out).into_sorted().into_iter();
        found.map(|found| self.variables.explain(found, self.layers)).collect()
    }

    /// Reports that two files, neither of which includes the other, both define `what`.
    pub(super) fn defined_twice(&mut self, what: Arguments<'_>, at: Span, other: Span) {
        let message = format!("{what} is defined in two files, and neither includes the other");
        let found = Diagnostic::error(codes::DEFINED_TWICE, at, message).related(other, "it is defined here too");
        self.out.push(found.help("keep one of them, or put what should win into the file that includes both"));
    }

    /// Reports that `entry` is not `wanted`.
    pub(super) fn wrong_type(&mut self, entry: Entry<'_>, wanted: &str, example: Option<&str>) {
        let Entry { name, value, .. } = entry;
        let found = type_words(value.get_ref());
        let mut wrong =
            Diagnostic::error(codes::WRONG_TYPE, entry.value_at(), format!("`{name}` must be {wanted}, not {found}"))
                .label(format!("this is {found}"));
        if let Some(example) = example {
            wrong = wrong.help(format!("write it as in `{name} = {example}`"));
        }
        self.out.push(wrong);
    }

    /// The table in `entry`.
    pub(super) fn table<'e>(&mut self, entry: Entry<'e>) -> Option<Table<'e>> {
        let table = entry.value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(entry, "a table", None);
        }
        table.map(|keys| Table { keys, base: entry.base })
    }

    /// The string in `entry`, with its variables filled in.
    pub(super) fn text<'e>(&mut self, entry: Entry<'e>, example: Option<&str>) -> Option<Text<'e>> {
        let Some(literal) = entry.value.get_ref().as_str() else {
            self.wrong_type(entry, "a string", example);
            return None;
        };
        let context = (self.layers, self.audience);
        self.variables.fill_in(entry.name, literal, entry.value_at(), context, &mut self.out)
    }

    /// The strings in `entry`, each with its variables filled in; none if any of them is no good.
    pub(super) fn texts<'e>(&mut self, entry: Entry<'e>, example: Option<&str>) -> Option<Vec<Text<'e>>> {
        let Some(array) = entry.value.get_ref().as_array() else {
            self.wrong_type(entry, "a list of strings", example);
            return None;
        };
        let texts: Vec<_> = array.iter().map(|value| self.text(Entry { value, ..entry }, example)).collect();
        texts.into_iter().collect()
    }

    /// The whole number in `entry`.
    pub(super) fn number(&mut self, entry: Entry<'_>, wanted: &str, example: Option<&str>) -> Option<i64> {
        let number = entry.value.get_ref().as_integer().and_then(integer);
        if number.is_none() {
            self.wrong_type(entry, wanted, example);
        }
        number
    }

    /// The truth value in `entry`.
    pub(super) fn flag(&mut self, entry: Entry<'_>, example: Option<&str>) -> Option<bool> {
        let flag = entry.value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(entry, "`true` or `false`", example);
        }
        flag
    }

    /// What `parsed` made of `text`, or the reason as an error of the rule `code`.
    pub(super) fn parsed<T, E: Display>(
        &mut self,
        text: &Text<'_>,
        parsed: Result<T, E>,
        code: &'static str,
        help: &str,
    ) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.reject(text, code, error.to_string(), help);
                None
            }
        }
    }

    /// Reports `text` as wrong under the rule `code`.
    pub(super) fn reject(&mut self, text: &Text<'_>, code: &'static str, message: String, help: &str) {
        let mut found = Diagnostic::error(code, text.at, message);
        if text.expanded {
            found = found.label(format!("with its variables filled in this is `{}`", text.value));
        }
        self.report(text, if help.is_empty() { found } else { found.help(help) });
    }

    /// Reports a finding about `text`, with what a matrix has filled in.
    pub(super) fn report(&mut self, text: &Text<'_>, found: Diagnostic) {
        self.out.push(match &self.variables.product {
            Some(product) if text.expanded => product.explain(found),
            _ => found,
        });
    }

    /// Reports a key of the format that a later version reads.
    pub(super) fn not_yet(&mut self, entry: Entry<'_>) {
        let message = format!("`{}` is not supported by this version of awsauth", entry.name);
        self.out.push(
            Diagnostic::error(codes::NOT_YET, entry.at, message).help("leave it out, or install a newer awsauth"),
        );
    }

    /// Reports a table inside the profile `name` that is probably a profile of its own, whose name has a dot in it.
    pub(super) fn dotted(&mut self, entry: Entry<'_>, name: &str) {
        let message = format!("`{}` is not a key of the profile `{name}`", entry.name);
        let whole = super::values::toml_key(&format!("{name}.{}", entry.name));
        let help = format!("a name with a dot in it stands in quotes: `[profiles.{whole}]`");
        self.out.push(Diagnostic::error(codes::UNKNOWN_KEY, entry.at, message).help(help));
    }

    /// Reports a key that is not one of `known`, and returns the one that was probably meant.
    pub(super) fn unknown_key(
        &mut self,
        entry: Entry<'_>,
        place: Arguments<'_>,
        known: impl Iterator<Item = &'static str> + Clone,
    ) -> Option<&'static str> {
        let guess = self.suggester.key(entry.name, known.clone());
        let setting = super::known::of_variable(entry.name).filter(|_| known.clone().any(|key| key == "settings"));
        let found =
            Diagnostic::error(codes::UNKNOWN_KEY, entry.at, format!("`{}` is not a key of {place}", entry.name));
        let is_key = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"].contains(&entry.name);
        self.out.push(match guess {
            _ if is_key => found.help(
                "no key or token belongs here: delete the line, replace the key if anybody else could read it, and use \
                 `awsauth keys add NAME`",
            ),
            _ if let Some(setting) = setting => {
                found.help(format!("AWS's own settings go to `settings`: `settings.{} = …`", setting.name))
            }
            Some(guess) => found.help(format!("did you mean `{guess}`?")),
            None => match super::known::refusal(entry.name).filter(|_| !entry.name.starts_with("sso_")) {
                Some(reason) => found.label(reason).help("leave it out"),
                None => found.help(format!("the keys are {}", quoted(known))),
            },
        });
        guess.filter(|_| !is_key && setting.is_none())
    }
}

/// The texts of a list, each once; what stands there twice is told.
pub(super) fn each_once<'e>(texts: Vec<Text<'e>>, reading: &mut Reading<'_>) -> Vec<Text<'e>> {
    let mut places: HashMap<String, Span> = HashMap::with_capacity(texts.len());
    let mut once = Vec::with_capacity(texts.len());
    for text in texts {
        if let Some(first) = places.get(&*text.value) {
            let message = format!("`{}` stands twice in this list", text.value);
            let found = Diagnostic::warning(codes::LISTED_TWICE, text.at, message);
            reading.out.push(found.related(*first, "it stands here first").help("leave one of them out"));
            continue;
        }
        places.insert(text.value.to_string(), text.at);
        once.push(text);
    }
    once
}

/// Names in backticks, with commas between them.
pub(super) fn quoted(names: impl Iterator<Item = impl Display>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn integer(integer: &toml::de::DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A TOML type with its article.
fn type_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(integer) if self::integer(integer).is_none() => "a number of more than 64 bits",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
