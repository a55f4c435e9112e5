//! `mfa list`, `mfa remove` and `mfa resync`.

use serde_json::json;

use super::terminal::Person;
use super::{DEVICE, OWN, first_day, manifest};
use crate::scene::{Scene, session_file};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, MFA_SERIAL, SECRET_KEY, USER, USER_ARN};
use crate::support::fake_aws::{Fault, IamPolicy, User, World};

const HARDWARE: &str = "GAHT12345678";
const SECURITY_KEY: &str = "arn:aws:iam::111122223333:u2f/user/alice/blue-ABCDEF";

/// A scene in which Alice has a device of each kind, and the usual policy.
fn scene() -> Scene {
    let world = World::standard();
    let alice = User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY).with_mfa(MFA_SERIAL);
    world.add_user(alice.with_mfa(HARDWARE).with_mfa(SECURITY_KEY));
    world.set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    Scene::in_world(world)
}

/// The same with Alice's device as her own value.
fn scene_with_own_value() -> Scene {
    let scene = scene();
    scene.home.manifest(&manifest("${device}", "device"));
    scene.home.write(OWN, format!("[vars]\n# my phone\ndevice = \"{DEVICE}\"\n"));
    scene
}

#[test]
fn each_kind_of_device_is_listed_with_what_it_is_good_for() {
    let scene = scene();
    let run = scene.run(&["mfa", "list", "prod"]).ok();
    let expected = "\
USER   MFA SERIAL                                            KIND                        ENABLED     USED BY
alice  GAHT12345678                                          hardware                    1970-01-01  -
alice  arn:aws:iam::111122223333:mfa/alice                   virtual                     1970-01-01  main, audit
alice  arn:aws:iam::111122223333:u2f/user/alice/blue-ABCDEF  security key, console only  1970-01-01  -
";
    assert_eq!(run.stdout, expected);
    let devices = scene.run(&["mfa", "list", "--json"]).ok().json();
    let all = devices["devices"].as_array().unwrap();
    // `main` and `base` have a section each, with the same key.
    assert_eq!(all.len(), 6);
    let expected = json!({
        "user": "alice", "account": ACCOUNT, "mfa_serial": SECURITY_KEY, "kind": "security key", "has_codes": false,
        "enabled_at": "1970-01-01T00:00:00Z", "seed_kept": false, "profiles": [],
    });
    assert_eq!(all[2], expected);
}

#[test]
fn a_serial_that_is_no_device_of_the_user_is_told_with_what_corrects_it() {
    let scene = scene_with_own_value();
    let own = scene.home.read(OWN);
    scene.home.write(OWN, own.replace("mfa/alice", "mfa/bob"));
    let run = scene.run(&["mfa", "list", "prod"]).ok();
    let words = format!(
        "`mfa_serial` of [profiles.main] is arn:aws:iam::111122223333:mfa/bob, which is no device of alice; to use \
         {HARDWARE}: `awsauth vars --set device={HARDWARE}`"
    );
    assert!(run.stderr.contains(&words), "{}", run.stderr);
    scene.home.write(OWN, own);
    assert_eq!(scene.run(&["mfa", "list", "prod"]).ok().stderr, "");
}

