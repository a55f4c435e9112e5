//! Owns `awsauth keys add`.

use std::path::PathBuf;

use serde::Serialize;

use crate::cli::access_key::{self, KeyTextError, looks_like_key_id};
use crate::cli::app::App;
use crate::cli::config::complete::names_with_key;
use crate::cli::config::load::is_known;
use crate::cli::exit::Exit;
use crate::cli::keys::caller::verify;
use crate::cli::keys::owner::KeyOwner;
use crate::cli::keys::store::{KeyStore, Replace};
use crate::cli::login::service::LoginService;
use crate::cli::mfa::device::warn_of_other_serial;
use crate::cli::mfa::user::{DeviceUser, service};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names;
use crate::cli::ui::out::Out;
use crate::cli::ui::picker::pick;
use crate::flow::CallerIdentity;
use crate::model::{LongTermKey, Profile, ProfileName};
use crate::prompt::{Echo, NoAnswer, Prompt, Question, Terminal};
use crate::secret::Secret;
use crate::source::decode;
use crate::system::files::disk;
use crate::system::host::Host;

/// Store an IAM user's access key
///
/// The key goes into the section of ~/.aws/credentials that the profile takes it from: `[NAME-long-term]` of an `iam-mfa`
/// profile, `[NAME]` of an `iam` one; or into the keyring. Sessions that were made with another key are ended.
///
/// AWS is asked first whose key it is. A key that AWS does not know, or that is of another account than the profile's MFA
/// device, is not stored.
///
/// Without --csv the key is read from stdin if that is no terminal: the console's CSV, the JSON of `aws iam
/// create-access-key`, or the id and the secret. On a terminal you are asked, and the secret is not shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth keys add main
  awsauth keys add main --csv accessKeys.csv
  aws iam create-access-key | awsauth keys add main")]
pub(super) struct Args {
    /// Profile with the pattern iam or iam-mfa [default: the only one, or a list]
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_with_key))]
    name: Option<String>,
    /// CSV file from the AWS console, or - for stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    csv: Option<PathBuf>,
    /// Replace the key that is there
    #[arg(long)]
    force: bool,
    /// Store the key without asking AWS whose it is
    #[arg(long)]
    no_verify: bool,
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let service = service(app)?;
    let name = name(args, &service, app)?;
    let owner = KeyOwner::find(&name, "add", &service)?;
    service.manifest.warn_of_errors();
    let section = owner.section;
    if let Some(at) = service.misplaced_key(owner.profile).filter(|_| !service.has_key(owner.profile)) {
        let message = format!("there is a long-term key in [{at}] of the credentials file, where the session goes");
        return Err(Failure::new(Exit::Refused, message)
            .hint(format!("`awsauth apply --adopt` moves it to [{section}]; after that, `--force` replaces it")));
    }
    service.copies.check_replaceable()?;
    let store = KeyStore::new(app, &service);
    let replace = if args.force { Replace::WithBackup } else { Replace::Never };
    let key = read_key(args, host, |id| if args.force { Ok(()) } else { refuse_other_key(id, section, store) })?;
    store.check(section, &key, replace)?;
    let identity = if args.no_verify { None } else { Some(verify(&key, owner, &service, app)?) };
    if let Some(identity) = &identity {
        say_whose(identity, out);
    }
    let ended = store.put(section, &key, replace)?;
    let place = store.shown(section)?;
    if out.json {
        out.document(AddedJson {
            profile: &name,
            section: section.as_str(),
            access_key_id: &key.access_key_id,
            account: identity.as_ref().map(|identity| identity.account.as_str()),
            arn: identity.as_ref().map(|identity| identity.arn.as_str()),
            changed: ended.is_some(),
            ended_sessions: ended.as_ref().map(|ended| ended.names()).unwrap_or_default(),
        })?;
    } else if let Some(ended) = ended {
        out.say(&format!("stored {} in {place}", key.access_key_id));
        ended.report(false, out);
        say_of_file(args, identity.as_ref(), owner, &service, out);
        if host.is_interactive() && identity.is_some() {
            warn_of_wrong_device(&name, &service, app);
        }
        if let Some(step) = next(owner.profile, &service) {
            out.say(&format!("next: {step}"));
        }
    } else {
        out.say(&format!("{} is already in {place}", key.access_key_id));
        say_of_file(args, identity.as_ref(), owner, &service, out);
    }
    Ok(Exit::Done)
}

/// The profile that was named, the only one with a key of its own, or one from a list.
fn name(args: &Args, service: &LoginService<'_>, app: App<'_>) -> Result<String, Failure> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    // A profile that is wrong may be the one that is meant.
    if let Some(failure) = service.manifest.refuse_wrong(|_| true) {
        return Err(failure);
    }
    let profiles = service.manifest.catalog.profiles();
    let owners: Vec<&Profile> = profiles.iter().filter(|profile| profile.long_term_section().is_some()).collect();
    match owners[..] {
        [] if profiles.is_empty() => Err(service.manifest.without_profiles()),
        [] => Err(Failure::new(Exit::Usage, "no profile has the pattern iam or iam-mfa, so none needs an access key")),
        [only] => {
            app.out.say(&format!("{} is the only profile with an access key of its own", only.name));
            Ok(only.name.to_string())
        }
        _ if app.host.is_interactive() => {
            let state = |profile: &Profile| if service.has_key(profile) { "has a key" } else { "no key" }.to_owned();
            pick("Access key for:", &owners, state, &[], app.out)
        }
        _ => {
            let names = names::first(3, owners.iter().map(|profile| profile.name.as_str()));
            Err(Failure::new(Exit::Usage, "which profile?").hint(format!("`awsauth keys add NAME`, for {names}")))
        }
    }
}

