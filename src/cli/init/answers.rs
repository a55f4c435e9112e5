//! Owns a first manifest as text, from what is known of the person. Must not ask.

use std::fmt::Write as _;

use crate::manifest::{toml_key, toml_text};
use crate::model::{AccountId, Partition, Region, StartUrl};

/// What a first manifest is made of.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// True if the profiles of `~/.aws` are taken over.
    pub(crate) imports: bool,
    pub(crate) portal: Option<Portal>,
    pub(crate) iam_user: Option<IamUser>,
    /// The region of all profiles.
    pub(crate) region: Option<Region>,
}

#[derive(Debug)]
pub(crate) struct Portal {
    pub(crate) start_url: StartUrl,
    pub(crate) region: Region,
}

/// An IAM user with an MFA device.
#[derive(Debug)]
pub(crate) struct IamUser {
    pub(crate) account: AccountId,
    /// None if it is that of the region.
    pub(crate) partition: Option<Partition>,
    /// The end of the device's ARN. None if `awsauth login` finds it later.
    pub(crate) mfa_device_name: Option<String>,
}

/// The profile of the IAM user.
pub(crate) const MAIN: &str = "main";

impl Answers {
    pub(crate) fn is_empty(&self) -> bool {
        !self.imports && self.portal.is_none() && self.iam_user.is_none() && self.region.is_none()
    }

    /// The manifest; not for imported profiles.
    pub(crate) fn manifest(&self) -> String {
        let mut text = HEAD.to_owned();
        if let Some(region) = &self.region {
            _ = write!(text, "\n[defaults]\nregion = {}\n", toml_text(region.as_str()));
        }
        if self.iam_user.is_some() {
            text += "\n# What each person has of their own: it goes into profiles.local.toml.\n[required_vars]\n\
                     mfa_device_name = \"the name of your MFA device, as at the end of its ARN\"\n";
        }
        if let Some(portal) = &self.portal {
            text += &portal.tables();
        }
        let region = self.region.as_ref().map_or("", Region::as_str);
        if let Some(user) = &self.iam_user {
            _ = write!(
                text,
                "\n# An IAM user with MFA. A role through its session has `pattern = \"iam-mfa-role\"`, `source_profile = \"{MAIN}\"`\n\
                 # and the `role_arn`.\n\
                 [profiles.{MAIN}]\npattern = \"iam-mfa\"\nmfa_serial = \"arn:{}:iam::{}:mfa/${{mfa_device_name}}\"\n",
                user.partition.unwrap_or_else(|| Partition::of_region(region)).as_str(),
                user.account.as_str()
            );
        }
        text
    }
}

const HEAD: &str = "\
# Every AWS profile, by its pattern. `awsauth init --print` shows all patterns; `awsauth check` finds mistakes. This file holds
# no secret, so it can be shared in a repository.
version = 1
";

impl Portal {
    fn tables(&self) -> String {
        let session = self.start_url.session_name();
        let key = toml_key(&session);
        format!(
            "\n[sso_sessions.{key}]\nsso_start_url = {}\nsso_region = {}\n\
             \n# `awsauth discover {session}` lists the accounts and roles that are assigned to you.\n[accounts]\n\
             \n# A profile for each of them.\n[matrix.{key}]\nname = \"${{account}}-${{role}}\"\naccounts = \"*\"\nroles = \"*\"\n\
             pattern = \"sso\"\nsso_session = {}\nsso_account_id = \"${{account_id}}\"\nsso_role_name = \"${{role}}\"\n",
            toml_text(self.start_url.as_str()),
            toml_text(self.region.as_str()),
            toml_text(&session),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;
    use crate::manifest::{Audience, Layers, load};
    use crate::source::Source;

    fn portal(url: &str) -> Portal {
        Portal { start_url: StartUrl::new(url).unwrap().0, region: Region::new("eu-west-1").unwrap() }
    }

    #[test]
    fn every_set_of_answers_makes_a_valid_manifest() {
        for bits in 0..8 {
            let user =
                IamUser { account: AccountId::new("111122223333").unwrap(), partition: None, mfa_device_name: None };
            let answers = Answers {
                imports: false,
                portal: (bits & 1 > 0).then(|| portal("https://corp.awsapps.com/start")),
                iam_user: (bits & 2 > 0).then_some(user),
                region: (bits & 4 > 0).then(|| Region::new("eu-west-1").unwrap()),
            };
            let text = answers.manifest();
            let layers = Layers::new(Source::new("profiles.toml", &*text), "own.toml");
            let errors = load(&layers, Audience::Team).diagnostics;
            let errors: Vec<_> = errors.iter().filter(|found| found.severity == Severity::Error).collect();
            assert!(errors.is_empty() && text.lines().all(|line| line.len() <= 132), "{text}\n{errors:?}");
        }
    }
}
