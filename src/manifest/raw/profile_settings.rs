//! Owns `settings`, the other AWS settings of a profile. Only settings from a list are accepted.

use super::field::{FieldValue, KeyEntry, KeyOrigin, Origin, Reader, Sourced};
use super::values;
use crate::diagnostic::Diagnostic;
use crate::manifest::document::table::{self, wrong_type};
use crate::manifest::document::tree::{FilledBy, KeyValue, Text, Value};
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::{Sink, quoted};
use crate::manifest::spec::aws_settings::{self, SettingSpec, SettingType};
use crate::manifest::spec::keys::Key;
use crate::model::{ConfigText, Setting, SettingValue};
use crate::source::Span;

type ByName<T> = Vec<(&'static str, T)>;

/// The settings of a profile, those of the lowest layer first.
#[derive(Debug, Clone, Default)]
pub(crate) struct CheckedSettings(ByName<Checked>);

#[derive(Debug, Clone)]
enum Checked {
    Text(Sourced<ConfigText>),
    Block(ByName<Sourced<ConfigText>>),
}

impl CheckedSettings {
    pub(crate) fn into_checked(self) -> Vec<Setting> {
        let value = |checked| match checked {
            Checked::Text(text) => SettingValue::Text(text.value),
            Checked::Block(block) => {
                SettingValue::Nested(block.into_iter().map(|(key, text)| (key.to_owned(), text.value)).collect())
            }
        };
        self.0.into_iter().map(|(key, checked)| Setting { key: key.to_owned(), value: value(checked) }).collect()
    }
}

impl FieldValue for CheckedSettings {
    fn shown(&self) -> String {
        String::new()
    }

    fn origins(&self, key: &str, _: Span, _: Origin) -> Vec<KeyOrigin> {
        let origins = |key: String, text: &Sourced<ConfigText>| text.value.origins(&key, text.at, text.origin);
        let all = self.0.iter().flat_map(|(name, checked)| match checked {
            Checked::Text(text) => origins(format!("{key}.{name}"), text),
            Checked::Block(block) => {
                block.iter().flat_map(|(inner, text)| origins(format!("{key}.{name}.{inner}"), text)).collect()
            }
        });
        all.collect()
    }

    fn fill_from(&mut self, lower: &Self) {
        let own = std::mem::replace(&mut self.0, lower.0.clone());
        overlay(&mut self.0, own, |below, own| match (below, own) {
            (Checked::Block(below), Checked::Block(own)) => overlay(below, own, |below, own| *below = own),
            (below, own) => *below = own,
        });
    }
}

fn overlay<T>(lower: &mut ByName<T>, upper: ByName<T>, replace: impl Fn(&mut T, T)) {
    for (key, value) in upper {
        match lower.iter_mut().find(|(name, _)| *name == key) {
            Some((_, below)) => replace(below, value),
            None => lower.push((key, value)),
        }
    }
}

/// None if any of it is wrong, which is reported. `own` are the keys of the profile itself.
pub(super) fn read(given: KeyEntry<'_, '_>, own: &'static [Key], reader: &mut Reader<'_>) -> Option<CheckedSettings> {
    let table = table::table(given.entry, &mut reader.sink)?;
    let settings: Vec<_> = table.iter().map(|entry| setting(entry, given.origin, own, reader)).collect();
    settings.into_iter().collect::<Option<_>>().map(CheckedSettings)
}

fn setting(
    entry: &KeyValue<'_>,
    origin: Origin,
    own: &'static [Key],
    reader: &mut Reader<'_>,
) -> Option<(&'static str, Checked)> {
    let what = "an AWS setting that awsauth knows";
    let spec = spec_of(entry, what, aws_settings::SETTINGS, own, &mut reader.sink)?;
    let SettingType::Nested(list) = spec.takes else {
        return text(entry, spec, origin, reader).map(|text| (spec.name, Checked::Text(text)));
    };
    let table = table::table(entry, &mut reader.sink)?;
    let what = format!("a setting of `{}`", spec.name);
    let inner = |entry| {
        let spec = spec_of(entry, &what, list, own, &mut reader.sink)?;
        Some((spec.name, text(entry, spec, origin, reader)?))
    };
    let block: Vec<_> = table.iter().map(inner).collect();
    Some((spec.name, Checked::Block(block.into_iter().collect::<Option<_>>()?)))
}

/// None for a setting that can't be made here, with an error that says why.
fn spec_of(
    entry: &KeyValue<'_>,
    what: &str,
    list: &'static [SettingSpec],
    own: &'static [Key],
    sink: &mut Sink,
) -> Option<&'static SettingSpec> {
    let spec = aws_settings::find(list, &entry.name);
    if spec.is_none() {
        let is_own = own.iter().any(|key| key.name == entry.name);
        let found = not_known(entry, what, list, is_own, sink);
        sink.push(found);
    }
    spec
}

