//! Owns one account with one of its roles: the values of `${account}`, `${role}` and so on. Must not know `[vars]`.

use std::rc::Rc;

use crate::manifest::findings::sink::{About, GeneratedProfile};
use crate::manifest::raw::account::{Account, RoleName};
use crate::manifest::vars::MatrixValue;
use crate::source::Span;

#[derive(Debug)]
pub(super) struct Combination<'a> {
    pub(super) account: &'a Account,
    pub(super) role: Option<&'a RoleName>,
    role_lower: String,
}

impl<'a> Combination<'a> {
    pub(super) fn new(account: &'a Account, role: Option<&'a RoleName>) -> Self {
        let role_lower = role.map(|role| role.name.to_lowercase()).unwrap_or_default();
        Self { account, role, role_lower }
    }

    /// The value of `${name}`; None if it is not a variable of a matrix.
    pub(super) fn get(&self, name: &str) -> Option<MatrixValue<'_>> {
        match name {
            "account" => Some(MatrixValue::Text(&self.account.name)),
            "account_id" => {
                Some(self.account.id.value().map_or(MatrixValue::Invalid, |id| MatrixValue::Text(id.as_str())))
            }
            "role" => self.role.map(|role| MatrixValue::Text(&role.name)),
            "role_lower" => self.role.map(|_| MatrixValue::Text(&self.role_lower)),
            _ => None,
        }
    }

    pub(super) fn role_at(&self) -> Option<Span> {
        self.role.map(|role| role.at)
    }

    /// `name` is empty as long as it is unknown.
    pub(super) fn about(&self, name: Rc<str>) -> About {
        let (account, role) = (self.account.at, self.role_at());
        About::Generated(GeneratedProfile { name, is_named: true, account, role })
    }
}
