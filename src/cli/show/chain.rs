//! Owns the steps of a profile of the manifest, as awsauth goes them. Must not call AWS.

use std::collections::HashMap;

use crate::cli::login::service::LoginService;
use crate::cli::paths::Paths;
use crate::cli::show::now::Now;
use crate::cli::show::sections::{self, Places};
use crate::cli::show::step::{
    FilePlace, Kept, KeptIn, Lasts, Step, permission_set_lasts, portal_lasts, role_lasts, sign_in_lasts,
};
use crate::manifest::{self, Provenance};
use crate::model::{
    Chain, CredentialMethod, ExternalId, Kind, MfaSerial, Profile, ProfileName, Role, RoleSessionName, SecretPlace,
    SessionDuration, SsoAccess,
};
use crate::readers::Reader;
use crate::secret::mask_words;

/// AWS's default for GetSessionToken, in seconds (aws-facts §6).
const SESSION_TOKEN: i64 = 43_200;

pub(crate) fn steps(chain: &Chain<'_>, service: &LoginService<'_>, now: &Now<'_>, places: &Places) -> Vec<Step> {
    let drawer = Drawer { chain, service, now, places, origins: origins(chain, service) };
    (0..chain.profiles().len()).flat_map(|at| drawer.profile(at)).collect()
}

/// Where each key of each profile comes from.
fn origins<'c>(chain: &Chain<'c>, service: &LoginService<'_>) -> HashMap<&'c str, Provenance> {
    let of = |profile: &&'c Profile| {
        let name = profile.name.as_str();
        let loaded = manifest::load_with_provenance(service.manifest.layers(), name);
        loaded.provenance.map(|provenance| (name, provenance))
    };
    chain.profiles().iter().filter_map(of).collect()
}

struct Drawer<'d> {
    chain: &'d Chain<'d>,
    service: &'d LoginService<'d>,
    now: &'d Now<'d>,
    places: &'d Places,
    origins: HashMap<&'d str, Provenance>,
}

