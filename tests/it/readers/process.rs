//! Profiles written with `credential_process = true`: every reader works for every pattern.

use super::client::tool;
use super::home::Variant;
use super::{AUDIT, Client, Home, IDENTITIES, identify};
#[cfg(unix)]
use crate::pty::Terminal;
use crate::support::fake_aws::standard::MFA_SERIAL;
use crate::support::sandbox::Run;

/// The access key that awsauth hands out for a profile.
fn handed_out(home: &Home, profile: &str) -> String {
    let document = home.sandbox.run(["credential-process", profile]).ok().json();
    document["AccessKeyId"].as_str().unwrap().to_owned()
}

/// Every profile: no call but the one that was asked for, signed with the session that the login left.
fn signs_by_process(client: Client) {
    let home = Home::ready(Variant::Process);
    assert!(!home.sandbox.read(".aws/config").contains("role_arn"), "one profile has one mechanism");
    for expected in IDENTITIES.into_iter().chain([AUDIT]) {
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
    home.sandbox.run(["logout", "prod", "main"]).ok();
    home.fake.clear();
    for client in [Client::AwsCli, Client::Boto3] {
        let answer = client.ask(&home.sandbox, "prod");
        assert_ne!(answer.code, Some(0), "{client:?}: {}", answer.stdout);
        assert!(answer.stderr.contains("run awsauth login prod"), "{client:?}: {}", answer.stderr);
    }
    // These keep the words of a process that fails to themselves.
    for client in [Client::JavaScript, Client::Rust] {
        client.ask(&home.sandbox, "prod").exits(1);
    }
    assert_eq!(home.fake.operations(), [""; 0]);
}

/// The identity of a profile.
fn expected(profile: &str) -> super::Expected {
    *IDENTITIES.iter().find(|expected| expected.profile == profile).unwrap()
}

#[test]
fn every_reader_gets_what_is_renewed_without_a_person() {
    let home = Home::ready(Variant::Process);
    for client in Client::ALL {
        for (profile, calls) in [
            ("prod", &["AssumeRole"][..]),
            ("read", &["GetRoleCredentials"]),
            ("jump", &["GetRoleCredentials", "AssumeRole"]),
        ] {
            if profile == "jump" {
                home.expire("read");
            }
            home.expire(profile);
            let (operations, signer) = identify(&home, client, expected(profile));
            assert_eq!(operations, [calls, &["GetCallerIdentity"]].concat(), "{client:?} as {profile}");
            assert_eq!(signer, handed_out(&home, profile), "{client:?} as {profile}");
        }
    }
}

/// Debian's AWS CLI v2, asked for the credentials themselves, since it can't be sent to a fake AWS.
fn export(home: &Home, profile: &str) -> Run {
    let mut command = home.sandbox.program(&tool("AWSAUTH_TEST_AWS_CLI_V2"));
    command.args(["configure", "export-credentials", "--profile", profile]).output().unwrap().into()
}

#[test]
fn aws_cli_v2_takes_credentials_and_tells_what_to_run_when_the_session_is_gone() {
    let home = Home::ready(Variant::Process);
    home.expire("prod");
    assert_eq!(export(&home, "prod").ok().json()["AccessKeyId"], handed_out(&home, "prod"));
    home.sandbox.run(["logout", "prod", "main"]).ok();
    let run = export(&home, "prod").exits(253);
    assert!(run.stderr.contains("prod: not logged in; run awsauth login prod"), "{}", run.stderr);
}

#[test]
fn an_mfa_process_that_leads_back_through_aws_profile_ends_and_aws_cli_says_why() {
    let home = Home::ready(Variant::Process);
    home.sandbox.run(["logout", "prod", "main"]).ok();
    home.fake.clear();
    let script = format!("{} sts get-caller-identity 2>back", tool("AWSAUTH_TEST_AWS_CLI_V1").display());
    home.sandbox.write(
        ".config/awsauth/profiles.local.toml",
        format!("[settings]\nmfa_process = [\"sh\", \"-c\", \"{script}\"]\n"),
    );
    for profile in ["main", "prod"] {
        let mut command = home.sandbox.command(["login", "prod"]);
        let run: Run = command.env("AWS_PROFILE", profile).output().unwrap().into();
        assert!(run.exits(5).stderr.contains("`sh` ended with exit code 255"));
        let words = format!("{profile}: mfa_process leads back to awsauth, for which it is to get the code of main");
        assert!(home.sandbox.read("back").contains(&words), "{}", home.sandbox.read("back"));
    }
    assert_eq!(home.fake.operations(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn every_reader_waits_for_the_person_at_the_terminal() {
    let home = Home::ready(Variant::Process);
    home.sandbox.write(".config/awsauth/profiles.local.toml", "[settings]\nprompt = \"tty\"\n");
    for client in Client::ALL {
        home.sandbox.run(["logout", "prod", "main"]).ok();
        home.fake.clear();
        let command = client.ask_in_shell(&home.sandbox, "prod");
        let mut session = Terminal::runs(command);
        session
            .exp_string("awsauth: MFA code for arn:aws:iam::111122223333:mfa/alice (six digits, for main): ")
            .unwrap();
        session.types(&format!("{}\r", home.fake.world().next_code(MFA_SERIAL)));
        session.exp_string("ended with 0").unwrap();
        assert!(home.sandbox.read("out").starts_with(expected("prod").arn), "{client:?}");
        assert_eq!(home.fake.operations(), ["GetSessionToken", "AssumeRole", "GetCallerIdentity"], "{client:?}");
        session.exp_eof().unwrap();
    }
}
