//! Owns the rules for chains: known sources, no cycle, fitting patterns, one MFA device, one partition, lengths. Each profile is
//! checked once, its source first, so the time is linear in the number of profiles.

use super::catalog::method;
use super::unchecked::{UncheckedProfile, UncheckedProfiles};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::files::Layers;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::{About, Sink, quoted};
use crate::manifest::raw::field::{Field, KeyTable as _, Origin, Sourced};
use crate::manifest::raw::values::{toml_key, toml_text};
use crate::model::{
    CredentialMethod, CredentialSource, MfaSerial, Partition, Pattern, SessionDuration, default_long_term,
};
use crate::source::Span;

/// The most profiles in one chain. Real ones have two to four; each role is one more call at login.
const LONGEST: usize = 16;
const MOST_SHOWN: usize = 6;

/// The facts about a chain from one profile down to its base.
#[derive(Debug, Clone, Copy)]
struct Facts {
    /// False where an error below makes checks of the profiles above pointless.
    sound: bool,
    length: usize,
    mfa: Option<usize>,
    partition: Option<(Partition, usize)>,
    /// The profile whose `mfa_serial` makes AWS's SDKs ask for a code.
    prompts: Option<usize>,
}

impl Facts {
    const UNSOUND: Self = Self { sound: false, length: 0, mfa: None, partition: None, prompts: None };
}

/// Checks all chains. Removes a `mfa_serial` that a role has from `[defaults]` if its source uses MFA already.
pub(crate) fn check(profiles: &mut UncheckedProfiles, files: &Layers, sink: &mut Sink) {
    let mut known: Vec<Option<Facts>> = vec![None; profiles.list.len()];
    let mut on_path = vec![usize::MAX; profiles.list.len()];
    for start in 0..profiles.list.len() {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| known[*at].is_none()) {
            if on_path[at] == start {
                sink.push(cycle(&path, at, profiles, files));
                for member in &path {
                    known[*member] = Some(Facts::UNSOUND);
                    profiles.list[*member].fields.wrong = true;
                }
                break;
            }
            on_path[at] = start;
            path.push(at);
            next = source(at, profiles);
        }
        while let Some(at) = path.pop() {
            if known[at].is_none() {
                let below = source(at, profiles).and_then(|source| known[source].map(|facts| (source, facts)));
                let before = sink.errors();
                sink.turn_to(profiles.list[at].about());
                let facts = visit(at, below, profiles, files, sink);
                sink.turn_to(About::Shared);
                let is_source_wrong = below.is_some_and(|(source, _)| !profiles.list[source].is_in_order());
                profiles.list[at].fields.wrong |= is_source_wrong || !facts.sound || sink.errors() > before;
                known[at] = Some(facts);
            }
        }
    }
}

/// None for other patterns than roles, and for an unknown source.
fn source(at: usize, profiles: &UncheckedProfiles) -> Option<usize> {
    let profile = &profiles.list[at];
    profile.pattern().filter(|pattern| !pattern.sources().is_empty())?;
    profiles.place(profile.fields.source_profile.value()?)
}

/// The finding is about every profile on the path, since all of them lead into the cycle.
fn cycle(path: &[usize], back_to: usize, profiles: &UncheckedProfiles, files: &Layers) -> Diagnostic {
    let start = path.iter().position(|at| *at == back_to).unwrap_or(0);
    let members = &path[start..];
    let place = |at: usize| {
        let profile = &profiles.list[at];
        let given = profile.fields.source_profile.valid();
        given.filter(|given| given.origin != Origin::Defaults).map_or(profile.at, |given| given.at)
    };
    let mut names: Vec<_> =
        members.iter().take(MOST_SHOWN).map(|at| format!("`{}`", profiles.list[*at].written)).collect();
    if members.len() > MOST_SHOWN {
        names.push("…".to_owned());
    }
    names.push(format!("`{}`", profiles.list[back_to].written));
    let message = match members {
        [_] => format!("`{}` takes its credentials from itself", profiles.list[back_to].written),
        _ => format!("these profiles take their credentials from each other: {}", names.join(" → ")),
    };
    let found = Diagnostic::error(codes::SOURCE_CYCLE, place(back_to), message);
    let profile = &profiles.list[back_to];
    let mut found = match members {
        [_] if profile.pattern() == Some(Pattern::IamMfaRole) => {
            let key = default_long_term(&profile.written);
            let reason = format!("in a manifest, its long-term key has a profile of its own, `{key}`");
            with_own_key(found, &reason, profile, &key, None, profiles, files)
        }
        [_] if profile.pattern() == Some(Pattern::Role) => found.help(
            "if its keys are in AWS's own files, give them a profile of their own, of the pattern `iam` or `external`",
        ),
        [_] => found.help("name a profile of the pattern `sso` as its source"),
        _ => found.help("let one of them take its credentials from a profile that needs no source"),
    };
    for at in members.iter().skip(1).take(MOST_SHOWN - 1) {
        found = found.related(place(*at), "and this one");
    }
    found.profiles = path.iter().map(|at| profiles.list[*at].written.to_string()).collect();
    found
}

