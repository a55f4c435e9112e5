//! Owns saved sessions, with the fingerprints that end them when the manifest or the long-term key changes. Must not know
//! where they are saved.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::model::{Credentials, KeySecret, Kind, LongTermKey, Profile, ProfileName, Region, Role, SessionDuration};

/// A fingerprint of one chain's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChainFingerprint(String);

/// A fingerprint of the long-term key at the bottom of a chain, or of what gives credentials there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFingerprint {
    pub(crate) section: ProfileName,
    /// SHA-256 over both halves in hexadecimal digits; the secret half has too many bits to be guessed from it.
    pub(crate) digest: String,
}

impl KeyFingerprint {
    pub(crate) fn of(section: &ProfileName, key: &LongTermKey) -> Self {
        let text = Zeroizing::new(format!("{} {}", key.access_key_id, key.secret_access_key.expose()));
        Self { section: section.clone(), digest: hex::encode(Sha256::digest(text.as_bytes())) }
    }
}

impl ChainFingerprint {
    /// The fingerprint of the chain `profiles`, base first.
    ///
    /// Only settings that change a call count: a new description or output format keeps the session. `ignored` is the
    /// environment's setting to ignore endpoints in profiles, which wins over the profiles' own.
    pub(crate) fn of(profiles: &[&Profile], ignored: Option<bool>) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"awsauth session 1\n");
        for profile in profiles {
            hash.update(describe(profile, ignored).as_bytes());
        }
        Self(hex::encode(hash.finalize()))
    }

    pub(crate) fn from_saved(text: String) -> Self {
        Self(text)
    }

    /// Lower-case hexadecimal digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The parameters of the profile's call, in a format that must never change: saved sessions carry its digest. The words
/// `Some`, `None` and `SessionDuration` are from the first version, which printed Rust values.
fn describe(profile: &Profile, ignored: Option<bool>) -> String {
    let region = profile.region.as_ref().map_or("", Region::as_str);
    let call = match &profile.kind {
        Kind::Iam | Kind::External => String::new(),
        Kind::IamMfa { mfa_serial, long_term_profile, duration } => format!(
            "{} {} {}",
            quoted(mfa_serial.as_str()),
            quoted(long_term_profile.as_str()),
            optional(duration.map(seconds))
        ),
        Kind::IamMfaRole { role, mfa_serial } => {
            format!("{} {}", describe_role(role), optional(mfa_serial.as_ref().map(|serial| quoted(serial.as_str()))))
        }
        Kind::Sso { access, account_id, role_name } => [
            access.token_key(),
            access.start_url().as_str(),
            access.region().as_str(),
            account_id.as_str(),
            role_name.as_str(),
        ]
        .map(quoted)
        .join(" "),
        Kind::SsoRole(role) => describe_role(role),
        Kind::Login(session) => quoted(session.as_str()),
        Kind::Role(role) => {
            let source = role.credential_source().map(|source| quoted(source.as_str()));
            format!("{} {}", describe_role(role), optional(source))
        }
    };
    let (name, pattern) = (quoted(profile.name.as_str()), quoted(profile.pattern().as_str()));
    // Nothing is added without an endpoint: sessions from before profiles had one stay valid.
    let endpoint = sts_endpoint(profile, ignored).map_or_else(String::new, |url| format!(" endpoint {url}"));
    format!("{name} {pattern} {} {call}{endpoint}\n", quoted(region))
}

fn describe_role(role: &Role) -> String {
    let session_name = role.session_name.as_ref().map(|name| quoted(name.as_str()));
    let external_id = role.external_id.as_ref().map(|id| quoted(id.as_str()));
    format!(
        "{} {} {} {}",
        quoted(role.arn.as_str()),
        optional(role.duration.map(seconds)),
        optional(session_name),
        optional(external_id)
    )
}

/// A value between quotes, so that two values never run into each other.
fn quoted(value: &str) -> String {
    format!("{value:?}")
}

fn seconds(duration: SessionDuration) -> String {
    format!("SessionDuration({})", duration.seconds())
}

fn optional(value: Option<String>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| format!("Some({value})"))
}

