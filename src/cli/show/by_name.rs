//! Owns the test that every AWS tool can use a profile by `AWS_PROFILE` alone. Must not know what is set otherwise.

use crate::cli::app::App;
use crate::cli::environment::sign_in_with_other_region;
use crate::cli::login::service::LoginService;
use crate::cli::show::advice::Outcome;
use crate::cli::show::identity::differences;
use crate::cli::show::now::Now;
use crate::cli::show::sections::Places;
use crate::cli::show::text;
use crate::cli::show::verdict::{Verdict, verdicts};
use crate::cli::ui::failure::Failure;
use crate::model::{Chain, ProfileName};
use crate::readers::{AwsFiles, Mechanism, Reader};
use crate::system::files::disk;

/// Returns why some tool gets no or other credentials by `AWS_PROFILE` alone, and the fix. None if all tools work.
pub(crate) fn obstacle(chain: &Chain<'_>, service: &LoginService<'_>, app: App<'_>) -> Result<Option<String>, Failure> {
    let places = Places::new(app)?;
    let (config, credentials) = match (disk::read(&places.config), disk::read(&places.credentials)) {
        (Ok(config), Ok(credentials)) => (config.unwrap_or_default(), credentials.unwrap_or_default()),
        (Err(error), _) | (_, Err(error)) => {
            return Ok(Some(format!("AWS's tools may not find it by AWS_PROFILE: {}", error.with_cause())));
        }
    };
    let now = Now::new(AwsFiles::parse(&config, &credentials), Some(service), app)?;
    let name = &chain.target().name;
    let verdicts = verdicts(name.as_str(), &now);
    if verdicts.iter().any(needs_variables) {
        let why =
            "AWS_PROFILE alone is not enough: the profile takes its credentials from variables, and `use` unsets them";
        return Ok(Some(why.to_owned()));
    }
    let is_old = || is_outdated(chain, &now) || !differences(chain, &now, &places).is_empty();
    let failing = verdicts.into_iter().filter(|verdict| verdict.outcome != Outcome::Works);
    // One that can be mended is told of first, and a login mends most.
    let first = failing.min_by_key(|verdict| (verdict.outcome != Outcome::LoggedOut, verdict.remedy.is_none()));
    let (why, remedy) = if let Some(verdict) = first {
        (failure(name, &verdict), remedy(name, verdict))
    } else if let Some((_, region)) = sign_in_with_other_region(chain, app.host) {
        let why = format!("with AWS_REGION={region}, some AWS tools can't renew its sign-in");
        (why, Some("unset AWS_REGION".to_owned()))
    } else if is_old() {
        ("AWS's files do not have it as the manifest does".to_owned(), Some("awsauth apply".to_owned()))
    } else {
        return Ok(None);
    };
    Ok(Some(remedy.map_or(why.clone(), |remedy| format!("{why}; to change that: {remedy}"))))
}

fn failure(name: &ProfileName, Verdict { readers, does, .. }: &Verdict) -> String {
    let does = does.strip_prefix("no: ").unwrap_or(does);
    match readers.len() {
        all if all == Reader::ALL.len() => format!("no AWS tool can use AWS_PROFILE={name}: {does}"),
        _ => format!("{} can't use AWS_PROFILE={name}: {does}", text::names(readers)),
    }
}

fn remedy(name: &ProfileName, verdict: Verdict) -> Option<String> {
    match verdict.outcome {
        // Without force, a login keeps the session that there is.
        Outcome::LoggedOut => Some(format!("awsauth login {name} --force")),
        _ => verdict.remedy,
    }
}

/// True for a role on the keys or the endpoint of the environment.
fn needs_variables(verdict: &Verdict) -> bool {
    let mut parts = verdict.resolution.iter().flat_map(Mechanism::parts);
    parts.any(|part| matches!(part, Mechanism::Machine { machine: "Environment" | "EcsContainer", .. }))
}

/// True if AWS's files have another region, or other settings, than the manifest.
fn is_outdated(chain: &Chain<'_>, now: &Now<'_>) -> bool {
    let profile = chain.target();
    // A nested block is one value in the file.
    let mut values = profile.values().into_iter().filter(|(key, _)| !key.contains('.'));
    values.any(|(key, value)| now.files.value(profile.name.as_str(), &key).as_deref() != Some(value.as_str()))
}
