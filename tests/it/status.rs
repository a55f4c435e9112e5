//! `status`: what is known of each profile without asking AWS.

use crate::scene::{CREDENTIALS, Scene, long_term_keys, minutes, now, session_file};

/// Name and state of each profile, in order.
fn states(scene: &Scene) -> Vec<(String, String)> {
    let document = scene.run(&["status", "--json"]).ok().json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let profiles = document["profiles"].as_array().unwrap();
    profiles.iter().map(|profile| (text(&profile["name"]), text(&profile["state"]))).collect()
}

#[track_caller]
fn has_states(scene: &Scene, expected: [&str; 6]) {
    let names = ["main", "prod", "base", "audit", "read", "jump"];
    let expected: Vec<_> = names.into_iter().zip(expected).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    assert_eq!(states(scene), expected);
    assert_eq!(scene.calls(), [""; 0], "status asks nobody");
}

#[test]
fn each_profile_has_a_state() {
    let scene = Scene::new();
    has_states(&scene, ["none", "none", "key", "none", "none", "none"]);
    scene.logged_in(&["main", "read"]);
    has_states(&scene, ["valid", "renewable", "key", "none", "valid", "renewable"]);
    scene.logged_in(&["prod", "jump", "audit"]);
    has_states(&scene, ["valid", "valid", "key", "valid", "valid", "valid"]);
    scene.expire("prod");
    scene.expire("audit");
    scene.expire("read");
    has_states(&scene, ["valid", "renewable", "key", "expired", "renewable", "valid"]);
    scene.expire("main");
    has_states(&scene, ["expired", "expired", "key", "expired", "renewable", "valid"]);
    scene.home.write(CREDENTIALS, "");
    has_states(&scene, ["no key", "no key", "no key", "no key", "renewable", "valid"]);
}

#[test]
fn the_table_has_one_line_for_each_profile() {
    let scene = Scene::new();
    scene.logged_in(&["audit"]);
    scene.age_session("audit", -60, 150);
    let run = scene.run(&["status"]).ok();
    let expected = "\
PROFILE  PATTERN       ACCOUNT       ROLE      STATE          LEFT
main     iam-mfa       111122223333  -         not logged in  -
prod     iam-mfa-role  444455556666  Admin     not logged in  -
base     iam           -             -         long-term key  no end
audit    iam-mfa-role  777788889999  Audit     valid          2 h 30 min
read     sso           123456789012  ReadOnly  not logged in  -
jump     sso-role      999900001111  Deploy    not logged in  -
";
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (expected, ""));
    let run = scene.run(&["status", "audit"]).ok();
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
}

/// The state and the time of each profile, as the table has them.
fn words(scene: &Scene) -> Vec<String> {
    let text = scene.run(&["status"]).ok().stdout;
    let [state, left] = ["STATE", "LEFT"].map(|title| text.find(title).unwrap());
    text.lines().skip(1).map(|line| format!("{} | {}", line[state..left].trim_end(), &line[left..])).collect()
}

#[test]
fn states_are_plain_words_and_each_time_has_one_meaning() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(1200);
    scene.logged_in(&["prod", "jump"]);
    scene.logged_in(&["audit"]);
    scene.age_session("prod", -120, -60);
    scene.age_session("audit", -200, -150);
    scene.expire("read");
    let main = "valid | 12 h 0 min";
    let expected =
        [main, "renews by itself | 12 h 0 min", "long-term key | no end", "needs you: expired | ended 2 h 30 min ago"];
    assert_eq!(words(&scene)[..4], expected);
    assert_eq!(words(&scene)[4..], ["renews by itself | 20 min or longer", "valid | 1 h 0 min or longer"]);
    // A refresh token alone: AWS does not say how long it serves.
    scene.expire_token();
    assert_eq!(words(&scene)[4], "renews by itself | no known end");
    scene.aws.world().end_sso_logins();
    scene.run(&["credential-process", "read"]).exits(5);
    assert!(words(&scene)[4].starts_with("needs you: expired | ended "), "{:?}", words(&scene));
    scene.home.write(CREDENTIALS, "");
    assert_eq!(words(&scene)[2], "needs you: no key | -");
}

