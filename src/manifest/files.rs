//! Owns the files of one manifest, and which of them overrides which. Must not do I/O: the caller reads the includes.

use std::path::{Path, PathBuf};

use super::document::syntax;
use super::document::table::texts;
use super::document::tree::{KeyValue, find};
use super::findings::codes;
use super::findings::sink::Sink;
use super::spec::keys;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Sources, Span};

/// The name of a file with what one person adds to the manifest.
pub(crate) const LOCAL_NAME: &str = "profiles.local.toml";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// One person, with the files that they add.
    Person,
    /// Everybody who shares the manifest: required variables may be undefined.
    Team,
}

/// An entry of `include`.
#[derive(Debug, Clone)]
pub(crate) struct Include {
    /// A relative path with `/`; its parts may be globs.
    pub(crate) pattern: String,
    pub(crate) at: Span,
}

/// Why an [`Include`] can't be read.
#[derive(Debug)]
pub(crate) enum IncludeProblem {
    Missing,
    /// A glob matches no file.
    Nothing,
    /// A link to a file outside the manifest's directory.
    Outside(PathBuf),
    /// Inside `.git`.
    Git,
    /// The place of each `include` on the way round.
    Cycle(Vec<Span>),
    /// More than this many files include each other in a row.
    TooDeep(usize),
    Unreadable(String),
}

#[derive(Debug, Clone)]
struct LayerFile {
    kind: LayerKind,
    /// In order.
    includes: Vec<usize>,
}

#[derive(Debug, Clone)]
enum LayerKind {
    /// The manifest, or a file that it includes.
    Shared,
    Local(SettingsTrust),
    /// A personal file that is committed; its `[settings]` are not read.
    Misplaced,
}

/// Why a personal file may, or may not, have `[settings]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingsTrust {
    /// In the configuration directory, and nobody else can have written it.
    Trusted,
    /// In the configuration directory, but somebody else may have written it, for this reason.
    Doubtful(String),
    /// Beside the manifest, where a repository may have put it.
    Beside,
}

#[derive(Debug)]
pub(crate) struct Layers {
    sources: Sources,
    files: Vec<LayerFile>,
    findings: Vec<Diagnostic>,
    /// The path of the personal file, safe to show.
    personal: String,
    /// The path of the personal file for `[settings]`, if that is another one.
    own: Option<String>,
}

impl Layers {
    /// `personal` is the path of the personal file, for messages.
    pub(crate) fn new(manifest: Source, personal: &str) -> Self {
        let mut layers = Self {
            sources: Sources::default(),
            files: Vec::new(),
            findings: Vec::new(),
            personal: crate::source::display_safe(personal),
            own: None,
        };
        layers.add(manifest, LayerKind::Shared);
        layers
    }

    /// Returns the number of the new file.
    pub(crate) fn add_included(&mut self, by: usize, source: Source) -> usize {
        let number = self.add(source, LayerKind::Shared);
        self.link(by, number);
        number
    }

    pub(crate) fn link(&mut self, by: usize, number: usize) {
        self.files[by].includes.push(number);
    }

    /// Says that `[settings]` belongs in `own`, while other personal values do not.
    pub(crate) fn settings_belong_in(&mut self, own: &str) {
        self.own = Some(crate::source::display_safe(own));
    }

    /// Adds a personal file, which wins over all earlier ones.
    pub(crate) fn add_local(&mut self, source: Source, trust: SettingsTrust) -> usize {
        self.add(source, LayerKind::Local(trust))
    }

    /// Adds and reports a personal file that the repository has for everybody; its `[settings]` are not read. `doubt`
    /// says why git can't tell if it is committed.
    pub(crate) fn add_misplaced(&mut self, source: Source, doubt: Option<&str>) {
        let file = source.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // `HEAD:NAME` in a commit.
        let name = file.rsplit(':').next().unwrap_or(&file);
        let number = self.add(source, LayerKind::Misplaced);
        let at = Span::new(0, 0).offset_by(self.sources.base(number));
        let message = match doubt {
            None => format!(
                "`{name}` is committed: it changes the manifest for everybody, and `check --team` does not see it"
            ),
            Some(why) => format!("`{name}` may be committed, and then changes the manifest for everybody: {why}"),
        };
        self.findings.push(Diagnostic::error(codes::COMMITTED_LOCAL, at, message).help(format!(
            "run `git rm --cached {name}`, and add it to .gitignore; what everybody needs belongs in the manifest"
        )));
    }

