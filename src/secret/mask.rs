//! Owns hiding secrets in text that is shown: the values of keys that sound secret, and words that look like a secret.
//! Every mask is as long as what it hides, so that places in the text stay true.

/// Words that make a key's value a secret.
const SECRET_WORDS: [&str; 8] = ["secret", "token", "passw", "passphrase", "private", "bearer", "api_key", "apikey"];
/// How access key ids begin, long-term ones and those of sessions.
const KEY_ID_PREFIXES: [&str; 4] = ["AKIA", "ASIA", "ABIA", "ACCA"];
/// The shortest access key id (IAM's `AccessKeyId`).
const KEY_ID_LENGTH: usize = 16;
/// The length of a secret access key; tokens are longer.
const SECRET_LENGTH: usize = 40;
/// Hexadecimal parts of a name from this length on are digests, such as those of cached files.
const DIGEST_LENGTH: usize = 16;

/// Masks a file's text, TOML or INI: by the names of keys, and by the shape of words.
pub(crate) fn mask_values(text: &str) -> String {
    mask_words(&mask_by_name(text))
}

/// Masks words of any text that look like a secret: access key ids, but for their first and last four characters; secret
/// access keys, tokens and other long random words; the password in an address.
pub(crate) fn mask_words(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+/_-.:@".contains(c);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        masked.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        masked.push_str(&mask_word(&word[..end]));
        rest = &word[end..];
    }
    masked + rest
}

fn mask_word(word: &str) -> String {
    // An ARN is no secret, and its last part may be as long and as mixed as one.
    let (word, arn) = word.split_at(word.find("arn:aws").unwrap_or(word.len()));
    let authority = word.find("://").map_or(word.len(), |at| at + 3);
    let end = word[authority..].find('/').map_or(word.len(), |at| authority + at);
    // A hint writes `http://NAME:PASSWORD@HOST:PORT`.
    if let Some((user, password)) = word[authority..end].rsplit_once('@').and_then(|(user, _)| user.split_once(':'))
        && password != "PASSWORD"
    {
        let (user, rest) = (authority + user.len() + 1, authority + user.len() + 1 + password.len());
        return format!("{}{}{}{arn}", mask_word(&word[..user]), mask(password), mask_word(&word[rest..]));
    }
    let pieces = word.split_inclusive([':', '@']).map(|piece| {
        let is_web_token = piece.starts_with("eyJ") && piece.len() >= SECRET_LENGTH;
        if is_web_token { mask(piece) } else { piece.split_inclusive('.').map(mask_run).collect() }
    });
    pieces.collect::<String>() + arn
}

/// Masks a run of letters, digits, `+`, `/`, `_` and `-`, with whatever ends it.
fn mask_run(run: &str) -> String {
    let body = run.trim_end_matches(['.', ':', '@']);
    if is_random(body) {
        return mask(body) + &run[body.len()..];
    }
    run.split_inclusive(['+', '/', '_', '-', '.', ':', '@']).map(mask_key_id).collect()
}

fn mask_key_id(part: &str) -> String {
    let id = part.trim_end_matches(['+', '/', '_', '-', '.', ':', '@']);
    let is_id = id.len() >= KEY_ID_LENGTH
        && KEY_ID_PREFIXES.iter().any(|prefix| id.starts_with(prefix))
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_id {
        return part.to_owned();
    }
    let last = id.len() - 4;
    format!("{}{}{}{}", &id[..4], mask(&id[4..last]), &id[last..], &part[id.len()..])
}

/// True for a long word that changes between small letters, capitals and digits as only random ones do. In base64, two
/// neighbours in three differ in that; in names of profiles, roles and paths, one in five at most.
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
    let has = |wanted| parts.iter().any(|part| part.bytes().any(|byte| class(byte) == wanted));
    length >= SECRET_LENGTH && has(1) && has(2) && changes * 4 >= length
}

/// `*` for every byte but white space.
fn mask(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { c.to_string() } else { "*".repeat(c.len_utf8()) }).collect()
}

/// How a value that is masked goes on in the next line.
#[derive(Clone, Copy)]
enum Open {
    /// In lines that are indented deeper than this.
    Deeper(usize),
    /// Up to this text.
    Until(&'static str),
}

fn mask_by_name(text: &str) -> String {
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
            Some(Open::Deeper(least)) if indent(line) > least && !line.trim().is_empty() => {
                masked.push_str(&mask(line));
                continue;
            }
            _ => {}
        }
        let (done, value) = mask_line(line);
        masked.push_str(&done);
        if !line.trim().is_empty() {
            open = value.map(|value| goes_on(value).map_or(Open::Deeper(indent(line)), Open::Until));
        }
    }
    masked
}

/// What ends a value of TOML that ends in a later line.
fn goes_on(value: &str) -> Option<&'static str> {
    let ends = [("\"\"\"", "\"\"\""), ("'''", "'''"), ("[", "]")];
    let (start, end) = ends.into_iter().find(|(start, _)| value.starts_with(start))?;
    (!value[start.len()..].contains(end)).then_some(end)
}

/// The line masked, and the last secret value in it.
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

/// Whether the word before a delimiter names a secret.
fn is_secret_key(before: &str) -> bool {
    let (text, delimiter) = before.split_at(before.len() - 1);
    let text = text.trim_end();
    if let Some(quote) = text.chars().next_back().filter(|last| "\"'".contains(*last)) {
        let key = text[..text.len() - 1].rsplit(quote).next().unwrap_or_default();
        return sounds_secret(&unescaped(key));
    }
    let start = text.rfind(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).unwrap_or_default();
    let word = &text[start..];
    // Between colons or behind a slash it is a part of an ARN or an address.
    let is_part = delimiter == ":" && word.starts_with([':', '/']);
    !is_part && sounds_secret(word)
}

fn sounds_secret(word: &str) -> bool {
    let word = word.to_lowercase();
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_misspelt = word.starts_with("aws_") && word.ends_with("_key");
    is_misspelt || SECRET_WORDS.iter().any(|secret| word.contains(secret))
}

/// A key of TOML with its escapes of characters by number resolved.
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

/// How many bytes a value takes: through its closing quote, or to the end of the line.
fn value_length(after: &str) -> usize {
    let blanks = after.len() - after.trim_start().len();
    let value = &after[blanks..];
    if goes_on(value).is_some() {
        return after.len();
    }
    match value.chars().next().filter(|first| "\"'".contains(*first)) {
        Some(quote) => value[1..].find(quote).map_or(after.len(), |end| blanks + end + 2),
        None => after.len(),
    }
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
            ("key AKIAIOSFODNN7EXAMPLE.", "key AKIA************MPLE."),
            ("http://me:pw@127.0.0.1:80/a", "http://me:**@127.0.0.1:80/a"),
            ("http://me@127.0.0.1:80/a", "http://me@127.0.0.1:80/a"),
        ] {
            assert_eq!(mask_values(text), masked);
        }
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
            "/home/alice/Projects/Work2024/checkouts/awsauth/target/debug/awsauth credential-process prod",
        ] {
            assert_eq!(mask_values(text), text);
        }
    }
}
