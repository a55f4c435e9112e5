//! IAM: who may call it, access keys, MFA devices.

use aws_sdk_iam::types::{AssignmentStatusType, StatusType};
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};

use super::{alice, expect, http_client, key, received, refusal, run, sts};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, MFA_SERIAL, SECRET_KEY, USER, USER_ARN};
use crate::support::fake_aws::{FakeAws, IamPolicy, SECRET_MARK, User, World};

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const WRONG_CODES: &str = "Authentication code for device is not valid.";
const NO_USER: &str = "Must specify userName when calling with non-User credentials";

fn iam_in(fake: &FakeAws, credentials: Credentials, region: &'static str) -> aws_sdk_iam::Client {
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url(fake.url())
        .retry_config(RetryConfig::disabled())
        .http_client(http_client())
        .credentials_provider(credentials)
        .build();
    aws_sdk_iam::Client::from_conf(config)
}

fn iam(fake: &FakeAws, credentials: Credentials) -> aws_sdk_iam::Client {
    iam_in(fake, credentials, "us-east-1")
}

fn session(fake: &FakeAws, mfa: bool) -> Credentials {
    let call = sts(fake, alice()).get_session_token();
    let call = if mfa { call.serial_number(MFA_SERIAL).token_code(fake.world().next_code(MFA_SERIAL)) } else { call };
    received(run(call.send()).unwrap().credentials())
}

/// Makes a device that nobody owns; its serial and seed.
fn device(client: &aws_sdk_iam::Client, name: &str) -> (String, String) {
    let answer = run(client.create_virtual_mfa_device().virtual_mfa_device_name(name).send()).unwrap();
    let device = answer.virtual_mfa_device().unwrap();
    let seed = String::from_utf8(device.base32_string_seed().unwrap().as_ref().to_vec()).unwrap();
    assert!(device.qr_code_png().unwrap().as_ref().starts_with(b"\x89PNG\r\n"));
    (device.serial_number().to_owned(), seed)
}

#[test]
fn sessions_without_mfa_and_signatures_for_other_regions_or_services_are_refused() {
    let fake = FakeAws::start_standard();
    let ask = |client: aws_sdk_iam::Client| run(client.list_mfa_devices().user_name(USER).send());
    ask(iam(&fake, alice())).unwrap();
    assert_eq!(refusal(ask(iam(&fake, session(&fake, false)))), expect(403, "InvalidClientTokenId", INVALID_TOKEN));
    ask(iam(&fake, session(&fake, true))).unwrap();
    let region = "Credential should be scoped to a valid region. ";
    let elsewhere = refusal(ask(iam_in(&fake, alice(), "eu-west-1")));
    assert_eq!(elsewhere, expect(403, "SignatureDoesNotMatch", region));
    assert_eq!(fake.requests().last().unwrap().service, "iam");
}

#[test]
fn a_session_names_the_user_whose_keys_it_lists() {
    let fake = FakeAws::start_standard();
    let client = iam(&fake, session(&fake, true));
    assert_eq!(refusal(run(client.list_access_keys().send())), expect(400, "ValidationError", NO_USER));
    let update = client.update_access_key().access_key_id(KEY_ID).status(StatusType::Inactive);
    assert_eq!(refusal(run(update.send())), expect(400, "ValidationError", NO_USER));
    assert_eq!(run(client.list_access_keys().user_name(USER).send()).unwrap().access_key_metadata().len(), 1);
    assert_eq!(run(iam(&fake, alice()).list_access_keys().send()).unwrap().access_key_metadata().len(), 1);
    let none = refusal(run(client.list_access_keys().user_name("bob").send()));
    assert_eq!(none, expect(404, "NoSuchEntity", "The user with name bob cannot be found."));
}

