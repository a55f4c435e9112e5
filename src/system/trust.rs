//! Owns telling whether a file is this user's own word: whether anybody else could have written it.

use std::path::Path;

use super::git;

/// Why somebody else could have written the file at `path`, in a few words; none if only this user or root could. Follows
/// links, and looks at the file, the directory that it stands in, and a repository that it may come from.
pub(crate) fn distrust(path: &Path) -> Option<String> {
    let Ok(real) = std::fs::canonicalize(path) else { return Some("the file can't be looked at".to_owned()) };
    let directory = || real.parent().and_then(|dir| distrust_one("its directory", dir));
    let repository = || git::is_committed(&real).then(|| "it is committed to a git repository".to_owned());
    distrust_one("the file", &real).or_else(directory).or_else(repository)
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
