//! Owns which shell the person uses, by the environment.

use std::ffi::OsString;

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::render::{HookShell, Shell};
use crate::system::host::Host;

fn login_shell(host: &Host) -> &str {
    host.var("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default()
}

/// The program that the person types at.
pub(crate) fn interactive_shell(host: &Host) -> OsString {
    let (variable, other) = if cfg!(windows) { ("COMSPEC", "cmd.exe") } else { ("SHELL", "/bin/sh") };
    host.var_os(variable).map_or_else(|| other.into(), OsString::from)
}

/// The shell that probably reads environment lines. Unknown names are POSIX shells (dash, ksh, busybox), or none (nologin),
/// where scripts are sh's.
pub(crate) fn current_shell(host: &Host) -> Result<Shell, Failure> {
    Ok(match login_shell(host) {
        "fish" => Shell::Fish,
        "zsh" => Shell::Zsh,
        "tcsh" | "csh" => Shell::Tcsh,
        "nu" => Shell::Nu,
        "pwsh" => Shell::Pwsh,
        "" if cfg!(windows) => Shell::Pwsh,
        other @ ("elvish" | "xonsh") => {
            let failure = Failure::new(Exit::Usage, format!("awsauth has no format for {other}, which SHELL names"));
            return Err(failure
                .hint(format!("`awsauth exec NAME -- {other}` starts one that has the credentials"))
                .hint("`--json` and the formats of `--shell` are for other programs"));
        }
        _ => Shell::Bash,
    })
}

/// The shell function for `use`; None if the shell has none.
pub(crate) fn current_hook(host: &Host) -> Option<HookShell> {
    match current_shell(host).ok()? {
        Shell::Bash if login_shell(host) == "bash" => Some(HookShell::Bash),
        Shell::Zsh => Some(HookShell::Zsh),
        Shell::Fish => Some(HookShell::Fish),
        Shell::Pwsh => Some(HookShell::Pwsh),
        _ => None,
    }
}

/// The command line that sets a profile's credentials in a shell without the function.
pub(crate) fn one_line(shell: Shell, name: &str) -> String {
    match shell {
        Shell::Bash => format!(r#"eval "$(awsauth env {name})""#),
        Shell::Zsh => format!(r#"eval "$(awsauth env {name} --shell zsh)""#),
        Shell::Fish => format!("awsauth env {name} --shell fish | source"),
        Shell::Tcsh => format!("eval \"`awsauth env {name} --shell tcsh`\""),
        Shell::Pwsh => format!("awsauth env {name} --shell powershell | Out-String | Invoke-Expression"),
        Shell::Cmd => format!("for /f \"delims=\" %i in ('awsauth env {name} --shell cmd') do @%i"),
        Shell::Nu => format!("awsauth env {name} --shell nu | from json | load-env"),
        Shell::Dotenv => format!("awsauth env {name} --shell dotenv > .env"),
    }
}

/// The hint for a `program` that is not found but may be a shell's line, alias or function.
pub(crate) fn in_shell(program: &str, args: &[OsString], host: &Host) -> Option<String> {
    if program.contains(|character: char| character.is_whitespace() || "|&;<>()$`".contains(character)) {
        let line = shlex::try_quote(program).ok()?;
        return Some(format!("CMD is a program and its arguments; to run a line of shell: `-- sh -c {line}`"));
    }
    let is_no_alias = |character: char| std::path::is_separator(character) || "*?[]'\"".contains(character);
    if program.is_empty() || program.starts_with('-') || program.contains(is_no_alias) {
        return None;
    }
    // Only an interactive shell reads the start-up files that define aliases and functions.
    let (what, shell) = match login_shell(host) {
        shell @ ("bash" | "zsh" | "fish") => ("an alias, a function or a builtin", format!("{shell} -ic")),
        _ => ("a builtin", "sh -c".to_owned()),
    };
    let words = args.iter().map(|word| word.to_str()).collect::<Option<Vec<_>>>()?;
    let line = shlex::try_join(std::iter::once(program).chain(words)).ok()?;
    let line = shlex::try_quote(&line).ok()?;
    Some(format!("if it is {what} of your shell, let the shell run it: `-- {shell} {line}`"))
}
