//! Owns giving a new file the rights of the one that it replaces: owner, group, mode, access list and labels. Nobody ever gets
//! more rights than they had.

use std::fs::{File, Metadata};
use std::path::Path;

use super::disk::DiskError;

/// Gives `new`, which is empty, the rights of the file at `target`.
#[cfg(unix)]
pub(super) fn keep(new: &File, target: &Path, old: &Metadata) -> Result<(), DiskError> {
    use std::fs::Permissions;
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};

    let change = |error| DiskError::io("keep the rights of", target)(error);
    let fresh = new.metadata().map_err(change)?;
    let mut mode = old.mode() & 0o7777;
    if (fresh.uid(), fresh.gid()) != (old.uid(), old.gid())
        && let Err(error) = fchown(new, Some(old.uid()), Some(old.gid()))
    {
        // Only root, and members of a group, can give a file to it. A group without rights is not missed.
        if error.kind() != io::ErrorKind::PermissionDenied || fresh.uid() != old.uid() {
            return Err(change(error));
        }
        if mode & 0o070 != 0 {
            return Err(DiskError::ForeignGroup { path: target.to_path_buf(), group: old.gid() });
        }
        // The group's members count as others now, and must not get rights that the group did not have.
        mode &= !0o007;
    }
    if let list::Kept::GroupOnly(rights) = list::keep(new, target).map_err(change)? {
        // A user to whom the list gave less counts as others now.
        mode &= !0o077 | rights << 3;
    }
    if fresh.mode() & 0o7777 == mode {
        Ok(())
    } else {
        new.set_permissions(Permissions::from_mode(mode)).map_err(change)
    }
}

/// A new file inherits the rights that its directory gives.
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
pub(super) fn keep(_new: &File, _target: &Path, _old: &Metadata) -> Result<(), DiskError> {
    Ok(())
}

/// Access lists and labels, which Linux keeps as extended attributes.
#[cfg(target_os = "linux")]
mod list {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    use rustix::fs::{XattrFlags, fremovexattr, fsetxattr, lgetxattr, llistxattr};
    use rustix::io::Errno;

    const ACCESS: &str = "system.posix_acl_access";
    /// The most bytes of one attribute, and of all names (`xattr(7)`).
    const MOST: usize = 64 * 1024;

    #[derive(Debug, PartialEq, Eq)]
    pub(super) enum Kept {
        All,
        /// The new file can't have the old one's access list. These are the group's own rights: with a list, the mode has the
        /// most that anybody in the list may do in their place.
        GroupOnly(u32),
    }

