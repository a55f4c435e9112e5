//! Owns `awsauth login`.

use std::sync::Arc;

use crate::cli::app::App;
use crate::cli::config::complete::profile_and_session_names;
use crate::cli::config::load::Manifest;
use crate::cli::config::portals;
use crate::cli::config::selection::{Among, ProfileSelector, Tags, choose};
use crate::cli::environment::{given_code, sign_in_with_other_region};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::options::{Browser, Flow, LoginOptions};
use crate::cli::login::report::Report;
use crate::cli::login::service::{LoginService, NotApplied};
use crate::cli::mfa::choice;
use crate::cli::status::validity::States;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::cli::ui::picker::pick;
use crate::model::{Chain, Pattern, Profile, ProfileName, Root, SsoAccess, SsoFlow, SsoSession};
use crate::prompt::{NoPrompt, Prompt, Terminal};
use crate::provider::{Attendance, RenewPolicy};
use crate::secret::Secret;
use crate::system::host::Host;

/// Log in to profiles and SSO sessions
///
/// This asks for one MFA code per device and one approval per SSO session, however many profiles need them. Sessions
/// that are still valid are kept.
///
/// The MFA code is taken from --token-code, `AWSAUTH_MFA_CODE`, the program `mfa_process` of profiles.local.toml, the
/// device's seed in the keyring, or a prompt. A code is good for one call; further codes are asked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth login prod
  awsauth login 'prod-*'")]
#[command(after_long_help = "\
Examples:
  awsauth login prod
  awsauth login 'prod-*'
  awsauth login --tag nonprod --token-code 123456")]
pub(crate) struct Args {
    /// Profiles, SSO sessions or globs such as 'prod-*' [default: a list]
    #[arg(value_name = "NAME", conflicts_with = "tag", add = clap_complete::ArgValueCandidates::new(profile_and_session_names))]
    names: Vec<String>,
    /// All profiles
    #[arg(long, conflicts_with_all = ["names", "tag"])]
    all: bool,
    #[command(flatten)]
    tags: Tags,
    /// Renew sessions that are still valid
    #[arg(long)]
    force: bool,
    /// MFA code, or - to read it from stdin
    #[arg(long, value_name = "CODE", allow_hyphen_values = true, value_parser = clap::builder::ValueParser::new(secret))]
    token_code: Option<Secret>,
    /// Do not open a browser; show the address to open
    #[arg(long)]
    no_browser: bool,
    /// Flow in the browser
    ///
    /// For SSO logins and console sign-ins. For a console sign-in, device means a code that you paste. The default is
    /// `sso_flow` of profiles.local.toml, else pkce if a browser on this machine can come back to it, else device.
    #[arg(long, value_enum)]
    flow: Option<Flow>,
}

/// Takes a word that no `Debug` shows.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a Result")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// Lets the person choose a device for profiles that lack one, then logs in.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    if !choice::is_any_missing(app) {
        return log_in(args, &args.names, app);
    }
    if host.is_interactive() {
        let chosen = choice::choose_missing(
            |service| {
                let profiles = wanted(args, &args.names, service, host, out)?;
                Ok(profiles.iter().map(|profile| profile.name.to_string()).collect())
            },
            app,
        )?;
        // The list is shown once.
        let is_listed = !args.all && args.names.is_empty() && args.tags.tag.is_empty();
        return log_in(args, if is_listed { &chosen } else { &args.names }, app);
    }
    log_in(args, &args.names, app).map_err(|failure| {
        if failure.exit != Exit::Manifest {
            return failure;
        }
        let hint = "`awsauth mfa list` shows your devices, and `awsauth login NAME` at a terminal lets you choose one";
        if failure.is_shown() {
            out.say(hint);
        }
        failure.hint(hint)
    })
}

/// Logs in to every profile of `names`, or of the options, and says how each went.
fn log_in(args: &Args, names: &[String], app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let given = given_code(args.token_code.as_ref().map(Secret::expose), host)?;
    let service = LoginService::new(app)?;
    let profiles = wanted(args, names, &service, host, out)?;
    service.manifest.warn_of_errors();
    if args.all && profiles.is_empty() {
        out.say("all profiles are long-term keys or external, and need no login");
    }
    let mut report = Report::new(out);
    let options = args.options(host);
    for session in sessions(names, &service.manifest) {
        if args.force && profiles.iter().any(|profile| is_through(session, profile, &service)) {
            // Its one approval is that of the profile.
            continue;
        }
        portals::warn(std::iter::once(&session.start_url), &service.manifest.settings, out);
        let access = SsoAccess::Session(Arc::clone(session));
        let before = service.tokens.token(&access);
        // Ctrl-C is about all that was named.
        match service.sign_in(session, options)? {
            Ok(token) => {
                let is_kept = before.is_some_and(|before| before.access_token == token.access_token);
                report.signed_in(session.name.as_str(), is_kept.then_some(&token));
            }
            Err(error) => {
                report.refused(session.name.as_str(), explain::of_session(&error, &access, "login"));
            }
        }
    }
    let mut chains = Vec::new();
    for profile in &profiles {
        let chain = service.chain(profile.name.as_str())?;
        match service.refuse_circle(&chain).and_then(|()| service.check_session_section(&chain)) {
            Ok(()) => chains.push(chain),
            Err(failure) => report.refused(profile.name.as_str(), failure),
        }
    }
    let next: Box<dyn Prompt> = if host.is_interactive() { Box::new(Terminal) } else { Box::new(NoPrompt) };
    let planned = service.plan(&chains, options)?;
    planned.announce();
    let results = planned.execute(service.mfa_prompt(given, None).then(next));
    // Sessions that were obtained before an interrupt are worth sharing.
    let shared = service.share(&chains);
    let states = States::new(&service);
    for (chain, result) in chains.iter().zip(results?) {
        match result {
            Ok(credentials) => report.succeeded(chain, &credentials, &states),
            Err(error) => report.failed(chain.target().name.as_str(), &error, &service.manifest.catalog),
        }
    }
    warn_of_not_applied(&service.not_applied(&chains), out);
    warn_of_other_region(&chains, host, out);
    report.end(shared.err().map(not_shared))
}

