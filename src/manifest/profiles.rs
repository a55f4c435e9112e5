//! Owns `[profiles]` one by one: what a profile's pattern needs, and the checked profile that comes out. Must not know
//! how profiles hang together.

use super::codes;
use super::drafts::{Draft, Drafts};
use super::fields::{Fields, Slot};
use super::keys;
use super::reading::{Entry, Reading, quoted};
use super::sessions::{Fold, Sessions, check_case};
use super::syntax::Profiles;
use super::values;
use crate::diagnostic::Diagnostic;
use crate::model::{Delivery, Kind, Pattern, Profile, ProfileName, Role, SessionDuration, SsoAccess};

/// Reads some profiles of one file into `drafts`.
pub(super) fn read<'t>(profiles: Profiles<'t>, drafts: &mut Vec<Draft<'t>>, reading: &mut Reading<'_>) {
    let base = profiles.base;
    // Each table goes when it is read: what TOML makes of a profile is many times as large as its text.
    for (key, value) in profiles.into_sorted() {
        let entry = Entry::new(&key, &value, base);
        let mark = reading.out.len();
        let parsed = ProfileName::new(entry.name);
        if let Err(error) = &parsed {
            reading.out.push(values::bad_name(entry.name, entry.at, error));
        }
        let fields = fields(entry, reading);
        reading.out.attribute_since(mark, entry.name);
        drafts.push(Draft {
            at: entry.at,
            over: entry.at,
            name: parsed.ok(),
            made: None,
            fields,
            written: key.into_inner(),
        });
    }
}

fn fields(entry: Entry<'_>, reading: &mut Reading<'_>) -> Box<Fields> {
    let Some(table) = reading.table(entry) else {
        // Its name is known, so that nobody is told that there is no such profile, nor that it has no pattern.
        return Box::new(Fields { wrong: true, meant: vec!["pattern"], ..Fields::default() });
    };
    reading.variables.enter(format_args!("profiles.{}", entry.name));
    let fields = Fields::read(table, Some(entry.name), format_args!("the profile `{}`", entry.name), reading);
    reading.variables.leave();
    fields
}

/// Checks what the pattern of each profile asks for.
pub(super) fn check(drafts: &mut Drafts<'_>, sessions: &Sessions<'_>, reading: &mut Reading<'_>) {
    let fold = |draft: &Draft<'_>| if draft.made.is_some() { Fold::Yes } else { Fold::No };
    let names = drafts.list.iter().map(|draft| (&*draft.written, draft.at, fold(draft)));
    for index in check_case(names, "profile", reading) {
        drafts.list[index].fields.wrong = true;
    }
    for index in 0..drafts.list.len() {
        let draft = &drafts.list[index];
        // These may be keys of a profile that a matrix makes once it is right.
        if reading.names_are_open && draft.made.is_none() && draft.lacks_own_pattern() {
            drafts.list[index].fields.wrong = true;
            continue;
        }
        let mark = reading.out.len();
        check_keys(&drafts.list[index], drafts, reading);
        let draft = &mut drafts.list[index];
        if draft.pattern() == Some(Pattern::Sso) {
            check_sso(draft, sessions, reading);
        }
        check_duration(draft, reading);
        draft.settle(mark, reading);
    }
    for index in 0..drafts.list.len() {
        let mark = reading.out.len();
        check_long_term(&drafts.list[index], drafts, reading);
        drafts.list[index].settle(mark, reading);
    }
}

fn check_keys(draft: &Draft<'_>, drafts: &Drafts<'_>, reading: &mut Reading<'_>) {
    let name = &*draft.written;
    let Some(pattern) = draft.pattern() else {
        if draft.fields.lacks("pattern") {
            let found = pattern_missing(draft, drafts, reading);
            reading.out.push(found);
        }
        return;
    };
    for key in keys::PROFILE.iter().filter(|key| key.required.contains(&pattern) && draft.fields.lacks(key.name)) {
        let message = format!("the profile `{name}` has no `{}`, which `{pattern}` needs", key.name);
        let help = format!("add `{} = {}`", key.name, draft.example(key));
        let found = Diagnostic::error(codes::MISSING_KEY, draft.origin(), message).help(help);
        reading.out.push(with_pattern(found, draft, reading));
    }
    for (key, at) in draft.fields.written.iter().filter(|(key, _)| !key.fits(pattern)) {
        let message = format!("the pattern `{pattern}` has no use for `{}`", key.name);
        let help = format!("leave it out, or change the pattern: `{}` is for {}", key.name, quoted(key.patterns()));
        let found = Diagnostic::error(codes::USELESS_KEY, *at, message).help(help);
        reading.out.push(with_pattern(found, draft, reading));
    }
}

