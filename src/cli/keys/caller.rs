//! Owns asking AWS whose credentials these are.

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::explain::iam::{SignedBy, refused};
use crate::cli::keys::owner::KeyOwner;
use crate::cli::login::runtime::run;
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::flow::{CallError, CallerIdentity, Operation, Signer};
use crate::model::{Credentials, LongTermKey, Profile};

/// The credentials that sign calls for one profile.
pub(crate) struct Caller<'s> {
    app: App<'s>,
    pub(crate) service: &'s LoginService<'s>,
    pub(crate) profile: &'s Profile,
    pub(crate) credentials: Credentials,
    pub(crate) signed_by: SignedBy,
}

impl<'s> Caller<'s> {
    pub(crate) fn new(
        app: App<'s>,
        service: &'s LoginService<'s>,
        profile: &'s Profile,
        credentials: Credentials,
        signed_by: SignedBy,
    ) -> Self {
        Self { app, service, profile, credentials, signed_by }
    }

    pub(crate) fn signer(&self) -> Signer<'_> {
        let profile = self.profile;
        Signer { region: profile.sts_region(), routing: profile.routing(), credentials: &self.credentials }
    }

    /// Makes one call on a runtime of its own.
    pub(crate) fn call<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Failure> {
        self.app.out.detail(&format!("{}: calling {operation}", self.profile.name));
        run(call)?.map_err(|error| self.refused(&error))
    }

    pub(crate) fn refused(&self, error: &CallError) -> Failure {
        refused(error, self.profile, self.signed_by, &self.service.manifest.catalog)
    }

    pub(crate) fn identity(&self) -> Result<CallerIdentity, Failure> {
        self.call(Operation::GetCallerIdentity, self.service.aws.caller_identity(self.signer()))
    }
}

/// Asks AWS whose `key` is, before it is stored. Refuses one of another account than the MFA devices of `owner`.
pub(crate) fn verify(
    key: &LongTermKey,
    owner: KeyOwner<'_>,
    service: &LoginService<'_>,
    app: App<'_>,
) -> Result<CallerIdentity, Failure> {
    let caller = Caller::new(app, service, owner.profile, key.clone().into(), SignedBy::NewKey);
    let identity = caller.identity()?;
    let account = identity.account.as_str();
    let other = owner.devices(service).into_iter().find_map(|(name, serial)| {
        let of_device = serial.account().filter(|of_device| *of_device != account)?;
        Some((name, of_device))
    });
    match other {
        Some((name, of_device)) => {
            let words = format!(
                "{} is a key of account {account} ({}), but `mfa_serial` of [profiles.{name}] is a device of account {of_device}",
                key.access_key_id, identity.arn
            );
            Err(Failure::new(Exit::Refused, words)
                .hint("nothing was stored: take the key of the other account, or correct `mfa_serial`")
                .detail("profile", owner.profile.name.as_str())
                .detail("account", account)
                .detail("arn", identity.arn.as_str()))
        }
        None => Ok(identity),
    }
}
