//! Owns `awsauth keys list`.

use futures_util::future::join_all;
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::names_with_key;
use crate::cli::exit::Exit;
use crate::cli::keys::caller::{Caller, UserKey};
use crate::cli::keys::owner::KeyOwner;
use crate::cli::keys::store::KeyStore;
use crate::cli::login::runtime::run as run_calls;
use crate::cli::login::service::LoginService;
use crate::cli::mfa::user::service;
use crate::cli::ui::failure::{ErrorJson, Failure};
use crate::flow::LastUse;
use crate::render::{Cell, header, table_within};
use crate::system::clock;

/// The columns that a narrow terminal shortens and then drops, the first one first.
const EXPENDABLE: [usize; 2] = [1, 6];
const SECONDS_OF_A_DAY: i64 = 86_400;

/// Show long-term keys, how old they are, and when they were last used
///
/// STORED tells the key that is stored here from the user's other one. AWS is asked with the MFA session if
/// there is one, else with the key itself. LAST USED is what IAM knows, some hours late. No secret is shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth keys list
  awsauth keys list main --json
  awsauth keys list --offline")]
pub(super) struct Args {
    /// Profiles with the pattern iam or iam-mfa [default: all]
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_with_key))]
    names: Vec<String>,
    /// Ask nobody; show what is stored here
    #[arg(long)]
    offline: bool,
}

/// A key of one section, or the reason why there is none.
#[derive(Serialize)]
struct KeyRow<'m> {
    profile: &'m str,
    section: &'m str,
    access_key_id: Option<String>,
    /// True if it is stored here.
    stored: bool,
    /// As AWS has it; none if AWS was not asked.
    status: Option<&'static str>,
    created_at: Option<String>,
    age_days: Option<i64>,
    last_used: Option<LastUseJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
    #[serde(skip)]
    last_use_cell: String,
}

#[derive(Serialize)]
struct LastUseJson {
    at: Option<String>,
    service: Option<String>,
    region: Option<String>,
}

#[derive(Serialize)]
struct KeyListJson<'r, 'm> {
    keys: &'r [KeyRow<'m>],
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let service = service(app)?;
    let owners = owners(args, &service)?;
    service.manifest.warn_of_errors();
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    let answers = if args.offline { Vec::new() } else { ask(&owners, &service, app)? };
    let mut answers = answers.into_iter();
    for owner in owners {
        let stored = KeyStore::new(app, &service).stored_id(owner.section)?;
        match (answers.next().flatten(), stored) {
            (Some(Ok(keys)), stored) => rows.extend(rows_of_user(owner, keys, stored.as_deref())),
            (Some(Err(failure)), stored) => {
                rows.push(KeyRow {
                    error: Some(failure.document()),
                    ..KeyRow::of_file(owner, stored, "can't be asked")
                });
                failures.push(failure);
            }
            (None, stored) => rows.push(KeyRow::of_file(owner, stored, "-")),
        }
    }
    if out.json {
        out.document(KeyListJson { keys: &rows })?;
    } else if rows.is_empty() {
        out.say("no profile has a long-term key");
    } else {
        let (text, is_whole) = table_within(&table(&rows), out.columns_of_data(host), &EXPENDABLE);
        out.print_table(&text, is_whole)?;
        for failure in &failures {
            failure.say_as_warning(out);
        }
    }
    Ok(failures.first().map_or(Exit::Done, |failure| failure.exit))
}

/// The wanted profiles, one for each section.
fn owners<'m>(args: &Args, service: &'m LoginService<'_>) -> Result<Vec<KeyOwner<'m>>, Failure> {
    let mut owners = match &*args.names {
        [] => service.manifest.catalog.profiles().iter().filter_map(KeyOwner::of).collect(),
        names => names.iter().map(|name| KeyOwner::find(name, "list", service)).collect::<Result<Vec<_>, _>>()?,
    };
    let mut seen = Vec::new();
    owners.retain(|owner| {
        !seen.contains(&owner.section) && {
            seen.push(owner.section);
            true
        }
    });
    Ok(owners)
}

type KeyList = Result<Vec<UserKey>, Failure>;

