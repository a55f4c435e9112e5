//! `awsauth update`: what the team has changed comes to this machine, and nothing of the person's own is touched.

use std::fs;
use std::os::unix::fs::symlink;

use crate::diff::{commit, git};
use crate::join::{MANIFEST, Scene, at_terminal, traps};
use crate::scene::CONFIG;
use crate::support::sandbox::Run;

const CLONE: &str = ".local/share/awsauth/team";
const PROD: &str = "\n[profiles.prod]\npattern = \"iam-mfa-role\"\nsource_profile = \"main\"\nrole_arn = \
                    \"arn:aws:iam::444455556666:role/Admin\"\n";

fn scene() -> Scene {
    Scene::new(&[("profiles.toml", MANIFEST)]).joined()
}

/// The team commits another manifest.
fn push(scene: &Scene, text: &str) {
    scene.remote.write("team/profiles.toml", text);
    commit(&scene.remote, "team");
}

fn update(scene: &Scene) -> Run {
    scene.home.run(["update"])
}

fn head(scene: &Scene) -> String {
    git(&scene.home, CLONE, &["rev-parse", "HEAD"])
}

#[test]
fn a_change_of_the_team_is_fetched_shown_and_applied() {
    let scene = scene();
    let run = update(&scene).ok();
    assert!(run.stderr.contains("is up to date with git://") && run.stderr.contains("nothing to do"), "{}", run.stderr);
    push(&scene, &format!("{MANIFEST}{PROD}"));
    let run = update(&scene).ok();
    assert!(run.stdout.contains("added   prod  444455556666  Admin\n"), "{}", run.stdout);
    assert!(run.stderr.contains("1 profile added") && run.stderr.contains("wrote ~/.aws/config"), "{}", run.stderr);
    assert!(scene.home.read(CONFIG).contains("[profile prod]"));
    assert_eq!(head(&scene), git(&scene.remote, "team", &["rev-parse", "HEAD"]));
    assert_eq!(git(&scene.home, CLONE, &["status", "--porcelain", "--branch"]), "## main...origin/main");
    push(&scene, MANIFEST);
    let json = scene.home.run(["update", "--json"]).ok().json();
    assert_eq!((&json["profiles"][0]["change"], &json["written"]), (&"removed".into(), &true.into()));
    assert_eq!(json["after"], head(&scene));
}

#[test]
fn a_new_value_that_the_team_wants_is_asked_for() {
    let scene = scene();
    push(
        &scene,
        &format!("{MANIFEST}role_session_name = \"${{mail}}\"\n")
            .replace("user = ", "mail = \"your mail\"\nuser = ")
            .replace("role_session_name", "description"),
    );
    let run = update(&scene).exits(2);
    assert!(run.stderr.contains("the manifest wants of you: mail (your mail)"), "{}", run.stderr);
    scene.home.run(["update", "--var", "mail=a@example.com"]).ok();
}

#[test]
fn a_clone_with_changes_or_commits_of_its_own_is_left_alone() {
    let scene = scene();
    let file = format!("{CLONE}/profiles.toml");
    let before = head(&scene);
    push(&scene, &format!("{MANIFEST}{PROD}"));
    scene.home.write(&file, format!("# mine\n{MANIFEST}"));
    let run = update(&scene).exits(4);
    assert!(run.stderr.contains("files in it are changed and not committed: profiles.toml"), "{}", run.stderr);
    git(&scene.home, CLONE, &["commit", "-aqm", "mine"]);
    let own = head(&scene);
    let run = update(&scene).exits(4);
    assert!(run.stderr.contains("have diverged"), "{}", run.stderr);
    assert_eq!((head(&scene), scene.home.read(&file)), (own, format!("# mine\n{MANIFEST}")));
    git(&scene.home, CLONE, &["reset", "-q", "--hard", &before]);
    // A new file of the person's own is where the team has one now.
    scene.remote.write("team/notes", "theirs");
    commit(&scene.remote, "team");
    scene.home.write(&format!("{CLONE}/notes"), "mine");
    let run = update(&scene).exits(4);
    assert!(run.stderr.contains("notes") && run.stderr.contains("move that file away"), "{}", run.stderr);
    assert_eq!((head(&scene), scene.home.read(&file)), (before.clone(), MANIFEST.to_owned()));
    fs::remove_file(scene.home.path(&format!("{CLONE}/notes"))).unwrap();
    update(&scene).ok();
    // Commits of one's own on top of the team's are no reason to stop.
    git(&scene.home, CLONE, &["commit", "-q", "--allow-empty", "-m", "mine"]);
    let run = update(&scene).ok();
    assert!(run.stderr.contains("and has commits of its own"), "{}", run.stderr);
    git(&scene.home, CLONE, &["checkout", "-q", "--detach"]);
    let run = update(&scene).exits(4);
    assert!(
        run.stderr.contains("no branch with an upstream is checked out") && !run.stderr.contains("pull"),
        "{}",
        run.stderr
    );
    git(&scene.home, CLONE, &["checkout", "-q", "main"]);
    git(&scene.remote, "team", &["branch", "-m", "trunk"]);
    let run = update(&scene).exits(6);
    assert!(run.stderr.contains("if main is gone there:"), "{}", run.stderr);
}

