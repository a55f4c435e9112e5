//! `env` that fails: what evaluates its output fails as well, and nothing changes.

use super::{Interpreter, aws_variables};
use crate::scene::Scene;

/// Arguments with which `env` fails, and its exit code.
const FAILING: [(&str, i32); 6] =
    [("prod --no-login", 5), ("nobody", 2), ("", 2), ("base --bogus", 2), ("base --manifest=gone.toml", 3), ("a b", 2)];

/// The shells that can be run here.
const SHELLS: &[Interpreter] = &[
    Interpreter::Sh,
    Interpreter::Bash,
    #[cfg(feature = "real-clients")]
    Interpreter::Zsh,
    #[cfg(feature = "real-clients")]
    Interpreter::Fish,
    #[cfg(feature = "real-clients")]
    Interpreter::Tcsh,
];

#[test]
fn the_evaluation_fails_too_the_shell_goes_on_and_nothing_changes() {
    for &shell in SHELLS {
        let scene = Scene::new();
        let mut script = shell.evaluate("base");
        for (args, _) in FAILING {
            let line = shell.evaluate(args);
            let line = line.trim_end();
            script = match shell.name() {
                // `if` asks for an expression there.
                "tcsh" => format!("{script}{line}\nif ($status == 0) echo went well\n"),
                "fish" => format!("{script}if {line}; echo went well; end\n"),
                _ => format!("{script}if {line}; then echo went well; fi\n"),
            };
        }
        let run = shell.run(&scene, &format!("{script}env\n")).ok();
        assert!(!run.stdout.contains("went well"), "{shell:?}: {}", run.stderr);
        assert_eq!(aws_variables(&run.stdout)[0], "AWSAUTH_PROFILE=base", "{shell:?}: {}", run.stderr);
        assert!(run.stderr.contains("prod: ") && run.stderr.contains("--bogus"), "{shell:?}: {}", run.stderr);
    }
}

#[test]
fn a_script_that_stops_at_errors_does_not_go_on_as_somebody_else() {
    // fish has no such mode.
    for &shell in SHELLS.iter().filter(|shell| shell.name() != "fish") {
        for (args, _) in FAILING {
            let scene = Scene::new();
            let evaluate = [shell.evaluate("base"), shell.evaluate(args)].concat();
            let script = format!("echo begun\n{evaluate}echo goes on\n");
            let run = shell.run_with(&scene, &["-e"], &script);
            assert_ne!(run.code, Some(0), "{shell:?} {args}");
            assert_eq!(run.stdout, "begun\n", "{shell:?} {args}: {}", run.stderr);
        }
    }
}

#[test]
fn each_shell_gets_a_line_that_fails_whatever_went_wrong() {
    for (shell, line) in [
        ("bash", "false\n"),
        ("sh", "false\n"),
        ("zsh", "false\n"),
        ("fish", "false\n"),
        ("tcsh", "false;\n"),
        ("powershell", "throw 'awsauth env failed'\n"),
        ("cmd", "cmd /c exit 1\r\n"),
        ("nu", "\"awsauth env failed\"\n"),
        ("dotenv", ""),
    ] {
        let scene = Scene::new();
        for (args, code) in FAILING {
            let args = format!("--color never env --shell {shell} {args}");
            let run = scene.run(&args.split_whitespace().collect::<Vec<_>>()).exits(code);
            assert_eq!(run.stdout, line, "{args}");
        }
        scene.home.manifest("[profiles.base]\npattern = 1\n");
        assert_eq!(scene.run(&["env", "base", &format!("--shell={shell}")]).exits(3).stdout, line, "{shell}");
    }
    // The shell is found from the environment where --shell is what is wrong, or not given.
    for args in [&["env", "base", "--shell", "klingon"][..], &["env", "nobody"]] {
        let run = Scene::new().env("SHELL", "/usr/bin/pwsh").run(args).exits(2);
        assert_eq!(run.stdout, "throw 'awsauth env failed'\n");
    }
}

#[test]
fn other_commands_help_and_documents_get_no_such_line() {
    let scene = Scene::new();
    for args in
        [&["exec", "nobody", "--", "env"][..], &["login", "env"], &["--manifest", "env", "list"], &["use", "env"]]
    {
        let run = scene.run(args);
        assert!(run.code != Some(0) && run.stdout.is_empty(), "{args:?}: {}", run.stdout);
    }
    assert!(!scene.run(&["env", "--help"]).ok().stdout.ends_with("false\n"));
    assert_eq!(scene.run(&["env", "nobody", "--json"]).exits(2).json()["error"]["exit_code"], 2);
    assert_eq!(scene.run(&["--json", "env", "--bogus"]).exits(2).stdout, "");
}

#[cfg(feature = "real-clients")]
#[test]
fn nushell_fails_and_keeps_what_it_has() {
    let scene = Scene::new();
    for (args, _) in FAILING {
        let line = |args: &str| format!("awsauth env {args} --shell nu | from json | load-env");
        let script = format!("{}; try {{ {} }} catch {{ print failed }}; ^env", line("base"), line(args));
        let run = super::values::installed::nu(&scene, &script).ok();
        assert!(run.stdout.contains("failed\n"), "{args}: {}", run.stdout);
        assert_eq!(aws_variables(&run.stdout)[0], "AWSAUTH_PROFILE=base", "{args}");
    }
}
