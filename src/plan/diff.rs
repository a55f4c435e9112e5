//! Owns the unified diff that a person sees, with secrets masked. Must not know why a text changes.

use similar::{ChangeTag, TextDiff, udiff::UnifiedHunkHeader};

use super::config::block::{Block, is_end};
use crate::ini::{Document, FileKind};
use crate::secret::{mask_ini, mask_rendered};

/// The change from `before` to `after` as a unified diff of `name`; empty if there is none. The texts are compared before
/// they are masked, so that a secret that changes shows as two lines, even if they look alike.
pub(crate) fn unified(name: &str, before: &[u8], after: &[u8]) -> String {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let masked: [String; 2] = [&before, &after].map(|text| masked(text));
    let shown: [Vec<&str>; 2] = [lines(&masked[0]), lines(&masked[1])];
    // `TextDiff::from_lines` would also end a line at a lone CR, and the indexes would not be those of `shown`.
    let texts = [lines(&before), lines(&after)];
    let diff = TextDiff::from_slices(&texts[0], &texts[1]);
    // The digest changes with every change of the block, and no person can read it.
    let is_digest = |tag, line: &str| tag == ChangeTag::Equal || is_end(line);
    let all = diff.grouped_ops(3);
    let (digest, mut groups): (Vec<_>, Vec<_>) = all.into_iter().partition(|group| {
        let mut changes = group.iter().flat_map(|op| diff.iter_changes(op));
        changes.all(|change| is_digest(change.tag(), change.value()))
    });
    if groups.is_empty() {
        groups = digest;
    }
    if groups.is_empty() {
        return String::new();
    }
    let mut text = format!("--- {name}\n+++ {name}\n");
    for group in &groups {
        text.push_str(&UnifiedHunkHeader::new(group).to_string());
        text.push('\n');
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, side, index) = match change.tag() {
                ChangeTag::Equal => (' ', 0, change.old_index()),
                ChangeTag::Delete => ('-', 0, change.old_index()),
                ChangeTag::Insert => ('+', 1, change.new_index()),
            };
            let line = index.and_then(|index| shown[side].get(index)).copied().unwrap_or_default();
            text.push(sign);
            text.push_str(line);
            if !line.ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Masks the text, but not a block that is as awsauth wrote it: a mask could hide what the manifest changes. In a block that
/// was edited by hand may be a secret.
fn masked(text: &str) -> String {
    let document = Document::parse(text.as_bytes(), FileKind::Config);
    let sealed = Block::find(&document).ok().flatten().filter(|block| block.is_sealed);
    let block = sealed.map_or(text.len()..text.len(), |block| block.range);
    [mask_ini(&text[..block.start]), mask_rendered(&text[block.clone()]), mask_ini(&text[block.end..])].concat()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_is_not() {
        let before = b"[a]\naws_secret_access_key = HIDDEN\n";
        let after = b"[a]\naws_secret_access_key=HIDDEN\r\naws_session_token: HIDDEN\nregion = x\n";
        let diff = unified("~/.aws/credentials", before, after);
        assert!(!diff.contains("HIDDEN"), "{diff}");
        assert!(diff.contains("+aws_session_token: ******\n+region = x\n"), "{diff}");
    }

    /// A config file with that line in a block that carries its digest.
    fn sealed(line: &str) -> String {
        let body = format!(
            "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/x/token='''/start\n\n[profile a]\n{line}\n"
        );
        let digest = hex::encode(Sha256::digest(&body));
        format!("# >>> awsauth >>>\n{body}# <<< awsauth <<< sha256:{digest}\n")
    }

    #[test]
    fn a_manifest_can_not_hide_what_it_changes() {
        let [before, after] = ["123456789012", "666666666666"].map(|id| sealed(&format!("sso_account_id = {id}")));
        let diff = unified("x", before.as_bytes(), after.as_bytes());
        for line in ["-sso_account_id = 123456789012\n", "+sso_account_id = 666666666666\n"] {
            assert!(diff.contains(line), "{diff}");
        }
    }

    #[test]
    fn what_a_person_put_into_the_block_is_masked_on_both_sides_and_so_is_all_behind_a_marker_alone() {
        let edited = sealed("region = x").replace(
            "region = x",
            "my_password: HIDDEN\napi_secret =\n    HIDDEN\ncredential_process = /bin/x --password HIDDEN",
        );
        let plain = sealed("region = x");
        let marker = "# >>> awsauth >>> note\n[other]\naws_secret_access_key: HIDDEN\n";
        for (before, after) in
            [(edited.as_str(), plain.as_str()), (&plain, &edited), (marker, "[x]\n"), ("[x]\n", marker)]
        {
            let diff = unified("x", before.as_bytes(), after.as_bytes());
            assert!(!diff.contains("HIDDEN") && diff.contains("***"), "{diff}");
        }
    }

    #[test]
    fn a_lone_cr_shifts_no_line() {
        let text = |account: &str| format!("# a\r# b\r# c\r# d\n[profile a]\nsso_account_id = {account}\n");
        let diff = unified("x", text("123456789012").as_bytes(), text("666666666666").as_bytes());
        assert!(diff.contains("-sso_account_id = 123456789012\n+sso_account_id = 666666666666\n"), "{diff}");
    }

    #[test]
    fn a_commented_out_secret_is_masked_too() {
        assert!(!unified("x", b"", b"# aws_secret_access_key = HIDDEN\n").contains("HIDDEN"));
    }

    #[test]
    fn a_secret_that_changes_to_one_of_equal_length_shows_as_a_change() {
        let diff = unified("x", b"[a]\naws_secret_access_key = HIDDEN1\n", b"[a]\naws_secret_access_key = HIDDEN2\n");
        let expected =
            "--- x\n+++ x\n@@ -1,2 +1,2 @@\n [a]\n-aws_secret_access_key = *******\n+aws_secret_access_key = *******\n";
        assert_eq!(diff, expected);
    }

    #[test]
    fn no_hunk_holds_the_digest_alone_unless_nothing_else_changes() {
        let text = |value: &str, digest: &str| format!("x = {value}\n{}# <<< awsauth <<< {digest}", "\n".repeat(9));
        let diff = unified("x", text("1", "a").as_bytes(), text("2", "b").as_bytes());
        assert!(diff.contains("+x = 2\n") && !diff.contains("awsauth"), "{diff}");
        let diff = unified("x", text("1", "a").as_bytes(), text("1", "b").as_bytes());
        assert!(diff.ends_with("-# <<< awsauth <<< a\n\\ No newline at end of file\n+# <<< awsauth <<< b\n\\ No newline at end of file\n"), "{diff}");
    }
}
