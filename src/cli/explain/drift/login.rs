//! Owns the manifest's lines for the SSO login of a section of AWS's config file, in the manifest's own names. Must not
//! know other keys.

use super::lines::{Explanation, instead, is_harmless, toml};
use crate::manifest::{Place, TableForms, place, toml_text};
use crate::model::{Catalog, ConfigText, Kind, Profile, SsoAccess, SsoSession, StartUrl};
use crate::plan::{Difference, SectionDifference, SectionValue};

/// True for the keys of a profile that name its login.
pub(super) fn is_login(key: &str) -> bool {
    ["sso_session", "sso_start_url", "sso_region"].contains(&key)
}

/// The login of a section, from its own keys or from the session that it names.
struct Found<'f> {
    session: Option<&'f str>,
    url: Option<&'f str>,
    region: Option<&'f str>,
}

impl<'f> Found<'f> {
    fn of(section: &'f SectionDifference) -> Self {
        let own = |name: &str| {
            section.differences.iter().find_map(|one| match one {
                Difference::Value { key, found: SectionValue::Text(text), .. } if key == name => Some(text.as_str()),
                _ => None,
            })
        };
        let portal = |name: &str| {
            section.portal.iter().find_map(|(key, value)| match value {
                SectionValue::Text(text) if key == name => Some(text.as_str()),
                _ => None,
            })
        };
        let either = |name| portal(name).or_else(|| own(name));
        Self { session: own("sso_session"), url: either("sso_start_url"), region: either("sso_region") }
    }

    /// The manifest's session for the same portal.
    fn session_of<'c>(&self, catalog: &'c Catalog) -> Option<&'c SsoSession> {
        let (url, _) = StartUrl::new(self.url?).ok()?;
        let is_same = |session: &&SsoSession| session.start_url == url;
        catalog.sessions().iter().map(|session| &**session).find(is_same)
    }
}

/// Adds the lines that make `profile` log in as the section does.
pub(super) fn suggest(
    section: &SectionDifference,
    profile: &Profile,
    catalog: &Catalog,
    forms: &TableForms<'_>,
    own: &mut Vec<String>,
    explanation: &mut Explanation,
) {
    let Kind::Sso { access, .. } = &profile.kind else { return };
    let found = Found::of(section);
    let is_there = |name: &str| catalog.sessions().iter().any(|session| session.name.as_str() == name);
    let named = match (found.session, found.session_of(catalog)) {
        (Some(name), _) if is_there(name) => name.to_owned(),
        (_, Some(session)) => session.name.to_string(),
        (Some(name), None) if found.url.is_some() => {
            add_session(name, &section.portal, forms, explanation);
            name.to_owned()
        }
        (Some(name), None) => {
            let told = format!("[{}] goes through [sso-session {name}], which is not in the file", section.header);
            return explanation.impossible.push(told);
        }
        (None, None) => return old_form(section, access, &found, own),
    };
    match access {
        SsoAccess::Session(session) if session.name.as_str() == named => {
            if found.session.is_none() {
                explanation.impossible.extend(inconsistent(section, session));
            }
            let keys = of_session(section, session, &found);
            explanation.add(&["sso_sessions", &named], forms, keys);
        }
        SsoAccess::Session(session) => {
            let given = SectionValue::Text(session.name.to_string());
            own.push(instead(format!("sso_session = {}", toml_text(&named)), "sso_session", Some(&given)));
        }
        SsoAccess::Legacy { .. } => {
            own.push(format!("sso_session = {}  # instead of sso_start_url and sso_region", toml_text(&named)));
        }
    }
}

/// One sentence for each key that contradicts the session of the same section (botocore's `SSOProvider`).
fn inconsistent(section: &SectionDifference, session: &SsoSession) -> Vec<String> {
    let sentence = |difference: &Difference| {
        let Difference::Value { line, key, found, .. } = difference else { return None };
        let is_other = section.portal.iter().any(|(other, value)| other == key && value != found);
        is_other.then(|| {
            format!(
                "line {line}: {key} of [{}] is another one than that of [sso-session {}], so AWS CLI refuses the profile: \
                 delete the line",
                section.header, session.name
            )
        })
    };
    section.differences.iter().filter_map(sentence).collect()
}

/// The table of a session that the manifest does not have.
fn add_session(name: &str, portal: &[(String, SectionValue)], forms: &TableForms<'_>, explanation: &mut Explanation) {
    let lines = portal.iter().map(|(key, value)| (key, format!("{key} = {}", toml(key, value))));
    let fit = lines.filter(|(key, line)| place(None, key, Some("")) == Place::Own && is_harmless(key, line));
    explanation.put_table(&["sso_sessions", name], forms, "", fit.map(|(_, line)| line).collect());
}

/// The lines that give the manifest's session the values of the file's session for the same portal.
fn of_session(section: &SectionDifference, session: &SsoSession, found: &Found<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(region) = found.region.filter(|region| *region != session.region.as_str()) {
        let given = SectionValue::Text(session.region.as_str().to_owned());
        lines.push(instead(format!("sso_region = {}", toml_text(region)), "sso_region", Some(&given)));
    }
    if let Some((key, scopes)) = section.portal.iter().find(|(key, _)| key == "sso_registration_scopes") {
        let given = session.scopes.iter().map(ConfigText::as_str).collect::<Vec<_>>().join(",");
        let (line, given) = (toml(key, scopes), SectionValue::Text(given));
        if line != toml(key, &given) {
            lines.push(instead(format!("{key} = {line}"), key, Some(&given)));
        }
    }
    lines
}

/// The lines of a login without a session.
fn old_form(section: &SectionDifference, access: &SsoAccess, found: &Found<'_>, own: &mut Vec<String>) {
    if let SsoAccess::Session(session) = access {
        let url = found.url.unwrap_or(session.start_url.as_str());
        let region = found.region.unwrap_or(session.region.as_str());
        own.push(format!("sso_start_url = {}  # instead of sso_session", toml_text(url)));
        own.push(format!("sso_region = {}", toml_text(region)));
        return;
    }
    for difference in &section.differences {
        if let Difference::Value { key, found, given, .. } = difference
            && is_login(key)
        {
            own.push(instead(format!("{key} = {}", toml(key, found)), key, given.as_ref()));
        }
    }
}
