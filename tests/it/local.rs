//! `profiles.local.toml`: where it is looked for, who may have written it, and what is said of mistakes in it. The talk
//! about `fixtures/local/{valid,invalid}` is the `.txt` beside each; `BLESS=1 cargo test` writes them anew.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::check::{compare, fixtures_in, stem};
use crate::scene::Scene;
use crate::schema::toml_value;
use crate::support::sandbox::{Run, Sandbox};

const MANIFEST: &str = "[profiles.base]\npattern = \"iam\"\n";
const NAME: &str = "profiles.local.toml";
/// Where everybody has one.
const OWN: &str = ".config/awsauth/profiles.local.toml";

/// Runs `check` with one fixture as the person's own file, or, if its name says so, beside a manifest that is in order.
fn check(file: &Path, flags: &[&str]) -> Run {
    let sandbox = Sandbox::new();
    sandbox.write("profiles.toml", MANIFEST);
    let name = if stem(file).ends_with("-beside") { NAME } else { OWN };
    sandbox.write(name, fs::read(file).unwrap());
    let mode = if stem(file).starts_with("untrusted") { 0o664 } else { 0o644 };
    fs::set_permissions(sandbox.path(name), Permissions::from_mode(mode)).unwrap();
    let mut run = sandbox.run([&["check", "--manifest", "profiles.toml"], flags].concat());
    for text in [&mut run.stdout, &mut run.stderr] {
        for home in [fs::canonicalize(sandbox.path("")).unwrap(), sandbox.path("")] {
            *text = text.replace(home.to_str().unwrap().trim_end_matches('/'), "HOME");
        }
    }
    run
}

#[test]
fn every_fixture_is_reported_as_its_text_says() {
    let mut wrong = Vec::new();
    for (kind, code) in [("local/valid", 0), ("local/invalid", 3)] {
        for file in fixtures_in(kind) {
            let run = check(&file, &[]).exits(code);
            assert_eq!(run.stdout, "", "{}", file.display());
            wrong.extend(compare(&file, &run));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_json_names_the_rule_of_the_fixture_and_its_place() {
    for file in fixtures_in("local/invalid") {
        let document = check(&file, &["--json"]).exits(3).json();
        let found = document["diagnostics"].as_array().unwrap();
        let fits = |found: &&Value| stem(&file).starts_with(found["code"].as_str().unwrap());
        let first = found.iter().find(fits).unwrap_or_else(|| panic!("{}: {document}", file.display()));
        let place = if stem(&file).ends_with("-beside") { NAME.to_owned() } else { format!("HOME/{OWN}") };
        assert_eq!((&first["file"], &first["severity"]), (&place.into(), &"error".into()), "{document}");
        assert!(first["line"].as_u64().unwrap() >= 1);
        assert_eq!(document["errors"], found.len());
    }
    let document = check(&fixtures_in("local/valid")[0], &["--json"]).ok().json();
    assert_eq!((&document["local"], &document["errors"]), (&serde_json::json!([format!("HOME/{OWN}")]), &0.into()));
}

#[test]
fn the_committed_schema_is_what_the_code_makes_and_agrees_about_every_fixture() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles.local.schema.json");
    let made = Sandbox::new().run(["schema", "--local"]).ok().stdout;
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &made).unwrap();
    }
    let text = fs::read_to_string(&file).unwrap();
    assert!(text == made, "stale: run `awsauth schema --local > schemas/profiles.local.schema.json`");
    let validator = jsonschema::draft7::new(&serde_json::from_str(&text).unwrap()).unwrap();
    // About TOML itself, who can write the file, whom the person allows, what the manifest has, and a character that is hard to write: nothing for
    // a schema.
    let beyond = ["syntax", "untrusted", "settings-elsewhere", "missing-key", "bad-program-nul", "foreign-endpoint"];
    let is_beyond = |stem: &str| beyond.iter().any(|rule| stem.starts_with(rule));
    for (kind, is_good) in [("local/valid", true), ("local/invalid", false)] {
        for file in fixtures_in(kind).iter().filter(|file| !is_beyond(stem(file))) {
            let value = toml_value(&fs::read_to_string(file).unwrap()).unwrap();
            assert_eq!(validator.is_valid(&value), is_good, "{}", file.display());
        }
    }
}

