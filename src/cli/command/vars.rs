//! Owns `awsauth vars`.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::load::{ManifestJson, PlaceJson, Reading};
use crate::cli::config::{personal, variables};
use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names;
use crate::manifest::{Audience, Variable};
use crate::render::{Cell, TerminalText, header, table_or_paragraphs};
use crate::source::Position;

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
    #[arg(long, value_name = "NAME=VALUE", value_parser = variables::parse)]
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
    if args.set.is_empty() {
        reading = personal::complete(reading, app)?;
    } else {
        variables::check(&args.set, &reading, "--set", app)?;
        personal::set_variables(&reading.files.personal, &args.set, app)?;
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
        let is_set = |variable: &&Variable| args.set.iter().any(|(name, _)| *name == variable.name);
        let mut uses = reading.loaded.variables.iter().filter(is_set).flat_map(|variable| &variable.uses);
        if reading.loaded.is_in_order() && uses.any(|one| !one.is_device()) {
            out.say("next: `awsauth apply`");
        }
    }
    Ok(if reading.loaded.is_in_order() { Exit::Done } else { Exit::Manifest })
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
