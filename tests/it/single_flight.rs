//! Many processes that need the same renewal at once: one makes it, the others get what it got.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::scene::Scene;
use crate::support::fake_aws::Fault;

/// How many SDKs start at once.
const CROWD: usize = 200;
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// `credential-process`, started.
fn start(scene: &Scene, name: &str) -> Child {
    let mut command = scene.home.command(["credential-process", name]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What each of them printed; all must end well.
#[track_caller]
fn outputs(children: Vec<Child>) -> Vec<String> {
    let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
    outputs
        .map(|output| {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && stderr.is_empty(), "{stderr}");
            String::from_utf8(output.stdout).unwrap()
        })
        .collect()
}

/// Starts a crowd while the first `call` of it hangs, and lets that go on when all are there.
#[track_caller]
fn crowd(scene: &Scene, name: &str, call: &str) -> Vec<String> {
    scene.aws.world().fail_next(call, Fault::Hang);
    let children: Vec<Child> = (0..CROWD).map(|_| start(scene, name)).collect();
    assert!(scene.aws.wait_for(call, 1, PATIENCE));
    scene.aws.world().release();
    outputs(children)
}

#[cfg_attr(windows, ignore = "wine starts them too slowly")]
#[test]
fn two_hundred_processes_assume_a_role_once_and_all_get_it() {
    let scene = Scene::new();
    scene.logged_in(&["jump", "prod"]);
    for (name, call) in [("prod", "AssumeRole"), ("read", "GetRoleCredentials")] {
        scene.expire(name);
        let texts = crowd(&scene, name, call);
        assert!(texts.iter().all(|text| *text == texts[0]), "{name}");
        assert_eq!(scene.calls(), [call], "{name}");
    }
}

#[cfg_attr(windows, ignore = "wine starts them too slowly")]
#[test]
fn two_hundred_processes_spend_a_refresh_token_once() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    scene.expire_token();
    scene.expire("read");
    let texts = crowd(&scene, "read", "CreateToken");
    assert!(texts.iter().all(|text| *text == texts[0]));
    assert_eq!(scene.calls(), ["CreateToken", "GetRoleCredentials"]);
}

#[test]
fn profiles_that_share_a_token_refresh_it_once_between_them() {
    let scene = Scene::new();
    scene.logged_in(&["read", "jump"]);
    scene.expire_token();
    scene.expire("read");
    scene.expire("jump");
    scene.aws.world().fail_next("CreateToken", Fault::Hang);
    let children: Vec<Child> = ["read", "jump", "read", "jump"].map(|name| start(&scene, name)).into();
    assert!(scene.aws.wait_for("CreateToken", 1, PATIENCE));
    scene.aws.world().release();
    outputs(children);
    assert_eq!(scene.calls(), ["CreateToken", "GetRoleCredentials", "AssumeRole"]);
}

#[test]
fn when_the_one_that_renews_is_killed_another_takes_over() {
    for (name, call) in [("prod", "AssumeRole"), ("read", "GetRoleCredentials")] {
        let scene = Scene::new();
        scene.logged_in(&["read", "prod"]);
        scene.expire(name);
        scene.aws.world().fail_next(call, Fault::Hang);
        let mut first = start(&scene, name);
        assert!(scene.aws.wait_for(call, 1, PATIENCE));
        let others: Vec<Child> = (0..20).map(|_| start(&scene, name)).collect();
        first.kill().unwrap();
        first.wait().unwrap();
        let texts = outputs(others);
        scene.aws.world().release();
        assert!(texts.iter().all(|text| *text == texts[0]), "{name}");
        assert_eq!(scene.calls(), [call, call], "{name}");
    }
}
