//! `awsauth check` on every fixture: `valid/` ends with 0, `invalid/` with 3, and the talk is the `.txt` beside it (none
//! where there is nothing to say), the JSON agrees. `BLESS=1 cargo test` writes the `.txt` anew.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::sandbox::{Run, Sandbox};

/// The manifests of one kind, by name.
pub(crate) fn fixtures(kind: &str) -> Vec<PathBuf> {
    fixtures_in(&format!("manifest/{kind}"))
}

/// The fixtures of a directory, by name.
pub(crate) fn fixtures_in(dir: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(dir);
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "toml")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The rule that a fixture's name begins with; the longest where several fit is the test's own business.
pub(crate) fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

fn check(sandbox: &Sandbox, file: &Path, flags: &[&str]) -> Run {
    let name = file.file_name().unwrap().to_str().unwrap();
    fs::copy(file, sandbox.path(name)).unwrap();
    let mut args = vec!["check", "--manifest", name];
    args.extend(flags);
    sandbox.run(&args)
}

/// How the talk of a run differs from the `.txt` beside its fixture.
pub(crate) fn compare(file: &Path, run: &Run) -> Option<String> {
    let expected_file = file.with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&expected_file, &run.stderr).unwrap();
    }
    let expected = fs::read_to_string(&expected_file).unwrap_or_default();
    (expected != run.stderr)
        .then(|| format!("{}\n--- expected\n{expected}\n--- found\n{}", expected_file.display(), run.stderr))
}

