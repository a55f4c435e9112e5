//! Owns `settings`: other AWS settings of a profile, each on the list of those that can do no harm.

use super::field::{Found, KeyOrigin, Origin, Shown};
use super::reader::Reader;
use super::values;
use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::sink::{Sink, quoted};
use crate::manifest::spec::aws_settings::{self, SettingSpec, SettingType};
use crate::manifest::spec::keys::Key;
use crate::manifest::table::{self, wrong_type};
use crate::manifest::tree::{Entry, FilledBy, Text, Value};
use crate::model::{ConfigText, Setting, SettingValue};
use crate::source::Span;

/// The settings of a profile, all of them right, those of the lowest layer first.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<Written>);

#[derive(Debug)]
enum Written {
    One(One),
    Block(&'static str, Vec<One>),
}

#[derive(Debug)]
struct One {
    key: &'static str,
    value: ConfigText,
    at: Span,
    origin: Origin,
}

impl Settings {
    pub(crate) fn into_checked(self) -> Vec<Setting> {
        let setting = |written| match written {
            Written::One(one) => Setting { key: one.key.to_owned(), value: SettingValue::Text(one.value) },
            Written::Block(key, block) => {
                let block = block.into_iter().map(|one| (one.key.to_owned(), one.value)).collect();
                Setting { key: key.to_owned(), value: SettingValue::Nested(block) }
            }
        };
        self.0.into_iter().map(setting).collect()
    }
}

impl Shown for Settings {
    fn shown(&self) -> String {
        String::new()
    }

    fn told(&self, key: &str, _: Span, _: Origin) -> Vec<KeyOrigin> {
        let told = |key: String, one: &One| one.value.told(&format!("{key}.{}", one.key), one.at, one.origin);
        let all = self.0.iter().flat_map(|written| match written {
            Written::One(one) => told(key.to_owned(), one),
            Written::Block(block, ones) => ones.iter().flat_map(|one| told(format!("{key}.{block}"), one)).collect(),
        });
        all.collect()
    }
}

/// Reads `settings` of all layers, key by key; none if any of it is wrong. `own` are the keys of the profile itself.
pub(super) fn read(found: &[Found<'_, '_>], own: &'static [Key], reader: &mut Reader<'_>) -> Option<Settings> {
    is_table(found, reader)?;
    let setting = |found: Vec<Found<'_, '_>>| {
        let known = named(found[0], "an AWS setting that awsauth knows", aws_settings::SETTINGS, own, reader)?;
        let SettingType::Nested(list) = known.takes else { return one(found[0], known, reader).map(Written::One) };
        is_table(&found, reader)?;
        let place = format!("a setting of `{}`", known.name);
        let ones = by_name(&found).into_iter().map(|found| {
            let known = named(found[0], &place, list, own, reader)?;
            one(found[0], known, reader)
        });
        let ones: Vec<_> = ones.collect();
        Some(Written::Block(known.name, ones.into_iter().collect::<Option<_>>()?))
    };
    let settings: Vec<_> = by_name(found).into_iter().map(setting).collect();
    settings.into_iter().collect::<Option<_>>().map(Settings)
}

/// The keys of several tables, each as all of these have it, the highest first; in the order of the lowest table.
fn by_name<'l, 't>(tables: &[Found<'l, 't>]) -> Vec<Vec<Found<'l, 't>>> {
    let mut names: Vec<Vec<Found<'l, 't>>> = Vec::new();
    for table in tables.iter().rev() {
        for entry in table.entry.node.table().into_iter().flatten() {
            let found = Found { entry, ..*table };
            match names.iter_mut().find(|same| same[0].entry.name == entry.name) {
                Some(same) => same.insert(0, found),
                None => names.push(vec![found]),
            }
        }
    }
    names
}

fn is_table(found: &[Found<'_, '_>], reader: &mut Reader<'_>) -> Option<()> {
    reader.sink.hush(found[0].is_checked);
    let table = table::table(found[0].entry, &mut reader.sink);
    reader.sink.hush(false);
    table.map(|_| ())
}

/// The setting that a key names, or an error that says why it can't be made here.
fn named(
    found: Found<'_, '_>,
    what: &str,
    list: &'static [SettingSpec],
    own: &'static [Key],
    reader: &mut Reader<'_>,
) -> Option<&'static SettingSpec> {
    let known = aws_settings::find(list, &found.entry.name);
    if known.is_none() && !found.is_checked {
        let is_own = own.iter().any(|key| key.name == found.entry.name);
        let found = not_known(found.entry, what, list, is_own, &mut reader.sink);
        reader.sink.push(found);
    }
    known
}

