//! Owns the list on the terminal from which one profile is chosen.

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::model::Profile;
use crate::prompt::{self, Choice, NoAnswer};
use crate::render::{Cell, table_within};

/// The columns that the list draws before each row.
const MARGIN: usize = 3;
/// The account and the role are shortened, or left out, on a narrow terminal.
const EXPENDABLE: [usize; 2] = [1, 2];

/// Lets the person choose one of `profiles` by name, account, role or `state`, or one of `others`. Not both may be empty.
pub(crate) fn pick(
    question: &str,
    profiles: &[&Profile],
    state: impl Fn(&Profile) -> String,
    others: &[&str],
    out: Out,
) -> Result<String, Failure> {
    let row = |profile: &&Profile| {
        let [account, role] = [profile.account(), profile.role_name()].map(|cell| Cell::from(cell.unwrap_or("-")));
        vec![profile.name.as_str().into(), account, role, state(profile).into()]
    };
    // A table's first row is its header, which the list does not show.
    let header = vec![Cell::from(""); 4];
    let rows: Vec<Vec<Cell>> = std::iter::once(header).chain(profiles.iter().map(row)).collect();
    let (text, _) = table_within(&rows, out.width.saturating_sub(MARGIN), &EXPENDABLE);
    let names = profiles.iter().map(|profile| profile.name.as_str());
    let listed = names.zip(text.as_str().lines().skip(1)).chain(others.iter().map(|other| (*other, *other)));
    let choices = listed.map(|(name, row)| Choice { answer: name.to_owned(), row: row.to_owned() }).collect();
    prompt::choose(question, choices).map_err(|error| match error {
        NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted"),
        error => Failure::of(Exit::Usage, &error),
    })
}
