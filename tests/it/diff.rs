//! `awsauth diff`: what a change of the manifest does, against a commit, with nothing of the repository run.

use std::path::Path;

use crate::support::sandbox::{Run, Sandbox};

const MANIFEST: &str = "\
include = [\"teams/*.toml\"]

[required_vars]
user = \"your name\"

[profiles.main]
pattern = \"iam-mfa\"
mfa_serial = \"arn:aws:iam::111122223333:mfa/${user}\"
";
const TEAM: &str = "\
[profiles.prod]
pattern = \"iam-mfa-role\"
source_profile = \"main\"
role_arn = \"arn:aws:iam::444455556666:role/Admin\"
";

pub(crate) fn git(home: &Sandbox, dir: &str, args: &[&str]) -> String {
    let mut git = home.program(Path::new("git"));
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]).args(args);
    Run::from(git.current_dir(home.path(dir)).output().unwrap()).ok().stdout.trim().to_owned()
}

pub(crate) fn commit(home: &Sandbox, dir: &str) {
    git(home, dir, &["add", "-A"]);
    git(home, dir, &["commit", "-q", "--allow-empty", "-m", "x"]);
}

/// A team's repository at `team`, with everything committed.
fn team() -> Sandbox {
    let home = Sandbox::new();
    home.write("team/profiles.toml", MANIFEST);
    home.write("team/teams/a.toml", TEAM);
    git(&home, "team", &["init", "-q"]);
    commit(&home, "team");
    home
}

fn diff(home: &Sandbox, args: &[&str]) -> Run {
    home.run([&["diff", "--manifest", "team/profiles.toml"], args].concat())
}

/// A profile added, one changed, one removed, an SSO session added, and a person's own values, which don't count.
fn change_of_every_kind(home: &Sandbox) {
    home.write(
        "team/profiles.toml",
        MANIFEST.replace("[profiles.main]\n", "[profiles.main]\nregion = \"eu-west-1\"\n"),
    );
    home.write(
        "team/teams/a.toml",
        TEAM.replace("444455556666", "777788889999").replace("prod]", "live]")
            + "settings = { endpoint_url = \"https://evil.example\" }\n",
    );
    home.write(
        "team/teams/b.toml",
        "[sso_sessions.corp]\nsso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n",
    );
    home.write("team/profiles.local.toml", "[vars]\nuser = \"alice\"\n[profiles.main]\nregion = \"us-east-2\"\n");
}

#[test]
fn a_change_is_told_profile_by_profile_with_account_and_role() {
    let home = team();
    let run = diff(&home, &[]).ok();
    assert_eq!(run.stdout, "");
    assert!(
        run.stderr.starts_with("no profile or SSO session changes in effect, compared with HEAD ("),
        "{}",
        run.stderr
    );
    // Other lines of the same effect.
    home.write(
        "team/teams/a.toml",
        format!("# moved\n{}", TEAM.replace("role/Admin", "role/${r}") + "[vars]\nr = \"Admin\"\n"),
    );
    diff(&home, &[]).ok();
    change_of_every_kind(&home);
    let run = diff(&home, &[]).exits(1);
    let lines: Vec<String> =
        run.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        lines,
        [
            "CHANGE NAME ACCOUNT ROLE",
            "added live 777788889999 Admin",
            "pattern: iam-mfa-role",
            "settings.endpoint_url: https://evil.example",
            "source_profile: main",
            "changed main 111122223333 -",
            "region: (none) → eu-west-1",
            "removed prod 444455556666 Admin",
            "pattern: iam-mfa-role",
            "source_profile: main",
            "added corp (SSO session) - -",
            "sso_start_url: https://corp.awsapps.com/start",
            "sso_region: us-east-1",
        ]
    );
    assert!(
        run.stderr.contains("1 profile added, 1 changed, 1 removed; 1 SSO session added, compared with HEAD ("),
        "{}",
        run.stderr
    );
    let json = diff(&home, &["--json"]).exits(1).json();
    let names: Vec<_> = json["profiles"].as_array().unwrap().iter().map(|one| (&one["name"], &one["change"])).collect();
    assert_eq!(
        names,
        [(&"live".into(), &"added".into()), (&"main".into(), &"changed".into()), (&"prod".into(), &"removed".into())]
    );
    let keys = serde_json::json!([{ "key": "region", "before": null, "after": "eu-west-1" }]);
    assert_eq!(json["profiles"][1]["keys"], keys);
    assert_eq!(json["profiles"][2]["account"], serde_json::json!({ "before": "444455556666", "after": null }));
    commit(&home, "team");
    // The committed personal file is an error of the team's.
    let run = diff(&home, &["HEAD~1"]).exits(3);
    assert!(run.stderr.contains("error[committed-local]") && run.stdout.contains("live"), "{}", run.stderr);
}

#[test]
fn both_sides_are_compared_as_far_as_they_can_be_read() {
    let home = team();
    home.write(
        "team/teams/a.toml",
        TEAM.replace("444455556666", "4444").replace("[profiles.prod]", "[profiles.prod]\noutput = \"json\""),
    );
    let run = diff(&home, &[]).exits(3);
    assert!(run.stderr.contains("error[bad-role-arn]"), "{}", run.stderr);
    for part in
        ["output: (none) → json", "role_arn: arn:aws:iam::444455556666:role/Admin → arn:aws:iam::4444:role/Admin"]
    {
        assert!(run.stdout.contains(part), "{}", run.stdout);
    }
    commit(&home, "team");
    home.write("team/teams/a.toml", TEAM);
    let run = diff(&home, &[]).exits(3);
    assert!(
        run.stderr.contains("HEAD:teams/a.toml:5:12") && run.stdout.contains("output: json → (none)"),
        "{}",
        run.stderr
    );
    // Nothing is known of a side that is no TOML, so nothing is gone.
    home.write("team/teams/a.toml", "broken");
    let run = diff(&home, &[]).exits(3);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("\nnothing differs as far as it can be read, compared with HEAD"), "{}", run.stderr);
    let run = diff(&home, &["--format", "markdown"]).exits(3);
    assert!(
        run.stdout.contains("The manifest is **invalid** now") && !run.stdout.contains("removed"),
        "{}",
        run.stdout
    );
}

