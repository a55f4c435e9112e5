//! Owns the findings in the environment: variables that win over what the files say.

use super::facts::{AwsProfile, Facts};
use super::finding::{Finding, Place};
use crate::cli::explain::nearest;
use crate::cli::paths::Paths;
use crate::ini::SectionId;
use crate::render::{OWN_REGION, REGION_VARIABLES};
use crate::system::files::disk;
use crate::system::host::Host;

const UNSET_KEYS: &str = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN";
/// The variables that name AWS's files, each with the usual file's name.
const FILES: [(&str, &str); 2] = [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")];
/// The variables that lead logins elsewhere, each with the one by which awsauth marks its own.
const ENDPOINTS: [(&str, &str); 6] = [
    ("AWS_ENDPOINT_URL", "AWSAUTH_ENDPOINT_URL"),
    ("AWS_ENDPOINT_URL_STS", ""),
    ("AWS_ENDPOINT_URL_SSO", ""),
    ("AWS_ENDPOINT_URL_SSO_OIDC", ""),
    ("AWS_ENDPOINT_URL_SIGNIN", ""),
    ("AWS_ENDPOINT_URL_IAM", ""),
];

fn variable(name: &str) -> Place {
    Place::Variable(name.to_owned())
}

pub(crate) fn gone_profile(facts: &Facts<'_>) -> Vec<Finding> {
    let Some((name, chosen)) = facts.chosen() else { return Vec::new() };
    let is_unknown = facts.config.problem.or(facts.credentials.problem).is_some() || !gone_files(facts).is_empty();
    if is_unknown || chosen == "default" || facts.profile(chosen).exists() {
        return Vec::new();
    }
    let found = Finding::error("profile-gone", variable(name), format!("AWS's files have no profile `{chosen}`"))
        .why("AWS commands without `--profile` stop in this shell");
    let profiles = facts.profiles();
    let fix = match nearest(chosen, profiles.iter().map(AwsProfile::name)) {
        _ if facts.is_managed(chosen) => "awsauth apply".to_owned(),
        _ if facts.config.has(&SectionId::Other(chosen.to_owned())) => {
            format!("write [profile {chosen}] instead of [{chosen}] in {}", Paths::shown(facts.config.path))
        }
        Some(other) => format!("export {name}={}", quoted(other)),
        None => format!("unset {name}"),
    };
    vec![found.fix(fix)]
}

pub(crate) fn two_profiles(facts: &Facts<'_>) -> Vec<Finding> {
    let host = facts.app.host;
    let (Some(first), Some(second)) = (host.var("AWS_PROFILE"), host.var("AWS_DEFAULT_PROFILE")) else {
        return Vec::new();
    };
    if first == second {
        return Vec::new();
    }
    let what = format!("it names `{second}`, and AWS_PROFILE names `{first}`");
    let found = Finding::warning("two-profiles", variable("AWS_DEFAULT_PROFILE"), what);
    vec![found.why("boto3 takes the first, AWS CLI v2 the second").fix("unset AWS_DEFAULT_PROFILE")]
}

pub(crate) fn keys(facts: &Facts<'_>) -> Vec<Finding> {
    let host = facts.app.host;
    if host.var("AWS_ACCESS_KEY_ID").is_none() || host.var("AWS_SECRET_ACCESS_KEY").is_none() {
        return Vec::new();
    }
    let place = variable("AWS_ACCESS_KEY_ID");
    let fix = if host.var("AWSAUTH_PROFILE").is_some() { "awsauth use --none" } else { UNSET_KEYS };
    if let Some(ended) = host.var("AWS_CREDENTIAL_EXPIRATION").and_then(|end| end.parse::<jiff::Timestamp>().ok())
        && ended <= facts.now
    {
        let fix = match host.var("AWSAUTH_PROFILE") {
            Some(profile) => format!("awsauth use {}", quoted(profile)),
            None => UNSET_KEYS.to_owned(),
        };
        let what = format!("the session in this shell ended at {}", crate::model::utc(ended));
        let found = Finding::error("environment-ended", place, what);
        return vec![found.why("nearly every AWS command in this shell signs with it, and AWS refuses it").fix(fix)];
    }
    if let Some((name, chosen)) = facts.chosen() {
        let what = format!("the key in this shell wins over {name}={chosen}");
        let found = Finding::error("keys-over-profile", place, what);
        // aws-facts §3.
        return vec![
            found.why("all tools but the SDK for JavaScript take the key, perhaps of another account").fix(fix),
        ];
    }
    if host.var("AWSAUTH_PROFILE").is_some() {
        return Vec::new();
    }
    let found = Finding::warning("keys-in-environment", place, "this shell has a key that awsauth did not put there");
    vec![found.why("every AWS command without a profile of its own signs with it").fix(fix)]
}

pub(crate) fn endpoints(facts: &Facts<'_>) -> Vec<Finding> {
    if facts
        .app
        .host
        .var(crate::cli::environment::IGNORES_ENDPOINTS)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return Vec::new();
    }
    let names: Vec<&str> = ENDPOINTS
        .iter()
        .filter(|(name, mark)| facts.own_variable(name, mark).is_some())
        .map(|(name, _)| *name)
        .collect();
    let Some(first) = names.first() else { return Vec::new() };
    let found = Finding::warning("endpoint-variable", variable(first), "it leads calls to another server than AWS");
    vec![
        found
            .why("logins and commands talk to that server, whatever the profile")
            .fix(format!("unset {}", names.join(" "))),
    ]
}

