//! `keys rotate`: a new key in the place of the old one, and what an interrupted run leaves.

#[cfg(unix)]
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[cfg(unix)]
use crate::pty::Terminal;
use crate::scene::{CREDENTIALS, STATE, Scene, session_file};
use crate::support::fake_aws::standard::{ACCOUNT, KEY_ID, MFA_SERIAL, SECRET_KEY, USER, USER_ARN};
use crate::support::fake_aws::{Fault, IamPolicy, User, World};
use crate::support::sandbox::Run;

const OTHER_ID: &str = "AKIAIOSFODNN7EXAMPL2";
const PATIENCE: Duration = Duration::from_secs(20);

/// Alice has an inactive key beside the stored one.
fn with_inactive_key() -> Scene {
    let scene = with_two_keys();
    scene.aws.world().set_key_active(OTHER_ID, false);
    scene
}

fn with_two_keys() -> Scene {
    let world = World::standard();
    let alice = User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY).with_key(OTHER_ID, "x").with_mfa(MFA_SERIAL);
    world.add_user(alice);
    Scene::in_world(world)
}

/// The id of the key in a section of the credentials file.
#[track_caller]
pub(super) fn stored(scene: &Scene, section: &str) -> String {
    let text = scene.home.read(CREDENTIALS);
    let section = text.split(&format!("[{section}]\n")).nth(1).unwrap_or_else(|| panic!("no [{section}]: {text}"));
    section.lines().find_map(|line| line.strip_prefix("aws_access_key_id = ")).unwrap().to_owned()
}

/// The user's active keys at AWS.
pub(crate) fn active(scene: &Scene) -> Vec<String> {
    scene.aws.world().keys(USER_ARN).into_iter().filter(|(_, active)| *active).map(|(id, _)| id).collect()
}

#[track_caller]
fn shows_no_secret(run: &Run) {
    assert!(!run.stdout.contains("SECRETMARK") && !run.stderr.contains("SECRETMARK"), "{run:?}");
}

/// Nothing is left of a rotation, and the one active key is stored.
#[track_caller]
pub(super) fn is_done(scene: &Scene, section: &str, place: &str) {
    assert_eq!(active(scene), [stored(scene, section)], "{place}");
    let left = scene.home.list(&format!("{STATE}/rotations"));
    assert!(left.is_empty(), "{place}: {left:?}");
}

const CALLS: [&str; 6] = [
    "GetCallerIdentity",
    "ListAccessKeys",
    "GetAccessKeyLastUsed",
    "CreateAccessKey",
    "GetCallerIdentity",
    "UpdateAccessKey",
];

#[test]
fn a_new_key_is_made_tried_and_stored_and_the_old_one_deactivated() {
    let scene = Scene::new();
    let run = scene.run(&["keys", "rotate", "base", "-v"]).ok();
    shows_no_secret(&run);
    let new = stored(&scene, "base");
    assert_ne!(new, KEY_ID);
    assert_eq!(scene.calls(), CALLS);
    assert_eq!(scene.aws.world().keys(USER_ARN), [(KEY_ID.to_owned(), false), (new.clone(), true)]);
    for part in
        [format!("stored {new} in [base] of ~/.aws/credentials\n"), format!("the old key {KEY_ID} is inactive\n")]
    {
        assert!(run.stderr.contains(&part), "{part}: {}", run.stderr);
    }
    is_done(&scene, "base", "");
    assert_eq!(stored(&scene, "main-long-term"), KEY_ID, "another section is another key");
    scene.aws.clear();
    let run = scene.run(&["keys", "rotate", "base", "--delete", "--json"]).ok();
    let json = run.json();
    assert_eq!(
        (json["old_access_key_id"].as_str(), json["old_status"].as_str()),
        (Some(new.as_str()), Some("deleted"))
    );
    for part in [format!("deleted {KEY_ID}, created at "), "Z, which was inactive\n".to_owned()] {
        assert!(run.stderr.contains(&part), "{part}: {}", run.stderr);
    }
    assert_eq!(scene.aws.world().keys(USER_ARN), [(stored(&scene, "base"), true)]);
    shows_no_secret(&run);
}

