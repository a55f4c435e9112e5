//! Owns `awsauth logout`: what ends, and saying so.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::profile_and_session_names;
use crate::cli::config::load::{Manifest, Reading};
use crate::cli::config::selection::{Among, Wanted, choose as choose_profiles};
use crate::cli::exit::Exit;
use crate::cli::explain::aws;
use crate::cli::login::summary::first_names;
use crate::cli::logout::execute::{Ended, Ending, SignedOut, note, take};
use crate::cli::logout::select::{Scope, access, affected, in_levels, is_of};
use crate::cli::ui::failure::{ErrorJson, Failure};
use crate::cli::ui::out::Out;
use crate::cli::ui::picker::pick;
use crate::flow::seconds_left;
use crate::manifest::{Audience, Loaded};
use crate::model::{Catalog, Profile, SsoAccess, StartUrl};
use crate::prompt::{self, NoAnswer};
use crate::render::duration;
use crate::system::{clock, disk};

/// What the list calls all of them.
const EVERYTHING: &str = "(everything)";

/// End sessions
///
/// Ends the sessions of the profiles, of the profiles that they are made from, and of those that are made from them; or
/// an SSO session.
///
/// A sign-in to an SSO portal is ended at AWS. Credentials that AWS has handed out can't be called back: it accepts
/// them until they expire, and logout says when that is. Without a network, everything ends on this machine.
///
/// --all works without a manifest, or with a broken one. Tokens of portals that awsauth does not know are kept, and
/// named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth logout prod
  awsauth logout --all")]
pub(crate) struct Args {
    /// Profiles, SSO sessions or globs such as 'prod-*' [default: a list]
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_and_session_names))]
    names: Vec<String>,
    /// All sessions, also of profiles that the manifest no longer has
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Do not ask before ending more than NAME
    #[arg(long)]
    yes: bool,
}

/// What was ended.
#[derive(Default)]
struct Account {
    signed_out: Vec<SignedOut>,
    profiles: BTreeSet<String>,
    /// Whose credentials AWS goes on to accept, and until when.
    living: BTreeMap<String, Timestamp>,
    /// How many credentials of AWS CLI's own went.
    of_aws_cli: usize,
    /// What did not end, or was not looked at; an interruption first.
    failures: Vec<Failure>,
}

/// Ends them. What cannot be ended at AWS, for want of a network, is ended here all the same.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    if args.names.is_empty() && !args.all && !app.host.is_interactive() {
        return Err(Failure::new(Exit::Usage, "which profile?").hint("`awsauth logout NAME`, or `--all`"));
    }
    let exit = end(args, app)?;
    // What a process was given stays with it.
    if let Some(name) = app.host.var("AWSAUTH_PROFILE") {
        app.out.say(&format!("this shell may still hold credentials of {name}: `awsauth use --none`"));
    }
    Ok(exit)
}

fn end(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let ending = Ending::new(app)?;
    if args.all {
        return end_all(&ending, app);
    }
    let manifest = read_manifest(app)?;
    let names = if args.names.is_empty() { choose(&manifest, &ending, out)? } else { args.names.clone() };
    if names.iter().any(|name| name == EVERYTHING) {
        return end_all(&ending, app);
    }
    let (sessions, names): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| manifest.session(name).is_some());
    let chosen = choose_profiles(&manifest, Wanted::Names(&names), Among::Every)?;
    manifest.warn_of_errors();
    let mut names: Vec<String> = chosen.iter().map(|profile| profile.name.to_string()).collect();
    let portals: Vec<SsoAccess> =
        sessions.iter().filter_map(|name| manifest.session(name)).cloned().map(SsoAccess::Session).collect();
    let profiles = affected(&names, &portals, &manifest)?;
    let accesses: Vec<&SsoAccess> =
        portals.iter().chain(profiles.iter().filter_map(|profile| access(profile))).collect();
    names.extend(sessions);
    let mut scope = Scope { levels: in_levels(&profiles, &manifest.catalog), ..Scope::default() };
    let mut account = Account::default();
    note(&mut account.failures, scope.find_sign_ins(&ending, &accesses, |_| false));
    let more: Vec<&str> = profiles
        .iter()
        .filter(|profile| !names.iter().any(|name| name == profile.name.as_str()) && scope.touches(profile, &ending))
        .map(|profile| profile.name.as_str())
        .collect();
    if !more.is_empty() {
        announce_more(&names, &more, host.is_interactive() && !args.yes, out)?;
    }
    let ends: HashSet<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    account.carry_out(&ending, &mut scope, |name| ends.contains(name));
    account.of_aws_cli = ending.forget_roles_of_aws_cli(profiles.into_iter(), &mut account.failures);
    account.report(&scope, out)
}

