//! Owns why a profile is what it is: which matrix made it, and where each of its keys comes from. Must not judge them.

use super::drafts::Draft;
use super::fields::{Fields, Origin};
use super::keys;
use super::layers::Layers;
use super::variables::Variables;
use crate::model::{
    AccountId, ConfigText, ExternalId, MfaSerial, Pattern, ProfileName, Region, RoleArn, RoleSessionName, SsoRoleName,
    StartUrl,
};
use crate::source::Span;

/// Where a profile comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Why {
    /// The matrix that made it; none if it is written.
    pub(crate) made: Option<Made>,
    /// The name of the role that it is made for, if there is one.
    pub(crate) role: Option<String>,
    /// Where it is written, in the file that wins; none if it is only made.
    pub(crate) written_at: Option<Span>,
    /// Each key in the order of the documentation.
    pub(crate) keys: Vec<Told>,
}

/// What made a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    /// The label of the matrix.
    pub(crate) matrix: Span,
    /// The name of the account.
    pub(crate) account: Span,
    /// The role, if there is one.
    pub(crate) role: Option<Span>,
}

/// One key of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Its name; `settings.s3.addressing_style`.
    pub(crate) key: String,
    /// Its value with all variables filled in.
    pub(crate) value: String,
    /// Where it is written.
    pub(crate) at: Span,
    /// In which table.
    pub(crate) origin: Origin,
    /// The variables in it, with where their values stand.
    pub(crate) variables: Vec<(String, Span)>,
}

/// A matrix that leaves a name out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// The label of the matrix.
    pub(crate) matrix: Span,
    /// What says so.
    pub(crate) by: Span,
}

/// What somebody asks about one name.
#[derive(Debug, Default)]
pub(super) struct Question {
    /// The name; none if nobody asks.
    name: Option<String>,
    /// The profile, if there is one.
    pub(super) answer: Option<Why>,
    /// The matrices that leave it out.
    pub(super) left_out: Vec<LeftOut>,
}

impl Question {
    /// Asks about `name`.
    pub(super) fn about(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::default() }
    }

    /// Notes that a matrix leaves `name` out.
    pub(super) fn leave_out(&mut self, name: &str, how: impl FnOnce() -> LeftOut) {
        if self.name.as_deref() == Some(name) {
            self.left_out.push(how());
        }
    }

    /// Looks for the answer among the profiles, which were checked.
    pub(super) fn look(&mut self, drafts: &[Draft<'_>], variables: &Variables<'_>, layers: &Layers) {
        let Some(name) = &self.name else { return };
        let draft = drafts.iter().find(|draft| draft.written == *name);
        self.answer = draft.map(|draft| {
            let made = draft.made;
            let written_at = made.is_none_or(|made| made.matrix != draft.at).then_some(draft.over);
            let mut told = told(&draft.fields);
            // What it has from `[defaults]` and has no use for is not its own.
            told.retain(|told| {
                let key = keys::find(keys::PROFILE, &told.key);
                key.zip(draft.pattern()).is_none_or(|(key, pattern)| key.fits(pattern))
            });
            for told in &mut told {
                told.variables = variables.used_at(told.at, layers);
            }
            let role = made.and_then(|made| made.role).map(|at| variables.plain_at(at, layers));
            Why { made, role, written_at, keys: told }
        });
    }
}

fn told(fields: &Fields) -> Vec<Told> {
    let mut told = fields.told();
    for setting in &fields.settings {
        told.extend(setting.told());
    }
    told
}

/// How many bytes the values have.
pub(super) fn weight(fields: &Fields) -> usize {
    told(fields).iter().map(|told| told.value.len()).sum()
}

/// A value as it can be shown, without quotes.
pub(super) trait Shown {
    /// Its text.
    fn shown(&self) -> String;
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

impl Shown for Vec<String> {
    fn shown(&self) -> String {
        self.join(", ")
    }
}
