//! Owns `awsauth login`.

use clap::ValueEnum;
use serde_json::json;

use crate::broker::{Attendance, Renewal};
use crate::cli::complete::profile_names;
use crate::cli::desk::{Browser, Desk, Manner};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::cli::surroundings::given_code;
use crate::login::{Freshness, Needs, TokenUse, decide, seconds_left};
use crate::model::{Chain, Credentials, Pattern, Profile};
use crate::prompt::{self, NoAnswer, Nobody, Prepared, Prompt, Terminal};
use crate::render::duration;
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
    let given = given_code(args.token_code.as_deref(), host)?;
    let desk = Desk::new(host, places, out)?;
    let names = names(args, &desk, host)?;
    let mut report = Report { out, documents: Vec::new(), first: None };
    let mut chains = Vec::new();
    for name in &names {
        let chain = desk.chain(name)?;
        match desk.check_session_section(&chain) {
            Ok(()) => chains.push(chain),
            Err(failure) => report.failed(name, &failure),
        }
    }
    announce(&desk, &chains, args.force, out);
    let next: Box<dyn Prompt> = if host.is_interactive() { Box::new(Terminal) } else { Box::new(Nobody) };
    let manner = Manner {
        prompt: Box::new(Prepared { answer: given, next }),
        attendance: Attendance::Person,
        renewal: if args.force { Renewal::Always } else { Renewal::Strict },
        browser: if args.no_browser { Browser::Never } else { Browser::Auto },
    };
    let results = desk.obtain(&chains, manner);
    // Sessions that were got before an interruption are worth keeping.
    desk.share_sessions(&chains)?;
    for (chain, result) in chains.iter().zip(results?) {
        let name = chain.target().name.as_str();
        match result {
            Ok(credentials) => report.succeeded(name, &credentials),
            Err(error) => report.failed(name, &explain::broker(&error, &desk.manifest.catalog)),
        }
    }
    for name in desk.not_applied(&chains) {
        out.warn(&format!("{name} is not in ~/.aws/config yet: `awsauth apply` puts it there"));
    }
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
    let mut by_device: Vec<(&str, Vec<&str>)> = Vec::new();
    // Without a long-term key there is nothing to use a code with, which is said later.
    let has_key = |profile: &Profile| {
        let chain = desk.manifest.catalog.chain(profile.name.as_str());
        chain.is_some_and(|chain| desk.has_key(chain.base()))
    };
    for (profile, serial) in needs.codes.iter().filter(|(profile, _)| has_key(profile)) {
        match by_device.iter_mut().find(|(device, _)| *device == serial.as_str()) {
            Some((_, names)) => names.push(profile.name.as_str()),
            None => by_device.push((serial.as_str(), vec![profile.name.as_str()])),
        }
    }
    let codes = by_device.iter().map(|(device, names)| match names.as_slice() {
        [name] => format!("an MFA code of {device} for {name}"),
        names => format!("{} MFA codes of {device}, each a new one, for {}", names.len(), names.join(" and ")),
    });
    let approvals = needs.approvals.iter().map(|access| format!("an approval for {}", access.token_key()));
    let wanted: Vec<String> = codes.chain(approvals).collect();
    if !wanted.is_empty() {
        out.say(&format!("This login needs {}.", wanted.join(", and ")));
    }
}

/// How each login went; the first failure decides the exit code.
struct Report {
    out: Out,
    documents: Vec<serde_json::Value>,
    first: Option<Exit>,
}

impl Report {
    fn succeeded(&mut self, name: &str, credentials: &Credentials) {
        let left = credentials.expiration.map(|end| seconds_left(end, clock::now()));
        let text = left.map_or("has its long-term key".to_owned(), |left| format!("valid for {}", duration(left)));
        if !self.out.json {
            self.out.say(&format!("{name}: {text}"));
        }
        let end = credentials.expiration.map(|end| end.to_string());
        self.documents.push(json!({ "name": name, "state": "valid", "expires_at": end, "seconds_left": left }));
    }

    fn failed(&mut self, name: &str, failure: &Failure) {
        failure.say_text(self.out);
        self.documents.push(json!({ "name": name, "state": "failed", "error": failure.document() }));
        self.first.get_or_insert(failure.exit);
    }

    fn end(self) -> Result<Exit, Failure> {
        if self.out.json {
            self.out.document(json!({ "profiles": self.documents }))?;
        }
        Ok(self.first.unwrap_or(Exit::Done))
    }
}
