//! Owns `awsauth logout`.

use crate::cli::app::App;
use crate::cli::config::complete::profile_and_session_names;
use crate::cli::config::load::{Manifest, Reading};
use crate::cli::config::selection::{Among, ProfileSelector, Tags, choose as choose_profiles};
use crate::cli::exit::Exit;
use crate::cli::logout::execute::Logout;
use crate::cli::logout::report::LogoutReport;
use crate::cli::logout::select::{Beyond, Selection, access, affected, is_of};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::few;
use crate::cli::ui::out::Out;
use crate::cli::ui::picker::pick;
use crate::manifest::Loaded;
use crate::model::{Profile, SsoAccess};
use crate::prompt::{self, NoAnswer};
use crate::system::files::disk;

/// The choice that stands for `--all`.
const EVERYTHING: &str = "(everything)";

/// End sessions
///
/// Ends the sessions of the profiles or SSO sessions that you name. It also ends the sessions of their source profiles,
/// and of every profile that uses one of these.
///
/// A sign-in to an SSO portal is ended at AWS too. Credentials that AWS has issued can't be called back: AWS accepts
/// them until they expire, and logout says when that is. Without a network, everything ends on this machine only.
///
/// --all works without a manifest, or with a broken one. Tokens of portals that awsauth does not know are kept, and
/// named.
#[derive(Debug, clap::Args)]
#[command(override_usage = "\
awsauth logout [OPTIONS] [NAME]...
       awsauth logout [OPTIONS] <--tag <TAG>|--all>")]
#[command(after_help = "\
Examples:
  awsauth logout prod
  awsauth logout --all")]
pub(crate) struct Args {
    /// Profiles, SSO sessions or globs such as 'prod-*' [default: a list]
    #[arg(value_name = "NAME", conflicts_with = "tag", add = clap_complete::ArgValueCandidates::new(profile_and_session_names))]
    names: Vec<String>,
    /// All sessions, also of profiles that the manifest no longer has
    #[arg(long, conflicts_with_all = ["names", "tag"])]
    all: bool,
    #[command(flatten)]
    tags: Tags,
    /// Do not ask before ending more than NAME
    #[arg(short, long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let is_named = args.all || !args.names.is_empty() || !args.tags.tag.is_empty();
    if !is_named && !app.host.is_interactive() {
        return Err(
            Failure::new(Exit::Usage, "which profile?").hint("`awsauth logout NAME`, or `awsauth logout --all`")
        );
    }
    let report = end(args, app)?;
    let exit = report.show(app.out)?;
    // Running processes keep the environment that they have. AWS_PROFILE holds no credentials.
    let name = app.host.var("AWSAUTH_PROFILE").filter(|_| app.host.var("AWS_PROFILE").is_none());
    if let Some(name) = name.filter(|name| report.profiles.contains(*name)) {
        app.out.say(&format!("this shell may still hold credentials of {name}: `awsauth use --none`"));
    }
    Ok(exit)
}

fn end(args: &Args, app: App<'_>) -> Result<LogoutReport, Failure> {
    let logout = Logout::new(app)?;
    if args.all {
        return Ok(end_all(&logout, app));
    }
    let manifest = read_manifest(app)?;
    let names = match (&*args.names, &*args.tags.tag) {
        ([], []) => vec![choose(&manifest, &logout, app.out)?],
        (names, _) => names.to_vec(),
    };
    if names.iter().any(|name| name == EVERYTHING) {
        return Ok(end_all(&logout, app));
    }
    let (sessions, names): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| manifest.session(name).is_some());
    let selector =
        if args.tags.tag.is_empty() { ProfileSelector::Names(&names) } else { ProfileSelector::Tags(&args.tags.tag) };
    let chosen = choose_profiles(&manifest, selector, Among::Every)?;
    manifest.warn_of_errors();
    let mut names: Vec<String> = chosen.iter().map(|profile| profile.name.to_string()).collect();
    let portals: Vec<SsoAccess> =
        sessions.iter().filter_map(|name| manifest.session(name)).cloned().map(SsoAccess::Session).collect();
    let profiles = affected(&names, &portals, &manifest)?;
    let mut report = LogoutReport::default();
    let (selection, found) = Selection::of(profiles, &portals, &manifest.catalog, &logout.tokens);
    report.take_disk(found);
    names.extend(sessions);
    let also = selection.beyond(&names, &manifest.catalog, &logout.sessions, &logout.logins);
    if !also.is_empty() {
        announce(&names, &also, app.host.is_interactive() && !args.yes, app.out)?;
    }
    logout.execute(selection, &mut report);
    Ok(report)
}

