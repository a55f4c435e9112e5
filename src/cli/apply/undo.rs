//! Owns `awsauth apply --undo`: the files as they were before one of the last runs that changed them.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::apply::take_back;
use crate::cli::app::App;
use crate::cli::apply::file_plan::{FileJson, FileWork};
use crate::cli::command::apply::Args;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::confirm;
use crate::cli::ui::diff::colored;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::ini::FileKind;
use crate::model::utc;
use crate::plan::{Plan, with_sessions, without_sessions};
use crate::render::duration;
use crate::store::AppliedDigests;
use crate::system::backups::{Backup, BackupTime, Backups};
use crate::system::clock;
use crate::system::disk::DiskError;
use crate::system::snapshot::Snapshot;

/// One file with its former contents.
struct Past {
    snapshot: Snapshot,
    kind: FileKind,
    backups: Backups,
    list: Vec<Backup>,
}

/// One file that is to be as it was.
struct Back {
    work: FileWork,
    kind: FileKind,
    /// Whether there was a file.
    existed: bool,
    /// Whether something else than awsauth has changed it since.
    is_changed_since: bool,
}

impl Back {
    fn content(&self) -> Option<&[u8]> {
        self.existed.then_some(self.work.plan.after.as_slice())
    }
}

/// Shows what that would change, asks where somebody can be asked, and does it.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    let state = paths.state()?;
    let unreadable = |error: DiskError| explain::disk(&error);
    let files = [(paths.config()?, FileKind::Config), (paths.credentials()?, FileKind::Credentials)];
    let files = files.map(|(path, kind)| Past::read(&path, kind, &state));
    let files = files.into_iter().collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    let now = clock::now();
    let stamp = BackupTime::after(now, &files.iter().map(|file| &file.backups).collect::<Vec<_>>());
    let count = usize::from(args.undo.unwrap_or(1));
    let runs = runs(&files, count).map_err(unreadable)?;
    let Some(first) = runs.get(count - 1) else { return nothing(args, runs.len(), &state, out) };
    let backs = backs(files, first, &AppliedDigests::new(&state).digests()).map_err(unreadable)?;
    let run = told(first, now);
    let is_shown_only = args.dry_run || args.check;
    let changed: Vec<&Back> = backs.iter().filter(|back| back.is_changed_since).collect();
    for back in &changed {
        let path = back.work.shown();
        out.warn(&format!("{path} was changed since awsauth wrote it, and what was changed goes as well"));
    }
    if !is_shown_only {
        if host.is_interactive() && !args.yes && !out.json && !backs.is_empty() {
            let what = if count == 1 {
                format!("undoes {run}")
            } else {
                format!("undoes the last {count} runs, from {run} on")
            };
            confirm(backs.iter().map(|back| &back.work), &[what], changed.is_empty(), host, out)?;
        }
        for (position, back) in backs.iter().enumerate() {
            if let Err(failure) = back.work.put_back(back.content(), &state, &stamp, out) {
                return Err(taken_back(&backs[..position], &state, &stamp, failure));
            }
        }
    }
    report(&backs, first, &run, is_shown_only, out)?;
    Ok(if args.check && !backs.is_empty() { Exit::Different } else { Exit::Done })
}

/// There are not so many runs.
fn nothing(args: &Args, there: usize, state: &Path, out: Out) -> Result<Exit, Failure> {
    let message = match there {
        0 => "there is nothing to undo".to_owned(),
        1 => "only 1 run can be undone".to_owned(),
        _ => format!("only {there} runs can be undone"),
    };
    if args.check {
        out.say(&message);
        return Ok(Exit::Done);
    }
    let backups = Paths::shown(&state.join("backups"));
    Err(Failure::new(Exit::Refused, message)
        .hint(format!("awsauth keeps the files that it replaces in {backups}, the last 10 of each")))
}

/// `the run of 2026-11-29 21:04:10 UTC (3 min ago)`
fn told(run: &BackupTime, now: Timestamp) -> String {
    let Some(time) = run.time() else { return "an earlier run".to_owned() };
    let ago = duration(now.duration_since(time).as_secs().max(0));
    format!("the run of {} ({ago} ago)", time.strftime("%Y-%m-%d %H:%M:%S UTC"))
}

/// The failure of one file, after the others are as they were before.
fn taken_back(done: &[Back], state: &Path, stamp: &BackupTime, mut failure: Failure) -> Failure {
    for back in done {
        if !take_back(&back.work.snapshot, state, stamp) {
            failure.exit = Exit::Unavailable;
            let path = back.work.shown();
            failure = failure.hint(format!("{path} was put back before, and still is; `awsauth apply` fixes it"));
        }
    }
    failure
}

impl Past {
    fn read(path: &Path, kind: FileKind, state: &Path) -> Result<Self, DiskError> {
        let snapshot = Snapshot::read(path)?;
        let backups = Backups::of(state, &snapshot.target);
        let list = backups.list()?;
        Ok(Self { snapshot, kind, backups, list })
    }

