//! Owns `awsauth import`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::load::Reading;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::{count, few};
use crate::cli::ui::out::Out;
use crate::import::{self, FileLine, Form, Import, ImportFiles, Left, Note};
use crate::ini::FileKind;
use crate::manifest::Audience;
use crate::model::Catalog;
use crate::secret::mask_words;
use crate::source::display_safe;
use crate::system::files::disk;
use crate::system::files::snapshot::Snapshot;

/// Print a manifest with the profiles that ~/.aws has
///
/// The manifest goes to standard output and means to AWS's tools what ~/.aws/config and ~/.aws/credentials mean. No secret
/// is in it. Everything else is said on stderr: what stays where it is and why, and the lines for your own
/// profiles.local.toml. Nothing is written.
///
/// `awsauth init --import` writes it as your manifest. Then `awsauth apply --adopt` puts its profiles into awsauth's block, in
/// place of your sections.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth import
  awsauth import --matrix > new.toml
  awsauth init --import")]
pub(crate) struct Args {
    /// Make a matrix of profiles with regular names
    ///
    /// Profiles that are named after their account and their role, such as `prod-Admin`, become entries of `[accounts]` and
    /// one table of `[matrix]`.
    #[arg(long)]
    matrix: bool,
}

#[derive(Serialize)]
struct ImportJson<'i> {
    manifest: &'i str,
    /// Lines for profiles.local.toml.
    personal: &'i str,
    /// The names of profiles by pattern.
    profiles: BTreeMap<&'static str, Vec<&'i str>>,
    left: Vec<LeftJson>,
    faults: Vec<FaultJson>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct LeftJson {
    section: String,
    file: String,
    line: usize,
    reason: String,
    remedy: Option<String>,
    /// True if the manifest has it as `external`.
    external: bool,
}

#[derive(Serialize)]
struct FaultJson {
    file: String,
    line: usize,
    reason: String,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let (files, found) = take_over(if args.matrix { Form::Matrix } else { Form::Profiles }, app)?;
    if app.out.json {
        app.out.document(files.document(&found))?;
        return Ok(Exit::Done);
    }
    app.out.data(&found.manifest)?;
    files.say(&found, app.out);
    if !found.personal.is_empty() {
        say_personal(&found, app.out);
    }
    app.out.say(if disk::exists(&app.paths.manifest()?) {
        "you have a manifest: copy the tables that it lacks; then `awsauth check`, and `awsauth apply --adopt --dry-run`"
    } else {
        "`awsauth init --import` writes this as your manifest; then `awsauth check`, and `awsauth apply --adopt --dry-run`"
    });
    Ok(Exit::Done)
}

/// Reads AWS's files, and turns them into a manifest.
pub(crate) fn take_over(form: Form, app: App<'_>) -> Result<(AwsSnapshots, Import), Failure> {
    let files = AwsSnapshots::read(app)?;
    let found = files.import(form, app)?;
    if found.catalog.profiles().is_empty() && found.catalog.sessions().is_empty() && !found.faults.is_empty() {
        return Err(files.unreadable(&found));
    }
    Ok((files, found))
}

/// Says the lines for the personal file.
pub(crate) fn say_personal(found: &Import, out: Out) {
    out.say("These lines belong in your own profiles.local.toml, in awsauth's configuration directory:");
    for line in found.personal.lines() {
        out.say(&mask_words(&format!("  {line}")));
    }
}

const LOST: &str = "awsauth's block does not say which profiles ask for an MFA code: only their manifest does";

/// AWS's two files as they were read.
pub(crate) struct AwsSnapshots {
    config: Snapshot,
    credentials: Snapshot,
}

impl AwsSnapshots {
    pub(crate) fn read(app: App<'_>) -> Result<Self, Failure> {
        let read = |path| Snapshot::read(path).map_err(|error| explain::disk(&error));
        Ok(Self { config: read(&app.paths.config()?)?, credentials: read(&app.paths.credentials()?)? })
    }

    /// Turns both files into a manifest, with the help of the one that there is.
    fn import(&self, form: Form, app: App<'_>) -> Result<Import, Failure> {
        // There need be no manifest, nor a valid one.
        let reading = Reading::read(app.paths, Audience::Person).ok();
        let manifest = reading.as_ref().map(|reading| Paths::shown(&reading.source().path));
        let known = reading.and_then(|reading| reading.loaded.catalog).unwrap_or_default();
        let files = ImportFiles { config: &self.config.bytes, credentials: &self.credentials.bytes, known: &known };
        let lost = import::of_another_manifest(files);
        match manifest {
            Some(manifest) if !lost.is_empty() => return Err(self.emptied(&manifest, &lost)),
            None if !lost.is_empty() => {
                app.out.warn(&format!("{LOST}, and there is none: correct what is printed for {}", few(&lost)));
            }
            _ => {}
        }
        Ok(import::import(files, form))
    }

    fn emptied(&self, manifest: &str, lost: &[String]) -> Failure {
        let config = self.path(FileKind::Config);
        let message = format!("awsauth's block in {config} has profiles that {manifest} does not: {}", few(lost));
        Failure::new(Exit::Refused, message)
            .cause(LOST)
            .cause("with `awsauth import > FILE` the shell empties FILE before awsauth can read it")
            .hint(format!(
                "restore {manifest}, with git or from where you keep it; `awsauth check` says if it is wrong"
            ))
            .hint("then write to another file first: `awsauth import > new.toml`")
    }

