//! `awsauth discover`: what an SSO session lists, and what becomes of `[accounts]`.

mod listing;
mod manifests;
mod paths;
mod person;
mod sharing;

use std::time::Duration;

use crate::support::fake_aws::standard::START_URL;
use crate::support::fake_aws::{FakeAws, Fault, SsoInstance, World};
use crate::support::sandbox::{Run, Sandbox};

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The manifest, in HOME.
const MANIFEST: &str = ".config/awsauth/profiles.toml";
/// One SSO session.
const SESSION: &str = r#"[sso_sessions.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "us-east-1"
"#;
/// Profiles for everything that is listed.
const MATRIX: &str = r#"
[matrix.corp]
name = "${account}-${role}"
accounts = "*"
roles = "*"
pattern = "sso"
sso_session = "corp"
sso_account_id = "${account_id}"
sso_role_name = "${role}"
"#;
/// A profile by which somebody can log in before anything is listed.
const PROFILE: &str = r#"
[profiles.first]
pattern = "sso"
sso_session = "corp"
sso_account_id = "111111111111"
sso_role_name = "Admin"
"#;

/// An AWS, and a HOME.
struct Scene {
    aws: FakeAws,
    home: Sandbox,
}

/// The number of an account.
fn id(number: usize) -> String {
    format!("{:012}", 600_000_000_000_u64 + number as u64)
}

impl Scene {
    /// One in which these accounts are assigned, each with its name and its roles, parted by blanks; nobody is signed in.
    fn new(accounts: &[(&str, &str, &str)]) -> Self {
        let world = World::new();
        let instance = SsoInstance::new(START_URL, "alice");
        let instance = accounts.iter().fold(instance, |instance, (id, name, roles)| {
            roles.split_whitespace().fold(instance, |instance, role| instance.assigning(id, name, role))
        });
        world.add_sso(instance);
        let aws = FakeAws::start(world);
        let home = Sandbox::with_aws(&aws);
        home.manifest(&format!("{SESSION}{MATRIX}"));
        Self { aws, home }
    }

    /// The same with so many accounts with two roles each.
    fn with_many(count: usize) -> Self {
        let numbers: Vec<(String, String)> = (0..count).map(|number| (id(number), format!("a{number:04}"))).collect();
        let accounts: Vec<(&str, &str, &str)> =
            numbers.iter().map(|(id, name)| (id.as_str(), name.as_str(), "Admin ReadOnly")).collect();
        Self::new(&accounts)
    }

    /// The same, where somebody is signed in.
    #[track_caller]
    fn signed_in(self) -> Self {
        self.aws.world().fail_next("ListAccounts", Fault::status(400, "InvalidRequestException", "no"));
        self.home.run(["discover", "--flow", "device"]).exits(5);
        self.aws.clear();
        self
    }

    #[must_use]
    fn run(&self, args: &[&str]) -> Run {
        self.home.run(args)
    }

    /// How often each list was asked for since the last look.
    #[track_caller]
    fn lists(&self) -> (usize, usize) {
        assert!(self.aws.unexpected().is_empty(), "{:?}", self.aws.unexpected());
        let counts = (self.aws.count("ListAccounts"), self.aws.count("ListAccountRoles"));
        self.aws.clear();
        counts
    }
}
