//! Owns the drawing of steps and of the tools' answers for a terminal. Must not decide what they say.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use crate::cli::paths::Paths;
use crate::cli::show::advice::Outcome;
use crate::cli::show::step::{FilePlace, Kept, Lasts, Step};
use crate::cli::show::verdict::Verdict;
use crate::readers::Reader;
use crate::render::{Cell, TerminalText, duration, header, table_wrapped};
use crate::secret::mask_words;
use crate::source::display_safe;

/// The narrowest and the widest column of values; a longer value has its place on a line of its own.
const SHORTEST: usize = 20;
const LONGEST: usize = 100;
/// The widest column of tools.
const READERS: usize = 26;

/// The steps, numbered, each with its parameters and where these come from.
pub(crate) fn steps(steps: &[Step], columns: usize) -> TerminalText {
    let places = steps.iter().flat_map(|step| {
        let lasts = step.lasts.iter().filter_map(|lasts| lasts.place.as_ref());
        step.facts.iter().filter_map(|fact| fact.place.as_ref()).chain(lasts)
    });
    let files: BTreeSet<&PathBuf> = places.map(|place| &place.file).collect();
    let shown = |place: &FilePlace| {
        let name = place.file.file_name();
        let is_alone = files.iter().filter(|file| file.file_name() == name).count() < 2;
        let file = name.filter(|_| is_alone).map(|name| name.display().to_string());
        format!("{}:{}", file.unwrap_or_else(|| Paths::shown(&place.file)), place.line)
    };
    let drawn: Vec<Vec<[String; 3]>> = steps.iter().map(|step| lines(step, shown)).collect();
    let all = || drawn.iter().flatten();
    let width = |text: &String| text.chars().count();
    let label = all().map(|line| width(&line[0])).max().unwrap_or(0);
    let place = all().map(|line| width(&line[2])).max().unwrap_or(0);
    let fits = columns.saturating_sub(label + place + 7).clamp(SHORTEST, LONGEST);
    let beside = all().filter(|line| !line[2].is_empty()).map(|line| width(&line[1]));
    let value = beside.filter(|width| *width <= fits).max().unwrap_or(0);
    let mut text = TerminalText::default();
    for (number, (step, lines)) in (1..).zip(steps.iter().zip(&drawn)) {
        let what = step.call.or(step.gives).unwrap_or_default();
        let bold = Style::new().bold();
        let profile = display_safe(&step.profile);
        text += TerminalText::trusted(format!("{number}  {bold}{what}{bold:#}, for [{profile}]\n"));
        for [key, shown, place] in lines {
            let line = format!("   {key:label$}  {shown:value$}");
            if place.is_empty() || width(shown) <= value {
                text += TerminalText::lines([format!("{line}  {place}").trim_end()]);
            } else {
                text += TerminalText::lines([line, format!("   {:label$}  {:value$}  {place}", "", "")]);
            }
        }
    }
    text
}

/// Label, value and place of each line.
fn lines(step: &Step, shown: impl Fn(&FilePlace) -> String) -> Vec<[String; 3]> {
    let place = |place: &Option<FilePlace>| place.as_ref().map(&shown).unwrap_or_default();
    let mut lines: Vec<[String; 3]> =
        step.facts.iter().map(|fact| [fact.key.to_owned(), fact.value.clone(), place(&fact.place)]).collect();
    if let Some(Lasts { seconds, why, place: at }) = &step.lasts {
        let value = seconds.map_or_else(|| why.clone(), |seconds| format!("{} ({why})", duration(seconds)));
        lines.push(["lasts".to_owned(), value, place(at)]);
    }
    if let Some(kept) = &step.kept {
        lines.push(["kept".to_owned(), kept_words(kept), String::new()]);
        lines.extend(kept.places.iter().map(|place| [String::new(), format!("in {place}"), String::new()]));
    }
    lines
}

fn kept_words(kept: &Kept) -> String {
    let end = kept.expires_at.as_ref().and_then(|end| end.parse::<Timestamp>().ok());
    let words = match (end, kept.seconds_left) {
        (Some(end), Some(left)) if left > 0 => {
            format!("for {}, until {}", duration(left), end.strftime("%Y-%m-%d %H:%M UTC"))
        }
        (Some(end), _) => format!("ended at {}", end.strftime("%Y-%m-%d %H:%M UTC")),
        (None, _) => "nothing".to_owned(),
    };
    kept.is_for.as_ref().map_or_else(|| words.clone(), |portal| format!("{words}, and is for {}", mask_words(portal)))
}

/// The table of tools.
pub(crate) fn readers(verdicts: &[Verdict], columns: usize) -> TerminalText {
    let row = |verdict: &Verdict| {
        let style = match verdict.outcome {
            Outcome::Works => Style::new(),
            Outcome::Asks | Outcome::WithoutMfa | Outcome::LoggedOut => AnsiColor::Yellow.on_default(),
            Outcome::Fails | Outcome::OtherIdentity => AnsiColor::Red.on_default(),
        };
        let mut cells = vec![Cell::from(names(&verdict.readers)), Cell::styled(&verdict.does, style)];
        cells.extend(verdict.remedy.as_ref().map(|remedy| Cell::from(format!("→ {remedy}"))));
        cells
    };
    let rows = std::iter::once(header(["READER", "WHAT IT DOES"]));
    let rows: Vec<Vec<Cell>> = rows.chain(verdicts.iter().map(row)).collect();
    table_wrapped(&rows, columns, READERS)
}

pub(crate) fn names(readers: &[Reader]) -> String {
    if readers.len() == Reader::ALL.len() {
        return "all".to_owned();
    }
    let both = readers.contains(&Reader::AwsCli1) && readers.contains(&Reader::AwsCli2);
    let name = |reader: &Reader| match reader {
        Reader::AwsCli1 if both => None,
        Reader::AwsCli2 if both => Some("AWS CLI v1 and v2"),
        reader => Some(reader.name()),
    };
    readers.iter().filter_map(name).collect::<Vec<_>>().join(", ")
}