pub(crate) fn regions(facts: &Facts<'_>) -> Vec<Finding> {
    let [first, second] = REGION_VARIABLES.map(|name| (name, facts.own_variable(name, OWN_REGION)));
    if let ((name, Some(region)), (_, Some(other))) = (first, second)
        && region != other
    {
        let what = format!("it names {region}, and AWS_DEFAULT_REGION names {other}");
        let found = Finding::warning("two-regions", variable(name), what);
        // aws-facts §3.
        return vec![
            found.why("AWS CLI works in the first region, boto3 in the second").fix("unset AWS_DEFAULT_REGION"),
        ];
    }
    let Some((variable_name, region)) = [first, second].into_iter().find_map(|(name, region)| Some((name, region?)))
    else {
        return Vec::new();
    };
    let Some(profile) = facts.chosen().map(|(_, name)| facts.profile(name)) else { return Vec::new() };
    let Some(own) = profile.get("region").filter(|own| own.text != region) else { return Vec::new() };
    let what = format!("it names {region}, and `{}` has {} ({})", profile.name(), own.text, own.place);
    let found = Finding::note("region-over-profile", variable(variable_name), what);
    vec![found.why("commands work in the variable's region").fix(format!("unset {variable_name}"))]
}

/// The variables that name a file which is not there.
pub(crate) fn gone_files(facts: &Facts<'_>) -> Vec<&'static str> {
    let is_gone = |name: &'static str| {
        let path = facts.app.host.path(name);
        path.is_ok_and(|path| path.is_some_and(|path| !disk::exists(&path)))
    };
    FILES.into_iter().map(|(name, _)| name).filter(|name| is_gone(name)).collect()
}

/// Variables that name other files than those in ~/.aws.
pub(crate) fn files(facts: &Facts<'_>) -> Vec<Finding> {
    let gone = gone_files(facts);
    let look = |(name, file): (&'static str, &str)| {
        let path = facts.app.host.path(name).ok()??;
        if gone.contains(&name) {
            let what = format!("it names {}, which does not exist", Paths::shown(&path));
            let found = Finding::error("file-variable-gone", variable(name), what);
            return Some(found.why("AWS's tools find no profiles there").fix(format!("unset {name}")));
        }
        let usual = Host::home()?.join(".aws").join(file);
        if !disk::exists(&usual) || disk::real_path(&usual) == disk::real_path(&path) {
            return None;
        }
        let what = format!("it names {}", Paths::shown(&path));
        let found = Finding::note("file-variable", variable(name), what);
        Some(found.why(format!("nothing in ~/.aws/{file} counts in this shell")).fix(format!("unset {name}")))
    };
    FILES.into_iter().filter_map(look).collect()
}

/// A word for a shell.
pub(crate) fn quoted(word: &str) -> std::borrow::Cow<'_, str> {
    shlex::try_quote(word).unwrap_or(std::borrow::Cow::Borrowed("NAME"))
}
