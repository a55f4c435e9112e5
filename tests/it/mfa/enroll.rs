//! `mfa enroll`: from a key to a login with the new device, and everything that may come between.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::terminal::{App, Person, decoded_png};
use super::{DEVICE, OWN, first_day, manifest, world};
use crate::scene::{MANIFEST, Scene, session_file};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, MFA_SERIAL, SECRET_KEY, USER, USER_ARN};
use crate::support::fake_aws::{Fault, IamPolicy, User, World};

const FIRST: &str = "MFA code of alice:";
const SECOND: &str = "The next code of alice:";

/// A device that was made and never enabled.
fn half_made(scene: &Scene) {
    let mut person = Person::runs(scene, "mfa enroll main");
    person.sees(FIRST).presses_ctrl_c().ends_with(130);
    scene.aws.clear();
}

/// Every file below a directory that contains a text.
fn files_with(dir: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn a_code_scanned_off_the_screen_enables_the_device_and_logs_in() {
    let scene = first_day();
    let mut person = Person::runs(&scene, "mfa enroll main --qr-file code.png");
    person.sees(FIRST).sees("> ");
    let uri = person.scans(0);
    assert_eq!(person.scans(255), uri, "on a light background");
    assert!(uri.starts_with("otpauth://totp/AWS:alice@111122223333?secret=") && uri.ends_with("&issuer=AWS"), "{uri}");
    assert_eq!(decoded_png(&std::fs::read(scene.home.path("code.png")).unwrap()), uri);
    assert_eq!(scene.home.path("code.png").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let app = App::scanned(&uri);
    person.answers("", &app.code(0)).answers(SECOND, &app.code(1));
    let shown = person.ends_with(0).to_owned();
    assert!(shown.contains(&format!("enabled {DEVICE} for alice")), "{shown}");
    assert!(shown.contains("delete code.png") && !shown.contains(app.seed()), "{shown}");
    assert_eq!(scene.home.read(OWN), format!("[vars]\ndevice = \"{DEVICE}\"\n"));
    let calls = ["GetCallerIdentity", "ListMFADevices", "CreateVirtualMFADevice", "EnableMFADevice"];
    assert_eq!(scene.calls(), calls);
    assert_eq!(files_with(&scene.home.path(""), app.seed()), [""; 0], "the seed as text");
    scene.run(&["login", "prod", "--token-code", &app.code(2)]).ok();
    assert!(scene.home.has(&session_file("main")));
}

#[test]
fn the_code_as_svg_and_the_seed_as_text_are_the_same_device() {
    let scene = first_day();
    let mut person = Person::runs(&scene, "mfa enroll main --qr-file code.svg --show-seed");
    person.sees(FIRST);
    let app = App::scanned(&person.scans(0));
    assert!(person.shown.contains(app.seed()), "{}", person.shown);
    let svg = scene.home.read("code.svg");
    let (head, path) = svg.split_once("<path d=\"").unwrap();
    let width: usize = head.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let is_dark = |x: usize, y: usize| path.contains(&format!("M{} {}h", x / 4, y / 4));
    let uri = super::terminal::decoded(width * 4, width * 4, |x, y| if is_dark(x, y) { 0 } else { 255 });
    assert_eq!(App::scanned(&uri).seed(), app.seed());
    person.presses_ctrl_c().ends_with(130);
}

#[test]
fn a_part_of_the_serial_that_is_the_persons_own_is_what_is_stored() {
    let scene = first_day();
    scene.home.manifest(&manifest("arn:aws:iam::111122223333:mfa/${user}", "user"));
    let mut person = Person::runs(&scene, "mfa enroll prod --device-name alice");
    person.sees(FIRST);
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(0)).answers(SECOND, &app.code(1)).ends_with(0);
    assert_eq!(scene.home.read(OWN), "[vars]\nuser = \"alice\"\n");
    scene.run(&["login", "main", "--token-code", &app.code(2)]).ok();
}

#[test]
fn a_device_of_another_name_than_the_manifest_says_stands_in_the_persons_own_file() {
    let scene = Scene::in_world(world());
    let mut person = Person::runs(&scene, "mfa enroll main --device-name alice-phone");
    person.sees("MFA code of alice-phone:");
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(0)).answers("The next code of alice-phone:", &app.code(1)).ends_with(0);
    assert_eq!(scene.home.read(OWN), format!("[profiles.main]\nmfa_serial = \"{DEVICE}-phone\"\n"));
    scene.run(&["login", "main", "--token-code", &app.code(2)]).ok();
}

