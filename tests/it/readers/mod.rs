//! Real readers: AWS CLI, boto3, the JavaScript SDK and Rust's `aws-config` read what awsauth wrote, and sign.
//!
//! `tests/run` installs them and says in the environment where they are. A missing one fails its tests: a reader that
//! nobody ran proves nothing.

pub(crate) mod client;
mod edits;
mod external;
pub(crate) mod home;
mod import;
mod login_session;
mod moto;
mod native;
mod process;
mod reading;
mod server;
mod team;
mod tokens;
mod used;
mod verdicts;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use client::Client;
use home::Home;

use crate::support::sandbox::Run;

/// Who a profile must turn out to be: the beginning of the ARN that `GetCallerIdentity` returns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// The profile.
    pub(crate) profile: &'static str,
    /// The ARN up to the session's name, which is the client's own affair.
    pub(crate) arn: &'static str,
}

/// Who `prod` is.
pub(crate) const PROD: &str = "arn:aws:sts::444455556666:assumed-role/Admin/";

/// The profiles of `home.toml` but `audit`, with their identities.
pub(crate) const IDENTITIES: [Expected; 6] = [
    Expected { profile: "main", arn: "arn:aws:iam::111122223333:user/alice" },
    Expected { profile: "base", arn: "arn:aws:iam::111122223333:user/alice" },
    Expected { profile: "prod", arn: PROD },
    Expected { profile: "read", arn: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_ReadOnly_" },
    Expected { profile: "legacy", arn: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_ReadOnly_" },
    Expected { profile: "jump", arn: "arn:aws:sts::999900001111:assumed-role/Deploy/" },
];

/// The role with an `mfa_serial` of its own, of which clients think differently.
pub(crate) const AUDIT: Expected = Expected { profile: "audit", arn: "arn:aws:sts::777788889999:assumed-role/Audit/" };

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a client that asks who it is once, and again for each line of stdin. It must be `prod`, and sign with the next session when
/// the first has ended. Returns the operations of its first question.
fn goes_on(mut command: Command, home: &Home, name: &str) -> Vec<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut is_prod = || lines.next().is_some_and(|arn| arn.starts_with(PROD));
    home.fake.clear();
    assert!(is_prod(), "{name}");
    let (first, operations) = (home.signer(), home.fake.operations());
    home.expire("prod");
    home.fake.clear();
    let mut stdin = child.stdin.take().unwrap();
    let begin = Instant::now();
    let mut is_next = false;
    while !is_next && begin.elapsed() < PATIENCE {
        // JavaScript signs with the old session until it has the new one.
        stdin.write_all(b"\n").unwrap();
        assert!(is_prod(), "{name}");
        assert!(home.fake.wait_for("AssumeRole", 1, PATIENCE), "{name}");
        is_next = home.signer() != first;
    }
    assert!(is_next, "{name}");
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{name}");
    operations
}

/// Lets `client` ask who `expected.profile` is. Returns the operations that the fake saw; the last is
/// `GetCallerIdentity`, accepted, and signed with the key that is also returned.
fn identify(home: &Home, client: Client, expected: Expected) -> (Vec<String>, String) {
    home.fake.clear();
    let Run { code, stdout, stderr } = client.ask(&home.sandbox, expected.profile);
    let name = format!("{client:?} as {}", expected.profile);
    assert_eq!(code, Some(0), "{name}: {stderr}\n{:#?}", home.fake.requests());
    assert_eq!(stdout.lines().count(), 1, "{name}: {stdout}");
    assert!(stdout.starts_with(expected.arn), "{name}: {stdout}");
    let requests = home.fake.requests();
    let last = requests.last().expect("the client must have called");
    assert_eq!((last.operation.as_str(), last.status), ("GetCallerIdentity", 200), "{name}");
    assert_eq!(home.fake.unexpected().len(), 0, "{name}: {:#?}", home.fake.unexpected());
    (home.fake.operations(), last.access_key_id.clone().expect("GetCallerIdentity must be signed"))
}
