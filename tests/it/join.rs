//! `awsauth join`: a new member's machine from one address, and what it refuses.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::diff::{commit, git};
use crate::pty::Terminal;
use crate::scene::CONFIG;
use crate::support::fake_aws::team::ALICE;
use crate::support::fake_aws::{FakeAws, World};
use crate::support::git_server::GitServer;
use crate::support::sandbox::{Run, Sandbox};
use crate::team;

const LINK: &str = ".config/awsauth/profiles.toml";
const LOCAL: &str = ".config/awsauth/profiles.local.toml";
const CLONE: &str = ".local/share/awsauth/team";

pub(crate) const MANIFEST: &str = "\
[required_vars]
user = \"your IAM user name\"

[profiles.main]
pattern = \"iam-mfa\"
mfa_serial = \"arn:aws:iam::111122223333:mfa/${user}\"
";

/// A team's repository, and a machine that can clone it.
pub(crate) struct Scene {
    pub(crate) remote: Sandbox,
    pub(crate) home: Sandbox,
    pub(crate) url: String,
}

impl Scene {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let remote = Sandbox::new();
        for (path, text) in files {
            remote.write(&format!("team/{path}"), text);
        }
        git(&remote, "", &["init", "-q", "team"]);
        commit(&remote, "team");
        let url = GitServer::start(&remote.path("")).url("team");
        Self { remote, home: Sandbox::new(), url }
    }

    fn join(&self, args: &[&str]) -> Run {
        self.home.run([&["join", &self.url], args].concat())
    }

    /// Joins as alice.
    pub(crate) fn joined(self) -> Self {
        self.join(&["--yes", "--var", "user=alice"]).ok();
        self
    }

    #[track_caller]
    fn has_nothing(&self) {
        let left = self.home.list(".local/share/awsauth");
        assert!(left.is_empty() && !self.home.has(LINK) && !self.home.has(CONFIG), "{left:?}");
    }
}

/// awsauth at a terminal, without a pager.
pub(crate) fn at_terminal(home: &Sandbox, args: &str) -> Terminal {
    Terminal::runs_words(home, &format!("PAGER=cat {} {args}", env!("CARGO_BIN_EXE_awsauth")))
}

#[test]
fn one_command_and_one_login_make_a_new_member_of_the_team() {
    let aws = FakeAws::start(World::team(ALICE.user));
    aws.world().set_interval(0);
    let remote = Sandbox::new();
    team::clone(&team::fixture(""), &remote.path("aws-profiles"));
    git(&remote, "aws-profiles", &["init", "-q"]);
    commit(&remote, "aws-profiles");
    let url = GitServer::start(&remote.path("")).url("aws-profiles");
    let home = Sandbox::with_aws(&aws);
    let run = home.run(["join", &url, "--yes", "--var", "user=alice"]).ok();
    let next = "next: `awsauth keys add main` if you are an IAM user, then `awsauth login`; `awsauth update`";
    assert!(run.stderr.contains(next), "{}", run.stderr);
    home.run(["login", "payments-dev.readonly", "--no-browser"]).ok();
    let run = home.run(["exec", "payments-dev.readonly", "--", "env"]).ok();
    assert!(run.stdout.contains("\nAWS_ACCESS_KEY_ID=ASIA"), "{}", run.stdout);
    home.run(["update"]).ok();
}

#[test]
fn a_person_confirms_the_address_gives_their_name_and_sees_what_is_written() {
    let scene = Scene::new(&[("profiles.toml", MANIFEST)]);
    let mut session = at_terminal(&scene.home, &format!("join {}", scene.url));
    session.exp_string(&format!("repository: {}", scene.url)).unwrap();
    session.answers("Is this your team's repository?", "y\r");
    session.exp_string("cloned into ~/.local/share/awsauth/team").unwrap();
    session.answers("user (your IAM user name)", "alice\r");
    session.exp_string("+[profile main]").unwrap();
    session.answers("Write this?", "y\r");
    session.exp_string("ended with 0").unwrap();
    assert!(scene.home.read(LOCAL).contains("user = \"alice\""));
    assert_eq!(fs::read_link(scene.home.path(LINK)).unwrap(), scene.home.path(CLONE).join("profiles.toml"));
    assert!(scene.home.read(CONFIG).contains("[profile main]"));
}

