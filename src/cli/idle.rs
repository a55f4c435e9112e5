//! Owns knowing at once that `apply` has nothing to do, since all that it depends on is as it was when it last had
//! nothing to do. Must not plan anything.

use std::path::Path;

use super::failure::Failure;
use super::load::Manifest;
use super::places::Places;
use super::plans::Work;
use super::work::FileWork;
use crate::model::ProfileName;
use crate::plan::{Missing, without_sessions};
use crate::store::{Applied, Inputs, Left, Sessions};
use crate::system::atomic::has_leftovers_beside;
use crate::system::host::Host;
use crate::system::print::Print;
use crate::system::seen::Seen;

/// What is worth telling although there is nothing to do.
pub(crate) struct Recalled {
    /// Identities without a long-term key.
    pub(crate) missing: Vec<Missing>,
    /// Whether the config file names awsauth's own path.
    pub(crate) names_program: bool,
}

/// What the manifest was read from, what two files are, each of which may not be there, and the second one without
/// sessions.
type Prints = (Vec<Seen>, [Option<Print>; 2], Print);

/// The memory of the last `apply`, and what it is asked with.
pub(crate) struct Idle {
    memory: Applied,
    sessions: Sessions,
    program: String,
}

impl Idle {
    /// Looks up where the memory is.
    pub(crate) fn new(host: &Host, places: Places<'_>) -> Result<Self, Failure> {
        let state = places.state()?;
        // A path that can't be told is one that is never the same.
        let program = host.program().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { memory: Applied::new(&state), sessions: Sessions::new(&state), program })
    }

    /// What is left to tell, if there is nothing to do.
    pub(crate) fn recall(&self, places: Places<'_>) -> Result<Option<Recalled>, Failure> {
        let (manifest, config, credentials) = (places.manifest()?, places.config()?, places.credentials()?);
        let own = Places::own_local();
        // What a killed run left is swept by one that looks at everything.
        if [&config, &credentials].iter().any(|path| has_leftovers_beside(path)) {
            return Ok(None);
        }
        let manifest = (manifest.as_path(), own.as_deref());
        let left = self.memory.recall(manifest, [&config, &credentials], &self.program, || self.sessions.file_names());
        let name = |text: &str| ProfileName::new(text).ok();
        let missing =
            |(profile, section): (String, String)| Some(Missing { profile: name(&profile)?, section: name(&section)? });
        Ok(left.map(|left| Recalled {
            missing: left.missing.into_iter().filter_map(missing).collect(),
            names_program: left.names_program,
        }))
    }

    /// Remembers that there is nothing to do once the files are as `prints` says. A memory that can't be written is none.
    pub(crate) fn remember(&self, prints: Prints, work: &Work, names_program: bool) {
        let inputs = Inputs {
            awsauth: env!("CARGO_PKG_VERSION").to_owned(),
            program: self.program.clone(),
            sessions: self.sessions.file_names(),
            read_from: prints.0,
            files: prints.1,
            without_sessions: prints.2,
        };
        let missing = work.missing.iter().map(|one| (one.profile.to_string(), one.section.to_string())).collect();
        drop(self.memory.remember(inputs, Left { missing, names_program }));
    }
}

/// The manifest, the config file and the credentials file as they are after the work.
pub(crate) fn prints(manifest: &Manifest, work: &Work) -> Prints {
    let credentials = without_sessions(after(&work.credentials));
    (manifest.seen(), [print(&work.config), print(&work.credentials)], Print::of(&credentials))
}

/// What the file holds after the work.
fn after(file: &FileWork) -> &[u8] {
    if file.is_pending() { &file.plan.after } else { &file.snapshot.bytes }
}

/// The file as it is after the work.
fn print(file: &FileWork) -> Option<Print> {
    (file.is_pending() || file.snapshot.exists).then(|| Print::of(after(file)))
}

/// The document of `--json` for a file that stays as it is.
pub(crate) fn document(path: &Path) -> serde_json::Value {
    serde_json::json!({ "path": Places::text(path), "changed": false, "sections": [], "diff": "" })
}
