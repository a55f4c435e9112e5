//! Owns where a path leads, link by link, and whether everybody can write there.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows on one way (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Where a path leads.
pub(super) struct Way {
    /// The file itself, without a link in its path.
    pub(super) real: PathBuf,
    /// Every directory that was gone through, the root first.
    pub(super) dirs: Vec<PathBuf>,
    /// Every link that was followed, without another one in its path.
    pub(super) links: Vec<PathBuf>,
}

impl Way {
    /// Follows a path name by name, as the system does.
    pub(super) fn to(path: &Path) -> io::Result<Self> {
        let absolute = std::path::absolute(path)?;
        let (mut real, mut dirs, mut links) = (PathBuf::new(), Vec::new(), Vec::new());
        let mut ahead: VecDeque<OsString> = names(&absolute).collect();
        while let Some(name) = ahead.pop_front() {
            if name == ".." {
                real.pop();
                continue;
            }
            let next = real.join(name);
            let found = std::fs::symlink_metadata(&next)?;
            if !found.is_symlink() {
                if found.is_dir() {
                    dirs.push(next.clone());
                }
                real = next;
                continue;
            }
            if links.len() >= MOST_LINKS {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let target = std::fs::read_link(&next)?;
            links.push(next);
            // An absolute target begins with the root, which takes the place of all before it.
            names(&target).rev().for_each(|name| ahead.push_front(name));
        }
        Ok(Self { real, dirs, links })
    }
}

/// The parts of a path that lead somewhere.
fn names(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(|part| part.as_os_str().to_owned())
}

/// Why anybody on this machine could have put a program at `path`, in a few words; none if they could not. Less strict than
/// [`distrust`]: package managers' directories often belong to a group.
pub(crate) fn exposure(path: &Path) -> Option<String> {
    let real = Way::to(path).ok()?.real;
    let directory = || real.parent().filter(|dir| is_open_to_all(dir)).map(|_| "its directory");
    let what = is_open_to_all(&real).then_some("it").or_else(directory)?;
    Some(format!("everybody on this machine can write to {what}"))
}

#[cfg(unix)]
fn is_open_to_all(place: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // In a directory with the sticky bit, such as /tmp, nobody can exchange another user's file.
    std::fs::metadata(place)
        .is_ok_and(|found| found.mode() & 0o002 != 0 && !(found.is_dir() && found.mode() & 0o1000 != 0))
}

#[cfg(not(unix))]
fn is_open_to_all(_place: &Path) -> bool {
    false
}
