//! Owns account ids, partitions, role ARNs and MFA serials.

use std::fmt;

use thiserror::Error;

/// A part of AWS with its own accounts, such as `aws-cn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Partition {
    /// `aws`
    Aws,
    /// `aws-cn`
    Cn,
    /// `aws-us-gov`
    UsGov,
    /// `aws-iso`
    Iso,
    /// `aws-iso-b`
    IsoB,
    /// `aws-iso-e`
    IsoE,
    /// `aws-iso-f`
    IsoF,
    /// `aws-eusc`
    Eusc,
}

impl Partition {
    /// All of them, as botocore's partitions.json names them (aws-facts §6).
    pub(crate) const ALL: [Self; 8] =
        [Self::Aws, Self::Cn, Self::UsGov, Self::Iso, Self::IsoB, Self::IsoE, Self::IsoF, Self::Eusc];

    /// The name as it stands in an ARN.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Cn => "aws-cn",
            Self::UsGov => "aws-us-gov",
            Self::Iso => "aws-iso",
            Self::IsoB => "aws-iso-b",
            Self::IsoE => "aws-iso-e",
            Self::IsoF => "aws-iso-f",
            Self::Eusc => "aws-eusc",
        }
    }

    /// The region whose STS endpoint is asked when a profile names none.
    pub(crate) fn default_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::Cn => "cn-north-1",
            Self::UsGov => "us-gov-west-1",
            Self::Iso => "us-iso-east-1",
            Self::IsoB => "us-isob-east-1",
            Self::IsoE => "eu-isoe-west-1",
            Self::IsoF => "us-isof-south-1",
            Self::Eusc => "eusc-de-east-1",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.as_str() == text)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a text is not the ARN that it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ArnError {
    /// Not `arn:PARTITION:iam::ACCOUNT:…`.
    #[error("this is not an ARN")]
    NotAnArn,
    /// A partition that AWS does not have.
    #[error("`{0}` is not a partition of AWS")]
    Partition(String),
    /// A service other than IAM.
    #[error("this is an ARN of the service `{0}`, not of IAM")]
    Service(String),
    /// A region where IAM has none.
    #[error("an ARN of IAM has no region")]
    Region,
    /// An account that is not 12 digits.
    #[error("the account id `{0}` is not 12 digits")]
    Account(String),
    /// An IAM resource that is not a role.
    #[error("this is not a role: `{0}`")]
    NotARole(String),
    /// A role name or path with a character that IAM does not allow.
    #[error("a role's name can't contain {0:?}")]
    Character(char),
    /// Outside STS's 20–2048 characters.
    #[error("a role ARN has at most 2048 characters")]
    TooLong,
}

/// Twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct AccountId(Box<str>);

impl AccountId {
    /// Takes exactly twelve digits.
    pub(crate) fn new(text: &str) -> Result<Self, ArnError> {
        if Self::is_one(text) { Ok(Self(text.into())) } else { Err(ArnError::Account(text.to_owned())) }
    }

