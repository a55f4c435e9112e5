//! Owns the environment of a command that gets its credentials from the endpoint.

use crate::cli::app::App;
use crate::cli::environment::inherited_variables;
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::model::Profile;
use crate::readers::{AwsFiles, Reader, Refusal};
use crate::render::EnvChange;
use crate::secret::Secret;
use crate::system::files::disk;
use crate::system::host::Host;

pub(crate) const URL_VARIABLE: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
pub(crate) const TOKEN_VARIABLE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
/// Rust's SDK sends the token to a proxy otherwise (aws-facts §14).
const DIRECT: [&str; 3] = ["127.0.0.1", "localhost", "169.254.170.2"];
const EMPTY_FILE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// The change that makes every SDK ask the endpoint, and nobody else.
pub(crate) fn env_change(
    service: &LoginService<'_>,
    profile: &Profile,
    (url, token): (&str, &Secret),
    app: App<'_>,
) -> Result<EnvChange, Failure> {
    let mut set = vec![(URL_VARIABLE, Secret::new(url)), (TOKEN_VARIABLE, token.clone())];
    set.extend(without_proxy(app.host));
    for variable in files_with_default(app)? {
        set.push((variable, Secret::new(EMPTY_FILE)));
        app.out.detail(&format!("{}: the command gets no {variable}: its [default] would win", profile.name));
    }
    let values = service.externals.complete(profile).values();
    Ok(EnvChange::with(set, &profile.name, &values, inherited_variables(app.host)))
}

/// Both spellings, if both are set: programs read one or the other.
fn without_proxy(host: &Host) -> Vec<(&'static str, Secret)> {
    let extended = |own: Option<&str>| {
        let mut hosts: Vec<&str> =
            own.unwrap_or_default().split(',').map(str::trim).filter(|host| !host.is_empty()).collect();
        // `*` stands for all hosts only if it is alone.
        let missing = DIRECT.into_iter().filter(|host| hosts != ["*"] && !hosts.contains(host));
        hosts.extend(missing.collect::<Vec<_>>());
        hosts.join(",")
    };
    let (upper, lower) = (host.var("NO_PROXY"), host.var("no_proxy"));
    let mut set = vec![("NO_PROXY", Secret::new(extended(upper.or(lower))))];
    set.extend(lower.map(|own| ("no_proxy", Secret::new(extended(Some(own))))));
    set
}

/// The variables of AWS's files whose `[default]` has credentials: SDKs take them before the endpoint's (aws-facts §14).
fn files_with_default(app: App<'_>) -> Result<Vec<&'static str>, Failure> {
    let read = |path| disk::read(path).ok().flatten().unwrap_or_default();
    let (config, credentials) = (read(&app.paths.config()?), read(&app.paths.credentials()?));
    let counts = |files: &AwsFiles<'_>| {
        let resolved = Reader::ALL.into_iter().map(|reader| files.resolve(reader, "default"));
        resolved.into_iter().any(|found| {
            !matches!(
                found,
                Err(Refusal::NoProfile { .. } | Refusal::NoCredentials { .. } | Refusal::Unreadable { .. })
            )
        })
    };
    let files = [
        ("AWS_CONFIG_FILE", AwsFiles::parse(&config, b"")),
        ("AWS_SHARED_CREDENTIALS_FILE", AwsFiles::parse(b"", &credentials)),
    ];
    Ok(files.into_iter().filter(|(_, files)| counts(files)).map(|(variable, _)| variable).collect())
}
