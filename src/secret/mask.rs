//! Owns masking secrets in text that is shown: the values of keys that sound secret, and words that look random. A mask is as long
//! as the secret, so that positions in the text stay right.

/// The value of a key with one of these words is a secret.
const SECRET_WORDS: [&str; 8] = ["secret", "token", "passw", "passphrase", "private", "bearer", "api_key", "apikey"];
/// The prefixes of access key ids, long-term ones and those of sessions.
const KEY_ID_PREFIXES: [&str; 4] = ["AKIA", "ASIA", "ABIA", "ACCA"];
/// The shortest access key id (IAM's `AccessKeyId`).
const KEY_ID_LENGTH: usize = 16;
/// The length of a secret access key; tokens are longer.
const SECRET_LENGTH: usize = 40;
/// Hexadecimal parts of a name from this length on are digests or parts of UUIDs, such as those of cached files.
const DIGEST_LENGTH: usize = 4;
/// Parts of an ARN up to its resource (`arn:aws:iam::111122223333:role/Admin`).
const ARN_PARTS: usize = 6;

/// Masks a file's text, TOML or INI.
pub(crate) fn mask_values(text: &str) -> String {
    mask_words(&mask_by_name(text, goes_on))
}

/// False for a line that could hold a secret: by its key or its form, as an address with a user, or in a second line, which
/// may be anything.
pub(crate) fn is_harmless(line: &str) -> bool {
    let has_user = |rest: &str| rest.split(['/', '?', '#', ' ', '"']).next().is_some_and(|host| host.contains('@'));
    !line.split("://").skip(1).any(has_user) && !line.contains('\n') && mask_values(line) == line
}

/// Masks the text of one of AWS's files, where a value goes on in deeper lines only.
pub(crate) fn mask_ini(text: &str) -> String {
    mask_words(&mask_by_name(text, |_| None))
}

/// Masks lines that awsauth rendered by their own keys alone: otherwise a manifest could hide a change behind a `token:` in a value.
pub(crate) fn mask_rendered(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| match line.split_once('=') {
        Some((key, value)) if sounds_secret(key) => format!("{key}={}", mask(value)),
        _ => line.to_owned(),
    });
    lines.collect()
}

/// Masks words of any text: access key ids but for their first and last four characters, secret access keys, tokens and other
/// long random words, and passwords in addresses.
pub(crate) fn mask_words(text: &str) -> String {
    let text = mask_passwords(text);
    // A `/` may be written as `%2F` or `\\u002f`.
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+/_-.:@%\\".contains(c);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_part) {
        masked.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        masked.push_str(&mask_word(&word[..end]));
        rest = &word[end..];
    }
    masked + rest
}

/// Masks words like [`mask_words`] in a text that may hold a command to paste, and shells take `*` for names of files.
pub(crate) fn mask_advice(text: &str) -> String {
    let masked = mask_words(text);
    let bytes = text.bytes().zip(masked.bytes()).map(|(old, new)| if old == new { old } else { b'_' });
    String::from_utf8(bytes.collect()).unwrap_or(masked)
}

/// Masks passwords in addresses: all between `NAME:` and the last `@` before a blank, a quote or a slash.
fn mask_passwords(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        let end = behind.find(|c: char| c.is_whitespace() || "/\"'`<>".contains(c)).unwrap_or(behind.len());
        masked.push_str(before);
        rest = behind;
        // awsauth's hints have `http://NAME:PASSWORD@HOST:PORT`.
        if let Some((user, password)) = behind[..end].rsplit_once('@').and_then(|(user, _)| user.split_once(':'))
            && password != "PASSWORD"
        {
            masked.extend([user, ":", &mask(password)]);
            rest = &behind[user.len() + 1 + password.len()..];
        }
    }
    masked + rest
}

