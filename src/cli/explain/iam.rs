//! Owns the hints for calls to IAM, and for `GetCallerIdentity`, that AWS refused.

use crate::cli::exit::Exit;
use crate::cli::explain::aws::{next_code, with_facts};
use crate::cli::ui::failure::Failure;
use crate::flow::{CallError, Operation, Problem};
use crate::model::{Catalog, Pattern, Profile};
use crate::provider::ProviderError;

/// The credentials that signed a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignedBy {
    /// The stored long-term key of the profile.
    Key,
    /// The profile's MFA session.
    Session,
    /// A long-term key that is not stored yet.
    NewKey,
}

/// The failure of a call for `profile`.
pub(crate) fn refused(call: &CallError, profile: &Profile, signed_by: SignedBy, catalog: &Catalog) -> Failure {
    let error = ProviderError::Call { profile: profile.name.clone(), call: Box::new(call.clone()) };
    match hint(call, profile, signed_by) {
        Some(hint) => {
            let failure = with_facts(Failure::of(exit(call.problem), &error), call);
            let failure = failure.hint(hint).detail("profile", profile.name.as_str());
            if call.problem == Problem::WrongCode { next_code(failure, call.clock_skew) } else { failure }
        }
        None => super::provider(&error, profile.name.as_str(), catalog),
    }
}

fn exit(problem: Problem) -> Exit {
    match problem {
        _ if problem.is_transient() => Exit::Unavailable,
        Problem::LimitExceeded | Problem::AlreadyExists | Problem::InUse | Problem::NotFound => Exit::Refused,
        _ => Exit::Login,
    }
}

/// None for problems that are the same for every service.
fn hint(call: &CallError, profile: &Profile, signed_by: SignedBy) -> Option<String> {
    let (name, is_about_device) = (&profile.name, call.operation.is_about_device());
    let hint = match call.problem {
        Problem::UnknownKey | Problem::WrongSecret => signer(call.problem, profile, signed_by),
        Problem::ExpiredSession => format!("log in again: `awsauth login {name} --force`"),
        Problem::ExplicitDeny => denied(profile, signed_by),
        Problem::NotAllowed | Problem::NoPermission => {
            let service = if call.operation.is_sts() { "sts" } else { "iam" };
            format!(
                "the user has no permission for `{service}:{}`: ask whoever manages IAM in the account",
                call.operation
            )
        }
        Problem::LimitExceeded if is_about_device => {
            "a user has eight MFA devices at most: remove one that is not needed".to_owned()
        }
        Problem::LimitExceeded => {
            format!("a user has two access keys at most: `awsauth keys list {name}` shows which one is not used")
        }
        Problem::AlreadyExists if call.operation == Operation::EnableMFADevice => {
            "this device is enabled already".to_owned()
        }
        Problem::AlreadyExists => {
            "a device of this name exists, perhaps since an enrolment was broken off: take another \
                                   name, or have an administrator delete it"
                .to_owned()
        }
        Problem::WrongCode => {
            "AWS wants two codes that the device shows one right after the other, neither of them used before"
                .to_owned()
        }
        Problem::NotFound if is_about_device => {
            "there is no such device: it was removed, or is another user's".to_owned()
        }
        Problem::NotFound => {
            "the user or the key was deleted meanwhile: ask whoever manages IAM in the account".to_owned()
        }
        Problem::InUse => "the device is still a user's: deactivate it first".to_owned(),
        Problem::Unmodifiable => "IAM still carries out an earlier change: try again in a minute".to_owned(),
        _ => return None,
    };
    Some(hint)
}

/// The hint for credentials that AWS does not accept.
fn signer(problem: Problem, profile: &Profile, signed_by: SignedBy) -> String {
    let (name, section) = (&profile.name, profile.long_term_section().unwrap_or(&profile.name));
    match (signed_by, problem) {
        (SignedBy::NewKey, Problem::WrongSecret) => {
            "nothing was stored: the secret does not belong to this access key; copy both again".to_owned()
        }
        (SignedBy::NewKey, _) => {
            "nothing was stored: AWS does not know this access key, or it is inactive; a key that was \
                                  just made works after some seconds"
                .to_owned()
        }
        (SignedBy::Session, _) => {
            format!("AWS does not accept the session any more, or its key is inactive: `awsauth login {name} --force`")
        }
        (SignedBy::Key, Problem::WrongSecret) => format!(
            "the secret that is stored for [{section}] does not belong to its access key; `awsauth keys add {name} \
             --force` replaces both"
        ),
        (SignedBy::Key, _) => format!(
            "AWS does not know the access key that is stored for [{section}]: it was deleted or deactivated; `awsauth \
             keys add {name} --force` replaces it"
        ),
    }
}