    /// Whether the file is neither what `apply` last left, as far as that is remembered, nor what it ever was before. A
    /// session of awsauth's own is nobody's change.
    fn is_changed_since(&self, left: &[String]) -> Result<bool, DiskError> {
        if left.is_empty() || left.contains(&AppliedDigests::digest(&self.snapshot.bytes)) {
            return Ok(false);
        }
        if self.kind == FileKind::Credentials
            && left.contains(&AppliedDigests::digest(&without_sessions(&self.snapshot.bytes)))
        {
            return Ok(false);
        }
        for backup in &self.list {
            if self.undoable(backup.content()?) == self.undoable(self.now()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the file holds; none if there is none.
    fn now(&self) -> Option<Vec<u8>> {
        self.snapshot.exists.then(|| self.snapshot.bytes.clone())
    }

    /// A content as far as it can be undone: sessions are nobody's to take back.
    fn undoable(&self, content: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let is_config = self.kind == FileKind::Config;
        content.map(|bytes| if is_config { bytes } else { without_sessions(&bytes) })
    }

    /// What the file held before the run with that stamp: what the next one replaced, if it left the file alone.
    fn before(&self, run: &BackupTime) -> Result<Option<Vec<u8>>, DiskError> {
        self.at(self.list.partition_point(|backup| backup.stamp < *run))
    }

    fn at(&self, index: usize) -> Result<Option<Vec<u8>>, DiskError> {
        self.list.get(index).map_or_else(|| Ok(self.now()), Backup::content)
    }

    /// Whether that run changed the file. One that was killed between backup and change did not.
    fn is_changed_by(&self, run: &BackupTime) -> Result<bool, DiskError> {
        let Some(index) = self.list.iter().position(|backup| backup.stamp == *run) else { return Ok(false) };
        Ok(self.undoable(self.at(index)?) != self.undoable(self.at(index + 1)?))
    }
}

/// The newest runs that changed any of the files, `most` at most, the newest first.
fn runs(files: &[Past], most: usize) -> Result<Vec<BackupTime>, DiskError> {
    let mut stamps: Vec<&BackupTime> = files.iter().flat_map(|file| &file.list).map(|backup| &backup.stamp).collect();
    stamps.sort();
    stamps.dedup();
    let mut runs = Vec::new();
    for stamp in stamps.into_iter().rev() {
        if runs.len() < most {
            let changed: Result<Vec<bool>, _> = files.iter().map(|file| file.is_changed_by(stamp)).collect();
            runs.extend(changed?.contains(&true).then(|| stamp.clone()));
        }
    }
    Ok(runs)
}

/// The files that differ from what they were before that run.
fn backs(files: Vec<Past>, run: &BackupTime, left: &[String]) -> Result<Vec<Back>, DiskError> {
    let mut backs = Vec::new();
    for file in files {
        let before = file.before(run)?;
        if file.undoable(before.clone()) == file.undoable(file.now()) {
            continue;
        }
        let is_changed_since = file.is_changed_since(left)?;
        let is_config = file.kind == FileKind::Config;
        let mut after = before.as_deref().unwrap_or_default().to_vec();
        if !is_config {
            after = with_sessions(&after, &file.snapshot.bytes);
        }
        let existed = before.is_some() || !after.is_empty();
        let plan = Plan::rewrite(&file.snapshot.bytes, after, file.kind);
        backs.push(Back {
            work: FileWork { snapshot: file.snapshot, plan },
            kind: file.kind,
            existed,
            is_changed_since,
        });
    }
    Ok(backs)
}

fn report(backs: &[Back], first: &BackupTime, run: &str, is_shown_only: bool, out: Out) -> Result<(), Failure> {
    if out.json {
        let changed = backs.iter().filter(|back| back.is_changed_since);
        return out.document(UndoJson {
            written: !is_shown_only && !backs.is_empty(),
            run: first.time().map(utc),
            changed_since: changed.map(|back| Paths::text(&back.work.snapshot.path)).collect(),
            files: backs.iter().map(|back| back.work.document(back.kind)).collect(),
        });
    }
    for back in backs {
        if is_shown_only {
            out.print(&colored(&back.work.diff()))?;
        }
        let verb = match (is_shown_only, back.existed) {
            (false, true) => "put back",
            (true, true) => "would put back",
            (false, false) => "removed",
            (true, false) => "would remove",
        };
        let why = if back.existed { "as it was" } else { "which did not exist" };
        out.say(&format!("{verb} {}, {why} before {run}", back.work.shown()));
    }
    if backs.is_empty() {
        out.say(&format!("nothing to do: both files are as they were before {run}"));
    } else if !is_shown_only {
        out.say("`awsauth apply --undo` once more takes this back");
    }
    Ok(())
}

#[derive(Serialize)]
struct UndoJson {
    written: bool,
    run: Option<String>,
    changed_since: Vec<String>,
    files: Vec<FileJson>,
}