/// `found` with the place of the pattern, if that is in another file.
fn with_pattern(found: Diagnostic, draft: &Draft<'_>, reading: &Reading<'_>) -> Diagnostic {
    let number = |at| reading.layers.sources().number(at);
    match draft.fields.pattern.given() {
        Some(pattern) if number(pattern.at) != number(found.primary.span) => {
            found.related(pattern.at, "the pattern comes from here")
        }
        _ => found,
    }
}

/// Where a matrix makes profiles, such a table was probably meant to be about one of those.
fn pattern_missing(draft: &Draft<'_>, drafts: &Drafts<'_>, reading: &mut Reading<'_>) -> Diagnostic {
    let found = Diagnostic::error(
        codes::MISSING_KEY,
        draft.origin(),
        format!("the profile `{}` has no `pattern`", draft.written),
    );
    if let Some(by) = drafts.left_out.get(&*draft.written).filter(|_| draft.made.is_none()) {
        return found
            .related(*by, "a matrix would make it, and leaves it out here")
            .help("leave this table out, or take the name out of `exclude`; a profile of its own needs a `pattern`");
    }
    let help = format!("add `pattern = \"…\"` with one of {}", quoted(keys::PATTERNS.iter()));
    let could_be_meant = |other: &&Draft<'_>| draft.made.is_none() && other.made.is_some();
    let others = drafts.list.iter().filter(could_be_meant).map(|other| &*other.written);
    match reading.suggester.nearest(&draft.written, others) {
        Some(guess) => found.help(format!("did you mean `{guess}`, which the manifest has? If not, {help}")),
        None => found.help(help),
    }
}

/// Either a session or an address of its own. What the profile says itself beats the other form in `[defaults]`.
fn check_sso(draft: &mut Draft<'_>, sessions: &Sessions<'_>, reading: &mut Reading<'_>) {
    let fields = &mut draft.fields;
    let is_own = |written: &str| fields.written.iter().any(|(key, _)| key.name == written);
    let (own_session, own_url) = (is_own("sso_session"), is_own("sso_start_url") || is_own("sso_region"));
    if own_url && !own_session {
        fields.sso_session = Slot::Absent;
    } else if own_session && !own_url {
        (fields.sso_start_url, fields.sso_region) = (Slot::Absent, Slot::Absent);
    }
    let fields = &draft.fields;
    let has_url = !fields.sso_start_url.is_absent() || !fields.sso_region.is_absent();
    if !fields.sso_session.is_absent() && has_url {
        let written = |names: &[&str]| {
            fields.written.iter().find(|(key, _)| names.contains(&key.name)).map_or(draft.at, |(_, at)| *at)
        };
        reading.out.push(
            Diagnostic::error(
                codes::SESSION_AND_URL,
                written(&["sso_start_url", "sso_region"]),
                format!("the profile `{}` has both `sso_session` and an address of its own", draft.written),
            )
            .related(written(&["sso_session"]), "the session has an address already")
            .help("keep `sso_session`, and leave `sso_start_url` and `sso_region` to the session"),
        );
        return;
    }
    if let Some(session) = fields.sso_session.given() {
        sessions.check_reference(session, |code, message| draft.error(code, session, message), reading);
        draft.fields.wrong |= sessions.find(&session.value).is_none();
        return;
    }
    check_address(draft, has_url, reading);
}

fn check_address(draft: &Draft<'_>, has_url: bool, reading: &mut Reading<'_>) {
    let lacks = |name| draft.fields.lacks(name);
    let missing: Vec<_> = if has_url {
        ["sso_start_url", "sso_region"].into_iter().filter(|name| lacks(name)).collect()
    } else if lacks("sso_session") && lacks("sso_start_url") && lacks("sso_region") {
        vec!["sso_session"]
    } else {
        Vec::new()
    };
    for name in missing {
        let example = keys::find(keys::PROFILE, name).map_or("", |key| draft.example(key));
        let message = format!("the profile `{}` has no `{name}`, which `sso` needs", draft.written);
        let help = format!("add `{name} = {example}`");
        reading.out.push(Diagnostic::error(codes::MISSING_KEY, draft.origin(), message).help(help));
    }
}

/// The bounds of the call that the pattern makes.
fn check_duration(draft: &Draft<'_>, reading: &mut Reading<'_>) {
    let (Some(pattern), Some(given)) = (draft.pattern(), draft.fields.duration_seconds.given()) else { return };
    if keys::find(keys::PROFILE, "duration_seconds").is_none_or(|key| !key.fits(pattern)) {
        return;
    }
    if let Err(error) = duration(pattern, given.value) {
        let found = draft.error(codes::DURATION_BOUNDS, given, error.to_string());
        reading.out.push(found.help("a longer session is what `iam-mfa` gives; roles last 12 hours at most"));
    }
}

