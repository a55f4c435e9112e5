//! Owns the hints for a call that AWS refused, or that did not reach AWS.

use crate::flow::{CallError, ClockSkew, Operation, Problem, TransportError, seconds_to_next_code};
use crate::model::{AccountId, Chain, Kind, Pattern, Profile, ProfileName, Region, Root, SessionDuration, SsoAccess};
use crate::provider::ProviderError;
use crate::render::exact_duration;
use crate::system::clock;

use crate::cli::exit::Exit;
use crate::cli::explain::sign_in;
use crate::cli::ui::failure::Failure;

/// The least skew, in seconds, that is mentioned if AWS complains of something else.
const NOTABLE: ClockSkew = 20;

pub(super) fn call(
    error: &ProviderError,
    profile: &ProfileName,
    call: &CallError,
    chain: Option<&Chain<'_>>,
) -> Failure {
    let again = format!("awsauth login {profile} --force");
    let access = chain.and_then(|chain| access(chain.base()));
    let case = Case { profile, call, chain, access, again };
    case.failure(error).detail("profile", profile.as_str())
}

/// The failure of several profiles whose roles are not assigned: without facts of one profile.
pub(super) fn not_assigned(
    error: &ProviderError,
    profile: &ProfileName,
    call: &CallError,
    chain: &Chain<'_>,
) -> Failure {
    let again = "awsauth login NAME --force".to_owned();
    Case { profile, call, chain: None, access: access(chain.base()), again }.failure(error)
}

/// The role that is not assigned to the person, by AWS's answer.
pub(super) fn assigned(call: &CallError, chain: Option<&Chain<'_>>) -> Option<String> {
    let is_about_it = match call.problem {
        Problem::NotAssigned => true,
        Problem::NotFound | Problem::InvalidValue => call.operation == Operation::GetRoleCredentials,
        _ => false,
    };
    match &chain.filter(|_| is_about_it)?.base().kind {
        Kind::Sso { account_id, role_name, .. } => {
            Some(format!("role {} in account {}", role_name.as_str(), account_id.as_str()))
        }
        _ => None,
    }
}

/// The failure of listing an SSO session's accounts; `again` is the command that lists them once more.
pub(super) fn listing(
    error: &ProviderError,
    name: &ProfileName,
    call: &CallError,
    (access, again): (&SsoAccess, &str),
) -> Failure {
    let case = Case { profile: name, call, chain: None, access: Some(access), again: again.to_owned() };
    case.failure(error).detail("sso_session", name.as_str())
}

/// Adds the facts of a failed call for `--json`.
pub(crate) fn with_facts(failure: Failure, call: &CallError) -> Failure {
    let failure = failure
        .detail("operation", call.operation.to_string())
        .detail("aws_code", call.code.clone())
        .detail("aws_message", Some(&call.message).filter(|_| call.is_answer()).cloned());
    match call.transport_error {
        Some(transport) => failure.detail("obstacle", transport.as_str()),
        None => failure,
    }
}

pub(super) fn next_code(failure: Failure, skew: Option<ClockSkew>) -> Failure {
    let seconds = seconds_to_next_code(clock::now(), skew);
    failure.hint(format!("try again with the next code, in {seconds} s")).detail("seconds_left", seconds)
}

fn wrong_code(failure: Failure, skew: Option<ClockSkew>) -> Failure {
    let failure = next_code(failure.cause("the code was wrong or already used: AWS accepts each code once"), skew);
    match skew.filter(|skew| skew.abs() >= NOTABLE) {
        Some(skew) => failure
            .hint(format!(
                "{}, so an authenticator app on it shows wrong codes: synchronise the clock",
                skew_words(skew)
            ))
            .detail("clock_skew_seconds", skew),
        None => failure,
    }
}

pub(crate) fn wrong_clock(failure: Failure, skew: Option<ClockSkew>) -> Failure {
    let failure = match skew {
        Some(skew) => failure.cause(skew_words(skew)).detail("clock_skew_seconds", skew),
        None => failure.cause("this machine's clock is wrong"),
    };
    failure.hint("synchronise this machine's clock, for example with `sudo timedatectl set-ntp true`")
}

