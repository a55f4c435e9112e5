//! Owns which files make up one manifest, and which of them wins over which. Must not do I/O: it says what a file includes,
//! and is given what was found there.

use std::path::{Path, PathBuf};

use super::codes;
use super::sink::Sink;
use super::spec::keys;
use super::syntax;
use super::table::wrong_type;
use super::tree::{Entry, Node, Value, find};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Sources, Span};

/// The name of every file that holds what one person adds.
pub(crate) const LOCAL_NAME: &str = "profiles.local.toml";

/// For whom a manifest is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// For one person, with what they add to it.
    Person,
    /// For all who share it: what each has to supply may be missing.
    Team,
}

/// What a file says that another one should be read.
#[derive(Debug, Clone)]
pub(crate) struct Include {
    /// A relative path, whose parts may be patterns; parts are set apart by `/`.
    pub(crate) pattern: String,
    pub(crate) at: Span,
}

/// Provenance what an [`Include`] names can't be read.
#[derive(Debug)]
pub(crate) enum IncludeProblem {
    Missing,
    /// A pattern matches no file.
    Nothing,
    /// It is a link to a file elsewhere.
    Outside(PathBuf),
    /// It is in a `.git`.
    Git,
    /// It is one of the files that lead to it, each of which includes the next at its place.
    Cycle(Vec<Span>),
    /// So many files in a row include each other.
    TooDeep(usize),
    /// It could not be read, for this reason.
    Unreadable(String),
}

#[derive(Debug, Clone)]
struct File {
    kind: Kind,
    /// The files that it includes, in order.
    includes: Vec<usize>,
}

/// Whose word a file is.
#[derive(Debug, Clone)]
enum Kind {
    /// The manifest, or a file that it includes.
    Shared,
    Local(OwnWord),
    /// What should be one person's and is everybody's; it is not read.
    Misplaced,
}

/// True if a file of what one person adds may say what nobody else may say: `[settings]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnWord {
    /// It stands in the configuration directory, and nobody else can have written it.
    Certain,
    /// It stands there, and may be somebody else's for this reason.
    Doubtful(String),
    /// It stands beside the manifest, where a repository may have put it.
    Beside,
}

/// All files of one manifest.
#[derive(Debug)]
pub(crate) struct Layers {
    sources: Sources,
    files: Vec<File>,
    /// What is wrong with the includes.
    findings: Vec<Diagnostic>,
    /// The file where a person's own values belong, as it should be shown.
    personal: String,
    /// The file in the configuration directory, where `[settings]` belongs, if that is another one.
    own: Option<String>,
}

impl Layers {
    /// The manifest alone. `personal` is where a person's own values belong, as it should be shown.
    pub(crate) fn new(manifest: Source, personal: &str) -> Self {
        let mut layers = Self {
            sources: Sources::default(),
            files: Vec::new(),
            findings: Vec::new(),
            personal: crate::source::display_safe(personal),
            own: None,
        };
        layers.add(manifest, Kind::Shared);
        layers
    }

    /// Adds a file that the file `by` includes. Returns its number.
    pub(crate) fn add_included(&mut self, by: usize, source: Source) -> usize {
        let number = self.add(source, Kind::Shared);
        self.link(by, number);
        number
    }

    /// Notes that the file `by` includes `number`, which is here already.
    pub(crate) fn link(&mut self, by: usize, number: usize) {
        self.files[by].includes.push(number);
    }

    /// `[settings]` belongs in `own`, as it should be shown, and not where a person's other values do.
    pub(crate) fn settings_belong_in(&mut self, own: &str) {
        self.own = Some(crate::source::display_safe(own));
    }

    /// Adds what one person adds; it wins over all that was added before.
    pub(crate) fn add_local(&mut self, source: Source, word: OwnWord) -> usize {
        self.add(source, Kind::Local(word))
    }

