//! Owns why a profile is what it is: which matrix made it, and where each of its keys comes from. Must not judge them.

use super::fields::{Fields, Origin};
use super::profiles::{Draft, Made};
use crate::model::{
    AccountId, ConfigText, ExternalId, MfaSerial, Pattern, ProfileName, Region, RoleArn, RoleSessionName, SsoRoleName,
    StartUrl,
};
use crate::source::Span;

/// Where a profile comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Why {
    /// The matrix that made it; none if it is written.
    pub(crate) made: Option<MadeBy>,
    /// Where it is written, in the file that wins; none if it is only made.
    pub(crate) written_at: Option<Span>,
    /// Each key in the order of the documentation.
    pub(crate) keys: Vec<Told>,
}

/// What made a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MadeBy {
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
}

/// A matrix that leaves a name out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// The label of the matrix.
    pub(crate) matrix: Span,
    /// What says so.
    pub(crate) by: Span,
    /// The account of which it would be.
    pub(crate) account: Span,
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

    /// Looks for the answer among the profiles.
    pub(super) fn look(&mut self, drafts: &[Draft<'_>]) {
        let Some(name) = &self.name else { return };
        let draft = drafts.iter().find(|draft| draft.written == *name);
        self.answer = draft.map(|draft| {
            let made = draft.made.as_ref();
            let written_at = made.is_none_or(|made| made.matrix != draft.at).then_some(draft.over);
            let made =
                made.map(|Made { matrix, account, role }| MadeBy { matrix: *matrix, account: *account, role: *role });
            Why { made, written_at, keys: told(&draft.fields) }
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
