//! Sign-ins that AWS has refused: remembered until somebody signs in anew, and looked at once more before that.

use std::time::Duration;

use crate::scene::{MANIFEST, Scene};
use crate::support::fake_aws::Fault;
use crate::support::sandbox::Sandbox;

/// The token of `corp`, as aws-facts §4.2 names it.
const TOKEN: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

/// The standard scene with a second profile of the session, whose sign-in the server has forgotten.
fn forgotten() -> Scene {
    let scene = Scene::new();
    let second = "[profiles.second]\npattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"123456789012\"\nsso_role_name = \"ReadOnly\"\n";
    scene.home.manifest(&format!("{MANIFEST}\n{second}"));
    scene.logged_in(&["read"]);
    scene.aws.world().end_sso_logins();
    scene
}

#[track_caller]
fn state(scene: &Scene, name: &str) -> String {
    scene.run(&["status", name, "--json"]).ok().json()["profiles"][0]["state"].as_str().unwrap().to_owned()
}

/// The token file of a login to the same AWS in another HOME, as another program might write it.
fn token_of_another(scene: &Scene) -> String {
    let home = Sandbox::with_aws(&scene.aws);
    home.manifest(MANIFEST);
    home.run(["login", "read"]).ok();
    home.read(TOKEN)
}

#[test]
fn a_sign_in_that_aws_refused_is_not_called_renewable_until_there_is_a_new_one() {
    let scene = forgotten();
    assert_eq!(state(&scene, "second"), "renewable");
    scene.run(&["credential-process", "second"]).exits(5);
    assert_eq!(state(&scene, "second"), "none");
    scene.run(&["status", "second", "--check"]).exits(1);
    scene.aws.clear();
    let run = scene.run(&["credential-process", "second"]).exits(5);
    assert_eq!((run.stdout.as_str(), scene.calls()), ("", vec![]), "AWS is not asked once more");
    let run = scene.run(&["login", "second"]).ok();
    assert_eq!(run.stderr.lines().next(), Some("This login needs 1 approval for corp."));
    assert_eq!(state(&scene, "second"), "valid");
}

#[test]
fn a_refresh_token_that_aws_refused_is_not_called_renewable() {
    let scene = forgotten();
    scene.expire_token();
    scene.run(&["credential-process", "second"]).exits(5);
    assert_eq!(scene.calls(), ["CreateToken"]);
    assert_eq!(state(&scene, "second"), "expired");
    // Another program signs in.
    let token = token_of_another(&scene);
    scene.home.write(TOKEN, token);
    assert_eq!(state(&scene, "second"), "renewable");
    scene.run(&["credential-process", "second"]).ok();
}

#[test]
fn a_failure_of_aws_is_not_remembered() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    scene.expire("read");
    scene.expire_token();
    scene.aws.world().fail_next("CreateToken", Fault::status(500, "InternalServerException", "later"));
    scene.run(&["credential-process", "read"]).exits(6);
    assert_eq!(state(&scene, "read"), "renewable");
    scene.run(&["credential-process", "read"]).ok();
}

#[test]
fn a_token_that_another_program_refreshed_meanwhile_is_used_in_place_of_a_refusal() {
    let scene = forgotten();
    scene.expire_token();
    let token = token_of_another(&scene);
    scene.aws.clear();
    scene.aws.world().fail_next("CreateToken", Fault::Hang);
    let mut command = scene.home.command(["credential-process", "second"]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    assert!(scene.aws.wait_for("CreateToken", 1, Duration::from_mins(1)));
    scene.home.write(TOKEN, token);
    scene.aws.world().release();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(scene.calls(), ["CreateToken", "GetRoleCredentials"]);
}

#[test]
fn a_role_that_aws_refused_is_not_called_renewable_until_it_gives_it() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    scene.run(&["login", "corp", "--no-browser"]).ok();
    let states = || ["prod", "read", "jump"].map(|name| state(&scene, name));
    assert_eq!(states(), ["renewable"; 3]);
    scene.aws.world().fail_next("AssumeRole", Fault::status(403, "AccessDenied", "User is not authorized"));
    scene.aws.world().fail_next("GetRoleCredentials", Fault::status(403, "ForbiddenException", "No access"));
    scene.run(&["credential-process", "prod"]).exits(5);
    scene.run(&["credential-process", "read"]).exits(5);
    // What would be made from it is not called renewable either.
    assert_eq!(states(), ["refused", "refused", "none"]);
    scene.run(&["status", "prod", "--check"]).exits(1);
    // What AWS failed to answer says nothing.
    scene.run(&["credential-process", "prod"]).ok();
    scene.run(&["credential-process", "read"]).ok();
    assert_eq!(states(), ["valid", "valid", "renewable"]);
    scene.expire("prod");
    assert_eq!(state(&scene, "prod"), "renewable");
}

#[test]
fn a_role_that_aws_could_not_give_or_that_is_another_one_now_is_not_refused() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    scene.aws.world().fail_next("AssumeRole", Fault::status(403, "AccessDenied", "User is not authorized"));
    scene.run(&["credential-process", "prod"]).exits(5);
    assert_eq!(state(&scene, "prod"), "refused");
    scene.change_manifest("role/Admin", "role/Other");
    assert_eq!(state(&scene, "prod"), "renewable");
    for _ in 0..10 {
        scene.aws.world().fail_next("AssumeRole", Fault::status(500, "InternalFailure", "later"));
    }
    scene.run(&["credential-process", "prod"]).exits(6);
    assert_eq!(state(&scene, "prod"), "renewable");
}
