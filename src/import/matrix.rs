//! Owns `--matrix`: profiles whose names follow from an account and a role become `[accounts]` and `[matrix]`. Must not change
//! what the manifest says; `judge` compares both.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::draft::{AccountEntry, Draft, ProfileTable};
use super::settings::toml;
use crate::manifest::toml_text;

/// A matrix of fewer profiles is no shorter than they are.
const LEAST: usize = 4;
/// So is one of fewer profiles of a single role.
const LEAST_OF_ROLE: usize = 3;
const SEPARATORS: [&str; 7] = ["-", "_", "/", ".", ":", "@", "+"];

/// How a name is made of an account and a role.
struct Naming<'p> {
    separator: &'static str,
    is_role_first: bool,
    word: Word<'p>,
}

/// What stands for the role.
enum Word<'p> {
    Role,
    Lower,
    /// A word of its own for each role, such as `admin` for `AWSAdministratorAccess`.
    Short(HashMap<&'p str, &'p str>),
}

/// A profile that can be one of a matrix.
#[derive(Debug, Clone, Copy)]
struct Candidate<'p> {
    profile: &'p ProfileTable,
    /// Its index.
    at: usize,
    id: &'p str,
    role: &'p str,
}

#[derive(Debug)]
struct Account<'p> {
    name: &'p str,
    id: &'p str,
    region: Option<&'p str>,
    roles: Vec<&'p str>,
    /// Those of its profiles.
    comments: Vec<String>,
}

/// Profiles that differ in account and role, and a few in settings of their own.
struct Group<'p> {
    /// It has what all have.
    base: &'p ProfileTable,
    members: Vec<Candidate<'p>>,
}

struct Product<'p> {
    naming: Naming<'p>,
    base: &'p ProfileTable,
    accounts: Vec<Account<'p>>,
    members: Vec<Candidate<'p>>,
    /// What single profiles have beside the matrix, by index.
    own: HashMap<usize, ProfileTable>,
}

/// The same manifest with every matrix that is found in it.
pub(super) fn with_matrices(draft: &Draft) -> Draft {
    let mut found = Draft { profiles: Vec::new(), ..draft.clone() };
    let (mut taken, mut own) = (HashSet::new(), HashMap::new());
    let (mut ids, mut names, mut labels) = (HashSet::new(), HashSet::new(), HashSet::new());
    let products = products(draft);
    let is_only = products.len() == 1;
    for product in products {
        let is_free = |account: &Account<'_>| !ids.contains(account.id) && !names.contains(account.name);
        if !product.accounts.iter().all(is_free) {
            continue;
        }
        ids.extend(product.accounts.iter().map(|account| account.id));
        names.extend(product.accounts.iter().map(|account| account.name));
        taken.extend(product.members.iter().map(|member| member.at));
        let label = label(&product, draft, &labels);
        labels.insert(label.clone());
        let has_own_roles = product.has_own_roles();
        found.accounts.extend(product.accounts.iter().map(|account| AccountEntry {
            name: account.name.to_owned(),
            value: entry(account, has_own_roles),
            comments: account.comments.clone(),
        }));
        found.matrix.extend(tables(&product, label, &template(product.base, draft), is_only));
        own.extend(product.own);
    }
    let profiles = draft.profiles.iter().enumerate();
    let rest =
        profiles.filter_map(|(at, profile)| if taken.contains(&at) { own.remove(&at) } else { Some(profile.clone()) });
    found.profiles = rest.collect();
    found
}

/// The largest product of each group of profiles that are alike, the largest first.
fn products(draft: &Draft) -> Vec<Product<'_>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for candidate in draft.profiles.iter().enumerate().filter_map(|(at, profile)| candidate(at, profile)) {
        let at = *places.entry(template(candidate.profile, draft)).or_insert_with(|| {
            groups.push(Group { base: candidate.profile, members: Vec::new() });
            groups.len() - 1
        });
        groups[at].members.push(candidate);
    }
    let groups = with_exceptions(groups, draft);
    let mut products: Vec<Product<'_>> = groups.iter().filter_map(|group| largest(group)).collect();
    products.sort_by_key(|product| Reverse(product.members.len()));
    products
}

