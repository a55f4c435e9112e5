//! The lines of docs/shells.md that put `status --prompt` into a shell's prompt, in the shells themselves.

use super::HOOKED;
use super::interactive::{READY, Typist};
use crate::scene::Scene;

/// The lines for a shell, as the documentation has them.
fn lines(shell: &str) -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/shells.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with("The prompt")).unwrap();
    let block = section.split("```").find(|block| block.starts_with(shell)).unwrap();
    block.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn each_shell_shows_the_profile_and_its_time_and_runs_nothing_of_a_name() {
    for &shell in HOOKED {
        let scene = Scene::new();
        scene.logged_in(&["prod"]);
        let mut typist = Typist::new(shell, &scene);
        for line in lines(shell.name()) {
            assert!(include_str!("../../../README.md").contains(&line), "{line}");
            typist.line(&line);
            typist.sees(READY);
        }
        typist.line(shell.set("AWS_PROFILE", "prod").trim_end());
        typist.sees("prod 11h");
        for name in ["$(touch run)`touch run`", "%D{x}%n\\u\\$(touch run)", "${(e):-$(touch run)}"] {
            typist.line(shell.set("AWS_PROFILE", name).trim_end());
            typist.sees(READY);
            typist.line("echo and' 'on");
            typist.sees("and on");
            typist.sees(READY);
            assert!(!scene.home.has("run"), "{shell:?}: {name}");
        }
        typist.leaves();
    }
}
