//! Many profiles at once: what is shared, what goes side by side, and what one failure costs.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use crate::scene::{MANIFEST, Scene};
use crate::support::fake_aws::standard::{ADMIN_ROLE, AUDIT_ROLE, MFA_SERIAL, START_URL, USER_ARN};
use crate::support::fake_aws::{Approval, Fault, Role};

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The manifest with `count` more roles through `main`, named `role-1` and so on.
fn with_roles(count: usize) -> String {
    let role = |number| {
        format!(
            "\n[profiles.role-{number}]\npattern = \"iam-mfa-role\"\nsource_profile = \"main\"\nrole_arn = \"{ADMIN_ROLE}\"\nrole_session_name = \"n{number}\"\ntags = [\"roles\"]\n"
        )
    };
    (1..=count).fold(MANIFEST.to_owned(), |text, number| text + &role(number))
}

/// `count` accounts with a role each, assigned and in the manifest as `account-1` and so on.
fn with_accounts(scene: &Scene, count: usize) -> String {
    let mut text = MANIFEST.to_owned();
    for number in 1..=count {
        let account = format!("{:012}", 600_000_000_000_u64 + number as u64);
        scene.aws.world().assign(START_URL, &account, "many", "Dev");
        let tail = format!("sso_account_id = \"{account}\"\nsso_role_name = \"Dev\"\ntags = [\"accounts\"]\n");
        write!(text, "\n[profiles.account-{number}]\npattern = \"sso\"\nsso_session = \"corp\"\n{tail}").unwrap();
    }
    text
}

fn count(calls: &[String], name: &str) -> usize {
    calls.iter().filter(|call| *call == name).count()
}

