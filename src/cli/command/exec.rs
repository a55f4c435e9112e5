//! Owns `awsauth exec`.

use std::borrow::Cow;
use std::ffi::OsString;

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::config::selection::{Among, ProfileSelector, Tags, choose};
use crate::cli::exec::batch::{Batch, check_program, not_started};
use crate::cli::exec::with_server::run_with_server;
use crate::cli::exit::Exit;
use crate::cli::login::options::InPlace;
use crate::cli::login::service::LoginService;
use crate::cli::login::warm;
use crate::cli::shell::interactive_shell;
use crate::cli::ui::failure::Failure;
use crate::model::Glob;
use crate::provider::CODE_VARIABLE;
use crate::render::EnvChange;
use crate::system::host::Host;
use crate::system::programs::process;

/// Run a command with a profile's credentials
///
/// Every variable that carries or selects another AWS identity is unset; endpoints, files and other settings stay.
/// awsauth's own flags come before CMD. From CMD on, every word is passed on as it is, `--` included. A CMD that begins
/// with - needs `--` before it. CMD replaces awsauth: signals reach it, and its exit code is the result. The exit code
/// is 127 if there is no such command, and 126 if it can't run. Without CMD, at a terminal, it is a shell, whose prompt
/// may show `AWSAUTH_PROFILE`.
///
/// With --server, CMD has no keys. It asks an endpoint on 127.0.0.1 for them, as in a container, and awsauth renews them
/// as long as CMD runs. All of AWS's SDKs and tools can do that.
///
/// With a glob such as 'prod-*', --tag or --all, CMD runs once for each profile, in the manifest's order, after one
/// login for all of them. Each run has its profile's credentials, the name in `AWSAUTH_PROFILE`, and an empty standard
/// input. Each line of its output is passed on with the profile in front (a line of more than 64 KiB in pieces); with
/// --json, standard output becomes part of the document. A run that fails does not stop the others. The exit code is
/// the highest of all: that of CMD, 128 + N if signal N ended it, 127 or 126 as above, or 5 for a profile without a
/// session.
///
/// After Ctrl-C, SIGTERM or SIGHUP, no further run is started, and those under way are waited for; the exit code is 128 + N,
/// which is 130 for Ctrl-C. A second SIGINT is always passed on to the runs. If awsauth is not in a terminal's foreground,
/// each run is a process group of its own, and SIGINT, SIGTERM and SIGHUP are passed on to the whole group.
#[derive(Debug, clap::Args)]
#[command(override_usage = "\
awsauth exec [OPTIONS] <NAME|GLOB> [[--] <CMD>...]
       awsauth exec [OPTIONS] <--tag <TAG>|--all> -- <CMD>...")]
#[command(after_help = "\
Example:
  awsauth exec 'prod-*' --parallel 4 -- aws sts get-caller-identity")]
pub(crate) struct Args {
    /// Fail instead of logging in on the terminal
    #[arg(long)]
    no_login: bool,
    /// All profiles
    #[arg(long, conflicts_with = "tag")]
    all: bool,
    #[command(flatten)]
    tags: Tags,
    /// How many run at once, for many profiles
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true, value_parser = clap::value_parser!(u16).range(1..=100))]
    parallel: u16,
    /// Renew the credentials as long as CMD runs
    #[arg(long, conflicts_with = "parallel")]
    server: bool,
    /// Profile, or a glob such as 'prod-*'
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "tag"], add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: Option<OsString>,
    /// Command and its arguments
    #[arg(value_name = "CMD", trailing_var_arg = true)]
    command: Vec<OsString>,
}

