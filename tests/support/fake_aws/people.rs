//! Who exists: IAM users, roles with their trust, SSO instances with their assignments. Descriptions only.

use jiff::{SignedDuration, Timestamp};

use super::state::machine_time;

/// An IAM user with access keys and MFA devices.
#[derive(Clone)]
pub(crate) struct User {
    /// `arn:aws:iam::ACCOUNT:user/NAME`.
    pub(crate) arn: String,
    /// The account.
    pub(crate) account: String,
    /// Long-term keys.
    pub(crate) keys: Vec<LongTermKey>,
    /// Serials of the MFA devices; those with `:u2f/` are security keys.
    pub(crate) devices: Vec<String>,
    /// What the user may do in IAM.
    pub(crate) policy: IamPolicy,
}

/// What a user may do in IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IamPolicy {
    /// Everything.
    Allowed,
    /// What AWS's documented self-manage policy leaves: without MFA, only a device can be made and enabled.
    DeniedWithoutMfa,
    /// No policy allows anything.
    Nothing,
}

/// A long-term access key.
#[derive(Clone)]
pub(crate) struct LongTermKey {
    /// `AKIA…`.
    pub(crate) id: String,
    /// The secret.
    pub(crate) secret: String,
    /// Whether AWS accepts it.
    pub(crate) active: bool,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// The last use: when, for which service, in which region.
    pub(crate) last_used: Option<(Timestamp, String, String)>,
    /// How many more calls are refused, since the key is not known everywhere yet.
    pub(crate) refusals: u32,
}

impl LongTermKey {
    /// An active key of ninety days that was never used.
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        let (created, last_used) = (machine_time() - SignedDuration::from_hours(90 * 24 + 1), None);
        Self { id: id.to_owned(), secret: secret.to_owned(), active: true, created, last_used, refusals: 0 }
    }
}

impl User {
    /// A user without keys and devices.
    pub(crate) fn new(account: &str, name: &str) -> Self {
        Self {
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            account: account.to_owned(),
            keys: Vec::new(),
            devices: Vec::new(),
            policy: IamPolicy::Allowed,
        }
    }

    /// The name, without a path.
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// The same with one more active long-term key.
    pub(crate) fn with_key(mut self, id: &str, secret: &str) -> Self {
        self.keys.push(LongTermKey::new(id, secret));
        self
    }

    /// The same with one more MFA device.
    pub(crate) fn with_mfa(mut self, serial: &str) -> Self {
        self.devices.push(serial.to_owned());
        self
    }
}

/// A role and who may assume it.
#[derive(Clone)]
pub(crate) struct Role {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub(crate) arn: String,
    /// Trusted principals: account ids, user ARNs, role ARNs.
    pub(crate) trusted: Vec<String>,
    /// Whether the trust policy demands MFA.
    pub(crate) needs_mfa: bool,
    /// The external id that the trust policy demands.
    pub(crate) external_id: Option<String>,
    /// `MaxSessionDuration`, in seconds.
    pub(crate) max_session: i64,
}

impl Role {
    /// A role that trusts nobody yet, with AWS's default maximum of one hour.
    pub(crate) fn new(arn: &str) -> Self {
        Self { arn: arn.to_owned(), trusted: Vec::new(), needs_mfa: false, external_id: None, max_session: 3600 }
    }

    /// The same, trusting one more principal: an account id, a user ARN or a role ARN.
    pub(crate) fn trusting(mut self, principal: &str) -> Self {
        self.trusted.push(principal.to_owned());
        self
    }

    /// The same, only with MFA.
    pub(crate) fn needing_mfa(mut self) -> Self {
        self.needs_mfa = true;
        self
    }

    /// The same, only with this external id.
    pub(crate) fn with_external_id(mut self, id: &str) -> Self {
        self.external_id = Some(id.to_owned());
        self
    }

    /// The same with another `MaxSessionDuration`, in seconds.
    pub(crate) fn with_max_session(mut self, seconds: i64) -> Self {
        self.max_session = seconds;
        self
    }
}

/// An IAM Identity Center instance with the one person who signs in to it.
#[derive(Clone)]
pub(crate) struct SsoInstance {
    /// The start URL, exactly as clients must send it.
    pub(crate) start_url: String,
    /// The person's name, which becomes the role session name.
    pub(crate) person: String,
    /// What the person may use.
    pub(crate) assignments: Vec<Assignment>,
}

/// One role in one account.
#[derive(Clone)]
pub(crate) struct Assignment {
    /// The account's twelve digits.
    pub(crate) account: String,
    /// The account's name.
    pub(crate) account_name: String,
    /// The permission set's name.
    pub(crate) role: String,
}

impl SsoInstance {
    /// An instance without assignments.
    pub(crate) fn new(start_url: &str, person: &str) -> Self {
        Self { start_url: start_url.to_owned(), person: person.to_owned(), assignments: Vec::new() }
    }

    /// The same with one more assignment.
    pub(crate) fn assigning(mut self, account: &str, account_name: &str, role: &str) -> Self {
        self.assignments.push(Assignment {
            account: account.to_owned(),
            account_name: account_name.to_owned(),
            role: role.to_owned(),
        });
        self
    }
}

/// The ARN of the IAM role behind an assignment.
pub(crate) fn sso_role_arn(account: &str, role: &str) -> String {
    format!("arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{role}_0123456789abcdef")
}
