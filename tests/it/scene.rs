//! The scene that most tests play in: the standard fake AWS, and a HOME with a manifest and long-term keys for it.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::support::fake_aws::standard::{KEY_ID, MFA_SERIAL, SECRET_KEY};
use crate::support::fake_aws::{FakeAws, World};
use crate::support::sandbox::{Run, Sandbox};

/// Each pattern once, as the standard world has them.
pub(crate) const MANIFEST: &str = r#"[defaults]
region = "ap-northeast-1"

[sso_sessions.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "us-east-1"

[profiles.main]
pattern = "iam-mfa"
mfa_serial = "arn:aws:iam::111122223333:mfa/alice"

[profiles.prod]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::444455556666:role/Admin"

[profiles.base]
pattern = "iam"

[profiles.audit]
pattern = "iam-mfa-role"
source_profile = "base"
mfa_serial = "arn:aws:iam::111122223333:mfa/alice"
role_arn = "arn:aws:iam::777788889999:role/Audit"
duration_seconds = 14400
external_id = "partner-42"

[profiles.read]
pattern = "sso"
sso_session = "corp"
sso_account_id = "123456789012"
sso_role_name = "ReadOnly"

[profiles.jump]
pattern = "sso-role"
source_profile = "read"
role_arn = "arn:aws:iam::999900001111:role/Deploy"
"#;
/// A role that needs no MFA; [`MANIFEST`] does not have it.
pub(crate) const BATCH: &str = r#"
[profiles.batch]
pattern = "role"
source_profile = "base"
role_arn = "arn:aws:iam::444455556666:role/Batch"
"#;
/// The state directory, in HOME.
pub(crate) const STATE: &str = ".local/state/awsauth";
/// AWS's credentials file, in HOME.
pub(crate) const CREDENTIALS: &str = ".aws/credentials";
/// AWS's config file, in HOME.
pub(crate) const CONFIG: &str = ".aws/config";
/// The calls of an SSO login on an empty cache.
pub(crate) const SSO_CALLS: [&str; 4] =
    ["RegisterClient", "StartDeviceAuthorization", "CreateToken", "GetRoleCredentials"];

/// Variables of the caller's that carry secrets.
pub(crate) const SECRETS: [&str; 12] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_BEARER_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
];

/// A fake AWS and a HOME.
pub(crate) struct Scene {
    /// AWS.
    pub(crate) aws: FakeAws,
    /// The person's files.
    pub(crate) home: Sandbox,
}

/// Both of Alice's long-term keys.
pub(crate) fn long_term_keys() -> String {
    let key =
        |section: &str| format!("[{section}]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    format!("{}\n{}", key("main-long-term"), key("base"))
}

/// The machine's time.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// So many minutes after `time`; before it for less than 0.
pub(crate) fn minutes(time: Timestamp, minutes: i64) -> Timestamp {
    time + SignedDuration::from_mins(minutes)
}

impl Scene {
    /// The standard world.
    pub(crate) fn new() -> Self {
        Self::in_world(World::standard())
    }

    /// The standard world, with [`BATCH`] in the manifest.
    pub(crate) fn with_batch() -> Self {
        let scene = Self::new();
        scene.home.manifest(&[MANIFEST, BATCH].concat());
        scene
    }

    /// Another world, with the same manifest and keys.
    pub(crate) fn in_world(world: World) -> Self {
        let aws = FakeAws::start(world);
        let home = Sandbox::with_aws(&aws);
        home.manifest(MANIFEST);
        home.write(CREDENTIALS, long_term_keys());
        Self { aws, home }
    }

    /// The same with one more environment variable for every run.
    pub(crate) fn env(self, name: &str, value: &str) -> Self {
        Self { home: self.home.env(name, value), ..self }
    }

    /// Writes another manifest: `from` of the usual one replaced.
    #[track_caller]
    pub(crate) fn change_manifest(&self, from: &str, to: &str) {
        assert!(MANIFEST.contains(from), "{from}");
        self.home.manifest(&MANIFEST.replace(from, to));
    }

    /// A code that AWS takes.
    pub(crate) fn code(&self) -> String {
        self.aws.world().next_code(MFA_SERIAL)
    }

    /// Runs awsauth.
    #[must_use]
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.home.run(args)
    }

    /// Runs awsauth in a session of its own, which has no terminal even if the tests have one.
    #[cfg(unix)]
    pub(crate) fn run_detached(&self, args: &[&str]) -> Run {
        let mut command = self.home.program("setsid".as_ref());
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_awsauth")).args(args).output().unwrap().into()
    }

    /// Logs in to profiles with a good code, and forgets the calls that it took.
    #[track_caller]
    pub(crate) fn logged_in(&self, names: &[&str]) {
        let code = self.code();
        self.run(&[&["login", "--token-code", &code], names].concat()).ok();
        self.aws.clear();
    }

    /// What arrived at AWS since the last look.
    #[track_caller]
    pub(crate) fn calls(&self) -> Vec<String> {
        assert!(self.aws.unexpected().is_empty(), "{:?}", self.aws.unexpected());
        let calls = self.aws.operations();
        self.aws.clear();
        calls
    }

    /// A session as it is kept.
    #[track_caller]
    pub(crate) fn session(&self, name: &str) -> Value {
        session(&self.home, name)
    }

    /// Gives a kept session another beginning and end, in minutes from now.
    #[track_caller]
    pub(crate) fn age_session(&self, name: &str, from: i64, until: i64) {
        age_session(&self.home, name, from, until);
    }

    /// Lets a kept session be over.
    #[track_caller]
    pub(crate) fn expire(&self, name: &str) {
        expire(&self.home, name);
    }

    /// Lets the kept SSO token be over; its refresh token stays.
    #[track_caller]
    pub(crate) fn expire_token(&self) {
        let is_token = |text: &String| text.contains("accessToken");
        let mut files =
            self.home.list(".aws/sso/cache").into_iter().map(|path| (std::fs::read_to_string(&path).unwrap(), path));
        let (text, path) = files.find(|(text, _)| is_token(text)).expect("there is a token");
        let mut token: Value = serde_json::from_str(&text).unwrap();
        token["expiresAt"] = "2026-01-01T00:00:00Z".into();
        std::fs::write(path, token.to_string()).unwrap();
    }

    /// The access key that `credential-process` gives.
    #[track_caller]
    pub(crate) fn access_key_of(&self, name: &str) -> String {
        self.run(&["credential-process", name]).ok().json()["AccessKeyId"].as_str().unwrap().to_owned()
    }
}

/// A session as it is kept.
#[track_caller]
pub(crate) fn session(home: &Sandbox, name: &str) -> Value {
    serde_json::from_str(&home.read(&session_file(name))).unwrap()
}

/// Gives a kept session another beginning and end, in minutes from now.
#[track_caller]
pub(crate) fn age_session(home: &Sandbox, name: &str, from: i64, until: i64) {
    let mut session = session(home, name);
    session["obtained_at"] = minutes(now(), from).to_string().into();
    session["expiration"] = minutes(now(), until).to_string().into();
    home.write(&session_file(name), session.to_string());
}

/// Lets a kept session be over.
#[track_caller]
pub(crate) fn expire(home: &Sandbox, name: &str) {
    age_session(home, name, -61, -1);
}

/// Where a session is kept.
pub(crate) fn session_file(name: &str) -> String {
    let digest = hex::encode(<sha1::Sha1 as sha1::Digest>::digest(name));
    format!("{STATE}/sessions/{name}+{}.json", &digest[..8])
}
