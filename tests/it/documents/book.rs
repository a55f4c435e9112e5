//! The book that mdBook makes of `docs`: it is built without a warning, and its links stay in it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use regex::Regex;

use super::project;
use crate::files::files;

/// mdBook, which pip has put beside Python.
fn mdbook() -> PathBuf {
    let python = std::env::var_os("AWSAUTH_TEST_PYTHON").expect("tests/run says where Python is");
    PathBuf::from(python).with_file_name("mdbook")
}

#[test]
fn the_book_has_every_page_and_each_of_its_links_leads_to_a_place_in_it() {
    let book = tempfile::tempdir().unwrap();
    // TMPDIR may lead through a link, and each target is compared without links.
    let root = book.path().canonicalize().unwrap();
    let run = Command::new(mdbook()).args(["build", "--dest-dir"]).arg(&root).arg(project()).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success() && !said.contains("WARN"), "{said}");
    let link = Regex::new(r#"(?:href|src)="([^"]+)""#).unwrap();
    let pages: Vec<(PathBuf, String)> =
        files(&root, "html").into_iter().map(|page| (page.clone(), fs::read_to_string(page).unwrap())).collect();
    let mut count = 0;
    // The page of a missing page is shown at any address.
    for (page, text) in pages.iter().filter(|(page, _)| !page.ends_with("404.html")) {
        for found in link.captures_iter(text).filter(|found| !found[1].contains(':')) {
            let (file, anchor) = found[1].split_once('#').unwrap_or((&found[1], ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let target = target.canonicalize().unwrap_or_else(|error| panic!("{}: {file}: {error}", page.display()));
            assert!(target.starts_with(&root), "{}: {file} is not in the book", page.display());
            let text = pages.iter().find(|(page, _)| *page == target).map_or("", |(_, text)| text);
            let is_there = anchor.is_empty() || text.contains(&format!("id=\"{anchor}\""));
            assert!(is_there, "{}: {}", page.display(), &found[1]);
            count += 1;
        }
    }
    for document in super::documents().iter().filter_map(|path| path.strip_prefix(project().join("docs")).ok()) {
        let page = document.with_extension("html");
        let is_there = document.ends_with("SUMMARY.md") || root.join(&page).exists();
        assert!(is_there, "{} is not in docs/SUMMARY.md", document.display());
    }
    assert!(count > 500, "{count}");
}