/// Asks IAM for the keys of each user, side by side. None for a profile without a key.
fn ask(owners: &[KeyOwner<'_>], service: &LoginService<'_>, app: App<'_>) -> Result<Vec<Option<KeyList>>, Failure> {
    let callers = owners.iter().map(|owner| Caller::held(*owner, service, app)).collect::<Result<Vec<_>, _>>()?;
    run_calls(join_all(callers.iter().map(async |caller| Some(keys_of(caller.as_ref()?).await))))
}

async fn keys_of(caller: &Caller<'_>) -> KeyList {
    caller.keys_of(&caller.user_name().await?).await
}

fn rows_of_user<'m>(owner: KeyOwner<'m>, keys: Vec<UserKey>, stored: Option<&str>) -> Vec<KeyRow<'m>> {
    let now = clock::now();
    let is_stored = |id: &str| Some(id) == stored;
    let is_listed = keys.iter().any(|key| is_stored(&key.item.id));
    let mut rows: Vec<KeyRow<'m>> = keys.into_iter().map(|key| KeyRow::of_user(owner, key, stored, now)).collect();
    if !is_listed {
        rows.insert(0, KeyRow::of_file(owner, stored.map(str::to_owned), "unknown to AWS"));
    }
    rows
}

impl<'m> KeyRow<'m> {
    fn of_file(owner: KeyOwner<'m>, stored: Option<String>, why: &str) -> Self {
        Self {
            profile: owner.profile.name.as_str(),
            section: owner.section.as_str(),
            stored: stored.is_some(),
            last_use_cell: if stored.is_some() { why.to_owned() } else { "-".to_owned() },
            access_key_id: stored,
            status: None,
            created_at: None,
            age_days: None,
            last_used: None,
            error: None,
        }
    }

    fn of_user(owner: KeyOwner<'m>, key: UserKey, stored: Option<&str>, now: Timestamp) -> Self {
        let created = key.item.created_at;
        Self {
            stored: stored == Some(key.item.id.as_str()),
            status: Some(key.item.status.as_str()),
            created_at: created.map(|at| at.to_string()),
            age_days: created.map(|at| days(at, now)),
            last_use_cell: key.last_use.as_ref().map_or_else(|| "?".to_owned(), |used| last_use(used, now)),
            last_used: key.last_use.map(|used| LastUseJson {
                at: used.at.map(|at| at.to_string()),
                service: used.service,
                region: used.region,
            }),
            ..Self::of_file(owner, Some(key.item.id), "")
        }
    }
}

fn days(since: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(since).as_secs().max(0) / SECONDS_OF_A_DAY
}

fn last_use(used: &LastUse, now: Timestamp) -> String {
    let Some(at) = used.at else { return "never".to_owned() };
    let when = match days(at, now) {
        0 => "today".to_owned(),
        days => format!("{days} d ago"),
    };
    let place = [&used.service, &used.region].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    if place.is_empty() { when } else { format!("{when}, {place}") }
}

fn table(rows: &[KeyRow<'_>]) -> Vec<Vec<Cell>> {
    let cells = rows.iter().map(|row| {
        vec![
            row.profile.into(),
            row.section.into(),
            row.access_key_id.as_deref().unwrap_or("no key").into(),
            if row.stored { "yes" } else { "no" }.into(),
            row.status.unwrap_or("-").into(),
            row.age_days.map_or_else(|| "-".to_owned(), |days| format!("{days} d")).into(),
            row.last_use_cell.as_str().into(),
        ]
    });
    let titles = header(["PROFILE", "SECTION", "KEY", "STORED", "STATUS", "AGE", "LAST USED"]);
    std::iter::once(titles).chain(cells).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{AccessKeyItem, KeyStatus};
    use crate::model::{Kind, Profile};

    #[test]
    fn a_stored_key_that_aws_does_not_list_is_a_row_of_its_own() {
        let profile = Profile::bare("base", Kind::Iam);
        let item = AccessKeyItem { id: "AKIA2".to_owned(), status: KeyStatus::Active, created_at: None };
        let keys = vec![UserKey { item, last_use: None }];
        let rows = rows_of_user(KeyOwner::of(&profile).unwrap(), keys, Some("AKIA1"));
        let cells = rows.iter().map(|row| (row.access_key_id.as_deref(), row.stored, row.last_use_cell.as_str()));
        let expected = [(Some("AKIA1"), true, "unknown to AWS"), (Some("AKIA2"), false, "?")];
        assert_eq!(cells.collect::<Vec<_>>(), expected);
    }
}