    fn is_one(text: &str) -> bool {
        text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The partition of an IAM ARN, and the resource behind the account.
fn iam(text: &str) -> Result<(Partition, &str), ArnError> {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next();
    if next() != Some("arn") {
        return Err(ArnError::NotAnArn);
    }
    let (Some(partition), Some(service), Some(region), Some(account), Some(resource)) =
        (next(), next(), next(), next(), next())
    else {
        return Err(ArnError::NotAnArn);
    };
    let partition = Partition::parse(partition).ok_or_else(|| ArnError::Partition(partition.to_owned()))?;
    if service != "iam" {
        return Err(ArnError::Service(service.to_owned()));
    }
    if !region.is_empty() {
        return Err(ArnError::Region);
    }
    if AccountId::is_one(account) { Ok((partition, resource)) } else { Err(ArnError::Account(account.to_owned())) }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RoleArn {
    text: Box<str>,
    partition: Partition,
}

impl RoleArn {
    /// Takes the ARN of a role.
    pub(crate) fn new(text: &str) -> Result<Self, ArnError> {
        let (partition, resource) = iam(text)?;
        let path = resource.strip_prefix("role/").ok_or_else(|| ArnError::NotARole(resource.to_owned()))?;
        let name = path.rsplit('/').next().unwrap_or_default();
        if name.is_empty() {
            return Err(ArnError::NotARole(resource.to_owned()));
        }
        if let Some(bad) = path.chars().find(|character| !(is_word(*character) || "+=,.@-/".contains(*character))) {
            return Err(ArnError::Character(bad));
        }
        if text.len() > 2048 {
            return Err(ArnError::TooLong);
        }
        Ok(Self { text: text.into(), partition })
    }

    /// The whole ARN.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Its partition.
    pub(crate) fn partition(&self) -> Partition {
        self.partition
    }

    /// The role's name, with its path.
    pub(crate) fn name(&self) -> &str {
        self.text.split_once(":role/").map_or(&*self.text, |(_, name)| name)
    }

    /// The id of the account that owns the role.
    pub(crate) fn account(&self) -> &str {
        self.text.split(':').nth(4).unwrap_or_default()
    }
}

/// Why a text can't be the serial of an MFA device that STS takes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum MfaSerialError {
    /// `arn:…:user/…`: the user instead of the device.
    #[error("this is the ARN of a user, not of an MFA device")]
    User,
    /// `arn:…:u2f/…`: a security key or passkey.
    #[error("this is a security key or passkey, and STS takes codes from virtual and hardware devices only")]
    SecurityKey,
    /// Another resource than `mfa/…`.
    #[error("this ARN does not name an MFA device: `{0}`")]
    NotADevice(String),
    /// A broken ARN.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// Outside STS's `[\w+=/:,.@-]`.
    #[error("an MFA serial can't contain {0:?}")]
    Character(char),
    /// Outside STS's 9 to 256 characters.
    #[error("an MFA serial has 9 to 256 characters, this one has {0}")]
    Length(usize),
}

/// The ARN of a virtual MFA device, or the serial number of a hardware device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct MfaSerial {
    text: Box<str>,
    partition: Option<Partition>,
}

impl MfaSerial {
    /// Takes what STS takes as `SerialNumber` (botocore's model: 9–256 of `[\w+=/:,.@-]`).
    pub(crate) fn new(text: &str) -> Result<Self, MfaSerialError> {
        if let Some(bad) = text.chars().find(|character| !(is_word(*character) || "+=/:,.@-".contains(*character))) {
            return Err(MfaSerialError::Character(bad));
        }
        if !(9..=256).contains(&text.len()) {
            return Err(MfaSerialError::Length(text.len()));
        }
        let partition = if text.starts_with("arn:") { Some(device_partition(text)?) } else { None };
        Ok(Self { text: text.into(), partition })
    }

    /// The serial as STS takes it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition of the device; hardware serials name none.
    pub(crate) fn partition(&self) -> Option<Partition> {
        self.partition
    }
}

fn device_partition(text: &str) -> Result<Partition, MfaSerialError> {
    let (partition, resource) = iam(text)?;
    match resource.split_once('/') {
        Some(("mfa", name)) if !name.is_empty() => Ok(partition),
        Some(("user", _)) => Err(MfaSerialError::User),
        Some(("u2f", _)) => Err(MfaSerialError::SecurityKey),
        _ => Err(MfaSerialError::NotADevice(resource.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_arn_gives_its_partition_and_account() {
        let arn = RoleArn::new("arn:aws-cn:iam::444455556666:role/team/Admin").unwrap();
        assert_eq!(arn.partition(), Partition::Cn);
        assert_eq!(arn.account(), "444455556666");
    }

    #[test]
    fn each_broken_role_arn_says_what_is_wrong() {
        let cases = [
            ("Admin", ArnError::NotAnArn),
            ("arn:aws:iam::4444", ArnError::NotAnArn),
            ("arn:amazon:iam::444455556666:role/A", ArnError::Partition("amazon".into())),
            ("arn:aws:sts::444455556666:role/A", ArnError::Service("sts".into())),
            ("arn:aws:iam:us-east-1:444455556666:role/A", ArnError::Region),
            ("arn:aws:iam::44445555666:role/A", ArnError::Account("44445555666".into())),
            ("arn:aws:iam::444455556666:user/A", ArnError::NotARole("user/A".into())),
            ("arn:aws:iam::444455556666:role/", ArnError::NotARole("role/".into())),
            ("arn:aws:iam::444455556666:role/A b", ArnError::Character(' ')),
        ];
        for (text, expected) in cases {
            assert_eq!(RoleArn::new(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn hardware_serials_and_device_arns_are_taken_and_other_arns_are_not() {
        assert_eq!(MfaSerial::new("GAHT12345678").unwrap().partition(), None);
        assert_eq!(MfaSerial::new("arn:aws:iam::111122223333:mfa/alice").unwrap().partition(), Some(Partition::Aws));
        assert_eq!(MfaSerial::new("arn:aws:iam::111122223333:user/alice"), Err(MfaSerialError::User));
        assert_eq!(MfaSerial::new("arn:aws:iam::111122223333:u2f/user/alice/key"), Err(MfaSerialError::SecurityKey));
        assert_eq!(MfaSerial::new("GAHT1"), Err(MfaSerialError::Length(5)));
        assert_eq!(MfaSerial::new("GAHT 12345678"), Err(MfaSerialError::Character(' ')));
    }
}
