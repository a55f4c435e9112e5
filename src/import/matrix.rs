//! Owns `--matrix`: profiles whose names follow from an account and a role become `[accounts]` and `[matrix]`. Must not change
//! what the manifest says; `judge` compares both.

use std::collections::{HashMap, HashSet};

use super::draft::{AccountEntry, Draft, ProfileTable};
use super::settings::toml;
use crate::manifest::toml_text;

/// A matrix of fewer profiles is no shorter than they are.
const LEAST: usize = 4;
const SEPARATORS: [&str; 7] = ["-", "_", "/", ".", ":", "@", "+"];

/// How a name is made of an account and a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Naming {
    separator: &'static str,
    is_role_first: bool,
    is_lower: bool,
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
    naming: Naming,
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
    let products = products(&draft.profiles);
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
        let common = product.accounts.iter().all(|account| account.roles == product.accounts[0].roles);
        found.accounts.extend(product.accounts.iter().map(|account| AccountEntry {
            name: account.name.to_owned(),
            value: entry(account, common),
            comments: account.comments.clone(),
        }));
        found.matrix.push((label, body(&product, common, is_only)));
        own.extend(product.own);
    }
    let profiles = draft.profiles.iter().enumerate();
    let rest =
        profiles.filter_map(|(at, profile)| if taken.contains(&at) { own.remove(&at) } else { Some(profile.clone()) });
    found.profiles = rest.collect();
    found
}

/// The largest product of each group of profiles that are alike, the largest first.
fn products(profiles: &[ProfileTable]) -> Vec<Product<'_>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for candidate in profiles.iter().enumerate().filter_map(|(at, profile)| candidate(at, profile)) {
        let at = *places.entry(template(candidate.profile)).or_insert_with(|| {
            groups.push(Group { base: candidate.profile, members: Vec::new() });
            groups.len() - 1
        });
        groups[at].members.push(candidate);
    }
    let groups = with_exceptions(groups);
    let mut products: Vec<Product<'_>> = groups.iter().filter_map(|group| largest(group)).collect();
    products.sort_by_key(|product| std::cmp::Reverse(product.members.len()));
    products
}

fn candidate(at: usize, profile: &ProfileTable) -> Option<Candidate<'_>> {
    if !profile.personal.is_empty() {
        return None;
    }
    let plain = |key: &str| profile.get(key)?.strip_prefix('"')?.strip_suffix('"');
    let (id, role) = match plain("role_arn") {
        Some(arn) => {
            let (_, rest) = arn.split_once(":iam::")?;
            rest.split_once(":role/").filter(|(_, role)| !role.contains('/'))?
        }
        None => (plain("sso_account_id")?, plain("sso_role_name")?),
    };
    Some(Candidate { profile, at, id, role })
}

/// Joins each small group with the largest one that is like it but for settings.
fn with_exceptions(mut groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    let small = groups.split_off(groups.partition_point(|group| group.members.len() >= LEAST));
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        places.entry(mechanism(group.base)).or_insert(place);
    }
    for group in small {
        let Some(home) = places.get(&mechanism(group.base)).map(|place| &mut groups[*place]) else { continue };
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
fn mechanism(profile: &ProfileTable) -> String {
    let mut profile = ProfileTable { settings: Vec::new(), ..profile.clone() };
    profile.keys.retain(|(key, _)| *key != "output");
    template(&profile)
}

/// A table beside a matrix changes keys and adds some, but takes none away.
fn has_all_of(profile: &ProfileTable, base: &ProfileTable) -> bool {
    let has = |key: &str| profile.settings.iter().any(|(own, _)| own == key);
    (base.get("output").is_none() || profile.get("output").is_some()) && base.settings.iter().all(|(key, _)| has(key))
}

/// What a profile has of its own, with its comments. None if the matrix says all of it.
fn own(profile: &ProfileTable, base: &ProfileTable, region: Option<&str>) -> Option<ProfileTable> {
    let mut own = profile.clone();
    own.pattern = "";
    own.keys.retain(|(key, value)| match *key {
        "region" => region != Some(value),
        "output" => base.get("output") != Some(value),
        _ => false,
    });
    own.settings.retain(|setting| !base.settings.contains(setting));
    Some(own).filter(|own| !own.keys.is_empty() || !own.settings.is_empty())
}

/// Everything of a profile but its account, its role and its region.
fn template(profile: &ProfileTable) -> String {
    let mut lines = vec![format!("pattern = {}", toml_text(profile.pattern))];
    for (key, value) in &profile.keys {
        lines.push(match *key {
            "region" => continue,
            "sso_account_id" => "sso_account_id = \"${account_id}\"".to_owned(),
            "sso_role_name" => "sso_role_name = \"${role}\"".to_owned(),
            "role_arn" => match value.split_once(":iam::") {
                Some((partition, _)) => format!("role_arn = {partition}:iam::${{account_id}}:role/${{role}}\""),
                None => format!("role_arn = {value}"),
            },
            _ => format!("{key} = {value}"),
        });
    }
    lines.extend(profile.settings.iter().map(|(key, value)| format!("settings.{key} = {}", toml(value))));
    lines.join("\n")
}

fn largest<'p>(group: &Group<'p>) -> Option<Product<'p>> {
    let mut best: Option<Product<'p>> = None;
    for separator in SEPARATORS {
        for (is_role_first, is_lower) in [(false, false), (false, true), (true, false), (true, true)] {
            let found = product(group, Naming { separator, is_role_first, is_lower });
            if best.as_ref().is_none_or(|best| found.members.len() > best.members.len()) {
                best = Some(found);
            }
        }
    }
    best.filter(|best| best.members.len() >= LEAST && best.members.len() > best.accounts.len())
}