#[test]
fn a_new_key_is_waited_for_until_aws_knows_it() {
    let scene = Scene::new();
    scene.aws.world().refuse_new_keys(2);
    let run = scene.run(&["keys", "rotate", "base"]).ok();
    assert!(run.stderr.contains("waiting until AWS knows the new key everywhere\n"), "{}", run.stderr);
    assert_eq!(scene.aws.count("GetCallerIdentity"), 1 + 3);
    is_done(&scene, "base", "");
}

#[test]
fn the_mfa_session_signs_and_what_was_made_from_the_old_key_ends() {
    let scene = Scene::new();
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    let run = scene.run(&["keys", "rotate", "main"]).exits(5);
    assert_eq!(run.stderr, "main: not logged in; run awsauth login main\n");
    assert_eq!(scene.calls(), [""; 0]);
    let run = scene.run(&["keys", "rotate", "base"]).exits(5);
    for part in ["base: CreateAccessKey failed: ", "explicit deny", "a profile with the pattern `iam-mfa`"] {
        assert!(run.stderr.contains(part) || part.starts_with("base"), "{part}: {}", run.stderr);
    }
    assert_eq!(active(&scene), [KEY_ID]);
    scene.logged_in(&["prod"]);
    let session = scene.session("main")["access_key_id"].as_str().unwrap().to_owned();
    let run = scene.run(&["keys", "rotate", "main"]).ok();
    assert!(run.stderr.contains("ended the sessions of the old key: main, prod\n"), "{}", run.stderr);
    let signers: Vec<_> = scene.aws.requests().into_iter().filter_map(|request| request.access_key_id).collect();
    let new = stored(&scene, "main-long-term");
    assert_eq!(signers.iter().filter(|id| **id == session).count(), CALLS.len() - 1);
    assert_eq!(signers.iter().filter(|id| **id == new).count(), 1, "the new key is tried by itself");
    assert!(!scene.home.has(&session_file("main")) && !scene.home.read(CREDENTIALS).contains("[main]"));
    is_done(&scene, "main-long-term", "");
    scene.aws.clear();
    scene.logged_in(&["prod"]);
}

#[test]
fn with_both_keys_active_nothing_happens_and_the_last_uses_are_told() {
    let scene = with_two_keys();
    let before = scene.home.read(CREDENTIALS);
    let run = scene.run(&["keys", "rotate", "base"]).exits(4);
    for part in [
        "base: both access keys of alice are active, and a user has two at most",
        "the other key AKIA************MPL2: last used never",
        "`awsauth keys list base`",
        "aws iam update-access-key --user-name alice --status Inactive",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert_eq!((scene.home.read(CREDENTIALS), active(&scene).len()), (before, 2));
    assert!(scene.home.list(&format!("{STATE}/rotations")).is_empty());
}

#[test]
fn a_refusal_changes_nothing_and_leaves_nothing() {
    let scene = Scene::new();
    let before = scene.home.read(CREDENTIALS);
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::Nothing);
    let run = scene.run(&["keys", "rotate", "base"]).exits(5);
    assert!(run.stderr.contains("no permission for `iam:ListAccessKeys`"), "{}", run.stderr);
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::Allowed);
    let limit = Fault::status(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2");
    scene.aws.world().fail_next("CreateAccessKey", limit);
    let run = scene.run(&["keys", "rotate", "base"]).exits(4);
    assert!(run.stderr.contains("a user has two access keys at most"), "{}", run.stderr);
    assert_eq!(scene.home.read(CREDENTIALS), before);
    is_done(&scene, "base", "");
    scene.home.write(CREDENTIALS, "");
    let run = scene.run(&["keys", "rotate", "base"]).exits(5);
    assert!(run.stderr.contains("`awsauth keys add base`"), "{}", run.stderr);
}

