//! Owns the profiles of all files while they are read: which of them are there, and what is laid over what. Must not know
//! what a pattern needs.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::codes;
use super::fields::{Fields, Given, Origin};
use super::keys;
use super::making::Products;
use super::reading::Reading;
use super::why::Made;
use crate::diagnostic::Diagnostic;
use crate::model::{Pattern, ProfileName};
use crate::source::Span;

/// One profile as it is written, in one file or several, with what it takes from `[defaults]`.
#[derive(Debug)]
pub(super) struct Draft<'t> {
    /// The name as it is written.
    pub(super) written: Cow<'t, str>,
    /// The name, if it is one.
    pub(super) name: Option<ProfileName>,
    /// Where the name stands.
    pub(super) at: Span,
    /// Where it stands in the file that wins.
    pub(super) over: Span,
    /// What made it, if a matrix did.
    pub(super) made: Option<Made>,
    /// Its keys.
    pub(super) fields: Box<Fields>,
}

impl Draft<'_> {
    /// Its pattern, if it has a right one.
    pub(super) fn pattern(&self) -> Option<Pattern> {
        self.fields.pattern.value().copied()
    }

    /// Whether no pattern is written in it: it may be some keys of a profile that a matrix makes, also where `[defaults]` has a
    /// pattern.
    pub(super) fn lacks_own_pattern(&self) -> bool {
        let given = self.fields.pattern.given();
        self.fields.lacks("pattern") || given.is_some_and(|given| given.origin == Origin::Defaults)
    }

    /// True if nothing is wrong with it; of its chain only once that was checked.
    pub(super) fn is_in_order(&self) -> bool {
        self.name.is_some() && self.fields.are_in_order()
    }

    /// Where it was written first: its matrix, or its name.
    pub(super) fn origin(&self) -> Span {
        self.made.as_ref().map_or(self.at, |made| made.matrix)
    }

    /// How a key of it is written; in a matrix it is another one for each account and role.
    pub(super) fn example(&self, key: &keys::Key) -> &'static str {
        match (&self.made, key.name) {
            (Some(_), "sso_account_id") => "\"${account_id}\"",
            (Some(_), "sso_role_name") => "\"${role}\"",
            (Some(_), "role_arn") => "\"arn:aws:iam::${account_id}:role/${role}\"",
            (Some(_), "mfa_serial") => "\"arn:aws:iam::${account_id}:mfa/${user}\"",
            _ => key.examples[0],
        }
    }

    /// Notes what was found in it since `mark`, which is said once for all profiles of its matrix.
    pub(super) fn settle(&mut self, mark: usize, reading: &mut Reading<'_>) {
        self.fields.wrong |= reading.out.has_errors_since(mark);
        if self.made.is_some() {
            reading.fold(mark, &self.written);
        } else {
            reading.out.attribute_since(mark, &self.written);
        }
    }

    /// An error about a value: at the value where it is the profile's own or that of its matrix, at the profile's name
    /// where it comes from `[defaults]`.
    pub(super) fn error<T>(&self, code: &'static str, given: &Given<T>, message: impl Into<String>) -> Diagnostic {
        match given.origin {
            Origin::Own | Origin::Account => Diagnostic::error(code, given.at, message),
            Origin::Matrix => {
                let found = Diagnostic::error(code, given.at, message);
                self.made.iter().fold(found, |found, made| {
                    found.related(made.account, format!("for `{}`, which is made for this account", self.written))
                })
            }
            Origin::Defaults => Diagnostic::error(code, self.at, message).related(given.at, "from `[defaults]`"),
        }
    }
}

/// All profiles, with an index of their names.
#[derive(Debug, Default)]
pub(super) struct Drafts<'t> {
    /// In the manifest's order.
    pub(super) list: Vec<Draft<'t>>,
    /// The place in the list by name as it is written.
    pub(super) by_name: HashMap<Cow<'t, str>, usize>,
    /// The names that matrices leave out, with what says so.
    pub(super) left_out: HashMap<String, Span>,
    /// The names that are not made because of what one person's own files say.
    off: HashSet<String>,
}

impl<'t> Drafts<'t> {
    /// Adds the profiles of one file over those of the files before, key by key. Says whether no name was twice among them.
    pub(super) fn add(&mut self, file: Vec<Draft<'t>>, reading: &mut Reading<'_>) -> bool {
        let first = self.list.len();
        self.by_name.reserve(file.len());
        for draft in file {
            let Some(place) = self.by_name.get(&draft.written).copied() else {
                self.by_name.insert(draft.written.clone(), self.list.len());
                self.list.push(draft);
                continue;
            };
            let below = &mut self.list[place];
            if place >= first
                || reading.layers.sources().number(below.over) == reading.layers.sources().number(draft.at)
            {
                return false;
            }
            let mark = reading.out.len();
            if !reading.layers.wins(draft.at, below.over) {
                reading.defined_twice(format_args!("the profile `{}`", draft.written), draft.at, below.over);
            }
            let under = std::mem::replace(&mut below.fields, draft.fields);
            below.fields.lay_over(*under);
            below.over = draft.over;
            below.settle(mark, reading);
        }
        true
    }