#[test]
fn the_same_code_twice_is_not_sent_and_wrong_ones_are_asked_for_again_three_times() {
    let scene = first_day();
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.sees(FIRST);
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(0)).answers(SECOND, &app.code(0)).sees("this is the same code again");
    person.answers(SECOND, "123").sees("six digits, please");
    // The wrong order.
    person.answers(SECOND, &app.code(-1)).sees("AWS refuses these codes");
    for _ in 0..2 {
        person.answers(FIRST, &app.code(5)).answers(SECOND, &app.code(3));
    }
    let shown = person.ends_with(5);
    assert!(shown.contains("Authentication code for device is not valid."), "{shown}");
    assert!(shown.contains("was made but not enabled") && shown.contains("`awsauth mfa enroll main`"), "{shown}");
    assert_eq!(scene.calls().iter().filter(|call| *call == "EnableMFADevice").count(), 3);
    assert!(!scene.home.has(OWN));
}

#[test]
fn ctrl_c_at_each_question_says_what_is_left_and_the_next_run_replaces_it() {
    let scene = first_day();
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.sees(FIRST).presses_ctrl_c();
    let shown = person.ends_with(130);
    assert!(shown.contains(&format!("interrupted: {DEVICE} was made but not enabled")), "{shown}");
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.sees("Delete it and make it anew?").presses_ctrl_c().ends_with(130);
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.sees(&format!("{DEVICE} was made and is not enabled")).answers("Delete it and make it anew?", "y");
    person.answers(FIRST, "123456").sees(SECOND).presses_ctrl_c().ends_with(130);
    assert_eq!((scene.aws.world().devices(None), scene.home.has(OWN)), (vec![DEVICE.to_owned()], false));
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.answers("Delete it and make it anew?", "y").sees(FIRST);
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(0)).answers(SECOND, &app.code(1)).ends_with(0);
    assert_eq!(scene.aws.world().devices(Some(USER_ARN)), [DEVICE]);
}

#[test]
fn a_device_that_somebody_may_be_enrolling_stays_unless_the_person_says_yes() {
    let scene = first_day();
    let mut first = Person::runs(&scene, "mfa enroll main --qr-file code.png");
    first.sees(FIRST);
    let mut second = Person::runs(&scene, "mfa enroll main");
    second.sees("another run or another person is enabling it now").answers("Delete it and make it anew?", "");
    second.sees("Another name for the device:").presses_ctrl_c().ends_with(130);
    assert_eq!(scene.aws.world().devices(None), [DEVICE]);
    let shown = first.presses_ctrl_c().ends_with(130);
    assert!(shown.contains("delete code.png: whoever has it has the device"), "{shown}");
}

#[test]
fn a_serial_that_aws_made_up_is_not_printed_as_a_command() {
    let scene = first_day();
    half_made(&scene);
    let member = "<member><SerialNumber>x;touch${IFS}PWN;#:mfa/alice</SerialNumber></member>";
    let body = format!(
        "<ListVirtualMFADevicesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListVirtualMFADevicesResult>\
         <IsTruncated>false</IsTruncated><VirtualMFADevices>{member}</VirtualMFADevices></ListVirtualMFADevicesResult>\
         </ListVirtualMFADevicesResponse>"
    );
    let headers = vec![("content-type", "text/xml".to_owned())];
    scene.aws.world().fail_next("ListVirtualMFADevices", Fault::Raw { status: 200, headers, body });
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.sees("the account has a device `alice` already").sees("Another name").presses_ctrl_c();
    assert!(!person.ends_with(130).contains("PWN"));
}

