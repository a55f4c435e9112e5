//! What a person at the terminal sees of it: how far it is, questions, and Ctrl-C.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::{MANIFEST, PATIENCE, SESSION, Scene};
use crate::pty::Terminal;
use crate::support::fake_aws::{Approval, Fault};

#[test]
fn a_person_is_asked_before_anything_is_written() {
    let scene = Scene::with_many(3).signed_in();
    let before = scene.home.read(MANIFEST);
    for (key, words) in [("n", "the change was not written"), ("\u{3}", "interrupted; the change was not written")] {
        let mut session = Terminal::runs_awsauth(&scene.home, "discover");
        session.exp_string("3 accounts with 6 roles: 3 new").unwrap();
        let names = "a0000-Admin, a0000-ReadOnly, a0001-Admin, a0001-ReadOnly, a0002-Admin, ";
        session.exp_string(&format!("this adds 6 profiles ({names}")).unwrap();
        session.exp_string("would change ~/.config/awsauth/profiles.toml").unwrap();
        session.exp_string("Write this?").unwrap();
        session.exp_string("(Y/n)").unwrap();
        session.types(if key == "n" { "n\r" } else { key });
        session.exp_string(words).unwrap();
        session.exp_string(if key == "n" { "ended with 4" } else { "ended with 130" }).unwrap();
        assert_eq!(scene.home.read(MANIFEST), before);
    }
    let mut session = Terminal::runs_awsauth(&scene.home, "discover");
    session.exp_string("Write this?").unwrap();
    session.types("\r");
    session.exp_string("next: `awsauth apply`").unwrap();
    session.exp_string("ended with 0").unwrap();
    scene.aws.world().unassign(&super::id(1), "Admin");
    // What goes is not what Enter means.
    let before = scene.home.read(MANIFEST);
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --prune");
    session.exp_string("-Admin").unwrap();
    session.exp_string("this removes 1 profile (a0001-Admin)").unwrap();
    session.exp_string("(y/N)").unwrap();
    session.types("\r");
    session.exp_string("the change was not written").unwrap();
    session.exp_string("ended with 4").unwrap();
    assert_eq!(scene.home.read(MANIFEST), before);
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --yes --prune");
    session.exp_string("-Admin").unwrap();
    session.exp_string("ended with 0").unwrap();
}

#[test]
fn a_person_sees_how_far_it_is_and_how_long_it_takes() {
    let scene = Scene::with_many(40).signed_in();
    scene.aws.world().fail_after("ListAccountRoles", 30, Fault::Hang);
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --yes");
    session.exp_regex("[0-9]+ of 40 accounts, [0-9]+s left").unwrap();
    assert!(scene.aws.wait_for("ListAccountRoles", 40, PATIENCE));
    scene.aws.world().release();
    session.exp_string("ended with 0").unwrap();
    let scene = Scene::with_many(40).signed_in();
    let run = scene.run(&["discover"]).ok();
    assert!(!run.stderr.contains(" of 40 ") && run.stderr.starts_with("corp lists 40 accounts"), "{}", run.stderr);
}

#[test]
fn after_ctrl_c_nothing_is_written_and_the_next_run_starts_over() {
    let scene = Scene::with_many(40).signed_in();
    let before = scene.home.read(MANIFEST);
    scene.aws.world().fail_after("ListAccountRoles", 35, Fault::Hang);
    let mut session = Terminal::runs_awsauth(&scene.home, "discover");
    assert!(scene.aws.wait_for("ListAccountRoles", 36, PATIENCE));
    session.types("\u{3}");
    session.exp_string("interrupted").unwrap();
    session.exp_string("ended with 130").unwrap();
    assert_eq!(scene.home.read(MANIFEST), before);
    scene.aws.world().release();
    scene.aws.clear();
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --yes");
    session.exp_string("40 new").unwrap();
    session.exp_string("ended with 0").unwrap();
    assert_eq!(scene.lists(), (1, 40));
    assert!(scene.home.read(MANIFEST).contains("a0039 = "));
}

#[test]
fn a_signal_without_a_terminal_ends_it_as_well() {
    let scene = Scene::with_many(2).signed_in();
    let before = scene.home.read(MANIFEST);
    scene.aws.world().fail_after("ListAccountRoles", 1, Fault::Hang);
    let child = scene.home.command(["discover", "-v"]).stderr(Stdio::piped()).spawn().unwrap();
    assert!(scene.aws.wait_for("ListAccountRoles", 2, PATIENCE));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    scene.aws.world().release();
    assert_eq!(output.status.code(), Some(130));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.ends_with("interrupted\n"), "{words}");
    assert_eq!(scene.home.read(MANIFEST), before);
}

