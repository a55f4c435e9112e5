//! Owns reading an access key from text: the console's CSV, AWS CLI's JSON and INI, or just its two halves.

use thiserror::Error;

use crate::model::LongTermKey;
use crate::secret::Secret;

/// The most bytes of a text with a key.
pub(crate) const LARGEST: u64 = 64 * 1024;

/// Never shows the text: it may be the secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum KeyTextError {
    #[error("this text holds no access key")]
    NoKey,
    /// The names of their users, or the keys' ids.
    #[error("this text holds several access keys: {}", .0.join(", "))]
    Several(Vec<String>),
    #[error("this is the key of a session (ASIA…), which expires; a long-term key begins with AKIA")]
    Temporary,
    /// The secret is missing or has the wrong form.
    #[error("this text holds an access key id without its secret")]
    NoSecret,
}

/// True for the id of a long-term key. IAM documents 16 to 128 letters and digits; real ones have 20.
pub(crate) fn looks_like_key_id(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("AKIA") && is_key_id(text)
}

fn is_key_id(text: &str) -> bool {
    (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// True for 40 characters of base64.
pub(crate) fn looks_like_secret(text: &str) -> bool {
    let text = text.trim();
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

/// Finds the one key in `text`. Words that are neither id nor secret, such as headings and names, are skipped.
pub(crate) fn parse(text: &str) -> Result<LongTermKey, KeyTextError> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+/".contains(character);
    let words: Vec<&str> = text.split(|character| !is_part(character)).filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| word.starts_with("ASIA") && is_key_id(word)) {
        return Err(KeyTextError::Temporary);
    }
    let mut ids = words.iter().filter(|word| looks_like_key_id(word));
    let mut secrets = words.iter().filter(|word| looks_like_secret(word));
    match (ids.next(), secrets.next(), ids.next(), secrets.next()) {
        (Some(id), Some(secret), None, None) => {
            Ok(LongTermKey { access_key_id: (*id).to_owned(), secret_access_key: Secret::new(*secret) })
        }
        (Some(_), None, ..) => Err(KeyTextError::NoSecret),
        (None, ..) => Err(KeyTextError::NoKey),
        (Some(_), Some(_), ..) => Err(KeyTextError::Several(holders(text))),
    }
}

/// What tells the keys of a text apart: the user names of the console's CSV, else the ids.
fn holders(text: &str) -> Vec<String> {
    let field =
        |line: &str, index: usize| line.split(',').nth(index).map(|field| field.trim().trim_matches('"').to_owned());
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let has_names = lines.next().and_then(|heading| field(heading, 0)).is_some_and(|name| name == "User name");
    let is_name = |name: &String| !name.is_empty() && !looks_like_secret(name);
    let name = |line: &str| field(line, 0).filter(|name| has_names && is_name(name));
    let ids = |line: &str| {
        line.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| looks_like_key_id(word)).map(str::to_owned)
    };
    text.lines().filter_map(|line| ids(line).map(|id| name(line).unwrap_or(id))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[test]
    fn every_form_gives_the_key() {
        for text in [
            format!("\u{feff}Access key ID,Secret access key\r\n{ID},{SECRET}\r\n"),
            format!(
                "User name,Password,Access key ID,Secret access key,Console login link\nalice,,{ID},{SECRET},https://x\n"
            ),
            format!("{{\"AccessKey\": {{\"AccessKeyId\": \"{ID}\", \"SecretAccessKey\": \"{SECRET}\"}}}}"),
            format!("aws_access_key_id = {ID}\naws_secret_access_key={SECRET}\n"),
            format!("export AWS_ACCESS_KEY_ID=\"{ID}\"\nexport AWS_SECRET_ACCESS_KEY='{SECRET}'\n"),
            format!("{ID}\n{SECRET}\n"),
            format!("{ID} {SECRET}"),
        ] {
            let key = parse(&text).unwrap();
            assert_eq!((key.access_key_id.as_str(), key.secret_access_key.expose()), (ID, SECRET));
        }
    }

    #[test]
    fn anything_else_is_refused_without_being_shown() {
        assert_eq!(parse(""), Err(KeyTextError::NoKey));
        assert_eq!(parse(SECRET), Err(KeyTextError::NoKey));
        assert_eq!(parse(ID), Err(KeyTextError::NoSecret));
        let two = format!("{ID},{SECRET}\nAKIAIOSFODNN7EXAMPL2,{SECRET}");
        let several = |names: [&str; 2]| Err(KeyTextError::Several(names.map(str::to_owned).to_vec()));
        assert_eq!(parse(&two), several([ID, "AKIAIOSFODNN7EXAMPL2"]));
        let heading = "\u{feff}User name,Access key ID,Secret access key";
        let csv = format!("{heading}\r\nalice,{ID},{SECRET}\r\n\"bob\",AKIAIOSFODNN7EXAMPL2,{SECRET}\r\n");
        assert_eq!(parse(&csv), several(["alice", "bob"]));
        assert_eq!(parse(&format!("ASIAIOSFODNN7EXAMPLE {SECRET}")), Err(KeyTextError::Temporary));
    }
}
