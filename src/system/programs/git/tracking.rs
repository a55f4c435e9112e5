//! Owns asking git whether it tracks a file.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{git_in, is_repository};
use crate::system::files::disk;
use crate::system::programs::capture;

/// The time limit for one answer: where there is none, git looks through the whole history.
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// In the index, under this path.
    Tracked(String),
    /// Not in the index, but in a commit: a pull that ended early leaves such files, and so does one that can't remove them.
    Known,
    /// In no repository, or in one that has never had it.
    Untracked,
    /// In a repository about which git can't answer, for this reason.
    Unknown(String),
}

/// Asks git about `path`, which may be a link, but has none on the way to it.
///
/// Every spelling counts, since a file system may take `Profiles.Local.toml` for it. Each repository above it is asked, not only
/// the nearest: a submodule that became a directory leaves a `.git` that knows nothing of the files beside it.
pub(crate) fn tracking(path: &Path) -> Tracking {
    let is_root = |dir: &&Path| is_repository(&dir.join(".git"));
    let answers = path.ancestors().skip(1).filter(is_root).map(|root| tracking_in(root, path));
    answers.into_iter().find(|answer| *answer != Tracking::Untracked).unwrap_or(Tracking::Untracked)
}

fn tracking_in(root: &Path, path: &Path) -> Tracking {
    let Ok(name) = path.strip_prefix(root) else { return Tracking::Untracked };
    let git = match super::find() {
        Ok(git) => git,
        Err(why) => return Tracking::Unknown(format!("{} is a git repository, and {why}", root.display())),
    };
    let pathspec = pathspec(name.as_os_str());
    let ask = |question: &[&str]| ask(git_in(&git, root).args(question).arg("--").arg(&pathspec), root);
    let fetched = fetched(root);
    let history: Vec<&str> = HISTORY.into_iter().chain(fetched.iter().map(String::as_str)).collect();
    let answer = ask(&INDEX).and_then(|tracked| match tracked {
        Some(name) => Ok(Tracking::Tracked(name)),
        None => Ok(ask(&history)?.map_or(Tracking::Untracked, |_| Tracking::Known)),
    });
    answer.unwrap_or_else(Tracking::Unknown)
}

/// Asks for files in the index.
const INDEX: [&str; 2] = ["ls-files", "-z"];
/// Asks for a commit with the file, among those of the branches, the reflog and the last fetch. git writes the index last: while it
/// works, and where it failed, files are there that are not in the index.
const HISTORY: [&str; 7] = ["rev-list", "-1", "--full-history", "--all", "--reflog", "--ignore-missing", "FETCH_HEAD"];

/// All commits of the last fetch, since a pull may merge several: for git, `FETCH_HEAD` is only the first one.
fn fetched(root: &Path) -> Vec<String> {
    // Read as a file: an archive may have put a pipe there, which never ends.
    let bytes = disk::read(&root.join(".git/FETCH_HEAD")).ok().flatten().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let ids = text.lines().filter_map(|line| line.split('\t').next());
    ids.filter(|id| id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
        .take(100)
        .collect()
}

/// The first answer of git's; none if it gives none.
fn ask(command: &mut Command, root: &Path) -> Result<Option<String>, String> {
    let output = match capture::answer(command, LIMIT) {
        Ok(output) => output.ok_or_else(|| format!("git took more than {} seconds", LIMIT.as_secs()))?,
        Err(error) => return Err(format!("git can't be run: {error}")),
    };
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let first = words.lines().next().unwrap_or("it failed");
        return Err(format!("git can't look into {}: {first}", root.display()));
    }
    let first = output.stdout.split(|byte| *byte == 0).next().filter(|first| !first.is_empty());
    Ok(first.map(|first| String::from_utf8_lossy(first).into_owned()))
}

