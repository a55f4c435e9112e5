//! Owns the profiles before they are checked, those of files and those of matrices. Must not know what a pattern needs.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::manifest::document::tree::{KeyValue, Table};
use crate::manifest::files::Layers;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::{About, GeneratedProfile, Sink};
use crate::manifest::raw::field::{KeyTable as _, Origin, Reader, Sourced};
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::spec::keys::Key;
use crate::model::{Pattern, ProfileName};
use crate::source::Span;

/// One profile with everything that it inherits, before it is checked.
#[derive(Debug)]
pub(crate) struct UncheckedProfile {
    pub(crate) written: Rc<str>,
    /// None if the name is invalid.
    pub(crate) name: Option<ProfileName>,
    pub(crate) at: Span,
    /// The place in the file that wins.
    pub(crate) over: Span,
    pub(crate) generated: Option<GeneratedBy>,
    pub(crate) role: Option<String>,
    pub(crate) fields: Box<ProfileKeys>,
}

/// The matrix, account and role from which a profile is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GeneratedBy {
    pub(crate) matrix: Span,
    pub(crate) account: Span,
    pub(crate) role: Option<Span>,
}

/// A matrix that does not make a name, and the value that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) matrix: Span,
    pub(crate) by: Span,
}

impl UncheckedProfile {
    pub(crate) fn pattern(&self) -> Option<Pattern> {
        self.fields.pattern.value().copied()
    }

    /// True if its own table has no pattern: it may override a profile of a matrix, even if `[defaults]` has a pattern.
    pub(crate) fn lacks_own_pattern(&self) -> bool {
        let given = self.fields.pattern.valid();
        self.fields.lacks("pattern") || given.is_some_and(|given| given.origin == Origin::Defaults)
    }

    /// Covers its chain only after the chains were checked.
    pub(crate) fn is_in_order(&self) -> bool {
        self.name.is_some() && self.fields.is_in_order()
    }

    /// The label of its matrix, or else its name.
    pub(crate) fn origin(&self) -> Span {
        self.generated.as_ref().map_or(self.at, |made| made.matrix)
    }

    /// An example of a value for it; in a matrix it depends on the account and role.
    pub(crate) fn example(&self, key: &Key) -> &'static str {
        match (&self.generated, key.name) {
            (Some(_), "sso_account_id") => "\"${account_id}\"",
            (Some(_), "sso_role_name") => "\"${role}\"",
            (Some(_), "role_arn") => "\"arn:aws:iam::${account_id}:role/${role}\"",
            (Some(_), "mfa_serial") => "\"arn:aws:iam::${account_id}:mfa/${user}\"",
            _ => key.examples[0],
        }
    }

    pub(crate) fn about(&self) -> About {
        let name = self.written.clone();
        match self.generated {
            Some(GeneratedBy { account, role, .. }) => {
                About::Generated(GeneratedProfile { name, is_named: true, account, role })
            }
            None => About::Written(name),
        }
    }

    /// Makes an error that points at the value, or at the profile's name where the value comes from `[defaults]`.
    pub(crate) fn error<T>(&self, code: &'static str, given: &Sourced<T>, message: impl Into<String>) -> Diagnostic {
        match given.origin {
            Origin::Own | Origin::Account => Diagnostic::error(code, given.at, message),
            Origin::Matrix => {
                let found = Diagnostic::error(code, given.at, message);
                self.generated.iter().fold(found, |found, made| {
                    found.related(made.account, format!("for `{}`, which is made for this account", self.written))
                })
            }
            Origin::Defaults => Diagnostic::error(code, self.at, message).related(given.at, "from `[defaults]`"),
        }
    }
}

/// `[profiles]`, from which matrices take the overrides of the profiles that they make.
#[derive(Debug)]
pub(crate) struct WrittenProfiles<'t> {
    entries: Vec<Option<KeyValue<'t>>>,
    /// Filled when the first matrix asks.
    by_name: Option<HashMap<Cow<'t, str>, usize>>,
}

impl<'t> WrittenProfiles<'t> {
    pub(crate) fn new(table: Table<'t>) -> Self {
        Self { entries: table.into_iter().map(Some).collect(), by_name: None }
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<KeyValue<'t>> {
        let by_name = self.by_name.get_or_insert_with(|| {
            let entries = self.entries.iter().enumerate();
            entries.filter_map(|(place, entry)| Some((entry.as_ref()?.name.clone(), place))).collect()
        });
        by_name.get(name).and_then(|place| self.entries[*place].take())
    }

    /// Reads those that no matrix took.
    pub(crate) fn read(self, defaults: &ProfileKeys, reader: &mut Reader<'_>) -> Vec<UncheckedProfile> {
        let entries = self.entries.into_iter().flatten();
        entries.map(|entry| written(&entry, defaults, reader)).collect()
    }
}

