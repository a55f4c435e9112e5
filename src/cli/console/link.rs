//! Owns the link into the console of one profile: how the browser is signed in, and the calls that it needs (aws-facts §8).

use std::iter;

use jiff::SignedDuration;

use crate::cli::app::App;
use crate::cli::config::portals;
use crate::cli::exit::Exit;
use crate::cli::explain::aws::{with_facts, wrong_clock};
use crate::cli::explain::iam::{SignedBy, refused};
use crate::cli::login::options::InPlace;
use crate::cli::login::runtime::run;
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::flow::{
    CallError, CallerIdentity, GetFederationToken, GetSigninToken, Operation, Signer, is_intolerable, login_url,
    portal_url,
};
use crate::model::{
    Chain, Credentials, DurationError, Kind, Pattern, Profile, ProfileName, Region, Role, SessionDuration,
};
use crate::provider::ProviderError;
use crate::secret::Secret;

/// The longest name of a federated user (aws-facts §8.2).
const LONGEST_NAME: usize = 32;

/// How the browser is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInMethod {
    /// By the person's own session at the access portal.
    Portal,
    /// By a token that the link carries.
    Federation,
}

impl SignInMethod {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Federation => "federation",
        }
    }
}

/// What was asked for on the command line.
pub(crate) struct ConsoleRequest<'w> {
    pub(crate) destination: &'w str,
    /// In seconds.
    pub(crate) duration: Option<i64>,
    pub(crate) federation: bool,
    pub(crate) login: InPlace,
}

pub(crate) struct Linker<'s> {
    pub(crate) app: App<'s>,
    pub(crate) service: &'s LoginService<'s>,
    pub(crate) chain: Chain<'s>,
}

