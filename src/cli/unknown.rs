//! Owns what is said of a name that the manifest has no profile for: what it may be instead. Must not read the manifest.

use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::explain;
use super::failure::Failure;
use super::places::Places;
use crate::ini::{Document, FileKind, SectionId};
use crate::plan;
use crate::system::disk;

/// The failure for the name of a profile that there is not; `names` are those that there are, and `files` AWS's own.
pub(crate) fn unknown_profile<'n>(
    name: &str,
    names: impl Iterator<Item = &'n str> + Clone,
    sessions: impl IntoIterator<Item = &'n str>,
    files: &[(PathBuf, FileKind)],
) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("there is no profile `{name}` in the manifest"));
    if sessions.into_iter().any(|session| session == name) {
        return failure.hint(format!("`{name}` is an SSO session: `awsauth login {name}` signs in to it"));
    }
    match files.iter().find_map(|(path, kind)| in_file(name, path, *kind)) {
        Some(hint) => failure.hint(hint),
        None => failure.hint(explain::unknown_profile(name, names)),
    }
}

/// AWS's own files, as far as it is known where they are.
pub(crate) fn aws_files(places: Places<'_>) -> Vec<(PathBuf, FileKind)> {
    let (config, credentials) = (places.config().ok(), places.credentials().ok());
    let config = config.map(|path| (path, FileKind::Config));
    config.into_iter().chain(credentials.map(|path| (path, FileKind::Credentials))).collect()
}

/// What to do where that file has a profile of that name.
fn in_file(name: &str, path: &Path, kind: FileKind) -> Option<String> {
    let bytes = disk::read(path).ok()??;
    let document = Document::parse(&bytes, kind);
    let id = if name == "default" { SectionId::Default } else { SectionId::Profile(name.to_owned()) };
    let header = document.find(&id).next()?.header.start;
    let (shown, line) = (Places::shown(path), document.line_number(header));
    if plan::is_in_block(&document, header) {
        return Some(format!("`{name}` is left from an older manifest in {shown}: `awsauth apply` removes it there"));
    }
    Some(format!(
        "`{name}` stands in {shown}, line {line}, outside awsauth's block, so `aws --profile {name}` finds it and awsauth \
         does not: put it into the manifest, and `awsauth apply --adopt` takes its section over"
    ))
}
