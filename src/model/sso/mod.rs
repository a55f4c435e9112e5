//! Owns IAM Identity Center's start URLs, the sessions that log in there, and the accounts that it lists.

pub(super) mod portal_host;
pub(super) mod token;

use std::sync::Arc;

use thiserror::Error;

use super::{AccountId, ConfigText, Region, SessionName, SsoRoleName, TextError};

/// The reasons for which a text can't be a start URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum StartUrlError {
    #[error("a start URL begins with `https://`")]
    NotHttps,
    /// Nothing, or no name of a host, after `https://`.
    #[error("`{0}` is not the name of a host")]
    Host(String),
    /// A portal of awsapps.com without its page: each is at `/start` or `/directory/NAME`.
    #[error("`https://{0}` is not the whole address of an access portal")]
    NoPath(String),
    #[error(transparent)]
    Text(#[from] TextError),
}

/// The change to a start URL that makes all spellings of one portal share one token file (aws-facts §4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UrlChange {
    /// No change.
    None,
    /// A trailing `/`, or the part from `?` or `#` on, which a browser shows after a login, was cut off.
    Trimmed,
}

/// The address of an access portal: https, without query and fragment, and without `/` at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct StartUrl(Box<str>);

impl StartUrl {
    /// Takes an https URL, and trims its end.
    pub(crate) fn new(text: &str) -> Result<(Self, UrlChange), StartUrlError> {
        let rest = text.strip_prefix("https://").ok_or(StartUrlError::NotHttps)?;
        let host = rest.split(['/', '#', '?']).next().unwrap_or_default();
        let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
        let is_word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if !name.split('.').all(is_word) || !port.is_none_or(is_port) {
            return Err(StartUrlError::Host(host.to_owned()));
        }
        // Instructions for shells have `\#` in it.
        let page = text.split(['#', '?']).next().unwrap_or_default();
        let trimmed = page.trim_end_matches(['/', '\\']);
        ConfigText::new(trimmed)?;
        let name = name.to_ascii_lowercase();
        let is_whole = trimmed["https://".len()..].contains('/');
        if !is_whole && (name.ends_with(".awsapps.com") || name.ends_with(".awsapps.cn")) {
            return Err(StartUrlError::NoPath(host.to_owned()));
        }
        let change = if trimmed.len() == text.len() { UrlChange::None } else { UrlChange::Trimmed };
        Ok((Self(trimmed.into()), change))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name for a session of the portal: the company's, if the address has it.
    pub(crate) fn session_name(&self) -> String {
        let address = self.0.trim_start_matches("https://").to_ascii_lowercase();
        let named = address.split_once("/directory/").map_or(&*address, |(_, name)| name);
        let label = named.split(['.', '/', ':']).next().unwrap_or_default();
        // Addresses that nobody has named begin with an identifier; `default` is a profile's name alone.
        let is_named = address.contains(".awsapps.") && !label.starts_with("d-") && label != "default";
        if is_named && SessionName::new(label).is_ok() { label.to_owned() } else { "sso".to_owned() }
    }
}

/// One `[sso-session NAME]`: a login that many profiles share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SsoSession {
    /// Its name, which also names its token file.
    pub(crate) name: SessionName,
    pub(crate) start_url: StartUrl,
    /// The region of IAM Identity Center.
    pub(crate) region: Region,
    /// The OAuth scopes of the registration.
    pub(crate) scopes: Vec<ConfigText>,
}

/// The origin of an SSO profile's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SsoAccess {
    /// A shared `[sso-session]`.
    Session(Arc<SsoSession>),
    /// The legacy form: address and region in the profile itself. Its token has no refresh token.
    Legacy { start_url: StartUrl, region: Region },
}

impl SsoAccess {
    pub(crate) fn start_url(&self) -> &StartUrl {
        match self {
            Self::Session(session) => &session.start_url,
            Self::Legacy { start_url, .. } => start_url,
        }
    }

    pub(crate) fn region(&self) -> &Region {
        match self {
            Self::Session(session) => &session.region,
            Self::Legacy { region, .. } => region,
        }
    }

