//! Owns the whole of what is shown of one profile. Must not read files.

use crate::cli::paths::Paths;
use crate::cli::show::now::Now;
use crate::cli::show::sections::{self, Places};
use crate::cli::show::step::{Fact, Step};
use crate::cli::show::verdict::{self, Verdict};
use crate::cli::show::{chain, identity, text};
use crate::model::{Profile, Region};
use crate::readers::Reader;
use crate::render::TerminalText;

pub(crate) struct Page<'s> {
    /// None for a section that the manifest does not have.
    pub(crate) profile: Option<&'s Profile>,
    pub(crate) is_applied: bool,
    /// Where AWS's files say something else than the manifest.
    pub(crate) differences: Vec<Fact>,
    pub(crate) steps: Vec<Step>,
    pub(crate) problem: Option<String>,
    pub(crate) verdicts: Vec<Verdict>,
    /// The place of its section.
    at: Option<String>,
    is_in_block: bool,
    is_manifest_unread: bool,
    gone: Vec<(&'static str, String)>,
}

impl<'s> Page<'s> {
    pub(crate) fn of(name: &str, now: &Now<'s>, places: &Places) -> Self {
        let chain = now.service.and_then(|service| Some((service, service.manifest.catalog.chain(name)?)));
        let (steps, problem) = match &chain {
            Some((service, chain)) => (chain::steps(chain, service, now, places), None),
            None => match now.files.resolve(Reader::AwsCli2, name) {
                Ok(mechanism) => (sections::steps(&mechanism, now, places), None),
                Err(refusal) => (Vec::new(), Some(refusal.to_string())),
            },
        };
        let profile = chain.as_ref().map(|(_, chain)| chain.target());
        let section = now.files.section(name).map(|at| places.of(at));
        Self {
            is_applied: chain.as_ref().is_none_or(|(_, chain)| chain.profiles().iter().all(|one| now.is_written(one))),
            differences: chain.as_ref().map(|(_, chain)| identity::differences(chain, now, places)).unwrap_or_default(),
            profile,
            steps,
            problem,
            verdicts: verdict::verdicts(name, now),
            gone: now.gone.clone(),
            is_manifest_unread: now.service.is_none(),
            is_in_block: now.is_in_block(name),
            at: section.map(|at| format!("{}:{}", Paths::shown(&at.file), at.line)),
        }
    }

    pub(crate) fn text(&self, name: &str, columns: usize, shadows: &[&str]) -> TerminalText {
        let at = self.at.as_deref().unwrap_or("in AWS's files");
        let mut first = vec![match self.profile {
            Some(profile) => title(profile),
            None if self.is_in_block => {
                if self.is_manifest_unread {
                    format!("{name}: in awsauth's block, {at}; `awsauth check` tells why the manifest can't be read")
                } else {
                    format!(
                        "{name}: not in the manifest, and still in awsauth's block, {at}; `awsauth apply` removes it"
                    )
                }
            }
            None => format!("{name}: a section of your own, {at}"),
        }];
        first.extend(self.gone.iter().map(|(name, path)| {
            format!("{name} names {path}, which is not there: AWS's tools find no profiles in it.")
        }));
        if !self.is_applied && self.gone.is_empty() {
            first.push("It is not written into AWS's files yet: run `awsauth apply`.".to_owned());
        }
        first.extend(self.differences.iter().map(identity::difference_words));
        if let [first_shadow, ..] = shadows {
            first.push(format!(
                "{first_shadow} is set in this shell: all but JavaScript take its key in place of AWS_PROFILE."
            ));
        }
        first.push(String::new());
        let mut text = TerminalText::lines(first);
        if !self.steps.is_empty() {
            text += text::steps(&self.steps, columns);
            text += TerminalText::lines([""]);
        }
        text += text::readers(&self.verdicts, columns);
        text
    }
}

fn title(profile: &Profile) -> String {
    let parts = [
        ("account", profile.account()),
        ("role", profile.role_name()),
        ("region", profile.region.as_ref().map(Region::as_str)),
    ];
    let parts = parts.into_iter().filter_map(|(word, value)| Some(format!(", {word} {}", value?)));
    format!("{}: {}{}", profile.name, profile.pattern(), parts.collect::<String>())
}
