//! Backups, and `apply --undo`, which puts the newest back.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;

use super::{SMALL, SMALL_BODY, block, home};
use crate::scene::{CONFIG, CREDENTIALS, STATE, Scene, session_file};
use crate::support::sandbox::Sandbox;

const MARKED: &str = "[gone]\naws_access_key_id = ASIAGONE\naws_secret_access_key = SECRETMARK\n\
                      aws_session_token = SECRETMARK\nawsauth_expiration = 2026-01-01T00:00:00Z\n";

/// The backups of a file, the oldest first.
fn backups(home: &Sandbox, file: &str) -> Vec<std::path::PathBuf> {
    let dirs = home.list(&format!("{STATE}/backups"));
    let of_file = |dir: &&std::path::PathBuf| dir.file_name().unwrap().to_str().unwrap().starts_with(file);
    dirs.iter()
        .find(of_file)
        .map_or_else(Vec::new, |dir| home.list(dir.strip_prefix(home.path("")).unwrap().to_str().unwrap()))
}

#[cfg(unix)]
#[test]
fn the_last_ten_of_each_file_are_kept_for_the_user_alone() {
    let home = home("[a]\nx = 1\n");
    for number in 1..=12 {
        home.manifest(&SMALL.replace("eu-west-1", &format!("eu-west-{number}")));
        home.run(["apply"]).ok();
    }
    let kept = backups(&home, "config");
    assert_eq!(kept.len(), 10);
    let texts: Vec<String> = kept.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for (text, number) in texts.iter().zip(2..) {
        assert!(text.contains(&format!("region = eu-west-{number}\n")), "{text}");
    }
    for path in &kept {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
    home.run(["apply"]).ok();
    assert_eq!(backups(&home, "config"), kept, "a run with nothing to do keeps nothing");
}

#[test]
fn both_files_of_one_run_go_back_together_and_that_can_be_undone() {
    let home = home("[a]\nx = 1");
    let before = "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = SECRETMARK\n";
    home.write(CREDENTIALS, before);
    home.run(["apply", "--adopt"]).ok();
    let applied = (home.read(CONFIG), home.read(CREDENTIALS));
    assert_eq!(applied.1, before.replace("[main]", "[main-long-term]"));

    let run = home.run(["apply", "--undo", "--dry-run"]).ok();
    assert!(run.stdout.contains("-[profile main]\n") && run.stdout.contains("+[main]\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("SECRETMARK"), "{}", run.stdout);
    assert_eq!(home.read(CONFIG), applied.0);
    home.run(["apply", "--undo", "--check"]).exits(1);

    let run = home.run(["apply", "--undo"]).ok();
    assert!(
        run.stderr.contains("restored") && run.stderr.contains("run `awsauth apply --undo` again to reverse this"),
        "{}",
        run.stderr
    );
    assert_eq!((home.read(CONFIG), home.read(CREDENTIALS)), ("[a]\nx = 1".to_owned(), before.to_owned()));
    home.run(["apply", "--undo"]).ok();
    assert_eq!((home.read(CONFIG), home.read(CREDENTIALS)), applied);
    assert_eq!(home.list(".aws").len(), 2);
}

#[test]
fn a_session_is_in_no_backup_and_comes_back_by_no_undo() {
    let home = home("[a]\nx = 1");
    let mine = "[x]\naws_access_key_id = AKIAX\naws_secret_access_key = s\n";
    home.write(CREDENTIALS, format!("{mine}\n{MARKED}"));
    home.run(["apply"]).ok();
    assert_eq!(home.read(CREDENTIALS), mine);
    let [backup] = backups(&home, "credentials").try_into().unwrap();
    assert_eq!(fs::read_to_string(&backup).unwrap(), mine);
    // One of a release before may still be there.
    fs::write(backup, format!("{mine}\n{MARKED}")).unwrap();
    home.run(["apply", "--undo"]).ok();
    assert_eq!((home.read(CONFIG), home.read(CREDENTIALS)), ("[a]\nx = 1".to_owned(), mine.to_owned()));
}

#[test]
fn an_undo_keeps_the_sessions_of_now_and_logout_ends_all_that_there_are() {
    let scene = Scene::new();
    let key = |id: &str| format!("{id}\n{}\n", "s".repeat(40));
    let before = scene.home.read(CREDENTIALS);
    scene.home.run_with_input(["keys", "add", "base", "--force", "--no-verify"], &key("AKIAALICEEXAMPLEKEY2")).ok();
    scene.logged_in(&["main"]);
    let session = scene.session("main")["access_key_id"].as_str().unwrap().to_owned();
    let run = scene.run(&["apply", "--undo"]).ok();
    assert!(!run.stderr.contains("changed since"), "{}", run.stderr);
    let now = scene.home.read(CREDENTIALS);
    assert!(now.starts_with(&before) && now.contains(&session), "{now}");
    for path in backups(&scene.home, "credentials") {
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains(&session) && text.contains("AKIA"), "{text}");
    }
    scene.run(&["logout", "--all"]).ok();
    scene.run(&["apply", "--undo"]).ok();
    let now = scene.home.read(CREDENTIALS);
    assert!(now.contains("AKIAALICEEXAMPLEKEY2") && !now.contains("[main]"), "{now}");
}

#[test]
fn a_long_term_key_that_an_undo_puts_back_is_not_lost_under_a_session() {
    let home = home("");
    let before = "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    home.write(CREDENTIALS, before);
    home.run(["apply", "--adopt"]).ok();
    home.write(CREDENTIALS, format!("{}\n{}", home.read(CREDENTIALS), MARKED.replace("[gone]", "[main]")));
    home.run(["apply", "--undo"]).ok();
    assert_eq!(home.read(CREDENTIALS), before);
}

#[test]
fn a_session_with_an_id_like_a_long_term_keys_is_in_no_backup_and_comes_back_by_no_undo() {
    let home = home("");
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    home.run(["apply", "--adopt"]).ok();
    let applied = home.read(CREDENTIALS);
    // moto gives such ids.
    let session = MARKED.replace("[gone]", "[main]").replace("ASIAGONE", "AKIAGONE").replace("00Z", "00Z AKIAGONE");
    home.write(CREDENTIALS, format!("{applied}\n{session}"));
    let run = home.run(["apply", "--undo"]).ok();
    assert!(!run.stderr.contains("changed since"), "{}", run.stderr);
    for path in backups(&home, "credentials") {
        assert!(!fs::read_to_string(path).unwrap().contains("awsauth_expiration"));
    }
    home.run(["apply", "--undo"]).ok();
    assert_eq!(home.read(CREDENTIALS).trim_end(), applied.trim_end());
}

#[test]
fn an_undo_that_puts_a_key_back_in_the_place_of_a_session_says_so_and_ends_no_other() {
    let scene = Scene::new();
    let before = scene.home.read(CREDENTIALS).replace("main-long-term", "main");
    scene.home.write(CREDENTIALS, &before);
    scene.run(&["apply", "--adopt"]).ok();
    scene.logged_in(&["prod"]);
    let line = "the session of main: [main] of ~/.aws/credentials holds your own key again";
    let run = scene.run(&["apply", "--undo", "--dry-run"]).ok();
    assert!(run.stderr.contains(&format!("would end {line}")), "{}", run.stderr);
    assert!(!run.stderr.contains("changed since"), "{}", run.stderr);
    assert!(scene.home.has(&session_file("main")));
    let run = scene.run(&["apply", "--undo", "--json"]).ok();
    assert_eq!(run.json()["ended_sessions"], serde_json::json!(["main"]));
    assert_eq!(scene.home.read(CREDENTIALS), before);
    assert!(!scene.home.has(&session_file("main")));
    // Its key moves, but is still the same.
    let run = scene.run(&["apply", "--adopt"]).ok();
    assert!(!run.stderr.contains("ended the sessions"), "{}", run.stderr);
    assert!(scene.home.has(&session_file("prod")));
}

#[test]
fn a_file_that_apply_made_is_taken_away_again() {
    let home = home("");
    home.run(["apply"]).ok();
    let run = home.run(["apply", "--undo", "--json"]).ok();
    assert_eq!(run.json()["files"][0]["path"], home.path(CONFIG).to_str().unwrap());
    assert!(!home.has(CONFIG));
    home.run(["apply", "--undo"]).ok();
    assert_eq!(home.read(CONFIG), block(SMALL_BODY));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_when_its_file_goes_back() {
    let home = home("");
    home.write("dotfiles/config", "[a]\nx = 1\n");
    fs::create_dir(home.path(".aws")).unwrap();
    std::os::unix::fs::symlink("../dotfiles/config", home.path(CONFIG)).unwrap();
    home.run(["apply"]).ok();
    home.run(["apply", "--undo"]).ok();
    assert_eq!(home.read("dotfiles/config"), "[a]\nx = 1\n");
    assert!(home.path(CONFIG).symlink_metadata().unwrap().is_symlink());
}

#[test]
fn without_a_backup_there_is_nothing_to_undo_and_no_manifest_is_needed() {
    let home = Sandbox::new();
    let run = home.run(["apply", "--undo"]).exits(4);
    assert!(run.stderr.contains("there is nothing to undo"), "{}", run.stderr);
    let run = home.run(["apply", "--undo", "--force"]).exits(2);
    assert!(run.stderr.contains("--undo"), "{}", run.stderr);
}

#[test]
fn a_backup_of_a_run_that_was_killed_before_its_change_is_passed_over() {
    let home = home("[a]\nx = 1\n");
    home.run(["apply"]).ok();
    let applied = home.read(CONFIG);
    let first = backups(&home, "config").remove(0);
    fs::write(first.with_file_name("29990101T000000.000000000Z.bak"), &applied).unwrap();
    home.run(["apply", "--undo"]).ok();
    assert_eq!(home.read(CONFIG), "[a]\nx = 1\n");
}

#[test]
fn a_key_that_keys_add_replaced_is_kept() {
    let home = home("");
    let add = |id: &str, args: &[&str]| {
        let key = format!("{id}\n{}\n", "s".repeat(40));
        home.run_with_input([&["keys", "add", "main", "--no-verify"], args].concat(), &key).ok();
    };
    add("AKIAALICEEXAMPLEKEY1", &[]);
    assert_eq!(backups(&home, "credentials").len(), 0);
    let before = home.read(CREDENTIALS);
    add("AKIAALICEEXAMPLEKEY2", &["--force"]);
    let [backup] = backups(&home, "credentials").try_into().unwrap();
    assert_eq!(fs::read_to_string(backup).unwrap(), before);
}

#[test]
fn a_key_that_keys_add_replaced_is_no_change_by_somebody_else() {
    let home = home("");
    home.run(["apply"]).ok();
    let add = |id: &str, args: &[&str]| {
        let key = format!("{id}\n{}\n", "s".repeat(40));
        home.run_with_input([&["keys", "add", "main", "--no-verify"], args].concat(), &key).ok();
    };
    add("AKIAALICEEXAMPLEKEY1", &[]);
    let before = home.read(CREDENTIALS);
    add("AKIAALICEEXAMPLEKEY2", &["--force"]);
    let run = home.run(["apply", "--undo"]).ok();
    assert!(!run.stderr.contains("changed since"), "{}", run.stderr);
    assert!(!run.stderr.contains("the manifest is unchanged"), "{}", run.stderr);
    assert_eq!(home.read(CREDENTIALS), before);
}

#[test]
fn an_undo_of_apply_leaves_the_manifest_and_says_so() {
    let home = home("");
    home.run(["apply"]).ok();
    let run = home.run(["apply", "--undo"]).ok();
    let line = "the manifest is unchanged: `awsauth apply` writes its profiles again, and says if it needs `--adopt`";
    assert!(run.stderr.contains(line), "{}", run.stderr);
    let again = home.run(["apply", "--undo"]).ok();
    assert!(!again.stderr.contains("the manifest is unchanged"), "{}", again.stderr);
    assert!(home.run(["apply"]).ok().stderr.contains("nothing to do"));
}

#[test]
fn the_newest_of_several_goes_back_first() {
    let home = home("[a]\nx = 1\n");
    home.run(["apply"]).ok();
    let first = home.read(CONFIG);
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    home.run(["apply"]).ok();
    home.run(["apply", "--undo"]).ok();
    assert_eq!(home.read(CONFIG), first);
}

#[test]
fn what_was_changed_since_is_warned_of_and_comes_back_with_the_next_undo() {
    let home = home("[a]\nx = 1\n");
    home.run(["apply"]).ok();
    assert!(!home.run(["apply", "--undo", "--dry-run"]).ok().stderr.contains("changed since"));
    let mine = home.read(CONFIG) + "\n[profile new]\nregion = us-east-1\n";
    home.write(CONFIG, &mine);
    let run = home.run(["apply", "--undo"]).ok();
    assert!(run.stderr.contains("was changed since awsauth wrote it; that change is undone too"), "{}", run.stderr);
    assert_eq!(home.read(CONFIG), "[a]\nx = 1\n");
    let run = home.run(["apply", "--undo"]).ok();
    assert!(!run.stderr.contains("changed since"), "{}", run.stderr);
    assert_eq!(home.read(CONFIG), mine);
    home.run(["apply", "--undo", "--check"]).exits(1);
}

#[test]
fn a_session_of_awsauths_own_is_nobodys_change() {
    let home = home("");
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s");
    home.run(["apply", "--adopt"]).ok();
    let applied = home.read(CREDENTIALS);
    for gap in ["\n", "\n\n"] {
        home.write(CREDENTIALS, format!("{applied}{gap}{}", MARKED.replace("[gone]", "[main]")));
        let run = home.run(["apply", "--undo", "--dry-run"]).ok();
        assert!(!run.stderr.contains("changed since"), "{}", run.stderr);
    }
    home.write(CREDENTIALS, format!("{}\n[mine]\nregion = x\n", home.read(CREDENTIALS)));
    let run = home.run(["apply", "--undo", "--dry-run"]).ok();
    assert!(run.stderr.contains("credentials was changed since awsauth wrote it"), "{}", run.stderr);
}

#[test]
fn checking_for_an_undo_where_there_is_none_is_no_difference() {
    home("").run(["apply", "--undo", "--check"]).ok();
}

#[cfg(unix)]
#[test]
fn runs_that_change_nothing_push_no_backup_out() {
    let home = home("[a]\nx = 1\n");
    home.run(["apply"]).ok();
    let kept = backups(&home, "config");
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    for _ in 0..12 {
        let mut command = std::process::Command::new("sh");
        let script = "ulimit -f 0; exec \"$0\" apply";
        let shell = home.program("sh".as_ref());
        command.args(["-c", script, env!("CARGO_BIN_EXE_awsauth")]).env_clear();
        command.envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
        assert!(!command.status().unwrap().success());
    }
    assert_eq!(backups(&home, "config"), kept);
    home.run(["apply"]).ok();
    assert_eq!(backups(&home, "config").len(), 2);
}

#[test]
fn what_was_changed_since_is_warned_of_also_where_there_was_no_file_at_first() {
    let home = home("");
    home.run(["apply"]).ok();
    home.write(CONFIG, home.read(CONFIG) + "\n[profile new]\n");
    let run = home.run(["apply", "--undo"]).ok();
    assert!(run.stderr.contains("was changed since awsauth wrote it"), "{}", run.stderr);
}

#[test]
fn an_undo_says_which_run_it_undoes_and_which_sections_change() {
    let home = home("[a]\nx = 1\n");
    home.run(["apply"]).ok();
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    home.run(["apply"]).ok();
    let run = home.run(["apply", "--undo", "--dry-run", "--json"]).ok();
    let sections = serde_json::json!([{ "section": "profile main", "change": "changed" }]);
    assert_eq!(run.json()["files"][0]["sections"], sections);
    let time = run.json()["run"].as_str().unwrap().replace('T', " ").replace('Z', " UTC");
    let run = home.run(["apply", "--undo"]).ok();
    let line = format!("restored ~/.aws/config, as it was before the run of {time} (");
    assert!(run.stderr.contains(&line), "{}", run.stderr);
}

#[test]
fn an_undo_counts_the_sections_that_its_run_counted() {
    let home = home("[profile main]\nregion=eu-west-1\n");
    home.write(CREDENTIALS, "[main]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
    let changes = |args: &[&str]| {
        let run = home.run(args).ok().json();
        let sections = [0, 1].map(|file| run["files"][file]["sections"].as_array().unwrap().clone());
        let name =
            |section: &serde_json::Value| format!("{} {}", section["section"], section["change"]).replace('"', "");
        sections.map(|sections| sections.iter().map(name).collect::<Vec<_>>().join(", "))
    };
    let done = changes(&["apply", "--adopt", "--json"]);
    assert_eq!(done, ["profile main adopted, profile prod added", "main renamed"]);
    let undone = changes(&["apply", "--undo", "--json"]);
    assert_eq!(undone, ["profile main released, profile prod removed", "main-long-term renamed"]);
    let again = changes(&["apply", "--undo", "--json"]);
    assert_eq!(again, done);
}

#[test]
fn the_nth_last_run_goes_back_with_all_that_came_after_it() {
    let home = home("[a]\nx = 1\n");
    home.write(CREDENTIALS, MARKED);
    home.run(["apply"]).ok();
    for region in ["eu-west-2", "eu-west-3"] {
        home.manifest(&SMALL.replace("eu-west-1", region));
        home.run(["apply"]).ok();
    }
    let newest = home.read(CONFIG);
    let run = home.run(["apply", "--undo", "4"]).exits(4);
    assert!(run.stderr.contains("only 3 runs can be undone"), "{}", run.stderr);
    home.run(["apply", "--undo", "0"]).exits(2);

    home.run(["apply", "--undo", "3"]).ok();
    assert_eq!((home.read(CONFIG), home.read(CREDENTIALS)), ("[a]\nx = 1\n".to_owned(), String::new()));
    home.run(["apply", "--undo"]).ok();
    assert_eq!((home.read(CONFIG), home.read(CREDENTIALS)), (newest, String::new()));
    let run = home.run(["apply", "--undo", "2", "--check"]).ok();
    assert!(run.stderr.contains("nothing to do"), "{}", run.stderr);
}

#[test]
fn a_secret_of_equal_length_that_an_undo_changes_is_seen_in_the_diff() {
    let home = home("");
    for secret in ["s", "t"] {
        let key = format!("AKIAALICEEXAMPLEKEY1\n{}\n", secret.repeat(40));
        home.run_with_input(["keys", "add", "main", "--force", "--no-verify"], &key).ok();
    }
    let run = home.run(["apply", "--undo", "--dry-run"]).ok();
    let line = format!("aws_secret_access_key = {}\n", "*".repeat(40));
    assert!(run.stdout.contains(&format!("-{line}+{line}")), "{}", run.stdout);
}
