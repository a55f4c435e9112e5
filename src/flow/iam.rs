//! Owns the vocabulary of calls to IAM, and of STS's `GetCallerIdentity`: who signs, and the answers.

use jiff::Timestamp;

use super::MfaCode;
use crate::model::{AccountId, Credentials, MfaSerial, Routing};
use crate::secret::Secret;

/// The credentials that sign a call, and where it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signer<'a> {
    /// IAM has one host for all regions of a partition, which this names.
    pub(crate) region: &'a str,
    pub(crate) routing: Routing<'a>,
    pub(crate) credentials: &'a Credentials,
}

/// Who signs, by STS's `GetCallerIdentity`, which needs no permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallerIdentity {
    pub(crate) account: AccountId,
    pub(crate) arn: String,
}

impl CallerIdentity {
    /// The name of the IAM user, without its path. None for the root user and for roles.
    pub(crate) fn user_name(&self) -> Option<&str> {
        let (_, path) = self.arn.split_once(":user/")?;
        path.rsplit('/').next().filter(|name| !name.is_empty())
    }

    pub(crate) fn is_root(&self) -> bool {
        self.arn.ends_with(":root")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyStatus {
    Active,
    Inactive,
    Expired,
}

impl KeyStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Expired => "expired",
        }
    }
}

/// A key of a user, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessKeyItem {
    pub(crate) id: String,
    pub(crate) status: KeyStatus,
    pub(crate) created_at: Option<Timestamp>,
}

/// None of it for a key that was never used. AWS tells some hours late.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LastUse {
    pub(crate) at: Option<Timestamp>,
    pub(crate) service: Option<String>,
    pub(crate) region: Option<String>,
}

/// A device as `CreateVirtualMFADevice` gives it: the seed can't be read again.
#[derive(Debug)]
pub(crate) struct VirtualDevice {
    pub(crate) serial: MfaSerial,
    /// In base32, as authenticators take it.
    pub(crate) seed: Secret,
}

/// An MFA device of a user, or of nobody yet. Its serial may be one that STS does not take (`:u2f/`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MfaDeviceItem {
    pub(crate) serial: String,
    pub(crate) user_name: Option<String>,
    pub(crate) enabled_at: Option<Timestamp>,
}

/// Two codes that a device shows one after the other.
#[derive(Debug)]
pub(crate) struct CodePair {
    pub(crate) first: MfaCode,
    pub(crate) second: MfaCode,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_user_has_a_users_name() {
        let name = |arn: &str| {
            let account = AccountId::new("111122223333").unwrap();
            CallerIdentity { account, arn: arn.to_owned() }.user_name().map(str::to_owned)
        };
        assert_eq!(name("arn:aws:iam::111122223333:user/alice").as_deref(), Some("alice"));
        assert_eq!(name("arn:aws:iam::111122223333:user/team/a/alice@b").as_deref(), Some("alice@b"));
        for arn in ["root", "user/", "assumed-role/user/x"].map(|rest| format!("arn:aws:sts::111122223333:{rest}")) {
            assert_eq!(name(&arn), None, "{arn}");
        }
    }
}
