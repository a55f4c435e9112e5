//! Device authorization, tokens and the portal.

use aws_sdk_ssooidc::operation::create_token::CreateTokenOutput;
use aws_sdk_ssooidc::operation::create_token::builders::CreateTokenFluentBuilder;
use aws_sdk_ssooidc::operation::register_client::RegisterClientOutput;
use aws_sdk_ssooidc::operation::start_device_authorization::StartDeviceAuthorizationOutput;

use super::http::exchange;
use super::{BehaviorVersion, Credentials, Region, RetryConfig, assume, expect, http_client, refusal, run, sts};
use crate::support::fake_aws::standard::{DEPLOY_ROLE, SSO_ACCOUNT, SSO_REGION, SSO_ROLE, START_URL};
use crate::support::fake_aws::{Approval, FakeAws, Fault, SECRET_MARK, SsoInstance};

/// The device grant's name.
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The redirect URI that is registered for authorization codes.
pub(super) const REDIRECT: &str = "http://127.0.0.1/oauth/callback";
/// What the portal says of a bad token.
const BAD_TOKEN: &str = "Session token not found or invalid";

/// A signed-out person's clients.
pub(super) struct Person {
    /// OIDC.
    pub(super) oidc: aws_sdk_ssooidc::Client,
    /// The portal.
    portal: aws_sdk_sso::Client,
    /// The registration in use.
    pub(super) client: RegisterClientOutput,
}

impl Person {
    /// Registers with the scope that gives refresh tokens.
    pub(super) async fn new(fake: &FakeAws) -> Self {
        Self::with_scopes(fake, &["sso:account:access"]).await
    }

    /// Registers with some scopes.
    async fn with_scopes(fake: &FakeAws, scopes: &[&str]) -> Self {
        let region = Region::new(SSO_REGION);
        let oidc = aws_sdk_ssooidc::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone())
            .endpoint_url(fake.url())
            .retry_config(RetryConfig::disabled())
            .http_client(http_client());
        let portal = aws_sdk_sso::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .endpoint_url(fake.url())
            .retry_config(RetryConfig::disabled())
            .http_client(http_client());
        let oidc = aws_sdk_ssooidc::Client::from_conf(oidc.build());
        let scopes = Some(scopes.iter().map(|&scope| scope.to_owned()).collect());
        let register = oidc.register_client().client_name("test").client_type("public").set_scopes(scopes);
        let client = register.send().await.unwrap();
        Self { oidc, portal: aws_sdk_sso::Client::from_conf(portal.build()), client }
    }

    /// Starts a device authorization.
    async fn start(&self) -> StartDeviceAuthorizationOutput {
        let call = self.oidc.start_device_authorization().start_url(START_URL);
        let call = call.set_client_id(self.client.client_id.clone());
        call.set_client_secret(self.client.client_secret.clone()).send().await.unwrap()
    }

    /// A token request of this client.
    pub(super) fn token(&self, grant: &str) -> CreateTokenFluentBuilder {
        let call = self.oidc.create_token().grant_type(grant).set_client_id(self.client.client_id.clone());
        call.set_client_secret(self.client.client_secret.clone())
    }

    /// A poll for a device code.
    fn poll(&self, started: &StartDeviceAuthorizationOutput) -> CreateTokenFluentBuilder {
        self.token(DEVICE).set_device_code(started.device_code.clone())
    }

    /// A whole login.
    async fn log_in(&self) -> CreateTokenOutput {
        self.poll(&self.start().await).send().await.unwrap()
    }

    /// Role credentials for an access token.
    pub(super) async fn role(&self, token: &str, role: &str) -> Result<Credentials, (u16, String, String)> {
        let call = self.portal.get_role_credentials().access_token(token).account_id(SSO_ACCOUNT).role_name(role);
        let answer = call.send().await.map_err(|error| refusal::<(), _>(Err(error)))?;
        let got = answer.role_credentials.unwrap();
        assert_eq!(got.expiration() % 1000, 0);
        Ok(Credentials::new(
            got.access_key_id.unwrap(),
            got.secret_access_key.unwrap(),
            got.session_token,
            None,
            "test",
        ))
    }
}

