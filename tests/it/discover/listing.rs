//! What is asked of AWS, how often, and what comes of answers that are no good.

use std::fs;

use super::{MANIFEST, MATRIX, PATIENCE, PROFILE, SESSION, Scene, id};
use crate::support::fake_aws::standard::START_URL;
use crate::support::fake_aws::{Approval, Fault};

#[test]
fn accounts_and_roles_come_into_the_manifest_and_apply_makes_profiles_of_them() {
    let scene = Scene::new(&[("111111111111", "Prod EU", "ReadOnly Admin"), ("222222222222", "dev", "Admin")]);
    let run = scene.run(&["discover", "corp", "--flow", "device"]).ok();
    let expected = format!(
        "{SESSION}{MATRIX}\n[accounts]\nProd-EU = {{ id = \"111111111111\", roles = [\"Admin\", \"ReadOnly\"] }}\n\
         dev = {{ id = \"222222222222\", roles = [\"Admin\"] }}\n"
    );
    assert_eq!(scene.home.read(MANIFEST), expected);
    assert!(run.stderr.contains("to approve the login to corp"), "{}", run.stderr);
    let words = "corp lists 2 accounts with 3 roles: 2 new
  new      Prod-EU (111111111111): Admin, ReadOnly
  new      dev (222222222222): Admin
this adds 3 profiles (Prod-EU-Admin, Prod-EU-ReadOnly, dev-Admin)
wrote ~/.config/awsauth/profiles.toml
next: `awsauth apply` writes the profiles that [matrix] makes of them into ~/.aws/config
";
    assert!(run.stderr.ends_with(words), "{}", run.stderr);
    scene.run(&["apply"]).ok();
    assert!(scene.home.read(".aws/config").contains("[profile Prod-EU-ReadOnly]\nsso_session = corp\n"));
}

#[test]
fn a_second_run_changes_nothing_and_does_not_write() {
    let scene = Scene::with_many(3).signed_in();
    scene.run(&["discover"]).ok();
    let path = scene.home.path(MANIFEST);
    let (text, time) = (scene.home.read(MANIFEST), path.metadata().unwrap().modified().unwrap());
    let number = std::os::unix::fs::MetadataExt::ino(&path.metadata().unwrap());
    let run = scene.run(&["discover"]).ok();
    assert!(run.stderr.contains("3 accounts with 6 roles: 3 unchanged\nnothing to do"), "{}", run.stderr);
    let after = path.metadata().unwrap();
    assert_eq!((scene.home.read(MANIFEST), after.modified().unwrap()), (text, time));
    assert_eq!(std::os::unix::fs::MetadataExt::ino(&after), number);
}

#[test]
fn a_session_that_is_not_the_manifests_is_told_and_the_only_one_need_not_be_named() {
    let scene = Scene::with_many(1).signed_in();
    let run = scene.run(&["discover", "crop"]).exits(2);
    assert!(run.stderr.contains("there is no SSO session `crop`") && run.stderr.contains("did you mean `corp`?"));
    scene.home.manifest("[profiles.base]\npattern = \"iam\"\n");
    assert!(scene.run(&["discover"]).exits(2).stderr.contains("the manifest has no SSO session"));
    scene.home.manifest(&format!("{SESSION}{}", SESSION.replace("corp]", "b]")));
    let run = scene.run(&["discover"]).exits(2);
    assert!(run.stderr.contains("which SSO session?") && run.stderr.contains("one of corp, b"), "{}", run.stderr);
    scene.home.manifest(&format!("{SESSION}x = 1\n"));
    assert!(scene.run(&["discover"]).exits(3).stderr.contains("unknown-key"));
    assert_eq!(scene.lists(), (0, 0));
}

