//! Scripted faults, latency, and waiting for requests.

use std::time::Duration;

use aws_sdk_sts::error::ProvideErrorMetadata;

use super::{alice, expect, refusal, run, sts};
use crate::support::fake_aws::{FakeAws, Fault};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_scripted_status_reaches_the_client_with_its_control_characters() {
    let fake = FakeAws::start_standard();
    let hostile = "\u{1b}[31mred\u{7} & <b>";
    fake.world().fail_next("GetCallerIdentity", Fault::status(503, "ServiceUnavailable", hostile));
    let ask = || run(sts(&fake, alice()).get_caller_identity().send());
    assert_eq!(refusal(ask()), expect(503, "ServiceUnavailable", hostile));
    ask().unwrap();
    let statuses: Vec<u16> = fake.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [503, 200]);
}

#[test]
fn broken_answers_are_errors_and_then_pass() {
    let fake = FakeAws::start_standard();
    let ask = || run(sts(&fake, alice()).get_caller_identity().send());
    for fault in [Fault::Truncate, Fault::Garbage, Fault::Close] {
        fake.world().fail_next("GetCallerIdentity", fault);
    }
    let codes: Vec<_> = (0..3).map(|_| ask().unwrap_err().code().map(str::to_owned)).collect();
    assert_eq!(codes, [None, None, None]);
    ask().unwrap();
    let statuses: Vec<u16> = fake.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 200, 0, 200]);
}

#[test]
fn a_hanging_request_is_seen_and_goes_on_when_released() {
    let fake = FakeAws::start_standard();
    fake.world().fail_next("GetCallerIdentity", Fault::Hang);
    let client = sts(&fake, alice());
    let asking = std::thread::spawn(move || run(client.get_caller_identity().send()));
    assert!(fake.wait_for("GetCallerIdentity", 1, LONG));
    assert_eq!(fake.requests()[0].status, 0);
    assert!(!fake.wait_for("GetCallerIdentity", 2, Duration::from_millis(1)));
    fake.world().release();
    asking.join().unwrap().unwrap();
    assert_eq!(fake.requests()[0].status, 200);
}

#[test]
fn stopping_ends_a_hanging_request() {
    let fake = FakeAws::start_standard();
    fake.world().fail_next("GetCallerIdentity", Fault::Hang);
    let client = sts(&fake, alice());
    let asking = std::thread::spawn(move || run(client.get_caller_identity().send()));
    assert!(fake.wait_for("GetCallerIdentity", 1, LONG));
    drop(fake);
    assert!(asking.join().unwrap().is_err());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "this test is about how long an answer takes")]
fn delay_and_latency_add_up() {
    let fake = FakeAws::start_standard();
    fake.world().set_latency(Duration::from_millis(30));
    fake.world().fail_next("GetCallerIdentity", Fault::Delay(Duration::from_millis(40)));
    let start = std::time::Instant::now();
    run(sts(&fake, alice()).get_caller_identity().send()).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(70));
}