#[test]
fn the_device_flow_goes_from_pending_to_a_token_that_opens_the_portal() {
    let fake = FakeAws::start_standard();
    fake.world().set_interval(0);
    fake.world().approve_devices(Approval::AfterPolls(2));
    run(async {
        let person = Person::new(&fake).await;
        let started = person.start().await;
        assert_eq!((started.interval(), started.expires_in()), (0, 600));
        assert!(started.verification_uri_complete().unwrap().starts_with(&fake.url()));
        assert_eq!(fake.world().user_codes(), [started.user_code().unwrap()]);
        for _ in 0..2 {
            let (status, code, _) = refusal(person.poll(&started).send().await);
            assert_eq!((status, code.as_str()), (400, "AuthorizationPendingException"));
        }
        let token = person.poll(&started).send().await.unwrap();
        assert_eq!((token.token_type(), token.expires_in()), (Some("Bearer"), 3600));
        assert!(token.access_token().unwrap().contains(SECRET_MARK) && token.refresh_token().is_some());
        assert_eq!(refusal(person.poll(&started).send().await).1, "InvalidGrantException");
    });
    let operations = fake.operations();
    assert_eq!(operations[..3], ["RegisterClient", "StartDeviceAuthorization", "CreateToken"]);
    assert!(fake.unexpected().is_empty() && fake.requests()[0].service == "oidc");
    fake.clear();
    assert!(fake.operations().is_empty());
}

#[test]
fn role_credentials_act_as_the_permission_sets_role() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = Person::new(&fake).await;
        let token = person.log_in().await;
        let role = person.role(token.access_token().unwrap(), SSO_ROLE).await.unwrap();
        let identity = sts(&fake, role.clone()).get_caller_identity().send().await.unwrap();
        let arn = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_ReadOnly_0123456789abcdef/alice";
        assert_eq!(identity.arn(), Some(arn));
        let deploy = sts(&fake, role);
        assume(&deploy, DEPLOY_ROLE).send().await.unwrap();
        assert!(refusal(assume(&deploy, DEPLOY_ROLE).duration_seconds(7200).send().await).2.contains("role chaining"));
    });
}

#[test]
fn polling_faster_than_the_interval_is_told_to_slow_down() {
    let fake = FakeAws::start_standard();
    fake.world().approve_devices(Approval::Never);
    fake.world().set_interval(60);
    run(async {
        let person = Person::new(&fake).await;
        let started = person.start().await;
        assert_eq!(refusal(person.poll(&started).send().await).1, "AuthorizationPendingException");
        let (status, code, _) = refusal(person.poll(&started).send().await);
        assert_eq!((status, code.as_str()), (400, "SlowDownException"));
        fake.world().set_interval(0);
        assert!(fake.world().approve(started.user_code().unwrap()));
        assert!(!fake.world().approve(started.user_code().unwrap()), "decided already");
        fake.world().fail_next("CreateToken", Fault::status(400, "SlowDownException", "scripted"));
        assert_eq!(refusal(person.poll(&started).send().await), expect(400, "SlowDownException", "scripted"));
        person.poll(&started).send().await.unwrap();
    });
}

#[test]
fn denial_and_expiry_end_the_device_flow() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = Person::new(&fake).await;
        fake.world().approve_devices(Approval::Deny);
        let denied = person.start().await;
        assert_eq!(refusal(person.poll(&denied).send().await).1, "AccessDeniedException");
        fake.world().approve_devices(Approval::Never);
        let refused = person.start().await;
        assert!(fake.world().refuse(refused.user_code().unwrap()));
        assert_eq!(refusal(person.poll(&refused).send().await).1, "AccessDeniedException");
        fake.world().set_device_lifetime(0);
        let late = person.start().await;
        assert_eq!(refusal(person.poll(&late).send().await).1, "ExpiredTokenException");
    });
}

#[test]
fn opening_the_verification_page_approves_when_told_to() {
    let fake = FakeAws::start_standard();
    fake.world().set_interval(0);
    fake.world().approve_devices(Approval::OnVisit);
    run(async {
        let person = Person::new(&fake).await;
        let started = person.start().await;
        assert_eq!(refusal(person.poll(&started).send().await).1, "AuthorizationPendingException");
        let path = format!("/device?user_code={}", started.user_code().unwrap());
        let page = exchange(&fake, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"));
        assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("Request approved"), "{page}");
        person.poll(&started).send().await.unwrap();
    });
    assert_eq!(fake.count("VerificationPage"), 1);
}

