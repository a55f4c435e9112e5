//! Owns the work of `apply` on one file, as the person sees it: its diff, its summary, and doing it. Must not make plans.

use std::borrow::Cow;
use std::path::Path;

use serde::Serialize;

use crate::apply::{Applied, ApplyError, Keep, carry_out, put_back};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names;
use crate::cli::ui::out::Out;
use crate::ini::{FileKind, SectionId, Warning};
use crate::plan::{self, Change, Plan, Refusal};
use crate::system::files::backups::BackupTime;
use crate::system::files::snapshot::Snapshot;

/// One file with its plan.
pub(crate) struct FileWork {
    pub(crate) snapshot: Snapshot,
    pub(crate) plan: Plan,
}

/// Lines are counted in the file as the person finds it: before the work, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

impl FileWork {
    /// True if there is something to do.
    pub(crate) fn is_pending(&self) -> bool {
        !self.plan.is_empty()
    }

    /// The content after the work.
    pub(crate) fn after(&self) -> &[u8] {
        self.plan.result(&self.snapshot.bytes)
    }

    /// The content at that moment.
    pub(crate) fn content(&self, moment: Moment) -> &[u8] {
        if moment == Moment::Before { &self.snapshot.bytes } else { self.after() }
    }

    /// The warnings about lines that not all of AWS's tools read alike.
    pub(crate) fn warnings(&self, kind: FileKind, moment: Moment) -> Cow<'_, [Warning]> {
        match moment {
            Moment::Before => Cow::Borrowed(&self.plan.warnings),
            Moment::After => Cow::Owned(plan::warnings(self.after(), kind)),
        }
    }

    /// Writes the file. A plan that the person agreed to is not replaced by another one if the file has changed since.
    pub(crate) fn carry_out(
        &self,
        state: &Path,
        stamp: &BackupTime,
        out: Out,
        is_agreed: bool,
        make: impl Fn(&[u8]) -> Result<Plan, Refusal>,
    ) -> Result<(), Failure> {
        let again = |bytes: &[u8]| if is_agreed { Err(Refusal::ChangedMeanwhile) } else { make(bytes) };
        let written = carry_out(&self.snapshot, &self.plan, state, Keep::Backup(stamp), again);
        self.tell(written, out)
    }

    /// Writes the file, or nothing if it has changed since it was read; `again` is the command to run then.
    pub(crate) fn carry_out_as_read(
        &self,
        state: &Path,
        stamp: &BackupTime,
        out: Out,
        again: &str,
    ) -> Result<(), Failure> {
        let moved = |_: &[u8]| Err(Refusal::ChangedMeanwhile);
        match carry_out(&self.snapshot, &self.plan, state, Keep::Backup(stamp), moved) {
            Err(error @ ApplyError::Refused { .. }) => {
                Err(Failure::of(Exit::Refused, &error).hint(format!("run `{again}` again")))
            }
            written => self.tell(written, out),
        }
    }

    /// Replaces the content; none removes the file.
    pub(crate) fn put_back(
        &self,
        content: Option<&[u8]>,
        state: &Path,
        stamp: &BackupTime,
        out: Out,
    ) -> Result<(), Failure> {
        self.tell(put_back(&self.snapshot, content, state, Keep::Backup(stamp)), out)
    }

    /// The path, abbreviated for people.
    pub(crate) fn shown(&self) -> String {
        Paths::shown(&self.snapshot.path)
    }

    fn tell(&self, written: Result<Applied, ApplyError>, out: Out) -> Result<(), Failure> {
        let path = self.shown();
        match written.map_err(|error| explain::apply(&error))? {
            Applied::Unchanged => {}
            Applied::Durable => out.detail(&format!("wrote {path}")),
            Applied::NotFlushed => out.warn(&format!(
                "{path} is written, but its directory could not be flushed: the change may not survive a power cut",
            )),
        }
        Ok(())
    }

    /// The change as a unified diff, secrets masked.
    pub(crate) fn diff(&self) -> String {
        self.diff_of(&self.shown())
    }

    fn diff_of(&self, name: &str) -> String {
        if !self.is_pending() {
            return String::new();
        }
        plan::unified(name, &self.snapshot.bytes, &self.plan.after)
    }

    /// The work for `--json`.
    pub(crate) fn document(&self, kind: FileKind) -> FileJson {
        let section =
            |(id, change): &(SectionId, Change)| SectionJson { section: id.header(kind), change: change.as_str() };
        FileJson {
            path: Paths::text(&self.snapshot.path),
            changed: self.is_pending(),
            sections: self.plan.changes.iter().map(section).collect(),
            diff: self.diff_of(&Paths::text(&self.snapshot.path)),
        }
    }

    /// `~/.aws/config: 3 sections added, 1 changed`
    pub(crate) fn summary(&self) -> String {
        let count = |wanted| self.plan.changes.iter().filter(|(_, change)| *change == wanted).count();
        let word = |change: Change| match change {
            Change::Released => "moved out of the block",
            _ => change.as_str(),
        };
        let counts = Change::ALL.map(|change| (count(change), word(change)));
        let parts = counts.iter().filter(|(number, _)| *number > 0).enumerate().map(|(index, (number, word))| {
            let number = if index == 0 { names::count(*number, "section") } else { number.to_string() };
            format!("{number} {word}")
        });
        let parts: Vec<String> = parts.collect();
        let what = if parts.is_empty() { "no setting changed".to_owned() } else { parts.join(", ") };
        format!("{}: {what}", self.shown())
    }
}

/// One of AWS's files, with its changes.
#[derive(Serialize)]
pub(crate) struct FileJson {
    path: String,
    changed: bool,
    sections: Vec<SectionJson>,
    diff: String,
}

#[derive(Serialize)]
struct SectionJson {
    section: String,
    change: &'static str,
}