/// Becomes the command, whose exit code is awsauth's; or runs it for many profiles.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let is_many = args.all || !args.tags.tag.is_empty();
    // With these, there is no NAME: what stands there is the command.
    let (name, command) = if is_many {
        (None, args.name.iter().chain(&args.command).cloned().collect())
    } else {
        (args.name.as_ref(), args.command.clone())
    };
    if is_many {
        check_escape(args, &command, host.words())?;
    }
    let shell = command.is_empty().then(|| args.shell(host)).flatten();
    let Some((program, rest)) = shell.as_slice().split_first().or_else(|| command.split_first()) else {
        return Err(without_command(args, host.words()));
    };
    if let (Some(_), Some(name)) = (&shell, name) {
        let what = if args.server { "which asks awsauth for its credentials" } else { "with its credentials" };
        out.say(&format!("{}: a shell {what}; `exit` leaves it", name.display()));
    }
    let names: Vec<String> = name.map(|name| name.to_string_lossy().into_owned()).into_iter().collect();
    let selector = match &*names {
        [_] if args.parallel > 1 && !Glob::is_meant(&names[0]) => {
            return Err(Failure::new(Exit::Usage, "`--parallel` is for many profiles: a pattern, `--tag` or `--all`"));
        }
        [name] if !Glob::is_meant(name) => {
            // What is wrong with the program is told in words of the manifest.
            let is_found = process::missing(program, host.var_os("PATH")).is_none();
            if is_found
                && !args.server
                && let Some((_, change)) = warm::kept_environment(name, app)?
            {
                return become_program(program, rest, &change);
            }
            let service = LoginService::new(app)?;
            // A NAME behind `--` is one all the same, if there is such a profile.
            if service.manifest.catalog.get(name).is_none() && args.has_name_escaped(host.words()) {
                return Err(without_name(&[&[name.into()], &*command].concat()));
            }
            return run_one(&service, name, args, app, program, rest);
        }
        [_] if args.server => {
            return Err(for_one_profile(&shell_words([&OsString::from(&names[0])])));
        }
        [] if args.server => return Err(for_one_profile("NAME…")),
        [] if args.all => ProfileSelector::All,
        [] => ProfileSelector::Tags(&args.tags.tag),
        _ => ProfileSelector::Names(&names),
    };
    let service = LoginService::new(app)?;
    let profiles = choose(&service.manifest, selector, Among::Every)?;
    service.manifest.warn_of_errors();
    if profiles.is_empty() {
        return Err(service.manifest.without_profiles());
    }
    check_program(program, rest, &service.manifest.catalog, host)?;
    let batch = Batch { service: &service, host, out, program, args: rest, parallel: usize::from(args.parallel) };
    batch.run(&profiles, args.login(), &login_command(selector))
}

impl Args {
    fn login(&self) -> InPlace {
        InPlace::unless(self.no_login)
    }

    /// The person's shell, for a plain NAME at a terminal.
    fn shell(&self, host: &Host) -> Option<OsString> {
        let name = self.name.as_ref()?.to_string_lossy();
        let is_one = !self.all && self.tags.tag.is_empty() && self.parallel == 1 && !Glob::is_meant(&name);
        let is_wanted = is_one && host.is_interactive() && !self.has_name_escaped(host.words());
        is_wanted.then(|| interactive_shell(host))
    }

    /// True if clap took the first word after `--` for NAME.
    fn has_name_escaped(&self, words: &[OsString]) -> bool {
        self.name
            .as_ref()
            .is_some_and(|name| words.ends_with(&escaped(&[std::slice::from_ref(name), &self.command].concat())))
    }

    /// The command line with `command` after `--`, and with the same flags.
    fn with_command(&self, command: &[OsString]) -> String {
        let mut words: Vec<OsString> = ["awsauth", "exec"].map(OsString::from).to_vec();
        words.extend(self.all.then(|| "--all".into()));
        words.extend(self.tags.tag.iter().flat_map(|tag| ["--tag".into(), tag.into()]));
        if self.parallel > 1 {
            words.extend(["--parallel".into(), self.parallel.to_string().into()]);
        }
        words.extend(self.no_login.then(|| "--no-login".into()));
        shell_words(words.iter().chain(&escaped(command)))
    }
}

/// The words end too early.
fn without_command(args: &Args, words: &[OsString]) -> Failure {
    match &args.name {
        Some(name) if args.has_name_escaped(words) => without_name(std::slice::from_ref(name)),
        Some(name) => {
            let exec = shell_words(&["awsauth".into(), "exec".into(), name.clone()]);
            let exec = if args.server { format!("{exec} --server") } else { exec };
            Failure::new(Exit::Usage, "which command?").hint(format!("put it after the profile: `{exec} -- CMD`"))
        }
        None => Failure::new(Exit::Usage, "which command?").hint("put it after `--`: `awsauth exec --all -- CMD`"),
    }
}