#[test]
fn a_token_that_has_ended_is_refreshed_and_without_that_a_person_is_needed() {
    let scene = Scene::with_many(2).signed_in();
    let expire = || {
        for path in scene.home.list(".aws/sso/cache") {
            let text = fs::read_to_string(&path).unwrap();
            let mut token: serde_json::Value = serde_json::from_str(&text).unwrap();
            if token.get("accessToken").is_some() {
                token["expiresAt"] = "2026-01-01T00:00:00Z".into();
                fs::write(path, token.to_string()).unwrap();
            }
        }
    };
    expire();
    scene.run(&["discover"]).ok();
    assert_eq!((scene.aws.count("CreateToken"), scene.aws.count("StartDeviceAuthorization")), (1, 0));
    assert_eq!(scene.lists(), (1, 2));
    let before = scene.home.read(MANIFEST);
    expire();
    scene.aws.world().end_sso_logins();
    let run = scene.run(&["discover", "--json"]).exits(5);
    let words = "corp: session expired; run awsauth discover corp at a terminal, or with --flow device\n";
    assert_eq!(run.stderr, words);
    assert_eq!(run.json()["error"]["reason"], "expired");
    assert_eq!((scene.lists(), scene.home.read(MANIFEST)), ((0, 0), before));
    for name in scene.home.list(".aws/sso/cache") {
        fs::remove_file(name).unwrap();
    }
    assert_eq!(scene.run(&["discover", "--json"]).exits(5).json()["error"]["reason"], "no-session");
    scene.run(&["discover", "--no-browser"]).ok();
}

#[test]
fn the_sign_in_of_login_serves_and_a_denied_one_ends_it() {
    let scene = Scene::new(&[("111111111111", "one", "Admin")]);
    scene.home.manifest(&format!("{SESSION}{PROFILE}"));
    scene.run(&["login", "first"]).ok();
    scene.aws.clear();
    scene.run(&["discover"]).ok();
    assert_eq!(scene.aws.operations(), ["ListAccounts", "ListAccountRoles"]);
    let scene = Scene::with_many(1);
    scene.aws.world().approve_devices(Approval::Deny);
    let run = scene.run(&["discover", "--flow", "device"]).exits(5);
    assert!(run.stderr.contains("the login was denied on the approval page"), "{}", run.stderr);
    assert_eq!(scene.lists(), (0, 0));
}

#[test]
fn lists_are_read_to_their_ends_page_by_page() {
    let scene = Scene::with_many(201).signed_in();
    let roles: Vec<String> = (0..250).map(|number| format!("Role{number:03}")).collect();
    for role in &roles {
        scene.aws.world().assign(START_URL, &id(7), "a0007", role);
    }
    let document = scene.run(&["discover", "--json"]).ok().json();
    assert_eq!(document["requests"], 3 + 200 + 3);
    assert_eq!(scene.lists(), (3, 203));
    let accounts = document["accounts"].as_array().unwrap();
    assert_eq!((accounts.len(), accounts[7]["roles"].as_array().unwrap().len()), (201, 252));
    let sizes = scene.home.read(MANIFEST);
    assert!(sizes.contains("\"Role249\"") && sizes.contains("a0200 = "), "{sizes}");
}

#[test]
fn a_list_without_an_end_is_an_error_and_writes_nothing() {
    let page = |list: &str, token: &str| {
        Fault::raw(
            200,
            &[("content-type", "application/json")],
            &format!("{{\"{list}\":[],\"nextToken\":\"{token}\"}}"),
        )
    };
    for (operation, list) in [("ListAccounts", "accountList"), ("ListAccountRoles", "roleList")] {
        let scene = Scene::with_many(3).signed_in();
        scene.aws.world().fail_next(operation, page(list, "a"));
        for _ in 0..20 {
            scene.aws.world().fail_next(operation, page(list, "b"));
        }
        let before = scene.home.read(MANIFEST);
        let run = scene.run(&["discover"]).exits(6);
        let words = format!("corp: {operation} never ends: a page leads back to one before it");
        assert!(run.stderr.contains(&words), "{}", run.stderr);
        assert_eq!(scene.home.read(MANIFEST), before);
    }
    let scene = Scene::with_many(1).signed_in();
    for number in 0..1000 {
        scene.aws.world().fail_next("ListAccounts", page("accountList", &number.to_string()));
    }
    let run = scene.run(&["discover"]).exits(6);
    assert!(run.stderr.contains("never ends: there are more than 1000 pages"), "{}", run.stderr);
}

