//! Owns `awsauth use`, which only the shell function of `awsauth hook` can make true.

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::config::load::Manifest;
use crate::cli::environment::inherited_variables;
use crate::cli::exit::Exit;
use crate::cli::login::options::InPlace;
use crate::cli::login::service::LoginService;
use crate::cli::login::warm;
use crate::cli::shell::{current_hook, current_shell, one_line};
use crate::cli::show::by_name;
use crate::cli::status::validity::{States, Validity};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::picker::pick;
use crate::flow::seconds_left;
use crate::model::{Credentials, Profile, ProfileName, Renewal};
use crate::render::{EnvChange, HOOK_VARIABLE, HookShell, REGION_VARIABLES, Shell, duration};
use crate::secret::Secret;
use crate::system::clock;
use crate::system::host::Host;

/// The word for the profile before, as in `cd -`.
const PREVIOUS: &str = "-";
const PREVIOUS_PROFILE_VARIABLE: &str = "AWSAUTH_PROFILE_BEFORE";

/// Set the current shell to a profile
///
/// Sets `AWS_PROFILE`, so that sessions renew by themselves. If some tool can't use the profile by its name, as when
/// `apply` has not written it yet, keys are set instead, and a line says why. --keys is for programs that read nothing
/// but keys.
///
/// A program can't change the shell that started it, so this needs the shell function that `awsauth hook` prints. A
/// login that is needed runs in place. If anything fails, the shell keeps what it had, and the exit code is awsauth's.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth use prod
  awsauth use -           # the profile before
  awsauth use --none

This needs awsauth's shell function: see `awsauth hook --help`.")]
pub(crate) struct Args {
    /// Profile, or `-` for the one before [default: a list to choose from]
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: Option<String>,
    /// Set keys, not `AWS_PROFILE`
    #[arg(long)]
    keys: bool,
    /// Unset all AWS credentials
    #[arg(long, conflicts_with_all = ["name", "keys", "no_login"])]
    none: bool,
    /// Fail instead of logging in on the terminal
    #[arg(long)]
    no_login: bool,
}

/// Prints what the function evaluates; without the function it says how to get it.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let asked = host.var(HOOK_VARIABLE);
    let Some(shell) = asked.and_then(HookShell::parse) else {
        if let Some(name) = args.name.as_deref().filter(|name| *name != PREVIOUS) {
            Manifest::read_in_part(app)?.profile(name)?;
        }
        return Err(without_function(args, host));
    };
    let mut change = if args.none { EnvChange::to_nobody(inherited_variables(host)) } else { change(args, app)? };
    if let Some(before) = current_profile(host).filter(|name| !change.is_to(name)) {
        change.set.push((PREVIOUS_PROFILE_VARIABLE, Secret::new(before.as_str())));
    }
    out.data(&shell.lines(&change).map_err(|error| Failure::of(Exit::Refused, &error))?)?;
    Ok(Exit::Done)
}

/// The profile that `use` has set.
fn current_profile(host: &Host) -> Option<ProfileName> {
    ProfileName::new(host.var("AWSAUTH_PROFILE")?).ok()
}

fn change(args: &Args, app: App<'_>) -> Result<EnvChange, Failure> {
    let name = match args.name.as_deref() {
        Some(PREVIOUS) => before(app.host)?,
        Some(name) => name.to_owned(),
        None => choose(app)?,
    };
    let login = InPlace::unless(args.no_login);
    if args.keys {
        let (credentials, change) = warm::environment(&name, login, app)?;
        tell(&name, &format!("keys are set; {}", validity(&credentials)), app);
        return Ok(change);
    }
    let service = LoginService::new(app)?;
    let profile = service.manifest.profile(&name)?;
    service.manifest.warn_of_errors();
    let credentials = service.credentials_for(&name, login)?;
    if let Some(obstacle) = by_name::obstacle(&service.chain(&name)?, &service, app)? {
        tell(&name, &format!("keys are set; {}", validity(&credentials)), app);
        tell(&name, &obstacle, app);
        return Ok(service.env_change(profile, &credentials, app.host));
    }
    let change = EnvChange::by_name(&profile.name, inherited_variables(app.host));
    tell(&name, &format!("AWS_PROFILE is set; {}", renewal(&service, &name, &credentials)?), app);
    if let Some(region) = other_region(profile, &change, app.host) {
        tell(&name, &region, app);
    }
    Ok(change)
}

