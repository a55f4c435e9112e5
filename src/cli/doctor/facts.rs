//! Owns what the checks look at, read once: AWS's two files, the profiles in them, the manifest. Must not judge it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::finding::{Finding, Place};
use crate::cli::app::App;
use crate::cli::config::load::{Manifest, Reading};
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::ini::{Document, Entry, FileKind, SectionId};
use crate::manifest::Audience;
use crate::readers::AwsFiles;
use crate::system::clock;
use crate::system::files::snapshot::Snapshot;

/// One of AWS's files as it was read; empty if it can't be.
pub(crate) struct AwsBytes {
    snapshot: Snapshot,
    problem: Option<Finding>,
}

pub(crate) struct AwsFile<'a> {
    pub(crate) kind: FileKind,
    pub(crate) path: &'a Path,
    /// The file that its links lead to.
    pub(crate) target: &'a Path,
    pub(crate) exists: bool,
    pub(crate) document: Document<'a>,
    /// The reason why it could not be read.
    pub(crate) problem: Option<&'a Finding>,
}

pub(crate) struct Facts<'a> {
    pub(crate) app: App<'a>,
    pub(crate) now: Timestamp,
    /// True if AWS, and the manifest's repository, may be asked.
    pub(crate) is_online: bool,
    pub(crate) config: AwsFile<'a>,
    pub(crate) credentials: AwsFile<'a>,
    /// Both, as each of AWS's tools reads them.
    pub(crate) readers: AwsFiles<'a>,
    /// None if there is no valid one.
    pub(crate) manifest: Option<Manifest>,
    /// The manifest if it is invalid.
    pub(crate) invalid: Option<Reading>,
    /// The reason why there is no manifest.
    pub(crate) unread: Option<Failure>,
}

impl AwsBytes {
    /// `variable` names another file.
    pub(crate) fn read(path: Result<PathBuf, Failure>, variable: &str) -> Self {
        let nothing = |path: PathBuf| Snapshot { target: path.clone(), path, bytes: Vec::new(), exists: false };
        let path = match path {
            Ok(path) => path,
            Err(failure) => {
                return Self { snapshot: nothing(PathBuf::new()), problem: Some(no_path(&failure, variable)) };
            }
        };
        match Snapshot::read(&path) {
            Ok(snapshot) => Self { snapshot, problem: None },
            Err(error) => {
                let text = error.with_cause();
                let rest = text.strip_prefix(&format!("{} ", path.display()));
                let what = rest.map_or_else(|| text.clone(), |rest| format!("it {rest}"));
                let found = Finding::error("file-unreadable", Place::Path(path.clone()), what);
                let found = found.why("no tool of AWS's finds its profiles");
                let problem = found.fix("put a file there that you can read");
                Self { snapshot: nothing(path), problem: Some(problem) }
            }
        }
    }

    fn parse(&self, kind: FileKind) -> AwsFile<'_> {
        let Self { snapshot, problem } = self;
        AwsFile {
            kind,
            path: &snapshot.path,
            target: &snapshot.target,
            exists: snapshot.exists,
            document: Document::parse(&snapshot.bytes, kind),
            problem: problem.as_ref(),
        }
    }
}

fn no_path(failure: &Failure, variable: &str) -> Finding {
    if failure.exit == Exit::Unavailable {
        let found = Finding::error("no-home", Place::Machine, failure.message());
        return found.why("neither AWS's files nor the manifest can be found").fix("set HOME to an absolute path");
    }
    let found = Finding::error("relative-path", Place::Variable(variable.to_owned()), "it names no absolute path");
    let found = found.why("each directory has another file of that name, and awsauth takes none");
    found.fix(format!("give {variable} an absolute path, or `unset {variable}`"))
}

impl AwsFile<'_> {
    pub(crate) fn line(&self, line: usize) -> Place {
        Place::Line(self.path.to_path_buf(), line)
    }

    pub(crate) fn is_line(&self, place: &Place) -> bool {
        matches!(place, Place::Line(path, _) if path == self.path)
    }

    pub(crate) fn place(&self, entry: &Entry) -> Place {
        self.line(self.document.line_number(entry.range().start))
    }

    pub(crate) fn has(&self, id: &SectionId) -> bool {
        self.document.find(id).next().is_some()
    }
}

impl<'a> Facts<'a> {
    pub(crate) fn new(config: &'a AwsBytes, credentials: &'a AwsBytes, is_online: bool, app: App<'a>) -> Self {
        let (mut manifest, mut invalid, mut unread) = (None, None, None);
        match Reading::read(app.paths, Audience::Person) {
            Ok(reading) if reading.loaded.is_in_order() => match Manifest::of(reading, app) {
                Ok(read) => manifest = Some(read),
                Err(failure) => unread = Some(failure),
            },
            Ok(reading) => invalid = Some(reading),
            Err(failure) => unread = Some(failure),
        }
        let readers = AwsFiles::parse(&config.snapshot.bytes, &credentials.snapshot.bytes);
        let (config, credentials) = (config.parse(FileKind::Config), credentials.parse(FileKind::Credentials));
        Self { app, now: clock::now(), is_online, config, credentials, readers, manifest, invalid, unread }
    }