#[test]
fn a_user_has_two_keys_and_a_new_one_is_not_known_at_first() {
    let fake = FakeAws::start_standard();
    fake.world().refuse_new_keys(2);
    let client = iam(&fake, alice());
    let answer = run(client.create_access_key().send()).unwrap();
    let new = answer.access_key().unwrap();
    assert!(new.secret_access_key().contains(SECRET_MARK) && new.access_key_id().starts_with("AKIA"));
    let third = refusal(run(client.create_access_key().user_name(USER).send()));
    assert_eq!(third, expect(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"));
    let credentials = || key(new.access_key_id(), new.secret_access_key());
    let ask = || run(sts(&fake, credentials()).get_caller_identity().send());
    for _ in 0..2 {
        assert_eq!(refusal(ask()), expect(403, "InvalidClientTokenId", INVALID_TOKEN));
    }
    assert_eq!(ask().unwrap().arn(), Some(USER_ARN));
}

#[test]
fn an_inactive_key_signs_nothing_and_what_it_made_dies_with_it() {
    let fake = FakeAws::start_standard();
    let (client, session) = (iam(&fake, alice()), session(&fake, true));
    run(client.update_access_key().access_key_id(KEY_ID).status(StatusType::Inactive).send()).unwrap();
    for credentials in [alice(), session] {
        let refused = refusal(run(sts(&fake, credentials).get_caller_identity().send()));
        assert_eq!(refused, expect(403, "InvalidClientTokenId", INVALID_TOKEN));
    }
    assert_eq!(fake.world().keys(USER_ARN), [(KEY_ID.to_owned(), false)]);
}

#[test]
fn the_last_use_is_told_and_what_is_gone_is_no_such_entity() {
    let fake = FakeAws::start_standard();
    let client = iam(&fake, alice());
    let other = run(client.create_access_key().send()).unwrap().access_key().unwrap().access_key_id().to_owned();
    let used = |id: &str| run(client.get_access_key_last_used().access_key_id(id).send());
    let never = used(&other).unwrap().access_key_last_used().unwrap().clone();
    assert_eq!((never.service_name(), never.last_used_date().is_none()), ("N/A", true));
    let own = used(KEY_ID).unwrap();
    assert_eq!(own.user_name(), Some(USER));
    assert_eq!(own.access_key_last_used().unwrap().service_name(), "iam");
    run(client.delete_access_key().access_key_id(&other).send()).unwrap();
    let gone = || expect(404, "NoSuchEntity", &format!("The Access Key with id {other} cannot be found."));
    assert_eq!(refusal(used(&other)), gone());
    assert_eq!(refusal(run(client.delete_access_key().access_key_id(&other).send())), gone());
}

#[test]
fn a_device_is_enabled_by_two_codes_in_order_and_neither_is_good_again() {
    let fake = FakeAws::start_standard();
    let client = iam(&fake, alice());
    let (serial, seed) = device(&client, "phone");
    assert_eq!(serial, format!("arn:aws:iam::{ACCOUNT}:mfa/phone"));
    assert!(seed.len() == 64 && seed.starts_with(SECRET_MARK), "{seed}");
    let [first, second] = [(); 2].map(|()| fake.world().next_code(&serial));
    let enable = |first: &str, second: &str| {
        let call = client.enable_mfa_device().user_name(USER).serial_number(&serial);
        run(call.authentication_code1(first).authentication_code2(second).send())
    };
    assert_eq!(refusal(enable(&second, &first)), expect(403, "InvalidAuthenticationCode", WRONG_CODES));
    assert_eq!(refusal(enable(&first, &first)), expect(403, "InvalidAuthenticationCode", WRONG_CODES));
    assert_eq!(fake.world().devices(None), std::slice::from_ref(&serial));
    enable(&first, &second).unwrap();
    assert_eq!(fake.world().devices(Some(USER_ARN)), [MFA_SERIAL.to_owned(), serial.clone()]);
    let enabled = format!("MFA Device entity with serial number {serial} already exists.");
    assert_eq!(refusal(enable(&first, &second)), expect(409, "EntityAlreadyExists", &enabled));
    let resync = |first: &str, second: &str| {
        let call = client.resync_mfa_device().user_name(USER).serial_number(&serial);
        run(call.authentication_code1(first).authentication_code2(second).send())
    };
    assert_eq!(refusal(resync(&first, &second)), expect(403, "InvalidAuthenticationCode", WRONG_CODES));
    let login = |code: &str| {
        let call = sts(&fake, alice()).get_session_token().serial_number(&serial).token_code(code);
        run(call.send())
    };
    assert_eq!(refusal(login(&second)).1, "AccessDenied");
    login(&fake.world().next_code(&serial)).unwrap();
    let [first, second] = [(); 2].map(|()| fake.world().next_code(&serial));
    resync(&first, &second).unwrap();
}

#[test]
fn the_codes_of_a_device_are_those_of_its_seed() {
    // RFC 6238, appendix B: the secret is "12345678901234567890".
    let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    assert_eq!(crate::support::fake_aws::code_of_seed(seed, 59), "287082");
    assert_eq!(crate::support::fake_aws::code_of_seed(seed, 1_111_111_109), "081804");
}

#[test]
fn a_device_in_use_is_not_deleted_and_its_name_not_given_again() {
    let fake = FakeAws::start_standard();
    let client = iam(&fake, alice());
    let in_use = "MFA VirtualDevice in use. Must deactivate first.";
    let delete = || run(client.delete_virtual_mfa_device().serial_number(MFA_SERIAL).send());
    assert_eq!(refusal(delete()), expect(409, "DeleteConflict", in_use));
    let again = refusal(run(client.create_virtual_mfa_device().virtual_mfa_device_name(USER).send()));
    assert_eq!((again.0, again.1.as_str()), (409, "EntityAlreadyExists"));
    run(client.deactivate_mfa_device().user_name(USER).serial_number(MFA_SERIAL).send()).unwrap();
    let unassigned = client.list_virtual_mfa_devices().assignment_status(AssignmentStatusType::Unassigned);
    let found = run(unassigned.send()).unwrap();
    assert_eq!(found.virtual_mfa_devices()[0].serial_number(), MFA_SERIAL);
    delete().unwrap();
    assert_eq!(refusal(delete()).1, "NoSuchEntity");
    let bad = refusal(run(client.create_virtual_mfa_device().virtual_mfa_device_name("my phone").send()));
    assert_eq!((bad.0, bad.1.as_str()), (400, "ValidationError"));
}

#[test]
fn a_user_has_eight_devices_and_lists_come_in_pages() {
    let fake = FakeAws::start_standard();
    fake.world().add_user((0..8).fold(User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY), |user, number| {
        user.with_mfa(&format!("arn:aws:iam::{ACCOUNT}:u2f/user/alice/key-{number}"))
    }));
    let client = iam(&fake, alice());
    let (serial, _) = device(&client, "ninth");
    let [first, second] = [(); 2].map(|()| fake.world().next_code(&serial));
    let call = client.enable_mfa_device().user_name(USER).serial_number(&serial);
    let refused = refusal(run(call.authentication_code1(first).authentication_code2(second).send()));
    assert_eq!(refused, expect(409, "LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8"));
    let page = run(client.list_mfa_devices().send()).unwrap();
    assert_eq!((page.mfa_devices().len(), page.is_truncated()), (2, true));
    let all = run(client.list_mfa_devices().into_paginator().items().send().collect::<Result<Vec<_>, _>>()).unwrap();
    assert_eq!(all.len(), 8);
}

#[test]
fn a_policy_that_demands_mfa_leaves_making_and_enabling_a_device() {
    let world = World::standard();
    world.set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    let fake = FakeAws::start(world);
    let client = iam(&fake, alice());
    let denied = format!(
        "User: {USER_ARN} is not authorized to perform: iam:CreateAccessKey on resource: user alice with an explicit \
         deny in an identity-based policy"
    );
    let create = |client: &aws_sdk_iam::Client| run(client.create_access_key().user_name(USER).send());
    assert_eq!(refusal(create(&client)), expect(403, "AccessDenied", &denied));
    let (serial, _) = device(&client, "phone");
    let delete = refusal(run(client.delete_virtual_mfa_device().serial_number(&serial).send()));
    assert_eq!((delete.0, delete.1.as_str()), (403, "AccessDenied"));
    create(&iam(&fake, session(&fake, true))).unwrap();
    fake.world().set_iam_policy(USER_ARN, IamPolicy::Nothing);
    let (_, _, words) = refusal(run(client.list_mfa_devices().user_name(USER).send()));
    assert!(words.ends_with("because no identity-based policy allows the iam:ListMFADevices action"), "{words}");
}
