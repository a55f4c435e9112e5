//! Owns `awsauth init`.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::system::files::atomic;

/// Write a commented starter manifest
///
/// The starter shows each pattern as a comment, and is valid as it stands. It goes where the manifest is looked for. A
/// file that exists is never overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "Then edit the file, and run `awsauth check` and `awsauth apply`.")]
pub(crate) struct Args {
    /// Print it to stdout and write nothing
    #[arg(long)]
    print: bool,
}

const STARTER: &str = include_str!("starter.toml");

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { paths, out, .. } = app;
    if args.print {
        out.data(STARTER)?;
        return Ok(Exit::Done);
    }
    let path = paths.manifest()?;
    let is_new = atomic::create_private(&path, STARTER.as_bytes());
    if !is_new.map_err(|error| Failure::of(Exit::Unavailable, &error))? {
        return Err(Failure::new(Exit::Refused, format!("{} exists and is not changed", path.display()))
            .hint("`awsauth check` validates it")
            .hint("`awsauth init --print` shows the starter"));
    }
    if out.json {
        out.document(InitJson { manifest: Paths::text(&path) })?;
    } else {
        out.say(&format!("wrote {}", path.display()));
        out.say("next: put your profiles in, then run `awsauth check` and `awsauth apply`");
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct InitJson {
    manifest: String,
}
