//! Owns the rules for single profiles, by their patterns. Must not know chains.

use std::fmt::Write as _;

use super::unchecked::{UncheckedProfile, UncheckedProfiles};
use crate::diagnostic::Diagnostic;
use crate::manifest::files::Layers;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::{About, Sink, quoted};
use crate::manifest::raw::field::{Field, KeyTable as _};
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::raw::sso_session::{IsGenerated, SsoSessions, check_case};
use crate::manifest::spec::keys;
use crate::model::{DurationError, Pattern, ProfileName, SessionDuration, default_long_term};

/// Checks that each profile has the keys that its pattern needs, and no others.
pub(crate) fn check(profiles: &mut UncheckedProfiles, sessions: &SsoSessions, files: &Layers, sink: &mut Sink) {
    let is_generated =
        |profile: &UncheckedProfile| if profile.generated.is_some() { IsGenerated::Yes } else { IsGenerated::No };
    let names = profiles.list.iter().map(|profile| (&*profile.written, profile.at, is_generated(profile)));
    for index in check_case(names, "profile", sink) {
        profiles.list[index].fields.wrong = true;
    }
    for index in 0..profiles.list.len() {
        let profile = &profiles.list[index];
        // It may override a profile that a matrix makes once the matrix is valid.
        if sink.profiles_unknown && profile.generated.is_none() && profile.lacks_own_pattern() {
            profiles.list[index].fields.wrong = true;
            continue;
        }
        let before = sink.errors();
        sink.turn_to(profile.about());
        check_keys(profile, profiles, files, sink);
        let profile = &mut profiles.list[index];
        match profile.pattern() {
            Some(Pattern::Sso) => check_sso(profile, sessions, sink),
            Some(Pattern::Role) => check_source(profile, sink),
            _ => {}
        }
        check_duration(profile, sink);
        profile.fields.wrong |= sink.errors() > before;
    }
    for index in 0..profiles.list.len() {
        let before = sink.errors();
        sink.turn_to(profiles.list[index].about());
        check_long_term(&profiles.list[index], profiles, sink);
        profiles.list[index].fields.wrong |= sink.errors() > before;
    }
    sink.turn_to(About::Shared);
}

fn check_keys(profile: &UncheckedProfile, profiles: &UncheckedProfiles, files: &Layers, sink: &mut Sink) {
    let name = &*profile.written;
    let Some(pattern) = profile.pattern() else {
        if profile.fields.lacks("pattern") {
            let found = pattern_missing(profile, profiles, sink);
            sink.push(found);
        }
        return;
    };
    for key in ProfileKeys::KEYS.iter().filter(|key| key.required.contains(&pattern) && profile.fields.lacks(key.name))
    {
        let message = format!("the profile `{name}` has no `{}`, which the pattern `{pattern}` needs", key.name);
        let mut help = key.to_add(profile.example(key));
        if key.name == "mfa_serial" {
            _ = write!(help, "; at a terminal, `awsauth login {name}` finds yours");
        }
        let found = Diagnostic::error(codes::MISSING_KEY, profile.origin(), message).help(help);
        sink.push(with_pattern(found, profile, files));
    }
    for (key, at) in profile.fields.written.iter().filter(|(key, _)| !key.fits(pattern)) {
        let message = format!("the pattern `{pattern}` has no use for `{}`", key.name);
        let help = match pattern {
            Pattern::External if key.fits(Pattern::Iam) => format!(
                "remove it: `apply` writes nothing for `external`, and `{}` stays in the section that is there already",
                key.name
            ),
            Pattern::Role if key.name == "mfa_serial" => {
                "set `pattern = \"iam-mfa-role\"`: a role that takes an MFA code has that pattern".to_owned()
            }
            _ => format!("remove it, or change the pattern: `{}` is for {}", key.name, quoted(key.patterns())),
        };
        let found = Diagnostic::error(codes::USELESS_KEY, *at, message).help(help);
        sink.push(with_pattern(found, profile, files));
    }
}