#[test]
fn what_the_user_may_not_delete_an_administrator_does_and_another_name_goes_on() {
    let scene = first_day();
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    half_made(&scene);
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.answers("Delete it and make it anew?", "y").sees("with an explicit deny");
    person.sees(&format!("aws iam delete-virtual-mfa-device --serial-number {DEVICE}"));
    person.answers("Another name for the device:", "not a name").sees("letters, digits and _+=,.@-");
    person.answers("Another name for the device:", "alice-2").sees("MFA code of alice-2:");
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(0)).answers("The next code of alice-2:", &app.code(1)).ends_with(0);
    assert_eq!(scene.home.read(OWN), format!("[vars]\ndevice = \"{DEVICE}-2\"\n"));
}

#[test]
fn a_further_device_is_made_through_the_mfa_session_and_the_first_one_stays_chosen() {
    let scene = Scene::new();
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.answers("MFA code for arn:aws:iam::111122223333:mfa/alice", &scene.code());
    person.sees("the account has a device `alice` already").answers("Another name for the device:", "alice-2");
    person.sees("MFA code of alice-2:");
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(0)).answers("The next code of alice-2:", &app.code(1));
    let shown = person.ends_with(0);
    assert!(shown.contains(&format!("main keeps its device {DEVICE}")), "{shown}");
    assert!(!scene.home.has(OWN));
    let calls = scene.calls();
    let made = calls.iter().position(|call| call == "CreateVirtualMFADevice").unwrap();
    assert!(calls[..made].contains(&"GetSessionToken".to_owned()), "{calls:?}");
}

#[test]
fn nothing_is_made_where_nobody_can_type_or_the_picture_has_no_place() {
    let scene = first_day();
    let run = scene.run(&["mfa", "enroll", "main"]).exits(2);
    assert!(run.stderr.contains("run `awsauth mfa enroll main` at a terminal"), "{}", run.stderr);
    scene.home.write("code.png", "mine");
    for (args, code, words) in [
        ("mfa enroll main --qr-file code.png", 4, "code.png exists and is not changed"),
        ("mfa enroll main --qr-file code.jpg", 2, "neither in .png nor in .svg"),
        ("mfa enroll main --qr-file none/code.png", 2, "the directory none does not exist"),
        ("mfa enroll main --device-name 'my phone'", 2, "use 1 to 128 letters"),
        ("mfa enroll read", 2, "MFA devices belong to IAM users"),
        ("mfa enroll nobody", 2, "nobody"),
    ] {
        let mut person = Person::runs(&scene, args);
        let shown = person.ends_with(code);
        assert!(shown.contains(words), "{args}: {shown}");
    }
    assert_eq!((scene.calls(), scene.home.read("code.png")), (vec![], "mine".to_owned()));
}

#[test]
fn a_terminal_that_is_too_narrow_or_has_no_colours_gets_the_seed_as_text() {
    for (columns, variable) in [(40, "X"), (80, "NO_COLOR")] {
        let scene = first_day().env(variable, "1");
        let mut person = Person::runs_in(&scene.home, "mfa enroll main --qr-file code.png", columns);
        person.sees(FIRST);
        let app = App::scanned(&decoded_png(&std::fs::read(scene.home.path("code.png")).unwrap()));
        assert!(person.shown.contains(app.seed()) && !person.shown.contains('▀'), "{}", person.shown);
        assert!(person.shown.contains("--qr-file"), "{}", person.shown);
        person.answers("", &app.code(0)).answers(SECOND, &app.code(1)).ends_with(0);
    }
}

