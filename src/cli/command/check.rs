//! Owns `awsauth check`.

use crate::cli::app::App;
use crate::cli::config::load::Reading;
use crate::cli::exit::Exit;
use crate::cli::explain::unmanaged;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::manifest::Audience;
use crate::source::Source;

/// Validate the manifest, without a network
///
/// All mistakes are reported in one run, each with its line. This is fit for CI and a pre-commit hook.
///
/// With --team, profiles.local.toml is not read, and variables that `[required_vars]` declares may be unset; values made
/// of them are not checked. A host other than AWS's is a warning, since each person allows it in their own file. A
/// committed profiles.local.toml is an error.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth check
  awsauth check --team --manifest profiles.toml  # in a team's CI")]
pub(crate) struct Args {
    /// Check what the team commits, without profiles.local.toml
    #[arg(long)]
    team: bool,
}

/// With `--manifest`, this needs no home directory.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { paths, out, .. } = app;
    let reading = Reading::read(paths, if args.team { Audience::Team } else { Audience::Person })?;
    if out.json {
        out.document(reading.document())?;
    } else {
        reading.show(out);
    }
    let loaded = &reading.loaded;
    if !loaded.is_in_order() {
        return Ok(Exit::Manifest);
    }
    if out.json {
        return Ok(Exit::Done);
    }
    let shown = |source: &Source| source.path.display().to_string();
    let included = match reading.included().count() {
        0 => String::new(),
        number => format!(" with {}", count(number, "included file")),
    };
    out.say(&format!(
        "{}{included} is valid: {}, {}",
        shown(reading.source()),
        count(loaded.profiles, "profile"),
        count(loaded.sessions, "SSO session")
    ));
    for source in reading.local() {
        out.say(&format!("{} is valid", shown(source)));
    }
    // An empty matrix has its own warning.
    if loaded.profiles == 0 && loaded.matrices == 0 {
        let has_examples = reading.source().text.contains("\n# [profiles.");
        out.say(if has_examples {
            "the manifest describes no profile yet: uncomment the tables that you need, and fill in your values"
        } else {
            "the manifest describes no profile yet: add tables such as [profiles.NAME], or delete it and run `awsauth init`"
        });
        if !args.team {
            unmanaged::say(app);
        }
    }
    Ok(Exit::Done)
}
