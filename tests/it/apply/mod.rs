//! `apply`: one managed block in the config file, everything else byte for byte as it was.

mod adopt;
#[cfg(unix)]
mod disk;
#[cfg(target_os = "linux")]
#[cfg(feature = "real-clients")]
pub(crate) mod faults;
mod idle;
#[cfg(unix)]
mod others;
mod prune;
mod refusals;
mod suggested;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod trees;
mod undo;
mod years;

use sha2::{Digest as _, Sha256};

use crate::scene::{CONFIG, CREDENTIALS, Scene};
#[cfg(unix)]
use crate::support::sandbox::Run;
use crate::support::sandbox::Sandbox;

/// Two profiles, one behind the other.
const SMALL: &str = r#"[profiles.main]
pattern = "iam-mfa"
region = "eu-west-1"
mfa_serial = "arn:aws:iam::111122223333:mfa/alice"

[profiles.prod]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::444455556666:role/Admin"
"#;
/// The sections that it stands for.
const SMALL_BODY: &str = "\
[profile main]
region = eu-west-1

[profile prod]
role_arn = arn:aws:iam::444455556666:role/Admin
source_profile = main
";

/// The block around a body.
fn block(body: &str) -> String {
    let digest = Sha256::digest(body).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let begin = "# >>> awsauth >>> generated from profiles.toml; change that file and run `awsauth apply`";
    format!("{begin}\n{body}# <<< awsauth <<< sha256:{digest}\n")
}

/// A HOME with that manifest and, if it is not empty, that config file.
fn home(config: &str) -> Sandbox {
    let home = Sandbox::new();
    home.manifest(SMALL);
    if !config.is_empty() {
        home.write(CONFIG, config);
    }
    home
}

#[test]
fn the_end_marker_carries_the_digest_of_the_sections() {
    let home = home("");
    home.run(["apply"]).ok();
    assert_eq!(home.read(CONFIG), block(SMALL_BODY));
}

#[test]
fn a_dry_run_prints_the_diff_and_writes_nothing() {
    let home = home("[default]\nregion = us-east-1\n");
    let run = home.run(["apply", "--dry-run"]).ok();
    let path = "~/.aws/config";
    let added = block(SMALL_BODY).trim_end().replace('\n', "\n+");
    let expected = format!("--- {path}\n+++ {path}\n@@ -1,2 +1,11 @@\n [default]\n region = us-east-1\n+\n+{added}\n");
    assert_eq!(run.stdout, expected);
    assert!(run.stderr.contains("would change"), "{}", run.stderr);
    assert_eq!(home.read(CONFIG), "[default]\nregion = us-east-1\n");
    assert!(!home.has(".local"));
}

#[test]
fn check_exits_with_1_while_there_is_something_to_do() {
    let home = home("");
    let run = home.run(["apply", "--check"]).exits(1);
    assert!(run.stdout.contains("+[profile prod]\n"), "{}", run.stdout);
    assert!(!home.has(".aws"));
    home.run(["apply"]).ok();
    let run = home.run(["apply", "--check"]).ok();
    assert_eq!(run.stdout, "");
    home.manifest(&SMALL.replace("eu-west-1", "eu-west-2"));
    home.run(["apply", "--check"]).exits(1);
    assert_eq!(home.read(CONFIG), block(SMALL_BODY));
}

#[test]
fn json_tells_what_was_done_and_the_version_first() {
    let home = home("");
    for (args, written) in [(&["apply", "--dry-run", "--json"][..], false), (&["apply", "--json"], true)] {
        let run = home.run(args).ok();
        assert!(run.stdout.starts_with("{\n  \"version\": 1,\n"), "{}", run.stdout);
        let document = run.json();
        assert_eq!(document["written"], written);
        let file = &document["files"][0];
        assert_eq!(file["path"], home.path(CONFIG).to_str().unwrap());
        let sections = serde_json::json!([
            { "section": "profile main", "change": "added" },
            { "section": "profile prod", "change": "added" },
        ]);
        assert_eq!((&file["changed"], &file["sections"]), (&true.into(), &sections));
        assert!(file["diff"].as_str().unwrap().contains("+[profile main]\n"));
        assert_eq!(document["files"][1]["changed"], false);
        let missing = serde_json::json!([{ "profile": "main", "section": "main-long-term" }]);
        assert_eq!(document["missing_keys"], missing);
    }
    let document = home.run(["apply", "--json"]).ok().json();
    assert_eq!((&document["written"], &document["files"][0]["changed"]), (&false.into(), &false.into()));
}

#[test]
fn identities_without_a_long_term_key_are_reported_and_no_failure() {
    let run = home("").run(["apply"]).ok();
    let line = "main has no long-term key for [main-long-term] yet: `awsauth keys add main`\n";
    assert!(run.stderr.contains(line), "{}", run.stderr);
    let scene = Scene::new();
    let run = scene.run(&["apply"]).ok();
    assert!(!run.stderr.contains("no long-term key"), "{}", run.stderr);
}

