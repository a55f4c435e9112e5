//! Owns the steps of a rotation. Each step leaves a stored key that works, and what the next run needs to go on.
//!
//! | step | known afterwards |
//! |---|---|
//! | note the keys that there are | a key that is not among them is a new one whose secret was lost |
//! | make the new key, and note it | the new key, in the state directory |
//! | wait until it works, and store it | the section holds the new key, and the old one still works |
//! | deactivate or delete the old key, and forget the notes | |

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::explain::iam::SignedBy;
use crate::cli::keys::caller::{Caller, UserKey};
use crate::cli::keys::owner::KeyOwner;
use crate::cli::keys::store::{KeyStore, Replace};
use crate::cli::ui::failure::Failure;
use crate::flow::{CallError, KeyStatus, Operation, Problem};
use crate::model::LongTermKey;
use crate::store::{Rotation, Rotations};
use crate::system::clock;

/// IAM takes some 8 s to make a new key known (aws-facts §11).
const NEW_KEY_TIMEOUT: Duration = Duration::from_mins(1);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// IAM tells whole seconds, and so does the `Date` by which AWS's clock is known.
const ROUNDING: SignedDuration = SignedDuration::from_secs(2);
/// A call that makes a key is given up after half of it.
const LONGEST_CALL: SignedDuration = SignedDuration::from_mins(1);

/// What becomes of the old key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OldKey {
    Deactivate,
    Delete,
}

pub(crate) struct Rotator<'s> {
    pub(crate) app: App<'s>,
    pub(crate) owner: KeyOwner<'s>,
    pub(crate) caller: Caller<'s>,
    pub(crate) store: KeyStore<'s>,
    pub(crate) rotations: Rotations,
    pub(crate) old_key: OldKey,
}

pub(crate) struct Rotated {
    pub(crate) old: String,
    pub(crate) new: String,
    pub(crate) ended: Vec<String>,
    /// True if an earlier run had begun it.
    pub(crate) is_resumed: bool,
}

