//! Owns the failure for a name without a profile, with the name that was probably meant. Must not read the manifest.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::cli::exit::Exit;
use crate::cli::explain::nearest;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names;
use crate::ini::{Document, FileKind, Section, SectionId};
use crate::manifest::{Loaded, Place, place};
use crate::model::{Catalog, Pattern, Profile, ProfileName, Root};
use crate::plan;
use crate::system::files::disk;

/// The failure for a name that no profile of `catalog` has. `loaded` is the manifest with its errors, `files` are AWS's own,
/// and `otherwise` is the hint if nothing has a name like it.
pub(crate) fn unknown_profile(
    name: &str,
    catalog: &Catalog,
    loaded: &Loaded,
    files: &[(PathBuf, FileKind)],
    otherwise: String,
) -> Failure {
    let wrong: Vec<&str> = loaded.wrong.iter().map(|wrong| wrong.name.as_str()).collect();
    let hint = session(name, catalog)
        .or_else(|| tag(name, catalog))
        .or_else(|| files.iter().find_map(|(path, kind)| in_file(name, path, *kind, loaded)))
        .or_else(|| alike(name, catalog, &wrong))
        .unwrap_or(otherwise);
    Failure::new(Exit::Usage, format!("there is no profile `{name}` in the manifest")).hint(hint)
}

/// Only for commands that don't take SSO sessions.
fn session(name: &str, catalog: &Catalog) -> Option<String> {
    catalog.sessions().iter().find(|session| session.name.as_str() == name)?;
    Some(match profiles_of(name, catalog) {
        Some(profiles) => format!("`{name}` is an SSO session; name one of its profiles instead: {profiles}"),
        None => format!("`{name}` is an SSO session, which no profile uses; this command takes profiles"),
    })
}

/// The profiles that sign in through that SSO session.
fn profiles_of(session: &str, catalog: &Catalog) -> Option<String> {
    let signs_in = |profile: &&Profile| {
        let root = catalog.chain(profile.name.as_str()).and_then(|chain| chain.root());
        matches!(root, Some(Root::Session(other)) if other.name.as_str() == session)
    };
    listed(catalog.profiles().iter().filter(signs_in).map(|profile| profile.name.as_str()))
}

fn tag(name: &str, catalog: &Catalog) -> Option<String> {
    let has_tag = |profile: &&Profile| profile.tags.iter().any(|tag| tag == name);
    let tagged = catalog.profiles().iter().filter(has_tag).map(|profile| profile.name.as_str());
    Some(format!(
        "`{name}` is a tag, for `--tag` of `login`, `status` and others; profiles with it: {}",
        listed(tagged)?
    ))
}

/// Names in quotes. None if there is no name.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names = names::first(5, names.map(|name| format!("`{name}`")));
    (!names.is_empty()).then_some(names)
}

/// The profile or SSO session that was probably meant. If the name has parts, such as `dev-Admin`, another last part is
/// offered before another account: a typo in `dev` must not lead to `prod`.
fn alike(name: &str, catalog: &Catalog, wrong: &[&str]) -> Option<String> {
    let right = catalog.profiles().iter().map(|profile| profile.name.as_str());
    let profiles = || right.clone().chain(wrong.iter().copied());
    let all = || profiles().chain(catalog.sessions().iter().map(|session| session.name.as_str()));
    if let Some(same) = all().find(|other| other.eq_ignore_ascii_case(name)) {
        return Some(format!("did you mean `{same}`? Names are case-sensitive"));
    }
    let is_end = |rest: &str| rest.starts_with(|next: char| !next.is_ascii_alphanumeric());
    let is_longer = |other: &&str| other.strip_prefix(name).is_some_and(is_end) && !name.is_empty();
    if let Some(longer) = listed(profiles().filter(is_longer)) {
        return Some(format!("profiles that begin with `{name}`: {longer}"));
    }
    let first_part = name.trim_end_matches(|one: char| one.is_ascii_alphanumeric());
    let is_alike = |other: &&str| !first_part.is_empty() && other.starts_with(first_part);
    let alike = listed(profiles().filter(is_alike));
    let near = if alike.is_some() { nearest(name, all().filter(is_alike)) } else { nearest(name, all()) };
    match near {
        Some(near) if profiles().any(|profile| profile == near) => Some(format!("did you mean `{near}`?")),
        Some(near) => Some(match profiles_of(near, catalog) {
            Some(profiles) => format!("did you mean `{near}`, the SSO session of {profiles}?"),
            None => format!("did you mean the SSO session `{near}`?"),
        }),
        None => alike.map(|alike| format!("profiles that begin with `{first_part}`: {alike}")),
    }
}

