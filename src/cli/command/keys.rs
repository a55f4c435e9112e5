//! Owns `awsauth keys`.

use std::path::PathBuf;

use serde::Serialize;

use crate::apply::Keep;
use crate::cli::access_key::{self, looks_like_key_id};
use crate::cli::app::App;
use crate::cli::apply::prune::Prune;
use crate::cli::config::complete::names_with_key;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::service::LoginService;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::ini::{Document, FileKind};
use crate::model::{LongTermKey, ProfileName};
use crate::plan::{self, Overwrite};
use crate::prompt::{Echo, NoAnswer, Prompt, Question, Terminal};
use crate::secret::Secret;
use crate::source::decode;
use crate::store::AppliedDigests;
use crate::system::clock;
use crate::system::files::backups::BackupTime;
use crate::system::files::disk;
use crate::system::host::Host;

/// Manage long-term keys of IAM users
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Add(AddArgs),
}

/// Store an IAM user's access key in ~/.aws/credentials
///
/// The key goes into the section that the profile takes it from: `[NAME-long-term]` of an `iam-mfa` profile, `[NAME]` of an
/// `iam` one. Sessions that were made with another key are ended.
///
/// Without --csv the key is read from stdin if that is no terminal: the console's CSV, the JSON of `aws iam
/// create-access-key`, or the id and the secret. On a terminal you are asked, and the secret is not shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth keys add main
  awsauth keys add main --csv accessKeys.csv
  aws iam create-access-key | awsauth keys add main")]
struct AddArgs {
    /// Profile with the pattern iam or iam-mfa
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_with_key))]
    name: String,
    /// CSV file from the AWS console, or - for stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    csv: Option<PathBuf>,
    /// Replace the key that is there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let Action::Add(args) = &args.action;
    add(args, app)
}