    /// The value of a variable, unless awsauth has set it: `mark` has the same value then.
    pub(crate) fn own_variable(&self, name: &str, mark: &str) -> Option<&str> {
        let host = self.app.host;
        host.var(name).filter(|value| host.var(mark) != Some(value))
    }

    /// The profile that programs without a profile of their own take, with the variable that names it. AWS CLI's order; boto3's is
    /// the other one (aws-facts §3).
    pub(crate) fn chosen(&self) -> Option<(&'static str, &str)> {
        ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter().find_map(|name| Some((name, self.app.host.var(name)?)))
    }

    /// The profiles of both files, in their order.
    pub(crate) fn profiles(&self) -> Vec<AwsProfile<'_>> {
        let sections = [&self.config, &self.credentials].into_iter().flat_map(|file| file.document.sections());
        let mut seen = HashSet::new();
        let names = sections.filter_map(|section| section.id.profile()).filter(|name| seen.insert(*name));
        names.map(|name| self.profile(name)).collect()
    }

    /// Without the sections that are there for a long-term key alone.
    pub(crate) fn number_of_profiles(&self) -> usize {
        let profiles = self.manifest.iter().flat_map(|manifest| manifest.catalog.profiles());
        let keys: HashSet<&str> = profiles.filter_map(|one| Some(one.long_term_section()?.as_str())).collect();
        let is_profile = |one: &AwsProfile<'_>| !keys.contains(one.name()) || self.is_managed(one.name());
        self.profiles().iter().filter(|one| is_profile(one)).count()
    }

    pub(crate) fn profile(&self, name: &str) -> AwsProfile<'_> {
        let (config, credentials) = (&self.config, &self.credentials);
        AwsProfile { id: SectionId::Profile(name.to_owned()), config, credentials }
    }

    /// True if the manifest has the profile.
    pub(crate) fn is_managed(&self, name: &str) -> bool {
        self.manifest.as_ref().is_some_and(|manifest| manifest.catalog.get(name).is_some())
    }
}

/// A profile as AWS's tools join it from both files.
pub(crate) struct AwsProfile<'f> {
    id: SectionId,
    config: &'f AwsFile<'f>,
    credentials: &'f AwsFile<'f>,
}

/// A setting that is not empty.
pub(crate) struct Setting<'f> {
    pub(crate) text: Cow<'f, str>,
    pub(crate) place: Place,
}

impl<'f> AwsProfile<'f> {
    pub(crate) fn name(&self) -> &str {
        self.id.name()
    }

    pub(crate) fn exists(&self) -> bool {
        self.config.has(&self.id) || self.credentials.has(&self.id)
    }

    /// `[profile dev]`, or `[dev]` of the credentials file if only that has it.
    pub(crate) fn header(&self) -> String {
        let kind = if self.config.has(&self.id) { FileKind::Config } else { FileKind::Credentials };
        format!("[{}]", self.id.header(kind))
    }

    /// The line of its header.
    pub(crate) fn place(&self) -> Option<Place> {
        let header = |file: &AwsFile<'_>| Some(file.line(file.document.find(&self.id).next()?.header_line + 1));
        header(self.config).or_else(|| header(self.credentials))
    }

    /// The value that counts: the credentials file wins (aws-facts §1.1).
    pub(crate) fn get(&self, key: &str) -> Option<Setting<'f>> {
        self.get_in(self.credentials, key).or_else(|| self.get_in(self.config, key))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn in_config(&self, key: &str) -> Option<Setting<'f>> {
        self.get_in(self.config, key)
    }

    /// None for a session of awsauth's own.
    pub(crate) fn in_credentials(&self, key: &str) -> Option<Setting<'f>> {
        self.get_in(self.credentials, key).filter(|_| !self.has_own_session())
    }

    fn get_in(&self, file: &'f AwsFile<'f>, key: &str) -> Option<Setting<'f>> {
        let text = file.document.get(&self.id, key).filter(|value| !value.trim().is_empty())?;
        let place = match file.document.entry(&self.id, key) {
            Some(entry) => file.place(entry),
            // [DEFAULT] has it.
            None => file.line(file.document.find(&self.id).next()?.header_line + 1),
        };
        Some(Setting { text, place })
    }

    fn has_own_session(&self) -> bool {
        self.credentials.document.entry(&self.id, "awsauth_expiration").is_some()
    }
}
