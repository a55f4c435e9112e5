//! Owns running git. A repository may be hostile, such as an archive with a `.git` of its own: git must run nothing that it names,
//! and have no secret in its environment.

mod remote;
mod revision;
mod tracking;
mod work_tree;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

use super::{capture, process};
use crate::system::files::{disk::DiskError, walk};

pub(crate) use remote::{Attended, NewClone, branch_commit};
pub(crate) use revision::Revision;
pub(crate) use tracking::{Tracking, tracking};
pub(crate) use work_tree::{Upstream, WorkTree};

/// The variables that git gets: where programs are, and the person's own configuration; on Windows also what its libraries need.
const KEPT: [&str; 5] = ["PATH", "HOME", "XDG_CONFIG_HOME", "USERPROFILE", "SYSTEMROOT"];

#[derive(Debug, Error)]
pub(crate) enum GitError {
    #[error("{0}")]
    NoProgram(String),
    #[error("git can't be run")]
    Start(#[source] io::Error),
    /// With the first line of what git said.
    #[error("git failed: {0}")]
    Failed(String),
    #[error("git failed, and said nothing")]
    Silent,
    /// It has said why.
    #[error("git {0} failed")]
    Said(&'static str),
    #[error("interrupted")]
    Interrupted,
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// The work tree that a file is in. The path has no links.
pub(crate) fn work_tree(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|dir| is_repository(&dir.join(".git"))).map(Path::to_path_buf)
}

/// False for one that a neighbour put into /tmp: it knows nothing of this user's files, and may keep git waiting.
fn is_repository(git_dir: &Path) -> bool {
    fs::symlink_metadata(git_dir).is_ok() && !walk::is_planted(git_dir)
}

/// The program, or the reason why there is none.
fn find() -> Result<PathBuf, String> {
    let search = std::env::var_os("PATH");
    let git = capture::find("git", search.as_deref()).ok_or_else(|| "there is no git in PATH".to_owned())?;
    match walk::exposure(&git) {
        Some(why) => Err(format!("git is not run: {why}")),
        None => Ok(git),
    }
}

/// git in the work tree at `root`, which asks no server. The repository is named instead of looked for: git would take a bare one
/// that is committed in a subdirectory for it, and refuse a clone of another user's, as in a CI container.
fn git_in(git: &Path, root: &Path) -> Command {
    let mut command = Command::new(git);
    command.current_dir(root).env_clear();
    command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    // A partial clone would fetch what is missing, by a program that its configuration names.
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0");
    command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
    // The repository's configuration could name a program in both.
    command.args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]);
    command.args(["-c", "submodule.recurse=false"]);
    command.arg("--git-dir").arg(root.join(".git")).arg("--work-tree").arg(root);
    command
}

/// Runs git to its end and returns its output.
fn output(command: &mut Command) -> Result<Vec<u8>, GitError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = process::spawn(command).and_then(std::process::Child::wait_with_output).map_err(GitError::Start)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(words.lines().next().map_or(GitError::Silent, |line| GitError::Failed(line.to_owned())))
}
