//! Manifests of several files: what one includes, and what one person adds. Each directory of
//! `fixtures/layers/{valid,invalid}` is a HOME with the manifest `team/profiles.toml`; what `check` says of it is
//! `expected.txt` there (`check --team` where the name ends in `-team`). `BLESS=1 cargo test` writes those anew.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::local::commit;
use crate::scene::{CREDENTIALS, MANIFEST, Scene};
use crate::support::sandbox::{Run, Sandbox};

const TEAM: [&str; 2] = ["--manifest", "team/profiles.toml"];

/// The directories of one kind, by name.
fn cases(kind: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layers").join(kind);
    let mut cases: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn name(case: &Path) -> &str {
    case.file_name().unwrap().to_str().unwrap()
}

/// A copy of a directory, links as links. One with the file `dot-git` becomes a repository that has all of it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.as_ref().unwrap().file_name());
        let target = to.join(&name);
        match entry.unwrap().file_type().unwrap() {
            kind if kind.is_symlink() => symlink(fs::read_link(path).unwrap(), target).unwrap(),
            kind if kind.is_dir() => copy(&path, &target),
            _ => _ = fs::copy(path, target).unwrap(),
        }
    }
    if fs::remove_file(to.join("dot-git")).is_ok() {
        commit(to);
    }
}

/// A HOME as the case has it.
fn home(case: &Path) -> Sandbox {
    let home = Sandbox::new();
    copy(case, &home.path(""));
    fs::remove_file(home.path("expected.txt")).ok();
    home
}

fn check(home: &Sandbox, case: &Path, flags: &[&str]) -> Run {
    let team: &[&str] = if name(case).ends_with("-team") { &["--team"] } else { &[] };
    home.run([&["check"], &TEAM[..], team, flags].concat())
}

/// Text without what differs from run to run: where the HOME is.
fn settled(home: &Sandbox, text: &str) -> String {
    let real = fs::canonicalize(home.path("")).unwrap();
    text.replace(real.to_str().unwrap(), "HOME").replace(home.path("").to_str().unwrap().trim_end_matches('/'), "HOME")
}