fn visit(
    at: usize,
    below: Option<(usize, Facts)>,
    profiles: &mut UncheckedProfiles,
    files: &Layers,
    sink: &mut Sink,
) -> Facts {
    if matches!(profiles.list[at].pattern(), Some(Pattern::SsoRole | Pattern::Role)) {
        // That of `[defaults]` is for others.
        profiles.list[at].fields.mfa_serial = Field::Missing;
    }
    let profile = &profiles.list[at];
    let fields = &profile.fields;
    match profile.pattern() {
        None => Facts::UNSOUND,
        Some(Pattern::Iam | Pattern::Sso | Pattern::External) => Facts { sound: true, length: 1, ..Facts::UNSOUND },
        Some(Pattern::Role) if fields.source_profile.is_missing() => {
            check_machine_length(profile, sink);
            let partition = check_partition(at, None, profiles, sink);
            Facts { sound: !fields.credential_source.is_missing(), length: 1, partition, ..Facts::UNSOUND }
        }
        Some(Pattern::Login) => {
            let partition = fields.login_session.value().map(|session| (session.partition(), at));
            Facts { sound: true, length: 1, partition, ..Facts::UNSOUND }
        }
        Some(Pattern::IamMfa) => {
            let partition = fields.mfa_serial.value().and_then(MfaSerial::partition);
            let partition = partition.map(|partition| (partition, at));
            Facts { sound: true, length: 1, mfa: Some(at), partition, prompts: None }
        }
        Some(pattern @ (Pattern::IamMfaRole | Pattern::SsoRole | Pattern::Role)) => {
            let Some((source, facts)) = below else {
                report_unknown(profile, profiles, sink);
                return Facts::UNSOUND;
            };
            if !check_pattern(profile, pattern, &profiles.list[source], sink) || !facts.sound {
                return Facts::UNSOUND;
            }
            if facts.length >= LONGEST {
                sink.push(too_long(profile));
                return Facts::UNSOUND;
            }
            let needs_key = check_length(profile, &profiles.list[source], profiles, files, sink);
            if needs_key && profile.fields.mfa_serial.valid().is_some_and(|given| given.origin != Origin::Defaults) {
                return Facts::UNSOUND;
            }
            let before = sink.errors();
            let mfa = check_mfa(at, source, facts.mfa, profiles, files, sink);
            // One finding about its device is enough.
            let has_mistake = sink.errors() > before;
            let prompts = if has_mistake { None } else { check_prompts(at, facts.prompts, profiles, sink) };
            let partition = check_partition(at, facts.partition, profiles, sink);
            let sound = pattern != Pattern::IamMfaRole || mfa.is_some();
            Facts { sound, length: facts.length + 1, mfa, partition, prompts }
        }
    }
}

