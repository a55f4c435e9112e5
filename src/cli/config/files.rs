//! Owns reading all files of a manifest: itself, the files that it includes, the personal ones. Must not know their content.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::cli::exit::Exit;
use crate::cli::paths::{Paths, beside};
use crate::cli::ui::failure::Failure;
use crate::manifest::{Audience, IncludeProblem, LOCAL_NAME, Layers, SettingsTrust};
use crate::source::{Source, Span};
use crate::system::files::atomic::parent;
use crate::system::files::stamp::{self, FileStamp};
use crate::system::programs::git::{Tracking, tracking};
use crate::system::{clock, files::disk, files::glob, files::trust};

/// The most files that may include each other in a row.
const DEEPEST: usize = 16;

/// The files of one manifest.
#[derive(Debug)]
pub(crate) struct Files {
    /// Their texts, and their order.
    pub(crate) layers: Layers,
    /// The file for a person's own values.
    pub(crate) personal: PathBuf,
    /// The places that each text was read from, the manifest first, and those that other files could appear at.
    seen: Vec<FileStamp>,
}

impl Files {
    /// Reads the manifest, and for one person the personal files.
    pub(crate) fn read(paths: Paths<'_>, audience: Audience) -> Result<Self, Failure> {
        let path = paths.manifest()?;
        if audience == Audience::Team {
            stays_in_its_directory(&path)?;
        }
        let (bytes, seen) = match stamp::read(&path, clock::now()) {
            Ok(read) => read.ok_or_else(|| paths.no_manifest(&path))?,
            Err(error) => return Err(Failure::of(Exit::Manifest, &error)),
        };
        let source = Source::new(&path, text(&path, bytes)?);
        let locals = Paths::local(&path);
        let personal = personal(&locals);
        let layers = Layers::new(source, &Paths::shown(&personal));
        let files = Self { layers, personal, seen: vec![seen.with_real_path()] };
        let mut files = FileReader::new(files, &path).read();
        match audience {
            Audience::Person => files.read_local(&locals)?,
            Audience::Team => files.look_for_misplaced(&path),
        }
        Ok(files)
    }

    /// Reports a personal file that is committed beside the manifest, in any case of letters: where file names ignore case,
    /// everybody would have it.
    fn look_for_misplaced(&mut self, manifest: &Path) {
        let Some(dir) = beside(manifest) else { return };
        let Some(place) = trust::resolved_parent(&dir.join(LOCAL_NAME)) else { return };
        let (name, doubt) = match tracking(&place) {
            Tracking::Untracked | Tracking::Known => return,
            Tracking::Tracked(path) => (path.rsplit('/').next().unwrap_or(LOCAL_NAME).into(), None),
            Tracking::Unknown(why) => match spelling(here(&dir)) {
                Some(name) => (name, Some(why)),
                None => return,
            },
        };
        // Its content does not matter.
        self.layers.add_misplaced(Source::new(dir.join(name), ""), doubt.as_deref());
    }

    /// Adds the personal files of the manifest in its place.
    pub(crate) fn with_own(mut self, paths: Paths<'_>) -> Result<Self, Failure> {
        let locals = Paths::local(&paths.manifest()?);
        self.personal = personal(&locals);
        self.read_local(&locals)?;
        Ok(self)
    }

    /// Files that were read elsewhere than from their places.
    pub(crate) fn of_layers(layers: Layers) -> Self {
        Self { layers, personal: PathBuf::from(LOCAL_NAME), seen: Vec::new() }
    }

    /// The places to compare, by [`are_current`], before a session is served without reading the manifest, the manifest first. None if JSON can't
    /// hold one of them.
    pub(crate) fn seen(&self) -> Vec<FileStamp> {
        if self.seen.iter().all(FileStamp::is_utf8) { self.seen.clone() } else { Vec::new() }
    }

