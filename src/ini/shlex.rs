//! Owns the split of a header, or of a command line, into words as Python's `shlex.split` does it. Must not know what the words mean.
//!
//! The crate of that name differs from Python: it has comments, and unescapes `$` and backquotes inside double quotes.

/// None where Python raises: an open quote, or a backslash at the end.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match (quote, char) {
            (None, ' ' | '\t' | '\r' | '\n') => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (Some(open), _) if char == open => quote = None,
            (None, '\\') => word.get_or_insert_default().push(rest.next()?),
            (Some('"'), '\\') => match rest.next()? {
                escaped @ ('"' | '\\') => word.get_or_insert_default().push(escaped),
                other => word.get_or_insert_default().extend(['\\', other]),
            },
            _ => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}
