//! Owns `awsauth apply --undo`: the files as they were before one of the last runs that changed them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::apply::take_back;
use crate::cli::app::App;
use crate::cli::apply::file_plan::{FileJson, FileWork};
use crate::cli::apply::manifest::Way;
use crate::cli::apply::prune;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::confirm;
use crate::cli::ui::diff::colored;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::ini::FileKind;
use crate::model::{ProfileName, SecretStore, utc};
use crate::plan::{Plan, lost_sessions, with_sessions, without_sessions};
use crate::render::duration;
use crate::store::{AppliedDigests, Sessions};
use crate::system::clock;
use crate::system::files::backups::{Backup, BackupTime, Backups};
use crate::system::files::disk::DiskError;
use crate::system::files::snapshot::Snapshot;

/// One file with all contents that are known of it.
struct History {
    snapshot: Snapshot,
    kind: FileKind,
    backups: Backups,
    /// The runs that replaced it, the oldest first.
    runs: Vec<BackupTime>,
    /// The content before each of these runs, and last the one of now. None where there was no file.
    contents: Vec<Option<Vec<u8>>>,
}

/// One file that is to be as it was.
struct Restoration {
    work: FileWork,
    kind: FileKind,
    /// False if there was no file.
    existed: bool,
    /// True if something else than awsauth has changed it since.
    is_changed_since: bool,
    /// True if it is as `apply` left it the last time.
    is_as_applied: bool,
}

/// Undoes the last `count` runs.
pub(crate) fn run(count: usize, way: Way, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    let state = paths.state()?;
    let files = [(paths.config()?, FileKind::Config), (paths.credentials()?, FileKind::Credentials)];
    let files = files.into_iter().map(|(path, kind)| History::read(&path, kind, &state));
    let files = files.collect::<Result<Vec<_>, _>>().map_err(|error| explain::disk(&error))?;
    let now = clock::now();
    let stamp = BackupTime::after(now, &files.iter().map(|file| &file.backups).collect::<Vec<_>>());
    let runs = runs(&files, count);
    let Some(first) = runs.get(count - 1) else { return nothing(way, runs.len(), &state, out) };
    let left = AppliedDigests::new(&state).digests();
    let restorations: Vec<Restoration> = files.into_iter().filter_map(|file| file.restoration(first, &left)).collect();
    let run = described(first, now);
    let changed: Vec<&Restoration> = restorations.iter().filter(|file| file.is_changed_since).collect();
    let words = |file: &&Restoration| {
        format!("{} was changed since awsauth wrote it; that change is undone too", file.work.shown())
    };
    let lost: Vec<String> = changed.iter().map(words).collect();
    let is_asked = way.is_asked(app) && !restorations.is_empty();
    if !is_asked {
        for words in &lost {
            out.warn(words);
        }
    }
    if !way.is_shown_only() {
        if is_asked {
            let what = if count == 1 {
                format!("undoes {run}")
            } else {
                format!("undoes the last {count} runs, from {run} on")
            };
            // Below the diff, which may be longer than the screen.
            let notes = [vec![what], ends(&restorations, true), lost].concat();
            confirm(restorations.iter().map(|file| &file.work), &notes, changed.is_empty(), host, out)?;
        }
        for (position, Restoration { work, existed, .. }) in restorations.iter().enumerate() {
            let content = existed.then_some(work.plan.after.as_slice());
            if let Err(failure) = work.put_back(content, &state, &stamp, out) {
                return Err(taken_back(&restorations[..position], &state, &stamp, failure));
            }
        }
        let sessions = Sessions::new(&state, app.keyring(), SecretStore::default());
        for name in restorations.iter().flat_map(Restoration::ended_sessions) {
            prune::end(&sessions, &name)?;
        }
    }
    report(&restorations, first, &run, way.is_shown_only(), out)?;
    Ok(if way == Way::Check && !restorations.is_empty() { Exit::Different } else { Exit::Done })
}

/// The end where there are not so many runs.
fn nothing(way: Way, there: usize, state: &Path, out: Out) -> Result<Exit, Failure> {
    let message = match there {
        0 => "there is nothing to undo".to_owned(),
        1 => "only 1 run can be undone".to_owned(),
        _ => format!("only {there} runs can be undone"),
    };
    if way == Way::Check {
        out.say(&message);
        return Ok(Exit::Done);
    }
    let backups = Paths::shown(&state.join("backups"));
    Err(Failure::new(Exit::Refused, message)
        .hint(format!("awsauth keeps the files that it replaces in {backups}, the last 10 of each")))
}

/// `the run of 2026-11-29 21:04:10 UTC (3 min ago)`
fn described(run: &BackupTime, now: Timestamp) -> String {
    let Some(time) = run.time() else { return "an earlier run".to_owned() };
    let ago = duration(now.duration_since(time).as_secs().max(0));
    format!("the run of {} ({ago} ago)", time.strftime("%Y-%m-%d %H:%M:%S UTC"))
}

impl Restoration {
    /// The sessions whose sections get something of the user's own back.
    fn ended_sessions(&self) -> Vec<ProfileName> {
        match self.kind {
            FileKind::Config => Vec::new(),
            FileKind::Credentials => lost_sessions(&self.work.snapshot.bytes, &self.work.plan.after),
        }
    }
}

/// Says which sessions end, and why.
fn ends(restorations: &[Restoration], is_shown_only: bool) -> Vec<String> {
    let verb = if is_shown_only { "would end" } else { "ended" };
    let line = |file: &Restoration, name: ProfileName| {
        format!("{verb} the session of {name}: [{name}] of {} holds your own key again", file.work.shown())
    };
    restorations.iter().flat_map(|file| file.ended_sessions().into_iter().map(|name| line(file, name))).collect()
}