#[test]
fn a_lost_answer_is_told_and_the_next_run_cleans_up() {
    let scene = Scene::new();
    scene.aws.world().fail_next("CreateAccessKey", Fault::Truncate);
    let run = scene.run(&["keys", "rotate", "base"]).exits(6);
    assert!(
        run.stderr.contains("the stored key works; `awsauth keys rotate base` goes on from here"),
        "{}",
        run.stderr
    );
    assert_eq!((active(&scene).len(), stored(&scene, "base").as_str()), (2, KEY_ID));
    let lost = active(&scene).remove(1);
    let year = crate::scene::now().strftime("%Y").to_string();
    let run = scene.run(&["keys", "rotate", "base"]).ok();
    let deleted = format!("deleted {lost}, created at {year}-");
    for part in [&deleted, "Z, which an interrupted rotation had made\n"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    is_done(&scene, "base", "");
}

#[test]
fn a_lost_key_is_known_by_the_clock_of_aws() {
    for offset in [-600, 600] {
        let scene = Scene::new();
        scene.aws.world().set_clock_offset(offset);
        scene.aws.world().fail_next("CreateAccessKey", Fault::Truncate);
        scene.run(&["keys", "rotate", "base"]).exits(6);
        scene.run(&["keys", "rotate", "base"]).ok();
        is_done(&scene, "base", &offset.to_string());
    }
}

/// A rotation that made no key, and a key that somebody else made so many minutes after it.
fn with_somebodys_key(minutes: i64, is_used: bool) -> Scene {
    let scene = Scene::new();
    scene.aws.world().fail_next("CreateAccessKey", Fault::Close);
    scene.run(&["keys", "rotate", "base"]).exits(6);
    assert_eq!(active(&scene).len(), 1);
    let mut alice = User::new(ACCOUNT, USER).with_key(KEY_ID, SECRET_KEY).with_key(OTHER_ID, "x");
    let created = crate::scene::minutes(crate::scene::now(), minutes);
    alice.keys[1].created = created;
    alice.keys[1].last_used = is_used.then(|| (created, "ec2".to_owned(), "eu-west-1".to_owned()));
    scene.aws.world().add_user(alice);
    scene
}

#[test]
fn a_key_that_was_used_or_was_made_before_or_later_is_not_taken_for_a_lost_one() {
    for (minutes, is_used) in [(0, true), (-1, false), (2, false)] {
        let scene = with_somebodys_key(minutes, is_used);
        let run = scene.run(&["keys", "rotate", "base"]).exits(4);
        assert!(run.stderr.contains("both access keys of alice are active"), "{}", run.stderr);
        assert_eq!(active(&scene).len(), 2, "{minutes} {is_used}");
        // An inactive one makes room, as for every rotation.
        scene.aws.world().set_key_active(OTHER_ID, false);
        let run = scene.run(&["keys", "rotate", "base"]).ok();
        assert!(run.stderr.contains(&format!("deleted {OTHER_ID}, created at ")), "{}", run.stderr);
        is_done(&scene, "base", "");
    }
}

#[test]
fn the_noted_key_is_stored_again_if_the_old_one_was_put_back_meanwhile() {
    let scene = Scene::new();
    for _ in 0..5 {
        scene.aws.world().fail_next("UpdateAccessKey", Fault::Close);
    }
    scene.run(&["keys", "rotate", "base"]).exits(6);
    let new = stored(&scene, "base");
    assert_eq!((active(&scene).len(), new == KEY_ID), (2, false), "the new key is stored, the old one still works");
    // The person goes back to the old key.
    scene.home.run_with_input(["keys", "add", "base", "--force"], &format!("{KEY_ID} {SECRET_KEY}")).ok();
    let run = scene.run(&["keys", "rotate", "base"]).ok();
    assert!(run.stderr.contains("went on with a rotation that was interrupted"), "{}", run.stderr);
    assert_eq!(stored(&scene, "base"), new);
    is_done(&scene, "base", "");
}

#[test]
fn two_rotations_of_one_key_do_not_meet() {
    let scene = Scene::new();
    scene.aws.world().fail_next("CreateAccessKey", Fault::Hang);
    let mut first = scene.home.command(["keys", "rotate", "base"]).stderr(Stdio::null()).spawn().unwrap();
    assert!(scene.aws.wait_for("CreateAccessKey", 1, PATIENCE));
    let run = scene.run(&["keys", "rotate", "base"]).exits(6);
    assert!(run.stderr.contains("it rotates this key: wait until it is done"), "{}", run.stderr);
    scene.aws.world().release();
    assert!(first.wait().unwrap().success());
    is_done(&scene, "base", "");
}

/// Kills a rotation at its `nth` call, before it is carried out or after that, and lets another one end it.
fn kill_at(scene: &Scene, args: &[&str], section: &str, calls: &[String], nth: usize, fault: &Fault) {
    let operation = calls[nth].as_str();
    let before = calls[..nth].iter().filter(|call| *call == operation).count();
    let place = format!("{args:?}: {fault:?} at {nth}, {operation}");
    scene.aws.clear();
    scene.aws.world().fail_after(operation, before, fault.clone());
    let mut child = scene.home.command(args).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let has_come = match fault {
        Fault::Hang => scene.aws.wait_for(operation, before + 1, PATIENCE),
        _ => scene.aws.wait_until_done(operation, before + 1, PATIENCE),
    };
    assert!(has_come, "{place}");
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = stored(scene, section);
    assert!(active(scene).contains(&kept), "{place}: {kept} of {:?}", scene.aws.world().keys(USER_ARN));
    if section == "main-long-term" {
        scene.run(&["login", "main", "--token-code", &scene.code()]).ok();
    }
    let run = scene.run(args).ok();
    shows_no_secret(&run);
    is_done(scene, section, &place);
}

/// Kills a rotation at each of its calls, each in a world of its own.
fn sweep(scene: impl Fn() -> Scene, args: &[&str], section: &str) {
    let first = scene();
    first.run(args).ok();
    let calls = first.calls();
    assert!(calls.len() >= CALLS.len(), "{calls:?}");
    for nth in 0..calls.len() {
        for fault in [Fault::Hang, Fault::Silent] {
            kill_at(&scene(), args, section, &calls, nth, &fault);
        }
    }
}

#[test]
fn killed_at_any_call_a_rotation_leaves_a_stored_key_that_works_and_the_next_one_ends_it() {
    sweep(Scene::new, &["keys", "rotate", "base"], "base");
}

#[test]
fn killed_at_any_call_a_rotation_that_deletes_leaves_a_stored_key_that_works_and_the_next_one_ends_it() {
    sweep(with_inactive_key, &["keys", "rotate", "base", "--delete"], "base");
}

#[test]
fn killed_at_any_call_a_rotation_with_mfa_leaves_a_stored_key_that_works_and_the_next_one_ends_it() {
    let scene = || {
        let scene = Scene::new();
        scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
        scene.logged_in(&["main"]);
        scene
    };
    sweep(scene, &["keys", "rotate", "main"], "main-long-term");
}

#[cfg(unix)]
#[test]
fn the_note_of_a_new_key_is_private_and_goes_with_the_end() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    scene.aws.world().refuse_new_keys(1_000);
    let mut child = scene.home.command(["keys", "rotate", "base"]).stderr(Stdio::null()).spawn().unwrap();
    assert!(scene.aws.wait_until_done("GetCallerIdentity", 2, PATIENCE));
    child.kill().unwrap();
    child.wait().unwrap();
    let [note] = &scene.home.list(&format!("{STATE}/rotations"))[..] else { panic!("one note") };
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(note), mode(note.parent().unwrap())), (0o600, 0o700));
    assert!(std::fs::read_to_string(note).unwrap().contains("SECRETMARK"));
}

