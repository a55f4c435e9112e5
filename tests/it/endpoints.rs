//! Which hosts are AWS's own, compared with what botocore's rules for endpoints say, and where each may be named.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::support::sandbox::{Run, Sandbox};

/// What no profile needs to name: the console's sign-in, and the endpoints of one service in one partition.
const LEFT_OUT: [&str; 3] = [".signin.", ".signin-fips.", ".us-gov."];

/// What would take the path of another service's request for a bucket.
fn is_s3(host: &str) -> bool {
    host.starts_with("s3.") || host.starts_with("s3-")
}

#[test]
fn every_endpoint_that_botocore_knows_is_aws_s_own() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/endpoints.py");
    let python = std::env::var_os("AWSAUTH_TEST_PYTHON").expect("tests/run says where Python is");
    let hosts = Run::from(Command::new(python).arg(script).output().unwrap()).ok().stdout;
    assert!(hosts.lines().count() > 10_000, "{}", hosts.len());
    let mut manifest = String::new();
    for (index, host) in hosts.lines().enumerate() {
        writeln!(
            manifest,
            "[profiles.p{index}]\npattern = \"iam\"\nsettings.{}endpoint_url = \"https://{host}\"",
            if is_s3(host) { "s3." } else { "" }
        )
        .unwrap();
    }
    let home = Sandbox::new();
    home.write("profiles.toml", manifest);
    let found = home.run(["check", "--team", "--json", "--manifest", "profiles.toml"]).ok().json();
    let foreign = found["diagnostics"].as_array().unwrap().iter().map(|found| found["message"].as_str().unwrap());
    let is_left_out = |message: &&str| {
        let host = message.split('`').nth(1).unwrap();
        LEFT_OUT.iter().any(|part| format!(".{host}").contains(part)) && !host.starts_with("iam.")
    };
    let foreign: BTreeSet<_> = foreign.filter(|message| !is_left_out(message)).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
}