#[test]
fn an_sso_login_that_has_ended_is_told_with_its_end() {
    let scene = Scene::new();
    let token = serde_json::json!({
        "startUrl": "https://corp.awsapps.com/start", "region": "us-east-1", "accessToken": "aoa",
        "expiresAt": minutes(now(), -125).to_string(),
    });
    scene.home.write(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", token.to_string());
    let ended = "needs you: expired | ended 2 h 5 min ago";
    assert_eq!(words(&scene)[4..], [ended, ended]);
}

/// What a prompt shows with this `AWS_PROFILE`.
fn prompt(scene: &Scene, profile: &str) -> String {
    let output = scene.home.command(["status", "--prompt"]).env("AWS_PROFILE", profile).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_prompt_has_the_time_that_the_table_has_and_a_name_alone_where_nothing_is_known() {
    let scene = Scene::new();
    assert_eq!((scene.run(&["status", "--prompt"]).ok().stdout.as_str(), &*prompt(&scene, "")), ("", ""));
    for name in ["main", "base", "gone"] {
        assert_eq!(prompt(&scene, name), format!("{name}\n"));
    }
    scene.logged_in(&["prod", "jump"]);
    scene.logged_in(&["audit"]);
    let (prod, audit, jump) = (prompt(&scene, "prod"), prompt(&scene, "audit"), prompt(&scene, "jump"));
    assert_eq!([&*prod, &*audit, &*jump], ["prod 11h\n", "audit 3h\n", "jump 59m+\n"]);
    scene.expire("prod");
    assert_eq!(prompt(&scene, "prod"), "prod 11h\n", "it renews by itself");
    scene.age_session("main", -120, 42);
    assert_eq!(prompt(&scene, "prod"), "prod 41m\n");
    scene.expire("main");
    scene.expire("audit");
    for name in ["main", "prod", "audit"] {
        assert_eq!(prompt(&scene, name), format!("{name} expired\n"));
    }
    assert_eq!(scene.calls(), [""; 0]);
    scene.change_manifest("role/Deploy", "role/Other");
    assert_eq!(prompt(&scene, "jump"), "jump\n", "a session of another role tells nothing");
    scene.home.manifest("nonsense");
    assert_eq!(prompt(&scene, "main"), "main\n");
}

#[test]
fn a_prompt_tells_of_a_login_that_awsauth_keeps_no_session_of() {
    let scene = Scene::new();
    scene.run(&["apply", "--yes"]).ok();
    scene.logged_in(&["jump"]);
    for name in ["read", "jump"] {
        std::fs::remove_file(scene.home.path(&session_file(name))).unwrap();
        assert_eq!(prompt(&scene, name), format!("{name} 59m+\n"), "as after `aws sso login`");
    }
    for name in ["main", "prod", "base", "gone"] {
        assert_eq!(prompt(&scene, name), format!("{name}\n"));
    }
    let scene = crate::login::sign_in::scene();
    scene.run(&["apply", "--yes"]).ok();
    assert_eq!(prompt(&scene, "me"), "me expired\n");
    crate::login::sign_in::sign_in(&scene, &["me"]);
    assert_eq!(prompt(&scene, "me"), "me 14m+\n");
}

#[test]
fn a_prompt_gets_nothing_of_the_environment_that_a_terminal_acts_on() {
    let scene = Scene::new();
    assert_eq!(prompt(&scene, "a\u{1b}]0;x\u{7}\nb\u{202e}"), "a␛]0;x␇ b\\u{202e}\n");
    let scene = scene.env("AWSAUTH_PROFILE", "prod").env("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z");
    assert_eq!(prompt(&scene, ""), "prod expired\n", "what `use` has set");
    assert_eq!(prompt(&scene, "main"), "main\n");
    let scene = scene.env("AWSAUTH_STATE_DIR", "relative");
    assert_eq!(prompt(&scene, "main"), "main\n");
}

#[test]
fn what_is_valid_and_too_short_is_renewed_only_by_force() {
    let scene = Scene::new();
    scene.logged_in(&["main"]);
    let run = scene.run(&["status", "main", "--check", "--min-ttl", "20h"]).exits(1);
    assert!(
        run.stderr.ends_with("less than 20 h 0 min left: main. Run `awsauth login main --force`\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_time_of_what_is_renewed_for_as_long_as_a_login_lasts_is_a_lower_bound() {
    let scene = Scene::new();
    scene.logged_in(&["read"]);
    let run = scene.run(&["status", "read"]).ok();
    assert!(run.stdout.contains("1 h 0 min or longer\n"), "{}", run.stdout);
}

#[test]
fn json_has_the_facts_and_the_version_first() {
    let scene = Scene::new();
    scene.logged_in(&["prod"]);
    let run = scene.run(&["status", "prod", "--json"]).ok();
    assert!(run.stdout.starts_with("{\n  \"version\": 1,\n"), "{}", run.stdout);
    let profile = &run.json()["profiles"][0];
    for (key, value) in [("name", "prod"), ("account", "444455556666"), ("role", "Admin"), ("state", "valid")] {
        assert_eq!(profile[key], value, "{key}");
    }
    // It is renewed from main's session, which lasts 12 hours.
    assert!((43_190..=43_200).contains(&profile["seconds_left"].as_i64().unwrap()), "{profile}");
}

#[test]
fn check_fails_for_a_session_that_is_missing_or_has_too_little_left() {
    let scene = Scene::new();
    let run = scene.run(&["status", "main", "--check"]).exits(1);
    assert!(run.stderr.ends_with("not logged in: main. Run `awsauth login main`\n"), "{}", run.stderr);
    scene.run(&["status", "base", "--check"]).ok();
    scene.logged_in(&["main"]);
    scene.run(&["status", "main", "--check"]).ok();
    scene.run(&["status", "main", "--check", "--min-ttl", "11h"]).ok();
    let run = scene.run(&["status", "main", "--check", "--min-ttl", "13h"]).exits(1);
    assert!(
        run.stderr.ends_with("less than 13 h 0 min left: main. Run `awsauth login main --force`\n"),
        "{}",
        run.stderr
    );
    scene.expire("main");
    let run = scene.run(&["status", "main", "read", "--check"]).exits(1);
    assert!(
        run.stderr.ends_with("expired: main; not logged in: read. Run `awsauth login main read`\n"),
        "{}",
        run.stderr
    );
    scene.age_session("main", -700, 20);
    scene.run(&["status", "main", "--check"]).ok();
    scene.age_session("main", -710, 10);
    scene.run(&["status", "main", "prod", "--check"]).exits(1);
    scene.run(&["status", "main", "--check", "--min-ttl", "300s"]).ok();
    scene.run(&["status", "main", "--check", "--min-ttl", "soon"]).exits(2);
}

#[test]
fn a_session_of_an_older_definition_counts_as_none() {
    let scene = Scene::new();
    scene.logged_in(&["prod", "main"]);
    scene.change_manifest("role/Admin", "role/Other");
    let run = scene.run(&["status", "main", "prod", "--json"]).ok();
    assert_eq!(run.json()["profiles"][0]["state"], "valid");
    assert_eq!(run.json()["profiles"][1]["state"], "renewable");
}

#[test]
fn an_unknown_profile_is_a_usage_error() {
    let run = Scene::new().run(&["status", "auditt"]).exits(2);
    assert!(run.stderr.contains("did you mean `audit`?"), "{}", run.stderr);
}

#[test]
fn a_time_that_is_longer_than_known_counts_only_as_far_as_it_is_known() {
    let scene = Scene::new();
    scene.logged_in(&["read", "main"]);
    let run = scene.run(&["status", "read", "main", "--json"]).ok();
    let field = |place: usize| run.json()["profiles"][place]["or_longer"].as_bool();
    assert_eq!((field(0), field(1)), (Some(true), Some(false)));
    scene.run(&["status", "read", "--check", "--min-ttl", "50m"]).ok();
    let run = scene.run(&["status", "read", "--check", "--min-ttl", "24h"]).exits(1);
    assert!(run.stderr.contains("less than 1 d 0 h left: read. "), "{}", run.stderr);
}

#[test]
fn what_a_refresh_token_renews_is_enough_for_check() {
    let scene = Scene::new();
    scene.aws.world().set_token_lifetime(600);
    scene.logged_in(&["jump"]);
    scene.expire("read");
    scene.expire("jump");
    let run = scene.run(&["status", "read", "jump", "--json", "--check"]).ok();
    assert_eq!(run.json()["profiles"][0]["state"], "renewable");
    assert_eq!(run.json()["profiles"][1]["state"], "renewable");
    scene.run(&["status", "read", "jump", "--check", "--min-ttl", "16m"]).exits(1);
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn check_sends_a_profile_whose_long_term_key_is_missing_to_keys_add() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, "");
    for (names, expected) in [
        (&["base"][..], "no key: base. Run `awsauth keys add base`\n"),
        (&["main", "prod"], "no key: main, prod. Run `awsauth keys add main && awsauth login main prod`\n"),
        (
            &["prod", "audit", "read"],
            "no key: prod, audit; not logged in: read. Run `awsauth keys add main && awsauth keys add base && awsauth login \
             prod audit read`\n",
        ),
    ] {
        let run = scene.run(&[&["status", "--check"], names].concat()).exits(1);
        assert_eq!(run.stderr, expected);
    }
}

#[test]
fn a_long_term_key_in_the_place_of_the_session_is_told_with_what_moves_it() {
    let scene = Scene::new();
    scene.home.write(CREDENTIALS, long_term_keys().replace("[main-long-term]", "[main]"));
    let note = "main: there is a key in [main] of the credentials file; `awsauth apply --adopt` moves it to [main-long-term]\n";
    let run = scene.run(&["status"]).ok();
    assert_eq!((run.stdout.contains("no key"), run.stderr.as_str()), (true, note));
    let run = scene.run(&["status", "prod", "--check"]).exits(1);
    assert_eq!(run.stderr, "no key: prod. Run `awsauth apply --adopt && awsauth login prod`\n");
    scene.run(&["apply", "--adopt"]).ok();
    assert_eq!(scene.run(&["status", "main"]).ok().stderr, "");
}

/// How often a run opens a file.
#[cfg(feature = "real-clients")]
#[cfg(target_os = "linux")]
fn opens_of(scene: &Scene, args: &[&str], file: &str) -> usize {
    crate::warm::opened(scene, args).iter().filter(|line| line.contains(file)).count()
}

#[cfg(feature = "real-clients")]
#[cfg(target_os = "linux")]
#[test]
fn the_credentials_file_is_read_as_often_for_many_missing_keys_as_for_one() {
    let scene = Scene::new();
    let count = |users: usize| {
        let user = |number| format!("[profiles.user-{number}]\npattern = \"iam\"\n");
        scene.home.manifest(&(0..users).map(user).collect::<String>());
        opens_of(&scene, &["status"], CREDENTIALS)
    };
    assert_eq!(count(1), count(40));
}

#[cfg(feature = "real-clients")]
#[cfg(target_os = "linux")]
#[test]
fn a_kept_session_is_read_once_however_many_profiles_go_through_it() {
    let scene = Scene::new();
    scene.logged_in(&["main", "prod", "jump"]);
    for args in [
        &["status"][..],
        &["exec", "prod", "--", "true"],
        &["env", "prod"],
        &["exec", "p*", "--no-login", "--", "true"],
    ] {
        let none = opens_of(&scene, args, &session_file("audit"));
        assert_eq!(none, 0, "{args:?} looks for a session that there is not");
        for name in ["main", "prod"] {
            let count = opens_of(&scene, args, &session_file(name));
            assert!(count <= 1, "{args:?} opens {name} {count} times");
        }
    }
}

#[test]
fn a_new_console_sign_in_gives_no_more_time_and_no_login_is_advised() {
    let scene = crate::login::sign_in::scene();
    crate::login::sign_in::sign_in(&scene, &["me"]);
    let run = scene.run(&["status", "me", "--check", "--min-ttl", "1h"]).exits(1);
    assert!(run.stderr.ends_with("less than 1 h 0 min left: me\n"), "{}", run.stderr);
}
