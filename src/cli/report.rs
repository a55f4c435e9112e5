//! Owns how findings in the manifest are shown: as text with the source underlined, and as JSON. Must not print, or know
//! the rules.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use super::places::Places;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::secret::{mask_values, mask_words};
use crate::source::{Lines, Sources, Span, display_safe, display_safe_in_place};

/// Lines longer than this, in bytes, are shown only around the place.
const LONGEST_LINE: usize = 400;
/// Places nearer than this, in lines, are shown as one piece.
const NEAR: usize = 8;

/// All findings as rustc shows its own, in colour (`Out` takes that off again where it is not wanted), and a line that
/// counts them. Empty without findings.
pub(crate) fn diagnostics_text(sources: &Sources, diagnostics: &[Diagnostic], width: usize) -> String {
    let renderer = Renderer::styled().term_width(width.max(40));
    let pages = Pages::new(sources, diagnostics, Places::shown);
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[pages.group(diagnostic)]));
        text.push_str("\n\n");
    }
    if !text.is_empty() {
        text.push_str(&count(diagnostics));
        text.push('\n');
    }
    text
}

/// `3 errors, 1 warning`
fn count(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let words = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let parts = [words(of(Severity::Error), "error"), words(of(Severity::Warning), "warning")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What a finding says of a value, which may be a secret in the wrong place.
fn shown(text: &str) -> String {
    display_safe(&mask_words(text))
}

/// Every place that a finding points at.
fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    std::iter::once(&diagnostic.primary).chain(&diagnostic.related)
}

/// The files that findings point at.
struct Pages<'s> {
    sources: &'s Sources,
    /// By number; none for a file that no finding points at.
    pages: Vec<Option<Page<'s>>>,
}

/// What the findings of one file are shown on.
struct Page<'s> {
    /// The text, harmless, byte for byte as long as the original.
    safe: String,
    /// The file's name, harmless.
    path: String,
    /// The lines of the original.
    lines: Lines<'s>,
}

impl<'s> Pages<'s> {
    fn new(sources: &'s Sources, diagnostics: &[Diagnostic], name: fn(&Path) -> String) -> Self {
        let mut pages: Vec<Option<Page<'s>>> = sources.iter().map(|_| None).collect();
        for label in diagnostics.iter().flat_map(labels) {
            let number = sources.number(label.span);
            pages[number].get_or_insert_with(|| {
                let source = sources.get(number);
                let safe = display_safe_in_place(&mask_values(&source.text));
                Page { safe, path: display_safe(&name(&source.path)), lines: source.lines() }
            });
        }
        Self { sources, pages }
    }

    /// The page that a label is on, and the label as it counts there.
    fn find(&self, label: &Label) -> (Option<&Page<'s>>, Label) {
        let number = self.sources.number(label.span);
        let span = label.span.counted_from(self.sources.base(number));
        (self.pages[number].as_ref(), Label { span, text: label.text.clone() })
    }

    fn group<'p>(&'p self, diagnostic: &Diagnostic) -> Group<'p> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(shown(&diagnostic.message)).id(diagnostic.code);
        let mut group = Group::with_title(title);
        let mut pieces: Vec<(&Page<'s>, Vec<(AnnotationKind, Label)>)> = Vec::new();
        for (index, label) in labels(diagnostic).enumerate() {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let (Some(page), label) = self.find(label) else { continue };
            let is_near = |piece: &&mut (&Page<'s>, Vec<(AnnotationKind, Label)>)| {
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
                let lines = diagnostic.lines.iter().map(|line| format!("\n{}", shown(line)));
                group.element(Level::HELP.message(shown(help) + &lines.collect::<String>()))
            }
            None => group,
        }
    }
}

