//! The documents: what they link to, and that every manifest and command line in them is one.

#[cfg(feature = "real-clients")]
mod book;
mod command_lines;
mod japanese;
mod links;
mod manifests;
mod messages;
mod pages;
#[cfg(feature = "real-clients")]
mod readme;
#[cfg(feature = "real-clients")]
mod recording;
mod references;
mod shell_blocks;

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::files;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The profiles that the documents speak of.
const DOCUMENTED_PROFILES: &str = r#"[sso_sessions.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "us-east-1"

[profiles.read]
pattern = "sso"
sso_session = "corp"
sso_account_id = "123456789012"
sso_role_name = "ReadOnly"

[profiles.main]
pattern = "iam-mfa"
mfa_serial = "arn:aws:iam::111122223333:mfa/alice"

[profiles.prod]
pattern = "iam-mfa-role"
source_profile = "main"
role_arn = "arn:aws:iam::444455556666:role/Admin"
"#;

/// The Markdown files at the root and below `docs`.
fn documents() -> Vec<PathBuf> {
    let mut documents: Vec<PathBuf> = fs::read_dir(project()).unwrap().map(|file| file.unwrap().path()).collect();
    documents.retain(|file| file.extension().is_some_and(|name| name == "md"));
    documents.extend(files(&project().join("docs"), "md"));
    documents.sort();
    documents
}

/// A block of code in a document.
pub(crate) struct Block {
    /// The document, and the line of the first fence.
    place: String,
    /// The language.
    pub(crate) language: String,
    /// What follows the language: the name of the file that the block is from, if it is not awsauth's.
    file: String,
    /// The lines between the fences, without their common indent.
    pub(crate) text: String,
}

/// The blocks in the text of a document, in order.
pub(crate) fn blocks(name: &str, text: &str) -> Vec<Block> {
    let mut lines = text.lines().enumerate();
    let mut blocks = Vec::new();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let indent = line.len() - line.trim_start().len();
        let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "```");
        let text = inside.flat_map(|line| [line.get(indent..).unwrap_or_default(), "\n"]).collect();
        let (language, file) = info.split_once(' ').unwrap_or((info, ""));
        let place = format!("{name}:{}", number + 1);
        blocks.push(Block { place, language: language.to_owned(), file: file.to_owned(), text });
    }
    blocks
}

fn blocks_of(document: &Path) -> Vec<Block> {
    let name = document.strip_prefix(project()).unwrap().to_str().unwrap();
    blocks(name, &fs::read_to_string(document).unwrap())
}

/// The blocks of all documents.
fn all_blocks() -> impl Iterator<Item = Block> {
    documents().into_iter().flat_map(|document| blocks_of(&document))
}
