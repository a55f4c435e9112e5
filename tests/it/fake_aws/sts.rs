//! Signatures, codes, sessions and roles.

use aws_sdk_sts::config::http::HttpRequest;
use aws_sdk_sts::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;

use super::{alice, assume, expect, key, now, received, refusal, run, sts};
use crate::support::fake_aws::standard::{
    ACCOUNT, ADMIN_ROLE, AUDIT_ROLE, EXTERNAL_ID, KEY_ID, MFA_SERIAL, SECRET_KEY, USER_ARN,
};
use crate::support::fake_aws::{FakeAws, Role, SECRET_MARK, User, World};

/// What AWS says of a wrong secret.
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";
/// What AWS says of an unknown key.
const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
/// What AWS says of a wrong or used code, with the blank at the end.
const BAD_CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
/// What AWS says of a serial that is not the caller's.
const BAD_SERIAL: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial \
                          number is valid and associated with this user.";
/// What AWS says of half an MFA.
const HALF_MFA: &str = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";

/// What AWS says of a role that `arn` may not assume.
fn not_authorized(arn: &str, role: &str) -> String {
    format!("User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role}")
}

/// Alice's session with MFA.
async fn mfa_session(fake: &FakeAws) -> aws_sdk_sts::config::Credentials {
    let call = sts(fake, alice()).get_session_token().serial_number(MFA_SERIAL);
    let answer = call.token_code(fake.world().next_code(MFA_SERIAL)).send().await.unwrap();
    received(answer.credentials())
}

#[test]
fn a_good_signature_is_accepted_and_names_its_user() {
    let fake = FakeAws::start_standard();
    let answer = run(sts(&fake, alice()).get_caller_identity().send()).unwrap();
    assert_eq!(answer.arn(), Some(USER_ARN));
    assert_eq!(answer.account(), Some(ACCOUNT));
    assert!(answer.user_id().unwrap().starts_with("AIDA"));
    let [request] = &fake.requests()[..] else { panic!("one request expected") };
    assert_eq!((request.operation.as_str(), request.service, request.status), ("GetCallerIdentity", "sts", 200));
    assert_eq!(request.access_key_id.as_deref(), Some(KEY_ID));
    assert_eq!(request.params["Version"], "2011-06-15");
    assert!(request.user_agent.contains("aws-sdk-rust"), "{}", request.user_agent);
}

#[test]
fn a_wrong_secret_and_unknown_and_inactive_keys_are_refused() {
    let fake = FakeAws::start_standard();
    let ask = |credentials| refusal(run(sts(&fake, credentials).get_caller_identity().send()));
    assert_eq!(ask(key(KEY_ID, "wrong")), expect(403, "SignatureDoesNotMatch", MISMATCH));
    assert_eq!(ask(key("AKIANOBODYKNOWSTHIS2", SECRET_KEY)), expect(403, "InvalidClientTokenId", INVALID_TOKEN));
    fake.world().set_key_active(KEY_ID, false);
    assert_eq!(ask(alice()), expect(403, "InvalidClientTokenId", INVALID_TOKEN));
    fake.world().set_key_active(KEY_ID, true);
    run(sts(&fake, alice()).get_caller_identity().send()).unwrap();
}

/// Changes a request after it has been signed.
#[derive(Debug)]
struct Tamper(fn(&mut HttpRequest));

impl Intercept for Tamper {
    fn name(&self) -> &'static str {
        "Tamper"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        (self.0)(context.request_mut());
        Ok(())
    }
}

/// Gives a request a query.
fn add_query(request: &mut HttpRequest, query: &str) {
    let uri = format!("{}?{query}", request.uri());
    request.set_uri(uri).unwrap();
}

/// Sets a header.
fn set(request: &mut HttpRequest, name: &'static str, value: &'static str) {
    request.headers_mut().insert(name, value);
}

#[test]
fn a_request_changed_after_signing_is_refused() {
    let fake = FakeAws::start_standard();
    let tampers: [fn(&mut HttpRequest); 4] = [
        |request| add_query(request, "x=y"),
        |request| *request.body_mut() = "Version=2011-06-15&Action=GetCallerIdentity".into(),
        |request| set(request, "host", "elsewhere"),
        |request| set(request, "x-amz-new", "unsigned"),
    ];
    for tamper in tampers {
        let call = sts(&fake, alice()).get_caller_identity().customize().interceptor(Tamper(tamper));
        let (status, code, _) = refusal(run(call.send()));
        assert_eq!((status, code.as_str()), (403, "SignatureDoesNotMatch"));
    }
    assert_eq!(fake.count("GetCallerIdentity"), 4);
}