#[test]
fn an_answer_that_makes_the_manifest_invalid_is_asked_for_again_and_a_flag_is_refused() {
    let role = "role_session_name = \"${user}\"\n";
    let prod = "[profiles.prod]\npattern = \"iam-mfa-role\"\nsource_profile = \"main\"\nrole_arn = \
                \"arn:aws:iam::444455556666:role/Admin\"\n";
    let scene = Scene::new(&[("profiles.toml", &format!("{MANIFEST}{prod}{role}"))]);
    let run = scene.join(&["--yes", "--var", "user=y"]).exits(2);
    assert!(run.stderr.contains("error[bad-role-session-name]"), "{}", run.stderr);
    assert!(run.stderr.contains("no value was written") && !scene.home.has(LOCAL), "{}", run.stderr);
    let mut session = at_terminal(&scene.home, &format!("join {}", scene.url));
    session.answers("user (your IAM user name)", "\r");
    session.exp_string("a value is needed here").unwrap();
    session.answers("user (your IAM user name)", "y\r");
    let line = session.exp_string("; once more").unwrap();
    assert!(
        line.contains("a role session name has 2 to 64 characters, this one has 1") && !line.contains("error["),
        "{line}"
    );
    session.answers("user (your IAM user name)", "\x03");
    session.exp_string("the manifest is in place, and AWS's files are as they were; `awsauth apply`").unwrap();
    assert!(!scene.home.has(LOCAL));
    // So does apply.
    let mut session = at_terminal(&scene.home, "apply");
    session.answers("user (your IAM user name)", "alice\r");
    session.answers("Write this?", "y\r");
    session.exp_string("ended with 0").unwrap();
    assert!(scene.home.read(CONFIG).contains("[profile prod]"));
}

#[test]
fn a_no_and_a_ctrl_c_leave_nothing() {
    let scene = Scene::new(&[("profiles.toml", MANIFEST)]);
    for (key, code) in [("n\r", 4), ("\x03", 130)] {
        let mut session = at_terminal(&scene.home, &format!("join {}", scene.url));
        session.answers("Is this your team's repository?", key);
        session.exp_string(&format!("ended with {code}")).unwrap();
        scene.has_nothing();
    }
}

