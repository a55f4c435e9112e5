//! Owns `awsauth console`.

use clap::builder::NonEmptyStringValueParser;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::console::browser::Opener;
use crate::cli::console::link::{ConsoleRequest, Linker, SignInMethod};
use crate::cli::console::page::{address, service_help, service_names};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::options::InPlace;
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::time::parse_time;
use crate::model::{KNOWN_REGIONS, Partition, Region};

/// Open the AWS console as a profile
///
/// A profile of the pattern `sso` is opened by its access portal, where you sign in as usual; --federation and --duration
/// open it as all others are: awsauth gets a link that signs the browser in. Whoever opens that link within 15 minutes is
/// signed in. So the browser gets it from awsauth and not from its command line, and --print is the only way to see it.
///
/// An IAM user (`iam`, `iam-mfa`) gets a session of `GetFederationToken`, which may do what the user may do without MFA.
///
/// --duration is for an IAM user, an SSO role, and a role that a long-term key assumes. AWS takes none for a role that
/// another session assumes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth console prod --service logs --region eu-west-1
  awsauth console prod --print   # for a browser on another machine")]
pub(crate) struct Args {
    /// Profile
    #[arg(value_name = "NAME", env = "AWS_PROFILE", hide_env_values = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new(), add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: String,
    /// Service, such as ec2 or logs, or a path: /s3/buckets
    #[arg(short, long, value_name = "SERVICE", long_help = service_help(), add = clap_complete::ArgValueCandidates::new(service_names))]
    service: Option<String>,
    /// Region to open [default: the profile's]
    #[arg(long, value_name = "REGION", add = clap_complete::ArgValueCandidates::new(regions))]
    region: Option<String>,
    /// Length of the console session, such as 8h
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    duration: Option<i64>,
    /// Sign in with credentials, not at the access portal
    #[arg(long)]
    federation: bool,
    /// Print the address instead of opening it
    #[arg(long)]
    print: bool,
    /// Fail instead of logging in on the terminal
    #[arg(long)]
    no_login: bool,
}

fn regions() -> Vec<clap_complete::CompletionCandidate> {
    KNOWN_REGIONS.iter().map(clap_complete::CompletionCandidate::new).collect()
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let service = LoginService::new(app)?;
    let linker = Linker { app, service: &service, chain: service.chain(&args.name)? };
    service.manifest.warn_of_errors();
    let region = region(args, &linker)?;
    let destination = address(args.service.as_deref(), &region)?;
    let login = InPlace::unless(args.no_login);
    let request =
        ConsoleRequest { destination: &destination, duration: args.duration, federation: args.federation, login };
    let method = linker.sign_in_method(&request);
    let page = ConsoleJson {
        profile: &args.name,
        region: region.as_str(),
        destination: &destination,
        via: method.as_str(),
        opened: !args.print,
        url: None,
    };
    if args.print {
        print(&linker, method, &request, page)?;
    } else {
        open(&linker, method, &request, page)?;
    }
    Ok(Exit::Done)
}

fn print(
    linker: &Linker<'_>,
    method: SignInMethod,
    request: &ConsoleRequest<'_>,
    page: ConsoleJson<'_>,
) -> Result<(), Failure> {
    let (link, out) = (linker.link(method, request)?, linker.app.out);
    // Before the address, which may be longer than the screen.
    match method {
        SignInMethod::Portal => out.say("this address holds no secret: you sign in at the portal"),
        SignInMethod::Federation => out.warn(&format!(
            "whoever opens this address within 15 minutes is signed in as {}: handle it like a password",
            page.profile
        )),
    }
    if out.json {
        return out.document(ConsoleJson { url: Some(link.expose()), ..page });
    }
    out.data(link.expose())
}

/// A machine whose browser the person does not see is refused before any call.
fn open(
    linker: &Linker<'_>,
    method: SignInMethod,
    request: &ConsoleRequest<'_>,
    page: ConsoleJson<'_>,
) -> Result<(), Failure> {
    let browsers = &linker.service.manifest.settings.console_browsers;
    let opener = Opener::new(linker.profile(), method, browsers, linker.app)?;
    opener.open(&linker.link(method, request)?)?;
    let out = linker.app.out;
    if out.json {
        return out.document(page);
    }
    out.say(&format!("{}: your browser opens {}", page.profile, page.destination));
    Ok(())
}

/// A region of the profile's partition: no other one has its account.
fn region(args: &Args, linker: &Linker<'_>) -> Result<Region, Failure> {
    let home = linker.region()?;
    let Some(given) = &args.region else { return Ok(home) };
    let given = Region::new(given).map_err(|error| Failure::of(Exit::Usage, &error))?;
    explain::warn_of_region(&given, linker.app.out);
    let [wanted, own] = [&given, &home].map(|region| Partition::of_region(region.as_str()));
    if wanted == own {
        return Ok(given);
    }
    let words = format!("`{}` is in the partition {wanted}, and the profile `{}` in {own}", given.as_str(), args.name);
    Err(Failure::new(Exit::Usage, words))
}

#[derive(Clone, Copy, Serialize)]
struct ConsoleJson<'c> {
    profile: &'c str,
    region: &'c str,
    destination: &'c str,
    /// `portal` or `federation`.
    via: &'static str,
    opened: bool,
    /// Only with `--print`.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'c str>,
}