fn written(entry: &KeyValue<'_>, defaults: &ProfileKeys, reader: &mut Reader<'_>) -> UncheckedProfile {
    let written: Rc<str> = Rc::from(&*entry.name);
    reader.sink.turn_to(About::Written(written.clone()));
    let mut fields = ProfileKeys::of_profile(entry, reader);
    fields.inherit(defaults);
    reader.sink.turn_to(About::Shared);
    let KeyValue { at, over, .. } = *entry;
    UncheckedProfile {
        written,
        name: ProfileName::new(&entry.name).ok(),
        at,
        over,
        generated: None,
        role: None,
        fields,
    }
}

#[derive(Debug, Default)]
pub(crate) struct UncheckedProfiles {
    /// Written ones before those that matrices make.
    pub(crate) list: Vec<UncheckedProfile>,
    by_name: HashMap<Rc<str>, usize>,
    pub(crate) left_out: HashMap<String, Vec<LeftOut>>,
}

impl UncheckedProfiles {
    pub(crate) fn new(list: Vec<UncheckedProfile>, left_out: HashMap<String, Vec<LeftOut>>) -> Self {
        let mut profiles = Self { list, by_name: HashMap::new(), left_out };
        profiles.find_places();
        profiles
    }

    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&UncheckedProfile> {
        self.place(name).map(|place| &self.list[place])
    }

    fn find_places(&mut self) {
        let places = self.list.iter().enumerate().map(|(place, profile)| (profile.written.clone(), place));
        self.by_name = places.collect();
    }

    /// Drops what depends on profiles that a person's own file turned `off`: shared overrides of them, and shared
    /// profiles that have one as their source.
    pub(crate) fn drop_disabled(&mut self, off: HashSet<String>, files: &Layers, sink: &mut Sink) {
        if off.is_empty() {
            return;
        }
        let mut open: Vec<String> = off.into_iter().collect();
        let mut dependents: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, profile) in self.list.iter().enumerate() {
            if let Some(source) = profile.fields.source_profile.value() {
                dependents.entry(source).or_default().push(place);
            }
        }
        let mut gone = vec![false; self.list.len()];
        while let Some(name) = open.pop() {
            if let Some(place) = self.place(&name).filter(|place| !gone[*place]) {
                let profile = &self.list[place];
                if profile.generated.is_some() || !profile.lacks_own_pattern() {
                    continue;
                }
                gone[place] = true;
                if files.is_personal(profile.over) {
                    let message = format!("`{name}` is turned off for you, so your keys for it have no effect");
                    let found = Diagnostic::warning(codes::OVERRIDE_NOTHING, profile.over, message);
                    sink.push(found.help("remove them"));
                }
            }
            for place in dependents.remove(&*name).unwrap_or_default() {
                let profile = &self.list[place];
                let is_shared = profile.generated.is_some() || !files.is_personal(profile.over);
                if is_shared && !std::mem::replace(&mut gone[place], true) {
                    open.push(profile.written.to_string());
                }
            }
        }
        let mut is_gone = gone.into_iter();
        self.list.retain(|_| !is_gone.next().unwrap_or_default());
        self.find_places();
    }

    /// Drops a person's overrides of profiles that the manifest does not have: a change by others must not break that
    /// person's other profiles.
    pub(crate) fn drop_stray(&mut self, files: &Layers, sink: &mut Sink) {
        let is_stray = |profile: &UncheckedProfile| {
            profile.generated.is_none() && files.is_personal(profile.at) && profile.fields.lacks("pattern")
        };
        if !self.list.iter().any(is_stray) {
            return;
        }
        let (stray, list): (Vec<_>, Vec<_>) = std::mem::take(&mut self.list).into_iter().partition(is_stray);
        self.list = list;
        self.find_places();
        if sink.profiles_unknown {
            return;
        }
        for profile in stray {
            let name = &*profile.written;
            let message = format!("the manifest has no profile `{name}`, so your keys for it have no effect");
            let found = Diagnostic::warning(codes::OVERRIDE_NOTHING, profile.at, message);
            let help = "remove them; for a profile of your own, add `pattern = \"…\"`";
            let known = self.list.iter().filter(|other| other.generated.is_some() || !files.is_personal(other.at));
            let found = match self.left_out_by(name) {
                Some(by) => found.related(by, "a matrix excludes it here").help(help),
                None => found.help(sink.did_you_mean_or(name, known.map(|other| &*other.written), help)),
            };
            sink.push(found);
        }
    }

    pub(crate) fn left_out_by(&self, name: &str) -> Option<Span> {
        self.left_out.get(name).and_then(|left_out| left_out.last()).map(|left_out| left_out.by)
    }
}