#[test]
fn a_wrong_client_secret_start_url_or_scope_is_refused() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = Person::new(&fake).await;
        let id = person.client.client_id().unwrap();
        let start = |secret: &str, url: &str| {
            person.oidc.start_device_authorization().client_id(id).client_secret(secret).start_url(url).send()
        };
        assert_eq!(refusal(start("wrong", START_URL).await), expect(401, "InvalidClientException", "Invalid client"));
        let secret = person.client.client_secret().unwrap();
        let unknown = start(secret, "https://other.awsapps.com/start").await;
        assert_eq!(refusal(unknown).1, "InvalidRequestException");
        let other = person.oidc.register_client().client_name("x").client_type("confidential").send().await;
        assert_eq!(refusal(other).1, "InvalidClientMetadataException");
        let scope = person.oidc.register_client().client_name("x").client_type("public").scopes("sso:everything");
        assert_eq!(refusal(scope.send().await).1, "InvalidScopeException");
        assert_eq!(refusal(person.token("password").send().await).1, "UnsupportedGrantTypeException");
        fake.world().set_registration_lifetime(0);
        let late = Person::new(&fake).await;
        assert_eq!(refusal(late.token(DEVICE).device_code("x").send().await).0, 401);
    });
}

#[test]
fn a_pkce_client_cannot_use_the_device_flow() {
    let fake = FakeAws::start_standard();
    run(async {
        let mut person = Person::new(&fake).await;
        let call = person.oidc.register_client().client_name("x").client_type("public");
        let call = call.grant_types("authorization_code").grant_types("refresh_token");
        person.client = call.redirect_uris(REDIRECT).issuer_url(START_URL).send().await.unwrap();
        let refused = person.token(DEVICE).device_code("x").send().await;
        assert_eq!(refusal(refused).1, "UnauthorizedClientException");
    });
}

#[test]
fn a_refresh_token_is_rotated_and_dies_with_its_use() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = Person::new(&fake).await;
        let first = person.log_in().await;
        let refresh = |token: &str| person.token("refresh_token").refresh_token(token).send();
        let old = first.refresh_token().unwrap();
        let stranger = Person::new(&fake).await;
        let stolen = stranger.token("refresh_token").refresh_token(old).send().await;
        assert_eq!(refusal(stolen).1, "InvalidGrantException");
        let second = refresh(old).await.unwrap();
        let new = second.refresh_token().unwrap();
        assert_ne!((old, first.access_token()), (new, second.access_token()));
        assert_eq!(refusal(refresh(old).await).1, "InvalidGrantException");
        person.role(second.access_token().unwrap(), SSO_ROLE).await.unwrap();
        fake.world().end_sso_logins();
        assert_eq!(refusal(refresh(new).await).1, "InvalidGrantException");
        let scopeless = Person::with_scopes(&fake, &[]).await.log_in().await;
        assert_eq!(scopeless.refresh_token(), None);
    });
}

#[test]
fn a_bad_expired_or_logged_out_token_is_unauthorized() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = Person::new(&fake).await;
        let unauthorized = Some(expect(401, "UnauthorizedException", BAD_TOKEN));
        assert_eq!(person.role("nonsense", SSO_ROLE).await.err(), unauthorized);
        fake.world().set_token_lifetime(0);
        let expired = person.log_in().await;
        assert_eq!(person.role(expired.access_token().unwrap(), SSO_ROLE).await.err(), unauthorized);
        fake.world().set_token_lifetime(3600);
        let token = person.log_in().await;
        let access = token.access_token().unwrap();
        person.role(access, SSO_ROLE).await.unwrap();
        person.portal.logout().access_token(access).send().await.unwrap();
        assert_eq!(person.role(access, SSO_ROLE).await.err(), unauthorized);
        let refresh = person.token("refresh_token").set_refresh_token(token.refresh_token.clone()).send().await;
        assert_eq!(refusal(refresh).1, "InvalidGrantException");
    });
}

