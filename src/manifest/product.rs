//! Owns what `${account}`, `${role}` and their like stand for while a matrix makes one profile. Must not know `[vars]`.

use super::accounts::{Account, RoleName};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What `${…}` stands for besides, while the profile of one account and role is made by a matrix.
#[derive(Debug)]
pub(super) struct Product {
    /// The name of the account.
    account: String,
    /// Its number; none if that is wrong, so that its uses are not reported as well.
    account_id: Option<String>,
    /// The role as it is written, and in lower case; none if the matrix has no roles.
    role: Option<(String, String)>,
    /// The profile's name, as soon as that is known.
    pub(super) profile: String,
    /// Where the account stands.
    account_at: Span,
    /// Where the role stands.
    role_at: Option<Span>,
}

/// What a name stands for while a profile is made.
pub(super) enum Known<'p> {
    /// This.
    Text(&'p str),
    /// Something that is wrong, which has been reported.
    Wrong,
}

impl Product {
    /// What an account and a role are called.
    pub(super) fn new(account: &Account<'_>, role: Option<&RoleName>) -> Self {
        Self {
            account: account.name.to_owned(),
            account_id: account.id.value().map(|id| id.as_str().to_owned()),
            role: role.map(|role| (role.name.clone(), role.name.to_lowercase())),
            profile: String::new(),
            account_at: account.at,
            role_at: role.map(|role| role.at),
        }
    }

    /// What `${name}` stands for here, if it is known here.
    pub(super) fn get(&self, name: &str) -> Option<Known<'_>> {
        match name {
            "account" => Some(Known::Text(&self.account)),
            "account_id" => Some(self.account_id.as_deref().map_or(Known::Wrong, Known::Text)),
            "role" => self.role.as_ref().map(|(role, _)| Known::Text(role)),
            "role_lower" => self.role.as_ref().map(|(_, lower)| Known::Text(lower)),
            _ => None,
        }
    }

    /// `found`, which is about a text of this profile, with where the rest of it comes from.
    pub(super) fn explain(&self, found: Diagnostic) -> Diagnostic {
        let found = found.related(self.account_at, "made for this account");
        match self.role_at {
            Some(at) => found.related(at, "and this role"),
            None => found,
        }
    }
}
