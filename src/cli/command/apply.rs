//! Owns `awsauth apply`.

use crate::cli::app::App;
use crate::cli::apply::manifest::{self, Way};
use crate::cli::apply::run::Caller;
use crate::cli::apply::undo;
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::plan::{Adoption, Overwrite, Permission};

/// Write the profiles into ~/.aws/config
///
/// They go into one block of the file; everything else in it stays byte for byte. On a terminal, the diff is shown
/// first and you are asked, also for values that the manifest wants of you. Otherwise it writes without asking. A backup is kept of each file that is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth apply --dry-run
  awsauth apply --yes")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that was typed or not")]
pub(crate) struct Args {
    /// Show the changes as a diff and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Like --dry-run; exit with 1 for changes, 4 if refused
    #[arg(long)]
    check: bool,
    /// Take over sections outside the block
    ///
    /// This needs every setting of these sections in the manifest; if one is missing, its line is printed. A long-term
    /// key where a session goes is moved to [NAME-long-term].
    #[arg(long, conflicts_with = "undo")]
    adopt: bool,
    /// Overwrite a block that was edited by hand
    #[arg(long, conflicts_with = "undo")]
    force: bool,
    /// Undo the last run that wrote, or the last N
    ///
    /// Runs of apply and `keys add --force` count, and undos. Both files are restored as they were before. Another --undo
    /// takes this back. The manifest is left as it is, so the next apply writes its profiles again.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = clap::value_parser!(u8).range(1..))]
    undo: Option<u8>,
    /// Make ~/.aws/credentials readable only by you
    #[arg(long, conflicts_with = "undo")]
    fix_permissions: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Args {
    fn way(&self) -> Way {
        match (self.check, self.dry_run, self.yes) {
            (true, ..) => Way::Check,
            (_, true, _) => Way::Show,
            (.., true) => Way::Write,
            _ => Way::Ask,
        }
    }

    fn permission(&self) -> Permission {
        Permission {
            overwrite: if self.force { Overwrite::Edited } else { Overwrite::Intact },
            adoption: if self.adopt { Adoption::TakeOver } else { Adoption::Refuse },
        }
    }
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    if let Some(count) = args.undo {
        return undo::run(count.into(), args.way(), app);
    }
    manifest::apply(args.way(), args.permission(), args.fix_permissions, Caller::Apply, &serde_json::Map::new(), app)
}
