//! Owns splitting a `credential_process` into words as AWS CLI does, without a shell.

use super::shlex;

/// None for a line that AWS CLI refuses.
pub(crate) fn split_words(line: &str) -> Option<Vec<String>> {
    if cfg!(windows) { split_as_windows(line) } else { shlex::split(line) }
}

/// The rules of Microsoft's C runtime, which AWS CLI follows on Windows: only `"` quotes, and a backslash is an ordinary
/// character unless a `"` follows. None for an open quote.
fn split_as_windows(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut backslashes = 0_usize;
    for char in line.chars() {
        let run = std::mem::take(&mut backslashes);
        match char {
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            '"' => {
                // Each pair of backslashes before it is one backslash; an odd one makes it an ordinary character.
                let word = word.get_or_insert_default();
                word.truncate(word.len() - run.div_ceil(2));
                if run % 2 == 1 {
                    word.push('"');
                } else {
                    is_quoted = !is_quoted;
                }
            }
            _ => {
                word.get_or_insert_default().push(char);
                backslashes = if char == '\\' { run + 1 } else { 0 };
            }
        }
    }
    words.extend(word);
    (!is_quoted).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_on_windows_as_aws_cli_splits_it_there() {
        // What `compat_shell_split(line, "win32")` of botocore gives.
        let cases: [(&str, &[&str]); 11] = [
            (r"C:\Users\O'Brien\x.exe --for prod", &[r"C:\Users\O'Brien\x.exe", "--for", "prod"]),
            (r#""C:\a b\" c"#, &[]),
            (r#""C:\a b\\" c"#, &[r"C:\a b\", "c"]),
            (r#""C:\Program Files\x.exe"	y"#, &[r"C:\Program Files\x.exe", "y"]),
            (r#"a\"b \\"c d\\" \\\"e"#, &[r#"a"b"#, r"\c d\", r#"\"e"#]),
            (r"a\\b\ c", &[r"a\\b\", "c"]),
            (r#"a """ b"#, &[]),
            (r#"a "" b""#, &[]),
            (r#"a "" b"""#, &["a", "", "b"]),
            ("a\nb", &["a\nb"]),
            (r"a\\", &[r"a\\"]),
        ];
        for (line, words) in cases {
            let words = (!words.is_empty()).then(|| words.iter().map(|&word| word.to_owned()).collect());
            assert_eq!(split_as_windows(line), words, "{line}");
        }
        assert_eq!(split_as_windows(""), Some(vec![]));
    }
}
