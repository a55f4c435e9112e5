//! Owns environment lines for each shell, quoted so that no value can break out.

use serde_json::{Map, Value};
use thiserror::Error;

use super::identity::EnvChange;
use super::quote::{fish, posix, powershell, tcsh};

/// The languages of environment lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    /// bash, and every other POSIX shell.
    Bash,
    Zsh,
    Fish,
    /// tcsh, and csh
    Tcsh,
    Pwsh,
    Cmd,
    Nu,
    /// A `.env` file.
    Dotenv,
}

impl Shell {
    /// The line that makes the evaluation fail, changes nothing, and ends no interactive shell. None where nothing is evaluated.
    pub(crate) fn failing_line(self) -> Option<&'static str> {
        match self {
            Self::Bash | Self::Zsh | Self::Fish => Some("false\n"),
            Self::Tcsh => Some("false;\n"),
            Self::Pwsh => Some("throw 'awsauth env failed'\n"),
            // `exit /b 1` at a prompt would end cmd itself.
            Self::Cmd => Some("cmd /c exit 1\r\n"),
            // `load-env` takes records only.
            Self::Nu => Some("\"awsauth env failed\"\n"),
            Self::Dotenv => None,
        }
    }
}

/// A value that can't be written for a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{name} has a character that can't be written safely for this shell")]
pub(crate) struct Unquotable {
    /// Its value is not shown.
    name: &'static str,
}

impl EnvChange {
    /// The lines that make the change when `shell` reads them.
    pub(crate) fn lines(&self, shell: Shell) -> Result<String, Unquotable> {
        if let Some((name, _)) = self.set.iter().find(|(_, value)| !is_plain(value.expose())) {
            return Err(Unquotable { name });
        }
        if shell == Shell::Nu {
            return Ok(self.record());
        }
        let mut text = self.unset_lines(shell);
        for (name, value) in &self.set {
            text.push_str(&set_line(name, value.expose(), shell).ok_or(Unquotable { name })?);
        }
        Ok(text)
    }

    fn unset_lines(&self, shell: Shell) -> String {
        let each = |line: fn(&String) -> String| self.unset.iter().map(line).collect();
        match shell {
            _ if self.unset.is_empty() => String::new(),
            // Without -v, bash takes away a function of that name.
            Shell::Bash | Shell::Zsh => format!("unset -v {}\n", self.unset.join(" ")),
            // Each `set -e` ends one scope's. A universal variable can't be hidden, only erased.
            Shell::Fish => each(|name| format!("while set -e {name}; end\n")),
            Shell::Tcsh => each(|name| format!("unsetenv {name};\n")),
            Shell::Pwsh => each(|name| format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n")),
            Shell::Cmd => each(|name| format!("set {name}=\r\n")),
            // nushell is given a record; a file of settings can't take one away.
            Shell::Nu | Shell::Dotenv => String::new(),
        }
    }

    /// A JSON record for `load-env`: nushell has no `eval`, and passes null variables on to no program.
    fn record(&self) -> String {
        let unset = self.unset.iter().map(|name| (name.clone(), Value::Null));
        let set = self.set.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.expose())));
        format!("{}\n", Value::Object(unset.chain(set).collect::<Map<_, _>>()))
    }
}

/// True for printable ASCII, which is all that AWS gives out. Any other character could break out of its quotes: PowerShell
/// reads a program's output by the console's code page, where a byte of another character may turn into a typographic quote,
/// which it takes for a quote.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// None if the shell has no form of the value that it gives back unchanged.
fn set_line(name: &str, value: &str, shell: Shell) -> Option<String> {
    match shell {
        Shell::Bash | Shell::Zsh => Some(format!("export {name}={}\n", posix(value)?)),
        Shell::Fish => Some(format!("set -gx {name} {}\n", fish(value))),
        Shell::Tcsh => Some(format!("setenv {name} {};\n", tcsh(value)?)),
        Shell::Pwsh => Some(format!("$Env:{name} = {}\n", powershell(value))),
        // cmd has no quoting that holds inside and outside of batch files.
        Shell::Cmd if value.contains(['"', '%', '!', '^', '&', '|', '<', '>']) => None,
        Shell::Cmd => Some(format!("set \"{name}={value}\"\r\n")),
        // Bare is what all readers understand alike, `docker run --env-file` among them, which keeps quotes.
        Shell::Dotenv if is_bare(value) => Some(format!("{name}={value}\n")),
        // python-dotenv takes `\` and `${…}` in single quotes for more than themselves, others do not.
        Shell::Dotenv if value.contains(['\'', '\\', '$']) => None,
        Shell::Dotenv => Some(format!("{name}='{value}'\n")),
        Shell::Nu => None,
    }
}

