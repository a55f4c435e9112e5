//! Owns the value of a key with its origin, and tables of such keys. Must not know which tables there are.

use std::fmt::{Arguments, Display};

use crate::manifest::document::table::{self, unknown_key};
use crate::manifest::document::tree::{KeyValue, Text};
use crate::manifest::findings::sink::Sink;
use crate::manifest::hosts::Hosts;
use crate::manifest::spec::keys::Key;
use crate::model::{
    AccountId, ConfigText, CredentialSource, ExternalId, LoginSession, MfaSerial, Pattern, ProfileName, Region,
    RoleArn, RoleSessionName, SsoRoleName, StartUrl,
};
use crate::source::Span;

/// The context for reading a value: the sink for findings, and the hosts that may be named.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) sink: Sink,
    pub(crate) hosts: Hosts<'a>,
}

/// The kind of table that gives a profile a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    #[default]
    Own,
    Matrix,
    /// The account that the matrix makes the profile for.
    Account,
    Defaults,
}

/// A key as it is written in a table of that origin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyEntry<'e, 't> {
    pub(crate) entry: &'e KeyValue<'t>,
    pub(crate) key: &'static Key,
    pub(crate) origin: Origin,
}

#[derive(Debug, Clone, Default)]
pub(crate) enum Field<T> {
    #[default]
    Missing,
    /// Wrong, which has been reported; so it must not be called missing as well.
    Invalid,
    /// Invalid, or made of a variable without a value: as it is written, with the other variables filled in.
    Unread(Sourced<String>),
    Valid(Sourced<T>),
}

#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) at: Span,
    pub(crate) origin: Origin,
}

impl<T> Field<T> {
    /// What `read` made of an entry.
    pub(crate) fn read(value: Option<T>, KeyEntry { entry, origin, .. }: KeyEntry<'_, '_>) -> Self {
        let at = entry.node.at;
        match value {
            Some(value) => Self::Valid(Sourced { value, at, origin }),
            None => Self::Unread(Sourced { value: entry.node.shown(), at, origin }),
        }
    }

    pub(crate) fn valid(&self) -> Option<&Sourced<T>> {
        if let Self::Valid(sourced) = self { Some(sourced) } else { None }
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        if let Self::Valid(sourced) = std::mem::take(self) { Some(sourced.value) } else { None }
    }

    pub(crate) fn value(&self) -> Option<&T> {
        self.valid().map(|sourced| &sourced.value)
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

impl<T: FieldValue> Field<T> {
    pub(crate) fn fill_from(&mut self, lower: &Self) {
        match (&mut *self, lower) {
            (Self::Missing, _) => *self = lower.clone(),
            (Self::Valid(own), Self::Valid(lower)) => own.value.fill_from(&lower.value),
            _ => {}
        }
    }
}

/// One key of a profile, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyOrigin {
    /// With the tables that it is in: `settings.s3.addressing_style`.
    pub(crate) key: String,
    /// With all variables filled in.
    pub(crate) value: String,
    pub(crate) at: Span,
    pub(crate) origin: Origin,
    /// The variables in it, with where their values stand.
    pub(crate) variables: Vec<(String, Span)>,
}

/// A field, whatever its type.
pub(crate) trait AnyField {
    fn is_missing(&self) -> bool;
    fn is_invalid(&self) -> bool;
    /// Nothing unless its value is right.
    fn origins(&self, key: &str) -> Vec<KeyOrigin>;
    /// Also the value that is wrong, or waits for a variable.
    fn written(&self, key: &str) -> Vec<KeyOrigin>;
}

impl<T: FieldValue> AnyField for Field<T> {
    fn is_missing(&self) -> bool {
        self.is_missing()
    }

    fn is_invalid(&self) -> bool {
        matches!(self, Self::Invalid | Self::Unread(_))
    }

    fn origins(&self, key: &str) -> Vec<KeyOrigin> {
        self.valid().map(|sourced| sourced.value.origins(key, sourced.at, sourced.origin)).unwrap_or_default()
    }

    fn written(&self, key: &str) -> Vec<KeyOrigin> {
        match self {
            Self::Unread(text) => text.value.origins(key, text.at, text.origin),
            _ => self.origins(key),
        }
    }
}

pub(crate) trait FieldValue: Clone {
    /// The value for people, without quotes.
    fn shown(&self) -> String;

    fn origins(&self, key: &str, at: Span, origin: Origin) -> Vec<KeyOrigin> {
        vec![KeyOrigin { key: key.to_owned(), value: self.shown(), at, origin, variables: Vec::new() }]
    }

