//! Owns `awsauth doctor`.

use crate::cli::app::App;
use crate::cli::doctor::report::carry_out;
use crate::cli::doctor::{Repair, examine};
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::prompt::{self, NoAnswer};

/// Find what is wrong with AWS's files, the environment and the logins
///
/// Each finding says what is wrong and where, why it matters, and what to do; the gravest comes first. Nothing is changed and
/// nobody is asked: neither AWS, nor git's servers, unless --online is given.
///
/// --fix mends what is safe. It closes files and directories to other users, and removes cache files that are broken or long
/// expired, and what killed runs have left. It shows that first and, on a terminal, asks. It touches no key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth doctor
  awsauth doctor --fix
  awsauth doctor --online --json

It exits with 1 if there is an error or a warning.")]
pub(crate) struct Args {
    /// Mend what is safe, after showing it
    #[arg(long)]
    fix: bool,
    /// Also ask AWS for the time, and git for newer commits
    #[arg(long)]
    online: bool,
    /// Do not ask
    #[arg(short, long, requires = "fix")]
    yes: bool,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let mut found = examine(args.online, app);
    let mut fixed = Vec::new();
    if args.fix && !found.repairs().is_empty() {
        fixed = fix(&found.repairs(), args.yes, app)?;
        found = examine(args.online, app);
    }
    if app.out.json {
        app.out.document(found.document(&fixed))?;
    } else {
        app.out.print(&found.text())?;
        app.out.say(&found.summary());
    }
    let is_mended = !args.fix || found.repairs().is_empty();
    Ok(if found.is_healthy() && is_mended { Exit::Done } else { Exit::Different })
}

/// Shows what it does, asks if somebody is there, and does it. Returns what was done.
fn fix(repairs: &[&Repair], is_agreed: bool, app: App<'_>) -> Result<Vec<String>, Failure> {
    for repair in repairs {
        app.out.say(&format!("will {}", repair.words()));
    }
    let asks = !is_agreed && !app.out.json && app.host.is_interactive();
    if asks {
        match prompt::confirm("Do this?", true) {
            Ok(true) => {}
            Ok(false) => return Err(Failure::one_line(Exit::Refused, "nothing was changed")),
            Err(NoAnswer::Interrupted) => {
                return Err(Failure::one_line(Exit::Interrupted, "interrupted; nothing was changed"));
            }
            Err(other) => return Err(Failure::of(Exit::Usage, &other).hint("`--yes` does it without asking")),
        }
    }
    // While the question waited, a login may have replaced what was of no use.
    let now = asks.then(|| examine(false, app));
    let is_wanted = |repair: &Repair| now.as_ref().is_none_or(|now| now.repairs().contains(&repair));
    let done = repairs.iter().copied().filter(|repair| is_wanted(repair) && carry_out(repair, app.out));
    let done: Vec<&Repair> = done.collect();
    if !done.is_empty() {
        app.out.say(&Repair::done(&done));
    }
    Ok(done.iter().map(|repair| repair.words()).collect())
}
