//! Owns the wording of the differences between a section of AWS's files and the manifest, and the manifest's lines
//! that would end them. Must not decide what follows.

mod lines;
mod login;

use std::collections::HashMap;

pub(crate) use lines::Explanation;

use self::lines::{instead, is_harmless, toml};
use self::login::is_login;
use crate::ini::SectionId;
use crate::manifest::{self, Layers, Place, TableForm, TableForms, place, toml_key, toml_text};
use crate::model::{
    Catalog, CredentialSource, Kind, Pattern, Profile, Role, RoleArn, SessionDuration, default_long_term,
};
use crate::plan::{Difference, SectionDifference, SectionValue, is_caseless, is_false};

/// Puts differences into words.
pub(crate) fn explain(sections: &[SectionDifference], catalog: &Catalog, layers: &Layers) -> Explanation {
    let mut explanation = Explanation::default();
    let (forms, personal) = (TableForms::read(layers), TableForms::personal(layers));
    let mut first = HashMap::new();
    for section in sections {
        explanation.sentences.extend(section.differences.iter().map(|difference| sentence(section, difference)));
        let once = once(section, &mut first, &mut explanation);
        suggest(&once, catalog, &forms, &personal, &mut explanation);
    }
    explanation
}

/// The section without the keys that another one of its name has before it.
fn once<'s>(
    section: &'s SectionDifference,
    first: &mut HashMap<(&'s SectionId, String), (usize, SectionValue)>,
    explanation: &mut Explanation,
) -> SectionDifference {
    let mut once = section.clone();
    once.differences.retain(|one| {
        let Difference::Value { line, key, found, .. } = one else { return true };
        let (place, value) = first.entry((&section.id, key.clone())).or_insert((*line, found.clone()));
        if value != found {
            explanation.impossible.push(format!(
                "line {line}: [{}] holds {key} again, with another value than on line {place}: delete one of them",
                section.header
            ));
        }
        place == line
    });
    once
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
fn suggest(
    section: &SectionDifference,
    catalog: &Catalog,
    forms: &TableForms<'_>,
    personal: &TableForms<'_>,
    explanation: &mut Explanation,
) {
    let SectionDifference { id, header, differences, .. } = section;
    let profile = id.profile().and_then(|name| catalog.get(name));
    let path = match (id, profile) {
        (SectionId::SsoSession(name), _) => ["sso_sessions", name],
        (_, Some(profile)) => ["profiles", profile.name.as_str()],
        _ => return,
    };
    let (mut own, mut settings, mut own_settings, mut is_other_login) = (Vec::new(), Vec::new(), Vec::new(), false);
    for difference in differences {
        let Difference::Value { line, key, found, given } = difference else { continue };
        let place = place_of(section, profile, catalog, key, found);
        match place {
            Place::Settings if let Some(reason) = manifest::personal(key, text_of(found)) => {
                own_settings.push(format!("{}  # only here: {reason}", line_of(key, found, found, given.as_ref())));
            }
            Place::Own if given.is_none() && is_for_login(profile, key, found) => {
                explanation.impossible.push(format!(
                    "line {line}: the manifest has {key} for the login, and [{header}] is written without it"
                ));
            }
            Place::Own if is_login(key) && profile.is_some() => is_other_login = true,
            Place::Own | Place::Settings => {
                if key == "source_profile" && !is_source(found, profile, catalog) {
                    explanation.hints.push(other_source(*line, given.as_ref()));
                    let source = ["profiles", text_of(found)];
                    explanation.put_table(&source, forms, "  # with its pattern and keys", Vec::new());
                }
                let (accepted, refused) = accepted(profile, &place, key, found);
                explanation.impossible.extend(refused.iter().map(|(key, reason)| cant_be(*line, key, header, reason)));
                let Some(accepted) = accepted else { continue };
                let text =
                    line_of(key, found, &accepted, given.as_ref()) + origin(&path, &place, key, given.as_ref(), forms);
                if place == Place::Own {
                    own.push(text);
                } else {
                    settings.push((key.as_str(), accepted, text));
                }
            }
            Place::OtherPattern(patterns) => {
                let others = patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", ");
                let whose = format!("{key} of [{header}], which is for {others}");
                explanation.of_other_patterns.push(no_use(*line, profile, &whose));
            }
            Place::Nowhere(reason) => {
                explanation.impossible.push(cant_be(*line, key, header, &reason));
                if key == "source_profile" {
                    explanation.hints.push(other_source(*line, given.as_ref()));
                }
            }
        }
    }
    if let Some(profile) = profile {
        with_long_term_key(profile, differences, catalog, forms, &mut own, explanation);
        explanation.hints.extend(key_to_move(profile, section));
        if is_other_login {
            login::suggest(section, profile, catalog, forms, &mut own, explanation);
        }
    }
    add(&path, own, settings, forms, explanation);
    explanation.add(&[path[0], path[1], "settings"], personal, own_settings);
}