#[test]
fn a_signed_get_is_a_call_too() {
    let fake = FakeAws::start_standard();
    let query = "Version=2011-06-15&Note=a%2Fb%20c%3D~%C3%BC&Action=GetCallerIdentity&Empty=";
    let call = sts(&fake, alice()).get_caller_identity().customize();
    let call = call.mutate_request(move |request| {
        request.set_method("GET").unwrap();
        add_query(request, query);
        *request.body_mut() = "".into();
        request.headers_mut().remove("content-length");
    });
    assert_eq!(run(call.send()).unwrap().arn(), Some(USER_ARN));
    assert_eq!(fake.requests()[0].params["Note"], "a/b c=~\u{fc}");
}

#[test]
fn a_session_needs_exactly_its_own_token() {
    let fake = FakeAws::start_standard();
    run(async {
        let session = mfa_session(&fake).await;
        let (id, secret) = (session.access_key_id(), session.secret_access_key());
        assert!(id.starts_with("ASIA") && id.len() == 20 && secret.len() == 40);
        assert!(secret.contains(SECRET_MARK) && session.session_token().unwrap().contains(SECRET_MARK));
        sts(&fake, session.clone()).get_caller_identity().send().await.unwrap();
        let other = mfa_session(&fake).await.session_token().map(str::to_owned);
        for token in [None, other] {
            let credentials = aws_sdk_sts::config::Credentials::new(id, secret, token, None, "test");
            let answer = sts(&fake, credentials).get_caller_identity().send().await;
            assert_eq!(refusal(answer), expect(403, "InvalidClientTokenId", INVALID_TOKEN));
        }
    });
}

#[test]
fn a_clock_more_than_a_quarter_of_an_hour_off_is_told_both_times() {
    let fake = FakeAws::start_standard();
    let ask = || run(sts(&fake, alice()).get_caller_identity().send());
    for offset in [880, -880] {
        fake.world().set_clock_offset(offset);
        ask().unwrap();
    }
    fake.world().set_clock_offset(3600);
    let (status, code, behind) = refusal(ask());
    assert_eq!((status, code.as_str()), (403, "SignatureDoesNotMatch"));
    assert_eq!(digits_removed(&behind), "Signature expired: T is now earlier than T (T - 15 min.)", "{behind}");
    fake.world().set_clock_offset(-3600);
    let (_, _, ahead) = refusal(ask());
    assert_eq!(digits_removed(&ahead), "Signature not yet current: T is still later than T (T + 15 min.)", "{ahead}");
}