/// The profiles of the group whose names are made like that. An account has one name, one id and one region.
fn product<'p>(group: &Group<'p>, naming: Naming) -> Product<'p> {
    let base = group.base;
    let mut product = Product { naming, base, accounts: Vec::new(), members: Vec::new(), own: HashMap::new() };
    let (mut by_name, mut by_id) = (HashMap::new(), HashMap::new());
    let regions = regions(group, naming);
    for candidate in &group.members {
        let Some(name) = account_name(candidate, naming) else { continue };
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
            match own(candidate.profile, base, account.region) {
                Some(table) => product.own.extend([(candidate.at, table)]),
                None => account.comments.extend(comments(candidate.profile, account.roles.is_empty())),
            }
            account.roles.push(candidate.role);
            product.members.push(*candidate);
        }
    }
    product
}

/// The region of each account: none if one of its profiles has none, else the most common one.
fn regions<'p>(group: &Group<'p>, naming: Naming) -> HashMap<&'p str, Option<&'p str>> {
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

fn account_name<'p>(candidate: &Candidate<'p>, naming: Naming) -> Option<&'p str> {
    let lower = candidate.role.to_ascii_lowercase();
    let role = if naming.is_lower { lower.as_str() } else { candidate.role };
    let name = candidate.profile.name.as_str();
    let account = if naming.is_role_first {
        name.strip_prefix(role)?.strip_prefix(naming.separator)
    } else {
        name.strip_suffix(role)?.strip_suffix(naming.separator)
    };
    account.filter(|account| !account.is_empty())
}

/// The name of its SSO session, if it has one.
fn label(product: &Product<'_>, draft: &Draft, labels: &HashSet<String>) -> String {
    let first = product.members.first().map(|member| member.profile).filter(|profile| profile.pattern == "sso");
    let folded = draft.defaults.iter().find(|(key, _)| key == "sso_session").map(|(_, value)| value.as_str());
    let session = first.and_then(|profile| profile.get("sso_session").or(folded));
    let base = session.map_or("roles", |session| session.trim_matches('"')).to_owned();
    let mut names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}-{number}")));
    names.find(|name| !labels.contains(name)).unwrap_or(base)
}

fn list(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| toml_text(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn entry(account: &Account<'_>, have_common_roles: bool) -> String {
    let mut parts = vec![format!("id = {}", toml_text(account.id))];
    parts.extend(account.region.map(|region| format!("region = {region}")));
    if !have_common_roles {
        parts.push(format!("roles = {}", list(&account.roles)));
    }
    if parts.len() == 1 { toml_text(account.id) } else { format!("{{ {} }}", parts.join(", ")) }
}

fn body(product: &Product<'_>, have_common_roles: bool, is_only: bool) -> String {
    let Naming { separator, is_role_first, is_lower } = product.naming;
    let role = if is_lower { "${role_lower}" } else { "${role}" };
    let name =
        if is_role_first { format!("{role}{separator}${{account}}") } else { format!("${{account}}{separator}{role}") };
    let names: Vec<&str> = product.accounts.iter().map(|account| account.name).collect();
    let accounts = if is_only { "\"*\"".to_owned() } else { list(&names) };
    let roles = if have_common_roles { list(&product.accounts[0].roles) } else { "\"*\"".to_owned() };
    format!("name = \"{name}\"\naccounts = {accounts}\nroles = {roles}\n{}", template(product.base))
}
