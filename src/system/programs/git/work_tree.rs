//! Owns moving a checkout forward to a newer commit. Its files, and whatever runs on them, are the person's: a checkout that differs
//! from its commit is left alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::remote::{self, Attended};
use super::{GitError, find, git_in, output};
use crate::address::RepositoryAddress;

/// A checkout, by its root.
#[derive(Debug)]
pub(crate) struct WorkTree {
    git: PathBuf,
    root: PathBuf,
}

/// The branch that the checked out branch follows.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// The address, as it is configured.
    pub(crate) url: String,
    /// The branch over there: `refs/heads/main`.
    pub(crate) branch: String,
    /// The branch that is checked out.
    own: String,
    /// Where the last fetch of it is remembered.
    tracking: Option<String>,
}

impl WorkTree {
    pub(crate) fn open(root: &Path) -> Result<Self, GitError> {
        Ok(Self { git: find().map_err(GitError::NoProgram)?, root: root.to_path_buf() })
    }

    fn ask(&self, args: &[&str]) -> Result<String, GitError> {
        let answer = output(git_in(&self.git, &self.root).args(args))?;
        Ok(String::from_utf8_lossy(&answer).trim().to_owned())
    }

    /// The commit that is checked out.
    pub(crate) fn head(&self) -> Result<String, GitError> {
        self.ask(&["rev-parse", "--verify", "HEAD^{commit}"])
    }

    /// None if no branch is checked out, or it follows no branch of another repository.
    pub(crate) fn upstream(&self) -> Option<Upstream> {
        let own = self.ask(&["symbolic-ref", "--quiet", "HEAD"]).ok()?;
        let name = own.strip_prefix("refs/heads/")?;
        let config = |key: &str| self.ask(&["config", "--get", key]).ok().filter(|value| !value.is_empty());
        let remote = config(&format!("branch.{name}.remote"))?;
        let branch = config(&format!("branch.{name}.merge"))?;
        let url = config(&format!("remote.{remote}.url"))?;
        let tracking = self.ask(&["rev-parse", "--symbolic-full-name", "@{upstream}"]).ok();
        Some(Upstream { url, branch, tracking: tracking.filter(|name| name.starts_with("refs/remotes/")), own })
    }

    /// True if history is cut off, or objects are left out.
    pub(crate) fn is_partial(&self) -> bool {
        let is_shallow = self.ask(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer == "true");
        is_shallow || self.ask(&["config", "--get", "extensions.partialClone"]).is_ok()
    }

    /// The filters of this repository's own configuration. Without them, its files would not be what they should be.
    pub(crate) fn own_filters(&self) -> Vec<String> {
        let mut names = self.filters(&["--local", "--includes"]);
        names.extend(self.filters(&["--worktree", "--includes"]));
        names.sort();
        names.dedup();
        names
    }

    fn filters(&self, scope: &[&str]) -> Vec<String> {
        let listed = self.ask(&[&["config"], scope, &["--name-only", "--get-regexp", "^filter\\."]].concat());
        let name = |key: &str| Some(key.strip_prefix("filter.")?.rsplit_once('.')?.0.to_owned());
        let mut names: Vec<String> = listed.unwrap_or_default().lines().filter_map(name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// git with every filter switched off: by variables, since `-c` would cut the name of a filter at an equals sign.
    fn without_filters(&self) -> Command {
        let mut git = git_in(&self.git, &self.root);
        let off = |name: &String| {
            let programs = ["clean", "smudge", "process"].map(|key| (format!("filter.{name}.{key}"), ""));
            programs.into_iter().chain([(format!("filter.{name}.required"), "false")]).collect::<Vec<_>>()
        };
        let settings: Vec<_> = self.filters(&[]).iter().flat_map(off).collect();
        git.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (number, (key, value)) in settings.into_iter().enumerate() {
            git.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        git
    }

    /// The files that differ from the commit; files that git does not know don't count.
    pub(crate) fn changed_files(&self) -> Result<Vec<String>, GitError> {
        let mut status = self.without_filters();
        status.args(["status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames"]);
        let listed = output(&mut status)?;
        let paths = listed.split(|byte| *byte == 0).filter_map(|line| line.get(3..));
        Ok(paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect())
    }

    /// Fetches the upstream branch, and returns its commit. No branch of the checkout moves.
    pub(crate) fn fetch(
        &self,
        upstream: &Upstream,
        address: &RepositoryAddress,
        attended: Attended<'_>,
    ) -> Result<String, GitError> {
        let objects = self.root.join(self.ask(&["rev-parse", "--git-path", "objects"])?);
        remote::fetch(&objects, &self.head()?, address, &upstream.branch, attended)
    }

    /// The upstream branch's commit at the last fetch.
    pub(crate) fn fetched(&self, upstream: &Upstream) -> Option<String> {
        self.ask(&["rev-parse", "--verify", &format!("{}^{{commit}}", upstream.tracking.as_ref()?)]).ok()
    }

    /// True if `ancestor` is `commit`, or one of those that it was made from.
    pub(crate) fn is_ancestor(&self, ancestor: &str, commit: &str) -> Result<bool, GitError> {
        let others = self.ask(&["rev-list", "--max-count=1", ancestor, &format!("^{commit}")])?;
        Ok(others.is_empty())
    }

    /// Moves the branch and the files from one commit to a later one. Leaves everything as it is if a file of the person's own is in
    /// the way.
    pub(crate) fn fast_forward(&self, upstream: &Upstream, from: &str, to: &str) -> Result<(), GitError> {
        output(self.without_filters().args(["read-tree", "-m", "-u", from, to]))?;
        self.ask(&["update-ref", "-m", "awsauth update: fast-forward", &upstream.own, to, from])?;
        match &upstream.tracking {
            Some(tracking) => self.ask(&["update-ref", "-m", "awsauth update", tracking, to]).map(drop),
            None => Ok(()),
        }
    }
}
