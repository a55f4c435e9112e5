//! Owns `awsauth apply`.

use std::path::Path;

use serde_json::json;

use crate::apply::{ApplyError, sweep};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::failure::Failure;
use crate::cli::load::Manifest;
use crate::cli::out::Out;
use crate::cli::permissions::Permissions;
use crate::cli::places::Places;
use crate::cli::prune::Prune;
use crate::cli::readers;
use crate::cli::undo;
use crate::cli::work::{FileWork, colored};
use crate::ini::FileKind;
use crate::model::{Catalog, Delivery};
use crate::plan::{self, Adoption, Missing, Overwrite, Permission, Plan, Refusal};
use crate::prompt;
use crate::source::display_safe;
use crate::store::Sessions;
use crate::system::backups::{Backups, Stamp};
use crate::system::clock;
use crate::system::host::Host;

/// Write the manifest's profiles into one block of ~/.aws/config; everything else in it stays byte for byte
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that was typed or not")]
pub(crate) struct Args {
    /// Show what would change as a diff, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Like --dry-run, and exit with 1 if anything would change
    #[arg(long)]
    pub(crate) check: bool,
    /// Take over sections of yours that stand where awsauth would write, if the manifest gives all that they hold, and
    /// move a long-term key out of the way of a session
    #[arg(long, conflicts_with = "undo")]
    adopt: bool,
    /// Overwrite the block even if it was edited by hand
    #[arg(long, conflicts_with = "undo")]
    force: bool,
    /// Put the files back as they were before the last apply; once more takes that back
    #[arg(long)]
    undo: bool,
    /// Take away what lets other users of this machine read ~/.aws/credentials
    #[arg(long, conflicts_with = "undo")]
    fix_permissions: bool,
    /// Do not ask on a terminal
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Plans both files, shows the plan where somebody wants to see it, and carries it out.
pub(crate) fn run(args: &Args, host: &Host, places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    if args.undo {
        return undo::run(args, host, places, out);
    }
    let manifest = Manifest::read(places, out)?;
    let program = program(host, &manifest.catalog)?;
    if !program.is_empty() && !places.is_manifest_found_again() {
        out.warn(
            "this manifest was named by --manifest, and `credential_process` will look for it where AWSAUTH_MANIFEST says, \
             or in your configuration directory",
        );
    }
    let plans = Plans::new(args, &manifest.catalog, &program, places)?;
    let work = plans.make(places)?;
    let is_shown_only = args.dry_run || args.check;
    if !is_shown_only {
        carry_out(&plans, &work, &places.state()?, host.is_interactive() && !args.yes, out)?;
    }
    report(&work, is_shown_only, out)?;
    Ok(if args.check && work.is_pending() { Exit::Different } else { Exit::Done })
}

/// How the two files are planned, as often as that is needed.
struct Plans<'a> {
    catalog: &'a Catalog,
    program: &'a str,
    permission: Permission,
    sessions: Sessions,
    fix_permissions: bool,
}

/// What there is to do.
struct Work {
    config: FileWork,
    credentials: FileWork,
    /// Identities without a long-term key.
    missing: Vec<Missing>,
    prune: Prune,
    permissions: Permissions,
}

impl<'a> Plans<'a> {
    fn new(args: &Args, catalog: &'a Catalog, program: &'a str, places: Places<'_>) -> Result<Self, Failure> {
        let overwrite = if args.force { Overwrite::Edited } else { Overwrite::Intact };
        let adoption = if args.adopt { Adoption::TakeOver } else { Adoption::Refuse };
        Ok(Self {
            catalog,
            program,
            permission: Permission { overwrite, adoption },
            sessions: Sessions::new(&places.state()?),
            fix_permissions: args.fix_permissions,
        })
    }

    fn config(&self, bytes: &[u8]) -> Result<Plan, Refusal> {
        plan::config(self.catalog, bytes, self.program, self.permission)
    }

    fn credentials(&self, bytes: &[u8]) -> Result<(Plan, Vec<Missing>), Refusal> {
        plan::credentials(self.catalog, bytes, &|name| self.sessions.key_id(name), self.permission.adoption)
    }

    fn make(&self, places: Places<'_>) -> Result<Work, Failure> {
        let path = places.config()?;
        let config = FileWork::plan(&path, |bytes| self.config(bytes)).map_err(|error| self.refused(&path, &error))?;
        let mut missing = Vec::new();
        let path = places.credentials()?;
        let credentials = FileWork::plan(&path, |bytes| {
            let (plan, keys) = self.credentials(bytes)?;
            missing = keys;
            Ok(plan)
        })
        .map_err(|error| self.refused(&path, &error))?;
        let prune = Prune::find(self.catalog, &self.sessions);
        let permissions = Permissions::look(&credentials.snapshot.target, self.fix_permissions);
        Ok(Work { config, credentials, missing, prune, permissions })
    }

    /// The refusal with what it takes to get on; of an edited block also what would be lost.
    fn refused(&self, path: &Path, error: &ApplyError) -> Failure {
        let failure = explain::planning(error, self.catalog);
        let ApplyError::Refused { source: Refusal::Edited { .. }, .. } = error else { return failure };
        let forced = Permission { overwrite: Overwrite::Edited, ..self.permission };
        match FileWork::plan(path, |bytes| plan::config(self.catalog, bytes, self.program, forced)) {
            Ok(work) => failure.diff(work.diff()),
            Err(_) => failure,
        }
    }
}

