//! Owns whether `AWS_PROFILE` is enough for every tool that reads AWS's files. Must not know what is set otherwise.

use crate::cli::app::App;
use crate::cli::environment::misled_sign_in;
use crate::cli::login::service::LoginService;
use crate::cli::show::advice::Outcome;
use crate::cli::show::identity::differences;
use crate::cli::show::now::Now;
use crate::cli::show::sections::Places;
use crate::cli::show::verdict::{Verdict, verdicts};
use crate::cli::ui::failure::Failure;
use crate::model::Chain;
use crate::readers::{AwsFiles, Mechanism};
use crate::system::files::disk;

/// What keeps some tool from the credentials that the manifest says if it has nothing but the name of the profile, and what to
/// do. None if every tool gets them.
pub(crate) fn obstacle(chain: &Chain<'_>, service: &LoginService<'_>, app: App<'_>) -> Result<Option<String>, Failure> {
    let places = Places::new(app)?;
    let [config, credentials] =
        [&places.config, &places.credentials].map(|path| disk::read(path).ok().flatten().unwrap_or_default());
    let now = Now::new(AwsFiles::parse(&config, &credentials), Some(service), app)?;
    let name = &chain.target().name;
    let verdicts = verdicts(name.as_str(), &now);
    if verdicts.iter().any(needs_variables) {
        return Ok(Some("AWS_PROFILE can't be used: its credentials come from variables that `use` unsets".to_owned()));
    }
    let is_old = || is_outdated(chain, &now) || !differences(chain, &now, &places).is_empty();
    let failing: Vec<Verdict> = verdicts.into_iter().filter(|verdict| verdict.outcome != Outcome::Works).collect();
    let remedy = if failing.iter().any(|verdict| verdict.outcome == Outcome::LoggedOut) {
        // Without force, a login keeps the session that there is.
        format!("awsauth login {name} --force")
    } else if !failing.is_empty() {
        failing.into_iter().find_map(|verdict| verdict.remedy).unwrap_or_else(|| format!("awsauth show {name}"))
    } else if misled_sign_in(chain, app.host).is_some() {
        "unset AWS_REGION".to_owned()
    } else if is_old() {
        "awsauth apply".to_owned()
    } else {
        return Ok(None);
    };
    Ok(Some(format!("to use it by AWS_PROFILE, with sessions that renew by themselves: {remedy}")))
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
