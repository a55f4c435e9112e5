//! Owns the hints and exit codes for the errors of the other rooms: each becomes a [`Failure`].

pub(crate) mod aws;
pub(crate) mod drift;
pub(crate) mod iam;
pub(crate) mod keyring;
mod sign_in;
pub(crate) mod unknown_name;
pub(crate) mod unmanaged;

use crate::apply::ApplyError;
use crate::flow::shortened;
use crate::ini::SectionId;
use crate::manifest::Layers;
use crate::model::{Catalog, ExternalError, KNOWN_REGIONS, ProfileName, Region, SsoAccess};
use crate::plan::{Difference, Refusal, Remedy, SectionDifference};
use crate::prompt::NoAnswer;
use crate::provider::{CodeOrder, ProviderError, Reason};
use crate::store::SaveError;
use crate::system::files::disk::DiskError;
use crate::system::files::lock::LockError;
use crate::system::programs::output::OutputError;

use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::few;
use crate::cli::ui::out::Out;

const HELD: &str = "wait until it is done, or end it if it hangs; then run the same command again";

/// Warns of a region that is misspelt or newer than awsauth.
pub(crate) fn warn_of_region(region: &Region, out: Out) {
    if let Some(near) = near_region(region) {
        out.warn(&format!("`{}` is not a region that awsauth knows; it is used as given{near}", region.as_str()));
    }
}

/// For a region that awsauth does not know, a sentence with the one that was probably meant, if there is one.
pub(crate) fn near_region(region: &Region) -> Option<String> {
    let name = region.as_str();
    let near = || nearest(name, KNOWN_REGIONS.into_iter()).map(|near| format!(". Did you mean `{near}`?"));
    (!KNOWN_REGIONS.contains(&name)).then(|| near().unwrap_or_default())
}

/// The name that was probably meant. None if no name is similar.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // A name that differs only in case is the nearest, however long it is.
    let distance = |candidate: &str| {
        if candidate.eq_ignore_ascii_case(name) { 0 } else { 1 + strsim::damerau_levenshtein(candidate, name) }
    };
    let scored = names.map(|candidate| (distance(candidate), candidate));
    let (distance, candidate) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 + name.len() / 4).then_some(candidate)
}

/// The failure of the profile `target`, which may be that of a profile on its chain.
pub(crate) fn provider(error: &ProviderError, target: &str, catalog: &Catalog) -> Failure {
    step(error, catalog).of_target(target)
}