    /// Adds the profiles that matrices make, behind the others; one that is written as well wins over it, in its place.
    pub(super) fn add_made(&mut self, products: Products<'t>) {
        let Products { mut made, left_out, off, .. } = products;
        (self.left_out, self.off) = (left_out, off);
        if made.is_empty() {
            return;
        }
        let mut written: Vec<Option<Draft<'t>>> = std::mem::take(&mut self.list).into_iter().map(Some).collect();
        for draft in &mut made {
            let over = self.by_name.get(&draft.written).and_then(|place| written[*place].take());
            if let Some(over) = over {
                let below = std::mem::replace(&mut draft.fields, over.fields);
                draft.fields.lay_over(*below);
                (draft.at, draft.over) = (over.at, over.over);
            }
        }
        self.list = written.into_iter().flatten().chain(made).collect();
        self.find_places();
    }

    fn find_places(&mut self) {
        let places = self.list.iter().enumerate().map(|(place, draft)| (draft.written.clone(), place));
        self.by_name = places.collect();
    }

    /// Takes away what a person has no profile for since their own file turned that off: shared keys of a profile that is
    /// not made for them, and shared profiles that stand on one.
    pub(super) fn drop_turned_off(&mut self, reading: &mut Reading<'_>) {
        let mut open: Vec<String> = std::mem::take(&mut self.off).into_iter().collect();
        if open.is_empty() {
            return;
        }
        let layers = reading.layers;
        let is_shared = |draft: &Draft<'_>| !layers.is_local(layers.sources().number(draft.over));
        let mut standing: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, draft) in self.list.iter().enumerate() {
            if let Some(source) = draft.fields.source_profile.value() {
                standing.entry(source.clone()).or_default().push(place);
            }
        }
        let mut gone = vec![false; self.list.len()];
        while let Some(name) = open.pop() {
            if let Some(place) = self.by_name.get(name.as_str()).copied().filter(|place| !gone[*place]) {
                let draft = &self.list[place];
                if draft.made.is_some() || !draft.lacks_own_pattern() {
                    continue;
                }
                gone[place] = true;
                if !is_shared(draft) {
                    let message = format!("`{name}` is turned off for you, so these keys of yours do nothing");
                    let found = Diagnostic::warning(codes::OVERRIDE_NOTHING, draft.over, message);
                    reading.out.push(found.help("leave them out"));
                }
            }
            for place in standing.remove(&name).unwrap_or_default() {
                let draft = &self.list[place];
                if (draft.made.is_some() || is_shared(draft)) && !std::mem::replace(&mut gone[place], true) {
                    open.push(draft.written.to_string());
                }
            }
        }
        let mut is_gone = gone.into_iter();
        self.list.retain(|_| !is_gone.next().unwrap_or_default());
        self.find_places();
    }

    /// Gives each profile what it does not have from `[defaults]`.
    pub(super) fn inherit(&mut self, defaults: &Fields) {
        for draft in &mut self.list {
            draft.fields.inherit(defaults);
        }
    }
}

impl Drafts<'_> {
    /// Takes away keys of one person's own for profiles that the manifest does not have, or has no more: what others change
    /// must not take a person's other profiles away.
    pub(super) fn drop_stray(&mut self, reading: &mut Reading<'_>) {
        let layers = reading.layers;
        let is_local = |at| layers.is_local(layers.sources().number(at));
        let is_stray = |draft: &Draft<'_>| draft.made.is_none() && is_local(draft.at) && draft.fields.lacks("pattern");
        if !self.list.iter().any(is_stray) {
            return;
        }
        let (stray, list): (Vec<_>, Vec<_>) = std::mem::take(&mut self.list).into_iter().partition(is_stray);
        self.list = list;
        self.find_places();
        for draft in stray.iter().filter(|_| !reading.names_are_open) {
            let message = format!("the manifest has no profile `{}`, so these keys of yours do nothing", draft.written);
            let found = Diagnostic::warning(codes::OVERRIDE_NOTHING, draft.at, message);
            let help = "leave them out; for a profile of your own, add `pattern = \"…\"`";
            let known = self.list.iter().filter(|other| other.made.is_some() || !is_local(other.at));
            let guess = reading.suggester.nearest(&draft.written, known.map(|other| &*other.written));
            reading.out.push(match (self.left_out.get(&*draft.written), guess) {
                (Some(by), _) => found.related(*by, "a matrix would make it, and leaves it out here").help(help),
                (None, Some(guess)) => found.help(format!("did you mean `{guess}`? If not, {help}")),
                (None, None) => found.help(help),
            });
        }
    }
}