    fn read_local(&mut self, places: &[PathBuf]) -> Result<(), Failure> {
        let own = Paths::own_local();
        if let Some(own) = own.as_ref().filter(|own| **own != self.personal) {
            self.layers.settings_belong_in(&Paths::shown(own));
        }
        for (index, path) in places.iter().enumerate() {
            let is_own = own.as_ref() == Some(path);
            let escaping_target =
                || trust::escaping_target(path).filter(|_| !is_own).map(|target| escaping_link_failure(path, &target));
            let found = stamp::read(path, clock::now()).map_err(|error| Failure::of(Exit::Manifest, &error))?;
            let Some((bytes, seen)) = found else {
                // A value would be written to the link's target.
                escaping_target().map_or(Ok(()), Err)?;
                self.seen.push(stamp::missing(path));
                continue;
            };
            let real = disk::real_path(path);
            if places[index + 1..].iter().any(|later| real.is_some() && disk::real_path(later) == real) {
                // A file counts once, under whatever names it is reached.
                self.seen.push(seen.with_real_path());
                continue;
            }
            escaping_target().map_or(Ok(()), Err)?;
            let text = text(path, bytes)?;
            let trust = if is_own { settings_trust(path, &text) } else { SettingsTrust::Beside };
            self.layers.add_local(Source::new(path, text), trust);
            self.seen.push(seen);
        }
        Ok(())
    }
}

/// A team's CI checks somebody else's repository, and shows lines of it: neither the manifest nor a file that it includes may
/// be a link to this machine's own files.
fn stays_in_its_directory(manifest: &Path) -> Result<(), Failure> {
    let Some(real) = disk::real_path(manifest) else { return Ok(()) };
    // In the configuration directory, the manifest may be a link of the person's own, which git does not know.
    let named = (!Paths::is_manifest_own(manifest)).then(|| here(parent(manifest)));
    let by_name = named.and_then(disk::real_path).and_then(|dir| misled(manifest, &dir, &real));
    // A directory on the way may be the repository's link as well: the last one is to blame.
    let on_the_way = || {
        let is_committed = |link: &Path| tracking(link) != Tracking::Untracked;
        let links = trust::links(manifest);
        links.iter().rev().find_map(|link| misled(link, link.parent()?, &real).filter(|_| is_committed(link)))
    };
    by_name.or_else(on_the_way).map_or(Ok(()), Err)
}

/// The failure if the file `real` is no manifest for the `link` in `dir` that leads to it.
fn misled(link: &Path, dir: &Path, real: &Path) -> Option<Failure> {
    let (link, target) = (link.display(), real.display());
    let (message, hint) = match real.strip_prefix(dir) {
        Err(_) => (
            format!("{link} is a link that leads out of its directory, to {target}"),
            "a manifest reads nothing outside its own directory: put the file there itself, or name it where it is",
        ),
        Ok(below) if trust::is_in_git_dir(below) => (
            format!("{link} is a link to {target}: a repository's own files are no manifest"),
            "put the file itself there",
        ),
        Ok(_) => return None,
    };
    Some(Failure::new(Exit::Manifest, message).hint(hint))
}

/// `[settings]` counts only in a trusted file. Git is asked only about a file that may have some.
fn settings_trust(path: &Path, text: &str) -> SettingsTrust {
    // TOML may spell a key with escapes.
    let may_have_settings = text.contains("settings") || text.contains('\\');
    let reason = if may_have_settings { trust::distrust(path) } else { None };
    reason.map_or(SettingsTrust::Trusted, SettingsTrust::Doubtful)
}

/// The name of a file in `dir` that is the personal one but for the case of its letters.
fn spelling(dir: &Path) -> Option<OsString> {
    let (names, _) = stamp::names(dir, clock::now()).ok()?;
    names.into_iter().map(|named| named.name).find(|name| name.eq_ignore_ascii_case(LOCAL_NAME))
}

