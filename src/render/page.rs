//! Owns the page that a browser shows after a login at AWS: HTML without script, light and dark. Must not know the
//! texts.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::source::display_safe;

/// All style is in the page itself, which may load nothing.
const STYLE: &str = include_str!("page.css");

/// The state that a page tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageStatus {
    Done,
    Waiting,
    Failed,
}

/// The texts of a page. None of them is trusted to be free of markup.
#[derive(Debug)]
pub(crate) struct PageText<'a> {
    pub(crate) status: PageStatus,
    /// A few words about what happened.
    pub(crate) title: &'a str,
    /// Somebody else's words about it.
    pub(crate) quote: Option<&'a str>,
    /// The next steps: paragraphs, in which `text between backticks` is to be typed.
    pub(crate) paragraphs: &'a [&'a str],
}

pub(crate) fn page(text: &PageText<'_>) -> String {
    let (class, mark) = match text.status {
        PageStatus::Done => ("done", r#"<circle cx="12" cy="12" r="10"/><path d="m7.5 12.5 3 3 6-6.5"/>"#),
        PageStatus::Waiting => ("waiting", r#"<circle cx="12" cy="12" r="10"/><path d="M12 6.5V12l3.5 2"/>"#),
        PageStatus::Failed => ("failed", r#"<circle cx="12" cy="12" r="10"/><path d="m8.5 8.5 7 7m0-7-7 7"/>"#),
    };
    let title = escape(text.title);
    let mut body = format!("<h1>{title}</h1>\n");
    // Writing to a String can't fail.
    if let Some(quote) = text.quote {
        _ = writeln!(body, "<blockquote>{}</blockquote>", escape(quote));
    }
    for paragraph in text.paragraphs {
        _ = writeln!(body, "<p>{}</p>", with_code(paragraph));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · awsauth</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n<main class=\"{class}\">\n\
         <svg viewBox=\"0 0 24 24\" aria-hidden=\"true\">{mark}</svg>\n{body}\
         <footer>awsauth, on this machine</footer>\n</main>\n</body>\n</html>\n"
    )
}

/// The page's `Content-Security-Policy`: its own style and nothing else, in nobody's frame.
pub(crate) fn page_policy() -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// `text` as HTML shows it, in an element or a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in display_safe(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A paragraph, escaped, with text between backticks as code.
fn with_code(paragraph: &str) -> String {
    let parts = paragraph.split('`').enumerate();
    parts
        .map(|(index, part)| if index % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_came_from_outside_becomes_markup() {
        let hostile = "</style><script>alert(1)</script>\"'&`<img src=x>`";
        let html = page(&PageText {
            status: PageStatus::Failed,
            title: hostile,
            quote: Some(hostile),
            paragraphs: &["run `awsauth login x`", hostile],
        });
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert_eq!(html.matches("&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;").count(), 4);
        assert!(html.contains("<p>run <code>awsauth login x</code></p>"), "{html}");
        assert!(html.contains("<code>&lt;img src=x&gt;</code>"), "{html}");
    }

    #[test]
    fn the_policy_allows_the_style_of_the_page_and_no_script() {
        let html = page(&PageText { status: PageStatus::Done, title: "t", quote: None, paragraphs: &[] });
        let (_, rest) = html.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let hash = STANDARD.encode(Sha256::digest(style));
        let policy = page_policy();
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains(&format!("style-src 'sha256-{hash}'")));
        assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
        assert!(!html.contains("style=") && !html.contains("://"), "nothing inline, nothing from elsewhere: {html}");
    }
}
