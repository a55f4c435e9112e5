//! Owns the unified diff that a person sees, with secrets masked.

use similar::TextDiff;

use crate::secret::mask_values;

/// The change from `before` to `after` as a unified diff of `name`; empty if there is none.
pub(crate) fn unified(name: &str, before: &[u8], after: &[u8]) -> String {
    let masked = |bytes: &[u8]| mask_values(&String::from_utf8_lossy(bytes));
    let (before, after) = (masked(before), masked(after));
    let diff = TextDiff::from_lines(&before, &after);
    diff.unified_diff().context_radius(3).header(name, name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_is_not() {
        let before = b"[a]\naws_secret_access_key = HIDDEN\n";
        let after = b"[a]\naws_secret_access_key=HIDDEN\r\naws_session_token: HIDDEN\nregion = x\n";
        let diff = unified("~/.aws/credentials", before, after);
        assert!(!diff.contains("HIDDEN"), "{diff}");
        assert!(diff.contains("+aws_session_token: ******\n+region = x\n"), "{diff}");
    }

    #[test]
    fn a_commented_out_secret_is_masked_too() {
        assert!(!unified("x", b"", b"# aws_secret_access_key = HIDDEN\n").contains("HIDDEN"));
    }
}
