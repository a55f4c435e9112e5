//! Owns `awsauth show`.

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::config::load::{Manifest, Reading};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::service::LoginService;
use crate::cli::paths::Paths;
use crate::cli::show::json::{ReaderJson, ShowJson};
use crate::cli::show::now::Now;
use crate::cli::show::sections::{self, Places};
use crate::cli::show::step::Step;
use crate::cli::show::verdict::{self, Verdict};
use crate::cli::show::{chain, text};
use crate::cli::ui::failure::Failure;
use crate::manifest::Audience;
use crate::model::{Profile, Region};
use crate::readers::{AwsFiles, Reader, Refusal};
use crate::render::TerminalText;
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
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
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
    let service = service(name, is_in_files, app)?;
    let now = Now::new(files, service.as_ref(), app)?;
    let shown = Shown::of(name, &now, &places);
    let shadows: Vec<&str> = SHADOWS.into_iter().filter(|name| app.host.var_os(name).is_some()).collect();
    if app.out.json {
        app.out.document(ShowJson {
            profile: name,
            pattern: shown.profile.map(|profile| profile.pattern().as_str()),
            applied: shown.is_applied,
            steps: &shown.steps,
            problem: shown.problem.as_deref(),
            readers: ReaderJson::all(&shown.verdicts),
            shadowed_by: &shadows,
        })?;
    } else {
        app.out.print(&shown.text(name, app.out.columns_of_data(app.host), &shadows))?;
    }
    Ok(Exit::Done)
}

/// The manifest's profile, or none for one that only AWS's files have.
fn service<'a>(name: &str, is_in_files: bool, app: App<'a>) -> Result<Option<LoginService<'a>>, Failure> {
    let manifest = match Reading::read(app.paths, Audience::Person) {
        Ok(reading) if is_in_files && reading.loaded.catalog.as_ref().is_none_or(|all| all.get(name).is_none()) => {
            Manifest::in_part(reading, app).ok()
        }
        Err(_) if is_in_files => None,
        reading => Some(Manifest::in_part(reading?, app)?),
    };
    let Some(manifest) = manifest else { return Ok(None) };
    if !is_in_files {
        manifest.profile(name)?;
    }
    LoginService::with(manifest, app).map(Some)
}

struct Shown<'s> {
    /// None for a section that the manifest does not have.
    profile: Option<&'s Profile>,
    is_applied: bool,
    steps: Vec<Step>,
    problem: Option<String>,
    verdicts: Vec<Verdict>,
    at: Option<String>,
}

impl<'s> Shown<'s> {
    fn of(name: &str, now: &Now<'s>, places: &Places) -> Self {
        let chain = now.service.and_then(|service| Some((service, service.manifest.catalog.chain(name)?)));
        let (steps, problem) = match &chain {
            Some((service, chain)) => (chain::steps(chain, service, now, places), None),
            None => match now.files.resolve(Reader::AwsCli2, name) {
                Ok(mechanism) => (sections::steps(&mechanism, now, places), None),
                Err(refusal) => (Vec::new(), Some(refusal.to_string())),
            },
        };
        let profile = chain.as_ref().map(|(_, chain)| chain.target());
        let is_written = |profile: &Profile| now.files.has_in_config(profile.name.as_str());
        let section = now.files.section(name).map(|at| places.of(at));
        Self {
            is_applied: chain.as_ref().is_none_or(|(_, chain)| chain.profiles().iter().all(|one| is_written(one))),
            profile,
            steps,
            problem,
            verdicts: verdict::verdicts(name, now),
            at: section.map(|at| format!("{}:{}", Paths::shown(&at.file), at.line)),
        }
    }

    fn text(&self, name: &str, columns: usize, shadows: &[&str]) -> TerminalText {
        let mut first = vec![match self.profile {
            Some(profile) => title(profile),
            None => format!("{name}: a section of your own, {}", self.at.as_deref().unwrap_or("in AWS's files")),
        }];
        if !self.is_applied {
            first.push("It is not written into AWS's files yet: run `awsauth apply`.".to_owned());
        }
        if let [first_shadow, ..] = shadows {
            first.push(format!(
                "{first_shadow} is set in this shell: all but JavaScript take its key in place of AWS_PROFILE."
            ));
        }
        first.push(String::new());
        let mut text = TerminalText::lines(first);
        if !self.steps.is_empty() {
            text += text::steps(&self.steps, columns);
            text += TerminalText::lines([""]);
        }
        text += text::readers(&self.verdicts, columns);
        text
    }
}

fn title(profile: &Profile) -> String {
    let parts = [
        ("account", profile.account()),
        ("role", profile.role_name()),
        ("region", profile.region.as_ref().map(Region::as_str)),
    ];
    let parts = parts.into_iter().filter_map(|(word, value)| Some(format!(", {word} {}", value?)));
    format!("{}: {}{}", profile.name, profile.pattern(), parts.collect::<String>())
}