fn mask_word(word: &str) -> String {
    // An ARN is no secret, though its last part may look like one.
    let (word, arn) = word.split_at(word.find("arn:aws").unwrap_or(word.len()));
    let end_of_arn = arn.match_indices(':').nth(ARN_PARTS - 1).map_or(arn.len(), |(at, _)| at);
    let (arn, behind) = arn.split_at(end_of_arn);
    let masked = |text: &str| -> String {
        let pieces = text.split_inclusive([':', '@']).map(|piece| {
            let is_web_token = piece.starts_with("eyJ") && piece.len() >= SECRET_LENGTH;
            if is_web_token { mask(piece) } else { piece.split_inclusive('.').map(mask_run).collect() }
        });
        pieces.collect()
    };
    masked(word) + arn + &masked(behind)
}

/// Masks a run of letters, digits, `+`, `/`, `_` and `-`, which may end in another character.
fn mask_run(run: &str) -> String {
    let body = run.trim_end_matches(['.', ':', '@']);
    if is_random(body) {
        return mask(body) + &run[body.len()..];
    }
    run.split_inclusive(['+', '/', '_', '-', '.', ':', '@']).map(mask_key_id).collect()
}

fn mask_key_id(part: &str) -> String {
    let id = part.trim_end_matches(['+', '/', '_', '-', '.', ':', '@']);
    let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_id = |at: &usize| id.len() - at >= KEY_ID_LENGTH && id[*at..].bytes().all(is_capital);
    let starts = KEY_ID_PREFIXES.iter().filter_map(|prefix| id.find(prefix));
    let Some(start) = starts.filter(is_id).min() else { return part.to_owned() };
    let (first, last) = (start + 4, id.len() - 4);
    format!("{}{}{}{}", &id[..first], mask(&id[first..last]), &id[last..], &part[id.len()..])
}

/// True for a long word that changes between small letters, capitals and digits as often as random ones do, base32 included. In
/// base64, two pairs of neighbours in three change; in names of profiles, roles and paths, one in five at most.
fn is_random(run: &str) -> bool {
    let is_digest = |part: &&str| part.len() >= DIGEST_LENGTH && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts: Vec<&str> = run.split(['/', '-', '_']).filter(|part| !is_digest(part)).collect();
    let length = parts.iter().map(|part| part.len() + 1).sum::<usize>().saturating_sub(1);
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    let is_change = |pair: &&[u8]| class(pair[0]) != class(pair[1]) && class(pair[0]) * class(pair[1]) > 0;
    let changes: usize = parts.iter().map(|part| part.as_bytes().windows(2).filter(is_change).count()).sum();
    length >= SECRET_LENGTH && changes * 4 >= length
}

/// `*` for every byte but white space, and `\`: without that one before it, a quote would end what it stands in.
fn mask(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_whitespace() || c == '\\' { c.to_string() } else { "*".repeat(c.len_utf8()) })
        .collect()
}

/// The end of a masked value in a later line.
#[derive(Clone, Copy)]
enum Open {
    /// The first line that is not indented deeper.
    Deeper(usize),
    Until(&'static str),
    /// A line that ends with `]`.
    UntilBracket,
}

/// `goes_on` tells where a value ends that does not end in its line.
fn mask_by_name(text: &str, goes_on: impl Fn(&str) -> Option<Open>) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut masked = String::with_capacity(text.len());
    let mut open: Option<Open> = None;
    for line in text.split_inclusive('\n') {
        match open {
            Some(Open::Until(end)) => {
                let length = line.find(end).map(|at| at + end.len());
                open = open.filter(|_| length.is_none());
                let (secret, rest) = line.split_at(length.unwrap_or(line.len()));
                masked.push_str(&(mask(secret) + rest));
                continue;
            }
            Some(Open::UntilBracket) => {
                open = open.filter(|_| !ends_with_bracket(line));
                masked.push_str(&mask(line));
                continue;
            }
            Some(Open::Deeper(least)) if indent(line) > least && !line.trim().is_empty() => {
                masked.push_str(&mask(line));
                continue;
            }
            _ => {}
        }
        let (done, value) = mask_line(line);
        masked.push_str(&done);
        if !line.trim().is_empty() {
            open = value.map(|value| goes_on(value).unwrap_or(Open::Deeper(indent(line))));
        }
    }
    masked
}

