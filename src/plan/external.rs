//! Owns reading a section of the person's own as AWS CLI does (aws-facts §1.1, §3): what gives its credentials. Must not run
//! anything.

use std::borrow::Cow;

use super::credentials::key_section::{KEY_ID, SECRET_KEY, TOKEN};
use crate::ini::{Document, FileKind, SectionId, split_words};
use crate::model::{
    ConfigText, CredentialProcess, Credentials, Destination, ExternalError, ExternalSource, ProfileName, Region,
    Setting, SettingValue,
};
use crate::secret::Secret;

/// The older name of a session's token, which botocore looks for first.
const OLD_TOKEN: &str = "aws_security_token";
/// Keys by which AWS CLI gets credentials in a way that awsauth leaves to it, before it looks at keys in the files.
const BEFORE_KEYS: [&str; 4] = ["role_arn", "web_identity_token_file", "sso_account_id", "sso_role_name"];

/// Keys that change where requests go, beside `region`.
const DESTINATION_KEYS: [&str; 4] =
    ["endpoint_url", "ignore_configured_endpoint_urls", "use_fips_endpoint", "use_dualstack_endpoint"];

/// AWS's two files, for the sections that awsauth does not write.
pub(crate) struct ExternalSections<'a> {
    config: Document<'a>,
    credentials: Document<'a>,
}

impl<'a> ExternalSections<'a> {
    pub(crate) fn parse(config: &'a [u8], credentials: &'a [u8]) -> Self {
        Self {
            config: Document::parse(config, FileKind::Config),
            credentials: Document::parse(credentials, FileKind::Credentials),
        }
    }

    /// True if either file has the section outside awsauth's block.
    pub(crate) fn has(&self, name: &ProfileName) -> bool {
        let id = id(name);
        let block = super::block_range(&self.config);
        self.credentials.find(&id).next().is_some()
            || self.config.find(&id).any(|section| !block.contains(&section.header.start))
    }

    /// What AWS CLI takes the credentials of a section from. Its order: roles, web identity, SSO, keys in the credentials file,
    /// `aws login`, `credential_process`, keys in the config file.
    pub(crate) fn source(&self, name: &ProfileName) -> Result<ExternalSource, ExternalError> {
        if !self.has(name) {
            return Err(ExternalError::NoSection);
        }
        let id = id(name);
        if let Some(key) = BEFORE_KEYS.into_iter().find(|key| self.get(&id, key).is_some()) {
            return Err(ExternalError::Unsupported(key));
        }
        if let Some(keys) = keys(&self.credentials, &id) {
            return keys.map(ExternalSource::Keys);
        }
        if self.get(&id, "login_session").is_some() {
            return Err(ExternalError::Unsupported("login_session"));
        }
        if let Some(command) = self.get(&id, "credential_process") {
            return process(&command).map(ExternalSource::Process).ok_or(ExternalError::BadCommand);
        }
        keys(&self.config, &id).map_or(Err(ExternalError::NoCredentials), |keys| keys.map(ExternalSource::Keys))
    }

    pub(crate) fn destination(&self, name: &ProfileName) -> Destination {
        let id = id(name);
        let setting = |key: &'static str| {
            let value = SettingValue::Text(ConfigText::new(&self.get(&id, key)?).ok()?);
            Some(Setting { key: key.to_owned(), value })
        };
        Destination {
            region: self.get(&id, "region").and_then(|region| Region::new(&region).ok()),
            settings: DESTINATION_KEYS.into_iter().filter_map(setting).collect(),
        }
    }

    /// The value of either file; the credentials file wins.
    fn get(&self, id: &SectionId, key: &str) -> Option<Cow<'a, str>> {
        self.credentials.get(id, key).or_else(|| self.config.get(id, key))
    }
}

fn id(name: &ProfileName) -> SectionId {
    SectionId::Profile(name.to_string())
}

