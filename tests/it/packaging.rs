//! `init`, `completions`, `man`, `--help`, `--version`: what a person meets first, and packagers need.

use crate::scene::{MANIFEST, Scene};
use crate::support::sandbox::Sandbox;

const PATH: &str = ".config/awsauth/profiles.toml";

#[test]
fn the_starter_is_written_once_and_is_in_order() {
    let home = Sandbox::new();
    let run = home.run(["init"]).ok();
    assert!(run.stderr.contains(PATH), "{}", run.stderr);
    let starter = home.read(PATH);
    assert_eq!(home.run(["init", "--print"]).ok().stdout, starter);
    // Nobody's region or name counts before they have written one.
    let is_quiet = |line: &str| line.is_empty() || line.starts_with('#') || line == "version = 1";
    assert!(starter.lines().all(is_quiet), "{starter}");
    home.run(["check"]).ok();
    home.run(["apply"]).ok();
    home.run(["apply", "--check"]).ok();
    let run = home.run(["init"]).exits(4);
    assert!(run.stderr.contains("exists and is not changed"), "{}", run.stderr);
    assert_eq!(home.read(PATH), starter);
}

#[cfg_attr(windows, ignore = "XDG_CONFIG_HOME is not read there")]
#[test]
fn the_starter_goes_where_the_manifest_is_looked_for() {
    let home = Sandbox::new();
    home.run(["init", "--manifest", "mine.toml", "--json"]).ok();
    assert!(home.has("mine.toml") && !home.has(PATH));
    let home = Sandbox::new();
    let dir = home.path("xdg");
    let home = home.env("XDG_CONFIG_HOME", dir.to_str().unwrap());
    home.run(["init"]).ok();
    assert!(home.has("xdg/awsauth/profiles.toml") && !home.has(PATH));
}

#[cfg(unix)]
#[test]
fn a_dangling_link_is_not_overwritten() {
    let home = Sandbox::new();
    std::fs::create_dir_all(home.path(".config/awsauth")).unwrap();
    std::os::unix::fs::symlink("gone.toml", home.path(PATH)).unwrap();
    home.run(["init"]).exits(4);
    assert!(home.path(PATH).symlink_metadata().unwrap().is_symlink());
}

#[test]
fn help_and_version_are_data_and_no_failure() {
    let home = Sandbox::new();
    let version = home.run(["--version"]).ok();
    assert_eq!(version.stdout, format!("awsauth {}\n", env!("CARGO_PKG_VERSION")));
    let help = home.run(["--help"]).ok();
    for part in ["Exit codes:\n  0    done", "First day:", "credential-process"] {
        assert!(help.stdout.contains(part), "{part}");
    }
    let commands = [
        "init",
        "check",
        "apply",
        "keys",
        "login",
        "status",
        "list",
        "graph",
        "use",
        "env",
        "exec",
        "logout",
        "hook",
        "completions",
        "man",
    ];
    for command in commands {
        assert!(!home.run([command, "--help"]).ok().stdout.is_empty());
    }
    home.run([""; 0]).exits(2);
    home.run(["lgin"]).exits(2);
    home.run(["login", "--flow", "nonsense"]).exits(2);
}

#[test]
fn the_manual_page_is_roff() {
    let page = Sandbox::new().run(["man"]).ok().stdout;
    assert!(page.contains(".TH awsauth 1"), "{page}");
}