    /// Adds a file of one person's own that the repository has for everybody, where only what is shared is read. Reports it,
    /// since without that nobody would know what it changes for them. `doubt` says why git can't tell that it has it.
    pub(crate) fn add_misplaced(&mut self, source: Source, doubt: Option<&str>) {
        let name = source.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = self.add(source, Kind::Misplaced);
        let at = Span::new(0, 0).behind(self.sources.base(number));
        let message = match doubt {
            None => format!(
                "`{name}` is committed, so it changes the manifest of everybody, and no check of a team sees it"
            ),
            Some(why) => format!("`{name}` may be committed, and so change the manifest of everybody: {why}"),
        };
        self.findings.push(Diagnostic::error(codes::COMMITTED_LOCAL, at, message).help(format!(
            "`git rm --cached {name}`, and a line with that name in .gitignore; what all need belongs in the manifest"
        )));
    }

    fn add(&mut self, source: Source, kind: Kind) -> usize {
        self.files.push(File { kind, includes: Vec::new() });
        self.sources.add(source)
    }

    /// The same files with other texts, which include the same as before; what is wrong with the includes is not said again.
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

    /// The texts, the manifest's first.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// What is wrong with the includes.
    pub(super) fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// The file where a person's own values belong, safe to show.
    pub(super) fn personal(&self) -> &str {
        &self.personal
    }

    /// The file where `[settings]` belongs, safe to show.
    pub(super) fn own(&self) -> &str {
        self.own.as_deref().unwrap_or(&self.personal)
    }

    /// The name of the manifest itself, without its directory.
    pub(super) fn manifest_name(&self) -> String {
        let name = self.sources.get(0).path.file_name().unwrap_or_default();
        crate::source::display_safe(&name.to_string_lossy())
    }

    /// The files of what one person adds, by number.
    pub(crate) fn local(&self) -> impl Iterator<Item = usize> {
        (0..self.files.len()).filter(|number| self.is_local(*number))
    }

    /// True if a file is what one person adds.
    pub(crate) fn is_local(&self, number: usize) -> bool {
        matches!(self.files[number].kind, Kind::Local(_))
    }

    /// True for a place in a file of what one person adds.
    pub(super) fn is_personal(&self, at: Span) -> bool {
        self.is_local(self.sources.number(at))
    }

    /// True if a file is one that the manifest includes, if only through others.
    pub(crate) fn is_included(&self, number: usize) -> bool {
        number > 0 && matches!(self.files[number].kind, Kind::Shared)
    }

    /// True if all files are there that should be.
    pub(super) fn is_complete(&self) -> bool {
        self.findings.iter().all(|found| found.severity != Severity::Error || found.code == codes::COMMITTED_LOCAL)
    }

    /// True if a file may say what only the person may; none of one that is shared.
    pub(super) fn own_word(&self, number: usize) -> Option<&OwnWord> {
        match &self.files[number].kind {
            Kind::Local(word) => Some(word),
            Kind::Shared | Kind::Misplaced => None,
        }
    }

    /// The files from the one over which all others win to the one that wins over all others. Files that are included come
    /// before the file that includes them, in its order.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.files.len());
        let mut is_met = vec![false; self.files.len()];
        // Each file with the number of its includes that were gone into.
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

    /// True if what stands at `over` wins over what stands at `below`, and is not just another file's word for the same:
    /// it is one person's, or its file includes the other.
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

    /// What the file of that number includes, as far as that can be meant; what can't is reported.
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

