//! Owns the law of `import`. Must not know how a manifest is made of files.

use super::planned::{self, AwsTexts};
use super::{Checked, Unstructured};
use crate::diagnostic::Severity;
use crate::import::{Form, Import, ImportFiles, import};
use crate::ini::{Document, FileKind, SectionId};
use crate::manifest::{self, Audience, LOCAL_NAME, Layers, SettingsTrust};
use crate::model::{Catalog, Kind, LongTermKey, Profile, default_long_term};
use crate::source::Source;

/// Both of AWS's files.
#[derive(Debug, Clone)]
pub struct ImportCase {
    /// The config file.
    pub config: String,
    /// The credentials file.
    pub credentials: String,
    /// True for `--matrix`.
    pub is_matrix: bool,
}

const NAMES: &[&str] = &["a", "b", "c", "default", "dev-Admin", "dev-Read", "prod-Admin", "prod-Read", "a-long-term"];

/// The ways to credentials that people write down; `§` is one of the names, `@` the profile's own.
const WAYS: &[&str] = &[
    "",
    "mfa_serial = arn:aws:iam::111122223333:mfa/alice",
    "role_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = §",
    "role_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = §\nmfa_serial = arn:aws:iam::111122223333:mfa/alice",
    "role_arn = arn:aws:iam::444455556666:role/x/Long\nsource_profile = §\nmfa_serial = GAHT12345678\nduration_seconds = 14400",
    "role_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = @",
    "role_arn = arn:aws:iam::444455556666:role/Admin\ncredential_source = Ec2InstanceMetadata",
    "sso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin",
    "sso_session = corp\nsso_account_id = 222222222222\nsso_role_name = Read",
    "sso_start_url = https://corp.awsapps.com/start#/\nsso_region = us-east-1\nsso_account_id = 111111111111\nsso_role_name = Read",
    "sso_start_url = https://other.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 222222222222\nsso_role_name = Admin",
    "credential_process = /opt/creds",
    "credential_process = aws-vault export --format=json @",
    "credential_process = granted credential-process --profile @\ngranted_sso_start_url = https://corp.awsapps.com/start\n\
     granted_sso_region = us-east-1\ngranted_sso_account_id = 222222222222\ngranted_sso_role_name = Admin",
    "login_session = arn:aws:iam::111122223333:user/alice",
    "include_profile = shared",
    "include_profile = shared\nrole_arn = arn:aws:iam::444455556666:role/Vault\nsource_profile = §",
];

const SESSION: &str =
    "# the company\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n";

const SETTINGS: &[&str] = &[
    "region = eu-west-1",
    "region = us-east-1",
    "region = US-EAST-1",
    "region = eu-west-1 # where it is",
    "region = us-east-1a",
    "output = json",
    "output = Table",
    "role_session_name = alice",
    "external_id = partner-42",
    "duration_seconds = 3600",
    "s3 =\n  max_queue_size = 9\n  use_accelerate_endpoint = True",
    "cli_pager =",
    "cli_history = enabled",
    "retry_mode = Adaptive",
    "endpoint_url = http://localhost:4566",
    "endpoint_url = https://s3.example.com",
    "ca_bundle = /etc/ca.pem",
    "color = ff0000",
    "unheard_of = ${user}",
    "region = {{ region }}",
    "sso_role_name = Other",
    "mfa_serial = arn:aws:iam::111122223333:mfa/bob",
];

const CREDENTIALS: &[&str] = &[
    "aws_access_key_id = AKIA0000000000000§\naws_secret_access_key = nobodys",
    "aws_access_key_id = AKIA0000000000000§\naws_secret_access_key = nobodys\nregion = eu-central-1",
    "aws_access_key_id = ASIA0000000000000§\naws_secret_access_key = nobodys\naws_session_token = t",
    "aws_access_key_id = AKIA0000000000000§",
    "role_arn = arn:aws:iam::444455556666:role/InCredentials\nsource_profile = a",
];

impl ImportCase {
    /// Draws files as people and tools write them.
    pub fn draw(draw: &mut Unstructured<'_>) -> Self {
        let is_matrix = draw.one_in(4);
        let mut config = String::new();
        if !draw.one_in(4) {
            config.push_str(SESSION);
        }
        config.push_str("[profile shared]\nregion = eu-north-1\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n");
        for name in NAMES {
            if draw.one_in(3) {
                continue;
            }
            if draw.one_in(4) {
                config.push_str(draw.pick(&["\n", "# about it\n", "\n; one\n# two\n", "# ---- part ----\n\n"]));
            }
            let header = if *name == "default" { "[default]".to_owned() } else { format!("[profile {name}]") };
            config.push_str(&header);
            config.push_str(draw.pick(&["\n", "\n", "\n", " # note\n"]));
            let source = draw.pick(&NAMES[..8]);
            let mut lines: Vec<&str> = draw.pick(WAYS).split('\n').filter(|line| !line.is_empty()).collect();
            for _ in 0..draw.below(4) {
                let setting = draw.pick(SETTINGS);
                let key = setting.split('=').next().unwrap_or_default();
                if lines.iter().all(|line| line.split('=').next() != Some(key)) {
                    lines.push(setting);
                }
            }
            for line in lines {
                config.push_str(&line.replace('§', source).replace('@', name));
                config.push('\n');
            }
        }
        let mut credentials = String::new();
        for (number, name) in NAMES.iter().enumerate() {
            if draw.one_in(2) {
                let text = draw.pick(CREDENTIALS).replace('§', &number.to_string());
                credentials.extend(["[", name, "]\n", text.as_str(), "\n"]);
            }
        }
        Self { config, credentials, is_matrix }
    }

