//! Owns the place in a manifest of each setting of AWS's config file. Must not know INI.

use super::raw::field::KeyTable as _;
use super::raw::profile::ProfileKeys;
use super::raw::sso_session::Session;
use super::spec::aws_settings::{self, SettingType};
use crate::model::Pattern;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A key of the profile, or of the SSO session.
    Own,
    Settings,
    /// Under `settings`, but only with an empty value, for this reason.
    SettingsIfEmpty(&'static str),
    /// A manifest can't hold it, for this reason.
    Nowhere(&'static str),
}

/// Keys that only awsauth has, or that AWS uses differently.
const NOT_AWS: [&str; 6] = ["pattern", "description", "tags", "credential_process", "long_term_profile", "settings"];

/// Returns the place of an AWS setting of a profile, or of an SSO session if `pattern` is None. `nested` has the keys
/// of a block such as `s3 =`.
pub(crate) fn place(pattern: Option<Pattern>, key: &str, nested: Option<&[&str]>) -> Place {
    let is_nested = nested.is_some();
    let Some(pattern) = pattern else {
        let is_own = !is_nested && Session::KEYS.iter().any(|own| own.name == key);
        return if is_own { Place::Own } else { Place::Nowhere("an SSO session has no such key") };
    };
    let own = ProfileKeys::KEYS.iter().find(|own| own.name == key && !NOT_AWS.contains(&key) && !is_nested);
    if let Some(own) = own {
        let fits = own.fits(pattern);
        return if fits { Place::Own } else { Place::Nowhere("the profile's pattern has no use for it") };
    }
    match aws_settings::find(aws_settings::SETTINGS, key) {
        Some(known) => match (known.takes, nested) {
            (SettingType::Nested(list), Some(keys))
                if keys.iter().all(|key| aws_settings::find(list, key).is_some()) =>
            {
                Place::Settings
            }
            (SettingType::Nested(_), Some(_)) => Place::Nowhere("awsauth does not know all of its settings"),
            (SettingType::Nested(_), None) | (_, Some(_)) => Place::Nowhere("awsauth does not know this form of it"),
            (SettingType::Empty, None) => Place::SettingsIfEmpty(aws_settings::NAMES_A_PROGRAM),
            (_, None) => Place::Settings,
        },
        None => Place::Nowhere(aws_settings::refusal(key).unwrap_or("awsauth does not know this setting of AWS's")),
    }
}

/// True for a setting of AWS's that is no key or token, also for one that no manifest can hold.
pub(crate) fn is_setting(key: &str) -> bool {
    let is_own = || ProfileKeys::KEYS.iter().any(|own| own.name == key && !NOT_AWS.contains(&key));
    let is_refused = || !key.starts_with("aws") && aws_settings::refusal(key).is_some();
    is_own() || aws_settings::find(aws_settings::SETTINGS, key).is_some() || is_refused()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_one_place_or_a_reason() {
        let of_role = |key| place(Some(Pattern::IamMfaRole), key, None);
        assert_eq!((of_role("region"), of_role("external_id")), (Place::Own, Place::Own));
        assert_eq!(of_role("retry_mode"), Place::Settings);
        assert_eq!(place(Some(Pattern::Sso), "s3", Some(&["addressing_style"])), Place::Settings);
        assert_eq!(place(None, "sso_region", None), Place::Own);
        assert!(matches!(of_role("cli_pager"), Place::SettingsIfEmpty(_)));
        assert!(matches!(place(Some(Pattern::Sso), "s3", Some(&["api_secret"])), Place::Nowhere(_)));
        for key in ["credential_process", "aws_secret_access_key", "sso_region", "pattern", "s3", "unheard_of"] {
            assert!(matches!(of_role(key), Place::Nowhere(_)), "{key}");
        }
    }
}
