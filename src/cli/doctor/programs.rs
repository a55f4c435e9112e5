//! Owns the findings in programs: which awsauth and which AWS CLI run, and what `credential_process` starts.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::facts::{AwsProfile, Facts};
use super::finding::{Finding, Place};
use super::sections;
use crate::cli::environment::secret_variables;
use crate::cli::paths::Paths;
use crate::cli::shell::current_hook;
use crate::ini::split_words;
use crate::render::HOOKED_VARIABLE;
use crate::system::files::disk;
use crate::system::programs::capture::{Invocation, StderrMode, capture, find};

/// AWS CLI is a program in Python, and starts slowly.
const LIMIT: Duration = Duration::from_secs(10);

type Version = (u32, u32, u32);

/// Programs that `credential_process` names, and that are not there, or are another awsauth: a copy of it may be `awsauth-1.2`.
pub(crate) fn processes(facts: &Facts<'_>) -> Vec<Finding> {
    let own = facts.app.host.program().ok();
    let mut found = Vec::new();
    for (program, used) in named(facts) {
        let stem = Path::new(&program).file_stem().unwrap_or_default().to_string_lossy();
        let is_ours = stem == "awsauth" || used.is_credential_process && stem.starts_with("awsauth");
        let more = match used.count - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let shown = Paths::shown(Path::new(&program));
        let fix = if is_ours && facts.is_managed(&used.profile) {
            "awsauth apply".to_owned()
        } else if let (true, Some(own)) = (is_ours, &own) {
            format!("write {} there", Paths::shown(own))
        } else {
            format!("install {shown}, or correct the line")
        };
        match find(&program, facts.app.host.var_os("PATH")).filter(|path| disk::exists(path)) {
            None => {
                let what = format!("`{}`{more} starts {shown}, which is not there", used.profile);
                let finding = Finding::error("process-gone", used.place, what);
                found.push(finding.why("AWS's tools get no credentials for it").fix(fix));
            }
            Some(path) if is_ours && own.as_ref().is_some_and(|own| disk::real_path(own) != disk::real_path(&path)) => {
                let [other, own] =
                    [Some(&path), own.as_ref()].map(|path| path.map(|path| Paths::shown(path)).unwrap_or_default());
                let what = format!(
                    "credential_process of `{}`{more} names another awsauth, {other}; this one is {own}",
                    used.profile
                );
                let finding = Finding::warning("process-other", used.place, what);
                found.push(finding.why("AWS's tools get what that one gives, perhaps of an older version").fix(fix));
            }
            Some(_) => {}
        }
    }
    found
}

/// Where a program is named first, and how often it is.
struct Used {
    profile: String,
    place: Place,
    count: usize,
    /// True for `PROGRAM credential-process …`.
    is_credential_process: bool,
}

fn named(facts: &Facts<'_>) -> BTreeMap<String, Used> {
    let mut programs = BTreeMap::new();
    for profile in facts.profiles() {
        let Some(command) = profile.get("credential_process") else { continue };
        let mut words = split_words(&command.text).unwrap_or_default().into_iter();
        let Some(program) = words.next() else { continue };
        let is_credential_process = words.next().is_some_and(|word| word == "credential-process");
        let used = Used { profile: profile.name().to_owned(), place: command.place, count: 0, is_credential_process };
        programs.entry(program).or_insert(used).count += 1;
    }
    programs
}

/// Another awsauth that is found first.
pub(crate) fn other_awsauth(facts: &Facts<'_>) -> Vec<Finding> {
    let host = facts.app.host;
    let Some(first) = find("awsauth", host.var_os("PATH")) else { return Vec::new() };
    let Ok(own) = host.program() else { return Vec::new() };
    if disk::real_path(&first) == disk::real_path(&own) {
        return Vec::new();
    }
    let what = format!("PATH leads to another awsauth than this one, {}", Paths::shown(&own));
    let found = Finding::warning("other-awsauth", Place::Path(first.clone()), what);
    vec![
        found
            .why("commands run that one, perhaps of an older version")
            .fix("remove one of them, or put this one first in PATH"),
    ]
}

/// The first AWS CLI of version 2 that reads what the files have (aws-facts §4.5, §8).
fn needed(facts: &Facts<'_>) -> Option<(Version, &'static str)> {
    let has = |key: &str| facts.profiles().iter().any(|profile: &AwsProfile<'_>| profile.has(key));
    if has("login_session") {
        Some(((2, 32, 0), "login_session"))
    } else if sections::sessions(&facts.config).next().is_some() {
        Some(((2, 9, 0), "[sso-session NAME]"))
    } else {
        None
    }
}

/// Asks AWS CLI for its version, if the files have something that old ones don't read.
pub(crate) fn old_aws_cli(facts: &Facts<'_>) -> Vec<Finding> {
    let Some((needed, what)) = needed(facts) else { return Vec::new() };
    let path = facts.app.host.var_os("PATH");
    let Some(program) = find("aws", path) else { return Vec::new() };
    let Some(version) = program.to_str().and_then(|program| ask(program, facts)) else { return Vec::new() };
    // What version 1 reads is not known here.
    if version >= needed || version < (2, 0, 0) {
        return Vec::new();
    }
    let text = |(major, minor, patch): Version| format!("{major}.{minor}.{patch}");
    let found = format!("AWS CLI {} does not read {what} of ~/.aws/config", text(version));
    let found = Finding::warning("old-aws-cli", Place::Path(program), found);
    vec![
        found
            .why("`aws --profile` finds no login for such profiles")
            .fix(format!("install AWS CLI {} or newer", text(needed))),
    ]
}

fn ask(program: &str, facts: &Facts<'_>) -> Option<Version> {
    let (args, unset) = (["--version".to_owned()], secret_variables(facts.app.host));
    let (path, stderr) = (facts.app.host.var_os("PATH"), StderrMode::Hidden);
    let said =
        capture(&Invocation { program, args: &args, path, set: &[], unset: &unset, stderr, limit: LIMIT }).ok()?;
    parse(said.expose())
}

/// Reads `aws-cli/2.15.0 Python/3.11.6 …`.
fn parse(text: &str) -> Option<Version> {
    let mut parts = text.strip_prefix("aws-cli/")?.split_whitespace().next()?.split('.').map(str::parse);
    let mut next = || parts.next()?.ok();
    Some((next()?, next()?, next()?))
}

/// The shell function for `use`, which tells of itself.
pub(crate) fn hook(facts: &Facts<'_>) -> Vec<Finding> {
    let host = facts.app.host;
    let Some(hook) = current_hook(host).filter(|_| host.var(HOOKED_VARIABLE).is_none()) else { return Vec::new() };
    let (line, file) = hook.installation();
    let found = Finding::note("hook-not-loaded", Place::Machine, "`awsauth hook` is not loaded in this shell");
    let why = "`awsauth use NAME` and completion need it";
    vec![found.why(why).fix(format!("{line}   # in {file}"))]
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_version_is_read_from_what_aws_cli_says() {
        assert_eq!(parse("aws-cli/2.15.0 Python/3.11.6 Linux/6.1 exe/x86_64\n"), Some((2, 15, 0)));
        for other in ["", "aws-cli/2.15", "aws 2.15.0", "aws-cli/2.x.0 Python"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