/// True if a value needs no quotes in a `.env` file, like every key, token, time and region that AWS gives out.
fn is_bare(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=._:@%,-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const SHELLS: [Shell; 8] =
        [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Tcsh, Shell::Pwsh, Shell::Cmd, Shell::Nu, Shell::Dotenv];

    fn lines(value: &str, shell: Shell) -> Option<String> {
        EnvChange { set: vec![("K", Secret::new(value))], unset: vec!["OLD".to_owned()] }.lines(shell).ok()
    }

    #[test]
    fn each_shell_has_its_own_syntax() {
        for (shell, expected) in [
            (Shell::Bash, "unset -v OLD\nexport K='a/b+c='\n"),
            (Shell::Zsh, "unset -v OLD\nexport K='a/b+c='\n"),
            (Shell::Fish, "while set -e OLD; end\nset -gx K 'a/b+c='\n"),
            (Shell::Tcsh, "unsetenv OLD;\nsetenv K 'a/b+c=';\n"),
            (Shell::Pwsh, "Remove-Item Env:OLD -ErrorAction SilentlyContinue\n$Env:K = 'a/b+c='\n"),
            (Shell::Cmd, "set OLD=\r\nset \"K=a/b+c=\"\r\n"),
            (Shell::Nu, "{\"OLD\":null,\"K\":\"a/b+c=\"}\n"),
            (Shell::Dotenv, "K=a/b+c=\n"),
        ] {
            assert_eq!(lines("a/b+c=", shell).as_deref(), Some(expected), "{shell:?}");
        }
    }

    #[test]
    fn a_hostile_value_is_quoted_or_refused() {
        let hostile = "'; $(touch x) `y` \"%PATH%\" '@ \\";
        let line = |shell| lines(hostile, shell).and_then(|text| Some(text.split_once('\n')?.1.to_owned()));
        assert_eq!(line(Shell::Fish).unwrap(), "set -gx K '\\'; $(touch x) `y` \"%PATH%\" \\'@ \\\\'\n");
        assert_eq!(line(Shell::Pwsh).unwrap(), "$Env:K = '''; $(touch x) `y` \"%PATH%\" ''@ \\'\n");
        assert_eq!(
            lines(hostile, Shell::Nu).unwrap(),
            "{\"OLD\":null,\"K\":\"'; $(touch x) `y` \\\"%PATH%\\\" '@ \\\\\"}\n"
        );
        assert_eq!((line(Shell::Tcsh), line(Shell::Cmd), line(Shell::Dotenv)), (None, None, None));
    }

    #[test]
    fn what_is_not_printable_ascii_is_refused_for_every_shell() {
        for shell in SHELLS {
            for bad in ["a\nb", "a\rb", "a\0b", "a\tb", "a\u{7f}b", "\u{2019}; calc", "\u{112}", "🦀", "\u{1b}[2J"] {
                assert_eq!(lines(bad, shell), None, "{bad:?} {shell:?}");
            }
        }
    }

    #[test]
    fn a_cmd_value_has_nothing_that_cmd_reads() {
        for bad in ["a\"b", "%PATH%", "a!b", "a^b", "a&b", "a|b", "<a", ">a"] {
            assert_eq!(lines(bad, Shell::Cmd), None, "{bad}");
        }
        assert_eq!(lines("-a b\\", Shell::Cmd).unwrap(), "set OLD=\r\nset \"K=-a b\\\"\r\n");
    }

    #[test]
    fn a_dotenv_value_is_bare_or_in_single_quotes_that_all_readers_take_alike() {
        for (value, expected) in [
            ("2026-01-01T00:00:00Z", Some("K=2026-01-01T00:00:00Z\n")),
            ("a b#c\"`!~", Some("K='a b#c\"`!~'\n")),
            ("~", Some("K='~'\n")),
            ("", Some("K=''\n")),
            ("it's", None),
            ("a\\", None),
            ("${HOME}", None),
        ] {
            assert_eq!(lines(value, Shell::Dotenv).as_deref(), expected, "{value}");
        }
    }
}
