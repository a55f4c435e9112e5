//! The `sh` blocks of documents: each is run to its end, in a HOME that has what it takes for granted. Other programs are stand-ins.

use std::fs;

use super::pages::PageMachine;
use super::{DOCUMENTED_PROFILES, all_blocks};
use crate::scene::CONFIG;
use crate::support::fake_aws::Approval;
use crate::support::fake_aws::standard::MFA_SERIAL;

/// Pages whose blocks are not run here: those of the first by tests of their own, with the real programs, and the others' are held
/// equal to the English ones by `japanese.rs`.
const ELSEWHERE: [&str; 3] = ["docs/integrations.md", "docs/ja/", "README.ja.md"];
/// Blocks that are not run here, by what is in them, and why.
const EXCUSED: [(&str, &str); 2] =
    [("cargo run", "`.ci/run` goes on the tour"), ("awsauth join ADDRESS", "`join.rs` has a git server")];
/// What somebody has who has a manifest, beside the documents' profiles.
const MORE: &str = r#"
[profiles.prod-Admin]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::444455556666:role/Admin"
tags = ["nonprod"]
"#;
/// The manifest of somebody who has one.
fn manifest() -> String {
    format!("[defaults]\nregion = \"eu-west-1\"\n\n{DOCUMENTED_PROFILES}{MORE}")
}

/// The file of somebody who has no manifest yet.
const OWN: &str = "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n\n[profile prod]\n\
                   sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\nregion = eu-west-1\n";

/// A HOME with the programs of the documents, for somebody who has a manifest and credentials, or only `config`.
fn machine(config: Option<&str>) -> PageMachine {
    let machine = PageMachine::new(&manifest());
    machine.aws.world().approve_devices(Approval::Immediately);
    let home = &machine.home;
    for dir in ["bin", ".config/fish/completions"] {
        fs::create_dir_all(home.path(dir)).unwrap();
    }
    for program in ["bin/aws", "bin/terraform", "deploy.sh", "audit.sh"] {
        home.script(program, "exit 0\n");
    }
    if let Some(config) = config {
        fs::remove_dir_all(home.path(".config/awsauth")).unwrap();
        home.write(CONFIG, config);
        home.write("work/aws/profiles.toml", manifest());
        return machine;
    }
    home.run(["apply"]).ok();
    home.run(["keys", "add", "main", "--csv", "key.csv"]).ok();
    home.run(["login", "--all", "--token-code", &machine.aws.world().next_code(MFA_SERIAL)]).ok();
    machine
}

/// What a block takes for granted in `~/.aws/config`, if it is about somebody without a manifest.
fn config(block: &str) -> Option<&'static str> {
    match block {
        _ if block.contains("import") => Some(OWN),
        _ if block.contains("awsauth init") || block.contains("ln -s") => Some(""),
        _ => None,
    }
}

#[test]
fn every_shell_block_runs_to_its_end() {
    let (mut run, mut excused, mut wrong) = (0, 0, Vec::new());
    let blocks = all_blocks().filter(|block| block.language == "sh");
    for block in blocks.filter(|block| !ELSEWHERE.iter().any(|page| block.place.starts_with(page))) {
        if EXCUSED.iter().any(|(words, _)| block.text.contains(words)) {
            excused += 1;
            continue;
        }
        run += 1;
        let machine = machine(config(&block.text));
        let mut shell = machine.home.program_beside_awsauth("sh".as_ref());
        // Without a terminal, it has to be told how to log in.
        let script = block.text.replace("NAME", "prod").replace("awsauth discover", "awsauth discover --flow device");
        let output = shell.args(["-ec", &script]).output().unwrap();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            wrong.push(format!("{}: {}\n{}{said}", block.place, output.status, block.text));
        }
    }
    assert!(run >= 15 && excused == 3 && wrong.is_empty(), "{run} run, {excused} excused: {}", wrong.join("\n"));
}
