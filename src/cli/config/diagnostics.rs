//! Owns how findings in the manifest are shown: as text with the source underlined, and as JSON. Must not know the rules.

use std::collections::HashSet;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use crate::cli::paths::Paths;
use crate::cli::ui::names;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::render::TerminalText;
use crate::secret::{mask_values, mask_words};
use crate::source::{Lines, Sources, Span, display_safe, display_safe_in_place};

/// The longest line, in bytes, that is shown whole.
const LONGEST_LINE: usize = 400;
/// A file of 10 MB could have a hundred thousand findings.
const MOST_SHOWN: usize = 50;
const MOST_LISTED: usize = 1000;
/// The longest text, in bytes. A name may be as long as its file, and be in every finding.
const LONGEST_TEXT: usize = 2000;
/// Labels at most this many lines apart share a snippet.
const NEAR: usize = 8;

/// The first findings as rustc shows its own, then the number of all. Empty without findings.
pub(crate) fn diagnostics_text(sources: &Sources, diagnostics: &[Diagnostic], width: usize) -> TerminalText {
    let renderer = Renderer::styled().term_width(width.max(40));
    let listed = first(diagnostics, MOST_SHOWN);
    let pages = Pages::new(sources, &listed, Paths::shown);
    let mut text = String::new();
    for (diagnostic, lines) in listed.iter().zip(lines_once(&listed)) {
        text.push_str(&renderer.render(&[pages.group(diagnostic, &lines)]));
        text.push_str("\n\n");
    }
    if !text.is_empty() {
        text.push_str(&count(diagnostics));
        let cut =
            if diagnostics.len() > MOST_SHOWN { format!("; the first {MOST_SHOWN} are shown") } else { String::new() };
        text.push_str(&cut);
        text.push('\n');
    }
    TerminalText::trusted(text)
}

/// The first finding and the number of all, in one line.
pub(crate) fn diagnostics_line(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let Some(found) = first(diagnostics, 1).pop() else {
        return "the manifest is not complete: run `awsauth check`".to_owned();
    };
    let number = sources.number(found.primary.span);
    let source = sources.get(number);
    let place = source.lines().position(found.primary.span.relative_to(sources.base(number)).start);
    let path = Paths::shown(&source.path);
    let (message, all) = (masked(&found.message), count(diagnostics));
    format!("{path}:{}:{}: {}: {message} ({all}); run `awsauth check`", place.line, place.column, found.code)
}

/// The first `most` findings; where there are more, errors before warnings.
fn first(diagnostics: &[Diagnostic], most: usize) -> Vec<&Diagnostic> {
    if diagnostics.len() <= most {
        return diagnostics.iter().collect();
    }
    let of = |severity| diagnostics.iter().filter(move |found| found.severity == severity);
    of(Severity::Error).chain(of(Severity::Warning)).take(most).collect()
}

/// The lines of each finding, without the tables that one before it has.
fn lines_once<'d>(diagnostics: &[&'d Diagnostic]) -> Vec<Vec<&'d str>> {
    let mut seen = HashSet::new();
    let lines = diagnostics.iter().map(|found| {
        let tables = found.lines.chunk_by(|_, next| !next.starts_with('['));
        tables.filter(|table| seen.insert(*table)).flatten().map(String::as_str).collect()
    });
    lines.collect()
}

/// `3 errors, 1 warning`
fn count(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let parts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| names::count(number, what));
    parts.collect::<Vec<_>>().join(", ")
}

/// The masked beginning of a text that may quote a value: a secret may be in the wrong place.
fn masked(text: &str) -> String {
    // A secret that begins before the cut is whole where it is looked for.
    let text = mask_words(&text[..text.floor_char_boundary(2 * LONGEST_TEXT)]);
    let end = text.floor_char_boundary(LONGEST_TEXT);
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", &text[..end])
}

fn shown(text: &str) -> String {
    display_safe(&masked(text))
}

fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    std::iter::once(&diagnostic.primary).chain(&diagnostic.related)
}

struct Pages<'s> {
    sources: &'s Sources,
    /// By the file's number. None for a file that no finding points at.
    pages: Vec<Option<FindingsPage<'s>>>,
}

/// A file that findings point at.
struct FindingsPage<'s> {
    /// The text without control characters or secrets, with every byte at its place.
    safe: String,
    path: String,
    lines: Lines<'s>,
}

impl<'s> Pages<'s> {
    fn new(sources: &'s Sources, diagnostics: &[&Diagnostic], name: fn(&Path) -> String) -> Self {
        let mut pages: Vec<Option<FindingsPage<'s>>> = sources.iter().map(|_| None).collect();
        for label in diagnostics.iter().flat_map(|found| labels(found)) {
            let number = sources.number(label.span);
            pages[number].get_or_insert_with(|| {
                let source = sources.get(number);
                let safe = display_safe_in_place(&mask_values(&source.text));
                FindingsPage { safe, path: name(&source.path), lines: source.lines() }
            });
        }
        Self { sources, pages }
    }