    /// Reports that what `include` names can't be read; `path` is the file that was tried, if there was one.
    pub(crate) fn report(&mut self, include: &Include, path: &Path, problem: IncludeProblem) {
        let path = crate::source::display_safe(&path.to_string_lossy());
        let error = |code, message: String| Diagnostic::error(code, include.at, message);
        let found = match problem {
            IncludeProblem::Missing => error(codes::INCLUDE_MISSING, format!("there is no file {path}"))
                .help("a path here begins in the directory of this file"),
            IncludeProblem::Nothing => {
                let message = format!("`{}` matches no file", include.pattern);
                Diagnostic::warning(codes::INCLUDE_NOTHING, include.at, message)
                    .help("`*` and `?` stand for a part of one name; a path here begins in the directory of this file")
            }
            IncludeProblem::Outside(target) => {
                let target = crate::source::display_safe(&target.to_string_lossy());
                error(codes::INCLUDE_OUTSIDE, format!("{path} leads to {target}"))
                    .help("a manifest reads nothing outside its own directory: put the file there itself")
            }
            IncludeProblem::Git => {
                error(codes::INCLUDE_OUTSIDE, format!("{path}: a repository's own files are no part of a manifest"))
                    .help("leave it out")
            }
            IncludeProblem::Cycle(places) => {
                let through = if places.len() > 1 { " through other files" } else { "" };
                let found = error(codes::INCLUDE_CYCLE, format!("{path} includes itself{through}"))
                    .help("leave one of these out");
                let others = places.into_iter().filter(|place| *place != include.at);
                others.fold(found, |found, place| found.related(place, "on the way here"))
            }
            IncludeProblem::TooDeep(most) => {
                error(codes::INCLUDE_TOO_DEEP, format!("more than {most} files in a row include each other"))
                    .help("include this file from one further up")
            }
            IncludeProblem::Unreadable(reason) => error(codes::INCLUDE_UNREADABLE, reason)
                .help("an included file is TOML in UTF-8, like the manifest itself"),
        };
        self.findings.push(found);
    }
}

/// The includes of one file that have a good form.
fn read(entry: &Entry<'_>, sink: &mut Sink) -> Vec<Include> {
    const EXAMPLE: Option<&str> = Some("[\"accounts.toml\", \"teams/*.toml\"]");
    let Some(list) = entry.node.list() else {
        wrong_type(&entry.name, &entry.node, "a list of strings", EXAMPLE, sink);
        return Vec::new();
    };
    let mut includes = Vec::with_capacity(list.len());
    for node in list {
        let Node { at, value: Value::Text(pattern) } = node else {
            wrong_type(&entry.name, node, "a list of strings", EXAMPLE, sink);
            continue;
        };
        match fault(pattern) {
            Some((code, message, help)) => sink.push(Diagnostic::error(code, *at, message).help(help)),
            None => includes.push(Include { pattern: pattern.to_string(), at: *at }),
        }
    }
    includes
}

/// What is wrong with the form of a path, by rule, message and help.
fn fault(pattern: &str) -> Option<(&'static str, String, &'static str)> {
    let bad = |message: &str, help| Some((codes::BAD_INCLUDE, message.to_owned(), help));
    let is_drive = pattern.as_bytes().get(1) == Some(&b':');
    let mut parts = pattern.split('/');
    if pattern.contains("${") {
        let help = "write the path itself, or a pattern such as `teams/*.toml`";
        return Some((codes::BAD_VARIABLE, "variables are not filled in in `include`".to_owned(), help));
    }
    if pattern.starts_with(['/', '~']) || is_drive || parts.any(|part| part == "..") {
        let help = "a path here begins in the directory of this file, and leads no higher: move the file there";
        return Some((codes::INCLUDE_OUTSIDE, format!("`{pattern}` leads out of the manifest's directory"), help));
    }
    if pattern.is_empty() || pattern.ends_with('/') || pattern.contains(|one: char| one == '\\' || one.is_control()) {
        return bad(
            "this is not the path of a file",
            "write it as in `teams/payments.toml`, with `/` between the parts",
        );
    }
    if pattern.contains("**") {
        return bad("`**` is not a pattern here", "name each level: `*.toml`, `teams/*.toml`, `teams/*/aws.toml`");
    }
    if pattern.rsplit('/').next() == Some(LOCAL_NAME) {
        let help = "leave it out: the one beside the manifest is read over it, and only for the person who has it";
        return bad("`profiles.local.toml` is never included", help);
    }
    let is_pattern = glob::Pattern::new(pattern).is_ok();
    if is_pattern {
        None
    } else {
        bad("this is not a pattern of file names", "`[` and `]` stand for one of the characters between them")
    }
}
