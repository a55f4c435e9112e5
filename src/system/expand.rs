//! Owns finding the files that a pattern names, and remembering what that was found by. Must not know what they are for.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern, PatternError};
use jiff::Timestamp;

use super::disk::DiskError;
use super::seen::{self, Seen};

/// `*` stands for no hidden file: editors leave such ones.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The files that a pattern names.
#[derive(Debug, Default)]
pub(crate) struct Expanded {
    /// In order. Those that are named in full may not exist.
    pub(crate) files: Vec<PathBuf>,
    /// Everything that this depends on but the files themselves.
    pub(crate) seen: Vec<Seen>,
    /// Whether any part of the name is a pattern.
    pub(crate) is_pattern: bool,
}

/// The files below `dir` that a relative `pattern` names, whose parts are set apart by `/`. Directories are no files, links
/// to them are told as files.
pub(crate) fn expand(dir: &Path, pattern: &str, now: Timestamp) -> Result<Expanded, DiskError> {
    let mut expanded = Expanded { files: vec![dir.to_path_buf()], ..Expanded::default() };
    let parts: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        match as_pattern(part) {
            Some(pattern) => expanded.step(&pattern, is_last, now)?,
            None => expanded.files.iter_mut().for_each(|path| path.push(part)),
        }
    }
    if expanded.is_pattern {
        // A file in each directory that matches need not be in all of them.
        let (files, gone): (Vec<_>, Vec<_>) = expanded.files.into_iter().partition(|path| super::disk::exists(path));
        expanded.files = files;
        expanded.seen.extend(gone.iter().map(|path| seen::missing(path)));
    }
    Ok(expanded)
}

/// The part as a pattern; none if it is a name.
fn as_pattern(part: &str) -> Option<Pattern> {
    let parsed: Result<Pattern, PatternError> = Pattern::new(part);
    parsed.ok().filter(|_| part.contains(['*', '?', '[']))
}

impl Expanded {
    /// Goes from the directories at hand to what matches in them.
    fn step(&mut self, pattern: &Pattern, is_last: bool, now: Timestamp) -> Result<(), DiskError> {
        self.is_pattern = true;
        for dir in std::mem::take(&mut self.files) {
            let here = if dir.as_os_str().is_empty() { Path::new(".") } else { &dir };
            let (names, seen) = seen::names(here, now)?;
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
            let expanded = expand(dir.path(), pattern, Timestamp::now()).unwrap();
            let name = |path: &PathBuf| path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
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
}