/// The line for the manifest.
fn line_of(key: &str, found: &SectionValue, accepted: &SectionValue, given: Option<&SectionValue>) -> String {
    let line = format!("{key} = {}", toml(key, accepted));
    match found {
        SectionValue::Text(text) if is_false(text) && accepted != found => {
            format!("{line}  # AWS CLI takes {} as false", toml_text(text))
        }
        _ => instead(line, key, given),
    }
}

/// Says where a value comes from that is not in the profile's own table.
fn origin(
    path: &[&str; 2],
    place: &Place,
    key: &str,
    given: Option<&SectionValue>,
    forms: &TableForms<'_>,
) -> &'static str {
    let names = if *place == Place::Settings { &["settings", key][..] } else { &[key] };
    let (own, defaults) = ([&path[..], names].concat(), [&["defaults"], names].concat());
    // A profile without a pattern of its own may have the value from its matrix.
    let is_written = forms.has(&[path[0], path[1], "pattern"]);
    if given.is_some() && is_written && !forms.has(&own) && forms.has(&defaults) { " from [defaults]" } else { "" }
}

fn no_use(line: usize, profile: Option<&Profile>, whose: &str) -> String {
    let own = profile.map_or("", |profile| profile.pattern().as_str());
    format!("line {line}: the pattern `{own}` has no use for {whose}")
}

fn cant_be(line: usize, key: &str, header: &str, reason: &str) -> String {
    format!("line {line}: {key} of [{header}] can't be in a manifest: {reason}")
}

/// The way to the manifest's source profile.
fn other_source(line: usize, given: Option<&SectionValue>) -> String {
    let given = given.map_or_else(String::new, |given| format!(" `{}`", text_of(given)));
    format!("to use the manifest's{given}, delete line {line}, then run `awsauth apply --adopt` again")
}