#[test]
fn the_variables_of_aws_say_where_the_files_are() {
    let home = home("");
    let (config, credentials) = (home.path("elsewhere/c"), home.path("elsewhere/k"));
    let home = home
        .env("AWS_CONFIG_FILE", config.to_str().unwrap())
        .env("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap());
    let marked = "[gone]\naws_access_key_id = ASIAGONE\nawsauth_expiration = 2026-01-01T00:00:00Z\n";
    home.write("elsewhere/k", marked);
    home.run(["apply"]).ok();
    assert_eq!((home.read("elsewhere/c"), home.read("elsewhere/k")), (block(SMALL_BODY), String::new()));
    assert!(!home.has(".aws"));
    let home = home.env("AWS_CONFIG_FILE", "~/tilde/config");
    home.run(["apply"]).ok();
    assert_eq!(home.read("tilde/config"), block(SMALL_BODY));
}

#[cfg(unix)]
#[test]
fn credential_process_names_awsauth_by_an_absolute_path() {
    let home = home("");
    let process = "credential_process = true\n";
    home.manifest(&SMALL.replace("[profiles.prod]\n", &format!("[profiles.prod]\n{process}")));
    let body = |program: &str| {
        let line = format!("credential_process = {program} credential-process prod\n");
        let role = "role_arn = arn:aws:iam::444455556666:role/Admin\nsource_profile = main\n";
        SMALL_BODY.replace(role, &line)
    };
    home.run(["apply"]).ok();
    assert_eq!(home.read(CONFIG), block(&body(env!("CARGO_BIN_EXE_awsauth"))));

    // The way that PATH leads to it stays the same when a package manager exchanges the file behind it.
    std::fs::create_dir(home.path("bin")).unwrap();
    let link = home.path("bin/awsauth");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_awsauth"), &link).unwrap();
    let mut command = home.command(["apply"]);
    assert!(command.env("PATH", home.path("bin")).status().unwrap().success());
    assert_eq!(home.read(CONFIG), block(&body(link.to_str().unwrap())));
}

#[cfg(unix)]
#[test]
fn where_awsauth_has_a_blank_in_its_path_only_profiles_that_name_it_are_refused_and_a_link_is_the_way_out() {
    let home = home("");
    home.manifest(&format!(
        "{}\n[profiles.next]\npattern = \"iam-mfa-role\"\nsource_profile = \"prod\"\n\
         role_arn = \"arn:aws:iam::444455556666:role/Next\"\n",
        SMALL.replace("[profiles.prod]\n", "[profiles.prod]\ncredential_process = true\n")
    ));
    let program = home.path("a b/awsauth");
    std::fs::create_dir(home.path("a b")).unwrap();
    // A copy that this process has written could be "busy" for a moment: other tests start programs meanwhile.
    let copied = std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_awsauth")).arg(&program).status();
    assert!(copied.unwrap().success());
    let apply = |args: &[&str]| Run::from(home.program(&program).arg("apply").args(args).output().unwrap());

    let run = apply(&[]).exits(4);
    assert_eq!(home.read(CONFIG), block("[profile main]\nregion = eu-west-1\n"));
    let line = format!("mkdir -p ~/.local/bin && ln -s '{}' ~/.local/bin/awsauth", program.display());
    assert!(run.stderr.contains("left out: prod, next\n") && run.stderr.contains(&line), "{}", run.stderr);
    assert!(!apply(&[]).exits(4).stderr.contains("nothing to do"));
    assert_eq!(apply(&["--check", "--json"]).exits(4).json()["left_out"], serde_json::json!(["prod", "next"]));

    let mut shell = home.program("sh".as_ref());
    assert!(shell.args(["-c", &line]).status().unwrap().success());
    apply(&[]).ok();
    let program = home.path(".local/bin/awsauth");
    let process = format!("credential_process = {} credential-process prod\n", program.display());
    assert!(home.read(CONFIG).contains(&process), "{}", home.read(CONFIG));
    assert!(home.read(CONFIG).contains("source_profile = prod\n"));
}

#[test]
fn a_diff_never_shows_a_secret_of_credentials() {
    let home = home("");
    let marked = "[gone]\naws_access_key_id = ASIAGONE\naws_secret_access_key = SECRETMARK\n\
                  aws_session_token = SECRETMARK\nawsauth_expiration = 2026-01-01T00:00:00Z\n";
    home.write(CREDENTIALS, marked);
    for args in [&["apply", "--dry-run"][..], &["apply", "--check", "--json"], &["apply", "--json", "-v"]] {
        let run = home.run(args);
        assert!(!run.stdout.contains("SECRETMARK") && !run.stderr.contains("SECRETMARK"), "{run:?}");
        assert!(run.stdout.contains("gone"), "{}", run.stdout);
    }
}

#[test]
fn what_aws_tools_do_not_read_alike_is_told_when_the_file_is_written_and_with_v() {
    let home = home("[profile a]\nregion = us-east-1 # home\n");
    let warning = "line 2: key \"region\" of [profile a]: AWS CLI and boto3 take the comment as part of the value";
    let is_told = |args: &[&str]| home.run(args).stderr.contains(warning);
    assert!(is_told(&["apply", "--dry-run"]) && is_told(&["apply"]));
    assert!(!is_told(&["apply"]) && is_told(&["apply", "-v"]));
}

#[test]
fn where_nothing_is_to_do_the_files_that_were_compared_are_named() {
    let home = home("").env("AWS_CONFIG_FILE", "~/elsewhere/config");
    home.run(["apply"]).ok();
    // The first run plans, and the second one knows at once.
    for _ in 0..2 {
        let run = home.run(["apply"]).ok();
        let expected = "nothing to do: ~/elsewhere/config matches the manifest\n";
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
}
