//! moto's STS and IAM: answers in shapes that awsauth's own fake did not decide. It checks neither codes nor signatures.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};

use super::client::{Client, script, tool};
use super::home::{MANIFEST, add_key};
use crate::mfa::OWN;
use crate::mfa::terminal::{App, Person, decoded_png};
use crate::support::fake_aws::standard::KEY_ID;
use crate::support::sandbox::Sandbox;

/// A moto server, which ends with its standard input.
struct Moto {
    server: Child,
    url: String,
}

impl Moto {
    fn start() -> Self {
        let mut command = Command::new(tool("AWSAUTH_TEST_PYTHON"));
        command.arg(script("moto_server.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let url = lines.map_while(Result::ok).find(|line| line.starts_with("http://"));
        Self { server, url: url.expect("moto must start; is it in the venv of `tests/run`?") }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        drop(self.server.wait());
    }
}

#[test]
fn motos_answers_make_sessions_too() {
    let moto = Moto::start();
    let sandbox = Sandbox::new()
        .env("AWS_ENDPOINT_URL", &moto.url)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("NO_PROXY", "127.0.0.1");
    sandbox.manifest(MANIFEST);
    sandbox.run(["apply", "--yes"]).ok();
    add_key(&sandbox, "main");
    sandbox.run(["login", "main", "prod", "--token-code", "123456"]).ok();
    for name in ["main", "prod"] {
        let document = sandbox.run(["credential-process", name]).ok().json();
        assert_eq!(document["Version"], 1);
        assert_ne!(document["AccessKeyId"], KEY_ID, "{name}");
        assert!(document["SessionToken"].is_string() && document["Expiration"].is_string(), "{name}");
    }
    let answer = Client::Boto3.ask(&sandbox, "prod").ok();
    assert!(answer.stdout.starts_with("arn:aws:sts::444455556666:assumed-role/Admin/"), "{answer:?}");
}

/// Asks moto's IAM, which checks neither signatures nor permissions.
fn iam(moto: &Moto) -> aws_sdk_iam::Client {
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&moto.url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new("AKIAADMINISTRATOR000", "x", None, None, "test"));
    aws_sdk_iam::Client::from_conf(config.build())
}

fn run<F: Future>(call: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(call)
}

/// A HOME for alice, a user of moto's with a key and no device.
fn home_of_alice(moto: &Moto) -> Sandbox {
    let iam = iam(moto);
    run(iam.create_user().user_name("alice").send()).unwrap();
    let key = run(iam.create_access_key().user_name("alice").send()).unwrap().access_key.unwrap();
    let home = Sandbox::new()
        .env("AWS_ENDPOINT_URL", &moto.url)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("NO_PROXY", "127.0.0.1");
    home.manifest(
        "[required_vars]\ndevice = \"your MFA device\"\n\n[profiles.main]\npattern = \"iam-mfa\"\n\
         mfa_serial = \"${device}\"\nregion = \"us-east-1\"\n",
    );
    let input = format!("{} {}", key.access_key_id, key.secret_access_key);
    home.write(OWN, "[vars]\ndevice = \"GAHT12345678\"\n");
    home.run_with_input(["keys", "add", "main"], &input).ok();
    home.write(OWN, "");
    home
}

#[test]
fn a_device_of_motos_iam_is_scanned_off_the_screen_and_logs_in() {
    let moto = Moto::start();
    let home = home_of_alice(&moto);
    let mut person = Person::runs_in(&home, "mfa enroll main --qr-file code.png", 80);
    person.sees("MFA code of alice:").sees("> ");
    let uri = person.scans(0);
    assert_eq!(decoded_png(&std::fs::read(home.path("code.png")).unwrap()), uri);
    let app = App::scanned(&uri);
    person.answers("", &app.code(0)).answers("The next code of alice:", &app.code(1)).ends_with(0);
    assert_eq!(home.read(OWN), "[vars]\ndevice = \"arn:aws:iam::123456789012:mfa/alice\"\n");
    let listed = home.run(["mfa", "list", "--json"]).ok().json();
    assert_eq!(listed["devices"][0]["mfa_serial"], "arn:aws:iam::123456789012:mfa/alice");
    home.run(["login", "main", "--token-code", &app.code(2)]).ok();
    assert!(home.run(["credential-process", "main"]).ok().json()["SessionToken"].is_string());
    home.run(["mfa", "remove", "main", "--yes"]).ok();
    assert!(run(iam(&moto).list_mfa_devices().user_name("alice").send()).unwrap().mfa_devices().is_empty());
}

#[test]
fn motos_iam_takes_the_policy_of_each_partition() {
    let moto = Moto::start();
    let home = Sandbox::new();
    for (number, partition) in ["aws", "aws-cn", "aws-us-gov"].into_iter().enumerate() {
        let policy = home.run(["mfa", "policy", "--partition", partition]).ok().stdout;
        let call = iam(&moto).create_policy().policy_name(format!("mfa-{number}")).policy_document(policy);
        run(call.send()).unwrap();
    }
    let broken = home.run(["mfa", "policy"]).ok().stdout.replace("\"Deny\"", "\"Refuse\"");
    let refused = run(iam(&moto).create_policy().policy_name("broken").policy_document(broken).send());
    assert!(refused.is_err(), "moto checks nothing");
}