/// The end of a TOML value that is in a later line.
fn goes_on(value: &str) -> Option<Open> {
    let open = |quotes| (!value[3..].contains(quotes)).then_some(Open::Until(quotes));
    match value {
        _ if value.starts_with("\"\"\"") => open("\"\"\""),
        _ if value.starts_with("'''") => open("'''"),
        _ => (value.starts_with('[') && !ends_with_bracket(value)).then_some(Open::UntilBracket),
    }
}

fn ends_with_bracket(line: &str) -> bool {
    let line = line.split('#').next().unwrap_or_default();
    line.trim_end().trim_end_matches(',').ends_with(']')
}

/// Masks a line, and returns the last secret value in it.
fn mask_line(line: &str) -> (String, Option<&str>) {
    let (mut masked, mut last) = (String::with_capacity(line.len()), None);
    let mut start = 0;
    while let Some(found) = line[start..].find(['=', ':']) {
        let (before, after) = line.split_at(start + found + 1);
        masked.push_str(&mask_arguments(&before[start..]));
        let length = if is_secret_key(before) { value_length(after) } else { 0 };
        if length > 0 {
            last = Some(after.trim_start());
        }
        masked.push_str(&mask(&after[..length]));
        start = before.len() + length;
    }
    masked.push_str(&mask_arguments(&line[start..]));
    (masked, last)
}

/// Masks the argument behind an option such as `--password`.
fn mask_arguments(text: &str) -> String {
    let mut is_secret = false;
    let words = text.split_inclusive([' ', '\t']).map(|word| {
        let masked = if is_secret && !word.trim().is_empty() { mask(word) } else { word.to_owned() };
        if !word.trim().is_empty() {
            is_secret = word.starts_with("--") && !word.contains('=') && sounds_secret(word.trim());
        }
        masked
    });
    words.collect()
}

/// True if the word before a delimiter names a secret.
fn is_secret_key(before: &str) -> bool {
    let (text, delimiter) = before.split_at(before.len() - 1);
    let text = text.trim_end();
    if let Some(quote) = text.chars().next_back().filter(|last| "\"'".contains(*last)) {
        let key = text[..text.len() - 1].rsplit(quote).next().unwrap_or_default();
        if sounds_secret(&unescaped(key)) {
            return true;
        }
    }
    if delimiter == "=" {
        // All parts of a dotted key, with the blanks and quotes between them.
        return sounds_secret(text.rsplit(['{', ',', '=']).next().unwrap_or_default());
    }
    let start = text.rfind(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).unwrap_or_default();
    let word = &text[start..];
    // After a colon or a slash it is a part of an ARN or an address.
    let is_part = delimiter == ":" && word.starts_with([':', '/']);
    !is_part && sounds_secret(word)
}

fn sounds_secret(word: &str) -> bool {
    let word = word.to_lowercase();
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_misspelt = word.starts_with("aws_") && word.ends_with("_key");
    is_misspelt || SECRET_WORDS.iter().any(|secret| word.contains(secret))
}

/// Resolves TOML's escapes of characters by number.
fn unescaped(word: &str) -> String {
    let mut parts = word.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = [("u", 4), ("U", 8), ("x", 2)].into_iter().find_map(|(letter, count)| {
            let digits = part.strip_prefix(letter)?.get(..count)?;
            Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, &part[1 + count..]))
        });
        match digits {
            Some((character, rest)) => {
                text.push(character);
                text.push_str(rest);
            }
            None => text.push_str(part),
        }
    }
    text
}

