//! Owns `awsauth list`.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::config::load::Manifest;
use crate::cli::config::profile_json::ProfileJson;
use crate::cli::config::provenance;
use crate::cli::config::selection::Filter;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::externals::externals;
use crate::cli::ui::failure::Failure;
use crate::model::{Catalog, Profile, Region};
use crate::render::{Cell, header, table_within};
use crate::system::files::disk;

const HEADER: [&str; 7] = ["PROFILE", "PATTERN", "ACCOUNT", "ROLE", "REGION", "TAGS", "DESCRIPTION"];
/// The columns that are shortened, then left out, on a narrow terminal, in this order.
const EXPENDABLE: [usize; 6] = [6, 5, 3, 4, 1, 3];

/// List the profiles
///
/// On a narrow terminal, columns are shortened or left out. --json has everything that the manifest says of each
/// profile, and where its credentials come from.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth list 'prod-*'
  awsauth list --why dev-Admin")]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,
    /// Explain where one profile comes from
    ///
    /// Names the matrix that makes it, and the table and line of each key.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["names", "tag"], add = clap_complete::ArgValueCandidates::new(profile_names))]
    why: Option<String>,
}

#[derive(Serialize)]
struct ListJson<'p> {
    profiles: ProfilesJson<'p>,
}

/// Each document is made when it is written.
struct ProfilesJson<'p> {
    profiles: &'p [Cow<'p, Profile>],
    catalog: &'p Catalog,
}

impl Serialize for ProfilesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.profiles.iter().map(|profile| ProfileJson::of(profile, self.catalog)))
    }
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    if let Some(name) = &args.why {
        return provenance::run(name, app);
    }
    let manifest = Manifest::read(app)?;
    let profiles = args.filter.choose(&manifest)?;
    let credentials = disk::read(&paths.credentials()?).map_err(|error| explain::disk(&error))?.unwrap_or_default();
    let externals = externals(&manifest.catalog, &credentials, paths, host)?;
    let profiles: Vec<_> = profiles.into_iter().map(|profile| externals.complete(profile)).collect();
    if out.json {
        out.document(ListJson { profiles: ProfilesJson { profiles: &profiles, catalog: &manifest.catalog } })?;
    } else if profiles.is_empty() {
        out.say("the manifest has no profiles");
    } else {
        let rows: Vec<_> = std::iter::once(header(HEADER)).chain(profiles.iter().map(|profile| row(profile))).collect();
        let (text, is_whole) = table_within(&rows, out.columns_of_data(host), &EXPENDABLE);
        out.print_table(&text, is_whole)?;
    }
    Ok(Exit::Done)
}

fn row(profile: &Profile) -> Vec<Cell> {
    let tags = profile.tags.join(", ");
    let cells = [
        Some(profile.name.as_str()),
        Some(profile.pattern().as_str()),
        profile.account(),
        profile.role_name(),
        profile.region.as_ref().map(Region::as_str),
        Some(&*tags),
        profile.description.as_deref(),
    ];
    cells.map(|cell| cell.filter(|cell| !cell.is_empty()).unwrap_or("-").into()).to_vec()
}
