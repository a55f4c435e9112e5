//! Owns whether a way leads to the identity that the manifest says of its profiles. Must not know how tools choose a way.

use crate::cli::paths::Paths;
use crate::cli::show::now::{Now, is_own_process};
use crate::cli::show::sections::Places;
use crate::cli::show::step::Fact;
use crate::model::{Chain, Kind, Profile};
use crate::plan::{SectionValue, by_hand};
use crate::readers::Mechanism;
use crate::secret::mask_words;

/// The keys that say who a profile is.
const IDENTITY: [&str; 6] =
    ["role_arn", "source_profile", "credential_source", "sso_account_id", "sso_role_name", "login_session"];

/// A part of a way that is not what the manifest says.
pub(crate) struct Other {
    pub(crate) words: String,
    pub(crate) remedy: String,
}

/// The first part of `mechanism`, from the top, that is another identity.
pub(crate) fn other(mechanism: &Mechanism, now: &Now<'_>) -> Option<Other> {
    let catalog = &now.service?.manifest.catalog;
    let look = |part: &Mechanism| {
        let profile = catalog.get(part.profile())?;
        (!is_meant(part, profile)).then(|| said(part, profile, now))
    };
    mechanism.parts().find_map(look)
}

fn is_meant(part: &Mechanism, profile: &Profile) -> bool {
    match (part, &profile.kind) {
        (_, Kind::External) | (Mechanism::Key { .. }, Kind::Iam) => true,
        (Mechanism::Key { is_session, .. }, Kind::IamMfa { .. }) => *is_session,
        (Mechanism::Process { command, .. }, _) => is_own_process(command, profile.name.as_str()),
        (Mechanism::Sso { account, role, .. }, Kind::Sso { account_id, role_name, .. }) => {
            account == account_id.as_str() && role == role_name.as_str()
        }
        (Mechanism::Login { session, .. }, Kind::Login(meant)) => session == meant.as_str(),
        (Mechanism::Role { arn, .. }, _) => profile.role().is_some_and(|role| role.arn.as_str() == arn),
        (Mechanism::Machine { .. }, _) => profile.role().is_some(),
        _ => false,
    }
}

fn said(part: &Mechanism, profile: &Profile, now: &Now<'_>) -> Other {
    let name = &profile.name;
    let words = match part {
        Mechanism::Role { arn, .. } => format!("not the role of {name} in the manifest, but {arn}"),
        Mechanism::Sso { account, role, .. } => {
            format!("not the role of {name} in the manifest, but {role} in {account}")
        }
        _ => format!("not the login of {name}"),
    };
    let remedy = match (part, &profile.kind) {
        // The person's own key, which is in the place of the session.
        (Mechanism::Key { is_session: false, .. }, Kind::IamMfa { .. }) => "awsauth apply --adopt".to_owned(),
        (Mechanism::Key { profile, file, .. }, _) => {
            let line = now.files.place(profile, "aws_access_key_id").filter(|(at, _)| at == file);
            let line = line.map(|(_, line)| format!(":{line}")).unwrap_or_default();
            format!("delete the key in [{profile}] ({}{line}), or rename its section", file.name())
        }
        _ => "awsauth apply".to_owned(),
    };
    Other { words, remedy }
}

/// The lines of AWS's files that say something else than the manifest, of all profiles of a chain.
pub(crate) fn differences(chain: &Chain<'_>, now: &Now<'_>, places: &Places) -> Vec<Fact> {
    let of_profile = |profile: &&Profile| {
        let name = profile.name.as_str();
        let differs = |key: &'static str| {
            let meant = by_hand(profile).into_iter().find(|(meant, _)| meant == key)?.1;
            let value = now.files.value(name, key)?;
            let place = now.files.place(name, key).map(|at| places.of(at));
            let differs = !matches!(meant, SectionValue::Text(meant) if meant == value);
            differs.then(|| Fact { key, value: mask_words(&value), place })
        };
        IDENTITY.into_iter().filter_map(differs).collect::<Vec<_>>()
    };
    chain.profiles().iter().flat_map(of_profile).collect()
}

pub(crate) fn difference_words(Fact { key, value, place }: &Fact) -> String {
    let place = place.as_ref().map(|at| format!("{}:{}", Paths::shown(&at.file), at.line)).unwrap_or_default();
    format!("{place} says {key} = {value}, and the manifest something else: `awsauth apply` shows how.")
}
