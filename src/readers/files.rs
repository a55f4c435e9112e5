//! Owns the tools by name, and the files as each of them has them. Must not know what keys mean.

use std::cell::OnceCell;

use super::resolution::Resolution;
use super::view::View;
use super::{Refusal, botocore, go, java, javascript, rust};
use crate::ini::{Dialect, Document, FileKind};

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
            Self::Go => "Go, Terraform",
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
        match dialect {
            Dialect::Botocore => botocore::resolve(view, name),
            Dialect::Go => go::resolve(view, name),
            Dialect::JavaScript => javascript::resolve(view, name),
            Dialect::Rust => rust::resolve(view, name),
            Dialect::Java => java::resolve(view, name),
        }
    }
}
