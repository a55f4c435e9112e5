//! `list`, and choosing profiles by name, pattern and tag, which is the same for every command.

use crate::scene::{MANIFEST, Scene};
use crate::support::sandbox::Sandbox;

/// The usual manifest with some tags and a description.
fn scene() -> Scene {
    let scene = Scene::new();
    let tag = |text: String, (name, keys): (&str, &str)| {
        text.replace(&format!("[profiles.{name}]\n"), &format!("[profiles.{name}]\n{keys}\n"))
    };
    let keys = [
        ("prod", "tags = [\"live\", \"team/a\"]\ndescription = \"Ask first\""),
        ("jump", "tags = [\"live\"]\nregion = \"eu-west-1\""),
        ("base", "tags = [\"keys\"]"),
    ];
    scene.home.manifest(&keys.into_iter().fold(MANIFEST.to_owned(), tag));
    scene
}

/// The names that a command shows, in order.
#[track_caller]
fn names(scene: &Scene, args: &[&str]) -> String {
    let document = scene.run(&[args, &["--json"]].concat()).ok().json();
    let profiles = document["profiles"].as_array().unwrap();
    profiles.iter().map(|profile| profile["name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_table_has_one_line_for_each_profile() {
    let expected = "\
PROFILE  PATTERN       ACCOUNT       ROLE      REGION          TAGS          DESCRIPTION
main     iam-mfa       111122223333  -         ap-northeast-1  -             -
prod     iam-mfa-role  444455556666  Admin     ap-northeast-1  live, team/a  Ask first
base     iam           -             -         ap-northeast-1  keys          -
audit    iam-mfa-role  777788889999  Audit     ap-northeast-1  -             -
read     sso           123456789012  ReadOnly  ap-northeast-1  -             -
jump     sso-role      999900001111  Deploy    eu-west-1       live          -
";
    let run = scene().run(&["list"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (expected, ""));
    let run = Scene::new().env("COLUMNS", "20").run(&["list"]).ok();
    assert!(run.stdout.starts_with("PROFILE  PATTERN"), "a pipe has no width: {}", run.stdout);
}

#[test]
fn json_has_everything_that_the_manifest_says() {
    let scene = scene();
    let run = scene.run(&["list", "audit", "jump", "main", "--json"]).ok();
    assert!(run.stdout.starts_with("{\n  \"version\": 1,\n"), "{}", run.stdout);
    let document = run.json();
    let audit = serde_json::json!({
        "name": "audit", "pattern": "iam-mfa-role", "account": "777788889999", "role": "Audit", "region": "ap-northeast-1",
        "output": null, "tags": [], "description": null, "credential_process": false, "settings": {},
        "chain": ["base", "audit"], "source": { "kind": "long-term-key", "name": "base" },
        "mfa_serial": "arn:aws:iam::111122223333:mfa/alice", "role_arn": "arn:aws:iam::777788889999:role/Audit",
        "source_profile": "base", "duration_seconds": 14400, "external_id": "partner-42",
    });
    assert_eq!(document["profiles"][0], audit);
    let source = serde_json::json!({
        "kind": "sso-session", "name": "corp", "sso_start_url": "https://corp.awsapps.com/start",
    });
    assert_eq!(document["profiles"][1]["source"], source);
    assert_eq!(document["profiles"][1]["chain"], serde_json::json!(["read", "jump"]));
    assert_eq!(document["profiles"][2]["long_term_profile"], "main-long-term");
    let settings = "\n[profiles.main.settings]\nretry_mode = \"adaptive\"\ns3 = { max_concurrent_requests = 20 }\n";
    scene.home.manifest(&(MANIFEST.to_owned() + settings));
    let document = scene.run(&["list", "main", "--json"]).ok().json();
    let expected = serde_json::json!({ "retry_mode": "adaptive", "s3": { "max_concurrent_requests": "20" } });
    assert_eq!(document["profiles"][0]["settings"], expected);
}

#[test]
fn names_patterns_and_tags_choose_alike_for_every_command() {
    let scene = scene();
    for command in ["list", "status"] {
        for (args, expected) in [
            (&[][..], "main prod base audit read jump"),
            (&["jump", "main"], "jump main"),
            (&["read", "*", "read"], "read main prod base audit jump"),
            (&["?a*"], "main base"),
            (&["[pr]*"], "prod read"),
            (&["--tag", "live"], "prod jump"),
            (&["--tag", "keys", "--tag", "live"], "prod base jump"),
            (&["--tag", "team/a", "--tag", "live"], "prod jump"),
        ] {
            assert_eq!(names(&scene, &[&[command], args].concat()), expected, "{command} {args:?}");
        }
    }
}

#[test]
fn what_nothing_matches_is_a_usage_error_with_the_nearest_name() {
    let scene = scene();
    for command in ["list", "status", "graph", "login"] {
        for (args, words) in [
            (&["auditt"][..], "there is no profile `auditt` in the manifest\nhint: did you mean `audit`?\n"),
            (&["main", "auidt*"], "no profile's name matches `auidt*`\nhint: did you mean `audit*`?\n"),
            (&["x*"], "no profile's name matches `x*`\nhint: `awsauth list` lists the profiles\n"),
            (&["[x"], "there is no profile `[x` in the manifest\n"),
            (&["[x*"], "`[x*` is not a valid glob: `*` matches any text"),
            (&["--tag", "live", "--tag", "lvie"], "no profile has the tag `lvie`\nhint: did you mean `live`?\n"),
            (&["--tag", "something"], "no profile has the tag `something`\nhint: `awsauth list` shows the tags\n"),
            (&["main", "--tag", "live"], "cannot be used with"),
        ] {
            let run = scene.run(&[&[command], args].concat()).exits(2);
            assert!(run.stdout.is_empty() && run.stderr.contains(words), "{command} {args:?}: {}", run.stderr);
        }
    }
    let run = Scene::new().run(&["list", "--tag", "live"]).exits(2);
    assert!(run.stderr.contains("hint: the manifest has no tags yet"), "{}", run.stderr);
}

#[test]
fn a_login_by_pattern_or_tag_leaves_long_term_keys_out() {
    let scene = scene();
    let code = scene.code();
    let run = scene.run(&["login", "?a*", "--token-code", &code, "--json"]).ok();
    assert_eq!(run.json()["profiles"].as_array().unwrap().len(), 1);
    for args in [&["login", "b*"][..], &["login", "--tag", "keys"]] {
        let run = scene.run(args).exits(2);
        assert!(
            run.stderr.contains("has only long-term keys or external profiles, which need no login"),
            "{}",
            run.stderr
        );
    }
    scene.run(&["login", "base"]).ok();
}

#[test]
fn a_logout_takes_patterns() {
    let scene = scene();
    scene.logged_in(&["prod", "jump"]);
    let run = scene.run(&["logout", "ma*", "--json"]).ok();
    assert_eq!(run.json()["profiles"], serde_json::json!(["main", "prod"]));
    let run = scene.run(&["logout", "jmup*"]).exits(2);
    assert!(run.stderr.contains("did you mean `jump*`?"), "{}", run.stderr);
    assert_eq!(names(&scene, &["status", "jump"]), "jump");
    assert_eq!(scene.run(&["status", "jump", "--json"]).ok().json()["profiles"][0]["state"], "valid");
}

#[test]
fn check_of_status_is_about_the_chosen_ones() {
    let scene = scene();
    scene.logged_in(&["read"]);
    scene.run(&["status", "r*", "--check"]).ok();
    scene.run(&["status", "--tag", "keys", "--check", "--min-ttl", "1d"]).ok();
    let run = scene.run(&["status", "--tag", "live", "--check"]).exits(1);
    assert!(run.stderr.ends_with("not logged in: prod. Run `awsauth login prod`\n"), "{}", run.stderr);
}

#[test]
fn a_manifest_without_profiles_says_so() {
    let home = Sandbox::new();
    home.manifest(
        "[sso_sessions.corp]\nsso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n",
    );
    let run = home.run(["list"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "the manifest has no profiles\n"));
    assert_eq!(home.run(["list", "--json"]).ok().json()["profiles"], serde_json::json!([]));
    for args in [&["list", "*"][..], &["exec", "--all", "--", "true"]] {
        home.run(args).exits(2);
    }
    home.manifest("nonsense");
    home.run(["list"]).exits(3);
}

#[test]
fn names_and_tags_are_completed() {
    let scene = scene();
    let complete = |words: &[&str]| {
        let output =
            scene.home.command(["--", "awsauth"]).args(words).env("AWSAUTH_COMPLETE", "fish").output().unwrap();
        String::from_utf8(output.stdout).unwrap().strip_prefix("words\n").unwrap().to_owned()
    };
    for command in ["list", "graph", "status", "login", "exec"] {
        assert_eq!(complete(&[command, "--tag", ""]), "keys\nlive\nteam/a\n", "{command}");
        assert_eq!(complete(&[command, "--tag=l"]), "--tag=live\n", "{command}");
        assert_eq!(complete(&[command, "pr"]), "prod\tAsk first\n", "{command}");
    }
    assert_eq!(complete(&["graph", "--format", "m"]).lines().count(), 1);
}

/// Where the clone's files are, as `--why` shows them.
const REPOSITORY: &str = "~/aws-profiles";

/// What `list --why` says on the machine of a member of the team of `fixtures/team`.
#[cfg(unix)]
#[track_caller]
fn why(name: &str) -> String {
    crate::team::machine("alice", None).run(["list", "--why", name]).ok().stdout
}

#[cfg(unix)]
#[test]
fn why_names_the_matrix_the_account_and_what_wins_over_them() {
    let said = why("payments-dev.admin");
    let sentences = "\
`payments-dev.admin` is made by [matrix.corp] (~/.config/awsauth/profiles.toml:30) for the account `payments-dev` \
(~/aws-profiles/accounts/corp.toml:7) and the role `Admin` (~/aws-profiles/accounts/corp.toml:7).
[profiles.\"payments-dev.admin\"] (~/.config/awsauth/profiles.local.toml:8) wins over that, key by key.

";
    let said = said.strip_prefix(sentences).unwrap_or_else(|| panic!("{said}"));
    let rows: Vec<Vec<&str>> =
        said.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    let own = "[profiles.\"payments-dev.admin\"]";
    for (key, value, table, file) in [
        ("pattern", "sso", "[matrix.corp]", "profiles.toml:35"),
        ("region", "eu-north-1", own, "profiles.local.toml:9"),
        ("output", "json", "[defaults]", "profiles.toml:11"),
        ("sso_account_id", "210021395157", "[matrix.corp]", "profiles.toml:37"),
        ("tags", "daily", own, "profiles.local.toml:10"),
        ("settings.max_attempts", "5", "[defaults]", "profiles.toml:15"),
    ] {
        let row = rows.iter().find(|row| row[0] == key).unwrap_or_else(|| panic!("{key}: {said}"));
        assert_eq!(row[1..3], [value, table], "{said}");
        assert!(row[3].ends_with(file), "{said}");
    }
    let said = why("payments-dev.readonly");
    assert!(!said.contains("wins over"), "{said}");
    assert!(said.contains(&format!("[accounts] payments-dev  {REPOSITORY}/accounts/corp.toml:7")), "{said}");
}

#[cfg(unix)]
#[test]
fn why_tells_of_a_written_profile_and_of_one_that_is_left_out() {
    let said = why("main");
    assert!(
        said.starts_with(&format!("`main` is written in [profiles.main] ({REPOSITORY}/identities.toml:2).\n\nKEY")),
        "{said}"
    );
    assert!(said.contains("arn:aws:iam::111122223333:mfa/alice  [profiles.main]"), "{said}");
    let said = why("org-management.billing");
    let expected = "[matrix.corp] (~/.config/awsauth/profiles.toml:30) makes no `org-management.billing`: it is \
                    left out at ~/.config/awsauth/profiles.toml:34.\n";
    assert_eq!(said, expected);
}

#[cfg(unix)]
#[test]
fn why_is_json_too() {
    let home = crate::team::machine("alice", None);
    let document = home.run(["list", "--why", "payments-dev.admin", "--json"]).ok().json();
    assert_eq!((&document["version"], &document["profile"]), (&1.into(), &"payments-dev.admin".into()));
    let made = &document["made_by"];
    assert_eq!((&made["matrix"]["name"], &made["matrix"]["line"]), (&"corp".into(), &30.into()));
    assert_eq!((&made["account"]["name"], &made["role"]["name"]), (&"payments-dev".into(), &"Admin".into()));
    assert_eq!(document["written_at"]["line"], 8);
    let region = document["keys"].as_array().unwrap().iter().find(|key| key["key"] == "region").unwrap();
    assert_eq!((&region["value"], &region["place"]["line"]), (&"eu-north-1".into(), &9.into()));
    let document = home.run(["list", "--why", "org-management.billing", "--json"]).ok().json();
    assert_eq!((&document["made_by"], &document["keys"]), (&().into(), &().into()));
    assert_eq!(document["left_out_by"][0]["place"]["line"], 34);
}

#[cfg(unix)]
#[test]
fn why_of_a_name_that_nobody_makes_is_a_usage_error_and_of_a_broken_manifest_an_answer_beside_its_mistakes() {
    let home = crate::team::machine("alice", None);
    let run = home.run(["list", "--why", "payments-dev.adnim"]).exits(2);
    assert!(run.stderr.contains("did you mean `payments-dev.admin`?"), "{}", run.stderr);
    home.run(["list", "--why", "main", "payments-dev.admin"]).exits(2);
    home.write("aws-profiles/accounts/corp.toml", "[accounts]\na = { id = \"1\", roles = [\"Admin\"] }\n");
    let run = home.run(["list", "--why", "main"]).exits(3);
    assert!(run.stdout.starts_with("`main` is written in"), "{}", run.stdout);
    assert!(run.stderr.contains("bad-account-id"), "{}", run.stderr);
}

#[test]
fn why_shows_the_warnings_of_that_profile_alone() {
    let scene = Scene::new();
    assert_eq!(scene.run(&["list", "--why", "main"]).ok().stderr, "");
    let run = scene.run(&["list", "--why", "audit"]).ok();
    assert!(run.stderr.contains("warning") && run.stderr.contains("`audit`"), "{}", run.stderr);
    let of = |name: &str| scene.run(&["list", "--why", name, "--json"]).ok().json()["diagnostics"].clone();
    assert_eq!((of("main").as_array().unwrap().len(), of("audit").as_array().unwrap().len()), (0, 1));
}

#[test]
fn why_takes_no_glob_and_no_second_name() {
    let run = Scene::new().run(&["list", "--why", "old-*"]).exits(2);
    assert!(
        run.stderr.contains("takes one name, not a glob") && run.stderr.contains("awsauth list 'old-*'"),
        "{}",
        run.stderr
    );
    let run = Scene::new().run(&["list", "--why", "main", "prod"]).exits(2);
    assert!(run.stderr.contains("cannot be used with") && !run.stderr.contains("Usage"), "{}", run.stderr);
}