#[test]
fn a_role_that_is_not_assigned_is_no_access_and_throttling_passes() {
    let fake = FakeAws::start_standard();
    run(async {
        let person = Person::new(&fake).await;
        let token = person.log_in().await;
        let access = token.access_token().unwrap();
        let no_access = Some(expect(403, "ForbiddenException", "No access"));
        assert_eq!(person.role(access, "Admin").await.err(), no_access);
        fake.world().assign(START_URL, SSO_ACCOUNT, "sandbox", "Admin");
        person.role(access, "Admin").await.unwrap();
        fake.world().unassign(SSO_ACCOUNT, "Admin");
        assert_eq!(person.role(access, "Admin").await.err(), no_access);
        fake.world().throttle_next(2);
        for _ in 0..2 {
            let refused = person.role(access, SSO_ROLE).await.unwrap_err();
            assert_eq!((refused.0, refused.1.as_str()), (429, "TooManyRequestsException"));
        }
        person.role(access, SSO_ROLE).await.unwrap();
    });
    assert_eq!(fake.requests().last().unwrap().params["role_name"], SSO_ROLE);
}

#[test]
fn accounts_and_roles_come_in_pages() {
    let fake = FakeAws::start_standard();
    let instance = (1..=5).fold(SsoInstance::new(START_URL, "alice"), |instance, number| {
        let account = format!("{number:012}");
        instance.assigning(&account, "some", "Admin").assigning(&account, "some", "ReadOnly")
    });
    fake.world().add_sso(instance);
    run(async {
        let person = Person::new(&fake).await;
        let token = person.log_in().await;
        let call = person.portal.list_accounts().set_access_token(token.access_token.clone()).max_results(2);
        let pages: Vec<_> = {
            let mut pages = call.into_paginator().send();
            let mut sizes = Vec::new();
            while let Some(page) = pages.next().await {
                sizes.push(page.unwrap().account_list().len());
            }
            sizes
        };
        assert_eq!(pages, [2, 2, 1]);
        let roles = person.portal.list_account_roles().set_access_token(token.access_token.clone());
        let found = roles.clone().account_id("000000000003").send().await.unwrap();
        assert_eq!(found.role_list().len(), 2);
        assert_eq!(refusal(roles.account_id("999999999999").send().await).0, 403);
        let many = person.portal.list_accounts().set_access_token(token.access_token).max_results(101).send().await;
        assert_eq!(refusal(many).1, "InvalidRequestException");
    });
}

#[test]
fn a_page_belongs_to_its_own_list_and_an_account_or_a_login_may_end_in_between() {
    let fake = FakeAws::start_standard();
    let roles = ["A", "B"];
    let instance =
        ["000000000001", "000000000002"].iter().fold(SsoInstance::new(START_URL, "alice"), |instance, id| {
            roles.iter().fold(instance, |instance, role| instance.assigning(id, "some", role))
        });
    fake.world().add_sso(instance);
    run(async {
        let person = Person::new(&fake).await;
        let token = person.log_in().await.access_token;
        let accounts = person.portal.list_accounts().set_access_token(token.clone()).max_results(1);
        let next = accounts.send().await.unwrap().next_token;
        assert!(next.is_some());
        let roles = person.portal.list_account_roles().set_access_token(token);
        let of_another = roles.clone().account_id("000000000001").set_next_token(next).send().await;
        assert_eq!(refusal(of_another).1, "InvalidRequestException");
        fake.world().close_account("000000000002");
        let closed = refusal(roles.clone().account_id("000000000002").send().await);
        assert_eq!((closed.0, closed.1.as_str()), (404, "ResourceNotFoundException"));
        fake.world().fail_after("ListAccountRoles", 1, Fault::SignOut);
        roles.clone().account_id("000000000001").send().await.unwrap();
        assert_eq!(refusal(roles.account_id("000000000001").send().await).0, 401);
    });
}

#[test]
fn a_signed_call_to_an_unsigned_operation_is_refused() {
    let fake = FakeAws::start_standard();
    let body = r#"{"clientName":"x","clientType":"public"}"#;
    let head = "POST /client/register HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let length = body.len();
    let plain = exchange(&fake, &format!("{head}content-length: {length}\r\n\r\n{body}"));
    assert!(plain.starts_with("HTTP/1.1 200 OK"), "{plain}");
    let signed = exchange(&fake, &format!("{head}authorization: x\r\ncontent-length: {length}\r\n\r\n{body}"));
    assert!(signed.starts_with("HTTP/1.1 400 ") && signed.contains(r#""error":"invalid_request""#), "{signed}");
}
