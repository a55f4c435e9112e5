//! Owns the tools by name, and the files as each of them has them. Must not know what keys mean.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::resolution::Resolution;
use super::view::{KEY_ID, LOGIN, PROCESS, ROLE, SSO_ACCOUNT, SSO_SESSION, SSO_URL, View, WEB_IDENTITY};
use super::{Refusal, botocore, go, java, javascript, rust};
use crate::ini::{Dialect, Document, FileKind, SectionId};

/// The keys by which a profile says how it gets credentials, those of one way together.
const WAYS: [&[&str]; 6] =
    [&[ROLE], &[WEB_IDENTITY], &[SSO_SESSION, SSO_URL, SSO_ACCOUNT], &[LOGIN], &[PROCESS], &[KEY_ID]];

/// A tool that reads AWS's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reader {
    AwsCli2,
    AwsCli1,
    Boto3,
    /// The SDK that Terraform is made with.
    Go,
    JavaScript,
    Rust,
    Java,
}

impl Reader {
    pub(crate) const ALL: [Self; 7] =
        [Self::AwsCli2, Self::AwsCli1, Self::Boto3, Self::Go, Self::JavaScript, Self::Rust, Self::Java];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AwsCli2 => "AWS CLI v2",
            Self::AwsCli1 => "AWS CLI v1",
            Self::Boto3 => "boto3",
            Self::Go => "Go and Terraform",
            Self::JavaScript => "JavaScript",
            Self::Rust => "Rust",
            Self::Java => "Java",
        }
    }

    /// The name in JSON.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::AwsCli2 => "aws-cli-v2",
            Self::AwsCli1 => "aws-cli-v1",
            Self::Boto3 => "boto3",
            Self::Go => "go",
            Self::JavaScript => "javascript",
            Self::Rust => "rust",
            Self::Java => "java",
        }
    }

    /// True if it keeps the sessions of roles in `~/.aws/cli/cache`, where awsauth puts those of its logins (aws-facts §5).
    pub(crate) fn has_role_cache(self) -> bool {
        matches!(self, Self::AwsCli1 | Self::AwsCli2)
    }

    fn dialect(self) -> Dialect {
        match self {
            Self::AwsCli2 | Self::AwsCli1 | Self::Boto3 => Dialect::Botocore,
            Self::Go => Dialect::Go,
            Self::JavaScript => Dialect::JavaScript,
            Self::Rust => Dialect::Rust,
            Self::Java => Dialect::Java,
        }
    }
}

/// AWS's two files. Each dialect reads them once, when it is first asked.
pub(crate) struct AwsFiles<'a> {
    config: Document<'a>,
    credentials: Document<'a>,
    views: [OnceCell<Result<View, Refusal>>; 5],
}

impl<'a> AwsFiles<'a> {
    /// A file that is missing is empty.
    pub(crate) fn parse(config: &'a [u8], credentials: &'a [u8]) -> Self {
        let config = Document::parse(config, FileKind::Config);
        let credentials = Document::parse(credentials, FileKind::Credentials);
        Self { config, credentials, views: Default::default() }
    }

    /// What `reader` does with the profile `name`, or why it gets no credentials. Knows nothing of the environment: neither of its
    /// variables nor of a machine that has credentials of its own.
    pub(crate) fn resolve(&self, reader: Reader, name: &str) -> Resolution {
        let dialect = reader.dialect();
        let view = self.views[dialect as usize].get_or_init(|| View::read(&self.config, &self.credentials, dialect));
        let view = view.as_ref().map_err(Refusal::clone)?;
        view.check_depth(name)?;
        match dialect {
            Dialect::Botocore => botocore::resolve(view, name),
            Dialect::Go => go::resolve(view, name),
            Dialect::JavaScript => javascript::resolve(view, name),
            Dialect::Rust => rust::resolve(view, name),
            Dialect::Java => java::resolve(view, name),
        }
    }

    /// The file and line, from 1, of the key that counts for AWS CLI.
    pub(crate) fn place(&self, profile: &str, key: &str) -> Option<(FileKind, usize)> {
        self.documents().into_iter().find_map(|document| {
            let entry = document.entry(&SectionId::Profile(profile.to_owned()), key)?;
            Some((document.kind(), document.line_number(entry.range().start)))
        })
    }

    /// The line of a key of an SSO session in the config file.
    pub(crate) fn session_place(&self, session: &str, key: &str) -> Option<(FileKind, usize)> {
        let entry = self.config.entry(&SectionId::SsoSession(session.to_owned()), key)?;
        Some((FileKind::Config, self.config.line_number(entry.range().start)))
    }

    /// The value that counts for AWS CLI.
    pub(crate) fn value(&self, profile: &str, key: &str) -> Option<Cow<'a, str>> {
        let id = SectionId::Profile(profile.to_owned());
        self.documents().into_iter().find_map(|document| document.get(&id, key))
    }

    /// The first section of that name for AWS CLI: its file and line, from 1.
    pub(crate) fn section(&self, profile: &str) -> Option<(FileKind, usize)> {
        let id = SectionId::Profile(profile.to_owned());
        let section = |document: &Document<'a>| {
            Some((document.kind(), document.line_number(document.find(&id).next()?.header.start)))
        };
        section(&self.config).or_else(|| section(&self.credentials))
    }

    pub(crate) fn config(&self) -> &Document<'a> {
        &self.config
    }

    /// The profiles that AWS CLI finds, with repetitions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [&self.config, &self.credentials].into_iter().flat_map(Document::sections).filter_map(|one| one.id.profile())
    }

    /// True if AWS CLI finds a section of that name in the config file.
    pub(crate) fn has_in_config(&self, profile: &str) -> bool {
        self.config.find(&SectionId::Profile(profile.to_owned())).next().is_some()
    }

    /// Of each way to credentials that the profile has, one key.
    pub(crate) fn ways(&self, profile: &str) -> impl Iterator<Item = &'static str> {
        WAYS.into_iter().filter_map(move |keys| keys.iter().find(|key| self.value(profile, key).is_some()).copied())
    }

    /// The credentials file's values count before those of the config file.
    fn documents(&self) -> [&Document<'a>; 2] {
        [&self.credentials, &self.config]
    }
}