/// Points at the pattern too if it is in another file.
fn with_pattern(found: Diagnostic, profile: &UncheckedProfile, files: &Layers) -> Diagnostic {
    let number = |at| files.sources().number(at);
    match profile.fields.pattern.valid() {
        Some(pattern) if number(pattern.at) != number(found.primary.span) => {
            found.related(pattern.at, "the pattern comes from here")
        }
        _ => found,
    }
}

/// A table without a pattern may be a misspelt override of a profile that a matrix makes.
fn pattern_missing(profile: &UncheckedProfile, profiles: &UncheckedProfiles, sink: &mut Sink) -> Diagnostic {
    let found = Diagnostic::error(
        codes::MISSING_KEY,
        profile.origin(),
        format!("the profile `{}` has no `pattern`", profile.written),
    );
    if let Some(by) = profiles.left_out_by(&profile.written).filter(|_| profile.generated.is_none()) {
        return found
            .related(by, "a matrix excludes it here")
            .help("remove this table, or the name from `exclude`; a profile of its own needs a `pattern`");
    }
    let help = format!("add `pattern = \"…\"` with one of {}", quoted(keys::PATTERNS.iter()));
    let could_be_meant = |other: &&UncheckedProfile| profile.generated.is_none() && other.generated.is_some();
    let others = profiles.list.iter().filter(could_be_meant).map(|other| &*other.written);
    found.help(sink.did_you_mean_or(&profile.written, others, &help))
}

/// A profile has an SSO session or the legacy keys. Its own keys beat the other form in `[defaults]`.
fn check_sso(profile: &mut UncheckedProfile, sessions: &SsoSessions, sink: &mut Sink) {
    let fields = &mut profile.fields;
    let is_own = |written: &str| fields.written.iter().any(|(key, _)| key.name == written);
    let (own_session, own_url) = (is_own("sso_session"), is_own("sso_start_url") || is_own("sso_region"));
    if own_url && !own_session {
        fields.sso_session = Field::Missing;
    } else if own_session && !own_url {
        (fields.sso_start_url, fields.sso_region) = (Field::Missing, Field::Missing);
    }
    let fields = &profile.fields;
    let has_url = !fields.sso_start_url.is_missing() || !fields.sso_region.is_missing();
    if !fields.sso_session.is_missing() && has_url {
        let written = |names: &[&str]| {
            fields.written.iter().find(|(key, _)| names.contains(&key.name)).map_or(profile.at, |(_, at)| *at)
        };
        sink.push(
            Diagnostic::error(
                codes::SESSION_AND_URL,
                written(&["sso_start_url", "sso_region"]),
                format!(
                    "the profile `{}` has both `sso_session` and a start URL or region of its own",
                    profile.written
                ),
            )
            .related(written(&["sso_session"]), "the session has these already")
            .help("remove `sso_start_url` and `sso_region`: the session has them"),
        );
        return;
    }
    if let Some(session) = fields.sso_session.valid() {
        sessions.check_reference(session, |code, message| profile.error(code, session, message), sink);
        profile.fields.wrong |= sessions.find(&session.value).is_none();
        return;
    }
    check_address(profile, has_url, sink);
}

