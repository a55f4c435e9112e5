//! The pictures of `graph`, drawn by Graphviz and by Mermaid in Chromium. They are kept in `target/pictures`, to be looked at.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::graph::odd_names;
use crate::readers::client::tool;
use crate::scene::MANIFEST;
use crate::support::sandbox::Sandbox;

/// Where a picture goes.
pub(crate) fn picture(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}

/// A HOME with a manifest, the picture of which `format` describes, and the names that must be seen in it.
fn drawn(manifest: &str, format: &str) -> (Sandbox, String, Vec<String>) {
    let home = Sandbox::new();
    home.manifest(manifest);
    let text = home.run(["graph", "--format", format]).ok().stdout;
    let document = home.run(["graph", "--json"]).ok().json();
    let nodes = document["nodes"].as_array().unwrap();
    let names: Vec<String> = nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect();
    assert!(names.len() >= 9, "{names:?}");
    (home, text, names)
}

/// How many lines of text there are, and each of them that is `name`.
fn count(text: &str, name: &str) -> usize {
    text.split(['<', '>']).filter(|part| part.replace("&#45;", "-").replace("&amp;", "&") == name).count()
}

#[test]
fn graphviz_draws_every_name_as_it_is() {
    for (manifest, file) in [(MANIFEST.to_owned(), "usual-dot.png"), (odd_names(), "odd-dot.png")] {
        let (home, text, names) = drawn(&manifest, "dot");
        home.write("graph.dot", &text);
        let draw = |format: &str, to: &Path| {
            let output = Command::new(tool("AWSAUTH_TEST_DOT"))
                .arg(format!("-T{format}"))
                .arg("-o")
                .args([to, &home.path("graph.dot")])
                .output()
                .unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        draw("svg", &home.path("graph.svg"));
        draw("png", &picture(file));
        let svg = home.read("graph.svg");
        for name in &names {
            assert!(count(&svg, name) >= 1, "{name}: {svg}");
        }
        let edges = text.matches(" -> ").count();
        assert_eq!(svg.matches("class=\"edge\"").count(), edges);
    }
}

#[test]
fn mermaid_draws_every_name_as_it_is() {
    for (manifest, file) in [(MANIFEST.to_owned(), "usual-mermaid.png"), (odd_names(), "odd-mermaid.png")] {
        let (home, text, names) = drawn(&manifest, "mermaid");
        let script = tool("AWSAUTH_TEST_NODE_DIR").join("node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js");
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
        home.write(
            "page.html",
            format!(
                "<!doctype html><meta charset=utf-8><pre class=mermaid>{escaped}</pre><script src=\"file://{}\"></script>\
                 <script>mermaid.initialize({{startOnLoad: true}})</script>",
                script.display()
            ),
        );
        let mut browser = home.program(&tool("AWSAUTH_TEST_CHROMIUM"));
        browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"]);
        browser.args(["--hide-scrollbars", "--disable-background-networking", "--allow-file-access-from-files"]);
        browser.args(["--window-size=1000,1100", "--virtual-time-budget=20000", "--dump-dom"]);
        browser.arg(format!("--user-data-dir={}", home.path("profile").display()));
        browser.arg(format!("--screenshot={}", picture(file).display()));
        let output = browser.arg(format!("file://{}", home.path("page.html").display())).output().unwrap();
        let page = String::from_utf8(output.stdout).unwrap();
        for name in &names {
            assert!(count(&page, name) >= 1, "{name}: {page}\n{}", String::from_utf8_lossy(&output.stderr));
        }
        assert!(!page.contains("Syntax error"), "{page}");
        assert_eq!(page.matches("data-edge=\"true\"").count(), text.matches(" --> ").count(), "{page}");
    }
}