    /// Takes over the parts that only the lower value has. Most values have no parts.
    fn fill_from(&mut self, _lower: &Self) {}
}

macro_rules! shown {
    ($($type:ty: $method:ident,)+) => {
        $(impl FieldValue for $type {
            fn shown(&self) -> String {
                self.$method().to_string()
            }
        })+
    };
}

shown! {
    Pattern: as_str,
    CredentialSource: as_str,
    Region: as_str,
    ConfigText: as_str,
    String: as_str,
    MfaSerial: as_str,
    LoginSession: as_str,
    ProfileName: as_str,
    RoleArn: as_str,
    RoleSessionName: as_str,
    ExternalId: as_str,
    StartUrl: as_str,
    AccountId: as_str,
    SsoRoleName: as_str,
    bool: clone,
    i64: clone,
}

impl<T: FieldValue> FieldValue for Vec<T> {
    fn shown(&self) -> String {
        self.iter().map(FieldValue::shown).collect::<Vec<_>>().join(", ")
    }
}

/// A table of keys; `keys!` makes one.
pub(crate) trait KeyTable {
    /// In the order of the documentation.
    const KEYS: &'static [Key];

    fn read_key(&mut self, given: KeyEntry<'_, '_>, reader: &mut Reader<'_>);

    fn fill_from(&mut self, lower: &Self);

    /// Makes a missing key invalid, so that no finding calls it missing: a misspelt key is meant to be it. False if it is not
    /// missing.
    fn mark_invalid(&mut self, name: &str) -> bool;

    fn fields(&self) -> impl Iterator<Item = (&'static str, &dyn AnyField)>;

    fn lacks(&self, name: &str) -> bool {
        self.fields().any(|(key, field)| key == name && field.is_missing())
    }

    /// Returns the entries that are no keys.
    fn read_keys<'e, 't: 'e>(
        &mut self,
        table: impl IntoIterator<Item = &'e KeyValue<'t>>,
        origin: Origin,
        reader: &mut Reader<'_>,
    ) -> Vec<&'e KeyValue<'t>> {
        let mut unknown = Vec::new();
        for entry in table {
            match Self::KEYS.iter().find(|key| key.name == entry.name) {
                Some(key) => self.read_key(KeyEntry { entry, key, origin }, reader),
                None => unknown.push(entry),
            }
        }
        unknown
    }

    /// Reports an unknown key. Returns true if it is a misspelt one that is missing otherwise.
    fn note_unknown(&mut self, entry: &KeyValue<'_>, place: Arguments<'_>, sink: &mut Sink) -> bool {
        let names = Self::KEYS.iter().map(|key| key.name);
        unknown_key(entry, place, names, sink).is_some_and(|meant| self.mark_invalid(meant))
    }
}

/// Makes the reader of a key whose value is one string.
pub(super) fn text<T>(
    parse: impl Fn(Text<'_>, &mut Reader<'_>) -> Option<T>,
) -> impl Fn(KeyEntry<'_, '_>, &mut Reader<'_>) -> Option<T> {
    move |given, reader| {
        let text = table::text(given.entry, given.key.examples[0], &mut reader.sink)?;
        parse(text, reader)
    }
}

/// Makes the reader of a string that `parse` turns into a value of the model.
pub(super) fn parsed<T, E: Display>(
    parse: fn(&str) -> Result<T, E>,
    code: &'static str,
    help: &'static str,
) -> impl Fn(KeyEntry<'_, '_>, &mut Reader<'_>) -> Option<T> {
    text(move |text, reader| reader.sink.parsed(text, parse(text.value), code, help))
}

/// Makes a table of keys, each with its type, its reader, and its documentation.
macro_rules! keys {
    (
        $(#[$meta:meta])* $table:ident { $($extra:ident: $extra_type:ty),* }
        $($field:ident: $type:ty = $read:expr, $key:expr;)+
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $table {
            $(pub(crate) $field: Field<$type>,)+
            $(pub(crate) $extra: $extra_type,)*
        }

        impl KeyTable for $table {
            const KEYS: &'static [Key] = &[$($key.named(stringify!($field))),+];

            fn read_key(&mut self, given: KeyEntry<'_, '_>, reader: &mut Reader<'_>) {
                match given.key.name {
                    $(stringify!($field) => {
                        self.$field = Field::read(($read)(given, reader), given);
                    })+
                    _ => {}
                }
            }

            fn fill_from(&mut self, lower: &Self) {
                $(self.$field.fill_from(&lower.$field);)+
            }

            fn mark_invalid(&mut self, name: &str) -> bool {
                match name {
                    $(stringify!($field) if self.$field.is_missing() => self.$field = Field::Invalid,)+
                    _ => return false,
                }
                true
            }

            fn fields(&self) -> impl Iterator<Item = (&'static str, &dyn AnyField)> {
                [$((stringify!($field), &self.$field as &dyn AnyField)),+].into_iter()
            }
        }
    };
}

pub(super) use keys;