/// The files that a run reads, by `check --json`.
#[track_caller]
fn local_files(home: &Sandbox, args: &[&str]) -> Vec<String> {
    let document = home.run([&["check", "--json"], args].concat()).ok().json();
    let files = document["local"].as_array().unwrap();
    files.iter().map(|file| file.as_str().unwrap().to_owned()).collect()
}

#[test]
fn it_is_looked_for_beside_the_manifest_wherever_a_link_leads_and_in_the_configuration_directory() {
    let home = Sandbox::new();
    let own = home.path(OWN).to_str().unwrap().to_owned();
    home.manifest(MANIFEST);
    assert_eq!(local_files(&home, &[]), [""; 0]);
    home.write(OWN, "");
    assert_eq!(local_files(&home, &[]), std::slice::from_ref(&own));
    // One that a repository of dotfiles has beside the manifest.
    home.write("dotfiles/profiles.toml", MANIFEST);
    home.write("dotfiles/profiles.local.toml", "");
    fs::remove_file(home.path(".config/awsauth/profiles.toml")).unwrap();
    symlink(home.path("dotfiles/profiles.toml"), home.path(".config/awsauth/profiles.toml")).unwrap();
    let beside = fs::canonicalize(home.path("dotfiles")).unwrap().join(NAME).to_str().unwrap().to_owned();
    assert_eq!(local_files(&home, &[]), [beside, own.clone()]);
    let named = ["--manifest", "dotfiles/profiles.toml"];
    assert_eq!(local_files(&home, &named), ["dotfiles/profiles.local.toml".to_owned(), own.clone()]);
    // Both names of one file.
    fs::remove_file(home.path(OWN)).unwrap();
    symlink(home.path("dotfiles/profiles.local.toml"), home.path(OWN)).unwrap();
    assert_eq!(local_files(&home, &[]), [own]);
    // Never from where one happens to be.
    home.write(NAME, "[settings]\nprompt = 1\n");
    assert_eq!(local_files(&home, &[]).len(), 1);
}

