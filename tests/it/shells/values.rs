//! `env`: no value can break out, in any shell.

use super::Interpreter;
use crate::scene::{CREDENTIALS, Scene};

/// What an access key might be, if somebody wanted harm: as it stands in the credentials file.
pub(super) const HOSTILE: [&str; 20] = [
    "'; touch pwned; '",
    "\"; touch pwned; \"",
    "$(touch pwned)",
    "`touch pwned`",
    "${IFS}touch${IFS}pwned",
    "%PATH% %CD:~0,1%",
    "!! !touch !$",
    "^ & touch pwned | touch pwned > pwned < pwned",
    "'@ ; touch pwned; @'",
    "\"@ ; touch pwned; @\"",
    "a\\",
    "\\'; touch pwned; \\'",
    "\\\\'; touch pwned #",
    "--help",
    "-e -n",
    "~ * ? [a-z] {a,b} (touch pwned)",
    "; touch pwned",
    "= == =touch",
    "'''; touch pwned; '''",
    "#{touch} ($env.HOME) $\"(touch pwned)\" r#'x'#",
];

/// What no shell is given.
pub(super) const REFUSED: [&str; 6] =
    ["\u{2018}; touch pwned; \u{2019}", "\u{201c}x\u{201d}", "caf\u{e9}", "🦀", "a\u{7f}b", "a\u{1b}[2Jb"];

/// A scene whose `base` has that secret key.
pub(super) fn with_secret(value: &str) -> Scene {
    let scene = Scene::new();
    let text = format!("[base]\naws_access_key_id = AKIAALICEEXAMPLEKEY2\naws_secret_access_key = {value}\n");
    scene.home.write(CREDENTIALS, text);
    scene
}

/// Lets `read` evaluate what `env` prints for every value: it must have the value, or `env` must have refused it, which
/// only `may_refuse` allows.
#[track_caller]
pub(super) fn survives(shell: &str, may_refuse: fn(&str) -> bool, read: impl Fn(&Scene) -> String) {
    for value in HOSTILE {
        let scene = with_secret(value);
        let run = scene.run(&["env", "base", "--shell", shell]);
        if run.code == Some(4) {
            assert!(
                may_refuse(value) && !run.stdout.contains("AWS"),
                "{shell} need not refuse {value}: {}",
                run.stdout
            );
            assert!(run.stderr.contains("AWS_SECRET_ACCESS_KEY") && !run.stderr.contains(value), "{}", run.stderr);
            continue;
        }
        assert_eq!(read(&scene), value, "{shell}: {}", run.ok().stdout);
        assert!(!scene.home.has("pwned"), "{shell} ran {value}");
    }
}

/// The value as a program that the shell starts sees it.
fn seen_by(interpreter: Interpreter, scene: &Scene) -> String {
    let script = format!("{}printenv AWS_SECRET_ACCESS_KEY\n", interpreter.evaluate("base"));
    let run = interpreter.run(scene, &script).ok();
    assert_eq!(run.stderr, "", "{interpreter:?}");
    run.stdout.strip_suffix('\n').unwrap().to_owned()
}

#[test]
fn a_hostile_value_comes_through_sh_and_bash_as_it_is() {
    for interpreter in [Interpreter::Sh, Interpreter::Bash] {
        survives("bash", |_| false, |scene| seen_by(interpreter, scene));
    }
}

