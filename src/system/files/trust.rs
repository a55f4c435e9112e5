//! Owns finding out that somebody else could have written a file, or have put a link in its place.

use std::path::{Path, PathBuf};

use super::walk::{PathEntry, Walk};
#[cfg(unix)]
use super::walk::{Sticky, Writers};
use crate::system::programs::git::{Tracking, tracking};

/// The reason not to trust the file at `path`, since somebody else may have written it.
///
/// None if only this user or root can change it, its directories and the links that lead to it, and no git repository has, or
/// ever had, the file or one of the links.
pub(crate) fn distrust(path: &Path) -> Option<String> {
    let is_file = |place: &PathEntry| place.is_end && !place.metadata.is_symlink();
    let found = Walk::along(path).and_then(Walk::finish).ok().filter(|(places, _)| places.last().is_some_and(is_file));
    let Some((places, _)) = found else { return Some("the file can't be examined".to_owned()) };
    let ends: Vec<&PathEntry> = places.iter().filter(|place| is_file(place) || place.metadata.is_symlink()).collect();
    changeable(&places, &ends).or_else(|| ends.iter().find_map(|place| committed(&place.path)))
}

/// The first of `places` that another user can change. The file and the links are the `ends` of directories.
#[cfg(unix)]
fn changeable(places: &[PathEntry], ends: &[&PathEntry]) -> Option<String> {
    let is_dir_of_end = |place: &PathEntry| ends.iter().any(|end| end.path.parent() == Some(&place.path));
    let sticky = |place: &PathEntry| if is_dir_of_end(place) { Sticky::MeansNothing } else { Sticky::Protects };
    places.iter().find_map(|place| writers(place, sticky(place)))
}

/// Windows makes a person's directory for that person alone, and what is below it inherits that. Rights are not looked at: no
/// call of Rust's standard library tells them.
#[cfg(windows)]
fn changeable(_places: &[PathEntry], ends: &[&PathEntry]) -> Option<String> {
    // In one spelling: without links, short names and the letter case that somebody typed.
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let home = crate::system::host::Host::home().and_then(|home| real(&home));
    let is_below = |place: &&&PathEntry| {
        let dir = place.path.parent().and_then(real);
        home.as_ref().zip(dir).is_some_and(|(home, dir)| dir.starts_with(home))
    };
    let place = ends.iter().find(|place| !is_below(place))?;
    Some(format!("{} is not below your own directory (USERPROFILE), and others may write it", place.path.display()))
}

fn committed(place: &Path) -> Option<String> {
    match tracking(place) {
        Tracking::Untracked => None,
        Tracking::Tracked(_) => Some(format!("{} is committed to a git repository", place.display())),
        Tracking::Known => {
            Some(format!("{} is in a commit of a git repository, and a pull may have left it there", place.display()))
        }
        Tracking::Unknown(why) => Some(format!("awsauth can't tell whether {} is committed: {why}", place.display())),
    }
}

/// The target of the link at `path`, if that is out of its directory or in a `.git`, and git tracks a link on the way, or can't
/// tell. The target need not exist.
pub(crate) fn escaping_target(path: &Path) -> Option<PathBuf> {
    let (_, real) = Walk::along(path).and_then(Walk::finish).ok()?;
    let is_fine = real.strip_prefix(resolved_parent(path)?.parent()?).is_ok_and(|below| !is_in_git_dir(below));
    (!is_fine && links(path).iter().any(|link| tracking(link) != Tracking::Untracked)).then_some(real)
}

/// True if a path without links leads into a repository's own directory, where there may be credentials.
pub(crate) fn is_in_git_dir(below: &Path) -> bool {
    below.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

/// The links that are followed on the way to `path`, each without another one in its path.
pub(crate) fn links(path: &Path) -> Vec<PathBuf> {
    let (places, _) = Walk::along(path).and_then(Walk::finish).unwrap_or_default();
    places.into_iter().filter(|place| place.metadata.is_symlink()).map(|place| place.path).collect()
}

/// The path without links but for its last name, which may be one.
pub(crate) fn resolved_parent(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    let (_, dir) = Walk::along(absolute.parent()?).and_then(Walk::finish).ok()?;
    Some(dir.join(absolute.file_name()?))
}

#[cfg(unix)]
fn writers(place: &PathEntry, sticky: Sticky) -> Option<String> {
    let shown = place.path.display();
    if let Some(owner) = place.foreign_owner() {
        return Some(format!("{shown} belongs to another user (number {owner})"));
    }
    Some(match place.writers(sticky)? {
        Writers::Everybody => format!("every user of this machine can write to {shown}"),
        Writers::Group => format!("the group of {shown} can write to it"),
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

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
                (0o757, Some("every user of this machine can write to IT")),
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
            assert_eq!(said.as_deref(), Some("every user of this machine can write to IT"), "{place}");
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
            assert_eq!(escaping_target(&link), None, "{target}: a person's own");
            fs::rename(root.join("in/git"), root.join("in/.git")).unwrap();
            // A repository that git can't read may have anything.
            assert_eq!(escaping_target(&link), out, "{target}");
        }
        assert_eq!((escaping_target(&root.join("in/below/a")), escaping_target(&root.join("in/none"))), (None, None));
    }
}

#[cfg(test)]
#[cfg(windows)]
mod tests {
    use std::fs;

    use super::*;
    use crate::system::host::Host;

    #[test]
    fn what_is_below_the_persons_own_directory_is_their_word_and_nothing_else() {
        let home = Host::home().unwrap();
        let (own, other) =
            (tempfile::tempdir_in(&home).unwrap(), tempfile::tempdir_in(home.ancestors().last().unwrap()).unwrap());
        for dir in [&own, &other] {
            fs::write(dir.path().join("a"), "").unwrap();
        }
        assert_eq!(distrust(&own.path().join("a")), None);
        assert_eq!(distrust(&own.path().join("none")).as_deref(), Some("the file can't be examined"));
        let said = distrust(&other.path().join("a")).unwrap();
        assert!(said.contains("is not below your own directory"), "{said}");
    }
}
