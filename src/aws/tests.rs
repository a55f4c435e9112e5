//! The calls to IAM and `GetCallerIdentity`, with the fake AWS of the integration tests behind them.

use super::{Aws, Endpoints, Proxies};
use crate::flow::{CodePair, KeyStatus, LastUse, MfaCode, Problem, Signer};
use crate::model::{Credentials, LongTermKey, Routing};
use crate::secret::Secret;

use crate::fake_aws::standard::{KEY_ID, MFA_SERIAL, SECRET_KEY, USER, USER_ARN};
use crate::fake_aws::{FakeAws, SECRET_MARK};

fn run<F: Future>(call: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(call)
}

fn aws(fake: &FakeAws) -> Aws {
    let url = Some(fake.url());
    let endpoints = Endpoints { sts: url.clone(), iam: url, ..Endpoints::default() };
    Aws::new(endpoints, None, Proxies::read(|_| None), || jiff::Timestamp::UNIX_EPOCH)
}

fn alice() -> Credentials {
    let key = LongTermKey { access_key_id: KEY_ID.to_owned(), secret_access_key: Secret::new(SECRET_KEY) };
    key.into()
}

/// A signer from another region than that of IAM's signatures.
fn signer(credentials: &Credentials) -> Signer<'_> {
    Signer { region: "eu-west-1", routing: Routing::default(), credentials }
}

#[test]
fn a_key_is_made_listed_deactivated_and_deleted() {
    let (fake, alice) = (FakeAws::start_standard(), alice());
    let (aws, signer) = (aws(&fake), signer(&alice));
    let me = run(aws.caller_identity(signer)).unwrap();
    assert_eq!((me.arn.as_str(), me.user_name(), me.is_root()), (USER_ARN, Some(USER), false));
    let new = run(aws.create_access_key(signer, USER)).unwrap();
    assert!(new.secret_access_key.expose().contains(SECRET_MARK));
    assert!(!format!("{new:?}").contains(SECRET_MARK));
    let id = new.access_key_id.as_str();
    assert_eq!(run(aws.access_key_last_used(signer, id)).unwrap(), LastUse::default());
    assert_eq!(run(aws.access_key_last_used(signer, KEY_ID)).unwrap().service.as_deref(), Some("iam"));
    run(aws.deactivate_access_key(signer, USER, id)).unwrap();
    let listed = run(aws.list_access_keys(signer, USER)).unwrap();
    assert_eq!(listed.iter().map(|key| key.status).collect::<Vec<_>>(), [KeyStatus::Active, KeyStatus::Inactive]);
    run(aws.delete_access_key(signer, USER, id)).unwrap();
    assert_eq!(run(aws.delete_access_key(signer, USER, id)).unwrap_err().problem, Problem::NotFound);
}

#[test]
fn a_device_is_made_enabled_resynchronised_and_deleted() {
    let (fake, alice) = (FakeAws::start_standard(), alice());
    let (aws, signer) = (aws(&fake), signer(&alice));
    let device = run(aws.create_virtual_mfa_device(signer, "phone")).unwrap();
    assert!(device.seed.expose().contains(SECRET_MARK) && !format!("{device:?}").contains(SECRET_MARK));
    let serial = &device.serial;
    let unassigned = run(aws.list_unassigned_mfa_devices(signer)).unwrap();
    assert_eq!(unassigned[0].serial, serial.as_str());
    let code = || MfaCode::new(&fake.world().next_code(serial.as_str())).unwrap();
    let pair = || CodePair { first: code(), second: code() };
    let refused = CodePair { second: code(), first: code() };
    let error = run(aws.enable_mfa_device(signer, USER, serial, refused)).unwrap_err();
    assert_eq!(error.problem, Problem::WrongCode);
    run(aws.enable_mfa_device(signer, USER, serial, pair())).unwrap();
    run(aws.resync_mfa_device(signer, USER, serial, pair())).unwrap();
    let mut serials: Vec<String> =
        run(aws.list_mfa_devices(signer, USER)).unwrap().into_iter().map(|device| device.serial).collect();
    serials.sort();
    assert_eq!(serials, [MFA_SERIAL, serial.as_str()]);
    let error = run(aws.delete_virtual_mfa_device(signer, serial.as_str())).unwrap_err();
    assert_eq!(error.problem, Problem::InUse);
    run(aws.deactivate_mfa_device(signer, USER, serial.as_str())).unwrap();
    run(aws.delete_virtual_mfa_device(signer, serial.as_str())).unwrap();
}

#[test]
fn a_list_of_many_pages_is_read_whole() {
    let fake = FakeAws::start_standard();
    let user = |user: crate::fake_aws::User, number| user.with_mfa(&format!("arn:aws:iam::111122223333:mfa/{number}"));
    let alice_of_many = crate::fake_aws::User::new("111122223333", USER).with_key(KEY_ID, SECRET_KEY);
    fake.world().add_user((0..5).fold(alice_of_many, user));
    let alice = alice();
    assert_eq!(run(aws(&fake).list_mfa_devices(signer(&alice), USER)).unwrap().len(), 5);
    assert_eq!(fake.count("ListMFADevices"), 3);
}
