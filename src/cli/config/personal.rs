//! Owns writing a person's own values into their own file. Must not know how such a file reads.

use std::path::Path;

use crate::cli::app::App;
use crate::cli::config::load::Reading;
use crate::cli::config::variables;
use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::text_file::change;
use crate::cli::ui::failure::Failure;
use crate::manifest::{self, Audience, SetError, Unfit, toml_key, toml_text};
use crate::source::Source;

/// Sets variables in `[vars]` of the file at `path`, which need not exist; every other byte of it stays.
pub(crate) fn set_variables(path: &Path, values: &[(String, String)], app: App<'_>) -> Result<(), Failure> {
    let set = |source: &Source| {
        manifest::set_variables(source, values).map_err(|error| match error {
            SetError::Unfit(error) => unfit(&error, path),
            SetError::Name(_) | SetError::Nested(_) => Failure::of(Exit::Usage, &error),
        })
    };
    change(path, set, "vars", app)?;
    let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    app.out.say(&format!("wrote {} to {}", names.join(", "), Paths::shown(path)));
    Ok(())
}

/// Asks on a terminal for variables without a value, and writes the answers. Returns what the manifest is then.
pub(crate) fn complete(reading: Reading, app: App<'_>) -> Result<Reading, Failure> {
    let answers = variables::ask(&reading, app)?;
    if answers.is_empty() {
        return Ok(reading);
    }
    set_variables(&reading.files.personal, &answers, app)?;
    Reading::read(app.paths, Audience::Person)
}

/// Sets one of `[settings]`, and says nothing.
pub(crate) fn set_setting(path: &Path, name: &str, value: &str, app: App<'_>) -> Result<(), Failure> {
    let values = [(name.to_owned(), value.to_owned())];
    let set = |source: &Source| manifest::set_keys(source, &["settings"], &values).map_err(|error| unfit(&error, path));
    change(path, set, "store move", app).map(drop)
}

/// Sets a key of the table `[profiles.NAME]`.
pub(crate) fn set_of_profile(path: &Path, name: &str, (key, value): (&str, &str), app: App<'_>) -> Result<(), Failure> {
    let values = [(key.to_owned(), value.to_owned())];
    let set = |source: &Source| {
        manifest::set_keys(source, &["profiles", name], &values).map_err(|error| {
            let lines = [format!("[profiles.{}]", toml_key(name)), format!("{key} = {}", toml_text(value))];
            unfit(&error, path).hint("put this there by hand").lines(lines)
        })
    };
    change(path, set, "mfa list", app)?;
    app.out.say(&format!("wrote `{key}` of [profiles.{name}] to {}", Paths::shown(path)));
    Ok(())
}

/// Removes a key of a table, if the file has it.
pub(crate) fn remove_key(path: &Path, table: &[&str], key: &str, app: App<'_>) -> Result<(), Failure> {
    let remove = |source: &Source| {
        let removed = manifest::remove_key(source, table, key)
            .map_err(|error| unfit(&error, path).hint(format!("remove `{key}` there by hand")))?;
        Ok(removed.unwrap_or_else(|| source.text.clone()))
    };
    change(path, remove, "mfa list", app)?;
    app.out.say(&format!("removed `{key}` from {}", Paths::shown(path)));
    Ok(())
}

fn unfit(error: &Unfit, path: &Path) -> Failure {
    Failure::of(Exit::Refused, error).cause(Paths::shown(path))
}