/// The pathspec (gitglossary) of every spelling of a path. Git ignores the case of ASCII letters alone, and a file system may
/// compose other letters in its own way, so those match anything. So do `s` and `k`, which are also the small letters of `ſ`
/// (U+017F) and of the Kelvin sign (U+212A).
fn pathspec(path: &OsStr) -> OsString {
    let mut spec = ":(top,icase,glob)".to_owned();
    for letter in path.to_string_lossy().chars() {
        match letter {
            '*' | '?' | '[' | '\\' => spec.extend(['\\', letter]),
            // Git writes `/` everywhere.
            letter if std::path::is_separator(letter) => spec.push('/'),
            's' | 'S' | 'k' | 'K' => spec.push_str("?*"),
            letter if letter.is_ascii() => spec.push(letter),
            _ => {
                // An accent may be a letter of its own, behind the one that it belongs to.
                if spec.ends_with(|before: char| before.is_ascii_alphabetic()) {
                    spec.pop();
                }
                spec.push('*');
            }
        }
    }
    spec.into()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;

    use super::*;

    fn git(dir: &Path, args: &[&str]) {
        let mut command = Command::new("git");
        command.current_dir(dir).env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        let run = command.args(["-c", "user.name=a", "-c", "user.email=a@b.example"]).args(args).output().unwrap();
        assert!(run.status.success(), "{args:?}: {run:?}");
    }

    /// A repository with these files in its index.
    fn repository(files: &[&str]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        git(&root, &["init", "-q"]);
        for file in files {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
            git(&root, &["add", "--", file]);
        }
        (dir, root)
    }

    #[test]
    fn a_repository_around_the_nearest_one_is_asked_too() {
        let (_dir, root) = repository(&["awsauth/profiles.local.toml"]);
        // As a submodule leaves it that became a directory of the repository around it.
        git(&root.join("awsauth"), &["init", "-q"]);
        let found = tracking(&root.join("awsauth/profiles.local.toml"));
        assert_eq!(found, Tracking::Tracked("awsauth/profiles.local.toml".to_owned()));
        assert_eq!(tracking(&root.join("awsauth/other.toml")), Tracking::Untracked);
    }

    #[test]
    fn every_spelling_of_a_tracked_file_counts_and_nothing_else() {
        let files = ["Te[am]/Profiles.Local.toml", "é/b", "x/a*b", "aw\u{17f}/profile\u{17f}.toml", "des\u{212a}/a"];
        let (_dir, root) = repository(&files);
        let found = |path: &str| tracking(&root.join(path));
        for (path, tracked) in [
            ("Te[am]/Profiles.Local.toml", files[0]),
            ("te[AM]/profiles.local.toml", files[0]),
            // In two ways of composing it, and in capitals.
            ("e\u{301}/b", files[1]),
            ("É/B", files[1]),
            ("x/A*B", files[2]),
            // Letters whose small ones are `s` and `k`.
            ("aws/profiles.toml", files[3]),
            ("aws/profile\u{17f}.toml", files[3]),
            ("DESK/A", files[4]),
        ] {
            assert_eq!(found(path), Tracking::Tracked(tracked.to_owned()), "{path}");
        }
        for path in [
            "profiles.local.toml",
            "Te[am]/profile.toml",
            "aws/profile.toml",
            "aws/x/profiles.toml",
            "Tea/profiles.local.toml",
            "x/acb",
            "a/b",
        ] {
            assert_eq!(found(path), Tracking::Untracked, "{path}");
        }
        let outside = tempfile::tempdir().unwrap();
        assert_eq!(tracking(&outside.path().join("a")), Tracking::Untracked);
    }

    /// How a file comes to be in no index, and how to make it so.
    type Leave<'a> = (&'a str, &'a dyn Fn(&Path));

    /// The file `a` in a repository that does not track it any more, or not yet.
    #[test]
    fn a_pipe_in_place_of_the_last_fetch_is_not_waited_for() {
        let (_dir, root) = repository(&["a"]);
        let pipe = root.join(".git/FETCH_HEAD");
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        assert_eq!(fetched(&root), [""; 0]);
    }

    #[test]
    fn a_file_that_a_commit_has_is_known_though_the_index_has_it_not() {
        let committed = || {
            let (dir, root) = repository(&["a"]);
            git(&root, &["commit", "-q", "-m", "x"]);
            (dir, root)
        };
        let untrack = ["rm", "-q", "--cached", "a"];
        let leave: [Leave<'_>; 6] = [
            // As a clone that ended early leaves it.
            ("no index", &|root| fs::remove_file(root.join(".git/index")).unwrap()),
            // As a pull leaves it that may not write to its directory.
            ("removed", &|root| {
                git(root, &untrack);
                git(root, &["commit", "-q", "--allow-empty", "-m", "y"]);
            }),
            // As one leaves it that brought a commit which was taken back since.
            ("reflog", &|root| {
                git(root, &untrack);
                git(root, &["commit", "-q", "--allow-empty", "--amend", "-m", "y"]);
            }),
            ("another branch, which a merge passed over", &|root| {
                git(root, &["branch", "-M", "side"]);
                git(root, &["checkout", "-q", "--orphan", "other"]);
                git(root, &untrack);
                git(root, &["commit", "-q", "--allow-empty", "-m", "y"]);
                git(root, &["merge", "-q", "-s", "ours", "--allow-unrelated-histories", "-m", "z", "side"]);
                git(root, &["branch", "-D", "-q", "side"]);
                fs::remove_dir_all(root.join(".git/logs")).unwrap();
            }),
            // As a pull by address leaves it.
            ("fetched", &|root| {
                git(root, &["init", "-q", "clone"]);
                git(&root.join("clone"), &["fetch", "-q", ".."]);
            }),
            ("fetched behind another one", &|root| {
                git(root, &["branch", "-M", "side"]);
                git(root, &["checkout", "-q", "--orphan", "other"]);
                git(root, &untrack);
                git(root, &["commit", "-q", "--allow-empty", "-m", "y"]);
                git(root, &["init", "-q", "clone"]);
                git(&root.join("clone"), &["fetch", "-q", "..", "other", "side"]);
            }),
        ];
        for (how, leave) in leave {
            let (_dir, root) = committed();
            leave(&root);
            let root = if how.starts_with("fetched") { root.join("clone") } else { root };
            assert_eq!(tracking(&root.join("a")), Tracking::Known, "{how}");
            assert_eq!(tracking(&root.join("A")), Tracking::Known, "{how}");
            assert_eq!(tracking(&root.join("b")), Tracking::Untracked, "{how}");
        }
    }

    #[test]
    fn a_history_that_is_not_whole_says_nothing() {
        let (_dir, root) = repository(&["a"]);
        fs::write(root.join(".git/FETCH_HEAD"), "").unwrap();
        assert_eq!(tracking(&root.join("b")), Tracking::Untracked, "a fetch that got nothing, and no commit yet");
        git(&root, &["commit", "-q", "-m", "x"]);
        let objects = root.join(".git/objects");
        fs::remove_dir_all(&objects).unwrap();
        fs::create_dir(&objects).unwrap();
        assert!(matches!(tracking(&root.join("b")), Tracking::Unknown(_)));
    }

    #[test]
    fn a_repository_that_a_neighbour_put_above_is_passed_over() {
        use std::os::unix::fs::{PermissionsExt as _, chown};
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root can give a file away");
            return;
        }
        let (_dir, root) = repository(&["in/a"]);
        chown(root.join(".git"), Some(4242), None).unwrap();
        assert_eq!(tracking(&root.join("in/a")), Tracking::Tracked("in/a".to_owned()), "as in a container");
        fs::set_permissions(&root, fs::Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(tracking(&root.join("in/a")), Tracking::Untracked);
        chown(root.join(".git"), Some(0), None).unwrap();
        assert_eq!(tracking(&root.join("in/a")), Tracking::Tracked("in/a".to_owned()));
    }

    #[test]
    fn a_repository_that_git_can_t_read_is_not_one_without_the_file() {
        let (_dir, root) = repository(&[]);
        fs::write(root.join(".git/index"), "odd").unwrap();
        assert!(matches!(tracking(&root.join("a")), Tracking::Unknown(why) if why.contains("git can't look into")));
        fs::remove_dir_all(root.join(".git")).unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        assert!(matches!(tracking(&root.join("a")), Tracking::Unknown(_)));
    }

    #[test]
    fn a_linked_work_tree_is_asked_about_its_own_files() {
        let (_dir, root) = repository(&["a"]);
        git(&root, &["commit", "-q", "-m", "x"]);
        git(&root, &["worktree", "add", "-q", "-b", "other", "w"]);
        assert_eq!(tracking(&root.join("w/a")), Tracking::Tracked("a".to_owned()));
        assert_eq!(tracking(&root.join("w/b")), Tracking::Untracked);
    }

    #[test]
    fn a_bare_repository_in_a_subdirectory_does_not_answer_for_the_clone() {
        let (_dir, root) = repository(&["sub/profiles.local.toml"]);
        git(&root, &["init", "-q", "--bare", "sub"]);
        git(&root, &["-C", "sub", "config", "core.bare", "false"]);
        git(&root, &["-C", "sub", "config", "core.worktree", "."]);
        let found = tracking(&root.join("sub/profiles.local.toml"));
        assert_eq!(found, Tracking::Tracked("sub/profiles.local.toml".to_owned()));
    }

    #[test]
    fn nothing_that_a_repository_names_is_run() {
        let (_dir, root) = repository(&["a"]);
        let ran = root.join("ran");
        let touch = format!("touch '{}'; exit 1", ran.display());
        let hook = root.join("hook.sh");
        fs::write(&hook, format!("#!/bin/sh\n{touch}\n")).unwrap();
        // Through a shell, since this process may still have the file open for writing in a child of another test.
        let hook = format!("sh {}", hook.display());
        for (key, value) in [
            ("core.fsmonitor", &*hook),
            ("core.pager", &*hook),
            ("alias.ls-files", &*format!("!{hook}")),
            ("remote.origin.url", &*format!("ext::{hook}")),
            ("remote.origin.promisor", "true"),
            ("extensions.partialClone", "origin"),
            ("protocol.ext.allow", "always"),
            ("core.repositoryformatversion", "1"),
        ] {
            git(&root, &["config", key, value]);
        }
        assert_eq!(tracking(&root.join("a")), Tracking::Tracked("a".to_owned()));
        assert_eq!(tracking(&root.join("b")), Tracking::Untracked);
        assert!(!ran.exists());
    }
}
