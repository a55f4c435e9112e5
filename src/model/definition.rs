//! Owns the fingerprint of what made a session, so that an old session is never handed out after the manifest or the
//! long-term key changed.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use zeroize::Zeroizing;

use super::{ExternalId, Kind, LongTermKey, MfaSerial, Profile, ProfileName, Region, Role, RoleSessionName};
use crate::source::hex;

/// A fingerprint of one chain's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition(String);

/// A fingerprint of the long-term key at the bottom of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyPrint {
    /// The section of the credentials file that holds it.
    pub(crate) section: ProfileName,
    /// SHA-256 over both halves in hexadecimal digits; the secret half has too many bits to be guessed from it.
    pub(crate) digest: String,
}

impl KeyPrint {
    /// The fingerprint of the key in `section`.
    pub(crate) fn of(section: &ProfileName, key: &LongTermKey) -> Self {
        let text = Zeroizing::new(format!("{} {}", key.access_key_id, key.secret_access_key.expose()));
        Self { section: section.clone(), digest: hex(&Sha256::digest(text.as_bytes())) }
    }
}

impl Definition {
    /// The fingerprint of the chain `profiles`, base first.
    ///
    /// Only what changes a call counts: a new description or output format keeps the session.
    pub(crate) fn of(profiles: &[&Profile]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"awsauth session 1\n");
        for profile in profiles {
            hash.update(describe(profile).as_bytes());
        }
        Self(hex(&hash.finalize()))
    }

    /// One that was saved.
    pub(crate) fn from_saved(text: String) -> Self {
        Self(text)
    }

    /// Lower-case hexadecimal digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn describe(profile: &Profile) -> String {
    let region = profile.region.as_ref().map_or("", Region::as_str);
    let mut text = format!("{:?} {:?} {region:?} ", profile.name.as_str(), profile.pattern().as_str());
    let written = match &profile.kind {
        Kind::Iam => Ok(()),
        Kind::IamMfa { mfa_serial, long_term_profile, duration } => {
            write!(text, "{:?} {:?} {:?}", mfa_serial.as_str(), long_term_profile.as_str(), duration)
        }
        Kind::IamMfaRole { role, mfa_serial } => {
            write!(text, "{} {:?}", describe_role(role), mfa_serial.as_ref().map(MfaSerial::as_str))
        }
        Kind::Sso { access, account_id, role_name } => write!(
            text,
            "{:?} {:?} {:?} {:?} {:?}",
            access.token_key(),
            access.start_url().as_str(),
            access.region().as_str(),
            account_id.as_str(),
            role_name.as_str()
        ),
        Kind::SsoRole(role) => write!(text, "{}", describe_role(role)),
    };
    debug_assert!(written.is_ok(), "writing to a String can't fail");
    if let Some(url) = sts_endpoint(profile) {
        // Nothing is added where there is none: sessions from before profiles had one stay good.
        text.push_str(" endpoint ");
        text.push_str(url);
    }
    text.push('\n');
    text
}

/// What answers in place of AWS's STS, if the profile has it make a session.
fn sts_endpoint(profile: &Profile) -> Option<&str> {
    let asks_sts = !matches!(profile.kind, Kind::Iam | Kind::Sso { .. });
    let routing = profile.routing();
    routing.endpoint_url.filter(|_| asks_sts && routing.ignores_endpoint_urls != Some(true))
}

fn describe_role(role: &Role) -> String {
    format!(
        "{:?} {:?} {:?} {:?}",
        role.arn.as_str(),
        role.duration,
        role.session_name.as_ref().map(RoleSessionName::as_str),
        role.external_id.as_ref().map(ExternalId::as_str)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConfigText, RoleArn, Setting, SettingValue};
    use crate::secret::Secret;

    fn main_profile() -> Profile {
        Profile::bare(
            "main",
            Kind::IamMfa {
                mfa_serial: MfaSerial::new("GAHT12345678").unwrap(),
                long_term_profile: ProfileName::new("main-long-term").unwrap(),
                duration: None,
            },
        )
    }

    #[test]
    fn changes_with_the_call_and_with_nothing_else() {
        let profile = main_profile();
        let first = Definition::of(&[&profile]);
        let described = Profile { description: Some("mine".to_owned()), ..main_profile() };
        assert_eq!(Definition::of(&[&described]), first);
        let kind = Kind::IamMfa {
            mfa_serial: MfaSerial::new("GAHT87654321").unwrap(),
            long_term_profile: ProfileName::new("main-long-term").unwrap(),
            duration: None,
        };
        assert_ne!(Definition::of(&[&Profile { kind, ..main_profile() }]), first);
    }

    fn role_profile() -> Profile {
        let role = Role {
            arn: RoleArn::new("arn:aws:iam::444455556666:role/Admin").unwrap(),
            source: ProfileName::new("main").unwrap(),
            duration: None,
            session_name: None,
            external_id: Some(ExternalId::new("partner-42").unwrap()),
        };
        Profile::bare("prod", Kind::IamMfaRole { role, mfa_serial: None })
    }

    #[test]
    fn the_fingerprint_is_what_it_was_in_the_releases_before_or_every_kept_session_would_end() {
        let main = Profile { region: Some(Region::new("eu-west-1").unwrap()), ..main_profile() };
        let digest = Definition::of(&[&main]);
        assert_eq!(digest.as_str(), "2dc206de2443de0efe4228c8210a9ce39bfcbf71fa53ea25144f69ea0791647c");
        let digest = Definition::of(&[&main, &role_profile()]);
        assert_eq!(digest.as_str(), "edac0bab3f03abd85e74bc2237511d6d79066f29dc329e4b64d79ab39e9f69d7");
    }

    #[test]
    fn a_session_of_one_endpoint_is_none_of_another_or_of_aws() {
        let with = |settings: &[(&str, &str)]| {
            let setting = |(key, value): &(&str, &str)| Setting {
                key: (*key).to_owned(),
                value: SettingValue::Text(ConfigText::new(value).unwrap()),
            };
            let profile = Profile { settings: settings.iter().map(setting).collect(), ..role_profile() };
            Definition::of(&[&main_profile(), &profile])
        };
        let (none, one, other) =
            (&[][..], ("endpoint_url", "http://127.0.0.1:1"), ("endpoint_url", "http://127.0.0.1:2"));
        assert_ne!(with(&[one]), with(none));
        assert_ne!(with(&[one]), with(&[other]));
        // These do not change who answers.
        let ignored = ("ignore_configured_endpoint_urls", "true");
        for settings in [&[("use_fips_endpoint", "true")][..], &[("use_dualstack_endpoint", "true")], &[one, ignored]] {
            assert_eq!(with(settings), with(none), "{settings:?}");
        }
    }

    #[test]
    fn a_key_print_changes_with_either_half() {
        let section = ProfileName::new("main-long-term").unwrap();
        let print = |id: &str, secret: &str| {
            let key = LongTermKey { access_key_id: id.to_owned(), secret_access_key: Secret::new(secret) };
            KeyPrint::of(&section, &key)
        };
        assert_eq!(print("AKIA1", "s"), print("AKIA1", "s"));
        assert_ne!(print("AKIA1", "s"), print("AKIA2", "s"));
        assert_ne!(print("AKIA1", "s"), print("AKIA1", "t"));
    }
}
