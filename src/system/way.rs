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
    /// Follows the path of something that is there, name by name, as the system does.
    pub(super) fn to(path: &Path) -> io::Result<Self> {
        let way = Self::toward(path)?;
        std::fs::symlink_metadata(&way.real)?;
        Ok(way)
    }

    /// The same for what may not be there yet.
    pub(super) fn toward(path: &Path) -> io::Result<Self> {
        let absolute = std::path::absolute(path)?;
        let (mut real, mut dirs, mut links) = (PathBuf::new(), Vec::new(), Vec::new());
        let mut ahead: VecDeque<OsString> = names(&absolute).collect();
        while let Some(name) = ahead.pop_front() {
            if name == ".." {
                real.pop();
                continue;
            }
            let next = real.join(name);
            let found = match std::fs::symlink_metadata(&next) {
                Ok(found) => found,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    real = next;
                    continue;
                }
                Err(error) => return Err(error),
            };
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
/// `trust::distrust`: package managers' directories often belong to a group, or to a user of their own.
pub(crate) fn exposure(path: &Path) -> Option<String> {
    let Way { real, dirs, links } = Way::to(path).ok()?;
    std::iter::once(&real).chain(&links).chain(&dirs).find_map(|place| {
        let shown = place.display();
        if is_open_to_all(place) {
            Some(format!("everybody on this machine can write to {shown}"))
        } else {
            is_planted(place).then(|| format!("another user put {shown} there"))
        }
    })
}

/// Whether the file, directory or link at `place` is a neighbour's in a directory such as /tmp, where everybody may make some:
/// there the sticky bit keeps them from exchanging this user's own, and no more.
#[cfg(unix)]
pub(super) fn is_planted(place: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let is_shared = |dir: &Path| std::fs::metadata(dir).is_ok_and(|found| found.mode() & 0o1002 == 0o1002);
    let is_others = |owner| owner != 0 && owner != rustix::process::geteuid().as_raw();
    let is_another_s = std::fs::symlink_metadata(place).is_ok_and(|found| is_others(found.uid()));
    is_another_s && std::path::absolute(place).is_ok_and(|place| place.parent().is_some_and(is_shared))
}

#[cfg(unix)]
fn is_open_to_all(place: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // A link has no mode of its own.
    std::fs::symlink_metadata(place).is_ok_and(|found| {
        let is_sticky = found.is_dir() && found.mode() & 0o1000 != 0;
        found.mode() & 0o002 != 0 && !found.is_symlink() && !is_sticky
    })
}

/// Owners and modes say nothing here.
#[cfg(not(unix))]
pub(super) fn is_planted(_place: &Path) -> bool {
    false
}

/// Owners and modes say nothing here.
#[cfg(not(unix))]
fn is_open_to_all(_place: &Path) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};

    use super::*;
    use crate::system::atomic::Snapshot;
    use crate::system::disk::DiskError;

    /// A user that nobody here is.
    const NEIGHBOUR: u32 = 4242;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// A directory with `in/bin/git`, and a link of another directory to that.
    fn with_program() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(root.join("in/bin")).unwrap();
        fs::create_dir(root.join("links")).unwrap();
        fs::write(root.join("in/bin/git"), "").unwrap();
        symlink("../in/bin/git", root.join("links/git")).unwrap();
        (dir, root)
    }

    #[test]
    fn a_program_is_exposed_by_every_place_on_the_way_that_all_can_write_to() {
        let (_dir, root) = with_program();
        let program = root.join("links/git");
        assert_eq!(exposure(&program), None);
        for place in ["in/bin/git", "in/bin", "in", "links"] {
            let place = root.join(place);
            for mode in [0o757, 0o1757] {
                set_mode(&place, mode);
                // The sticky bit of a directory protects what is this user's own.
                let is_exposed = mode == 0o757 || place.is_file();
                let said = format!("everybody on this machine can write to {}", place.display());
                assert_eq!(exposure(&program), is_exposed.then_some(said), "{} {mode:o}", place.display());
            }
            // A group may: package managers have theirs.
            set_mode(&place, 0o775);
            assert_eq!(exposure(&program), None);
        }
    }

    #[test]
    fn what_a_neighbour_put_into_a_shared_directory_is_no_program_and_no_link_to_follow() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root can give a file away");
            return;
        }
        for place in ["in/bin", "in/bin/git", "links/git"] {
            let (_dir, root) = with_program();
            let (place, link) = (root.join(place), root.join("links/git"));
            lchown(&place, Some(NEIGHBOUR), None).unwrap();
            assert!(exposure(&link).is_none() && !is_planted(&place), "whoever may write there let them");
            set_mode(place.parent().unwrap(), 0o1777);
            assert_eq!(exposure(&link).unwrap(), format!("another user put {} there", place.display()));
            let read = Snapshot::read(&link);
            let is_followed = place != link;
            assert_eq!(read.is_ok(), is_followed, "{}", place.display());
            assert!(is_followed || matches!(read, Err(DiskError::PlantedLink { path }) if path == link));
        }
    }
}
