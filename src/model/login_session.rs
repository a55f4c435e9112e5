//! Owns console sign-ins: who signs in, and the credentials and tokens that this gives.

use jiff::Timestamp;
use thiserror::Error;

use super::arn::{ArnError, is_word, of_service};
use super::{Credentials, Partition, Region};
use crate::secret::Secret;

/// The reasons for which a text names nobody who can sign in to the console.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum LoginSessionError {
    #[error("this is a role, and whoever signs in has a session of it: `…:assumed-role/ROLE/SESSION`")]
    Role,
    #[error("nobody signs in to the console as `{0}`")]
    NotAnIdentity(String),
    #[error(transparent)]
    Arn(#[from] ArnError),
    #[error("such an ARN can't contain {0:?}")]
    Character(char),
}

/// The ARN of a user, of an account's root, or of a session of a role (aws-facts §13.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct LoginSession {
    text: Box<str>,
    partition: Partition,
}

impl LoginSession {
    pub(crate) fn new(text: &str) -> Result<Self, LoginSessionError> {
        let service = if text.split(':').nth(2) == Some("sts") { "sts" } else { "iam" };
        let (partition, resource) = of_service(text, service)?;
        let parts: Vec<&str> = resource.split('/').collect();
        let is_one = match (service, parts.as_slice()) {
            ("iam", ["role", ..]) => return Err(LoginSessionError::Role),
            ("iam", ["root"]) => true,
            ("iam", ["user", .., name]) => !name.is_empty(),
            ("sts", ["assumed-role", role, session]) => !role.is_empty() && !session.is_empty(),
            _ => false,
        };
        if !is_one {
            return Err(LoginSessionError::NotAnIdentity(resource.to_owned()));
        }
        match resource.chars().find(|character| !(is_word(*character) || "+=,.@-/".contains(*character))) {
            Some(bad) => Err(LoginSessionError::Character(bad)),
            None => Ok(Self { text: text.into(), partition }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn partition(&self) -> Partition {
        self.partition
    }

    /// The id of its account.
    pub(crate) fn account(&self) -> &str {
        self.text.split(':').nth(4).unwrap_or_default()
    }

    /// The role of the session; none for a user.
    pub(crate) fn role_name(&self) -> Option<&str> {
        self.text.split_once(":assumed-role/")?.1.split('/').next()
    }
}

/// The credentials of a console sign-in, with all that renews them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoginToken {
    /// They have an end.
    pub(crate) credentials: Credentials,
    pub(crate) client_id: String,
    /// Renews the credentials without a person. None if AWS refused it.
    pub(crate) refresh_token: Option<Secret>,
    /// The private key, in PEM, that proves each call for these tokens (RFC 9449).
    pub(crate) dpop_key: Secret,
    /// The region of the sign-in; files of other tools may lack it.
    pub(crate) region: Option<Region>,
    /// None if another tool signed in.
    pub(crate) signed_in_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_root_and_sessions_of_roles_sign_in_and_nobody_else() {
        for (text, account, role) in [
            ("arn:aws:iam::111122223333:user/alice", "111122223333", None),
            ("arn:aws-cn:iam::111122223333:user/team/a/alice@example.com", "111122223333", None),
            ("arn:aws:iam::111122223333:root", "111122223333", None),
            ("arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com", "111122223333", Some("Admin")),
        ] {
            let session = LoginSession::new(text).unwrap();
            assert_eq!((session.as_str(), session.account(), session.role_name()), (text, account, role));
        }
        for (text, expected) in [
            ("alice", "this is not an ARN"),
            ("arn:aws:iam::111122223333:role/Admin", "this is a role, and whoever signs in"),
            ("arn:aws:iam::111122223333:user/", "nobody signs in to the console as `user/`"),
            ("arn:aws:iam::111122223333:mfa/alice", "nobody signs in to the console as `mfa/alice`"),
            ("arn:aws:iam::111122223333:assumed-role/Admin/alice", "nobody signs in"),
            ("arn:aws:sts::111122223333:assumed-role/Admin", "nobody signs in"),
            ("arn:aws:sts::111122223333:assumed-role/team/Admin/alice", "nobody signs in"),
            ("arn:aws:sts::111122223333:assumed-role//alice", "nobody signs in"),
            ("arn:aws:sts::111122223333:federated-user/alice", "nobody signs in"),
            ("arn:aws:sso::111122223333:user/alice", "this is an ARN of the service `sso`"),
            ("arn:aws:iam::1111:user/alice", "the account id `1111` is not 12 digits"),
            ("arn:aws:iam::111122223333:user/al ice", "such an ARN can't contain ' '"),
            ("arn:aws:iam::111122223333:user/alice\n", "such an ARN can't contain"),
        ] {
            let error = LoginSession::new(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
    }
}