fn step(error: &ProviderError, catalog: &Catalog) -> Failure {
    match error {
        ProviderError::LoginNeeded { profile, reason } => login_needed(profile, *reason),
        ProviderError::NoLongTermKey { profile, .. } => {
            Failure::of(Exit::Login, error).hint(format!("add it with `awsauth keys add {profile}`"))
        }
        ProviderError::External { profile, why } => external(error, profile, why),
        ProviderError::Process { profile, .. } | ProviderError::ProcessOutput { profile, .. } => {
            let said =
                if let ProviderError::Process { why: OutputError::Failed(_, _, said), .. } = error { said } else { "" };
            Failure::of(Exit::Login, error)
                .causes(said.lines().map(|line| shortened(line, 600)).collect())
                .hint("run the command by hand to see what it says; it may need a login of its own")
                .detail("profile", profile.as_str())
        }
        ProviderError::Machine { profile, .. } => Failure::of(Exit::Unavailable, error)
            .hint("`credential_source` works where AWS gives a role to the machine: on EC2, in ECS, EKS or CodeBuild")
            .detail("profile", profile.as_str()),
        ProviderError::NoCode { source: NoAnswer::Interrupted, .. } => {
            Failure::one_line(Exit::Interrupted, "interrupted")
        }
        ProviderError::NoCode { profile, source: NoAnswer::TimedOut, .. } => nobody_answered(profile.as_str()),
        ProviderError::NoCode { source: NoAnswer::Program(_) | NoAnswer::Unfit(_), .. } => {
            Failure::of(Exit::Login, error)
                .hint("the program is `mfa_process` in profiles.local.toml; run it by hand to see what it says")
        }
        ProviderError::NoCode { profile, order: CodeOrder::Another, .. } => {
            Failure::of(Exit::Login, error).hint(format!(
                "AWS accepts a code once: run `awsauth login {profile} --token-code CODE` with the device's next code"
            ))
        }
        ProviderError::NoCode { .. } => Failure::of(Exit::Login, error)
            .hint("give the code with `--token-code 123456`, AWSAUTH_MFA_CODE, or on stdin with `--token-code -`"),
        ProviderError::MalformedCode { .. } => Failure::of(Exit::Usage, error),
        ProviderError::UsedCode { profile, clock_skew } => {
            aws::next_code(Failure::of(Exit::Login, error), *clock_skew).detail("profile", profile.as_str())
        }
        ProviderError::NoTerminal { .. } | ProviderError::IdentityMismatch { .. } => sign_in::failure(error),
        ProviderError::ApprovalTimedOut { profile } | ProviderError::CallbackTimedOut { profile } => {
            sign_in::not_signed_in(error, catalog)
                .unwrap_or_else(|| not_approved(error, &format!("awsauth login {profile}")))
        }
        ProviderError::Interrupted { .. } => Failure::one_line(Exit::Interrupted, "interrupted"),
        ProviderError::WrongClock { profile, clock_skew } => {
            aws::wrong_clock(Failure::of(Exit::Login, error), Some(*clock_skew)).detail("profile", profile.as_str())
        }
        ProviderError::WrongExpiration { profile, .. } => Failure::of(Exit::Unavailable, error)
            .hint("AWS, or a server in its place, sent a wrong answer; try again later")
            .detail("profile", profile.as_str()),
        ProviderError::ApprovedInVain { .. } => Failure::of(Exit::Login, error)
            .hint("check that `sso_region` is the region of IAM Identity Center; if it is, ask its administrator"),
        ProviderError::Call { profile, call } => {
            aws::call(error, profile, call, catalog.chain(profile.as_str()).as_ref())
        }
        ProviderError::Endless { .. } => Failure::of(Exit::Unavailable, error)
            .hint("AWS, or a server in its place, sent a wrong answer; try again later"),
        ProviderError::Lock { source: LockError::Held { .. }, .. } => Failure::of(Exit::Unavailable, error).hint(HELD),
        ProviderError::OutOfTime { .. } | ProviderError::Lock { .. } => Failure::of(Exit::Unavailable, error),
        ProviderError::Keyring { source, .. } => keyring::failure(error, source),
        ProviderError::Store { source, .. } => Failure::of(disk_exit(source), error).hint(other_state(source)),
    }
}

fn external(error: &ProviderError, profile: &ProfileName, why: &ExternalError) -> Failure {
    let failure = Failure::of(Exit::Login, error).detail("profile", profile.as_str());
    let keys = "keys or a `credential_process`";
    match why {
        ExternalError::NoSection | ExternalError::NoCredentials => {
            let section = SectionId::Profile(profile.to_string());
            failure.hint(format!(
                "what logs in there has to write it: put {keys} into [{section}] of ~/.aws/config, outside awsauth's block, or \
                 keys into [{profile}] of ~/.aws/credentials"
            ))
        }
        ExternalError::Unsupported(_) => failure.hint(format!(
            "`aws --profile {profile}` works; for awsauth, give the profile its own pattern, as `awsauth import` shows it"
        )),
        ExternalError::HalfKey { .. } | ExternalError::BadCommand | ExternalError::UnfitKeys => {
            failure.hint(format!("`aws --profile {profile} sts get-caller-identity` refuses it too: correct the section"))
        }
        ExternalError::Circle => {
            failure.hint("name the program that gets the credentials there, or give the profile a pattern of awsauth's")
        }
        ExternalError::NoVariables => {
            failure.hint("`credential_source = \"Environment\"` takes the role with the keys in these variables: export them")
        }
    }
}

pub(crate) fn save(error: &SaveError) -> Failure {
    match error {
        SaveError::Disk(error) => state(error),
        SaveError::Keyring(error) => keyring::failure(error, error),
    }
}

/// The failure of several profiles that share `error`.
pub(crate) fn shared(error: &ProviderError, catalog: &Catalog) -> Failure {
    match error {
        ProviderError::Call { profile, call } if subject(error, catalog).is_some() => {
            let chain = catalog.chain(profile.as_str());
            chain.map_or_else(|| step(error, catalog), |chain| aws::not_assigned(error, profile, call, &chain))
        }
        _ => step(error, catalog),
    }
}

/// The role that AWS refused, if other profiles may share this error.
pub(crate) fn subject(error: &ProviderError, catalog: &Catalog) -> Option<String> {
    match error {
        ProviderError::Call { profile, call } => aws::assigned(call, catalog.chain(profile.as_str()).as_ref()),
        _ => None,
    }
}