impl Drawer<'_> {
    fn profile(&self, at: usize) -> Vec<Step> {
        let profile = self.chain.profiles()[at];
        match &profile.kind {
            Kind::Iam => vec![self.key(profile, &profile.name)],
            Kind::IamMfa { mfa_serial, long_term_profile, duration } => {
                let mut step = Step::new(profile.name.as_str(), Some("GetSessionToken"));
                step.fact("mfa_serial", mfa_serial.as_str(), self.place(profile, "mfa_serial"));
                step.lasts = Some(match duration {
                    Some(duration) => {
                        role_lasts(Some(duration.seconds().into()), false, self.place(profile, "duration_seconds"))
                    }
                    None => Lasts { seconds: Some(SESSION_TOKEN), why: "AWS's default".to_owned(), place: None },
                });
                step.kept = Some(self.kept(at));
                vec![self.key(profile, long_term_profile), step]
            }
            Kind::Sso { access, account_id, role_name } => {
                let mut step = Step::new(profile.name.as_str(), Some("GetRoleCredentials"));
                step.fact("sso_account_id", account_id.as_str(), self.place(profile, "sso_account_id"));
                step.fact("sso_role_name", role_name.as_str(), self.place(profile, "sso_role_name"));
                step.lasts = Some(permission_set_lasts());
                step.kept = Some(self.kept(at));
                vec![self.token(profile, access), step]
            }
            Kind::Login(session) => {
                let mut step = Step::new(profile.name.as_str(), Some("CreateOAuth2Token"));
                step.fact("login_session", session.as_str(), self.place(profile, "login_session"));
                step.lasts = Some(sign_in_lasts());
                step.kept = self.now.sign_in(session);
                vec![step]
            }
            Kind::External => self.external(profile),
            Kind::IamMfaRole { role, mfa_serial } => vec![self.role(at, role, mfa_serial.as_ref())],
            Kind::SsoRole(role) => vec![self.role(at, role, None)],
            Kind::Role(role) => match role.credential_source() {
                Some(source) => {
                    let mut machine = Step::giving(profile.name.as_str(), "this machine");
                    machine.fact("credential_source", source.as_str(), self.place(profile, "credential_source"));
                    vec![machine, self.role(at, role, None)]
                }
                None => vec![self.role(at, role, None)],
            },
        }
    }

    /// The line of the manifest that gives a key.
    fn place(&self, profile: &Profile, key: &str) -> Option<FilePlace> {
        let origin = self.origins.get(profile.name.as_str())?.keys.iter().find(|origin| origin.key == key)?;
        let (path, position) = self.service.manifest.layers().sources().locate(origin.at);
        Some(FilePlace { file: path.to_owned(), line: position.line })
    }

    fn key(&self, owner: &Profile, section: &ProfileName) -> Step {
        let owner = &owner.name;
        let mut step = Step::giving(section.as_str(), "a long-term key");
        let place = self.now.files.place(section.as_str(), "aws_access_key_id").map(|at| self.places.of(at));
        match self.service.keys.access_key_id(section) {
            Some(id) if place.is_none() => {
                step.fact("access_key_id", format!("{}, in the system's keyring", mask_words(id)), None);
            }
            Some(id) => step.fact("access_key_id", mask_words(id), place),
            None => step.fact("access_key_id", format!("missing: `awsauth keys add {owner}`"), None),
        }
        step
    }

    fn role(&self, at: usize, role: &Role, mfa_serial: Option<&MfaSerial>) -> Step {
        let profile = self.chain.profiles()[at];
        let place = |key: &str| self.place(profile, key);
        let mut step = Step::new(profile.name.as_str(), Some("AssumeRole"));
        step.fact("role_arn", role.arn.as_str(), place("role_arn"));
        if let Some(source) = role.source_profile() {
            step.fact("source_profile", source.as_str(), place("source_profile"));
        }
        let facts = [
            ("mfa_serial", mfa_serial.map(MfaSerial::as_str)),
            ("external_id", role.external_id.as_ref().map(ExternalId::as_str)),
            ("role_session_name", role.session_name.as_ref().map(RoleSessionName::as_str)),
        ];
        for (key, value) in facts.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            step.fact(key, value, place(key));
        }
        let seconds = role.duration.map(SessionDuration::seconds).map(i64::from);
        step.lasts = Some(role_lasts(seconds, self.is_chained(at), place("duration_seconds")));
        step.kept = Some(self.kept(at));
        step
    }

    /// True if a session assumes the role of the profile there, as far as is known.
    fn is_chained(&self, at: usize) -> bool {
        // The first one takes this machine's credentials.
        let source = self.chain.profiles()[at.saturating_sub(1)];
        self.service.externals.gives_long_term_key(source) == Some(false)
    }

    fn external(&self, profile: &Profile) -> Vec<Step> {
        match self.now.files.resolve(Reader::AwsCli2, profile.name.as_str()) {
            Ok(mechanism) => sections::steps(&mechanism, self.now, self.places),
            Err(_) if self.now.files.section(profile.name.as_str()).is_none() => {
                vec![Step::giving(profile.name.as_str(), "nothing: neither file has this section")]
            }
            Err(_) => vec![Step::giving(profile.name.as_str(), "a section of your own, without credentials")],
        }
    }

    fn token(&self, profile: &Profile, access: &SsoAccess) -> Step {
        let place = |key: &str| self.place(profile, key);
        let mut step = match access {
            SsoAccess::Session(session) => {
                let name = session.name.as_str();
                let mut step = Step::new(format!("sso-session {name}"), Some("CreateToken"));
                step.fact("sso_session", name, place("sso_session"));
                step
            }
            SsoAccess::Legacy { .. } => Step::new(profile.name.as_str(), Some("CreateToken")),
        };
        step.fact("sso_start_url", access.start_url().as_str(), place("sso_start_url"));
        step.lasts = Some(portal_lasts());
        step.kept = Some(self.now.sso_token(access));
        step
    }

    /// The session of the profile there, with its copies for other tools.
    fn kept(&self, at: usize) -> Kept {
        let steps = &self.chain.profiles()[..=at];
        let profile = steps[at];
        let Some((session, _)) = self.service.session(steps) else { return Kept::nothing() };
        let mut places = vec![KeptIn::file(self.service.sessions.path(&profile.name))];
        if matches!(session.secret, SecretPlace::Keyring) {
            places.push(KeptIn::Keyring);
        }
        let in_section = self.now.files.value(profile.name.as_str(), "aws_access_key_id");
        if profile.has_session_section() && in_section.as_deref() == Some(&session.access_key_id) {
            let file = self.places.credentials.clone();
            places.push(KeptIn::Section { file, section: profile.name.to_string() });
        }
        let has_device = profile.role().is_some() && profile.mfa_serial().is_some();
        if profile.method == CredentialMethod::Native && has_device {
            places.extend(Paths::aws_cache("cli").ok().map(KeptIn::file));
        }
        Kept::until(session.expiration, self.now.time, places)
    }
}