/// Even by a link, a repository names no file outside its directory, and none of its own git files.
fn escaping_link_failure(path: &Path, target: &Path) -> Failure {
    let where_to = if trust::is_in_git_dir(target) { "to" } else { "out of its directory, to" };
    let message =
        format!("{} is a link from a git repository, and leads {where_to} {}", path.display(), target.display());
    let own = Paths::own_local().map_or_else(|| LOCAL_NAME.to_owned(), |own| Paths::shown(&own));
    Failure::new(Exit::Manifest, message)
        .hint(format!("remove it; what you want for yourself belongs in {own}, which may be a link"))
}

/// The file for a person's own values: the one that wins of those that exist, else the one in the configuration directory.
fn personal(places: &[PathBuf]) -> PathBuf {
    let existing = places.iter().rev().find(|path| disk::exists(path));
    existing.or(places.last()).cloned().unwrap_or_else(|| PathBuf::from(LOCAL_NAME))
}

/// True if all that a manifest was read from is unchanged, and nothing else is read now.
pub(crate) fn are_current(seen: &[FileStamp], paths: Paths<'_>) -> bool {
    let is_manifest = |first: &FileStamp| paths.manifest().is_ok_and(|manifest| first.path() == manifest);
    // The environment decides where a person's own file is.
    let has_own = || Paths::own_local().is_none_or(|own| seen.iter().any(|file| file.path() == own));
    seen.first().is_some_and(is_manifest) && has_own() && seen.iter().all(FileStamp::is_current)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes)
        .map_err(|error| Failure::new(Exit::Manifest, not_utf8(path, &error)).hint("save it as UTF-8 in your editor"))
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> String {
    let offset = error.utf8_error().valid_up_to();
    let line = error.as_bytes()[..offset].split(|byte| *byte == b'\n').count();
    format!("{} is not UTF-8: line {line}", path.display())
}

/// The state of following all includes.
struct FileReader {
    files: Files,
    /// The directory that all files must be in, without links; none if it can't be told.
    root: Option<PathBuf>,
    /// The files that were read, by their paths without links.
    by_path: HashMap<PathBuf, usize>,
    way: IncludeWay,
}

/// The files that include each other down to the current one, each with the place of its `include`.
#[derive(Debug, Default)]
pub(crate) struct IncludeWay(Vec<(usize, Span)>);

impl IncludeWay {
    pub(crate) fn enter(&mut self, number: usize, at: Span) {
        self.0.push((number, at));
    }

    pub(crate) fn leave(&mut self) {
        self.0.pop();
    }

    pub(crate) fn check_depth(&self) -> Result<(), IncludeProblem> {
        if self.0.len() > DEEPEST { Err(IncludeProblem::TooDeep(DEEPEST)) } else { Ok(()) }
    }

    /// Refuses a file that is on the way already.
    pub(crate) fn check_cycle(&self, number: usize) -> Result<(), IncludeProblem> {
        match self.0.iter().position(|(file, _)| *file == number) {
            Some(start) => Err(IncludeProblem::Cycle(self.0[start..].iter().map(|(_, at)| *at).collect())),
            None => Ok(()),
        }
    }
}

impl FileReader {
    fn new(files: Files, manifest: &Path) -> Self {
        let by_path = disk::real_path(manifest).map(|real| (real, 0)).into_iter().collect();
        let dir = beside(manifest);
        let root = dir.as_deref().map(here).and_then(disk::real_path);
        Self { files, root, by_path, way: IncludeWay::default() }
    }

    fn read(mut self) -> Files {
        let manifest = self.files.layers.sources().get(0).path.clone();
        let dir = beside(&manifest).unwrap_or_else(|| parent(&manifest).to_path_buf());
        self.follow(0, &dir);
        self.files
    }

