//! Owns finding what gives the credentials of profiles that awsauth does not log in to: AWS's files, the environment.

use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::model::{
    Catalog, CredentialSource, Credentials, Destination, ExternalError, ExternalSource, Externals, KeyFingerprint, Role,
};
use crate::plan::ExternalSections;
use crate::provider::EXTERNAL_VARIABLE;
use crate::secret::Secret;
use crate::system::files::disk;
use crate::system::host::Host;

/// The sources of all profiles of the manifest. Reads the config file only if a profile takes its credentials from there.
pub(crate) fn externals(
    catalog: &Catalog,
    credentials: &[u8],
    paths: Paths<'_>,
    host: &Host,
) -> Result<Externals, Failure> {
    let mut externals = Externals::new(host.var(EXTERNAL_VARIABLE).unwrap_or_default());
    let names: Vec<_> = catalog.profiles().iter().filter_map(|profile| profile.external_section()).collect();
    if !names.is_empty() {
        let config = disk::read(&paths.config()?).map_err(|error| explain::disk(&error))?.unwrap_or_default();
        let sections = ExternalSections::parse(&config, credentials);
        for name in names {
            externals.insert(name.clone(), sections.source(name), sections.destination(name));
        }
    }
    for profile in catalog.profiles() {
        if profile.role().and_then(Role::credential_source) == Some(CredentialSource::Environment) {
            externals.insert(profile.name.clone(), environment(host), Destination::default());
        }
    }
    Ok(externals)
}

/// The keys in the variables that AWS CLI reads, the token's older name first.
fn environment(host: &Host) -> Result<ExternalSource, ExternalError> {
    let var = |name| host.var(name).ok_or(ExternalError::NoVariables);
    let token = ["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"].into_iter().find_map(|name| host.var(name));
    Ok(ExternalSource::Keys(Credentials {
        access_key_id: var("AWS_ACCESS_KEY_ID")?.to_owned(),
        secret_access_key: Secret::new(var("AWS_SECRET_ACCESS_KEY")?),
        session_token: token.map(Secret::new),
        expiration: None,
    }))
}

/// True if the environment, or the section of that name, gives what it gave for the fingerprint. Parses no TOML.
pub(crate) fn is_current(print: &KeyFingerprint, credentials: &[u8], paths: Paths<'_>, host: &Host) -> bool {
    let is_same = |source: Result<ExternalSource, ExternalError>| {
        source.is_ok_and(|source| source.fingerprint(&print.section) == *print)
    };
    is_same(environment(host)) || {
        let config = paths.config().ok().and_then(|path| disk::read(&path).ok().flatten()).unwrap_or_default();
        is_same(ExternalSections::parse(&config, credentials).source(&print.section))
    }
}
