//! Owns what IAM Identity Center lists as assigned to a person: accounts, and the roles in each.

use super::{AccountId, SsoRoleName};

/// An account, with the roles in it that are assigned to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedAccount {
    pub(crate) id: AccountId,
    /// The name that its creator gave it: any text.
    pub(crate) name: String,
    /// Sorted, each once.
    pub(crate) roles: Vec<SsoRoleName>,
}

impl ListedAccount {
    /// Takes roles in any order.
    pub(crate) fn new(id: AccountId, name: String, mut roles: Vec<SsoRoleName>) -> Self {
        roles.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        roles.dedup();
        Self { id, name, roles }
    }
}
