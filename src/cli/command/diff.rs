//! Owns `awsauth diff`.

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::load::{ManifestJson, Reading};
use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::team::comparison::{Comparison, ComparisonJson};
use crate::cli::team::revision::{self, Place};
use crate::cli::ui::failure::Failure;
use crate::manifest::Loaded;
use crate::system::programs::git::Revision;

/// The digits of a commit's name in messages.
const SHORT: usize = 10;

/// Show what a change of the manifest does
///
/// Compares the manifest with that of a git revision, and tells which profiles and SSO sessions are added, removed and
/// changed in effect: key by key after includes, variables and matrices. Nobody's profiles.local.toml counts; a value
/// that each person supplies is shown as `${name}`. The revision is read with git, and nothing is checked out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth diff                                 # since the last commit
  awsauth diff origin/main --format markdown   # for a pull request's comment

Exits with 1 if there is a difference, with 3 if one of the manifests is invalid.")]
pub(crate) struct Args {
    /// Compare with this revision
    #[arg(value_name = "REV", default_value = "HEAD")]
    revision: String,
    /// Form of the output: text or markdown
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT", hide_possible_values = true)]
    #[arg(hide_default_value = true)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Markdown,
}

#[derive(Serialize)]
struct DiffJson<'d> {
    revision: &'d str,
    commit: &'d str,
    before: Option<ManifestJson>,
    after: ManifestJson,
    #[serde(flatten)]
    comparison: ComparisonJson,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    let after = Reading::read_effective(paths)?;
    let place = Place::of(&paths.manifest()?).ok_or_else(|| no_repository(&after))?;
    let revision = open(&place, &args.revision)?;
    let before = revision::read(&revision, &place.path, &args.revision)?;
    let nothing = Loaded::default();
    let old = before.as_ref().map_or(&nothing, |before| &before.loaded);
    let comparison = Comparison { before: old, after: &after.loaded };
    let since = format!("{} ({})", args.revision, &revision.commit[..SHORT.min(revision.commit.len())]);
    if out.json {
        out.document(DiffJson {
            revision: &args.revision,
            commit: &revision.commit,
            before: before.as_ref().map(Reading::document),
            after: after.document(),
            comparison: comparison.document(),
        })?;
    } else {
        for reading in before.iter().chain([&after]).filter(|reading| !reading.loaded.is_in_order()) {
            reading.show(out);
        }
        if before.is_none() {
            out.say(&format!("{since} has no {}: every profile counts as added", place.path));
        }
        match args.format {
            Format::Text => out.print(&comparison.text(out.columns_of_data(host)))?,
            Format::Markdown => out.data(&comparison.markdown(&since))?,
        }
        out.say(&format!("{}, compared with {since} and without profiles.local.toml", comparison.summary()));
    }
    Ok(match (old.is_in_order() && after.loaded.is_in_order(), comparison.is_empty()) {
        (false, _) => Exit::Manifest,
        (true, false) => Exit::Different,
        (true, true) => Exit::Done,
    })
}

fn open(place: &Place, name: &str) -> Result<Revision, Failure> {
    let unknown = || {
        if name == "HEAD" {
            let message =
                format!("{} has no commit yet, so there is nothing to compare with", Paths::shown(&place.root));
            return Failure::new(Exit::Usage, message).hint("commit the manifest first");
        }
        Failure::new(Exit::Usage, format!("git knows no revision `{name}` in {}", Paths::shown(&place.root)))
            .hint("name a commit, a tag or a branch, such as `HEAD~1` or `origin/main`")
            .hint("a shallow clone lacks older commits: fetch them first, in GitHub Actions with `fetch-depth: 2` or 0")
    };
    if name.starts_with('-') {
        return Err(unknown());
    }
    Revision::open(&place.root, name, place.dir())?.ok_or_else(unknown)
}

fn no_repository(reading: &Reading) -> Failure {
    let path = Paths::shown(&reading.source().path);
    Failure::new(Exit::Usage, format!("{path} is in no git repository, so there is no revision to compare with"))
        .hint("if your team has a repository, `awsauth join ADDRESS` sets this machine up with it")
}