#[test]
fn an_invalid_manifest_or_none_is_not_taken_over() {
    let scene = scene();
    let before = head(&scene);
    push(&scene, &format!("{MANIFEST}{PROD}").replace("4444555", "44"));
    let run = update(&scene).exits(3);
    assert!(
        run.stderr.contains("FETCHED:profiles.toml:11:12") && run.stderr.contains("is left as it is"),
        "{}",
        run.stderr
    );
    git(&scene.remote, "team", &["mv", "profiles.toml", "moved.toml"]);
    commit(&scene.remote, "team");
    let run = update(&scene).exits(3);
    assert!(run.stderr.contains("the newer commit has no profiles.toml"), "{}", run.stderr);
    assert_eq!((head(&scene), scene.home.read(&format!("{CLONE}/profiles.toml"))), (before, MANIFEST.to_owned()));
}

#[test]
fn a_checkout_made_by_hand_is_updated_too_and_a_file_in_none_is_not() {
    let scene = Scene::new(&[("aws/profiles.toml", MANIFEST)]);
    git(&scene.home, "", &["clone", "-q", &scene.url, "dotfiles"]);
    fs::create_dir_all(scene.home.path(".config/awsauth")).unwrap();
    let link = scene.home.path(".config/awsauth/profiles.toml");
    symlink(scene.home.path("dotfiles/aws/profiles.toml"), &link).unwrap();
    scene.home.run(["vars", "--set", "user=alice"]).ok();
    scene.remote.write("team/aws/profiles.toml", format!("{MANIFEST}{PROD}"));
    commit(&scene.remote, "team");
    update(&scene).ok();
    assert!(scene.home.read("dotfiles/aws/profiles.toml").contains("[profiles.prod]"));
    fs::remove_file(&link).unwrap();
    scene.home.manifest("version = 1\n");
    let run = update(&scene).exits(2);
    assert!(run.stderr.contains("is in no git checkout"), "{}", run.stderr);
    fs::remove_file(&link).unwrap();
    update(&scene).exits(3);
}

