//! Owns a key's value as it is written, and tables of such keys. Must not know which tables there are.

use std::fmt::Arguments;

use super::reader::Reader;
use crate::manifest::sink::Sink;
use crate::manifest::spec::keys::Key;
use crate::manifest::table::{self, unknown_key};
use crate::manifest::tree::{Entry, Text, find};
use crate::model::{
    AccountId, ConfigText, ExternalId, MfaSerial, Pattern, ProfileName, Region, RoleArn, RoleSessionName, SsoRoleName,
    StartUrl,
};
use crate::source::Span;

/// In which table a value is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the table itself.
    #[default]
    Own,
    /// In the matrix that makes the profile.
    Matrix,
    /// In the account that the matrix makes it for.
    Account,
    /// In `[defaults]`.
    Defaults,
}

/// A table that gives the keys which no layer above it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'l, 't> {
    pub(crate) table: &'l [Entry<'t>],
    pub(crate) origin: Origin,
    /// Its values were read before, so that what is wrong with them is not said again.
    pub(crate) is_checked: bool,
}

impl<'l, 't> Layer<'l, 't> {
    /// A table that nothing has read yet.
    pub(crate) fn own(table: &'l [Entry<'t>]) -> Self {
        Self { table, origin: Origin::Own, is_checked: false }
    }

    pub(crate) fn find(self, name: &str) -> Option<Found<'l, 't>> {
        find(self.table, name).map(|entry| Found { entry, origin: self.origin, is_checked: self.is_checked })
    }
}

/// A key as one layer has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'l, 't> {
    pub(crate) entry: &'l Entry<'t>,
    pub(crate) origin: Origin,
    pub(crate) is_checked: bool,
}

/// A value that may be written.
#[derive(Debug, Clone, Default)]
pub(crate) enum Field<T> {
    #[default]
    Missing,
    /// Written, but wrong, which has been reported; so it must not be called missing as well.
    Invalid,
    Valid(Sourced<T>),
}

/// A right value, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) at: Span,
    pub(crate) origin: Origin,
}

impl<T> Field<T> {
    /// What is written there; nothing if that is wrong.
    pub(crate) fn of(value: Option<T>, at: Span, origin: Origin) -> Self {
        value.map_or(Self::Invalid, |value| Self::Valid(Sourced { value, at, origin }))
    }

    pub(crate) fn valid(&self) -> Option<&Sourced<T>> {
        if let Self::Valid(given) = self { Some(given) } else { None }
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        if let Self::Valid(given) = std::mem::take(self) { Some(given.value) } else { None }
    }

    pub(crate) fn value(&self) -> Option<&T> {
        self.valid().map(|given| &given.value)
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// One key of a profile, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyOrigin {
    /// Its name; `settings.s3.addressing_style`.
    pub(crate) key: String,
    /// Its value with all variables filled in.
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
    /// Its value under that name, if it is right.
    fn told(&self, key: &str) -> Vec<KeyOrigin>;
}

impl<T: Shown> AnyField for Field<T> {
    fn is_missing(&self) -> bool {
        self.is_missing()
    }

    fn is_invalid(&self) -> bool {
        matches!(self, Self::Invalid)
    }

    fn told(&self, key: &str) -> Vec<KeyOrigin> {
        self.valid().map(|given| given.value.told(key, given.at, given.origin)).unwrap_or_default()
    }
}

/// A value as it can be shown, without quotes.
pub(crate) trait Shown {
    fn shown(&self) -> String;

    fn told(&self, key: &str, at: Span, origin: Origin) -> Vec<KeyOrigin> {
        vec![KeyOrigin { key: key.to_owned(), value: self.shown(), at, origin, variables: Vec::new() }]
    }
}

macro_rules! shown {
    ($($type:ty: $method:ident,)+) => {
        $(impl Shown for $type {
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

impl<T: Shown> Shown for Vec<T> {
    fn shown(&self) -> String {
        self.iter().map(Shown::shown).collect::<Vec<_>>().join(", ")
    }
}

/// Reads a key from the highest layer that has it.
pub(super) fn first<T>(
    read: impl Fn(&Entry<'_>, &Key, &mut Reader<'_>) -> Option<T>,
) -> impl Fn(&[Found<'_, '_>], &Key, &mut Reader<'_>) -> Option<T> {
    move |found, key, reader| {
        reader.sink.hush(found[0].is_checked);
        let value = read(found[0].entry, key, reader);
        reader.sink.hush(false);
        value
    }
}

/// Reads a string from the highest layer that has the key.
pub(super) fn text<T>(
    parse: fn(Text<'_>, &mut Reader<'_>) -> Option<T>,
) -> impl Fn(&[Found<'_, '_>], &Key, &mut Reader<'_>) -> Option<T> {
    first(move |entry, key, reader| {
        table::text(entry, key.examples[0], &mut reader.sink).and_then(|text| parse(text, reader))
    })
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
/// its type, its reader, and what people are told of it.
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
            /// Every key, in the order of the documentation.
            pub(crate) const KEYS: &'static [Key] = &[$($key.named(stringify!($field))),+];

            /// Reads every key from the highest of some layers that has it.
            fn read_keys(&mut self, layers: &[Layer<'_, '_>], reader: &mut Reader<'_>) {
                for key in Self::KEYS {
                    let found: Vec<_> = layers.iter().filter_map(|layer| layer.find(key.name)).collect();
                    let Some(Found { entry, origin, .. }) = found.first().copied() else { continue };
                    match key.name {
                        $(stringify!($field) => {
                            self.$field = Field::of(($read)(&found, key, reader), entry.node.at, origin);
                        })+
                        _ => {}
                    }
                }
            }

            /// True if it is so of any of the fields.
            fn any(&self, mut is_so: impl FnMut(&'static str, &dyn AnyField) -> bool) -> bool {
                false $(|| is_so(stringify!($field), &self.$field))+
            }

            /// True if the key of that name is neither here nor probably meant by a misspelt one.
            pub(crate) fn lacks(&self, name: &str) -> bool {
                !self.meant.contains(&name) && self.any(|field, slot| field == name && slot.is_missing())
            }
        }
    };
}

pub(super) use keys;
