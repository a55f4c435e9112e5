//! Owns the settings of a profile beside its way to credentials: where the manifest has each.

use std::borrow::Cow;

use super::left::Why;
use super::read::{AwsProfile, Entry};
use super::table::{Note, Table};
use super::tools;
use crate::ini::FileKind;
use crate::manifest::{self, Place, place, spelling, toml_text};
use crate::model::Pattern;
use crate::plan::SectionValue;
use crate::secret::is_harmless;

/// Adds all settings of `profile` that its pattern does not stand for. Fails for those that no manifest can have.
pub(super) fn put(profile: &AwsProfile, table: &mut Table) -> Result<(), Why> {
    let used = table.used.clone();
    if used.contains(&"credential_process") && profile.has("credential_process") {
        table.notes.push(Note::Process);
    }
    let mut wrong = Vec::new();
    for entry in profile.entries.iter().filter(|entry| !used.contains(&entry.key.as_str())) {
        if tools::is_replaced(&entry.key) {
            if entry.key != "long_term_profile" {
                table.dropped.push(entry.key.clone());
            }
            continue;
        }
        let is_empty = matches!(&entry.value, SectionValue::Text(text) if text.is_empty()) && entry.key != "cli_pager";
        // Keys of other programs in the credentials file stay there.
        let is_foreign = entry.at.file == FileKind::Credentials && !manifest::is_setting(&entry.key);
        if is_empty || is_foreign {
            continue;
        }
        if let Err(reason) = put_one(entry, table) {
            wrong.push((entry, reason));
        }
    }
    if !wrong.is_empty() {
        return Err(cant_have(&wrong));
    }
    let lines = table.keys.iter().map(|(key, value)| format!("{key} = {value}"));
    match table.keys.iter().zip(lines).find(|(_, line)| !is_harmless(line)) {
        Some(((key, _), _)) => Err(Why::new(format!("{key}: it looks like a secret"))),
        None => Ok(()),
    }
}

fn cant_have(wrong: &[(&Entry, Cow<'static, str>)]) -> Why {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (entry, reason) in wrong {
        match reasons.iter_mut().find(|(other, _)| other == reason) {
            Some((_, keys)) => keys.push(&entry.key),
            None => reasons.push((reason, vec![&entry.key])),
        }
    }
    let verb = if reasons.iter().any(|(reason, _)| reason.ends_with('?')) { "correct" } else { "remove" };
    let reasons: Vec<String> =
        reasons.into_iter().map(|(reason, keys)| format!("{}: {reason}", keys.join(", "))).collect();
    let lines: Vec<String> = wrong.iter().map(|(entry, _)| entry.at.line.to_string()).collect();
    let what = match wrong {
        [(entry, _)] => format!("{} (line {})", entry.key, entry.at.line),
        _ => format!("them (lines {})", lines.join(", ")),
    };
    Why::new(reasons.join("; ")).remedy(format!("{verb} {what}, then import again"))
}

fn put_one(entry: &Entry, table: &mut Table) -> Result<(), Cow<'static, str>> {
    let Entry { key, value, .. } = entry;
    let text = if let SectionValue::Text(text) = value { Some(text.as_str()) } else { None };
    if text.is_some_and(|text| text.contains('\n')) {
        return Err("it goes on over several lines".into());
    }
    if !is_harmless(&format!("{key} = {}", toml(value))) {
        return Err("it looks like a secret".into());
    }
    match (key.as_str(), text) {
        ("region", Some(text)) => table.put("region", &text.to_ascii_lowercase()),
        ("output", Some(text)) => table.put("output", &text.to_ascii_lowercase()),
        _ => {
            if let Some(reason) = tools::objection(key) {
                return Err(reason.into());
            }
            match place(Some(Pattern::Iam), key, text) {
                Place::Settings => {}
                Place::Nowhere(reason) => return Err(reason),
                Place::Own | Place::OtherPattern(_) => return Err("it has no effect in such a profile".into()),
            }
            let value = match value {
                SectionValue::Text(text) => SectionValue::Text(spelling(None, key, text).into_owned()),
                SectionValue::Nested(pairs) => {
                    let pair =
                        |(name, text): &(String, String)| (name.clone(), spelling(Some(key), name, text).into_owned());
                    SectionValue::Nested(pairs.iter().map(pair).collect())
                }
            };
            let is_personal = text.is_some_and(|text| manifest::personal(key, text).is_some());
            let list = if is_personal { &mut table.personal } else { &mut table.settings };
            list.push((key.clone(), value));
        }
    }
    Ok(())
}

/// A value of `settings` as TOML.
pub(super) fn toml(value: &SectionValue) -> String {
    match value {
        SectionValue::Text(text) => toml_text(text),
        SectionValue::Nested(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(name, text)| format!("{} = {}", manifest::toml_key(name), toml_text(text)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// Go's durations in seconds: `12h`, `1h30m`.
pub(super) fn seconds(text: &str) -> Option<String> {
    let (mut total, mut number) = (0_u64, 0_u64);
    for character in text.chars() {
        match character {
            '0'..='9' => number = number.checked_mul(10)?.checked_add(u64::from(character.to_digit(10)?))?,
            'h' => (total, number) = (total.checked_add(number.checked_mul(3600)?)?, 0),
            'm' => (total, number) = (total.checked_add(number.checked_mul(60)?)?, 0),
            's' => (total, number) = (total.checked_add(number)?, 0),
            _ => return None,
        }
    }
    (total > 0 && number == 0).then(|| total.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_go_are_seconds() {
        for (text, expected) in
            [("12h", Some("43200")), ("1h30m", Some("5400")), ("90", None), ("1.5h", None), ("", None)]
        {
            assert_eq!(seconds(text).as_deref(), expected, "{text}");
        }
        assert_eq!(seconds("99999999999999999999h"), None);
    }
}
