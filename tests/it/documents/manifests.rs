//! The TOML blocks of documents: each is a manifest, or a part of one, that `check` takes.

use super::{Block, DOCUMENTED_PROFILES, all_blocks};
use crate::support::sandbox::Sandbox;

/// What a part may refer to or add keys to, beside the documents' profiles.
const ACCOUNTS: &str = "[accounts]\nprod = \"111111111111\"\ndev = { id = \"222222222222\", roles = [\"Admin\"] }\n";

/// The manifest that a part stands in.
fn surroundings() -> String {
    format!("{DOCUMENTED_PROFILES}{ACCOUNTS}")
}

/// What each person supplies.
const VARIABLES: &str = "[vars]\nuser = \"alice\"\nmfa_device = \"arn:aws:iam::111122223333:mfa/alice\"\n";

/// Puts a block into its place, with what it needs around it.
fn place(home: &Sandbox, block: &Block) {
    let own = ".config/awsauth/profiles.local.toml";
    if block.text.starts_with("[settings]") || block.text.starts_with("# ~/.config/awsauth/profiles.local.toml") {
        home.manifest(&surroundings());
        home.write(own, &block.text);
    } else if block.text.starts_with("include") {
        // What it includes is there.
        home.manifest(&block.text);
        home.write(own, VARIABLES);
        home.write(".config/awsauth/accounts.toml", "");
        home.write(".config/awsauth/teams/a.toml", "");
    } else {
        home.manifest(&format!("include = [\"surroundings.toml\"]\n{}", block.text));
        home.write(own, VARIABLES);
        home.write(".config/awsauth/surroundings.toml", surroundings());
    }
}

#[test]
fn every_manifest_in_a_document_is_valid() {
    let mut wrong = Vec::new();
    let mut counts = (0, 0);
    // `japanese.rs` holds the blocks of `docs/ja` equal to those of the English pages.
    for block in all_blocks().filter(|block| block.language == "toml" && !block.place.starts_with("docs/ja/")) {
        // Another program's file: its name stands at the fence.
        if !block.file.is_empty() {
            counts.1 += 1;
            continue;
        }
        counts.0 += 1;
        let home = Sandbox::new();
        place(&home, &block);
        let run = home.run(["check"]);
        if run.code != Some(0) {
            wrong.push(format!("{}:\n{}", block.place, run.stderr));
        }
    }
    assert!(counts.0 >= 29 && counts.1 == 1 && wrong.is_empty(), "{counts:?}: {}", wrong.join("\n"));
}
