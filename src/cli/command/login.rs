//! Owns `awsauth login`.

use clap::ValueEnum;
use serde_json::json;

use crate::broker::{Attendance, BrokerError, Renewal};
use crate::cli::complete::profile_names;
use crate::cli::desk::{Browser, Desk, Manner};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::login::{Freshness, MfaCode, Needs, TokenUse, decide, seconds_left};
use crate::model::{Chain, Credentials, Pattern};
use crate::prompt::{self, NoAnswer, Nobody, Prepared, Prompt, Terminal};
use crate::render::duration;
use crate::secret::Secret;
use crate::system::clock;
use crate::system::host::Host;

/// Get credentials for profiles, asking for no more than is needed: what is still valid is kept
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The MFA code is taken from --token-code, AWSAUTH_MFA_CODE, or asked for on the terminal.
A code is good for one call: further ones are asked for.")]
pub(crate) struct Args {
    /// The profiles; without one, a list to choose from
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    names: Vec<String>,
    /// All profiles
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// All profiles with this tag
    #[arg(long, value_name = "TAG", conflicts_with_all = ["names", "all"])]
    tag: Option<String>,
    /// Get new sessions even where the old ones are valid
    #[arg(long)]
    force: bool,
    /// The MFA code, or - to read it from stdin
    #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
    token_code: Option<String>,
    /// Do not open a browser; the page's address and its code are always shown
    #[arg(long)]
    no_browser: bool,
    /// How to approve an SSO login
    #[arg(long, value_enum, default_value_t = Flow::Device)]
    flow: Flow,
}

/// The ways to approve an SSO login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// A code that is compared on a page, on any machine (RFC 8628).
    Device,
}

/// Logs in to every profile that was named, and says how each went.
pub(crate) fn run(args: &Args, host: &Host, places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    let Flow::Device = args.flow;
    let given = given_code(args, host)?;
    let desk = Desk::new(host, places, out)?;
    let names = names(args, &desk, host)?;
    let chains: Vec<Chain<'_>> = names.iter().map(|name| desk.chain(name)).collect::<Result<_, _>>()?;
    desk.check_session_sections(&chains)?;
    announce(&desk, &chains, args.force, out);
    let next: Box<dyn Prompt> = if host.is_interactive() { Box::new(Terminal) } else { Box::new(Nobody) };
    let manner = Manner {
        prompt: Box::new(Prepared { answer: given, next }),
        attendance: Attendance::Person,
        renewal: if args.force { Renewal::Always } else { Renewal::WhenNeeded },
        browser: if args.no_browser { Browser::Never } else { Browser::Auto },
    };
    let results = desk.obtain(&chains, manner);
    // Sessions that were got before an interruption are worth keeping.
    desk.write_session_sections(&chains)?;
    report(&desk, &chains, results?, out)
}

/// The code that was given beforehand, checked before anything is done.
fn given_code(args: &Args, host: &Host) -> Result<Option<Secret>, Failure> {
    let (text, origin) = match (args.token_code.as_deref(), host.var("AWSAUTH_MFA_CODE")) {
        (Some("-"), _) => {
            let text = Host::read_stdin(64)
                .map_err(|error| Failure::new(Exit::Unavailable, "can't read standard input").because(&error))?;
            (text, "standard input")
        }
        (Some(code), _) => (code.to_owned(), "--token-code"),
        (None, Some(code)) => (code.to_owned(), "AWSAUTH_MFA_CODE"),
        (None, None) => return Ok(None),
    };
    let text = Secret::new(text);
    match MfaCode::new(text.expose()) {
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(Failure::new(Exit::Usage, format!("{origin}: {error}"))),
    }
}

fn names(args: &Args, desk: &Desk<'_>, host: &Host) -> Result<Vec<String>, Failure> {
    let profiles = desk.manifest.catalog.profiles().iter();
    let has_login = profiles.filter(|profile| profile.pattern() != Pattern::Iam);
    let name = |profile: &crate::model::Profile| profile.name.to_string();
    if args.all {
        return Ok(has_login.map(name).collect());
    }
    if let Some(tag) = &args.tag {
        let tagged: Vec<String> = has_login.filter(|profile| profile.tags.contains(tag)).map(name).collect();
        let nobody = || Failure::new(Exit::Usage, format!("no profile has the tag `{tag}`"));
        return if tagged.is_empty() { Err(nobody()) } else { Ok(tagged) };
    }
    if !args.names.is_empty() {
        return Ok(args.names.clone());
    }
    if !host.is_interactive() {
        return Err(Failure::new(Exit::Usage, "which profile?").hint("`awsauth login NAME`, or `--all`"));
    }
    match prompt::choose("Log in to:", has_login.map(name).collect()) {
        Ok(name) => Ok(vec![name]),
        Err(NoAnswer::Interrupted) => Err(Failure::one_line(Exit::Interrupted, "interrupted")),
        Err(error) => Err(Failure::of(Exit::Usage, &error)),
    }
}

/// Says what will be asked for.
fn announce(desk: &Desk<'_>, chains: &[Chain<'_>], force: bool, out: Out) {
    let now = clock::now();
    let needs = Needs::of(
        chains,
        |steps| match steps.last() {
            Some(profile) if profile.pattern() == Pattern::Iam => true,
            _ => !force && matches!(desk.session(steps), Some((_, Freshness::Fresh))),
        },
        |access| {
            let usable = decide(desk.tokens.token(access), access, now);
            !force && matches!(usable, TokenUse::Use(_) | TokenUse::Refresh(..))
        },
    );
    let codes =
        needs.codes.iter().map(|(profile, serial)| format!("an MFA code of {} for {}", serial.as_str(), profile.name));
    let approvals = needs.approvals.iter().map(|access| format!("an approval for {}", access.token_key()));
    let wanted: Vec<String> = codes.chain(approvals).collect();
    if !wanted.is_empty() {
        out.say(&format!("This login needs {}.", wanted.join(", and ")));
    }
}

/// Says how each login went; the first failure decides the exit code.
fn report(
    desk: &Desk<'_>,
    chains: &[Chain<'_>],
    results: Vec<Result<Credentials, BrokerError>>,
    out: Out,
) -> Result<Exit, Failure> {
    let catalog = &desk.manifest.catalog;
    let now = clock::now();
    let mut documents = Vec::new();
    let mut first: Option<Failure> = None;
    for (chain, result) in chains.iter().zip(results) {
        let name = &chain.target().name;
        match result {
            Ok(credentials) => {
                let left = credentials.expiration.map(|end| seconds_left(end, now));
                let text =
                    left.map_or("has its long-term key".to_owned(), |left| format!("valid for {}", duration(left)));
                if !out.json {
                    out.say(&format!("{name}: {text}"));
                }
                let end = credentials.expiration.map(|end| end.to_string());
                documents
                    .push(json!({ "name": name.as_str(), "state": "valid", "expires_at": end, "seconds_left": left }));
            }
            Err(error) => {
                let failure = explain::broker(&error, catalog);
                failure.say_text(out);
                documents.push(json!({ "name": name.as_str(), "state": "failed", "error": failure.document() }));
                first.get_or_insert(failure);
            }
        }
    }
    if out.json {
        out.document(json!({ "profiles": documents }))?;
    }
    match first {
        Some(failure) => Err(Failure::shown(failure.exit)),
        None => Ok(Exit::Done),
    }
}
