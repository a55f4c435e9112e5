//! Owns keys of the user's own in the credentials file under the name of a profile that gets its credentials elsewhere: SDKs
//! differ in which of the two wins (aws-facts §3).

use super::key_section::{EXPIRATION, KEY_ID, SECRET_KEY, TOKEN, is_session, key_in, long_term_key};
use crate::ini::{Document, Edit, Section, SectionId};
use crate::model::{LongTermKey, Profile, ProfileName};
use crate::plan::refusal::{Refusal, Remedy};

/// Refuses such keys.
pub(crate) fn check(document: &Document<'_>, profile: &Profile) -> Result<(), Refusal> {
    find(document, profile).map_or(Ok(()), |(section, remedy)| Err(refusal(profile, section, remedy)))
}

/// A long-term key that gets out of the way.
pub(crate) struct Moved<'p> {
    pub(crate) from: SectionId,
    pub(crate) to: &'p ProfileName,
    /// The new header, and the removal of the marks of a session that the key took the place of.
    pub(crate) edits: Vec<Edit>,
}

impl Moved<'_> {
    pub(crate) fn to_id(&self) -> SectionId {
        SectionId::Profile(self.to.to_string())
    }
}

/// Moves such a key unchanged to the section of the profile's long-term key; refuses a key that can't be moved.
pub(crate) fn adopt<'p>(document: &Document<'_>, profile: &'p Profile) -> Result<Option<Moved<'p>>, Refusal> {
    let Some((section, remedy)) = find(document, profile) else { return Ok(None) };
    let (Remedy::Adopt { .. }, Some(to)) = (&remedy, profile.section_of_own_key()) else {
        return Err(refusal(profile, section, remedy));
    };
    let mut moved = Moved { from: section.id.clone(), to, edits: Vec::new() };
    moved.edits.push(document.rename_section(section, &moved.to_id())?);
    moved.edits.extend([TOKEN, EXPIRATION].iter().flat_map(|key| document.remove_key(section, key)));
    Ok(Some(moved))
}

/// A session that another tool wrote under the profile's name. It ends by itself, and a login makes a new one.
pub(crate) fn leftover<'d>(document: &'d Document<'_>, profile: &Profile) -> Option<&'d Section> {
    let (section, _) = find(document, profile)?;
    let value = |key| document.own_entry(section, key).map(|entry| document.value(entry)).unwrap_or_default();
    let is_session = !value(TOKEN).is_empty() && !LongTermKey::is_long_term(&value(KEY_ID));
    (is_session && value(EXPIRATION).is_empty()).then_some(section)
}

fn refusal(profile: &Profile, section: &Section, remedy: Remedy) -> Refusal {
    let (name, line) = (profile.name.to_string(), section.header_line + 1);
    Refusal::Shadowed { section: name, line, remedy, has_session: profile.has_session_section() }
}

fn find<'d>(document: &'d Document<'_>, profile: &Profile) -> Option<(&'d Section, Remedy)> {
    if !profile.has_session() {
        return None;
    }
    let id = SectionId::Profile(profile.name.to_string());
    let mut all = document.find(&id);
    let section =
        all.find(|section| document.own_entry(section, KEY_ID).is_some() && !is_session(document, section))?;
    Some((section, remedy(document, profile, section)))
}

fn remedy(document: &Document<'_>, profile: &Profile, section: &Section) -> Remedy {
    let has = |key| document.own_entry(section, key).is_some_and(|entry| !entry.value().is_empty());
    let Some(long_term) = profile.section_of_own_key().map(ProfileName::to_string) else { return Remedy::None };
    // With the mark, the token is from a session of awsauth's, over which the key was put.
    if !has(KEY_ID) || !has(SECRET_KEY) || has(TOKEN) && !has(EXPIRATION) {
        return Remedy::OtherTool;
    }
    match document.find(&SectionId::Profile(long_term.clone())).next() {
        Some(other) => Remedy::Taken { long_term, line: other.header_line + 1 },
        None => Remedy::Adopt { long_term },
    }
}

/// Proves that each key that moved is the same in its new place.
pub(crate) fn prove(before: &Document<'_>, after: &Document<'_>, moved: &[Moved<'_>]) -> Result<(), Refusal> {
    let is_same = |moved: &Moved<'_>| {
        let was = key_in(before, &moved.from);
        was.is_some() && was == long_term_key(after, moved.to)
    };
    if moved.iter().all(is_same) { Ok(()) } else { Err(Refusal::bug("a long-term key would be read differently")) }
}
