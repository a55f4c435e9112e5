//! Owns the names that completion offers, kept since the manifest was last read. Must not know whether they still hold.

use std::path::{Path, PathBuf};

use crate::system::files::atomic::write_hint;
use crate::system::files::private::{self, FileOwner};
use crate::system::files::stamp::FileStamp;

const VERSION: u32 = 1;

/// Names, one in a line, as they were when the manifest's files had these stamps.
pub(crate) struct KeptNames {
    pub(crate) seen: Vec<FileStamp>,
    pub(crate) lines: String,
}

impl KeptNames {
    pub(crate) fn read(state_dir: &Path) -> Option<Self> {
        let bytes = private::read(&path(state_dir), FileOwner::Awsauth).ok()??;
        let mut head = String::from_utf8(bytes).ok()?;
        let lines = head.split_off(head.find('\n')? + 1);
        let (version, seen): (u32, Vec<FileStamp>) = serde_json::from_str(&head).ok()?;
        (version == VERSION).then_some(Self { seen, lines })
    }

    /// A failure to is not worth a word: the next completion reads the manifest.
    pub(crate) fn write(&self, state_dir: &Path) {
        if let Ok(head) = serde_json::to_string(&(VERSION, &self.seen))
            && private::make_dir(state_dir, FileOwner::Awsauth).is_ok()
        {
            drop(write_hint(&path(state_dir), format!("{head}\n{}", self.lines).as_bytes()));
        }
    }
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("names")
}