/// Says something to a person; a script has the exit code.
fn tell(name: &str, text: &str, app: App<'_>) {
    if app.host.stderr_is_terminal {
        app.out.say(&format!("{name}: {text}"));
    }
}

/// How long the credentials themselves are good.
fn validity(credentials: &Credentials) -> String {
    let has = match credentials.session_token {
        None => "the long-term key itself, which does not expire",
        Some(_) => "from another program, which does not say when they end",
    };
    let left = credentials.expiration.map(|end| seconds_left(end, clock::now()));
    left.map_or(has.to_owned(), |left| format!("valid for {}", duration(left)))
}

/// How long the profile has credentials without a person.
fn renewal(service: &LoginService<'_>, name: &str, credentials: &Credentials) -> Result<String, Failure> {
    let chain = service.chain(name)?;
    let states = States::new(service);
    Ok(match (Renewal::of(chain.profiles()), states.of(chain.profiles()).validity) {
        (Renewal::Person, _) => validity(credentials),
        (_, Validity::Until(end)) => {
            format!("sessions renew by themselves for {}", duration(seconds_left(end, states.now)))
        }
        _ => "sessions renew by themselves".to_owned(),
    })
}

/// The words for a region that the person has set, and that counts before the profile's.
fn other_region(profile: &Profile, change: &EnvChange, host: &Host) -> Option<String> {
    let own = profile.region.as_ref()?.as_str();
    let is_left = |name: &&str| !change.unset.iter().any(|unset| unset == name);
    let mut left = REGION_VARIABLES.into_iter().filter(is_left).filter_map(|name| Some((name, host.var(name)?)));
    let (name, region) = left.find(|(_, region)| *region != own)?;
    Some(format!("this shell's {name}={region} is used, not the profile's region {own}"))
}

/// The name for `-`.
fn before(host: &Host) -> Result<String, Failure> {
    let none = || Failure::new(Exit::Usage, "no profile was used in this shell before").hint("`awsauth use NAME`");
    host.var(PREVIOUS_PROFILE_VARIABLE).map(str::to_owned).ok_or_else(none)
}

fn choose(app: App<'_>) -> Result<String, Failure> {
    let service = LoginService::new(app)?;
    if service.manifest.catalog.profiles().is_empty() {
        return Err(service.manifest.without_profiles());
    }
    if !app.host.is_interactive() {
        return Err(Failure::new(Exit::Usage, "which profile?").hint("`awsauth use NAME`, or `awsauth use --none`"));
    }
    let profiles: Vec<_> = service.manifest.catalog.profiles().iter().collect();
    let states = States::new(&service);
    pick("Use:", &profiles, |profile| states.words(profile), &[], app.out)
}

/// The person has not installed the function, or is in a shell that has none.
fn without_function(args: &Args, host: &Host) -> Failure {
    let failure = Failure::new(Exit::Usage, "`awsauth use` needs awsauth's shell function, which is not loaded here");
    let Ok(shell) = current_shell(host) else {
        return failure.hint("`awsauth hook --help` tells for which shells there is one");
    };
    let name = args.name.as_deref().filter(|name| *name != PREVIOUS).unwrap_or("NAME");
    let now = if args.none { one_line(shell, "--unset") } else { one_line(shell, name) };
    match current_hook(host) {
        Some(hook) => {
            let (line, file) = hook.installation();
            failure
                .hint(format!("load it: `{line}`, also as a line of {file}"))
                .hint(format!("without it, in this shell: {now}"))
        }
        None if shell == Shell::Nu => failure.hint(format!("nushell does not need it: {now}")),
        None => failure
            .hint("`awsauth hook --help` has the line that loads it, for each shell that has one")
            .hint(format!("without it, in this shell: {now}")),
    }
}
