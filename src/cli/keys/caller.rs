//! Owns calls to IAM and `GetCallerIdentity` on behalf of one profile, with their failures explained.

use crate::cli::app::App;
use crate::cli::config::load::is_known;
use crate::cli::exit::Exit;
use crate::cli::explain::iam::{SignedBy, refused};
use crate::cli::keys::owner::KeyOwner;
use crate::cli::keys::store::KeyStore;
use crate::cli::login::options::InPlace;
use crate::cli::login::runtime::run;
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::flow::{AccessKeyItem, CallError, CallerIdentity, Freshness, LastUse, Operation, Problem, Signer};
use crate::model::{Credentials, LongTermKey, Pattern, Profile};

/// The credentials that sign calls for a profile.
pub(crate) struct Caller<'s> {
    pub(crate) app: App<'s>,
    pub(crate) service: &'s LoginService<'s>,
    pub(crate) profile: &'s Profile,
    pub(crate) credentials: Credentials,
    pub(crate) signed_by: SignedBy,
}

/// A key of a user; `last_use` is none if AWS does not tell it.
pub(crate) struct UserKey {
    pub(crate) item: AccessKeyItem,
    pub(crate) last_use: Option<LastUse>,
}

impl<'s> Caller<'s> {
    /// The MFA session that is kept for the key of `owner`, else the key itself. None without either.
    pub(crate) fn held(
        owner: KeyOwner<'s>,
        service: &'s LoginService<'s>,
        app: App<'s>,
    ) -> Result<Option<Self>, Failure> {
        let profiles = service.manifest.catalog.profiles().iter();
        let mut sharing = profiles.filter(|profile| profile.long_term_section() == Some(owner.section));
        let session = sharing.find_map(|profile| match service.session(&[profile]) {
            Some((session, Freshness::Fresh)) => Some((profile, session)),
            _ => None,
        });
        if let Some((profile, session)) = session
            && let Some(credentials) = service.credentials(&session)?
        {
            return Ok(Some(Self { app, service, profile, credentials, signed_by: SignedBy::Session }));
        }
        let key = KeyStore::new(app, service).get(owner.section)?.map(Credentials::from);
        let key = key.filter(Credentials::is_sendable);
        let profile = owner.profile;
        Ok(key.map(|credentials| Self { app, service, profile, credentials, signed_by: SignedBy::Key }))
    }

    /// The credentials for changes, which policies often allow with MFA only: of a profile with the pattern `iam-mfa` always
    /// its session, with a login if there is none and somebody to ask. Without a device there is no session.
    pub(crate) fn for_changes(
        owner: KeyOwner<'s>,
        service: &'s LoginService<'s>,
        app: App<'s>,
    ) -> Result<Self, Failure> {
        let profile = owner.profile;
        if profile.pattern() == Pattern::IamMfa && profile.mfa_serial().is_some_and(is_known) {
            let credentials = service.credentials_for(profile.name.as_str(), InPlace::Allowed)?;
            return Ok(Self { app, service, profile, credentials, signed_by: SignedBy::Session });
        }
        Self::held(owner, service, app)?.ok_or_else(|| owner.no_key(service))
    }

    pub(crate) fn signer(&self) -> Signer<'_> {
        let profile = self.profile;
        Signer { region: profile.sts_region(), routing: profile.routing(), credentials: &self.credentials }
    }

    /// Makes one call, and explains its failure.
    pub(crate) async fn call<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Failure> {
        self.app.out.detail(&format!("{}: calling {operation}", self.profile.name));
        let catalog = &self.service.manifest.catalog;
        call.await.map_err(|error| refused(&error, self.profile, self.signed_by, catalog))
    }

    pub(crate) async fn identity(&self) -> Result<CallerIdentity, Failure> {
        self.call(Operation::GetCallerIdentity, self.service.aws.caller_identity(self.signer())).await
    }

    /// The name of the user. IAM wants it for calls that a session signs.
    pub(crate) async fn user_name(&self) -> Result<String, Failure> {
        let identity = self.identity().await?;
        identity.user_name().map(str::to_owned).ok_or_else(|| {
            let words = format!("{}: the key is not a user's, but that of {}", self.profile.name, identity.arn);
            Failure::new(Exit::Refused, words).hint("make an IAM user with a key of its own: this one can't be managed")
        })
    }

    /// The keys of `user`, the older one first.
    pub(crate) async fn keys_of(&self, user: &str) -> Result<Vec<UserKey>, Failure> {
        let (aws, signer) = (&self.service.aws, self.signer());
        let mut items = self.call(Operation::ListAccessKeys, aws.list_access_keys(signer, user)).await?;
        items.sort_by_key(|item| item.created_at);
        let mut keys = Vec::new();
        for item in items {
            let last_used = aws.access_key_last_used(signer, &item.id);
            // A user may have no permission for it.
            let last_use = self.call(Operation::GetAccessKeyLastUsed, last_used).await.ok();
            keys.push(UserKey { item, last_use });
        }
        Ok(keys)
    }

    /// Deletes the key that signs. If AWS does not know it any more, an earlier try deleted it, and its answer was lost.
    pub(crate) async fn delete_own_key(&self, user: &str, id: &str) -> Result<(), Failure> {
        let call = async {
            match self.service.aws.delete_access_key(self.signer(), user, id).await {
                Err(error) if matches!(error.problem, Problem::NotFound | Problem::UnknownKey) => Ok(()),
                answer => answer,
            }
        };
        self.call(Operation::DeleteAccessKey, call).await
    }

    /// A key that is gone already is fine.
    pub(crate) async fn delete_key(&self, user: &str, id: &str) -> Result<(), Failure> {
        let call = async {
            match self.service.aws.delete_access_key(self.signer(), user, id).await {
                Err(error) if error.problem == Problem::NotFound => Ok(()),
                answer => answer,
            }
        };
        self.call(Operation::DeleteAccessKey, call).await
    }
}

/// Asks AWS whose `key` is, before it is stored. Refuses one of another account than the MFA devices of `owner`.
pub(crate) fn verify(
    key: &LongTermKey,
    owner: KeyOwner<'_>,
    service: &LoginService<'_>,
    app: App<'_>,
) -> Result<CallerIdentity, Failure> {
    let (profile, credentials) = (owner.profile, key.clone().into());
    let caller = Caller { app, service, profile, credentials, signed_by: SignedBy::NewKey };
    let identity = run(caller.identity())?.map_err(|failure| match failure.exit {
        Exit::Unavailable => failure.hint("`--no-verify` stores the key without asking AWS"),
        _ => failure,
    })?;
    let account = identity.account.as_str();
    let other = owner.devices(service).into_iter().find_map(|(name, serial)| {
        let of_device = serial.account().filter(|of_device| *of_device != account)?;
        Some((name, of_device))
    });
    let Some((name, of_device)) = other else { return Ok(identity) };
    let words = format!(
        "{} is a key of account {account} ({}), but `mfa_serial` of [profiles.{name}] is a device of account {of_device}",
        key.access_key_id, identity.arn
    );
    Err(Failure::new(Exit::Refused, words)
        .hint(format!(
            "nothing was stored: take the key of the other account, or correct `mfa_serial`; `awsauth list --why {name}` says \
             where it stands"
        ))
        .detail("profile", profile.name.as_str())
        .detail("account", account)
        .detail("arn", identity.arn.as_str()))
}
