//! Owns the changes that can be made to a file, each as an [`Edit`] in the file's own style. Must not apply them.

use std::borrow::Cow;

use super::document::Document;
use super::line::{BYTE_ORDER_MARK, LineKind};
use super::portable::{self, EditError};
use super::python_space;
use super::section::{DEFAULTS, FileKind, Section, SectionId};
use super::splice::Edit;
use super::style::Style;

/// A value to write.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum NewValue<'a> {
    /// One line.
    Text(Cow<'a, str>),
    /// A nested block: `key =` with one deeper line for each pair.
    Nested(Vec<(Cow<'a, str>, Cow<'a, str>)>),
}

impl<'a> From<&'a str> for NewValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

/// A section to write. Has no `Debug`, since values may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct NewSection<'a> {
    pub(crate) id: SectionId,
    pub(crate) entries: Vec<(Cow<'a, str>, NewValue<'a>)>,
}

impl NewSection<'_> {
    /// Adds the section to `text`, from its header through its last line end; fails on anything outside the portable
    /// subset.
    pub(crate) fn render(&self, text: &mut String, kind: FileKind, style: &Style) -> Result<(), EditError> {
        portable::push_header(text, &self.id, kind)?;
        text.push_str(style.newline);
        check_unique(&self.entries)?;
        for (key, value) in &self.entries {
            portable::check_key(key)?;
            text.push_str(key);
            match value {
                NewValue::Text(value) => push_value(text, key, value, style)?,
                NewValue::Nested(pairs) => push_nested(text, key, pairs, style)?,
            }
            text.push_str(style.newline);
        }
        Ok(())
    }
}

/// Adds the separator and the value that follow a key, without the last line end.
fn push_value(text: &mut String, key: &str, value: &str, style: &Style) -> Result<(), EditError> {
    portable::check_value(key, value)?;
    text.push_str(if value.is_empty() { style.separator.trim_end() } else { style.separator });
    text.push_str(value);
    Ok(())
}

/// Always with ` = ` between key and value: the form that all parsers are known to agree on.
fn push_nested(
    text: &mut String,
    key: &str,
    pairs: &[(Cow<'_, str>, Cow<'_, str>)],
    style: &Style,
) -> Result<(), EditError> {
    check_unique(pairs)?;
    if pairs.is_empty() {
        return Err(EditError::Value { key: key.to_owned(), defect: portable::Defect::Empty });
    }
    text.push_str(style.separator.trim_end());
    for (key, value) in pairs {
        portable::check_key(key)?;
        portable::check_value(key, value)?;
        text.extend([style.newline, "  ", key, " = ", value]);
    }
    Ok(())
}