#[test]
fn without_a_terminal_each_answer_has_a_flag_and_the_next_run_goes_on() {
    let scene = Scene::new(&[("profiles.toml", MANIFEST)]);
    let run = scene.join(&[]).exits(2);
    assert!(run.stderr.contains("`--yes` takes it as it is"), "{}", run.stderr);
    scene.has_nothing();
    let run = scene.join(&["--yes"]).exits(2);
    assert!(run.stderr.contains("the manifest wants of you: user (your IAM user name)"), "{}", run.stderr);
    assert!(run.stderr.contains("`--var user=VALUE`") && !scene.home.has(CONFIG), "{}", run.stderr);
    scene.join(&["--yes", "--var", "usr=alice"]).exits(2);
    let json = scene.join(&["--yes", "--var", "user=alice", "--json"]).ok().json();
    assert_eq!((&json["version"], &json["written"]), (&1.into(), &true.into()));
    assert_eq!(json["clone"], scene.home.path(CLONE).to_str().unwrap());
    // Once more, it is all there.
    let run = scene.join(&["--yes"]).ok();
    assert!(
        run.stderr.contains("is a clone of it already; `awsauth update` fetches")
            && run.stderr.contains("nothing to do"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_an_interrupted_run_left_is_cleared_away() {
    let scene = Scene::new(&[("profiles.toml", MANIFEST)]);
    scene.home.write(".local/share/awsauth/.team.awsauth-clone/.git/HEAD", "half");
    scene.join(&["--yes", "--var", "user=alice"]).ok();
    assert_eq!(scene.home.list(".local/share/awsauth"), [scene.home.path(CLONE)]);
}

#[test]
fn a_manifest_that_is_there_is_never_replaced() {
    let scene = Scene::new(&[("profiles.toml", MANIFEST)]);
    scene.home.manifest("version = 1\n");
    let run = scene.join(&["--yes"]).exits(4);
    assert!(run.stderr.contains("~/.config/awsauth/profiles.toml exists, and is not replaced"), "{}", run.stderr);
    assert_eq!(scene.home.read(LINK), "version = 1\n");
    fs::remove_file(scene.home.path(LINK)).unwrap();
    symlink("/nowhere", scene.home.path(LINK)).unwrap();
    scene.join(&["--yes"]).exits(4);
    fs::remove_file(scene.home.path(LINK)).unwrap();
    // Nor a directory that is no clone of it.
    scene.home.write(&format!("{CLONE}/mine"), "");
    let run = scene.join(&["--yes"]).exits(4);
    assert!(run.stderr.contains("exists, and is no clone of git://"), "{}", run.stderr);
    assert!(scene.home.has(&format!("{CLONE}/mine")) && !scene.home.has(LINK));
    scene.join(&["--yes", "--var", "user=alice", "--path=~/work/aws"]).ok();
    assert!(scene.home.has("work/aws/profiles.toml"));
}

#[test]
fn a_repository_without_a_manifest_with_several_or_with_a_wrong_one_is_not_kept() {
    for (files, words, hint) in [
        (&[("a.toml", "")][..], "the repository has no profiles.toml", "`--file PATH`"),
        (
            &[("a/profiles.toml", MANIFEST), ("b/profiles.toml", MANIFEST)],
            "the repository has several: a/profiles.toml, b/profiles.toml",
            "`--file a/profiles.toml`",
        ),
        (&[("profiles.toml", "[profiles.a]\npattern = \"iamm\"\n")], "team:profiles.toml:2:11", "is not linked"),
        (
            &[("profiles.toml", "[profiles.a]\npattern = \"sso\"\ncredential_process = \"sh -c x\"\n")],
            "a manifest can't name a program",
            "is not linked",
        ),
        (
            &[("profiles.toml", MANIFEST), ("profiles.local.toml", "[vars]\nuser = \"eve\"\n")],
            "`profiles.local.toml` is committed",
            "is not linked",
        ),
    ] {
        let scene = Scene::new(files);
        let run = scene.join(&["--yes", "--var", "user=alice"]).exits(3);
        assert!(run.stderr.contains(words) && run.stderr.contains(hint), "{}", run.stderr);
        scene.has_nothing();
    }
    let scene = Scene::new(&[("a/profiles.toml", MANIFEST), ("b/profiles.toml", MANIFEST)]);
    scene.join(&["--yes", "--var", "user=alice", "--file", "b/profiles.toml"]).ok();
    assert_eq!(fs::read_link(scene.home.path(LINK)).unwrap(), scene.home.path(CLONE).join("b/profiles.toml"));
    let scene = Scene::new(&[("a/profiles.toml", MANIFEST)]);
    for file in ["../profiles.toml", "/etc/passwd"] {
        let run = scene.join(&["--yes", "--file", file]).exits(2);
        assert!(run.stderr.contains("is no path in a repository") && !run.stderr.contains("cloning"), "{}", run.stderr);
    }
    symlink("/etc/passwd", scene.remote.path("team/profiles.toml")).unwrap();
    commit(&scene.remote, "team");
    let run = scene.join(&["--yes"]).exits(3);
    assert!(run.stderr.contains("no manifest profiles.toml: it is a link to something else"), "{}", run.stderr);
    scene.has_nothing();
    scene.join(&["--yes", "--var", "user=alice", "--file", "./a/profiles.toml"]).ok();
    let scene = Scene::new(&[("dotfiles/aws/profiles.toml", MANIFEST)]);
    scene.join(&["--yes", "--var", "user=alice"]).ok();
}

#[test]
fn programs_files_options_and_open_ways_are_no_addresses() {
    let home = Sandbox::new();
    for (address, words) in [
        ("ext::sh", "run a program"),
        ("file:///tmp/x", "this is a path of this machine"),
        ("/tmp/x", "ln -s CLONE/profiles.toml"),
        ("http://example.com/x", "it needs https or ssh"),
        ("https://alice:SECRETMARK@example.com/x", "there is a password in the address"),
        ("https://SECRETMARK-ABCDEFGHIJKLMNOP@example.com/x", "there is a password in the address"),
        ("alice:SECRETMARK@example.com:x", "there is a password in the address"),
        ("ssh://-oProxyCommand=x/y", "no address of a git repository"),
    ] {
        let run = home.run(["join", "--yes", "--", address]).exits(4);
        assert!(run.stderr.contains(words), "{address}: {}", run.stderr);
        assert!(!run.stderr.contains("SECRETMARK"), "{}", run.stderr);
    }
    home.run(["join", "--yes", "-u/tmp/x"]).exits(2);
    home.run(["join", "--yes", "--", "-u/tmp/x"]).exits(4);
    assert!(!home.has(".local"));
}

#[test]
fn a_repository_that_can_t_be_had_leaves_nothing() {
    let scene = Scene::new(&[("profiles.toml", MANIFEST)]);
    let run = scene.home.run(["join", "--yes", &scene.url.replace("/team", "/other")]).exits(6);
    assert!(run.stderr.contains("git clone failed"), "{}", run.stderr);
    scene.has_nothing();
    let mut without = scene.home.command(["join", "--yes", &scene.url]);
    let run = Run::from(without.env("PATH", scene.home.path("empty")).output().unwrap()).exits(6);
    assert!(run.stderr.contains("there is no git in PATH"), "{}", run.stderr);
    scene.has_nothing();
    let empty = Sandbox::new();
    git(&empty, "", &["init", "-q", "team"]);
    let url = GitServer::start(&empty.path("")).url("team");
    let run = scene.home.run(["join", "--yes", &url]).exits(3);
    assert!(run.stderr.contains("the repository is empty"), "{}", run.stderr);
    scene.has_nothing();
}

/// Makes programs that leave a file `ran` in the home, wherever git has a place for one of the person's or the repository's.
pub(crate) fn traps(scene: &Scene) {
    let script = scene.home.script("trap.sh", "touch \"$HOME/ran\"; cat\n").display().to_string();
    let config = format!(
        "[init]\ntemplateDir = {0}/template\n[filter \"x\"]\nsmudge = {1}\nclean = {1}\nprocess = {1}\nrequired = true\n",
        scene.home.path("").display(),
        script
    );
    scene.home.write(".gitconfig", config);
    fs::create_dir_all(scene.home.path("template/hooks")).unwrap();
    for hook in ["post-checkout", "post-merge", "reference-transaction", "post-index-change"] {
        scene.home.script(&format!("template/hooks/{hook}"), "touch \"$HOME/ran\"\n");
    }
}

#[test]
fn nothing_that_the_repository_names_is_run() {
    let attributes = "* filter=x\n";
    let scene = Scene::new(&[("profiles.toml", MANIFEST), (".gitattributes", attributes), (".gitmodules", "")]);
    let inner = scene.remote.path("team").display().to_string();
    scene
        .remote
        .write("team/.gitmodules", format!("[submodule \"s\"]\npath = s\nurl = {inner}\nupdate = !touch ran\n"));
    let head = git(&scene.remote, "team", &["rev-parse", "HEAD"]);
    git(&scene.remote, "team", &["update-index", "--add", "--cacheinfo", &format!("160000,{head},s")]);
    git(&scene.remote, "team", &["commit", "-aqm", "module"]);
    traps(&scene);
    let scene = scene.joined();
    assert_eq!(scene.home.read(LINK), MANIFEST);
    assert!(!scene.home.has("ran") && scene.home.list(&format!("{CLONE}/s")).is_empty());
    assert!(!Path::new(&scene.home.path(CLONE)).join(".git/hooks/post-checkout").exists());
}

/// A server on loopback that answers every connection with `answer`, or with nothing and keeps it open.
fn server(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 4096];
            drop(stream.read(&mut request));
            drop(stream.write_all(answer.as_bytes()));
            if answer.is_empty() {
                kept.push(stream);
            }
        }
    });
    port
}

