//! `keys remove`: the end of a key, at AWS and here, or here alone.

use super::rotate::{active, is_done};
#[cfg(unix)]
use crate::pty::Terminal;
use crate::scene::{CREDENTIALS, STATE, Scene, session_file};
use crate::support::fake_aws::standard::{KEY_ID, USER_ARN};
use crate::support::fake_aws::{Fault, IamPolicy};

#[test]
fn a_key_is_deleted_at_aws_and_removed_here_with_its_sessions() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, format!("# mine\n{}\n[other]\nx = 1\n", scene.home.read(CREDENTIALS)));
    scene.logged_in(&["prod"]);
    let run = scene.run(&["keys", "remove", "main", "--yes"]).ok();
    assert!(
        run.stderr
            .contains(&format!("removed {KEY_ID} from [main-long-term] of ~/.aws/credentials; it is deleted at AWS\n")),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("main, prod"), "{}", run.stderr);
    assert_eq!(scene.aws.world().keys(USER_ARN), []);
    let left = scene.home.read(CREDENTIALS);
    assert!(!left.contains("main") && left.contains("# mine\n") && left.ends_with("[other]\nx = 1\n"), "{left}");
    assert!(!scene.home.has(&session_file("main")) && !scene.home.has(&session_file("prod")));
    let calls = ["GetCallerIdentity", "ListAccessKeys", "GetAccessKeyLastUsed", "DeleteAccessKey"];
    assert_eq!(scene.calls(), calls);
    // The same key stood in another section.
    let run = scene.run(&["keys", "remove", "base", "--yes"]).exits(5);
    assert!(run.stderr.contains("`awsauth keys remove base --local` forgets the key here"), "{}", run.stderr);
    let run = scene.run(&["keys", "remove", "base", "--local", "--yes", "--json"]).ok();
    assert_eq!((&run.json()["deleted_at_aws"], &run.json()["access_key_id"]), (&false.into(), &KEY_ID.into()));
    scene.run(&["keys", "remove", "base", "--yes"]).exits(5);
}

#[test]
fn local_leaves_the_key_valid_at_aws_and_asks_nobody_there() {
    let scene = Scene::new();
    let run = scene.run(&["keys", "remove", "base", "--local", "--yes"]).ok();
    assert!(run.stderr.contains("it was not deleted at AWS"), "{}", run.stderr);
    assert_eq!((active(&scene), scene.calls()), (vec![KEY_ID.to_owned()], Vec::<String>::new()));
    assert!(!scene.home.read(CREDENTIALS).contains("[base]"));
}

#[test]
fn a_key_whose_deletion_had_no_answer_is_forgotten_here_too() {
    for name in ["base", "main"] {
        let scene = Scene::new();
        scene.logged_in(&["main"]);
        scene.aws.world().fail_next("DeleteAccessKey", Fault::Truncate);
        let run = scene.run(&["keys", "remove", name, "--yes"]).ok();
        assert!(run.stderr.contains("it is deleted at AWS"), "{}", run.stderr);
        assert_eq!(active(&scene), [""; 0]);
        scene.run(&["keys", "rotate", name]).exits(5);
    }
}

/// The new key is stored, and nobody may end the old one.
fn with_old_key() -> Scene {
    let scene = Scene::new();
    let denied = "User: alice is not authorized to perform: iam:UpdateAccessKey";
    scene.aws.world().fail_next("UpdateAccessKey", Fault::status(403, "AccessDenied", denied));
    let run = scene.run(&["keys", "rotate", "base"]).exits(5);
    assert!(run.stderr.contains("`awsauth keys rotate base --delete` deletes it"), "{}", run.stderr);
    scene
}

#[test]
fn a_rotation_whose_new_key_is_stored_can_be_given_up() {
    let scene = with_old_key();
    scene.run(&["keys", "rotate", "base", "--delete"]).ok();
    is_done(&scene, "base", "");
    let scene = with_old_key();
    scene.run(&["keys", "remove", "base", "--yes"]).ok();
    assert_eq!(active(&scene), [KEY_ID]);
    assert!(scene.home.list(&format!("{STATE}/rotations")).is_empty());
}

#[test]
fn without_a_terminal_and_yes_nothing_is_removed() {
    let scene = Scene::new();
    let before = scene.home.read(CREDENTIALS);
    for args in [&["keys", "remove", "base"][..], &["keys", "remove", "base", "--local"]] {
        let run = scene.run(args).exits(2);
        assert!(run.stderr.contains("`--yes` removes it without asking"), "{}", run.stderr);
    }
    assert_eq!((scene.home.read(CREDENTIALS), active(&scene)), (before, vec![KEY_ID.to_owned()]));
}

#[test]
fn a_refusal_of_aws_leaves_the_key_here_and_settings_beside_a_key_stay() {
    let scene = Scene::new();
    let with_region = scene.home.read(CREDENTIALS).replace("[base]\n", "[base]\nregion = eu-west-1\n");
    scene.home.write(CREDENTIALS, &with_region);
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::DeniedWithoutMfa);
    scene.run(&["keys", "remove", "base", "--yes"]).exits(5);
    let run = scene.run(&["keys", "remove", "main", "--yes"]).exits(5);
    assert_eq!(run.stderr, "main: not logged in; run awsauth login main\n");
    scene.aws.world().set_iam_policy(USER_ARN, IamPolicy::Allowed);
    scene.aws.world().fail_next("DeleteAccessKey", Fault::status(403, "AccessDenied", "no"));
    scene.run(&["keys", "remove", "base", "--yes"]).exits(5);
    assert_eq!((scene.home.read(CREDENTIALS), active(&scene)), (with_region, vec![KEY_ID.to_owned()]));
    scene.run(&["keys", "remove", "base", "--yes"]).ok();
    assert!(scene.home.read(CREDENTIALS).contains("[base]\nregion = eu-west-1\n"), "{}", scene.home.read(CREDENTIALS));
    assert!(!scene.home.read(CREDENTIALS).split("[base]").nth(1).unwrap().contains("aws_access_key_id"));
}

#[test]
fn a_key_under_rotation_is_not_removed() {
    let scene = Scene::new();
    scene.aws.world().fail_next("CreateAccessKey", Fault::Close);
    scene.run(&["keys", "rotate", "base"]).exits(6);
    let run = scene.run(&["keys", "remove", "base", "--yes"]).exits(4);
    assert!(run.stderr.contains("`awsauth keys rotate base` ends it"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_person_is_asked_and_told_that_it_is_the_only_key() {
    for (answer, code, is_left) in [("n", 4, true), ("\u{3}", 130, true), ("y", 0, false)] {
        let scene = Scene::new();
        let mut session = Terminal::runs_awsauth(&scene.home, "keys remove base");
        session.exp_string("It is the user's only active key.").unwrap();
        session.types(&format!("{answer}\r"));
        session.exp_string(&format!("ended with {code}")).unwrap();
        assert_eq!(!active(&scene).is_empty(), is_left, "{answer}");
        assert_eq!(scene.home.read(CREDENTIALS).contains("[base]"), is_left, "{answer}");
    }
}
