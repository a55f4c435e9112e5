//! Owns `awsauth apply`.

use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::apply::{ApplyError, Written, carry_out, sweep};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::failure::Failure;
use crate::cli::load::Manifest;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::model::{Catalog, Delivery};
use crate::plan::{self, Change, Missing, Overwrite, Plan, Refusal};
use crate::prompt;
use crate::source::display_safe;
use crate::store::Sessions;
use crate::system::atomic::Snapshot;
use crate::system::host::Host;

/// Write the manifest's profiles into one block of ~/.aws/config; everything else in it stays byte for byte
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that was typed or not")]
pub(crate) struct Args {
    /// Show what would change as a diff, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Like --dry-run, and exit with 1 if anything would change
    #[arg(long)]
    check: bool,
    /// Overwrite the block even if it was edited by hand
    #[arg(long)]
    force: bool,
    /// Do not ask on a terminal
    #[arg(short, long)]
    yes: bool,
}

/// Plans both files, shows the plan where somebody wants to see it, and carries it out.
pub(crate) fn run(args: &Args, host: &Host, places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    let manifest = Manifest::read(places, out)?;
    let program = program(host, &manifest.catalog)?;
    if !program.is_empty() && !places.is_manifest_found_again() {
        out.warn(
            "this manifest was named by --manifest, and `credential_process` will look for it where AWSAUTH_MANIFEST says, \
             or in your configuration directory",
        );
    }
    let overwrite = if args.force { Overwrite::Edited } else { Overwrite::Intact };
    let config = |bytes: &[u8]| plan::config(&manifest.catalog, bytes, &program, overwrite);
    let sessions = Sessions::new(&places.state()?);
    let credentials = |bytes: &[u8]| plan::credentials(&manifest.catalog, bytes, &|name| sessions.key_id(name));
    let mut missing = Vec::new();
    let work = [
        FileWork::plan(places.config()?, config)?,
        FileWork::plan(places.credentials()?, |bytes| {
            let (plan, keys) = credentials(bytes)?;
            missing = keys;
            Ok(plan)
        })?,
    ];
    let is_pending = work.iter().any(|file| !file.plan.is_empty());
    let is_shown_only = args.dry_run || args.check;
    if is_pending && !is_shown_only {
        let is_asked = host.is_interactive() && !args.yes && !out.json;
        if is_asked && !is_confirmed(&work, out)? {
            return Err(Failure::one_line(Exit::Refused, "nothing was written"));
        }
        let state = places.state()?;
        let [config_work, credentials_work] = &work;
        config_work.carry_out(&state, out, is_asked, config)?;
        let plan = |bytes: &[u8]| credentials(bytes).map(|(plan, _)| plan);
        if let Err(failure) = credentials_work.carry_out(&state, out, is_asked, plan) {
            return Err(config_work.is_written_but(failure));
        }
    }
    if !is_pending && !is_shown_only {
        let state = places.state()?;
        for file in &work {
            sweep(&file.path, &state);
        }
    }
    report(&work, &missing, is_shown_only, out)?;
    Ok(if args.check && is_pending { Exit::Different } else { Exit::Done })
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

/// What is to be done to one file.
struct FileWork {
    path: PathBuf,
    plan: Plan,
}

impl FileWork {
    fn plan(path: PathBuf, make: impl FnOnce(&[u8]) -> Result<Plan, Refusal>) -> Result<Self, Failure> {
        let snapshot = Snapshot::read_settled(&path).map_err(|error| explain::disk(&error))?;
        match make(&snapshot.bytes) {
            Ok(plan) => Ok(Self { path, plan }),
            Err(source) => Err(explain::apply(&ApplyError::Refused { path, source })),
        }
    }

    /// Does it; a plan that was agreed to is not exchanged for another one because the file has changed since.
    fn carry_out(
        &self,
        state: &Path,
        out: Out,
        is_agreed: bool,
        make: impl Fn(&[u8]) -> Result<Plan, Refusal>,
    ) -> Result<(), Failure> {
        let again = |bytes: &[u8]| if is_agreed { Err(Refusal::Moved) } else { make(bytes) };
        let written = carry_out(&self.path, state, self.plan.clone(), again).map_err(|error| explain::apply(&error))?;
        match written {
            Written::Unchanged => {}
            Written::Durable => out.detail(&format!("wrote {}", self.path.display())),
            Written::NotFlushed => out.warn(&format!(
                "{} is written, but its directory could not be flushed: the change may not survive a power cut",
                self.path.display()
            )),
        }
        Ok(())
    }

    /// The failure of the other file, which does not take this one back.
    fn is_written_but(&self, mut failure: Failure) -> Failure {
        if self.plan.is_empty() {
            return failure;
        }
        if failure.exit == Exit::Refused {
            failure.exit = Exit::Unavailable;
        }
        failure.hint(format!("{} was written before; `awsauth apply` does the rest", self.summary()))
    }

    fn diff(&self) -> String {
        plan::unified(&self.path.display().to_string(), &self.plan.before, &self.plan.after)
    }

    fn document(&self) -> serde_json::Value {
        let sections = self.plan.changes.iter();
        json!({
            "path": self.path,
            "changed": !self.plan.is_empty(),
            "sections": sections
                .map(|(section, change)| json!({ "section": section, "change": change.as_str() }))
                .collect::<Vec<_>>(),
            "diff": self.diff(),
        })
    }

    /// `~/.aws/config: 3 added, 1 changed`
    fn summary(&self) -> String {
        let count = |wanted| self.plan.changes.iter().filter(|(_, change)| *change == wanted).count();
        let counts = [Change::Added, Change::Changed, Change::Removed].map(|change| (count(change), change.as_str()));
        let parts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let what = if parts.is_empty() { "only the block's frame".to_owned() } else { parts.join(", ") };
        format!("{}: {what}", self.path.display())
    }
}

/// Shows the diff and asks.
fn is_confirmed(work: &[FileWork], out: Out) -> Result<bool, Failure> {
    for file in work {
        show_diff(&file.diff(), out)?;
    }
    prompt::confirm("Write this?", true).map_err(|error| match error {
        prompt::NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted; nothing was written"),
        other => Failure::of(Exit::Usage, &other).hint("`--yes` writes without asking"),
    })
}

/// What happened, or would.
fn report(work: &[FileWork], missing: &[Missing], is_shown_only: bool, out: Out) -> Result<(), Failure> {
    if out.json {
        return out.document(json!({
            "written": !is_shown_only && work.iter().any(|file| !file.plan.is_empty()),
            "files": work.iter().map(FileWork::document).collect::<Vec<_>>(),
            "missing_keys": missing
                .iter()
                .map(|missing| json!({ "profile": missing.profile.as_str(), "section": missing.section.as_str() }))
                .collect::<Vec<_>>(),
        }));
    }
    let pending: Vec<&FileWork> = work.iter().filter(|file| !file.plan.is_empty()).collect();
    if is_shown_only {
        for file in &pending {
            show_diff(&file.diff(), out)?;
        }
    }
    for file in &pending {
        let verb = if is_shown_only { "would change" } else { "wrote" };
        out.say(&format!("{verb} {}", display_safe(&file.summary())));
    }
    if pending.is_empty() {
        out.say("nothing to do: ~/.aws is what the manifest says");
    }
    for Missing { profile, section } in missing {
        out.say(&format!("{profile} has no long-term key in [{section}] yet: `awsauth keys add {profile}`"));
    }
    Ok(())
}

/// The diff as data, each line safe to show.
fn show_diff(diff: &str, out: Out) -> Result<(), Failure> {
    let (green, red, cyan) = (AnsiColor::Green.on_default(), AnsiColor::Red.on_default(), AnsiColor::Cyan.on_default());
    let lines = diff.lines().map(|line| {
        let style = match line.as_bytes().first() {
            Some(b'+') => green,
            Some(b'-') => red,
            Some(b'@') => cyan,
            _ => Style::new(),
        };
        format!("{style}{}{style:#}\n", display_safe(line))
    });
    out.data(&lines.collect::<String>())
}
