//! Owns one step on the way to credentials, as it is shown. Must not know where it was found.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::paths::Paths;
use crate::model::SessionDuration;

/// A call to AWS, or what needs none.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Step {
    /// The profile or section that it is for.
    pub(crate) profile: String,
    /// AWS's name of the operation; none for a key, a program, the machine.
    pub(crate) call: Option<&'static str>,
    /// In words what gives credentials without a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gives: Option<&'static str>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) lasts: Option<Lasts>,
    /// None if there is nothing that could be kept.
    pub(crate) kept: Option<Kept>,
}

/// A parameter, by its key in the manifest or in AWS's files.
#[derive(Debug, Serialize)]
pub(crate) struct Fact {
    pub(crate) key: &'static str,
    pub(crate) value: String,
    #[serde(flatten)]
    pub(crate) place: Option<FilePlace>,
}

/// A line of a file, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FilePlace {
    #[serde(serialize_with = "as_text")]
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
}

/// How long its session may last.
#[derive(Debug, Serialize)]
pub(crate) struct Lasts {
    /// None if AWS alone knows.
    pub(crate) seconds: Option<i64>,
    pub(crate) why: String,
    #[serde(flatten)]
    pub(crate) place: Option<FilePlace>,
}

/// The session that is kept now.
#[derive(Debug, Serialize)]
pub(crate) struct Kept {
    pub(crate) expires_at: Option<String>,
    pub(crate) seconds_left: Option<i64>,
    /// The portal of a token that is for another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_for: Option<String>,
    pub(crate) places: Vec<KeptIn>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum KeptIn {
    Section {
        #[serde(serialize_with = "as_text")]
        file: PathBuf,
        section: String,
    },
    File {
        #[serde(serialize_with = "as_text")]
        file: PathBuf,
    },
    #[serde(serialize_with = "as_keyring")]
    Keyring,
}

impl KeptIn {
    pub(crate) fn file(file: PathBuf) -> Self {
        Self::File { file }
    }
}

impl fmt::Display for KeptIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Section { file, section } => write!(formatter, "[{section}] of {}", Paths::shown(file)),
            Self::File { file } => formatter.write_str(&Paths::shown(file)),
            Self::Keyring => formatter.write_str("the system's keyring"),
        }
    }
}

fn as_keyring<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::json!({ "store": "keyring" }).serialize(serializer)
}

fn as_text<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Paths::text(path))
}

impl Step {
    pub(crate) fn new(profile: impl Into<String>, call: Option<&'static str>) -> Self {
        Self { profile: profile.into(), call, ..Self::default() }
    }

    pub(crate) fn giving(profile: impl Into<String>, gives: &'static str) -> Self {
        Self { gives: Some(gives), ..Self::new(profile, None) }
    }

    pub(crate) fn fact(&mut self, key: &'static str, value: impl Into<String>, place: Option<FilePlace>) {
        self.facts.push(Fact { key, value: value.into(), place });
    }
}

impl Kept {
    /// Nothing is kept.
    pub(crate) fn nothing() -> Self {
        Self { expires_at: None, seconds_left: None, is_for: None, places: Vec::new() }
    }

    pub(crate) fn until(end: Timestamp, now: Timestamp, places: Vec<KeptIn>) -> Self {
        let seconds_left = crate::flow::seconds_left(end, now);
        Self { expires_at: Some(crate::model::utc(end)), seconds_left: Some(seconds_left), is_for: None, places }
    }
}

/// How long a role's session lasts; `given` is its `duration_seconds`. AWS limits role chaining to an hour.
pub(crate) fn role_lasts(given: Option<i64>, is_chained: bool, place: Option<FilePlace>) -> Lasts {
    let limit = i64::from(SessionDuration::CHAINED_MOST);
    match given {
        Some(seconds) if !is_chained || seconds <= limit => {
            Lasts { seconds: Some(seconds), why: "duration_seconds".to_owned(), place }
        }
        _ if is_chained => {
            Lasts { seconds: Some(limit), why: "AWS's limit where a session assumes a role".to_owned(), place: None }
        }
        _ => Lasts { seconds: Some(limit), why: "AWS's default".to_owned(), place: None },
    }
}

pub(crate) fn portal_lasts() -> Lasts {
    Lasts { seconds: None, why: "as IAM Identity Center's settings say".to_owned(), place: None }
}

pub(crate) fn permission_set_lasts() -> Lasts {
    Lasts { seconds: None, why: "as its permission set says".to_owned(), place: None }
}

/// A console sign-in (aws-facts §13).
pub(crate) fn sign_in_lasts() -> Lasts {
    Lasts { seconds: Some(900), why: "renewed by itself for up to 12 h".to_owned(), place: None }
}