#[test]
fn a_variable_in_the_serial_is_what_corrects_it_unless_something_else_would_change() {
    let role = "[profiles.prod]\npattern = \"iam-mfa-role\"\nsource_profile = \"main\"\n\
                role_arn = \"arn:aws:iam::444455556666:role/Admin\"\nrole_session_name = \"${user}\"\n";
    for (others, device, remedy) in [
        ("", "phone", "`awsauth vars --set user=phone`"),
        (
            role,
            "phone",
            "`mfa_serial = \"arn:aws:iam::111122223333:mfa/phone\"` in [profiles.main] of profiles.local.toml",
        ),
        // The user's name is wrong.
        (role, "alice", "`awsauth vars --set user=alice`"),
    ] {
        let world = World::standard();
        let serial = format!("arn:aws:iam::111122223333:mfa/{device}");
        world.add_user(User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY).with_mfa(&serial));
        let scene = Scene::in_world(world);
        scene.home.manifest(&format!(
            "version = 1\n[required_vars]\nuser = \"your IAM user name\"\n[profiles.main]\npattern = \"iam-mfa\"\n\
             mfa_serial = \"arn:aws:iam::111122223333:mfa/${{user}}\"\n{others}"
        ));
        scene.home.write(OWN, "[vars]\nuser = \"alcie\"\n");
        let words = format!("to use {device}: {remedy}");
        let run = scene.run(&["mfa", "list", "main"]).ok();
        assert!(run.stderr.contains(&words), "{}", run.stderr);
        // A person is told when the key is stored, before a code is spent.
        scene.home.write("key.csv", format!("Access key ID,Secret access key\n{KEY_ID},{SECRET_KEY}\n"));
        scene.home.write(crate::scene::CREDENTIALS, "");
        let mut person = Person::runs(&scene, "keys add main --csv key.csv");
        assert!(person.ends_with(0).contains(&words));
    }
}

#[test]
fn a_list_is_there_before_the_manifest_knows_any_device() {
    let scene = first_day();
    let run = scene.run(&["mfa", "list", "main"]).ok();
    assert!(run.stderr.contains("no MFA device yet: `awsauth mfa enroll NAME`"), "{run:?}");
    scene.home.write(crate::scene::CREDENTIALS, "");
    let run = scene.run(&["mfa", "list"]).exits(5);
    assert!(run.stderr.contains("`awsauth keys add NAME` stores one"), "{run:?}");
}

#[test]
fn a_user_who_can_not_be_asked_for_does_not_hide_the_others() {
    let scene = scene();
    scene
        .home
        .write(crate::scene::CREDENTIALS, crate::scene::long_term_keys().replacen(KEY_ID, "AKIAIOSFODNN7EXAMPLE", 1));
    let run = scene.run(&["mfa", "list"]).exits(5);
    assert!(run.stdout.contains(HARDWARE) && run.stderr.contains("GetCallerIdentity failed"), "{run:?}");
    let run = scene.run(&["mfa", "list", "--json"]).exits(5).json();
    assert_eq!(
        (run["devices"].as_array().unwrap().len(), run["errors"][0]["aws_code"].as_str()),
        (3, Some("InvalidClientTokenId"))
    );
}

#[test]
fn a_device_is_removed_through_the_mfa_session_with_what_names_it() {
    let scene = scene_with_own_value();
    let mut person = Person::runs(&scene, "mfa remove main alice");
    person.answers("Remove arn:aws:iam::111122223333:mfa/alice of alice?", "n");
    assert!(person.ends_with(4).contains("nothing was removed"));
    scene.aws.clear();
    let mut person = Person::runs(&scene, "mfa remove main alice");
    person.answers("Remove arn:aws:iam::111122223333:mfa/alice of alice?", "y");
    person.answers("MFA code for arn:aws:iam::111122223333:mfa/alice", &scene.code());
    let shown = person.ends_with(0);
    assert!(shown.contains("removed arn") && shown.contains("`awsauth mfa enroll main`"), "{shown}");
    assert!(shown.contains("the session that was made with it goes on: `awsauth logout main` ends it"), "{shown}");
    let calls = scene.calls();
    assert_eq!(calls[calls.len() - 3..], ["GetSessionToken", "DeactivateMFADevice", "DeleteVirtualMFADevice"]);
    assert_eq!(scene.aws.world().devices(None), [""; 0]);
    assert_eq!(scene.aws.world().devices(Some(USER_ARN)), [HARDWARE, SECURITY_KEY]);
    assert!(!scene.home.read(OWN).contains("device"), "{}", scene.home.read(OWN));
}

