//! Owns one run of `apply` on planned files: the question, the writing, the report. Must not plan.

use std::collections::HashSet;
use std::path::Path;

use serde::Serialize;

use crate::cli::apply::compat_warnings::{self, WarningJson};
use crate::cli::apply::file_plan::{FileJson, FileWork, Moment};
use crate::cli::apply::plans::{Plans, Work};
use crate::cli::apply::program_path::Program;
use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::confirm;
use crate::cli::ui::diff::colored;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::few;
use crate::cli::ui::out::Out;
use crate::ini::{FileKind, SectionId};
use crate::model::ProfileName;
use crate::plan::{Dependent, MissingKey};
use crate::system::clock;
use crate::system::files::backups::{BackupTime, Backups};
use crate::system::host::Host;

/// The command that a run of `apply` is the end of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    Apply,
    Join,
    Update,
}

pub(crate) struct Run<'r> {
    pub(crate) plans: &'r Plans<'r>,
    pub(crate) work: &'r Work,
    pub(crate) program: &'r Program,
    pub(crate) is_shown_only: bool,
    pub(crate) is_asked: bool,
    pub(crate) caller: Caller,
    /// Those of the caller.
    pub(crate) facts: &'r serde_json::Map<String, serde_json::Value>,
    pub(crate) out: Out,
}

