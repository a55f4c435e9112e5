//! `use` in a real bash: every reader signs as the profile by its name alone and goes on with the next session, or by keys.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::home::Variant;
use super::{AUDIT, Client, Home, IDENTITIES};
use crate::scene::session_file;
use crate::support::sandbox::Run;

/// How long anything here may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// A client in a shell that is set to a profile, and that had other keys before. It asks again for each line of stdin.
fn command(home: &Home, client: Client, profile: &str) -> Command {
    let mut command = home.sandbox.program_beside_awsauth("/bin/bash".as_ref());
    let again = if client == Client::AwsCli { "while read -r line; do \"$@\"; done" } else { "" };
    let script = format!(
        "export AWS_ACCESS_KEY_ID=AKIAOTHER AWS_SECRET_ACCESS_KEY=other AWS_DEFAULT_PROFILE=base
         eval \"$(awsauth hook bash)\" && awsauth use {profile} && \"$@\"
         {again}"
    );
    command.args(["--norc", "--noprofile", "-c", &script, "bash"]).args(client.words());
    command.env("READER_REPEATS", "1");
    command
}

/// The key that signed the last question, which must have been accepted.
fn signer(home: &Home) -> String {
    assert_eq!(home.fake.unexpected().len(), 0, "{:#?}", home.fake.unexpected());
    let last = home.fake.requests().into_iter().rfind(|request| request.operation == "GetCallerIdentity").unwrap();
    assert_eq!(last.status, 200);
    last.access_key_id.expect("GetCallerIdentity must be signed")
}

/// Lets the kept session of `prod` be over.
fn expire(home: &Home) {
    let file = session_file("prod");
    let mut session: serde_json::Value = serde_json::from_str(&home.sandbox.read(&file)).unwrap();
    let ago = |minutes| (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes)).to_string();
    (session["obtained_at"], session["expiration"]) = (ago(61).into(), ago(1).into());
    home.sandbox.write(&file, session.to_string());
}

fn goes_on(variant: Variant, client: Client) {
    let home = Home::ready(variant);
    // So little that they ask before every call, as they do when an hour is over.
    home.fake.world().set_session_lifetime(Some(200));
    expire(&home);
    let mut command = command(&home, client, "prod");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let expected = IDENTITIES.iter().find(|expected| expected.profile == "prod").unwrap();
    assert!(lines.next().is_some_and(|arn| arn.starts_with(expected.arn)), "{client:?} {variant:?}");
    let first = signer(&home);
    expire(&home);
    home.fake.clear();
    let mut stdin = child.stdin.take().unwrap();
    let is_next = (0..100).any(|_| {
        // JavaScript signs with the old session until it has the new one.
        stdin.write_all(b"\n").unwrap();
        assert!(lines.next().is_some_and(|arn| arn.starts_with(expected.arn)), "{client:?} {variant:?}");
        assert!(home.fake.wait_for("AssumeRole", 1, PATIENCE), "{client:?} {variant:?}");
        signer(&home) != first
    });
    assert!(is_next, "{client:?} {variant:?}");
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{client:?} {variant:?}");
}

#[test]
fn by_the_name_every_reader_signs_natively_and_goes_on_with_the_next_session() {
    for client in Client::ALL {
        goes_on(Variant::Native, client);
    }
}

#[test]
fn by_the_name_every_reader_signs_through_credential_process_and_goes_on_with_the_next_session() {
    for client in Client::ALL {
        goes_on(Variant::Process, client);
    }
}

#[test]
fn a_role_that_not_every_reader_can_assume_signs_by_the_keys_of_its_session() {
    let home = Home::ready(Variant::Native);
    let session: serde_json::Value = serde_json::from_str(&home.sandbox.read(&session_file("audit"))).unwrap();
    for client in Client::ALL {
        home.fake.clear();
        let run = Run::from(command(&home, client, "audit").stdin(Stdio::null()).output().unwrap()).ok();
        assert!(run.stdout.starts_with(AUDIT.arn), "{client:?}: {}", run.stdout);
        assert_eq!(session["access_key_id"], signer(&home), "{client:?}");
        assert_eq!(home.fake.operations(), ["GetCallerIdentity"], "{client:?}");
    }
}