fn not_known(entry: &Entry<'_>, what: &str, list: &'static [SettingSpec], is_own: bool, sink: &mut Sink) -> Diagnostic {
    let (name, at) = (&*entry.name, entry.at);
    if let Some(reason) = aws_settings::refusal(name) {
        let refused = Diagnostic::error(codes::REFUSED_SETTING, at, format!("`{name}` can't be set here"));
        return refused.label(reason).help(if is_own {
            format!("`{name}` is a key of the profile itself: move it out of `settings`")
        } else {
            "leave it out".to_owned()
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

fn one(found: Found<'_, '_>, known: &'static SettingSpec, reader: &mut Reader<'_>) -> Option<One> {
    reader.sink.hush(found.is_checked);
    let value = value(found.entry, known, reader);
    reader.sink.hush(false);
    Some(One { key: known.name, value: value?, at: found.entry.node.at, origin: found.origin })
}

fn value(entry: &Entry<'_>, known: &'static SettingSpec, reader: &mut Reader<'_>) -> Option<ConfigText> {
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
        let help = format!("leave it out, or write `{} = \"\"` for none", known.name);
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

/// What a setting takes, if that is something else than this value.
fn wanted(takes: SettingType, value: &str) -> Option<String> {
    let is_number = |least: i64| {
        value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<i64>().is_ok_and(|number| number >= least)
    };
    match takes {
        SettingType::Flag if !matches!(value, "true" | "false") => Some("`true` or `false`".to_owned()),
        SettingType::Word(words) if !words.contains(&value) => Some(format!("one of {}", quoted(words.iter()))),
        SettingType::Number(least) if !is_number(least) => Some(format!("a whole number, at least {least}")),
        SettingType::Size if !is_size(value) => Some("a size such as `64MB`, or a number of bytes".to_owned()),
        _ => None,
    }
}

/// True if the value is not one that only the person's own file may give; if it is, that is reported.
fn is_for_this_file(text: Text<'_>, known: &'static SettingSpec, reader: &mut Reader<'_>) -> bool {
    let Some(reason) = aws_settings::personal(known.name, text.value) else { return true };
    // A variable may have its value from another file.
    if reader.hosts.is_own_word(text.at) && text.filled == FilledBy::Nothing {
        return true;
    }
    let message = format!("`{} = \"{}\"` can't be set here", known.name, text.value);
    let help = format!("leave it out; who wants it for themselves writes it to {}", reader.hosts.files.own());
    let found = Diagnostic::error(codes::REFUSED_SETTING, text.at, message).label(reason).help(help);
    reader.sink.report(text, found);
    false
}

/// A number or a truth value as AWS's file has it; none for a string, or where the value is of another type, which is reported.
fn plain(entry: &Entry<'_>, known: &'static SettingSpec, sink: &mut Sink) -> Option<String> {
    let example = Some(known.example);
    match &entry.node.value {
        Value::Flag(flag) => return Some(flag.to_string()),
        Value::Integer(Some(number)) => return Some(number.to_string()),
        Value::Integer(None) => wrong_type(&entry.name, &entry.node, "a whole number of 64 bits", example, sink),
        Value::Text(_) | Value::Filled(..) | Value::Unfilled => {}
        _ => wrong_type(&entry.name, &entry.node, "a string, a whole number or a truth value", example, sink),
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
