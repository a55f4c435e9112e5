//! Owns asking a person for the values of the manifest's variables. Must not write them.

use crate::cli::app::App;
use crate::cli::config::load::Reading;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::check_replaceable;
use crate::cli::ui::failure::Failure;
use crate::diagnostic::Severity;
use crate::manifest::{Use, Variable};
use crate::prompt::{Echo, NoAnswer, Prompt as _, Question, Terminal};

/// Parses `NAME=VALUE` of a flag.
pub(crate) fn parse(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a name and a value, such as user=alice")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// The variables that are used and have no value.
pub(crate) fn missing(reading: &Reading) -> impl Iterator<Item = &Variable> {
    reading.loaded.variables.iter().filter(|variable| variable.set_at.is_none() && !variable.uses.is_empty())
}

/// The values that the person gives for missing variables, asked for until the manifest is valid with them; an empty answer, for
/// a variable that is not required, gives none.
pub(crate) fn ask(reading: &Reading, app: App<'_>) -> Result<Vec<(String, String)>, Failure> {
    if app.out.json || !app.host.is_interactive() || missing(reading).next().is_none() {
        return Ok(Vec::new());
    }
    check_replaceable(&reading.files.personal)?;
    loop {
        let mut values = Vec::new();
        for variable in missing(reading) {
            let value = ask_for(variable, &Paths::shown(&reading.files.personal))?;
            values.extend(value.map(|value| (variable.name.clone(), value)));
        }
        let Some(wrong) = wrong_with(&values, reading, app)? else { return Ok(values) };
        app.out.say(&format!("{}; once more", first_error(&wrong)));
    }
}

/// One finding says what is wrong with an answer, in however many places it is used.
fn first_error(wrong: &Reading) -> String {
    let first = wrong.loaded.diagnostics.iter().find(|found| found.severity == Severity::Error);
    let words = first.map(|found| [&*found.message, &*found.primary.text].join(": "));
    words.unwrap_or_default().trim_end_matches(": ").to_owned()
}

fn ask_for(variable: &Variable, file: &str) -> Result<Option<String>, Failure> {
    type Fits = fn(&str) -> bool;
    let or_login = if variable.uses.iter().all(Use::is_device) {
        "; or Ctrl-C: after `awsauth keys add NAME`, `awsauth login NAME` finds your device"
    } else {
        ""
    };
    let (text, help, fits, complaint) = match &variable.required {
        Some(words) => (
            format!("{} ({words}):", variable.name),
            format!("goes to {file}{or_login}"),
            (|answer| !answer.trim().is_empty() && !answer.contains("${")) as Fits,
            "a value is needed here, without `${`; Ctrl-C ends this, and no value is written",
        ),
        None => (
            format!("{}:", variable.name),
            format!("goes to {file}; Enter leaves it out"),
            (|answer| !answer.contains("${")) as Fits,
            "a value can't contain `${`",
        ),
    };
    let question = Question { text: &text, help: &help, fits, complaint, echo: Echo::Shown, facts: &[] };
    let answer = Terminal.ask(question).map_err(|error| match error {
        NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted; no value was written"),
        other => Failure::of(Exit::Usage, &other).hint("`awsauth vars --set NAME=VALUE` gives it without a terminal"),
    })?;
    Ok(Some(answer.expose().trim().to_owned()).filter(|answer| !answer.is_empty()))
}

/// The manifest with these values, if they are what makes it invalid.
fn wrong_with(values: &[(String, String)], reading: &Reading, app: App<'_>) -> Result<Option<Reading>, Failure> {
    // Whoever writes them refuses a variable in a value.
    if values.iter().any(|(_, value)| value.contains("${")) {
        return Ok(None);
    }
    let trial = Reading::read_assuming(app.paths, values)?;
    Ok(Some(trial).filter(|trial| reading.loaded.lacks_only_values() && !trial.loaded.lacks_only_values()))
}

/// Refuses, among the values of `flag`, a variable that the manifest does not have, which would be a misspelt name, an empty
/// required one, and those that make the manifest invalid.
pub(crate) fn check(values: &[(String, String)], reading: &Reading, flag: &str, app: App<'_>) -> Result<(), Failure> {
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
            let longer = || known().find(|other| other.starts_with(name.as_str()) && !name.is_empty());
            return Err(match explain::nearest(name, known()).or_else(longer) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`awsauth vars` lists the variables, `awsauth check` says what is wrong"),
            });
        }
    }
    let Some(wrong) = wrong_with(values, reading, app)? else { return Ok(()) };
    wrong.show(app.out);
    Err(Failure::new(Exit::Usage, format!("the manifest is invalid with this `{flag}`; no value was written")))
}