/// The failure of one file, after the others are as they were before.
fn taken_back(done: &[Restoration], state: &Path, stamp: &BackupTime, mut failure: Failure) -> Failure {
    for file in done {
        if !take_back(&file.work.snapshot, state, stamp) {
            failure.exit = Exit::Unavailable;
            let path = file.work.shown();
            failure = failure.hint(format!("{path} was restored before, and still is; `awsauth apply` fixes it"));
        }
    }
    failure
}

impl History {
    fn read(path: &Path, kind: FileKind, state: &Path) -> Result<Self, DiskError> {
        let snapshot = Snapshot::read(path)?;
        let backups = Backups::of(state, &snapshot.target);
        let list = backups.list()?;
        let mut contents = list.iter().map(Backup::content).collect::<Result<Vec<_>, _>>()?;
        contents.push(snapshot.exists.then(|| snapshot.bytes.clone()));
        let runs = list.into_iter().map(|backup| backup.stamp).collect();
        Ok(Self { snapshot, kind, backups, runs, contents })
    }

    /// A content as far as it can be undone: sessions are nobody's to take back.
    fn undoable(&self, index: usize) -> Option<Cow<'_, [u8]>> {
        let bytes = self.contents[index].as_deref()?;
        Some(if self.kind == FileKind::Config { bytes.into() } else { without_sessions(bytes).into() })
    }

    /// False for a run that left the file alone, or was killed between backup and change.
    fn is_changed_by(&self, run: &BackupTime) -> bool {
        let index = self.runs.iter().position(|other| other == run);
        index.is_some_and(|index| self.undoable(index) != self.undoable(index + 1))
    }

    /// True if the file is neither as `apply` last left it, as far as that is remembered, nor as it ever was before. A
    /// session of awsauth's own is nobody's change.
    fn is_changed_since(&self, left: &[String]) -> bool {
        let bytes = &self.snapshot.bytes;
        let is_left = |bytes: &[u8]| left.contains(&AppliedDigests::digest(bytes));
        let is_known = left.is_empty()
            || is_left(bytes)
            || self.kind == FileKind::Credentials && is_left(&without_sessions(bytes))
            || (0..self.runs.len()).any(|index| self.undoable(index) == self.undoable(self.runs.len()));
        !is_known
    }

    /// The way back to before that run; none if the file is as it was. If that run left the file alone, its content was the
    /// one that the next run replaced.
    fn restoration(mut self, run: &BackupTime, left: &[String]) -> Option<Restoration> {
        let index = self.runs.partition_point(|other| other < run);
        if self.undoable(index) == self.undoable(self.runs.len()) {
            return None;
        }
        let is_changed_since = self.is_changed_since(left);
        let before = self.contents.swap_remove(index);
        let existed = before.is_some();
        let mut after = before.unwrap_or_default();
        if self.kind == FileKind::Credentials {
            after = with_sessions(&after, &self.snapshot.bytes);
        }
        let existed = existed || !after.is_empty();
        let is_as_applied = existed && left.contains(&AppliedDigests::digest(&after));
        let plan = Plan::rewrite(&self.snapshot.bytes, after, self.kind);
        let work = FileWork { snapshot: self.snapshot, plan };
        Some(Restoration { work, kind: self.kind, existed, is_changed_since, is_as_applied })
    }
}

/// The newest runs that changed any of the files, `most` at most, the newest first.
fn runs(files: &[History], most: usize) -> Vec<BackupTime> {
    let stamps: BTreeSet<&BackupTime> = files.iter().flat_map(|file| &file.runs).collect();
    let is_change = |stamp: &&BackupTime| files.iter().any(|file| file.is_changed_by(stamp));
    stamps.into_iter().rev().filter(is_change).take(most).cloned().collect()
}

fn report(
    restorations: &[Restoration],
    first: &BackupTime,
    run: &str,
    is_shown_only: bool,
    out: Out,
) -> Result<(), Failure> {
    if out.json {
        let changed = restorations.iter().filter(|file| file.is_changed_since);
        return out.document(UndoJson {
            written: !is_shown_only && !restorations.is_empty(),
            run: first.time().map(utc),
            changed_since: changed.map(|file| Paths::text(&file.work.snapshot.path)).collect(),
            ended_sessions: restorations
                .iter()
                .flat_map(Restoration::ended_sessions)
                .map(|name| name.to_string())
                .collect(),
            files: restorations.iter().map(|file| file.work.document(file.kind)).collect(),
        });
    }
    for file in restorations {
        if is_shown_only {
            out.print(&colored(&file.work.diff()))?;
        }
        let verb = match (is_shown_only, file.existed) {
            (false, true) => "restored",
            (true, true) => "would restore",
            (false, false) => "removed",
            (true, false) => "would remove",
        };
        let why = if file.existed { "as it was" } else { "which did not exist" };
        out.say(&format!("{verb} {}, {why} before {run}", file.work.shown()));
    }
    for line in ends(restorations, is_shown_only) {
        out.say(&line);
    }
    if restorations.is_empty() {
        out.say(&format!("nothing to do: both files are as they were before {run}"));
    } else if !is_shown_only {
        if restorations.iter().any(|file| file.kind == FileKind::Config && !file.is_as_applied) {
            out.say(
                "the manifest is unchanged: `awsauth apply` writes its profiles again, and says if it needs `--adopt`",
            );
        }
        out.say("run `awsauth apply --undo` again to reverse this");
    }
    Ok(())
}

#[derive(Serialize)]
struct UndoJson {
    written: bool,
    run: Option<String>,
    changed_since: Vec<String>,
    ended_sessions: Vec<String>,
    files: Vec<FileJson>,
}