fn candidate(at: usize, profile: &ProfileTable) -> Option<Candidate<'_>> {
    let (id, role) = match profile.get("role_arn") {
        Some(arn) => {
            let (_, rest) = arn.split_once(":iam::")?;
            rest.split_once(":role/").filter(|(_, role)| !role.contains('/'))?
        }
        None => (profile.get("sso_account_id")?, profile.get("sso_role_name")?),
    };
    Some(Candidate { profile, at, id, role })
}

/// Joins each small group with the largest one that is like it but for settings.
fn with_exceptions<'p>(mut groups: Vec<Group<'p>>, draft: &Draft) -> Vec<Group<'p>> {
    groups.sort_by_key(|group| Reverse(group.members.len()));
    let small = groups.split_off(groups.partition_point(|group| group.members.len() >= LEAST));
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        places.entry(mechanism(group.base, draft)).or_insert(place);
    }
    for group in small {
        let Some(home) = places.get(&mechanism(group.base, draft)).map(|place| &mut groups[*place]) else { continue };
        if has_all_of(group.base, home.base) {
            home.members.extend(group.members);
        }
    }
    for group in &mut groups {
        group.members.sort_by_key(|member| member.at);
    }
    groups
}

/// Its template without what a single profile may have of its own.
fn mechanism(profile: &ProfileTable, draft: &Draft) -> String {
    let mut profile = ProfileTable { settings: Vec::new(), ..profile.clone() };
    profile.keys.retain(|(key, _)| *key != "output");
    template(&profile, draft)
}

/// A table beside a matrix changes keys and adds some, but takes none away.
fn has_all_of(profile: &ProfileTable, base: &ProfileTable) -> bool {
    (base.get("output").is_none() || profile.get("output").is_some())
        && base.settings.iter().all(|(key, _)| profile.setting(key).is_some())
}

/// What a profile has of its own, beside the matrix.
fn own(profile: &ProfileTable, base: &ProfileTable, region: Option<&str>) -> ProfileTable {
    let mut own = profile.clone();
    own.pattern = "";
    own.keys.retain(|(key, value)| match *key {
        "region" => region != Some(value),
        "output" => base.get("output") != Some(value),
        _ => false,
    });
    own.settings.retain(|setting| !base.settings.contains(setting));
    own
}

/// Everything of a profile but its account, its role and its region.
fn template(profile: &ProfileTable, draft: &Draft) -> String {
    let mut lines = vec![format!("pattern = {}", toml_text(profile.pattern))];
    for (key, value) in &profile.keys {
        lines.push(match *key {
            "region" => continue,
            "sso_account_id" => "sso_account_id = \"${account_id}\"".to_owned(),
            "sso_role_name" => "sso_role_name = \"${role}\"".to_owned(),
            "role_arn" if let Some((partition, _)) = value.split_once(":iam::") => {
                format!("role_arn = \"{partition}:iam::${{account_id}}:role/${{role}}\"")
            }
            _ => format!("{key} = {}", draft.value(key, value)),
        });
    }
    lines.extend(profile.settings.iter().map(|(key, value)| format!("settings.{key} = {}", toml(value))));
    lines.join("\n")
}

/// Names with the role in them come first: one matrix serves all roles then.
fn largest<'p>(group: &Group<'p>) -> Option<Product<'p>> {
    let shapes = || SEPARATORS.into_iter().flat_map(|separator| [(separator, false), (separator, true)]);
    let whole = shapes().flat_map(|(separator, is_role_first)| {
        [Word::Role, Word::Lower].map(|word| Naming { separator, is_role_first, word })
    });
    let short = shapes().map(|(separator, is_role_first)| {
        let words = short_words(group, separator, is_role_first);
        Naming { separator, is_role_first, word: Word::Short(words) }
    });
    largest_of(group, whole).or_else(|| largest_of(group, short))
}

