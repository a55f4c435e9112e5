//! Owns `awsauth mfa policy`: the policy by which users manage their own devices, and the question whether one is in force.

use clap::builder::PossibleValuesParser;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::names_of_users;
use crate::cli::exit::Exit;
use crate::cli::explain::iam::SignedBy;
use crate::cli::mfa::user::{DeviceUser, service};
use crate::cli::ui::failure::Failure;
use crate::flow::{Operation, Problem};
use crate::model::Partition;

/// After AWS's documented self-manage policies (aws-facts §11).
const POLICY: &str = include_str!("policy.json");

/// Print an IAM policy that demands MFA and lets users manage their own
///
/// With it, a user makes and enables a device with the access key alone, and everything else is denied until MFA is present.
/// Attach it to a group of users. Four traps:
///
/// `BoolIfExists` is on purpose. A request with an access key has no `aws:MultiFactorAuthPresent` at all, and a plain `Bool`
/// would let it through.
///
/// `DeleteVirtualMFADevice` needs MFA. Who breaks off an enrolment takes another device name, or has the device deleted.
///
/// Devices have any name (`mfa/*`). An older policy with `mfa/${aws:username}` allows one device, named like the user, without
/// a path.
///
/// A user who must set a password at the first sign-in can't: add iam:ChangePassword and iam:GetAccountPasswordPolicy to
/// `NotAction`, which allows both without MFA, or give users no such password.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth mfa policy > policy.json
  awsauth mfa policy --partition aws-cn
  awsauth mfa policy --check main")]
pub(super) struct Args {
    /// Profile in whose partition of AWS the policy will be
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_of_users))]
    name: Option<String>,
    /// Partition of AWS [default: that of NAME, else aws]
    #[arg(long, value_name = "PARTITION", conflicts_with = "name", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(Partition::ALL.map(Partition::as_str)))]
    partition: Option<String>,
    /// Ask IAM whether the user of this profile is under such a policy
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "partition"])]
    #[arg(add = clap_complete::ArgValueCandidates::new(names_of_users))]
    check: Option<String>,
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    if let Some(name) = &args.check {
        return check(name, app);
    }
    let partition = match (&args.name, &args.partition) {
        (Some(name), _) => partition_of(name, app)?,
        (None, Some(partition)) => partition.clone(),
        (None, None) => Partition::ALL[0].as_str().to_owned(),
    };
    app.out.data(&POLICY.replace("arn:aws:", &format!("arn:{partition}:")))?;
    Ok(Exit::Done)
}

fn partition_of(name: &str, app: App<'_>) -> Result<String, Failure> {
    let service = service(app)?;
    let region = service.chain(name)?.base().sts_region();
    Ok(Partition::of_region(region).as_str().to_owned())
}

/// What IAM answers to a harmless call that such a policy denies without MFA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum PolicyAnswer {
    Allowed,
    /// Explicitly.
    Denied,
    /// No policy allows it.
    NoPermission,
}

#[derive(Serialize)]
struct CheckedJson<'a> {
    profile: &'a str,
    user: &'a str,
    without_mfa: PolicyAnswer,
    /// None without an MFA session.
    with_mfa: Option<PolicyAnswer>,
    /// None if the answers do not tell.
    demands_mfa: Option<bool>,
}

fn check(name: &str, app: App<'_>) -> Result<Exit, Failure> {
    let service = service(app)?;
    let mut user = DeviceUser::find(name, &service, app)?;
    service.manifest.warn_of_errors();
    let without_mfa = ask(&user)?;
    user.with_kept_mfa()?;
    let with_mfa = if user.caller.signed_by == SignedBy::Session { Some(ask(&user)?) } else { None };
    let demands_mfa = match (without_mfa, with_mfa) {
        (PolicyAnswer::Allowed, _) | (PolicyAnswer::Denied, Some(PolicyAnswer::Denied)) => Some(false),
        (PolicyAnswer::Denied, _) => Some(true),
        (PolicyAnswer::NoPermission, _) => None,
    };
    if app.out.json {
        let (profile, user) = (name, user.name.as_str());
        app.out.document(CheckedJson { profile, user, without_mfa, with_mfa, demands_mfa })?;
    } else {
        app.out.say(&words(&user.name, without_mfa, with_mfa, name));
    }
    Ok(if demands_mfa == Some(true) { Exit::Done } else { Exit::Different })
}

fn ask(user: &DeviceUser<'_>) -> Result<PolicyAnswer, Failure> {
    let call = user.aws().list_access_keys(user.caller.signer(), &user.name);
    match user.try_call(Operation::ListAccessKeys, call)? {
        Ok(_) => Ok(PolicyAnswer::Allowed),
        Err(error) => match error.problem {
            Problem::ExplicitDeny => Ok(PolicyAnswer::Denied),
            Problem::NoPermission | Problem::NotAllowed => Ok(PolicyAnswer::NoPermission),
            _ => Err(user.refused(&error)),
        },
    }
}

fn words(user: &str, without_mfa: PolicyAnswer, with_mfa: Option<PolicyAnswer>, name: &str) -> String {
    let words = match (without_mfa, with_mfa) {
        (PolicyAnswer::Allowed, _) => {
            "may list access keys without MFA: no policy demands it; `awsauth mfa policy` prints one".to_owned()
        }
        (PolicyAnswer::Denied, Some(PolicyAnswer::Allowed)) => {
            "may list access keys with MFA, and is denied it without: a policy demands MFA".to_owned()
        }
        (PolicyAnswer::Denied, None) => format!(
            "is denied listing access keys without MFA: a policy seems to demand it; log in with `awsauth login {name}` \
             and check again to see that MFA helps"
        ),
        (PolicyAnswer::Denied, Some(_)) => {
            "is denied listing access keys with MFA too: that deny is about something else".to_owned()
        }
        (PolicyAnswer::NoPermission, _) => {
            "has no permission to list access keys at all, so this does not show whether MFA is demanded".to_owned()
        }
    };
    format!("{user} {words}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn actions(statement: &Value, key: &str) -> Vec<String> {
        match &statement[key] {
            Value::String(one) => vec![one.clone()],
            Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_awsauth_calls_is_allowed_and_without_mfa_only_what_makes_a_device() {
        use Operation::*;
        let policy: Value = serde_json::from_str(POLICY).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let allowed: Vec<String> = statements.iter().flat_map(|statement| actions(statement, "Action")).collect();
        let free: Vec<String> = statements.iter().flat_map(|statement| actions(statement, "NotAction")).collect();
        let before_mfa =
            [CreateVirtualMFADevice, EnableMFADevice, ListMFADevices, ListVirtualMFADevices, ResyncMFADevice];
        let after_mfa = [
            CreateAccessKey,
            ListAccessKeys,
            UpdateAccessKey,
            DeleteAccessKey,
            GetAccessKeyLastUsed,
            DeactivateMFADevice,
            DeleteVirtualMFADevice,
        ];
        for operation in before_mfa.into_iter().chain(after_mfa) {
            let action = format!("iam:{operation}");
            assert!(allowed.contains(&action), "{action}");
            assert_eq!(free.contains(&action), before_mfa.contains(&operation), "{action}");
        }
        // IAM's limit for a managed policy, without blanks.
        assert!(POLICY.split_whitespace().map(str::len).sum::<usize>() < 6144);
    }
}
