//! The Japanese pages: each keeps step with the English one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::{blocks_of, project};

/// The Japanese pages below `docs`, each behind the English one.
fn pages() -> Vec<(PathBuf, PathBuf)> {
    let docs = project().join("docs");
    let pages = fs::read_dir(docs.join("ja")).unwrap().map(|file| file.unwrap().path());
    pages.map(|page| (docs.join(page.file_name().unwrap()), page)).collect()
}

/// The blocks of code, without their comments, which are in the reader's language.
fn code(page: &Path) -> Vec<String> {
    let comment = Regex::new(r"(?m)(^|[ \t])[ \t]*# .*$").unwrap();
    let code = |text: &str| comment.replace_all(text, "").into_owned();
    blocks_of(page).iter().map(|block| format!("{} {}\n{}", block.language, block.file, code(&block.text))).collect()
}

/// The levels of the headings, in order.
fn levels(page: &Path) -> Vec<usize> {
    let text = fs::read_to_string(page).unwrap();
    text.lines().filter(|line| line.starts_with('#')).filter_map(|line| line.find(' ')).collect()
}

/// The commands, options, keys and messages in the text.
fn words(page: &Path) -> BTreeSet<String> {
    let code = Regex::new(r"(?ms)^ *```.*?^ *```$|``.+?``|`[^`]+`").unwrap();
    let text = fs::read_to_string(page).unwrap();
    code.find_iter(&text).map(|code| code.as_str().to_owned()).filter(|code| !code.contains("```")).collect()
}

#[test]
fn a_japanese_page_has_the_headings_the_code_and_the_words_of_the_english_one() {
    for (english, japanese) in pages() {
        let name = japanese.display();
        assert_eq!(levels(&english), levels(&japanese), "{name}");
        assert_eq!(code(&english), code(&japanese), "{name}");
        let (english, japanese) = (words(&english), words(&japanese));
        assert_eq!(english.symmetric_difference(&japanese).collect::<Vec<_>>(), [""; 0], "{name}");
    }
}

#[test]
fn the_japanese_readme_has_the_headings_and_the_code_of_the_english_one() {
    let (english, japanese) = (project().join("README.md"), project().join("README.ja.md"));
    assert_eq!(levels(&english), levels(&japanese));
    // Its example is in a region of its readers.
    let code = |page: &Path| code(page).join("\n").replace("ap-northeast-1", "eu-west-1");
    assert_eq!(code(&english), code(&japanese));
}