#[test]
fn the_mistakes_of_all_files_come_out_in_one_run_and_stop_other_commands_too() {
    let home = Sandbox::new();
    home.write("team/profiles.toml", "[profiles.base]\npattern = \"iamm\"\n");
    home.write("team/profiles.local.toml", "[settings]\nprompt = \"no\"\n");
    home.write(OWN, "[settings]\nsso_flow = \"no\"\n");
    let run = home.run(["check", "--manifest", "team/profiles.toml"]).exits(3);
    for part in [
        "team/profiles.toml:2:11",
        "team/profiles.local.toml:1:2",
        "team/profiles.local.toml:2:10",
        &format!("~/{OWN}:2:12"),
        "4 errors\n",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    home.write("team/profiles.toml", MANIFEST);
    for args in [&["status"][..], &["apply"], &["login", "base"]] {
        let run = home.run([args, &["--manifest", "team/profiles.toml"]].concat()).exits(3);
        assert!(run.stdout.is_empty() && run.stderr.contains("bad-setting"), "{args:?}: {}", run.stderr);
    }
    let run = home.run(["credential-process", "base", "--manifest", "team/profiles.toml"]).exits(3);
    let line = "team/profiles.local.toml:1:2: settings-elsewhere: `[settings]` is not taken from a file beside the manifest \
                (3 errors); run `awsauth check`\n";
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", line));
    home.write(OWN, [0x66, 0xff]);
    let run = home.run(["check", "--manifest", "team/profiles.toml"]).exits(3);
    assert!(run.stderr.contains("profiles.local.toml is not UTF-8: line 1"), "{}", run.stderr);
}

/// A person's own settings.
const SETTINGS: &str = "[settings]\nmfa_process = [\"true\"]\n";

#[test]
fn settings_are_taken_from_no_file_that_others_can_change_nor_by_way_of_their_links() {
    let home = Sandbox::new();
    home.manifest(MANIFEST);
    home.write(OWN, SETTINGS);
    home.run(["check"]).ok();
    let mode = |path: &str, mode| fs::set_permissions(home.path(path), Permissions::from_mode(mode)).unwrap();
    let refused = |words: &str| {
        let run = home.run(["check"]).exits(3);
        assert!(
            run.stderr.contains("error[untrusted-settings]") && run.stderr.contains(words),
            "{words}: {}",
            run.stderr
        );
        // Other commands neither.
        home.run(["login", "base"]).exits(3);
    };
    for (path, bad, good, words) in [
        (OWN, 0o664, 0o644, "awsauth/profiles.local.toml can write to it"),
        (OWN, 0o602, 0o600, "every user of this machine can write to "),
        (".config/awsauth", 0o777, 0o755, "every user of this machine can write to "),
        (".config", 0o775, 0o755, ".config can write to it"),
        ("", 0o757, 0o755, "every user of this machine can write to "),
    ] {
        mode(path, bad);
        refused(words);
        mode(path, good);
        home.run(["check"]).ok();
    }
    // A link of the person's own, from a directory where others could exchange it, and to one where they could.
    fs::create_dir_all(home.path("links")).unwrap();
    fs::rename(home.path(OWN), home.path("links/own.toml")).unwrap();
    symlink("../../links/own.toml", home.path(OWN)).unwrap();
    home.run(["check"]).ok();
    mode("links", 0o777);
    refused("links");
    // There anybody could give another file of the person's that name.
    mode("links", 0o1777);
    refused("links");
    // Where nothing stands that only the person may say, it does not matter.
    mode("links", 0o777);
    home.write("links/own.toml", "[vars]\nuser = \"alice\"\n");
    home.run(["check"]).ok();
    home.write("links/own.toml", "[vars]\nuser = \"settings\"\n");
    home.run(["check"]).ok();
    home.write("links/own.toml", "[\"\\u0073ettings\"]\nprompt = \"tty\"\n");
    refused("links");
}

#[test]
fn settings_are_taken_from_no_file_that_git_tracks_or_that_a_tracked_link_leads_to() {
    let home = Sandbox::new();
    // As from a link of ~/.config/awsauth to a clone.
    home.write("clone/profiles.toml", MANIFEST);
    home.write("clone/profiles.local.toml", SETTINGS);
    fs::create_dir_all(home.path(".config")).unwrap();
    symlink("../clone", home.path(".config/awsauth")).unwrap();
    git(&home.path("clone"), &["init", "-q"]);
    home.run(["check"]).ok();
    let refused = |words: &str| {
        let run = home.run(["check"]).exits(3);
        assert!(
            run.stderr.contains("error[untrusted-settings]") && run.stderr.contains(words),
            "{words}: {}",
            run.stderr
        );
    };
    // As a clone has it that is at work, or ended early: git writes its index last.
    git(&home.path(""), &["init", "-q", "origin"]);
    home.write("origin/profiles.local.toml", SETTINGS);
    git(&home.path("origin"), &["add", "."]);
    git(&home.path("origin"), &["-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "-m", "x"]);
    git(&home.path("clone"), &["fetch", "-q", "../origin"]);
    refused("clone/profiles.local.toml is in a commit of a git repository");
    fs::remove_file(home.path("clone/.git/FETCH_HEAD")).unwrap();
    home.run(["check"]).ok();
    git(&home.path("clone"), &["add", "."]);
    refused("clone/profiles.local.toml is committed to a git repository");
    // What the caller's variables name is another repository.
    git(&home.path(""), &["init", "-q", "other"]);
    let run = home.command(["check"]).env("GIT_DIR", home.path("other/.git")).output().unwrap();
    assert_eq!(run.status.code(), Some(3));
    // In another spelling, as a file system that ignores case takes it for the same.
    git(&home.path("clone"), &["rm", "-q", "--cached", "profiles.local.toml"]);
    home.run(["check"]).ok();
    home.write("clone/x", SETTINGS);
    git(&home.path("clone"), &["add", "x"]);
    git(&home.path("clone"), &["mv", "x", "Profiles.Local.toml"]);
    refused("clone/profiles.local.toml is committed to a git repository");
    git(&home.path("clone"), &["rm", "-q", "--cached", "Profiles.Local.toml"]);
    home.run(["check"]).ok();
    // The link is committed, what it leads to is not.
    fs::rename(home.path("clone/profiles.local.toml"), home.path("own.toml")).unwrap();
    symlink("../own.toml", home.path("clone/profiles.local.toml")).unwrap();
    home.run(["check"]).ok();
    git(&home.path("clone"), &["add", "profiles.local.toml"]);
    refused("clone/profiles.local.toml is committed to a git repository");
    // Without git nobody can tell, and without a repository nobody need.
    git(&home.path("clone"), &["rm", "-q", "--cached", "profiles.local.toml"]);
    let no_git =
        |code| assert_eq!(home.command(["check"]).env("PATH", "/no/such").output().unwrap().status.code(), Some(code));
    no_git(3);
    fs::remove_dir_all(home.path("clone/.git")).unwrap();
    no_git(0);
    fs::create_dir(home.path("clone/.git")).unwrap();
    refused("git can't look into");
}

#[test]
fn a_committed_link_beside_the_manifest_is_no_way_out_of_its_directory() {
    let home = Sandbox::new();
    home.write("clone/profiles.toml", MANIFEST);
    home.write("downloads/personal.toml", "[vars]\nuser = \"alice\"\n");
    let named = ["--manifest", "clone/profiles.toml"];
    let check = || home.run([&["check"], &named[..]].concat());
    let link = |target: &Path| {
        drop(fs::remove_file(home.path("clone/profiles.local.toml")));
        symlink(target, home.path("clone/profiles.local.toml")).unwrap();
        commit(&home.path("clone"));
    };
    link(Path::new("../downloads/personal.toml"));
    let run = check().exits(3);
    let led_out = "clone/profiles.local.toml is a link from a git repository, and leads out of its directory";
    assert!(run.stderr.contains(led_out), "{}", run.stderr);
    // Also where nothing is yet, and a value would be written.
    link(Path::new("../downloads/none.toml"));
    let run = home.run([&["vars", "--set", "user=alice"], &named[..]].concat()).exits(3);
    assert!(run.stderr.contains(led_out) && !home.has("downloads/none.toml"), "{}", run.stderr);
    // Below it, and the person's own, it may lead.
    home.write("clone/mine/personal.toml", "[vars]\nuser = \"alice\"\n");
    link(Path::new("mine/personal.toml"));
    check().ok();
    home.write(OWN, SETTINGS);
    link(&home.path(OWN));
    check().ok();
    // What a repository keeps for itself is no file of a person's.
    link(Path::new(".git/config"));
    let run = check().exits(3);
    assert!(run.stderr.contains("leads to ") && run.stderr.contains("clone/.git/config"), "{}", run.stderr);
    assert!(!run.stderr.contains("repositoryformatversion"), "{}", run.stderr);
    symlink(".git", home.path("clone/dir")).unwrap();
    link(Path::new("dir/none"));
    let run = home.run([&["vars", "--set", "user=alice"], &named[..]].concat()).exits(3);
    assert!(run.stderr.contains("leads to ") && !home.has("clone/.git/none"), "{}", run.stderr);
    // One that is not committed is the person's own.
    link(Path::new("../downloads/personal.toml"));
    git(&home.path("clone"), &["rm", "-q", "--cached", "profiles.local.toml"]);
    check().ok();
}

#[test]
fn a_team_s_check_finds_a_committed_personal_file_in_any_spelling() {
    let home = Sandbox::new();
    home.write("clone/Team/profiles.toml", MANIFEST);
    git(&home.path("clone"), &["init", "-q"]);
    let check = || home.run(["check", "--team", "--manifest", "clone/Team/profiles.toml"]);
    for name in ["profiles.local.toml", "Profiles.Local.toml", "PROFILES.LOCAL.TOML"] {
        let path = format!("clone/Team/{name}");
        home.write(&path, SETTINGS);
        check().ok();
        git(&home.path("clone"), &["add", "--force", "."]);
        let run = check().exits(3);
        let words = format!("`{name}` is committed");
        assert!(run.stderr.contains("error[committed-local]") && run.stderr.contains(&words), "{}", run.stderr);
        // Without git, a file that is there counts.
        let run: Run = home
            .command(["check", "--team", "--manifest", "clone/Team/profiles.toml"])
            .env("PATH", "/no/such")
            .output()
            .unwrap()
            .into();
        assert!(run.exits(3).stderr.contains(&format!("`{name}` may be committed")));
        git(&home.path("clone"), &["rm", "-q", "--force", &format!("Team/{name}")]);
    }
    check().ok();
}

/// As where a runner takes the checkout of somebody's dotfiles for HOME.
#[test]
fn a_team_s_check_follows_no_committed_link_of_the_configuration_directory() {
    let home = Sandbox::new();
    let outside = Sandbox::new();
    outside.write("secret", "TOKEN\n");
    fs::create_dir_all(home.path(".config/awsauth")).unwrap();
    symlink(outside.path("secret"), home.path(".config/awsauth/profiles.toml")).unwrap();
    let run = home.run(["check", "--team"]).exits(3);
    assert!(run.stderr.contains("TOKEN"), "one of the person's own is read: {}", run.stderr);
    commit(&home.path(""));
    let run = home.run(["check", "--team"]).exits(3);
    assert!(run.stderr.contains("leads out of its directory") && !run.stderr.contains("TOKEN"), "{}", run.stderr);
}

/// Runs only where temporary directories ignore case, as on macOS: what git is asked is tested everywhere.
#[test]
fn where_names_ignore_case_a_committed_file_in_another_spelling_gives_no_settings() {
    let home = Sandbox::new();
    home.write("clone/Profiles.Local.toml", SETTINGS);
    if !home.has("clone/profiles.local.toml") {
        return;
    }
    home.write("clone/profiles.toml", MANIFEST);
    commit(&home.path("clone"));
    fs::create_dir_all(home.path(".config")).unwrap();
    symlink("../Clone", home.path(".config/awsauth")).unwrap();
    let run = home.run(["check"]).exits(3);
    assert!(run.stderr.contains("error[untrusted-settings]"), "{}", run.stderr);
}

#[test]
fn git_is_asked_where_settings_are_read_and_not_for_a_session_that_is_kept() {
    let scene = Scene::new();
    scene.home.write(OWN, "[settings]\nsso_flow = \"device\"\n");
    git(&scene.home.path(".config"), &["init", "-q"]);
    let real = std::env::var("PATH").unwrap();
    fs::create_dir(scene.home.path("bin")).unwrap();
    let path = format!("{}:{real}", scene.home.path("bin").display());
    let asked = scene.home.path("asked");
    // What it gets of the environment is what it needs, and no key.
    scene.home.script("bin/git", &format!("env >>{}; PATH={real} exec git \"$@\"", asked.display()));
    let run = |args: &[&str]| {
        let mut command = scene.home.command(args);
        command.env("PATH", &path).env("AWS_SECRET_ACCESS_KEY", "wJalr").env("GIT_DIR", "/no/such");
        assert!(command.output().unwrap().status.success(), "{args:?}");
        fs::read_to_string(&asked).unwrap_or_default()
    };
    let told = run(&["login", "read"]);
    assert!(told.contains("HOME=") && !told.contains("wJalr") && !told.contains("GIT_DIR"), "{told}");
    fs::remove_file(&asked).unwrap();
    assert_eq!(run(&["credential-process", "read"]), "");
}

/// A manifest with an endpoint that has to be allowed, and the line that does so.
const FOREIGN: &str =
    "[profiles.base]\npattern = \"iam\"\nsettings = { endpoint_url = \"https://aws.corp.example:4566/x\" }\n";
const ALLOW: &str = "[settings]\nallow_hosts = [\"aws.corp.example\"]\n";

#[test]
fn an_endpoint_that_is_not_aws_s_is_written_only_for_a_person_who_allows_its_host() {
    let home = Sandbox::new();
    home.manifest(FOREIGN);
    for args in [&["check"][..], &["apply"], &["status"], &["login", "base"], &["credential-process", "base"]] {
        let run = home.run(args).exits(3);
        assert!(run.stdout.is_empty() && run.stderr.contains("foreign-endpoint"), "{args:?}: {}", run.stderr);
    }
    assert!(!home.has(".aws/config"));
    let line = ALLOW.lines().last().unwrap();
    let help = format!("`{line}` to [settings] of ~/{OWN}");
    let run = home.run(["check"]).exits(3);
    assert!(run.stderr.contains(&help), "{help}: {}", run.stderr);
    home.write(OWN, ALLOW);
    home.run(["apply"]).ok();
    assert!(home.read(".aws/config").contains("endpoint_url = https://aws.corp.example:4566/x\n"));
    // A team's CI says it, and no more.
    let team = home.run(["check", "--team"]).ok().stderr;
    assert!(team.contains("warning[foreign-endpoint]") && team.contains(line), "{team}");
}

#[test]
fn aws_s_own_hosts_are_allowed_like_any_other() {
    let home = Sandbox::new();
    home.manifest(
        "[profiles.a]\npattern = \"iam\"\nsettings = { endpoint_url = \"https://sts.eu-west-1.amazonaws.com\" }\n\
         [profiles.b]\npattern = \"iam\"\nsettings = { s3 = { endpoint_url = \"https://10.0.0.5:9000/x\" } }\n",
    );
    let run = home.run(["check"]).exits(3);
    assert_eq!(run.stderr.matches("error[foreign-endpoint]").count(), 2, "{}", run.stderr);
    home.write(OWN, "[settings]\nallow_hosts = [\"*.eu-west-1.amazonaws.com\", \"10.0.0.5\"]\n");
    home.run(["check"]).ok();
}

#[test]
fn commands_are_recorded_only_where_the_person_s_own_file_says_so() {
    let home = Sandbox::new();
    let record = |word: &str| format!("[profiles.base.settings]\ncli_history = \"{word}\"\n");
    home.write("team/profiles.toml", MANIFEST);
    let check = |code| home.run(["check", "--manifest", "team/profiles.toml"]).exits(code).stderr;
    home.write(OWN, record("enabled"));
    check(0);
    // Its own word, not that of a variable, which a shared file may define.
    home.write(OWN, record("${word}"));
    home.write("team/profiles.toml", format!("{MANIFEST}[vars]\nword = \"enabled\"\n"));
    let refused = "`cli_history = \"enabled\"` can't be set here";
    assert!(check(3).contains(refused));
    // Nor a file that a repository may have put beside the manifest.
    fs::remove_file(home.path(OWN)).unwrap();
    home.write("team/profiles.local.toml", record("enabled"));
    assert!(check(3).contains(refused));
    home.write("team/profiles.local.toml", record("disabled"));
    check(0);
}

#[test]
fn hosts_are_allowed_by_the_file_of_the_configuration_directory_alone() {
    let home = Sandbox::new();
    home.write("dotfiles/profiles.toml", FOREIGN);
    home.write("dotfiles/profiles.local.toml", ALLOW);
    let check = || home.run(["check", "--manifest", "dotfiles/profiles.toml"]);
    let run = check().exits(3);
    // Not into the file from which it is not taken.
    let help = format!("to [settings] of ~/{OWN}");
    for words in ["error[settings-elsewhere]", "error[foreign-endpoint]", &help] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    fs::remove_file(home.path("dotfiles/profiles.local.toml")).unwrap();
    home.write(OWN, ALLOW);
    check().ok();
    fs::set_permissions(home.path(".config/awsauth"), Permissions::from_mode(0o777)).unwrap();
    let run = check().exits(3);
    let both = ["error[untrusted-settings]", "error[foreign-endpoint]"];
    assert!(both.iter().all(|code| run.stderr.contains(code)), "{}", run.stderr);
    // What a shared file says of hosts is no more than a mistake.
    fs::set_permissions(home.path(".config/awsauth"), Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(home.path(OWN)).unwrap();
    home.write("dotfiles/profiles.toml", format!("{ALLOW}{FOREIGN}"));
    let run = check().exits(3);
    assert!(run.stderr.contains("settings-elsewhere") && run.stderr.contains("foreign-endpoint"), "{}", run.stderr);
}

/// Runs git in `dir`, with nothing of this machine's configuration.
#[track_caller]
fn git(dir: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(dir).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let run = command.args(args).output().unwrap();
    assert!(run.status.success(), "{args:?}: {run:?}");
}

/// Makes `dir` a git repository that has all that is in it.
#[track_caller]
pub(crate) fn commit(dir: &Path) {
    git(dir, &["init", "-q"]);
    git(dir, &["add", "--force", "."]);
}