    /// Reads what the file of that number, in `dir`, includes.
    fn follow(&mut self, number: usize, dir: &Path) {
        for include in self.files.layers.includes(number) {
            let may_read = |real: &Path| self.problem(real).is_none();
            let expanded = match glob::expand(dir, &include.pattern, &may_read, clock::now()) {
                Ok(expanded) => expanded,
                Err(error) => {
                    self.files.layers.report(&include, dir, unreadable(&error));
                    continue;
                }
            };
            self.files.seen.extend(expanded.seen);
            let refusal = expanded.begin.as_ref().and_then(|begin| self.refusal(dir, begin));
            if let Some((place, problem)) = refusal {
                self.files.layers.report(&include, place, problem);
            } else if expanded.files.is_empty() {
                self.files.layers.report(&include, dir, IncludeProblem::Nothing);
            }
            self.way.enter(number, include.at);
            for path in expanded.files {
                let is_own = path.file_name().is_some_and(|name| name == LOCAL_NAME)
                    || disk::real_path(&path).is_some_and(|real| self.by_path.get(&real) == Some(&number));
                // A glob that matches the file it stands in does not mean that file.
                if expanded.is_pattern && is_own {
                    continue;
                }
                if let Some((place, problem)) = self.refusal(dir, &path) {
                    self.files.layers.report(&include, place, problem);
                } else if let Err(problem) = self.take(number, &path) {
                    self.files.layers.report(&include, &path, problem);
                }
            }
            self.way.leave();
        }
    }

    /// The first place on the way from `dir` to `path` that may not be read, and why: nothing is said about the rest of the way.
    /// A link that leads out and back leads to a file of the directory.
    fn refusal<'a>(&self, dir: &Path, path: &'a Path) -> Option<(&'a Path, IncludeProblem)> {
        if disk::real_path(path).is_some_and(|real| self.problem(&real).is_none()) {
            return None;
        }
        let way: Vec<&Path> = path.ancestors().take_while(|place| place.starts_with(dir)).collect();
        way.into_iter().rev().find_map(|place| Some((place, self.problem(&disk::real_path(here(place))?)?)))
    }

    /// The reason not to read anything at this path without links.
    fn problem(&self, real: &Path) -> Option<IncludeProblem> {
        match self.root.as_ref().and_then(|root| real.strip_prefix(root).ok()) {
            None => Some(IncludeProblem::Outside(real.to_path_buf())),
            Some(below) => trust::is_in_git_dir(below).then_some(IncludeProblem::Git),
        }
    }

    /// Reads one file that the file `by` includes, with the files that it includes itself.
    fn take(&mut self, by: usize, path: &Path) -> Result<(), IncludeProblem> {
        let real = disk::real_path(path).ok_or(IncludeProblem::Missing)?;
        if let Some(number) = self.by_path.get(&real).copied() {
            return self.link(by, number, path);
        }
        self.way.check_depth()?;
        let found = stamp::read(path, clock::now()).map_err(|error| unreadable(&error))?;
        let (bytes, seen) = found.ok_or(IncludeProblem::Missing)?;
        let text = String::from_utf8(bytes).map_err(|error| IncludeProblem::Unreadable(not_utf8(path, &error)))?;
        let number = self.files.layers.add_included(by, Source::new(path, text));
        self.files.seen.push(seen);
        self.by_path.insert(real, number);
        self.follow(number, parent(path));
        Ok(())
    }

    /// Links a file that was read before, perhaps under another name.
    fn link(&mut self, by: usize, number: usize, path: &Path) -> Result<(), IncludeProblem> {
        self.way.check_cycle(number)?;
        self.files.layers.link(by, number);
        // This name may lead elsewhere one day.
        if let Ok(Some((_, seen))) = stamp::read(path, clock::now()) {
            self.files.seen.push(seen.with_real_path());
        }
        Ok(())
    }
}

fn unreadable(error: &disk::DiskError) -> IncludeProblem {
    let reason = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    IncludeProblem::Unreadable(format!("{error}{reason}"))
}

/// The current directory if `dir` is empty.
fn here(dir: &Path) -> &Path {
    if dir.as_os_str().is_empty() { Path::new(".") } else { dir }
}
