//! Owns a profile's keys as they are written: each value checked on its own, once, where it stands. Must not know what a
//! pattern needs.

use std::fmt::Arguments;

use super::codes;
use super::keys::{self, Key, Shape};
use super::known;
use super::reading::{Entry, Reading, Table, entries};
use super::settings::{self, WrittenSetting};
use super::values;
use super::why::{Shown as _, Told};
use crate::diagnostic::Diagnostic;
use crate::model::{
    AccountId, ConfigText, ExternalId, MfaSerial, Pattern, ProfileName, Region, RoleArn, RoleSessionName, SsoRoleName,
    StartUrl,
};
use crate::source::Span;

/// In which table a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the profile itself.
    Own,
    /// In the matrix that makes the profile.
    Matrix,
    /// In the account that the matrix makes it for.
    Account,
    /// In `[defaults]`.
    Defaults,
}

/// A value that may have been written.
#[derive(Debug, Clone, Default)]
pub(super) enum Slot<T> {
    /// Nowhere.
    #[default]
    Absent,
    /// Written, but wrong, which has been reported; so it must not be called missing as well.
    Broken,
    /// Written and right.
    Given(Given<T>),
}

/// A value, where it stands, and whether that is in the profile.
#[derive(Debug, Clone)]
pub(super) struct Given<T> {
    /// The value.
    pub(super) value: T,
    /// Where it stands.
    pub(super) at: Span,
    /// In which table.
    pub(super) origin: Origin,
}

impl<T> Slot<T> {
    /// What was written at `at`; nothing if that is wrong.
    pub(super) fn of(value: Option<T>, at: Span) -> Self {
        value.map_or(Self::Broken, |value| Self::Given(Given { value, at, origin: Origin::Own }))
    }

    /// The value, if it was written and is right.
    pub(super) fn given(&self) -> Option<&Given<T>> {
        match self {
            Self::Given(given) => Some(given),
            Self::Absent | Self::Broken => None,
        }
    }

    /// The value itself, which is gone from here.
    pub(super) fn take(&mut self) -> Option<T> {
        match std::mem::take(self) {
            Self::Given(given) => Some(given.value),
            Self::Absent | Self::Broken => None,
        }
    }

    /// Only the value.
    pub(super) fn value(&self) -> Option<&T> {
        self.given().map(|given| &given.value)
    }

    /// The same, written in that table.
    pub(super) fn out_of(mut self, origin: Origin) -> Self {
        if let Self::Given(given) = &mut self {
            given.origin = origin;
        }
        self
    }

    /// Takes what another file says, if nothing was written here.
    pub(super) fn lay_over(&mut self, below: Self) {
        if self.is_absent() {
            *self = below;
        }
    }

    /// True if it was written and is wrong.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Self::Broken)
    }

    /// Whether nothing was written.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Clone> Slot<T> {
    fn or_default(&mut self, default: &Self) {
        if self.is_absent() {
            self.clone_from(default);
            if let Self::Given(given) = self {
                given.origin = Origin::Defaults;
            }
        }
    }
}