    fn add(&mut self, source: Source, kind: LayerKind) -> usize {
        self.files.push(LayerFile { kind, includes: Vec::new() });
        self.sources.add(source)
    }

    /// Replaces texts by number. Keeps the includes, and does not report them again.
    pub(crate) fn with_texts(&self, texts: &[(usize, String)]) -> Self {
        let mut sources = Sources::default();
        for (number, source) in self.sources.iter().enumerate() {
            let text = texts.iter().find(|(changed, _)| *changed == number).map_or(&source.text, |(_, text)| text);
            sources.add(Source::new(&source.path, text.as_str()));
        }
        Self {
            sources,
            files: self.files.clone(),
            findings: Vec::new(),
            personal: self.personal.clone(),
            own: self.own.clone(),
        }
    }

    /// The manifest comes first.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    pub(super) fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    pub(super) fn personal(&self) -> &str {
        &self.personal
    }

    /// The path of the personal file that nobody else can have written.
    pub(super) fn own(&self) -> &str {
        self.own.as_deref().unwrap_or(&self.personal)
    }

    /// Without its directory.
    pub(super) fn manifest_name(&self) -> String {
        let name = self.sources.get(0).path.file_name().unwrap_or_default();
        crate::source::display_safe(&name.to_string_lossy())
    }

    /// The numbers of the personal files.
    pub(crate) fn local(&self) -> impl Iterator<Item = usize> {
        (0..self.files.len()).filter(|number| self.is_local(*number))
    }

    pub(crate) fn is_local(&self, number: usize) -> bool {
        matches!(self.files[number].kind, LayerKind::Local(_))
    }

    pub(super) fn is_personal(&self, at: Span) -> bool {
        self.is_local(self.sources.number(at))
    }

    /// True for a file that the manifest includes, directly or not.
    pub(crate) fn is_included(&self, number: usize) -> bool {
        number > 0 && matches!(self.files[number].kind, LayerKind::Shared)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.findings.iter().all(|found| found.severity != Severity::Error || found.code == codes::COMMITTED_LOCAL)
    }

    /// None for a shared file.
    pub(super) fn settings_trust(&self, number: usize) -> Option<&SettingsTrust> {
        match &self.files[number].kind {
            LayerKind::Local(trust) => Some(trust),
            LayerKind::Shared | LayerKind::Misplaced => None,
        }
    }

    /// The files by number, the one that wins over all others last. Included files come before the file that includes
    /// them.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.files.len());
        let mut is_met = vec![false; self.files.len()];
        // Each file on the way down, with how many of its includes were visited.
        let mut path = vec![(0, 0)];
        is_met[0] = true;
        while let Some((file, next)) = path.last_mut() {
            if let Some(included) = self.files[*file].includes.get(*next).copied() {
                *next += 1;
                if !std::mem::replace(&mut is_met[included], true) {
                    path.push((included, 0));
                }
            } else {
                order.push(*file);
                path.pop();
            }
        }
        order.extend(self.local());
        order
    }

    /// True if `over` may override `below`: it is in a personal file, or in one that includes the other.
    pub(super) fn wins(&self, over: Span, below: Span) -> bool {
        let (over, below) = (self.sources.number(over), self.sources.number(below));
        if over == below || self.is_local(over) {
            return true;
        }
        let mut is_met = vec![false; self.files.len()];
        let mut next = vec![over];
        while let Some(file) = next.pop() {
            if file == below {
                return true;
            }
            if !std::mem::replace(&mut is_met[file], true) {
                next.extend(&self.files[file].includes);
            }
        }
        false
    }

    /// Returns the includes of a file. Reports malformed ones.
    pub(crate) fn includes(&mut self, number: usize) -> Vec<Include> {
        let source = self.sources.get(number);
        if !source.text.contains("include") {
            return Vec::new();
        }
        let table = syntax::head(&source.text, self.sources.base(number));
        let mut sink = Sink::default();
        let includes = find(&table, keys::INCLUDE).map(|entry| read(entry, &mut sink));
        self.findings.extend(sink.into_sorted());
        includes.unwrap_or_default()
    }

    /// `path` is the file that was tried.
    pub(crate) fn report(&mut self, include: &Include, path: &Path, problem: IncludeProblem) {
        let path = crate::source::display_safe(&path.to_string_lossy());
        let error = |code, message: String| Diagnostic::error(code, include.at, message);
        let found = match problem {
            IncludeProblem::Missing => error(codes::INCLUDE_MISSING, format!("there is no file {path}"))
                .help("paths are relative to the directory of this file"),
            IncludeProblem::Nothing => {
                let message = format!("`{}` matches no file", include.pattern);
                Diagnostic::warning(codes::INCLUDE_NOTHING, include.at, message)
                    .help("`*` and `?` match within one name; paths are relative to the directory of this file")
            }
            IncludeProblem::Outside(target) => {
                let target = crate::source::display_safe(&target.to_string_lossy());
                error(codes::INCLUDE_OUTSIDE, format!("{path} leads to {target}"))
                    .help("a manifest reads nothing outside its own directory: move the file there")
            }
            IncludeProblem::Git => {
                error(codes::INCLUDE_OUTSIDE, format!("{path} is one of git's own files, which can't be included"))
                    .help("remove it")
            }
            IncludeProblem::Cycle(places) => {
                let through = if places.len() > 1 { " through other files" } else { "" };
                let found = error(codes::INCLUDE_CYCLE, format!("{path} includes itself{through}"))
                    .help("remove one of these includes");
                let others = places.into_iter().filter(|place| *place != include.at);
                others.fold(found, |found, place| found.related(place, "through this include"))
            }
            IncludeProblem::TooDeep(most) => {
                error(codes::INCLUDE_TOO_DEEP, format!("includes are nested more than {most} levels deep"))
                    .help("include this file from one nearer to the manifest")
            }
            IncludeProblem::Unreadable(reason) => error(codes::INCLUDE_UNREADABLE, reason)
                .help("an included file is TOML in UTF-8, like the manifest itself"),
        };
        self.findings.push(found);
    }
}

