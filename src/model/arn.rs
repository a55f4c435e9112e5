//! Owns account ids, partitions, role ARNs and MFA serials.

use std::fmt;

use thiserror::Error;

/// A part of AWS with its own accounts, such as `aws-cn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Partition {
    name: &'static str,
    default_region: &'static str,
    web_domain: &'static str,
}

impl Partition {
    /// As botocore's partitions.json names them (aws-facts §6), with the domain of their web pages (aws-facts §8); the first one is
    /// that of most accounts.
    pub(crate) const ALL: [Self; 8] = [
        Self::new("aws", "us-east-1", "aws.amazon.com"),
        Self::new("aws-cn", "cn-north-1", "amazonaws.cn"),
        Self::new("aws-us-gov", "us-gov-west-1", "amazonaws-us-gov.com"),
        Self::new("aws-iso", "us-iso-east-1", "c2shome.ic.gov"),
        Self::new("aws-iso-b", "us-isob-east-1", "sc2shome.sgov.gov"),
        Self::new("aws-iso-e", "eu-isoe-west-1", "csphome.adc-e.uk"),
        Self::new("aws-iso-f", "us-isof-south-1", "csphome.hci.ic.gov"),
        Self::new("aws-eusc", "eusc-de-east-1", "amazonaws-eusc.eu"),
    ];

    const fn new(name: &'static str, default_region: &'static str, web_domain: &'static str) -> Self {
        Self { name, default_region, web_domain }
    }

    pub(crate) fn of_region(region: &str) -> Self {
        let [most, others @ ..] = Self::ALL;
        let has = |prefix| region.strip_prefix(prefix).is_some_and(|rest: &str| rest.starts_with('-'));
        others.into_iter().find(|partition| has(partition.region_prefix())).unwrap_or(most)
    }

    /// The beginning of the names of its regions, such as `us-gov`.
    fn region_prefix(self) -> &'static str {
        self.default_region.rsplitn(3, '-').nth(2).unwrap_or(self.default_region)
    }

    /// The name in an ARN.
    pub(crate) fn as_str(self) -> &'static str {
        self.name
    }

    /// The region of the STS endpoint for a profile that names none, and the one that IAM takes signatures for.
    pub(crate) fn default_region(self) -> &'static str {
        self.default_region
    }

    /// The address of the console, without a path. It takes the region as a parameter.
    pub(crate) fn console_url(self) -> String {
        format!("https://console.{}", self.web_domain)
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.name == text)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The reasons for which a text is not an ARN of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ArnError {
    /// Not `arn:PARTITION:iam::ACCOUNT:…`.
    #[error("this is not an ARN")]
    NotAnArn,
    #[error("`{0}` is not a partition of AWS")]
    Partition(String),
    #[error("this is an ARN of the service `{0}`, not of IAM")]
    Service(String),
    #[error("an ARN of IAM has no region")]
    Region,
    #[error("the account id `{0}` is not 12 digits")]
    Account(String),
    #[error("this is not a role: `{0}`")]
    NotARole(String),
    #[error("a role's name can't contain {0:?}")]
    Character(char),
    #[error("a role ARN has at most 2048 characters")]
    TooLong,
}

/// Twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct AccountId(Box<str>);

impl AccountId {
    /// Twelve digits are required.
    pub(crate) fn new(text: &str) -> Result<Self, ArnError> {
        if Self::is_one(text) { Ok(Self(text.into())) } else { Err(ArnError::Account(text.to_owned())) }
    }

    fn is_one(text: &str) -> bool {
        text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The partition and the resource of an IAM ARN.
fn iam(text: &str) -> Result<(Partition, &str), ArnError> {
    of_service(text, "iam")
}

/// The partition and the resource of an ARN without a region.
pub(super) fn of_service<'t>(text: &'t str, expected: &str) -> Result<(Partition, &'t str), ArnError> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, resource] = parts[..] else { return Err(ArnError::NotAnArn) };
    let partition = Partition::parse(partition).ok_or_else(|| ArnError::Partition(partition.to_owned()))?;
    if service != expected {
        return Err(ArnError::Service(service.to_owned()));
    }
    if !region.is_empty() {
        return Err(ArnError::Region);
    }
    if AccountId::is_one(account) { Ok((partition, resource)) } else { Err(ArnError::Account(account.to_owned())) }
}

pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RoleArn {
    text: Box<str>,
    partition: Partition,
}

impl RoleArn {
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

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn partition(&self) -> Partition {
        self.partition
    }

