//! What `docs/teams.md` offers to a team's repository, done as it says: the hook of pre-commit, and the workflow.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::sandbox::{Run, Sandbox};

const GOOD: &str = "include = [\"teams/*.toml\"]\n\n[required_vars]\nuser = \"your name\"\n\n[profiles.main]\npattern = \
                    \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::111122223333:mfa/${user}\"\n";
const ROLE: &str = "[profiles.prod]\npattern = \"iam-mfa-role\"\nsource_profile = \"main\"\nrole_arn = \
                    \"arn:aws:iam::444455556666:role/Admin\"\n";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn python() -> PathBuf {
    std::env::var_os("AWSAUTH_TEST_PYTHON").expect("tests/run says where Python is").into()
}

/// The YAML blocks of `docs/teams.md`: the hook's, the workflow, and its second job.
fn blocks() -> [Value; 3] {
    let script = project().join("tests/clients/yaml_blocks.py");
    let run = Command::new(python()).arg(script).arg(project().join("docs/teams.md")).output().unwrap();
    let blocks: Vec<Value> = serde_json::from_str(&Run::from(run).ok().stdout).unwrap();
    blocks.try_into().unwrap()
}

/// A program that finds the awsauth of this build, and has no home.
fn homeless(home: &Sandbox, program: &Path) -> Command {
    let mut command = home.program_beside_awsauth(program);
    command.env_remove("HOME").env("PRE_COMMIT_HOME", home.path("cache"));
    command
}

fn git(home: &Sandbox, dir: &str, args: &[&str]) -> String {
    let mut git = homeless(home, Path::new("git"));
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]).args(args);
    Run::from(git.current_dir(home.path(dir)).output().unwrap()).ok().stdout.trim().to_owned()
}

/// A repository at `dir` with everything that is there in one commit, by its number.
fn commit(home: &Sandbox, dir: &str) -> String {
    git(home, dir, &["init", "-q"]);
    git(home, dir, &["add", "-A"]);
    git(home, dir, &["commit", "-q", "-m", "all"]);
    git(home, dir, &["rev-parse", "HEAD"])
}

/// A team's repository that checks its manifest as `docs/teams.md` says, with the hooks of this project.
fn team() -> Sandbox {
    let home = Sandbox::new();
    home.write("hooks/.pre-commit-hooks.yaml", fs::read(project().join(".pre-commit-hooks.yaml")).unwrap());
    let number = commit(&home, "hooks");
    let [mut config, ..] = blocks();
    let repo = &mut config["repos"][0];
    repo["repo"] = format!("file://{}", home.path("hooks").display()).into();
    repo["rev"] = number.into();
    home.write("team/.pre-commit-config.yaml", config.to_string());
    home.write("team/profiles.toml", GOOD);
    home.write("team/teams/a.toml", ROLE);
    commit(&home, "team");
    home
}

fn pre_commit(home: &Sandbox, args: &[&str]) -> Run {
    let mut command = homeless(home, &python());
    command.args(["-m", "pre_commit", "run"]).args(args).current_dir(home.path("team"));
    Run::from(command.output().unwrap())
}

#[test]
fn the_documented_hook_lets_a_good_manifest_pass_and_shows_where_a_bad_one_is_wrong() {
    let home = team();
    let run = pre_commit(&home, &["--all-files"]).ok();
    assert!(run.stdout.contains("Passed"), "{}", run.stdout);
    home.write("team/teams/a.toml", ROLE.replace("source_profile", "source_profil"));
    git(&home, "team", &["add", "-A"]);
    let run = pre_commit(&home, &[]).exits(1);
    for part in ["Failed", "exit code: 3", "error[unknown-key]", "teams/a.toml:3:1", "did you mean `source_profile`?"] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    // What is not to be committed is not looked at.
    home.write("team/teams/a.toml", ROLE);
    git(&home, "team", &["add", "-A"]);
    home.write("team/teams/a.toml", "broken");
    pre_commit(&home, &[]).ok();
}

#[test]
fn the_hook_runs_where_the_mistake_is_a_file_that_is_gone() {
    let home = team();
    home.write("team/profiles.toml", GOOD.replace("teams/*", "teams/a"));
    git(&home, "team", &["commit", "-aqm", "by name"]);
    git(&home, "team", &["rm", "-q", "teams/a.toml"]);
    let run = pre_commit(&home, &[]).exits(1);
    assert!(
        run.stdout.contains("error[include-missing]") && run.stdout.contains("profiles.toml:1:12"),
        "{}",
        run.stdout
    );
}

