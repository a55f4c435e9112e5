//! A user's days with `store = "keyring"`, from the device to the end of the key: no file under HOME ever holds a secret.

use super::gnome::{Session, add_keys, credentials, no_file_has, with_session};
use super::in_keyring_mode;
use crate::mfa::terminal::{App, Person};
use crate::mfa::{DEVICE, first_day};
use crate::scene::{STATE, Scene};
use crate::support::fake_aws::standard::USER_ARN;
use crate::support::fake_aws::{Fault, IamPolicy, SECRET_MARK};

const FROM_SEED: &str = "taking the code of arn:aws:iam::111122223333:mfa/alice from its seed in the keyring\n";

/// Alice's first day in keyring mode, with her key, and without a device.
fn scene() -> (Scene, Session) {
    let (scene, session) = with_session(first_day());
    in_keyring_mode(&scene);
    scene.home.write(crate::scene::CREDENTIALS, "");
    add_keys(&scene);
    (scene, session)
}

/// Enrols a device with codes that are no longer the present ones, so that those are still good.
fn enrol(scene: &Scene, keep_seed: bool) -> App {
    let mut person = Person::runs(scene, &format!("mfa enroll main{}", if keep_seed { " --keep-seed" } else { "" }));
    if keep_seed {
        person.answers("Keep the seed in the keyring?", "y");
    }
    person.sees("MFA code of alice:");
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(-2)).answers("The next code of alice:", &app.code(-1)).ends_with(0);
    assert!(!person.shown.contains(SECRET_MARK), "{}", person.shown);
    if keep_seed {
        let [file] = &scene.home.list(&format!("{STATE}/seeds"))[..] else { panic!("one seed") };
        let kept: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(kept["used_steps"].as_array().map(Vec::len), Some(2), "those that were typed: {kept}");
    }
    app
}

/// What is marked as a secret is in no file: keys, sessions, seeds.
#[track_caller]
fn nothing_is_in_files(scene: &Scene) {
    no_file_has(scene, &[SECRET_MARK.to_owned()]);
}

/// From the enrolment to the end of the key; `logs_in` gets new sessions.
fn days(keep_seed: bool, logs_in: impl Fn(&Scene)) {
    let (scene, session) = scene();
    let app = enrol(&scene, keep_seed);
    scene.run(&["apply"]).ok();
    logs_in(&scene);
    nothing_is_in_files(&scene);
    assert_eq!(session.entries().contains(app.seed()), keep_seed);
    let run = scene.run(&["exec", "prod", "--", "sh", "-c", "echo $AWS_SECRET_ACCESS_KEY"]).ok();
    assert_eq!(run.stdout.trim(), credentials(&scene, "prod")["SecretAccessKey"]);
    session.restart();
    let before = ["main", "prod"].map(|name| credentials(&scene, name));
    scene.run(&["keys", "rotate", "main"]).ok();
    nothing_is_in_files(&scene);
    logs_in(&scene);
    let after = ["main", "prod"].map(|name| credentials(&scene, name));
    assert!(before[0] != after[0] && before[1] != after[1], "the old key's sessions ended");
    nothing_is_in_files(&scene);
    let run = scene.run(&["keys", "remove", "main", "--yes"]).ok();
    assert_eq!(run.stderr.contains("the keyring still has the seed"), keep_seed, "{}", run.stderr);
    if keep_seed {
        scene.run(&["mfa", "remove", "main", "--seed-only", "--yes"]).ok();
    }
    nothing_is_in_files(&scene);
    let left = session.entries();
    assert!(left.contains("key/base/") && !left.contains("main") && !left.contains(DEVICE), "{left}");
}

#[test]
fn days_with_codes_of_an_app_leave_no_secret_in_a_file() {
    days(false, |scene| scene.logged_in(&["prod"]));
}

/// The second login comes at once, and so waits for the device's next code.
#[test]
fn days_without_typing_leave_no_secret_in_a_file_and_send_each_code_once() {
    days(true, |scene| {
        scene.aws.clear();
        let run = scene.run(&["login", "prod", "-v"]).ok();
        assert!(run.stderr.contains(FROM_SEED) && !run.stderr.contains(SECRET_MARK), "{}", run.stderr);
        assert_eq!(scene.calls(), ["GetSessionToken", "AssumeRole"]);
    });
}

