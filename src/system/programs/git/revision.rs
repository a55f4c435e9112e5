//! Owns reading the files of a commit. Nothing is checked out: no hook and no filter runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{GitError, find, git_in, output};
use crate::system::files::disk::LARGEST;

/// As many links as are followed to one file.
const MOST_LINKS: usize = 8;

/// A commit, with the files in one of its directories.
#[derive(Debug)]
pub(crate) struct Revision {
    git: PathBuf,
    root: PathBuf,
    /// The object name of the commit.
    pub(crate) commit: String,
    files: BTreeMap<String, TreeFile>,
}

#[derive(Debug)]
struct TreeFile {
    id: String,
    is_link: bool,
    size: u64,
}

impl Revision {
    /// Lists the files below `dir` in the commit that `name` means, in the repository at `root`. None if git knows no such commit.
    pub(crate) fn open(root: &Path, name: &str, dir: &str) -> Result<Option<Self>, GitError> {
        let git = find().map_err(GitError::NoProgram)?;
        let commit = format!("{name}^{{commit}}");
        let parse = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        let found = match output(git_in(&git, root).args(parse)) {
            Err(GitError::Silent) => return Ok(None),
            other => other?,
        };
        let commit = String::from_utf8_lossy(&found).trim().to_owned();
        let mut list = git_in(&git, root);
        list.args(["--literal-pathspecs", "ls-tree", "-r", "-z", "--long", "--full-tree", &commit]);
        if !dir.is_empty() {
            list.arg("--").arg(format!("{dir}/"));
        }
        let listed = output(&mut list)?;
        let files = listed.split(|byte| *byte == 0).filter_map(tree_file).collect();
        Ok(Some(Self { git, root: root.to_path_buf(), commit, files }))
    }

    /// In order, with `/`, from the repository's root.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Reads a file, also through links to files. None if there is none.
    pub(crate) fn read(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let Some(file) = self.files.get(&path) else { return Ok(None) };
            if file.size > LARGEST {
                return Err(GitError::Failed(format!("{path} has {} bytes", file.size)));
            }
            let bytes = output(git_in(&self.git, &self.root).args(["cat-file", "blob", &file.id]))?;
            if !file.is_link {
                return Ok(Some(bytes));
            }
            let Some(target) = target(&path, &String::from_utf8_lossy(&bytes)) else { return Ok(None) };
            path = target;
        }
        Ok(None)
    }
}

/// Reads `MODE TYPE ID SIZE<tab>PATH`. None for a submodule, or a path that is not UTF-8.
fn tree_file(line: &[u8]) -> Option<(String, TreeFile)> {
    let (head, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut words = head.split_ascii_whitespace();
    let (mode, kind, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let file = TreeFile { id: id.to_owned(), is_link: mode == "120000", size: size.parse().ok()? };
    (kind == "blob").then(|| (path.to_owned(), file))
}

/// The path that a link at `path` leads to. None if that is outside the repository.
fn target(path: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            "." => {}
            // An absolute path begins with an empty part.
            "" => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_file_of_the_repository_or_nowhere() {
        for (path, link, expected) in [
            ("profiles.toml", "aws/profiles.toml", Some("aws/profiles.toml")),
            ("a/b", "../c/./d", Some("c/d")),
            ("a/b", "../../etc/passwd", None),
            ("a", "/etc/passwd", None),
        ] {
            assert_eq!(target(path, link).as_deref(), expected, "{path} {link}");
        }
    }
}