fn skew_words(skew: ClockSkew) -> String {
    let direction = if skew < 0 { "behind" } else { "ahead of" };
    format!("this machine's clock is {} {direction} AWS's", exact_duration(skew.abs()))
}

fn unreachable(transport: TransportError) -> String {
    let hint = match transport {
        TransportError::NoAddress => {
            "check the network and the spelling of the region: each region has its own host name"
        }
        TransportError::Refused => {
            "if HTTPS_PROXY is set, check that its proxy runs; otherwise a firewall may be in the way"
        }
        TransportError::TimedOut => "the network may need a VPN or a proxy (HTTPS_PROXY), or the region is misspelt",
        TransportError::Broken => "the connection broke: try again",
        TransportError::UnknownIssuer => {
            "behind a company's TLS proxy, set AWS_CA_BUNDLE to a PEM file with the proxy's root certificate; otherwise \
             install the system's certificates (package ca-certificates)"
        }
        TransportError::CertificateTime => {
            "the server's certificate is not valid now: check this machine's clock; if that is right, the server is not AWS"
        }
        TransportError::CertificateName => {
            "another server answers instead of AWS: check the proxy, the network's login page and AWS_ENDPOINT_URL"
        }
        TransportError::Tls => "the port may not speak TLS: check HTTPS_PROXY and AWS_ENDPOINT_URL",
        TransportError::ProxyAuthentication(variable) => {
            return format!("give the proxy's name and password in {variable}: `http://NAME:PASSWORD@HOST:PORT`");
        }
        TransportError::Proxy(variable) => {
            return format!(
                "the proxy in {variable} does not connect to AWS: check that it is the right one and allows this host; \
                 NO_PROXY lists hosts that need no proxy"
            );
        }
        TransportError::ProxySetting => {
            "write it as `http://NAME:PASSWORD@HOST:PORT`, with special characters in the password as %XX, or unset it"
        }
        TransportError::Impostor => {
            "a proxy or a login page of the network may answer instead of AWS: open any web page to see whether it asks \
             for a login"
        }
        TransportError::Setting => "correct it, or unset it to trust the system's certificates",
    };
    hint.to_owned()
}

struct Case<'c> {
    profile: &'c ProfileName,
    call: &'c CallError,
    chain: Option<&'c Chain<'c>>,
    access: Option<&'c SsoAccess>,
    /// The command that tries again.
    again: String,
}

