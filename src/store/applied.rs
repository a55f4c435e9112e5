//! Owns the memory of the last `apply` that left nothing to do, with all that this depended on: a run that depends on the
//! same has nothing to do either, and need not read a manifest of ten thousand profiles to know. Must not know what is
//! applied.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::json;
use crate::system::disk::DiskError;
use crate::system::print::Print;
use crate::system::private::Keeper;
use crate::system::seen::{Compared, Seen};

/// The version of the file's form; a file of another version is a miss.
const VERSION: u32 = 3;

/// The file, as a store.
#[derive(Debug)]
pub(crate) struct Applied {
    path: PathBuf,
}

/// All that the outcome of `apply` depends on.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// awsauth's own version.
    pub(crate) awsauth: String,
    /// awsauth's own path, which it may write.
    pub(crate) program: String,
    /// The names of the files of saved sessions.
    pub(crate) sessions: Vec<String>,
    /// Everything that the manifest was read from, its own file first.
    pub(crate) read_from: Vec<Seen>,
    /// The config file and the credentials file; none for one that does not exist.
    pub(crate) files: [Option<Print>; 2],
    /// The credentials file without awsauth's own sessions, which come and go.
    pub(crate) without_sessions: Print,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    inputs: Inputs,
    missing: Vec<(String, String)>,
    names_program: bool,
}

/// What is worth telling although there is nothing to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Each identity without a long-term key, and the section where it belongs.
    pub(crate) missing: Vec<(String, String)>,
    /// Whether the config file names awsauth's own path.
    pub(crate) names_program: bool,
}

impl Applied {
    /// The memory in the state directory.
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join("applied.json") }
    }

    /// What was left, if everything is still as it was. The files are read only if their sizes are. `manifest` is its
    /// file, `own` is where a person's own file is looked for.
    pub(crate) fn recall(
        &self,
        (manifest, own): (&Path, Option<&Path>),
        paths: [&Path; 2],
        program: &str,
        sessions: impl FnOnce() -> Vec<String>,
    ) -> Option<Left> {
        let file: File = json::read(&self.path, Keeper::Awsauth)?;
        let was = &file.inputs;
        let is_same = file.version == VERSION
            && was.awsauth == env!("CARGO_PKG_VERSION")
            && was.program == program
            && was.read_from.first().is_some_and(|seen| seen.path() == manifest)
            && own.is_none_or(|own| was.read_from.iter().any(|seen| seen.path() == own))
            && paths.iter().zip(&was.files).all(|(path, print)| Print::has_size(path, print.as_ref()))
            && was.sessions == sessions()
            && was.read_from.iter().all(|seen| seen.compare() != Compared::Different)
            && paths.iter().zip(&was.files).all(|(path, print)| Print::read(path).is_ok_and(|now| now == *print));
        is_same.then_some(Left { missing: file.missing, names_program: file.names_program })
    }

    /// The prints of the config file and the credentials file as the last run left them, the latter also without
    /// awsauth's own sessions; none if that is not remembered.
    pub(crate) fn prints(&self) -> Vec<Print> {
        let Some(File { inputs, .. }) = json::read(&self.path, Keeper::Awsauth) else { return Vec::new() };
        inputs.files.into_iter().flatten().chain([inputs.without_sessions]).collect()
    }

    /// Remembers that there is nothing to do while the inputs are these.
    pub(crate) fn remember(&self, inputs: Inputs, left: Left) -> Result<(), DiskError> {
        let file = File { version: VERSION, inputs, missing: left.missing, names_program: left.names_program };
        json::hint(&self.path, &file)
    }
}
