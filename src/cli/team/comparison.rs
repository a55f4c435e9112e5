//! Owns how the difference between two manifests is told: as text, as Markdown, as JSON.

use std::fmt::Write as _;

use anstyle::AnsiColor;
use serde::Serialize;

use crate::cli::ui::names::count;
use crate::manifest::{Difference, FieldChange, Fields, Loaded, differences};
use crate::render::{Cell, TerminalText, header, markdown_code, markdown_table, table_within};
use crate::secret::mask_words;

/// What the account and the role of a new profile, or of one that is gone, tell already.
const IN_COLUMNS: [&str; 3] = ["sso_account_id", "sso_role_name", "role_arn"];
/// The columns of the text that are shortened, then left out, on a narrow terminal.
const EXPENDABLE: [usize; 2] = [3, 3];

/// Two manifests as a team shares them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison<'c> {
    pub(crate) before: &'c Loaded,
    pub(crate) after: &'c Loaded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Added,
    Changed,
    Removed,
}

impl<'c> Comparison<'c> {
    /// By name.
    fn profiles(self) -> Vec<Difference<'c>> {
        let all = differences(&self.before.effective.profiles, &self.after.effective.profiles);
        self.certain(all)
    }

    fn sessions(self) -> Vec<Difference<'c>> {
        let all = differences(&self.before.effective.sessions, &self.after.effective.sessions);
        self.certain(all)
    }

    /// Where the names of one side are not known, nothing counts as added or removed.
    fn certain(self, mut all: Vec<Difference<'c>>) -> Vec<Difference<'c>> {
        all.retain(|one| match change(one) {
            Change::Added => !self.before.profiles_unknown,
            Change::Removed => !self.after.profiles_unknown,
            Change::Changed => true,
        });
        all
    }

    pub(crate) fn is_empty(self) -> bool {
        self.profiles().is_empty() && self.sessions().is_empty()
    }

    /// `2 profiles added, 1 changed; 1 SSO session removed`
    pub(crate) fn summary(self) -> String {
        let parts = [("profile", self.profiles()), ("SSO session", self.sessions())];
        let parts: Vec<String> = parts.iter().filter_map(|(what, all)| counted(what, all)).collect();
        let is_whole = self.before.is_in_order() && self.after.is_in_order();
        match (parts.is_empty(), is_whole) {
            (true, true) => "no profile or SSO session changes in effect".to_owned(),
            (true, false) => "nothing differs as far as it can be read".to_owned(),
            (false, true) => parts.join("; "),
            (false, false) => format!("{} as far as it can be read", parts.join("; ")),
        }
    }

    /// One line for each profile and SSO session, and below it one for each key that changes. What changes alike is told once.
    pub(crate) fn text(self, columns: usize) -> TerminalText {
        let (profiles, sessions) = (self.profiles(), self.sessions());
        let all = profiles.iter().map(|one| (one, "")).chain(sessions.iter().map(|one| (one, " (SSO session)")));
        let all: Vec<_> = all.collect();
        if all.is_empty() {
            return TerminalText::default();
        }
        let row = |(one, kind): &(&Difference<'_>, &str)| {
            let (word, style) = match change(one) {
                Change::Added => ("added", AnsiColor::Green.on_default()),
                Change::Changed => ("changed", AnsiColor::Yellow.on_default()),
                Change::Removed => ("removed", AnsiColor::Red.on_default()),
            };
            let cells = [format!("{}{kind}", one.name), sides(one, Fields::account), sides(one, Fields::role)];
            std::iter::once(Cell::styled(word, style)).chain(cells.map(Cell::from)).collect::<Vec<_>>()
        };
        let rows: Vec<_> =
            std::iter::once(header(["CHANGE", "NAME", "ACCOUNT", "ROLE"])).chain(all.iter().map(row)).collect();
        let (table, _) = table_within(&rows, columns, &EXPENDABLE);
        let mut lines = table.as_str().lines();
        let mut text = TerminalText::trusted(format!("{}\n", lines.next().unwrap_or_default()));
        let mut groups: Vec<(Change, Vec<String>, Vec<&str>)> = Vec::new();
        for ((one, _), line) in all.iter().zip(lines) {
            let told: Vec<String> = told(one).iter().map(Told::text).collect();
            match groups.iter_mut().find(|(kind, other, _)| *kind == change(one) && *other == told) {
                Some((.., lines)) => lines.push(line),
                None => groups.push((change(one), told, vec![line])),
            }
        }
        for (_, told, lines) in groups {
            text += TerminalText::trusted(lines.join("\n") + "\n");
            let each = if lines.len() > 1 { "each: " } else { "" };
            text += TerminalText::lines(told.iter().map(|told| format!("    {each}{told}")));
        }
        text
    }

    /// A table for a comment. `since` names what is compared with.
    pub(crate) fn markdown(self, since: &str) -> String {
        let mut page = format!("**AWS profiles**: {}, compared with {}.\n", self.summary(), markdown_code(since));
        for (side, loaded) in [("before", self.before), ("now", self.after)] {
            if !loaded.is_in_order() {
                _ = write!(page, "\nThe manifest is **invalid** {side}: not everything can be compared.\n");
            }
        }
        for (title, all) in [("Profile", self.profiles()), ("SSO session", self.sessions())] {
            if all.is_empty() {
                continue;
            }
            let rows: Vec<Vec<String>> = all.iter().map(markdown_row).collect();
            let (table, left_out) = markdown_table(&["Change", title, "Account", "Role", "What"], &rows);
            _ = write!(page, "\n{table}");
            if left_out > 0 {
                _ = write!(page, "\nand {left_out} more, which have no room here: `awsauth diff` lists them.\n");
            }
        }
        page
    }

    pub(crate) fn document(self) -> ComparisonJson {
        let list = |all: Vec<Difference<'_>>| all.iter().map(DifferenceJson::of).collect();
        ComparisonJson { profiles: list(self.profiles()), sso_sessions: list(self.sessions()) }
    }
}

