//! Owns the last steps of a manifest that is new on this machine, or newer: the values that it wants of the person, and `apply`.

use serde_json::{Map, Value};

use crate::cli::app::App;
use crate::cli::apply::manifest::{Way, apply};
use crate::cli::apply::run::Caller;
use crate::cli::config::load::Reading;
use crate::cli::config::{personal, variables};
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::manifest::{Audience, Variable};
use crate::plan::Permission;

/// Sets `values` in the personal file, asks for those that are missing, and applies. `facts` begin the document.
pub(crate) fn finish(
    values: &[(String, String)],
    is_agreed: bool,
    caller: Caller,
    facts: &Map<String, Value>,
    app: App<'_>,
) -> Result<Exit, Failure> {
    complete(values, is_agreed, caller, facts, app).map_err(|failure| match failure.exit {
        // "Nothing was written" would be wrong: the clone has moved.
        Exit::Refused | Exit::Interrupted if failure.is_line() => Failure::one_line(
            failure.exit,
            "the manifest is in place, and AWS's files are as they were; `awsauth apply` does what is left",
        ),
        Exit::Refused => failure.hint("the manifest is in place; `awsauth apply` does what is left"),
        _ => failure,
    })
}

fn complete(
    values: &[(String, String)],
    is_agreed: bool,
    caller: Caller,
    facts: &Map<String, Value>,
    app: App<'_>,
) -> Result<Exit, Failure> {
    let mut reading = Reading::read(app.paths, Audience::Person)?;
    variables::check(values, &reading, "--var", app)?;
    if !values.is_empty() {
        personal::set_variables(&reading.files.personal, values, app)?;
        reading = Reading::read(app.paths, Audience::Person)?;
    }
    if let Some(failure) = unset(&personal::complete(reading, app)?) {
        return Err(failure);
    }
    apply(if is_agreed { Way::Write } else { Way::Ask }, Permission::default(), false, caller, facts, app)
}

/// The failure where nobody has given a value that each person supplies.
fn unset(reading: &Reading) -> Option<Failure> {
    let missing: Vec<&Variable> = variables::missing(reading).filter(|one| one.required.is_some()).collect();
    let first = missing.first()?;
    let describe = |one: &&Variable| format!("{} ({})", one.name, one.required.as_deref().unwrap_or_default());
    let names: Vec<String> = missing.iter().map(describe).collect();
    let failure = Failure::new(Exit::Usage, format!("the manifest wants of you: {}", names.join(", ")));
    Some(failure.hint(format!(
        "give each one with `--var {}=VALUE`, or set it with `awsauth vars` and run `awsauth apply`",
        first.name
    )))
}
