//! Owns telling whether a file is this user's own word: whether anybody else could have written it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::git;

/// As many links as Linux follows on one way (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Why somebody else could have written the file at `path`, in a few words; none if only this user or root could. Follows
/// links, and looks at the file, the directory that it stands in, and a repository that it, or a link to it, may come from.
pub(crate) fn distrust(path: &Path) -> Option<String> {
    let Ok(Way { real, links }) = Way::to(path) else { return Some("the file can't be looked at".to_owned()) };
    let directory = || real.parent().and_then(|dir| distrust_one("its directory", dir));
    let repository = || git::is_committed(&real).then(|| "it is committed to a git repository".to_owned());
    let is_led_there = || links.iter().any(|link| git::is_committed(link));
    let link = || is_led_there().then(|| "a link that leads to it is committed to a git repository".to_owned());
    distrust_one("the file", &real).or_else(directory).or_else(repository).or_else(link)
}

/// Whether a repository has a file, or a link, of that name. Only the directory is looked up through links.
pub(crate) fn is_committed(path: &Path) -> bool {
    place(path).is_some_and(|place| git::is_committed(&place))
}

/// Where the file at `path` really is, if that is out of its directory, and a link that leads there is committed to a git
/// repository. One that leads to nothing yet is told with what it says.
pub(crate) fn led_out(path: &Path) -> Option<PathBuf> {
    let place = place(path)?;
    let Ok(Way { real, links }) = Way::to(path) else {
        return std::fs::read_link(&place).ok().filter(|_| git::is_committed(&place));
    };
    let is_out = !real.starts_with(place.parent()?);
    (is_out && links.iter().any(|link| git::is_committed(link))).then_some(real)
}

/// The path without links on the way; its last name may be one.
fn place(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    Some(Way::to(absolute.parent()?).ok()?.real.join(absolute.file_name()?))
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

/// Where a path leads.
struct Way {
    /// The file itself, without a link in its path.
    real: PathBuf,
    /// Every link that was followed, without another one in its path.
    links: Vec<PathBuf>,
}

impl Way {
    /// Follows a path name by name, as the system does.
    fn to(path: &Path) -> io::Result<Self> {
        let absolute = std::path::absolute(path)?;
        let (mut real, mut links) = (PathBuf::new(), Vec::new());
        let mut ahead: VecDeque<OsString> = names(&absolute).collect();
        while let Some(name) = ahead.pop_front() {
            if name == ".." {
                real.pop();
                continue;
            }
            let next = real.join(name);
            if !std::fs::symlink_metadata(&next)?.is_symlink() {
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
        Ok(Self { real, links })
    }
}

/// The parts of a path that lead somewhere.
fn names(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(|part| part.as_os_str().to_owned())
}

#[cfg(unix)]
fn distrust_one(what: &str, place: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(metadata) = std::fs::metadata(place) else { return Some(format!("{what} can't be looked at")) };
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user && metadata.uid() != 0 {
        return Some(format!("{what} belongs to another user (number {})", metadata.uid()));
    }
    // In a directory with the sticky bit, such as /tmp, nobody can exchange another user's file.
    let is_sticky = metadata.is_dir() && metadata.mode() & 0o1000 != 0;
    match metadata.mode() {
        _ if is_sticky => None,
        mode if mode & 0o002 != 0 => Some(format!("everybody on this machine can write to {what}")),
        mode if mode & 0o020 != 0 => Some(format!("the group of {what} can write to it")),
        _ => None,
    }
}

/// Owners and others are not told by modes here.
#[cfg(not(unix))]
fn distrust_one(_what: &str, _place: &Path) -> Option<String> {
    None
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

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
        let way = Way::to(&root.join("a/./../first")).unwrap();
        assert_eq!(way.links, ["first", "there", "a/b/up"].map(|name| root.join(name)));
        assert_eq!(way.real, fs::canonicalize(root.join("first")).unwrap());
        assert!(Way::to(&root.join("round")).is_err() && Way::to(&root.join("none")).is_err());
        // `..` behind a link goes up from where it leads.
        assert_eq!(Way::to(&root.join("there/../file")).unwrap().real, root.join("a/file"));
    }

    #[test]
    fn what_others_can_write_is_not_this_users_word() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("a"), dir.path().join("link"));
        fs::write(&file, "").unwrap();
        symlink("a", &link).unwrap();
        let with = |file_mode, dir_mode| {
            fs::set_permissions(&file, Permissions::from_mode(file_mode)).unwrap();
            fs::set_permissions(dir.path(), Permissions::from_mode(dir_mode)).unwrap();
            assert_eq!(distrust(&file), distrust(&link));
            distrust(&file)
        };
        assert_eq!(with(0o644, 0o755), None);
        assert_eq!(with(0o600, 0o1777), None);
        assert_eq!(with(0o664, 0o755).as_deref(), Some("the group of the file can write to it"));
        assert_eq!(with(0o646, 0o755).as_deref(), Some("everybody on this machine can write to the file"));
        assert_eq!(with(0o600, 0o775).as_deref(), Some("the group of its directory can write to it"));
        assert_eq!(with(0o600, 0o757).as_deref(), Some("everybody on this machine can write to its directory"));
        assert!(distrust(&dir.path().join("none")).is_some());
    }
}