#[test]
fn nothing_that_the_checkout_or_the_repository_names_is_run() {
    let scene = Scene::new(&[("profiles.toml", MANIFEST), (".gitattributes", "* filter=x\n")]);
    git(&scene.home, "", &["clone", "-q", &scene.url, "dotfiles"]);
    fs::create_dir_all(scene.home.path(".config/awsauth")).unwrap();
    symlink(scene.home.path("dotfiles/profiles.toml"), scene.home.path(".config/awsauth/profiles.toml")).unwrap();
    scene.home.run(["vars", "--set", "user=alice"]).ok();
    traps(&scene);
    let script = scene.home.path("trap.sh").display().to_string();
    for (key, value) in [
        ("core.fsmonitor", &*script),
        ("core.sshCommand", &script),
        ("core.gitProxy", &script),
        ("credential.helper", &script),
        ("remote.origin.uploadpack", &script),
        ("remote.origin.vcs", "ext"),
        ("core.alternateRefsCommand", &script),
        ("merge.verifySignatures", "true"),
        ("gpg.program", &script),
        ("submodule.recurse", "true"),
        ("core.editor", &script),
    ] {
        git(&scene.home, "dotfiles", &["config", key, value]);
    }
    for hook in ["post-checkout", "post-merge", "reference-transaction", "post-index-change"] {
        scene.home.script(&format!("dotfiles/.git/hooks/{hook}"), "touch \"$HOME/ran\"\n");
    }
    drop(fs::remove_file(scene.home.path("ran")));
    push(&scene, &format!("{MANIFEST}{PROD}"));
    update(&scene).ok();
    assert!(!scene.home.has("ran"));
    assert!(scene.home.read("dotfiles/profiles.toml").contains("[profiles.prod]"));
    git(&scene.home, "dotfiles", &["config", "filter.y.smudge", &script]);
    let run = update(&scene).exits(4);
    assert!(run.stderr.contains("its configuration runs programs on files: y"), "{}", run.stderr);
    git(&scene.home, "dotfiles", &["config", "--unset", "filter.y.smudge"]);
    // A configuration of the work tree's own, and a name that would be cut in a `-c`.
    git(&scene.home, "dotfiles", &["config", "extensions.worktreeConfig", "true"]);
    git(&scene.home, "dotfiles", &["config", "--worktree", "filter.a=b.clean", &script]);
    fs::write(scene.home.path("dotfiles/.git/info/attributes"), "* filter=a=b\n").unwrap();
    scene.home.write("dotfiles/profiles.toml", scene.home.read("dotfiles/profiles.toml"));
    let run = update(&scene).exits(4);
    assert!(run.stderr.contains("its configuration runs programs on files: a=b"), "{}", run.stderr);
    assert!(!scene.home.has("ran"));
    git(&scene.home, "dotfiles", &["config", "--worktree", "--unset", "filter.a=b.clean"]);
    fs::write(scene.home.path(".gitconfig"), format!("[filter \"a=b\"]\nclean = {script}\n")).unwrap();
    update(&scene);
    assert!(!scene.home.has("ran"));
    fs::remove_file(scene.home.path(".gitconfig")).unwrap();
    git(&scene.home, "dotfiles", &["config", "--unset", "extensions.worktreeConfig"]);
    git(&scene.home, "dotfiles", &["config", "remote.origin.url", "ext::sh -c x"]);
    update(&scene).exits(4);
    git(&scene.home, "dotfiles", &["config", "remote.origin.url", "https://SECRETMARK-ABCDEFGHIJKLMNOP@example.com/x"]);
    let run = update(&scene).exits(4);
    assert!(run.stderr.contains("a password") && !run.stderr.contains("SECRETMARK"), "{}", run.stderr);
    assert!(!scene.home.has("ran"));
}

#[test]
fn a_person_who_does_not_take_it_over_has_the_clone_as_it_was() {
    let scene = scene();
    let before = head(&scene);
    push(&scene, &format!("{MANIFEST}{PROD}"));
    for (key, code) in [("n\r", 4), ("\x03", 130)] {
        let mut session = at_terminal(&scene.home, "update");
        session.answers("1 profile added. Take it over?", key);
        session.exp_string("is left as it is").unwrap();
        session.exp_string(&format!("ended with {code}")).unwrap();
        assert_eq!(
            (head(&scene), scene.home.read(&format!("{CLONE}/profiles.toml"))),
            (before.clone(), MANIFEST.into())
        );
    }
    let mut session = at_terminal(&scene.home, "update");
    session.answers("Take it over?", "y\r");
    session.answers("Write this?", "n\r");
    let words =
        session.exp_string("the manifest is in place, and AWS's files are as they were; `awsauth apply`").unwrap();
    assert!(!words.contains("nothing was written"), "{words}");
    session.exp_string("ended with 4").unwrap();
    assert_ne!(head(&scene), before);
}

#[test]
fn what_would_be_wrong_for_this_person_alone_is_not_taken_over() {
    let scene = scene();
    let before = head(&scene);
    push(&scene, &format!("{MANIFEST}settings = {{ endpoint_url = \"https://evil.example\" }}\n"));
    let run = scene.home.run(["update", "--yes"]).exits(3);
    assert!(run.stderr.contains("error[foreign-endpoint]") && run.stderr.contains("left as it is"), "{}", run.stderr);
    assert_eq!(head(&scene), before);
    let local = ".config/awsauth/profiles.local.toml";
    scene.home.write(local, format!("{}[settings]\nallow_hosts = [\"evil.example\"]\n", scene.home.read(local)));
    scene.home.run(["update", "--yes"]).ok();
    assert_ne!(head(&scene), before);
}
