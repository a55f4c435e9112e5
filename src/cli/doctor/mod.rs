//! Owns the health of a machine's AWS files and programs: one function for each check, all of them in one list.

mod environment;
mod facts;
mod files;
mod finding;
mod logins;
mod manifest;
mod programs;
pub(crate) mod report;
pub(crate) mod sections;
mod sessions;
mod tools;

use std::collections::HashSet;

use crate::cli::app::App;
use facts::{AwsBytes, Facts};
use finding::Finding;
pub(crate) use finding::Repair;

type Check = fn(&Facts<'_>) -> Vec<Finding>;

/// Those of one severity are shown in this order: the most likely cause of trouble first.
const CHECKS: [Check; 34] = [
    environment::files,
    files::unreadable,
    environment::gone_profile,
    environment::keys,
    files::broken,
    sessions::clock,
    sessions::wrong_logins,
    tools::profiles,
    sections::devices,
    sections::unread,
    programs::processes,
    manifest::missing,
    manifest::invalid,
    manifest::not_applied,
    manifest::locked_store,
    files::exposed,
    environment::two_profiles,
    environment::endpoints,
    environment::regions,
    sections::shadowing_settings,
    sections::ignored_keys,
    sections::ended,
    programs::other_awsauth,
    programs::old_aws_cli,
    manifest::tracked_personal_file,
    manifest::behind,
    logins::missing,
    files::open_to_others,
    sessions::useless_files,
    sessions::leftovers,
    files::not_portable,
    sections::default_key,
    sections::old_keys,
    programs::hook,
];

/// The findings, and what was looked at.
pub(crate) struct Examination {
    pub(crate) findings: Vec<Finding>,
    pub(crate) profiles: usize,
    pub(crate) has_manifest: bool,
}

/// Looks at everything, the most grave finding first. Asks AWS and git's servers only if it is `is_online`.
pub(crate) fn examine(is_online: bool, app: App<'_>) -> Examination {
    let config = AwsBytes::read(app.paths.config(), "AWS_CONFIG_FILE");
    let credentials = AwsBytes::read(app.paths.credentials(), "AWS_SHARED_CREDENTIALS_FILE");
    let facts = Facts::new(&config, &credentials, is_online, app);
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&facts)).collect();
    findings.sort_by_key(|finding| finding.severity);
    // One cause, one finding, the gravest: of all that is wrong with one key, and of a login that is needed.
    let (mut keys, mut fixes) = (HashSet::new(), HashSet::new());
    findings.retain(|found| !facts.credentials.is_line(&found.place) || keys.insert(found.place.to_string()));
    findings.retain(|found| fixes.insert(found.fix.clone()) || !found.code.starts_with("login-"));
    Examination { findings, profiles: facts.number_of_profiles(), has_manifest: facts.manifest.is_some() }
}