/// Says what ends besides what was named, and asks if `may_ask`. No is a failure.
fn announce_more(names: &[String], more: &[&str], may_ask: bool, out: Out) -> Result<(), Failure> {
    let chosen = first_names(names.iter().map(String::as_str));
    let more = first_names(more.iter().copied());
    out.say(&format!("with {chosen}, these end as well: {more}"));
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

/// Names need profiles that are in order; everything does not.
fn read_manifest(app: App<'_>) -> Result<Manifest, Failure> {
    let manifest = Manifest::read_in_part(app);
    manifest.map_err(|failure| {
        let hint = "`awsauth logout --all` needs no manifest";
        if failure.is_shown() {
            app.out.say(hint);
        }
        failure.hint(hint)
    })
}

fn end_all(ending: &Ending, app: App<'_>) -> Result<Exit, Failure> {
    let App { paths, out, .. } = app;
    let loaded = Reading::read(paths, Audience::Person).ok().map(|reading| reading.loaded);
    let is_there = paths.manifest().is_ok_and(|path| !matches!(disk::read(&path), Ok(None)));
    let is_in_order = loaded.as_ref().is_some_and(Loaded::is_in_order);
    let catalog = loaded.and_then(|loaded| loaded.catalog);
    if !is_in_order && is_there {
        out.warn(
            "the manifest is not in order (`awsauth check` says why); what awsauth made itself is ended all the same",
        );
    }
    let catalog = catalog.unwrap_or_else(|| Catalog::new(Vec::new(), Vec::new()));
    let all: Vec<&Profile> = catalog.profiles().iter().collect();
    let sessions = catalog.sessions().iter().map(|session| SsoAccess::Session(session.clone()));
    let sessions: Vec<SsoAccess> = sessions.collect();
    let accesses: Vec<&SsoAccess> = sessions.iter().chain(all.iter().filter_map(|profile| access(profile))).collect();
    let mut scope = Scope { levels: in_levels(&all, &catalog), ..Scope::default() };
    let mut account = Account::default();
    let kept = note(&mut account.failures, ending.sessions.names());
    scope.levels.push(kept.into_iter().filter(|name| catalog.get(name.as_str()).is_none()).collect());
    note(&mut account.failures, scope.find_sign_ins(ending, &accesses, |_| true));
    account.carry_out(ending, &mut scope, |_| true);
    take(&mut account.failures, ending.sweep());
    account.of_aws_cli = if scope.strangers.is_empty() {
        ending.forget_all_roles_of_aws_cli(&mut account.failures)
    } else {
        ending.forget_roles_of_aws_cli(all.into_iter(), &mut account.failures)
    };
    account.report(&scope, out)
}

/// Lets one of the profiles that have something to end be chosen.
fn choose(manifest: &Manifest, ending: &Ending, out: Out) -> Result<Vec<String>, Failure> {
    let sign_ins = ending.tokens.sign_ins().map_err(|error| Failure::of(Exit::Unavailable, &error))?;
    let has_something = |profile: &&Profile| {
        let has_token = access(profile).is_some_and(|access| sign_ins.iter().any(|one| is_of(one, access)));
        has_token || ending.sessions.get(&profile.name).is_some()
    };
    let profiles: Vec<_> = manifest.catalog.profiles().iter().filter(has_something).collect();
    // Last, so that Enter alone does not end everything.
    let name = pick("Log out of:", &profiles, |_| String::new(), &[EVERYTHING], out)?;
    Ok(vec![name])
}

impl Account {
    /// Ends all of it, one after the other whatever becomes of the ones before.
    fn carry_out(&mut self, ending: &Ending, scope: &mut Scope, ends: impl Fn(&str) -> bool) {
        let kept: BTreeMap<&str, String> = scope
            .levels
            .iter()
            .flatten()
            .filter_map(|name| Some((name.as_str(), ending.sessions.key_id(name.as_str())?)))
            .collect();
        let kept = |name: &str| kept.get(name).cloned();
        self.signed_out = ending.sign_out(std::mem::take(&mut scope.sign_ins), &mut self.failures);
        for Ended { name, lives_until } in ending.end_sessions(&scope.levels, &mut self.failures) {
            self.living.extend(lives_until.map(|until| (name.to_string(), until)));
            self.profiles.insert(name.to_string());
        }
        self.profiles.extend(ending.end_sections(ends, kept, &mut self.failures));
    }

    /// Tells what ended and what did not; the first of what did not gives the exit code.
    fn report(&self, scope: &Scope, out: Out) -> Result<Exit, Failure> {
        for SignedOut { name, untold } in &self.signed_out {
            if let Some(error) = untold {
                out.warn(&format!(
                    "{name}: AWS was not told ({error}). The token is gone from this machine, and AWS believes it signed in \
                     until the session of the portal is over: sign out there in a browser if that matters"
                ));
            }
        }
        for (name, sign_in) in &scope.strangers {
            let url = sign_in.start_url.as_ref().map_or("a portal that it does not name", StartUrl::as_str);
            let place = name.as_ref().map(|name| format!("in the place of {name}, ")).unwrap_or_default();
            out.warn(&format!(
                "{place}the sign-in of another program to {url} stays: awsauth does not know it; `aws sso logout` ends all"
            ));
        }
        if out.json {
            out.document(self.document(scope))?;
        } else {
            self.say(out);
        }
        for failure in &self.failures {
            failure.say_text(out);
        }
        Ok(self.failures.first().map_or(Exit::Done, |failure| failure.exit))
    }

    fn say(&self, out: Out) {
        for SignedOut { name, untold } in &self.signed_out {
            let only = if untold.is_some() { ", on this machine alone" } else { "" };
            out.say(&format!("signed out of {name}{only}"));
        }
        if !self.profiles.is_empty() {
            let names: Vec<&str> = self.profiles.iter().map(String::as_str).collect();
            out.say(&format!("ended: {}", names.join(", ")));
        }
        if self.of_aws_cli > 0 {
            out.say(&format!("removed AWS CLI's own credentials of SSO roles: {}", self.of_aws_cli));
        }
        let has_ended = !self.signed_out.is_empty() || !self.profiles.is_empty() || self.of_aws_cli > 0;
        if !has_ended && self.failures.is_empty() {
            out.say("no session to end");
        }
        if !self.living.is_empty() {
            let now = clock::now();
            let left = |(name, until): (&String, &Timestamp)| format!("{name} {}", duration(seconds_left(*until, now)));
            let living: Vec<String> = self.living.iter().map(left).collect();
            out.say(&format!(
                "AWS accepts the credentials that are out there for as long as they last: {}",
                living.join(", ")
            ));
        }
    }

    fn document<'s>(&'s self, scope: &'s Scope) -> LogoutJson<'s> {
        let now = clock::now();
        let living = self.living.iter().map(|(name, until)| AliveJson {
            profile: name,
            expires_at: until.to_string(),
            seconds_left: seconds_left(*until, now),
        });
        let untold = self.signed_out.iter().filter_map(|SignedOut { name, untold }| {
            let failure = aws::told(Failure::of(Exit::Unavailable, untold.as_ref()?), untold.as_ref()?);
            Some(NotToldJson { name, error: failure.document() })
        });
        let strangers = scope.strangers.iter().map(|(name, sign_in)| SignInJson {
            name: name.as_deref(),
            sso_start_url: sign_in.start_url.as_ref().map(StartUrl::as_str),
        });
        LogoutJson {
            sso: self.signed_out.iter().map(|one| one.name.as_str()).collect(),
            profiles: &self.profiles,
            aws_cli_sso_roles: self.of_aws_cli,
            aws_not_told: untold.collect(),
            alive_at_aws: living.collect(),
            errors: self.failures.iter().map(Failure::document).collect(),
            left_alone: strangers.collect(),
        }
    }
}

#[derive(Serialize)]
struct LogoutJson<'s> {
    sso: Vec<&'s str>,
    profiles: &'s BTreeSet<String>,
    aws_cli_sso_roles: usize,
    aws_not_told: Vec<NotToldJson<'s>>,
    alive_at_aws: Vec<AliveJson<'s>>,
    errors: Vec<ErrorJson>,
    left_alone: Vec<SignInJson<'s>>,
}

/// A sign-in that AWS goes on to accept.
#[derive(Serialize)]
struct NotToldJson<'s> {
    name: &'s str,
    error: ErrorJson,
}

/// Credentials that are out there and that AWS goes on to accept.
#[derive(Serialize)]
struct AliveJson<'s> {
    profile: &'s str,
    expires_at: String,
    seconds_left: i64,
}

/// A sign-in of another program's.
#[derive(Serialize)]
struct SignInJson<'s> {
    name: Option<&'s str>,
    sso_start_url: Option<&'s str>,
}
