//! `hook`: the function sets the shell's own variables, or leaves everything as it was.

use super::{HOOKED, Interpreter, aws_variables};
use crate::scene::{CREDENTIALS, Scene, long_term_keys};
use crate::support::fake_aws::SECRET_MARK;
use crate::support::fake_aws::standard::{KEY_ID, SECRET_KEY};

/// A line that shows the environment below a heading, and what it showed.
const SHOW: &str = "echo '== '; env\n";

/// The variables of AWS that each `SHOW` found.
fn shown(text: &str) -> Vec<Vec<&str>> {
    text.split("== \n").skip(1).map(aws_variables).collect()
}

/// What `use base` sets.
fn base() -> Vec<String> {
    vec![
        "AWSAUTH_PROFILE=base".to_owned(),
        "AWSAUTH_REGION=ap-northeast-1".to_owned(),
        format!("AWS_ACCESS_KEY_ID={KEY_ID}"),
        "AWS_DEFAULT_REGION=ap-northeast-1".to_owned(),
        "AWS_REGION=ap-northeast-1".to_owned(),
        format!("AWS_SECRET_ACCESS_KEY={SECRET_KEY}"),
    ]
}

/// Variables of another identity, as lines of a script.
fn stale(shell: Interpreter) -> String {
    ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_VAULT", "AWS_BEARER_TOKEN_BEDROCK"]
        .map(|name| shell.set(name, "stale"))
        .concat()
}

#[test]
fn use_sets_the_shell_and_none_takes_every_identity_away() {
    for &shell in HOOKED {
        let scene = Scene::new();
        let script = [
            &*shell.hook(),
            &stale(shell),
            "awsauth use base\n",
            shell.code(),
            SHOW,
            "awsauth use --none\n",
            shell.code(),
            SHOW,
        ];
        let run = shell.run(&scene, &script.concat()).ok();
        assert_eq!(run.stdout.matches("code 0").count(), 2, "{shell:?}: {}", run.stdout);
        assert_eq!(shown(&run.stdout), [base(), vec!["AWSAUTH_PROFILE_BEFORE=base".to_owned()]], "{shell:?}");
        assert_eq!(run.stderr, "", "{shell:?}");
    }
}

#[test]
fn doctor_sees_whether_the_function_is_loaded() {
    for &shell in HOOKED {
        let scene = Scene::new().env("SHELL", &format!("/bin/{}", shell.name()));
        let doctor = "awsauth doctor --json\n";
        let run = shell.run(&scene, &[&shell.hook(), doctor].concat());
        assert!(
            run.stdout.contains("\"findings\"") && !run.stdout.contains("hook-not-loaded"),
            "{shell:?}: {}",
            run.stdout
        );
        let run = scene.run(&["doctor", "--json"]);
        assert!(run.stdout.contains("hook-not-loaded"), "{shell:?}: {}", run.stdout);
    }
}

#[test]
fn what_fails_leaves_the_shell_as_it_was_and_its_code_is_the_programs() {
    for &shell in HOOKED {
        let scene = Scene::new();
        let mut script = [shell.hook(), stale(shell)].concat();
        let failing = [("use audit", 5), ("use audit --no-login", 5), ("use nobody", 2), ("use", 2), ("use a b", 2)];
        for (command, _) in failing {
            script.extend(["awsauth ", command, "\n", shell.code(), SHOW]);
        }
        let run = shell.run(&scene, &script).ok();
        let codes: Vec<i32> = run.stdout.lines().filter_map(|line| line.strip_prefix("code ")?.parse().ok()).collect();
        assert_eq!(codes, failing.map(|(_, code)| code), "{shell:?}: {}", run.stderr);
        for variables in shown(&run.stdout) {
            let expected = ["AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_VAULT"];
            assert_eq!(variables, expected.map(|name| format!("{name}=stale")), "{shell:?}");
        }
        assert!(run.stderr.contains("audit: not logged in; run awsauth login audit\n"), "{}", run.stderr);
    }
}