#[test]
fn every_fixture_is_reported_as_its_text_says() {
    let sandbox = Sandbox::new();
    let mut wrong = Vec::new();
    for (kind, code) in [("valid", 0), ("invalid", 3)] {
        for file in fixtures(kind) {
            let run = check(&sandbox, &file, &[]).exits(code);
            assert_eq!(run.stdout, "", "{}", file.display());
            wrong.extend(compare(&file, &run));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_json_names_the_rule_of_the_fixture_and_its_place() {
    let sandbox = Sandbox::new();
    for file in fixtures("invalid") {
        let document = check(&sandbox, &file, &["--json"]).exits(3).json();
        assert_eq!(document["version"], 1);
        let found = document["diagnostics"].as_array().unwrap();
        let fits = |found: &&serde_json::Value| stem(&file).starts_with(found["code"].as_str().unwrap());
        let first = found.iter().find(fits).unwrap_or_else(|| panic!("{}: {document}", file.display()));
        assert!(first["line"].as_u64().unwrap() >= 1 && first["column"].as_u64().unwrap() >= 1);
        assert_eq!(first["severity"], "error");
    }
    for file in fixtures("valid") {
        let document = check(&sandbox, &file, &["--json"]).exits(0).json();
        assert_eq!(document["errors"], 0, "{}", file.display());
    }
}

#[test]
fn a_team_s_ci_needs_no_home_no_network_and_nothing_but_the_files() {
    let sandbox = Sandbox::new();
    sandbox.write("profiles.toml", "[profiles.base]\npattern = \"iam\"\n");
    let run = |flags: &[&str]| {
        let mut command = sandbox.command([&["check", "--team", "--manifest", "profiles.toml"], flags].concat());
        Run::from(command.env_clear().output().unwrap())
    };
    assert_eq!(run(&[]).ok().stderr, "profiles.toml is valid: 1 profile, 0 SSO sessions\n");
    sandbox.write("profiles.toml", "[profiles.base]\npattern = \"iamm\"\n");
    assert!(run(&[]).exits(3).stderr.contains("profiles.toml:2:11"));
    let document = run(&["--json"]).exits(3).json();
    assert_eq!((&document["diagnostics"][0]["line"], &document["diagnostics"][0]["column"]), (&2.into(), &11.into()));
    assert_eq!(sandbox.list("").len(), 1);
}

#[cfg(unix)]
#[test]
fn a_team_s_check_follows_no_link_out_of_the_manifest_s_directory_but_the_person_s_own() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.write("clone/README", "");
    sandbox.write("secret", "AWS_SESSION_TOKEN = SECRETMARK\n");
    let check = |path: &str| sandbox.run(["check", "--team", "--manifest", path]);
    for target in ["/proc/self/environ", "../secret"] {
        drop(fs::remove_file(sandbox.path("clone/profiles.toml")));
        symlink(target, sandbox.path("clone/profiles.toml")).unwrap();
        let run = check("clone/profiles.toml").exits(3);
        assert!(run.stderr.contains("clone/profiles.toml is a link that leads out of its directory"), "{}", run.stderr);
        assert!(!run.stderr.contains("SECRETMARK") && !run.stderr.contains("HOME="), "{}", run.stderr);
    }
    // Below it, and by the link of the configuration directory, it may lead.
    sandbox.write("clone/aws/all.toml", "[profiles.base]\npattern = \"iam\"\n");
    fs::remove_file(sandbox.path("clone/profiles.toml")).unwrap();
    symlink("aws/all.toml", sandbox.path("clone/profiles.toml")).unwrap();
    check("clone/profiles.toml").ok();
    fs::create_dir_all(sandbox.path(".config/awsauth")).unwrap();
    symlink(sandbox.path("clone/aws/all.toml"), sandbox.path(".config/awsauth/profiles.toml")).unwrap();
    sandbox.run(["check", "--team"]).ok();
}

#[cfg(unix)]
#[test]
fn a_team_s_check_follows_no_committed_link_on_the_way_to_the_manifest_out_of_its_directory() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.write("runner/profiles.toml", "SECRETMARK = 1\n");
    sandbox.write("clone/real/profiles.toml", "[profiles.base]\npattern = \"iam\"\n");
    sandbox.write("clone/.gitignore", "ignored\n");
    for (target, link) in
        [(".git", "git"), ("../runner", "aws"), ("aws", "chain"), ("../../runner", "real/up"), ("real", "inside")]
    {
        symlink(target, sandbox.path("clone").join(link)).unwrap();
    }
    crate::local::commit(&sandbox.path("clone"));
    symlink("../runner", sandbox.path("clone/ignored")).unwrap();
    symlink("clone", sandbox.path("workspace")).unwrap();
    let check = |path: &str| sandbox.run(["check", "--team", "--manifest", path]);
    for (path, link) in [("aws", "aws"), ("chain", "aws"), ("real/up", "real/up"), ("inside/up", "real/up")] {
        for clone in ["clone", "workspace"] {
            let run = check(&format!("{clone}/{path}/profiles.toml")).exits(3);
            let refused = format!("clone/{link} is a link that leads out of its directory");
            assert!(run.stderr.contains(&refused) && !run.stderr.contains("SECRETMARK"), "{path}: {}", run.stderr);
        }
    }
    assert!(check("clone/git/config").exits(3).stderr.contains("a repository's own files are no manifest"));
    // What stays inside, and what is not the repository's.
    check("clone/inside/profiles.toml").ok();
    check("workspace/real/profiles.toml").ok();
    assert!(check("clone/ignored/profiles.toml").exits(3).stderr.contains("error[unknown-key]"));
}

#[test]
fn a_file_full_of_mistakes_is_told_in_little_and_to_an_sdk_in_one_line() {
    use std::fmt::Write as _;
    let sandbox = Sandbox::new();
    let mut text = "[profiles.base]\npattern = \"iam\"\n".to_owned();
    (0..20_000).for_each(|number| writeln!(text, "key{number} = 1").unwrap());
    sandbox.manifest(&text);
    let run = sandbox.run(["check"]).exits(3);
    assert_eq!(run.stderr.matches("error[unknown-key]").count(), 50);
    assert!(run.stderr.ends_with("20000 errors; the first 50 are shown\n") && run.stderr.len() < 100_000);
    let document = sandbox.run(["check", "--json"]).exits(3).json();
    assert_eq!((&document["errors"], document["diagnostics"].as_array().map(Vec::len)), (&20_000.into(), Some(1000)));
    let run = sandbox.run(["credential-process", "base"]).exits(3);
    assert_eq!((run.stdout.as_str(), run.stderr.matches('\n').count()), ("", 1), "{}", run.stderr);
    assert!(run.stderr.len() < 5000 && run.stderr.contains("profiles.toml:3:1: unknown-key"), "{}", run.stderr);
}

#[test]
fn no_finding_carries_a_control_character_of_the_file() {
    for file in fixtures("invalid") {
        let talk = fs::read_to_string(file.with_extension("txt")).unwrap();
        let bad = talk.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(bad, None, "{}", file.display());
    }
}

#[test]
fn tables_that_two_findings_need_are_shown_once() {
    let role = |name: &str| {
        format!(
            "[profiles.{name}]\npattern = \"iam-mfa-role\"\nsource_profile = \"main\"\n\
             role_arn = \"arn:aws:iam::444455556666:role/Admin\"\nduration_seconds = 43200\n"
        )
    };
    let home = Sandbox::new();
    let main = "[profiles.main]\npattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::111122223333:mfa/alice\"\n";
    home.manifest(&format!("{main}{}{}", role("a"), role("b")));
    let run = home.run(["check"]).exits(3);
    assert_eq!(run.stderr.matches(" [profiles.main-long-term]\n").count(), 1, "{}", run.stderr);
    let json = home.run(["check", "--json"]).exits(3).stdout;
    assert_eq!(json.matches("\"[profiles.main-long-term]\"").count(), 1, "{json}");
}

#[test]
fn an_empty_manifest_has_no_tables_to_uncomment() {
    let home = Sandbox::in_memory();
    home.manifest("");
    let run = home.run(["check"]).ok();
    assert!(run.stderr.contains("delete it and run `awsauth init`"), "{}", run.stderr);
}
