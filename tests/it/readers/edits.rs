//! Edits that AWS CLI makes inside the managed block: what awsauth makes of them.

use std::path::Path;

use super::client::tool;
use crate::scene::CONFIG;
use crate::support::sandbox::{Run, Sandbox};

const MANIFEST: &str = r#"[profiles.main]
pattern = "iam-mfa"
region = "eu-west-1"
mfa_serial = "arn:aws:iam::111122223333:mfa/alice"
"#;
/// Both versions write the file by code of their own.
const CLIS: [&str; 2] = ["AWSAUTH_TEST_AWS_CLI_V1", "AWSAUTH_TEST_AWS_CLI_V2"];

/// A HOME in which the manifest is applied beside a section of the user's.
fn applied(own: &str) -> Sandbox {
    let home = Sandbox::new();
    home.manifest(MANIFEST);
    home.write(CONFIG, own);
    home.run(["apply"]).ok();
    home
}

/// `aws configure set`.
fn set(home: &Sandbox, cli: &str, profile: &str, key: &str, value: &str) {
    let args = ["configure", "set", key, value, "--profile", profile];
    let run: Run = home.program(Path::new(&tool(cli))).args(args).output().unwrap().into();
    run.ok();
}

#[test]
fn a_value_that_aws_configure_set_changed_or_added_is_explained_and_can_be_kept() {
    for cli in CLIS {
        let home = applied("[profile own]\nregion = us-east-1\n");
        set(&home, cli, "main", "region", "eu-west-2");
        set(&home, cli, "main", "retry_mode", "adaptive");
        let run = home.run(["apply"]).exits(4);
        for part in [
            "holds `region = eu-west-2`, the manifest gives `region = eu-west-1`",
            "holds `retry_mode = adaptive`, which the manifest does not give",
            "`aws configure set` makes such edits",
            "    [profiles.main.settings]\n    retry_mode = \"adaptive\"\n",
            "    region = \"eu-west-2\"  # instead of \"eu-west-1\"\n",
        ] {
            assert!(run.stderr.contains(part), "{cli}: {part}\n{}", run.stderr);
        }
        // With the change in the manifest there is nothing to overwrite.
        let lines = "[profiles.main.settings]\nretry_mode = \"adaptive\"\n";
        home.manifest(&format!("{}{lines}", MANIFEST.replace("eu-west-1", "eu-west-2")));
        home.run(["apply"]).ok();
        home.run(["apply", "--check"]).ok();
    }
}

#[test]
fn an_edit_elsewhere_that_rewrites_all_line_ends_is_no_edit_of_the_block() {
    for cli in CLIS {
        let home = applied("[profile own]\r\nregion = us-east-1\r\n");
        assert!(home.read(CONFIG).contains("[profile main]\r\n"));
        set(&home, cli, "own", "region", "us-west-2");
        let config = home.read(CONFIG);
        assert!(!config.contains('\r') && config.contains("us-west-2"), "{cli}: {config}");
        let run = home.run(["apply", "--check"]).ok();
        assert!(run.stderr.contains("nothing to do"), "{cli}: {}", run.stderr);
    }
}
