//! Owns telling whether a file is committed to a git repository, from the repository's index alone: no program is run,
//! since a repository can name some of its own.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk;

/// Whether the file at `path`, which may be a link, but has none on the way to it, is in the index of the repository that it stands in. An index
/// that can't be read, or that has some of its names elsewhere, counts as one that has it.
pub(super) fn is_committed(path: &Path) -> bool {
    let Some((root, git)) = path.ancestors().skip(1).find_map(|dir| Some((dir, git_dir(dir)?))) else { return false };
    let Ok(name) = path.strip_prefix(root) else { return false };
    // Git writes `/` everywhere.
    let name: Vec<&[u8]> = name.iter().map(std::ffi::OsStr::as_encoded_bytes).collect();
    match disk::read(&git.join("index")) {
        Ok(None) => false,
        Ok(Some(index)) => names(&index).is_none_or(|names| names.contains(&name.join(&b'/'))),
        Err(_) => true,
    }
}

/// Where the repository of a work tree at `dir` keeps its index.
fn git_dir(dir: &Path) -> Option<PathBuf> {
    let git = dir.join(".git");
    if fs::metadata(&git).ok()?.is_dir() {
        return Some(git);
    }
    // A linked work tree, or a submodule.
    let text = String::from_utf8(disk::read(&git).ok()??).ok()?;
    Some(dir.join(text.strip_prefix("gitdir:")?.trim()))
}

/// The paths in an index of version 2, 3 or 4 (gitformat-index), with SHA-1 or SHA-256; none if it is of another form.
fn names(index: &[u8]) -> Option<Vec<Vec<u8>>> {
    [20, 32].into_iter().find_map(|digest| names_with(index, digest))
}

fn names_with(index: &[u8], digest: usize) -> Option<Vec<Vec<u8>>> {
    let rest = index.strip_prefix(b"DIRC")?;
    let word = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    let (version, count) = (word(0)?, word(4)?);
    let mut rest = rest.get(8..)?;
    let mut names: Vec<Vec<u8>> = Vec::new();
    for _ in 0..count {
        // Ten words about the file, its digest, and the flags.
        let fixed = 40 + digest + 2;
        let is_extended = *rest.get(fixed - 2)? & 0x40 != 0;
        let head = if is_extended && version >= 3 { fixed + 2 } else { fixed };
        let (kept, start) = match version {
            2 | 3 => (0, head),
            4 => {
                let (drop, length) = offset(rest.get(head..)?)?;
                (names.last().map_or(0, Vec::len).checked_sub(drop)?, head + length)
            }
            _ => return None,
        };
        let length = rest.get(start..)?.iter().position(|byte| *byte == 0)?;
        let mut name = names.last().map_or_else(Vec::new, |last| last[..kept].to_vec());
        name.extend_from_slice(&rest[start..start + length]);
        // The length that the flags tell shows a wrong size of digest; a longer name is told as this.
        let told = usize::from(u16::from_be_bytes([rest[fixed - 2], rest[fixed - 1]]) & 0xfff);
        if name.is_empty() || told != name.len().min(0xfff) {
            return None;
        }
        // Before version 4, entries are filled up with NUL to a multiple of eight bytes, one at least.
        let end = if version == 4 { start + length + 1 } else { (start + length + 8) / 8 * 8 };
        rest = rest.get(end..)?;
        names.push(name);
    }
    is_all(rest, digest).then_some(names)
}

/// Whether the entries are all that the index has: `rest` is what comes after them, extensions and a digest. An extension
/// whose name does not begin with a capital changes what entries mean (gitformat-index): `link` has some in another file,
/// `sdir` lets a directory stand for what is in it.
fn is_all(mut rest: &[u8], digest: usize) -> bool {
    while rest.len() > digest {
        let Some(([first, _, _, _, length @ ..], body)) = rest.split_first_chunk::<8>() else { return false };
        let behind = usize::try_from(u32::from_be_bytes(*length)).ok().and_then(|length| body.get(length..));
        match behind {
            Some(behind) if first.is_ascii_uppercase() => rest = behind,
            _ => return false,
        }
    }
    rest.len() == digest
}

