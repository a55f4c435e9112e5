//! Owns the wording of the differences between a section of AWS's files and the manifest, and the manifest's lines
//! that would end them. Must not decide what follows.

mod lines;
mod login;

pub(crate) use lines::Explanation;

use self::lines::{instead, is_harmless, toml};
use self::login::is_login;
use crate::ini::SectionId;
use crate::manifest::{self, Layers, Place, TableForm, TableForms, place, toml_key, toml_text};
use crate::model::{Catalog, Kind, Profile, default_long_term};
use crate::plan::{Difference, SectionDifference, SectionValue};

/// The most differences that are listed.
const MOST: usize = 12;

/// Puts differences into words.
pub(crate) fn explain(sections: &[SectionDifference], catalog: &Catalog, layers: &Layers) -> Explanation {
    let mut explanation = Explanation::default();
    let forms = TableForms::read(layers);
    for section in sections {
        explanation.sentences.extend(section.differences.iter().map(|difference| sentence(section, difference)));
        suggest(section, catalog, &forms, &mut explanation);
    }
    let more = explanation.sentences.len().saturating_sub(MOST);
    if more > 0 {
        explanation.sentences.truncate(MOST);
        explanation.sentences.push(format!("and {more} more"));
    }
    explanation
}

fn sentence(section: &SectionDifference, difference: &Difference) -> String {
    let SectionDifference { header, line: header_line, .. } = section;
    match difference {
        Difference::Value { line, key, found, given } => {
            let holds = format!("line {line}: [{header}] holds `{}`", entry(key, found));
            match given {
                // Only the keys are shown if a value may be a secret.
                Some(given) if entry(key, found) == entry(key, given) => {
                    format!("line {line}: [{header}] holds another `{key}` than the manifest gives")
                }
                Some(given) => format!("{holds}, the manifest gives `{}`", entry(key, given)),
                None => format!("{holds}, which the manifest does not give"),
            }
        }
        Difference::Spelling { line, key } => {
            format!(
                "line {line}: [{header}] gives {key} as the manifest does, but with a comment or in another spelling"
            )
        }
        Difference::Missing { key } => format!("line {header_line}: [{header}] lacks {key}"),
        Difference::Foreign => format!("line {header_line}: [{header}] is not in the manifest"),
        Difference::Absent => format!("[{header}] is missing from the block"),
    }
}

/// `key = value`; only the key if the value may be a secret, as in the command line of a program.
fn entry(key: &str, value: &SectionValue) -> String {
    let text = match value {
        SectionValue::Text(text) => format!("{key} = {text}"),
        SectionValue::Nested(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            format!("{key} = {{ {} }}", pairs.join(", "))
        }
    };
    if is_harmless(key, &text) { text } else { key.to_owned() }
}

/// Adds the lines for one section.
fn suggest(section: &SectionDifference, catalog: &Catalog, forms: &TableForms<'_>, explanation: &mut Explanation) {
    let SectionDifference { id, header, differences, .. } = section;
    let profile = id.profile().and_then(|name| catalog.get(name));
    let path = match (id, profile) {
        (SectionId::SsoSession(name), _) => ["sso_sessions", name],
        (_, Some(profile)) => ["profiles", profile.name.as_str()],
        _ => return,
    };
    let (mut own, mut settings, mut is_other_login) = (Vec::new(), Vec::new(), false);
    for difference in differences {
        let Difference::Value { line, key, found, given } = difference else { continue };
        let text = instead(format!("{key} = {}", toml(key, found)), key, given.as_ref());
        match place_of(profile, key, found) {
            Place::Own if given.is_none() && is_for_login(profile, key, found) => {
                explanation.impossible.push(format!(
                    "line {line}: the manifest has {key} for the login, and [{header}] is written without it"
                ));
            }
            Place::Own if is_login(key) && profile.is_some() => is_other_login = true,
            Place::Own if key == "source_profile" && !is_source(found, profile, catalog) => {
                let source = toml_key(text_of(found));
                explanation.other_sources.push(other_source(*line, given.as_ref()));
                explanation.lines.push(format!("[profiles.{source}]  # with its pattern and keys"));
                own.push(text);
            }
            Place::Own => own.push(text),
            Place::Settings => {
                settings.push(text);
                settings.extend(hosts_to_allow(key, found).unwrap_or_default().into_iter().map(allowing));
            }
            Place::SettingsIfEmpty(reason) | Place::Nowhere(reason) => {
                explanation
                    .impossible
                    .push(format!("line {line}: {key} of [{header}] can't be in a manifest: {reason}"));
            }
        }
    }
    if let Some(profile) = profile {
        with_long_term_key(profile, differences, catalog, &mut own, explanation);
        if is_other_login {
            login::suggest(section, profile, catalog, forms, &mut own, explanation);
        }
    }
    let of_settings = [path[0], path[1], "settings"];
    // An inline table, or one of dotted keys, has its settings by dotted keys.
    if forms.get(&path) == TableForm::Keys && forms.get(&of_settings) == TableForm::Missing {
        let is_comment = |line: &str| line.starts_with('#');
        own.extend(settings.into_iter().map(|line| if is_comment(&line) { line } else { format!("settings.{line}") }));
        explanation.add(&path, forms, own);
        return;
    }
    explanation.add(&path, forms, own);
    explanation.add(&of_settings, forms, settings);
}

/// The way to the manifest's source profile.
fn other_source(line: usize, given: Option<&SectionValue>) -> String {
    let given = given.map_or_else(String::new, |given| format!(" `{}`", text_of(given)));
    format!("to use the manifest's{given}, delete line {line}, then run `awsauth apply --adopt` again")
}

