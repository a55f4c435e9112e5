//! Owns `awsauth login`.

use std::rc::Rc;

use clap::ValueEnum;
use serde_json::json;

use crate::broker::{Attendance, BrokerError, Renewal};
use crate::cli::announce::{announce, count};
use crate::cli::complete::profile_names;
use crate::cli::desk::{Browser, Desk, Manner};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::failure::Failure;
use crate::cli::life::{Life, state};
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::cli::surroundings::given_code;
use crate::login::seconds_left;
use crate::model::{Catalog, Chain, Credentials, Pattern, Profile, ProfileName, SsoFlow};
use crate::prompt::{self, NoAnswer, Nobody, Prompt, Terminal};
use crate::render::duration;
use crate::system::clock;
use crate::system::host::Host;

/// More profiles than this are not told one by one.
const MANY: usize = 12;

/// Get credentials for profiles, asking for no more than is needed: what is still valid is kept
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The MFA code is taken from --token-code, AWSAUTH_MFA_CODE, the program `mfa_process` of
profiles.local.toml, or asked for on the terminal.
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
    /// Do not open a browser; the page's address is always shown
    #[arg(long)]
    no_browser: bool,
    /// How to approve an SSO login [default: `sso_flow` of profiles.local.toml, else pkce where a browser on
    /// this machine can come back to it, else device]
    #[arg(long, value_enum)]
    flow: Option<Flow>,
}

/// The ways to approve an SSO login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// A code that is compared on a page, on any machine (RFC 8628)
    Device,
    /// A page that comes back by itself, in a browser on this machine (RFC 7636)
    Pkce,
}

impl From<Flow> for SsoFlow {
    fn from(flow: Flow) -> Self {
        match flow {
            Flow::Device => Self::Device,
            Flow::Pkce => Self::Pkce,
        }
    }
}

/// Logs in to every profile that was named, and says how each went.
pub(crate) fn run(args: &Args, host: &Host, places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    let given = given_code(args.token_code.as_deref(), host)?;
    let desk = Desk::new(host, places, out)?;
    let names = names(args, &desk, host)?;
    let mut report = Report::new(out);
    let mut chains = Vec::new();
    for name in &names {
        let chain = desk.chain(name)?;
        match desk.refuse_circle(&chain).and_then(|()| desk.check_session_section(&chain)) {
            Ok(()) => chains.push(chain),
            Err(failure) => report.failed(name, failure),
        }
    }
    let next: Box<dyn Prompt> = if host.is_interactive() { Box::new(Terminal) } else { Box::new(Nobody) };
    let manner = Manner {
        prompt: desk.asker(given, None).then(next),
        attendance: Attendance::Person,
        renewal: if args.force { Renewal::Always } else { Renewal::Strict },
        browser: if args.no_browser { Browser::Never } else { Browser::Auto },
        flow: args.flow.map(SsoFlow::from),
        until: None,
    };
    let outcomes = desk.obtain(&chains, manner, |needs| announce(needs, out));
    // Sessions that were got before an interruption are worth keeping.
    desk.share_sessions(&chains)?;
    for (chain, outcome) in chains.iter().zip(outcomes?) {
        match outcome {
            Ok(credentials) => report.succeeded(chain, &credentials, &desk),
            Err(error) => report.missed(chain.target().name.as_str(), error, &desk.manifest.catalog),
        }
    }
    warn_of_missing(&desk.not_applied(&chains), out);
    report.end()
}

