//! Owns asking a person for the values of the manifest's variables. Must not write them.

use crate::cli::config::load::Reading;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::check_replaceable;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::manifest::Variable;
use crate::prompt::{Echo, NoAnswer, Prompt as _, Question, Terminal};
use crate::system::host::Host;

/// Parses `NAME=VALUE` of a flag.
pub(crate) fn parse(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a name and a value, such as user=alice")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// The variables that are used and have no value.
pub(crate) fn missing(reading: &Reading) -> impl Iterator<Item = &Variable> {
    reading.loaded.variables.iter().filter(|variable| variable.set_at.is_none() && !variable.uses.is_empty())
}

/// The values that the person gives for missing variables; an empty answer gives none.
pub(crate) fn ask(reading: &Reading, host: &Host, out: Out) -> Result<Vec<(String, String)>, Failure> {
    let mut values = Vec::new();
    if out.json || !host.is_interactive() {
        return Ok(values);
    }
    let help = format!("goes to {}; Enter leaves it out", Paths::shown(&reading.files.personal));
    if missing(reading).next().is_some() {
        check_replaceable(&reading.files.personal)?;
    }
    for variable in missing(reading) {
        let text = match &variable.required {
            Some(words) => format!("{} ({words}):", variable.name),
            None => format!("{}:", variable.name),
        };
        let question = Question {
            text: &text,
            help: &help,
            fits: |answer| !answer.contains("${"),
            complaint: "a value can't contain `${`",
            echo: Echo::Shown,
            facts: &[],
        };
        let answer = Terminal.ask(question).map_err(|error| match error {
            NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted; nothing was written"),
            other => Failure::of(Exit::Usage, &other).hint("`--set NAME=VALUE` gives it without a terminal"),
        })?;
        let answer = answer.expose().trim();
        if !answer.is_empty() {
            values.push((variable.name.clone(), answer.to_owned()));
        }
    }
    Ok(values)
}

/// Refuses, among the values of `flag`, a variable that the manifest does not have, which would be a misspelt name, and an empty required one.
pub(crate) fn check(values: &[(String, String)], reading: &Reading, flag: &str) -> Result<(), Failure> {
    let known = || reading.loaded.variables.iter().map(|variable| variable.name.as_str());
    for (name, value) in values {
        let is_required = |other: &&Variable| other.name == *name && other.required.is_some();
        if let Some(required) = reading.loaded.variables.iter().find(is_required).filter(|_| value.is_empty()) {
            let words = required.required.as_deref().unwrap_or_default();
            let message = format!("`{name}` can't be empty: {words}");
            return Err(Failure::new(Exit::Usage, message).hint(format!("`{flag} NAME=VALUE`; nothing was written")));
        }
        if !known().any(|other| other == name) {
            let failure = Failure::new(Exit::Usage, format!("the manifest has no variable `{name}`"));
            return Err(match explain::nearest(name, known()) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`awsauth vars` lists the variables, `awsauth check` says what is wrong"),
            });
        }
    }
    Ok(())
}