/// `command` asks for the approval again.
fn not_approved(error: &ProviderError, command: &str) -> Failure {
    let failure = Failure::of(Exit::Login, error);
    match error {
        ProviderError::CallbackTimedOut { .. } => failure
            .hint(format!("run `{command}` again; with `--flow device` it can be approved on any machine"))
            .hint("if AWS's page showed an error, `sso_region` may not be the portal's region"),
        _ => failure
            .hint(format!("run `{command}` again"))
            .hint("if the page said `invalid_grant` or knew no such code, `sso_region` is not the portal's region"),
    }
}

/// The failure of `awsauth COMMAND SESSION`, which signs in to an SSO session or lists its accounts.
pub(crate) fn of_session(error: &ProviderError, access: &SsoAccess, command: &str) -> Failure {
    let command = format!("awsauth {command} {}", access.token_key());
    match error {
        ProviderError::LoginNeeded { profile, reason } => {
            let state = description(*reason);
            let words = format!("{profile}: {state}; run {command} at a terminal, or with --flow device");
            Failure::one_line(Exit::Login, words)
                .detail("sso_session", profile.as_str())
                .detail("reason", reason_code(*reason))
        }
        ProviderError::ApprovalTimedOut { .. } | ProviderError::CallbackTimedOut { .. } => {
            not_approved(error, &command)
        }
        ProviderError::Call { profile, call } => aws::listing(error, profile, call, (access, &command)),
        _ => step(error, &Catalog::default()),
    }
}

/// The failure of a question that a program waits for and nobody answered.
pub(crate) fn nobody_answered(profile: &str) -> Failure {
    Failure::one_line(Exit::Login, format!("{profile}: nobody answered in time; run awsauth login {profile}"))
        .detail("profile", profile)
        .detail("reason", "no-answer")
}

/// Scripts know this line; `--json` has the exact reason.
fn login_needed(profile: &ProfileName, reason: Reason) -> Failure {
    Failure::one_line(Exit::Login, format!("{profile}: {}; run awsauth login {profile}", description(reason)))
        .detail("profile", profile.as_str())
        .detail("reason", reason_code(reason))
}

pub(crate) fn misplaced_key(profile: &ProfileName, at: &ProfileName) -> Failure {
    let words = format!(
        "{profile}: the long-term key stands in [{at}] of the credentials file, where the session goes; run awsauth apply \
         --adopt"
    );
    Failure::one_line(Exit::Login, words).detail("profile", profile.as_str()).detail("reason", "misplaced-key")
}

fn description(reason: Reason) -> &'static str {
    match reason {
        Reason::NoSession => "not logged in",
        Reason::Expired | Reason::Changed => "session expired",
    }
}

fn reason_code(reason: Reason) -> &'static str {
    match reason {
        Reason::NoSession => "no-session",
        Reason::Expired => "expired",
        Reason::Changed => "definition-or-key-changed",
    }
}

pub(crate) fn apply(error: &ApplyError) -> Failure {
    match error {
        ApplyError::Refused { source, .. } => refusal(error, source),
        ApplyError::Busy { .. } => Failure::of(Exit::Refused, error).hint("try again when the other program is done"),
        ApplyError::Locked(LockError::Held { .. }) => Failure::of(Exit::Unavailable, error).hint(HELD),
        ApplyError::Locked(LockError::Disk(error)) => state(error),
        ApplyError::Disk(error) => disk(error),
    }
}

/// A path that is no regular file of the person's is refused; other errors mean that the file system is unavailable.
pub(crate) fn disk(error: &DiskError) -> Failure {
    let failure = Failure::of(disk_exit(error), error);
    match error {
        DiskError::Exposed { .. } => failure.hint(other_state(error)),
        DiskError::Io { source, .. } | DiskError::Behind { source, .. } if is_busy(source) => {
            failure.hint("a file that is a mount of its own, as in containers, can't be replaced: mount its directory")
        }
        #[cfg(unix)]
        DiskError::ForeignGroup { path, .. } => {
            failure.hint(format!("remove the group's permissions: `chmod g= {}`", path.display()))
        }
        _ => failure,
    }
}

fn is_busy(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::ResourceBusy
}