fn report_unknown(profile: &UncheckedProfile, profiles: &UncheckedProfiles, sink: &mut Sink) {
    let given = profile.fields.source_profile.valid();
    let Some(given) = given.filter(|_| !sink.profiles_unknown) else { return };
    let found = profile.error(codes::UNKNOWN_SOURCE, given, format!("there is no profile `{}`", given.value));
    let known = profiles.list.iter().map(|profile| &*profile.written);
    let can_be_external = profile.pattern().is_some_and(|pattern| pattern.sources().contains(&Pattern::External));
    let add = || {
        let external = ", with `pattern = \"external\"` if ~/.aws has such a section of your own,";
        let external = if can_be_external { external } else { "," };
        format!("add a table `[profiles.{}]`{external} or name another profile", toml_key(&given.value))
    };
    let help = sink.did_you_mean(&given.value, known, add);
    sink.push(found.help(help));
}

/// False for a source whose own pattern is unknown; that has been reported.
fn check_pattern(profile: &UncheckedProfile, pattern: Pattern, source: &UncheckedProfile, sink: &mut Sink) -> bool {
    let (Some(source_pattern), Some(given)) = (source.pattern(), profile.fields.source_profile.valid()) else {
        return false;
    };
    let fits = pattern.sources().contains(&source_pattern);
    if !fits {
        let message = format!("`{}` can't take its credentials from `{}`", profile.written, source.written);
        sink.push(
            profile
                .error(codes::SOURCE_PATTERN, given, message)
                .related(source.at, format!("this has the pattern `{source_pattern}`"))
                .help(format!(
                    "the source of `{pattern}` must have one of the patterns {}; the pattern of a role over \
                     `{source_pattern}` is `{}`",
                    quoted(pattern.sources().iter()),
                    source_pattern.of_role_over()
                )),
        );
    }
    fits
}

fn too_long(profile: &UncheckedProfile) -> Diagnostic {
    let message = format!("the chain of `{}` has more than {LONGEST} profiles", profile.written);
    Diagnostic::error(codes::CHAIN_TOO_LONG, profile.at, message)
        .help("each role on it is one more call at login; use a source that is nearer to the base of the chain")
}

/// True if AWS allows this for a role, but not for one that is assumed with temporary credentials (aws-facts §6).
fn is_too_long(seconds: i64) -> bool {
    seconds > i64::from(SessionDuration::CHAINED_MOST) && seconds <= 43_200
}

/// Reports a role that is to last longer than the temporary credentials of its source allow. Returns true if it needs a
/// long-term key and a code of its own.
fn check_length(
    profile: &UncheckedProfile,
    source: &UncheckedProfile,
    profiles: &UncheckedProfiles,
    files: &Layers,
    sink: &mut Sink,
) -> bool {
    let given = profile.fields.duration_seconds.valid().filter(|given| is_too_long(given.value));
    // AWS alone knows what an `external` profile has.
    let is_capped = !matches!(source.pattern(), Some(Pattern::Iam | Pattern::External));
    let Some(given) = given.filter(|_| is_capped) else { return false };
    let message = format!("`{}` can last 3600 seconds at most, not {}", profile.written, given.value);
    let reason = "AWS allows one hour for a role that is assumed with this profile's temporary credentials";
    let found = profile.error(codes::DURATION_CHAINED, given, message).related(source.at, reason);
    let own = profile.fields.mfa_serial.valid().filter(|given| given.origin != Origin::Defaults);
    let needs_key = source.pattern() == Some(Pattern::IamMfa);
    let shorter = match own {
        Some(_) if needs_key => "remove `mfa_serial` and set `duration_seconds = 3600` or less",
        _ => "set `duration_seconds = 3600` or less",
    };
    let help = format!("{shorter}; for longer, take the role with the long-term key and a code of its own");
    let serial = own.or(source.fields.mfa_serial.valid()).map(|given| given.at);
    sink.push(if needs_key {
        with_own_key(found, &help, profile, &long_term(source), serial, profiles, files)
    } else {
        found.help(shorter)
    });
    needs_key
}