    /// The role's name, with its path.
    pub(crate) fn name(&self) -> &str {
        self.text.split_once(":role/").map_or(&*self.text, |(_, name)| name)
    }

    /// The id of the role's account.
    pub(crate) fn account(&self) -> &str {
        self.text.split(':').nth(4).unwrap_or_default()
    }
}

/// The reasons for which a text is no MFA serial that STS takes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum MfaSerialError {
    /// `arn:…:user/…`
    #[error("this is the ARN of a user, not of an MFA device")]
    User,
    #[error("this is a security key or passkey, and STS takes codes from virtual and hardware devices only")]
    SecurityKey,
    #[error("this ARN does not name an MFA device: `{0}`")]
    NotADevice(String),
    #[error(transparent)]
    Arn(#[from] ArnError),
    #[error("an MFA serial can't contain {0:?}")]
    Character(char),
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
    /// STS's `SerialNumber`: 9–256 of `[\w+=/:,.@-]` (botocore's model).
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

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The account of the device; none for a hardware serial.
    pub(crate) fn account(&self) -> Option<&str> {
        self.partition.and_then(|_| self.text.split(':').nth(4))
    }

    /// None for a hardware serial.
    pub(crate) fn partition(&self) -> Option<Partition> {
        self.partition
    }
}

fn device_partition(text: &str) -> Result<Partition, MfaSerialError> {
    let (partition, resource) = iam(text)?;
    match resource.split_once('/') {
        // STS's pattern would let an ARN within the ARN pass, which is what a variable for the name makes of a whole one.
        Some(("mfa", name)) if !name.is_empty() && !name.contains(':') => Ok(partition),
        Some(("user", _)) => Err(MfaSerialError::User),
        Some(("u2f", _)) => Err(MfaSerialError::SecurityKey),
        _ => Err(MfaSerialError::NotADevice(resource.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_of_the_partition_whose_name_it_begins_with() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("us-east-1", "aws"),
            ("cn-northwest-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-west-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(Partition::of_region(region).as_str(), partition, "{region}");
        }
        for partition in Partition::ALL {
            assert_eq!(Partition::of_region(partition.default_region()), partition);
        }
    }

    #[test]
    fn a_role_arn_gives_its_partition_and_account() {
        let arn = RoleArn::new("arn:aws-cn:iam::444455556666:role/team/Admin").unwrap();
        assert_eq!(arn.partition().as_str(), "aws-cn");
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
        assert_eq!(MfaSerial::new("GAHT12345678").unwrap().account(), None);
        let device = MfaSerial::new("arn:aws:iam::111122223333:mfa/alice").unwrap();
        assert_eq!(device.account(), Some("111122223333"));
        assert_eq!(MfaSerial::new("arn:aws:iam::111122223333:mfa/alice").unwrap().partition(), Some(Partition::ALL[0]));
        assert_eq!(MfaSerial::new("arn:aws:iam::111122223333:user/alice"), Err(MfaSerialError::User));
        assert_eq!(MfaSerial::new("arn:aws:iam::111122223333:u2f/user/alice/key"), Err(MfaSerialError::SecurityKey));
        let twice = "arn:aws:iam::111122223333:mfa/arn:aws:iam::111122223333:mfa/alice";
        assert!(matches!(MfaSerial::new(twice), Err(MfaSerialError::NotADevice(_))));
        assert_eq!(MfaSerial::new("GAHT1"), Err(MfaSerialError::Length(5)));
        assert_eq!(MfaSerial::new("GAHT 12345678"), Err(MfaSerialError::Character(' ')));
    }
}