/// Says which sessions end besides those that were named, and asks if `may_ask`. The answer no is a failure.
fn announce(names: &[String], also: &Beyond<'_>, may_ask: bool, out: Out) -> Result<(), Failure> {
    out.say(&format!("This {}.", consequences(names, also).join(", and ")));
    if !may_ask {
        return Ok(());
    }
    match prompt::confirm("End all of them?", true) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::one_line(Exit::Refused, "nothing was ended")),
        Err(NoAnswer::Interrupted) => Err(Failure::one_line(Exit::Interrupted, "interrupted; nothing was ended")),
        Err(other) => Err(Failure::of(Exit::Usage, &other).hint("`--yes` ends them without asking")),
    }
}

/// `signs you out of corp, which 70 other profiles use`, `also ends main, which prod needs`
fn consequences(names: &[String], also: &Beyond<'_>) -> Vec<String> {
    let verb = |count: usize, verb: &str| if count == 1 { format!("{verb}s") } else { verb.to_owned() };
    let mut texts = Vec::new();
    for (portal, users) in &also.portals {
        let other = if names.contains(portal) { "" } else { "other " };
        let users = match users.len() {
            0 => String::new(),
            one_to_three @ 1..=3 => format!(", which {} {}", few(users), verb(one_to_three, "use")),
            more => format!(", which {more} {other}profiles use"),
        };
        texts.push(format!("signs you out of {portal}{users}"));
    }
    if !also.sources.is_empty() {
        let made = &also.made_from_sources;
        texts.push(format!("also ends {}, which {} {}", few(&also.sources), few(made), verb(made.len(), "need")));
    }
    if !also.dependents.is_empty() {
        let need = verb(also.dependents.len(), "need");
        texts.push(format!("also ends {}, which {need} {}", few(&also.dependents), few(&also.ended_sources)));
    }
    texts
}

fn read_manifest(app: App<'_>) -> Result<Manifest, Failure> {
    let manifest = Manifest::read_assuming_devices(app);
    manifest.map_err(|failure| {
        let hint = "`awsauth logout --all` needs no manifest";
        if failure.is_shown() {
            app.out.say(hint);
        }
        failure.hint(hint)
    })
}

fn end_all(logout: &Logout, app: App<'_>) -> LogoutReport {
    let loaded = Reading::read_assuming_devices(app.paths, None).ok().map(|reading| reading.loaded);
    let is_there = app.paths.manifest().is_ok_and(|path| !matches!(disk::read(&path), Ok(None)));
    if is_there && !loaded.as_ref().is_some_and(Loaded::is_in_order) {
        app.out.warn(
            "the manifest is not in order (`awsauth check` says why); what awsauth made itself is ended all the same",
        );
    }
    let catalog = loaded.and_then(|loaded| loaded.catalog).unwrap_or_default();
    let mut report = LogoutReport::default();
    let (selection, found) = Selection::all(&catalog, &logout.sessions, &logout.tokens, &logout.logins);
    report.take_disk(found);
    logout.execute(selection, &mut report);
    report
}

/// Lets the person choose one of the profiles that have something to end.
fn choose(manifest: &Manifest, logout: &Logout, out: Out) -> Result<String, Failure> {
    let sign_ins = logout.tokens.sign_ins().map_err(|error| Failure::of(Exit::Unavailable, &error))?;
    let has_something = |profile: &&Profile| {
        let has_token = access(profile).is_some_and(|access| sign_ins.iter().any(|one| is_of(one, access)));
        let is_signed_in = profile.login_session().is_some_and(|session| logout.logins.token(session).is_some());
        has_token || is_signed_in || logout.sessions.get(&profile.name).is_some()
    };
    let profiles: Vec<_> = manifest.catalog.profiles().iter().filter(has_something).collect();
    // Last, so that Enter alone does not end everything.
    pick("Log out of:", &profiles, |_| String::new(), &[EVERYTHING], out)
}