#[test]
fn includes_are_read_from_the_revision_with_their_mistakes() {
    let home = team();
    home.write("team/teams/a.toml", format!("include = [\"sub/b.toml\"]\n{TEAM}"));
    home.write("team/teams/sub/b.toml", "[profiles.base]\npattern = \"iam\"\n");
    commit(&home, "team");
    std::fs::remove_dir_all(home.path("team/teams/sub")).unwrap();
    home.write("team/teams/a.toml", TEAM);
    let run = diff(&home, &[]).exits(1);
    assert!(run.stdout.contains("removed  base"), "{}", run.stdout);
    commit(&home, "team");
    home.write("team/teams/a.toml", format!("include = [\"none.toml\", \"a.toml\"]\n{TEAM}"));
    commit(&home, "team");
    home.write("team/teams/a.toml", TEAM);
    let run = diff(&home, &[]).exits(3);
    for part in ["there is no file HEAD:teams/none.toml", "error[include-cycle]", "HEAD:teams/a.toml:1:25"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    // Which profiles that side has is not known.
    assert_eq!(run.stdout, "");
    // A link in the repository, from before the file went to its place.
    commit(&home, "team");
    home.write("team/aws/all.toml", MANIFEST.replace("teams/", "../"));
    std::fs::rename(home.path("team/profiles.toml"), home.path("team/aws.toml")).unwrap();
    std::os::unix::fs::symlink("aws.toml", home.path("team/profiles.toml")).unwrap();
    commit(&home, "team");
    let run = home.run(["diff", "HEAD~1", "--manifest", "team/profiles.toml"]).exits(1);
    assert!(run.stderr.contains("has no aws.toml: every profile counts as added"), "{}", run.stderr);
    diff(&home, &["HEAD"]).ok();
}

#[test]
fn hostile_text_stays_text_in_a_comment() {
    let home = team();
    let hostile = "a|b `c` <img src=x> @team #1 [x](http://e.example) \\\\| www.e.example";
    let more = format!("description = \"{hostile}\"\ntags = [\"x|y\"]\n");
    home.write("team/teams/a.toml", format!("{TEAM}{more}[profiles.\"<b>|x\"]\npattern = \"iam\"\n"));
    let run = diff(&home, &["--format", "markdown"]);
    let table: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(table.len(), 4, "{}", run.stdout);
    for line in table {
        assert_eq!(line.matches('|').count(), 6, "{line}");
        assert!(
            !line.contains(['`', '@', '[', '*', '\\']) && !line.contains("<img") && !line.contains("://"),
            "{line}"
        );
    }
    assert!(
        run.stdout
            .contains("<code>description</code>: <code>&#40;none&#41;</code> → <code>a&#124;b &#96;c&#96; &#60;img")
    );
}

#[test]
fn a_revision_that_git_does_not_know_is_refused_and_is_never_an_option() {
    let home = team();
    let run = diff(&home, &["nowhere"]).exits(2);
    assert!(run.stderr.contains("git knows no revision `nowhere` in "), "{}", run.stderr);
    for rev in ["--output=x", "-x", "--help=x"] {
        diff(&home, &["--", rev]).exits(2);
    }
    assert!(!home.has("x") && !home.has("team/x"));
    home.write("alone/profiles.toml", "version = 1\n");
    let run = home.run(["diff", "--manifest", "alone/profiles.toml"]).exits(2);
    assert!(run.stderr.contains("alone/profiles.toml is in no git repository"), "{}", run.stderr);
    let mut without = home.command(["diff", "--manifest", "team/profiles.toml"]);
    let run = Run::from(without.env("PATH", home.path("empty")).output().unwrap()).exits(6);
    assert!(run.stderr.contains("there is no git in PATH"), "{}", run.stderr);
    home.write("team/.git/config", "[core\n");
    let run = diff(&home, &[]).exits(6);
    assert!(run.stderr.contains("git failed: fatal: bad config line 1"), "{}", run.stderr);
}

#[test]
fn nothing_that_the_repository_names_is_run() {
    let home = team();
    let script = home.script("ran.sh", "touch \"$HOME/ran\"; cat\n").display().to_string();
    for (key, value) in [
        ("core.fsmonitor", &*script),
        ("core.pager", &script),
        ("filter.x.smudge", &script),
        ("filter.x.clean", &script),
        ("filter.x.process", &script),
        ("diff.x.textconv", &script),
        ("diff.external", &script),
        ("alias.cat-file", &format!("!{script}")),
        ("core.sshCommand", &script),
        ("remote.origin.url", "ssh://example.invalid/x"),
        ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"),
        ("core.repositoryformatversion", "1"),
    ] {
        git(&home, "team", &["config", key, value]);
    }
    home.write("team/.gitattributes", "* filter=x diff=x\n");
    for hook in ["post-checkout", "post-index-change", "reference-transaction"] {
        home.script(&format!("team/.git/hooks/{hook}"), "touch \"$HOME/ran\"\n");
    }
    home.write("team/teams/a.toml", TEAM.replace("Admin", "Reader"));
    diff(&home, &[]).exits(1);
    assert!(!home.has("ran"));
}
