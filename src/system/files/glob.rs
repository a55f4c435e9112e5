//! Owns finding the files that a pattern names, and remembering the directories that it read. Must not know what they are for.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern, PatternError};
use jiff::Timestamp;

use super::disk::{self, DiskError};
use super::stamp::{self, FileStamp};

/// `*` matches no hidden files: editors leave such ones.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

#[derive(Debug, Default)]
pub(crate) struct Expanded {
    /// In order. A file that is named in full need not exist.
    pub(crate) files: Vec<PathBuf>,
    /// Everything that this depends on but the files themselves.
    pub(crate) seen: Vec<FileStamp>,
    pub(crate) is_pattern: bool,
    /// The directory in which the first part that is a pattern is looked up.
    pub(crate) begin: Option<PathBuf>,
}

/// The files below `dir` that a relative `pattern` names, whose parts are separated by `/`. Directories are left out, links to
/// them are not. Only directories are read whose path without links `may_read` takes.
pub(crate) fn expand(
    dir: &Path,
    pattern: &str,
    may_read: &dyn Fn(&Path) -> bool,
    now: Timestamp,
) -> Result<Expanded, DiskError> {
    let mut expanded = Expanded { files: vec![dir.to_path_buf()], ..Expanded::default() };
    let parts: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        match as_pattern(part) {
            Some(pattern) => expanded.step(&pattern, is_last, may_read, now)?,
            None => expanded.files.iter_mut().for_each(|path| path.push(part)),
        }
    }
    if expanded.is_pattern {
        // Not every directory that matches has the file.
        let (files, gone): (Vec<_>, Vec<_>) = expanded.files.into_iter().partition(|path| disk::exists(path));
        expanded.files = files;
        expanded.seen.extend(gone.iter().map(|path| stamp::missing(path)));
    }
    Ok(expanded)
}

/// The paths of a list, each with `/`, that a relative `pattern` in `dir` names, and whether it is a glob. One that is named in full
/// need not be among them.
pub(crate) fn among<'p>(dir: &str, pattern: &str, paths: impl Iterator<Item = &'p str>) -> (Vec<String>, bool) {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let below = |dir: &str| if dir.is_empty() { parts.join("/") } else { format!("{dir}/{}", parts.join("/")) };
    if !parts.iter().any(|part| as_pattern(part).is_some()) {
        return (vec![below(dir)], false);
    }
    let pattern = Pattern::new(&below(&Pattern::escape(dir)));
    let fits = |path: &&str| pattern.as_ref().is_ok_and(|pattern| pattern.matches_with(path, OPTIONS));
    (paths.filter(fits).map(str::to_owned).collect(), true)
}

fn as_pattern(part: &str) -> Option<Pattern> {
    let parsed: Result<Pattern, PatternError> = Pattern::new(part);
    parsed.ok().filter(|_| part.contains(['*', '?', '[']))
}

impl Expanded {
    /// Replaces the directories in `files` by what matches in them. A directory that several links lead to is read once: links
    /// in a circle would double the work with each step.
    fn step(
        &mut self,
        pattern: &Pattern,
        is_last: bool,
        may_read: &dyn Fn(&Path) -> bool,
        now: Timestamp,
    ) -> Result<(), DiskError> {
        if !std::mem::replace(&mut self.is_pattern, true) {
            self.begin = self.files.first().cloned();
        }
        let mut read = HashSet::new();
        for dir in std::mem::take(&mut self.files) {
            let here = if dir.as_os_str().is_empty() { Path::new(".") } else { &dir };
            if let Some(real) = disk::real_path(here)
                && (!may_read(&real) || !read.insert(real.clone()))
            {
                self.seen.push(stamp::directory(here, real));
                continue;
            }
            let (names, seen) = stamp::names(here, now)?;
            self.seen.push(seen);
            let matches = names.into_iter().filter(|one| {
                let fits = one.name.to_str().is_some_and(|name| pattern.matches_with(name, OPTIONS));
                fits && !(is_last && one.is_dir)
            });
            self.files.extend(matches.map(|one| dir.join(one.name)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn names_are_taken_as_they_are_and_patterns_are_looked_up_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["b.toml", "a.toml", ".c.toml", "a.txt", "t/x/aws.toml", "t/y/other", "d.toml/in"] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let files = |pattern: &str| {
            let expanded = expand(dir.path(), pattern, &|_| true, Timestamp::now()).unwrap();
            let name = |path: &PathBuf| path.strip_prefix(dir.path()).unwrap().to_str().unwrap().replace('\\', "/");
            (expanded.files.iter().map(name).collect::<Vec<_>>().join(" "), expanded.seen.len())
        };
        for (pattern, found) in [
            ("none.toml", ("none.toml", 0)),
            ("./t/x/aws.toml", ("t/x/aws.toml", 0)),
            ("*.toml", ("a.toml b.toml", 1)),
            ("[b-z].toml", ("b.toml", 1)),
            ("?.t*", ("a.toml a.txt b.toml", 1)),
            // The names in t, and that t/y has no such file.
            ("t/*/aws.toml", ("t/x/aws.toml", 2)),
            ("none/*.toml", ("", 1)),
        ] {
            let (files, seen) = files(pattern);
            assert_eq!((files.as_str(), seen), found, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_chooses_from_a_list_as_it_does_from_a_directory() {
        let paths = ["[d]/a.toml", "[d]/b.toml", "[d]/.c.toml", "[d]/t/x/aws.toml", "[d]/t/aws.toml", "d/e.toml"];
        for (dir, pattern, found) in [
            ("[d]", "*.toml", "[d]/a.toml [d]/b.toml"),
            ("[d]", "./t/*/aws.toml", "[d]/t/x/aws.toml"),
            ("[d]", "none.toml", "[d]/none.toml"),
            ("", "d/*", "d/e.toml"),
        ] {
            assert_eq!(among(dir, pattern, paths.into_iter()).0.join(" "), found, "{dir} {pattern}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn each_directory_is_read_once_a_step_and_none_that_may_not_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        let (team, out) = (root.join("team"), root.join("out"));
        for place in [&team, &out] {
            fs::create_dir(place).unwrap();
            fs::write(place.join("x.toml"), "").unwrap();
        }
        for (target, link) in [(".", "a"), (".", "b"), ("../out", "c")] {
            std::os::unix::fs::symlink(target, team.join(link)).unwrap();
        }
        let expand = |pattern: &str| expand(&team, pattern, &|real| real.starts_with(&team), Timestamp::now()).unwrap();
        let found = expand(&format!("{}*.toml", "[a-c]/".repeat(12)));
        assert_eq!(found.files, [team.join("a/".repeat(12)).join("x.toml")]);
        // In each step but the first, what `b` and `c` lead to.
        assert_eq!(found.seen.len(), 1 + 12 * 3);
        let found = expand("c/*");
        assert_eq!((found.files, found.begin), (vec![], Some(team.join("c"))));
        assert!(found.seen[0].is_current());
        fs::remove_file(team.join("c")).unwrap();
        std::os::unix::fs::symlink(".", team.join("c")).unwrap();
        assert!(!found.seen[0].is_current());
    }
}