impl Run<'_> {
    pub(crate) fn ask(&self, host: &Host) -> Result<(), Failure> {
        self.warn_of_own(Moment::Before);
        self.work.prune.report(true, self.out);
        self.work.permissions.report(true, self.out);
        self.program.refusal().inspect(|refusal| refusal.say_text(self.out));
        confirm(self.work.pending(), &self.notes(), true, host, self.out)
    }

    pub(crate) fn carry_out(&self, state: &Path) -> Result<(), Failure> {
        let Work { config, credentials, permissions, prune, .. } = self.work;
        let backups = [config, credentials].map(|file| Backups::of(state, &file.snapshot.target));
        let stamp = BackupTime::after(clock::now(), &[&backups[0], &backups[1]]);
        config.carry_out(state, &stamp, self.out, self.is_asked, |bytes| {
            self.plans.config(bytes, &credentials.snapshot.bytes)
        })?;
        let plan = |bytes: &[u8]| self.plans.credentials(bytes, &config.snapshot.bytes).map(|(plan, ..)| plan);
        if let Err(failure) = credentials.carry_out(state, &stamp, self.out, self.is_asked, plan) {
            return Err(written_but(config, failure));
        }
        permissions.fix(self.out)?;
        prune.carry_out(&self.plans.sessions, self.out)
    }

    pub(crate) fn report(&self) -> Result<(), Failure> {
        let Self { plans, work, program, is_shown_only, is_asked, out, .. } = *self;
        if out.json {
            return out.document(self.document());
        }
        if is_shown_only {
            for file in work.pending() {
                out.print(&colored(&file.diff()))?;
            }
        }
        let verb = if is_shown_only { "would change" } else { "wrote" };
        for file in work.pending() {
            out.say(&format!("{verb} {}", file.summary()));
        }
        if is_shown_only {
            self.notes().iter().for_each(|note| out.say(note));
        } else if !is_asked {
            self.new_settings().iter().for_each(|note| out.say(note));
        }
        for (from, to) in plans.renamed(&work.credentials).filter(|_| !is_shown_only) {
            out.say(&format!("moved the long-term key of [{from}] to [{to}]"));
        }
        work.prune.report(is_shown_only, out);
        // Else it stands above the question.
        if !is_asked || work.permissions.is_pending() {
            work.permissions.report(is_shown_only, out);
        }
        if !is_asked {
            self.warn_of_own(self.now());
        }
        if !work.is_pending() && program.left_out().is_empty() {
            say_nothing_to_do([&work.config, &work.credentials], out);
        }
        say_missing(&work.missing, out);
        for name in plans.without_section(work, self.now()) {
            out.warn(&format!(
                "AWS's files have no section for {name}: its program has to write [{}] of ~/.aws/config, outside awsauth's \
                 block, or [{name}] of ~/.aws/credentials",
                SectionId::Profile(name.to_string())
            ));
        }
        if !is_shown_only {
            self.next().iter().for_each(|step| out.say(&format!("next: {step}")));
        }
        Ok(())
    }

    /// What the person does after this.
    fn next(&self) -> Vec<String> {
        let Self { plans, work, program, caller, .. } = *self;
        let login = |from| match plans.through(from) {
            names if names.is_empty() => format!("`awsauth login {from}`"),
            names => {
                let verb = if names.len() == 1 { "needs" } else { "need" };
                format!("`awsauth login {from}` ({} {verb} it)", few(&names))
            }
        };
        let mut steps: Vec<String> = plans.logins(&work.credentials).map(login).collect();
        let dependents = plans.dependents(work, Moment::After);
        let moved = dependents.iter().filter(|one| self.new_place_of_key(one).is_some());
        steps.extend(moved.map(|one| self.without_credentials(one)));
        match caller {
            _ if program.refusal().is_some() => {}
            // `say_missing` has said what to do first.
            Caller::Apply if steps.is_empty() && work.missing.is_empty() && plans.adds_logins(work) => {
                steps.push("`awsauth login` offers the profiles".to_owned());
            }
            Caller::Join => steps.push(after_join(&work.missing)),
            Caller::Apply | Caller::Update => {}
        }
        steps
    }

    fn document(&self) -> ApplyJson<'_> {
        let Self { plans, work, program, is_shown_only, .. } = *self;
        let files = [(&work.config, FileKind::Config), (&work.credentials, FileKind::Credentials)];
        let mut warnings = files.map(|(file, kind)| compat_warnings::document(file, kind, self.now())).concat();
        let path = Paths::text(&work.config.snapshot.path);
        warnings.extend(plans.dependents(work, self.now()).iter().map(|one| WarningJson {
            path: path.clone(),
            line: one.line,
            text: self.without_credentials(one),
        }));
        let logins = plans.logins(&work.credentials);
        ApplyJson {
            facts: self.facts,
            written: !is_shown_only && work.is_pending(),
            files: files.map(|(file, kind)| file.document(kind)),
            missing_keys: work.missing.iter().map(MissingKeyJson::of).collect(),
            missing_sections: plans.without_section(work, self.now()).into_iter().map(ProfileName::as_str).collect(),
            ended_sessions: work.prune.names(),
            open_to_others: work.permissions.open(is_shown_only).map(Paths::text),
            permissions_fixed: !is_shown_only && work.permissions.is_pending(),
            left_out: program.left_out(),
            warnings,
            logins_needed: logins.map(|profile| LoginNeededJson { profile, r#for: plans.through(profile) }).collect(),
        }
    }

    /// The moment of the report.
    fn now(&self) -> Moment {
        if self.is_shown_only { Moment::Before } else { Moment::After }
    }

    /// Warns of places of the user's own, but for what `report` says to do next.
    fn warn_of_own(&self, moment: Moment) {
        let is_warned = |one: &Dependent| moment == Moment::Before || self.new_place_of_key(one).is_none();
        for one in self.plans.dependents(self.work, moment).iter().filter(|one| is_warned(one)) {
            self.out.warn(&self.without_credentials(one));
        }
        compat_warnings::warn(&self.work.config, FileKind::Config, moment, self.out);
        compat_warnings::warn(&self.work.credentials, FileKind::Credentials, moment, self.out);
    }

    /// The warning about a section of the user's own that goes through one without credentials.
    fn without_credentials(&self, dependent: &Dependent) -> String {
        let Dependent { line, id, on, .. } = dependent;
        let place = format!("{} line {line}: [{id}]", self.work.config.shown());
        let verb = if self.is_shown_only { "would have" } else { "has" };
        if let Some(to) = self.new_place_of_key(dependent) {
            return format!(
                "{place} needs the long-term key of [{on}], which goes to [{to}]: set `source_profile = {to}` there"
            );
        }
        let until = match self.plans.renamed(&self.work.credentials).find(|(from, _)| on.profile() == Some(from)) {
            Some((from, _)) => format!(" until `awsauth login {from}`"),
            None => " after this".to_owned(),
        };
        format!("{place} goes through [{on}], which {verb} no credentials{until}")
    }

    /// The new section of the long-term key that a section of the user's own needs.
    fn new_place_of_key(&self, dependent: &Dependent) -> Option<&ProfileName> {
        let Self { plans, work, .. } = self;
        let (from, to) = plans.renamed(&work.credentials).find(|(from, _)| dependent.on.profile() == Some(from))?;
        let has_login = plans.logins(&work.credentials).any(|name| name == from);
        (dependent.has_device || !has_login).then_some(to)
    }

    /// Notes before the work: settings that are new, and keys that move, with the profiles without credentials until somebody
    /// logs in.
    fn notes(&self) -> Vec<String> {
        let note = |(from, to): (&str, &ProfileName)| {
            let moves = format!("the long-term key of [{from}] moves to [{to}]");
            if !self.plans.logins(&self.work.credentials).any(|name| name == from) {
                return moves;
            }
            let names = few([&[from][..], &self.plans.through(from)].concat());
            format!("{moves}; until `awsauth login {from}`, these have no credentials: {names}")
        };
        self.new_settings().into_iter().chain(self.plans.renamed(&self.work.credentials).map(note)).collect()
    }

    /// `new settings of your profiles, from the manifest: output (tools, ci), region (tools)`
    fn new_settings(&self) -> Option<String> {
        let new = self.plans.new_settings(self.work);
        let parts: Vec<String> = new.iter().map(|(key, profiles)| format!("{key} ({})", few(profiles))).collect();
        (!parts.is_empty()).then(|| format!("new settings of your profiles, from the manifest: {}", parts.join(", ")))
    }
}