/// The keys of a section of one file. AWS CLI does not take the other half from the other file.
fn keys(document: &Document<'_>, id: &SectionId) -> Option<Result<Credentials, ExternalError>> {
    let filled = |key| document.get(id, key).filter(|value| !value.is_empty());
    document.get(id, KEY_ID)?;
    let half = |has, lacks| ExternalError::HalfKey { has, lacks };
    let read = || {
        Ok(Credentials {
            access_key_id: filled(KEY_ID).ok_or(half(SECRET_KEY, KEY_ID))?.into_owned(),
            secret_access_key: Secret::new(filled(SECRET_KEY).ok_or(half(KEY_ID, SECRET_KEY))?),
            session_token: [OLD_TOKEN, TOKEN].into_iter().find_map(filled).map(Secret::new),
            expiration: None,
        })
    };
    Some(read())
}

/// Splits a command as AWS CLI does, without a shell. None for a line that it refuses.
fn process(command: &str) -> Option<CredentialProcess> {
    let mut words = split_words(command)?.into_iter();
    let program = words.next()?;
    Some(CredentialProcess { command: command.to_owned(), program, args: words.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(config: &str, credentials: &str) -> Result<ExternalSource, ExternalError> {
        let sections = ExternalSections::parse(config.as_bytes(), credentials.as_bytes());
        sections.source(&ProfileName::new("v").unwrap())
    }

    fn key(id: &str, token: Option<&str>) -> ExternalSource {
        ExternalSource::Keys(Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: Secret::new("s"),
            session_token: token.map(Secret::new),
            expiration: None,
        })
    }

    const A: &str = "aws_access_key_id=A\naws_secret_access_key=s\n";
    const B: &str = "aws_access_key_id=B\naws_secret_access_key=s\n";

    #[test]
    fn credentials_come_from_where_aws_cli_takes_them() {
        let in_config = |lines: &str| format!("[profile v]\n{lines}");
        let in_credentials = |lines: &str| format!("[v]\n{lines}");
        assert_eq!(source(&in_config(B), &in_credentials(A)), Ok(key("A", None)));
        assert_eq!(source(&in_config(B), ""), Ok(key("B", None)));
        let both = format!("{A}aws_session_token=t\naws_security_token=old\n");
        assert_eq!(source("", &in_credentials(&both)), Ok(key("A", Some("old"))));
        let process = in_config(&format!("{B}credential_process = /x/y \"a b\" c\n"));
        let run = |result| match result {
            Ok(ExternalSource::Process(process)) => (process.program, process.args),
            other => panic!("{other:?}"),
        };
        assert_eq!(run(source(&process, "")), ("/x/y".to_owned(), vec!["a b".to_owned(), "c".to_owned()]));
        assert_eq!(source(&process, &in_credentials(A)), Ok(key("A", None)));
        // The credentials file's settings win too.
        let other = in_credentials("credential_process = /other\n");
        assert_eq!(run(source(&process, &other)), ("/other".to_owned(), Vec::new()));
    }

    #[test]
    fn what_awsauth_does_not_follow_is_told_by_its_key() {
        for (line, key) in [
            ("role_arn = r\n", "role_arn"),
            ("web_identity_token_file = f\n", "web_identity_token_file"),
            ("sso_account_id = 1\n", "sso_account_id"),
        ] {
            let config = format!("[profile v]\n{line}{B}");
            assert_eq!(source(&config, &format!("[v]\n{A}")), Err(ExternalError::Unsupported(key)));
        }
        let login = "[profile v]\nlogin_session = x\ncredential_process = /x\n";
        assert_eq!(source(login, ""), Err(ExternalError::Unsupported("login_session")));
        assert_eq!(source(login, &format!("[v]\n{A}")), Ok(key("A", None)));
    }

    #[test]
    fn what_is_missing_is_told() {
        assert_eq!(source("[profile w]\n", "[profile v]\n"), Err(ExternalError::NoSection));
        assert_eq!(source("[profile v]\nregion = x\n", ""), Err(ExternalError::NoCredentials));
        let half = "[v]\naws_access_key_id = A\n";
        let lacks = Err(ExternalError::HalfKey { has: KEY_ID, lacks: SECRET_KEY });
        assert_eq!(source("[profile v]\naws_secret_access_key = s\n", half), lacks);
        assert_eq!(source("[profile v]\ncredential_process = a \"b\n", ""), Err(ExternalError::BadCommand));
        let block = "# >>> awsauth >>> x\n[profile v]\nregion = x\n# <<< awsauth <<< sha256:0\n";
        assert_eq!(source(block, ""), Err(ExternalError::NoSection));
    }
}
