//! Owns the managed block: its markers, its digest, and finding it in a file. Must not know what it should say.

use std::borrow::Cow;
use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::ini::{Document, Entry, FileKind, Line, LineKind, NewSection, Section, Style};
use crate::plan::refusal::Refusal;

const BEGIN: &[u8] = b"# >>> awsauth >>>";
const END: &[u8] = b"# <<< awsauth <<<";
const BEGIN_LINE: &str = "# >>> awsauth >>> generated from profiles.toml; change that file and run `awsauth apply`";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// From the begin marker through the end marker's line end.
    pub(crate) range: Range<usize>,
    pub(crate) body: Range<usize>,
    /// The begin marker's line, from 1.
    pub(crate) line: usize,
    /// True if the digest of the end marker is that of the body.
    pub(crate) is_sealed: bool,
    /// True if the end marker carries a digest, of whatever body, and nothing else.
    has_plain_seal: bool,
}

const UNBEGUN: &str = "`# <<< awsauth <<<` without its beginning";
const SECOND: &str = "a second `# >>> awsauth >>>`";

impl Block {
    pub(crate) fn find(document: &Document<'_>) -> Result<Option<Self>, Refusal> {
        let bytes = document.bytes();
        let content = |line: &Line| &bytes[line.content()];
        let is_marker = |(_, line): &(usize, &Line)| {
            line.kind == LineKind::Comment && (content(line).starts_with(BEGIN) || content(line).starts_with(END))
        };
        let markers = (1..).zip(document.lines()).filter(is_marker);
        let markers: Vec<_> = markers.map(|(number, line)| (number, line, content(line).starts_with(BEGIN))).collect();
        let (line, what) = match markers[..] {
            [] => return Ok(None),
            [(line, begin, true), (_, end, false)] => return Ok(Some(Self::between(bytes, line, begin, end))),
            [(line, _, true)] => (line, "`# >>> awsauth >>>` without its end"),
            [(line, _, false), ..] => (line, UNBEGUN),
            [_, (line, _, true), ..] | [_, _, (line, _, true), ..] => (line, SECOND),
            [_, _, (line, _, false), ..] => (line, UNBEGUN),
        };
        Err(Refusal::Markers { line, what, is_second: what == SECOND })
    }

    fn between(bytes: &[u8], line: usize, begin: &Line, end: &Line) -> Self {
        let body = begin.range().end..end.range().start;
        let seal = bytes[end.content()][END.len()..].trim_ascii();
        Self {
            // A byte order mark above the block is not its own.
            range: begin.content().start..end.range().end,
            is_sealed: seal == digest(&bytes[body.clone()]).as_bytes(),
            has_plain_seal: is_digest(seal),
            body,
            line,
        }
    }

    /// True if the block holds `body`. Line ends don't count.
    pub(crate) fn says(&self, document: &Document<'_>, body: &[u8]) -> bool {
        *with_line_feeds(&document.bytes()[self.body.clone()]) == *body
    }

    /// True if no edit of a person is lost when `body` replaces the block: it is as awsauth left it, or together with the
    /// entries `trailing` below it, it is the same as `body`.
    pub(crate) fn may_be_replaced(&self, document: &Document<'_>, trailing: &[&Entry], body: &[u8]) -> bool {
        let ranges = std::iter::once(self.body.clone()).chain(trailing.iter().map(|entry| entry.range()));
        let text = ranges.map(|range| &document.bytes()[range]).collect::<Vec<_>>().concat();
        self.is_sealed || self.has_plain_seal && *with_line_feeds(&text) == *body
    }

    /// The entries of the block's last section below the end marker, where `aws configure set` puts a new key (seen with AWS
    /// CLI 1.45 and 2.9). Refuses anything else that would belong to that section, such as an indented header, which becomes
    /// part of a value above it.
    pub(crate) fn trailing<'d>(&self, document: &'d Document<'_>) -> Result<Vec<&'d Entry>, Refusal> {
        let Some(line) = document.first_visible(self.range.end..document.bytes().len()) else { return Ok(Vec::new()) };
        match (line.kind, self.last(document)) {
            (LineKind::Header, _) if document.bytes()[line.content().start] == b'[' => Ok(Vec::new()),
            (LineKind::Entry, Some(last)) => {
                let entries = document.entries(last).iter();
                let below: Vec<_> = entries.filter(|entry| entry.range().start >= self.range.end).collect();
                // The comment would be removed with the entry.
                let is_within = |offset: usize| below.iter().any(|entry| entry.range().contains(&offset));
                let mut comments = document.lines().iter().filter(|line| line.kind == LineKind::Comment);
                match comments.find(|line| is_within(line.range().start)) {
                    Some(line) => Err(Refusal::Trailing { line: document.line_number(line.range().start) }),
                    None => Ok(below),
                }
            }
            _ => Err(Refusal::Trailing { line: document.line_number(line.range().start) }),
        }
    }

    /// Refuses entries above the block's first section: they belong to the section above the block.
    pub(crate) fn check_head(&self, document: &Document<'_>) -> Result<(), Refusal> {
        match document.first_visible(self.body.clone()) {
            Some(line) if line.kind != LineKind::Header => {
                Err(Refusal::Leading { line: document.line_number(line.range().start) })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn last<'d>(&self, document: &'d Document<'_>) -> Option<&'d Section> {
        document.sections().iter().rfind(|section| self.body.contains(&section.header.start))
    }
}

/// True if a line of text would be taken for one of the two markers.
pub(crate) fn is_marker(text: &str) -> bool {
    text.as_bytes().starts_with(BEGIN) || text.as_bytes().starts_with(END)
}

/// True for the end marker, whatever its digest.
pub(crate) fn is_end(line: &str) -> bool {
    line.as_bytes().starts_with(END)
}

/// The block around `body`, in the line ends of the file.
pub(crate) fn render(body: &str, newline: &str) -> Vec<u8> {
    let end = String::from_utf8_lossy(END);
    let text = format!("{BEGIN_LINE}\n{body}{end} {}\n", digest(body.as_bytes()));
    if newline == "\n" { text.into_bytes() } else { text.replace('\n', newline).into_bytes() }
}

/// True if a text has the form of [`digest`].
fn is_digest(text: &[u8]) -> bool {
    text.strip_prefix(b"sha256:").is_some_and(|hex| hex.len() == 64 && hex.iter().all(u8::is_ascii_hexdigit))
}

/// `sha256:` and the digest of a body with line feeds: AWS CLI rewrites line ends (aws-facts §1.4).
fn digest(body: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(with_line_feeds(body))))
}

/// `bytes` without carriage returns, which nothing that awsauth renders has.
pub(crate) fn with_line_feeds(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.contains(&b'\r') {
        bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<u8>>().into()
    } else {
        bytes.into()
    }
}

/// The text between the markers, with line feeds.
pub(crate) fn body(sections: &[NewSection<'_>]) -> Result<String, Refusal> {
    let mut text = String::new();
    for (position, section) in sections.iter().enumerate() {
        if position > 0 {
            text.push('\n');
        }
        section.render(&mut text, FileKind::Config, &Style::default())?;
    }
    Ok(text)
}
