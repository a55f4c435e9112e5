//! Owns choosing profiles on the command line: by name, by glob, by tag. One way for every command.

use std::collections::{BTreeSet, HashSet};

use crate::cli::config::complete::{profile_names, tags};
use crate::cli::config::load::Manifest;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::ui::failure::Failure;
use crate::model::{Catalog, Glob, Profile};

#[derive(Debug, clap::Args)]
pub(crate) struct Filter {
    /// Profiles, or globs such as 'prod-*' [default: all]
    #[arg(value_name = "NAME", conflicts_with = "tag", add = clap_complete::ArgValueCandidates::new(profile_names))]
    names: Vec<String>,
    #[command(flatten)]
    tags: Tags,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Tags {
    /// Profiles with this tag; repeatable
    #[arg(long, value_name = "TAG", add = clap_complete::ArgValueCandidates::new(tags))]
    pub(crate) tag: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum ProfileSelector<'a> {
    All,
    /// Not empty.
    Tags(&'a [String]),
    /// Names and globs.
    Names(&'a [String]),
}

/// The profiles that globs, tags and `--all` choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    Every,
    /// Not those of the patterns `iam` and `external`, which have no session.
    WithSession,
}

impl Among {
    fn has(self, profile: &Profile) -> bool {
        self == Self::Every || profile.has_session()
    }
}

impl Filter {
    pub(crate) fn is_given(&self) -> bool {
        !self.names.is_empty() || !self.tags.tag.is_empty()
    }

    /// The chosen profiles, as [`choose`] returns them.
    pub(crate) fn choose<'m>(&self, manifest: &'m Manifest) -> Result<Vec<&'m Profile>, Failure> {
        let selector = match (&*self.names, &*self.tags.tag) {
            ([], []) => ProfileSelector::All,
            ([], tags) => ProfileSelector::Tags(tags),
            (names, _) => ProfileSelector::Names(names),
        };
        choose(manifest, selector, Among::Every)
    }
}

/// The selected profiles, each once: names in the order of the command line, all others in the manifest's. A name, glob or tag
/// that nothing has is a usage error.
pub(crate) fn choose<'m>(
    manifest: &'m Manifest,
    selector: ProfileSelector<'_>,
    among: Among,
) -> Result<Vec<&'m Profile>, Failure> {
    let profiles = manifest.catalog.profiles();
    match selector {
        ProfileSelector::All => Ok(profiles.iter().filter(|profile| among.has(profile)).collect()),
        ProfileSelector::Tags(tags) => {
            // A profile that is wrong may have the tag.
            let or_wrong = |failure| manifest.refuse_wrong(|_| true).unwrap_or(failure);
            tags.iter().try_for_each(|tag| check_tag(&manifest.catalog, tag, among)).map_err(or_wrong)?;
            let has_one = |profile: &Profile| profile.tags.iter().any(|tag| tags.contains(tag));
            Ok(profiles.iter().filter(|profile| among.has(profile) && has_one(profile)).collect())
        }
        ProfileSelector::Names(names) => {
            let (mut chosen, mut seen) = (Vec::new(), HashSet::new());
            for name in names {
                let found = if Glob::is_meant(name) {
                    let fits = |wrong: &str| Glob::new(name).is_ok_and(|pattern| pattern.fits(wrong));
                    let or_wrong = |failure| manifest.refuse_wrong(fits).unwrap_or(failure);
                    matching(&manifest.catalog, name, among).map_err(or_wrong)?
                } else {
                    vec![manifest.profile(name)?]
                };
                chosen.extend(found.into_iter().filter(|profile| seen.insert(&profile.name)));
            }
            Ok(chosen)
        }
    }
}

fn check_tag(catalog: &Catalog, tag: &String, among: Among) -> Result<(), Failure> {
    let profiles = catalog.profiles();
    let mut tagged = profiles.iter().filter(|profile| profile.tags.contains(tag)).peekable();
    if tagged.peek().is_none() {
        let failure = Failure::new(Exit::Usage, format!("no profile has the tag `{tag}`"));
        let all: BTreeSet<&str> = profiles.iter().flat_map(|profile| &profile.tags).map(String::as_str).collect();
        return Err(match explain::nearest(tag, all.iter().copied()) {
            _ if catalog.get(tag).is_some() => failure.hint(format!("`{tag}` is a profile: name it without `--tag`")),
            _ if is_session(catalog, |name| name == tag) => {
                failure.hint(format!("`{tag}` is an SSO session, not a tag"))
            }
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None if all.is_empty() => {
                failure.hint("the manifest has no tags yet: add `tags = [\"…\"]` to the profiles that you mean")
            }
            None => failure.hint("`awsauth list` shows the tags"),
        });
    }
    if tagged.any(|profile| among.has(profile)) { Ok(()) } else { Err(without_session(&format!("the tag `{tag}`"))) }
}

