//! Owns the configuration that a login takes from environment variables. Must not read the environment itself: that is
//! `system::host`'s.

use crate::address::WebAddress;
use crate::aws::{Aws, CaBundle, Endpoints, Proxies};
use crate::cli::exit::Exit;
use crate::cli::paths::variable;
use crate::cli::ui::failure::Failure;
use crate::flow::{Machine, MfaCode};
use crate::model::{Chain, CredentialMethod, Profile};
use crate::provider::CODE_VARIABLE;
use crate::render::{
    CARRIED_SETTINGS, IDENTITY_VARIABLES, InheritedVariables, OWN_REGION, REGION_VARIABLES, SECRET_VARIABLES,
    is_bearer_token,
};
use crate::secret::Secret;
use crate::system::host::Host;
use crate::system::{clock, files::disk};

/// Variables that systemd, Kubernetes and remote development environments set in a container.
const CONTAINERS: [&str; 5] =
    ["container", "KUBERNETES_SERVICE_HOST", "CODESPACES", "REMOTE_CONTAINERS", "GITPOD_WORKSPACE_ID"];

/// The variables of another identity, which a program that gets credentials must not inherit.
pub(crate) fn inherited_variables(host: &Host) -> InheritedVariables {
    let named = IDENTITY_VARIABLES.into_iter().map(str::to_owned);
    let tokens = host.names().filter(|name| is_bearer_token(name)).map(str::to_owned);
    // A region that awsauth did not set stays.
    let own = host.var(OWN_REGION);
    let regions = REGION_VARIABLES.into_iter().filter(|name| own.is_some() && host.var(name) == own);
    let mark = own.is_some().then_some(OWN_REGION);
    let is_set = |name: &str| host.var_os(name).is_some();
    let marks = CARRIED_SETTINGS.iter().map(|setting| setting.mark).filter(|mark| is_set(mark));
    let variables = CARRIED_SETTINGS.iter().map(|setting| setting.variable).filter(|variable| is_set(variable));
    let (set_by_user, carried): (Vec<_>, Vec<_>) =
        variables.partition(|variable| persons_own(host, variable).is_some());
    let settings = regions.chain(mark).chain(marks).chain(carried).map(str::to_owned);
    InheritedVariables { to_unset: named.chain(tokens).chain(settings).collect(), set_by_user }
}

/// Returns the profile of a console sign-in that AWS CLI and Rust's SDK would renew in the wrong region (aws-facts §13.3), and
/// `AWS_REGION`, which they follow.
pub(crate) fn sign_in_with_other_region<'c, 'h>(chain: &Chain<'c>, host: &'h Host) -> Option<(&'c Profile, &'h str)> {
    let region = host.var("AWS_REGION").filter(|region| host.var(OWN_REGION) != Some(*region))?;
    let base = chain.base();
    let is_native = base.login_session().is_some() && base.method == CredentialMethod::Native;
    (is_native && base.sts_region() != region).then_some((base, region))
}

/// The value of a variable, unless awsauth has set it for a profile.
fn persons_own<'h>(host: &'h Host, name: &str) -> Option<&'h str> {
    let carried = CARRIED_SETTINGS.iter().find(|setting| setting.variable == name);
    host.var(name).filter(|value| carried.is_none_or(|setting| host.var(setting.mark) != Some(value)))
}

/// The variables that hold keys, tokens or a code. A program that awsauth starts for itself, such as a browser, gets none.
pub(crate) fn secret_variables(host: &Host) -> Vec<String> {
    let tokens = host.names().filter(|name| name.starts_with("AWS_BEARER_TOKEN")).map(str::to_owned);
    SECRET_VARIABLES.into_iter().chain([CODE_VARIABLE]).map(str::to_owned).chain(tokens).collect()
}

/// If true, the `endpoint_url` of profiles is ignored.
pub(crate) const IGNORES_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// An MFA code that was given beforehand.
pub(crate) struct GivenCode {
    pub(crate) code: Secret,
    pub(crate) origin: &'static str,
}