/// A `role` has one source. Its own key beats the other one in `[defaults]`.
fn check_source(profile: &mut UncheckedProfile, sink: &mut Sink) {
    let fields = &mut profile.fields;
    let own = |name: &str| fields.written.iter().find(|(key, _)| key.name == name).map(|(_, at)| *at);
    match (own("source_profile"), own("credential_source")) {
        (Some(_), None) => fields.credential_source = Field::Missing,
        (None, Some(_)) => fields.source_profile = Field::Missing,
        (Some(_), Some(at)) => {
            let message =
                format!("the profile `{}` has both `source_profile` and `credential_source`", profile.written);
            sink.push(
                Diagnostic::error(codes::TWO_SOURCES, at, message).help("remove one of them: a role has one source"),
            );
        }
        (None, None) if fields.lacks("source_profile") && fields.lacks("credential_source") => {
            let message =
                format!("the profile `{}` has no `source_profile`, which the pattern `role` needs", profile.written);
            let help = "add `source_profile`, the profile whose credentials assume the role; or `credential_source`, the \
                        place of this machine that has some, such as `\"Ec2InstanceMetadata\"`";
            sink.push(Diagnostic::error(codes::MISSING_KEY, profile.origin(), message).help(help));
        }
        (None, None) => {}
    }
}

fn check_address(profile: &UncheckedProfile, has_url: bool, sink: &mut Sink) {
    let lacks = |name| profile.fields.lacks(name);
    let missing: Vec<_> = if has_url {
        ["sso_start_url", "sso_region"].into_iter().filter(|name| lacks(name)).collect()
    } else if lacks("sso_session") && lacks("sso_start_url") && lacks("sso_region") {
        vec!["sso_session"]
    } else {
        Vec::new()
    };
    for key in ProfileKeys::KEYS.iter().filter(|key| missing.contains(&key.name)) {
        let name = key.name;
        let message = format!("the profile `{}` has no `{name}`, which the pattern `sso` needs", profile.written);
        let help = key.to_add(profile.example(key));
        sink.push(Diagnostic::error(codes::MISSING_KEY, profile.origin(), message).help(help));
    }
}

fn check_duration(profile: &UncheckedProfile, sink: &mut Sink) {
    let (Some(pattern), Some(given)) = (profile.pattern(), profile.fields.duration_seconds.valid()) else { return };
    if !ProfileKeys::KEYS.iter().any(|key| key.name == "duration_seconds" && key.fits(pattern)) {
        return;
    }
    if duration(pattern, given.value).is_err() {
        let message = format!("`duration_seconds` can't be {}", given.value);
        let found = profile.error(codes::DURATION_BOUNDS, given, message);
        sink.push(found.help("use 900 to 43200 for a role, and up to 129600 for `iam-mfa`"));
    }
}

pub(super) fn duration(pattern: Pattern, seconds: i64) -> Result<SessionDuration, DurationError> {
    match pattern {
        Pattern::IamMfa => SessionDuration::for_session_token(seconds),
        _ => SessionDuration::for_role(seconds),
    }
}

/// The section of the long-term key must not belong to a profile with other credentials.
fn check_long_term(profile: &UncheckedProfile, profiles: &UncheckedProfiles, sink: &mut Sink) {
    if profile.pattern() != Some(Pattern::IamMfa) {
        return;
    }
    let given = profile.fields.long_term_profile.valid();
    let section = match given {
        Some(given) => given.value.to_string(),
        None => default_long_term(&profile.written),
    };
    if given.is_none() && profile.name.is_some() && ProfileName::new(&section).is_err() {
        let message = format!("the name of its long-term section, `{section}`, is too long");
        sink.push(
            Diagnostic::error(codes::BAD_NAME, profile.at, message)
                .help("choose a shorter name, or set `long_term_profile`"),
        );
    }
    let Some(other) = profiles.get(&section) else { return };
    let Some(pattern) = other.pattern().filter(|pattern| *pattern != Pattern::Iam) else { return };
    let message = format!("the long-term key of `{}` would be in the section of `{section}`", profile.written);
    let found = match given {
        Some(given) => profile.error(codes::LONG_TERM_COLLISION, given, message),
        None => Diagnostic::error(codes::LONG_TERM_COLLISION, profile.at, message),
    };
    sink.push(
        found.related(other.at, format!("this profile has the pattern `{pattern}`, and other credentials")).help(
            format!(
                "set `long_term_profile` to a name that no profile has, such as `{}`",
                default_long_term(&profile.written)
            ),
        ),
    );
}
