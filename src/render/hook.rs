//! Owns the shell function behind which `awsauth use` sets the shell's own variables. Must not know where the program is.

use super::completion::CompletionShell;
use super::identity::Change;
use super::lines::{Shell, Unquotable};
use super::quote::{fish, posix, powershell};

/// The variable by which the function asks the program for lines, and says in which language.
pub(crate) const HOOK_VARIABLE: &str = "AWSAUTH_HOOK";

/// The languages that have such a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookShell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Pwsh,
}

impl HookShell {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Bash, Self::Zsh, Self::Fish, Self::Pwsh];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Pwsh => "powershell",
        }
    }

    /// The line of a start-up file that brings the function, and the file.
    pub(crate) fn installation(self) -> (&'static str, &'static str) {
        match self {
            Self::Bash => (r#"eval "$(awsauth hook bash)""#, "~/.bashrc"),
            Self::Zsh => (r#"eval "$(awsauth hook zsh)""#, "~/.zshrc, below compinit"),
            Self::Fish => ("awsauth hook fish | source", "~/.config/fish/config.fish"),
            Self::Pwsh => ("awsauth hook powershell | Out-String | Invoke-Expression", "$PROFILE"),
        }
    }

    /// The language of its environment lines.
    fn shell(self) -> Shell {
        match self {
            Self::Bash => Shell::Bash,
            Self::Zsh => Shell::Zsh,
            Self::Fish => Shell::Fish,
            Self::Pwsh => Shell::Pwsh,
        }
    }

    /// The same shell as one that completes.
    pub(crate) fn completion(self) -> CompletionShell {
        match self {
            Self::Bash => CompletionShell::Bash,
            Self::Zsh => CompletionShell::Zsh,
            Self::Fish => CompletionShell::Fish,
            Self::Pwsh => CompletionShell::Pwsh,
        }
    }

    /// What the function knows lines by that it has to evaluate. It does nothing; zsh takes no comment at a prompt.
    fn mark(self) -> &'static str {
        match self {
            Self::Bash | Self::Zsh | Self::Fish => ": awsauth use",
            Self::Pwsh => "# awsauth use",
        }
    }

    /// What the function evaluates to make the change.
    pub(crate) fn lines(self, change: &Change) -> Result<String, Unquotable> {
        Ok(format!("{}\n{}", self.mark(), change.lines(self.shell())?))
    }

    /// The program's path as a word; none if the shell has no such word.
    pub(crate) fn word(self, program: &str) -> Option<String> {
        match self {
            Self::Bash | Self::Zsh => posix(program),
            Self::Fish => Some(fish(program)),
            Self::Pwsh => Some(powershell(program)),
        }
    }

    /// The function's definition; `word` stands for the program.
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
