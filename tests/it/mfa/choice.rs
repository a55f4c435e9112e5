//! `login` for a profile whose device each person supplies: it offers those that the person has.

use super::terminal::Person;
use super::{DEVICE, OWN, first_day, manifest};
use crate::scene::{MANIFEST, Scene};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, MFA_SERIAL, SECRET_KEY, USER};
use crate::support::fake_aws::{User, World};

const HARDWARE: &str = "GAHT12345678";

fn scene(serials: &[&str]) -> Scene {
    let world = World::standard();
    let alice = User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY);
    world.add_user(serials.iter().fold(alice, |alice, serial| alice.with_mfa(serial)));
    let scene = Scene::in_world(world);
    scene.home.manifest(&manifest("${device}", "device"));
    scene
}

#[test]
fn the_only_device_with_codes_is_taken_after_a_yes() {
    let scene = scene(&[MFA_SERIAL, "arn:aws:iam::111122223333:u2f/user/alice/blue-ABCDEF"]);
    let mut person = Person::runs(&scene, "login prod");
    person.sees(&format!("prod needs an MFA device, and alice has {DEVICE}.")).answers("Use it?", "n");
    let shown = person.ends_with(5);
    assert!(shown.contains("prod: no MFA device was chosen") && shown.contains("`awsauth mfa enroll prod`"), "{shown}");
    assert!(!scene.home.has(OWN));
    let mut person = Person::runs(&scene, "login 'pr*'");
    person.answers("Use it?", "y").sees("wrote device to");
    person.answers("MFA code for", &scene.code());
    assert!(person.ends_with(0).contains("prod: valid for"));
    assert_eq!(scene.home.read(OWN), format!("[vars]\ndevice = \"{DEVICE}\"\n"));
    scene.run(&["login", "main"]).ok();
}

#[test]
fn of_several_devices_one_is_chosen_from_a_list() {
    let scene = scene(&[MFA_SERIAL, HARDWARE]);
    let mut person = Person::runs(&scene, "login main");
    person.sees("Device:").answers("mfa/alice", "GAHT").sees(&format!("MFA code for {HARDWARE}"));
    person.presses_ctrl_c().ends_with(130);
    assert_eq!(scene.home.read(OWN), format!("[vars]\ndevice = \"{HARDWARE}\"\n"));
}

#[test]
fn a_profile_without_the_key_gets_it_in_the_persons_own_file() {
    let scene = scene(&[MFA_SERIAL]);
    let line = format!("mfa_serial = \"{MFA_SERIAL}\"\n");
    scene.home.manifest(&MANIFEST.replacen(&line, "", 1));
    let run = scene.run(&["login", "main"]).exits(3);
    for words in ["the profile `main` has no `mfa_serial`", "`awsauth mfa list` shows your devices"] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    // Another failure is not about devices.
    let run = scene.run(&["login", "audit", "--token-code", "x"]).exits(2);
    assert!(!run.stderr.contains("mfa list"), "{}", run.stderr);
    let mut person = Person::runs(&scene, "login prod");
    person.sees(&format!("prod needs an MFA device, and alice has {DEVICE}.")).answers("Use it?", "y");
    person.sees("wrote `mfa_serial` of [profiles.main] to").answers("MFA code for", &scene.code());
    assert!(person.ends_with(0).contains("prod: valid for"));
    assert_eq!(scene.home.read(OWN), format!("[profiles.main]\n{line}"));
}

#[test]
fn who_has_no_device_is_told_how_to_make_one() {
    let scene = first_day();
    let mut person = Person::runs(&scene, "login main");
    let shown = person.ends_with(4);
    assert!(shown.contains("alice has no MFA device") && shown.contains("`awsauth mfa enroll main`"), "{shown}");
}

#[test]
fn before_the_first_device_keys_and_sessions_can_be_managed_and_the_check_says_what_makes_one() {
    let scene = first_day();
    for args in [&["check"][..], &["apply"]] {
        let run = scene.run(args).exits(3);
        assert!(
            run.stderr.contains("`awsauth login NAME` finds your MFA device, and `awsauth mfa enroll NAME` makes one"),
            "{}",
            run.stderr
        );
    }
    assert!(scene.run(&["keys", "list", "main"]).ok().stdout.contains("main"));
    scene.run(&["keys", "rotate", "main"]).ok();
    scene.run(&["logout", "main"]).ok();
    scene.run(&["keys", "remove", "main", "--yes"]).ok();
}

#[test]
fn without_a_terminal_the_commands_are_named() {
    let scene = scene(&[MFA_SERIAL]);
    let run = scene.run(&["login", "main"]).exits(3);
    for words in [
        "the variable `device` (it is yours) is not defined",
        "`awsauth mfa list` shows your devices",
        "`awsauth vars --set device=VALUE`",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    assert_eq!(scene.calls(), [""; 0]);
    assert!(scene.run(&["mfa", "list", "prod"]).ok().stdout.contains(DEVICE));
}