/// AWS's own files whose paths are known.
pub(crate) fn aws_files(paths: Paths<'_>) -> Vec<(PathBuf, FileKind)> {
    let (config, credentials) = (paths.config().ok(), paths.credentials().ok());
    let config = config.map(|path| (path, FileKind::Config));
    config.into_iter().chain(credentials.map(|path| (path, FileKind::Credentials))).collect()
}

/// The hint if that file has a profile of that name.
fn in_file(name: &str, path: &Path, kind: FileKind, loaded: &Loaded) -> Option<String> {
    let bytes = disk::read(path).ok()??;
    let document = Document::parse(&bytes, kind);
    let section = document.find(&SectionId::Profile(name.to_owned())).next()?;
    let (shown, line) = (Paths::shown(path), document.line_number(section.header.start));
    if plan::block_range(&document).contains(&section.header.start) {
        let once = if loaded.is_in_order() { "" } else { ", once the manifest has no errors" };
        return Some(format!("`{name}` in {shown} is left from an older manifest: `awsauth apply` removes it{once}"));
    }
    let quoted = shlex::try_quote(name).ok()?;
    let outside = match kind {
        FileKind::Config => ", outside awsauth's block",
        FileKind::Credentials => "",
    };
    let way = match ProfileName::new(name) {
        Err(error) => format!("it can't be in a manifest: {error}"),
        Ok(name) if kind == FileKind::Credentials => match plan::long_term_key(&document, &name) {
            Some(_) => "add it to the manifest with `pattern = \"iam\"`; its key stays where it is".to_owned(),
            None => "it holds no long-term key that awsauth could use".to_owned(),
        },
        Ok(_) => match unfit(&document, section) {
            Some((key, reason)) => format!("its {key} keeps it out of a manifest: {reason}"),
            None => "add it to the manifest, then `awsauth apply --adopt` takes over its section".to_owned(),
        },
    };
    Some(format!(
        "`{name}` is in {shown}, line {line}{outside}: `aws --profile {quoted}` finds it, awsauth does not; {way}"
    ))
}

/// A key of the section that no manifest can hold, and the reason.
fn unfit(document: &Document<'_>, section: &Section) -> Option<(String, Cow<'static, str>)> {
    document.entries(section).iter().find_map(|entry| {
        let key = document.text(&entry.key()).to_lowercase();
        let text = document.nested(entry).is_empty().then(|| document.value(entry));
        // Every pattern has the same reason.
        match place(Some(Pattern::Iam), &key, text.as_deref()) {
            _ if place(None, &key, text.as_deref()) == Place::Own => None,
            Place::Nowhere(reason) => Some((key, reason)),
            Place::Own | Place::Settings | Place::OtherPattern(_) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn another_account_is_never_offered_for_a_known_one() {
        let names = ["dev.admin", "dev.read", "dev.tf", "prod.admin", "prod.operator", "main"];
        let catalog = Catalog::new(Vec::new(), names.map(|name| Profile::bare(name, Kind::Iam)).to_vec());
        for (name, hint) in [
            ("dev.admim", Some("did you mean `dev.admin`?")),
            ("dev.operator", Some("profiles that begin with `dev.`: `dev.admin`, `dev.read`, `dev.tf`")),
            ("dev", Some("profiles that begin with `dev`: `dev.admin`, `dev.read`, `dev.tf`")),
            ("pord.admin", Some("did you mean `prod.admin`?")),
            ("mian", Some("did you mean `main`?")),
            ("brokn", Some("did you mean `broken`?")),
            ("DEV.ADMIN", Some("did you mean `dev.admin`? Names are case-sensitive")),
            ("nothing", None),
        ] {
            assert_eq!(alike(name, &catalog, &["broken"]).as_deref(), hint, "{name}");
        }
    }
}
