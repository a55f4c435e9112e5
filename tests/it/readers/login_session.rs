//! Console sign-ins: one that awsauth made serves AWS's tools, and one of AWS CLI's serves awsauth; each refreshes the other's.

use super::client::{Client, script, tool};
use super::home::Variant;
use super::{Expected, Home, identify};
use crate::browser::Waiting;
use crate::login::sign_in::{FILE, MANIFEST};
use crate::support::fake_aws::FakeAws;
use crate::support::sandbox::Sandbox;

const ME: Expected = Expected { profile: "me", arn: "arn:aws:iam::111122223333:user/alice" };
const BATCH: Expected = Expected { profile: "batch", arn: "arn:aws:sts::444455556666:assumed-role/Batch/" };
/// Rust's `aws-config` has sign-ins only with a feature that is off by default (aws-facts §13.3).
const READERS: [Client; 3] = [Client::Boto3, Client::AwsCli, Client::JavaScript];

/// A home with the manifest applied, in which nobody has signed in.
fn signed_out(variant: Variant) -> Home {
    let fake = FakeAws::start_standard();
    let crt = tool("AWSAUTH_TEST_AWSCRT");
    let sandbox = Sandbox::with_aws(&fake).env("PYTHONPATH", crt.to_str().unwrap());
    sandbox.manifest(&match variant {
        Variant::Native => MANIFEST.to_owned(),
        Variant::Process => MANIFEST.replace("[defaults]", "[defaults]\ncredential_process = true"),
    });
    sandbox.run(["apply", "--yes"]).ok();
    Home { fake, sandbox }
}

fn sign_in(home: &Home) {
    let waiting = Waiting::start(&home.sandbox, &["login", "me"]);
    assert_eq!(waiting.browse().status, 200);
    waiting.end().ok();
}

/// Signs in as `aws login` does.
fn sign_in_as_aws_cli(home: &Home) {
    let mut command = home.sandbox.program(&tool("AWSAUTH_TEST_PYTHON"));
    let output = command.arg(script("console_sign_in.py")).args([&home.fake.url(), "eu-west-1"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Lets the credentials have four minutes left, with which everybody renews them.
fn let_them_age(home: &Home) {
    let mut file: serde_json::Value = serde_json::from_str(&home.sandbox.read(FILE)).unwrap();
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(4);
    file["accessToken"]["expiresAt"] = soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
    home.sandbox.write(FILE, file.to_string());
}

/// What awsauth gives for `me`, and the calls that it took.
fn awsauth(home: &Home) -> (String, Vec<String>) {
    home.fake.clear();
    let document = home.sandbox.run(["credential-process", "me"]).ok().json();
    (document["AccessKeyId"].as_str().unwrap().to_owned(), home.fake.operations())
}

#[test]
fn a_sign_in_of_awsauths_serves_every_reader_and_roles_over_it() {
    let home = signed_out(Variant::Native);
    sign_in(&home);
    let (key, _) = awsauth(&home);
    for client in READERS {
        let (operations, signer) = identify(&home, client, ME);
        assert_eq!((operations, signer.as_str()), (vec!["GetCallerIdentity".to_owned()], key.as_str()), "{client:?}");
        let (operations, _) = identify(&home, client, BATCH);
        assert_eq!(operations, ["AssumeRole", "GetCallerIdentity"], "{client:?}");
    }
}

#[test]
fn each_reader_refreshes_a_sign_in_of_awsauths_and_awsauth_goes_on_with_what_it_wrote() {
    for client in READERS {
        let home = signed_out(Variant::Native);
        sign_in(&home);
        for _ in 0..2 {
            let_them_age(&home);
            let (operations, refreshed) = identify(&home, client, ME);
            assert_eq!(operations, ["CreateOAuth2Token", "GetCallerIdentity"], "{client:?}");
            let (key, operations) = awsauth(&home);
            assert_eq!((key, operations), (refreshed, Vec::new()), "{client:?}: awsauth takes what was refreshed");
            let_them_age(&home);
            let (key, operations) = awsauth(&home);
            assert_eq!(operations, ["CreateOAuth2Token"], "{client:?}");
            let (operations, signer) = identify(&home, client, ME);
            assert_eq!((operations, signer), (vec!["GetCallerIdentity".to_owned()], key), "{client:?}");
        }
    }
}

#[test]
fn a_sign_in_of_aws_cli_s_serves_awsauth_and_is_refreshed_by_it() {
    let home = signed_out(Variant::Native);
    sign_in_as_aws_cli(&home);
    home.fake.clear();
    let run = home.sandbox.run(["login", "me", "batch"]).ok();
    assert!(!run.stderr.contains("This login needs"), "{}", run.stderr);
    assert_eq!(home.fake.operations(), ["AssumeRole"]);
    let document = home.sandbox.run(["status", "me", "--json"]).ok().json();
    assert_eq!(document["profiles"][0]["state"], "valid");
    let_them_age(&home);
    let (key, operations) = awsauth(&home);
    assert_eq!(operations, ["CreateOAuth2Token"]);
    for client in READERS {
        let (operations, signer) = identify(&home, client, ME);
        assert_eq!((operations, signer.as_str()), (vec!["GetCallerIdentity".to_owned()], key.as_str()), "{client:?}");
    }
    // Signed in once more, by the other tool, into the same file.
    sign_in_as_aws_cli(&home);
    let (second, operations) = awsauth(&home);
    assert!(second != key && operations.is_empty(), "{operations:?}");
    home.sandbox.run(["logout", "--all"]).ok();
    assert!(!home.sandbox.has(FILE), "the manifest has this profile, whoever signed in");
}

#[test]
fn by_credential_process_every_reader_uses_a_sign_in_rust_too() {
    let home = signed_out(Variant::Process);
    sign_in(&home);
    for client in Client::ALL {
        identify(&home, client, ME);
        identify(&home, client, BATCH);
    }
    assert_eq!(home.fake.count("CreateOAuth2Token"), 0);
}
