//! `use` in a real bash: every reader signs as the profile by its name alone and goes on with the next session, or by keys.

use std::process::{Command, Stdio};

use super::home::Variant;
use super::{AUDIT, Client, Home, goes_on};
use crate::scene::session;
use crate::support::sandbox::Run;

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

fn goes_on_by_name(variant: Variant, client: Client) {
    let home = Home::ready(variant);
    // So little that they ask before every call, as they do when an hour is over.
    home.fake.world().set_session_lifetime(Some(200));
    home.expire("prod");
    goes_on(command(&home, client, "prod"), &home, &format!("{client:?} {variant:?}"));
}

#[test]
fn by_the_name_every_reader_signs_natively_and_goes_on_with_the_next_session() {
    for client in Client::ALL {
        goes_on_by_name(Variant::Native, client);
    }
}

#[test]
fn by_the_name_every_reader_signs_through_credential_process_and_goes_on_with_the_next_session() {
    for client in Client::ALL {
        goes_on_by_name(Variant::Process, client);
    }
}

#[test]
fn a_role_that_not_every_reader_can_assume_signs_by_the_keys_of_its_session() {
    let home = Home::ready(Variant::Native);
    let session = session(&home.sandbox, "audit");
    for client in Client::ALL {
        home.fake.clear();
        let run = Run::from(command(&home, client, "audit").stdin(Stdio::null()).output().unwrap()).ok();
        assert!(run.stdout.starts_with(AUDIT.arn), "{client:?}: {}", run.stdout);
        assert_eq!(session["access_key_id"], home.signer(), "{client:?}");
        assert_eq!(home.fake.operations(), ["GetCallerIdentity"], "{client:?}");
    }
}