fn largest_of<'p>(group: &Group<'p>, namings: impl Iterator<Item = Naming<'p>>) -> Option<Product<'p>> {
    let mut best: Option<Product<'p>> = None;
    for naming in namings {
        let found = product(group, naming);
        if best.as_ref().is_none_or(|best| found.members.len() > best.members.len()) {
            best = Some(found);
        }
    }
    best.filter(|best| best.members.len() >= LEAST && best.members.len() > best.accounts.len())
}

/// The word that stands for each role in most of its names.
fn short_words<'p>(group: &Group<'p>, separator: &str, is_role_first: bool) -> HashMap<&'p str, &'p str> {
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    for member in &group.members {
        let name = &member.profile.name;
        let parts = if is_role_first { name.split_once(separator) } else { name.rsplit_once(separator) };
        if let Some((first, last)) = parts {
            *counts.entry((member.role, if is_role_first { first } else { last })).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count >= LEAST_OF_ROLE).collect();
    counts.sort_by_key(|(pair, count)| (*count, *pair));
    counts.into_iter().map(|(pair, _)| pair).collect()
}

/// The profiles of the group whose names are made like that. An account has one name, one id and one region.
fn product<'p>(group: &Group<'p>, naming: Naming<'p>) -> Product<'p> {
    let base = group.base;
    let regions = regions(group, &naming);
    let mut product = Product { naming, base, accounts: Vec::new(), members: Vec::new(), own: HashMap::new() };
    let (mut by_name, mut by_id) = (HashMap::new(), HashMap::new());
    let mut candidates = group.members.clone();
    if matches!(product.naming.word, Word::Short(_)) {
        sort_by_role(&mut candidates);
    }
    for candidate in &candidates {
        let Some(name) = account_name(candidate, &product.naming) else { continue };
        let region = regions[name];
        let next = product.accounts.len();
        let (one, other) = (*by_name.get(name).unwrap_or(&next), *by_id.get(candidate.id).unwrap_or(&next));
        if one != other {
            continue;
        }
        if one == next {
            by_name.insert(name, next);
            by_id.insert(candidate.id, next);
            product.accounts.push(Account { name, id: candidate.id, region, roles: Vec::new(), comments: Vec::new() });
        }
        let account = &mut product.accounts[one];
        if !account.roles.contains(&candidate.role) {
            let mut own = own(candidate.profile, base, account.region);
            let has_keys = !own.keys.is_empty() || !own.settings.is_empty();
            if !has_keys {
                account.comments.extend(comments(candidate.profile, account.roles.is_empty()));
                own.comments.clear();
            }
            if has_keys || !own.personal.is_empty() {
                product.own.insert(candidate.at, own);
            }
            account.roles.push(candidate.role);
            product.members.push(*candidate);
        }
    }
    product
}

/// The order that the next import reads them in: role after role, the one with the most profiles first.
fn sort_by_role(candidates: &mut [Candidate<'_>]) {
    let mut places: HashMap<&str, (Reverse<usize>, usize)> = HashMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        places.entry(candidate.role).or_insert((Reverse(0), at)).0.0 += 1;
    }
    candidates.sort_by_key(|candidate| places[candidate.role]);
}

/// The region of each account: none if one of its profiles has none, else the most common one.
fn regions<'p>(group: &Group<'p>, naming: &Naming<'_>) -> HashMap<&'p str, Option<&'p str>> {
    let mut all: HashMap<&str, HashMap<Option<&str>, usize>> = HashMap::new();
    for member in &group.members {
        if let Some(name) = account_name(member, naming) {
            *all.entry(name).or_default().entry(member.profile.get("region")).or_default() += 1;
        }
    }
    let usual = |counts: HashMap<Option<&'p str>, usize>| {
        let most = counts.iter().max_by_key(|(region, count)| (region.is_none(), **count, **region));
        most.and_then(|(region, _)| *region)
    };
    all.into_iter().map(|(name, counts)| (name, usual(counts))).collect()
}

/// The comments of a profile for the entry of its account. Those of the first profile may be about the whole account.
fn comments(profile: &ProfileTable, is_first: bool) -> impl Iterator<Item = String> {
    profile.comments.iter().map(move |comment| {
        let text = comment.trim_start_matches("# ");
        if is_first { comment.clone() } else { format!("# {}: {text}", profile.name) }
    })
}

