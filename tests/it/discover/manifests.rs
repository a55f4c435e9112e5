//! What becomes of the manifest's files, and what is said of it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::json;

use super::{MANIFEST, MATRIX, SESSION, Scene};
use crate::support::fake_aws::standard::START_URL;

/// A manifest with hand-made entries.
const TENDED: &str = r#"# ours
[sso_sessions.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "us-east-1"

[accounts] # by hand
# the important one
prod = { id = "111111111111", region = "eu-west-1", roles = [ "Old", 'Admin' ], tags = ["live"] } # careful
old = "999999999999"

[accounts.dev]
  id = "222222222222" # dev
  tags = ["nonprod"]

[defaults] # the rest
region = "ap-northeast-1"
"#;

fn tended() -> Scene {
    let scene = Scene::new(&[
        ("111111111111", "production", "Admin ReadOnly"),
        ("222222222222", "development", "Admin"),
        ("333333333333", "new", "Admin"),
    ]);
    let scene = scene.signed_in();
    scene.home.manifest(TENDED);
    scene
}

#[test]
fn hand_made_comments_keys_names_and_order_survive_every_run() {
    let scene = tended();
    let run = scene.run(&["discover"]).ok();
    let expected = TENDED
        .replace("[ \"Old\", 'Admin' ]", "[ \"Old\", 'Admin', \"ReadOnly\" ]")
        .replace(
            "old = \"999999999999\"\n",
            "old = \"999999999999\"\nnew = { id = \"333333333333\", roles = [\"Admin\"] }\n",
        )
        .replace("  tags = [\"nonprod\"]\n", "  tags = [\"nonprod\"]\n  roles = [\"Admin\"]\n");
    assert_eq!(scene.home.read(MANIFEST), expected);
    let words =
        "corp lists 3 accounts with 4 roles: 1 new, 2 changed, 1 not listed any more, 1 role not listed any more
  new      new (333333333333): Admin
  changed  dev (222222222222): +Admin
  changed  prod (111111111111): +ReadOnly
  gone     old (999999999999): `--prune` drops it
  gone     prod (111111111111): role Old: `--prune` drops it
with that, the manifest has the same profiles as before
wrote ~/.config/awsauth/profiles.toml
next: for profiles of these accounts, put these lines into the manifest, and run `awsauth apply`:
    [matrix.corp]
";
    assert!(run.stderr.starts_with(words), "{}", run.stderr);
    let matrix = &run.stderr[words.len() - "    [matrix.corp]\n".len()..];
    let run = scene.run(&["discover"]).ok();
    assert!(
        run.stderr.contains("gone     old") && run.stderr.ends_with("nothing to do: [accounts] says what is listed\n")
    );
    assert_eq!(scene.home.read(MANIFEST), expected);
    // What is gone goes when that is wanted.
    let run = scene.run(&["discover", "--prune", "--dry-run"]).ok();
    assert!(run.stderr.contains("  changed  prod (111111111111): -Old\n"), "{}", run.stderr);
    assert_eq!(run.stderr.matches("  gone  ").count(), 1, "{}", run.stderr);
    // The lines that it gives are good.
    scene.home.manifest(&format!("{expected}\n{matrix}"));
    let run = scene.run(&["list"]).ok();
    assert!(["prod-Admin", "dev-Admin", "new-Admin"].iter().all(|name| run.stdout.contains(name)), "{}", run.stdout);
}

#[test]
fn what_is_gone_is_dropped_when_that_is_asked_for_with_its_comments() {
    let scene = tended();
    scene.home.manifest(&TENDED.replace("old = ", "# it was\nold = "));
    let run = scene.run(&["discover", "--prune"]).ok();
    assert!(run.stderr.contains("gone     old (999999999999): dropped\n"), "{}", run.stderr);
    let after = scene.home.read(MANIFEST);
    assert!(!after.contains("old =") && !after.contains("it was") && after.contains("# careful"), "{after}");
    // What was there before is kept.
    let backups = scene.home.list(".local/state/awsauth/backups");
    let kept = fs::read_to_string(&scene.home.list(backups[0].to_str().unwrap())[0]).unwrap();
    assert!(kept.contains("# it was"), "{kept}");
}

#[test]
fn an_account_that_is_dropped_and_still_named_is_refused_with_the_place() {
    let scene = tended();
    let named = MATRIX.replace("accounts = \"*\"", "accounts = [\"prod\", \"old\"]");
    let before = format!("{TENDED}{}", named.replace("roles = \"*\"", "roles = [\"Admin\"]"));
    scene.home.manifest(&before);
    scene.run(&["check"]).ok();
    let run = scene.run(&["discover", "--prune", "--json"]).exits(4);
    assert!(run.stderr.contains("error[unknown-account]") && run.stderr.contains("\"old\"]"), "{}", run.stderr);
    assert!(run.stderr.contains("still names what `--prune` would drop"), "{}", run.stderr);
    assert_eq!(run.json()["error"]["diagnostics"][0]["code"], "unknown-account");
    assert_eq!(scene.home.read(MANIFEST), before);
}

#[test]
fn a_profile_that_a_new_account_would_make_twice_is_refused() {
    let scene = tended();
    let other = "\n[matrix.other]\nname = \"new-${role}\"\naccounts = [\"prod\"]\nroles = [\"Admin\"]\npattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"${account_id}\"\nsso_role_name = \"${role}\"\n";
    let before = format!("{TENDED}{MATRIX}{other}");
    scene.home.manifest(&before);
    scene.run(&["check"]).ok();
    let run = scene.run(&["discover"]).exits(4);
    assert!(run.stderr.contains("error[made-twice]"), "{}", run.stderr);
    assert_eq!(scene.home.read(MANIFEST), before);
}

#[test]
fn a_role_that_no_profile_can_be_called_after_is_left_out_with_one_line() {
    // The longest name and the longest role fit into the name of a profile.
    let (long, role) = ("x".repeat(200), "R".repeat(32));
    let scene = Scene::new(&[("222222222222", &long, &role)]).signed_in();
    scene.run(&["discover", "--yes"]).ok();
    assert!(scene.home.read(MANIFEST).contains(&role));
    for (accounts, words, line) in [
        (
            [("111111111111", "prod", "Admin Ops,Prod"), ("222222222222", "dev", "Ops,Prod Admin")],
            "`exclude = [\"*-Ops,Prod\"]` to [matrix.corp]",
            "exclude = [\"*-Ops,Prod\"]\n",
        ),
        (
            [("111111111111", "a-b", "c"), ("222222222222", "a", "b-c d")],
            "`exclude = [\"a-b-c\"]` to [matrix.corp]",
            "exclude = [\"a-b-c\"]\n",
        ),
    ] {
        let scene = Scene::new(&accounts).signed_in();
        let before = format!("{SESSION}{MATRIX}");
        scene.home.manifest(&before);
        let run = scene.run(&["discover", "--yes"]).exits(4);
        let hint = run.stderr.lines().last().unwrap();
        assert!(hint.contains(words), "{}", run.stderr);
        assert_eq!(scene.home.read(MANIFEST), before);
        scene.home.manifest(&format!("{before}{line}"));
        scene.run(&["discover", "--yes"]).ok();
        scene.run(&["check"]).ok();
    }
}

#[test]
fn a_manifest_that_only_lacks_the_accounts_is_mended() {
    let scene = tended();
    scene.home.manifest(&format!("{SESSION}{}", MATRIX.replace("accounts = \"*\"", "accounts = [\"production\"]")));
    scene.run(&["check"]).exits(3);
    scene.run(&["discover"]).ok();
    scene.run(&["check"]).ok();
    // What it can't mend stays, and is told.
    let lacking = format!("{SESSION}\n[profiles.p]\npattern = \"sso\"\nsso_session = \"corp\"\n");
    scene.home.manifest(&lacking);
    let run = scene.run(&["discover"]).ok();
    assert!(
        run.stderr.ends_with("warning: the manifest is not in order: `awsauth check` says why\n"),
        "{}",
        run.stderr
    );
    assert!(scene.home.read(MANIFEST).starts_with(&format!("{lacking}\n[accounts]\n")));
    // A session that is not in order is told as that.
    scene.home.manifest("[sso_sessions.corp]\nsso_region = \"us-east-1\"\n");
    assert!(scene.run(&["discover", "corp"]).exits(3).stderr.contains("error[missing-key]"));
}

#[test]
fn a_dry_run_shows_the_diff_and_writes_nothing() {
    let scene = tended();
    let run = scene.run(&["discover", "--dry-run", "--prune"]).ok();
    assert!(run.stdout.contains("\n-old = \"999999999999\"\n") && run.stdout.contains("\n+new = {"), "{}", run.stdout);
    assert!(run.stderr.ends_with("would change ~/.config/awsauth/profiles.toml\n"), "{}", run.stderr);
    assert_eq!(scene.home.read(MANIFEST), TENDED);
    let document = scene.run(&["discover", "--dry-run", "--json"]).ok().json();
    assert_eq!((&document["written"], &document["files"][0]["written"]), (&json!(false), &json!(false)));
    assert!(document["files"][0]["diff"].as_str().unwrap().contains("+new = {"));
    assert_eq!(scene.home.read(MANIFEST), TENDED);
}

#[test]
fn the_document_says_all_of_it() {
    let scene = tended();
    let entry = |id: &str, name: &str, state: &str, roles: &[&str], added: &[&str], gone: &[&str], is_dropped: bool| json!({ "id": id, "name": name, "state": state, "roles": roles, "roles_added": added, "roles_gone": gone, "roles_removed": if is_dropped { gone } else { &[] } });
    let document = scene.run(&["discover", "--json", "--dry-run"]).ok().json();
    let kept = entry("111111111111", "prod", "changed", &["Admin", "Old", "ReadOnly"], &["ReadOnly"], &["Old"], false);
    assert_eq!(document["accounts"][2], kept);
    let run = scene.run(&["discover", "--json", "--prune"]).ok();
    assert!(run.stdout.starts_with("{\n  \"version\": 1,\n  \"session\": \"corp\","), "{}", run.stdout);
    let document = run.json();
    assert_eq!(document["start_url"], START_URL);
    let expected = json!([
        entry("222222222222", "dev", "changed", &["Admin"], &["Admin"], &[], true),
        entry("333333333333", "new", "new", &["Admin"], &["Admin"], &[], true),
        entry("111111111111", "prod", "changed", &["Admin", "ReadOnly"], &["ReadOnly"], &["Old"], true),
    ]);
    assert_eq!(document["accounts"], expected);
    assert_eq!((&document["profiles_more"], &document["profiles_less"]), (&json!([]), &json!([])));
    assert_eq!(document["gone"], json!([{ "id": "999999999999", "name": "old", "dropped": true }]));
    assert_eq!((&document["requests"], &document["written"]), (&json!(4), &json!(true)));
    assert_eq!(document["files"][0]["path"], scene.home.path(MANIFEST).to_str().unwrap());
    assert_eq!((&document["vanished"], &document["left_out"]), (&json!([]), &json!([])));
}

#[test]
fn whoever_of_a_team_runs_it_last_takes_nothing_from_the_others() {
    let scene = tended();
    scene.home.manifest(&format!("{TENDED}{MATRIX}"));
    scene.run(&["discover"]).ok();
    let before = scene.home.read(MANIFEST);
    let profiles = scene.run(&["list"]).ok().stdout;
    // A colleague is assigned less.
    for (account, role) in [("111111111111", "Admin"), ("111111111111", "ReadOnly"), ("222222222222", "Admin")] {
        scene.aws.world().unassign(account, role);
    }
    scene.aws.world().assign(START_URL, "111111111111", "production", "Billing");
    let run = scene.run(&["discover"]).ok();
    assert!(
        run.stderr.contains("  gone     prod (111111111111): roles Admin, Old, ReadOnly: `--prune` drops them\n"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("\nthis adds 1 profile (prod-Billing)\nwrote "), "{}", run.stderr);
    assert_eq!(scene.home.read(MANIFEST), before.replace("\"ReadOnly\" ]", "\"ReadOnly\", \"Billing\" ]"));
    let after = scene.run(&["list"]).ok().stdout;
    let names =
        |text: &str| text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect::<Vec<_>>();
    assert!(names(&profiles).iter().all(|name| names(&after).contains(name)), "{after}");
    let run = scene.run(&["discover", "--prune", "--dry-run"]).ok();
    let less = "this removes 4 profiles (prod-Old, prod-Admin, prod-ReadOnly, dev-Admin)\nwould change ";
    assert!(run.stderr.contains(less), "{}", run.stderr);
}

#[test]
fn what_stands_in_a_persons_own_file_alone_is_never_dropped() {
    let scene = tended();
    let own = "[accounts]\nsandbox = \"888888888888\"\nmine = { id = \"333333333333\", roles = [\"Old\"] }\n";
    scene.home.write(".config/awsauth/profiles.local.toml", own);
    let run = scene.run(&["discover", "--prune"]).ok();
    assert!(!run.stderr.contains("sandbox") && !run.stderr.contains("-Old\n  gone     mine"), "{}", run.stderr);
    assert!(run.stderr.contains("  changed  mine (333333333333): +Admin\n"), "{}", run.stderr);
    let expected = own.replace("[\"Old\"]", "[\"Old\", \"Admin\"]");
    assert_eq!(scene.home.read(".config/awsauth/profiles.local.toml"), expected);
}

#[test]
fn two_accounts_of_one_name_get_their_numbers_and_keep_their_names_for_ever() {
    let scene =
        Scene::new(&[("111111111111", "prod", "A"), ("222222222222", "Prod", "A"), ("333333333333", "default", "A")]);
    let scene = scene.signed_in();
    scene.run(&["discover"]).ok();
    let entry = |name: &str, id: &str| format!("{name}-{id} = {{ id = \"{id}\", roles = [\"A\"] }}\n");
    let text = format!(
        "{SESSION}{MATRIX}\n[accounts]\n{}{}{}",
        entry("Prod", "222222222222"),
        entry("default", "333333333333"),
        entry("prod", "111111111111")
    );
    assert_eq!(scene.home.read(MANIFEST), text);
    scene.aws.world().unassign("222222222222", "A");
    scene.run(&["discover"]).ok();
    assert_eq!(scene.home.read(MANIFEST), text);
}

#[test]
fn names_that_do_harm_reach_neither_the_file_nor_the_terminal() {
    let hostile = "a\u{1b}[2J\"\n[profiles.x]\npattern = '${user}'\u{202e}";
    let scene = Scene::new(&[
        ("111111111111", hostile, "Admin"),
        ("222222222222", "${user}", "${user} Admin"),
        ("12\u{1b}[31m", "bad", "Admin"),
    ]);
    for role in ["Bad\"]\nx = 1", "a\u{1b}]0;x\u{7}", "${account}", "", &"x".repeat(33)] {
        scene.aws.world().assign(START_URL, "111111111111", hostile, role);
    }
    let scene = scene.signed_in();
    let run = scene.run(&["discover"]).ok();
    let added = "\n[accounts]\n\"a-2J-profiles.x-pattern-user\" = { id = \"111111111111\", roles = [\"Admin\"] }\nuser = { id = \"222222222222\", roles = [\"Admin\"] }\n";
    assert_eq!(scene.home.read(MANIFEST), format!("{SESSION}{MATRIX}{added}"));
    assert!(!run.stderr.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{}", run.stderr);
    assert_eq!(run.stderr.matches("it is left out").count(), 7, "{}", run.stderr);
    scene.run(&["check"]).ok();
    scene.aws.clear();
    let json = scene.run(&["discover", "--json"]).ok();
    assert!(
        !json.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}'])
            && json.json()["left_out"].as_array().unwrap().len() == 7,
        "{}",
        json.stdout
    );
}

#[test]
fn of_several_sessions_each_has_its_own_entries() {
    let scene = tended();
    let two = format!("{}\n{}", TENDED, SESSION.replace("corp]", "b]").replace("corp.", "b."));
    scene.home.manifest(&two);
    let run = scene.run(&["discover", "corp"]).ok();
    let after = scene.home.read(MANIFEST);
    assert!(
        after.contains("new = { id = \"333333333333\", sso_session = \"corp\", roles = [\"Admin\"] }\n"),
        "{after}"
    );
    assert!(after.contains("tags = [\"live\"], sso_session = \"corp\" } # careful\n"), "{after}");
    assert!(after.contains("\n  sso_session = \"corp\"\n  roles = [\"Admin\"]\n"), "{after}");
    assert!(!run.stderr.contains("gone     old"), "nobody knows whose `old` is: {}", run.stderr);
    assert!(scene.run(&["discover", "corp"]).ok().stderr.ends_with("nothing to do: [accounts] says what is listed\n"));
    assert_eq!(scene.home.read(MANIFEST), after);
}

#[test]
fn entries_change_where_they_stand_and_links_stay_links() {
    let scene = tended();
    let dir = "dotfiles";
    scene.home.write(&format!("{dir}/profiles.toml"), format!("include = [\"accounts.toml\"]\n{SESSION}"));
    scene.home.write(&format!("{dir}/accounts.toml"), "[accounts]\r\nprod = '111111111111'\r\n");
    scene.home.write(&format!("{dir}/profiles.local.toml"), "[accounts.dev]\nid = \"222222222222\"\n");
    fs::set_permissions(scene.home.path("dotfiles/accounts.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::remove_file(scene.home.path(MANIFEST)).unwrap();
    symlink(scene.home.path("dotfiles/profiles.toml"), scene.home.path(MANIFEST)).unwrap();
    let run = scene.run(&["discover", "--yes"]).ok();
    assert_eq!(
        scene.home.read("dotfiles/accounts.toml"),
        "[accounts]\r\nprod = { id = '111111111111', roles = [\"Admin\", \"ReadOnly\"] }\r\nnew = { id = \"333333333333\", roles = [\"Admin\"] }\r\n"
    );
    let local = "[accounts.dev]\nid = \"222222222222\"\nroles = [\"Admin\"]\n";
    assert_eq!(scene.home.read("dotfiles/profiles.local.toml"), local);
    assert_eq!(run.stderr.matches("wrote ~/dotfiles/").count(), 2, "{}", run.stderr);
    assert!(fs::symlink_metadata(scene.home.path(MANIFEST)).unwrap().is_symlink());
    assert_eq!(scene.home.path("dotfiles/accounts.toml").metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_manifest_that_is_a_link_is_written_where_it_leads() {
    let scene = tended();
    fs::rename(scene.home.path(MANIFEST), scene.home.path("team.toml")).unwrap();
    symlink(scene.home.path("team.toml"), scene.home.path(MANIFEST)).unwrap();
    scene.run(&["discover"]).ok();
    assert!(fs::symlink_metadata(scene.home.path(MANIFEST)).unwrap().is_symlink());
    assert!(scene.home.read("team.toml").contains("new = {"));
}

#[test]
fn a_file_that_changes_while_aws_is_asked_is_left_to_whoever_did() {
    let scene = tended();
    scene.aws.world().fail_next("ListAccountRoles", crate::support::fake_aws::Fault::Hang);
    let child = scene.home.command(["discover"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    assert!(scene.aws.wait_for("ListAccountRoles", 3, super::PATIENCE));
    let edited = TENDED.replace("# ours", "# edited");
    scene.home.manifest(&edited);
    scene.aws.world().release();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{words}");
    assert!(
        words.contains("was changed by another program meanwhile") && words.contains("run `awsauth discover` again")
    );
    assert_eq!(scene.home.read(MANIFEST), edited);
}