fn denied(profile: &Profile, signed_by: SignedBy) -> String {
    let name = &profile.name;
    match (signed_by, profile.pattern()) {
        (SignedBy::Session, _) => {
            "an explicit deny overrides every allow: ask whoever manages IAM in the account".to_owned()
        }
        (_, Pattern::IamMfa) => {
            format!("the user's policy may demand MFA for this: `awsauth login {name}`, then try again")
        }
        _ => format!(
            "the user's policy may demand MFA for this: a profile with the pattern `iam-mfa`, and with \
             `long_term_profile = \"{name}\"`, logs in with a code and the same key"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::ErrorResponse;
    use crate::model::{Kind, MfaSerial, ProfileName};

    /// The hints for AWS's answer `code` to a call for the key of a profile, and the exit code.
    fn told(operation: Operation, code: &str, message: &str, signed_by: SignedBy, profile: &Profile) -> (String, Exit) {
        let answer = ErrorResponse { status: 403, code: Some(code), message, ..ErrorResponse::default() };
        let call = CallError::from_response(operation, answer);
        let failure = refused(&call, profile, signed_by, &Catalog::default());
        (failure.hints().join("; "), failure.exit)
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        use Operation::{
            CreateAccessKey, CreateVirtualMFADevice, DeleteAccessKey, DeleteVirtualMFADevice, EnableMFADevice,
            GetCallerIdentity,
        };
        let (base, mut wrong) = (Profile::bare("base", Kind::Iam), Vec::new());
        let deny = "User: u is not authorized to perform: x with an explicit deny in an identity-based policy";
        for (operation, code, message, signed_by, words, exit) in [
            (CreateAccessKey, "LimitExceeded", "", SignedBy::Key, "`awsauth keys list base`", Exit::Refused),
            (EnableMFADevice, "LimitExceeded", "", SignedBy::Key, "eight MFA devices", Exit::Refused),
            (CreateVirtualMFADevice, "EntityAlreadyExists", "", SignedBy::Key, "take another name", Exit::Refused),
            (EnableMFADevice, "EntityAlreadyExists", "", SignedBy::Key, "enabled already", Exit::Refused),
            (EnableMFADevice, "InvalidAuthenticationCode", "", SignedBy::Key, "one right after the other", Exit::Login),
            (EnableMFADevice, "NoSuchEntity", "", SignedBy::Key, "no such device", Exit::Refused),
            (DeleteVirtualMFADevice, "DeleteConflict", "", SignedBy::Key, "deactivate it first", Exit::Refused),
            (EnableMFADevice, "EntityTemporarilyUnmodifiable", "", SignedBy::Key, "in a minute", Exit::Unavailable),
            (CreateAccessKey, "AccessDenied", deny, SignedBy::Key, "`long_term_profile = \"base\"`", Exit::Login),
            (CreateAccessKey, "AccessDenied", deny, SignedBy::Session, "overrides every allow", Exit::Login),
            (CreateAccessKey, "AccessDenied", "", SignedBy::Key, "`iam:CreateAccessKey`", Exit::Login),
            (GetCallerIdentity, "AccessDenied", "", SignedBy::Key, "`sts:GetCallerIdentity`", Exit::Login),
            (CreateAccessKey, "InvalidClientTokenId", "", SignedBy::Session, "login base --force", Exit::Login),
            (CreateAccessKey, "InvalidClientTokenId", "", SignedBy::Key, "it was deleted or deactivated", Exit::Login),
            (CreateAccessKey, "InvalidClientTokenId", "", SignedBy::NewKey, "works after some seconds", Exit::Login),
            (CreateAccessKey, "SignatureDoesNotMatch", "", SignedBy::Key, "replaces both", Exit::Login),
            (CreateAccessKey, "SignatureDoesNotMatch", "", SignedBy::NewKey, "copy both again", Exit::Login),
            (CreateAccessKey, "ExpiredToken", "", SignedBy::Session, "log in again: `awsauth login base", Exit::Login),
            (DeleteAccessKey, "NoSuchEntity", "", SignedBy::Key, "was deleted meanwhile", Exit::Refused),
            (CreateAccessKey, "Throttling", "", SignedBy::Key, "try again", Exit::Unavailable),
        ] {
            let (hints, found) = told(operation, code, message, signed_by, &base);
            if !hints.contains(words) || found != exit {
                wrong.push(format!("{operation} {code} {signed_by:?}: {hints} {found:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        let mfa_serial = MfaSerial::new("GAHT12345678").unwrap();
        let long_term_profile = ProfileName::new("main-long-term").unwrap();
        let main = Profile::bare("main", Kind::IamMfa { mfa_serial, long_term_profile, duration: None });
        let (hints, _) = told(CreateAccessKey, "AccessDenied", deny, SignedBy::Key, &main);
        assert!(hints.contains("may demand MFA for this: `awsauth login main`"), "{hints}");
    }
}