#[test]
fn a_noted_key_is_deleted_if_a_third_one_was_stored_meanwhile() {
    let scene = Scene::new();
    scene.aws.world().refuse_new_keys(1_000);
    let mut child = scene.home.command(["keys", "rotate", "base"]).stderr(Stdio::null()).spawn().unwrap();
    assert!(scene.aws.wait_until_done("GetCallerIdentity", 2, PATIENCE));
    child.kill().unwrap();
    child.wait().unwrap();
    let noted = active(&scene).remove(1);
    scene.aws.world().refuse_new_keys(0);
    scene.aws.world().add_user(User::new(ACCOUNT, USER).with_key(OTHER_ID, SECRET_KEY).with_key(&noted, "x"));
    scene.home.run_with_input(["keys", "add", "base", "--force"], &format!("{OTHER_ID} {SECRET_KEY}")).ok();
    let run = scene.run(&["keys", "rotate", "base"]).ok();
    assert!(run.stderr.contains(&format!("deleted {noted}, created at ")), "{}", run.stderr);
    is_done(&scene, "base", "");
    assert!(!active(&scene).contains(&OTHER_ID.to_owned()));
}

#[cfg(unix)]
#[test]
fn at_a_terminal_the_login_runs_in_place() {
    let scene = Scene::new();
    let mut session = Terminal::runs_awsauth(&scene.home, "keys rotate main");
    session.exp_string("MFA code for").unwrap();
    session.types(&format!("{}\r", scene.code()));
    session.exp_string("is inactive").unwrap();
    session.exp_string("ended with 0").unwrap();
    is_done(&scene, "main-long-term", "");
}