/// Tells a person of a wrong device before a code is spent on it. A key that may not list devices says nothing.
fn warn_of_wrong_device(name: &str, service: &LoginService<'_>, app: App<'_>) {
    let Ok(user) = DeviceUser::find(name, service, app) else { return };
    if user.serial().is_some()
        && let Ok(devices) = user.devices()
    {
        drop(warn_of_other_serial(&devices, &user, app));
    }
}

/// Says what to do with the file that the key came from.
fn say_of_file(
    args: &Args,
    identity: Option<&CallerIdentity>,
    owner: KeyOwner<'_>,
    service: &LoginService<'_>,
    out: Out,
) {
    let Some(csv) = args.csv.as_ref().filter(|csv| csv.as_os_str() != "-") else { return };
    let csv = csv.display().to_string();
    let misplaced = service.misplaced_keys();
    let is_other_account = |other: &KeyOwner<'_>| {
        let accounts = other.devices(service).into_iter().filter_map(|(_, serial)| serial.account());
        identity.is_some_and(|identity| accounts.into_iter().any(|account| account != identity.account.as_str()))
    };
    let mut lacking = service.manifest.catalog.profiles().iter().filter_map(KeyOwner::of).filter(|other| {
        let has_key = service.has_key(other.profile) || misplaced.contains_key(other.section);
        other.section != owner.section && !has_key && !is_other_account(other)
    });
    let when = match lacking.next() {
        Some(KeyOwner { profile, .. }) => {
            let (name, file) = (&profile.name, shlex::try_quote(&csv).unwrap_or_default());
            out.say(&format!("{name} has no key yet; if it is the same one: `awsauth keys add {name} --csv {file}`"));
            " when nothing needs it any more"
        }
        None => "",
    };
    out.say(&format!("delete {csv}{when}: whoever has it has the key"));
}

/// What makes the key useful.
fn next(profile: &Profile, service: &LoginService<'_>) -> Option<String> {
    let name = &profile.name;
    let chain = service.manifest.catalog.chain(name.as_str())?;
    let is_applied = service.not_applied(&[chain]).missing.is_empty();
    match profile.mfa_serial() {
        Some(serial) if !is_known(serial) => {
            Some(format!("`awsauth login {name}` finds your MFA device; `awsauth mfa enroll {name}` makes one"))
        }
        Some(_) => Some(format!("`awsauth login {name}`")),
        None if !is_applied => Some("`awsauth apply`".to_owned()),
        None => None,
    }
}

fn say_whose(identity: &CallerIdentity, out: Out) {
    if identity.is_root() {
        out.warn("this is the root user's key, which can do everything: make an IAM user, and delete this key");
    }
    if out.json {
        return;
    }
    let (account, arn) = (identity.account.as_str(), &identity.arn);
    match identity.user_name() {
        Some(user) => out.say(&format!("AWS knows this key: user {user} of account {account} ({arn})")),
        None => out.say(&format!("AWS knows this key: account {account} ({arn})")),
    }
}

#[derive(Serialize)]
struct AddedJson<'a> {
    profile: &'a str,
    section: &'a str,
    access_key_id: &'a str,
    /// None without the question to AWS.
    account: Option<&'a str>,
    arn: Option<&'a str>,
    changed: bool,
    ended_sessions: Vec<&'a str>,
}

/// Refuses another key than `section` holds, so that nobody is asked for a secret in vain.
fn refuse_other_key(id: &str, section: &ProfileName, store: KeyStore<'_>) -> Result<(), Failure> {
    match store.stored_id(section)?.filter(|held| held != id) {
        Some(held) => {
            let message = format!("{} already holds the key {held}", store.shown(section)?);
            Err(Failure::new(Exit::Refused, message).hint("`--force` replaces it"))
        }
        None => Ok(()),
    }
}

fn read_key(args: &Args, host: &Host, check_id: impl Fn(&str) -> Result<(), Failure>) -> Result<LongTermKey, Failure> {
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
        let hint = match error {
            KeyTextError::Several(_) => "give the key of one user alone: its line of the CSV",
            _ => "give the console's CSV, or the id and the secret with a blank or a new line between them",
        };
        let failure = match args.csv.as_ref().filter(|csv| csv.as_os_str() != "-") {
            Some(csv) => Failure::new(Exit::Usage, format!("{}: {error}", csv.display())),
            None => Failure::of(Exit::Usage, &error),
        };
        failure.hint(hint)
    })
}

fn ask(check_id: impl Fn(&str) -> Result<(), Failure>) -> Result<LongTermKey, Failure> {
    let ask = |text, help, fits: fn(&str) -> bool, complaint, echo| {
        Terminal.ask(Question { text, help, fits, complaint, echo, facts: &[] }).map_err(|error| match error {
            NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted; nothing was written"),
            other => Failure::of(Exit::Usage, &other),
        })
    };
    let id = ask(
        "Access key ID:",
        "AKIA…; `--csv FILE` reads a file",
        looks_like_key_id,
        "20 letters and digits that begin with AKIA",
        Echo::Shown,
    )?;
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