#[test]
fn every_case_is_reported_as_its_text_says() {
    let mut wrong = Vec::new();
    for (kind, code) in [("valid", 0), ("invalid", 3)] {
        for case in cases(kind) {
            let home = home(&case);
            let run = check(&home, &case, &[]).exits(code);
            assert_eq!(run.stdout, "", "{}", case.display());
            let (file, talk) = (case.join("expected.txt"), settled(&home, &run.stderr));
            if std::env::var_os("BLESS").is_some() {
                fs::write(&file, &talk).unwrap();
            }
            let expected = fs::read_to_string(&file).unwrap_or_default();
            if expected != talk {
                wrong.push(format!("{}\n--- expected\n{expected}\n--- found\n{talk}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_json_names_the_rule_of_the_case_and_the_file_of_each_place() {
    for case in cases("invalid") {
        let home = home(&case);
        let document = check(&home, &case, &["--json"]).exits(3).json();
        let found = document["diagnostics"].as_array().unwrap();
        let fits = |found: &&Value| name(&case).starts_with(found["code"].as_str().unwrap());
        let first = found.iter().find(fits).unwrap_or_else(|| panic!("{}: {document}", case.display()));
        for place in std::iter::once(first).chain(first["related"].as_array().unwrap()) {
            let file = home.path(place["file"].as_str().unwrap());
            let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
            assert!(fs::read_to_string(&file).unwrap().lines().count() >= line, "{place}");
        }
    }
    let case = cases("valid").into_iter().find(|case| name(case) == "everything").unwrap();
    let home = home(&case);
    let document = check(&home, &case, &["--json"]).ok().json();
    let files =
        ["accounts.toml", "teams/a.toml", "teams/b.toml", "teams/more/c.toml"].map(|file| format!("team/{file}"));
    assert_eq!(document["included"], json!(files));
    assert_eq!((&document["profiles"], &document["sso_sessions"]), (&json!(5), &json!(0)));
    assert_eq!(document["local"].as_array().unwrap().len(), 2);
}

#[test]
fn every_file_gives_what_those_over_it_do_not() {
    let case = cases("valid").into_iter().find(|case| name(case) == "everything").unwrap();
    let home = home(&case);
    home.run([&["apply"], &TEAM[..]].concat()).ok();
    let config = home.read(".aws/config");
    let body: Vec<&str> = config.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let expected = "\
[profile prod]
role_arn = arn:aws:iam::444455556666:role/Admin
source_profile = main
region = eu-west-1
output = table
[profile a]
role_arn = arn:aws:iam::444455556666:role/A
source_profile = main
region = ap-northeast-1
[profile c]
role_arn = arn:aws:iam::444455556666:role/C
source_profile = main
region = ap-northeast-1
[profile b]
role_arn = arn:aws:iam::444455556666:role/B
source_profile = main
region = eu-west-2
[profile main]
region = ap-northeast-1";
    assert_eq!(body.join("\n"), expected);
    let variables = home.run([&["vars", "--json"], &TEAM[..]].concat()).ok().json();
    let user = &variables["variables"][1];
    assert_eq!(
        (&user["name"], &user["value"], &user["required"]),
        (&json!("user"), &json!("alice"), &json!("your IAM user name"))
    );
}

#[test]
fn no_link_on_the_way_leads_out_of_the_directory_of_the_manifest() {
    let home = Sandbox::new();
    for file in ["team/in/a.toml", "elsewhere/a.toml", "elsewhere/deep/a.toml", "elsewhere/back/c.toml"] {
        home.write(file, "[vars]\nuser = \"a\"\n");
    }
    let link = |target: &str, at: &str| symlink(target, home.path(at)).unwrap();
    link("../elsewhere", "team/dir");
    link("../elsewhere/a.toml", "team/file.toml");
    link("file.toml", "team/chain.toml");
    link("../../team/in/a.toml", "elsewhere/back/b.toml");
    link(home.path("elsewhere/a.toml").to_str().unwrap(), "team/absolute.toml");
    link("../in", "team/in/inside");
    link("round.toml", "team/round.toml");
    link("none.toml", "team/dangling.toml");
    link("/dev/zero", "team/device.toml");
    link("../dir/deep", "team/in/chain");
    for (include, found) in [
        ("file.toml", "include-outside"),
        ("chain.toml", "include-outside"),
        ("absolute.toml", "include-outside"),
        ("device.toml", "include-outside"),
        ("dir/a.toml", "include-outside"),
        ("dir/*.toml", "include-outside"),
        ("d*/a.toml", "include-outside"),
        ("in/chain/a.toml", "include-outside"),
        ("in/ch*/a.toml", "include-outside"),
        ("fi[l]e.toml", "include-outside"),
        ("in/../../elsewhere/a.toml", "include-outside"),
        ("in/*/../a.toml", "include-outside"),
        ("../elsewhere/a.toml", "include-outside"),
        ("/etc/hosts", "include-outside"),
        ("~/a.toml", "include-outside"),
        ("C:/a.toml", "include-outside"),
        ("round.toml", "include-missing"),
        ("dangling.toml", "include-missing"),
        ("in", "include-unreadable"),
    ] {
        home.write("team/profiles.toml", format!("include = [{include:?}]\n"));
        let document = home.run([&["check", "--json"], &TEAM[..]].concat()).exits(3).json();
        assert_eq!(document["diagnostics"][0]["code"], found, "{include}: {document}");
        assert_eq!(document["included"], json!([]), "{include}");
    }
    // What leads back, or stays inside, is a file of the directory.
    for include in ["dir/back/b.toml", "in/inside/a.toml", "in/i*/a.toml", "./in/a.toml"] {
        home.write("team/profiles.toml", format!("include = [{include:?}]\n"));
        let document = home.run([&["check", "--json"], &TEAM[..]].concat()).ok().json();
        assert_eq!(document["included"].as_array().unwrap().len(), 1, "{include}: {document}");
    }
}

#[test]
fn a_link_that_leads_out_is_told_alone_and_nothing_of_what_is_behind_it() {
    let home = Sandbox::new();
    home.write("runner/hidden/id_rsa", "SECRETMARK");
    home.write("team/profiles.toml", "");
    symlink("hidden", home.path("runner/alias")).unwrap();
    symlink("../runner", home.path("team/keys")).unwrap();
    for include in ["keys/*", "keys/*/*", "keys/alias/*", "keys/alias/id_rsa", "keys/none", "keys/none/*"] {
        home.write("team/profiles.toml", format!("include = [{include:?}]\n"));
        let run = home.run([&["check", "--team"], &TEAM[..]].concat());
        let text = run.stderr.clone();
        assert!(!["hidden", "SECRETMARK"].iter().any(|mark| text.contains(mark)), "{include}: {text}");
        assert!(text.contains("team/keys leads to ~/runner\n"), "{include}: {text}");
        run.exits(3);
    }
    // A pattern passes it over.
    home.write("team/profiles.toml", "include = [\"*/*\", \"k*/*/*\"]\n[profiles.base]\npattern = \"iam\"\n");
    let document = home.run([&["check", "--team", "--json"], &TEAM[..]].concat()).ok().json();
    let codes: Vec<&Value> = document["diagnostics"].as_array().unwrap().iter().map(|found| &found["code"]).collect();
    assert_eq!(codes, ["include-nothing", "include-nothing"]);
}

#[test]
fn a_repository_s_own_files_are_no_part_of_a_manifest() {
    let home = Sandbox::new();
    let base = "[profiles.base]\npattern = \"iam\"\n";
    for file in ["team/.git/config", "team/.git/deep/x.toml", "team/sub/.GIT/config", "team/.github/x.toml"] {
        home.write(file, "SECRETMARK = 1\n");
    }
    symlink(".git", home.path("team/git")).unwrap();
    symlink(".git/config", home.path("team/config.toml")).unwrap();
    let check = || home.run([&["check", "--team"], &TEAM[..]].concat());
    for (include, place) in [
        (".git/config", ".git"),
        (".git/*", ".git"),
        (".g*/config", ".git"),
        ("sub/.GIT/config", "sub/.GIT"),
        ("git/config", "git"),
        ("git/*/*", "git"),
        ("config.toml", "config.toml"),
        ("conf*.toml", "config.toml"),
    ] {
        home.write("team/profiles.toml", format!("include = [{include:?}]\n{base}"));
        let run = check().exits(3);
        let refused = format!("team/{place} is one of git's own files, which can't be included\n");
        assert!(run.stderr.contains(&refused) && !run.stderr.contains("SECRETMARK"), "{include}: {}", run.stderr);
    }
    home.write("team/profiles.toml", format!("include = [\".g*/*.toml\", \".g*/*/*\", \"g*/*/*\"]\n{base}"));
    let run = check().exits(3);
    assert_eq!(run.stderr.matches("error[").count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("team/.github/x.toml") && !run.stderr.contains("team/.git/"), "{}", run.stderr);
    // The manifest itself.
    for target in [".git/config", "git/config", "sub/.GIT/config"] {
        fs::remove_file(home.path("team/profiles.toml")).unwrap();
        symlink(target, home.path("team/profiles.toml")).unwrap();
        let run = check().exits(3);
        assert!(run.stderr.contains("a repository's own files are no manifest"), "{}", run.stderr);
        assert!(!run.stderr.contains("SECRETMARK"), "{}", run.stderr);
    }
}

/// Where everybody has a file of their own.
const OWN: &str = ".config/awsauth/profiles.local.toml";
/// What stands beside the manifest in the tests below.
const BESIDE: &str = "dotfiles/profiles.local.toml";

/// A scene whose manifest is a link to one of several files; `prod` gets its role's name and a duration from others.
fn layered() -> Scene {
    let scene = Scene::new();
    let top = MANIFEST.replace("role_arn = \"arn:aws:iam::444455556666:role/Admin\"\n", "");
    let own = scene.home.path(".config/awsauth/profiles.toml");
    fs::remove_file(&own).unwrap();
    for dir in ["dotfiles", "elsewhere"] {
        scene.home.write(&format!("{dir}/profiles.toml"), format!("include = [\"parts/*.toml\"]\n{top}"));
        let prod =
            "include = [\"more/*.toml\"]\n[profiles.prod]\nrole_arn = \"arn:aws:iam::444455556666:role/${role}\"\n";
        scene.home.write(&format!("{dir}/parts/prod.toml"), format!("{prod}[vars]\nrole = \"Admin\"\n"));
        scene.home.write(&format!("{dir}/parts/more/time.toml"), "[profiles.prod]\nduration_seconds = 1800\n");
    }
    scene.home.write("elsewhere/parts/more/time.toml", "[profiles.prod]\nduration_seconds = 900\n");
    symlink(scene.home.path("dotfiles/profiles.toml"), own).unwrap();
    scene
}

/// A change of one file, and what takes it back.
type Change = (&'static str, fn(&Sandbox), fn(&Sandbox));

/// Everything by which the definition of `prod` can change.
const CHANGES: [Change; 8] = [
    (
        "an included file changes",
        |home| swap(home, "dotfiles/parts/prod.toml", "Admin", "Other"),
        |home| {
            swap(home, "dotfiles/parts/prod.toml", "Other", "Admin");
        },
    ),
    (
        "a file that is included by another one changes",
        |home| {
            swap(home, "dotfiles/parts/more/time.toml", "1800", "3600");
        },
        |home| swap(home, "dotfiles/parts/more/time.toml", "3600", "1800"),
    ),
    (
        "a new file matches a pattern",
        |home| {
            home.write("dotfiles/parts/more/name.toml", "[profiles.prod]\nexternal_id = \"new\"\n");
        },
        |home| fs::remove_file(home.path("dotfiles/parts/more/name.toml")).unwrap(),
    ),
    (
        "an included file is gone",
        |home| fs::remove_file(home.path("dotfiles/parts/more/time.toml")).unwrap(),
        |home| {
            home.write("dotfiles/parts/more/time.toml", "[profiles.prod]\nduration_seconds = 1800\n");
        },
    ),
    (
        "a file of one's own appears in the configuration directory",
        |home| {
            home.write(OWN, "[vars]\nrole = \"Other\"\n");
        },
        |home| fs::remove_file(home.path(OWN)).unwrap(),
    ),
    (
        "a file of one's own appears beside the manifest",
        |home| home.write(BESIDE, "[vars]\nrole = \"Other\"\n"),
        |home| {
            fs::remove_file(home.path(BESIDE)).unwrap();
        },
    ),
    (
        "the manifest is taken from a directory with the same one and other files",
        |home| {
            point(home, "elsewhere/profiles.toml");
        },
        |home| point(home, "dotfiles/profiles.toml"),
    ),
    (
        "an included file is broken",
        |home| home.write("dotfiles/parts/prod.toml", "["),
        |home| {
            home.write(
                "dotfiles/parts/prod.toml",
                "include = [\"more/*.toml\"]\n[profiles.prod]\nrole_arn = \"arn:aws:iam::444455556666:role/Admin\"\n",
            );
        },
    ),
];

fn swap(home: &Sandbox, file: &str, from: &str, to: &str) {
    let text = home.read(file);
    assert!(text.contains(from), "{text}");
    home.write(file, text.replace(from, to));
}

fn point(home: &Sandbox, target: &str) {
    let link = home.path(".config/awsauth/profiles.toml");
    fs::remove_file(&link).unwrap();
    symlink(home.path(target), link).unwrap();
}

#[test]
fn after_a_change_of_any_file_the_session_of_an_older_definition_is_never_handed_out() {
    let scene = layered();
    scene.logged_in(&["prod"]);
    let mut old = scene.access_key_of("prod");
    for (what, change, back) in CHANGES {
        change(&scene.home);
        let run = scene.run(&["credential-process", "prod"]);
        assert!(!run.stdout.contains(&old), "{what}: {run:?}");
        back(&scene.home);
        // Where the new definition got a session too, it took the place of the old one.
        scene.run(&["login", "prod", "--force", "--token-code", &scene.code()]).ok();
        old = scene.access_key_of("prod");
        assert_eq!(scene.access_key_of("prod"), old, "{what}");
    }
}

#[test]
fn another_configuration_directory_is_another_file_of_ones_own() {
    let scene = layered();
    scene.home.write("other/awsauth/profiles.local.toml", "[vars]\nrole = \"Other\"\n");
    let named = ["--manifest", "dotfiles/profiles.toml"];
    scene.run(&[&["login", "prod", "--token-code", &scene.code()], &named[..]].concat()).ok();
    let old = scene.run(&[&["credential-process", "prod"], &named[..]].concat()).ok().stdout;
    let other = scene.home.path("other").to_str().unwrap().to_owned();
    let scene = scene.env("XDG_CONFIG_HOME", &other);
    let run = scene.run(&[&["credential-process", "prod"], &named[..]].concat());
    assert_ne!(run.stdout, old);
}

#[test]
fn a_second_name_of_ones_own_file_may_lead_elsewhere_one_day() {
    let scene = layered();
    scene.home.write(OWN, "[vars]\nrole = \"Admin\"\n");
    scene.home.write("other.toml", "[profiles.prod]\nexternal_id = \"other\"\n");
    symlink(scene.home.path(OWN), scene.home.path(BESIDE)).unwrap();
    scene.logged_in(&["prod"]);
    let old = scene.access_key_of("prod");
    fs::remove_file(scene.home.path(BESIDE)).unwrap();
    symlink(scene.home.path("other.toml"), scene.home.path(BESIDE)).unwrap();
    assert!(!scene.run(&["credential-process", "prod"]).stdout.contains(&old));
    // Key by key, the file in the configuration directory still wins.
    scene.home.write("other.toml", "[vars]\nrole = \"Other\"\n");
    assert_eq!(scene.run(&["vars", "--json"]).ok().json()["variables"][0]["value"], "Admin");
}

#[test]
fn as_long_as_no_file_changes_a_session_is_handed_out_without_reading_the_manifest() {
    let scene = layered();
    scene.home.write(OWN, "[vars]\nrole = \"Admin\"\n");
    scene.logged_in(&["read"]);
    let old = scene.access_key_of("read");
    // Whoever reads the manifest reads the long-term keys as well, and stumbles.
    fs::remove_file(scene.home.path(CREDENTIALS)).unwrap();
    fs::create_dir(scene.home.path(CREDENTIALS)).unwrap();
    assert_eq!(scene.access_key_of("read"), old);
    // Names that no pattern is about make it look again, and nothing more.
    scene.home.write("dotfiles/parts/more/README", "");
    let run = scene.run(&["credential-process", "read"]).exits(4);
    assert_eq!(run.stdout, "");
}
