//! Profiles written with `credential_process = true`: every reader works for every pattern.

use super::home::Variant;
use super::{AUDIT, Client, Home, PROFILES, identify};

/// The access key that awsauth hands out for a profile.
fn handed_out(home: &Home, profile: &str) -> String {
    let document = home.sandbox.run(["credential-process", profile]).ok().json();
    document["AccessKeyId"].as_str().unwrap().to_owned()
}

/// Every profile: no call but the one that was asked for, signed with the session that the login left.
fn signs_by_process(client: Client) {
    let home = Home::ready(Variant::Process);
    assert!(!home.sandbox.read(".aws/config").contains("role_arn"), "one profile has one mechanism");
    for expected in PROFILES.into_iter().chain([AUDIT]) {
        let (operations, signer) = identify(&home, client, expected);
        assert_eq!(operations, ["GetCallerIdentity"], "{client:?} as {}", expected.profile);
        assert_eq!(signer, handed_out(&home, expected.profile), "{client:?} as {}", expected.profile);
    }
}

#[test]
fn aws_cli_signs_as_every_profile_with_a_credential_process() {
    signs_by_process(Client::AwsCli);
}

#[test]
fn boto3_signs_as_every_profile_with_a_credential_process() {
    signs_by_process(Client::Boto3);
}

#[test]
fn the_javascript_sdk_signs_as_every_profile_with_a_credential_process() {
    signs_by_process(Client::JavaScript);
}

#[test]
fn rusts_aws_config_signs_as_every_profile_with_a_credential_process() {
    signs_by_process(Client::Rust);
}

#[test]
fn readers_in_python_tell_what_to_run_when_the_session_is_gone_and_the_others_fail() {
    let home = Home::ready(Variant::Process);
    drop(home.sandbox.run(["logout", "prod", "main"]).ok());
    home.fake.clear();
    for client in [Client::AwsCli, Client::Boto3] {
        let answer = client.ask(&home.sandbox, "prod");
        assert_ne!(answer.code, Some(0), "{client:?}: {}", answer.stdout);
        assert!(answer.stderr.contains("run awsauth login prod"), "{client:?}: {}", answer.stderr);
    }
    // These keep the words of a process that fails to themselves.
    for client in [Client::JavaScript, Client::Rust] {
        drop(client.ask(&home.sandbox, "prod").exits(1));
    }
    assert_eq!(home.fake.operations(), [""; 0]);
}