    /// The page of a label, and the label relative to it.
    fn find(&self, label: &Label) -> (Option<&FindingsPage<'s>>, Label) {
        let number = self.sources.number(label.span);
        let span = label.span.relative_to(self.sources.base(number));
        (self.pages[number].as_ref(), Label { span, text: label.text.clone() })
    }

    fn group<'p>(&'p self, diagnostic: &Diagnostic, lines: &[&str]) -> Group<'p> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(shown(&diagnostic.message)).id(diagnostic.code);
        let mut group = Group::with_title(title);
        let mut pieces: Vec<(&FindingsPage<'s>, Vec<(AnnotationKind, Label)>)> = Vec::new();
        for (index, label) in labels(diagnostic).enumerate() {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let (Some(page), label) = self.find(label) else { continue };
            let is_near = |piece: &&mut (&FindingsPage<'s>, Vec<(AnnotationKind, Label)>)| {
                std::ptr::eq(piece.0, page) && page.is_near(&piece.1[0].1, &label)
            };
            match pieces.iter_mut().find(is_near) {
                Some((_, piece)) => piece.push((kind, label)),
                None => pieces.push((page, vec![(kind, label)])),
            }
        }
        for (page, piece) in pieces {
            group = page.add(group, &piece);
        }
        match &diagnostic.help {
            Some(help) => {
                let lines = lines.iter().map(|line| format!("\n{}", shown(line)));
                group.element(Level::HELP.message(shown(help) + &lines.collect::<String>()))
            }
            None => group,
        }
    }
}

impl FindingsPage<'_> {
    fn is_near(&self, one: &Label, other: &Label) -> bool {
        let line = |label: &Label| self.lines.position(label.span.start).line;
        line(one).abs_diff(line(other)) <= NEAR
            && [one, other].iter().all(|label| {
                let whole = self.lines.span(line(label));
                whole.end - whole.start <= LONGEST_LINE
            })
    }

    fn add<'p>(&'p self, group: Group<'p>, labels: &[(AnnotationKind, Label)]) -> Group<'p> {
        let spans = labels.iter().map(|(_, label)| self.visible(label.span));
        let (mut start, mut end) = (usize::MAX, 0);
        for span in spans {
            let (first, last) = (self.lines.position(span.start).line, self.lines.position(span.end).line);
            start = start.min(self.lines.span(first).start);
            end = end.max(self.lines.span(last).end);
        }
        let place = self.lines.position(labels[0].1.span.start);
        let cut = self.cut(Span::new(start, end), labels[0].1.span);
        let snippet = Snippet::source(&self.safe[cut.start..cut.end])
            .line_start(self.lines.position(cut.start).line)
            .annotations(labels.iter().map(|(kind, label)| {
                let span = self.visible(label.span);
                let within = |offset: usize| offset.clamp(cut.start, cut.end) - cut.start;
                let annotation = kind.span(within(span.start)..within(span.end));
                let text = (!label.text.is_empty()).then(|| shown(&label.text));
                annotation.label(text)
            }));
        let path = display_safe(&self.path);
        let origin = Origin::path(path.clone()).line(place.line).char_column(place.column);
        if cut == Span::new(start, end) {
            group.element(snippet.path(path))
        } else {
            group.element(origin).element(snippet)
        }
    }

    /// The lines, cut to the part around `place` if they are very long.
    fn cut(&self, lines: Span, place: Span) -> Span {
        if lines.end - lines.start <= LONGEST_LINE * NEAR.min(4) {
            return lines;
        }
        let start = place.start.saturating_sub(LONGEST_LINE / 4).max(lines.start);
        let end = (place.start + LONGEST_LINE / 2).min(lines.end);
        Span::new(self.safe.floor_char_boundary(start), self.safe.floor_char_boundary(end))
    }

    /// `span` limited to the text, on character borders.
    fn visible(&self, span: Span) -> Span {
        let start = self.safe.floor_char_boundary(span.start.min(self.safe.len()));
        let end = self.safe.floor_char_boundary(span.end.clamp(start, self.safe.len()));
        Span::new(start, end)
    }
}

/// Lines and columns count from 1, columns in characters.
#[derive(Serialize)]
pub(crate) struct DiagnosticJson {
    #[serde(flatten)]
    place: Option<RangeJson>,
    severity: &'static str,
    code: &'static str,
    message: String,
    label: String,
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    manifest_lines: Vec<String>,
    related: Vec<RelatedJson>,
}