/// Reports a role that is to last longer than the credentials of a machine allow: they are a role's themselves.
fn check_machine_length(profile: &UncheckedProfile, sink: &mut Sink) {
    let is_role = |source: &CredentialSource| *source != CredentialSource::Environment;
    let source = profile.fields.credential_source.valid().filter(|source| is_role(&source.value));
    let given = profile.fields.duration_seconds.valid().filter(|given| is_too_long(given.value));
    if let (Some(given), Some(source)) = (given, source) {
        let message = format!("`{}` can last 3600 seconds at most, not {}", profile.written, given.value);
        let reason = "AWS allows one hour for a role that is assumed with this machine's temporary credentials";
        let found = profile.error(codes::DURATION_CHAINED, given, message).related(source.at, reason);
        sink.push(found.help("set `duration_seconds = 3600` or less"));
    }
}

/// The section of the long-term key of an `iam-mfa` profile.
fn long_term(profile: &UncheckedProfile) -> String {
    let given = profile.fields.long_term_profile.value();
    given.map_or_else(|| default_long_term(&profile.written), ToString::to_string)
}

/// Adds the lines that make a role go through the section `key` of a long-term key, with the device at `serial`, or its own.
#[expect(clippy::too_many_arguments, reason = "the finding, and what its lines are made of")]
fn with_own_key(
    found: Diagnostic,
    help: &str,
    profile: &UncheckedProfile,
    key: &str,
    serial: Option<Span>,
    profiles: &UncheckedProfiles,
    files: &Layers,
) -> Diagnostic {
    let fields = &profile.fields;
    if profile.generated.is_some() {
        let key = toml_key(key);
        return found.help(format!(
            "{help}: add `[profiles.{key}]` of pattern `iam`, make it the `source_profile`, and set `mfa_serial` in the matrix"
        ));
    }
    let text = |span: Span| files.sources().text(span).unwrap_or_default();
    let own = fields.mfa_serial.valid().filter(|given| given.origin != Origin::Defaults).map(|given| given.at);
    let mut lines = Vec::new();
    let header = format!("[profiles.{}]", toml_key(&profile.written));
    let mut to_do = format!("in {header}, set these keys and leave its other keys as they are");
    if profiles.get(key).is_none() {
        let key = format!("[profiles.{}]", toml_key(key));
        to_do = format!("add {key}; {to_do}");
        lines.extend([key, "pattern = \"iam\"".to_owned()]);
    }
    lines.push(header);
    lines.push("pattern = \"iam-mfa-role\"".to_owned());
    lines.push(format!("source_profile = {}", toml_text(key)));
    lines.extend(fields.role_arn.valid().map(|given| format!("role_arn = {}", text(given.at))));
    lines.extend(serial.or(own).map(|serial| format!("mfa_serial = {}", text(serial))));
    lines.extend(fields.duration_seconds.valid().map(|given| format!("duration_seconds = {}", given.value)));
    found.help(format!("{help}: {to_do}:")).lines(lines)
}

/// Every role of an IAM user needs exactly one MFA device in its chain. Returns the place of the profile that has it.
fn check_mfa(
    at: usize,
    source: usize,
    below: Option<usize>,
    profiles: &mut UncheckedProfiles,
    files: &Layers,
    sink: &mut Sink,
) -> Option<usize> {
    if profiles.list[at].pattern() != Some(Pattern::IamMfaRole) {
        return None;
    }
    let own = profiles.list[at].fields.mfa_serial.valid().map(|given| (given.at, given.origin));
    if let (Some((_, Origin::Defaults)), Some(_)) = (own, below) {
        profiles.list[at].fields.mfa_serial = Field::Missing;
        return below;
    }
    let profile = &profiles.list[at];
    match (own, below) {
        (Some((own, _)), Some(below)) => {
            let other = &profiles.list[below];
            let message = format!("`{}` asks for a second MFA code", profile.written);
            let found = Diagnostic::error(codes::MFA_TWICE, own, message)
                .related(serial_place(other), format!("`{}` asks for one already", other.written));
            let remove = "remove this `mfa_serial` to use that session";
            let is_other = profile.fields.mfa_serial.value() != other.fields.mfa_serial.value();
            sink.push(if is_other && source == below && other.pattern() == Some(Pattern::IamMfa) {
                let help = format!("{remove}; for a code of this device, take the role with the long-term key");
                with_own_key(found, &help, profile, &long_term(other), Some(own), profiles, files)
            } else {
                found.help(remove)
            });
            Some(below)
        }
        (None, None) if profile.fields.lacks("mfa_serial") => {
            sink.push(mfa_missing(profile, profiles));
            None
        }
        (_, Some(below)) => Some(below),
        (_, None) => Some(at),
    }
}