#[test]
fn a_shell_that_stops_at_errors_stops_with_the_programs_code_and_goes_on_otherwise() {
    // sh's ways are zsh's own business.
    let strict = |shell: Interpreter| match shell.name() {
        "zsh" => "emulate sh; set -eu; setopt no_clobber warn_create_global; IFS=/_A\n",
        "bash" => "set -eu -o noclobber -o pipefail; shopt -s expand_aliases; IFS=/_A; alias unset=false\n",
        _ => "set -g IFS ''\n",
    };
    for &shell in HOOKED {
        let scene = Scene::new();
        let start = [shell.hook().as_str(), strict(shell)].concat();
        let run = shell.run(&scene, &[&start, "awsauth use base\n", SHOW].concat()).ok();
        assert_eq!(shown(&run.stdout), [base()], "{shell:?}");
        assert_eq!(run.stderr, "", "{shell:?}");
        if shell.is_posix() {
            let run = shell.run(&scene, &[&start, "awsauth use audit\n", SHOW].concat()).exits(5);
            assert_eq!(run.stdout, "", "{shell:?}");
            let caught = "if awsauth use audit; then :; else echo \"code $?\"; fi\necho on\n";
            let run = shell.run(&scene, &[&start, caught].concat()).ok();
            assert_eq!(run.stdout, "code 5\non\n", "{shell:?}");
        }
    }
}

#[test]
fn an_alias_of_that_name_gives_way() {
    for &shell in HOOKED.iter().filter(|shell| shell.is_posix()) {
        let scene = Scene::new();
        let aliases =
            shell.pick("[ -z \"${BASH_VERSION-}\" ] || shopt -s expand_aliases\nalias awsauth='echo alias'\n", "");
        // The program itself is reached past the alias.
        let hook = shell.hook().replace("(awsauth", "(\\awsauth");
        let run = shell.run(&scene, &[aliases, &hook, "awsauth use base\n", SHOW].concat()).ok();
        assert_eq!(shown(&run.stdout), [base()], "{shell:?}: {}", run.stderr);
    }
}

#[test]
fn everything_else_goes_to_the_program_as_it_is() {
    let print = "awsauth exec base -- printf '<%s>' use '' 'a b' '*' -- --help '$HOME'\n";
    for &shell in HOOKED {
        let scene = Scene::new();
        let run = shell.run(&scene, &[&*shell.hook(), print].concat()).ok();
        assert_eq!(run.stdout, "<use><><a b><*><--><--help><$HOME>", "{shell:?}");
        let fails = [&*shell.hook(), "awsauth exec base -- sh -c 'exit 77'\n", shell.code()].concat();
        assert_eq!(shell.run(&scene, &fails).ok().stdout, "code 77\n", "{shell:?}");
        let run = shell.run(&scene, &[&*shell.hook(), "echo data | awsauth exec base -- cat\n"].concat()).ok();
        assert_eq!(run.stdout, "data\n", "{shell:?}");
        let run = shell.run(&scene, &[&*shell.hook(), "awsauth\n", shell.code()].concat()).ok();
        assert!(run.stdout.contains("code 2") && run.stderr.contains("Usage: awsauth"), "{shell:?}");
    }
}

#[test]
fn flags_may_stand_before_use_and_what_is_to_be_read_is_not_evaluated() {
    for &shell in HOOKED {
        let scene = Scene::new();
        scene.home.write("other.toml", "[profiles.first]\npattern = \"iam\"\n");
        scene.home.write(CREDENTIALS, long_term_keys().replace("[base]", "[first]"));
        let lines = [
            "awsauth --color never -v --manifest other.toml use first\n",
            SHOW,
            "awsauth -v use -vh\n",
            "awsauth use --help\n",
            "awsauth use -V\n",
            shell.code(),
        ];
        let run = shell.run(&scene, &[&*shell.hook(), &lines.concat()].concat()).ok();
        assert!(run.stdout.contains("AWSAUTH_PROFILE=first\n"), "{shell:?}: {}", run.stderr);
        assert_eq!(run.stdout.matches("Usage: awsauth use").count(), 2, "{shell:?}: {}", run.stdout);
        assert!(run.stdout.contains(env!("CARGO_PKG_VERSION")) && run.stdout.contains("code 0"), "{}", run.stdout);
        let run = shell.run(&scene, &[&*shell.hook(), "awsauth --json use nobody\n"].concat());
        assert_eq!(run.json()["error"]["exit_code"], 2, "{shell:?}");
    }
}

/// What `hook` prints where the path leads to awsauth in a directory of that name.
fn printed_in(scene: &Scene, name: &str, shell: &str) -> Vec<u8> {
    let dir = scene.home.path(name);
    std::fs::create_dir(&dir).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_awsauth"), dir.join("awsauth")).unwrap();
    scene.home.command(["hook", shell]).env("PATH", &dir).output().unwrap().stdout
}

