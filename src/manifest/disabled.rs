//! Owns the profiles that a personal file turns off: those that the shared files make, and that all files together do not.

use std::collections::{HashMap, HashSet};

use super::check::unchecked::{LeftOut, UncheckedProfile};
use super::document::tree::{Table, find};
use super::files::Layers;
use super::findings::sink::Sink;
use super::hosts::Hosts;
use super::matrix::expand;
use super::profile_tables::{CHOICES, Tables};
use super::raw::field::Reader;
use super::vars::Vars;

/// Returns the names that matrices of the `shared` tables make and no matrix of `all` does, each with the value that
/// turns it off.
pub(super) fn names(
    shared: Option<Table<'_>>,
    all: &Tables<'_>,
    profiles: &[UncheckedProfile],
    vars: &Vars,
    hosts: &Hosts<'_>,
) -> HashMap<String, LeftOut> {
    let Some(shared) = shared.filter(|shared| find(shared, "matrix").is_some()) else { return HashMap::new() };
    // Findings about the shared tables alone do not matter to a person who overrides them.
    let (mut vars, mut reader) = (vars.clone(), Reader { sink: Sink::default(), hosts: hosts.clone() });
    let shared = Tables::read(shared, false, &mut vars, &mut reader);
    let generated: HashSet<&str> =
        profiles.iter().filter(|profile| profile.generated.is_some()).map(|profile| &*profile.written).collect();
    let names = expand::names(&shared, &mut vars, &mut reader).into_iter();
    let off = names.filter(|(name, ..)| !generated.contains(name.as_str()));
    off.filter_map(|(name, label, account)| Some((name, cause(label, &account, all, hosts.files)?))).collect()
}

/// Returns the personal value that turns off the profiles of a matrix and account.
fn cause(label: &str, account: &str, all: &Tables<'_>, files: &Layers) -> Option<LeftOut> {
    let matrix = find(&all.matrices, label)?;
    let choices = matrix.node.table().into_iter().flatten().filter(|entry| CHOICES.contains(&&*entry.name));
    let mut own = choices.map(|entry| entry.over).filter(|at| files.is_personal(*at));
    let account = || all.accounts.get(account).map(|account| account.over).filter(|at| files.is_personal(*at));
    Some(LeftOut { matrix: matrix.at, by: own.next().or_else(account).unwrap_or(matrix.over) })
}
