//! Owns `awsauth keys remove`.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::names_with_key;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::keys::caller::{Caller, UserKey};
use crate::cli::keys::owner::KeyOwner;
use crate::cli::keys::store::KeyStore;
use crate::cli::login::runtime::run as run_calls;
use crate::cli::mfa::user::service;
use crate::cli::ui::failure::Failure;
use crate::flow::KeyStatus;
use crate::prompt::{self, NoAnswer};
use crate::system::host::Host;

/// Delete a long-term key at AWS and here
///
/// Sessions that were made with the key end. With --local the key stays valid at AWS, and is only forgotten here.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth keys remove main
  awsauth keys remove main --local")]
pub(super) struct Args {
    /// Profile with the pattern iam or iam-mfa
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_with_key))]
    name: String,
    /// Leave the key valid at AWS
    #[arg(long)]
    local: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct RemovedKeyJson<'a> {
    profile: &'a str,
    section: &'a str,
    access_key_id: &'a str,
    deleted_at_aws: bool,
    ended_sessions: Vec<&'a str>,
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let service = service(app)?;
    let owner = KeyOwner::find(&args.name, "remove", &service)?;
    service.manifest.warn_of_errors();
    service.copies.check_replaceable()?;
    let (store, rotations) = (KeyStore::new(app, &service), service.rotations(app)?);
    let id = store.stored_id(owner.section)?.ok_or_else(|| owner.no_key(&service))?;
    if rotations.is_open(owner.section, Some(&id)) {
        let words = format!("{}: a rotation of this key was interrupted", args.name);
        return Err(Failure::new(Exit::Refused, words)
            .hint(format!("`awsauth keys rotate {}` ends it; after that, the key can be removed", args.name)));
    }
    let place = store.shown(owner.section)?;
    if args.local {
        confirm(&format!("Remove {id} from {place}? It stays valid at AWS."), args, app.host)?;
    } else {
        let caller = Caller::for_changes(owner, &service, app)?;
        let user = run_calls(caller.user_name())?.map_err(|failure| with_local(failure, args))?;
        let keys = run_calls(caller.keys_of(&user))??;
        let is_other = |key: &UserKey| key.item.id != id && key.item.status == KeyStatus::Active;
        let last = if keys.iter().any(is_other) { "" } else { " It is the user's only active key." };
        confirm(&format!("Delete {id} of {user} at AWS, and remove it from {place}?{last}"), args, app.host)?;
        run_calls(caller.delete_own_key(&user, &id))??;
    }
    let ended = store.remove(owner.section)?;
    rotations.remove(owner.section).map_err(|error| explain::save(&error))?;
    if app.out.json {
        app.out.document(RemovedKeyJson {
            profile: &args.name,
            section: owner.section.as_str(),
            access_key_id: &id,
            deleted_at_aws: !args.local,
            ended_sessions: ended.names(),
        })?;
        return Ok(Exit::Done);
    }
    let deleted = if args.local { "it was not deleted at AWS" } else { "it is deleted at AWS" };
    app.out.say(&format!("removed {id} from {place}; {deleted}"));
    ended.report(false, app.out);
    let devices = owner.devices(&service);
    let is_of_key = |seed: &&String| devices.iter().any(|(_, serial)| serial.as_str() == seed.as_str());
    for serial in service.seeds.serials().iter().filter(is_of_key) {
        let remove = format!("`awsauth mfa remove {} {serial} --seed-only`", args.name);
        app.out.say(&format!("the keyring still has the seed of {serial}; {remove} deletes it"));
    }
    Ok(Exit::Done)
}

/// AWS may have forgotten the key already.
fn with_local(failure: Failure, args: &Args) -> Failure {
    match failure.exit {
        Exit::Interrupted => failure,
        _ => {
            failure.hint(format!("`awsauth keys remove {} --local` forgets the key here without asking AWS", args.name))
        }
    }
}

fn confirm(question: &str, args: &Args, host: &Host) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    if !host.is_interactive() {
        return Err(Failure::new(
            Exit::Usage,
            "there is no terminal to ask on, and a key that is gone is gone for good",
        )
        .hint("`--yes` removes it without asking"));
    }
    match prompt::confirm(question, false) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::one_line(Exit::Refused, "nothing was removed")),
        Err(NoAnswer::Interrupted) => Err(Failure::one_line(Exit::Interrupted, "interrupted; nothing was removed")),
        Err(other) => Err(Failure::of(Exit::Usage, &other).hint("`--yes` removes it without asking")),
    }
}
