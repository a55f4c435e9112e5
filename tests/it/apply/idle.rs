//! A run that has nothing to do: known at once from what the last one left, and never wrongly.

use std::fs;

use super::{SMALL, SMALL_BODY, block, home};
use crate::scene::{CONFIG, CREDENTIALS, MANIFEST, STATE, Scene};
use crate::support::sandbox::Sandbox;

const MEMORY: &str = ".local/state/awsauth/applied.json";

/// Makes the memory of a run recognisable: what it says was left is told only if it is used.
fn mark(home: &Sandbox) {
    let text = home.read(MEMORY).replace("\"main-long-term\"", "\"from-memory\"");
    home.write(MEMORY, text);
}

/// Whether `apply` says what only the memory knows.
#[track_caller]
fn remembers(home: &Sandbox, args: &[&str]) -> bool {
    let run = home.run([&["apply"], args].concat());
    assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
    [run.stdout, run.stderr].concat().contains("from-memory")
}

/// A HOME in which `apply` ran, and its memory is marked.
fn applied() -> Sandbox {
    let home = home("[a]\nx = 1\n");
    home.write(CREDENTIALS, "[b]\ny = 1\n");
    home.run(["apply"]).ok();
    mark(&home);
    home
}

#[test]
fn the_same_files_need_no_second_look_whatever_is_asked() {
    let home = applied();
    for args in [&[][..], &["--check"], &["--dry-run"], &["--json"], &["--force", "--adopt"]] {
        assert!(remembers(&home, args), "{args:?}");
    }
    assert!(!remembers(&home, &["-v"]), "-v looks at everything anew");
    let told = home.run(["apply", "--json"]).ok().json();
    fs::remove_file(home.path(MEMORY)).unwrap();
    let mut anew = home.run(["apply", "--json"]).ok().json();
    assert_eq!(anew["missing_keys"][0]["section"], "main-long-term");
    anew["missing_keys"] = told["missing_keys"].clone();
    // A run that remembers the marked memory no more has a memory again.
    assert_eq!(told["files"], anew["files"]);
    assert!(home.has(MEMORY));
}

#[test]
fn whatever_apply_depends_on_makes_it_look_again() {
    let changes: [fn(&Sandbox); 6] = [
        |home| home.manifest(&SMALL.replace("eu-west-1", "eu-west-2")),
        |home| home.write(CONFIG, home.read(CONFIG).replace("x = 1", "x = 2")),
        |home| home.write(CREDENTIALS, "[b]\ny = 2\n"),
        |home| fs::remove_file(home.path(CREDENTIALS)).unwrap(),
        |home| home.write(&format!("{STATE}/sessions/gone.json"), "{}"),
        |home| home.write(MEMORY, home.read(MEMORY).replace("\"version\": 3", "\"version\": 1")),
    ];
    for (number, change) in changes.iter().enumerate() {
        let home = applied();
        change(&home);
        assert!(!remembers(&home, &[]), "change {number}");
        assert!(home.read(CONFIG).contains("[profile main]"));
    }
    let home = applied();
    fs::create_dir(home.path("bin")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_awsauth"), home.path("bin/awsauth")).unwrap();
    let output = home.program(&home.path("bin/awsauth")).arg("apply").output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("from-memory"), "another program");
}

#[test]
fn every_file_that_the_manifest_is_made_of_makes_it_look_again() {
    let (own, part, more) =
        (".config/awsauth/profiles.local.toml", ".config/awsauth/parts/a.toml", ".config/awsauth/parts/b.toml");
    let (iam, text) = ("pattern = \"iam\"\n", "[defaults]\noutput = \"text\"\n");
    for (what, has_own) in [("changed", true), ("new", false), ("gone", false), ("own", false), ("no own", true)] {
        let home = home("");
        home.manifest(&format!("include = [\"parts/*.toml\"]\n{SMALL}"));
        home.write(part, format!("[profiles.a]\n{iam}"));
        if has_own {
            home.write(own, text);
        }
        home.run(["apply"]).ok();
        mark(&home);
        assert!(remembers(&home, &[]), "{what}");
        let before = home.read(CONFIG);
        match what {
            "changed" => home.write(part, format!("[profiles.a]\n{iam}region = \"eu-west-2\"\n")),
            "new" => home.write(more, format!("[profiles.b]\n{iam}")),
            "gone" => fs::remove_file(home.path(part)).unwrap(),
            "own" => home.write(own, text),
            _ => fs::remove_file(home.path(own)).unwrap(),
        }
        assert!(!remembers(&home, &[]), "{what}");
        assert_ne!(home.read(CONFIG), before, "{what}");
    }
}

#[test]
fn a_block_that_was_edited_to_the_same_size_is_noticed() {
    let home = applied();
    home.write(CONFIG, home.read(CONFIG).replace("eu-west-1", "eu-west-9"));
    home.run(["apply"]).exits(4);
    assert_eq!(home.read(CONFIG).replace("eu-west-9", "eu-west-1"), format!("[a]\nx = 1\n\n{}", block(SMALL_BODY)));
}

#[test]
fn a_memory_that_is_rubbish_or_can_not_be_written_is_none() {
    let home = applied();
    for rubbish in ["", "{", "null", "[]"] {
        home.write(MEMORY, rubbish);
        assert!(!remembers(&home, &[]));
    }
    fs::remove_file(home.path(MEMORY)).unwrap();
    fs::create_dir(home.path(MEMORY)).unwrap();
    home.run(["apply"]).ok();
    assert_eq!(home.list(STATE).iter().filter(|path| path.to_string_lossy().ends_with("-tmp")).count(), 0);
}

#[test]
fn others_who_can_read_the_credentials_are_told_without_a_second_look_too() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = applied();
    fs::set_permissions(home.path(CREDENTIALS), fs::Permissions::from_mode(0o644)).unwrap();
    let run = home.run(["apply"]).ok();
    assert!(run.stderr.contains("from-memory") && run.stderr.contains("`awsauth apply --fix-permissions`"), "{run:?}");
    home.run(["apply", "--fix-permissions"]).ok();
    assert_eq!(home.path(CREDENTIALS).metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_manifest_that_stands_elsewhere_is_warned_of_without_a_second_look_too() {
    let scene = Scene::new();
    let manifest = MANIFEST.replace("[profiles.read]\n", "[profiles.read]\ncredential_process = true\n");
    scene.home.write("other.toml", manifest);
    for _ in 0..2 {
        let run = scene.run(&["apply", "--manifest", "other.toml"]).ok();
        assert!(run.stderr.contains("this manifest was named by --manifest"), "{}", run.stderr);
    }
}

#[test]
fn what_a_killed_run_left_is_swept_although_there_is_nothing_to_do() {
    let home = applied();
    home.write(".aws/.config.abc123.awsauth-tmp", "half");
    assert!(!remembers(&home, &[]));
    assert!(!home.has(".aws/.config.abc123.awsauth-tmp"));
}
