//! Owns the completion scripts of shells, and the form of the answer for each of them. Must not know the candidates.

use super::hook::HookShell;

/// The variable by which a shell's script asks awsauth for candidates. Its value is the shell.
pub(crate) const COMPLETE_VARIABLE: &str = "AWSAUTH_COMPLETE";

/// The shells with completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompletionShell {
    /// A shell of `awsauth hook`.
    Hook(HookShell),
    Elvish,
}

/// The answer to a shell's question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completion {
    /// One of these words, each with its help.
    Words(Vec<(String, Option<String>)>),
    /// A file, which the shell finds and quotes by itself.
    Files,
    /// A command line of its own, which begins at the word of that index.
    Command(usize),
}

impl CompletionShell {
    pub(crate) const ALL: [Self; 5] = {
        let [bash, zsh, fish, pwsh] = HookShell::ALL;
        [Self::Hook(bash), Self::Hook(zsh), Self::Hook(fish), Self::Hook(pwsh), Self::Elvish]
    };

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hook(shell) => shell.name(),
            Self::Elvish => "elvish",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shell| shell.name() == name)
    }

    /// The lines that set completion up. Only PowerShell needs `program`, an expression: its functions lose `--`.
    pub(crate) fn script(self, program: &str) -> String {
        match self {
            Self::Hook(HookShell::Bash) => include_str!("hooks/complete.bash").to_owned(),
            Self::Hook(HookShell::Zsh) => include_str!("hooks/complete.zsh").to_owned(),
            Self::Hook(HookShell::Fish) => include_str!("hooks/complete.fish").to_owned(),
            Self::Hook(HookShell::Pwsh) => include_str!("hooks/complete.ps1").replace("@PROGRAM@", program),
            Self::Elvish => include_str!("hooks/complete.elv").to_owned(),
        }
    }

    /// The answer as the shell's script reads it: a line with the kind, then a line for each word.
    pub(crate) fn answer(self, reply: &Completion) -> String {
        match reply {
            Completion::Files => "files\n".to_owned(),
            Completion::Command(place) => format!("command {place}\n"),
            Completion::Words(words) => {
                let usable = words.iter().filter(|(word, _)| self.takes(word));
                let line = |(word, help): &(String, Option<String>)| match help {
                    Some(help) if self.shows_help() => format!("{word}\t{help}\n"),
                    _ => format!("{word}\n"),
                };
                std::iter::once("words\n".to_owned()).chain(usable.map(line)).collect()
            }
        }
    }

    /// True if the shell inserts `word` as that word. zsh, fish and elvish quote what needs it; bash and PowerShell do not,
    /// so there a candidate with any other character would be evaluated when the line is run.
    fn takes(self, word: &str) -> bool {
        match self {
            Self::Hook(HookShell::Zsh | HookShell::Fish) | Self::Elvish => !word.chars().any(char::is_control),
            Self::Hook(HookShell::Bash | HookShell::Pwsh) => {
                let is_plain = |character: char| character.is_alphanumeric() || "_-./:=+%@".contains(character);
                // `@name` at the beginning is PowerShell's splatting.
                word.chars().all(is_plain) && !(self == Self::Hook(HookShell::Pwsh) && word.starts_with('@'))
            }
        }
    }

    fn shows_help(self) -> bool {
        matches!(self, Self::Hook(HookShell::Zsh | HookShell::Fish | HookShell::Pwsh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_that_a_shell_would_evaluate_is_not_offered_to_it() {
        let words = ["prod", "$(id)", "a b", "`id`", "a;b", "*", "~", "'a'", "zürich", "@x"];
        let reply = Completion::Words(words.map(|word| (word.to_owned(), Some("help".to_owned()))).to_vec());
        assert_eq!(CompletionShell::Hook(HookShell::Bash).answer(&reply), "words\nprod\nzürich\n@x\n");
        assert_eq!(CompletionShell::Hook(HookShell::Pwsh).answer(&reply), "words\nprod\thelp\nzürich\thelp\n");
        assert_eq!(CompletionShell::Hook(HookShell::Zsh).answer(&reply).lines().count(), 1 + words.len());
        let split = Completion::Words(vec![("a\nb".to_owned(), None)]);
        assert!(CompletionShell::ALL.iter().all(|shell| shell.answer(&split) == "words\n"));
    }
}