    fn import(&self, known: &Catalog) -> Import {
        let files = ImportFiles { config: self.config.as_bytes(), credentials: self.credentials.as_bytes(), known };
        import(files, if self.is_matrix { Form::Matrix } else { Form::Profiles })
    }
}

/// Takes any two files. `check` accepts the manifest, `apply --adopt` takes it, each profile of it has the same credentials and
/// settings as before, and another import gives the same manifest.
///
/// # Panics
///
/// If the law does not hold.
pub fn import_holds(case: &ImportCase) -> Checked {
    let found = case.import(&Catalog::default());
    let catalog = read(&found);
    assert!(!found.manifest.contains("nobodys"), "{}", found.manifest);
    if catalog.profiles().is_empty() || !found.faults.is_empty() {
        return Checked::Refused;
    }
    let before = AwsTexts { config: case.config.clone().into(), credentials: case.credentials.clone().into() };
    let after =
        planned::take_over(&catalog, &before).unwrap_or_else(|refusal| panic!("{refusal:?}\n{}", found.manifest));
    let (was, is) = (View::of(&before, false), View::of(&after, true));
    for profile in catalog.profiles().iter().filter(|profile| profile.external_section().is_none()) {
        same(profile, &was, &is);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let again = ImportCase { config: text(&after.config), credentials: text(&after.credentials), ..*case };
    let second = again.import(&catalog);
    assert_eq!(second.manifest, found.manifest, "another import differs");
    assert_eq!(second.personal, found.personal, "another import differs");
    Checked::Yes
}

/// The manifest with the person's lines, as the program reads it.
fn read(found: &Import) -> Catalog {
    let mut layers = Layers::new(Source::new("profiles.toml", found.manifest.as_str()), LOCAL_NAME);
    layers.add_local(Source::new(LOCAL_NAME, found.personal.as_str()), SettingsTrust::Trusted);
    let loaded = manifest::load(&layers, Audience::Person);
    let errors: Vec<_> = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}\n{}", found.manifest);
    loaded.catalog.unwrap_or_else(|| panic!("no catalog of\n{}", found.manifest))
}

/// Both files as botocore joins them.
struct View<'t> {
    /// True after awsauth has moved keys to `[NAME-long-term]`.
    has_moved_keys: bool,
    config: Document<'t>,
    credentials: Document<'t>,
}

impl<'t> View<'t> {
    fn of(texts: &'t AwsTexts, has_moved_keys: bool) -> Self {
        Self {
            has_moved_keys,
            config: Document::parse(&texts.config, FileKind::Config),
            credentials: Document::parse(&texts.credentials, FileKind::Credentials),
        }
    }

    /// A value without the comment behind it, and in lower case where case says nothing.
    fn get(&self, name: &str, key: &str) -> Option<String> {
        let id = SectionId::Profile(name.to_owned());
        let value = self.credentials.get(&id, key).or_else(|| self.config.get(&id, key))?;
        let value = value.split(" #").next().unwrap_or_default().trim().to_owned();
        let is_caseless = ["region", "output"].contains(&key);
        Some(if is_caseless { value.to_lowercase() } else { value }).filter(|value| !value.is_empty())
    }

    /// The long-term key that a profile's credentials come from. A profile that is its own source has its own.
    fn key(&self, name: &str, depth: usize) -> Option<String> {
        let own = || {
            let long_term = self.get(&default_long_term(name), "aws_access_key_id").filter(|_| self.has_moved_keys);
            let own = self.get(name, "aws_access_key_id").filter(|id| LongTermKey::is_long_term(id));
            own.or(long_term).filter(|id| LongTermKey::is_long_term(id))
        };
        match self.get(name, "source_profile").filter(|_| self.get(name, "role_arn").is_some() && depth < 16) {
            // The source gives its key even if it has a role over itself.
            Some(source) if source == name => own(),
            Some(source) if self.get(&source, "source_profile").is_some_and(|other| other == source) => {
                self.get(&source, "aws_access_key_id")
            }
            Some(source) => self.key(&source, depth + 1),
            None => own(),
        }
    }
}

fn same(profile: &Profile, was: &View<'_>, is: &View<'_>) {
    const KEYS: [&str; 10] = [
        "login_session",
        "role_arn",
        "credential_source",
        "external_id",
        "role_session_name",
        "duration_seconds",
        "region",
        "output",
        "sso_account_id",
        "sso_role_name",
    ];
    let name = profile.name.as_str();
    let is_role = profile.role().is_some();
    for key in KEYS {
        let (before, after) = (was.get(name, key), is.get(name, key));
        // aws-vault's settings come from another section, granted's from keys of its own.
        let is_vault = was.get(name, "include_profile").is_some();
        let is_new = before.is_none() && (is_vault || !["role_arn", "credential_source"].contains(&key));
        // An MFA session's length is awsauth's own affair, and keys of SSO beside a role are for nobody.
        let is_dropped = matches!(profile.kind, Kind::IamMfa { .. }) && key == "duration_seconds"
            || is_role && key.starts_with("sso_");
        assert!(before == after || is_new || is_dropped, "{key} of {name}: {before:?}, then {after:?}");
    }
    if was.get(name, "include_profile").is_some() {
        return;
    }
    let (before, after) = (was.key(name, 0), is.key(name, 0));
    assert!(before.is_none() || before == after, "the key of {name}: {before:?}, then {after:?}");
}