/// The bytes of a value: up to the blank after its closing quote, or to the end of the line.
fn value_length(after: &str) -> usize {
    let blanks = after.len() - after.trim_start().len();
    let value = &after[blanks..];
    let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| value.starts_with(quotes));
    let Some(quotes) = quotes.filter(|_| goes_on(value).is_none()) else { return after.len() };
    let mut end = quotes.len();
    while let Some(at) = value[end..].find(quotes) {
        end += at + quotes.len();
        let backslashes = value[..end - quotes.len()].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if quotes.starts_with('\'') || backslashes % 2 == 0 {
            let rest = value[end..].find(|c: char| c.is_whitespace() || ",]}".contains(c));
            return blanks + end + rest.unwrap_or(value.len() - end);
        }
    }
    after.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secret_keys_are_masked_in_place() {
        for (text, expected) in [
            ("aws_secret_access_key = abc\n", "aws_secret_access_key = ***\n"),
            ("# AWS_SESSION_TOKEN: äb\r\n", "# AWS_SESSION_TOKEN: ***\r\n"),
            ("s = { \"my_token\" = \"a=b\", region = \"x\" }", "s = { \"my_token\" = *****, region = \"x\" }"),
            ("password = 'unclosed", "password = *********"),
            ("region = \"secret\"\n[a]\n", "region = \"secret\"\n[a]\n"),
            ("my_token =\n  ab\n\n\tc=d\nregion = x\n", "my_token =\n  **\n\n\t***\nregion = x\n"),
            (" my_token = a\n region = x\n", " my_token = *\n region = x\n"),
        ] {
            assert_eq!(mask_values(text), expected);
            assert_eq!(mask_values(text).len(), text.len());
        }
    }

    #[test]
    fn a_secret_is_masked_whatever_its_key_is_called_and_wherever_it_stands() {
        const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let token = "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJHMEUCIQDx9Zk3Tq2+b7vLw0aQ8rT5mJ4nK1pY6sUdEhG/".repeat(3);
        let web_token = "eyJraWQiOiJrZXktMTU2NDAyOCIsImFsZyI6IkVTMzg0In0.eyJzdWIiOiJhbGljZSJ9.c2ln";
        for text in [
            format!("aws_acess_kye = {KEY}\n"),
            format!("# the old one was {KEY}, until May\n"),
            format!("; AKIAIOSFODNN7EXAMPLE:{KEY}\n"),
            format!("s3 =\n  note = {KEY}\n"),
            format!("note =\n  {KEY}\n"),
            format!("region = \"{KEY}\"\n"),
            format!("x = {token}\n"),
            format!("# {web_token}\n"),
            format!("endpoint_url = https://me:{KEY}@x.example/\n"),
            format!("arn:aws:iam::111122223333:user/alice:{KEY}\n"),
        ] {
            let masked = mask_values(&text);
            assert_eq!(masked.len(), text.len());
            for secret in [KEY, &token, web_token, "AKIAIOSFODNN7EXAMPLE"] {
                assert!(!masked.contains(secret), "{masked}");
            }
        }
        for (text, masked) in [
            ("aws_secrt_access_key = HIDDEN\n", "aws_secrt_access_key = ******\n"),
            ("\"aws_\\u0073ecret_key\" = \"a\"", "\"aws_\\u0073ecret_key\" = ***"),
            ("\"my secret thing\" = 1", "\"my secret thing\" = *"),
            ("token = \"\"\"\nHIDDEN\n\"\"\" # end\nx = 1\n", "token = ***\n******\n*** # end\nx = 1\n"),
            ("tokens = [\n\"a\",\n]\nx = 1\n", "tokens = *\n****\n*\nx = 1\n"),
            ("run = x --password HIDDEN --token=HIDDEN", "run = x --password ****** --token=******"),
            ("token = \"\"\"HIDDEN\"\"\"", "token = ************"),
            ("my_secret = \"abc\\\"HIDDEN\"", "my_secret = ****\\********"),
            ("tokens = [\"a]b\",\n\"HIDDEN\" \"x\"\n]\nx = 1\n", "tokens = *******\n******** ***\n*\nx = 1\n"),
            ("secret . x = HIDDEN", "secret . x = ******"),
            ("\"my secret\".\"x\" = HIDDEN", "\"my secret\".\"x\" = ******"),
            ("AWS_SECRET_ACCESS_KEY='x'HIDDEN", "AWS_SECRET_ACCESS_KEY=*********"),
            ("http://me:hid%21den@proxy.example", "http://me:*********@proxy.example"),
            ("http://me:HIDDEN$x!@proxy.example", "http://me:*********@proxy.example"),
            ("keyAKIAIOSFODNN7EXAMPLE", "keyAKIA************MPLE"),
            ("key AKIAIOSFODNN7EXAMPLE.", "key AKIA************MPLE."),
            ("http://me:pw@127.0.0.1:80/a", "http://me:**@127.0.0.1:80/a"),
            ("http://me@127.0.0.1:80/a", "http://me@127.0.0.1:80/a"),
        ] {
            assert_eq!(mask_values(text), masked);
        }
    }

    #[test]
    fn a_slash_may_be_escaped_and_letters_may_be_of_one_case() {
        for secret in [
            "wJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI\\u002fK7MDENG\\/bPxRfiCYEXAMPLEKEY",
            "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP7KQ4ZT2MN6XA5RV3UC2WQ7LD4GHB6EYF",
            "k3j9x0q7v2m5z8w1p4t6b9n3r7c2h5f8d1g4s6l9y0e3a7u2",
        ] {
            assert!(!mask_values(&format!("note = {secret}\n")).contains(&secret[8..]), "{secret}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_masked_command_has_the_words_that_it_had_and_none_that_a_shell_expands(
            word in "([a-z'\"$`\\\\ &;:@/.-]{0,4}(aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9d|http://u:p|AKIAIOSFODNN7EXAMPLE|))+",
        ) {
            let command = format!("chmod go-w {} && touch", shlex::try_quote(&word).unwrap());
            let masked = shlex::split(&mask_advice(&command)).unwrap();
            proptest::prop_assert_eq!(masked.len(), 5, "{:?} in {}", masked, command);
            proptest::prop_assert!(!masked.concat().contains('*'));
        }
    }

    #[test]
    fn what_awsauth_renders_is_hidden_by_its_own_key_alone() {
        for text in [
            "sso_start_url = https://corp.awsapps.com/x/token='''/start\nsso_account_id = 666666666666\n",
            "source_profile = token:bad\n[profile token:x]\nregion = eu-west-1\n",
            "role_arn = arn:aws:iam::111122223333:role/secret=Evil\n",
        ] {
            assert_eq!(mask_rendered(text), text);
        }
        assert_eq!(mask_rendered("aws_session_token = a\n"), "aws_session_token = *\n");
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for text in [
            "role_arn = arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A1b2C3d4E5f6A1b2C3d4E5f6",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db",
            "[profile payments-production-eu-west-1-PowerUserAccess-S3ReadOnly]",
            "# <<< awsauth <<< sha256:9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "sso_start_url = https://d-9067f1c0a7.awsapps.com/start#/",
            "https://ssoins-72234f1a2b3c4d5e.portal.us-east-1.app.aws",
            "sso_account_id = 123456789012",
            "can't read /Users/Alice/Library/Caches/aws/a94a8fe5ccb19ba61c4c0873d391e987982fbbd3.json",
            "can't read /home/A/.local/state/awsauth/backups/config-dir-0a1b2c3d4e5f60718293a4b5c6d7e8f9/20261129T210410.1Z.bak",
            "/home/alice/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9/profiles.toml",
            "/home/alice/Projects/Work2024/checkouts/awsauth/target/debug/awsauth credential-process prod",
        ] {
            assert_eq!(mask_values(text), text);
        }
    }
}
