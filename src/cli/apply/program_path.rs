//! Owns the path of awsauth for `credential_process`, and the profiles that can't be written without one.

use std::path::{Path, PathBuf};

use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::few;
use crate::model::{Catalog, CredentialMethod, Profile};
use crate::system::host::Host;

/// awsauth's own path in the config file.
pub(crate) enum Program {
    Path(String),
    /// No path that every SDK reads alike, so only `written` can be written.
    Unnameable {
        path: PathBuf,
        written: Catalog,
        /// The names of the profiles that need a path.
        left_out: Vec<String>,
    },
}

impl Program {
    /// Finds the path, if a profile of the manifest needs it.
    pub(crate) fn find(host: &Host, catalog: &Catalog) -> Result<Self, Failure> {
        if !catalog.profiles().iter().any(names_program) {
            return Ok(Self::Path(String::new()));
        }
        let path = host.program_that(is_plain, Some(proposed_link())).map_err(|error| {
            Failure::new(Exit::Unavailable, "awsauth's own path is not known, and `credential_process` needs it")
                .because(&error)
        })?;
        match path.to_str().filter(|_| is_plain(&path)) {
            Some(plain) => Ok(Self::Path(plain.to_owned())),
            None => Ok(Self::unnameable(path, catalog)),
        }
    }

    /// A profile whose source is left out would name a section that does not exist.
    fn unnameable(path: PathBuf, catalog: &Catalog) -> Self {
        let is_left_out = |profile: &&Profile| {
            let chain = catalog.chain(profile.name.as_str());
            chain.is_some_and(|chain| chain.profiles().iter().any(|profile| names_program(profile)))
        };
        let (left_out, written): (Vec<&Profile>, Vec<&Profile>) = catalog.profiles().iter().partition(is_left_out);
        let left_out = left_out.into_iter().map(|profile| profile.name.to_string()).collect();
        let written = Catalog::new(catalog.sessions().to_vec(), written.into_iter().cloned().collect());
        Self::Unnameable { path, written, left_out }
    }

    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Unnameable { .. } => "",
        }
    }

    /// The profiles of `catalog` that can be written.
    pub(crate) fn written<'a>(&'a self, catalog: &'a Catalog) -> &'a Catalog {
        match self {
            Self::Path(_) => catalog,
            Self::Unnameable { written, .. } => written,
        }
    }

    /// The names of the profiles that can't be written.
    pub(crate) fn left_out(&self) -> &[String] {
        match self {
            Self::Path(_) => &[],
            Self::Unnameable { left_out, .. } => left_out,
        }
    }

    /// The reason for which some profiles can't be written, and the way out.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        let Self::Unnameable { path, left_out, .. } = self else { return None };
        let names: Vec<&str> = left_out.iter().map(String::as_str).collect();
        let message = format!(
            "`credential_process` can't name {} so that every SDK reads it alike; left out: {}",
            Paths::shown(path),
            few(&names)
        );
        Some(Failure::new(Exit::Refused, message).hint(way_out(path)))
    }
}

fn names_program(profile: &Profile) -> bool {
    profile.method == CredentialMethod::Process
}

/// Each SDK splits the line by rules of its own (aws-facts §7): only plain words are safe in all of them.
fn is_plain(path: &Path) -> bool {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "._+@:-".contains(c) || std::path::is_separator(c);
    path.to_str().is_some_and(|text| text.chars().all(is_safe))
}

/// A plain path for a link to awsauth.
fn proposed_link() -> PathBuf {
    let own = Host::home().map(|home| home.join(".local/bin/awsauth"));
    own.filter(|path| is_plain(path)).unwrap_or_else(|| PathBuf::from("/usr/local/bin/awsauth"))
}

fn way_out(path: &Path) -> String {
    let target = path.to_str().and_then(|path| shlex::try_quote(path).ok());
    let Some(target) = target.filter(|_| cfg!(unix)) else {
        return "put awsauth into a directory without blanks or special characters in its path".to_owned();
    };
    let link = proposed_link();
    let dir = Paths::shown(link.parent().unwrap_or(&link));
    let link = Paths::shown(&link);
    format!("a link in a plain path is enough: mkdir -p {dir} && ln -s {target} {link}; then run `awsauth apply` again")
}