#[test]
fn thirty_roles_behind_one_device_take_one_code_and_nothing_the_second_time() {
    let scene = Scene::new();
    scene.home.manifest(&with_roles(30));
    let code = scene.code();
    let run = scene.run(&["login", "--tag", "roles", "--token-code", &code]).ok();
    let calls = scene.calls();
    assert_eq!((calls.len(), count(&calls, "GetSessionToken"), count(&calls, "AssumeRole")), (31, 1, 30));
    let first = run.stderr.lines().next().unwrap();
    assert_eq!(first, format!("This login needs 1 MFA code of {MFA_SERIAL}, for 30 profiles."));
    let last: Vec<&str> = run.stderr.lines().rev().take(2).collect();
    let warning = "warning: 30 profiles are not in ~/.aws/config yet (role-1, role-2, role-3, …): `awsauth apply` puts them there";
    assert_eq!(last[1], warning);
    let all = "30 profiles: each valid for at least 1 h 0 min and renewed without a prompt; `awsauth status` tells how long each";
    assert_eq!(last[0], all);
    let run = scene.run(&["login", "--tag", "roles", "-v"]).ok();
    assert_eq!(run.stderr.matches(": valid for ").count(), 30, "{}", run.stderr);
    assert!(!run.stderr.contains("This login needs"), "{}", run.stderr);
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn two_hundred_sso_profiles_take_one_approval_within_the_portals_quota() {
    let scene = Scene::new();
    scene.home.manifest(&with_accounts(&scene, 200));
    scene.aws.world().set_portal_quota(20);
    let run = scene.run(&["login", "--tag", "accounts"]).ok();
    assert!(run.stderr.starts_with("This login needs 1 approval for corp, for 200 profiles.\n"), "{}", run.stderr);
    assert!(run.stderr.contains("\n200 of 200 sessions\n"), "{}", run.stderr);
    let calls = scene.calls();
    let once = ["RegisterClient", "StartDeviceAuthorization", "CreateToken"].map(|call| count(&calls, call));
    assert_eq!(once, [1, 1, 1]);
    // One that comes a moment too early is asked again.
    assert!((200..=220).contains(&count(&calls, "GetRoleCredentials")), "{}", calls.len());
    scene.run(&["login", "--tag", "accounts"]).ok();
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn a_portal_that_is_busy_and_one_that_fails_are_asked_again_and_nobody_hears_of_it() {
    let scene = Scene::new();
    scene.home.manifest(&with_accounts(&scene, 10));
    scene.aws.world().throttle_next(15);
    scene.aws.world().fail_next("GetRoleCredentials", Fault::status(503, "ServiceUnavailable", "later"));
    let run = scene.run(&["login", "--tag", "accounts"]).ok();
    assert_eq!(run.stderr.matches(": valid for ").count(), 10, "{}", run.stderr);
    assert_eq!(count(&scene.calls(), "GetRoleCredentials"), 26);
}

#[test]
fn calls_that_do_not_need_each_other_go_side_by_side() {
    let scene = Scene::new();
    scene.home.manifest(&with_roles(5));
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    let code = scene.code();
    let mut command = scene.home.command(["login", "--tag", "roles", "--token-code", &code]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let others_came = scene.aws.wait_for("AssumeRole", 5, PATIENCE);
    scene.aws.world().release();
    assert!(others_came, "the others wait for the one that hangs");
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_role_is_assumed_as_soon_as_its_own_source_is_there() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    scene.aws.world().fail_next("AssumeRole", Fault::Hang);
    // `prod` can be assumed at once and hangs; `jump` needs `read` first, and nothing of `prod`.
    let mut command = scene.home.command(["login", "prod", "jump"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let both_came = scene.aws.wait_for("AssumeRole", 2, PATIENCE);
    scene.aws.world().release();
    assert!(both_came && child.wait_with_output().unwrap().status.success());
}

#[test]
fn what_fails_once_is_asked_once_and_told_once_with_all_whom_it_concerns() {
    let scene = Scene::new();
    scene.home.manifest(&with_roles(3));
    let good = scene.code();
    let wrong = if good == "000000" { "000001" } else { "000000" };
    let run = scene.run(&["login", "role-1", "read", "role-2", "role-3", "--token-code", wrong, "--json"]).exits(5);
    assert_eq!(count(&scene.calls(), "GetSessionToken"), 1);
    assert_eq!(run.stderr.matches("main: GetSessionToken failed").count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("no credentials for this reason: role-1, role-2, role-3"), "{}", run.stderr);
    assert!(run.stderr.ends_with("1 profile ready, 3 failed\n"), "{}", run.stderr);
    let document = run.json();
    let states: Vec<(&str, &str)> = document["profiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|profile| (profile["name"].as_str().unwrap(), profile["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [("role-1", "failed"), ("read", "valid"), ("role-2", "failed"), ("role-3", "failed")]);
    assert_eq!(document["profiles"][2]["error"]["profile"], "main");
}

#[test]
fn an_approval_that_is_denied_is_not_asked_for_again_by_the_next_profile() {
    let scene = Scene::new();
    scene.home.manifest(&with_accounts(&scene, 3));
    scene.aws.world().approve_devices(Approval::Deny);
    let run = scene.run(&["login", "--tag", "accounts"]).exits(5);
    assert_eq!(run.stderr.matches("It must show this code").count(), 1, "{}", run.stderr);
    assert_eq!(run.stderr.matches("CreateToken failed").count(), 1, "{}", run.stderr);
    assert_eq!(count(&scene.calls(), "StartDeviceAuthorization"), 1);
}

#[test]
fn a_token_that_aws_has_revoked_is_asked_for_once_for_all_profiles() {
    let scene = Scene::new();
    scene.home.manifest(&with_accounts(&scene, 5));
    scene.logged_in(&["read"]);
    scene.aws.world().end_sso_logins();
    let run = scene.run(&["login", "--tag", "accounts"]).ok();
    assert_eq!(run.stderr.matches("It must show this code").count(), 1, "{}", run.stderr);
    let calls = scene.calls();
    // The refresh token is dead as well, which is found out once.
    assert_eq!((count(&calls, "StartDeviceAuthorization"), count(&calls, "CreateToken")), (1, 2), "{calls:?}");
}

#[test]
fn a_token_that_aws_has_revoked_and_nobody_approves_anew_is_asked_for_once() {
    let scene = Scene::new();
    scene.home.manifest(&with_accounts(&scene, 6));
    scene.logged_in(&["read"]);
    scene.aws.world().end_sso_logins();
    scene.aws.world().approve_devices(Approval::Deny);
    let run = scene.run(&["login", "--tag", "accounts"]).exits(5);
    assert_eq!(run.stderr.matches("It must show this code").count(), 1, "{}", run.stderr);
    assert_eq!(run.stderr.matches("error").count(), 1, "{}", run.stderr);
    let calls = scene.calls();
    assert_eq!((count(&calls, "StartDeviceAuthorization"), count(&calls, "CreateToken")), (1, 2), "{calls:?}");
}

#[test]
fn a_token_that_aws_refuses_right_after_its_approval_ends_the_login() {
    let refused = || Fault::status(401, "UnauthorizedException", "Session token not found or invalid");
    let legacy = "sso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"";
    for (session, words) in [
        ("sso_session = \"corp\"", "Session token not found or invalid"),
        // Without a refresh token there is nothing left to try.
        (legacy, "AWS refuses the token of the login that was just approved"),
    ] {
        let scene = Scene::new();
        scene.home.manifest(&with_accounts(&scene, 3).replace("sso_session = \"corp\"", session));
        for _ in 0..20 {
            scene.aws.world().fail_next("GetRoleCredentials", refused());
        }
        let run = scene.run(&["login", "--tag", "accounts"]).exits(5);
        assert_eq!(run.stderr.matches("It must show this code").count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}

#[test]
fn what_aws_says_of_many_profiles_is_told_once() {
    let scene = Scene::new();
    scene.home.manifest(&with_accounts(&scene, 12));
    for number in 1..=11 {
        scene.aws.world().unassign(&format!("{:012}", 600_000_000_000_u64 + number), "Dev");
    }
    let run = scene.run(&["login", "--tag", "accounts", "--json"]).exits(5);
    assert_eq!(run.stderr.matches("No access").count(), 1, "{}", run.stderr);
    let names: Vec<String> = (1..=8)
        .map(|number| format!("account-{number} (role Dev in account {:012})", 600_000_000_000_u64 + number))
        .collect();
    let list = format!("no credentials for this reason: {} and 3 more", names.join(", "));
    assert!(run.stderr.contains(&list) && run.stderr.ends_with("1 profile ready, 11 failed\n"), "{}", run.stderr);
    let document = run.json();
    let accounts = document["profiles"].as_array().unwrap().iter().filter(|profile| profile["state"] == "failed");
    assert_eq!(
        accounts.map(|profile| profile["error"]["profile"].as_str()).collect::<std::collections::BTreeSet<_>>().len(),
        11
    );
}

#[test]
fn one_profile_that_fails_does_not_stop_the_others_beside_it() {
    let scene = Scene::new();
    scene.home.manifest(&with_accounts(&scene, 4));
    scene.aws.world().unassign("600000000002", "Dev");
    let run = scene.run(&["login", "--tag", "accounts"]).exits(5);
    assert!(run.stderr.contains("account-2: GetRoleCredentials failed: No access"), "{}", run.stderr);
    assert!(run.stderr.ends_with("3 profiles ready, 1 failed\n"), "{}", run.stderr);
}

#[test]
fn roles_with_a_device_of_their_own_need_a_code_each_and_the_plan_says_what_would_change_that() {
    let scene = Scene::new();
    let second = format!(
        "\n[profiles.audit2]\npattern = \"iam-mfa-role\"\nsource_profile = \"base\"\nmfa_serial = \"{MFA_SERIAL}\"\nrole_arn = \"{AUDIT_ROLE}\"\nrole_session_name = \"two\"\nexternal_id = \"partner-42\"\n"
    );
    scene.home.manifest(&(MANIFEST.to_owned() + &second));
    let code = scene.code();
    let run = scene.run(&["login", "audit", "audit2", "main", "--token-code", &code]).exits(5);
    assert!(run.stderr.starts_with(&format!("This login needs 3 MFA codes of {MFA_SERIAL}, for 3 profiles.\n")));
    for part in [
        "these take one each: audit, audit2, main.",
        "With `source_profile = \"main\"` and no `mfa_serial`, audit2 would need no code of its own",
        "audit: valid for",
        "audit2: no MFA code",
        "main: no MFA code",
        "AWS accepts a code once: run `awsauth login audit2 --token-code CODE` with the device's next code",
    ] {
        assert!(run.stderr.contains(part), "{part}\n{}", run.stderr);
    }
    assert_eq!(scene.calls(), ["AssumeRole"]);
}

#[test]
fn a_chain_of_roles_is_walked_once_for_all_that_stand_on_it() {
    let scene = Scene::new();
    let deep = |name: &str, source: &str, arn: &str| {
        format!(
            "\n[profiles.{name}]\npattern = \"iam-mfa-role\"\nsource_profile = \"{source}\"\nrole_arn = \"{arn}\"\n"
        )
    };
    let arns = ["arn:aws:iam::444455556666:role/Two", "arn:aws:iam::444455556666:role/Three"];
    for arn in arns {
        scene.aws.world().add_role(Role::new(arn).trusting(ADMIN_ROLE));
    }
    scene.home.manifest(&(MANIFEST.to_owned() + &deep("two", "prod", arns[0]) + &deep("three", "prod", arns[1])));
    let code = scene.code();
    scene.run(&["login", "three", "two", "--token-code", &code]).ok();
    assert_eq!(scene.calls(), ["GetSessionToken", "AssumeRole", "AssumeRole", "AssumeRole"]);
    scene.aws.world().deny(USER_ARN, ADMIN_ROLE);
    for name in ["main", "prod", "two", "three"] {
        scene.expire(name);
    }
    let code = scene.code();
    let run = scene.run(&["login", "three", "two", "--token-code", &code]).exits(5);
    assert_eq!(scene.calls(), ["GetSessionToken", "AssumeRole"]);
    assert!(run.stderr.contains("no credentials for this reason: three, two"), "{}", run.stderr);
}
