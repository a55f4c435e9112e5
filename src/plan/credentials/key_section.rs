//! Owns the two kinds of keys that a section of the credentials file holds: a long-term key, or a session of awsauth's.

use crate::ini::{Document, Section, SectionId};
use crate::model::{Credentials, LongTermKey, ProfileName, utc};
use crate::secret::Secret;

pub(crate) const KEY_ID: &str = "aws_access_key_id";
pub(crate) const SECRET_KEY: &str = "aws_secret_access_key";
pub(crate) const TOKEN: &str = "aws_session_token";
/// The mark of awsauth's own sections, see [`mark`]. Every SDK ignores it.
pub(crate) const EXPIRATION: &str = "awsauth_expiration";

/// The long-term key of one section, if it holds one.
pub(crate) fn long_term_key(document: &Document<'_>, section: &ProfileName) -> Option<LongTermKey> {
    let id = SectionId::Profile(section.to_string());
    let has_token = document.get(&id, TOKEN).is_some_and(|token| !token.is_empty());
    if has_token { None } else { key_in(document, &id) }
}

/// The two halves of a key in a section, a session's as well.
pub(crate) fn key_in(document: &Document<'_>, id: &SectionId) -> Option<LongTermKey> {
    let get = |key| document.get(id, key).filter(|value| !value.is_empty()).map(std::borrow::Cow::into_owned);
    Some(LongTermKey { access_key_id: get(KEY_ID)?, secret_access_key: Secret::new(get(SECRET_KEY)?) })
}

/// The value of the mark: when the session ends. Stand-ins for AWS, such as moto, give sessions ids like those of long-term
/// keys. Such an id is in the mark too, so that the session is told from a key that somebody puts in its place.
pub(crate) fn mark(session: &Credentials) -> String {
    let expiration = session.expiration.map(utc).unwrap_or_default();
    let id = &session.access_key_id;
    if LongTermKey::is_long_term(id) { format!("{expiration} {id}") } else { expiration }
}

/// True for a session that awsauth wrote: the section carries the mark, and nobody has put a long-term key into it since,
/// as `aws configure` does.
pub(crate) fn is_session(document: &Document<'_>, section: &Section) -> bool {
    let value = |key| document.own_entry(section, key).map(|entry| document.value(entry));
    let Some(mark) = value(EXPIRATION) else { return false };
    let is_users = |id: &str| LongTermKey::is_long_term(id) && mark.split_whitespace().last() != Some(id);
    // awsauth never writes into `[DEFAULT]`, whose keys are for every section.
    !matches!(section.id, SectionId::Other(_)) && !value(KEY_ID).is_some_and(|id| is_users(&id))
}
