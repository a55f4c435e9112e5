//! Owns the plans for `~/.aws/credentials`: one section at a time, and only sections that carry awsauth's mark.

pub(super) mod key_conflict;
pub(super) mod key_section;
pub(super) mod overrides;

use self::key_conflict::Moved;
use self::key_section::{EXPIRATION, KEY_ID, SECRET_KEY, TOKEN, is_session, long_term_key, mark};
use self::overrides::{IsSetting, ManifestRules};
use super::file_plan::{Change, Plan};
use super::refusal::{Refusal, Remedy};
use super::{Adoption, Overwrite, proof};
use crate::ini::{Document, Edit, Entry, FileKind, LineKind, NewSection, NewValue, Section, SectionId, splice};
use crate::model::{Catalog, Credentials, LongTermKey, Profile, ProfileName};
use crate::secret::Secret;

/// The keys of a session.
const OWN_KEYS: [&str; 4] = [KEY_ID, SECRET_KEY, TOKEN, EXPIRATION];

/// An identity whose long-term key is not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MissingKey {
    pub(crate) profile: ProfileName,
    /// The section for its key.
    pub(crate) section: ProfileName,
}

/// The long-term keys of those sections that hold one.
pub(crate) fn long_term_keys<'a>(
    bytes: &[u8],
    sections: impl Iterator<Item = &'a ProfileName>,
) -> impl Iterator<Item = (ProfileName, LongTermKey)> {
    let document = Document::parse(bytes, FileKind::Credentials);
    sections.filter_map(move |section| long_term_key(&document, section).map(|key| (section.clone(), key)))
}

/// Plans `apply`: removes sessions of awsauth's own without a profile, or that `ends` names. Keys and settings of the user's
/// own in a profile's way are moved or refused, as `adoption` says. Also returns the identities without a long-term key.
pub(crate) fn credentials(
    catalog: &Catalog,
    bytes: &[u8],
    program: &str,
    rules: ManifestRules<'_>,
    ends: &dyn Fn(&str) -> bool,
    adoption: Adoption,
) -> Result<(Plan, Vec<MissingKey>), Refusal> {
    let document = read(bytes)?;
    let moved = moved(&document, catalog, adoption)?;
    if !moved.is_empty() {
        check_defaults(&document)?;
    }
    let taken = overrides::take_over(&document, catalog, program, rules, adoption)?;
    let mut edits: Vec<Edit> = moved.iter().flat_map(|key| &key.edits).cloned().collect();
    let mut touched: Vec<SectionId> = moved.iter().flat_map(|key| [key.from.clone(), key.to_id()]).collect();
    for section in leftovers(&document, catalog, adoption) {
        edits.extend(without_keys(&document, section, rules.is_setting)?);
        touched.push(section.id.clone());
    }
    for (section, removed) in &taken {
        edits.extend(removed.iter().cloned());
        touched.push(section.id.clone());
    }
    for section in sessions(&document) {
        let name = section.id.name();
        if ends(name) || !catalog.get(name).is_some_and(Profile::has_session_section) {
            edits.extend(take_out(&document, section)?);
            touched.push(section.id.clone());
        }
    }
    let mut plan = Plan::new(&document, edits)?;
    proof::credentials(&document, &plan, &touched)?;
    plan.warnings = document.lint(&(0..0));
    for (id, change) in plan.changes.iter_mut().filter(|(_, change)| *change == Change::Removed) {
        if taken.iter().any(|(section, _)| section.id == *id) {
            *change = Change::Adopted;
        }
    }
    let after = Document::parse(plan.result(bytes), FileKind::Credentials);
    key_conflict::prove(&document, &after, &moved)?;
    let missing = missing(catalog, &after);
    Ok((plan, missing))
}

/// The sections that hold a session of awsauth's.
fn sessions<'d>(document: &'d Document<'_>) -> impl Iterator<Item = &'d Section> {
    document.sections().iter().filter(move |section| is_session(document, section))
}