/// The MFA code of `--token-code` (`-` for stdin) or `AWSAUTH_MFA_CODE`, checked.
pub(crate) fn given_code(flag: Option<&str>, host: &Host) -> Result<Option<GivenCode>, Failure> {
    let (text, origin) = match (flag, host.var(CODE_VARIABLE)) {
        (Some("-"), _) => {
            let text = Host::read_stdin(64)
                .map_err(|error| Failure::new(Exit::Unavailable, "can't read standard input").because(&error))?;
            (text, "standard input")
        }
        (Some(code), _) => (code.to_owned(), "--token-code"),
        (None, Some(code)) => (code.to_owned(), CODE_VARIABLE),
        (None, None) => return Ok(None),
    };
    let code = Secret::new(text);
    match MfaCode::new(code.expose()) {
        Ok(_) => Ok(Some(GivenCode { code, origin })),
        Err(error) => Err(Failure::new(Exit::Usage, format!("{origin}: {error}"))),
    }
}

/// The service's variable, then the general one (aws-facts §7).
fn endpoints(host: &Host) -> Result<Endpoints, Failure> {
    let flag = |name: &str| persons_own(host, name).map(|value| value.eq_ignore_ascii_case("true"));
    let url = |service: &str| {
        let names = [format!("AWS_ENDPOINT_URL_{service}"), "AWS_ENDPOINT_URL".to_owned()];
        let Some((name, url)) = names.iter().find_map(|name| Some((name, persons_own(host, name)?))) else {
            return Ok(None);
        };
        // The value is not shown: it may hold a password.
        let words = format!("{name} is no address of http or https, or has a user's name in it");
        let wrong = || Failure::new(Exit::Usage, words);
        WebAddress::parse(url).map(|_| Some(url.to_owned())).ok_or_else(wrong)
    };
    let ignored = flag(IGNORES_ENDPOINTS);
    let [sts, sso, sso_oidc, iam, sign_in] = match ignored {
        Some(true) => [const { None }; 5],
        _ => [url("STS")?, url("SSO")?, url("SSO_OIDC")?, url("IAM")?, url("SIGNIN")?],
    };
    let (fips, dual_stack) = (flag("AWS_USE_FIPS_ENDPOINT"), flag("AWS_USE_DUALSTACK_ENDPOINT"));
    let general = persons_own(host, "AWS_ENDPOINT_URL").map(str::to_owned);
    Ok(Endpoints { ignored, fips, dual_stack, general, sts, sso, sso_oidc, iam, sign_in })
}

/// The way to AWS, as the environment configures it.
pub(crate) fn aws(host: &Host) -> Result<Aws, Failure> {
    let proxies = Proxies::read(|name| host.var_os(name));
    Ok(Aws::new(endpoints(host)?, ca_bundle(host)?, proxies, clock::now))
}

/// The file is read when the first call needs it.
fn ca_bundle(host: &Host) -> Result<Option<CaBundle>, Failure> {
    let Some(path) = variable(host, "AWS_CA_BUNDLE")? else { return Ok(None) };
    let name = format!("AWS_CA_BUNDLE names {}, which", path.display());
    let read = Box::new(move || match disk::read(&path) {
        Ok(Some(pem)) => Ok(pem),
        Ok(None) => Err(format!("AWS_CA_BUNDLE names {}, which does not exist", path.display())),
        Err(error) => Err(format!("AWS_CA_BUNDLE: {error}")),
    });
    Ok(Some(CaBundle { name, read }))
}

pub(crate) fn machine(host: &Host) -> Machine {
    let is_any_set = |names: &[&str]| names.iter().any(|name| host.var_os(name).is_some());
    let is_cloud_shell = host.var("AWS_EXECUTION_ENV").is_some_and(|value| value.eq_ignore_ascii_case("CloudShell"));
    Machine {
        names_browser: is_any_set(&["BROWSER"]),
        has_display: is_any_set(&["DISPLAY", "WAYLAND_DISPLAY"]) || cfg!(any(target_os = "macos", windows)),
        is_remote: is_any_set(&["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]),
        is_ci: is_any_set(&["CI"]),
        is_container: is_cloud_shell || Host::is_in_container() || is_any_set(&CONTAINERS),
        is_wsl: is_any_set(&["WSL_DISTRO_NAME", "WSL_INTEROP"]),
    }
}
