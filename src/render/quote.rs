//! Owns quoting one word for a shell. Must not know what the word means.

/// A word of a POSIX shell; none for a text with NUL, which no word can hold.
pub(super) fn posix(text: &str) -> Option<String> {
    shlex::try_quote(text).ok().map(std::borrow::Cow::into_owned)
}

pub(super) fn fish(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// None for a text with `!`, which recalls history within quotes too, or with `\`, which depends on `backslash_quote`.
pub(super) fn tcsh(text: &str) -> Option<String> {
    (!text.contains(['\'', '\\', '!', '\n'])).then(|| format!("'{text}'"))
}

/// An expression of PowerShell, in ASCII, since PowerShell reads a program's output by the console's code page. PowerShell
/// takes typographic quotes for quotes, so a literal must not hold those either.
pub(super) fn powershell(text: &str) -> String {
    let mut parts = Vec::new();
    let mut literal = String::new();
    for character in text.chars() {
        match character {
            '\'' => literal.push_str("''"),
            ' '..='~' => literal.push(character),
            _ => {
                if !literal.is_empty() {
                    parts.push(format!("'{}'", std::mem::take(&mut literal)));
                }
                let mut units = [0; 2];
                parts.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("[char]{unit}")));
            }
        }
    }
    if !literal.is_empty() || parts.is_empty() {
        parts.push(format!("'{literal}'"));
    }
    match parts.as_slice() {
        [one] if one.starts_with('\'') => one.clone(),
        // A text in front makes `+` join texts; a number would be asked for otherwise.
        _ => format!("('' + {})", parts.join(" + ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_powershell_is_ascii_and_has_no_quote_but_its_own() {
        for (text, expected) in [
            ("", "''"),
            ("C:\\it's $x`n", "'C:\\it''s $x`n'"),
            ("J\u{f6}rg", "('' + 'J' + [char]246 + 'rg')"),
            ("\u{2019}; calc", "('' + [char]8217 + '; calc')"),
            ("🦀", "('' + [char]55358 + [char]56704)"),
            ("a\nb", "('' + 'a' + [char]10 + 'b')"),
        ] {
            assert_eq!(powershell(text), expected);
        }
    }

    #[cfg(unix)]
    mod real {
        use std::process::Command;

        use proptest::prelude::*;

        use super::super::posix;

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(20))]

            // Forty words in one run of the shell, so that starting it takes no time to speak of.
            #[test]
            fn the_shell_gives_each_word_back_as_it_was(
                words in proptest::collection::vec("[ -~\\n\\r\\t'\"$`\\\\!\u{2018}\u{2019}🦀\u{112}]{0,12}|\\PC{0,8}", 40),
            ) {
                let quoted: Vec<String> = words.iter().map(|word| posix(word).unwrap()).collect();
                let script = format!("printf '%s\\0' {}", quoted.join(" "));
                let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
                let expected: String = words.iter().flat_map(|word| [word, "\0"]).collect();
                prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
                prop_assert!(output.stderr.is_empty());
            }
        }

        #[test]
        fn a_nul_is_refused() {
            assert_eq!(posix("a\0b"), None);
        }
    }
}