/// The long-term keys that move out of the way. Refuses a key that can't.
fn moved<'c>(document: &Document<'_>, catalog: &'c Catalog, adoption: Adoption) -> Result<Vec<Moved<'c>>, Refusal> {
    let mut moved: Vec<Moved<'c>> = Vec::new();
    for profile in catalog.profiles() {
        let key = match adoption {
            Adoption::TakeOver if key_conflict::leftover(document, profile).is_none() => {
                key_conflict::adopt(document, profile)?
            }
            _ => None,
        };
        match key {
            None if adoption == Adoption::TakeOver => {}
            Some(key) if moved.iter().all(|other| other.to != key.to) => moved.push(key),
            _ => key_conflict::check(document, profile)?,
        }
    }
    Ok(moved)
}

/// The sessions of other tools in the way of the manifest's profiles, to be taken over.
fn leftovers<'d>(document: &'d Document<'_>, catalog: &Catalog, adoption: Adoption) -> Vec<&'d Section> {
    if adoption == Adoption::Refuse {
        return Vec::new();
    }
    catalog.profiles().iter().filter_map(|profile| key_conflict::leftover(document, profile)).collect()
}

/// Takes the section of such a session out, or its keys only if there are settings in it.
fn without_keys(document: &Document<'_>, section: &Section, is_setting: IsSetting) -> Result<Vec<Edit>, Refusal> {
    let text = |entry: &Entry| document.text(&entry.key()).to_lowercase();
    if !document.entries(section).iter().any(|entry| is_setting(&text(entry))) {
        return Ok(vec![document.remove_section(section)?]);
    }
    let keys = [KEY_ID, SECRET_KEY, TOKEN, "aws_security_token"];
    Ok(keys.iter().flat_map(|key| document.remove_key(section, key)).collect())
}

fn missing(catalog: &Catalog, document: &Document<'_>) -> Vec<MissingKey> {
    let identities = catalog.profiles().iter().filter_map(|profile| Some((profile, profile.long_term_section()?)));
    identities
        .filter(|(_, section)| long_term_key(document, section).is_none())
        .map(|(profile, section)| MissingKey { profile: profile.name.clone(), section: section.clone() })
        .collect()
}

/// Refuses a file that the session of `profile` could not be written to.
pub(crate) fn check_session_section(bytes: &[u8], profile: &Profile) -> Result<(), Refusal> {
    key_conflict::check(&read(bytes)?, profile)
}

/// The profiles under whose names there is a long-term key that can be moved to its section.
pub(crate) fn misplaced_keys<'p>(bytes: &[u8], profiles: impl Iterator<Item = &'p Profile>) -> Vec<&'p Profile> {
    let Ok(document) = read(bytes) else { return Vec::new() };
    let is_misplaced = |profile: &&Profile| {
        let checked = key_conflict::check(&document, profile);
        matches!(checked, Err(Refusal::Shadowed { remedy: Remedy::Adopt { .. }, .. }))
    };
    profiles.filter(is_misplaced).collect()
}

/// Plans a session into the section of `profile`.
pub(crate) fn save_session(bytes: &[u8], profile: &Profile, session: &Credentials) -> Result<Plan, Refusal> {
    let document = read(bytes)?;
    key_conflict::check(&document, profile)?;
    let token = session.session_token.as_ref().map_or("", Secret::expose);
    let mark = mark(session);
    let entries = [
        (KEY_ID, session.access_key_id.as_str()),
        (SECRET_KEY, session.secret_access_key.expose()),
        (TOKEN, token),
        (EXPIRATION, mark.as_str()),
    ];
    put(&document, &profile.name, &entries, &[])
}

/// Plans the sessions of those profiles that `ends` out of the file; a section without awsauth's mark stays.
pub(crate) fn remove_sessions(bytes: &[u8], ends: impl Fn(&str) -> bool) -> Result<Plan, Refusal> {
    let document = Document::parse(bytes, FileKind::Credentials);
    let mut edits = Vec::new();
    let mut touched = Vec::new();
    for section in sessions(&document).filter(|section| ends(section.id.name())) {
        edits.extend(take_out(&document, section)?);
        touched.push(section.id.clone());
    }
    let plan = Plan::new(&document, edits)?;
    if document.faults().is_empty() {
        proof::credentials(&document, &plan, &touched)?;
    }
    Ok(plan)
}