fn account_name<'p>(candidate: &Candidate<'p>, naming: &Naming<'_>) -> Option<&'p str> {
    let word = match &naming.word {
        Word::Role => Cow::Borrowed(candidate.role),
        Word::Lower => Cow::Owned(candidate.role.to_ascii_lowercase()),
        Word::Short(words) => Cow::Borrowed(*words.get(candidate.role)?),
    };
    let name = candidate.profile.name.as_str();
    let account = if naming.is_role_first {
        name.strip_prefix(&*word)?.strip_prefix(naming.separator)
    } else {
        name.strip_suffix(&*word)?.strip_suffix(naming.separator)
    };
    account.filter(|account| !account.is_empty())
}

/// The name of its SSO session, if it has one.
fn label(product: &Product<'_>, draft: &Draft, labels: &HashSet<String>) -> String {
    let first = product.members.first().map(|member| member.profile).filter(|profile| profile.pattern == "sso");
    let folded = draft.defaults.keys.iter().find(|(key, _)| *key == "sso_session").map(|(_, value)| value.as_str());
    let base = first.and_then(|profile| profile.get("sso_session").or(folded)).unwrap_or("roles").to_owned();
    let mut names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}-{number}")));
    names.find(|name| !labels.contains(name)).unwrap_or(base)
}

fn list(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| toml_text(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn entry(account: &Account<'_>, has_own_roles: bool) -> String {
    let mut parts = vec![format!("id = {}", toml_text(account.id))];
    parts.extend(account.region.map(|region| format!("region = {}", toml_text(region))));
    if has_own_roles {
        parts.push(format!("roles = {}", list(&account.roles)));
    }
    if parts.len() == 1 { toml_text(account.id) } else { format!("{{ {} }}", parts.join(", ")) }
}

impl Product<'_> {
    /// True if the accounts list their roles, which one matrix makes all profiles of.
    fn has_own_roles(&self) -> bool {
        let is_one = !matches!(self.naming.word, Word::Short(_));
        is_one && self.accounts.iter().any(|account| account.roles != self.accounts[0].roles)
    }
}

/// The tables `[matrix.LABEL]`, each with its lines: one for all roles, or one for each.
fn tables(product: &Product<'_>, label: String, template: &str, is_only: bool) -> Vec<(String, String)> {
    let Naming { separator, is_role_first, word } = &product.naming;
    let name = |role: &str| match is_role_first {
        true => format!("name = \"{role}{separator}${{account}}\""),
        false => format!("name = \"${{account}}{separator}{role}\""),
    };
    let accounts = |names: &[&str]| {
        let is_all = is_only && names.len() == product.accounts.len();
        format!("accounts = {}", if is_all { "\"*\"".to_owned() } else { list(names) })
    };
    let names = |role: Option<&str>| -> Vec<&str> {
        let has = |account: &&Account<'_>| role.is_none_or(|role| account.roles.contains(&role));
        product.accounts.iter().filter(has).map(|account| account.name).collect()
    };
    let Word::Short(words) = word else {
        let role = if matches!(word, Word::Lower) { "${role_lower}" } else { "${role}" };
        let roles = if product.has_own_roles() { "\"*\"".to_owned() } else { list(&product.accounts[0].roles) };
        return vec![(
            label,
            [&*name(role), &accounts(&names(None)), &format!("roles = {roles}"), template].join("\n"),
        )];
    };
    let mut words: Vec<(&str, &str)> = words.iter().map(|(role, word)| (*role, *word)).collect();
    words.sort_by_key(|(role, _)| product.members.iter().position(|member| member.role == *role));
    let table = |(role, word): (&str, &str)| {
        let lines = [&*name(word), &accounts(&names(Some(role))), &template.replace("${role}", role)].join("\n");
        (format!("{label}-{word}"), lines)
    };
    words.into_iter().filter(|(role, _)| !names(Some(role)).is_empty()).map(table).collect()
}
