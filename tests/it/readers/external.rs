//! Roles without MFA, over a key and over sections of the person's own: every reader takes them as awsauth does.

use super::home::add_key;
use super::{Client, Expected, Home, identify};
use crate::scene::CONFIG;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};
use crate::support::fake_aws::{FakeAws, Role};
use crate::support::sandbox::Sandbox;

/// Each role with a name of its own: AWS CLI caches roles by their arguments, not by their source (aws-facts §5).
const MANIFEST: &str = r#"[profiles.base]
pattern = "iam"

[profiles.vendor]
pattern = "external"

[profiles.program]
pattern = "external"

[profiles.plain]
pattern = "role"
source_profile = "base"
role_arn = "arn:aws:iam::444455556666:role/Batch"
role_session_name = "plain"

[profiles.over-vendor]
pattern = "role"
source_profile = "vendor"
role_arn = "arn:aws:iam::444455556666:role/Batch"
role_session_name = "over-vendor"

[profiles.over-program]
pattern = "role"
source_profile = "program"
role_arn = "arn:aws:iam::444455556666:role/Batch"
role_session_name = "over-program"

[profiles.chained]
pattern = "role"
source_profile = "over-vendor"
role_arn = "arn:aws:iam::999900001111:role/Next"
"#;
const NEXT_ROLE: &str = "arn:aws:iam::999900001111:role/Next";
const USER: &str = "arn:aws:iam::111122223333:user/alice";
const BATCH: &str = "arn:aws:sts::444455556666:assumed-role/Batch/";

/// A home in which the sections of other programs stand above awsauth's block.
fn home(defaults: &str) -> Home {
    let fake = FakeAws::start_standard();
    fake.world().add_role(Role::new(NEXT_ROLE).trusting("444455556666"));
    let sandbox = Sandbox::with_aws(&fake);
    let answer = format!(r#"{{"Version": 1, "AccessKeyId": "{KEY_ID}", "SecretAccessKey": "{SECRET_KEY}"}}"#);
    sandbox.write("answer.json", answer);
    let program = format!("/bin/cat {}", sandbox.path("answer.json").display());
    let keys = format!("aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET_KEY}\n");
    let vendor = format!("[profile vendor]\nregion = us-east-1\n{keys}");
    let program = format!("[profile program]\nregion = us-east-1\ncredential_process = {program}\n");
    sandbox.write(CONFIG, format!("{vendor}\n{program}"));
    sandbox.manifest(&format!("[defaults]\nregion = \"us-east-1\"\n{defaults}\n{MANIFEST}"));
    sandbox.run(["apply", "--yes"]).ok();
    add_key(&sandbox, "base");
    Home { fake, sandbox }
}

fn expected() -> [Expected; 7] {
    let next = "arn:aws:sts::999900001111:assumed-role/Next/";
    [
        ("base", USER),
        ("vendor", USER),
        ("program", USER),
        ("plain", BATCH),
        ("over-vendor", BATCH),
        ("over-program", BATCH),
        ("chained", next),
    ]
    .map(|(profile, arn)| Expected { profile, arn })
}

#[test]
fn every_reader_takes_native_roles_over_what_another_program_provides() {
    let home = home("");
    for client in Client::ALL {
        for one in expected() {
            let (mut operations, _) = identify(&home, client, one);
            operations.pop();
            assert!(operations.iter().all(|operation| operation == "AssumeRole"), "{operations:?}");
            assert_eq!(operations.is_empty(), one.arn == USER, "{client:?} as {}", one.profile);
        }
    }
}

#[test]
fn every_reader_gets_such_roles_from_awsauth_too() {
    let home = home("credential_process = true");
    for client in Client::ALL {
        for one in expected() {
            let (_, signer) = identify(&home, client, one);
            let document = home.sandbox.run(["credential-process", one.profile]).ok().json();
            assert_eq!(signer, document["AccessKeyId"], "{client:?} as {}", one.profile);
        }
    }
}