#[test]
fn a_sign_in_that_is_needed_is_made_in_place_and_again_if_it_is_revoked() {
    let scene = Scene::with_many(30);
    scene.aws.world().approve_devices(Approval::Never);
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --yes --no-browser");
    session.exp_string("to approve the login to corp").unwrap();
    session.exp_string("Waiting for up to 10 minutes").unwrap();
    assert!(scene.aws.world().approve(&scene.aws.world().user_codes()[0]));
    session.exp_string("30 new").unwrap();
    session.exp_string("ended with 0").unwrap();
    scene.aws.world().approve_devices(Approval::Immediately);
    scene.aws.world().fail_after("ListAccountRoles", 10, Fault::SignOut);
    scene.aws.clear();
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --no-browser");
    session.exp_string("to approve the login to corp").unwrap();
    session.exp_string("30 unchanged").unwrap();
    session.exp_string("ended with 0").unwrap();
    assert_eq!(scene.aws.count("StartDeviceAuthorization"), 1);
}

#[test]
fn nothing_is_taken_over_from_before_an_approval_in_the_midst_of_it() {
    let scene = Scene::with_many(30).signed_in();
    scene.aws.world().approve_devices(Approval::Never);
    scene.aws.world().fail_after("ListAccountRoles", 10, Fault::SignOut);
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --yes --no-browser");
    session.exp_string("to approve the login to corp").unwrap();
    session.exp_string("Waiting for up to 10 minutes").unwrap();
    // As if another person approved it.
    for number in 0..30 {
        scene.aws.world().unassign(&super::id(number), "Admin");
    }
    assert!(scene.aws.world().approve(&scene.aws.world().user_codes()[0]));
    session.exp_string("30 accounts with 30 roles").unwrap();
    session.exp_string("ended with 0").unwrap();
    assert_eq!(scene.home.read(MANIFEST).matches("roles = [\"ReadOnly\"]").count(), 30);
    assert_eq!(scene.aws.count("ListAccounts"), 2);
}

#[test]
fn what_is_written_to_any_file_of_the_manifest_while_a_person_thinks_is_not_passed_over() {
    let scene = Scene::with_many(3).signed_in();
    let before = scene.home.read(MANIFEST);
    let mut session = Terminal::runs_awsauth(&scene.home, "discover corp --prune");
    session.exp_string("Write this?").unwrap();
    // Not there before, and not to be written to.
    scene.home.write(".config/awsauth/profiles.local.toml", "[accounts]\nmine = \"600000000001\"\n");
    session.types("y\r");
    session.exp_string("profiles.local.toml was changed by another program meanwhile").unwrap();
    session.exp_string("run `awsauth discover corp --prune` again").unwrap();
    session.exp_string("ended with 4").unwrap();
    assert_eq!(scene.home.read(MANIFEST), before);
}

#[test]
fn nothing_is_written_unasked_at_a_terminal_for_a_document_either() {
    let scene = Scene::with_many(2).signed_in();
    let before = format!("{SESSION}\n[accounts]\nold = \"111111111111\"\n");
    scene.home.manifest(&before);
    for args in ["discover --json", "discover --json --prune"] {
        let mut session = Terminal::runs_awsauth(&scene.home, args);
        session.exp_string("with `--json`, nobody is asked before the manifest is written").unwrap();
        session.exp_string("ended with 2").unwrap();
        assert_eq!((scene.home.read(MANIFEST), scene.lists()), (before.clone(), (0, 0)));
    }
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --json --dry-run");
    session.exp_string("ended with 0").unwrap();
    assert_eq!(scene.home.read(MANIFEST), before);
    let mut session = Terminal::runs_awsauth(&scene.home, "discover --json --yes");
    session.exp_string("ended with 0").unwrap();
    assert!(scene.home.read(MANIFEST).contains("a0001 = "));
}

#[test]
fn a_shell_completes_the_names_of_sessions() {
    let scene = Scene::with_many(0);
    let mut command = scene.home.command(["--", "awsauth", "discover", ""]);
    command.env("AWSAUTH_COMPLETE", "bash");
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(words.lines().any(|word| word == "corp"), "{words}");
}

#[test]
fn nobody_is_asked_for_a_listing_that_could_not_be_written() {
    let scene = Scene::with_many(3).signed_in();
    scene.aws.clear();
    let awsauth = env!("CARGO_BIN_EXE_awsauth");
    let dir = scene.home.path(".config");
    let script = format!(
        "mount --bind {0} {0} && mount -o remount,ro,bind {0} || {{ echo no mounts; exit; }}; {awsauth} discover; echo \"ended with $?\"",
        dir.display()
    );
    let mut command = scene.home.program("unshare".as_ref());
    command.args(["-m", "sh", "-c", &script]).env("TERM", "xterm");
    let mut session = Terminal::runs(command);
    let said = session.exp_eof().unwrap();
    if said.contains("no mounts") || said.contains("unshare:") {
        eprintln!("skipped: this machine allows no mount namespace");
        return;
    }
    assert!(said.contains("Read-only file system") && said.contains("ended with 6"), "{said}");
    assert_eq!(scene.lists(), (0, 0), "nothing is listed for it");
}