fn duration(pattern: Pattern, seconds: i64) -> Result<SessionDuration, crate::model::DurationError> {
    match pattern {
        Pattern::IamMfa => SessionDuration::for_session_token(seconds),
        Pattern::Iam | Pattern::IamMfaRole | Pattern::Sso | Pattern::SsoRole => SessionDuration::for_role(seconds),
    }
}

/// The section of the long-term key must not be one that means something else.
fn check_long_term(draft: &Draft<'_>, drafts: &Drafts<'_>, reading: &mut Reading<'_>) {
    if draft.pattern() != Some(Pattern::IamMfa) {
        return;
    }
    let given = draft.fields.long_term_profile.given();
    let section = match given {
        Some(given) => given.value.to_string(),
        None => default_long_term(&draft.written),
    };
    if given.is_none() && draft.name.is_some() && ProfileName::new(&section).is_err() {
        let message = format!("the name of its long-term section, `{section}`, is too long");
        reading.out.push(
            Diagnostic::error(codes::BAD_NAME, draft.at, message)
                .help("choose a shorter name, or set `long_term_profile`"),
        );
    }
    let Some(other) = drafts.by_name.get(section.as_str()).map(|index| &drafts.list[*index]) else { return };
    let Some(pattern) = other.pattern().filter(|pattern| *pattern != Pattern::Iam) else { return };
    let message = format!("the long-term key of `{}` would stand in the section of `{section}`", draft.written);
    let found = match given {
        Some(given) => draft.error(codes::LONG_TERM_COLLISION, given, message),
        None => Diagnostic::error(codes::LONG_TERM_COLLISION, draft.at, message),
    };
    reading.out.push(
        found.related(other.at, format!("this profile has the pattern `{pattern}`, and other credentials")).help(
            format!(
                "set `long_term_profile` to a name that is no profile's, such as `{}`",
                default_long_term(&draft.written)
            ),
        ),
    );
}

fn default_long_term(name: &str) -> String {
    format!("{name}-long-term")
}

/// The checked profile; none if anything of it is wrong, which has been reported.
pub(super) fn build(draft: Draft<'_>, sessions: &Sessions<'_>) -> Option<Profile> {
    let Draft { written, name, mut fields, .. } = draft;
    Some(Profile {
        name: name?,
        kind: kind(&written, &mut fields, sessions)?,
        delivery: delivery(&fields),
        region: fields.region.take(),
        output: fields.output.take(),
        description: fields.description.take(),
        tags: fields.tags.take().unwrap_or_default(),
        settings: fields.settings.into_iter().filter_map(super::settings::WrittenSetting::checked).collect(),
    })
}

/// Which mechanism the profile asks for.
pub(super) fn delivery(fields: &Fields) -> Delivery {
    if fields.credential_process.value() == Some(&true) { Delivery::Process } else { Delivery::Native }
}

fn kind(written: &str, fields: &mut Fields, sessions: &Sessions<'_>) -> Option<Kind> {
    Some(match fields.pattern.take()? {
        Pattern::Iam => Kind::Iam,
        Pattern::IamMfa => Kind::IamMfa {
            mfa_serial: fields.mfa_serial.take()?,
            long_term_profile: match fields.long_term_profile.take() {
                Some(name) => name,
                None => ProfileName::new(&default_long_term(written)).ok()?,
            },
            duration: seconds(Pattern::IamMfa, fields)?,
        },
        Pattern::IamMfaRole => Kind::IamMfaRole { role: role(fields)?, mfa_serial: fields.mfa_serial.take() },
        Pattern::Sso => Kind::Sso {
            access: access(fields, sessions)?,
            account_id: fields.sso_account_id.take()?,
            role_name: fields.sso_role_name.take()?,
        },
        Pattern::SsoRole => Kind::SsoRole(role(fields)?),
    })
}

#[expect(clippy::option_option, reason = "none given is right, a wrong one is not")]
fn seconds(pattern: Pattern, fields: &Fields) -> Option<Option<SessionDuration>> {
    match fields.duration_seconds.value() {
        Some(seconds) => duration(pattern, *seconds).ok().map(Some),
        None => Some(None),
    }
}

fn role(fields: &mut Fields) -> Option<Role> {
    Some(Role {
        arn: fields.role_arn.take()?,
        source: ProfileName::new(fields.source_profile.value()?).ok()?,
        duration: seconds(Pattern::IamMfaRole, fields)?,
        session_name: fields.role_session_name.take(),
        external_id: fields.external_id.take(),
    })
}

fn access(fields: &mut Fields, sessions: &Sessions<'_>) -> Option<SsoAccess> {
    match fields.sso_session.value() {
        Some(name) => Some(SsoAccess::Session(sessions.find(name)?.clone())),
        None => Some(SsoAccess::Legacy { start_url: fields.sso_start_url.take()?, region: fields.sso_region.take()? }),
    }
}
