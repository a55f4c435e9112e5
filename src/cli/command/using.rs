//! Owns `awsauth use`, which only the shell function of `awsauth hook` can make true.

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::config::load::Manifest;
use crate::cli::environment::stale_variables;
use crate::cli::exit::Exit;
use crate::cli::login::options::InPlace;
use crate::cli::login::service::LoginService;
use crate::cli::login::warm;
use crate::cli::shell::{current_hook, current_shell, one_line};
use crate::cli::status::validity::States;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::picker::pick;
use crate::flow::seconds_left;
use crate::render::{EnvChange, HOOK_VARIABLE, HookShell, Shell, duration};
use crate::system::clock;
use crate::system::host::Host;

/// Set the current shell to a profile
///
/// A program can't change the shell that started it, so this needs the shell function that `awsauth hook` prints. A
/// login that is needed runs in place. If anything fails, the shell keeps what it had, and the exit code is awsauth's.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth use prod
  awsauth use --none

This needs awsauth's shell function: see `awsauth hook --help`.")]
pub(crate) struct Args {
    /// Profile [default: a list to choose from]
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: Option<String>,
    /// Unset all AWS credentials
    #[arg(long, conflicts_with_all = ["name", "no_login"])]
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
        if let Some(name) = &args.name {
            Manifest::read_in_part(app)?.profile(name)?;
        }
        return Err(without_function(args, host));
    };
    let change = if args.none { EnvChange::to_nobody(stale_variables(host)) } else { change(args, app)? };
    out.data(&shell.lines(&change).map_err(|error| Failure::of(Exit::Refused, &error))?)?;
    Ok(Exit::Done)
}

fn change(args: &Args, app: App<'_>) -> Result<EnvChange, Failure> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => choose(app)?,
    };
    let (credentials, change) = warm::environment(&name, InPlace::unless(args.no_login), app)?;
    // A person is told; a script has the exit code.
    if app.host.stderr_is_terminal {
        let left = credentials.expiration.map(|end| seconds_left(end, clock::now()));
        let has = if credentials.session_token.is_none() { "long-term key" } else { "a session of another program" };
        let text = left.map_or(has.to_owned(), |left| format!("valid for {}", duration(left)));
        app.out.say(&format!("{name}: {text}"));
    }
    Ok(change)
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
    let name = args.name.as_deref().unwrap_or("NAME");
    let now = if args.none { one_line(shell, "--unset") } else { one_line(shell, name) };
    match current_hook(host) {
        Some(hook) => {
            let (line, file) = hook.installation();
            failure
                .hint(format!("put this line into {file} and start a new shell: {line}"))
                .hint(format!("without it, in this shell: {now}"))
        }
        None if shell == Shell::Nu => failure.hint(format!("nushell does not need it: {now}")),
        None => failure
            .hint("`awsauth hook --help` tells for which shells there is one")
            .hint(format!("without it, in this shell: {now}")),
    }
}