fn names(args: &Args, desk: &Desk<'_>, host: &Host) -> Result<Vec<String>, Failure> {
    let profiles = desk.manifest.catalog.profiles().iter();
    let has_login = profiles.filter(|profile| profile.pattern() != Pattern::Iam);
    let name = |profile: &Profile| profile.name.to_string();
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

/// Profiles that other tools can't find.
fn warn_of_missing(names: &[&ProfileName], out: Out) {
    let first: Vec<&str> = names.iter().take(3).map(|name| name.as_str()).collect();
    match names.len() {
        0 => {}
        1 => out.warn(&format!("{} is not in ~/.aws/config yet: `awsauth apply` puts it there", first[0])),
        number => {
            let dots = if number > first.len() { ", …" } else { "" };
            out.warn(&format!(
                "{number} profiles are not in ~/.aws/config yet ({}{dots}): `awsauth apply` puts them there",
                first.join(", ")
            ));
        }
    }
}

/// How each login went; the first failure decides the exit code.
struct Report {
    out: Out,
    documents: Vec<serde_json::Value>,
    failures: Vec<Missed>,
    /// What is told of each profile that has its credentials.
    ready: Vec<String>,
    /// The fewest seconds that one of them has left.
    shortest: Option<i64>,
}

/// A failure, and the profiles that it keeps from their credentials.
struct Missed {
    failure: Failure,
    /// What failed, if it was shared by several.
    error: Option<Rc<BrokerError>>,
    names: Vec<String>,
}

impl Report {
    fn new(out: Out) -> Self {
        Self { out, documents: Vec::new(), failures: Vec::new(), ready: Vec::new(), shortest: None }
    }

    fn succeeded(&mut self, chain: &Chain<'_>, credentials: &Credentials, desk: &Desk<'_>) {
        let (name, now) = (chain.target().name.as_str(), clock::now());
        let left = credentials.expiration.map(|end| seconds_left(end, now));
        let life = state(desk, chain.profiles(), now).life;
        let renewed = match (life, left) {
            // A role's session is shorter than what it is renewed from (aws-facts §6: an hour at most after any session).
            (Life::Until(end), Some(left)) if seconds_left(end, now) > left + 60 => {
                format!(", renewed without asking for {}", duration(seconds_left(end, now)))
            }
            (Life::Renewed(_), _) => ", renewed without asking while the SSO login lasts".to_owned(),
            _ => String::new(),
        };
        let text = left.map_or("has its long-term key".to_owned(), |left| format!("valid for {}", duration(left)));
        self.ready.push(format!("{name}: {text}{renewed}"));
        self.shortest = [self.shortest, left].into_iter().flatten().min();
        self.documents.push(json!({
            "name": name,
            "state": "valid",
            "expires_at": credentials.expiration.map(|end| end.to_string()),
            "seconds_left": left,
            "renewable": !renewed.is_empty(),
        }));
    }

    /// A failure that others may share.
    fn missed(&mut self, name: &str, error: Rc<BrokerError>, catalog: &Catalog) {
        let is_same = |missed: &&mut Missed| missed.error.as_ref().is_some_and(|other| Rc::ptr_eq(other, &error));
        if let Some(missed) = self.failures.iter_mut().find(is_same) {
            missed.names.push(name.to_owned());
            self.documents.push(failed_document(name, &missed.failure));
            return;
        }
        let failure = explain::broker(&error, catalog);
        self.documents.push(failed_document(name, &failure));
        self.failures.push(Missed { failure, error: Some(error), names: vec![name.to_owned()] });
    }

    fn failed(&mut self, name: &str, failure: Failure) {
        self.documents.push(failed_document(name, &failure));
        self.failures.push(Missed { failure, error: None, names: vec![name.to_owned()] });
    }

    fn end(self) -> Result<Exit, Failure> {
        if !self.out.json {
            self.say_ready();
        }
        let mut missing = 0;
        for Missed { failure, names, .. } in &self.failures {
            failure.say_text(self.out);
            if names.len() > 1 {
                self.out.say(&format!("  this keeps {} from their credentials", names.join(", ")));
            }
            missing += names.len();
        }
        let ready = self.ready.len();
        if missing > 0 && missing + ready > 1 {
            self.out.say(&format!("{} ready, {missing} failed", count(ready, "profile")));
        }
        if self.out.json {
            self.out.document(json!({ "profiles": self.documents }))?;
        }
        let exits = self.failures.iter().map(|missed| missed.failure.exit);
        // Who interrupts a login means all of it.
        let interrupted = exits.clone().find(|exit| *exit == Exit::Interrupted);
        Ok(interrupted.or_else(|| exits.clone().next()).unwrap_or(Exit::Done))
    }

    /// Each by itself; of many, what they have in common.
    fn say_ready(&self) {
        match self.shortest {
            Some(left) if self.ready.len() > MANY && !self.out.verbose => self.out.say(&format!(
                "{} profiles: valid for {} or longer; `awsauth status` tells how long each",
                self.ready.len(),
                duration(left)
            )),
            _ => self.ready.iter().for_each(|line| self.out.say(line)),
        }
    }
}

fn failed_document(name: &str, failure: &Failure) -> serde_json::Value {
    json!({ "name": name, "state": "failed", "error": failure.document() })
}
