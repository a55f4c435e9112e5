//! moto's STS: answers in shapes that awsauth's own fake did not decide. It checks neither codes nor signatures.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::client::{Client, script, tool};
use super::home::{MANIFEST, add_key};
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
    drop(sandbox.run(["apply", "--yes"]).ok());
    add_key(&sandbox, "main");
    drop(sandbox.run(["login", "main", "prod", "--token-code", "123456"]).ok());
    for name in ["main", "prod"] {
        let document = sandbox.run(["credential-process", name]).ok().json();
        assert_eq!(document["Version"], 1);
        assert_ne!(document["AccessKeyId"], KEY_ID, "{name}");
        assert!(document["SessionToken"].is_string() && document["Expiration"].is_string(), "{name}");
    }
    let answer = Client::Boto3.ask(&sandbox, "prod").ok();
    assert!(answer.stdout.starts_with("arn:aws:sts::444455556666:assumed-role/Admin/"), "{answer:?}");
}