fn disk_exit(error: &DiskError) -> Exit {
    match error {
        DiskError::NotAFile { .. }
        | DiskError::LinkLoop { .. }
        | DiskError::TooLarge { .. }
        | DiskError::Exposed { .. }
        | DiskError::PlantedLink { .. } => Exit::Refused,
        #[cfg(unix)]
        DiskError::ForeignGroup { .. } | DiskError::Foreign { .. } => Exit::Refused,
        DiskError::Io { .. } | DiskError::Behind { .. } => Exit::Unavailable,
    }
}

pub(crate) fn state(error: &DiskError) -> Failure {
    Failure::of(disk_exit(error), error).hint(other_state(error))
}

fn other_state(error: &DiskError) -> String {
    const OTHER: &str = "set AWSAUTH_STATE_DIR to a directory that only you can write to";
    match error {
        DiskError::Exposed { path, .. } => {
            let own =
                format!("if it is yours: `chmod go-w {}`, and delete files in it that aren't yours", path.display());
            // AWS CLI's caches have no other place.
            let cache = Paths::aws_cache("sso");
            let is_aws = cache.is_ok_and(|cache| cache.ancestors().nth(2).is_some_and(|aws| path.starts_with(aws)));
            if is_aws { own } else { format!("{own}; or {OTHER}") }
        }
        _ => format!("{OTHER}: awsauth keeps sessions and locks there"),
    }
}

/// The failure of planning a file, with the lines that the manifest lacks. `catalog` was to be written.
pub(crate) fn planning(error: &ApplyError, catalog: &Catalog, layers: &Layers) -> Failure {
    match error {
        ApplyError::Refused { source: Refusal::Edited { sections, faults, .. }, .. } => {
            let faults = faults
                .iter()
                .map(|fault| format!("line {}: {}, so AWS CLI can't read this file", fault.line, fault.kind));
            let failure = faults.fold(Failure::of(Exit::Refused, error), Failure::cause);
            edited(failure, drift::explain(sections, catalog, layers), sections)
        }
        ApplyError::Refused { source: Refusal::WouldLose(_, sections), .. } => {
            would_lose(Failure::of(Exit::Refused, error), drift::explain(sections, catalog, layers))
        }
        other => apply(other),
    }
}

/// AWS CLI only sets values in the block; a person may do anything.
fn edited(failure: Failure, explanation: drift::Explanation, sections: &[SectionDifference]) -> Failure {
    const OVERWRITE: &str = "to drop these edits, run `awsauth apply --force`; the diff above shows what it changes";
    let lines = explanation.lines();
    let all = || sections.iter().flat_map(|section| section.differences.iter().map(move |one| (&section.id, one)));
    let is_region = |(id, one): (&SectionId, &Difference)| matches!((id, one), (SectionId::SsoSession(_), Difference::Value { key, .. }) if key == "sso_region");
    let reasons = explanation.impossible.into_iter().chain(explanation.of_other_patterns);
    let failure = reasons.fold(failure.causes(explanation.sentences), Failure::cause);
    if sections.is_empty() {
        return failure.cause("only comments, blank lines, the order of lines or the markers differ").hint(OVERWRITE);
    }
    let failure = own_sections(failure, sections);
    if lines.is_empty() {
        return failure.hint(OVERWRITE);
    }
    let failure = if all().all(is_region) {
        failure.cause("`aws sso login` writes sso_region when the start URL leads to a portal in another region")
    } else if all().all(|(_, one)| matches!(one, Difference::Value { .. })) {
        failure.cause("`aws configure set` makes such edits")
    } else {
        failure
    };
    // The lines come last.
    failure
        .hint(OVERWRITE)
        .hint("to keep these values, add them to the manifest, then run `awsauth apply`:")
        .lines(lines)
}

/// Says how sections of the user's own leave the block.
fn own_sections(failure: Failure, sections: &[SectionDifference]) -> Failure {
    let own = sections.iter().filter(|section| section.differences.contains(&Difference::Foreign));
    let own: Vec<String> = own.map(|section| format!("[{}]", section.id)).collect();
    let it = match own.len() {
        0 => return failure,
        1 => "it",
        _ => "them",
    };
    failure.hint(format!(
        "to keep {}, move {it} below `# <<< awsauth <<<`; `--force` deletes {it}",
        few(own.iter().map(String::as_str).collect::<Vec<_>>())
    ))
}