fn for_one_profile(many: &str) -> Failure {
    Failure::new(Exit::Usage, "`--server` is for one profile").hint(format!("for many, `awsauth serve {many}`"))
}

/// Only `command` was given, behind `--`.
fn without_name(command: &[OsString]) -> Failure {
    let command = shell_words(&escaped(command));
    Failure::new(Exit::Usage, "which profile?")
        .hint(format!("the profile comes before `--`: `awsauth exec NAME {command}`"))
}

/// Becomes the command with the credentials of one profile, or runs it beside an endpoint.
fn run_one(
    service: &LoginService<'_>,
    name: &str,
    args: &Args,
    app: App<'_>,
    program: &OsString,
    rest: &[OsString],
) -> Result<Exit, Failure> {
    let profile = service.manifest.profile(name)?;
    service.manifest.warn_of_errors();
    check_program(program, rest, &service.manifest.catalog, app.host)?;
    if args.server {
        return run_with_server(service, profile, args.login(), (program, rest), app);
    }
    let credentials = service.credentials_for(name, args.login())?;
    become_program(program, rest, &service.env_change(profile, &credentials, app.host))
}

fn become_program(program: &OsString, rest: &[OsString], change: &EnvChange) -> Result<Exit, Failure> {
    let unset = change.unset.iter().map(String::as_str).chain([CODE_VARIABLE]);
    let error = process::become_program(program, rest, &change.set, unset);
    Err(not_started(program, &error))
}

/// Refuses a command that does not stand after `--`: its flags would be taken for awsauth's.
fn check_escape(args: &Args, command: &[OsString], words: &[OsString]) -> Result<(), Failure> {
    let before = words.len().checked_sub(command.len() + 1).and_then(|at| words.get(at));
    if command.is_empty() || before.is_some_and(|word| word == "--") && words.ends_with(command) {
        return Ok(());
    }
    let failure = Failure::new(Exit::Usage, "with `--tag` or `--all` there is no NAME, and CMD stands after `--`");
    if let Some(before) = words.strip_suffix(command) {
        let own = std::iter::once("awsauth".into()).chain(before.iter().skip(1).cloned()).chain(escaped(command));
        return Err(failure.hint(format!("`{}`", shell_words(&own.collect::<Vec<OsString>>()))));
    }
    let is_escaped = !args.command.is_empty() && words.ends_with(&escaped(&args.command));
    let Some(name) = args.name.as_ref().filter(|_| is_escaped) else {
        return Err(failure.hint(format!("`{}`", args.with_command(command))));
    };
    // A NAME besides: which of both is meant, nobody knows.
    let alone =
        shell_words(["awsauth", "exec"].map(OsString::from).iter().chain([name]).chain(&escaped(&args.command)));
    Err(failure.hint(format!("`{}`, or `{alone}` for that profile", args.with_command(&args.command))))
}

/// A command behind `--`.
fn escaped(command: &[OsString]) -> Vec<OsString> {
    std::iter::once(OsString::from("--")).chain(command.iter().cloned()).collect()
}

/// Words as they are typed in a shell.
fn shell_words<'w>(words: impl IntoIterator<Item = &'w OsString>) -> String {
    let words = words.into_iter().map(|word| {
        let word = word.to_string_lossy();
        shlex::try_quote(&word).map_or_else(|_| word.to_string(), Cow::into_owned)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The command that logs in to the same profiles.
fn login_command(selector: ProfileSelector<'_>) -> String {
    let quoted = |word: &String| shlex::try_quote(word).map_or_else(|_| word.clone(), Cow::into_owned);
    let words: Vec<String> = match selector {
        ProfileSelector::All => vec!["--all".to_owned()],
        ProfileSelector::Tags(tags) => tags.iter().map(|tag| format!("--tag {}", quoted(tag))).collect(),
        ProfileSelector::Names(names) => names.iter().map(quoted).collect(),
    };
    format!("awsauth login {}", words.join(" "))
}