/// Plans a long-term key into `section`. Another key there is refused unless `replace` allows it.
pub(crate) fn add_key(
    bytes: &[u8],
    section: &ProfileName,
    key: &LongTermKey,
    replace: Overwrite,
) -> Result<Plan, Refusal> {
    let document = read(bytes)?;
    let id = SectionId::Profile(section.to_string());
    let users = document
        .find(&id)
        .filter(|section| !is_session(&document, section))
        .find_map(|section| Some((section.header_line + 1, document.value(document.own_entry(section, KEY_ID)?))));
    if let Some((line, old)) = users
        && long_term_key(&document, section).is_none_or(|old| old != *key)
        && replace == Overwrite::Intact
    {
        return Err(Refusal::KeyExists { section: section.to_string(), line, access_key_id: old.into_owned() });
    }
    let entries = [(KEY_ID, key.access_key_id.as_str()), (SECRET_KEY, key.secret_access_key.expose())];
    // With a session's token beside it, SDKs and awsauth would take the key for a session's.
    let plan = put(&document, section, &entries, &[TOKEN, EXPIRATION])?;
    check_defaults(&document)?;
    let after = Document::parse(plan.result(bytes), FileKind::Credentials);
    if long_term_key(&after, section).as_ref() == Some(key) {
        Ok(plan)
    } else {
        Err(Refusal::bug(format!("[{section}] would not be read as a long-term key")))
    }
}

/// Plans the end of a long-term key. Its section goes as well, unless there is more in it.
pub(crate) fn remove_key(bytes: &[u8], section: &ProfileName) -> Result<Plan, Refusal> {
    let document = read(bytes)?;
    let id = SectionId::Profile(section.to_string());
    let mut edits = Vec::new();
    for section in document.find(&id) {
        edits.extend(take_out(&document, section)?);
    }
    let plan = Plan::new(&document, edits)?;
    proof::credentials(&document, &plan, std::slice::from_ref(&id))?;
    Ok(plan)
}

/// Refuses a token in `[DEFAULT]`, which botocore gives to every section.
fn check_defaults(document: &Document<'_>) -> Result<(), Refusal> {
    let defaults = SectionId::parse("DEFAULT", FileKind::Credentials);
    let token = document.find(&defaults).find_map(|section| document.own_entry(section, TOKEN));
    match token.filter(|entry| !entry.value().is_empty()) {
        Some(entry) => Err(Refusal::Defaults { line: document.line_number(entry.range().start), key: TOKEN }),
        None => Ok(()),
    }
}

/// Refuses a file that AWS CLI can't read.
fn read(bytes: &[u8]) -> Result<Document<'_>, Refusal> {
    let document = Document::parse(bytes, FileKind::Credentials);
    let faults = document.faults();
    if faults.is_empty() { Ok(document) } else { Err(Refusal::Unreadable(faults)) }
}

/// Sets entries in the section of that name, which is added if there is none, and removes the keys `without`.
fn put(
    document: &Document<'_>,
    name: &ProfileName,
    entries: &[(&str, &str)],
    without: &[&str],
) -> Result<Plan, Refusal> {
    let id = SectionId::Profile(name.to_string());
    let edits = if let Some(section) = document.find(&id).next_back() {
        let changed = entries.iter().filter(|(key, value)| document.get(&id, key).as_deref() != Some(*value));
        // A value that is filled in at the very end of a file must come before the lines that are added there.
        let is_new = |key: &str| document.own_entry(section, key).is_none();
        let (new, old): (Vec<_>, Vec<_>) = changed.partition(|(key, _)| is_new(key));
        let all = old.into_iter().chain(new);
        let edits: Result<Vec<Edit>, _> = all.map(|(key, value)| document.set(section, key, value)).collect();
        let removed = without.iter().flat_map(|key| document.remove_key(section, key));
        edits?.into_iter().chain(removed).collect()
    } else {
        let entries = entries.iter().map(|(key, value)| ((*key).into(), NewValue::from(*value))).collect();
        let section = NewSection { id: id.clone(), entries };
        let edit = document.append(&section)?;
        proof::read_back(&[section], &String::from_utf8_lossy(&edit.bytes), FileKind::Credentials)?;
        vec![edit]
    };
    let plan = Plan::new(document, edits)?;
    proof::credentials(document, &plan, std::slice::from_ref(&id))?;
    let after = Document::parse(plan.result(document.bytes()), FileKind::Credentials);
    if entries.iter().all(|(key, value)| after.get(&id, key).as_deref() == Some(*value)) {
        Ok(plan)
    } else {
        Err(Refusal::bug(format!("[{name}] would be read differently")))
    }
}

