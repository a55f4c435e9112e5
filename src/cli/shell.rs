//! Owns which shell a person is in, as the environment says it.

use crate::render::{HookShell, Shell};
use crate::system::host::Host;

/// The last part of `SHELL`.
fn login_shell(host: &Host) -> &str {
    host.var("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default()
}

/// The shell that environment lines are probably read by.
pub(crate) fn current_shell(host: &Host) -> Shell {
    match login_shell(host) {
        "fish" => Shell::Fish,
        "zsh" => Shell::Zsh,
        "nu" => Shell::Nu,
        "pwsh" => Shell::Pwsh,
        "" if cfg!(windows) => Shell::Pwsh,
        _ => Shell::Bash,
    }
}

/// How `use` comes to that shell: its function, if it can have one.
pub(crate) fn current_hook(host: &Host) -> Option<HookShell> {
    match current_shell(host) {
        Shell::Bash if login_shell(host) == "bash" => Some(HookShell::Bash),
        Shell::Zsh => Some(HookShell::Zsh),
        Shell::Fish => Some(HookShell::Fish),
        Shell::Pwsh => Some(HookShell::Pwsh),
        _ => None,
    }
}

/// What puts a profile's credentials into a shell without the function, to be typed there.
pub(crate) fn one_line(shell: Shell, name: &str) -> String {
    match shell {
        Shell::Bash => format!(r#"eval "$(awsauth env {name})""#),
        Shell::Zsh => format!(r#"eval "$(awsauth env {name} --shell zsh)""#),
        Shell::Fish => format!("awsauth env {name} --shell fish | source"),
        Shell::Pwsh => format!("awsauth env {name} --shell powershell | Out-String | Invoke-Expression"),
        Shell::Cmd => format!("for /f \"delims=\" %i in ('awsauth env {name} --shell cmd') do @%i"),
        Shell::Nu => format!("awsauth env {name} --shell nu | from json | load-env"),
        Shell::Dotenv => format!("awsauth env {name} --shell dotenv > .env"),
    }
}
