//! The shells at a terminal: logins in place, Ctrl-C, the list, the Tab key.

use super::{HOOKED, Interpreter};
use crate::pty::Terminal;
use crate::scene::{CONFIG, Scene};
use crate::support::fake_aws::Approval;

/// What each shell says when it waits for a line.
pub(super) const READY: &str = "ready> ";

/// A shell at a terminal, with the function.
pub(super) struct Typist {
    shell: Interpreter,
    pub(super) session: Terminal,
}

impl Typist {
    /// Starts the shell and brings the function.
    pub(super) fn new(shell: Interpreter, scene: &Scene) -> Self {
        let mut command = scene.home.program_beside_awsauth(&shell.program());
        command.args(shell.flags()).arg("-i").env("TERM", "xterm");
        let mut typist = Self { shell, session: Terminal::runs(command) };
        let prompt = match shell.name() {
            "zsh" => "autoload -Uz compinit && compinit -u -D; PS1='ready''> '",
            "fish" => "function fish_prompt; echo -n 'ready''> '; end",
            _ => "PS1='ready''> '",
        };
        typist.line(prompt);
        typist.sees(READY);
        typist.line(shell.hook().trim_end());
        typist.sees(READY);
        typist
    }

    /// Types these keys.
    pub(super) fn types(&mut self, keys: &str) {
        self.session.types(keys);
    }

    /// Types a line.
    pub(super) fn line(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    /// Waits until this is on the screen.
    #[track_caller]
    pub(super) fn sees(&mut self, text: &str) {
        if let Err(error) = self.session.exp_string(text) {
            panic!("{:?} does not show {text}: {error}", self.shell);
        }
    }

    /// Ends the shell, which would not heed the signal that it gets otherwise.
    pub(super) fn leaves(mut self) {
        self.line("exit");
        self.session.exp_eof().unwrap();
    }

    /// Asks the shell whose credentials it has.
    #[track_caller]
    fn is(&mut self, profile: &str) {
        // The answer must not be in what is typed, which fish shows.
        self.line("echo \"It is \"\"<$AWSAUTH_PROFILE>\"");
        self.sees(&format!("It is <{profile}>"));
        self.sees(READY);
    }
}

#[test]
fn use_logs_in_in_place_and_ctrl_c_leaves_the_shell_as_it_was() {
    for &shell in HOOKED {
        let scene = Scene::new();
        scene.aws.world().approve_devices(Approval::Never);
        let mut typist = Typist::new(shell, &scene);
        typist.line("awsauth use prod");
        typist.sees("MFA code for");
        typist.types(&format!("{}\r", scene.code()));
        typist.sees("prod: keys are set; valid for");
        typist.sees("prod: no AWS tool can use AWS_PROFILE=prod: ");
        typist.sees("; to change that: awsauth apply");
        typist.sees(READY);
        typist.is("prod");
        typist.line("awsauth use read");
        typist.sees("Waiting");
        typist.session.send_control('c').unwrap();
        typist.sees("interrupted");
        typist.sees(READY);
        typist.is("prod");
        typist.line("awsauth use audit --no-login");
        typist.sees("audit: not logged in; run awsauth login audit");
        typist.sees(READY);
        typist.is("prod");
        typist.line("awsauth use --none");
        typist.sees(READY);
        typist.is("");
        typist.leaves();
    }
}

#[test]
fn a_person_is_told_what_is_set_and_why() {
    for &shell in HOOKED {
        let scene = Scene::new();
        scene.run(&["apply", "--yes"]).ok();
        scene.logged_in(&["prod"]);
        scene.logged_in(&["audit", "read"]);
        let mut typist = Typist::new(shell, &scene);
        for (command, said) in [
            ("use prod", &["prod: AWS_PROFILE is set; sessions renew by themselves for 1"][..]),
            ("use read", &["read: AWS_PROFILE is set; sessions renew by themselves\r\n"]),
            ("use main", &["main: AWS_PROFILE is set; valid for 1"]),
            ("use base", &["base: AWS_PROFILE is set; the long-term key itself, which does not expire"]),
            ("use - --keys", &["main: keys are set; valid for 1"]),
            (
                "use audit",
                &[
                    "audit: keys are set; valid for",
                    "audit: Go and Terraform, JavaScript can't use AWS_PROFILE=audit: [audit] asks for MFA, which this SDK does",
                    "; to change that: credential_process = true in the manifest, then `awsauth apply`",
                ],
            ),
        ] {
            typist.line(&format!("awsauth {command}"));
            for said in said {
                typist.sees(said);
            }
            typist.sees(READY);
        }
        typist.line(shell.set("AWS_DEFAULT_REGION", "us-west-2").trim_end());
        typist.sees(READY);
        typist.line("awsauth use prod");
        typist.sees("prod: this shell's AWS_DEFAULT_REGION=us-west-2 is used, not the profile's region ap-northeast-1");
        typist.sees(READY);
        std::fs::remove_file(scene.home.path(CONFIG)).unwrap();
        std::fs::create_dir(scene.home.path(CONFIG)).unwrap();
        typist.line("awsauth use prod");
        typist.sees("prod: AWS's tools may not find it by AWS_PROFILE: ");
        typist.sees(READY);
        typist.leaves();
    }
}

#[test]
fn env_in_a_substitution_logs_in_in_place() {
    for &shell in HOOKED {
        let scene = Scene::new();
        let mut typist = Typist::new(shell, &scene);
        let line = shell.pick("eval \"$(awsauth env prod --shell NAME)\"", "awsauth env prod --shell NAME | source");
        typist.line(&line.replace("NAME", shell.name()));
        typist.sees("MFA code for");
        typist.types(&format!("{}\r", scene.code()));
        typist.sees(READY);
        typist.is("prod");
        typist.leaves();
    }
}

#[test]
fn tab_completes_the_name_and_without_a_name_there_is_a_list() {
    for &shell in HOOKED {
        let scene = Scene::new();
        let mut typist = Typist::new(shell, &scene);
        // The terminal does not show what is typed, so neither does bash.
        typist.types("awsauth use ba\t\r");
        typist.sees("base: keys are set; the long-term key itself, which does not expire");
        typist.sees(READY);
        typist.is("base");
        typist.line("awsauth use");
        typist.sees("Use:");
        typist.session.send_control('c').unwrap();
        typist.sees(READY);
        typist.is("base");
        typist.line("awsauth use --none");
        typist.sees(READY);
        typist.is("");
        typist.line("awsauth use");
        typist.sees("Use:");
        typist.types("bas");
        typist.sees("bas");
        typist.types("\r");
        typist.sees("base: keys are set; the long-term key itself, which does not expire");
        typist.sees(READY);
        typist.is("base");
        typist.leaves();
    }
}

#[test]
#[cfg(feature = "real-clients")]
fn nushells_pipeline_logs_in_in_place() {
    let scene = Scene::new();
    let mut command = scene.home.program_beside_awsauth(&crate::readers::client::tool("AWSAUTH_TEST_NU"));
    let script = "awsauth env prod --shell nu | from json | load-env; print $'It is <($env.AWSAUTH_PROFILE)>'";
    command.args(["--no-config-file", "-c", script]).env("TERM", "xterm");
    let mut session = Terminal::runs(command);
    session.exp_string("MFA code for").unwrap();
    session.types(&format!("{}\r", scene.code()));
    session.exp_string("It is <prod>").unwrap();
    session.exp_eof().unwrap();
}