impl<'s> Linker<'s> {
    pub(crate) fn profile(&self) -> &'s Profile {
        self.chain.target()
    }

    /// The region of the profile: its own, its portal's, or the first of its partition.
    pub(crate) fn region(&self) -> Result<Region, Failure> {
        let profile = self.service.externals.complete(self.profile());
        let name = match (&profile.region, &profile.kind) {
            (Some(region), _) => return Ok(region.clone()),
            (None, Kind::Sso { access, .. }) => return Ok(access.region().clone()),
            (None, _) => profile.sts_region(),
        };
        Region::new(name).map_err(|error| Failure::of(Exit::Bug, &error))
    }

    /// A role of the portal is opened by the portal, which needs no credentials here and lets several consoles stand side by side.
    pub(crate) fn sign_in_method(&self, request: &ConsoleRequest<'_>) -> SignInMethod {
        let is_sso = matches!(self.profile().kind, Kind::Sso { .. });
        let is_asked = request.federation || request.duration.is_some();
        if is_sso && !is_asked { SignInMethod::Portal } else { SignInMethod::Federation }
    }

    pub(crate) fn link(&self, method: SignInMethod, request: &ConsoleRequest<'_>) -> Result<Secret, Failure> {
        match (&self.profile().kind, method) {
            (Kind::Sso { access, account_id, role_name }, SignInMethod::Portal) => {
                portals::warn(iter::once(access.start_url()), &self.service.manifest.settings, self.app.out);
                Ok(Secret::new(portal_url(access.start_url(), account_id, role_name, request.destination)))
            }
            _ => self.federate(request),
        }
    }

    fn federate(&self, request: &ConsoleRequest<'_>) -> Result<Secret, Failure> {
        let profile = self.profile();
        let duration = self.duration(request.duration)?;
        let credentials = match profile.long_term_section() {
            Some(section) => self.long_term_key(section)?,
            None => self.service.credentials_for(profile.name.as_str(), request.login)?,
        };
        let region = self.region()?;
        let signer = Signer { region: region.as_str(), routing: profile.routing(), credentials: &credentials };
        // Boxed: the nested future's type exceeds the compiler's recursion limit.
        run(Box::pin(async {
            // A key without a token is a user's own, which the console does not take.
            if credentials.session_token.is_some() {
                return self.sign_in(signer, duration, request).await;
            }
            let session = self.federated_user(signer, duration).await?;
            self.sign_in(Signer { credentials: &session, ..signer }, None, request).await
        }))?
    }

    /// An MFA session can't make a link, and none can be made with it: only the key can (aws-facts §8.2).
    fn long_term_key(&self, section: &ProfileName) -> Result<Credentials, Failure> {
        let profile = || self.profile().name.clone();
        let key = self.service.keys.read(section);
        let key = key.map_err(|source| self.failure(&ProviderError::Keyring { profile: profile(), source }))?;
        let missing = || ProviderError::NoLongTermKey { profile: profile(), section: section.clone() };
        key.map(Credentials::from).ok_or_else(|| self.failure(&missing()))
    }

    /// The session's length, if AWS takes one: for a user, and for a role that a long-term key has assumed (aws-facts §8.2).
    fn duration(&self, given: Option<i64>) -> Result<Option<SessionDuration>, Failure> {
        let profile = self.profile();
        let checked = |made: Result<SessionDuration, DurationError>| {
            made.map(Some).map_err(|error| Failure::new(Exit::Usage, format!("--duration: {}", length_words(error))))
        };
        match (given, profile.role()) {
            (Some(seconds), _) if profile.long_term_section().is_some() => {
                checked(SessionDuration::for_federation_token(seconds))
            }
            (given, Some(_)) if self.is_chained() => match given {
                None => Ok(None),
                Some(_) => Err(self.no_duration()),
            },
            (Some(seconds), _) => checked(SessionDuration::for_console(seconds)),
            (None, role) => Ok(role.and_then(|role| role.duration)),
        }
    }

    fn no_duration(&self) -> Failure {
        let name = &self.profile().name;
        let words = format!("{name}: AWS takes no `--duration` for the console of a role that a session has assumed");
        Failure::new(Exit::Refused, words)
            .hint("leave it out: AWS then decides how long the console session lasts")
            .detail("profile", name.as_str())
    }

    /// True unless a long-term key assumes the role.
    fn is_chained(&self) -> bool {
        let source = self.chain.profiles().iter().rev().nth(1).copied().unwrap_or_else(|| self.profile());
        self.service.externals.gives_long_term_key(source) != Some(true)
    }

    async fn federated_user(
        &self,
        signer: Signer<'_>,
        duration: Option<SessionDuration>,
    ) -> Result<Credentials, Failure> {
        let aws = &self.service.aws;
        self.tell(Operation::GetCallerIdentity);
        let who = aws.caller_identity(signer).await.map_err(|call| self.user_refused(&call))?;
        self.say_of_user(&who);
        self.tell(Operation::GetFederationToken);
        let call = GetFederationToken { signer, name: &federated_name(&who), duration };
        aws.get_federation_token(call).await.map_err(|call| self.user_refused(&call))
    }

    fn say_of_user(&self, who: &CallerIdentity) {
        let (name, out) = (&self.profile().name, self.app.out);
        let user = who.user_name().map_or_else(|| "the root user".to_owned(), |user| format!("IAM user {user}"));
        if self.profile().pattern() != Pattern::IamMfa {
            out.say(&format!("{name}: signed in as {user}, for what the user's own policies allow"));
            return;
        }
        let roles = if self.has_roles_with_mfa() {
            format!("; roles through {name} have MFA: `awsauth graph` shows them")
        } else {
            String::new()
        };
        out.warn(&format!(
            "{name}: signed in as {user}; AWS never counts this kind of link as MFA, also after `awsauth login`: what needs \
             MFA is denied{roles}"
        ));
    }

    /// True if a profile's role is assumed through this one's session.
    fn has_roles_with_mfa(&self) -> bool {
        let name = &self.profile().name;
        let takes_it = |profile: &Profile| profile.role().and_then(Role::source_profile) == Some(name);
        self.service.manifest.catalog.profiles().iter().any(takes_it)
    }

    async fn sign_in(
        &self,
        session: Signer<'_>,
        duration: Option<SessionDuration>,
        request: &ConsoleRequest<'_>,
    ) -> Result<Secret, Failure> {
        let aws = &self.service.aws;
        self.tell(Operation::GetSigninToken);
        let called = async {
            let endpoint =
                aws.sign_in_endpoint(Operation::GetSigninToken, session.region, session.routing.fips).await?;
            let token = aws.get_signin_token(GetSigninToken { session, duration }, &endpoint).await?;
            Ok(login_url(&endpoint, request.destination, &token))
        };
        called.await.map_err(|call| self.sign_in_refused(call, duration, request))
    }

    fn tell(&self, operation: Operation) {
        self.app.out.detail(&format!("{}: calling {operation}", self.profile().name));
    }

    fn failure(&self, error: &ProviderError) -> Failure {
        self.service.failure_of(error, self.profile().name.as_str())
    }

    fn user_refused(&self, call: &CallError) -> Failure {
        let profile = self.profile();
        match profile.long_term_section() {
            Some(_) => refused(call, profile, SignedBy::Key, &self.service.manifest.catalog),
            None => self.failure(&ProviderError::Call { profile: profile.name.clone(), call: Box::new(call.clone()) }),
        }
    }

    fn sign_in_refused(
        &self,
        call: CallError,
        duration: Option<SessionDuration>,
        request: &ConsoleRequest<'_>,
    ) -> Failure {
        let profile = self.profile();
        let is_answer = call.is_answer() && !call.problem.is_transient();
        let facts = call.clone();
        let error = ProviderError::Call { profile: profile.name.clone(), call: Box::new(call) };
        if !is_answer {
            return self.failure(&error);
        }
        let failure = with_facts(Failure::of(Exit::Login, &error), &facts).detail("profile", profile.name.as_str());
        if facts.clock_skew.is_some_and(is_intolerable) {
            return wrong_clock(failure, facts.clock_skew);
        }
        if profile.login_session().is_some() {
            let elsewhere = format!("open it in the browser that you signed in with: {}", request.destination);
            return failure.hint("AWS may not accept credentials of a console sign-in here").hint(elsewhere);
        }
        if let Some(duration) = duration {
            let length = SignedDuration::from_secs(duration.seconds().into());
            let limit = match &profile.kind {
                Kind::Sso { .. } => "the session duration of its permission set",
                _ => "the role's own maximum",
            };
            return failure.hint(format!(
                "AWS may refuse the session's length ({length:#}): {limit} may be less; try a shorter `--duration`"
            ));
        }
        match profile.kind {
            Kind::External => failure.hint(
                "AWS opens the console for a role's session, or one of GetFederationToken, and not for one of GetSessionToken",
            ),
            _ => failure
                .hint(format!("AWS may have ended the session: `awsauth login {} --force`, then try again", profile.name)),
        }
    }
}

/// As lengths are typed.
fn length_words(error: DurationError) -> String {
    let typed = |seconds: i64| format!("{:#}", SignedDuration::from_secs(seconds));
    match error {
        DurationError::TooShort(seconds) => format!("{} is too short: AWS takes 15m or more", typed(seconds)),
        DurationError::TooLong { seconds, most, call } => {
            format!("{} is more than the {} that {call} allows", typed(seconds), typed(most))
        }
    }
}

/// The user's name, within the bounds of a federated user's (aws-facts §8.2).
fn federated_name(who: &CallerIdentity) -> String {
    let name: String = who.user_name().unwrap_or("root").chars().take(LONGEST_NAME).collect();
    if name.len() < 2 { format!("{name}-") } else { name }
}
