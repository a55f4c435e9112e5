//! Owns what `list --why` says of one profile: which matrix or table makes it, and where each of its keys comes from.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::load::{ManifestJson, PlaceJson, Reading};
use crate::cli::exit::Exit;
use crate::cli::explain::unknown_name;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::{GeneratedBy, KeyOrigin, LeftOut, Loaded, Origin, Provenance, toml_key};
use crate::model::Glob;
use crate::render::{Cell, TerminalText, header, table_or_paragraphs};
use crate::source::{Position, Span};

pub(crate) fn run(name: &str, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    if Glob::is_meant(name) {
        return Err(Failure::new(Exit::Usage, "`--why` takes one name, not a glob")
            .hint(format!("`awsauth list '{name}'` lists the profiles that match")));
    }
    let reading = Reading::read_with_why(paths, name)?;
    let is_in_order = reading.loaded.is_in_order();
    // A mistake that hides names may hide this one.
    let may_be_hidden = !is_in_order && (reading.loaded.profiles_unknown || reading.loaded.catalog.is_none());
    if reading.loaded.provenance.is_none() && reading.loaded.left_out.is_empty() && !may_be_hidden {
        return Err(unknown(name, &reading, paths));
    }
    let explanation = ProfileExplanation { name, reading: &reading };
    if out.json {
        out.document(explanation.document())?;
    } else {
        out.print(&explanation.text(out.columns_of_data(host)))?;
        reading.show_some(&explanation.findings(), out);
    }
    Ok(if is_in_order { Exit::Done } else { Exit::Manifest })
}

fn unknown(name: &str, reading: &Reading, paths: Paths<'_>) -> Failure {
    let Loaded { catalog, matrices, .. } = &reading.loaded;
    let no_matrix = if *matrices > 0 { "no matrix makes it or leaves it out; " } else { "" };
    let otherwise = format!("{no_matrix}`awsauth list` lists the profiles");
    let catalog = catalog.as_ref().map_or_else(Cow::default, Cow::Borrowed);
    unknown_name::unknown_profile(name, &catalog, &reading.loaded, &unknown_name::aws_files(paths), otherwise)
}

struct ProfileExplanation<'q> {
    name: &'q str,
    reading: &'q Reading,
}

