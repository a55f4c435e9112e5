//! Owns the directories of awsauth's own files, and AWS CLI's caches: a file there is used only if no other user could have put it
//! there, and no link is followed. Must not know what the files hold.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::atomic::parent;
use super::disk::{self, DiskError};
use super::walk::{PathEntry, Walk};
#[cfg(unix)]
use super::walk::{Sticky, Writers};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileOwner {
    /// awsauth's own: only this user has any business there.
    Awsauth,
    /// AWS CLI's: root takes another user's, since containers mount the `~/.aws` of the one who starts them.
    AwsCli,
}

/// Reads a whole file; none if there is none. Refuses a link, and a file that another user could have written.
pub(crate) fn read(path: &Path, owned_by: FileOwner) -> Result<Option<Vec<u8>>, DiskError> {
    check(parent(path), owned_by)?;
    let Some((file, metadata)) = open(path, OpenOptions::new().read(true), owned_by)? else { return Ok(None) };
    disk::read_all(file, &metadata, path).map(Some)
}

pub(crate) fn list(dir: &Path, owned_by: FileOwner) -> Result<Vec<PathBuf>, DiskError> {
    check(dir, owned_by)?;
    disk::list(dir)
}

/// Makes a directory and its parents, for this user only. One that exists is refused if others can write to it.
pub(crate) fn make_dir(dir: &Path, owned_by: FileOwner) -> Result<(), DiskError> {
    disk::make_private_dir(dir)?;
    check(dir, owned_by)
}

/// Opens a regular file of this user's, as `options` say; none if there is none. Follows no link.
pub(super) fn open(
    path: &Path,
    options: &mut OpenOptions,
    owned_by: FileOwner,
) -> Result<Option<(File, Metadata)>, DiskError> {
    follow_nothing(options);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) => {
            return Err(exposed(path, "it is a symbolic link".to_owned()));
        }
        Err(error) => return Err(DiskError::io("open", path)(error)),
    };
    let metadata = file.metadata().map_err(DiskError::io("examine", path))?;
    disk::require_regular_file(path, &metadata)?;
    let place = PathEntry { path: path.to_path_buf(), metadata, is_end: true };
    match exposure(&place, owned_by) {
        Some(why) => Err(exposed(path, why)),
        None => Ok(Some((file, place.metadata))),
    }
}

fn exposed(path: &Path, why: String) -> DiskError {
    DiskError::Exposed { path: path.to_path_buf(), why }
}

#[cfg(unix)]
fn follow_nothing(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    options.mode(0o600).custom_flags(flags.bits().cast_signed());
}

#[cfg(windows)]
fn follow_nothing(_options: &mut OpenOptions) {}