/// The endpoint in place of AWS's STS, if STS makes the profile's session.
fn sts_endpoint(profile: &Profile, ignored: Option<bool>) -> Option<&str> {
    let asks_sts = !matches!(profile.kind, Kind::Iam | Kind::Sso { .. } | Kind::Login(_) | Kind::External);
    let routing = profile.routing();
    routing.endpoint_url.filter(|_| asks_sts && ignored.or(routing.ignores_endpoint_urls) != Some(true))
}

/// Temporary credentials as they are saved, with what they were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) profile: ProfileName,
    pub(crate) definition: ChainFingerprint,
    /// None for patterns without a long-term key.
    pub(crate) key: Option<KeyFingerprint>,
    pub(crate) obtained_at: Timestamp,
    pub(crate) expiration: Timestamp,
    pub(crate) access_key_id: String,
    pub(crate) secret: SecretPlace,
}

/// Where the secret half of a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretPlace {
    Here(KeySecret),
    /// It is read only when it is needed: the keyring may ask the person to unlock it.
    Keyring,
}

impl Session {
    pub(crate) fn with_secret(&self, secret: KeySecret) -> Credentials {
        Credentials {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: secret.secret_access_key,
            session_token: secret.session_token,
            expiration: Some(self.expiration),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        AccountId, ConfigText, CredentialSource, ExternalId, LoginSession, MfaSerial, RoleArn, RoleSessionName,
        RoleSource, SessionName, Setting, SettingValue, SsoAccess, SsoRoleName, SsoSession, StartUrl,
    };
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
        let first = ChainFingerprint::of(&[&profile], None);
        let described = Profile { description: Some("mine".to_owned()), ..main_profile() };
        assert_eq!(ChainFingerprint::of(&[&described], None), first);
        let kind = Kind::IamMfa {
            mfa_serial: MfaSerial::new("GAHT87654321").unwrap(),
            long_term_profile: ProfileName::new("main-long-term").unwrap(),
            duration: None,
        };
        assert_ne!(ChainFingerprint::of(&[&Profile { kind, ..main_profile() }], None), first);
    }

    fn role_profile() -> Profile {
        let role = Role {
            arn: RoleArn::new("arn:aws:iam::444455556666:role/Admin").unwrap(),
            source: RoleSource::Profile(ProfileName::new("main").unwrap()),
            duration: None,
            session_name: None,
            external_id: Some(ExternalId::new("partner-42").unwrap()),
        };
        Profile::bare("prod", Kind::IamMfaRole { role, mfa_serial: None })
    }

    /// Each kind of profile with everything that it can have.
    fn full_profiles() -> Vec<Profile> {
        let main = || ProfileName::new("main").unwrap();
        let role = |source| Role {
            arn: RoleArn::new("arn:aws:iam::444455556666:role/team/Admin").unwrap(),
            source: RoleSource::Profile(source),
            duration: Some(SessionDuration::for_role(3600).unwrap()),
            session_name: Some(RoleSessionName::new("alice@example.com").unwrap()),
            external_id: Some(ExternalId::new("partner-42").unwrap()),
        };
        let mfa_serial = || MfaSerial::new("arn:aws:iam::111122223333:mfa/alice").unwrap();
        let duration = Some(SessionDuration::for_session_token(43_200).unwrap());
        let start_url = || StartUrl::new("https://corp.awsapps.com/start").unwrap().0;
        let region = || Region::new("us-east-1").unwrap();
        let session = SsoSession {
            name: SessionName::new("corp").unwrap(),
            start_url: start_url(),
            region: region(),
            scopes: Vec::new(),
        };
        let sso = |access| Kind::Sso {
            access,
            account_id: AccountId::new("123456789012").unwrap(),
            role_name: SsoRoleName::new("ReadOnly").unwrap(),
        };
        let kinds = [
            Kind::Iam,
            Kind::IamMfa { mfa_serial: mfa_serial(), long_term_profile: main(), duration },
            Kind::IamMfaRole { role: role(main()), mfa_serial: Some(mfa_serial()) },
            sso(SsoAccess::Session(Arc::new(session))),
            sso(SsoAccess::Legacy { start_url: start_url(), region: region() }),
            Kind::SsoRole(role(main())),
            Kind::Role(role(main())),
            Kind::Role(Role { source: RoleSource::Machine(CredentialSource::EcsContainer), ..role(main()) }),
            Kind::External,
            Kind::Login(LoginSession::new("arn:aws:iam::111122223333:user/alice").unwrap()),
        ];
        kinds.into_iter().map(|kind| Profile { region: Some(region()), ..Profile::bare("main", kind) }).collect()
    }