#[test]
fn an_account_that_is_taken_away_meanwhile_is_left_as_it_is() {
    let scene = Scene::with_many(3).signed_in();
    let before = format!("{SESSION}\n[accounts]\nold = {{ id = \"{}\", roles = [\"X\"] }}\n", id(1));
    scene.home.manifest(&before);
    scene.aws.world().close_account(&id(1));
    let run = scene.run(&["discover", "--prune"]).ok();
    let words = format!("you lost access to account `a0001` ({}) during the listing", id(1));
    assert!(run.stderr.contains(&words), "{}", run.stderr);
    let after = scene.home.read(MANIFEST);
    assert!(after.starts_with(&before) && after.lines().count() == before.lines().count() + 2, "{after}");
    // An assignment that goes is told in other words by AWS.
    let scene = Scene::with_many(3).signed_in();
    scene.aws.world().fail_next("ListAccountRoles", Fault::status(403, "ForbiddenException", "No access"));
    let run = scene.run(&["discover"]).ok();
    assert_eq!(run.stderr.matches("you lost access to").count(), 1, "{}", run.stderr);
    assert_eq!(scene.home.read(MANIFEST).matches("{ id = ").count(), 2);
}

#[test]
fn a_portal_that_refuses_every_accounts_roles_lists_nothing_and_that_is_an_error() {
    let faults = [(404, "ResourceNotFoundException", "Account not found"), (403, "ForbiddenException", "No access")];
    for (status, code, message) in faults {
        let scene = Scene::with_many(3).signed_in();
        let before = format!("{SESSION}\n[accounts]\nold = {{ id = \"{}\", roles = [\"X\"] }}\n", id(1));
        scene.home.manifest(&before);
        for _ in 0..3 {
            scene.aws.world().fail_next("ListAccountRoles", Fault::status(status, code, message));
        }
        let run = scene.run(&["discover", "--prune", "--json"]);
        assert!(matches!(run.code, Some(5 | 6)), "{:?} {}", run.code, run.stderr);
        assert!(run.stderr.contains("corp: ListAccountRoles failed") && run.stderr.contains(message), "{}", run.stderr);
        assert_eq!(run.json()["error"]["aws_message"], message);
        assert_eq!(scene.home.read(MANIFEST), before);
    }
}

#[test]
fn accounts_that_vanish_are_counted_and_not_all_are_told() {
    let scene = Scene::with_many(42).signed_in();
    for _ in 0..41 {
        scene.aws.world().fail_next("ListAccountRoles", Fault::status(403, "ForbiddenException", "No access"));
    }
    let run = scene.run(&["discover"]).ok();
    assert_eq!(run.stderr.matches("you lost access to account").count(), 30, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("warning: you lost access to 11 more accounts during the listing; their entries are unchanged\n")
    );
    let words = "corp lists 1 account with 2 roles: 1 new, 41 no longer accessible\n";
    assert!(run.stderr.contains(words), "{}", run.stderr);
}

#[test]
fn a_busy_portal_is_asked_again_and_nobody_hears_of_it() {
    let scene = Scene::with_many(40).signed_in();
    for _ in 0..8 {
        scene
            .aws
            .world()
            .fail_next("ListAccountRoles", Fault::status(429, "TooManyRequestsException", "Rate exceeded"));
    }
    scene.aws.world().fail_next("ListAccountRoles", Fault::status(503, "ServiceUnavailable", "later"));
    let run = scene.run(&["discover"]).ok();
    assert!(!run.stderr.contains("429") && !run.stderr.contains("busy") && !run.stderr.contains("later"));
    let (accounts, roles) = scene.lists();
    assert_eq!((accounts, roles), (1, 40 + 9));
}

