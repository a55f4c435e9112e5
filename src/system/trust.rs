//! Owns telling whether a file is this user's own word: whether anybody else could have written it.

use std::path::{Path, PathBuf};

use super::git::{Tracking, tracking};
#[cfg(unix)]
use super::private::Sticky;
use super::way::Way;

/// Why the file at `path` may not be this user's own word; none if only this user or root can change it, its directories and
/// the links that lead to it, and no git repository has, or ever had, it or one of those links.
#[cfg(unix)]
pub(crate) fn distrust(path: &Path) -> Option<String> {
    let Ok(Way { real, dirs, links }) = Way::to(path) else { return Some("the file can't be looked at".to_owned()) };
    let ends = || std::iter::once(&real).chain(&links);
    let open_end = || ends().filter_map(|place| place.parent()).find_map(|dir| changeable(dir, Sticky::MeansNothing));
    let is_open = ends().chain(&dirs).find_map(|place| changeable(place, Sticky::Protects)).or_else(open_end);
    is_open.or_else(|| ends().find_map(|place| repository_s(place)))
}

/// Elsewhere than on Unix awsauth can't tell who else may write a file.
#[cfg(not(unix))]
pub(crate) fn distrust(_path: &Path) -> Option<String> {
    Some("on this system awsauth can't tell who else may write it".to_owned())
}

#[cfg(unix)]
fn repository_s(place: &Path) -> Option<String> {
    match tracking(place) {
        Tracking::Untracked => None,
        Tracking::Tracked(_) => Some(format!("{} is committed to a git repository", place.display())),
        Tracking::Known => {
            Some(format!("{} is in a commit of a git repository, and a pull may have left it there", place.display()))
        }
        Tracking::Unknown(why) => Some(format!("awsauth can't tell whether {} is committed: {why}", place.display())),
    }
}

/// Where the link at `path` leads, if that is out of its directory or into a `.git`, and git tracks a link on the way, or can't
/// tell. There need not be anything there yet.
pub(crate) fn led_out(path: &Path) -> Option<PathBuf> {
    let Way { real, links, .. } = Way::toward(path).ok()?;
    let is_fine = real.strip_prefix(place(path)?.parent()?).is_ok_and(|below| !is_git_s(below));
    (!is_fine && links.iter().any(|link| tracking(link) != Tracking::Untracked)).then_some(real)
}

/// Whether a path without links is one of a repository's own files, by the names below the directory that it is seen from:
/// there may be credentials in them.
pub(crate) fn is_git_s(below: &Path) -> bool {
    below.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

/// Every link on the way to the file at `path`, as it is followed, without another one in its path.
pub(crate) fn links(path: &Path) -> Vec<PathBuf> {
    Way::to(path).map_or_else(|_| Vec::new(), |way| way.links)
}

/// The path without links on the way; its last name may be one.
pub(crate) fn place(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    Some(Way::to(absolute.parent()?).ok()?.real.join(absolute.file_name()?))
}

/// Who besides this user and root can change what is at `place`, in a few words.
#[cfg(unix)]
fn changeable(place: &Path, sticky: Sticky) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let shown = place.display();
    let Ok(found) = std::fs::symlink_metadata(place) else { return Some(format!("{shown} can't be looked at")) };
    let user = rustix::process::geteuid().as_raw();
    if found.uid() != user && found.uid() != 0 {
        return Some(format!("{shown} belongs to another user (number {})", found.uid()));
    }
    // A link's own mode says nothing.
    let is_sticky = sticky == Sticky::Protects && found.is_dir() && found.mode() & 0o1000 != 0;
    match found.mode() {
        _ if found.is_symlink() || is_sticky => None,
        mode if mode & 0o002 != 0 => Some(format!("everybody on this machine can write to {shown}")),
        mode if mode & 0o020 != 0 => Some(format!("the group of {shown} can write to it")),
        _ => None,
    }
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

    /// Modes of a place, and what is said of it; nothing where it is fine.
    fn said_of(place: &Path, mode: u32, path: &Path) -> Option<String> {
        let before = fs::metadata(place).unwrap().permissions();
        fs::set_permissions(place, Permissions::from_mode(mode)).unwrap();
        let said = distrust(path);
        fs::set_permissions(place, before).unwrap();
        said.map(|said| said.replace(place.to_str().unwrap(), "IT"))
    }

    #[test]
    fn what_others_can_change_is_not_this_users_word() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(root.join("home/config")).unwrap();
        fs::create_dir_all(root.join("links")).unwrap();
        let (file, link) = (root.join("home/config/a"), root.join("links/link"));
        fs::write(&file, "").unwrap();
        symlink("../home/config/a", &link).unwrap();
        assert_eq!((distrust(&file), distrust(&link)), (None, None));
        // The file, its directory, one further up, and the one that a link stands in.
        for (place, is_by_link_alone) in [
            (&file, false),
            (&root.join("home/config"), false),
            (&root.join("home"), false),
            (&root.join("links"), true),
        ] {
            for (mode, said) in [
                (0o755, None),
                (0o775, Some("the group of IT can write to it")),
                (0o757, Some("everybody on this machine can write to IT")),
            ] {
                assert_eq!(said_of(place, mode, &link).as_deref(), said, "{} {mode:o}", place.display());
                let said = said.filter(|_| !is_by_link_alone);
                assert_eq!(said_of(place, mode, &file).as_deref(), said, "{} {mode:o}", place.display());
            }
        }
        assert_eq!(said_of(&root.join("home"), 0o1777, &file), None, "as /tmp has it");
        // There anybody may give an older file of this user's that name.
        for place in ["home/config", "links"] {
            let said = said_of(&root.join(place), 0o1777, &link);
            assert_eq!(said.as_deref(), Some("everybody on this machine can write to IT"), "{place}");
        }
        assert!(distrust(&root.join("none")).is_some());
    }

    #[test]
    fn a_link_that_a_repository_has_leads_out_of_its_directory_or_stays_below_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(root.join("in/below")).unwrap();
        fs::write(root.join("in/below/a"), "").unwrap();
        fs::create_dir(root.join("in/.git")).unwrap();
        fs::write(root.join("in/.git/config"), "").unwrap();
        fs::write(root.join("out"), "").unwrap();
        symlink("below/../../none", root.join("in/dangling")).unwrap();
        symlink(".git", root.join("in/dir")).unwrap();
        let link = root.join("in/link");
        for (target, out) in [
            ("below/a", None),
            ("../out", Some(root.join("out"))),
            ("/dev/null", Some("/dev/null".into())),
            ("none", None),
            ("../none", Some(root.join("none"))),
            ("/none", Some("/none".into())),
            ("dangling", Some(root.join("none"))),
            (".git/config", Some(root.join("in/.git/config"))),
            ("dir/none", Some(root.join("in/.git/none"))),
        ] {
            drop(fs::remove_file(&link));
            symlink(target, &link).unwrap();
            fs::rename(root.join("in/.git"), root.join("in/git")).unwrap();
            assert_eq!(led_out(&link), None, "{target}: a person's own");
            fs::rename(root.join("in/git"), root.join("in/.git")).unwrap();
            // A repository that git can't read may have anything.
            assert_eq!(led_out(&link), out, "{target}");
        }
        assert_eq!((led_out(&root.join("in/below/a")), led_out(&root.join("in/none"))), (None, None));
    }
}
