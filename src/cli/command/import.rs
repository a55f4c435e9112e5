//! Owns `awsauth import`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::import::files::{AwsSnapshots, take_over};
use crate::cli::import::report::{by_pattern, say, say_personal, sentence};
use crate::cli::ui::failure::Failure;
use crate::import::{Form, Import, Left};
use crate::secret::mask_words;
use crate::system::files::disk;

/// Print a manifest with the profiles that ~/.aws has
///
/// The manifest goes to standard output and means to AWS's tools what ~/.aws/config and ~/.aws/credentials mean. No secret
/// is in it. Everything else is said on stderr: what stays where it is and why, and the lines for your own
/// profiles.local.toml. Nothing is written.
///
/// `awsauth init --import` writes it as your manifest. Then `awsauth apply --adopt` puts its profiles into awsauth's block, in
/// place of your sections.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth import
  awsauth import --matrix > new.toml
  awsauth init --import")]
pub(crate) struct Args {
    /// Make a matrix of profiles with regular names
    ///
    /// Profiles that are named after their account and their role, such as `prod-Admin`, become entries of `[accounts]` and
    /// one table of `[matrix]`.
    #[arg(long)]
    matrix: bool,
}

#[derive(Serialize)]
struct ImportJson<'i> {
    manifest: &'i str,
    /// Lines for profiles.local.toml.
    personal: &'i str,
    /// The names of profiles by pattern.
    profiles: BTreeMap<&'static str, Vec<&'i str>>,
    left: Vec<LeftJson>,
    faults: Vec<FaultJson>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct LeftJson {
    section: String,
    file: String,
    line: usize,
    reason: String,
    remedy: Option<String>,
    /// True if the manifest has it as `external`.
    external: bool,
}

#[derive(Serialize)]
struct FaultJson {
    file: String,
    line: usize,
    reason: String,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let (files, found) = take_over(if args.matrix { Form::Matrix } else { Form::Profiles }, app)?;
    if app.out.json {
        app.out.document(document(&files, &found))?;
        return Ok(Exit::Done);
    }
    app.out.data(&found.manifest)?;
    say(&files, &found, app.out);
    say_personal(&found, app.out);
    app.out.say(if disk::exists(&app.paths.manifest()?) {
        "you have a manifest: copy the tables that it lacks; then `awsauth check`, and `awsauth apply --adopt --dry-run`"
    } else {
        "`awsauth init --import` writes this as your manifest; then `awsauth check`, and `awsauth apply --adopt --dry-run`"
    });
    Ok(Exit::Done)
}

fn document<'i>(files: &AwsSnapshots, found: &'i Import) -> ImportJson<'i> {
    let left = |left: &Left| LeftJson {
        section: mask_words(&left.header),
        file: files.path(left.at.file),
        line: left.at.line,
        reason: mask_words(&left.why.reason),
        remedy: Some(mask_words(&left.why.remedy)).filter(|remedy| !remedy.is_empty()),
        external: left.is_external,
    };
    ImportJson {
        manifest: &found.manifest,
        personal: &found.personal,
        profiles: by_pattern(&found.catalog),
        left: found.left.iter().map(left).collect(),
        faults: found
            .faults
            .iter()
            .map(|(file, fault)| FaultJson {
                file: files.path(*file),
                line: fault.line,
                reason: fault.kind.to_string(),
            })
            .collect(),
        notes: found.notes.iter().map(|(note, names)| mask_words(&sentence(note, names))).collect(),
    }
}