/// Sections have few keys, and pairs of them are compared faster than hashed.
fn check_unique<T>(pairs: &[(Cow<'_, str>, T)]) -> Result<(), EditError> {
    let repeated = pairs.iter().enumerate().find(|(at, (key, _))| pairs[..*at].iter().any(|(other, _)| other == key));
    match repeated {
        Some((_, (key, _))) => Err(EditError::Key { key: key.to_string() }),
        None => Ok(()),
    }
}

impl Document<'_> {
    /// Gives `key` that value: in place of the value that counts now, comments in it included, or on a new line after the
    /// section's last entry. Not in `[DEFAULT]`, whose keys speak for every section.
    pub(crate) fn set(&self, section: &Section, key: &str, value: &str) -> Result<Edit, EditError> {
        portable::check_key(key)?;
        if self.is_defaults(section) {
            return Err(EditError::Name { name: DEFAULTS.to_owned() });
        }
        let Some(entry) = self.own_entry(section, key) else {
            return self.insert(section, key, value);
        };
        portable::check_value(key, value)?;
        let end = python_space::trim(self.bytes(), entry.range()).end;
        let (start, space) = if entry.value().is_empty() {
            (entry.after_delimiter(self.bytes()), self.style().after_delimiter())
        } else {
            (entry.value().start, "")
        };
        Ok(Edit { range: start..end, bytes: [space, value].concat().into_bytes() })
    }

    fn insert(&self, section: &Section, key: &str, value: &str) -> Result<Edit, EditError> {
        let newline = self.style().newline;
        let mut line = self.insert_indent(section);
        line.push_str(key);
        push_value(&mut line, key, value, &self.style())?;
        let at = section.body_end;
        // Other edits at the end of a file without a last line end bring their own, so this one must not.
        let is_ended = self.bytes()[..at].ends_with(b"\n") || self.bytes()[..at].ends_with(b"\r");
        let text = if is_ended { [&*line, newline].concat() } else { [newline, &line].concat() };
        Ok(Edit { range: at..at, bytes: text.into_bytes() })
    }

    /// As deep as the last entry, and never less deep than the next header, which would become part of the value.
    fn insert_indent(&self, section: &Section) -> String {
        let own = match self.entries(section).last() {
            Some(entry) => entry.range().start..entry.key().start,
            None => section.range.start..section.header.start,
        };
        let next = self.sections().get(self.position(section) + 1);
        let next = next.map_or(0..0, |next| next.range.start..next.header.start);
        let deeper = python_space::depth(&self.bytes()[next.clone()]) > python_space::depth(&self.bytes()[own.clone()]);
        self.text(if deeper { &next } else { &own }).into_owned()
    }

    /// Takes every entry of `key` out, in whole lines.
    pub(crate) fn remove_key(&self, section: &Section, key: &str) -> Vec<Edit> {
        let key = python_space::lower(key.as_bytes());
        let entries = self.entries(section).iter().filter(|entry| entry.lower_key(self.bytes()) == key);
        entries.map(|entry| Edit { range: entry.range(), bytes: Vec::new() }).collect()
    }

    /// Removes a section from its header through its last entry, with one blank line above it if one stays below. Comments
    /// and blank lines after the last entry stay.
    pub(crate) fn remove_section(&self, section: &Section) -> Result<Edit, EditError> {
        self.remove_around(section, section.header_line, section.body_end)
    }

    /// [`Document::remove_section`] from the line `first`, by index, to the offset `end`.
    pub(crate) fn remove_around(&self, section: &Section, first: usize, end: usize) -> Result<Edit, EditError> {
        let position = self.position(section);
        if let Some(next) = self.sections().get(position + 1) {
            self.check_exposed(&self.sections()[..position], next)?;
        }
        let lines = self.lines();
        let is_blank = |index: usize| lines.get(index).is_none_or(|line| line.kind == LineKind::Blank);
        let below = lines.partition_point(|line| line.range().start < end);
        let blank = first.checked_sub(1).filter(|above| is_blank(*above) && is_blank(below));
        Ok(Edit { range: lines[blank.unwrap_or(first)].content().start..end, bytes: Vec::new() })
    }

    /// Looks at all sections above, since the ones between may be taken out as well.
    fn check_exposed(&self, above: &[Section], next: &Section) -> Result<(), EditError> {
        let header = python_space::depth(&self.bytes()[next.range.start..next.header.start]);
        let entries = || above.iter().filter_map(|section| self.entries(section).last());
        let depth = |line_start: usize, key: usize| python_space::depth(&self.bytes()[line_start..key]);
        if header > 0 && entries().any(|entry| depth(entry.range().start, entry.key().start) < header) {
            return Err(EditError::IndentedHeader { line: next.header_line + 1 });
        }
        Ok(())
    }

    /// Changes the header alone.
    pub(crate) fn rename_section(&self, section: &Section, id: &SectionId) -> Result<Edit, EditError> {
        let mut header = String::new();
        portable::push_header(&mut header, id, self.kind())?;
        Ok(Edit { range: section.header.clone(), bytes: header.into_bytes() })
    }

    /// Adds a section at the end of the file. The caller has made sure that the file does not have it yet.
    pub(crate) fn append(&self, section: &NewSection<'_>) -> Result<Edit, EditError> {
        let mut text = self.gap();
        section.render(&mut text, self.kind(), &self.style())?;
        let end = self.bytes().len();
        Ok(Edit { range: end..end, bytes: text.into_bytes() })
    }

    /// The text between the end of the file and a line added there: a missing line end, and a blank line if sections have
    /// one between them.
    pub(crate) fn gap(&self) -> String {
        let style = self.style();
        let mut gap = String::new();
        let Some(last) = self.lines().last().filter(|_| self.bytes() != BYTE_ORDER_MARK) else {
            return gap;
        };
        match &self.bytes()[last.ending()] {
            b"" => gap.push_str(style.newline),
            // A line feed right after it would be part of that line's end, and no line of its own.
            b"\r" if style.newline == "\n" && style.blank_between && last.kind != LineKind::Blank => gap.push('\n'),
            _ => {}
        }
        if style.blank_between && last.kind != LineKind::Blank {
            gap.push_str(style.newline);
        }
        gap
    }
}