#[test]
fn the_program_is_found_where_it_was_however_its_path_reads() {
    let name = "it's \"a\" $(touch pwned) `touch pwned` \\ \u{2019}ö🦀\n#! &";
    for &shell in HOOKED {
        let scene = Scene::new();
        scene.home.write("hook", printed_in(&scene, name, shell.name()));
        let gone = shell.pick("PATH=/nowhere\n", "set -gx PATH /nowhere\n");
        let script =
            |more: &str| format!(". ./hook\n{gone}awsauth use base\n{}/usr/bin/rm ./*/awsauth\n{more}", shell.code());
        let again = format!("awsauth use main\n{}/usr/bin/env\n", shell.code());
        let run = shell.run(&scene, &script(&again)).ok();
        assert!(run.stdout.starts_with("code 0\ncode 127\n"), "{shell:?}: {}{}", run.stdout, run.stderr);
        assert_eq!(aws_variables(&run.stdout), base(), "{shell:?}");
        assert!(!scene.home.has("pwned"), "{shell:?}");
    }
}

#[test]
fn a_trace_shows_no_secret_and_goes_on() {
    for &shell in HOOKED {
        // Other shells show no line that is evaluated as they read it.
        let traces: &[&str] = match shell {
            Interpreter::Bash => &["set -x\n", "set -v\n", "set -xv\n"],
            _ => &[shell.pick("set -x\n", "set -g fish_trace 1\n")],
        };
        for trace in traces {
            let scene = Scene::new();
            let run =
                shell.run(&scene, &[&*shell.hook(), trace, "awsauth use base\n", "echo traced again\n"].concat()).ok();
            assert!(!run.stderr.contains(SECRET_MARK), "{shell:?} {trace}: {}", run.stderr);
            assert!(run.stderr.contains("echo traced again"), "{shell:?} {trace}: {}", run.stderr);
        }
    }
}

#[test]
fn without_the_function_use_says_how_to_get_it() {
    for (path, expected) in [
        ("/bin/bash", "eval \"$(awsauth hook bash)\""),
        ("/usr/bin/zsh", "eval \"$(awsauth hook zsh)\""),
        ("/usr/bin/fish", "awsauth hook fish | source"),
        ("/usr/bin/pwsh", "awsauth hook powershell | Out-String | Invoke-Expression"),
        ("/usr/bin/nu", "awsauth env prod --shell nu | from json | load-env"),
        ("/bin/dash", "eval \"$(awsauth env prod)\""),
    ] {
        let run = Scene::new().env("SHELL", path).run(&["use", "prod"]).exits(2);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains(expected), "{path}: {}", run.stderr);
    }
    let run = Scene::new().run(&["use", "--none"]).exits(2);
    assert!(run.stderr.contains("eval \"$(awsauth env --unset)\""), "{}", run.stderr);
    Scene::new().run(&["use", "prod", "--none"]).exits(2);
}

#[test]
fn powershell_gets_ascii_and_the_program_for_its_completion() {
    let scene = Scene::new();
    let text = String::from_utf8(printed_in(&scene, "J\u{f6}rg's $x`y", "powershell")).unwrap();
    assert!(text.is_ascii() && text.contains("function global:awsauth {"), "{text}");
    assert!(text.contains("if ($code) { throw "), "{text}");
    assert!(text.contains("J' + [char]246 + 'rg''s $x`y/awsauth') @args"), "{text}");
    assert!(text.contains("[char]246 + 'rg''s $x`y/awsauth') -- @words"), "{text}");
    // Nothing that was typed is evaluated.
    assert!(!text.split("Register-ArgumentCompleter").nth(1).unwrap().contains("Invoke-Expression"), "{text}");
    let by_name = scene.run(&["completions", "powershell"]).ok().stdout;
    assert!(by_name.contains("& (Get-Command awsauth -CommandType Application | Select-Object -First 1) -- @words"));
    assert!(!by_name.contains("& awsauth"));
    scene.run(&["hook", "nu"]).exits(2);
    scene.run(&["hook"]).exits(2);
}

#[test]
#[cfg(feature = "real-clients")]
fn a_universal_variable_of_fish_is_not_left_over() {
    let scene = Scene::new();
    let mut command = scene.home.program_beside_awsauth(&Interpreter::Fish.program());
    let script =
        "set -Ux AWS_PROFILE stale; set -gx AWS_PROFILE stale\nawsauth hook fish | source\nawsauth use base\nenv";
    let run: crate::support::sandbox::Run = command.args(["-c", script]).output().unwrap().into();
    assert_eq!(aws_variables(&run.ok().stdout), base());
}
