//! Owns the settings of a profile that change the destination of its requests (aws-facts §7).

use std::collections::BTreeMap;

use super::{ConfigText, LoginSession, Partition, Profile, Region, Setting, SettingValue};

/// The settings of a profile for its requests; none where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Routing<'a> {
    pub(crate) endpoint_url: Option<&'a str>,
    /// `ignore_configured_endpoint_urls`, which rules out those of the environment too.
    pub(crate) ignores_endpoint_urls: Option<bool>,
    pub(crate) fips: Option<bool>,
    pub(crate) dual_stack: Option<bool>,
}

impl Profile {
    /// One of the profile's `settings`; `s3.endpoint_url` is that of a nested block.
    pub(crate) fn setting(&self, key: &str) -> Option<&str> {
        let (key, nested) = key.split_once('.').map_or((key, None), |(key, nested)| (key, Some(nested)));
        let setting = self.settings.iter().find(|setting| setting.key == key)?;
        match (&setting.value, nested) {
            (SettingValue::Text(text), None) => Some(text.as_str()),
            (SettingValue::Nested(list), Some(nested)) => {
                list.iter().find(|(key, _)| key == nested).map(|(_, text)| text.as_str())
            }
            _ => None,
        }
    }

    /// Its region, output and settings by key, in the form that [`Self::setting`] takes.
    pub(crate) fn values(&self) -> BTreeMap<String, String> {
        let own = [
            ("region", self.region.as_ref().map(Region::as_str)),
            ("output", self.output.as_ref().map(ConfigText::as_str)),
        ];
        let own = own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
        let settings = self.settings.iter().flat_map(|Setting { key, value }| match value {
            SettingValue::Text(text) => vec![(key.clone(), text.as_str().to_owned())],
            SettingValue::Nested(list) => {
                list.iter().map(|(nested, text)| (format!("{key}.{nested}"), text.as_str().to_owned())).collect()
            }
        });
        own.chain(settings).collect()
    }

    /// The region of STS, and of a console sign-in: the profile's, or the default one of the ARN's partition.
    pub(crate) fn sts_region(&self) -> &str {
        let partition = match (self.role(), self.mfa_serial()) {
            (Some(role), _) => Some(role.arn.partition()),
            (None, Some(serial)) => serial.partition(),
            (None, None) => self.login_session().map(LoginSession::partition),
        };
        let fallback = partition.unwrap_or(Partition::ALL[0]).default_region();
        self.region.as_ref().map_or(fallback, |region| region.as_str())
    }

    pub(crate) fn routing(&self) -> Routing<'_> {
        let flag = |key| self.setting(key).map(|value| value == "true");
        Routing {
            endpoint_url: self.setting("endpoint_url"),
            ignores_endpoint_urls: flag("ignore_configured_endpoint_urls"),
            fips: flag("use_fips_endpoint"),
            dual_stack: flag("use_dualstack_endpoint"),
        }
    }
}
