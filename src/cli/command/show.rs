//! Owns `awsauth show`.

use clap::builder::NonEmptyStringValueParser;

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::config::load::{Manifest, Reading};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::service::LoginService;
use crate::cli::show::json::{ReaderJson, ShowJson};
use crate::cli::show::now::Now;
use crate::cli::show::page::Page;
use crate::cli::show::sections::Places;
use crate::cli::ui::failure::Failure;
use crate::manifest::Audience;
use crate::readers::{AwsFiles, Reader, Refusal};
use crate::system::files::disk;

/// The variables whose keys count before a profile (aws-facts §3).
const SHADOWS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Show how one profile gets its credentials
///
/// First the chain, step by step: the calls to AWS, where each part is written, how long a session may last, and what is kept
/// now. Then what each tool does with the profile as AWS's files stand, and the change that would give it credentials.
///
/// The profile may stand in AWS's files alone, or in the manifest alone. Nothing is called or run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth show prod
  awsauth show default --json")]
pub(crate) struct Args {
    /// A profile of the manifest, or of AWS's files
    #[arg(value_name = "NAME", env = "AWS_PROFILE", hide_env_values = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new(), add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: String,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let (name, places) = (args.name.as_str(), Places::new(app)?);
    let read = |path| disk::read(path).map_err(|error| explain::disk(&error)).map(Option::unwrap_or_default);
    let (config, credentials) = (read(&places.config)?, read(&places.credentials)?);
    let files = AwsFiles::parse(&config, &credentials);
    let is_found = |reader: &Reader| {
        !matches!(files.resolve(*reader, name), Err(Refusal::NoProfile { .. } | Refusal::Unreadable { .. }))
    };
    let is_in_files = files.section(name).is_some() || Reader::ALL.iter().any(is_found);
    let service = service(name, is_in_files, &files, app)?;
    let now = Now::new(files, service.as_ref(), app)?;
    let page = Page::of(name, &now, &places);
    let shadows: Vec<&str> = SHADOWS.into_iter().filter(|name| app.host.var_os(name).is_some()).collect();
    if app.out.json {
        app.out.document(ShowJson {
            profile: name,
            pattern: page.profile.map(|profile| profile.pattern().as_str()),
            applied: page.is_applied,
            differences: &page.differences,
            steps: &page.steps,
            problem: page.problem.as_deref(),
            readers: ReaderJson::all(&page.verdicts),
            shadowed_by: &shadows,
        })?;
    } else {
        app.out.print(&page.text(name, app.out.columns_of_data(app.host), &shadows))?;
    }
    Ok(Exit::Done)
}

/// The manifest as far as it is in order; none if only AWS's files have the profile, and the manifest can't be read.
fn service<'a>(
    name: &str,
    is_in_files: bool,
    files: &AwsFiles<'_>,
    app: App<'a>,
) -> Result<Option<LoginService<'a>>, Failure> {
    let reading = Reading::read(app.paths, Audience::Person);
    let has_it = |reading: &Reading| {
        let loaded = &reading.loaded;
        loaded.catalog.as_ref().is_some_and(|all| all.get(name).is_some())
            || loaded.wrong.iter().any(|one| one.name == name)
    };
    if is_in_files && !reading.as_ref().is_ok_and(has_it) {
        // Of one that is all wrong nothing is said: the profile is none of it.
        let has_any = |reading: &Reading| {
            let catalog = reading.loaded.catalog.as_ref();
            reading.loaded.is_in_order() || catalog.is_some_and(|all| !all.profiles().is_empty())
        };
        let reading = reading.ok().filter(has_any);
        return reading.map(|reading| LoginService::with(Manifest::in_part(reading, app)?, app)).transpose();
    }
    let misspelt = || explain::nearest(name, files.names());
    let manifest = match (reading, misspelt()) {
        (Err(_), Some(near)) => {
            let failure = Failure::new(Exit::Usage, format!("there is no profile `{name}`, and no manifest"));
            return Err(failure.hint(format!("did you mean `{near}`?")));
        }
        (reading, _) => Manifest::in_part(reading?, app)?,
    };
    manifest.profile(name).map_err(|failure| match misspelt().filter(|near| manifest.catalog.get(near).is_none()) {
        Some(near) if !is_in_files => failure.hint(format!("AWS's files have `{near}`")),
        _ => failure,
    })?;
    LoginService::with(manifest, app).map(Some)
}
