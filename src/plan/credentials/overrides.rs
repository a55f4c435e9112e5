//! Owns the settings of profiles in the credentials file: AWS's tools take them rather than those of the config file
//! (aws-facts §1.1, §3). Must not know keys and sessions.

use crate::ini::{Document, Edit, Entry, LineKind, Section};
use crate::model::Catalog;
use crate::plan::Adoption;
use crate::plan::compare::{self, Difference, Equality, SectionDifference};
use crate::plan::config::adopt::IsGiven;
use crate::plan::config::desired;
use crate::plan::refusal::Refusal;

/// True for the name of a setting of AWS's. Other tools have keys of their own in this file, which stay.
pub(crate) type IsSetting = fn(&str) -> bool;

/// What the manifest's rules say of a section. `plan` must not import `manifest`.
#[derive(Clone, Copy)]
pub(crate) struct ManifestRules<'a> {
    pub(crate) is_setting: IsSetting,
    /// True for a section that may be taken over without a look at its words.
    pub(crate) is_given: &'a IsGiven<'a>,
}

/// Plans the settings of the manifest's profiles out of the file, each section with its edits. Refuses settings that the
/// block does not say too, or, to take them over, that the manifest does not give.
pub(crate) fn take_over<'d>(
    document: &'d Document<'_>,
    catalog: &Catalog,
    program: &str,
    rules: ManifestRules<'_>,
    adoption: Adoption,
) -> Result<Vec<(&'d Section, Vec<Edit>)>, Refusal> {
    let ManifestRules { is_setting, is_given } = rules;
    let is_meant = |entry: &&Entry| is_setting(&document.text(&entry.key()).to_lowercase());
    let (mut ungiven, mut taken) = (Vec::new(), Vec::new());
    for section in document.sections() {
        let profile = section.id.profile().and_then(|name| catalog.get(name));
        let Some(profile) = profile.filter(|profile| profile.external_section().is_none()) else { continue };
        let settings: Vec<&Entry> = document.entries(section).iter().filter(is_meant).collect();
        if settings.is_empty() {
            continue;
        }
        let mut differences = match adoption {
            Adoption::Refuse => {
                let given = desired::profile(profile, program).entries;
                compare::ungiven(document, section, &given, Equality::Meaning)
            }
            Adoption::TakeOver if is_given(&section.id) => Vec::new(),
            Adoption::TakeOver => compare::losses(document, section, &desired::given(catalog, &section.id, program)),
        };
        differences.retain(|one| matches!(one, Difference::Value { key, .. } if is_setting(key)));
        if !differences.is_empty() {
            ungiven.push(SectionDifference::of(document, section, differences));
        } else if adoption == Adoption::TakeOver {
            taken.push((section, take_out(document, section, &settings)?));
        }
    }
    match adoption {
        _ if ungiven.is_empty() => Ok(taken),
        Adoption::Refuse => Err(Refusal::Overridden(ungiven)),
        Adoption::TakeOver => Err(Refusal::WouldLose(document.kind(), ungiven)),
    }
}

/// The whole section, unless it has more than `settings`.
fn take_out(document: &Document<'_>, section: &Section, settings: &[&Entry]) -> Result<Vec<Edit>, Refusal> {
    let body = section.header.start..section.body_end;
    let mut lines = document.lines().iter().filter(|line| body.contains(&line.range().start));
    let has_comment = lines.any(|line| line.kind == LineKind::Comment);
    if settings.len() == document.entries(section).len() && !has_comment {
        return Ok(vec![document.remove_section(section)?]);
    }
    Ok(settings.iter().map(|entry| Edit { range: entry.range(), bytes: Vec::new() }).collect())
}
