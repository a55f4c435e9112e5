//! Owns `awsauth store`.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::keys::moving::{self, MovedSecrets};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::cli::ui::out::Out;
use crate::model::SecretStore;

/// Choose where long-term keys and sessions are kept
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: StoreAction,
}

#[derive(Debug, clap::Subcommand)]
enum StoreAction {
    Move(MoveArgs),
}

/// Carry long-term keys and sessions to the keyring, or back
///
/// Each is read back from its new place before it is removed from the old one. `store` in `[settings]` of
/// profiles.local.toml then says where new ones go. If it is interrupted, nothing is lost: run it again.
///
/// With the keyring, AWS's tools get `iam` and `iam-mfa` profiles through `credential_process`: run `awsauth apply`
/// afterwards. Backups of ~/.aws/credentials that hold long-term keys
/// are deleted. SSO tokens stay in ~/.aws/sso/cache,
/// where AWS CLI and the SDKs look for them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth store move --to keyring
  awsauth store move --to file")]
struct MoveArgs {
    /// keyring or file
    #[arg(long, value_name = "PLACE", value_parser = parse_place)]
    to: SecretStore,
}

fn parse_place(text: &str) -> Result<SecretStore, &'static str> {
    SecretStore::ALL.into_iter().find(|store| store.as_str() == text).ok_or("either keyring or file")
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let StoreAction::Move(args) = &args.action;
    let moved = moving::run(args.to, app)?;
    if app.out.json {
        app.out.document(MovedJson {
            to: args.to.as_str(),
            keys: &moved.keys,
            sessions: &moved.sessions,
            lost: &moved.lost,
            backups_removed: moved.backups,
        })?;
    } else {
        say(args.to, &moved, app.out);
    }
    Ok(Exit::Done)
}

fn say(to: SecretStore, moved: &MovedSecrets, out: Out) {
    let place = match to {
        SecretStore::File => "files",
        SecretStore::Keyring => "the system's keyring",
    };
    if moved.is_empty() {
        return out.say(&format!("nothing to move: keys and sessions are kept in {place}"));
    }
    for (word, names) in [("long-term key", &moved.keys), ("session", &moved.sessions)] {
        if !names.is_empty() {
            out.say(&format!("moved to {place}: {} ({})", count(names.len(), word), names.join(", ")));
        }
    }
    if moved.backups > 0 {
        out.say(&format!("deleted {} of ~/.aws/credentials that held long-term keys", count(moved.backups, "backup")));
    }
    out.say("next: `awsauth apply`, so that AWS's tools find them");
}

#[derive(Serialize)]
struct MovedJson<'a> {
    to: &'static str,
    /// By section of the credentials file.
    keys: &'a [String],
    sessions: &'a [String],
    /// Keys whose secret the keyring does not have any more.
    lost: &'a [String],
    backups_removed: usize,
}