#[test]
fn both_hooks_do_the_same_and_take_another_manifest() {
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let run =
        Command::new(python()).args(["-c", script]).arg(project().join(".pre-commit-hooks.yaml")).output().unwrap();
    let hooks = Run::from(run).ok().json();
    let [rust, system] = hooks.as_array().unwrap().as_slice() else { panic!("{hooks}") };
    for key in ["name", "entry", "args", "always_run", "pass_filenames"] {
        assert_eq!(rust[key], system[key], "{key}");
    }
    assert_eq!((&rust["language"], &system["language"]), (&"rust".into(), &"system".into()));
    let home = team();
    let config = home.read("team/.pre-commit-config.yaml").replace("\"profiles.toml\"", "\"aws/other.toml\"");
    home.write("team/.pre-commit-config.yaml", config);
    home.write("team/aws/other.toml", "[profiles.a]\npattern = \"iamm\"\n");
    git(&home, "team", &["add", "-A"]);
    let run = pre_commit(&home, &[]).exits(1);
    assert!(run.stdout.contains("aws/other.toml:2:11"), "{}", run.stdout);
}

/// Every action is named by its commit.
fn are_pinned(steps: &[Value]) {
    for uses in steps.iter().filter_map(|step| step["uses"].as_str()) {
        let (_, pin) = uses.split_once('@').unwrap();
        assert!(pin.len() == 40 && pin.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uses}");
    }
}

#[test]
fn the_documented_job_writes_the_difference_of_a_pull_request_for_the_comment() {
    let [_, _, job] = blocks();
    let job = &job["difference"];
    assert_eq!(job["permissions"], serde_json::json!({ "contents": "read", "pull-requests": "write" }));
    let steps = job["steps"].as_array().unwrap();
    are_pinned(steps);
    let [compare, comment] =
        steps.iter().filter_map(|step| step["run"].as_str()).collect::<Vec<_>>().try_into().unwrap();
    assert!(comment.ends_with("--body-file difference.md") && !comment.contains("${{"), "{comment}");
    let home = Sandbox::new();
    home.write("profiles.toml", GOOD);
    home.write("teams/a.toml", ROLE);
    commit(&home, "");
    let run = || {
        let mut shell = homeless(&home, Path::new("bash"));
        shell.env("GITHUB_STEP_SUMMARY", home.path("summary.md"));
        Run::from(shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", compare]).output().unwrap())
    };
    git(&home, "", &["commit", "-q", "--allow-empty", "-m", "nothing"]);
    run().ok();
    assert!(home.read("summary.md").contains("no profile or SSO session changes in effect"));
    home.write("teams/a.toml", ROLE.replace("Admin", "Reader"));
    git(&home, "", &["commit", "-qam", "other"]);
    run().ok();
    let table = home.read("difference.md");
    assert!(
        table.contains("| changed | <code>prod</code> | <code>444455556666</code> | <code>Admin → Reader</code> |"),
        "{table}"
    );
    assert!(home.read("summary.md").ends_with(&table));
    // Invalid: the job `check` fails for it, and this one tells what it can.
    home.write("teams/a.toml", "broken");
    let run = run().ok();
    assert!(run.stderr.contains("error[syntax]"), "{}", run.stderr);
}

#[test]
fn the_documented_workflow_may_read_alone_is_pinned_and_checks_the_manifest() {
    let [_, workflow, _] = blocks();
    assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }));
    let job = &workflow["jobs"]["check"];
    assert!(job["permissions"].is_null() && workflow["true"].get("pull_request").is_some(), "{workflow}");
    let steps = job["steps"].as_array().unwrap();
    are_pinned(steps);
    let runs: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let [install, check] = runs.as_slice() else { panic!("{runs:?}") };
    assert!(install.contains("cargo +stable install --locked --git \"$AWSAUTH\" --rev \"$AWSAUTH_COMMIT\" awsauth"));
    let home = Sandbox::new();
    home.write("profiles.toml", GOOD);
    home.write("teams/a.toml", ROLE);
    // As GitHub's runners do it.
    let run = || {
        let mut shell = homeless(&home, Path::new("bash"));
        Run::from(shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", check]).output().unwrap())
    };
    let talk = run().ok().stderr;
    assert!(talk.contains("profiles.toml with 1 included file is valid"), "{talk}");
    home.write("teams/a.toml", ROLE.replace("444455556666", "4444"));
    let talk = run().exits(3).stderr;
    assert!(talk.contains("error[bad-role-arn]") && talk.contains("teams/a.toml:4:12"), "{talk}");
}
