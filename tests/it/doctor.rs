//! What `doctor` finds. Each directory of `fixtures/doctor` is a machine: its `home`, and where it needs them `env` (variables),
//! `setup` (a shell script for what no repository keeps: times, modes, links) and `args`. `@HOME@` stands for the home directory.
//! `expected.txt` has all that is said, and the codes. `BLESS=1 cargo test` writes those anew.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::architecture::src;
use crate::diff::commit;
use crate::files::files;
use crate::join;
use crate::scene::{CONFIG, CREDENTIALS, Scene};
use crate::support::fake_aws::team::ALICE;
use crate::support::fake_aws::{FakeAws, World};
use crate::support::sandbox::{Run, Sandbox};
use crate::team;
use crate::terminal::at_terminal;

fn cases() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/doctor");
    let mut cases: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// Copies a tree, for this user alone.
fn copy(from: &Path, to: &Path, home: &str) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let path = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &path, home);
        } else {
            fs::write(&path, fs::read_to_string(entry.path()).unwrap().replace("@HOME@", home)).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// The machine of a case, with an empty manifest if it has none.
fn machine(case: &Path) -> Sandbox {
    let mut home = Sandbox::in_memory();
    let root = home.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    home.manifest("");
    if case.join("home").exists() {
        copy(&case.join("home"), Path::new(&root), &root);
    }
    let variables = fs::read_to_string(case.join("env")).unwrap_or_default().replace("@HOME@", &root);
    if let Ok(setup) = fs::read_to_string(case.join("setup")) {
        let mut shell = home.program(Path::new("sh"));
        shell.env("AWSAUTH", env!("CARGO_BIN_EXE_awsauth")).args(["-e", "-c", &setup]);
        let run: Run = shell.output().unwrap().into();
        run.ok();
    }
    for (name, value) in variables.lines().map(|line| line.split_once('=').unwrap()) {
        home = home.env(name, value);
    }
    home
}

fn args(case: &Path, more: &[&str]) -> Vec<String> {
    let own = fs::read_to_string(case.join("args")).unwrap_or_default();
    ["doctor"].into_iter().chain(own.split_whitespace()).chain(more.iter().copied()).map(str::to_owned).collect()
}

fn codes(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

fn expected(case: &Path) -> String {
    fs::read_to_string(case.join("expected.txt")).unwrap_or_default()
}

fn expected_codes(case: &Path) -> Vec<String> {
    let expected = expected(case);
    let (_, codes) = expected.rsplit_once("codes: ").unwrap();
    codes.split_whitespace().map(str::to_owned).collect()
}

fn try_case(case: &Path) -> Result<(), String> {
    let home = machine(case);
    let run = home.run(args(case, &[]));
    let document = home.run(args(case, &["--json"])).json();
    let text = format!("{}{}codes: {}\n", run.stdout, run.stderr, codes(&document).join(" "));
    let text = text.replace(env!("CARGO_BIN_EXE_awsauth"), "AWSAUTH").replace(home.path("").to_str().unwrap(), "~/");
    if text.contains("SECRETMARK") || document.to_string().contains("SECRETMARK") {
        return Err(format!("{}: shows a secret\n{text}", case.display()));
    }
    let is_wrong = document["errors"] != 0 || document["warnings"] != 0;
    if run.code != Some(i32::from(is_wrong)) {
        return Err(format!("{}: {:?}\n{text}", case.display(), run.code));
    }
    let path = case.join("expected.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    if expected(case) == text { Ok(()) } else { Err(format!("{}: not\n{text}", path.display())) }
}

#[test]
fn each_machine_has_the_findings_that_it_should_have_and_no_other() {
    let wrong: Vec<String> = cases().iter().filter_map(|case| try_case(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases().len(), wrong.join("\n"));
}

/// Each of these cost somebody an hour, and a question to strangers.
#[test]
fn the_first_finding_is_the_cause() {
    for (name, cause) in [
        ("keys-in-credentials", "keys-shadow"),
        ("sso-login-elsewhere", "sso-other-session"),
        ("mfa-role-in-terraform", "mfa-role"),
        ("clock", "clock"),
        ("profile-gone", "profile-gone"),
    ] {
        let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/doctor").join(format!("thread-{name}"));
        assert_eq!(expected_codes(&case)[0], cause, "{name}");
    }
}

/// The codes in the source.
fn all_codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for file in files(&src().join("cli/doctor"), "rs") {
        let text = fs::read_to_string(file).unwrap();
        for call in ["Finding::error(", "Finding::warning(", "Finding::note(", "useless("] {
            let calls = text.split(call).skip(1).map(str::trim_start).filter_map(|rest| rest.strip_prefix('"'));
            codes.extend(calls.map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    codes
}

#[test]
fn every_finding_is_caused_by_a_machine_and_described() {
    let codes = all_codes();
    assert!(codes.len() > 40, "{codes:?}");
    let caused: BTreeSet<String> = cases().iter().flat_map(|case| expected_codes(case)).collect();
    assert_eq!(codes.difference(&caused).collect::<Vec<_>>(), [""; 0]);
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md")).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let described: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(codes, described);
    for healthy in cases().iter().filter(|case| case.to_str().unwrap().contains("/healthy-")) {
        assert_eq!(expected_codes(healthy), [""; 0], "{}", healthy.display());
    }
}

#[test]
fn what_fix_mends_is_not_found_again_and_no_key_is_touched() {
    let mut mended = 0;
    for case in cases().iter().filter(|case| expected(case).contains("fix: awsauth doctor --fix")) {
        let home = machine(case);
        let files = || [CONFIG, CREDENTIALS].map(|file| fs::read(home.path(file)).ok());
        let before = files();
        let run = home.run(args(case, &["--fix", "--json"])).json();
        let left = codes(&run);
        let (fixable, others): (Vec<_>, Vec<_>) =
            expected_codes(case).into_iter().partition(|code| !left.contains(code));
        assert!(!run["fixed"].as_array().unwrap().is_empty() && !fixable.is_empty(), "{}: {run}", case.display());
        assert_eq!(left, others, "{}: {run}", case.display());
        let again = home.run(args(case, &["--fix", "--json"])).json();
        assert_eq!(again["fixed"].as_array().unwrap().len(), 0, "{}", case.display());
        assert_eq!(files(), before, "{}", case.display());
        mended += fixable.len();
    }
    assert!(mended > 5, "{mended}");
}

#[test]
fn fix_says_first_what_it_does() {
    let home = machine(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/doctor/open-to-others"));
    let run = home.run(["doctor", "--fix", "--yes"]).ok();
    assert!(run.stderr.starts_with("will make ~/.aws/credentials readable only by you\n"), "{}", run.stderr);
    assert!(run.stderr.contains("\nclosed 3 files to other users\nhealthy: "), "{}", run.stderr);
    assert!(run.stderr.ends_with("programs\n"), "{}", run.stderr);
    assert_eq!(home.path(CREDENTIALS).metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn fix_follows_no_link() {
    let home = machine(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/doctor/open-to-others"));
    home.run(["doctor", "--fix", "--yes"]).ok();
    assert_eq!(home.path("public").metadata().unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn a_login_that_is_made_while_fix_asks_is_kept() {
    let scene = Scene::new();
    let path = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
    let token = |year: u16| {
        let portal = "https://corp.awsapps.com/start";
        json!({ "startUrl": portal, "accessToken": "t", "expiresAt": format!("{year}-01-01T00:00:00Z") }).to_string()
    };
    scene.home.write(path, token(2020));
    let mut session = at_terminal(&scene, "doctor --fix");
    session.exp_string("Do this?").unwrap();
    scene.home.write(path, token(2099));
    session.types("\r");
    session.exp_string("ended with").unwrap();
    assert_eq!(scene.home.read(path), token(2099));
}

/// A shell ends a quotation where a mask has swallowed the `\` before a quote.
#[test]
fn a_fix_that_is_pasted_does_what_it_says_and_nothing_else() {
    let random = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9d";
    let name = format!("x'{random}\" && touch PWNED && echo {random}\"");
    let home = Sandbox::in_memory().env("AWS_PROFILE", &format!("{name}z"));
    home.write(CREDENTIALS, format!("[{name}]\nregion = eu-west-1\n"));
    let document = home.run(["doctor", "--json"]).json();
    let run = home.run(["doctor"]);
    let shown = run.stdout.lines().filter_map(|line| line.trim().strip_prefix("fix: "));
    let fixes = document["findings"].as_array().unwrap().iter().map(|found| found["fix"].as_str().unwrap());
    let exports: Vec<&str> = shown.chain(fixes).filter(|fix| fix.starts_with("export ")).collect();
    assert_eq!(exports.len(), 2, "{document}");
    for fix in exports {
        assert!(!fix.contains(random), "{fix}");
        let mut shell = home.program(Path::new("sh"));
        let run: Run = shell.args(["-c", fix]).output().unwrap().into();
        assert_eq!((run.code, home.has("PWNED")), (Some(0), false), "{fix}");
    }
}

#[test]
fn a_member_of_a_team_who_has_applied_and_logged_in_lacks_only_the_auditors_key() {
    let fake = FakeAws::start(World::team(ALICE.user));
    fake.world().set_interval(0);
    let home = team::machine("alice", Some(&fake));
    home.run(["apply", "--yes"]).ok();
    home.run_with_input(["keys", "add", "main"], &format!("{}\n{}\n", ALICE.key_id, ALICE.secret_key)).ok();
    let code = fake.world().next_code(ALICE.mfa_serial);
    home.run(["login", "payments-prod.breakglass", "--token-code", &code]).ok();
    home.run(["login", "--no-browser", "payments-dev.tf", "FabView@fab-mail-live"]).ok();
    let mut doctor = home.command(["doctor"]);
    // It is the tests' own way to AWS.
    for (name, _) in fake.env() {
        doctor.env_remove(name);
    }
    let run: Run = doctor.output().unwrap().into();
    let run = run.ok();
    assert!(run.stdout.starts_with("note: there is no long-term key in [auditor]\n"), "{}", run.stdout);
    assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
    assert_eq!(run.stderr, "nothing is misconfigured; 1 key is missing: awsauth status\n");
}

#[test]
fn online_the_clock_is_compared_with_aws() {
    let scene = Scene::new();
    let is_wrong = |args: &[&str]| codes(&scene.run(args).json()).contains(&"clock".to_owned());
    assert!(!is_wrong(&["doctor", "--json", "--online"]));
    scene.aws.world().set_clock_offset(3600);
    let document = scene.run(&["doctor", "--json", "--online"]).json();
    assert_eq!(document["findings"][0]["code"], "clock", "{document}");
    let message = document["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("clock is 60") || message.contains("clock is 59"), "{message}");
    assert!(message.ends_with("minutes behind AWS's"), "{message}");
    scene.aws.clear();
    assert!(!is_wrong(&["doctor", "--json"]));
    assert_eq!(scene.calls(), [""; 0]);
}

#[test]
fn online_the_manifest_is_compared_with_the_team_s() {
    let scene = join::Scene::new(&[("profiles.toml", join::MANIFEST)]).joined();
    let is_behind = |more: &[&str]| {
        let mut doctor = scene.home.command([&["doctor", "--json"], more].concat());
        let run: Run = doctor.env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1").output().unwrap().into();
        codes(&run.json()).contains(&"manifest-behind".to_owned())
    };
    assert!(!is_behind(&["--online"]));
    scene.remote.write("team/profiles.toml", format!("{}\n", join::MANIFEST));
    commit(&scene.remote, "team");
    assert_eq!((is_behind(&["--online"]), is_behind(&[])), (true, false));
}
