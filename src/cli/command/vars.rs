//! Owns `awsauth vars`.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::load::{ManifestJson, PlaceJson, Reading};
use crate::cli::config::personal;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::check_replaceable;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names;
use crate::cli::ui::out::Out;
use crate::manifest::{Audience, Variable};
use crate::prompt::{Echo, NoAnswer, Prompt as _, Question, Terminal};
use crate::render::{Cell, TerminalText, header, table_or_paragraphs};
use crate::source::Position;
use crate::system::host::Host;

/// Uses of a variable in the table.
const MOST_USES: usize = 3;

/// Show the manifest's variables, and set your own
///
/// Each variable is shown with its value, where it is set and what uses it. On a terminal, missing values are asked
/// for.
///
/// Values are written to `[vars]` of profiles.local.toml: to the file beside the manifest if only that one exists, else
/// to the one in your configuration directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth vars
  awsauth vars --set user=alice")]
pub(crate) struct Args {
    /// Set a value in your profiles.local.toml; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_value)]
    set: Vec<(String, String)>,
}

/// Sets the given values, or asks for missing ones on a terminal, then shows all variables.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    let mut reading = Reading::read(paths, Audience::Person)?;
    if reading.loaded.variables.is_empty() && !reading.loaded.is_in_order() {
        if out.json {
            out.document(document(&reading))?;
        }
        reading.show(out);
        return Ok(Exit::Manifest);
    }
    let values = if args.set.is_empty() { ask(&reading, host, out)? } else { args.set.clone() };
    check_names(&args.set, &reading)?;
    if !values.is_empty() {
        personal::set_variables(&reading.files.personal, &values, app)?;
        reading = Reading::read(paths, Audience::Person)?;
    }
    if out.json {
        out.document(document(&reading))?;
    } else {
        out.print(&text(&reading, out.columns_of_data(host)))?;
        reading.show(out);
        if reading.loaded.variables.is_empty() {
            out.say("the manifest has no variables");
        }
    }
    Ok(if reading.loaded.is_in_order() { Exit::Done } else { Exit::Manifest })
}

/// The variables that are used and have no value.
fn missing(reading: &Reading) -> impl Iterator<Item = &Variable> {
    reading.loaded.variables.iter().filter(|variable| variable.set_at.is_none() && !variable.uses.is_empty())
}

/// The values that the person gives for missing variables; an empty answer gives none.
fn ask(reading: &Reading, host: &Host, out: Out) -> Result<Vec<(String, String)>, Failure> {
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

/// Refuses a variable that the manifest does not have, which would be a misspelt name, and an empty required one.
fn check_names(values: &[(String, String)], reading: &Reading) -> Result<(), Failure> {
    let known = || reading.loaded.variables.iter().map(|variable| variable.name.as_str());
    for (name, value) in values {
        let is_required = |other: &&Variable| other.name == *name && other.required.is_some();
        if let Some(required) = reading.loaded.variables.iter().find(is_required).filter(|_| value.is_empty()) {
            let words = required.required.as_deref().unwrap_or_default();
            let message = format!("`{name}` can't be empty: {words}");
            return Err(Failure::new(Exit::Usage, message).hint("`--set NAME=VALUE`; nothing was written"));
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

fn text(reading: &Reading, columns: usize) -> TerminalText {
    if reading.loaded.variables.is_empty() {
        return TerminalText::default();
    }
    // The description helps to give a value.
    let is_open = |variable: &Variable| variable.set_at.is_none() && variable.required.is_some();
    let is_described = reading.loaded.variables.iter().any(is_open);
    let mut header = header(["NAME", "VALUE", "SET IN", "USED BY", "DESCRIPTION"]);
    header.truncate(if is_described { 5 } else { 4 });
    let rows = reading.loaded.variables.iter().map(|variable| {
        let mut cells =
            vec![variable.name.clone(), shown_value(variable), set_in(variable, reading), used_by(variable)];
        if is_described {
            cells.push(variable.required.clone().unwrap_or_else(|| "-".to_owned()));
        }
        cells.into_iter().map(Cell::from).collect()
    });
    table_or_paragraphs(&std::iter::once(header).chain(rows).collect::<Vec<_>>(), columns)
}

fn shown_value(variable: &Variable) -> String {
    match (&variable.value, variable.set_at) {
        (Some(value), _) => value.clone(),
        (None, Some(_)) => "wrong".to_owned(),
        (None, None) => "missing".to_owned(),
    }
}

fn set_in(variable: &Variable, reading: &Reading) -> String {
    let Some(at) = variable.set_at else { return "-".to_owned() };
    let (path, Position { line, .. }) = reading.files.layers.sources().locate(at);
    format!("{}:{line}", Paths::shown(path))
}

fn used_by(variable: &Variable) -> String {
    let mut keys: Vec<&str> = variable.uses.iter().map(|one| one.key.as_str()).collect();
    keys.dedup();
    if keys.is_empty() { "-".to_owned() } else { names::first(MOST_USES, keys) }
}

#[derive(Serialize)]
struct VarsJson {
    #[serde(flatten)]
    manifest: ManifestJson,
    personal: String,
    variables: Vec<VariableJson>,
}

#[derive(Serialize)]
struct VariableJson {
    name: String,
    value: Option<String>,
    set_in: Option<PlaceJson>,
    required: Option<String>,
    used_by: Vec<UseJson>,
}

#[derive(Serialize)]
struct UseJson {
    #[serde(flatten)]
    place: PlaceJson,
    key: String,
}

fn document(reading: &Reading) -> VarsJson {
    let variable = |variable: &Variable| VariableJson {
        name: variable.name.clone(),
        value: variable.value.clone(),
        set_in: variable.set_at.map(|at| reading.place(at)),
        required: variable.required.clone(),
        used_by: variable
            .uses
            .iter()
            .map(|one| UseJson { place: reading.place(one.at), key: one.key.clone() })
            .collect(),
    };
    VarsJson {
        manifest: reading.document(),
        personal: Paths::text(&reading.files.personal),
        variables: reading.loaded.variables.iter().map(variable).collect(),
    }
}

fn parse_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a name and a value, such as user=alice")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}
