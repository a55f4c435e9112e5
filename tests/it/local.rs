//! `profiles.local.toml`: where it is looked for, who may have written it, and what is said of mistakes in it. The talk
//! about `fixtures/local/{valid,invalid}` is the `.txt` beside each; `BLESS=1 cargo test` writes them anew.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::Value;

use crate::check::{compare, fixtures_in, stem};
use crate::scene::Scene;
use crate::schema::toml_value;
use crate::support::sandbox::{Run, Sandbox};

const MANIFEST: &str = "[profiles.base]\npattern = \"iam\"\n";
const NAME: &str = "profiles.local.toml";
/// Where everybody has one.
const OWN: &str = ".config/awsauth/profiles.local.toml";

/// Runs `check` with one fixture beside a manifest that is in order.
fn check(file: &Path, flags: &[&str]) -> Run {
    let sandbox = Sandbox::new();
    sandbox.write("profiles.toml", MANIFEST);
    sandbox.write(NAME, fs::read(file).unwrap());
    let mode = if stem(file).starts_with("untrusted") { 0o664 } else { 0o644 };
    fs::set_permissions(sandbox.path(NAME), Permissions::from_mode(mode)).unwrap();
    sandbox.run([&["check", "--manifest", "profiles.toml"], flags].concat())
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
        assert_eq!((&first["file"], &first["severity"]), (&NAME.into(), &"error".into()), "{document}");
        assert!(first["line"].as_u64().unwrap() >= 1);
        assert_eq!(document["errors"], found.len());
    }
    let document = check(&fixtures_in("local/valid")[0], &["--json"]).ok().json();
    assert_eq!((&document["local"], &document["errors"]), (&serde_json::json!([NAME]), &0.into()));
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
    let beyond = ["syntax", "untrusted", "missing-key", "bad-program-nul", "foreign-endpoint"];
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
    let own = format!("~/{OWN}:2:12");
    for part in ["team/profiles.toml:2:11", "team/profiles.local.toml:2:10", &own, "3 errors\n"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    home.write("team/profiles.toml", MANIFEST);
    for args in [&["status"][..], &["apply"], &["credential-process", "base"], &["login", "base"]] {
        let run = home.run([args, &["--manifest", "team/profiles.toml"]].concat()).exits(3);
        assert!(run.stdout.is_empty() && run.stderr.contains("bad-setting"), "{args:?}: {}", run.stderr);
    }
    home.write(OWN, [0x66, 0xff]);
    let run = home.run(["check", "--manifest", "team/profiles.toml"]).exits(3);
    assert!(run.stderr.contains("profiles.local.toml is not UTF-8: line 1"), "{}", run.stderr);
}

#[test]
fn a_file_that_others_can_write_names_no_program_and_may_say_the_rest() {
    let scene = Scene::new();
    scene.home.write(OWN, "[settings]\nmfa_process = [\"true\"]\n");
    scene.run(&["check"]).ok();
    let mode = |path: &str, mode| fs::set_permissions(scene.home.path(path), Permissions::from_mode(mode)).unwrap();
    for (path, bad, good, words) in [
        (OWN, 0o664, 0o644, "the group of the file can write to it"),
        (OWN, 0o602, 0o600, "everybody on this machine can write to the file"),
        (".config/awsauth", 0o777, 0o755, "everybody on this machine can write to its directory"),
    ] {
        mode(path, bad);
        let run = scene.run(&["check"]).exits(3);
        assert!(run.stderr.contains("untrusted-program") && run.stderr.contains(words), "{words}: {}", run.stderr);
        mode(path, good);
        scene.run(&["check"]).ok();
    }
    scene.home.write(OWN, "[settings]\nprompt = \"tty\"\n");
    mode(OWN, 0o666);
    scene.run(&["check"]).ok();
}

