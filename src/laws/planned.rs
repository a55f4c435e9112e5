//! Owns the laws' only way to `plan`: each call as a function from bytes to bytes. Must not judge the result, beyond that
//! no plan may fail its own proof.

use crate::import::{ImportFiles, replaceable_sections};
use crate::manifest::is_setting;
use crate::model::{Catalog, Credentials, LongTermKey, Profile, ProfileName};
use crate::plan::{self, Adoption, ManifestRules, Overwrite, Permission, Plan, Refusal};

/// awsauth's own path in what is rendered.
pub(super) const PROGRAM: &str = "/usr/bin/awsauth";

/// Permission to replace an edited block, or another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// `--force`
    Yes,
    /// Without it.
    No,
}

impl From<Force> for Overwrite {
    fn from(force: Force) -> Self {
        match force {
            Force::Yes => Self::Edited,
            Force::No => Self::Intact,
        }
    }
}

/// The config file after `apply`.
pub(super) fn config(catalog: &Catalog, file: &[u8], force: Force) -> Result<Vec<u8>, Refusal> {
    after(
        file,
        plan::config(
            catalog,
            file,
            b"",
            PROGRAM,
            Permission { overwrite: force.into(), adoption: Adoption::Refuse },
            &|_| false,
        ),
    )
}

/// The config file after `apply --adopt`.
pub(super) fn adopt(catalog: &Catalog, file: &[u8]) -> Result<Vec<u8>, Refusal> {
    let permission = Permission { overwrite: Overwrite::Intact, adoption: Adoption::TakeOver };
    after(file, plan::config(catalog, file, b"", PROGRAM, permission, &|_| false))
}

/// AWS's two files.
pub(super) struct AwsTexts {
    pub(super) config: Vec<u8>,
    pub(super) credentials: Vec<u8>,
}

/// Both files after `apply --adopt`, which knows what `import` makes of them.
pub(super) fn take_over(catalog: &Catalog, texts: &AwsTexts) -> Result<AwsTexts, Refusal> {
    let permission = Permission { overwrite: Overwrite::Intact, adoption: Adoption::TakeOver };
    let AwsTexts { config, credentials } = texts;
    let is_given = replaceable_sections(ImportFiles { config, credentials, known: catalog });
    let plan = plan::config(catalog, config, credentials, PROGRAM, permission, &|id| is_given.contains(id));
    let (config, keys) = (after(config, plan)?, credentials);
    let rules = ManifestRules { is_setting, is_given: &|id| is_given.contains(id) };
    let plan = plan::credentials(catalog, keys, PROGRAM, rules, &|_| false, Adoption::TakeOver);
    Ok(AwsTexts { config, credentials: after(keys, plan.map(|(plan, _)| plan))? })
}

/// The credentials file after `apply`; no session is kept anywhere else.
pub(super) fn prune(catalog: &Catalog, file: &[u8]) -> Result<Vec<u8>, Refusal> {
    let rules = ManifestRules { is_setting, is_given: &|_| false };
    let plan = plan::credentials(catalog, file, PROGRAM, rules, &|_| false, Adoption::Refuse);
    after(file, plan.map(|(plan, _)| plan))
}

/// The credentials file after a login.
pub(super) fn save_session(file: &[u8], profile: &Profile, session: &Credentials) -> Result<Vec<u8>, Refusal> {
    after(file, plan::save_session(file, profile, session))
}

/// The credentials file after a logout; no session is kept anywhere else.
pub(super) fn remove_session(file: &[u8], profile: &ProfileName) -> Result<Vec<u8>, Refusal> {
    after(file, plan::remove_sessions(file, |name| name == profile.as_str()))
}

/// The credentials file after `keys add`.
pub(super) fn add_key(file: &[u8], section: &ProfileName, key: &LongTermKey, force: Force) -> Result<Vec<u8>, Refusal> {
    after(file, plan::add_key(file, section, key, force.into()))
}

fn after(file: &[u8], planned: Result<Plan, Refusal>) -> Result<Vec<u8>, Refusal> {
    let plan = planned.inspect_err(|refusal| {
        assert!(!matches!(refusal, Refusal::Bug(_)), "the proof failed: {refusal}");
    })?;
    if plan.is_empty() {
        return Ok(file.to_vec());
    }
    assert_ne!(plan.after, file, "a plan that is not empty changes something");
    Ok(plan.after)
}