/// [`take_sessions_out`], without blank lines as well: these differ when a session comes and goes.
pub(crate) fn without_sessions(bytes: &[u8]) -> Vec<u8> {
    let text = take_sessions_out(bytes);
    let document = Document::parse(&text, FileKind::Credentials);
    let lines = document.lines().iter().filter(|line| line.kind != LineKind::Blank);
    lines.flat_map(|line| [&text[line.content()], b"\n"]).flatten().copied().collect()
}

/// The text of a file without the sessions that awsauth wrote into it. Any other text stays as it is.
pub(crate) fn take_sessions_out(bytes: &[u8]) -> Vec<u8> {
    let is_mark = |text: &[u8]| text.eq_ignore_ascii_case(EXPIRATION.as_bytes());
    // A config file of thousands of profiles need not be parsed.
    if !bytes.windows(EXPIRATION.len()).any(is_mark) {
        return bytes.to_vec();
    }
    let document = Document::parse(bytes, FileKind::Credentials);
    let edits: Vec<Edit> = sessions(&document)
        .flat_map(|section| take_out(&document, section).unwrap_or_else(|_| own_keys(&document, section)))
        .collect();
    splice(bytes, &edits).unwrap_or_else(|| bytes.to_vec())
}

/// The text `former` of the credentials file with the sessions of its text `now`, except where the user has a key.
pub(crate) fn with_sessions(former: &[u8], now: &[u8]) -> Vec<u8> {
    let document = Document::parse(now, FileKind::Credentials);
    let mut text = take_sessions_out(former);
    for section in sessions(&document) {
        let Ok(name) = ProfileName::new(section.id.name()) else { continue };
        let value = |key| document.own_entry(section, key).map(|entry| (key, document.value(entry)));
        let values: Vec<_> = OWN_KEYS.into_iter().filter_map(value).collect();
        let entries: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, &**value)).collect();
        let before = Document::parse(&text, FileKind::Credentials);
        let is_taken = before.find(&section.id).any(|other| before.own_entry(other, KEY_ID).is_some());
        let put = if is_taken { None } else { put(&before, &name, &entries, &[]).ok() };
        if let Some(plan) = put.filter(|plan| !plan.is_empty()) {
            text = plan.after;
        }
    }
    text
}

/// The names of the sessions in the text `now` of the credentials file that its text `after` does not have.
pub(crate) fn lost_sessions(now: &[u8], after: &[u8]) -> Vec<ProfileName> {
    let [now, after] = [now, after].map(|bytes| Document::parse(bytes, FileKind::Credentials));
    let is_lost = |section: &&Section| sessions(&after).all(|other| other.id != section.id);
    sessions(&now).filter(is_lost).filter_map(|section| ProfileName::new(section.id.name()).ok()).collect()
}

/// Takes the whole section out, or only awsauth's own keys if the user added others.
fn take_out(document: &Document<'_>, section: &Section) -> Result<Vec<Edit>, Refusal> {
    let is_own = |key: &str| OWN_KEYS.iter().any(|own| own.eq_ignore_ascii_case(key));
    if document.entries(section).iter().all(|entry| is_own(&document.text(&entry.key()))) {
        return Ok(vec![document.remove_section(section)?]);
    }
    Ok(own_keys(document, section))
}

fn own_keys(document: &Document<'_>, section: &Section) -> Vec<Edit> {
    OWN_KEYS.iter().flat_map(|key| document.remove_key(section, key)).collect()
}