/// A number of variable width, as git's packs have it, and how many bytes it takes.
fn offset(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value = (value << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
        value += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index as git writes it, with these names in order.
    fn index(version: u32, digest: usize, names: &[&str]) -> Vec<u8> {
        let mut index = b"DIRC".to_vec();
        index.extend(version.to_be_bytes());
        index.extend(u32::try_from(names.len()).unwrap().to_be_bytes());
        let mut last = "";
        for name in names {
            let start = index.len();
            index.extend(vec![7; 40 + digest]);
            let is_extended = version == 3;
            let flags = u16::try_from(name.len()).unwrap() | if is_extended { 0x4000 } else { 0 };
            index.extend(flags.to_be_bytes());
            if is_extended {
                index.extend([0x20, 0]);
            }
            if version == 4 {
                let shared = last.bytes().zip(name.bytes()).take_while(|(one, other)| one == other).count();
                index.push(u8::try_from(last.len() - shared).unwrap());
                index.extend(name[shared..].bytes());
                index.push(0);
                last = name;
            } else {
                index.extend(name.bytes());
                index.push(0);
                while !(index.len() - start).is_multiple_of(8) {
                    index.push(0);
                }
            }
        }
        index.extend(vec![9; digest]);
        index
    }

    #[test]
    fn a_name_is_found_in_an_index_of_every_form() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        let file = root.join("aws/profiles.local.toml");
        fs::create_dir_all(root.join("aws")).unwrap();
        assert!(!is_committed(&file), "without a repository");
        fs::create_dir(root.join(".git")).unwrap();
        assert!(!is_committed(&file), "without an index");
        let names = ["README", "aws/profiles.json", "aws/profiles.local.toml", "aws/profiles.toml", "zsh/rc"];
        for (version, digest) in [(2, 20), (3, 20), (4, 20), (2, 32), (4, 32)] {
            let write = |names: &[&str]| fs::write(root.join(".git/index"), index(version, digest, names)).unwrap();
            write(&names);
            assert!(is_committed(&file), "{version} {digest}");
            write(&[&names[..2], &names[3..]].concat());
            assert!(!is_committed(&file), "{version} {digest}");
            write(&[]);
            assert!(!is_committed(&file), "{version} {digest}");
        }
        for odd in [&b"DIRC\0\0\0\x09\0\0\0\x01"[..], b"", b"DIRC\0\0\0\x02\0\0\0\x05short"] {
            fs::write(root.join(".git/index"), odd).unwrap();
            assert!(is_committed(&file), "what can't be read is not believed");
        }
    }

    #[test]
    fn an_index_that_has_names_elsewhere_counts_as_one_that_has_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        for digest in [20, 32] {
            for (extensions, is_there) in [
                (&b"TREE\0\0\0\x02abREUC\0\0\0\0"[..], false),
                (b"link\0\0\0\x03abc", true),
                (b"TREE\0\0\0\x02ablink\0\0\0\0", true),
                (b"sdir\0\0\0\0", true),
                (b"TREE\0\0\0\xffab", true),
            ] {
                let mut index = index(2, digest, &["other"]);
                let end = index.len() - digest;
                index.splice(end..end, extensions.iter().copied());
                fs::write(root.join(".git/index"), index).unwrap();
                let shown = String::from_utf8_lossy(extensions);
                assert_eq!(is_committed(&root.join("file")), is_there, "{digest} {shown}");
            }
        }
    }

    #[test]
    fn a_linked_work_tree_has_its_index_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(root.join("main/.git/worktrees/w")).unwrap();
        fs::create_dir(root.join("w")).unwrap();
        fs::write(root.join("w/.git"), "gitdir: ../main/.git/worktrees/w\n").unwrap();
        fs::write(root.join("main/.git/worktrees/w/index"), index(2, 20, &["a"])).unwrap();
        assert!(is_committed(&root.join("w/a")) && !is_committed(&root.join("w/b")));
    }
}