/// True for a profile of the manifest, and for the section of a long-term key, which `profile` may go through.
fn is_source(found: &SectionValue, profile: Option<&Profile>, catalog: &Catalog) -> bool {
    let name = text_of(found);
    let is_key =
        || matches!(profile, Some(Profile { kind: Kind::IamMfaRole { .. }, .. })) && owner(name, catalog).is_some();
    catalog.get(name).is_some() || is_key()
}

/// The `iam-mfa` profile whose long-term key is in that section.
fn owner<'c>(section: &str, catalog: &'c Catalog) -> Option<&'c Profile> {
    let is_owner = |profile: &&Profile| profile.long_term_section().is_some_and(|other| other.as_str() == section);
    catalog.profiles().iter().find(is_owner)
}

fn text_of(value: &SectionValue) -> &str {
    if let SectionValue::Text(text) = value { text } else { "" }
}

/// True for the device of the profile that the block does not write, since the session carries it.
fn is_for_login(profile: Option<&Profile>, key: &str, found: &SectionValue) -> bool {
    let serial = profile.and_then(Profile::mfa_serial).filter(|_| key == "mfa_serial");
    serial.is_some_and(|serial| matches!(found, SectionValue::Text(text) if text == serial.as_str()))
}

/// The place in the manifest for a key of a section, with that value.
fn place_of(profile: Option<&Profile>, key: &str, found: &SectionValue) -> Place {
    let nested = match found {
        SectionValue::Text(_) => None,
        SectionValue::Nested(pairs) => Some(pairs.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>()),
    };
    match place(profile.map(Profile::pattern), key, nested.as_deref()) {
        Place::SettingsIfEmpty(_) if matches!(found, SectionValue::Text(text) if text.is_empty()) => Place::Settings,
        Place::SettingsIfEmpty(reason) => Place::Nowhere(reason),
        Place::Own | Place::Settings if matches!(found, SectionValue::Text(text) if text.contains('\n')) => {
            Place::Nowhere("it goes on over several lines")
        }
        Place::Own | Place::Settings if !is_harmless(key, &format!("{key} = {}", toml(key, found))) => {
            Place::Nowhere("it looks like a secret")
        }
        Place::Settings => hosts_to_allow(key, found).err().map_or(Place::Settings, Place::Nowhere),
        place => place,
    }
}

/// The hosts that a setting names, and that the person has to allow. Fails with the reason for which no shared manifest can
/// give that value.
fn hosts_to_allow<'v>(key: &'v str, value: &'v SectionValue) -> Result<Vec<&'v str>, &'static str> {
    let pairs = match value {
        SectionValue::Text(text) if manifest::personal(key, text).is_some() => {
            return Err("only your own profiles.local.toml can, since AWS CLI would keep more than its user knows of");
        }
        SectionValue::Text(text) => vec![(key, text)],
        SectionValue::Nested(pairs) => pairs.iter().map(|(key, value)| (key.as_str(), value)).collect(),
    };
    let endpoints = pairs.into_iter().filter(|(key, _)| *key == "endpoint_url");
    endpoints.filter_map(|(_, endpoint)| manifest::host_to_allow(endpoint).transpose()).collect()
}

/// The comment below a line that names a host.
fn allowing(host: &str) -> String {
    format!("# and {} in `allow_hosts` of [settings] in your own profiles.local.toml", toml_text(host))
}

/// Adds the lines that take a role with the long-term key and a code of its own: it goes through the section of that key
/// itself, or through its own, it has another device than its source, or it lasts longer than the hour that AWS allows
/// through an MFA session.
fn with_long_term_key(
    profile: &Profile,
    differences: &[Difference],
    catalog: &Catalog,
    own: &mut Vec<String>,
    explanation: &mut Explanation,
) {
    let Kind::IamMfaRole { role, mfa_serial: own_serial } = &profile.kind else { return };
    let source = differences.iter().find_map(|difference| match difference {
        Difference::Value { key, found, .. } if key == "source_profile" => Some(text_of(found)),
        _ => None,
    });
    let source = source.unwrap_or(role.source.as_str());
    let has = |key: &str| own.iter().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(" = ")));
    let is_own_code = own_serial.is_none() && (has("duration_seconds") || has("mfa_serial"));
    let other = catalog.get(source).filter(|_| is_own_code).or_else(|| {
        let is_section = catalog.get(source).is_none();
        owner(source, catalog).filter(|_| is_section)
    });
    let chain = catalog.chain(profile.name.as_str());
    let (key, device) = match other.map(|other| &other.kind) {
        _ if source == profile.name.as_str() => {
            let device = chain.as_ref().and_then(|chain| chain.mfa().next()).map(|(_, serial)| serial);
            (default_long_term(source), device)
        }
        Some(Kind::IamMfa { mfa_serial, long_term_profile, .. }) => (long_term_profile.to_string(), Some(mfa_serial)),
        _ => return,
    };
    let header = format!("[profiles.{}]", toml_key(&key));
    if catalog.get(&key).is_none() && !explanation.lines.contains(&header) {
        explanation.lines.push(header);
        explanation.lines.push("pattern = \"iam\"".to_owned());
    }
    own.retain(|line| !line.starts_with("source_profile = "));
    let given = SectionValue::Text(role.source.to_string());
    let line = format!("source_profile = {}", toml_text(&key));
    own.push(instead(line, "source_profile", Some(&given)));
    // The table may have no device of its own yet, so the line takes the place of none.
    match own.iter_mut().find(|line| line.starts_with("mfa_serial = ")) {
        Some(line) => line.truncate(line.find("  # ").unwrap_or(line.len())),
        None if own_serial.is_none() => {
            own.extend(device.map(|device| format!("mfa_serial = {}", toml_text(device.as_str()))));
        }
        None => {}
    }
}
