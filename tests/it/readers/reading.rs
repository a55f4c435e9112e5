//! Debian's AWS CLI v2 reads the files. It knows no `AWS_ENDPOINT_URL`, so it is asked nothing that needs AWS.

use std::collections::BTreeSet;

use super::client::tool;
use super::home::Variant;
use super::{AUDIT, Home, IDENTITIES};
use crate::support::sandbox::Run;

/// What AWS CLI v2 prints; it must succeed.
fn aws(home: &Home, arguments: &[&str]) -> String {
    let output = home.sandbox.program(&tool("AWSAUTH_TEST_AWS_CLI_V2")).args(arguments).output().unwrap();
    Run::from(output).ok().stdout.trim_end().to_owned()
}

/// Reads names and settings of every profile.
fn is_read(variant: Variant) {
    let home = Home::ready(variant);
    assert!(aws(&home, &["--version"]).starts_with("aws-cli/2."));
    let listed = aws(&home, &["configure", "list-profiles"]);
    let names = IDENTITIES.iter().chain([&AUDIT]).map(|expected| expected.profile).chain(["main-long-term"]);
    assert_eq!(listed.lines().collect::<BTreeSet<_>>(), names.collect());
    assert_eq!(listed.lines().count(), IDENTITIES.len() + 2, "no name twice: {listed}");
    let get = |setting: &str, profile: &str| aws(&home, &["configure", "get", setting, "--profile", profile]);
    for (profile, region) in [("main", "us-east-1"), ("base", "eu-west-1"), ("jump", "ap-northeast-1")] {
        assert_eq!(get("region", profile), region);
    }
    assert_eq!(get("output", "prod"), "json");
}

#[test]
fn aws_cli_v2_reads_native_profiles() {
    is_read(Variant::Native);
}

#[test]
fn aws_cli_v2_reads_profiles_with_a_credential_process() {
    is_read(Variant::Process);
}