fn add(args: &AddArgs, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let service = LoginService::new(app)?;
    let profile = service.manifest.profile(&args.name)?;
    service.manifest.warn_of_errors();
    let section = profile.long_term_section().ok_or_else(|| {
        let base = service.chain(&args.name).map(|chain| chain.base().name.to_string());
        let failure = Failure::new(
            Exit::Usage,
            format!("`{}` has the pattern `{}`, which has no long-term key", args.name, profile.pattern()),
        );
        match base {
            Ok(base) if profile.pattern() == crate::model::Pattern::IamMfaRole => {
                failure.hint(format!("its key is that of `{base}`: `awsauth keys add {base}`"))
            }
            _ => failure.hint(format!("it needs none: `awsauth login {}`", args.name)),
        }
    })?;
    if let Some(at) = service.misplaced_key(profile).filter(|_| !service.has_key(profile)) {
        let message = format!("there is a long-term key in [{at}] of the credentials file, where the session goes");
        return Err(Failure::new(Exit::Refused, message)
            .hint(format!("`awsauth apply --adopt` moves it to [{section}]; after that, `--force` replaces it")));
    }
    service.copies.check_replaceable()?;
    let key = read_key(args, host, |id| if args.force { Ok(()) } else { refuse_other_key(id, section, app.paths) })?;
    let overwrite = if args.force { Overwrite::Edited } else { Overwrite::Intact };
    // A key that is added takes no other away.
    let stamp = BackupTime::of(clock::now());
    let keep = if args.force { Keep::Backup(&stamp) } else { Keep::Nothing };
    let is_changed = service.copies.write_section(keep, |bytes| plan::add_key(bytes, section, &key, overwrite))?;
    let ended = if is_changed { end_sessions(section, &service, app)? } else { Prune::default() };
    if is_changed && args.force {
        remember(app.paths)?;
    }
    let file = Paths::shown(&app.paths.credentials()?);
    if out.json {
        out.document(AddedJson {
            profile: &args.name,
            section: section.as_str(),
            access_key_id: &key.access_key_id,
            changed: is_changed,
            ended_sessions: ended.names(),
        })?;
    } else if is_changed {
        out.say(&format!("stored {} in [{section}] of {file}", key.access_key_id));
        ended.report(false, out);
    } else {
        out.say(&format!("{} is already in [{section}] of {file}", key.access_key_id));
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct AddedJson<'a> {
    profile: &'a str,
    section: &'a str,
    access_key_id: &'a str,
    changed: bool,
    ended_sessions: Vec<&'a str>,
}

/// Ends the sessions that were made with another key than `section` has now, in the state directory and in AWS's files.
fn end_sessions(section: &ProfileName, service: &LoginService<'_>, app: App<'_>) -> Result<Prune, Failure> {
    let bytes = credentials(app.paths)?;
    let prune = Prune::of_key(section, &service.manifest.catalog, &service.sessions, &bytes);
    let (ends, kept) = (|name: &str| prune.ends(name), |name: &str| service.sessions.key_id(name));
    service.copies.remove_sections(ends, kept)?;
    prune.carry_out(&service.sessions, app.out)?;
    Ok(prune)
}

fn credentials(paths: Paths<'_>) -> Result<Vec<u8>, Failure> {
    Ok(disk::read(&paths.credentials()?).map_err(|error| explain::disk(&error))?.unwrap_or_default())
}

/// Tells `apply --undo` that the file is as awsauth left it. A key that was added without a backup is not told: an undo of
/// an earlier run would take it away.
fn remember(paths: Paths<'_>) -> Result<(), Failure> {
    let bytes = credentials(paths)?;
    let digests = [bytes.as_slice(), &plan::without_sessions(&bytes)].map(AppliedDigests::digest);
    // Without it, an undo only warns of a change.
    drop(AppliedDigests::new(&paths.state()?).remember_also(digests));
    Ok(())
}

/// Refuses another key than `section` holds, so that nobody is asked for a secret in vain.
fn refuse_other_key(id: &str, section: &ProfileName, paths: Paths<'_>) -> Result<(), Failure> {
    let bytes = credentials(paths)?;
    let held = plan::long_term_key(&Document::parse(&bytes, FileKind::Credentials), section);
    match held.filter(|held| held.access_key_id != id) {
        Some(held) => {
            let message = format!("[{section}] of the credentials file already holds the key {}", held.access_key_id);
            Err(Failure::new(Exit::Refused, message).hint("`--force` replaces it"))
        }
        None => Ok(()),
    }
}

fn read_key(
    args: &AddArgs,
    host: &Host,
    check_id: impl Fn(&str) -> Result<(), Failure>,
) -> Result<LongTermKey, Failure> {
    let unreadable = |error| Failure::new(Exit::Unavailable, "can't read standard input").because(&error);
    let text = match &args.csv {
        Some(path) if path.as_os_str() == "-" => {
            Secret::new(Host::read_stdin(access_key::LARGEST).map_err(unreadable)?)
        }
        Some(path) => {
            let bytes = disk::read(path).map_err(|error| Failure::of(Exit::Usage, &error))?;
            let bytes =
                bytes.ok_or_else(|| Failure::new(Exit::Usage, format!("there is no file {}", path.display())))?;
            Secret::new(decode(&bytes).unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned()))
        }
        None if host.stdin_is_terminal => return ask(check_id),
        None => Secret::new(Host::read_stdin(access_key::LARGEST).map_err(unreadable)?),
    };
    access_key::parse(text.expose()).map_err(|error| {
        Failure::of(Exit::Usage, &error)
            .hint("give the console's CSV, or the id and the secret with a blank or a new line between them")
    })
}

fn ask(check_id: impl Fn(&str) -> Result<(), Failure>) -> Result<LongTermKey, Failure> {
    let ask = |text, help, fits: fn(&str) -> bool, complaint, echo| {
        Terminal.ask(Question { text, help, fits, complaint, echo, facts: &[] }).map_err(|error| match error {
            NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted; nothing was written"),
            other => Failure::of(Exit::Usage, &other),
        })
    };
    let id =
        ask("Access key ID:", "AKIA…", looks_like_key_id, "20 letters and digits that begin with AKIA", Echo::Shown)?;
    check_id(id.expose().trim())?;
    let secret = ask(
        "Secret access key:",
        "it is not shown",
        access_key::looks_like_secret,
        "40 letters, digits, + and /",
        Echo::Hidden,
    )?;
    Ok(LongTermKey {
        access_key_id: id.expose().trim().to_owned(),
        secret_access_key: Secret::new(secret.expose().trim()),
    })
}