impl ProfileExplanation<'_> {
    /// All errors, and the warnings about this profile or about what profiles share.
    fn findings(&self) -> Vec<Diagnostic> {
        let is_shown = |found: &&Diagnostic| {
            let profiles = &found.profiles;
            found.severity == Severity::Error || profiles.is_empty() || profiles.iter().any(|name| name == self.name)
        };
        self.reading.loaded.diagnostics.iter().filter(is_shown).cloned().collect()
    }

    /// The matrices that leave it out, where it is not made all the same.
    fn left_out(&self) -> impl Iterator<Item = &LeftOut> {
        let is_generated = self.reading.loaded.provenance.is_some();
        self.reading.loaded.left_out.iter().filter(move |_| !is_generated)
    }

    /// `FILE:LINE`
    fn place(&self, at: Span) -> String {
        let (path, Position { line, .. }) = self.reading.files.layers.sources().locate(at);
        format!("{}:{line}", Paths::shown(path))
    }

    /// The name at a place, without quotes.
    fn word(&self, at: Span) -> String {
        let text = self.reading.files.layers.sources().text(at).unwrap_or_default();
        text.trim_matches(['"', '\'']).to_owned()
    }

    /// The profile's own table.
    fn table(&self) -> String {
        format!("[profiles.{}]", toml_key(self.name))
    }

    fn text(&self, columns: usize) -> TerminalText {
        let left_out = self.left_out().map(|LeftOut { matrix, by }| {
            let (label, at, by) = (self.word(*matrix), self.place(*matrix), self.place(*by));
            format!("[matrix.{label}] ({at}) makes no `{}`: it is left out at {by}.", self.name)
        });
        let mut text = TerminalText::lines(left_out);
        if let Some(why) = &self.reading.loaded.provenance {
            text += TerminalText::lines(self.made(why).into_iter().chain(self.written(why)).chain(self.wrong()));
            text += self.keys(why, columns);
        }
        text
    }

    /// The sentence about the matrix that makes the profile.
    fn made(&self, why: &Provenance) -> Option<String> {
        let GeneratedBy { matrix, account, role } = why.generated.as_ref()?;
        let role = why.role.as_ref().zip(*role);
        let role = role.map(|(name, at)| format!(" and the role `{name}` ({})", self.place(at))).unwrap_or_default();
        Some(format!(
            "`{}` is made by [matrix.{}] ({}) for the account `{}` ({}){role}.",
            self.name,
            self.word(*matrix),
            self.place(*matrix),
            self.word(*account),
            self.place(*account)
        ))
    }

    /// The sentence about the profile's own table.
    fn written(&self, why: &Provenance) -> Option<String> {
        let (table, place) = (self.table(), self.place(why.written_at?));
        Some(match why.generated {
            Some(_) => format!("{table} ({place}) wins over that, key by key."),
            None => format!("`{}` is written in {table} ({place}).", self.name),
        })
    }

    /// The sentence about the errors that leave the profile out: its own, or those of a profile on its chain.
    fn wrong(&self) -> Option<String> {
        let loaded = &self.reading.loaded;
        let has_error = |name: &str| {
            let is_own =
                |found: &Diagnostic| found.severity == Severity::Error && found.profiles.iter().any(|one| one == name);
            loaded.diagnostics.iter().any(is_own)
        };
        let (mut next, mut seen) = (self.name, HashSet::new());
        while let Some(wrong) = loaded.wrong.iter().find(|wrong| wrong.name == next).filter(|_| seen.insert(next)) {
            if has_error(next) {
                let cause = if next == self.name { "it".to_owned() } else { format!("its source `{next}`") };
                return Some(format!("`{}` is left out: {cause} has errors.", self.name));
            }
            let Some(source) = &wrong.source else { break };
            next = source;
        }
        (!seen.is_empty()).then(|| format!("`{}` is left out for these errors.", self.name))
    }

    /// A table of the keys, after an empty line.
    fn keys(&self, why: &Provenance, columns: usize) -> TerminalText {
        if why.keys.is_empty() {
            return TerminalText::default();
        }
        let rows = why.keys.iter().map(|told| {
            let variables = told.variables.iter().map(|(name, at)| format!("${{{name}}} {}", self.place(*at)));
            let places: Vec<String> = std::iter::once(self.place(told.at)).chain(variables).collect();
            [&told.key, &told.value, &self.origin_of(told, why), &places.join(", ")].map(Cell::from).to_vec()
        });
        let rows: Vec<_> = std::iter::once(header(["KEY", "VALUE", "FROM", "WHERE"])).chain(rows).collect();
        let mut text = TerminalText::lines([""]);
        text += table_or_paragraphs(&rows, columns);
        text
    }

    /// The table that a key is written in.
    fn origin_of(&self, told: &KeyOrigin, why: &Provenance) -> String {
        match (told.origin, &why.generated) {
            (Origin::Matrix, Some(made)) => format!("[matrix.{}]", self.word(made.matrix)),
            (Origin::Account, Some(made)) => format!("[accounts] {}", self.word(made.account)),
            (Origin::Defaults, _) => "[defaults]".to_owned(),
            _ => self.table(),
        }
    }

    fn document(&self) -> WhyJson {
        let place = |at: Span| self.reading.place(at);
        let named = |at: Span| NamedJson { place: place(at), name: Some(self.word(at)) };
        let why = self.reading.loaded.provenance.as_ref();
        let key = |told: &KeyOrigin, why: &Provenance| KeyJson {
            key: told.key.clone(),
            value: told.value.clone(),
            table: self.origin_of(told, why),
            place: place(told.at),
            variables: told
                .variables
                .iter()
                .map(|(name, at)| NamedJson { place: place(*at), name: Some(name.clone()) })
                .collect(),
        };
        let made_by = |made: &GeneratedBy, why: &Provenance| MadeByJson {
            matrix: named(made.matrix),
            account: named(made.account),
            role: made.role.map(|at| NamedJson { place: place(at), name: why.role.clone() }),
        };
        WhyJson {
            manifest: self.reading.document_of(&self.findings()),
            profile: self.name.to_owned(),
            made_by: why.and_then(|why| why.generated.as_ref().map(|made| made_by(made, why))),
            written_at: why.and_then(|why| why.written_at).map(place),
            keys: why.map(|why| why.keys.iter().map(|told| key(told, why)).collect()),
            left_out_by: self
                .left_out()
                .map(|left_out| LeftOutJson { matrix: named(left_out.matrix), place: place(left_out.by) })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct WhyJson {
    #[serde(flatten)]
    manifest: ManifestJson,
    profile: String,
    made_by: Option<MadeByJson>,
    written_at: Option<PlaceJson>,
    keys: Option<Vec<KeyJson>>,
    left_out_by: Vec<LeftOutJson>,
}

#[derive(Serialize)]
struct MadeByJson {
    matrix: NamedJson,
    account: NamedJson,
    role: Option<NamedJson>,
}

#[derive(Serialize)]
struct KeyJson {
    key: String,
    value: String,
    table: String,
    place: PlaceJson,
    variables: Vec<NamedJson>,
}

#[derive(Serialize)]
struct LeftOutJson {
    matrix: NamedJson,
    place: PlaceJson,
}

#[derive(Serialize)]
struct NamedJson {
    #[serde(flatten)]
    place: PlaceJson,
    name: Option<String>,
}