fn is_session(catalog: &Catalog, fits: impl Fn(&str) -> bool) -> bool {
    catalog.sessions().iter().any(|session| fits(session.name.as_str()))
}

fn matching<'m>(catalog: &'m Catalog, text: &str, among: Among) -> Result<Vec<&'m Profile>, Failure> {
    let profiles = catalog.profiles();
    let pattern = Glob::new(text).map_err(|error| Failure::of(Exit::Usage, &error))?;
    let fits = |pattern: &Glob, profile: &Profile| pattern.fits(profile.name.as_str());
    let found: Vec<&Profile> = profiles.iter().filter(|profile| fits(&pattern, profile)).collect();
    if found.is_empty() {
        let failure = Failure::new(Exit::Usage, format!("no profile's name matches `{text}`"));
        let is_better =
            |near: &String| Glob::new(near).is_ok_and(|near| profiles.iter().any(|profile| fits(&near, profile)));
        return Err(match corrected(profiles, text).filter(is_better) {
            _ if is_session(catalog, |name| pattern.fits(name)) => {
                failure.hint("it matches an SSO session; globs match profiles only")
            }
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`awsauth list` lists the profiles"),
        });
    }
    let among: Vec<&Profile> = found.into_iter().filter(|profile| among.has(profile)).collect();
    if among.is_empty() { Err(without_session(&format!("`{text}`"))) } else { Ok(among) }
}

/// Fewer characters of a glob are near to every name.
const SHORTEST: usize = 3;

/// The glob that was probably meant: with the nearest beginning, or end, that a name has.
fn corrected(profiles: &[Profile], text: &str) -> Option<String> {
    // Names are ASCII, so every place in them is one to cut at.
    let names = || profiles.iter().map(|profile| profile.name.as_str());
    let begin = text.find(['*', '?', '['])?;
    let end = text.rfind(['*', '?', ']'])? + 1;
    let (head, tail) = (&text[..begin], &text[end..]);
    let head_near = explain::nearest(head, names().filter_map(|name| name.get(..head.len())));
    let tail_near = explain::nearest(tail, names().filter_map(|name| name.get(name.len().checked_sub(tail.len())?..)));
    let head_near = head_near.filter(|_| head.len() >= SHORTEST);
    let tail_near = tail_near.filter(|_| tail.len() >= SHORTEST);
    Some(format!("{}{}{}", head_near.unwrap_or(head), &text[begin..end], tail_near.unwrap_or(tail)))
}

fn without_session(what: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{what} has only long-term keys or external profiles, which need no login"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    fn profiles() -> Vec<Profile> {
        ["prod-Admin", "prod-Read", "dev-Admin", "team/a.b"].map(|name| Profile::bare(name, Kind::Iam)).to_vec()
    }

    #[test]
    fn a_pattern_takes_whole_names_in_their_order_and_any_character() {
        let catalog = Catalog::new(Vec::new(), profiles());
        for (pattern, expected) in [
            ("prod-*", "prod-Admin prod-Read"),
            ("*-Admin", "prod-Admin dev-Admin"),
            ("*", "prod-Admin prod-Read dev-Admin team/a.b"),
            ("t*b", "team/a.b"),
            ("???-Admin", "dev-Admin"),
            ("[a-e]*", "dev-Admin"),
        ] {
            let found = matching(&catalog, pattern, Among::Every).unwrap();
            let names: Vec<&str> = found.iter().map(|profile| profile.name.as_str()).collect();
            assert_eq!(names.join(" "), expected, "{pattern}");
        }
        for bad in ["PROD-*", "rod*", "prod-**", "[", "prod?"] {
            assert_eq!(matching(&catalog, bad, Among::Every).unwrap_err().exit, Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn a_misspelt_pattern_is_corrected_at_its_beginning_or_its_end() {
        let profiles = profiles();
        assert_eq!(corrected(&profiles, "pord-*").unwrap(), "prod-*");
        assert_eq!(corrected(&profiles, "*-Amdin").unwrap(), "*-Admin");
        assert_eq!(corrected(&profiles, "pord-*-Amdin").unwrap(), "prod-*-Admin");
        assert_eq!(corrected(&profiles, "ü*").unwrap(), "ü*");
    }
}