/// A message with every `20260101T000000Z` replaced by `T`.
fn digits_removed(message: &str) -> String {
    let is_stamp = |word: &str| {
        word.len() == 16 && word.ends_with('Z') && jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", word).is_ok()
    };
    let words = message.split(' ').map(|word| match word.strip_prefix('(') {
        Some(inner) if is_stamp(inner) => "(T",
        None if is_stamp(word) => "T",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_code_is_good_once_and_only_near_its_step() {
    let fake = FakeAws::start_standard();
    let call = |code: &str| {
        let client = sts(&fake, alice());
        run(client.get_session_token().serial_number(MFA_SERIAL).token_code(code).send())
    };
    let old = fake.world().next_code(MFA_SERIAL);
    let (before, now) = (fake.world().next_code(MFA_SERIAL), fake.world().next_code(MFA_SERIAL));
    assert_eq!(refusal(call(&old)), expect(403, "AccessDenied", BAD_CODE));
    call(&now).unwrap();
    call(&before).unwrap();
    for used in [&now, &before] {
        assert_eq!(refusal(call(used)), expect(403, "AccessDenied", BAD_CODE));
    }
    call(&fake.world().next_code(MFA_SERIAL)).unwrap();
}

#[test]
fn a_wrong_serial_and_half_an_mfa_are_refused() {
    let fake = FakeAws::start_standard();
    let bob = "arn:aws:iam::111122223333:mfa/bob";
    fake.world().add_user(User::new(ACCOUNT, "bob").with_mfa(bob));
    let client = sts(&fake, alice());
    for serial in ["arn:aws:iam::111122223333:user/alice", bob] {
        let answer = run(client.get_session_token().serial_number(serial).token_code("123456").send());
        assert_eq!(refusal(answer), expect(403, "AccessDenied", BAD_SERIAL));
    }
    let half = run(client.get_session_token().serial_number(MFA_SERIAL).send());
    assert_eq!(refusal(half), expect(403, "AccessDenied", HALF_MFA));
    let half = run(assume(&client, ADMIN_ROLE).token_code("123456").send());
    assert_eq!(refusal(half), expect(403, "AccessDenied", HALF_MFA));
}

#[test]
fn malformed_parameters_are_all_listed() {
    let fake = FakeAws::start_standard();
    let client = sts(&fake, alice());
    let answer = run(client.get_session_token().duration_seconds(60).token_code("12345").send());
    assert_eq!(
        refusal(answer),
        expect(
            400,
            "ValidationError",
            "2 validation errors detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have \
             value greater than or equal to 900; Value '12345' at 'tokenCode' failed to satisfy constraint: Member must \
             have length greater than or equal to 6"
        )
    );
    let letters = run(client.get_session_token().serial_number(MFA_SERIAL).token_code("12345a").send());
    assert!(refusal(letters).2.ends_with(r"Member must satisfy regular expression pattern: [\d]*"));
    let long = run(client.get_session_token().duration_seconds(129_601).send());
    assert!(refusal(long).2.ends_with("Member must have value less than or equal to 129600"));
    let name = run(client.assume_role().role_arn(ADMIN_ROLE).role_session_name("a b").send());
    assert!(refusal(name).2.contains(r"'roleSessionName' failed to satisfy constraint: Member must satisfy regular"));
    let none = run(client.assume_role().role_session_name("tester").send());
    assert!(refusal(none).2.contains("Value null at 'roleArn' failed to satisfy constraint: Member must not be null"));
    let role = run(assume(&client, "not-an-arn-but-long-enough").send());
    assert_eq!(refusal(role).2, "not-an-arn-but-long-enough is invalid");
}

#[test]
fn session_credentials_cannot_get_a_session_token() {
    let fake = FakeAws::start_standard();
    let answer = run(async { sts(&fake, mfa_session(&fake).await).get_session_token().send().await });
    let words = "Cannot call GetSessionToken with session credentials";
    assert_eq!(refusal(answer), expect(403, "AccessDenied", words));
}

#[test]
fn an_mfa_session_opens_a_role_that_needs_mfa_and_a_plain_one_does_not() {
    let fake = FakeAws::start_standard();
    run(async {
        let plain = sts(&fake, alice()).get_session_token().send().await.unwrap();
        for credentials in [alice(), received(plain.credentials())] {
            let answer = assume(&sts(&fake, credentials), ADMIN_ROLE).send().await;
            assert_eq!(refusal(answer), expect(403, "AccessDenied", &not_authorized(USER_ARN, ADMIN_ROLE)));
        }
        let session = sts(&fake, mfa_session(&fake).await);
        let answer = assume(&session, ADMIN_ROLE).send().await.unwrap();
        let arn = "arn:aws:sts::444455556666:assumed-role/Admin/tester";
        let user = answer.assumed_role_user().unwrap();
        assert_eq!(user.arn(), arn);
        let identity = sts(&fake, received(answer.credentials())).get_caller_identity().send().await.unwrap();
        assert_eq!((identity.arn(), identity.account()), (Some(arn), Some("444455556666")));
        assert_eq!(identity.user_id(), Some(user.assumed_role_id()));
    });
    assert_eq!((fake.count("GetSessionToken"), fake.count("AssumeRole")), (2, 3));
}

#[test]
fn a_direct_call_needs_the_code_the_external_id_and_the_roles_maximum() {
    let fake = FakeAws::start_standard();
    let client = sts(&fake, alice());
    let call = |id: Option<&str>, seconds| {
        let call = assume(&client, AUDIT_ROLE).serial_number(MFA_SERIAL).set_external_id(id.map(str::to_owned));
        run(call.token_code(fake.world().next_code(MFA_SERIAL)).duration_seconds(seconds).send())
    };
    let refused = expect(403, "AccessDenied", &not_authorized(USER_ARN, AUDIT_ROLE));
    assert_eq!(refusal(call(None, 3600)), refused);
    assert_eq!(refusal(call(Some("partner-43"), 3600)), refused);
    let longer = refusal(call(Some(EXTERNAL_ID), 14_401));
    let words = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    assert_eq!(longer, expect(400, "ValidationError", words));
    let answer = call(Some(EXTERNAL_ID), 14_400).unwrap();
    let left = answer.credentials().unwrap().expiration().secs() - now();
    assert!((14_390..=14_400).contains(&left), "{left}");
}

#[test]
fn a_role_taken_through_any_session_lasts_an_hour_at_most() {
    let fake = FakeAws::start_standard();
    run(async {
        let session = sts(&fake, mfa_session(&fake).await);
        let call = || assume(&session, AUDIT_ROLE).external_id(EXTERNAL_ID);
        let words =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        assert_eq!(refusal(call().duration_seconds(3601).send().await), expect(400, "ValidationError", words));
        call().duration_seconds(3600).send().await.unwrap();
    });
}

#[test]
fn a_denied_principal_a_closed_role_and_an_unknown_one_are_refused() {
    let fake = FakeAws::start_standard();
    let open = "arn:aws:iam::444455556666:role/path/Open";
    fake.world().add_role(Role::new(open).trusting(USER_ARN));
    let client = sts(&fake, alice());
    run(assume(&client, open).send()).unwrap();
    fake.world().deny(USER_ARN, open);
    let words = not_authorized(USER_ARN, open) + " with an explicit deny in an identity-based policy";
    assert_eq!(refusal(run(assume(&client, open).send())), expect(403, "AccessDenied", &words));
    let closed = "arn:aws:iam::444455556666:role/Closed";
    fake.world().add_role(Role::new(closed).trusting("222233334444"));
    for role in [closed, "arn:aws:iam::444455556666:role/Missing"] {
        let answer = refusal(run(assume(&client, role).send()));
        assert_eq!(answer, expect(403, "AccessDenied", &not_authorized(USER_ARN, role)));
    }
}

#[test]
fn a_role_session_has_no_mfa_of_its_own() {
    let fake = FakeAws::start_standard();
    let next = "arn:aws:iam::444455556666:role/Next";
    fake.world().add_role(Role::new(next).trusting(ADMIN_ROLE).needing_mfa());
    run(async {
        let admin = assume(&sts(&fake, mfa_session(&fake).await), ADMIN_ROLE).send().await.unwrap();
        let admin = sts(&fake, received(admin.credentials()));
        let arn = "arn:aws:sts::444455556666:assumed-role/Admin/tester";
        let answer = assume(&admin, next).send().await;
        assert_eq!(refusal(answer), expect(403, "AccessDenied", &not_authorized(arn, next)));
        let code = fake.world().next_code(MFA_SERIAL);
        let answer = assume(&admin, next).serial_number(MFA_SERIAL).token_code(code).send().await;
        assert_eq!(refusal(answer), expect(403, "AccessDenied", BAD_SERIAL));
    });
}

#[test]
fn an_expired_session_is_refused_and_lifetimes_can_be_overridden() {
    let fake = FakeAws::start_standard();
    let ask = |credentials| run(sts(&fake, credentials).get_caller_identity().send());
    let words = "The security token included in the request is expired";
    fake.world().set_session_lifetime(Some(-1));
    assert_eq!(refusal(ask(run(mfa_session(&fake)))), expect(403, "ExpiredToken", words));
    fake.world().set_session_lifetime(Some(60));
    let session = run(mfa_session(&fake));
    ask(session.clone()).unwrap();
    fake.world().set_clock_offset(61);
    assert_eq!(refusal(ask(session)), expect(403, "ExpiredToken", words));
    fake.world().set_session_lifetime(None);
    ask(run(mfa_session(&fake))).unwrap();
}

#[test]
fn an_empty_world_knows_nobody() {
    let fake = FakeAws::start(World::new());
    let answer = refusal(run(sts(&fake, alice()).get_caller_identity().send()));
    assert_eq!(answer, expect(403, "InvalidClientTokenId", INVALID_TOKEN));
}