#[test]
fn roles_are_asked_for_side_by_side() {
    let scene = Scene::with_many(12).signed_in();
    for _ in 0..12 {
        scene.aws.world().fail_next("ListAccountRoles", Fault::Hang);
    }
    let child = scene.home.command(["discover"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let all_came = scene.aws.wait_for("ListAccountRoles", 12, PATIENCE);
    scene.aws.world().release();
    assert!(all_came && child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_token_that_is_revoked_meanwhile_is_renewed_once_by_whoever_can() {
    let scene = Scene::with_many(30).signed_in();
    scene.aws.world().fail_after("ListAccountRoles", 10, Fault::SignOut);
    scene.run(&["discover", "--flow", "device"]).ok();
    assert_eq!(scene.aws.count("StartDeviceAuthorization"), 1);
    assert!(scene.home.read(MANIFEST).contains("a0029 = "));
    // Also where it was approved in the same run.
    let scene = Scene::with_many(30);
    scene.aws.world().fail_after("ListAccountRoles", 10, Fault::SignOut);
    scene.run(&["discover", "--flow", "device"]).ok();
    assert_eq!(scene.aws.count("StartDeviceAuthorization"), 2);
    // A token that never serves is not asked for again and again.
    let scene = Scene::with_many(1);
    for _ in 0..9 {
        scene.aws.world().fail_next("ListAccounts", Fault::SignOut);
    }
    let run = scene.run(&["discover", "--flow", "device"]).exits(5);
    assert!(run.stderr.contains("AWS refuses the token of the login that was just approved"), "{}", run.stderr);
    assert_eq!(scene.aws.count("StartDeviceAuthorization"), 1);
}

#[test]
fn without_a_person_a_revoked_token_ends_it_and_nothing_is_written() {
    let scene = Scene::with_many(30).signed_in();
    scene.aws.world().fail_after("ListAccountRoles", 10, Fault::SignOut);
    let before = scene.home.read(MANIFEST);
    let run = scene.run(&["discover"]).exits(5);
    assert_eq!(run.stderr, "corp: session expired; run awsauth discover corp at a terminal, or with --flow device\n");
    assert_eq!(scene.home.read(MANIFEST), before);
    scene.aws.clear();
    scene.run(&["discover", "--flow", "device"]).ok();
    // The kept token was refused, and is not tried again.
    assert_eq!((scene.aws.count("StartDeviceAuthorization"), scene.lists()), (1, (1, 30)));
}

#[test]
fn a_listing_that_fails_half_way_says_what_failed_writes_nothing_and_leaves_nothing() {
    let scene = Scene::with_many(5).signed_in();
    scene.aws.world().fail_after("ListAccountRoles", 3, Fault::status(400, "InvalidRequestException", "no"));
    let (before, state) = (scene.home.read(MANIFEST), scene.home.list(".local/state/awsauth"));
    let run = scene.run(&["discover"]).exits(5);
    assert!(run.stderr.contains("corp: ListAccountRoles failed: no (InvalidRequestException)"), "{}", run.stderr);
    assert_eq!((scene.home.read(MANIFEST), scene.home.list(".local/state/awsauth")), (before, state));
    scene.aws.clear();
    scene.run(&["discover"]).ok();
    assert_eq!(scene.lists(), (1, 5), "the next run starts over");
}

#[test]
fn no_network_is_told_as_anywhere_else() {
    let scene = Scene::with_many(2).signed_in();
    for _ in 0..2 {
        scene.aws.world().fail_next("ListAccounts", Fault::Close);
    }
    let run = scene.run(&["discover"]).exits(6);
    assert!(run.stderr.contains("corp: ListAccounts failed") && run.stderr.contains("try again"), "{}", run.stderr);
}

#[test]
fn where_nothing_is_assigned_nothing_is_done_and_nothing_is_dropped() {
    let scene = Scene::new(&[]).signed_in();
    let before = format!("{SESSION}\n[accounts]\nold = \"111111111111\"\n");
    scene.home.manifest(&before);
    let run = scene.run(&["discover"]).ok();
    assert!(run.stderr.contains("corp lists no account: nothing is assigned to you there: 1 not listed any more\n"));
    assert!(run.stderr.contains("gone     old (111111111111): `--prune` drops it"), "{}", run.stderr);
    let run = scene.run(&["discover", "--prune"]).exits(4);
    assert!(run.stderr.contains("`--prune` would drop every entry of it"), "{}", run.stderr);
    assert_eq!(scene.home.read(MANIFEST), before);
    scene.home.manifest(SESSION);
    let run = scene.run(&["discover", "--prune"]).ok();
    assert!(
        run.stderr.ends_with(
            "corp lists no account: nothing is assigned to you there\nnothing to do: [accounts] says what is listed\n"
        ),
        "{}",
        run.stderr
    );
}
