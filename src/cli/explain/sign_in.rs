//! Owns the hints for console sign-ins (aws-facts §13.4).

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::flow::Problem;
use crate::model::{Catalog, LoginSession, ProfileName};
use crate::provider::ProviderError;

/// The hints for a refused call. `again` is the command that signs in once more.
pub(super) fn hints(problem: Problem, profile: &ProfileName, again: &str) -> Vec<String> {
    match problem {
        Problem::PasswordChanged => vec![format!("the password was changed, which ends the sign-in: run `{again}`")],
        Problem::NoPermission => vec![
            "ask whoever manages IAM in your account for AWS's policy `SignInLocalDevelopmentAccess`: it allows \
             `signin:AuthorizeOAuth2Access` and `signin:CreateOAuth2Token`"
                .to_owned(),
        ],
        _ => vec![
            format!("the sign-in has ended, or its code was used or too old: run `{again}`"),
            format!("if it fails at once each time, check this machine's clock and `region` of [profiles.{profile}]"),
        ],
    }
}

/// The failure if nobody came back from the page of a console sign-in.
pub(super) fn not_signed_in(error: &ProviderError, catalog: &Catalog) -> Option<Failure> {
    let ProviderError::CallbackTimedOut { profile } = error else { return None };
    catalog.get(profile.as_str())?.login_session()?;
    let again = format!("run `awsauth login {profile}` again; with `--flow device` you can sign in on any machine");
    let stale = "if the page showed only \"400\", sign in to the console in that browser first, or clear its cookies";
    Some(Failure::of(Exit::Login, error).hint(again).hint(stale))
}

/// The failure of a sign-in that only the person can mend.
pub(super) fn failure(error: &ProviderError) -> Failure {
    let failure = Failure::of(Exit::Login, error);
    match error {
        ProviderError::NoTerminal { profile } => failure.hint(format!("run `awsauth login {profile}` at a terminal")),
        ProviderError::IdentityMismatch { profile, actual, .. } => {
            let failure = failure
                .cause("nothing was kept")
                .hint(format!("sign out of the console in that browser, and run `awsauth login {profile}` again"))
                .detail("profile", profile.as_str())
                .detail("signed_in_as", actual.as_str());
            match LoginSession::new(actual) {
                Ok(_) => {
                    failure.hint(format!("if that is you, set `login_session = \"{actual}\"` in [profiles.{profile}]"))
                }
                Err(_) => failure,
            }
        }
        _ => failure,
    }
}