    /// Gives `new` the access list of the file at `target`, and those of its labels that do not depend on its content.
    pub(super) fn keep(new: &File, target: &Path) -> io::Result<Kept> {
        // A directory may give new files a list of its own, which the mode of the old file would bring into force.
        match fremovexattr(new, ACCESS) {
            Ok(()) | Err(Errno::NODATA | Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
        let mut kept = Kept::All;
        for name in names(target)? {
            let Some(value) = value(target, &name)? else { continue };
            let is_set = fsetxattr(new, name.as_str(), &value, XattrFlags::empty()).is_ok();
            if name == ACCESS && !is_set {
                kept = Kept::GroupOnly(group_rights(&value));
            }
        }
        Ok(kept)
    }

    fn names(target: &Path) -> io::Result<Vec<String>> {
        let mut buffer = vec![0; MOST];
        let size = match llistxattr(target, &mut buffer) {
            Ok(size) => size,
            Err(Errno::NOTSUP) => 0,
            Err(error) => return Err(error.into()),
        };
        let names = buffer[..size].split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok());
        let is_wanted = |name: &&str| *name == ACCESS || *name == "security.selinux" || name.starts_with("user.");
        Ok(names.filter(is_wanted).map(str::to_owned).collect())
    }

    fn value(target: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = vec![0; MOST];
        match lgetxattr(target, name, &mut buffer) {
            Ok(size) => {
                buffer.truncate(size);
                Ok(Some(buffer))
            }
            Err(Errno::NODATA | Errno::NOTSUP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The group's own rights in a list of the form of Linux's `posix_acl_xattr.h`: a version, then entries of a tag, rights and
    /// a number. No rights if the list has another form.
    fn group_rights(list: &[u8]) -> u32 {
        const GROUP: [u8; 2] = [0x04, 0];
        let entries = list.get(4..).unwrap_or_default().chunks_exact(8);
        let group = entries.map(|entry| (&entry[..2], entry[2])).find(|(tag, _)| *tag == GROUP);
        group.map_or(0, |(_, rights)| u32::from(rights & 0o7))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_groups_own_rights_are_told_from_those_of_others_in_the_list() {
            // user::rw-, user:1000:rw-, group::r--, mask::rw-, other::---
            let entries = [(1, 6, u32::MAX), (2, 6, 1000), (4, 4, u32::MAX), (16, 6, u32::MAX), (32, 0, u32::MAX)];
            let bytes = |(tag, rights, id): (u8, u8, u32)| [&[tag, 0, rights, 0], &id.to_le_bytes()[..]].concat();
            let list: Vec<u8> = [2, 0, 0, 0].into_iter().chain(entries.into_iter().flat_map(bytes)).collect();
            assert_eq!(group_rights(&list), 4);
            assert_eq!((group_rights(&[]), group_rights(&list[..20])), (0, 0));
        }
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use rustix::fs::{XattrFlags, getxattr, setxattr};

    use super::*;
    use crate::system::files::snapshot::Snapshot;

    const ACCESS: &str = "system.posix_acl_access";

    /// `user::rw-, user:1000:r--, group::---, mask::r--, other::---`
    fn list() -> Vec<u8> {
        let entries = [(1, 6, u32::MAX), (2, 4, 1000), (4, 0, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)];
        let bytes = |(tag, rights, id): (u8, u8, u32)| [&[tag, 0, rights, 0], &id.to_le_bytes()[..]].concat();
        [2, 0, 0, 0].into_iter().chain(entries.into_iter().flat_map(bytes)).collect()
    }

    fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 4096];
        getxattr(path, name, &mut buffer).ok().map(|size| buffer[..size].to_vec())
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// A directory with a file; none if access lists can't be had there.
    fn with_lists(name: &str) -> Option<(tempfile::TempDir, std::path::PathBuf)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let place = if name == ACCESS { &path } else { dir.path() };
        if setxattr(place, name, &list(), XattrFlags::empty()).is_err() {
            eprintln!("skipped: this file system has no access lists");
            return None;
        }
        Some((dir, path))
    }

    #[test]
    fn an_access_list_and_labels_are_carried_over_and_nobody_else_gets_in() {
        let Some((_dir, path)) = with_lists(ACCESS) else { return };
        let label = setxattr(&path, "user.label", b"mine", XattrFlags::empty()).is_ok();
        Snapshot::read(&path).unwrap().replace(b"new").unwrap();
        assert_eq!(attribute(&path, ACCESS), Some(list()));
        assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o640, b"new".to_vec()));
        assert_eq!(attribute(&path, "user.label").is_some(), label);
    }

    /// A pipe takes a mode and no list, as a file on some network file systems.
    #[test]
    fn where_no_list_can_be_kept_the_group_gets_its_own_rights_and_not_those_of_the_list() {
        let Some((_dir, path)) = with_lists(ACCESS) else { return };
        let (_reader, writer) = std::io::pipe().unwrap();
        let new = File::from(std::os::fd::OwnedFd::from(writer));
        keep(&new, &path, &fs::metadata(&path).unwrap()).unwrap();
        assert_eq!((mode(&path), new.metadata().unwrap().permissions().mode() & 0o777), (0o640, 0o600));
    }

    #[test]
    fn the_list_that_a_directory_gives_new_files_opens_none_that_had_no_list() {
        let Some((_dir, path)) = with_lists("system.posix_acl_default") else { return };
        Snapshot::read(&path).unwrap().replace(b"new").unwrap();
        assert_eq!((attribute(&path, ACCESS), mode(&path)), (None, 0o640));
    }
}

/// Elsewhere only the mode is kept.
#[cfg(all(unix, not(target_os = "linux")))]
mod list {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(super) enum Kept {
        All,
        #[expect(dead_code, reason = "Linux alone has such lists")]
        GroupOnly(u32),
    }

    #[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
    pub(super) fn keep(_new: &File, _target: &Path) -> io::Result<Kept> {
        Ok(Kept::All)
    }
}