#[test]
fn what_a_repository_has_or_leads_to_names_no_program() {
    let scene = Scene::new();
    let personal = "[settings]\nmfa_process = [\"true\"]\n";
    scene.home.write("dotfiles/profiles.toml", MANIFEST);
    scene.home.write("dotfiles/.git/index", index("profiles.local.toml"));
    scene.home.write("dotfiles/profiles.local.toml", personal);
    let check = || scene.run(&["check", "--manifest", "dotfiles/profiles.toml"]);
    let run = check().exits(3);
    assert!(run.stderr.contains("it is committed to a git repository"), "{}", run.stderr);
    // The link is committed, what it leads to is not.
    fs::rename(scene.home.path("dotfiles/profiles.local.toml"), scene.home.path("dotfiles/personal.toml")).unwrap();
    symlink("personal.toml", scene.home.path("dotfiles/profiles.local.toml")).unwrap();
    let run = check().exits(3);
    let words = "a link that leads to it is committed to a git repository";
    assert!(run.stderr.contains("untrusted-program") && run.stderr.contains(words), "{}", run.stderr);
    // Nor does it lead anywhere else.
    fs::remove_file(scene.home.path("dotfiles/profiles.local.toml")).unwrap();
    scene.home.write("downloads/personal.toml", personal);
    symlink("../downloads/personal.toml", scene.home.path("dotfiles/profiles.local.toml")).unwrap();
    let run = check().exits(3);
    let led_out = "dotfiles/profiles.local.toml is a link that is committed, and leads out of its directory";
    assert!(run.stderr.contains(led_out) && !run.stderr.contains("mfa_process"), "{}", run.stderr);
    // Also where nothing is yet, and a value would be written.
    fs::rename(scene.home.path("downloads/personal.toml"), scene.home.path("downloads/other.toml")).unwrap();
    let set = ["vars", "--set", "user=alice", "--manifest", "dotfiles/profiles.toml"];
    assert!(scene.run(&set).exits(3).stderr.contains(led_out));
    assert!(!scene.home.has("downloads/personal.toml"));
    fs::rename(scene.home.path("downloads/other.toml"), scene.home.path("downloads/personal.toml")).unwrap();
    scene.home.write("dotfiles/.git/index", index("profiles.toml"));
    check().ok();
    // A directory on the way is such a link.
    scene.home.write("dotfiles/.git/index", index("aws"));
    scene.home.write("downloads/profiles.toml", MANIFEST);
    fs::rename(scene.home.path("downloads/personal.toml"), scene.home.path("downloads/profiles.local.toml")).unwrap();
    fs::remove_file(scene.home.path("dotfiles/profiles.local.toml")).unwrap();
    symlink("../downloads", scene.home.path("dotfiles/aws")).unwrap();
    let run = scene.run(&["check", "--manifest", "dotfiles/aws/profiles.toml"]).exits(3);
    assert!(run.stderr.contains("untrusted-program") && run.stderr.contains(words), "{}", run.stderr);
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
    let help = format!("`{line}` in [settings] of ~/{OWN}");
    let run = home.run(["check"]).exits(3);
    assert!(run.stderr.contains(&help), "{help}: {}", run.stderr);
    home.write(OWN, ALLOW);
    home.run(["apply"]).ok();
    assert!(home.read(".aws/config").contains("endpoint_url = https://aws.corp.example:4566/x\n"));
    // A team's CI says it, and no more.
    let team = home.run(["check", "--team"]).ok().stderr;
    assert!(team.contains("warning[foreign-endpoint]") && team.contains(line), "{team}");
    // The list of the file that wins, not both.
    home.write("dotfiles/profiles.toml", FOREIGN);
    home.write("dotfiles/profiles.local.toml", ALLOW);
    home.run(["check", "--manifest", "dotfiles/profiles.toml"]).ok();
    home.write(OWN, "[settings]\nallow_hosts = []\n");
    home.run(["check", "--manifest", "dotfiles/profiles.toml"]).exits(3);
}

#[test]
fn hosts_are_allowed_by_a_file_of_the_person_s_own_alone() {
    let home = Sandbox::new();
    home.write("dotfiles/profiles.toml", FOREIGN);
    home.write("dotfiles/profiles.local.toml", ALLOW);
    let check = || home.run(["check", "--manifest", "dotfiles/profiles.toml"]);
    check().ok();
    home.write("dotfiles/.git/index", index("profiles.local.toml"));
    let run = check().exits(3);
    let words = "`allow_hosts` is not taken from this file: it is committed to a git repository";
    assert!(run.stderr.contains("error[untrusted-hosts]") && run.stderr.contains(words), "{}", run.stderr);
    // Not into the file from which it is not taken.
    let help = format!("in [settings] of ~/{OWN}");
    assert!(run.stderr.contains("error[foreign-endpoint]") && run.stderr.contains(&help), "{}", run.stderr);
    fs::remove_file(home.path("dotfiles/.git/index")).unwrap();
    fs::set_permissions(home.path("dotfiles"), Permissions::from_mode(0o777)).unwrap();
    let run = check().exits(3);
    assert!(run.stderr.contains("error[untrusted-hosts]"), "{}", run.stderr);
    // What a shared file says of hosts is no more than a mistake.
    fs::set_permissions(home.path("dotfiles"), Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(home.path("dotfiles/profiles.local.toml")).unwrap();
    home.write("dotfiles/profiles.toml", format!("{ALLOW}{FOREIGN}"));
    let run = check().exits(3);
    assert!(run.stderr.contains("settings-elsewhere") && run.stderr.contains("foreign-endpoint"), "{}", run.stderr);
}

/// An index of git's with one name in it (gitformat-index, version 2).
fn index(name: &str) -> Vec<u8> {
    let mut index = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
    let start = index.len();
    index.extend([0; 60]);
    index.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
    index.extend(name.bytes());
    index.push(0);
    while !(index.len() - start).is_multiple_of(8) {
        index.push(0);
    }
    index.extend([0; 20]);
    index
}