fn mfa_missing(profile: &UncheckedProfile, profiles: &UncheckedProfiles) -> Diagnostic {
    let message = format!("no profile in the chain of `{}` has an `mfa_serial`", profile.written);
    let found = Diagnostic::error(codes::MFA_MISSING, profile.at, message);
    let base = profile.fields.source_profile.value().and_then(|name| profiles.get(name));
    let found = match base {
        Some(base) => found.related(base.at, "its source has no MFA device"),
        None => found,
    };
    found.help("add `mfa_serial` to it, or use an `iam-mfa` profile as its source; without MFA, its pattern is `role`")
}

fn serial_place(profile: &UncheckedProfile) -> Span {
    let own = profile.fields.mfa_serial.valid().filter(|given| given.origin != Origin::Defaults);
    own.map_or(profile.at, |given| given.at)
}

/// Credentials of one partition mean nothing in another.
fn check_partition(
    at: usize,
    below: Option<(Partition, usize)>,
    profiles: &UncheckedProfiles,
    sink: &mut Sink,
) -> Option<(Partition, usize)> {
    let profile = &profiles.list[at];
    let serial = profile.fields.mfa_serial.value().and_then(MfaSerial::partition);
    let first = below.or(serial.map(|partition| (partition, at)));
    let arn: &Sourced<_> = profile.fields.role_arn.valid()?;
    let own = arn.value.partition();
    let Some((partition, other)) = first else { return Some((own, at)) };
    if partition != own {
        let other = &profiles.list[other];
        let place = match (other.pattern(), other.fields.role_arn.valid()) {
            (Some(Pattern::IamMfaRole | Pattern::SsoRole | Pattern::Role), Some(arn)) if other.at != profile.at => {
                arn.at
            }
            (Some(Pattern::Login), _) => other.fields.login_session.valid().map_or(other.at, |given| given.at),
            _ => serial_place(other),
        };
        let message = format!("this role is in the partition `{own}`, its credentials come from `{partition}`");
        sink.push(
            profile
                .error(codes::PARTITION_MISMATCH, arn, message)
                .related(place, format!("this is in `{partition}`"))
                .help("an account of one partition can't assume a role of another; correct one of the ARNs"),
        );
    }
    Some((partition, at)).filter(|_| partition == own).or(first)
}

/// Most AWS SDKs fail, rather than ask for a code, if a profile in `~/.aws/config` has a `mfa_serial` (aws-facts §3).
fn check_prompts(at: usize, below: Option<usize>, profiles: &UncheckedProfiles, sink: &mut Sink) -> Option<usize> {
    let profile = &profiles.list[at];
    if method(&profile.fields) == CredentialMethod::Process {
        return None;
    }
    let own = profile.fields.mfa_serial.valid();
    let found = match (own, below) {
        (Some(given), _) => {
            let message = format!("most AWS SDKs can't use `{}`: it needs an MFA code", profile.written);
            profile.error(codes::PROMPTING_ROLE, given, message).label("they fail instead of asking for the code")
        }
        (None, Some(below)) => {
            let other = &profiles.list[below];
            let message =
                format!("most AWS SDKs can't use `{}`: it needs an MFA code for `{}`", profile.written, other.written);
            Diagnostic::error(codes::PROMPTING_ROLE, profile.at, message)
                .related(serial_place(other), "the code is asked for here")
        }
        (None, None) => return None,
    };
    let mut help = "set `credential_process = true`, so that SDKs get the session from awsauth".to_owned();
    // A session of the source would be too short for this role.
    if !profile.fields.duration_seconds.value().is_some_and(|seconds| is_too_long(*seconds)) {
        help.push_str("; or move `mfa_serial` to an `iam-mfa` profile and make that the source");
    }
    sink.push(Diagnostic { severity: Severity::Warning, ..found }.help(help));
    Some(below.unwrap_or(at))
}