fn read(entry: &KeyValue<'_>, sink: &mut Sink) -> Vec<Include> {
    let mut includes = Vec::new();
    for text in texts(entry, "[\"accounts.toml\", \"teams/*.toml\"]", sink).unwrap_or_default() {
        match fault(text.value) {
            Some((code, message, help)) => sink.push(Diagnostic::error(code, text.at, message).help(help)),
            None => includes.push(Include { pattern: text.value.to_owned(), at: text.at }),
        }
    }
    includes
}

/// Returns code, message and help for a malformed path.
fn fault(pattern: &str) -> Option<(&'static str, String, &'static str)> {
    let bad = |message: &str, help| Some((codes::BAD_INCLUDE, message.to_owned(), help));
    let is_drive = pattern.as_bytes().get(1) == Some(&b':');
    let mut parts = pattern.split('/');
    if pattern.contains("${") {
        let help = "write the path itself, or a glob such as `teams/*.toml`";
        return Some((codes::BAD_VARIABLE, "variables are not expanded in `include`".to_owned(), help));
    }
    if pattern.starts_with(['/', '~']) || is_drive || parts.any(|part| part == "..") {
        let help = "paths are relative to the directory of this file, and can't leave it: move the file there";
        return Some((codes::INCLUDE_OUTSIDE, format!("`{pattern}` leads out of the manifest's directory"), help));
    }
    if pattern.is_empty() || pattern.ends_with('/') || pattern.contains(|one: char| one == '\\' || one.is_control()) {
        return bad(
            "this is not the path of a file",
            "write it as in `teams/payments.toml`, with `/` between the parts",
        );
    }
    if pattern.contains("**") {
        return bad("`**` is not supported here", "name each level: `*.toml`, `teams/*.toml`, `teams/*/aws.toml`");
    }
    if pattern.rsplit('/').next() == Some(LOCAL_NAME) {
        let help = "remove it: the one beside the manifest is always read, for the person who has it";
        return bad("`profiles.local.toml` is never included", help);
    }
    if glob::Pattern::new(pattern).is_err() {
        return bad("this is not a valid glob", "`[…]` matches one of the characters in it");
    }
    None
}