#[test]
fn every_manual_page_that_a_page_refers_to_is_written() {
    let home = Sandbox::new();
    home.run(["man", "--dir", "pages"]).ok();
    let pages: Vec<_> = std::fs::read_dir(home.path("pages")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut count = 0;
    for page in pages {
        let text = std::fs::read_to_string(page).unwrap().replace("\\-", "-");
        for (name, _) in text.split_whitespace().filter_map(|word| word.split_once("(1)")) {
            assert!(home.has(&format!("pages/{name}.1")), "{name}");
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
    let page = home.run(["man", "keys", "add"]).ok().stdout;
    assert_eq!(page, home.read("pages/awsauth-keys-add.1"));
    assert!(page.contains(concat!("\"awsauth ", env!("CARGO_PKG_VERSION"), "\"")), "{page}");
    assert!(
        page.contains("awsauth keys add [OPTIONS]") && page.contains("Print the version"),
        "as in the help: {page}"
    );
    // Examples are copied, so they keep their lines.
    assert!(page.contains("\n.SH EXAMPLES\n.nf\n") && !page.contains("EXTRA"), "{page}");
    let page = home.read("pages/awsauth.1");
    assert!(page.contains("\n.SH ENVIRONMENT\n") && page.contains("\n.SH \"EXIT CODES\"\n"), "{page}");
    home.run(["man", "kyes"]).exits(2);
    home.run(["man", "--dir", "pages/awsauth.1/below"]).exits(6);
}

#[test]
fn each_shell_has_completions() {
    let home = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(home.run(["completions", shell]).ok().stdout.contains("awsauth"), "{shell}");
    }
    home.run(["completions", "csh"]).exits(2);
}

#[test]
fn profile_names_are_completed_and_a_broken_manifest_is_silent() {
    let scene = Scene::new();
    let complete = |words: &[&str]| {
        let mut command = scene.home.command(["--", "awsauth"]);
        command.args(words).env("AWSAUTH_COMPLETE", "fish");
        let output = command.output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().strip_prefix("words\n").unwrap().to_owned()
    };
    let names: Vec<String> = complete(&["login", "p"]).lines().map(str::to_owned).collect();
    assert_eq!(names, ["prod\tiam-mfa-role"]);
    for command in ["use", "env", "exec"] {
        assert_eq!(complete(&[command, "p"]), complete(&["login", "p"]), "{command}");
    }
    assert!(complete(&["hook", ""]).starts_with("bash\nzsh\nfish\npowershell\n"));
    scene.home.write(".config/awsauth/profiles.local.toml", "[profiles.play]\npattern = \"iam\"\n");
    assert_eq!(complete(&["login", "p"]), "prod\tiam-mfa-role\nplay\tiam\n");
    scene.home.manifest(&MANIFEST.replace("pattern = ", "pattren = "));
    assert_eq!(complete(&["login", "p"]), "play\tiam\n");
    scene.home.manifest("pattern = ");
    assert_eq!(complete(&["login", "p"]).trim(), "");
}

#[test]
fn completion_answers_its_own_variable_and_no_other() {
    let scene = Scene::new();
    let ask = |name: &str, value: &str, words: &[&str]| {
        let output = scene.home.command(words.iter().copied()).env(name, value).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = scene.run(&["list"]).ok().stdout;
    for (name, value) in [("COMPLETE", "bash"), ("AWSAUTH_COMPLETE", "1"), ("AWSAUTH_COMPLETE", "bash")] {
        assert_eq!(ask(name, value, &["list"]), listed, "{name}={value}");
    }
    assert_eq!(ask("AWSAUTH_COMPLETE", "bash", &["--", "awsauth", "list", "pr"]), "words\nprod\n");
    assert_eq!(ask("AWSAUTH_COMPLETE", "bash", &["--", "awsauth", "list", "--manifest", "x"]), "files\n");
    assert_eq!(ask("AWSAUTH_COMPLETE", "bash", &["--", "awsauth", "exec", "prod", "--", "x"]), "command 4\n");
    // PowerShell can't pass an empty word on.
    assert_eq!(ask("AWSAUTH_COMPLETE", "powershell", &["--", "awsauth", "list", "=pr"]), "words\nprod\tiam-mfa-role\n");
}

#[cfg_attr(windows, ignore = "there is no sh")]
#[test]
fn a_reader_who_goes_away_is_no_failure_and_a_full_disk_is_one() {
    let home = Sandbox::new();
    let script = format!("set -o pipefail; {} man | head -c 1 > /dev/null", env!("CARGO_BIN_EXE_awsauth"));
    let output = home.program("bash".as_ref()).args(["-c", &script]).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = home.command(["man"]).stdout(full).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{text}");
    assert!(text.contains("can't write to standard output"), "{text}");
}

#[test]
fn colour_is_shown_only_where_it_is_wanted() {
    let home = Sandbox::new();
    let has_colour = |args: &[&str]| home.run(args).stderr.contains('\u{1b}');
    assert!(!has_colour(&["apply"]));
    assert!(has_colour(&["apply", "--color", "always"]));
    let home = Sandbox::new().env("NO_COLOR", "1");
    assert!(!home.run(["apply", "--color", "auto"]).stderr.contains('\u{1b}'));
}
