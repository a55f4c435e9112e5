//! Owns splitting a `credential_process` into words as AWS CLI does, without a shell.

use std::borrow::Cow;

use super::shlex;

/// None for a line that AWS CLI refuses.
pub(crate) fn split_words(line: &str) -> Option<Vec<String>> {
    // Elsewhere a backslash takes the meaning from the next character; in paths of Windows it is a separator.
    let line = if cfg!(windows) { Cow::Owned(line.replace('\\', r"\\")) } else { Cow::Borrowed(line) };
    shlex::split(&line)
}