#[test]
fn without_a_terminal_it_takes_a_yes_and_a_session() {
    let scene = scene_with_own_value();
    let run = scene.run(&["mfa", "remove", "main", HARDWARE]).exits(2);
    assert!(run.stderr.contains("`--yes` removes without asking"), "{run:?}");
    assert_eq!(scene.calls(), [""; 0]);
    let run = scene.run(&["mfa", "remove", "main", "--yes"]).exits(2);
    assert!(run.stderr.contains("alice has several MFA devices"), "{run:?}");
    let run = scene.run(&["mfa", "remove", "main", HARDWARE, "--yes"]).exits(5);
    assert!(run.stderr.contains("run awsauth login main"), "{run:?}");
    scene.logged_in(&["main"]);
    let run = scene.run(&["mfa", "remove", "main", "bob", "--yes"]).exits(2);
    assert!(run.stderr.contains("alice has no MFA device `bob`"), "{run:?}");
    scene.aws.clear();
    let run = scene.run(&["mfa", "remove", "main", HARDWARE, "--yes", "--json"]).ok().json();
    assert_eq!(run, json!({ "version": 1, "profile": "main", "user": "alice", "mfa_serial": HARDWARE }));
    assert_eq!(scene.calls(), ["GetCallerIdentity", "ListMFADevices", "ListMFADevices", "DeactivateMFADevice"]);
    scene.run(&["mfa", "remove", "main", SECURITY_KEY, "--yes"]).ok();
    assert_eq!(scene.aws.world().devices(Some(USER_ARN)), [MFA_SERIAL]);
    assert!(scene.home.read(OWN).contains(DEVICE), "the device that is still there");
}

#[test]
fn a_removal_that_is_broken_off_is_finished_by_the_next_one() {
    let scene = scene();
    scene.logged_in(&["main"]);
    for _ in 0..6 {
        scene.aws.world().fail_next("DeleteVirtualMFADevice", Fault::Close);
    }
    let run = scene.run(&["mfa", "remove", "main", "alice", "--yes"]).exits(6);
    let again = format!("was taken from alice, and is not deleted yet: `awsauth mfa remove main {DEVICE}`");
    assert!(run.stderr.contains(&again), "{run:?}");
    assert_eq!(scene.aws.world().devices(None), [DEVICE]);
    scene.run(&["mfa", "remove", "main", DEVICE, "--yes"]).ok();
    assert_eq!(scene.aws.world().devices(None), [""; 0]);
    let run = scene.run(&["mfa", "remove", "main", DEVICE, "--yes"]).exits(4);
    assert!(run.stderr.contains("there is no such device"), "{run:?}");
}

#[test]
fn the_key_of_an_iam_profile_is_told_that_the_policy_wants_mfa() {
    let scene = scene();
    let run = scene.run(&["mfa", "remove", "base", HARDWARE, "--yes"]).exits(5);
    assert!(run.stderr.contains("`long_term_profile = \"base\"`"), "{run:?}");
}

#[test]
fn two_codes_tell_aws_the_time_of_a_device() {
    let scene = scene();
    let codes: Vec<String> = (0..6).map(|_| scene.code()).collect();
    let mut person = Person::runs(&scene, "mfa resync main");
    person.answers("MFA code of alice:", &codes[3]).answers("The next code of alice:", &codes[2]);
    person.sees("AWS refuses these codes");
    person.answers("MFA code of alice:", &codes[4]).answers("The next code of alice:", &codes[5]);
    assert!(person.ends_with(0).contains("AWS knows the time of arn:aws:iam::111122223333:mfa/alice again"));
    assert_eq!(scene.calls(), ["GetCallerIdentity", "ResyncMFADevice", "ResyncMFADevice"]);
    let run = scene.run(&["mfa", "resync", "main"]).exits(2);
    assert!(run.stderr.contains("run `awsauth mfa resync main` at a terminal"), "{run:?}");
    let mut person = Person::runs(&scene, "mfa resync main GAHT12345678");
    person.sees("MFA code of GAHT12345678:").presses_ctrl_c().ends_with(130);
    let mut person = Person::runs(&scene, &format!("mfa resync main {SECURITY_KEY}"));
    assert!(person.ends_with(2).contains("STS takes codes from virtual and hardware devices only"));
    assert!(!scene.home.has(&session_file("main")));
}
