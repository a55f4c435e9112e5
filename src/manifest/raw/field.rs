//! Owns a key's value as it is written, and tables of such keys. Must not know which tables there are.

use std::fmt::Arguments;

use super::reader::Reader;
use crate::manifest::sink::Sink;
use crate::manifest::spec::keys::Key;
use crate::manifest::table::{self, unknown_key};
use crate::manifest::tree::{Entry, Text};
use crate::model::{
    AccountId, ConfigText, ExternalId, MfaSerial, Pattern, ProfileName, Region, RoleArn, RoleSessionName, SsoRoleName,
    StartUrl,
};
use crate::source::Span;

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
    pub(crate) entry: &'e Entry<'t>,
    pub(crate) key: &'static Key,
    pub(crate) origin: Origin,
}

#[derive(Debug, Clone, Default)]
pub(crate) enum Field<T> {
    #[default]
    Missing,
    /// Wrong, which has been reported; so it must not be called missing as well.
    Invalid,
    Valid(Sourced<T>),
}

#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) at: Span,
    pub(crate) origin: Origin,
}

impl<T> Field<T> {
    /// `None` stands for a value that is wrong.
    pub(crate) fn of(value: Option<T>, at: Span, origin: Origin) -> Self {
        value.map_or(Self::Invalid, |value| Self::Valid(Sourced { value, at, origin }))
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
}

impl<T: FieldValue> AnyField for Field<T> {
    fn is_missing(&self) -> bool {
        self.is_missing()
    }

    fn is_invalid(&self) -> bool {
        matches!(self, Self::Invalid)
    }

    fn origins(&self, key: &str) -> Vec<KeyOrigin> {
        self.valid().map(|sourced| sourced.value.origins(key, sourced.at, sourced.origin)).unwrap_or_default()
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
    Region: as_str,
    ConfigText: as_str,
    String: as_str,
    MfaSerial: as_str,
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

/// A table of keys, which layers of such tables make up.
pub(crate) trait Layered {
    fn fill_from(&mut self, lower: &Self);
}

/// Makes the reader of a key whose value is one string.
pub(super) fn text<T>(
    parse: fn(Text<'_>, &mut Reader<'_>) -> Option<T>,
) -> impl Fn(KeyEntry<'_, '_>, &mut Reader<'_>) -> Option<T> {
    move |given, reader| {
        let text = table::text(given.entry, given.key.examples[0], &mut reader.sink)?;
        parse(text, reader)
    }
}

/// Reports the keys of a table that are not among `keys`, and returns those that were probably meant.
pub(crate) fn unknown_keys(
    table: &[Entry<'_>],
    keys: &'static [Key],
    place: Arguments<'_>,
    sink: &mut Sink,
) -> Vec<&'static str> {
    let names = keys.iter().map(|key| key.name);
    let unknown = table.iter().filter(|entry| names.clone().all(|name| name != entry.name));
    unknown.filter_map(|entry| unknown_key(entry, place, names.clone(), sink)).collect()
}

/// Makes a table of keys: a struct with a field for each, how all are read, and their list. Each key stands there once, with
/// its type, its reader, and its documentation.
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
            /// Keys that are probably meant by misspelt ones, so that they are not called missing as well.
            pub(crate) meant: Vec<&'static str>,
        }

        impl $table {
            /// In the order of the documentation.
            pub(crate) const KEYS: &'static [Key] = &[$($key.named(stringify!($field))),+];

            fn read_keys(&mut self, table: &[Entry<'_>], origin: Origin, reader: &mut Reader<'_>) {
                for entry in table {
                    let Some(key) = Self::KEYS.iter().find(|key| key.name == entry.name) else { continue };
                    let given = KeyEntry { entry, key, origin };
                    match key.name {
                        $(stringify!($field) => {
                            self.$field = Field::of(($read)(given, reader), entry.node.at, origin);
                        })+
                        _ => {}
                    }
                }
            }

            fn any(&self, mut is_so: impl FnMut(&'static str, &dyn AnyField) -> bool) -> bool {
                false $(|| is_so(stringify!($field), &self.$field))+
            }

            /// True if the key is neither here nor probably meant by a misspelt one.
            pub(crate) fn lacks(&self, name: &str) -> bool {
                !self.meant.contains(&name) && self.any(|field, slot| field == name && slot.is_missing())
            }
        }

        impl Layered for $table {
            fn fill_from(&mut self, lower: &Self) {
                $(self.$field.fill_from(&lower.$field);)+
                let meant: Vec<_> = lower.meant.iter().copied().filter(|name| self.lacks(name)).collect();
                self.meant.extend(meant);
            }
        }
    };
}

pub(super) use keys;