#[test]
fn a_broken_off_enrolment_whose_seed_is_kept_goes_on_though_the_device_can_not_be_deleted() {
    let (scene, session) = scene();
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    let mut person = Person::runs(&scene, "mfa enroll main --keep-seed --yes");
    person.sees("both factors are on one machine").sees("MFA code of alice:").presses_ctrl_c();
    let shown = person.ends_with(130);
    assert!(shown.contains("`awsauth mfa enroll main --keep-seed` goes on with it"), "{shown}");
    let mut person = Person::runs(&scene, "mfa enroll main --keep-seed --yes");
    person.sees(&format!("going on with {DEVICE}")).sees("MFA code of alice:");
    let app = App::scanned(&person.scans(0));
    assert!(session.entries().contains(app.seed()));
    person.answers("", &app.code(-2)).answers("The next code of alice:", &app.code(-1));
    assert!(person.ends_with(0).contains("which takes its codes from the keyring"));
    assert!(scene.run(&["login", "main", "-v"]).ok().stderr.contains(FROM_SEED));
    let run = scene.run(&["mfa", "list", "main"]).ok();
    assert!(run.stdout.contains("virtual, seed in the keyring"), "{}", run.stdout);
    let run = scene.run(&["store", "move", "--to", "file"]).exits(4);
    assert!(run.stderr.contains(DEVICE) && run.stderr.contains("--seed-only` deletes it"), "{}", run.stderr);
    scene.run(&["mfa", "remove", "main", "--yes"]).ok();
    assert!(!session.entries().contains(app.seed()) && scene.aws.world().devices(Some(USER_ARN)).is_empty());
    nothing_is_in_files(&scene);
}

#[test]
fn a_device_of_another_name_whose_seed_is_kept_is_gone_on_with_wherever_it_was_broken_off() {
    let (scene, session) = scene();
    let (phone, command) = (format!("{DEVICE}-2"), "mfa enroll main --device-name alice-2 --keep-seed");
    let mut person = Person::runs(&scene, &format!("{command} --yes"));
    person.sees("MFA code of alice-2:").presses_ctrl_c();
    let next = format!("{phone} was made but not enabled; `awsauth {command}` goes on with it");
    let shown = person.ends_with(130);
    assert!(shown.contains(&next), "{shown}");
    let run = scene.run(&["mfa", "list", "main"]).ok();
    let left = format!("the keyring has the seed of {phone}, which is no device of alice: `awsauth {command}` goes on");
    assert!(run.stderr.contains(&left), "{}", run.stderr);
    session.restart_locked();
    let mut person = Person::runs(&scene, "mfa enroll main --device-name alice-2");
    let shown = person.ends_with(6);
    assert!(shown.contains("the system's keyring is locked") && !shown.contains("Delete it"), "{shown}");
    session.restart();
    let mut person = Person::runs(&scene, "mfa enroll main --device-name alice-2");
    person.sees(&format!("going on with {phone}")).sees("MFA code of alice-2:");
    let app = App::scanned(&person.scans(0));
    scene.aws.world().fail_next("EnableMFADevice", Fault::Silent);
    person.answers("", &app.code(-2)).answers("The next code of alice-2:", &app.code(-1));
    assert!(scene.aws.wait_until_done("EnableMFADevice", 1, std::time::Duration::from_secs(20)));
    person.presses_ctrl_c();
    let shown = person.ends_with(130);
    let next = format!("{phone} may be enabled already; `awsauth {command}` goes on with it");
    assert!(shown.contains(&next), "{shown}");
    scene.aws.world().release();
    let mut person = Person::runs(&scene, &format!("{command} --yes"));
    person.sees(&format!("alice has {phone} already, and its seed is in the keyring"));
    assert!(person.ends_with(0).contains("next: `awsauth login main`, which takes its codes from the keyring"));
    scene.run(&["login", "main"]).ok();
}

#[test]
fn a_further_device_with_a_seed_is_not_said_to_be_the_one_of_logins() {
    let (scene, _session) = scene();
    enrol(&scene, true);
    let mut person = Person::runs(&scene, "mfa enroll main --device-name alice-2 --keep-seed --yes");
    person.sees("MFA code of alice-2:");
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(-2)).answers("The next code of alice-2:", &app.code(-1));
    let shown = person.ends_with(0);
    assert!(shown.contains(&format!("main keeps its device {DEVICE}")) && !shown.contains("next:"), "{shown}");
}

#[test]
fn a_seed_alone_is_forgotten_and_the_device_goes_on_with_codes_of_the_app() {
    let (scene, session) = scene();
    let app = enrol(&scene, true);
    let run = scene.run(&["mfa", "remove", "main", "phone", "--seed-only", "--yes"]).exits(4);
    assert!(run.stderr.contains(&format!("it has {DEVICE}")), "{}", run.stderr);
    let mut person = Person::runs(&scene, "mfa remove main --seed-only");
    person.answers("Delete the seed of", "y");
    assert!(person.ends_with(0).contains("the device itself stays as it is"));
    assert!(!session.entries().contains(app.seed()));
    assert_eq!(scene.aws.world().devices(Some(USER_ARN)), [DEVICE]);
    scene.run(&["login", "main"]).exits(5);
    scene.logged_in(&["main"]);
    // The seed of an earlier device of that name is none of the next one.
    let run = scene.run(&["mfa", "remove", "main", "--seed-only", "--yes"]).exits(4);
    assert!(run.stderr.contains("the keyring has no seed"), "{}", run.stderr);
}