impl Rotator<'_> {
    pub(crate) async fn rotate(&self, stored: &LongTermKey) -> Result<Rotated, Failure> {
        let user = self.caller.user_name().await?;
        let keys = self.caller.keys_of(&user).await?;
        let begun = self.rotations.get(self.owner.section);
        if let Some(rotation) = begun.map_err(|error| explain::keyring::failure(&error, &error))? {
            if let Some(new) = to_go_on_with(&rotation, &keys, stored) {
                let rotated = self.finish(&user, &rotation.old, &keys, &new, stored).await?;
                return Ok(Rotated { is_resumed: true, ..rotated });
            }
            self.undo(&user, &rotation, &keys, stored).await?;
            return self.begin(&user, self.caller.keys_of(&user).await?, stored).await;
        }
        self.begin(&user, keys, stored).await
    }

    /// Deletes the key that an interrupted run had made, and that is of no use: its secret was lost, or another key is stored.
    async fn undo(
        &self,
        user: &str,
        rotation: &Rotation,
        keys: &[UserKey],
        stored: &LongTermKey,
    ) -> Result<(), Failure> {
        let new = rotation.new.as_ref().map(|key| key.access_key_id.as_str());
        let is_lost = |key: &UserKey| {
            let is_unused = key.last_use.as_ref().is_none_or(|used| used.at.is_none());
            let age = key.item.created_at.map(|at| at.duration_since(rotation.begun_at));
            let is_of_call = age.is_some_and(|age| (-ROUNDING..=LONGEST_CALL).contains(&age));
            !rotation.before.contains(&key.item.id) && is_of_call && is_unused
        };
        for key in keys.iter().filter(|key| key.item.id != stored.access_key_id) {
            if new == Some(key.item.id.as_str()) || (new.is_none() && is_lost(key)) {
                self.delete(user, key, "which an interrupted rotation had made").await?;
            }
        }
        self.forget()
    }

    async fn begin(&self, user: &str, mut keys: Vec<UserKey>, stored: &LongTermKey) -> Result<Rotated, Failure> {
        self.store.check(self.owner.section, stored, Replace::ForGood(&stored.access_key_id))?;
        if let Some(other) = keys.iter().find(|key| key.item.id != stored.access_key_id) {
            if other.item.status == KeyStatus::Active {
                return Err(both_active(&self.owner, user, &keys, stored));
            }
            self.delete(user, other, &format!("which was {}", other.item.status.as_str())).await?;
            keys.retain(|key| key.item.id == stored.access_key_id);
        }
        let before = keys.iter().map(|key| key.item.id.clone()).collect();
        let rotation = Rotation { old: stored.access_key_id.clone(), before, begun_at: self.time_at_aws(), new: None };
        self.note(&rotation)?;
        let new = self.create(user).await?;
        let (old, rotation) = (rotation.old.clone(), Rotation { new: Some(new.clone()), ..rotation });
        if let Err(failure) = self.note(&rotation) {
            // Without the note, the secret is lost with this process.
            self.caller.delete_key(user, &new.access_key_id).await?;
            self.forget()?;
            return Err(failure);
        }
        self.app.out.detail(&format!("{}: AWS made {}", self.owner.profile.name, new.access_key_id));
        self.finish(user, &old, &keys, &new, stored).await
    }

    async fn delete(&self, user: &str, key: &UserKey, why: &str) -> Result<(), Failure> {
        self.caller.delete_key(user, &key.item.id).await?;
        let created = key.item.created_at.map(|at| format!(", created at {at}")).unwrap_or_default();
        self.app.out.say(&format!("deleted {}{created}, {why}", key.item.id));
        Ok(())
    }

    /// By the clock that tells when keys were created.
    fn time_at_aws(&self) -> Timestamp {
        clock::now() - SignedDuration::from_secs(self.caller.service.aws.clock_skew().unwrap_or_default())
    }

    async fn create(&self, user: &str) -> Result<LongTermKey, Failure> {
        let caller = &self.caller;
        let mut is_refused = false;
        let call = async {
            let created = caller.service.aws.create_access_key(caller.signer(), user).await;
            is_refused = created.as_ref().is_err_and(|error| error.is_answer() && !error.problem.is_transient());
            created
        };
        let created = caller.call(Operation::CreateAccessKey, call).await;
        if is_refused {
            self.forget()?;
        }
        created
    }

    /// Stores the new key once it works, and ends the old one.
    async fn finish(
        &self,
        user: &str,
        old: &str,
        keys: &[UserKey],
        new: &LongTermKey,
        stored: &LongTermKey,
    ) -> Result<Rotated, Failure> {
        let mut ended = Vec::new();
        if stored.access_key_id != new.access_key_id {
            self.wait_for(new).await?;
        }
        let prune = self.store.put(self.owner.section, new, Replace::ForGood(old))?;
        ended.extend(prune.iter().flat_map(|prune| prune.names()).map(str::to_owned));
        let is_there = |key: &&UserKey| key.item.id == old;
        let status = keys.iter().find(is_there).map(|key| key.item.status);
        match (self.old_key, status) {
            (_, None) | (OldKey::Deactivate, Some(KeyStatus::Inactive | KeyStatus::Expired)) => {}
            (OldKey::Deactivate, _) => self.deactivate(user, old).await.map_err(|failure| {
                let delete = format!("`awsauth keys rotate {} --delete`", self.owner.profile.name);
                failure.hint(format!("the new key is stored, and the old one is still active: {delete} deletes it"))
            })?,
            (OldKey::Delete, _) => self.caller.delete_key(user, old).await?,
        }
        self.forget()?;
        Ok(Rotated { old: old.to_owned(), new: new.access_key_id.clone(), ended, is_resumed: false })
    }

    async fn wait_for(&self, new: &LongTermKey) -> Result<(), Failure> {
        let Caller { service, profile, .. } = self.caller;
        let caller =
            Caller { app: self.app, service, profile, credentials: new.clone().into(), signed_by: SignedBy::NewKey };
        let ask = async || service.aws.caller_identity(caller.signer()).await.map(drop);
        let call = until_known(ask, || self.app.out.say("waiting until AWS knows the new key everywhere"));
        caller.call(Operation::GetCallerIdentity, call).await
    }

    async fn deactivate(&self, user: &str, id: &str) -> Result<(), Failure> {
        let (caller, signer) = (&self.caller, self.caller.signer());
        let call = caller.service.aws.deactivate_access_key(signer, user, id);
        caller.call(Operation::UpdateAccessKey, call).await
    }

    fn note(&self, rotation: &Rotation) -> Result<(), Failure> {
        self.rotations.put(self.owner.section, rotation).map_err(|error| explain::save(&error))
    }

    fn forget(&self) -> Result<(), Failure> {
        self.rotations.remove(self.owner.section).map_err(|error| explain::save(&error))
    }
}