#[test]
fn refusals_before_anything_is_made_say_what_to_do() {
    let devices = |serials: &[&str]| {
        let world = World::standard();
        let user = User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY);
        world.add_user(serials.iter().fold(user, |user, serial| user.with_mfa(serial)));
        Scene::in_world(world)
    };
    let denied = first_day();
    denied.aws.world().set_iam_policy(USER_ARN, IamPolicy::Nothing);
    let taken = devices(&[MFA_SERIAL]);
    taken.home.manifest(&manifest("${device}", "device"));
    let elsewhere = devices(&[]);
    elsewhere.home.manifest(&MANIFEST.replace("111122223333", "999988887777"));
    let keys: Vec<String> =
        (0..8).map(|number| format!("arn:aws:iam::{ACCOUNT}:u2f/user/alice/key-{number}")).collect();
    let full = devices(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let keyless = first_day();
    keyless.home.write(crate::scene::CREDENTIALS, "");
    for (scene, code, words) in [
        (denied, 5, ["because no identity-based policy allows", "ask whoever manages IAM"]),
        (taken, 4, ["alice has the MFA device", "`awsauth login main` takes it over"]),
        (elsewhere, 4, ["of account 111122223333", "names account 999988887777"]),
        (full, 4, ["alice has 8 MFA devices", "`awsauth mfa remove main`"]),
        (keyless, 5, ["no long-term key is stored for [main-long-term]", "`awsauth keys add main`"]),
    ] {
        let mut person = Person::runs(&scene, "mfa enroll main");
        let shown = person.ends_with(code).replace("\r\n", " ");
        for word in words {
            assert!(shown.contains(word), "{word}: {shown}");
        }
        assert!(!scene.calls().contains(&"CreateVirtualMFADevice".to_owned()), "{shown}");
    }
}

#[test]
fn a_device_that_was_enabled_though_the_answer_was_lost_is_done() {
    let scene = first_day();
    scene.aws.world().fail_next("EnableMFADevice", Fault::Truncate);
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.sees(FIRST);
    let app = App::scanned(&person.scans(0));
    person.answers("", &app.code(0)).answers(SECOND, &app.code(1));
    assert!(person.ends_with(0).contains(&format!("enabled {DEVICE} for alice")));
    assert_eq!(scene.home.read(OWN), format!("[vars]\ndevice = \"{DEVICE}\"\n"));
    assert_eq!(scene.calls()[3..], ["EnableMFADevice", "ListMFADevices"]);
}

#[test]
fn a_device_may_be_enabled_if_the_answer_was_lost_and_nobody_can_be_asked() {
    let scene = first_day();
    let mut person = Person::runs(&scene, "mfa enroll main");
    person.sees(FIRST);
    let app = App::scanned(&person.scans(0));
    scene.aws.world().fail_next("EnableMFADevice", Fault::Truncate);
    for _ in 0..6 {
        scene.aws.world().fail_next("ListMFADevices", Fault::Close);
    }
    person.answers("", &app.code(0)).answers(SECOND, &app.code(1));
    let shown = person.ends_with(6);
    assert!(
        shown.contains("may be enabled already") && shown.contains("`awsauth mfa list main` shows if it is"),
        "{shown}"
    );
}

#[test]
fn a_seed_is_kept_in_no_file_and_only_after_a_yes() {
    let scene = first_day();
    let mut person = Person::runs(&scene, "mfa enroll main --keep-seed");
    let shown = person.ends_with(4);
    for words in ["--keep-seed needs `store = \"keyring\"`", "`awsauth store move --to keyring` first"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    scene.home.write(OWN, "[settings]\nstore = \"keyring\"\n");
    for (answer, code) in [("n", 4), ("\u{3}", 130)] {
        let mut person = Person::runs(&scene, "mfa enroll main --keep-seed");
        person.sees("both factors are on one machine").answers("Keep the seed in the keyring?", answer).ends_with(code);
    }
    let mut person = Person::runs(&scene, "mfa enroll main --yes");
    assert!(person.ends_with(2).contains("--keep-seed"));
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_network_that_goes_away_in_the_middle_leaves_what_the_next_run_replaces() {
    for (operation, is_made) in
        [("ListMFADevices", false), ("CreateVirtualMFADevice", false), ("EnableMFADevice", true)]
    {
        let scene = first_day();
        for _ in 0..6 {
            scene.aws.world().fail_next(operation, Fault::Close);
        }
        let mut person = Person::runs(&scene, "mfa enroll main");
        if is_made {
            person.answers(FIRST, "123456").answers(SECOND, "654321");
        }
        let shown = person.ends_with(6);
        assert!(shown.contains(operation), "{shown}");
        assert_eq!(shown.contains("was made but not enabled"), is_made, "{shown}");
    }
}