    /// Empty for the legacy form.
    pub(crate) fn scopes(&self) -> &[ConfigText] {
        match self {
            Self::Session(session) => &session.scopes,
            Self::Legacy { .. } => &[],
        }
    }

    /// The text that the name of the token file is made of: the session's name, or the start URL (aws-facts §4.2).
    pub(crate) fn token_key(&self) -> &str {
        match self {
            Self::Session(session) => session.name.as_str(),
            Self::Legacy { start_url, .. } => start_url.as_str(),
        }
    }

    /// True if one approval serves both. Two legacy profiles may have one start URL and two regions, of which only one is
    /// right.
    pub(crate) fn is_one_sign_in_with(&self, other: &Self) -> bool {
        (self.token_key(), self.region()) == (other.token_key(), other.region())
    }
}

/// An account, with the roles in it that are assigned to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedAccount {
    pub(crate) id: AccountId,
    /// The name that its creator gave it: any text.
    pub(crate) name: String,
    /// Sorted, each once.
    pub(crate) roles: Vec<SsoRoleName>,
}

impl ListedAccount {
    /// Takes roles in any order.
    pub(crate) fn new(id: AccountId, name: String, mut roles: Vec<SsoRoleName>) -> Self {
        roles.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        roles.dedup();
        Self { id, name, roles }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_the_companys_name_if_the_address_tells_it() {
        for (url, name) in [
            ("https://Corp.awsapps.com/start", "corp"),
            ("https://start.us-gov-home.awsapps.com/directory/corp", "corp"),
            ("https://start.home.awsapps.cn/directory/d-4067123456", "sso"),
            ("https://d-9067642ac7.awsapps.com/start", "sso"),
            ("https://ssoins-1.portal.us-east-1.app.aws", "sso"),
            ("https://default.awsapps.com/start", "sso"),
        ] {
            assert_eq!(StartUrl::new(url).unwrap().0.session_name(), name, "{url}");
        }
    }

    #[test]
    fn spellings_of_one_portal_become_one_url() {
        for text in [
            "https://corp.awsapps.com/start",
            "https://corp.awsapps.com/start/",
            "https://corp.awsapps.com/start#/",
            "https://corp.awsapps.com/start#",
            "https://corp.awsapps.com/start#/?tab=accounts",
            "https://corp.awsapps.com/start/#/console?account_id=111122223333&role_name=Admin",
            "https://corp.awsapps.com/start?tab=accounts",
            "https://corp.awsapps.com/start/\\#/",
            "https://corp.awsapps.com/start\\#/",
        ] {
            assert_eq!(StartUrl::new(text).unwrap().0.as_str(), "https://corp.awsapps.com/start");
        }
        assert_eq!(StartUrl::new("https://corp.awsapps.com/start").unwrap().1, UrlChange::None);
        assert_eq!(StartUrl::new("https://corp.awsapps.com/start#/").unwrap().1, UrlChange::Trimmed);
    }

    #[test]
    fn other_schemes_and_odd_hosts_are_refused() {
        assert_eq!(StartUrl::new("http://corp.awsapps.com/start"), Err(StartUrlError::NotHttps));
        for bad in [
            "https://",
            "https:///start",
            "https://user@corp.awsapps.com/start",
            "https://corp..com",
            "https://c o.com",
            "https://corp.awsapps.com:abc/start",
            "https://corp.awsapps.com:/start",
            "https://corp.awsapps.com:+443/start",
            "https://corp.awsapps.com:70000/start",
        ] {
            assert!(matches!(StartUrl::new(bad), Err(StartUrlError::Host(_))), "{bad}");
        }
        for bad in ["https://corp.com/a\nb", "https://corp.com/ /"] {
            assert!(matches!(StartUrl::new(bad), Err(StartUrlError::Text(_))), "{bad}");
        }
        for bad in ["https://corp.awsapps.com", "https://corp.awsapps.com/", "https://start.home.awsapps.cn/#/"] {
            assert!(matches!(StartUrl::new(bad), Err(StartUrlError::NoPath(_))), "{bad}");
        }
        for good in ["https://ssoins-1.portal.us-east-1.app.aws", "https://sso.corp.example:8443"] {
            assert_eq!(StartUrl::new(good).unwrap().0.as_str(), good);
        }
    }
}
