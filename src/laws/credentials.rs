//! Owns the laws of the credentials file: one section changes, and no long-term key is lost. Must not know how a plan is
//! made.

use super::apply::checked;
use super::files::{self, File, FileSort, NAMES};
use super::planned::{self, Force};
use super::values::is_portable_value;
use super::{Checked, Unstructured, manifests, view};
use crate::ini::{Document, FileKind, LineKind, Section, SectionId};
use crate::model::{Catalog, Credentials, LongTermKey, Profile, ProfileName};
use crate::plan::Refusal;
use crate::secret::Secret;

/// A manifest, a credentials file, and the keys to write into it.
#[derive(Debug, Clone)]
pub struct CredentialsCase {
    /// The manifest.
    pub manifest: String,
    /// The file before.
    pub file: File,
    /// The owner of the session and the key: one of the manifest's profiles, modulo their number.
    pub profile: usize,
    /// The key id, without the `ASIA` or `AKIA` that it begins with.
    pub id: String,
    /// The secret half; the session's token is twice that.
    pub secret: String,
}

impl CredentialsCase {
    /// Draws the manifest and the keys, then the file. `seeds` are files to start from.
    pub fn draw(draw: &mut Unstructured<'_>, seeds: &[Vec<u8>]) -> Self {
        let manifest = manifests::draw(draw);
        let profile = draw.below(8);
        let id = if draw.one_in(4) { draw.text(5) } else { draw.pick(&["0", "1", "EXAMPLE"]).to_owned() };
        let secret = if draw.one_in(4) { draw.text(5) } else { draw.pick(&["s1", "a/b+c=", "x#y"]).to_owned() };
        Self { manifest, file: files::draw(draw, FileSort::Credentials, seeds), profile, id, secret }
    }

    fn session(&self) -> Credentials {
        Credentials {
            access_key_id: format!("ASIA{}", self.id),
            secret_access_key: Secret::new(&*self.secret),
            session_token: Some(Secret::new(self.secret.repeat(2))),
            expiration: Some(jiff::Timestamp::UNIX_EPOCH),
        }
    }

    fn key(&self) -> LongTermKey {
        LongTermKey { access_key_id: format!("AKIA{}", self.id), secret_access_key: Secret::new(&*self.secret) }
    }

    /// True if all of it can be written.
    fn is_portable(&self) -> bool {
        is_portable_value(&format!("ASIA{}", self.id))
            && is_portable_value(&self.secret)
            && is_portable_value(&self.secret.repeat(2))
    }
}

/// Takes any manifest and any credentials file. A login, a logout, `keys add` and `apply` either write nothing, or change
/// only their own section: every other one reads as before, and every comment outside stays; the section says what was
/// written; doing it again changes nothing; after a login and a logout, the file is the same except for blank lines; and no
/// section loses a long-term key but the one whose key is replaced by force.
///
/// # Panics
///
/// If the law does not hold.
pub fn credentials_hold(case: &CredentialsCase) -> Checked {
    let Some(catalog) = checked(&case.manifest) else { return Checked::Refused };
    prune_holds(&catalog, &case.file);
    prune_holds(&Catalog::default(), &case.file);
    for name in NAMES {
        if let Ok(name) = ProfileName::new(name) {
            logout_holds(&name, &case.file);
        }
    }
    let Some(at) = case.profile.checked_rem(catalog.profiles().len()) else { return Checked::Refused };
    let profile = &catalog.profiles()[at];
    // A profile of another pattern has no session in the file, and nothing asks for one.
    if profile.has_session_section() {
        login_holds(profile, case);
    }
    add_key_holds(profile.long_term_section().unwrap_or(&profile.name), case)
}

fn prune_holds(catalog: &Catalog, file: &[u8]) {
    let Ok(pruned) = planned::prune(catalog, file) else { return };
    let before = document(file);
    let keeps = |section: &Section| {
        let name = before.text(&section.name);
        catalog.get(&name).is_some_and(Profile::has_session_section) || !is_marked(&before, section)
    };
    let kept: Vec<&SectionId> = before.sections().iter().filter(|one| keeps(one)).map(|one| &one.id).collect();
    only_changes(file, &pruned, |id| !kept.contains(&id));
    assert_eq!(long_term_keys(file), long_term_keys(&pruned));
    view::same(&planned::prune(catalog, &pruned), &pruned, "pruning again changes the file");
}

fn logout_holds(name: &ProfileName, file: &[u8]) {
    let Ok(after) = planned::remove_session(file, name) else { return };
    let before = document(file);
    let has_session = before.find(&id(name)).any(|section| is_marked(&before, section));
    assert!(has_session || after == file, "a section without the mark was changed");
    assert_eq!(long_term_keys(file), long_term_keys(&after));
    if before.faults().is_empty() {
        only_changes(file, &after, |other| *other == id(name));
        view::same(&planned::remove_session(&after, name), &after, "a second logout changes the file");
    }
}

