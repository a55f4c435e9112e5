//! Owns following a path name by name, as the system does, and the rights of other users on the way.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::disk::DiskError;

/// As many links as Linux follows on one way (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// The existing directories, links and the file on the way of a path, in the order in which the system follows them.
pub(super) struct Walk {
    path: PathBuf,
    at: PathBuf,
    ahead: VecDeque<OsString>,
    links: usize,
}

pub(super) struct PathEntry {
    /// Without links, but for the last name.
    pub(super) path: PathBuf,
    pub(super) metadata: Metadata,
    /// False where the path goes on.
    pub(super) is_end: bool,
}

#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writers {
    Everybody,
    Group,
}

#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sticky {
    /// Further up: in a directory such as /tmp, nobody can exchange another user's file.
    Protects,
    /// In the file's own directory anybody can put a new file, or an older one under another name.
    MeansNothing,
}

impl Walk {
    pub(super) fn along(path: &Path) -> Result<Self, DiskError> {
        let absolute = std::path::absolute(path).map_err(DiskError::io("examine", path))?;
        let ahead = names(&absolute).collect();
        Ok(Self { path: path.to_path_buf(), at: PathBuf::new(), ahead, links: 0 })
    }

    /// The rest of the way, and the path without links, at which there may be nothing.
    pub(super) fn finish(mut self) -> Result<(Vec<PathEntry>, PathBuf), DiskError> {
        let places = self.by_ref().collect::<Result<_, _>>()?;
        Ok((places, self.at))
    }

    fn follow(&mut self) -> Result<(), DiskError> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(DiskError::LinkLoop { path: self.path.clone() });
        }
        let target = fs::read_link(&self.at).map_err(DiskError::io("follow", &self.at))?;
        self.at.pop();
        // An absolute target begins with the root, which takes the place of all before it.
        names(&target).rev().for_each(|name| self.ahead.push_front(name));
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Result<PathEntry, DiskError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let name = self.ahead.pop_front()?;
            if name == ".." {
                self.at.pop();
                continue;
            }
            self.at.push(name);
            // `C:` without its root is another directory.
            if !self.at.has_root() {
                continue;
            }
            let metadata = match fs::symlink_metadata(&self.at) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Some(Err(DiskError::io("examine", &self.at)(error))),
            };
            let place = PathEntry { path: self.at.clone(), is_end: self.ahead.is_empty(), metadata };
            let followed = if place.metadata.is_symlink() { self.follow() } else { Ok(()) };
            return Some(followed.map(|()| place));
        }
    }
}

fn names(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(|part| part.as_os_str().to_owned())
}

#[cfg(unix)]
impl PathEntry {
    /// The number of the owner, if that is neither this user nor root.
    pub(super) fn foreign_owner(&self) -> Option<u32> {
        use std::os::unix::fs::MetadataExt as _;
        use std::sync::LazyLock;
        // Asked once: a warm `credential-process` looks at many places.
        static USER: LazyLock<u32> = LazyLock::new(|| rustix::process::geteuid().as_raw());
        Some(self.metadata.uid()).filter(|owner| *owner != 0 && *owner != *USER)
    }

    /// None for a link, whose own mode says nothing.
    pub(super) fn writers(&self, sticky: Sticky) -> Option<Writers> {
        use std::os::unix::fs::MetadataExt as _;
        let mode = self.metadata.mode();
        let is_protected = sticky == Sticky::Protects && self.metadata.is_dir() && mode & 0o1000 != 0;
        match mode {
            _ if self.metadata.is_symlink() || is_protected => None,
            _ if mode & 0o002 != 0 => Some(Writers::Everybody),
            _ if mode & 0o020 != 0 => Some(Writers::Group),
            _ => None,
        }
    }

    /// True for another user's file or link in a directory such as /tmp, where everybody may make files: the sticky bit only
    /// keeps them from exchanging this user's own.
    pub(in crate::system) fn is_planted(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let is_shared = |dir: &Path| fs::metadata(dir).is_ok_and(|found| found.mode() & 0o1002 == 0o1002);
        self.foreign_owner().is_some() && self.path.parent().is_some_and(is_shared)
    }
}

/// Access lists are not read on Windows: Rust's standard library can't.
#[cfg(windows)]
impl PathEntry {
    #[expect(clippy::unused_self, reason = "it depends on the place on Unix")]
    pub(in crate::system) fn is_planted(&self) -> bool {
        false
    }
}

/// [`PathEntry::is_planted`] for a path that has no links on the way.
pub(in crate::system) fn is_planted(path: &Path) -> bool {
    let place = std::path::absolute(path).and_then(|path| {
        let metadata = fs::symlink_metadata(&path)?;
        Ok(PathEntry { path, metadata, is_end: true })
    });
    place.is_ok_and(|place| place.is_planted())
}

/// The reason not to run a program, since another user could have put it there. Less strict than `trust::distrust`: package
/// managers' directories often belong to a group, or to a user of their own.
#[cfg(unix)]
pub(in crate::system) fn exposure(program: &Path) -> Option<String> {
    let (places, _) = Walk::along(program).ok()?.finish().ok()?;
    places.iter().find_map(|place| {
        let shown = place.path.display();
        if place.writers(Sticky::Protects) == Some(Writers::Everybody) {
            Some(format!("every user of this machine can write to {shown}"))
        } else {
            place.is_planted().then(|| format!("another user put {shown} there"))
        }
    })
}

/// Access lists are not read on Windows: Rust's standard library can't. So a program in a directory that every user can write to
/// is run.
#[cfg(windows)]
pub(in crate::system) fn exposure(_program: &Path) -> Option<String> {
    None
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};

    use super::*;
    use crate::system::files::snapshot::Snapshot;

    #[test]
    fn a_path_is_followed_through_every_link_as_the_system_does() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/file"), "").unwrap();
        symlink("../file", root.join("a/b/up")).unwrap();
        symlink(root.join("a/b"), root.join("there")).unwrap();
        symlink("there/up", root.join("first")).unwrap();
        symlink("round", root.join("round")).unwrap();
        let walk = |path: &str| Walk::along(&root.join(path)).unwrap().finish();
        let (places, real) = walk("a/./../first").unwrap();
        let links: Vec<PathBuf> =
            places.into_iter().filter(|place| place.metadata.is_symlink()).map(|place| place.path).collect();
        assert_eq!(links, ["first", "there", "a/b/up"].map(|name| root.join(name)));
        assert_eq!(real, fs::canonicalize(root.join("first")).unwrap());
        assert!(matches!(walk("round"), Err(DiskError::LinkLoop { .. })));
        // `..` behind a link goes up from where it leads.
        assert_eq!(walk("there/../file").unwrap().1, root.join("a/file"));
        let (places, real) = walk("there/none/below").unwrap();
        assert!(places.iter().all(|place| !place.is_end) && real == root.join("a/b/none/below"));
    }

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
                let said = format!("every user of this machine can write to {}", place.display());
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
