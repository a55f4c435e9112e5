//! Owns `awsauth logout`.

use std::collections::BTreeSet;

use serde_json::json;

use crate::apply::Keep;
use crate::cli::complete::profile_names;
use crate::cli::desk::{Desk, run as run_async};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::cli::prune;
use crate::model::{Kind, Pattern, Profile, ProfileName, SsoAccess};
use crate::plan;
use crate::system::host::Host;

/// End sessions: of the profiles, of what they were made from, and of what was made from that
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The profiles
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    names: Vec<String>,
    /// Every session, also of profiles that the manifest no longer has
    #[arg(long, conflicts_with = "names")]
    all: bool,
}

/// What was ended, for the person.
#[derive(Default)]
struct Ended {
    sso: Vec<String>,
    profiles: BTreeSet<String>,
}

/// Ends them. What cannot be ended at AWS, for want of a network, is ended here all the same.
pub(crate) fn run(args: &Args, host: &Host, places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    if args.names.is_empty() && !args.all {
        return Err(Failure::new(Exit::Usage, "which profile?").hint("`awsauth logout NAME`, or `--all`"));
    }
    let desk = Desk::new(host, places, out)?;
    let profiles = affected(args, &desk)?;
    let mut ended = Ended::default();
    for profile in &profiles {
        if let Kind::Sso { access, .. } = &profile.kind {
            end_sso(&desk, access, &mut ended, out)?;
        }
        end_session(&desk, &profile.name, &mut ended)?;
    }
    if args.all {
        for name in desk.sessions.names().map_err(|error| Failure::of(Exit::Unavailable, &error))? {
            end_session(&desk, &name, &mut ended)?;
        }
    }
    report(&ended, out)
}

/// The profiles on the named chains that have sessions, and all whose chains go through one of them: their sessions
/// were made from what ends.
fn affected<'d>(args: &Args, desk: &'d Desk<'_>) -> Result<Vec<&'d Profile>, Failure> {
    let catalog = &desk.manifest.catalog;
    let mut ending: BTreeSet<&str> = BTreeSet::new();
    for name in &args.names {
        let chain = desk.chain(name)?;
        let with_session = chain.profiles().iter().filter(|profile| profile.pattern() != Pattern::Iam);
        for profile in with_session {
            ending.insert(profile.name.as_str());
            if let Kind::Sso { access, .. } = &profile.kind {
                ending.extend(catalog.sharing(access).map(|profile| profile.name.as_str()));
            }
        }
    }
    let is_made_from = |profile: &&Profile| {
        let chain = catalog.chain(profile.name.as_str());
        chain.is_some_and(|chain| chain.profiles().iter().any(|step| ending.contains(step.name.as_str())))
    };
    Ok(catalog.profiles().iter().filter(|profile| args.all || is_made_from(profile)).collect())
}

fn end_sso(desk: &Desk<'_>, access: &SsoAccess, ended: &mut Ended, out: Out) -> Result<(), Failure> {
    let Some(token) = desk.tokens.token(access) else { return Ok(()) };
    // The file's own region: the manifest may have changed since the token was given.
    let result = run_async(desk.aws.logout(&token.region, &token.access_token))?;
    if let Err(error) = result
        && error.problem != crate::login::Problem::TokenRejected
    {
        out.warn(&format!("{}: AWS was not told ({error}); the token is gone from this machine", access.token_key()));
    }
    desk.tokens.remove_token(access).map_err(|error| Failure::of(Exit::Unavailable, &error))?;
    ended.sso.push(access.token_key().to_owned());
    Ok(())
}

fn end_session(desk: &Desk<'_>, name: &ProfileName, ended: &mut Ended) -> Result<(), Failure> {
    let kept = desk.sessions.key_id(name.as_str());
    let had_session = prune::end(&desk.sessions, name)?;
    let had_section =
        desk.change_credentials(Keep::Nothing, |bytes| plan::remove_session(bytes, name, &|_| kept.clone()))?;
    if had_session || had_section {
        ended.profiles.insert(name.to_string());
    }
    Ok(())
}

fn report(ended: &Ended, out: Out) -> Result<Exit, Failure> {
    if out.json {
        out.document(json!({ "sso": ended.sso, "profiles": ended.profiles }))?;
        return Ok(Exit::Done);
    }
    for name in &ended.sso {
        out.say(&format!("signed out of {name}"));
    }
    if ended.profiles.is_empty() && ended.sso.is_empty() {
        out.say("no session to end");
    } else if !ended.profiles.is_empty() {
        let names: Vec<&str> = ended.profiles.iter().map(String::as_str).collect();
        out.say(&format!("ended: {}", names.join(", ")));
    }
    Ok(Exit::Done)
}
