//! Homes with many profiles, in which a person is logged in: what every benchmark starts from.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::support::fake_aws::FakeAws;
use crate::support::fake_aws::standard::{KEY_ID, MFA_SERIAL, SECRET_KEY};
use crate::support::sandbox::Sandbox;

/// The release binary.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_awsauth");

/// A home in which `main` has a session that stays good for hours.
pub(crate) struct Home(Sandbox);

impl Home {
    /// Applies a manifest of `profiles` profiles, and logs in to the first.
    pub(crate) fn ready(profiles: usize) -> Self {
        let fake = FakeAws::start_standard();
        Self::with(&fake, &manifest(profiles))
    }

    /// The same with `main` and a matrix that makes `profiles` others, of four roles for each account.
    pub(crate) fn with_matrix(profiles: usize) -> Self {
        let fake = FakeAws::start_standard();
        Self::with(&fake, &matrix(profiles))
    }

    fn with(fake: &FakeAws, manifest: &str) -> Self {
        let sandbox = Sandbox::with_aws(fake);
        sandbox.manifest(manifest);
        drop(sandbox.run(["apply", "--yes"]).ok());
        drop(sandbox.run_with_input(["keys", "add", "main"], &format!("{KEY_ID}\n{SECRET_KEY}\n")).ok());
        let code = fake.world().next_code(MFA_SERIAL);
        drop(sandbox.run(["login", "main", "--token-code", &code]).ok());
        Self(sandbox)
    }

    /// `HOME`.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path("")
    }

    /// `~/.aws/config`.
    pub(crate) fn config(&self) -> PathBuf {
        self.0.path(".aws/config")
    }

    /// awsauth in this home.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.0.command(arguments)
    }
}

/// `main`, and a matrix of accounts as `discover` lists them.
fn matrix(profiles: usize) -> String {
    let mut text = manifest(1);
    text.push_str(
        r#"
[matrix.corp]
name = "${account}-${role}"
accounts = "*"
roles = "*"
pattern = "sso"
sso_session = "corp"
sso_account_id = "${account_id}"
sso_role_name = "${role}"

[accounts]
"#,
    );
    for number in 0..profiles / 4 {
        let roles = r#"["Admin", "Billing", "PowerUser", "ReadOnly"]"#;
        let added = writeln!(
            text,
            "team-{number:05} = {{ id = \"{number:012}\", tags = [\"t{}\"], roles = {roles} }}",
            number % 10
        );
        added.expect("a String takes everything");
    }
    text
}

/// `main`, then by turns a role through it and an SSO profile, each with settings as teams write them.
fn manifest(profiles: usize) -> String {
    let mut text = String::from(
        r#"[defaults]
region = "eu-west-1"
output = "json"

[vars]
user = "alice"

[sso_sessions.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "us-east-1"

[profiles.main]
pattern = "iam-mfa"
mfa_serial = "arn:aws:iam::111122223333:mfa/${user}"
"#,
    );
    for number in 1..profiles {
        let added = if number % 2 == 0 {
            write!(
                text,
                r#"
[profiles.account-{number}-admin]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::{number:012}:role/Admin"
role_session_name = "${{user}}"
"#
            )
        } else {
            write!(
                text,
                r#"
[profiles.account-{number}-read]
pattern = "sso"
sso_session = "corp"
sso_account_id = "{number:012}"
sso_role_name = "ReadOnly"
region = "us-west-2"
"#
            )
        };
        added.expect("a String takes everything");
    }
    text
}
