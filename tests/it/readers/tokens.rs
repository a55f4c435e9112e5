//! SSO tokens that other programs wrote, used by awsauth, and the other way round: one login for all.

use std::process::Command;

use super::client::{Client, script, tool};
use super::home::{MANIFEST, Variant};
use super::{Home, IDENTITIES, identify};
use crate::browser::Waiting;
use crate::support::fake_aws::standard::{SSO_REGION, START_URL};
use crate::support::fake_aws::{FakeAws, SECRET_MARK};
use crate::support::sandbox::Sandbox;

/// A home with the manifest applied, in which nobody has logged in.
fn signed_out() -> Home {
    let fake = FakeAws::start_standard();
    fake.world().set_interval(0);
    let sandbox = Sandbox::with_aws(&fake);
    sandbox.manifest(MANIFEST);
    sandbox.run(["apply", "--yes"]).ok();
    Home { fake, sandbox }
}

/// The Python that Debian's AWS CLI v2 runs in, which is where its own modules are.
fn python_of_aws_cli_v2(home: &Home) -> Command {
    let program = std::fs::read_to_string(tool("AWSAUTH_TEST_AWS_CLI_V2")).unwrap();
    let python = program.lines().next().unwrap().strip_prefix("#!").unwrap().trim().to_owned();
    home.sandbox.program(python.as_ref())
}

/// Logs in with AWS CLI's code; to an `sso-session`, or in the legacy way.
fn log_in_with_aws_cli(home: &Home, session: Option<&str>) {
    let mut command = python_of_aws_cli_v2(home);
    command.arg(script("sso_login.py")).args([&home.fake.url(), START_URL, SSO_REGION]).args(session);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The token's file for `corp`.
const CORP_TOKEN: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

/// Lets the token of `corp` have ten minutes left, with which everybody renews it.
fn let_the_token_age(home: &Home) {
    let mut token: serde_json::Value = serde_json::from_str(&home.sandbox.read(CORP_TOKEN)).unwrap();
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(9);
    token["expiresAt"] = soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
    home.sandbox.write(CORP_TOKEN, token.to_string());
}

#[test]
fn a_login_of_aws_clis_own_code_serves_awsauth() {
    for (session, profile) in [(Some("corp"), "read"), (None, "legacy")] {
        let home = signed_out();
        log_in_with_aws_cli(&home, session);
        home.fake.clear();
        let run = home.sandbox.run(["login", profile]).ok();
        assert!(!run.stderr.contains("This login needs"), "{}", run.stderr);
        assert_eq!(home.fake.operations(), ["GetRoleCredentials"], "{profile}");
    }
}

#[test]
fn awsauth_reuses_a_registration_of_aws_clis_and_refreshes_its_token() {
    let home = signed_out();
    log_in_with_aws_cli(&home, Some("corp"));
    let_the_token_age(&home);
    home.fake.clear();
    home.sandbox.run(["login", "read"]).ok();
    assert_eq!(home.fake.operations(), ["CreateToken", "GetRoleCredentials"]);
    home.fake.world().end_sso_logins();
    std::fs::remove_file(home.sandbox.path(CORP_TOKEN)).unwrap();
    home.fake.clear();
    home.sandbox.run(["login", "read", "--force"]).ok();
    assert_eq!(home.fake.operations(), ["StartDeviceAuthorization", "CreateToken", "GetRoleCredentials"]);
}

#[test]
fn aws_clis_own_code_takes_a_login_of_awsauths_as_its_own() {
    for (session, profile) in [(Some("corp"), "read"), (None, "legacy")] {
        let home = signed_out();
        home.sandbox.run(["login", profile]).ok();
        home.fake.clear();
        log_in_with_aws_cli(&home, session);
        assert_eq!(home.fake.operations(), [""; 0], "{profile}: AWS CLI must find token and registration");
    }
}

#[test]
fn a_login_on_a_page_serves_every_client_and_boto3_refreshes_it() {
    let home = signed_out();
    let waiting = Waiting::start(&home.sandbox, &["login", "read"]);
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
    home.fake.clear();
    log_in_with_aws_cli(&home, Some("corp"));
    assert_eq!(home.fake.operations(), [""; 0], "AWS CLI must find the token");
    let read = IDENTITIES.into_iter().find(|expected| expected.profile == "read").unwrap();
    for client in [Client::Boto3, Client::AwsCli, Client::JavaScript, Client::Rust] {
        let (operations, _) = identify(&home, client, read);
        assert_eq!(operations, ["GetRoleCredentials", "GetCallerIdentity"], "{client:?}");
    }
    let_the_token_age(&home);
    let (operations, _) = identify(&home, Client::Boto3, read);
    assert_eq!(operations, ["CreateToken", "GetRoleCredentials", "GetCallerIdentity"]);
}

#[test]
fn a_token_that_boto3_refreshed_serves_awsauth_and_one_that_awsauth_refreshed_serves_boto3() {
    let home = Home::ready(Variant::Native);
    let read = IDENTITIES.into_iter().find(|expected| expected.profile == "read").unwrap();
    let_the_token_age(&home);
    let (operations, _) = identify(&home, Client::Boto3, read);
    assert_eq!(operations, ["CreateToken", "GetRoleCredentials", "GetCallerIdentity"]);
    std::fs::remove_file(home.sandbox.path(&crate::scene::session_file("read"))).unwrap();
    home.fake.clear();
    home.sandbox.run(["login", "read"]).ok();
    assert_eq!(home.fake.operations(), ["GetRoleCredentials"]);

    let_the_token_age(&home);
    std::fs::remove_file(home.sandbox.path(&crate::scene::session_file("read"))).unwrap();
    home.fake.clear();
    let run = home.sandbox.run(["credential-process", "read"]).ok();
    assert!(run.stdout.contains(SECRET_MARK));
    assert_eq!(home.fake.operations(), ["CreateToken", "GetRoleCredentials"]);
    for client in [Client::Boto3, Client::AwsCli, Client::JavaScript, Client::Rust] {
        let (operations, _) = identify(&home, client, read);
        assert_eq!(operations, ["GetRoleCredentials", "GetCallerIdentity"], "{client:?}");
    }
}
