//! Owns `awsauth status`.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::load::Manifest;
use crate::cli::config::selection::Filter;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::service::LoginService;
use crate::cli::status::table::table;
use crate::cli::status::validity::{State, States, UNAVAILABLE, Validity};
use crate::cli::status::{prompt, watch};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::cli::ui::time::parse_time;
use crate::flow::seconds_left;
use crate::model::{Chain, Profile, ProfileName, SecretStore};
use crate::render::{TerminalText, duration, exact_duration};

/// Show sessions and how long they last
///
/// LEFT is how long you will not be asked to log in. A role's session may end sooner: it is renewed without asking.
///
/// "or longer" means that the SSO login can be renewed too, for a time that AWS does not tell. --check then counts the
/// time that is known, or 15 minutes if that is more. --json has this as `or_longer` beside `seconds_left`.
///
/// --prompt is for a shell's prompt: a line such as `prod 42m` for the profile of `AWS_PROFILE`, else of `use`. It asks neither
/// AWS nor the manifest, and prints the name alone where the kept sessions don't tell. docs/shells.md has the line for each shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
States:
  valid, renews by itself   there are credentials; the next use gets some
  needs you, not logged in  a login has ended; there was none
  refused by AWS            AWS denied the credentials when last asked for them")]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,
    /// Exit with 1 if a session has less left than --min-ttl
    #[arg(long)]
    check: bool,
    /// Least time left for --check
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = parse_time)]
    min_ttl: i64,
    /// Keep the table on the screen, until Ctrl-C
    #[arg(long, conflicts_with_all = ["check", "prompt"])]
    watch: bool,
    /// Print a line for a shell's prompt, such as `prod 42m`
    #[arg(long, conflicts_with_all = ["names", "tag", "check"])]
    prompt: bool,
}

/// Shows the table.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    if args.prompt {
        prompt::line(app).map_or(Ok(()), |line| out.data(&line))?;
        return Ok(Exit::Done);
    }
    if args.watch {
        return watch(args, app);
    }
    let service = LoginService::new(app)?;
    if let Err(error) = service.sessions.check() {
        explain::disk(&error).say_as_warning(out);
    }
    let profiles = args.filter.choose(&service.manifest)?;
    service.manifest.warn_of_errors();
    let chains = chains(&profiles, &service)?;
    let known = States::new(&service);
    let now = known.now;
    let states = known.of_all(&chains);
    if out.json {
        let store = Some(service.manifest.store().as_str()).filter(|_| service.manifest.store() != SecretStore::File);
        out.document(StatusJson {
            store,
            profiles: states.iter().map(|one| ProfileStateJson::of(one, now)).collect(),
        })?;
    } else if states.is_empty() {
        out.say("the manifest has no profiles");
    } else {
        let (text, is_whole) = table(&states, out.columns_of_data(host), now);
        out.print_table(&text, is_whole)?;
    }
    let lacks_key = |chain: &Chain<'_>| chain.base().long_term_section().is_some() && !service.has_key(chain.base());
    let misplaced = if chains.iter().any(lacks_key) { service.misplaced_keys() } else { HashMap::new() };
    say_misplaced(&service, &profiles, &misplaced, out);
    say_store(&service, out);
    let short: Vec<(&Chain<'_>, &State)> = chains
        .iter()
        .zip(states.iter().map(|(_, state)| state))
        .filter(|(_, state)| !state.validity.lasts(args.min_ttl, now))
        .collect();
    if args.check && !short.is_empty() {
        let cure = cure(&service, &short, &misplaced);
        let run = if cure.is_empty() { String::new() } else { format!(". Run `{cure}`") };
        out.say(&format!("{}{run}", reasons(&short, args.min_ttl)));
        return Ok(Exit::Different);
    }
    Ok(Exit::Done)
}

fn chains<'s>(profiles: &[&Profile], service: &'s LoginService<'_>) -> Result<Vec<Chain<'s>>, Failure> {
    profiles.iter().map(|profile| service.chain(profile.name.as_str())).collect()
}

/// Shows the table of each second.
fn watch(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    watch::check(app)?;
    let mut service = LoginService::new(app)?;
    args.filter.choose(&service.manifest)?;
    watch::run(app, |lines| {
        // While a person edits it, a manifest may be wrong for a moment: what it said before is shown.
        let mut note = "";
        match Manifest::read_in_order(app) {
            Some(manifest) => service = LoginService::with(manifest, app)?,
            None => note = "the manifest has errors, which `awsauth check` shows\n",
        }
        let profiles = args.filter.choose(&service.manifest)?;
        let shown = if profiles.len() + 1 < lines { profiles.len() } else { lines.saturating_sub(3) };
        let chains = chains(&profiles[..shown], &service)?;
        let known = States::new(&service);
        let (text, _) = table(&known.of_all(&chains), app.host.width(), known.now);
        let more =
            if shown < profiles.len() { format!("… and {} more\n", profiles.len() - shown) } else { String::new() };
        Ok(TerminalText::trusted(format!("{}{more}{note}", text.as_str())))
    })
}