fn not_known(
    entry: &KeyValue<'_>,
    what: &str,
    list: &'static [SettingSpec],
    is_own: bool,
    sink: &mut Sink,
) -> Diagnostic {
    let (name, at) = (&*entry.name, entry.at);
    if let Some(reason) = aws_settings::refusal(name) {
        let refused = Diagnostic::error(codes::REFUSED_SETTING, at, format!("`{name}` can't be set here"));
        return refused.label(reason).help(if is_own {
            format!("`{name}` is a key of the profile itself: move it out of `settings`")
        } else {
            "remove it".to_owned()
        });
    }
    if is_own {
        let message = format!("`{name}` is a key of the profile itself");
        let found = Diagnostic::error(codes::KEY_IN_SETTINGS, at, message);
        return found.help(format!("move `{name}` out of `settings`"));
    }
    let names = || list.iter().map(|known| known.name);
    let guess = sink.nearest_key(name, names());
    let all = || format!("the settings are {}", quoted(names()));
    let help = guess.map_or_else(all, |guess| format!("did you mean `{guess}`?"));
    Diagnostic::error(codes::UNKNOWN_SETTING, at, format!("`{name}` is not {what}")).help(help)
}

fn text(
    entry: &KeyValue<'_>,
    spec: &'static SettingSpec,
    origin: Origin,
    reader: &mut Reader<'_>,
) -> Option<Sourced<ConfigText>> {
    value(entry, spec, reader).map(|value| Sourced { value, at: entry.node.at, origin })
}

fn value(entry: &KeyValue<'_>, known: &'static SettingSpec, reader: &mut Reader<'_>) -> Option<ConfigText> {
    let plain = plain(entry, known, &mut reader.sink);
    let text = match &plain {
        Some(plain) => Text { value: plain, at: entry.node.at, filled: FilledBy::Nothing },
        None => entry.node.text()?,
    };
    if matches!(known.takes, SettingType::Empty) {
        if text.value.is_empty() {
            return Some(ConfigText::empty());
        }
        let message = format!("`{}` can't be set here", known.name);
        let found = Diagnostic::error(codes::REFUSED_SETTING, entry.at, message);
        let help = format!("remove it, or write `{} = \"\"`", known.name);
        reader.sink.push(found.label(aws_settings::NAMES_A_PROGRAM).help(help));
        return None;
    }
    let checked = values::config_text(text, reader)?;
    let wanted = match known.takes {
        SettingType::Endpoint => return reader.hosts.check_endpoint(text, &mut reader.sink).then_some(checked),
        takes => wanted(takes, text.value),
    };
    let Some(wanted) = wanted else { return is_for_this_file(text, known, reader).then_some(checked) };
    reader.sink.reject(text, codes::BAD_SETTING, format!("`{}` takes {wanted}", known.name), "");
    None
}

/// Returns a description of the accepted values if the value is not one of them.
fn wanted(takes: SettingType, value: &str) -> Option<String> {
    let is_number = |least: i64| {
        value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<i64>().is_ok_and(|number| number >= least)
    };
    match takes {
        SettingType::Flag if !matches!(value, "true" | "false") => Some("`true` or `false`".to_owned()),
        SettingType::Word(words) if !words.contains(&value) => Some(format!("one of {}", quoted(words.iter()))),
        SettingType::Number(least, _) if !is_number(least) => Some(format!("a whole number, at least {least}")),
        SettingType::Size if !is_size(value) => Some("a size such as `64MB`, or a number of bytes".to_owned()),
        _ => None,
    }
}

/// False, and reported, for a value that is allowed in a personal file only.
fn is_for_this_file(text: Text<'_>, known: &'static SettingSpec, reader: &mut Reader<'_>) -> bool {
    let Some(reason) = aws_settings::personal(known.name, text.value) else { return true };
    // A variable could get its value from another file.
    if reader.hosts.is_trusted(text.at) && text.filled == FilledBy::Nothing {
        return true;
    }
    let message = format!("`{} = \"{}\"` can't be set here", known.name, text.value);
    let help = format!("remove it; to set it for yourself, put it in {}", reader.hosts.files.own());
    let found = Diagnostic::error(codes::REFUSED_SETTING, text.at, message).label(reason).help(help);
    reader.sink.report(text, found);
    false
}

/// Converts a number or a boolean to text. None for a string, and for other types, which are reported.
fn plain(entry: &KeyValue<'_>, known: &'static SettingSpec, sink: &mut Sink) -> Option<String> {
    let example = known.example();
    match &entry.node.value {
        Value::Flag(flag) => return Some(flag.to_string()),
        Value::Integer(Some(number)) => return Some(number.to_string()),
        Value::Integer(None) => wrong_type(&entry.name, &entry.node, "a whole number of 64 bits", Some(&example), sink),
        Value::Text(_) | Value::Filled(..) | Value::Unfilled(_) => {}
        _ => wrong_type(&entry.name, &entry.node, "a string, a whole number or a boolean", Some(&example), sink),
    }
    None
}

fn is_size(text: &str) -> bool {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = text[digits.len()..].to_ascii_uppercase();
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(unit.as_str(), "" | "KB" | "MB" | "GB" | "TB" | "KIB" | "MIB" | "GIB" | "TIB")
}