#[test]
fn what_can_break_out_of_some_shell_is_refused_for_all() {
    for value in REFUSED {
        let scene = with_secret(value);
        for shell in ["bash", "zsh", "fish", "tcsh", "powershell", "cmd", "nu", "dotenv"] {
            let run = scene.run(&["env", "base", "--shell", shell]).exits(4);
            assert!(!run.stdout.contains(value), "{shell}: {}", run.stdout);
            assert!(run.stderr.contains("AWS_SECRET_ACCESS_KEY has a character"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_dotenv_file_is_read_by_a_posix_shell_too() {
    survives("dotenv", is_no_dotenv, |scene| {
        let script = "awsauth env base --shell dotenv > .env; set -a; . ./.env; printenv AWS_SECRET_ACCESS_KEY";
        Interpreter::Sh.run(scene, script).ok().stdout.trim_end_matches('\n').to_owned()
    });
}

/// Whether a value can't be written into a `.env` file.
fn is_no_dotenv(value: &str) -> bool {
    value.contains(['\'', '\\', '$'])
}

#[cfg(feature = "real-clients")]
pub(super) mod installed {

    use super::*;
    use crate::readers::client::{script, tool};

    #[test]
    fn a_hostile_value_comes_through_zsh_and_fish_as_it_is() {
        survives("zsh", |_| false, |scene| seen_by(Interpreter::Zsh, scene));
        survives("fish", |_| false, |scene| seen_by(Interpreter::Fish, scene));
    }

    #[test]
    fn a_hostile_value_comes_through_tcsh_as_it_is_or_is_refused() {
        let is_history_or_quote = |value: &str| value.contains(['!', '\'', '\\']);
        survives("tcsh", is_history_or_quote, |scene| seen_by(Interpreter::Tcsh, scene));
    }

    /// Runs a nushell script with awsauth on the path and a profile left over.
    pub(in super::super) fn nu(scene: &Scene, script: &str) -> crate::support::sandbox::Run {
        let mut command = scene.home.program_beside_awsauth(&tool("AWSAUTH_TEST_NU"));
        command.args(["--no-config-file", "-c", script]).env("AWS_PROFILE", "stale").output().unwrap().into()
    }

    #[test]
    fn a_hostile_value_comes_through_nushell_as_it_is() {
        survives(
            "nu",
            |_| false,
            |scene| {
                let line = "awsauth env base --shell nu | from json | load-env; ^printenv AWS_SECRET_ACCESS_KEY";
                nu(scene, line).ok().stdout.trim_end_matches('\n').to_owned()
            },
        );
    }

    #[test]
    fn nushell_loses_the_stale_variables_and_keeps_all_if_awsauth_fails() {
        let scene = Scene::new();
        let set = "awsauth env base --shell nu | from json | load-env; ";
        let run = nu(&scene, &format!("{set} ^env")).ok();
        let names: Vec<_> =
            super::super::aws_variables(&run.stdout).iter().map(|line| line.split('=').next()).collect();
        let expected = [
            "AWSAUTH_PROFILE",
            "AWSAUTH_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_DEFAULT_REGION",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
        ];
        assert_eq!(names, expected.map(Some));
        let def = "def --env use-aws [name: string] { awsauth env $name --shell nu | from json | load-env }; ";
        let run = nu(&scene, &format!("{def} use-aws base; ^env")).ok();
        assert!(run.stdout.contains("AWSAUTH_PROFILE=base\n") && !run.stdout.contains("AWS_PROFILE"), "{}", run.stdout);
        let unset = "awsauth env --unset --shell nu | from json | load-env; ^env";
        let run = nu(&scene, &format!("{set} {unset}")).ok();
        assert_eq!(super::super::aws_variables(&run.stdout), [""; 0]);
        let run =
            nu(&scene, "try { awsauth env audit --shell nu | from json | load-env } catch { print failed }; ^env").ok();
        assert!(run.stdout.contains("failed\n"), "{}", run.stdout);
        assert_eq!(super::super::aws_variables(&run.stdout), ["AWS_PROFILE=stale"]);
        assert_eq!(run.stderr, "audit: not logged in; run awsauth login audit\n");
    }

    #[test]
    fn a_dotenv_file_is_read_alike_by_python_and_node() {
        let reading = |scene: &Scene, program: &str, args: &[&str]| {
            let lines = scene.run(&["env", "base", "--shell", "dotenv"]).ok().stdout;
            scene.home.write(".env", lines);
            let mut command = scene.home.program(&tool(program));
            let run: crate::support::sandbox::Run = command.args(args).output().unwrap().into();
            run.ok().stdout
        };
        let python = script("dotenv_reader.py");
        survives("dotenv", is_no_dotenv, |scene| reading(scene, "AWSAUTH_TEST_PYTHON", &[python.to_str().unwrap()]));
        let node = script("dotenv_reader.mjs");
        let (node, dir) = (node.to_str().unwrap(), tool("AWSAUTH_TEST_NODE_DIR"));
        survives("dotenv", is_no_dotenv, |scene| reading(scene, "AWSAUTH_TEST_NODE", &[node, dir.to_str().unwrap()]));
        survives("dotenv", is_no_dotenv, |scene| {
            let print = "process.stdout.write(process.env.AWS_SECRET_ACCESS_KEY)";
            reading(scene, "AWSAUTH_TEST_NODE", &["--env-file=.env", "-e", print])
        });
    }
}
