//! Profiles written with AWS's own settings: what each reader makes of them by itself.

use super::home::Variant;
use super::{AUDIT, Client, Home, IDENTITIES, identify};
use crate::support::fake_aws::standard::{ADMIN_ROLE, AUDIT_ROLE, DEPLOY_ROLE, KEY_ID, MFA_SERIAL};

/// The calls that a reader must make by itself before it knows who it is.
fn calls(profile: &str) -> &'static [&'static str] {
    match profile {
        "main" | "base" => &["GetCallerIdentity"],
        "prod" => &["AssumeRole", "GetCallerIdentity"],
        "read" | "legacy" => &["GetRoleCredentials", "GetCallerIdentity"],
        "jump" => &["GetRoleCredentials", "AssumeRole", "GetCallerIdentity"],
        other => panic!("no expectation for {other}"),
    }
}

/// `aws_access_key_id` of a section of the credentials file.
fn saved_key(home: &Home, section: &str) -> String {
    let text = home.sandbox.read(".aws/credentials");
    let (_, rest) = text.split_once(&format!("[{section}]\n")).expect("the section must be there");
    let line = rest.lines().find_map(|line| line.strip_prefix("aws_access_key_id = "));
    line.expect("the section must have a key").to_owned()
}

/// The AssumeRole request that the fake saw, as (signed by, role).
fn assumed(home: &Home) -> Option<(String, String)> {
    let requests = home.fake.requests();
    let request = requests.iter().find(|request| request.operation == "AssumeRole")?;
    Some((request.access_key_id.clone()?, request.params["RoleArn"].clone()))
}

/// Every profile but `audit`: the right calls, each signed with the key that awsauth put there.
fn signs_natively(client: Client) {
    let home = Home::ready(Variant::Native);
    let session = saved_key(&home, "main");
    assert_ne!(session, KEY_ID);
    for expected in IDENTITIES {
        let (operations, signer) = identify(&home, client, expected);
        assert_eq!(operations, calls(expected.profile), "{client:?} as {}", expected.profile);
        match expected.profile {
            "main" => assert_eq!(signer, session),
            "base" => assert_eq!(signer, KEY_ID),
            "prod" => assert_eq!(assumed(&home), Some((session.clone(), ADMIN_ROLE.to_owned()))),
            "jump" => assert_eq!(assumed(&home).unwrap().1, DEPLOY_ROLE),
            _ => assert!(signer.starts_with("ASIA"), "{signer}"),
        }
    }
}

#[test]
fn aws_cli_signs_as_every_native_profile() {
    signs_natively(Client::AwsCli);
}

#[test]
fn boto3_signs_as_every_native_profile() {
    signs_natively(Client::Boto3);
}

#[test]
fn the_javascript_sdk_signs_as_every_native_profile() {
    signs_natively(Client::JavaScript);
}

#[test]
fn rusts_aws_config_signs_as_every_native_profile() {
    signs_natively(Client::Rust);
}

/// The access key in AWS CLI's role cache for `audit`, the only role with `mfa_serial` of its own.
fn cached_key(home: &Home) -> String {
    let key = format!(
        r#"{{"DurationSeconds": 14400, "ExternalId": "partner-42", "RoleArn": "{AUDIT_ROLE}", "SerialNumber": "{MFA_SERIAL}"}}"#
    );
    let digest = <sha1::Sha1 as sha1::Digest>::digest(key.as_bytes());
    let name = digest.iter().fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
    let entry: serde_json::Value =
        serde_json::from_str(&home.sandbox.read(&format!(".aws/cli/cache/{name}.json"))).unwrap();
    entry["Credentials"]["AccessKeyId"].as_str().unwrap().to_owned()
}

#[test]
fn aws_cli_takes_a_role_with_its_own_mfa_serial_from_its_cache_and_asks_nobody() {
    let home = Home::ready(Variant::Native);
    let (operations, signer) = identify(&home, Client::AwsCli, AUDIT);
    assert_eq!(operations, ["GetCallerIdentity"]);
    assert_eq!(signer, cached_key(&home));
}

/// The limit that `check` warns of: what a reader without AWS CLI's cache says of a native `mfa_serial`.
fn refused_natively(home: &Home, client: Client) -> String {
    home.fake.clear();
    let run = client.ask(&home.sandbox, AUDIT.profile).exits(1);
    assert_eq!(run.stdout, "", "{client:?}");
    run.stderr
}

#[test]
fn boto3_asks_for_the_code_of_a_native_mfa_role_and_finds_nobody() {
    let home = Home::ready(Variant::Native);
    let said = refused_natively(&home, Client::Boto3);
    assert!(said.contains(&format!("Enter MFA code for {MFA_SERIAL}: ")), "{said}");
    assert!(said.contains("EOFError"), "{said}");
    assert_eq!(home.fake.operations(), [""; 0]);
}

#[test]
fn the_javascript_sdk_refuses_a_native_mfa_role_for_want_of_a_callback() {
    let home = Home::ready(Variant::Native);
    let said = refused_natively(&home, Client::JavaScript);
    let words = "Profile audit requires multi-factor authentication, but no MFA code callback was provided.";
    assert!(said.contains(words), "{said}");
    assert_eq!(home.fake.operations(), [""; 0]);
}

#[test]
fn rusts_aws_config_leaves_the_code_of_a_native_mfa_role_out_and_aws_refuses_it() {
    let home = Home::ready(Variant::Native);
    let said = refused_natively(&home, Client::Rust);
    assert!(said.contains("AccessDenied"), "{said}");
    let [request] = &home.fake.requests()[..] else { panic!("one request expected") };
    assert_eq!((request.operation.as_str(), request.status), ("AssumeRole", 403));
    assert_eq!(request.params["RoleArn"], AUDIT_ROLE);
    assert!(!request.params.contains_key("SerialNumber") && !request.params.contains_key("TokenCode"));
}