impl Work {
    fn is_pending(&self) -> bool {
        self.config.is_pending() || self.credentials.is_pending() || self.permissions.is_pending()
    }

    /// The files that change, in the order in which they are written: what a profile gets credentials from is in the
    /// config file, so it is there before anything leaves the credentials file.
    fn pending(&self) -> impl Iterator<Item = &FileWork> {
        [&self.config, &self.credentials].into_iter().filter(|file| file.is_pending())
    }
}

/// awsauth's own path, which `credential_process` names; only looked up if a profile wants that.
fn program(host: &Host, catalog: &Catalog) -> Result<String, Failure> {
    if catalog.profiles().iter().all(|profile| profile.delivery == Delivery::Native) {
        return Ok(String::new());
    }
    let path = host.program().map_err(|error| {
        Failure::new(Exit::Unavailable, "awsauth's own path is not known, and `credential_process` needs it")
            .because(&error)
    })?;
    // Each SDK splits the line by rules of its own (aws-facts §7): only plain words are safe in all of them.
    let is_plain = |text: &&str| text.chars().all(|c| c.is_ascii_alphanumeric() || "/._+@:-".contains(c));
    path.to_str().filter(is_plain).map(str::to_owned).ok_or_else(|| {
        Failure::new(
            Exit::Refused,
            format!("`credential_process` can't name {} so that every SDK reads it alike", path.display()),
        )
        .hint("put awsauth into a directory without blanks or special characters in its path")
    })
}

/// Asks, if somebody is there to be asked, and does all of it.
fn carry_out(plans: &Plans<'_>, work: &Work, state: &Path, can_ask: bool, out: Out) -> Result<(), Failure> {
    if work.is_pending() {
        let is_asked = can_ask && !out.json;
        if is_asked && !is_confirmed(work.pending(), out)? {
            return Err(Failure::one_line(Exit::Refused, "nothing was written"));
        }
        let [config, credentials] = [&work.config, &work.credentials];
        let backups = [config, credentials].map(|file| Backups::of(state, &file.snapshot.target));
        let stamp = Stamp::after(clock::now(), &[&backups[0], &backups[1]]);
        config.carry_out(state, &stamp, out, is_asked, |bytes| plans.config(bytes))?;
        let plan = |bytes: &[u8]| plans.credentials(bytes).map(|(plan, _)| plan);
        if let Err(failure) = credentials.carry_out(state, &stamp, out, is_asked, plan) {
            return Err(written_but(config, failure));
        }
        work.permissions.fix(out)?;
    } else {
        sweep(&work.config.snapshot, state);
        sweep(&work.credentials.snapshot, state);
    }
    work.prune.carry_out(&plans.sessions, out)
}

/// The failure of the second file, which does not take the first one back.
fn written_but(first: &FileWork, mut failure: Failure) -> Failure {
    if !first.is_pending() {
        return failure;
    }
    if failure.exit == Exit::Refused {
        failure.exit = Exit::Unavailable;
    }
    failure.hint(format!("{} was written before; `awsauth apply` does the rest", first.summary()))
}

/// Shows the diffs and asks.
pub(crate) fn is_confirmed<'w>(work: impl Iterator<Item = &'w FileWork>, out: Out) -> Result<bool, Failure> {
    for file in work {
        out.data(&colored(&file.diff()))?;
    }
    prompt::confirm("Write this?", true).map_err(|error| match error {
        prompt::NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted; nothing was written"),
        other => Failure::of(Exit::Usage, &other).hint("`--yes` writes without asking"),
    })
}

/// What happened, or would.
fn report(work: &Work, is_shown_only: bool, out: Out) -> Result<(), Failure> {
    if out.json {
        let missing = work.missing.iter();
        return out.document(json!({
            "written": !is_shown_only && work.is_pending(),
            "files": [work.config.document(), work.credentials.document()],
            "missing_keys": missing
                .map(|missing| json!({ "profile": missing.profile.as_str(), "section": missing.section.as_str() }))
                .collect::<Vec<_>>(),
            "ended_sessions": work.prune.names(),
            "open_to_others": work.permissions.path(),
        }));
    }
    if is_shown_only {
        for file in work.pending() {
            out.data(&colored(&file.diff()))?;
        }
    }
    let verb = if is_shown_only { "would change" } else { "wrote" };
    for file in work.pending() {
        out.say(&format!("{verb} {}", display_safe(&file.summary())));
    }
    readers::warn(&work.config, FileKind::Config, is_shown_only, out);
    readers::warn(&work.credentials, FileKind::Credentials, is_shown_only, out);
    work.prune.report(is_shown_only, out);
    work.permissions.report(is_shown_only, out);
    if !work.is_pending() {
        out.say("nothing to do: ~/.aws is what the manifest says");
    }
    for Missing { profile, section } in &work.missing {
        out.say(&format!("{profile} has no long-term key in [{section}] yet: `awsauth keys add {profile}`"));
    }
    Ok(())
}
