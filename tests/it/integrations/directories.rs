//! What belongs to a project's directory: direnv, and a clone of a repository in `CodeCommit`.

use super::{Machine, PAGE, PROD, code};
use crate::readers::client::tool;
use crate::support::fake_aws::SECRET_MARK;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};
use crate::support::sandbox::Run;

/// A machine with both files that the page gives, after `direnv allow`.
fn with_direnv() -> Machine {
    let machine = Machine::new(&[("direnv", "AWSAUTH_TEST_DIRENV"), ("aws", "AWSAUTH_TEST_AWS_CLI_V1")]);
    let [function, project] = code("direnv", "sh");
    machine.home.sandbox.write(".config/direnv/direnvrc", function);
    machine.home.sandbox.write("project/.envrc", project);
    machine.run("direnv allow project").ok();
    machine
}

#[test]
fn direnv_makes_a_directory_prod_by_name_and_gives_nothing_secret_away() {
    let machine = with_direnv();
    let keys = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
    let inside = "direnv exec project aws sts get-caller-identity --query Arn --output text";
    let run: Run = machine.shell(inside).envs(keys).output().unwrap().into();
    assert!(run.stdout.starts_with(PROD), "{}\n{}", run.stdout, run.stderr);
    let run = machine.run("cd project; direnv export bash; direnv export json; grep -r . ~/.local/share/direnv").ok();
    assert!(run.stdout.contains("export AWS_PROFILE=$'prod'"), "{}", run.stdout);
    assert!(!(run.stdout + &run.stderr).contains(SECRET_MARK));
}

#[test]
fn direnv_says_which_login_is_missing_and_sets_the_profile_all_the_same() {
    let machine = with_direnv();
    machine.home.sandbox.run(["logout", "main", "--yes"]).ok();
    let run = machine.run("direnv exec project printenv AWS_PROFILE").ok();
    assert_eq!(run.stdout, "prod\n");
    assert!(run.stderr.contains("Run `awsauth login prod`"), "{}", run.stderr);
}

/// Takes the signed address, and serves a repository on this machine instead.
const REMOTE_HTTP: &str =
    "echo \"$2\" >>\"$HOME/addresses\"\nexec git remote-ext \"$1\" \"git %s $HOME/repository.git\"\n";

#[test]
fn git_clones_from_codecommit_with_an_address_that_prod_has_signed() {
    let [lines] = code("git-remote-codecommit", "sh");
    let machine = Machine::new(&[]);
    let sandbox = &machine.home.sandbox;
    let helper = tool("AWSAUTH_TEST_PYTHON").with_file_name("git-remote-codecommit");
    sandbox.script("bin/git-remote-codecommit", &format!("exec '{}' \"$@\"\n", helper.display()));
    std::fs::create_dir(sandbox.path("git-core")).unwrap();
    sandbox.script("git-core/git-remote-http", REMOTE_HTTP);
    let person = "git -c user.name=a -c user.email=a@example.com";
    let setup = format!(
        "git init -q -b main r; {person} -C r commit -q --allow-empty -m first; git clone -q --bare r repository.git"
    );
    machine.run(&setup).ok();
    // git's own programs come second here.
    let mut command = machine.shell(&lines);
    command.env("GIT_EXEC_PATH", sandbox.path("git-core")).env("GIT_ALLOW_PROTOCOL", "codecommit:ext");
    Run::from(command.output().unwrap()).ok();
    assert_eq!(machine.run("git -C service log --format=%s").ok().stdout, "first\n");
    assert!(sandbox.read("service/.git/config").contains("url = codecommit://prod@service\n"));
    check_addresses(&machine);
    // A repository elsewhere, by the address that the page gives.
    let elsewhere = PAGE.split('`').find(|word| word.starts_with("codecommit::")).unwrap();
    let mut command = machine.shell(&format!("git ls-remote {elsewhere}"));
    command.env("GIT_EXEC_PATH", sandbox.path("git-core")).env("GIT_ALLOW_PROTOCOL", "codecommit:ext");
    Run::from(command.output().unwrap()).ok();
    assert!(sandbox.read("addresses").contains("@git-codecommit.eu-west-1.amazonaws.com/v1/repos/service\n"));
}

/// Two addresses, with the key and the token of a session of `prod`, and a signature.
fn check_addresses(machine: &Machine) {
    let addresses = machine.home.sandbox.read("addresses");
    assert_eq!(addresses.lines().count(), 2, "{addresses}");
    let session = machine.cached_session(".aws/boto/cache");
    for address in addresses.lines() {
        let login = address.strip_prefix("https://").unwrap();
        let login = login.strip_suffix("@git-codecommit.us-east-1.amazonaws.com/v1/repos/service").unwrap();
        let (name, password) = login.split_once(':').unwrap();
        let name = percent_encoding::percent_decode_str(name).decode_utf8().unwrap();
        let [key, token] = ["AccessKeyId", "SessionToken"].map(|key| session[key].as_str().unwrap());
        assert_eq!(name, format!("{key}%{token}"));
        assert_eq!(password.len(), "20261201T000000Z".len() + 64, "{password}");
    }
}
