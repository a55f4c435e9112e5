//! Owns `awsauth apply --undo`: the files as they were before the last apply.

use std::path::Path;

use serde_json::json;

use super::command::apply::{Args, is_confirmed};
use super::exit::Exit;
use super::explain;
use super::failure::Failure;
use super::out::Out;
use super::places::Places;
use super::work::{FileWork, colored};
use crate::apply::{Content, take_back};
use crate::plan::Plan;
use crate::source::display_safe;
use crate::store::Applied;
use crate::system::atomic::Snapshot;
use crate::system::backups::{Backup, Backups, Stamp};
use crate::system::clock;
use crate::system::disk::DiskError;
use crate::system::host::Host;
use crate::system::print::Print;

/// One file with its former contents.
struct Past {
    snapshot: Snapshot,
    backups: Backups,
    list: Vec<Backup>,
}

/// One file that is to be as it was.
struct Back {
    work: FileWork,
    /// Whether there was a file.
    existed: bool,
    /// Whether something else than awsauth has changed it since.
    is_changed_since: bool,
}

impl Back {
    fn path(&self) -> &Path {
        &self.work.snapshot.path
    }

    fn content(&self) -> Content<'_> {
        if self.existed { Content::Bytes(&self.work.plan.after) } else { Content::None }
    }
}

/// Shows what that would change, asks where somebody can be asked, and does it.
pub(crate) fn run(args: &Args, host: &Host, places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    let state = places.state()?;
    let unreadable = |error: DiskError| explain::disk(&error);
    let config = Past::read(&places.config()?, &state).map_err(unreadable)?;
    let credentials = Past::read(&places.credentials()?, &state).map_err(unreadable)?;
    let stamp = Stamp::after(clock::now(), &[&config.backups, &credentials.backups]);
    let left = Applied::new(&state).prints();
    let backs = newest(vec![config, credentials], &left).map_err(unreadable)?;
    if backs.is_empty() && args.check {
        out.say("there is nothing to undo");
        return Ok(Exit::Done);
    }
    if backs.is_empty() {
        return Err(Failure::new(Exit::Refused, "there is nothing to undo")
            .hint(format!("`apply` keeps the files that it replaces in {}", state.join("backups").display())));
    }
    let is_shown_only = args.dry_run || args.check;
    let changed: Vec<&Path> = backs.iter().filter(|back| back.is_changed_since).map(Back::path).collect();
    for path in &changed {
        out.warn(&format!("{} was changed since awsauth wrote it, and what was changed goes as well", path.display()));
    }
    if !is_shown_only {
        let is_asked = host.is_interactive() && !args.yes && !out.json;
        if is_asked && !is_confirmed(backs.iter().map(|back| &back.work), changed.is_empty(), out)? {
            return Err(Failure::one_line(Exit::Refused, "nothing was written"));
        }
        for (position, back) in backs.iter().enumerate() {
            if let Err(failure) = back.work.put_back(back.content(), &state, &stamp, out) {
                return Err(taken_back(&backs[..position], &state, &stamp, failure));
            }
        }
    }
    report(&backs, is_shown_only, out)?;
    Ok(if args.check { Exit::Different } else { Exit::Done })
}

/// The failure of one file, after the others are as they were before.
fn taken_back(done: &[Back], state: &Path, stamp: &Stamp, mut failure: Failure) -> Failure {
    for back in done {
        if !take_back(&back.work.snapshot, state, stamp) {
            failure.exit = Exit::Unavailable;
            let path = back.work.snapshot.path.display().to_string();
            failure = failure.hint(format!("{path} was put back before, and still is; `awsauth apply` mends it"));
        }
    }
    failure
}

impl Past {
    fn read(path: &Path, state: &Path) -> Result<Self, DiskError> {
        let snapshot = Snapshot::read(path)?;
        let backups = Backups::of(state, &snapshot.target);
        let list = backups.list()?;
        Ok(Self { snapshot, backups, list })
    }

    /// Whether the file is neither what `apply` last left, as far as that is remembered, nor what it ever was before.
    fn is_changed_since(&self, left: &[Print]) -> Result<bool, DiskError> {
        let now = Print::of(&self.snapshot.bytes);
        if left.is_empty() || left.contains(&now) {
            return Ok(false);
        }
        for backup in &self.list {
            if backup.content()?.as_deref() == self.snapshot.exists.then_some(&*self.snapshot.bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the file was before the run with that stamp, unless it is that already.
    fn at(&self, stamp: &Stamp) -> Result<Option<(Plan, bool)>, DiskError> {
        let Some(backup) = self.list.iter().find(|backup| backup.stamp == *stamp) else { return Ok(None) };
        let content = backup.content()?;
        let existed = content.is_some();
        if existed == self.snapshot.exists && content.as_ref().is_none_or(|bytes| *bytes == self.snapshot.bytes) {
            return Ok(None);
        }
        Ok(Some((Plan::whole(&self.snapshot.bytes, content.unwrap_or_default()), existed)))
    }
}

/// The files that differ from what they were before the newest run that changed any of them. A run that was killed
/// between backup and change changed none.
fn newest(files: Vec<Past>, left: &[Print]) -> Result<Vec<Back>, DiskError> {
    let mut stamps: Vec<Stamp> = files.iter().flat_map(|file| &file.list).map(|backup| backup.stamp.clone()).collect();
    stamps.sort();
    stamps.dedup();
    for stamp in stamps.iter().rev() {
        let plans: Result<Vec<_>, DiskError> = files.iter().map(|file| file.at(stamp)).collect();
        let plans = plans?;
        if plans.iter().any(Option::is_some) {
            let mut backs = Vec::new();
            for (file, plan) in files.into_iter().zip(plans) {
                let Some((plan, existed)) = plan else { continue };
                let is_changed_since = file.is_changed_since(left)?;
                backs.push(Back { work: FileWork { snapshot: file.snapshot, plan }, existed, is_changed_since });
            }
            return Ok(backs);
        }
    }
    Ok(Vec::new())
}

fn report(backs: &[Back], is_shown_only: bool, out: Out) -> Result<(), Failure> {
    if out.json {
        return out.document(json!({
            "written": !is_shown_only,
            "changed_since": backs.iter().filter(|back| back.is_changed_since).map(|back| Places::text(back.path())).collect::<Vec<_>>(),
            "files": backs.iter().map(|back| back.work.document()).collect::<Vec<_>>(),
        }));
    }
    for back in backs {
        if is_shown_only {
            out.data(&colored(&back.work.diff()))?;
        }
        let verb = match (is_shown_only, back.existed) {
            (false, true) => "put back",
            (true, true) => "would put back",
            (false, false) => "removed",
            (true, false) => "would remove",
        };
        let why = if back.existed {
            "as it was before awsauth changed it"
        } else {
            "which did not exist before awsauth wrote it"
        };
        out.say(&format!("{verb} {}, {why}", display_safe(&back.work.snapshot.path.to_string_lossy())));
    }
    if !is_shown_only {
        out.say("`awsauth apply --undo` once more takes this back");
    }
    Ok(())
}
