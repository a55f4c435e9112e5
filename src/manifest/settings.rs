//! Owns `settings`: other AWS settings of a profile, each on the list of those that can do no harm.

use toml::de::DeValue;

use super::codes;
use super::fields::Origin;
use super::hosts;
use super::keys;
use super::known::{self, Known, Takes};
use super::layers::OwnWord;
use super::reading::{Entry, Reading, Text, entries, quoted};
use super::values;
use super::why::Told;
use crate::diagnostic::Diagnostic;
use crate::model::{ConfigText, Setting, SettingValue};
use crate::source::Span;

/// One setting as it is written; none where its value is wrong, which has been reported.
#[derive(Debug, Clone)]
pub(super) struct WrittenSetting {
    /// AWS's name of it.
    key: &'static str,
    /// Its value.
    value: Option<SettingValue>,
    /// Where it stands, and in which table.
    place: (Span, Origin),
    /// The same of each key of a nested block.
    nested: Vec<(Span, Origin)>,
}

impl WrittenSetting {
    /// The setting, if its value is right.
    pub(super) fn checked(self) -> Option<Setting> {
        Some(Setting { key: self.key.to_owned(), value: self.value? })
    }

    /// True if its value is right.
    pub(super) fn is_right(&self) -> bool {
        self.value.is_some()
    }

    /// Each text of it, if it is right.
    pub(super) fn told(&self) -> Vec<Told> {
        let told = |key: String, value: &ConfigText, (at, origin): (Span, Origin)| {
            let (key, value) = (format!("settings.{key}"), value.as_str().to_owned());
            Told { key, value, at, origin, variables: Vec::new() }
        };
        match &self.value {
            None => Vec::new(),
            Some(SettingValue::Text(text)) => vec![told(self.key.to_owned(), text, self.place)],
            Some(SettingValue::Nested(list)) => {
                let places = list.iter().zip(&self.nested);
                places.map(|((key, text), place)| told(format!("{}.{key}", self.key), text, *place)).collect()
            }
        }
    }
}

/// Reads the table in `entry`.
pub(super) fn read(entry: Entry<'_>, reading: &mut Reading<'_>) -> Vec<WrittenSetting> {
    let Some(table) = reading.table(entry) else { return Vec::new() };
    entries(table).into_iter().filter_map(|entry| setting(entry, reading)).collect()
}

/// Takes from `defaults` what is not in `own`, in the order of the defaults; nested blocks key by key.
pub(super) fn inherit(own: &mut Vec<WrittenSetting>, defaults: &[WrittenSetting]) {
    if defaults.is_empty() {
        return;
    }
    let mut merged = defaults.to_vec();
    for setting in own.drain(..) {
        match merged.iter_mut().find(|other| other.key == setting.key) {
            Some(other) => merge(other, setting),
            None => merged.push(setting),
        }
    }
    *own = merged;
}

/// Says of all settings that they were written in that table.
pub(super) fn came_from(settings: &mut [WrittenSetting], origin: Origin) {
    for setting in settings {
        setting.place.1 = origin;
        for (_, nested) in &mut setting.nested {
            *nested = origin;
        }
    }
}

fn merge(under: &mut WrittenSetting, over: WrittenSetting) {
    let (Some(SettingValue::Nested(list)), Some(SettingValue::Nested(more))) = (&mut under.value, &over.value) else {
        *under = over;
        return;
    };
    under.place = over.place;
    for ((key, value), place) in more.iter().zip(over.nested) {
        if let Some(index) = list.iter().position(|(other, _)| other == key) {
            list[index].1.clone_from(value);
            under.nested[index] = place;
        } else {
            list.push((key.clone(), value.clone()));
            under.nested.push(place);
        }
    }
}

fn setting(entry: Entry<'_>, reading: &mut Reading<'_>) -> Option<WrittenSetting> {
    let known = named(entry, "an AWS setting that awsauth knows", known::SETTINGS, reading)?;
    let (value, nested) = match known.takes {
        Takes::Nested(list) => nested(entry, list, reading).unzip(),
        _ => (value(entry, known, reading).map(SettingValue::Text), None),
    };
    let place = (entry.value_at(), Origin::Own);
    Some(WrittenSetting { key: known.name, value, place, nested: nested.unwrap_or_default() })
}

/// A nested block, and where each of its keys stands; none if any of them is wrong.
fn nested(
    entry: Entry<'_>,
    list: &'static [Known],
    reading: &mut Reading<'_>,
) -> Option<(SettingValue, Vec<(Span, Origin)>)> {
    let table = reading.table(entry)?;
    let place = format!("a setting of `{}`", entry.name);
    reading.variables.enter(entry.name);
    let read = entries(table).into_iter().map(|entry| {
        let known = named(entry, &place, list, reading)?;
        let value = value(entry, known, reading)?;
        Some(((known.name.to_owned(), value), (entry.value_at(), Origin::Own)))
    });
    let read: Vec<_> = read.collect();
    reading.variables.leave();
    let (values, places) = read.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
    Some((SettingValue::Nested(values), places))
}

