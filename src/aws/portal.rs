//! Owns the calls to the SSO portal.

use jiff::Timestamp;

use super::client::Aws;
use super::error::{expect, expect_sendable, invalid};
use crate::flow::{
    AccountItem, CallError, GetRoleCredentials, LONGEST_CODE, ListAccountRoles, ListAccounts, ListPage, Operation,
    shortened,
};
use crate::model::{Credentials, Region};
use crate::secret::Secret;

/// The most entries of a page (aws-facts §4.7).
const PAGE: u8 = 100;
/// The most bytes of a token for the next page; AWS's have some hundreds.
const LONGEST_TOKEN: usize = 4096;

impl Aws {
    /// Gets one page of the accounts that are assigned to the person.
    pub(crate) async fn list_accounts(&self, call: ListAccounts<'_>) -> Result<ListPage<AccountItem>, CallError> {
        let operation = Operation::ListAccounts;
        let answer = self
            .portal(operation, call.region.as_str(), None)?
            .list_accounts()
            .access_token(call.access_token.expose())
            .max_results(PAGE.into())
            .set_next_token(call.next_token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| self.failed(operation, error))?;
        let next_token = next(operation, answer.next_token)?;
        let accounts = page(operation, answer.account_list, "accountList")?.into_iter();
        let item = |account: aws_sdk_sso::types::AccountInfo| AccountItem {
            id: text(account.account_id),
            name: text(account.account_name),
        };
        Ok(ListPage { items: accounts.map(item).collect(), next_token })
    }

    /// Gets one page of the names of the roles that are assigned to the person in an account.
    pub(crate) async fn list_account_roles(&self, call: ListAccountRoles<'_>) -> Result<ListPage<String>, CallError> {
        let operation = Operation::ListAccountRoles;
        let answer = self
            .portal(operation, call.region.as_str(), None)?
            .list_account_roles()
            .access_token(call.access_token.expose())
            .account_id(call.account_id.as_str())
            .max_results(PAGE.into())
            .set_next_token(call.next_token.map(str::to_owned))
            .send()
            .await
            .map_err(|error| self.failed(operation, error))?;
        let next_token = next(operation, answer.next_token)?;
        let roles = page(operation, answer.role_list, "roleList")?.into_iter();
        let items = roles.map(|role| text(role.role_name)).collect();
        Ok(ListPage { items, next_token })
    }

    pub(crate) async fn get_role_credentials(&self, call: GetRoleCredentials<'_>) -> Result<Credentials, CallError> {
        let operation = Operation::GetRoleCredentials;
        let answer = self
            .portal(operation, call.region.as_str(), call.dual_stack)?
            .get_role_credentials()
            .access_token(call.access_token.expose())
            .account_id(call.account_id.as_str())
            .role_name(call.role_name.as_str())
            .send()
            .await
            .map_err(|error| self.failed(operation, error))?;
        let answer = expect(operation, answer.role_credentials, "roleCredentials")?;
        let expiration = Timestamp::from_millisecond(answer.expiration).ok();
        let sendable = |text, name| expect_sendable(operation, text, name);
        Ok(Credentials {
            access_key_id: sendable(answer.access_key_id, "accessKeyId")?,
            secret_access_key: Secret::new(sendable(answer.secret_access_key, "secretAccessKey")?),
            session_token: Some(Secret::new(sendable(answer.session_token, "sessionToken")?)),
            expiration: Some(expect(operation, expiration, "expiration")?),
        })
    }

    /// Ends the sign-in session of IAM Identity Center behind a token.
    pub(crate) async fn logout(&self, region: &Region, access_token: &Secret) -> Result<(), CallError> {
        let operation = Operation::Logout;
        let call = self.portal(operation, region.as_str(), None)?.logout().access_token(access_token.expose());
        call.send().await.map(drop).map_err(|error| self.failed(operation, error))
    }
}

/// A text of a list, which may end up in messages; AWS's have no more than 64 characters.
fn text(part: Option<String>) -> String {
    shortened(&part.unwrap_or_default(), LONGEST_CODE)
}

/// The entries of a page. It must not be longer than was asked for, since the whole list is kept in memory.
fn page<T>(operation: Operation, entries: Option<Vec<T>>, name: &str) -> Result<Vec<T>, CallError> {
    let entries = expect(operation, entries, name)?;
    if entries.len() > PAGE.into() { Err(invalid(operation, name, "is longer than requested")) } else { Ok(entries) }
}

/// The token for the next page; an empty one is none.
fn next(operation: Operation, token: Option<String>) -> Result<Option<String>, CallError> {
    match token.filter(|token| !token.is_empty()) {
        Some(token) if token.len() > LONGEST_TOKEN => {
            Err(invalid(operation, "nextToken", "is longer than AWS ever sends"))
        }
        token => Ok(token),
    }
}