fn not_shared(failure: Failure) -> Failure {
    failure.hint(
        "the sessions above are kept: `awsauth exec NAME -- CMD` uses them, and so does `credential_process = true`",
    )
}

impl Args {
    fn options(&self, host: &Host) -> LoginOptions {
        LoginOptions {
            attendance: if host.is_interactive() { Attendance::Person } else { Attendance::Elsewhere },
            policy: if self.force { RenewPolicy::Force } else { RenewPolicy::Required },
            browser: if self.no_browser { Browser::Never } else { Browser::Auto },
            flow: self.flow.map(SsoFlow::from),
            until: None,
            limit: None,
        }
    }
}

fn is_through(session: &SsoSession, profile: &Profile, service: &LoginService<'_>) -> bool {
    let chain = service.manifest.catalog.chain(profile.name.as_str());
    chain.and_then(|chain| chain.root()) == Some(Root::Session(session))
}

/// The SSO sessions among the names.
fn sessions<'m>(names: &'m [String], manifest: &'m Manifest) -> impl Iterator<Item = &'m Arc<SsoSession>> {
    names.iter().filter_map(|name| manifest.session(name))
}

/// The profiles that were asked for. One that needs no login is among them only if it was named.
fn wanted<'d>(
    args: &Args,
    names: &[String],
    service: &'d LoginService<'_>,
    host: &Host,
    out: Out,
) -> Result<Vec<&'d Profile>, Failure> {
    let manifest = &service.manifest;
    let among = Among::WithSession;
    // An SSO session may be named.
    if names.is_empty() && manifest.catalog.profiles().is_empty() {
        return Err(manifest.without_profiles());
    }
    if args.all {
        return choose(manifest, ProfileSelector::All, among);
    }
    if !args.tags.tag.is_empty() {
        return choose(manifest, ProfileSelector::Tags(&args.tags.tag), among);
    }
    if !names.is_empty() {
        let names: Vec<String> = names.iter().filter(|name| manifest.session(name).is_none()).cloned().collect();
        return choose(manifest, ProfileSelector::Names(&names), among);
    }
    if !host.is_interactive() {
        return Err(Failure::new(Exit::Usage, "which profile?").hint("`awsauth login NAME`, or `awsauth login --all`"));
    }
    let all = choose(manifest, ProfileSelector::All, among)?;
    if all.is_empty() {
        let failure = Failure::new(Exit::Usage, "all profiles are long-term keys or external, and need no login");
        let mut keys = manifest.catalog.profiles().iter().filter(|profile| profile.pattern() == Pattern::Iam);
        return Err(match keys.next() {
            Some(Profile { name, .. }) => failure.hint(format!(
                "to use MFA with {name}, set `pattern = \"iam-mfa\"` in [profiles.{name}]; `awsauth login {name}` then finds your \
                 device, and `awsauth apply --adopt` moves the key"
            )),
            None => failure,
        });
    }
    let states = States::new(service);
    let name = pick("Log in to:", &all, |profile| states.words(profile), &[], out)?;
    Ok(vec![manifest.profile(&name)?])
}

fn warn_of_other_region(chains: &[Chain<'_>], host: &Host, out: Out) {
    if let Some((profile, region)) = chains.iter().find_map(|chain| sign_in_with_other_region(chain, host)) {
        out.warn(&format!(
            "AWS_REGION is {region}: with it, AWS CLI can't renew the sign-in of {}, made in {}; unset it, or set \
             `credential_process = true` in [profiles.{0}]",
            profile.name,
            profile.sts_region()
        ));
    }
}

/// Other tools can't find these profiles, or find what somebody else wrote.
fn warn_of_not_applied(not_applied: &NotApplied<'_>, out: Out) {
    let NotApplied { missing, outside, needs_adopt } = not_applied;
    let remedy = |put: &str| match needs_adopt {
        true => "see `awsauth apply --adopt --dry-run`".to_owned(),
        false => format!("`awsauth apply` {put} there"),
    };
    let listed = |names: &[&ProfileName]| {
        let first: Vec<&str> = names.iter().take(3).map(|name| name.as_str()).collect();
        format!("{}{}", first.join(", "), if names.len() > first.len() { ", …" } else { "" })
    };
    match missing.as_slice() {
        [] => {}
        [name] => out.warn(&format!("{name} is not in ~/.aws/config yet: {}", remedy("puts it"))),
        names => out.warn(&format!(
            "{} profiles are not in ~/.aws/config yet ({}): {}",
            names.len(),
            listed(names),
            remedy("puts them")
        )),
    }
    match outside.as_slice() {
        [] => {}
        [name] => out.warn(&format!(
            "{name} is not in awsauth's block of ~/.aws/config yet: see `awsauth apply --adopt --dry-run`"
        )),
        names => out.warn(&format!(
            "{} profiles are not in awsauth's block of ~/.aws/config yet ({}): see `awsauth apply --adopt --dry-run`",
            names.len(),
            listed(names)
        )),
    }
}