/// The new key of a rotation that was interrupted, if it still can replace the old one.
fn to_go_on_with(rotation: &Rotation, keys: &[UserKey], stored: &LongTermKey) -> Option<LongTermKey> {
    let new = rotation.new.clone()?;
    let is_active = |key: &UserKey| key.item.id == new.access_key_id && key.item.status == KeyStatus::Active;
    let is_open = stored.access_key_id == rotation.old || stored.access_key_id == new.access_key_id;
    (is_open && keys.iter().any(is_active)).then_some(new)
}

fn both_active(owner: &KeyOwner<'_>, user: &str, keys: &[UserKey], stored: &LongTermKey) -> Failure {
    let name = &owner.profile.name;
    let failure = Failure::new(
        Exit::Refused,
        format!("{name}: both access keys of {user} are active, and a user has two at most"),
    );
    let failure = keys.iter().fold(failure, |failure, key| {
        let which = if key.item.id == stored.access_key_id { "the stored key" } else { "the other key" };
        let last = key.last_use.as_ref().map(|last| last.at.map_or("never".to_owned(), |at| at.to_string()));
        failure.cause(format!(
            "{which} {}: last used {}",
            key.item.id,
            last.as_deref().unwrap_or("at a time that AWS does not tell")
        ))
    });
    failure.hint(format!(
        "if nothing uses the other key, deactivate it: `awsauth keys list {name}` shows its id, then `aws iam \
         update-access-key --user-name {user} --status Inactive --access-key-id ID`"
    ))
}

/// Asks until AWS knows a new key. `tell` is called if it does not at once.
async fn until_known(ask: impl AsyncFn() -> Result<(), CallError>, tell: impl FnOnce()) -> Result<(), CallError> {
    let (start, mut pause, mut tell) = (Instant::now(), FIRST_PAUSE, Some(tell));
    loop {
        match ask().await {
            Err(error) if error.problem == Problem::UnknownKey || error.problem.is_transient() => {
                if start.elapsed() >= NEW_KEY_TIMEOUT {
                    return Err(error);
                }
            }
            answer => return answer,
        }
        if let Some(tell) = tell.take() {
            tell();
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::flow::ErrorResponse;

    fn refusal(code: &str) -> CallError {
        let answer = ErrorResponse { status: 403, code: Some(code), ..ErrorResponse::default() };
        CallError::from_response(Operation::GetCallerIdentity, answer)
    }

    /// Asks an AWS that refuses with `code` so many times; the answer, and how often it was asked and told of.
    fn ask(refusals: u32, code: &str) -> (Result<(), CallError>, u32, u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let (asked, told) = (Cell::new(0), Cell::new(0));
        let ask = async || {
            asked.set(asked.get() + 1);
            if asked.get() <= refusals { Err(refusal(code)) } else { Ok(()) }
        };
        let answer = runtime.block_on(until_known(ask, || told.set(told.get() + 1)));
        (answer, asked.get(), told.get())
    }

    #[test]
    fn a_new_key_is_asked_for_until_it_is_known_and_not_for_ever() {
        assert_eq!(ask(0, "InvalidClientTokenId"), (Ok(()), 1, 0));
        assert_eq!(ask(5, "InvalidClientTokenId"), (Ok(()), 6, 1));
        let (answer, asked, _) = ask(u32::MAX, "InvalidClientTokenId");
        assert!(answer.is_err() && (15..25).contains(&asked), "{asked}");
        let (answer, asked, told) = ask(1, "SignatureDoesNotMatch");
        assert!(answer.is_err() && (asked, told) == (1, 0));
    }
}