fn change(one: &Difference<'_>) -> Change {
    match (one.before, one.after) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Changed,
    }
}

fn counted(what: &str, all: &[Difference<'_>]) -> Option<String> {
    let number = |wanted| all.iter().filter(|one| change(one) == wanted).count();
    let kinds = [(Change::Added, "added"), (Change::Changed, "changed"), (Change::Removed, "removed")];
    let kinds = kinds.map(|(kind, word)| (number(kind), word)).into_iter().filter(|(number, _)| *number > 0);
    let mut parts: Vec<String> = kinds.map(|(number, word)| format!("{number} {word}")).collect();
    let first = parts.first_mut()?;
    let (number, word) = first.split_once(' ')?;
    *first = format!("{} {word}", count(number.parse().ok()?, what));
    Some(parts.join(", "))
}

/// The account or the role before and after, told once where it stays.
fn sides(one: &Difference<'_>, of: fn(&Fields) -> Option<&str>) -> String {
    let [before, after] = [one.before, one.after].map(|keys| keys.and_then(of).map(mask_words));
    match (before, after) {
        (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
        (before, after) => after.or(before).unwrap_or_else(|| "-".to_owned()),
    }
}

/// A key that changes, or a fact of what is new or gone.
struct Told<'d> {
    key: &'d str,
    values: Vec<String>,
}

impl Told<'_> {
    fn text(&self) -> String {
        format!("{}: {}", self.key, self.values.join(" → "))
    }

    fn markdown(&self) -> String {
        let values: Vec<String> = self.values.iter().map(|value| markdown_code(value)).collect();
        format!("{}: {}", markdown_code(self.key), values.join(" → "))
    }
}

fn told<'d>(one: &Difference<'d>) -> Vec<Told<'d>> {
    let value = |value: Option<&str>| value.map_or_else(|| "(none)".to_owned(), mask_words);
    let changed = |FieldChange { key, before, after }| Told { key, values: vec![value(before), value(after)] };
    match one.before.xor(one.after) {
        None => one.keys().into_iter().map(changed).collect(),
        Some(whole) => {
            let keys = whole.iter().filter(|(key, _)| !IN_COLUMNS.contains(key));
            keys.map(|(key, only)| Told { key, values: vec![value(Some(only))] }).collect()
        }
    }
}

fn markdown_row(one: &Difference<'_>) -> Vec<String> {
    let word = match change(one) {
        Change::Added => "added",
        Change::Changed => "changed",
        Change::Removed => "**removed**",
    };
    let what: Vec<String> = told(one).iter().map(Told::markdown).collect();
    let cells = [one.name, &sides(one, Fields::account), &sides(one, Fields::role)].map(markdown_code);
    std::iter::once(word.to_owned()).chain(cells).chain([what.join("<br>")]).collect()
}

#[derive(Serialize)]
pub(crate) struct ComparisonJson {
    profiles: Vec<DifferenceJson>,
    sso_sessions: Vec<DifferenceJson>,
}

#[derive(Serialize)]
struct DifferenceJson {
    name: String,
    change: Change,
    account: SidesJson,
    role: SidesJson,
    keys: Vec<KeyJson>,
}

#[derive(Serialize)]
struct SidesJson {
    before: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
struct KeyJson {
    key: String,
    #[serde(flatten)]
    values: SidesJson,
}

impl DifferenceJson {
    fn of(one: &Difference<'_>) -> Self {
        let sides = |of: fn(&Fields) -> Option<&str>| {
            let [before, after] = [one.before, one.after].map(|keys| keys.and_then(of).map(mask_words));
            SidesJson { before, after }
        };
        let keys = one.keys().into_iter().map(|FieldChange { key, before, after }| {
            let [before, after] = [before, after].map(|value| value.map(mask_words));
            KeyJson { key: key.to_owned(), values: SidesJson { before, after } }
        });
        Self {
            name: one.name.to_owned(),
            change: change(one),
            account: sides(Fields::account),
            role: sides(Fields::role),
            keys: keys.collect(),
        }
    }
}
