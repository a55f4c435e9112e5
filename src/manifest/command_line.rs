//! Owns reading a program and its arguments out of `[settings]`. Must not start one.

use super::document::table;
use super::document::tree::{KeyValue, Text};
use super::findings::codes;
use super::findings::sink::Sink;
use crate::diagnostic::Diagnostic;
use crate::model::{CommandLine, ProgramError};

pub(super) fn command_line(entry: &KeyValue<'_>, example: &str, sink: &mut Sink) -> Option<CommandLine> {
    let texts = table::texts(entry, example, sink)?;
    if texts.iter().filter(|text| has_variable(**text, sink)).count() > 0 {
        return None;
    }
    let error = match CommandLine::new(texts.iter().map(|text| text.value.to_owned()).collect()) {
        Ok(process) => return Some(process),
        Err(error) => error,
    };
    let help = match error {
        ProgramError::Nothing => format!("write, for example, `{} = {example}`", entry.name),
        ProgramError::Relative(_) | ProgramError::Tilde(_) => {
            "write the whole path, or a name that is looked up in PATH".to_owned()
        }
        ProgramError::Nul => "remove it".to_owned(),
    };
    let at = texts.first().map_or(entry.node.at, |program| program.at);
    sink.push(Diagnostic::error(codes::BAD_PROGRAM, at, error.to_string()).help(help));
    None
}

/// Reports variables, which are not expanded here: a shared file could define them, and the text may be a program to run.
pub(super) fn has_variable(text: Text<'_>, sink: &mut Sink) -> bool {
    let has_variable = text.value.contains("${");
    if has_variable {
        let message = "variables are not expanded in `[settings]`";
        sink.push(Diagnostic::error(codes::BAD_VARIABLE, text.at, message).help("write the value itself"));
    }
    has_variable
}
