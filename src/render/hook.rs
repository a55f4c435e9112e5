//! Owns the shell function that lets `awsauth use` set the shell's own variables. Must not know where the program is.

use super::identity::EnvChange;
use super::lines::{Shell, Unquotable};
use super::quote::{fish, posix, powershell};

/// The variable by which the function asks the program for lines. Its value is the shell.
pub(crate) const HOOK_VARIABLE: &str = "AWSAUTH_HOOK";
/// The variable by which the function tells every other run of the program that it is loaded.
pub(crate) const HOOKED_VARIABLE: &str = "AWSAUTH_HOOKED";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookShell {
    Bash,
    Zsh,
    Fish,
    Pwsh,
}

impl HookShell {
    pub(crate) const ALL: [Self; 4] = [Self::Bash, Self::Zsh, Self::Fish, Self::Pwsh];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Pwsh => "powershell",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shell| shell.name() == name)
    }

    /// The line that loads the function, and the start-up file for it.
    pub(crate) fn installation(self) -> (&'static str, &'static str) {
        match self {
            Self::Bash => (r#"eval "$(awsauth hook bash)""#, "~/.bashrc"),
            Self::Zsh => (r#"eval "$(awsauth hook zsh)""#, "~/.zshrc, below compinit"),
            Self::Fish => ("awsauth hook fish | source", "~/.config/fish/config.fish"),
            Self::Pwsh => ("awsauth hook powershell | Out-String | Invoke-Expression", "$PROFILE"),
        }
    }

    fn shell(self) -> Shell {
        match self {
            Self::Bash => Shell::Bash,
            Self::Zsh => Shell::Zsh,
            Self::Fish => Shell::Fish,
            Self::Pwsh => Shell::Pwsh,
        }
    }

    /// The line that tells the function to evaluate the output. It does nothing; zsh takes no comment at a prompt.
    fn mark(self) -> &'static str {
        match self {
            Self::Bash | Self::Zsh | Self::Fish => ": awsauth use",
            Self::Pwsh => "# awsauth use",
        }
    }

    /// The lines that the function evaluates.
    pub(crate) fn lines(self, change: &EnvChange) -> Result<String, Unquotable> {
        Ok(format!("{}\n{}", self.mark(), change.lines(self.shell())?))
    }

    /// The program's path, quoted; none if the shell can't have it as a word.
    pub(crate) fn word(self, program: &str) -> Option<String> {
        match self {
            Self::Bash | Self::Zsh => posix(program),
            Self::Fish => Some(fish(program)),
            Self::Pwsh => Some(powershell(program)),
        }
    }

    /// The function's definition, in which `word` is the program.
    pub(crate) fn function(self, word: &str) -> String {
        let template = match self {
            Self::Bash => include_str!("hooks/hook.bash"),
            Self::Zsh => include_str!("hooks/hook.zsh"),
            Self::Fish => include_str!("hooks/hook.fish"),
            Self::Pwsh => include_str!("hooks/hook.ps1"),
        };
        // The path comes last: nothing in it may be taken for a place to fill.
        template.replace("@MARK@", self.mark()).replace("@PROGRAM@", word)
    }
}