    fn path(&self, file: FileKind) -> String {
        let snapshot = if file == FileKind::Config { &self.config } else { &self.credentials };
        Paths::shown(&snapshot.path)
    }

    fn place(&self, at: FileLine) -> String {
        format!("{} line {}", self.path(at.file), at.line)
    }

    fn unreadable(&self, found: &Import) -> Failure {
        let failure = Failure::new(Exit::Refused, "AWS's tools can't read these files, and there is nothing to import");
        let causes = found
            .faults
            .iter()
            .map(|(file, fault)| format!("{}: {}", self.place(FileLine { file: *file, line: fault.line }), fault.kind));
        causes.take(12).fold(failure, Failure::cause).hint("correct these lines, then run `awsauth import` again")
    }

    fn document<'i>(&self, found: &'i Import) -> ImportJson<'i> {
        let left = |left: &Left| LeftJson {
            section: mask_words(&left.header),
            file: self.path(left.at.file),
            line: left.at.line,
            reason: mask_words(&left.why.reason),
            remedy: Some(mask_words(&left.why.remedy)).filter(|remedy| !remedy.is_empty()),
            external: left.is_external,
        };
        ImportJson {
            manifest: &found.manifest,
            personal: &found.personal,
            profiles: by_pattern(&found.catalog),
            left: found.left.iter().map(left).collect(),
            faults: found
                .faults
                .iter()
                .map(|(file, fault)| FaultJson {
                    file: self.path(*file),
                    line: fault.line,
                    reason: fault.kind.to_string(),
                })
                .collect(),
            notes: found.notes.iter().map(|(note, names)| mask_words(&sentence(note, names))).collect(),
        }
    }

    /// Says what comes of the sections, and what stays.
    pub(crate) fn say(&self, found: &Import, out: Out) {
        let say = |line: String| out.say(&mask_words(&line));
        let patterns: Vec<String> =
            by_pattern(&found.catalog).iter().map(|(pattern, names)| format!("{} {pattern}", names.len())).collect();
        let profiles = count(found.catalog.profiles().len(), "profile");
        let sessions = count(found.catalog.sessions().len(), "SSO session");
        let patterns = if patterns.is_empty() { String::new() } else { format!(": {}", patterns.join(", ")) };
        say(format!("{profiles} and {sessions} imported{patterns}"));
        match found.saved {
            Some((long, short)) if short < long => say(format!("the matrix makes it {short} lines instead of {long}")),
            Some(_) => say("no matrix: too few profiles are named after an account and a role".to_owned()),
            None => {}
        }
        for (note, names) in &found.notes {
            say(sentence(note, names));
        }
        for is_external in [true, false] {
            let left: Vec<&Left> = found.left.iter().filter(|left| left.is_external == is_external).collect();
            if left.is_empty() {
                continue;
            }
            let has = if is_external { "has their profiles as `external`" } else { "does not have them" };
            say(format!("These sections stay, and the manifest {has}:"));
            for left in left {
                say(format!("  {}: [{}] {}", self.place(left.at), display_safe(&left.header), reason(left)));
            }
        }
        for (file, fault) in &found.faults {
            let place = self.place(FileLine { file: *file, line: fault.line });
            out.warn(&format!(
                "{place}: {}; AWS CLI and `awsauth apply` refuse the file until it is corrected",
                fault.kind
            ));
        }
    }
}

fn reason(left: &Left) -> String {
    let import::Why { reason, remedy } = &left.why;
    if remedy.is_empty() { reason.clone() } else { format!("{reason}; {remedy}") }
}

fn by_pattern(catalog: &Catalog) -> BTreeMap<&'static str, Vec<&str>> {
    let mut all: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for profile in catalog.profiles() {
        all.entry(profile.pattern().as_str()).or_default().push(profile.name.as_str());
    }
    all
}

fn sentence(note: &Note, names: &[String]) -> String {
    let names = few(names);
    match note {
        Note::Dropped(keys) => {
            format!("left out, since none of AWS's tools reads it there: {} of {names}", keys.join(", "))
        }
        Note::Beside(key) => {
            format!("left out, since it counts for the SDK for Java alone in a profile with a role: {key} of {names}")
        }
        Note::KeyElsewhere(tool) => {
            format!("{tool} has the long-term key of {names} in its keyring: store it with `awsauth keys add NAME`")
        }
        Note::NoKey => format!(
            "no long-term key in the credentials file: {names}; `awsauth keys add NAME` stores one. If a profile is only for \
             its region, delete its table from the manifest, and its section stays"
        ),
        Note::Process => format!("left out, since awsauth does what the program did: `credential_process` of {names}"),
        Note::Session(session) => {
            format!("in the SSO session `{session}` now, instead of a portal of their own: {names}")
        }
        Note::OwnCode => format!(
            "each of these asks for an MFA code of its own, as in AWS CLI: {names}; a source of the pattern `iam-mfa` would \
             make it one code for all"
        ),
        Note::Hidden(line) => {
            format!("left out: [default] on line {line}, since all tools read [profile default] in its place")
        }
        Note::Registry => format!(
            "granted's registry writes these anew: {names}; end that with `granted registry remove` before `awsauth apply --adopt`"
        ),
        Note::SecretComment => format!("a comment that looks like a secret is left out: {names}"),
    }
}