macro_rules! fields {
    ($($(#[$meta:meta])* $name:ident: $type:ty,)+) => {
        /// The keys of one profile, or of `[defaults]`, as they are written.
        #[derive(Debug, Default)]
        pub(super) struct Fields {
            $($(#[$meta])* pub(super) $name: Slot<$type>,)+
            /// `settings`
            pub(super) settings: Vec<WrittenSetting>,
            /// Every known key that was written here.
            pub(super) written: Vec<(&'static Key, Span)>,
            /// Keys that were probably meant by a misspelt one, so that they are not called missing as well.
            pub(super) meant: Vec<&'static str>,
            /// Whether there is an error in these keys that no value of another table makes good.
            pub(super) wrong: bool,
        }

        impl Fields {
            /// Takes from `defaults` what is not written here; `settings` key by key.
            pub(super) fn inherit(&mut self, defaults: &Self) {
                $(self.$name.or_default(&defaults.$name);)+
                settings::inherit(&mut self.settings, &defaults.settings);
                let lacking = defaults.meant.iter().copied().filter(|name| self.lacks(name));
                self.meant.extend(lacking.collect::<Vec<_>>());
                self.wrong |= defaults.wrong;
            }

            /// True if every key that counts for the pattern is right.
            pub(super) fn are_in_order(&self) -> bool {
                let Some(pattern) = self.pattern.value().copied() else { return false };
                let counts = |name: &str| keys::find(keys::PROFILE, name).is_some_and(|key| key.fits(pattern));
                let is_lost = |name: &&str| counts(name) && self.is_absent(name);
                !self.wrong
                    $(&& !(self.$name.is_broken() && counts(stringify!($name))))+
                    && self.settings.iter().all(WrittenSetting::is_right)
                    && !self.meant.iter().any(is_lost)
            }

            fn is_absent(&self, name: &str) -> bool {
                match name {
                    $(stringify!($name) => self.$name.is_absent(),)+
                    _ => false,
                }
            }

            /// Takes from the same table of another file, over which this one wins, what is not written here; `settings`
            /// key by key.
            pub(super) fn lay_over(&mut self, below: Self) {
                $(self.$name.lay_over(below.$name);)+
                settings::inherit(&mut self.settings, &below.settings);
                let own: Vec<&str> = self.written.iter().map(|(key, _)| key.name).collect();
                let more = below.written.into_iter().filter(|(key, _)| !own.contains(&key.name));
                self.written.extend(more);
                self.meant.extend(below.meant);
                self.wrong |= below.wrong;
            }

            /// Takes from what all profiles of a matrix have what is not written here; `settings` key by key.
            pub(super) fn complete(&mut self, common: &Self) {
                $(if self.$name.is_absent() {
                    self.$name.clone_from(&common.$name);
                })+
                settings::inherit(&mut self.settings, &common.settings);
                self.written.extend(&common.written);
                self.meant.extend(&common.meant);
                self.wrong |= common.wrong;
            }

            /// Says of everything here that it was written in that table.
            pub(super) fn came_from(&mut self, origin: Origin) {
                $(if let Slot::Given(given) = &mut self.$name {
                    given.origin = origin;
                })+
                settings::came_from(&mut self.settings, origin);
            }

            /// Every key that is right with its value, but for `settings`.
            pub(super) fn told(&self) -> Vec<Told> {
                let mut told = Vec::new();
                $(if let Some(Given { value, at, origin }) = self.$name.given() {
                    let (key, value) = (stringify!($name).to_owned(), value.shown());
                    told.push(Told { key, value, at: *at, origin: *origin, variables: Vec::new() });
                })+
                told
            }

            /// Whether the key of that name is neither here nor was probably meant by a misspelt one.
            pub(super) fn lacks(&self, name: &str) -> bool {
                self.is_absent(name) && !self.meant.contains(&name)
            }
        }
    };
}

fields! {
    /// `pattern`
    pattern: Pattern,
    /// `region`
    region: Region,
    /// `output`
    output: ConfigText,
    /// `description`
    description: String,
    /// `tags`
    tags: Vec<String>,
    /// `credential_process`
    credential_process: bool,
    /// `mfa_serial`
    mfa_serial: MfaSerial,
    /// `long_term_profile`
    long_term_profile: ProfileName,
    /// `role_arn`
    role_arn: RoleArn,
    /// `source_profile`, a name to be looked up
    source_profile: String,
    /// `duration_seconds`
    duration_seconds: i64,
    /// `role_session_name`
    role_session_name: RoleSessionName,
    /// `external_id`
    external_id: ExternalId,
    /// `sso_session`, a name to be looked up
    sso_session: String,
    /// `sso_start_url`
    sso_start_url: StartUrl,
    /// `sso_region`
    sso_region: Region,
    /// `sso_account_id`
    sso_account_id: AccountId,
    /// `sso_role_name`
    sso_role_name: SsoRoleName,
}

/// Whether it is a table that is no setting of AWS's such as `s3`.
fn is_table_of_its_own(entry: Entry<'_>) -> bool {
    let is_aws = known::find(known::SETTINGS, entry.name).is_some() || known::refusal(entry.name).is_some();
    entry.value.get_ref().as_table().is_some() && !is_aws
}

/// A `credential_process` as it stands in AWS's own files.
fn other_program(entry: Entry<'_>) -> Diagnostic {
    let message = "`credential_process` is `true` or `false` here: a manifest can't name a program";
    Diagnostic::error(codes::WRONG_TYPE, entry.value_at(), message).help(
        "`true` lets awsauth hand out the credentials; a profile of another program stays in ~/.aws/config, outside \
         awsauth's block, under a name that the manifest does not have",
    )
}

impl Fields {
    /// Reads the table of one profile of that name, or of `[defaults]`; `place` says which in words.
    pub(super) fn read(
        table: Table<'_>,
        name: Option<&str>,
        place: Arguments<'_>,
        reading: &mut Reading<'_>,
    ) -> Box<Self> {
        // Boxed from the start: a thousand bytes that would be moved from hand to hand.
        let mut fields = Box::<Self>::default();
        fields.written.reserve_exact(table.keys.len());
        let start = reading.out.len();
        for entry in entries(table) {
            if let Some(key) = keys::find(keys::PROFILE, entry.name) {
                fields.written.push((key, entry.at));
                fields.put(key, entry, reading);
            } else if let Some(name) = name.filter(|_| is_table_of_its_own(entry)) {
                reading.dotted(entry, name);
                fields.meant.push("pattern");
            } else {
                let names = keys::PROFILE.iter().map(|key| key.name);
                let guess = reading.unknown_key(entry, place, names);
                // Of [defaults], a profile does without a wrong value where it has its own; nobody can say what this is.
                fields.wrong |= guess.is_none();
                fields.meant.extend(guess);
            }
        }
        let is_taken = |name: &&str| !fields.is_absent(name);
        let is_guess_wrong = fields.meant.iter().any(is_taken);
        fields.wrong |= is_guess_wrong || name.is_some() && reading.out.has_errors_since(start);
        fields
    }

    /// Reads the value of one key.
    pub(super) fn put(&mut self, key: &'static Key, entry: Entry<'_>, reading: &mut Reading<'_>) {
        let at = entry.value_at();
        let example = Some(key.examples[0]);
        match key.shape {
            Shape::Text(_) | Shape::Word(_) => self.put_text(key, entry, reading),
            Shape::Seconds(least, most) => {
                let number = reading.number(entry, key.shape.words(), example);
                let within = number.filter(|number| (least..=most).contains(number));
                if let (Some(number), None) = (number, within) {
                    values::duration_out_of_bounds(number, at, reading);
                }
                self.duration_seconds = Slot::of(within, at);
            }
            Shape::Flag if entry.value.get_ref().as_str().is_some() => {
                reading.out.push(other_program(entry));
                self.credential_process = Slot::Broken;
            }
            Shape::Flag => self.credential_process = Slot::of(reading.flag(entry, example), at),
            Shape::Texts(..) => self.tags = Slot::of(values::tags(entry, example, reading), at),
            Shape::Settings => {
                let mark = reading.out.len();
                reading.variables.enter(key.name);
                self.settings = settings::read(entry, reading);
                reading.variables.leave();
                self.wrong |= reading.out.has_errors_since(mark);
            }
        }
    }

    fn put_text(&mut self, key: &'static Key, entry: Entry<'_>, reading: &mut Reading<'_>) {
        let at = entry.value_at();
        let text = reading.text(entry, Some(key.examples[0]));
        macro_rules! set {
            ($($name:literal => $field:ident: $parse:expr,)+) => {
                match key.name {
                    $($name => self.$field = Slot::of(text.and_then(|text| $parse(&text, reading)), at),)+
                    name => debug_assert!(false, "{name} has no field"),
                }
            };
        }
        set! {
            "pattern" => pattern: values::pattern,
            "region" => region: values::region,
            "output" => output: values::output,
            "description" => description: values::description,
            "mfa_serial" => mfa_serial: values::mfa_serial,
            "long_term_profile" => long_term_profile: values::profile_name,
            "role_arn" => role_arn: values::role_arn,
            "source_profile" => source_profile: values::reference,
            "role_session_name" => role_session_name: values::role_session_name,
            "external_id" => external_id: values::external_id,
            "sso_session" => sso_session: values::reference,
            "sso_start_url" => sso_start_url: values::start_url,
            "sso_region" => sso_region: values::region,
            "sso_account_id" => sso_account_id: values::account_id,
            "sso_role_name" => sso_role_name: values::sso_role_name,
        }
    }
}