/// The profiles whose sections hold the keys of others, by the sections that these belong in.
type Misplaced<'m> = HashMap<&'m ProfileName, &'m ProfileName>;

/// Reports long-term keys in the place of sessions.
fn say_misplaced(service: &LoginService<'_>, profiles: &[&Profile], misplaced: &Misplaced<'_>, out: Out) {
    for profile in profiles.iter().filter(|profile| !service.has_key(profile)) {
        if let Some((section, at)) = profile.long_term_section().and_then(|section| misplaced.get_key_value(section)) {
            out.say(&format!(
                "{}: there is a key in [{at}] of the credentials file; `awsauth apply --adopt` moves it to [{section}]",
                profile.name
            ));
        }
    }
}

fn say_store(service: &LoginService<'_>, out: Out) {
    if service.manifest.store() == SecretStore::File || out.json {
        return;
    }
    out.say("long-term keys and sessions are kept in the system's keyring");
    let left: Vec<&str> = service.keys.not_moved().map(ProfileName::as_str).collect();
    if !left.is_empty() {
        out.say(&format!(
            "still in the credentials file: {}; `awsauth store move --to keyring` moves them",
            left.join(", ")
        ));
    }
}

/// The profiles by what they lack: `not logged in: read; expired: main, prod`.
fn reasons(short: &[(&Chain<'_>, &State)], min_ttl: i64) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (chain, state) in short {
        let reason = match state.word {
            "none" => "not logged in".to_owned(),
            "refused" => "refused by AWS".to_owned(),
            "expired" | "no key" | UNAVAILABLE => state.word.to_owned(),
            _ if min_ttl % 60 == 0 => format!("less than {} left", duration(min_ttl)),
            _ => format!("less than {} left", exact_duration(min_ttl)),
        };
        let name = chain.target().name.as_str();
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => groups.push((reason, vec![name])),
        }
    }
    let texts: Vec<String> = groups.iter().map(|(reason, names)| format!("{reason}: {}", names.join(", "))).collect();
    texts.join("; ")
}

/// The commands that give these profiles time: first for missing long-term keys, then the login.
fn cure(service: &LoginService<'_>, short: &[(&Chain<'_>, &State)], misplaced: &Misplaced<'_>) -> String {
    let mut commands: Vec<String> = Vec::new();
    for base in short.iter().map(|(chain, _)| chain.base()) {
        let Some(section) = base.long_term_section().filter(|_| !service.has_key(base)) else { continue };
        let command = if misplaced.contains_key(section) {
            "awsauth apply --adopt".to_owned()
        } else {
            format!("awsauth keys add {}", base.name)
        };
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    let targets: Vec<_> = short.iter().filter(|(chain, state)| is_helped_by_login(chain, state)).collect();
    if !targets.is_empty() {
        let names: Vec<&str> = targets.iter().map(|(chain, _)| chain.target().name.as_str()).collect();
        // Without it, a login keeps a valid session.
        let force = if targets.iter().any(|(_, state)| state.word == "valid") { " --force" } else { "" };
        commands.push(format!("awsauth login {}{force}", names.join(" ")));
    }
    commands.join(" && ")
}

fn is_helped_by_login(chain: &Chain<'_>, state: &State) -> bool {
    // A new console sign-in would not help: its credentials last 15 minutes, and renew.
    let renews = chain.base().login_session().is_some() && matches!(state.validity, Validity::Renewable(_));
    chain.target().has_session() && state.word != UNAVAILABLE && !renews
}

#[derive(Serialize)]
struct StatusJson<'p> {
    /// None for files.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<&'static str>,
    profiles: Vec<ProfileStateJson<'p>>,
}

#[derive(Serialize)]
struct ProfileStateJson<'p> {
    name: &'p str,
    pattern: &'static str,
    account: Option<&'p str>,
    role: Option<&'p str>,
    state: &'static str,
    expires_at: Option<String>,
    seconds_left: Option<i64>,
    or_longer: bool,
}

impl<'p> ProfileStateJson<'p> {
    fn of((profile, state): &(&'p Profile, State), now: Timestamp) -> Self {
        let end = state.validity.end();
        Self {
            name: profile.name.as_str(),
            pattern: profile.pattern().as_str(),
            account: profile.account(),
            role: profile.role_name(),
            state: state.word,
            expires_at: end.map(|end| end.to_string()),
            seconds_left: end.map(|end| seconds_left(end, now)),
            or_longer: matches!(state.validity, Validity::Renewable(_)),
        }
    }
}
