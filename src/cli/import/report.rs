//! Owns what is said of an import: what comes of the sections, what stays, and why.

use std::collections::BTreeMap;

use crate::cli::import::files::AwsSnapshots;
use crate::cli::ui::names::{count, few};
use crate::cli::ui::out::Out;
use crate::import::{FileLine, Import, Left, Note, Why};
use crate::model::{Catalog, Pattern, Profile};
use crate::secret::mask_words;
use crate::source::display_safe;

/// Says the lines for the personal file, if there are any.
pub(crate) fn say_personal(found: &Import, out: Out) {
    if found.personal.is_empty() {
        return;
    }
    out.say("These lines belong in your own profiles.local.toml, in awsauth's configuration directory:");
    for line in found.personal.lines() {
        out.say(&mask_words(&format!("  {line}")));
    }
}

/// Says what comes of the sections, and what stays.
pub(crate) fn say(files: &AwsSnapshots, found: &Import, out: Out) {
    let say = |line: String| out.say(&mask_words(&line));
    let patterns: Vec<String> =
        by_pattern(&found.catalog).iter().map(|(pattern, names)| format!("{} {pattern}", names.len())).collect();
    let profiles = count(found.catalog.profiles().len(), "profile");
    let sessions = count(found.catalog.sessions().len(), "SSO session");
    let patterns = if patterns.is_empty() { String::new() } else { format!(": {}", patterns.join(", ")) };
    say(format!("{profiles} and {sessions} imported{patterns}"));
    match found.saved {
        Some((long, short)) if short < long => say(format!("the matrix makes it {short} lines instead of {long}")),
        Some(_) => say("no matrix: too few profiles are named after an account and a role".to_owned()),
        None => {}
    }
    for (note, names) in &found.notes {
        say(sentence(note, names));
    }
    let named = |fits: fn(&&Profile) -> bool| -> Vec<String> {
        found.catalog.profiles().iter().filter(fits).map(|profile| profile.name.to_string()).collect()
    };
    let without_region = named(|profile| profile.region.is_none() && profile.pattern() != Pattern::External);
    if !without_region.is_empty() {
        say(format!("no region, so `aws` wants `--region` or AWS_REGION: {}", few(&without_region)));
    }
    let without_mfa = named(|profile| profile.pattern() == Pattern::Iam);
    if !without_mfa.is_empty() {
        say(format!(
            "no MFA: {}; for the key of a person, set `pattern = \"iam-mfa\"`, and `awsauth login NAME` finds the device",
            few(&without_mfa)
        ));
    }
    for is_external in [true, false] {
        let left: Vec<&Left> = found.left.iter().filter(|left| left.is_external == is_external).collect();
        if left.is_empty() {
            continue;
        }
        let has = if is_external { "has their profiles as `external`" } else { "does not have them" };
        say(format!("These sections stay, and the manifest {has}:"));
        for left in left {
            say(format!("  {}: [{}] {}", files.place(left.at), display_safe(&left.header), reason(left)));
        }
    }
    for (file, fault) in &found.faults {
        let place = files.place(FileLine { file: *file, line: fault.line });
        out.warn(&format!(
            "{place}: {}; AWS CLI and `awsauth apply` refuse the file until it is corrected",
            fault.kind
        ));
    }
}

fn reason(left: &Left) -> String {
    let Why { reason, remedy } = &left.why;
    let words = if remedy.is_empty() { reason.clone() } else { format!("{reason}; {remedy}") };
    words.replace("?; ", "? ")
}

pub(crate) fn by_pattern(catalog: &Catalog) -> BTreeMap<&'static str, Vec<&str>> {
    let mut all: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for profile in catalog.profiles() {
        all.entry(profile.pattern().as_str()).or_default().push(profile.name.as_str());
    }
    all
}

pub(crate) fn sentence(note: &Note, names: &[String]) -> String {
    let names = few(names);
    match note {
        Note::Dropped(keys) => {
            format!("left out, since none of AWS's tools reads it there: {} of {names}", keys.join(", "))
        }
        Note::Beside(key) => {
            format!("left out, since it counts for the SDK for Java alone in a profile with a role: {key} of {names}")
        }
        Note::KeyElsewhere(tool) => {
            format!("{tool} has the long-term key of {names} in its keyring: store it with `awsauth keys add NAME`")
        }
        Note::NoKey => format!(
            "no long-term key in the credentials file: {names}; `awsauth keys add NAME` stores one. If a profile has \
             only settings and needs no key, delete its table from the manifest before `apply --adopt`; afterwards `apply` would \
             remove its section"
        ),
        Note::Process => format!("left out, since awsauth does what the program did: `credential_process` of {names}"),
        Note::Session(session) => {
            format!("in the SSO session `{session}` now, instead of a portal of their own: {names}")
        }
        Note::OwnCode => format!(
            "each of these asks for an MFA code of its own, as in AWS CLI: {names}; a source of the pattern `iam-mfa` would \
             make it one code for all"
        ),
        Note::Hidden(line) => {
            format!("left out: [default] on line {line}, since all tools read [profile default] in its place")
        }
        Note::Registry => format!(
            "granted's registry writes these anew: {names}; end that with `granted registry remove` before `awsauth apply --adopt`"
        ),
        Note::SecretComment => format!("a comment that looks like a secret is left out: {names}"),
    }
}