fn login_holds(profile: &Profile, case: &CredentialsCase) {
    let session = case.session();
    let saved = match planned::save_session(&case.file, profile, &session) {
        Ok(saved) => saved,
        Err(refusal) => return assert!(matches_case(&refusal, case), "{refusal:?}"),
    };
    assert!(case.is_portable(), "what is not portable got into the file");
    let id = id(&profile.name);
    only_changes(&case.file, &saved, |other| *other == id);
    assert_eq!(long_term_keys(&case.file), long_term_keys(&saved));
    let after = document(&saved);
    let token = session.session_token.as_ref().map(Secret::expose);
    assert_eq!(after.get(&id, "aws_access_key_id").as_deref(), Some(session.access_key_id.as_str()));
    assert_eq!(after.get(&id, "aws_secret_access_key").as_deref(), Some(session.secret_access_key.expose()));
    assert_eq!(after.get(&id, "aws_session_token").as_deref(), token);
    assert_eq!(after.get(&id, "awsauth_expiration").as_deref(), Some("1970-01-01T00:00:00Z"));
    view::same(&planned::save_session(&saved, profile, &session), &saved, "a second time changes the file");
    let before = document(&case.file);
    if before.find(&id).next().is_none() {
        let removed = planned::remove_session(&saved, &profile.name).unwrap_or_else(|refusal| panic!("{refusal}"));
        let common = removed.len().min(case.file.len());
        assert_eq!(removed[..common], case.file[..common]);
        let rest = [&removed[common..], &case.file[common..]].concat();
        assert!(
            document(&rest).lines().iter().all(|line| line.kind == LineKind::Blank),
            "more than blank lines differ"
        );
    }
}

fn add_key_holds(name: &ProfileName, case: &CredentialsCase) -> Checked {
    let key = case.key();
    let id = id(name);
    let mut judged = Checked::Refused;
    for force in [Force::No, Force::Yes] {
        let added = match planned::add_key(&case.file, name, &key, force) {
            Ok(added) => added,
            Err(Refusal::KeyExists { .. }) => {
                assert_eq!(force, Force::No);
                continue;
            }
            Err(refusal) => {
                assert!(matches_case(&refusal, case), "{refusal:?}");
                continue;
            }
        };
        assert!(case.is_portable() || !case.secret.is_empty(), "what is not portable got into the file");
        judged = Checked::Yes;
        only_changes(&case.file, &added, |other| *other == id);
        let after = document(&added);
        assert_eq!(after.get(&id, "aws_access_key_id").as_deref(), Some(key.access_key_id.as_str()));
        assert_eq!(after.get(&id, "aws_secret_access_key").as_deref(), Some(key.secret_access_key.expose()));
        assert_eq!(after.get(&id, "aws_session_token").filter(|token| !token.is_empty()), None);
        let lost = long_term_keys(&case.file).into_iter().filter(|key| !long_term_keys(&added).contains(key));
        let is_forced = |lost: (String, String, String)| force == Force::Yes && lost.0 == name.as_str();
        assert!(lost.into_iter().all(is_forced), "a long-term key is gone");
        assert_eq!(
            planned::add_key(&added, name, &key, Force::No).as_ref(),
            Ok(&added),
            "a second time changes the file"
        );
    }
    judged
}

/// True if there is a reason for that refusal.
fn matches_case(refusal: &Refusal, case: &CredentialsCase) -> bool {
    match refusal {
        Refusal::Unreadable(faults) => *faults == document(&case.file).faults(),
        Refusal::Unportable(_) => !case.is_portable() || !document(&case.file).faults().is_empty(),
        Refusal::Shadowed { line, .. } => {
            let document = document(&case.file);
            let section = document.sections().iter().find(|section| section.header_line + 1 == *line);
            section.is_some_and(|section| document.own_entry(section, "aws_access_key_id").is_some())
        }
        Refusal::Defaults { line, .. } => {
            let line = document(&case.file).lines()[*line - 1].content();
            case.file[line].to_ascii_lowercase().windows(17).any(|part| part == b"aws_session_token")
        }
        _ => false,
    }
}

fn document(file: &[u8]) -> Document<'_> {
    Document::parse(file, FileKind::Credentials)
}

fn id(name: &ProfileName) -> SectionId {
    SectionId::Profile(name.to_string())
}

/// True if a section carries awsauth's mark.
fn is_marked(document: &Document<'_>, section: &Section) -> bool {
    section.id != SectionId::Other("DEFAULT".to_owned()) && document.own_entry(section, "awsauth_expiration").is_some()
}

/// Name, key id and secret of every section that has a long-term key's id.
fn long_term_keys(file: &[u8]) -> Vec<(String, String, String)> {
    let document = document(file);
    let keys = document.sections().iter().filter_map(|section| {
        let get = |key| document.own_entry(section, key).map(|entry| document.value(entry).into_owned());
        let id = get("aws_access_key_id").filter(|id| id.starts_with("AKIA"))?;
        Some((document.text(&section.name).into_owned(), id, get("aws_secret_access_key").unwrap_or_default()))
    });
    keys.collect()
}

/// All sections but those that `may_change` are unchanged, and so is every comment outside of those.
fn only_changes(before: &[u8], after: &[u8], may_change: impl Fn(&SectionId) -> bool) {
    let (before, after) = (document(before), document(after));
    let stays = |section: &Section| !may_change(&section.id);
    assert_eq!(view::texts(&before, stays), view::texts(&after, stays), "another section changed");
    let changes = |section: &Section| may_change(&section.id);
    // A comment of a changed section may stand after its last entry now, which is outside.
    let mut kept = view::comments(&after, changes).into_iter();
    assert!(
        view::comments(&before, changes).iter().all(|comment| kept.any(|other| other == *comment)),
        "a comment is gone"
    );
    assert!(after.faults().is_empty() || !before.faults().is_empty(), "a fault came: {:?}", after.faults());
}
