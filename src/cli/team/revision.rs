//! Owns reading a manifest, and what it includes, from a commit of its repository.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::cli::config::files::{Files, IncludeWay};
use crate::cli::config::load::Reading;
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::manifest::{IncludeProblem, LOCAL_NAME, Layers};
use crate::source::Source;
use crate::system::files::{disk, glob};
use crate::system::programs::git::{self, GitError, Revision};

/// A manifest's place in a repository.
#[derive(Debug)]
pub(crate) struct Place {
    /// The root of the work tree.
    pub(crate) root: PathBuf,
    /// The manifest's path below it, with `/`.
    pub(crate) path: String,
}

impl Place {
    /// Finds the work tree in which the manifest at `path` is, links resolved.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let real = disk::real_path(path)?;
        let root = git::work_tree(&real)?;
        let below: Option<Vec<&str>> = real.strip_prefix(&root).ok()?.iter().map(|part| part.to_str()).collect();
        Some(Self { path: below?.join("/"), root })
    }

    /// The manifest's directory; empty for the root.
    pub(crate) fn dir(&self) -> &str {
        parent(&self.path)
    }
}

/// The manifest at `path` of a commit. `label` stands before the paths of its files in messages. None if the commit has no such
/// file.
pub(crate) fn read(revision: &Revision, path: &str, label: &str) -> Result<Option<Reading>, Failure> {
    let Some(bytes) = revision.read(path)? else { return Ok(None) };
    let shown = |path: &str| format!("{label}:{path}");
    let text =
        String::from_utf8(bytes).map_err(|_| Failure::new(Exit::Manifest, format!("{} is not UTF-8", shown(path))))?;
    let layers = Layers::new(Source::new(shown(path), text), LOCAL_NAME);
    let by_path = HashMap::from([(path.to_owned(), 0)]);
    let mut reader = RevisionReader { revision, label, layers, by_path, way: IncludeWay::default() };
    let dir = parent(path);
    reader.follow(0, dir);
    let is_misplaced = |one: &&str| parent(one) == dir && name(one).eq_ignore_ascii_case(LOCAL_NAME);
    if let Some(misplaced) = revision.paths().find(is_misplaced) {
        reader.layers.add_misplaced(Source::new(shown(misplaced), ""), None);
    }
    Ok(Some(Reading::effective(Files::of_layers(reader.layers))))
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        match error {
            GitError::Interrupted => Self::one_line(Exit::Interrupted, "interrupted; nothing was changed"),
            GitError::NoProgram(_) => Self::of(Exit::Unavailable, &error).hint("install git, or put it into PATH"),
            _ => Self::of(Exit::Unavailable, &error),
        }
    }
}

struct RevisionReader<'r> {
    revision: &'r Revision,
    label: &'r str,
    layers: Layers,
    by_path: HashMap<String, usize>,
    way: IncludeWay,
}

impl RevisionReader<'_> {
    /// Reads what the file of that number, in `dir`, includes.
    fn follow(&mut self, number: usize, dir: &str) {
        for include in self.layers.includes(number) {
            let (paths, is_pattern) = glob::among(dir, &include.pattern, self.revision.paths());
            if paths.is_empty() {
                self.layers.report(&include, Path::new(dir), IncludeProblem::Nothing);
            }
            self.way.enter(number, include.at);
            for path in paths {
                let is_own = name(&path) == LOCAL_NAME || self.by_path.get(&path) == Some(&number);
                // A glob that matches the file it stands in does not mean that file.
                if is_pattern && is_own {
                    continue;
                }
                if let Err(problem) = self.take(number, &path) {
                    self.layers.report(&include, Path::new(&format!("{}:{path}", self.label)), problem);
                }
            }
            self.way.leave();
        }
    }

    fn take(&mut self, by: usize, path: &str) -> Result<(), IncludeProblem> {
        if let Some(number) = self.by_path.get(path).copied() {
            self.way.check_cycle(number)?;
            self.layers.link(by, number);
            return Ok(());
        }
        self.way.check_depth()?;
        let unreadable = |error: &dyn std::error::Error| IncludeProblem::Unreadable(error.to_string());
        let bytes = self.revision.read(path).map_err(|error| unreadable(&error))?.ok_or(IncludeProblem::Missing)?;
        let text = String::from_utf8(bytes).map_err(|error| unreadable(&error))?;
        let number = self.layers.add_included(by, Source::new(format!("{}:{path}", self.label), text));
        self.by_path.insert(path.to_owned(), number);
        self.follow(number, parent(path));
        Ok(())
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
