//! Owns the place in a manifest of each setting of AWS's config file. Must not know INI.

use std::borrow::Cow;

use super::findings::suggest::Suggester;
use super::raw::field::KeyTable as _;
use super::raw::profile::ProfileKeys;
use super::raw::sso_session::Session;
use super::spec::aws_settings::{self, SettingSpec, SettingType};
use crate::model::Pattern;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A key of the profile, or of the SSO session.
    Own,
    Settings,
    /// A key of profiles of these patterns only.
    OtherPattern(Vec<Pattern>),
    /// A manifest can't hold it, for this reason.
    Nowhere(Cow<'static, str>),
}

/// Keys that only awsauth has, or that AWS uses differently.
const NOT_AWS: [&str; 6] = ["pattern", "description", "tags", "credential_process", "long_term_profile", "settings"];

/// Returns the place of an AWS setting of a profile, or of an SSO session if `pattern` is None. `text` is its
/// value, none for a block such as `s3 =`.
pub(crate) fn place(pattern: Option<Pattern>, key: &str, text: Option<&str>) -> Place {
    let is_nested = text.is_none();
    let Some(pattern) = pattern else {
        let is_own = !is_nested && Session::KEYS.iter().any(|own| own.name == key);
        return if is_own { Place::Own } else { Place::Nowhere("an SSO session has no such key".into()) };
    };
    let own = ProfileKeys::KEYS.iter().find(|own| own.name == key && !NOT_AWS.contains(&key) && !is_nested);
    if let Some(own) = own {
        let fits = own.fits(pattern);
        return if fits { Place::Own } else { Place::OtherPattern(own.patterns().collect()) };
    }
    if Session::KEYS.iter().any(|own| own.name == key) {
        return Place::Nowhere("it is a key of an SSO session there".into());
    }
    match aws_settings::find(aws_settings::SETTINGS, key) {
        Some(known) if matches!(known.takes, SettingType::Empty) && text.is_some_and(|text| !text.is_empty()) => {
            Place::Nowhere(aws_settings::NAMES_A_PROGRAM.into())
        }
        Some(known) if is_nested == matches!(known.takes, SettingType::Nested(_)) => Place::Settings,
        Some(_) => Place::Nowhere("awsauth does not know this form of it".into()),
        None => Place::Nowhere(aws_settings::refusal(key).map_or_else(|| unknown(key), Cow::from)),
    }
}

fn unknown(key: &str) -> Cow<'static, str> {
    let reason = "awsauth does not know such a setting of AWS's";
    let own = ProfileKeys::KEYS.iter().chain(Session::KEYS).map(|own| own.name);
    let keys = own.filter(|name| !NOT_AWS.contains(name)).chain(aws_settings::SETTINGS.iter().map(|known| known.name));
    match Suggester::default().nearest(key, keys) {
        Some(near) => format!("{reason}; did you mean `{near}`?").into(),
        None => reason.into(),
    }
}

/// The value as a manifest has it: words in lower case, and `false` for what AWS CLI takes as that (aws-facts §1.5). `block` is
/// the setting that a nested one is in.
pub(crate) fn spelling<'t>(block: Option<&str>, key: &str, text: &'t str) -> Cow<'t, str> {
    let list = match block.and_then(|block| aws_settings::find(aws_settings::SETTINGS, block)) {
        Some(SettingSpec { takes: SettingType::Nested(list), .. }) => list,
        _ => aws_settings::SETTINGS,
    };
    match aws_settings::find(list, key).map(|known| known.takes) {
        Some(SettingType::Flag) if !text.eq_ignore_ascii_case("true") && is_boolean(text) => "false".into(),
        // AWS CLI takes `True` as false here.
        Some(SettingType::Flag) if key == "cli_follow_urlparam" && text != "true" && is_boolean(text) => "false".into(),
        Some(SettingType::Flag | SettingType::Word(_)) => text.to_ascii_lowercase().into(),
        Some(SettingType::Text(_)) if CARRIED.contains(&key) => text.trim_matches(['"', '\'']).into(),
        _ => text.into(),
    }
}

/// Settings of other programs, in which quotes say nothing.
const CARRIED: [&str; 5] = ["aws_account_id", "color", "granted_color", "granted_icon", "image"];

fn is_boolean(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off", "1", "0"].contains(&text.to_ascii_lowercase().as_str())
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
        let of_role = |key| place(Some(Pattern::IamMfaRole), key, Some("x"));
        assert_eq!((of_role("region"), of_role("external_id")), (Place::Own, Place::Own));
        assert_eq!(of_role("retry_mode"), Place::Settings);
        assert_eq!(place(Some(Pattern::Sso), "s3", None), Place::Settings);
        assert_eq!(place(None, "sso_region", Some("x")), Place::Own);
        assert_eq!(place(Some(Pattern::Sso), "cli_pager", Some("")), Place::Settings);
        assert!(matches!(of_role("cli_pager"), Place::Nowhere(_)));
        assert_eq!(of_role("sso_region"), Place::OtherPattern(vec![Pattern::Sso]));
        assert!(matches!(of_role("regoin"), Place::Nowhere(why) if why.ends_with("did you mean `region`?")));
        for key in ["credential_process", "aws_secret_access_key", "pattern", "s3", "unheard_of"] {
            assert!(matches!(of_role(key), Place::Nowhere(_)), "{key}");
        }
    }
}