/// The reason why `profile` can't go through the manifest's profile `name`.
fn unfit_source(profile: &Profile, name: &str, catalog: &Catalog) -> Option<String> {
    let source = catalog.get(name)?;
    let is_mfa_role = profile.pattern() == Pattern::IamMfaRole;
    if source.name == profile.name {
        return (!is_mfa_role).then(|| "there, its login is a profile of its own".to_owned());
    }
    if catalog.chain(name)?.profiles().iter().any(|other| other.name == profile.name) {
        return Some(format!("`{name}` goes through `{}`", profile.name));
    }
    (!profile.pattern().sources().contains(&source.pattern())).then(|| {
        format!(
            "`{name}` has the pattern `{}`, which gives no credentials to `{}`",
            source.pattern(),
            profile.pattern()
        )
    })
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
fn place_of(
    section: &SectionDifference,
    profile: Option<&Profile>,
    catalog: &Catalog,
    key: &str,
    found: &SectionValue,
) -> Place {
    let text = if let SectionValue::Text(text) = found { Some(text.as_str()) } else { None };
    match place(profile.map(Profile::pattern), key, text) {
        Place::Own | Place::Settings if matches!(found, SectionValue::Text(text) if text.contains('\n')) => {
            Place::Nowhere("it goes on over several lines".into())
        }
        Place::Own | Place::Settings if !is_harmless(key, &format!("{key} = {}", toml(key, found))) => {
            Place::Nowhere("it looks like a secret".into())
        }
        Place::Own if is_long(key, found) && is_capped(profile, &section.differences, catalog) => {
            Place::Nowhere("AWS allows 3600 at most for a role that is assumed with temporary credentials".into())
        }
        Place::Own if key == "role_arn" && is_of_other_partition(profile, text_of(found), catalog) => {
            Place::Nowhere("the user of its MFA device is in another partition".into())
        }
        Place::Own if key == "source_profile" => {
            let reason = profile.and_then(|profile| unfit_source(profile, text_of(found), catalog));
            reason.map_or(Place::Own, |reason| Place::Nowhere(reason.into()))
        }
        Place::Settings => {
            hosts_to_allow(key, found).err().map_or(Place::Settings, |reason| Place::Nowhere(reason.into()))
        }
        place => place,
    }
}

/// The value in a form that `check` takes, and the parts that no manifest can have, each with the reason.
fn accepted(
    profile: Option<&Profile>,
    place: &Place,
    key: &str,
    found: &SectionValue,
) -> (Option<SectionValue>, Vec<(String, String)>) {
    let prefix = if *place == Place::Settings { "settings." } else { "" };
    match found {
        SectionValue::Text(text) => match accepted_text(profile, prefix, key, text) {
            Ok(text) => (Some(SectionValue::Text(text)), Vec::new()),
            Err(reason) => (None, vec![(key.to_owned(), reason)]),
        },
        SectionValue::Nested(pairs) => {
            let prefix = format!("{prefix}{}.", toml_key(key));
            let (mut kept, mut refused) = (Vec::new(), Vec::new());
            for (name, text) in pairs {
                match accepted_text(profile, &prefix, name, text) {
                    Ok(text) => kept.push((name.clone(), text)),
                    Err(reason) => refused.push((format!("{key}.{name}"), reason)),
                }
            }
            ((!kept.is_empty()).then_some(SectionValue::Nested(kept)), refused)
        }
    }
}

/// Fails with the reason of `check`. `prefix` names the table of the key.
fn accepted_text(profile: Option<&Profile>, prefix: &str, key: &str, text: &str) -> Result<String, String> {
    let objection = |text: &str| {
        let value = toml(key, &SectionValue::Text(text.to_owned()));
        manifest::objection(profile.map(Profile::pattern), &format!("{prefix}{} = {value}", toml_key(key)))
    };
    let Some(reason) = objection(text) else { return Ok(text.to_owned()) };
    let meant = if is_false(text) { "false".to_owned() } else { text.to_ascii_lowercase() };
    if is_caseless(key) && objection(&meant).is_none() { Ok(meant) } else { Err(reason) }
}

/// Adds the lines for a profile's own keys and for its settings. An inline table is written anew as a whole.
fn add(
    path: &[&str; 2],
    mut own: Vec<String>,
    settings: Vec<(&str, SectionValue, String)>,
    forms: &TableForms<'_>,
    explanation: &mut Explanation,
) {
    let is_inline = |path: &[&str]| matches!(forms.get(path), TableForm::Inline { .. });
    let [top, name] = *path;
    let of_settings = [top, name, "settings"];
    let mut lines = Vec::new();
    for (key, value, line) in settings {
        let block = [top, name, "settings", key];
        match &value {
            SectionValue::Nested(pairs) if forms.get(&block) != TableForm::Missing && !is_inline(&of_settings) => {
                let pairs = pairs.iter().map(|(key, value)| format!("{} = {}", toml_key(key), toml_text(value)));
                explanation.add(&block, forms, pairs.collect());
            }
            _ if is_inline(path) => own.push(format!("settings.{line}")),
            _ => lines.push(line),
        }
        let allowing = hosts_to_allow(key, &value).unwrap_or_default().into_iter().map(allowing);
        if is_inline(path) { own.extend(allowing) } else { lines.extend(allowing) }
    }
    explanation.add(path, forms, own);
    explanation.add(&of_settings, forms, lines);
}

/// The way to the credentials file for a long-term key in the config file.
fn key_to_move(profile: &Profile, section: &SectionDifference) -> Option<String> {
    profile.long_term_section()?;
    let line = |name: &str| {
        section.differences.iter().find_map(|one| match one {
            Difference::Value { line, key, .. } if key == name => Some(*line),
            _ => None,
        })
    };
    if line("aws_session_token").is_some() {
        return None;
    }
    let (id, secret) = (line("aws_access_key_id")?, line("aws_secret_access_key")?);
    Some(format!(
        "to keep the key of [{}], run `awsauth keys add {}`; then delete lines {id} and {secret}",
        section.header, profile.name
    ))
}

/// The name of the profile that assumes the role, as the section has it.
fn source_name<'n>(role: &'n Role, differences: &'n [Difference]) -> &'n str {
    let name = differences.iter().find_map(|difference| match difference {
        Difference::Value { key, found, .. } if key == "source_profile" => Some(text_of(found)),
        _ => None,
    });
    name.or_else(|| Some(role.source_profile()?.as_str())).unwrap_or_default()
}

/// True for a role that `check` limits to an hour, and that no other source in the lines helps: it is assumed with temporary
/// credentials.
fn is_capped(profile: Option<&Profile>, differences: &[Difference], catalog: &Catalog) -> bool {
    let Some(role) = profile.and_then(Profile::role) else { return false };
    if let Some(machine) = role.credential_source() {
        return machine != CredentialSource::Environment;
    }
    let source = catalog.get(source_name(role, differences));
    // A source of its own is its long-term key.
    let is_other = |source: &&Profile| profile.is_none_or(|profile| profile.name != source.name);
    source
        .filter(is_other)
        .is_some_and(|source| !matches!(source.kind, Kind::Iam | Kind::IamMfa { .. } | Kind::External))
}

/// True for a role that the user of the profile's MFA device can't assume.
fn is_of_other_partition(profile: Option<&Profile>, arn: &str, catalog: &Catalog) -> bool {
    let chain = profile.and_then(|profile| catalog.chain(profile.name.as_str()));
    let user = chain.as_ref().and_then(|chain| chain.mfa().next()?.1.partition());
    user.is_some_and(|user| RoleArn::new(arn).is_ok_and(|arn| arn.partition() != user))
}

/// True for seconds that AWS allows only for a role with a long-term key (aws-facts §6).
fn is_long(key: &str, found: &SectionValue) -> bool {
    key == "duration_seconds"
        && text_of(found).parse().is_ok_and(|seconds: i32| seconds > SessionDuration::CHAINED_MOST)
}

/// The hosts that a setting names, and that the person has to allow. Fails with the reason for which no shared manifest can
/// give that value.
fn hosts_to_allow<'v>(key: &'v str, value: &'v SectionValue) -> Result<Vec<&'v str>, &'static str> {
    let pairs = match value {
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
    forms: &TableForms<'_>,
    own: &mut Vec<String>,
    explanation: &mut Explanation,
) {
    let Kind::IamMfaRole { role, mfa_serial: own_serial } = &profile.kind else { return };
    let source = source_name(role, differences);
    let has_long =
        differences.iter().any(|one| matches!(one, Difference::Value { key, found, .. } if is_long(key, found)));
    let has_device = own.iter().any(|line| line.starts_with("mfa_serial = "));
    let is_own_code = own_serial.is_none() && (has_long || has_device);
    let other = match catalog.get(source) {
        Some(other) => Some(other).filter(|other| is_own_code || other.kind == Kind::Iam),
        None => owner(source, catalog),
    };
    let chain = catalog.chain(profile.name.as_str());
    let (key, device) = match other.map(|other| &other.kind) {
        _ if source == profile.name.as_str() => {
            let device = chain.as_ref().and_then(|chain| chain.mfa().next()).map(|(_, serial)| serial);
            (default_long_term(source), device)
        }
        Some(Kind::IamMfa { mfa_serial, long_term_profile, .. }) => (long_term_profile.to_string(), Some(mfa_serial)),
        Some(Kind::Iam) if own_serial.is_none() && !has_device => {
            let device = chain.as_ref().and_then(|chain| chain.mfa().next()).map(|(_, serial)| serial.as_str());
            own.extend(device.map(|device| format!("mfa_serial = {}  # or the device of {source}", toml_text(device))));
            return;
        }
        _ => return,
    };
    if catalog.get(&key).is_none() {
        explanation.put_table(&["profiles", &key], forms, "", vec!["pattern = \"iam\"".to_owned()]);
    }
    own.retain(|line| !line.starts_with("source_profile = "));
    let given = role.source_profile().map(|name| SectionValue::Text(name.to_string()));
    let line = format!("source_profile = {}", toml_text(&key));
    own.push(instead(line, "source_profile", given.as_ref()));
    // The table may have no device of its own yet, so the line takes the place of none.
    match own.iter_mut().find(|line| line.starts_with("mfa_serial = ")) {
        Some(line) => line.truncate(line.find("  # ").unwrap_or(line.len())),
        None if own_serial.is_none() => {
            own.extend(device.map(|device| format!("mfa_serial = {}", toml_text(device.as_str()))));
        }
        None => {}
    }
}
