//! Access keys: two per user; a new one is not known everywhere at once.

use jiff::Timestamp;

use super::super::error::Refusal;
use super::super::people::LongTermKey;
use super::super::state::State;
use super::super::validate::{Checks, KEY_ID};
use super::{Call, limit, no_such, page};

/// Keys of a user.
const MOST: usize = 2;

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    if call.user(state).keys.len() >= MOST {
        return Err(limit("AccessKeysPerUser", MOST));
    }
    let (id, secret, now, refusals) =
        (state.ids.long_term_key_id(), state.ids.secret_key(), state.now(), state.refusals_of_new_keys);
    let user = call.user(state);
    let mut key = LongTermKey::new(&id, &secret);
    (key.created, key.refusals) = (now, refusals);
    user.keys.push(key);
    Ok(format!(
        "    <AccessKey>\n      <UserName>{}</UserName>\n      <AccessKeyId>{id}</AccessKeyId>\n      \
         <Status>Active</Status>\n      <SecretAccessKey>{secret}</SecretAccessKey>\n      \
         <CreateDate>{}</CreateDate>\n    </AccessKey>\n",
        user.name(),
        date(now)
    ))
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let user = call.user(state);
    let item = |key: &LongTermKey| {
        format!(
            "        <UserName>{}</UserName>\n        <AccessKeyId>{}</AccessKeyId>\n        <Status>{}</Status>\n        \
             <CreateDate>{}</CreateDate>\n",
            user.name(),
            key.id,
            if key.active { "Active" } else { "Inactive" },
            date(key.created)
        )
    };
    let items: Vec<String> = user.keys.iter().map(item).collect();
    page(call, "AccessKeyMetadata", &items)
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let id = key_id(call)?;
    let active = match call.get("Status") {
        Some("Active") => true,
        Some("Inactive") => false,
        other => {
            let value = other.unwrap_or("null");
            let words = format!(
                "1 validation error detected: Value '{value}' at 'status' failed to satisfy constraint: Member must \
                 satisfy enum value set: [Active, Inactive]"
            );
            return Err(Refusal::new(400, "ValidationError", words));
        }
    };
    find(state, call, &id)?.active = active;
    Ok(String::new())
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let id = key_id(call)?;
    find(state, call, &id)?;
    call.user(state).keys.retain(|key| key.id != id);
    Ok(String::new())
}

pub(super) fn last_used(state: &mut State, call: &Call<'_>) -> Result<String, Refusal> {
    let id = key_id(call)?;
    let found = state.users.iter().filter(|user| user.account == call.account).find_map(|user| {
        let key = user.keys.iter().find(|key| key.id == id)?;
        Some((user.name().to_owned(), key.last_used.clone()))
    });
    let (name, used) = found.ok_or_else(|| unknown(&id))?;
    let (date, service, region) = match used {
        Some((at, service, region)) => (format!("      <LastUsedDate>{}</LastUsedDate>\n", date(at)), service, region),
        None => (String::new(), "N/A".to_owned(), "N/A".to_owned()),
    };
    Ok(format!(
        "    <UserName>{name}</UserName>\n    <AccessKeyLastUsed>\n{date}      <ServiceName>{service}</ServiceName>\n      \
         <Region>{region}</Region>\n    </AccessKeyLastUsed>\n"
    ))
}

/// The key that a call names.
fn key_id(call: &Call<'_>) -> Result<String, Refusal> {
    let mut checks = Checks::default();
    checks.required("accessKeyId", call.get("AccessKeyId"), &KEY_ID);
    checks.finish()?;
    Ok(call.get("AccessKeyId").unwrap_or_default().to_owned())
}

fn find<'s>(state: &'s mut State, call: &Call<'_>, id: &str) -> Result<&'s mut LongTermKey, Refusal> {
    call.user(state).keys.iter_mut().find(|key| key.id == id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Refusal {
    no_such(format!("The Access Key with id {id} cannot be found."))
}

pub(super) fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