const DENIED: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: \
                      close\r\n\r\n";

#[test]
fn git_asks_for_a_password_at_the_terminal_and_nobody_without_one() {
    let scene = Scene::new(&[]);
    let url = format!("http://127.0.0.1:{}/team", server(DENIED));
    let run = scene.home.run(["join", "--yes", &url]).exits(6);
    assert!(run.stderr.contains("terminal prompts disabled"), "{}", run.stderr);
    let mut session = at_terminal(&scene.home, &format!("join --yes {url}"));
    session.answers("Username for", "alice\r");
    session.answers("Password for", "SECRETMARK\r");
    let said = session.exp_string("ended with 6").unwrap();
    assert!(said.contains("git clone failed") && !said.contains("SECRETMARK"), "{said}");
    scene.has_nothing();
}

#[test]
fn a_person_who_has_an_address_rewritten_gets_no_other_protocol() {
    let scene = Scene::new(&[("profiles.toml", MANIFEST)]);
    let other = scene.remote.path("team").display().to_string();
    for target in [format!("file://{other}"), other.clone(), format!("ext::git-upload-pack {other}")] {
        let rewritten = format!("[url \"{target}\"]\ninsteadOf = {}\n[protocol \"ext\"]\nallow = always\n", scene.url);
        scene.home.write(".gitconfig", rewritten);
        let run = scene.join(&["--yes", "--var", "user=alice"]).exits(6);
        assert!(run.stderr.contains("not allowed"), "{target}: {}", run.stderr);
        scene.has_nothing();
    }
}

#[test]
fn a_ctrl_c_while_git_waits_for_the_network_leaves_nothing() {
    let scene = Scene::new(&[]);
    let url = format!("http://127.0.0.1:{}/team", server(""));
    let mut session = at_terminal(&scene.home, &format!("join --yes {url}"));
    session.exp_string("cloning").unwrap();
    // It reaches git as well.
    while !scene.home.has(".local/share/awsauth/.team.awsauth-clone/.git") {
        std::thread::yield_now();
    }
    session.types("\x03");
    session.exp_string("interrupted").unwrap();
    session.exp_string("ended with 130").unwrap();
    scene.has_nothing();
}
