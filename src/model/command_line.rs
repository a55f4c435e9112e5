//! Owns a program and its arguments, as a person names them. Must not start one.

use thiserror::Error;

/// A program and its arguments, started without a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    program: String,
    args: Vec<String>,
}

/// The reasons for which a list of words is no program with arguments.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ProgramError {
    /// No words, or an empty first one.
    #[error("this list names no program")]
    Nothing,
    /// A path below the current directory.
    #[error("`{0}` would depend on the current directory")]
    Relative(String),
    /// Only a shell would fill in the home directory.
    #[error("there is no shell to fill in the `~` of `{0}`")]
    Tilde(String),
    /// No system takes it in an argument.
    #[error("a program or an argument can't contain the NUL character")]
    Nul,
}

impl CommandLine {
    /// Takes a program, by its absolute path or by a name that is looked up in `PATH`, and its arguments.
    pub(crate) fn new(words: Vec<String>) -> Result<Self, ProgramError> {
        if words.iter().any(|word| word.contains('\0')) {
            return Err(ProgramError::Nul);
        }
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.trim().is_empty()).ok_or(ProgramError::Nothing)?;
        if program.starts_with('~') {
            return Err(ProgramError::Tilde(program));
        }
        let is_name = !program.contains(std::path::is_separator) && !matches!(program.as_str(), "." | "..");
        if !is_name && !std::path::Path::new(&program).is_absolute() {
            return Err(ProgramError::Relative(program));
        }
        Ok(Self { program, args: words.collect() })
    }

    /// An absolute path, or a name without separators.
    pub(crate) fn program(&self) -> &str {
        &self.program
    }

    pub(crate) fn args(&self) -> &[String] {
        &self.args
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(words: &[&str]) -> Result<CommandLine, ProgramError> {
        CommandLine::new(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_program_is_a_name_or_an_absolute_path() {
        let made = process(&["ykman", "oath", "$HOME", ""]).unwrap();
        assert_eq!((made.program(), made.args()), ("ykman", &["oath", "$HOME", ""].map(str::to_owned)[..]));
        let absolute = if cfg!(windows) { r"C:\my tools\code" } else { "/opt/my tools/code" };
        assert!(process(&[absolute]).is_ok());
        for bad in [&[][..], &[""], &[" ", "x"]] {
            assert_eq!(process(bad), Err(ProgramError::Nothing));
        }
        for bad in ["./code", "bin/code", "..", "../code"] {
            assert_eq!(process(&[bad]), Err(ProgramError::Relative(bad.to_owned())));
        }
        assert!(matches!(process(&["~/bin/code"]), Err(ProgramError::Tilde(_))));
        assert_eq!(process(&["code", "a\0b"]), Err(ProgramError::Nul));
    }
}
