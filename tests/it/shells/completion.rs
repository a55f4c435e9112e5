//! The Tab key in real shells at a terminal: what it offers, in which order, and that it runs nothing.

use super::HOOKED;
use super::interactive::{READY, Typist};
use crate::scene::{MANIFEST, Scene};

/// Texts that a shell would run, or take apart, if they stood in a line unquoted.
const HOSTILE: [&str; 4] = ["a$(touch ran)", "b`touch ran`", "c; touch ran #", "d* & touch ran"];

impl Typist {
    /// Types keys, waits until the line is run and the shell is ready again.
    #[track_caller]
    fn runs(&mut self, keys: &str) -> String {
        self.types(&format!("{keys}\r"));
        // What is typed must not look like what is waited for.
        self.line("echo don''e");
        let shown = self.session.exp_string("done\r\n").unwrap();
        self.sees(READY);
        shown
    }
}

#[test]
fn a_tab_runs_nothing_that_a_manifest_or_the_name_of_a_file_says() {
    for &shell in HOOKED {
        let scene = Scene::new();
        for text in HOSTILE {
            scene.home.write(text, "");
        }
        let texts = HOSTILE.map(|text| format!("\"{text}\"")).join(", ");
        let hostile = format!("pattern = \"iam\"\ntags = [{texts}]");
        let described = format!("pattern = \"iam\"\ndescription = '{}'", HOSTILE.concat());
        for base in [&hostile, &described] {
            scene.home.manifest(&MANIFEST.replace("pattern = \"iam\"", base));
            let mut typist = Typist::new(shell, &scene);
            let lines = ["status --tag ", "status ", "check --manifest ", "exec base -- true "];
            let begun = ["a", "b", "c", "d"].map(|letter| lines.map(|line| format!("{line}{letter}")));
            for line in lines.iter().map(|line| (*line).to_owned()).chain(begun.into_iter().flatten()) {
                typist.runs(&format!("awsauth {line}\t\t\r"));
                assert!(!scene.home.has("ran"), "{shell:?}: {line}");
            }
            typist.leaves();
        }
    }
}

#[test]
fn profile_names_come_before_options_and_are_completed_whole() {
    for &shell in HOOKED {
        let scene = Scene::new();
        let described = "pattern = \"iam\"\ndescription = \"a: b\\\\c\"\n[profiles.\"team:prod\"]\npattern = \"iam\"\n[profiles.\"me@x.org\"]";
        scene.home.manifest(&MANIFEST.replace("pattern = \"iam\"\n", &format!("{described}\npattern = \"iam\"\n")));
        let mut typist = Typist::new(shell, &scene);
        typist.types("awsauth status \t\t");
        typist.sees("main");
        typist.sees("me@x.org");
        typist.sees("jump");
        typist.session.send_control('c').unwrap();
        typist.runs("");
        for (typed, name) in [("team:p", "team:prod"), ("me@", "me@x.org"), ("ba", "base")] {
            let shown = typist.runs(&format!("awsauth status {typed}\t"));
            assert!(shown.lines().any(|line| line.starts_with(&format!("{name} "))), "{shell:?}: {shown}");
        }
        let shown = typist.runs("awsauth status --ch\tprod");
        assert!(shown.contains("not logged in: prod"), "{shell:?}: {shown}");
        typist.leaves();
    }
}

#[test]
fn a_file_is_completed_with_its_quotes() {
    for &shell in HOOKED {
        let scene = Scene::new();
        scene.home.write("team (1) $x.toml", "[profiles.mine]\npattern = \"iam\"\n");
        let mut typist = Typist::new(shell, &scene);
        for typed in ["list --manifest tea\t", "list --manifest ./tea\t"] {
            let shown = typist.runs(&format!("awsauth {typed}"));
            assert!(shown.contains("mine"), "{shell:?}: {shown}");
        }
        typist.leaves();
    }
}

#[test]
fn after_exec_and_two_hyphens_commands_and_files_are_completed() {
    for &shell in HOOKED {
        let scene = Scene::new();
        scene.home.write("odd $name.txt", "");
        let mut typist = Typist::new(shell, &scene);
        let shown = typist.runs("awsauth exec base -- awsaut\t --version");
        assert!(shown.contains("awsauth 0."), "{shell:?}: {shown}");
        for before in ["exec base", "--color never exec base", "exec --no-login base"] {
            let shown = typist.runs(&format!("awsauth {before} -- printf '<%s>' od\t"));
            assert!(shown.contains("<odd $name.txt>"), "{shell:?}: {before}: {shown}");
        }
        typist.leaves();
    }
}

/// Packages put the script there, where zsh runs it at the first Tab and not before.
#[cfg(feature = "real-clients")]
#[test]
fn the_script_completes_at_the_first_tab_as_a_file_of_zsh_s_fpath() {
    let scene = Scene::new();
    scene.home.write("functions/_awsauth", &scene.run(&["completions", "zsh"]).ok().stdout);
    let mut typist = Typist::new(super::Interpreter::Zsh, &scene);
    typist.runs("fpath=(~/functions $fpath); compinit -u -D");
    let shown = typist.runs("awsauth status ba\t");
    assert!(shown.lines().any(|line| line.starts_with("base ")), "{shown}");
    typist.leaves();
}