impl Case<'_> {
    fn failure(&self, error: &ProviderError) -> Failure {
        let call = self.call;
        let exit = match call.problem {
            problem if problem.is_transient() => Exit::Unavailable,
            _ => Exit::Login,
        };
        let failure = with_facts(Failure::of(exit, error), call);
        match call.problem {
            Problem::WrongCode => wrong_code(failure, call.clock_skew),
            Problem::ClockSkew => wrong_clock(failure, call.clock_skew),
            Problem::Unreachable | Problem::Malformed => {
                let general = "check the network, the proxy (HTTPS_PROXY) and the spelling of the region";
                let transport = call.transport_error;
                let hint = self.at_endpoint().unwrap_or_else(|| match transport {
                    Some(TransportError::NoAddress) => self.no_address(),
                    Some(transport) => unreachable(transport),
                    None => general.to_owned(),
                });
                let failure = failure.hint(hint);
                // AWS may have received the code.
                let may_be_used =
                    matches!(call.transport_error, Some(TransportError::Broken | TransportError::TimedOut))
                        && self.has_code();
                if may_be_used { next_code(failure, call.clock_skew) } else { failure }
            }
            _ => self.hints().into_iter().fold(failure, Failure::hint),
        }
    }

    /// The hint for a call that a setting leads to another address than AWS's.
    fn at_endpoint(&self) -> Option<String> {
        let away = match self.call.endpoint_setting? {
            "endpoint_url" => format!("remove `endpoint_url` from the settings of `{}`", self.profile),
            variable => format!("unset {variable}"),
        };
        match self.call.transport_error? {
            TransportError::NoAddress | TransportError::Setting => Some(format!("correct this address, or {away}")),
            TransportError::Tls => Some(format!("the port may not speak TLS: correct this address, or {away}")),
            TransportError::Refused => Some(format!("nothing listens there: start that server, or {away}")),
            TransportError::Impostor => Some(format!("{away}, or start the right server there")),
            _ => None,
        }
    }

    fn no_address(&self) -> String {
        let key = match self.access.filter(|_| !self.call.operation.is_sts()) {
            Some(SsoAccess::Session(session)) => {
                format!("`sso_region` ({}) of [sso_sessions.{}]", session.region.as_str(), session.name)
            }
            Some(access) => format!("`sso_region` ({}) of [profiles.{}]", access.region().as_str(), self.profile),
            None => match self.own_region() {
                Some(region) => format!("`region` ({}) of [profiles.{}]", region.as_str(), self.profile),
                None => return "check the network (DNS, VPN, HTTPS_PROXY)".to_owned(),
            },
        };
        format!("check the network (DNS, VPN, HTTPS_PROXY) and {key}: each region has its own host name")
    }

    fn own_region(&self) -> Option<&Region> {
        self.chain.and_then(|chain| chain.target().region.as_ref())
    }

    fn has_code(&self) -> bool {
        matches!(self.call.operation, Operation::GetSessionToken | Operation::AssumeRole)
            && self.chain.is_some_and(|chain| chain.target().mfa_serial().is_some())
    }

    fn hints(&self) -> Vec<String> {
        let one = |hint: String| vec![hint];
        let is_signer_refused =
            matches!(self.call.problem, Problem::UnknownKey | Problem::WrongSecret | Problem::ExpiredSession);
        if let Some(hint) = self.elsewhere().filter(|_| is_signer_refused) {
            return one(hint);
        }
        match self.call.problem {
            problem if self.call.operation == Operation::CreateOAuth2Token && !problem.is_transient() => {
                sign_in::hints(problem, self.profile, &self.again)
            }
            Problem::UnknownKey | Problem::WrongSecret | Problem::SessionSigned | Problem::RootUser => one(self.key()),
            Problem::WrongSerial | Problem::IncompleteMfa => one(self.serial()),
            Problem::ExpiredSession => one(self.again("the session that signed this call has expired: ")),
            Problem::NotAllowed | Problem::NoPermission | Problem::NotTrusted | Problem::ExplicitDeny
                if self.call.operation == Operation::AssumeRole =>
            {
                self.role()
            }
            Problem::NotAllowed | Problem::NoPermission | Problem::ExplicitDeny
                if self.call.operation == Operation::GetSessionToken =>
            {
                one(format!("a policy denies `sts:GetSessionToken`: ask {} to change it", self.denier("")))
            }
            Problem::ChainTooLong => self.chained_duration(),
            Problem::DurationTooLong => self.duration(),
            Problem::RegionDisabled => one(self.region()),
            Problem::Throttled | Problem::SlowDown => {
                one("AWS is throttling requests; try again in a minute".to_owned())
            }
            Problem::ServerFault => one("AWS has an internal error; try again later".to_owned()),
            Problem::InvalidValue if self.call.operation.is_sts() => one(format!(
                "AWS's message names the value that it refuses; it is in [profiles.{}] of the manifest",
                self.profile
            )),
            Problem::NotAssigned => self.assignment(),
            Problem::NotFound | Problem::InvalidValue if self.call.operation == Operation::GetRoleCredentials => {
                self.assignment()
            }
            // Of a console sign-in.
            Problem::GrantRejected if self.access.is_none() => one(self.again("")),
            Problem::GrantRejected => vec![
                self.again(""),
                "if the page said `invalid_grant`, `sso_region` is not the portal's region".to_owned(),
            ],
            _ => self.sso().into_iter().collect(),
        }
    }

    fn sso(&self) -> Option<String> {
        let hint = match self.call.problem {
            Problem::NotAllowed if matches!(self.call.operation, Operation::CreateToken | Operation::Authorize) => {
                let command = self.again.trim_end_matches(" --force");
                format!("the login was denied on the approval page: run `{command}` again and choose Allow")
            },
            Problem::TokenRejected => self.again("AWS has ended the SSO login: "),
            Problem::UnknownPortal => {
                let (url, region) = self.portal();
                format!(
                    "`sso_start_url` ({url}) or `sso_region` ({region}) is wrong: each portal exists in one region; the \
                     console of IAM Identity Center shows both under Settings"
                )
            }
            Problem::WrongRegion => "set `sso_region` to the region that AWS names, and log in again".to_owned(),
            Problem::WrongScope => {
                "`sso_registration_scopes` asks for a scope that the portal does not have; `[\"sso:account:access\"]` is the default"
                    .to_owned()
            }
            Problem::FlowNotOffered => "this portal does not offer this flow: try the other one, `--flow device` or `--flow pkce`".to_owned(),
            Problem::InstanceKey => {
                "the KMS key that encrypts IAM Identity Center can't be used: ask its administrator".to_owned()
            }
            _ => return None,
        };
        Some(hint)
    }

    fn again(&self, before: &str) -> String {
        format!("{before}run `{}`", self.again)
    }

    /// The hint for credentials that no login of awsauth makes anew. None if others signed the call.
    fn elsewhere(&self) -> Option<String> {
        let (target, below) = self.chain?.profiles().split_last()?;
        let root = Root::of(below.last().unwrap_or(target))?;
        match root {
            Root::Section(section) => Some(format!(
                "AWS does not take what another program has put into the section of `{section}`: log in with that program"
            )),
            Root::Machine(source) => {
                Some(format!("AWS does not take the credentials of `{}`: renew them", source.as_str()))
            }
            Root::Session(_) | Root::Portal(_) | Root::LongTermKey(_) | Root::Login(_) => None,
        }
    }

    fn key(&self) -> String {
        let signer = self.chain.and_then(|chain| long_term_signer(chain, self.call.operation));
        let Some((base, section)) = signer else {
            return self.again("AWS no longer knows the session that signed this call: ");
        };
        match self.call.problem {
            Problem::WrongSecret => format!(
                "the secret that is stored for [{section}] does not belong to its access key; `awsauth keys add {base} \
                 --force` replaces both"
            ),
            Problem::SessionSigned => format!(
                "the key that is stored for [{section}] is a session's; it needs the long-term key (AKIA…) of an IAM user: \
                 `awsauth keys add {base} --force`"
            ),
            Problem::RootUser => format!(
                "the key that is stored for [{section}] is the root user's, which can't assume roles: replace it by an IAM \
                 user's with `awsauth keys add {base} --force`, and delete the root user's"
            ),
            _ => format!(
                "AWS does not know the access key that is stored for [{section}]: it was deleted or deactivated, or is of \
                 another partition; `awsauth keys add {base} --force` replaces it"
            ),
        }
    }

    fn serial(&self) -> String {
        let Some((owner, serial)) = self.chain.and_then(|chain| chain.mfa().next()) else {
            return "the device and its code belong together; `mfa_serial` names the device".to_owned();
        };
        format!(
            "mfa_serial `{}` of [profiles.{name}] is not a device of this user; `awsauth mfa list {name}` shows which are, and \
             where to put yours",
            serial.as_str(),
            name = owner.name
        )
    }

    fn role(&self) -> Vec<String> {
        let Some((chain, role)) = self.chain.and_then(|chain| Some((chain, chain.target().role()?))) else {
            return Vec::new();
        };
        let arn = role.arn.as_str();
        let first = match self.call.problem {
            Problem::NoPermission => {
                format!("ask {} to allow the identity above `sts:AssumeRole` on {arn}", self.denier(arn))
            }
            Problem::ExplicitDeny => {
                format!("an explicit deny overrides every allow; ask {} to change that policy", self.denier(arn))
            }
            Problem::NotTrusted => {
                format!(
                    "the trust policy of {arn} does not allow the identity above: ask {} to change it",
                    self.denier(arn)
                )
            }
            _ => format!(
                "AWS does not say what is missing: {arn} must exist, its trust policy must trust the identity above, and the \
                 policies of that identity must allow `sts:AssumeRole`"
            ),
        };
        let mut hints = vec![first];
        let has_mfa = chain.mfa().next().is_some();
        if !has_mfa && matches!(chain.base().kind, Kind::Iam | Kind::IamMfa { .. }) {
            let pattern =
                if chain.target().pattern() == Pattern::Role { "`pattern = \"iam-mfa-role\"` and " } else { "" };
            hints.push(format!("if the role requires MFA, set {pattern}`mfa_serial` in [profiles.{}]", self.profile));
        }
        if matches!(self.call.problem, Problem::NotAllowed | Problem::NotTrusted) {
            hints.push(match &role.external_id {
                None => {
                    format!("if the role requires an external id, set `external_id` in [profiles.{}]", self.profile)
                }
                Some(id) => format!("check that the role requires the `external_id` `{}`", id.as_str()),
            });
        }
        hints
    }

    /// Who manages the policy that denies explicitly. AWS's message tells its kind.
    fn denier(&self, role: &str) -> String {
        let message = &self.call.message;
        if message.contains("service control policy") || message.contains("resource control policy") {
            return "whoever manages the policies of your organization".to_owned();
        }
        let is_of_role = message.contains("trust policy") || message.contains("resource-based policy");
        let caller = || message.split("User: ").nth(1)?.split(' ').next();
        let arn = if is_of_role { Some(role) } else { caller() };
        let account = arn.and_then(|arn| AccountId::new(arn.split(':').nth(4)?).ok());
        let account = account.map_or("your account".to_owned(), |account| format!("account {}", account.as_str()));
        format!("whoever manages IAM in {account}")
    }

    fn chained_duration(&self) -> Vec<String> {
        let name = self.profile;
        let mut hints = vec![format!(
            "a role that is assumed with a session lasts an hour at most: remove `duration_seconds` from [profiles.{name}]"
        )];
        if self.chain.is_some_and(|chain| chain.target().pattern() == Pattern::IamMfaRole) {
            hints.push(format!(
                "for longer, give [profiles.{name}] an `mfa_serial`, and an `iam` profile as `source_profile`"
            ));
        }
        hints
    }

    fn duration(&self) -> Vec<String> {
        let name = self.profile;
        let role = self.chain.and_then(|chain| chain.target().role());
        let seconds = role.and_then(|role| role.duration).map(SessionDuration::seconds);
        let asked = seconds.map(|seconds| format!(" = {seconds}")).unwrap_or_default();
        let role_name = role.and_then(|role| role.arn.as_str().rsplit('/').next()).unwrap_or("NAME");
        vec![
            format!(
                "`duration_seconds`{asked} in [profiles.{name}] is more than the role allows; without it, a session lasts an hour"
            ),
            format!(
                "`aws iam get-role --role-name {role_name} --query Role.MaxSessionDuration` in the role's account shows the \
                 maximum"
            ),
        ]
    }

    fn region(&self) -> String {
        let region = self.own_region().map_or_else(String::new, |region| format!(" ({})", region.as_str()));
        format!(
            "STS is not activated in this region{region}: set another `region` in [profiles.{}], or have it activated \
             (console of IAM, Account settings)",
            self.profile
        )
    }

    fn portal(&self) -> (&str, &str) {
        self.access.map_or(("", ""), |access| (access.start_url().as_str(), access.region().as_str()))
    }

    fn assignment(&self) -> Vec<String> {
        let what = assigned(self.call, self.chain).unwrap_or_else(|| "the role".to_owned());
        let (url, _) = self.portal();
        vec![
            format!(
                "{what} is not assigned to you in IAM Identity Center, or a name is misspelt (names are case-sensitive): \
                 compare with {url}"
            ),
            self.again("if it was assigned just now, wait a few minutes, then "),
        ]
    }
}

fn access(profile: &Profile) -> Option<&SsoAccess> {
    match &profile.kind {
        Kind::Sso { access, .. } => Some(access),
        _ => None,
    }
}

/// The profile whose long-term key signs the call for the target of `chain`, and its section. None if a session signs.
fn long_term_signer<'c>(chain: &Chain<'c>, operation: Operation) -> Option<(&'c ProfileName, &'c ProfileName)> {
    let steps = chain.profiles();
    let signer = match operation {
        Operation::GetSessionToken => steps.last()?,
        _ => steps.iter().rev().nth(1).filter(|source| source.pattern() == Pattern::Iam)?,
    };
    Some((&signer.name, signer.long_term_section()?))
}