    #[test]
    fn the_fingerprint_is_what_it_was_in_the_releases_before_or_every_kept_session_would_end() {
        let digests =
            full_profiles().iter().map(|profile| ChainFingerprint::of(&[profile], None).0).collect::<Vec<_>>();
        let before = [
            "6c48ce87c4bb40b63e938d7036fcf11d4b52557e75c8516cb079d33b1dd06864",
            "60f6b8d3489ddbc127d11031d8084f55fe0bea3497bd14af8b215827243438e3",
            "9809acf5c4084019ca605aa1aeac91fea97e73602f2b8ca6e306eda362e765bd",
            "12ef88d65c09f66bd5a24ab809aab2bdae773ab63983f0d4f6a6d10641cb3585",
            "318673bff3bce30981a11ad20a728efb5749f2bebac9b7c811ebdc2ef7f6181a",
            "cbc31ec6c4c10f12425cccf5d2d5f0aeeb7a5ec9dadaf095939f4c2fdffda7ca",
            "91f1447fa777764ee7430f4de21af23cbe801e6239fad8787a26a414aa31f4a2",
            "f9a6b3f2b247b6a3e7b32671cd5e249986b6e25360a32609f6ab16fdf0bd04a3",
            "142bc7980ec860132d79f612e7f0c97a7c4e55d20338b547317c05dba3c802de",
            "187565c7551324ff80beffab0cb4b94e977b637497f2a3790cafbc504d6561c0",
        ];
        assert_eq!(digests, before);
        let main = Profile { region: Some(Region::new("eu-west-1").unwrap()), ..main_profile() };
        let digest = ChainFingerprint::of(&[&main], None);
        assert_eq!(digest.as_str(), "2dc206de2443de0efe4228c8210a9ce39bfcbf71fa53ea25144f69ea0791647c");
        let digest = ChainFingerprint::of(&[&main, &role_profile()], None);
        assert_eq!(digest.as_str(), "edac0bab3f03abd85e74bc2237511d6d79066f29dc329e4b64d79ab39e9f69d7");
    }

    #[test]
    fn a_session_of_one_endpoint_is_none_of_another_or_of_aws() {
        let by = |settings: &[(&str, &str)], ignored| {
            let setting = |(key, value): &(&str, &str)| Setting {
                key: (*key).to_owned(),
                value: SettingValue::Text(ConfigText::new(value).unwrap()),
            };
            let profile = Profile { settings: settings.iter().map(setting).collect(), ..role_profile() };
            ChainFingerprint::of(&[&main_profile(), &profile], ignored)
        };
        let with = |settings: &[(&str, &str)]| by(settings, None);
        let (none, one, other) =
            (&[][..], ("endpoint_url", "http://127.0.0.1:1"), ("endpoint_url", "http://127.0.0.1:2"));
        assert_ne!(with(&[one]), with(none));
        assert_ne!(with(&[one]), with(&[other]));
        // These do not change who answers.
        let ignored = ("ignore_configured_endpoint_urls", "true");
        for settings in [&[("use_fips_endpoint", "true")][..], &[("use_dualstack_endpoint", "true")], &[one, ignored]] {
            assert_eq!(with(settings), with(none), "{settings:?}");
        }
        // The environment has the last word.
        assert_eq!((by(&[one], Some(true)), by(none, Some(true))), (with(none), with(none)));
        assert_eq!(by(&[one, ignored], Some(false)), with(&[one]));
    }

    #[test]
    fn a_key_print_changes_with_either_half() {
        let section = ProfileName::new("main-long-term").unwrap();
        let print = |id: &str, secret: &str| {
            let key = LongTermKey { access_key_id: id.to_owned(), secret_access_key: Secret::new(secret) };
            KeyFingerprint::of(&section, &key)
        };
        assert_eq!(print("AKIA1", "s"), print("AKIA1", "s"));
        assert_ne!(print("AKIA1", "s"), print("AKIA2", "s"));
        assert_ne!(print("AKIA1", "s"), print("AKIA1", "t"));
    }
}
