//! Owns the findings in AWS's two files as files: what AWS's tools can't read, or read in different ways, and who else may.

use std::path::{Path, PathBuf};

use super::facts::{AwsFile, Facts};
use super::finding::{Finding, Place, Repair, shell_path};
use crate::cli::paths::Paths;
use crate::ini::FileKind;
use crate::plan;
use crate::system::files::disk::{self, DiskError};
use crate::system::files::private::{self, FileOwner};
use crate::system::host::Host;

fn both<'f, 'a>(facts: &'f Facts<'a>) -> [&'f AwsFile<'a>; 2] {
    [&facts.config, &facts.credentials]
}

pub(crate) fn unreadable(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = both(facts).into_iter().filter_map(|file| file.problem.cloned()).collect();
    found.dedup_by(|one, other| one.code == "no-home" && one.code == other.code);
    found
}

/// Lines for which AWS CLI and boto3 refuse the whole file (aws-facts §0).
pub(crate) fn broken(facts: &Facts<'_>) -> Vec<Finding> {
    let look = |file: &AwsFile<'_>| {
        let faults = file.document.faults();
        let first = faults.first()?;
        let more = match faults.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let found = Finding::error("file-broken", file.line(first.line), format!("{}{more}", first.kind));
        let fix = format!("correct line {} of {}", first.line, Paths::shown(file.path));
        Some(found.why("AWS CLI and boto3 refuse the whole file, for every profile").fix(fix))
    };
    both(facts).into_iter().filter_map(look).collect()
}

/// Lines that AWS's tools do not all read alike.
pub(crate) fn not_portable(facts: &Facts<'_>) -> Vec<Finding> {
    let look = |file: &AwsFile<'_>| -> Vec<Finding> {
        if !file.document.faults().is_empty() {
            return Vec::new();
        }
        let block = match file.kind {
            FileKind::Config => plan::block_range(&file.document),
            FileKind::Credentials => 0..0,
        };
        let warnings = file.document.lint(&block).into_iter();
        let found = warnings.map(|warning| {
            // Each ends with its remedy.
            let (what, fix) = warning.text.rsplit_once("; ").unwrap_or((&warning.text, "write it in another way"));
            Finding::warning("not-portable", file.line(warning.line), what)
                .why(
                    "tools read this line differently: a profile may fail, or act as another identity, in some of them",
                )
                .fix(fix)
        });
        found.collect()
    };
    both(facts).into_iter().flat_map(look).collect()
}

/// Files with secrets that other users of this machine can read.
pub(crate) fn open_to_others(facts: &Facts<'_>) -> Vec<Finding> {
    let has_secret = |file: &AwsFile<'_>| {
        let document = &file.document;
        let sections = document.sections().iter();
        let mut entries = sections.flat_map(|section| document.entries(section));
        entries.any(|entry| document.text(&entry.key()).eq_ignore_ascii_case("aws_secret_access_key"))
    };
    let own = both(facts).into_iter().filter(|file| file.kind == FileKind::Credentials || has_secret(file));
    let mut open: Vec<Finding> = own
        .filter_map(|file| {
            let is_open = file.exists && disk::is_open_to_others(file.target);
            is_open.then(|| readable(Place::Path(file.path.to_path_buf()), vec![file.target.to_path_buf()]))
        })
        .collect();
    for dir in caches(facts) {
        let files = private::list(&dir, FileOwner::AwsCli).unwrap_or_default();
        let is_open = |path: &PathBuf| is_cache_file(path) && disk::is_file(path) && disk::is_open_to_others(path);
        let files: Vec<PathBuf> = files.into_iter().filter(is_open).collect();
        if !files.is_empty() {
            open.push(readable(Place::Path(dir), files));
        }
    }
    open
}

fn readable(place: Place, files: Vec<PathBuf>) -> Finding {
    let what = match files.len() {
        1 => "other users of this machine can read it".to_owned(),
        number => format!("other users of this machine can read {number} files in it"),
    };
    Finding::warning("open-to-others", place, what)
        .why("whoever reads the keys or tokens there can use them")
        .repairs(files.into_iter().map(Repair::Close).collect())
}

/// Directories whose files awsauth does not use, since another user could have put them there.
pub(crate) fn exposed(facts: &Facts<'_>) -> Vec<Finding> {
    let state = facts.app.paths.state().ok().map(|dir| (dir.join("sessions"), FileOwner::Awsauth));
    let dirs = state.into_iter().chain(caches(facts).into_iter().map(|dir| (dir, FileOwner::AwsCli)));
    let look = |(dir, owner): (PathBuf, FileOwner)| match private::check(&dir, owner) {
        Err(DiskError::Exposed { path, why }) => {
            let found = Finding::error("exposed-directory", Place::Path(path.clone()), why);
            let found = found.why("awsauth uses no session that somebody else could have put there");
            // `chmod` is of no use for one that belongs to somebody else; those above the home directory are not ours.
            let is_ours = disk::is_own(&path) && Host::home().is_some_and(|home| path.starts_with(home));
            let fix = format!("chmod go-w {}", shell_path(&path));
            Some(if is_ours { found.repairs(vec![Repair::Protect(path)]) } else { found.fix(fix) })
        }
        _ => None,
    };
    let mut found: Vec<Finding> = dirs.filter_map(look).collect();
    found.dedup_by(|one, other| one.place == other.place);
    found
}

/// The directories of AWS CLI's caches: of SSO logins, of roles, and of console sign-ins.
pub(crate) fn caches(facts: &Facts<'_>) -> Vec<PathBuf> {
    let [sso, cli] = ["sso", "cli"].map(Paths::aws_cache);
    [sso, cli, facts.app.paths.login_cache()].into_iter().flatten().collect()
}

/// True for the names that AWS CLI gives its files: SHA-1, or SHA-256, and `.json` (aws-facts §4.2, §5, §13.2).
pub(crate) fn is_cache_file(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    matches!(stem.len(), 40 | 64)
        && stem.bytes().all(|byte| byte.is_ascii_hexdigit())
        && path.extension().is_some_and(|kind| kind == "json")
}
