//! Owns the IAM user behind a profile, as the commands about MFA devices call IAM for them.

use crate::aws::Aws;
use crate::cli::app::App;
use crate::cli::config::load::{Manifest, is_known};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::explain::iam::SignedBy;
use crate::cli::keys::caller::Caller;
use crate::cli::keys::owner::KeyOwner;
use crate::cli::keys::store::KeyStore;
use crate::cli::login::options::InPlace;
use crate::cli::login::runtime::run;
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::flow::{CallError, CallerIdentity, MfaDeviceItem, Operation};
use crate::model::{MfaSerial, Profile};

pub(crate) struct DeviceUser<'s> {
    pub(crate) caller: Caller<'s>,
    /// The profile of the chain that asks for codes.
    pub(crate) owner: Option<&'s Profile>,
    pub(crate) identity: CallerIdentity,
    /// Without a path.
    pub(crate) name: String,
}

/// A login service for profiles whose device may not be known yet.
pub(crate) fn service(app: App<'_>) -> Result<LoginService<'_>, Failure> {
    LoginService::with(Manifest::read_assuming_devices(app)?, app)
}

impl<'s> DeviceUser<'s> {
    /// Asks AWS who the user of the profile's long-term key is.
    pub(crate) fn find(name: &str, service: &'s LoginService<'s>, app: App<'s>) -> Result<Self, Failure> {
        let chain = service.chain(name)?;
        let Some(key_owner) = KeyOwner::of(chain.base()) else {
            let pattern = service.manifest.profile(name)?.pattern();
            let message = format!(
                "`{name}` has the pattern `{pattern}`: MFA devices belong to IAM users, who have an access key"
            );
            return Err(Failure::new(Exit::Usage, message).hint("name a profile with the pattern iam or iam-mfa"));
        };
        let base = key_owner.profile;
        let owner = chain.mfa().next().map(|(profile, _)| profile);
        let keys = KeyStore::new(app, service);
        // A person who turns `iam` into `iam-mfa` needs the device before `apply --adopt` can move the key.
        let key = match keys.get(key_owner.section)? {
            Some(key) => Some(key),
            None => keys.misplaced(base)?,
        };
        let credentials = key.ok_or_else(|| key_owner.no_key(service))?.into();
        let caller = Caller { app, service, profile: base, credentials, signed_by: SignedBy::Key };
        let identity = run(caller.identity())??;
        let name = user_name(&identity, base)?.to_owned();
        let user = Self { caller, owner, identity, name };
        user.check_account()?;
        Ok(user)
    }

    /// The device that the manifest names.
    pub(crate) fn serial(&self) -> Option<&'s MfaSerial> {
        self.owner?.mfa_serial().filter(|serial| is_known(serial))
    }

    fn check_account(&self) -> Result<(), Failure> {
        let (Some(owner), account) = (self.owner, self.identity.account.as_str()) else { return Ok(()) };
        let Some(named) = owner.mfa_serial().and_then(MfaSerial::account).filter(|named| *named != account) else {
            return Ok(());
        };
        let message = format!(
            "the key of {} is of account {account}, but `mfa_serial` of [profiles.{}] names account {named}",
            self.caller.profile.name, owner.name
        );
        Err(Failure::new(Exit::Refused, message).hint("correct `mfa_serial`, or store the other account's key"))
    }

    /// Makes one call. The outer error is Ctrl-C.
    pub(crate) fn try_call<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<Result<T, CallError>, Failure> {
        self.caller.app.out.detail(&format!("{}: calling {operation}", self.caller.profile.name));
        run(call)
    }

    pub(crate) fn call<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Failure> {
        self.try_call(operation, call)?.map_err(|error| self.refused(&error))
    }

    pub(crate) fn refused(&self, error: &CallError) -> Failure {
        let Caller { service, profile, signed_by, .. } = &self.caller;
        explain::iam::refused(error, profile, *signed_by, &service.manifest.catalog)
    }

    pub(crate) fn devices(&self) -> Result<Vec<MfaDeviceItem>, Failure> {
        self.call(Operation::ListMFADevices, self.aws().list_mfa_devices(self.caller.signer(), &self.name))
    }

    pub(crate) fn aws(&self) -> &'s Aws {
        &self.caller.service.aws
    }

    /// Calls with the MFA session from now on, since policies usually demand it for what follows. Logs in first if need be.
    /// The key of an `iam` profile has none, and goes on calling.
    pub(crate) fn with_mfa(&mut self) -> Result<(), Failure> {
        self.with_kept_mfa()?;
        let base = self.caller.profile;
        let has_device = base.mfa_serial().is_some_and(is_known);
        if self.caller.signed_by != SignedBy::Session && has_device {
            self.caller.credentials = self.caller.service.credentials_for(base.name.as_str(), InPlace::Allowed)?;
            self.caller.signed_by = SignedBy::Session;
        }
        Ok(())
    }

    /// Calls with an MFA session of the key from now on, if one is kept.
    pub(crate) fn with_kept_mfa(&mut self) -> Result<(), Failure> {
        let Caller { app, service, profile, .. } = self.caller;
        let held = KeyOwner::of(profile).map(|owner| Caller::held(owner, service, app)).transpose()?;
        if let Some(held) = held.flatten() {
            self.caller = held;
        }
        Ok(())
    }
}

fn user_name<'i>(identity: &'i CallerIdentity, base: &Profile) -> Result<&'i str, Failure> {
    identity.user_name().ok_or_else(|| {
        let section = base.long_term_section().unwrap_or(&base.name);
        let failure =
            Failure::new(Exit::Refused, format!("[{section}] holds the key of {}, no IAM user's", identity.arn));
        if identity.is_root() {
            return failure
                .hint("the root user's devices are managed in the console, and its access key should be deleted");
        }
        failure.hint(format!("store the long-term key of an IAM user: `awsauth keys add {} --force`", base.name))
    })
}