impl Page<'_> {
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
        let origin = Origin::path(self.path.as_str()).line(place.line).char_column(place.column);
        if cut == Span::new(start, end) {
            group.element(snippet.path(self.path.as_str()))
        } else {
            group.element(origin).element(snippet)
        }
    }

    /// The lines, or of very long ones only the part round `place`.
    fn cut(&self, lines: Span, place: Span) -> Span {
        if lines.end - lines.start <= LONGEST_LINE * NEAR.min(4) {
            return lines;
        }
        let start = place.start.saturating_sub(LONGEST_LINE / 4).max(lines.start);
        let end = (place.start + LONGEST_LINE / 2).min(lines.end);
        Span::new(self.safe.floor_char_boundary(start), self.safe.floor_char_boundary(end))
    }

    /// A place within the text and on character borders.
    fn visible(&self, span: Span) -> Span {
        let start = self.safe.floor_char_boundary(span.start.min(self.safe.len()));
        let end = self.safe.floor_char_boundary(span.end.clamp(start, self.safe.len()));
        Span::new(start, end)
    }
}

/// All findings as an array of objects; lines and columns count from 1, columns count characters.
pub(crate) fn diagnostics_json(sources: &Sources, diagnostics: &[Diagnostic]) -> Value {
    let pages = Pages::new(sources, diagnostics, Places::text);
    let place = |label: &Label| {
        let (Some(page), Label { span, .. }) = pages.find(label) else { return json!({}) };
        let (start, end) = (page.lines.position(span.start), page.lines.position(span.end));
        json!({
            "file": page.path,
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
        })
    };
    let related = |label: &Label| {
        let mut value = place(label);
        value["message"] = json!(shown(&label.text));
        value
    };
    let object = |diagnostic: &Diagnostic| {
        let mut value = place(&diagnostic.primary);
        value["severity"] = json!(match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        });
        value["code"] = json!(diagnostic.code);
        value["message"] = json!(shown(&diagnostic.message));
        value["label"] = json!(shown(&diagnostic.primary.text));
        value["help"] = json!(diagnostic.help.as_deref().map(shown));
        if !diagnostic.lines.is_empty() {
            value["manifest_lines"] = diagnostic.lines.iter().map(|line| shown(line)).collect();
        }
        value["related"] = diagnostic.related.iter().map(related).collect();
        value
    };
    diagnostics.iter().map(object).collect()
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
        let other = Span::new(1, 4).behind(sources.base(1));
        let found = Diagnostic::error("some-code", other, "twice").related(Span::new(0, 3), "here too");
        let text = diagnostics_text(&sources, std::slice::from_ref(&found), 100);
        let text = anstream::adapter::strip_str(&text).to_string();
        let order = ["b.toml:2:1", "two = 2", "a.toml:1:1", "one = 1", "here too"].map(|part| text.find(part).unwrap());
        assert!(order.is_sorted(), "{text}");
        let json = diagnostics_json(&sources, &[found]);
        assert_eq!((&json[0]["file"], &json[0]["line"]), (&json!("b.toml"), &json!(2)));
        assert_eq!((&json[0]["related"][0]["file"], &json[0]["related"][0]["line"]), (&json!("a.toml"), &json!(1)));
    }

    #[test]
    fn foreign_text_reaches_no_terminal() {
        let foreign = "x = \"\u{1b}[31m\u{7}\u{9b}\u{202e}\u{2028}\u{200b}\"\n";
        let sources = alone("a\u{1b}b.toml", foreign);
        let found =
            Diagnostic::error("some-code", Span::new(4, foreign.len() - 1), foreign).label(foreign).help(foreign);
        let text = diagnostics_text(&sources, std::slice::from_ref(&found), 100);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(!text.chars().any(|character| character != '\n' && crate::source::is_unsafe(character)), "{text:?}");
        let json = diagnostics_json(&sources, &[found]).to_string();
        assert!(!json.chars().any(crate::source::is_unsafe), "{json:?}");
    }

    #[test]
    fn a_finding_in_a_huge_line_is_cut_out_and_keeps_its_column() {
        let text = format!("{}bad{}", "é".repeat(100_000), "x".repeat(100_000));
        let sources = alone("p.toml", &text);
        let found = Diagnostic::error("some-code", Span::new(200_000, 200_003), "wrong");
        let text = diagnostics_text(&sources, &[found], 100);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.contains("p.toml:1:100001") && text.len() < 2_000, "{text}");
    }
}