fn would_lose(failure: Failure, explanation: drift::Explanation) -> Failure {
    const TAKEN: &str = "put these lines into the manifest, or into profiles.local.toml if only you want them; or delete those of the file to go \
                         by the manifest. Then run `awsauth apply --adopt` again:";
    let lines = explanation.lines();
    let drift::Explanation { sentences, impossible, of_other_patterns, hints, .. } = explanation;
    let then = if impossible.is_empty() && of_other_patterns.is_empty() { "" } else { "then, " };
    let (is_any_impossible, is_any_of_others) = (!impossible.is_empty(), !of_other_patterns.is_empty());
    let reasons = impossible.into_iter().chain(of_other_patterns);
    let mut failure = reasons.fold(failure.causes(sentences), Failure::cause);
    if is_any_impossible {
        failure = failure.hint(
            "remove what can't be in a manifest from the file, or the profile from the manifest, and leave out its lines",
        );
    }
    if is_any_of_others {
        failure = failure.hint("change these patterns in the manifest, or delete those lines of the file");
    }
    failure = hints.into_iter().fold(failure, Failure::hint);
    if lines.is_empty() {
        return failure;
    }
    failure.hint(format!("{then}{TAKEN}")).lines(lines)
}

fn refusal(error: &ApplyError, refusal: &Refusal) -> Failure {
    let failure = Failure::of(if matches!(refusal, Refusal::Bug(_)) { Exit::Bug } else { Exit::Refused }, error);
    match refusal {
        Refusal::Unreadable(faults) => {
            let rest = faults.iter().skip(1).map(|fault| format!("line {}: {}", fault.line, fault.kind));
            rest.fold(failure, Failure::cause).hint("fix these lines by hand: every `aws` command fails until then")
        }
        Refusal::Outside(outside) => {
            let lines = outside.iter().map(|section| match section.inside {
                Some(inside) => {
                    format!("[{}] on line {}, and in the block on line {inside}", section.header, section.line)
                }
                None => format!("[{}] on line {}", section.header, section.line),
            });
            lines
                .fold(failure, Failure::cause)
                .cause("AWS CLI can't read a file with two sections of one name")
                .hint("`awsauth apply --adopt` takes these sections over, or says which settings the manifest lacks")
        }
        Refusal::Overridden(sections) => {
            sections.iter().map(overriding).fold(failure, Failure::cause).hint(
                "`awsauth apply --adopt` takes these settings over into the config file, or says which ones the manifest lacks",
            )
        }
        Refusal::Markers { is_second: true, .. } => failure
            .hint("keep the marker right above awsauth's own sections, delete the other one, then run `awsauth apply`"),
        Refusal::Markers { line, .. } => failure.hint(format!("delete line {line}, then run `awsauth apply --adopt`")),
        Refusal::Leading { .. } => failure.hint("move that line out of the block, or delete it"),
        Refusal::Trailing { .. } => failure.hint("put a `[profile NAME]` above that line, or move it up"),
        Refusal::Shadowed { section, remedy, .. } => failure.hint(shadowed(section, remedy)),
        Refusal::Defaults { .. } => failure.hint("move that line to the section that it is for"),
        Refusal::KeyExists { .. } => failure.hint("`--force` replaces it"),
        Refusal::ChangedMeanwhile => failure.hint("run `awsauth apply` again"),
        // `planning` and the commands explain these with the manifest.
        Refusal::Edited { .. } | Refusal::WouldLose(..) | Refusal::Unportable(_) => failure,
        Refusal::Bug(_) => failure.hint("nothing was written; please report this with the manifest and the file"),
    }
}

/// `[prod]: role_arn on line 2, region on line 4`
fn overriding(section: &SectionDifference) -> String {
    let places = section.differences.iter().filter_map(|difference| match difference {
        Difference::Value { line, key, .. } => Some(format!("{key} on line {line}")),
        _ => None,
    });
    format!("[{}]: {}", section.header, places.collect::<Vec<_>>().join(", "))
}

fn shadowed(section: &str, remedy: &Remedy) -> String {
    match remedy {
        Remedy::Adopt { long_term } => {
            format!("`awsauth apply --adopt` renames the section to [{long_term}], where awsauth looks for this key")
        }
        Remedy::Taken { long_term, line } => {
            format!(
                "its place is [{long_term}], which already exists on line {line}: delete the section that is not needed"
            )
        }
        Remedy::OtherTool => format!("another tool wrote them, or half a key is left: delete [{section}]"),
        Remedy::None => "rename or delete that section: SDKs do not agree on which credentials win".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_nothing_but_the_case_is_near_however_long_it_is() {
        assert_eq!(nearest("PRODUCTION", ["productive", "production"].into_iter()), Some("production"));
    }
}
