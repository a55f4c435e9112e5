//! Owns fetching from other machines with git, while a person may be asked for a password. Nothing of what is fetched is run: no
//! hook, no filter, no submodule.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{GitError, find, git_in, output};
use crate::address::RepositoryAddress;
use crate::system::files::atomic;
use crate::system::files::disk::{self, DiskError};
use crate::system::interrupt;
use crate::system::programs::{capture, process};

/// What a repository may not choose: programs that change files, and their encodings. git heeds this file before the
/// repository's own (gitattributes(5)).
const ATTRIBUTES: &str = "* -filter -ident -working-tree-encoding\n";

/// The time limit for one question to another machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// The variables by which a git that runs awsauth, in a hook or an alias, would name its own repository.
const OF_ANOTHER: [&str; 12] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
];

/// How git talks to the person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attended<'a> {
    /// False where nobody can be asked for a password.
    pub(crate) is_interactive: bool,
    /// The variables that git does not get.
    pub(crate) secrets: &'a [String],
}

/// A clone beside the place that it is for. It is removed unless it is put there.
#[derive(Debug)]
pub(crate) struct NewClone {
    beside: PathBuf,
    place: PathBuf,
}

impl NewClone {
    /// Clones the repository for the directory `place`, and checks its files out. Removes what an interrupted run left.
    pub(crate) fn make(address: &RepositoryAddress, place: &Path, attended: Attended<'_>) -> Result<Self, GitError> {
        let git = find().map_err(GitError::NoProgram)?;
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let new = Self { beside: place.with_file_name(format!(".{name}.awsauth-clone")), place: place.to_path_buf() };
        disk::make_private_dir(atomic::parent(place))?;
        new.remove().map_err(DiskError::io("remove", &new.beside))?;
        let mut clone = networked(&git, address, attended);
        clone.args([
            "clone",
            "--quiet",
            "--no-checkout",
            "--no-recurse-submodules",
            "--template=",
            "--origin",
            "origin",
            "--",
        ]);
        run("clone", clone.arg(address.as_str()).arg(&new.beside))?;
        let info = new.beside.join(".git/info");
        let written = fs::create_dir_all(&info).and_then(|()| fs::write(info.join("attributes"), ATTRIBUTES));
        written.map_err(DiskError::io("write", &info))?;
        output(git_in(&git, &new.beside).args(["read-tree", "-m", "-u", "HEAD"]))?;
        Ok(new)
    }

    /// Where it is now.
    pub(crate) fn root(&self) -> &Path {
        &self.beside
    }

    /// Puts it in its place, where nothing may be.
    pub(crate) fn keep(self) -> Result<(), GitError> {
        fs::rename(&self.beside, &self.place).map_err(DiskError::io("write", &self.place)).map_err(GitError::from)
    }

    fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for NewClone {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next run.
        drop(self.remove());
    }
}

/// Fetches a branch into the objects of a repository that has the commit `have`. Returns the branch's commit. The repository's own
/// configuration, which may name programs, is not read: git works in another one.
pub(super) fn fetch(
    objects: &Path,
    have: &str,
    address: &RepositoryAddress,
    branch: &str,
    attended: Attended<'_>,
) -> Result<String, GitError> {
    let git = find().map_err(GitError::NoProgram)?;
    let scratch = tempfile::tempdir().map_err(DiskError::io("create", &std::env::temp_dir()))?;
    let command = || {
        let mut command = networked(&git, address, attended);
        command.arg("--git-dir").arg(scratch.path());
        command
    };
    output(command().args(["init", "--quiet", "--bare", "--template="]).arg(scratch.path()))?;
    let with_objects = || {
        let mut command = command();
        command.env("GIT_OBJECT_DIRECTORY", objects);
        command
    };
    // Told to the server, so that it sends only what is new.
    output(with_objects().args(["update-ref", "refs/heads/have", have]))?;
    let refspec = format!("+{branch}:refs/heads/fetched");
    let mut fetch = with_objects();
    fetch.args(["fetch", "--quiet", "--no-tags", "--", address.as_str(), &refspec]);
    run("fetch", &mut fetch)?;
    let fetched = output(with_objects().args(["rev-parse", "--verify", "refs/heads/fetched^{commit}"]))?;
    Ok(String::from_utf8_lossy(&fetched).trim().to_owned())
}

/// Asks a repository for the commit of a branch, and fetches nothing. None if it does not say within [`ANSWER_TIMEOUT`].
pub(crate) fn branch_commit(address: &RepositoryAddress, branch: &str, attended: Attended<'_>) -> Option<String> {
    let git = find().ok()?;
    let scratch = tempfile::tempdir().ok()?;
    let mut ask = networked(&git, address, attended);
    // Where awsauth is run there may be a repository, whose configuration may name programs.
    ask.arg("-C").arg(scratch.path()).args(["ls-remote", "--quiet", "--", address.as_str(), branch]);
    let answer = capture::answer(&mut ask, ANSWER_TIMEOUT).ok()?.filter(|answer| answer.status.success())?;
    let text = String::from_utf8_lossy(&answer.stdout);
    let id = text.split_whitespace().next()?;
    id.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| id.to_owned())
}

/// git with the person's own configuration and environment, for their ways to log in.
fn networked(git: &Path, address: &RepositoryAddress, attended: Attended<'_>) -> Command {
    let mut command = Command::new(git);
    process::remove_variables(&mut command, OF_ANOTHER);
    process::remove_variables(&mut command, attended.secrets);
    command.env("GIT_ALLOW_PROTOCOL", address.protocols());
    if !attended.is_interactive {
        command.env("GIT_TERMINAL_PROMPT", "0");
    }
    for setting in [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "submodule.recurse=false",
        "fetch.recurseSubmodules=false",
        "gc.auto=0",
        "maintenance.auto=false",
    ] {
        command.args(["-c", setting]);
    }
    command
}

/// Runs git where its messages and questions are seen.
fn run(what: &'static str, command: &mut Command) -> Result<(), GitError> {
    command.stdout(Stdio::null());
    // A Ctrl-C reaches git too, which removes what it has begun.
    let listener = interrupt::listen();
    let status = process::spawn(command).and_then(|mut child| child.wait()).map_err(GitError::Start)?;
    match status.success() {
        _ if listener.is_pressed() => Err(GitError::Interrupted),
        true => Ok(()),
        false => Err(GitError::Said(what)),
    }
}
