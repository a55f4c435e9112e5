//! Owns the table of states, in plain words.

use jiff::Timestamp;

use crate::cli::status::validity::{State, UNAVAILABLE, Validity};
use crate::flow::seconds_left;
use crate::model::Profile;
use crate::render::{Cell, TerminalText, duration, header, table_within};

/// The columns that a narrow terminal shortens or drops, the first one first.
const EXPENDABLE: [usize; 4] = [1, 3, 3, 2];

/// The table in at most `columns`. False if something of it was left out.
pub(crate) fn table(states: &[(&Profile, State)], columns: usize, now: Timestamp) -> (TerminalText, bool) {
    let header = header(["PROFILE", "PATTERN", "ACCOUNT", "ROLE", "STATE", "LEFT"]);
    let rows: Vec<_> =
        std::iter::once(header).chain(states.iter().map(|(profile, state)| row(profile, state, now))).collect();
    table_within(&rows, columns, &EXPENDABLE)
}

fn row(profile: &Profile, state: &State, now: Timestamp) -> Vec<Cell> {
    vec![
        profile.name.as_str().into(),
        profile.pattern().as_str().into(),
        profile.account().unwrap_or("-").into(),
        profile.role_name().unwrap_or("-").into(),
        Cell::styled(state.words(), state.style(now)),
        left(state.validity, now).into(),
    ]
}

impl State {
    /// The state for a person; `word` is that of `--json`.
    pub(crate) fn words(&self) -> &'static str {
        match self.word {
            "renewable" => "renews by itself",
            "expired" => "needs you: expired",
            "no key" => "needs you: no key",
            "none" => "not logged in",
            "refused" => "refused by AWS",
            "key" => "long-term key",
            "external" => "from another program",
            UNAVAILABLE => "unavailable",
            _ => "valid",
        }
    }
}

/// How long nobody will be asked.
fn left(validity: Validity, now: Timestamp) -> String {
    let time = |end: Timestamp| Some(seconds_left(end, now)).filter(|left| *left > 0).map(duration);
    let ago = |end: Timestamp| format!("ended {} ago", duration(seconds_left(now, end)));
    match validity {
        Validity::Until(end) => time(end).unwrap_or_else(|| ago(end)),
        Validity::Ended(Some(end)) => ago(end),
        Validity::Ended(None) => "-".to_owned(),
        Validity::Renewable(end) => {
            end.and_then(time).map_or_else(|| "no known end".to_owned(), |time| format!("{time} or longer"))
        }
        Validity::Unlimited => "no end".to_owned(),
    }
}