/// The failure of the second file, which does not take the first one back.
fn written_but(first: &FileWork, mut failure: Failure) -> Failure {
    if !first.is_pending() {
        return failure;
    }
    if failure.exit == Exit::Refused {
        failure.exit = Exit::Unavailable;
    }
    failure.hint(format!("{} was written before; the same command once more does the rest", first.summary()))
}

fn say_nothing_to_do(files: [&FileWork; 2], out: Out) {
    let existing: Vec<String> = files.into_iter().filter(|file| file.snapshot.exists).map(FileWork::shown).collect();
    match existing.as_slice() {
        [] => out.say("nothing to do"),
        [file] => out.say(&format!("nothing to do: {file} matches the manifest")),
        files => out.say(&format!("nothing to do: {} match the manifest", files.join(" and "))),
    }
}

fn after_join(missing: &[MissingKey]) -> String {
    let login = match missing.first() {
        Some(MissingKey { profile, .. }) => {
            format!("`awsauth keys add {profile}` if you are an IAM user, then `awsauth login`")
        }
        None => "`awsauth login` offers the profiles".to_owned(),
    };
    format!("{login}; `awsauth update` takes over what your team changes")
}

fn say_missing(missing: &[MissingKey], out: Out) {
    let mut said = HashSet::new();
    for MissingKey { profile, section } in missing.iter().filter(|one| said.insert(&one.section)) {
        out.say(&format!("{profile} has no long-term key for [{section}] yet: `awsauth keys add {profile}`"));
    }
}

#[derive(Serialize)]
struct ApplyJson<'w> {
    #[serde(flatten)]
    facts: &'w serde_json::Map<String, serde_json::Value>,
    written: bool,
    files: [FileJson; 2],
    missing_keys: Vec<MissingKeyJson<'w>>,
    /// The `external` profiles that AWS's files have no section for.
    missing_sections: Vec<&'w str>,
    ended_sessions: Vec<&'w str>,
    open_to_others: Option<String>,
    permissions_fixed: bool,
    left_out: &'w [String],
    warnings: Vec<WarningJson>,
    logins_needed: Vec<LoginNeededJson<'w>>,
}

#[derive(Serialize)]
struct MissingKeyJson<'w> {
    profile: &'w str,
    section: &'w str,
}

impl<'w> MissingKeyJson<'w> {
    fn of(missing: &'w MissingKey) -> Self {
        Self { profile: missing.profile.as_str(), section: missing.section.as_str() }
    }
}

/// A login that a moved key makes necessary, and the profiles that go through it.
#[derive(Serialize)]
struct LoginNeededJson<'w> {
    profile: &'w str,
    r#for: Vec<&'w str>,
}