/// The setting that `entry` names, or an error that says why it can't be made here.
fn named(entry: Entry<'_>, what: &str, list: &'static [Known], reading: &mut Reading<'_>) -> Option<&'static Known> {
    let name = entry.name;
    if let Some(known) = known::find(list, name) {
        return Some(known);
    }
    let own = keys::find(keys::PROFILE, name);
    let found = if let Some(reason) = known::refusal(name) {
        let refused = Diagnostic::error(codes::REFUSED_SETTING, entry.at, format!("`{name}` can't be set here"));
        let refused = refused.label(reason);
        match own {
            Some(_) => refused.help(format!("`{name}` is a key of the profile itself: move it out of `settings`")),
            None => refused.help("leave it out"),
        }
    } else if own.is_some() {
        Diagnostic::error(codes::KEY_IN_SETTINGS, entry.at, format!("`{name}` is a key of the profile itself"))
            .help(format!("move `{name}` out of `settings`"))
    } else {
        let unknown = Diagnostic::error(codes::UNKNOWN_SETTING, entry.at, format!("`{name}` is not {what}"));
        match reading.suggester.key(name, list.iter().map(|known| known.name)) {
            Some(guess) => unknown.help(format!("did you mean `{guess}`?")),
            None => unknown.help(format!("the settings are {}", quoted(list.iter().map(|known| known.name)))),
        }
    };
    reading.out.push(found);
    None
}

fn value(entry: Entry<'_>, known: &'static Known, reading: &mut Reading<'_>) -> Option<ConfigText> {
    let text = plain(entry, known, reading)?;
    if matches!(known.takes, Takes::Empty) {
        if text.value.is_empty() {
            return Some(ConfigText::empty());
        }
        let message = format!("`{}` can't be set here", known.name);
        let found = Diagnostic::error(codes::REFUSED_SETTING, entry.at, message).label(known::NAMES_A_PROGRAM);
        reading.out.push(found.help(format!("leave it out, or write `{} = \"\"` for none", known.name)));
        return None;
    }
    let checked = values::config_text(&text, reading)?;
    let value = &*text.value;
    let wanted = match known.takes {
        Takes::Flag if !matches!(value, "true" | "false") => "`true` or `false`".to_owned(),
        Takes::Word(words) if !words.contains(&value) => format!("one of {}", quoted(words.iter())),
        Takes::Number(least) if !value.parse::<i64>().is_ok_and(|number| number >= least) => {
            format!("a whole number, at least {least}")
        }
        Takes::Size if !is_size(value) => "a size such as `64MB`, or a number of bytes".to_owned(),
        Takes::Endpoint => return hosts::check_endpoint(&text, reading).then_some(checked),
        _ => return is_for_this_file(&text, known, reading).then_some(checked),
    };
    reading.reject(&text, codes::BAD_SETTING, format!("`{}` takes {wanted}", known.name), "");
    None
}

/// Whether the value is not one that only the person's own file may give; if it is, that is reported.
fn is_for_this_file(text: &Text<'_>, known: &'static Known, reading: &mut Reading<'_>) -> bool {
    let Some(reason) = known::personal(known.name, &text.value) else { return true };
    let number = reading.layers.sources().number(text.at);
    // A variable may have its value from another file.
    if reading.layers.own_word(number) == Some(&OwnWord::Certain) && !text.expanded {
        return true;
    }
    let message = format!("`{} = \"{}\"` can't be set here", known.name, text.value);
    let help = format!("leave it out; who wants it for themselves writes it to {}", reading.layers.own());
    reading.report(text, Diagnostic::error(codes::REFUSED_SETTING, text.at, message).label(reason).help(help));
    false
}

/// The value as it is written into the file: a string, or a number or truth value in its usual form.
fn plain<'e>(entry: Entry<'e>, known: &'static Known, reading: &mut Reading<'_>) -> Option<Text<'e>> {
    let at = entry.value_at();
    match entry.value.get_ref() {
        DeValue::Boolean(flag) => Some(Text { value: flag.to_string().into(), at, expanded: false }),
        DeValue::Integer(_) => {
            let number = reading.number(entry, "a whole number of 64 bits", Some(known.example))?;
            Some(Text { value: number.to_string().into(), at, expanded: false })
        }
        DeValue::String(_) => reading.text(entry, Some(known.example)),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            reading.wrong_type(entry, "a string, a whole number or a truth value", Some(known.example));
            None
        }
    }
}

fn is_size(text: &str) -> bool {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = text[digits.len()..].to_ascii_uppercase();
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(unit.as_str(), "" | "KB" | "MB" | "GB" | "TB" | "KIB" | "MIB" | "GIB" | "TIB")
}