#[derive(Serialize)]
struct RangeJson {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct RelatedJson {
    #[serde(flatten)]
    place: Option<RangeJson>,
    message: String,
}

pub(crate) fn diagnostics_json(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<DiagnosticJson> {
    let listed = first(diagnostics, MOST_LISTED);
    let pages = Pages::new(sources, &listed, Paths::text);
    let place = |label: &Label| {
        let (page, Label { span, .. }) = pages.find(label);
        let page = page?;
        let (start, end) = (page.lines.position(span.start), page.lines.position(span.end));
        Some(RangeJson {
            file: page.path.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        })
    };
    let object = |(diagnostic, lines): (&&Diagnostic, Vec<&str>)| DiagnosticJson {
        place: place(&diagnostic.primary),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: diagnostic.code,
        message: masked(&diagnostic.message),
        label: masked(&diagnostic.primary.text),
        help: diagnostic.help.as_deref().map(masked),
        manifest_lines: lines.into_iter().map(masked).collect(),
        related: diagnostic
            .related
            .iter()
            .map(|label| RelatedJson { place: place(label), message: masked(&label.text) })
            .collect(),
    };
    listed.iter().zip(lines_once(&listed)).map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn alone(path: &str, text: &str) -> Sources {
        let mut sources = Sources::default();
        sources.add(Source::new(path, text));
        sources
    }

    #[test]
    fn a_finding_shows_its_places_in_all_files() {
        let mut sources = alone("a.toml", "one = 1\n");
        sources.add(Source::new("b.toml", "\ntwo = 2\n"));
        let other = Span::new(1, 4).offset_by(sources.base(1));
        let found = Diagnostic::error("some-code", other, "twice").related(Span::new(0, 3), "here too");
        let text = diagnostics_text(&sources, std::slice::from_ref(&found), 100);
        let text = anstream::adapter::strip_str(text.as_str()).to_string();
        let order = ["b.toml:2:1", "two = 2", "a.toml:1:1", "one = 1", "here too"].map(|part| text.find(part).unwrap());
        assert!(order.is_sorted(), "{text}");
        let json = serde_json::to_value(diagnostics_json(&sources, &[found])).unwrap();
        assert_eq!((&json[0]["file"], &json[0]["line"]), (&"b.toml".into(), &2.into()));
        assert_eq!((&json[0]["related"][0]["file"], &json[0]["related"][0]["line"]), (&"a.toml".into(), &1.into()));
    }

    #[test]
    fn of_many_findings_the_first_are_shown_errors_before_warnings_and_all_are_counted() {
        let sources = alone("a.toml", &"x = 1\n".repeat(3000));
        let at = |line: usize| Span::new(line * 6, line * 6 + 1);
        let long = "y ".repeat(50_000);
        let warnings = (0..40).map(|line| Diagnostic::warning("some-warning", at(line), "odd"));
        let errors = (40..2040).map(|line| Diagnostic::error("some-error", at(line), long.as_str()));
        let all: Vec<_> = warnings.chain(errors).collect();
        let text = diagnostics_text(&sources, &all, 100);
        let text = text.as_str();
        assert_eq!((text.matches("some-error").count(), text.matches("some-warning").count()), (50, 0));
        assert!(text.ends_with("2000 errors, 40 warnings; the first 50 are shown\n") && text.len() < 300_000);
        let listed = diagnostics_json(&sources, &all);
        assert_eq!(listed.len(), 1000);
        assert!(!diagnostics_text(&sources, &all[..50], 100).as_str().contains("are shown"));
        let line = diagnostics_line(&sources, &all);
        assert!(
            line.starts_with("a.toml:41:1: some-error: y y") && line.len() < 3000 && !line.contains('\n'),
            "{line}"
        );
        assert!(line.ends_with("(2000 errors, 40 warnings); run `awsauth check`"), "{line}");
    }

    #[test]
    fn foreign_text_reaches_no_terminal() {
        let foreign = "x = \"\u{1b}[31m\u{7}\u{9b}\u{202e}\u{2028}\u{200b}\"\n";
        let sources = alone("a\u{1b}b.toml", foreign);
        let found =
            Diagnostic::error("some-code", Span::new(4, foreign.len() - 1), foreign).label(foreign).help(foreign);
        let text = diagnostics_text(&sources, std::slice::from_ref(&found), 100);
        let text = anstream::adapter::strip_str(text.as_str()).to_string();
        assert!(!text.chars().any(|character| character != '\n' && crate::source::is_unsafe(character)), "{text:?}");
    }

    #[test]
    fn a_finding_in_a_huge_line_is_cut_out_and_keeps_its_column() {
        let text = format!("{}bad{}", "é".repeat(100_000), "x".repeat(100_000));
        let sources = alone("p.toml", &text);
        let found = Diagnostic::error("some-code", Span::new(200_000, 200_003), "wrong");
        let text = diagnostics_text(&sources, &[found], 100);
        let text = anstream::adapter::strip_str(text.as_str()).to_string();
        assert!(text.contains("p.toml:1:100001") && text.len() < 2_000, "{text}");
    }
}
