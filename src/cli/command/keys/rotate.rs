//! Owns `awsauth keys rotate`.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::names_with_key;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::keys::caller::Caller;
use crate::cli::keys::owner::KeyOwner;
use crate::cli::keys::rotation::{OldKey, Rotator};
use crate::cli::keys::store::KeyStore;
use crate::cli::login::runtime::run as run_calls;
use crate::cli::mfa::user::service;
use crate::cli::ui::failure::Failure;
use crate::system::files::lock::LockError;

/// Replace a long-term key by a new one
///
/// This makes a new key, waits until AWS knows it, stores it, and deactivates the old one. The next rotation deletes the
/// inactive key; --delete does so now. Sessions that were made with the old key end.
///
/// A run that is interrupted leaves a stored key that works; the next run goes on from there, or undoes it. Where the
/// user's policy demands MFA, the profile needs the pattern iam-mfa: its session signs, and you are asked to log in.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth keys rotate main
  awsauth keys rotate main --delete")]
pub(super) struct Args {
    /// Profile with the pattern iam or iam-mfa
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_with_key))]
    name: String,
    /// Delete the old key at once, not at the next rotation
    #[arg(long)]
    delete: bool,
}

#[derive(Serialize)]
struct RotatedJson<'a> {
    profile: &'a str,
    section: &'a str,
    access_key_id: &'a str,
    old_access_key_id: &'a str,
    old_status: &'static str,
    /// True if it ended a rotation that was interrupted.
    resumed: bool,
    ended_sessions: &'a [String],
}

fn unfinished(failure: Failure, name: &str) -> Failure {
    let next = format!("the stored key works; `awsauth keys rotate {name}` goes on from here, or undoes it");
    match failure.exit {
        Exit::Interrupted => Failure::one_line(Exit::Interrupted, format!("interrupted: {next}")),
        _ => failure.hint(next),
    }
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let service = service(app)?;
    let owner = KeyOwner::find(&args.name, "rotate", &service)?;
    service.manifest.warn_of_errors();
    service.copies.check_replaceable()?;
    let (store, rotations) = (KeyStore::new(app, &service), service.rotations(app)?);
    let lock = service.sessions.try_lock(&format!("rotation of {}", owner.section));
    let _lock = lock.map_err(|error| match error {
        LockError::Held { .. } => {
            Failure::of(Exit::Unavailable, &error).hint("it rotates this key: wait until it is done")
        }
        LockError::Disk(error) => explain::state(&error),
    })?;
    let stored = store.get(owner.section)?.ok_or_else(|| owner.no_key(&service))?;
    let caller = Caller::for_changes(owner, &service, app)?;
    let old_key = if args.delete { OldKey::Delete } else { OldKey::Deactivate };
    let rotator = Rotator { app, owner, caller, store, rotations, old_key };
    let rotated = run_calls(rotator.rotate(&stored)).and_then(|result| result);
    let rotated = rotated.map_err(|failure| {
        if rotator.rotations.is_begun(owner.section) { unfinished(failure, &args.name) } else { failure }
    })?;
    let old_status = if args.delete { "deleted" } else { "inactive" };
    if app.out.json {
        app.out.document(RotatedJson {
            profile: &args.name,
            section: owner.section.as_str(),
            access_key_id: &rotated.new,
            old_access_key_id: &rotated.old,
            old_status,
            resumed: rotated.is_resumed,
            ended_sessions: &rotated.ended,
        })?;
        return Ok(Exit::Done);
    }
    if rotated.is_resumed {
        app.out.say("went on with a rotation that was interrupted");
    }
    app.out.say(&format!("stored {} in {}", rotated.new, rotator.store.shown(owner.section)?));
    app.out.say(&format!("the old key {} is {old_status}", rotated.old));
    if !rotated.ended.is_empty() {
        app.out.say(&format!("ended the sessions of the old key: {}", rotated.ended.join(", ")));
    }
    Ok(Exit::Done)
}