/// Refuses a directory that another user could have made, or could exchange: itself, each directory on the way, and each link
/// that is followed. A directory that does not exist is fine.
pub(crate) fn check(dir: &Path, owned_by: FileOwner) -> Result<(), DiskError> {
    for place in Walk::along(dir)? {
        let place = place?;
        if let Some(why) = exposure(&place, owned_by) {
            return Err(exposed(&place.path, why));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn exposure(place: &PathEntry, owned_by: FileOwner) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let is_root = || rustix::process::geteuid().is_root();
    let is_known = |owner| is_root() && (owned_by == FileOwner::AwsCli || owner_of_home() == Some(owner));
    if let Some(owner) = place.foreign_owner().filter(|owner| !is_known(*owner)) {
        return Some(format!("it belongs to another user (number {owner})"));
    }
    let sticky = if place.is_end { Sticky::MeansNothing } else { Sticky::Protects };
    let words = match place.writers(sticky)? {
        Writers::Everybody => "every user of this machine can write to it",
        // A group with its user's number is that user's own, as most systems make one; umask 002 goes with it.
        Writers::Group if place.metadata.gid() != place.metadata.uid() => "its group can write to it",
        // With an access list, the group's part of the mode is the most that anybody in the list has.
        Writers::Group if has_access_list(&place.path) => "its access list (`getfacl`) may let others write to it",
        Writers::Group => return None,
    };
    Some(words.to_owned())
}

#[cfg(windows)]
fn exposure(_place: &PathEntry, _owned_by: FileOwner) -> Option<String> {
    None
}

#[cfg(target_os = "linux")]
fn has_access_list(path: &Path) -> bool {
    let mut nothing: [u8; 0] = [];
    rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut nothing).is_ok()
}

#[cfg(all(unix, not(target_os = "linux")))]
fn has_access_list(_path: &Path) -> bool {
    false
}

/// The owner of the home directory: root may work in another user's, as `sudo` has it, and believes their manifest as well.
#[cfg(unix)]
fn owner_of_home() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    Some(fs::metadata(crate::system::host::Host::home()?).ok()?.uid())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Why a file in `dir/state/sessions` is not believed, and which place is at fault.
    fn fault(dir: &Path) -> Option<(PathBuf, String)> {
        match read(&dir.join("state/sessions/a.json"), FileOwner::Awsauth) {
            Ok(Some(bytes)) if bytes == b"a" => None,
            Err(DiskError::Exposed { path, why }) => Some((path.strip_prefix(dir).unwrap().to_path_buf(), why)),
            other => panic!("{other:?}"),
        }
    }

    fn with_a_file() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(dir.path()).unwrap();
        make_dir(&real.join("state/sessions"), FileOwner::Awsauth).unwrap();
        fs::write(real.join("state/sessions/a.json"), "a").unwrap();
        (dir, real)
    }

    #[test]
    fn a_file_is_believed_only_where_nobody_else_can_write_to_it_or_to_a_directory_on_the_way() {
        let (_dir, root) = with_a_file();
        for place in ["state", "state/sessions", "state/sessions/a.json"] {
            let path = root.join(place);
            for (mode, is_fine) in [(0o777, false), (0o702, false), (0o755, true), (0o700, true)] {
                set_mode(&path, mode);
                assert_eq!(fault(&root).is_none(), is_fine, "{place} {mode:o}");
                assert!(fault(&root).is_none_or(|(at, why)| at == Path::new(place) && why.contains("every user")));
            }
        }
        set_mode(&root.join("state"), 0o1777);
        assert_eq!(fault(&root), None, "the sticky bit protects what is in there");
        set_mode(&root.join("state/sessions"), 0o1777);
        assert!(fault(&root).is_some(), "and lets anybody put something new there");
    }

    #[test]
    fn a_link_is_followed_to_a_directory_and_never_to_a_file() {
        let (_dir, root) = with_a_file();
        fs::rename(root.join("state"), root.join("elsewhere")).unwrap();
        symlink("elsewhere", root.join("state")).unwrap();
        assert_eq!(fault(&root), None);
        set_mode(&root.join("elsewhere"), 0o777);
        assert_eq!(fault(&root).unwrap().0, Path::new("elsewhere"));
        set_mode(&root.join("elsewhere"), 0o700);
        fs::write(root.join("other"), "a").unwrap();
        fs::remove_file(root.join("state/sessions/a.json")).unwrap();
        symlink(root.join("other"), root.join("state/sessions/a.json")).unwrap();
        assert!(fault(&root).unwrap().1.contains("symbolic link"));
    }

    #[test]
    fn root_takes_another_users_cache_of_aws_cli_and_nothing_else() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root can give a file away");
            return;
        }
        let (_dir, root) = with_a_file();
        let file = root.join("state/sessions/a.json");
        for path in [&file, &root.join("state/sessions"), &root.join("state")] {
            std::os::unix::fs::chown(path, Some(4242), Some(4242)).unwrap();
            assert!(fault(&root).unwrap().1.contains("another user (number 4242)"));
            assert!(read(&file, FileOwner::AwsCli).unwrap().is_some());
        }
    }

    #[test]
    fn a_group_of_ones_own_may_write_and_a_shared_one_not() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root can give a directory another group");
            return;
        }
        let (_dir, root) = with_a_file();
        let state = root.join("state");
        set_mode(&state, 0o775);
        assert_eq!(fault(&root), None);
        std::os::unix::fs::chown(&state, None, Some(4242)).unwrap();
        assert_eq!(fault(&root).unwrap().1, "its group can write to it");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_a_list_says_who_may_write_the_group_is_not_ones_own() {
        let entries = [(1, 7, u32::MAX), (2, 7, 1000), (4, 5, u32::MAX), (16, 7, u32::MAX), (32, 5, u32::MAX)];
        let bytes = |(tag, rights, id): (u8, u8, u32)| [&[tag, 0, rights, 0], &id.to_le_bytes()[..]].concat();
        let list: Vec<u8> = [2, 0, 0, 0].into_iter().chain(entries.into_iter().flat_map(bytes)).collect();
        for place in ["state", "state/sessions", "state/sessions/a.json"] {
            let (_dir, root) = with_a_file();
            let path = root.join(place);
            set_mode(&path, 0o775);
            let metadata = fs::metadata(&path).unwrap();
            std::os::unix::fs::chown(&path, None, Some(std::os::unix::fs::MetadataExt::uid(&metadata))).unwrap();
            assert_eq!(fault(&root), None, "{place}");
            let none = rustix::fs::XattrFlags::empty();
            if rustix::fs::setxattr(&path, "system.posix_acl_access", &list, none).is_err() {
                eprintln!("skipped: this file system has no access lists");
                return;
            }
            let (at, why) = fault(&root).unwrap();
            assert!(at == Path::new(place) && why.contains("access list"), "{place}: {why}");
            set_mode(&path, 0o755);
            assert_eq!(fault(&root), None, "{place}: nobody in the list may write");
        }
    }

    #[test]
    fn what_is_not_there_is_nobodys() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none/sessions");
        assert!(check(&none, FileOwner::Awsauth).is_ok() && list(&none, FileOwner::Awsauth).unwrap().is_empty());
        assert!(read(&none.join("a"), FileOwner::Awsauth).unwrap().is_none());
    }
}
