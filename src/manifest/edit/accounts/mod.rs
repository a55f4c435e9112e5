//! Owns merging the accounts and roles that IAM Identity Center lists into `[accounts]` of the manifest's files. Must not ask
//! anybody, or write anything.

mod names;
mod table;
#[cfg(test)]
mod tests;
mod update;

use std::collections::{BTreeSet, HashMap, HashSet};

use thiserror::Error;

use crate::manifest::edit::text::{TextEdit, splice};
use crate::manifest::files::Layers;
use crate::manifest::vars::Variable;
use crate::model::{AccountId, ListedAccount, SsoRoleName};
use table::{AccountsTable, FileEntry, Roles};
use update::{add_entries, remove_entries, update_entry};

#[derive(Debug, Clone, Copy)]
pub(crate) struct SyncRequest<'a> {
    pub(crate) session: &'a str,
    /// Its file's number.
    pub(crate) session_file: usize,
    /// True if everybody who has this SSO session has no other: then entries need no `sso_session`.
    pub(crate) is_only_session: bool,
    /// The ids of accounts with SSO profiles of other sessions, sorted; None if these are unknown.
    pub(crate) of_other_sessions: Option<&'a [&'a str]>,
    /// The ids of accounts with profiles whose credentials come from elsewhere, sorted.
    pub(crate) of_other_roots: &'a [&'a str],
    pub(crate) accounts: &'a [ListedAccount],
    /// Accounts whose roles could not be listed: their entries stay as they are.
    pub(crate) unknown: &'a [AccountId],
    pub(crate) gone: Gone,
}

/// Accounts and roles that are no longer listed can stay or go. They stay by default, since others who share the manifest may
/// be assigned these. Entries in personal files alone always stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    Keep,
    /// Remove them, entries with the comments right above them.
    Prune,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The new texts of changed files, by number.
    pub(crate) texts: Vec<(usize, String)>,
    /// Every entry that is listed or gone, by name.
    pub(crate) entries: Vec<MergedEntry>,
    /// The entries that stay as they are though they could be meant.
    pub(crate) left: Vec<(String, Left)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// A personal file gives it another account or SSO session than the shared files do.
    Disputed,
    /// Its account is no longer listed, but profiles of other sessions or users need the entry.
    InUse,
}

/// An entry of `[accounts]` after the merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MergedEntry {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) state: EntryState,
    pub(crate) roles: Vec<String>,
    /// New ones among `roles`.
    pub(crate) added: Vec<String>,
    /// Roles that are no longer listed; none if its account is not.
    pub(crate) gone: Vec<String>,
    /// Those of `gone` that are removed.
    pub(crate) removed: Vec<String>,
    /// The numbers of the files that have it.
    pub(crate) files: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryState {
    New,
    Changed,
    Unchanged,
    /// Its account is no longer listed.
    Gone,
}

#[derive(Debug, Error)]
pub(crate) enum MergeError {
    /// A file has something else where `[accounts]` should be.
    #[error("[accounts] can't be written into {file}: {reason}")]
    Unfit { file: String, reason: String },
    /// The new texts do not say what they should.
    #[error("the new text of [accounts] does not say what was listed")]
    Bug,
}

/// Linear in the texts and the listing. `variables` are the manifest's.
pub(crate) fn merge(layers: &Layers, variables: &[Variable], request: SyncRequest<'_>) -> Result<Merged, MergeError> {
    let variables = variables.iter().filter_map(|one| Some((one.name.clone(), one.value.clone()?))).collect();
    let before: Vec<String> = layers.sources().iter().map(|source| source.text.clone()).collect();
    let ids = request.accounts.iter().map(|account| &account.id).chain(request.unknown);
    let merge = Merge { layers, variables, request, listed: ids.map(AccountId::as_str).collect() };
    let (after, entries) = merge.carry_out(&before)?;
    if after != before {
        merge.prove(&after, &entries)?;
    }
    let left = merge.left(&merge.entries(&merge.read(&before)?));
    let changed = after.into_iter().enumerate().filter(|(number, after)| *after != before[*number]);
    Ok(Merged { texts: changed.collect(), entries, left })
}

struct Merge<'a> {
    layers: &'a Layers,
    variables: table::Variables,
    request: SyncRequest<'a>,
    /// The ids of accounts that are not gone.
    listed: HashSet<&'a str>,
}

/// The removal of parts of an entry that are no longer listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    Stays,
    Goes,
    /// It stays, and is not mentioned: the entry is in personal files alone.
    IsOwn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ownership {
    Own,
    /// Nothing says which session it belongs to.
    Open,
    Foreign,
    /// A personal file contradicts the shared files.
    Disputed,
}

/// The entries of one name, in all files.
struct AccountEntry<'w> {
    name: &'w str,
    /// Each with the number of its file, the one that wins last.
    parts: Vec<(usize, &'w FileEntry)>,
}

impl<'w> AccountEntry<'w> {
    fn winning<T>(&self, get: impl Fn(&'w FileEntry) -> Option<T>) -> Option<T> {
        self.parts.iter().rev().find_map(|(_, part)| get(part))
    }

    fn id(&self) -> Option<&'w str> {
        self.winning(|part| part.id.as_deref())
    }

    fn session(&self) -> Option<&'w str> {
        self.winning(|part| part.session.as_deref())
    }

    /// Without personal files.
    fn shared(&self, layers: &Layers) -> Self {
        let is_shared = |(number, _): &&(usize, &FileEntry)| !layers.is_local(*number);
        Self { name: self.name, parts: self.parts.iter().filter(is_shared).copied().collect() }
    }

    fn merged(&self, state: EntryState, listed: &[&str], removal: Removal) -> MergedEntry {
        let before: BTreeSet<&str> =
            self.winning(|part| part.roles.as_ref()).into_iter().flat_map(Roles::names).collect();
        let listed: BTreeSet<&str> = listed.iter().copied().collect();
        let (after, gone) = match (state, removal) {
            (EntryState::Gone, _) => (before.clone(), BTreeSet::new()),
            (_, Removal::IsOwn) => (&before | &listed, BTreeSet::new()),
            (_, Removal::Stays) => (&before | &listed, &before - &listed),
            (_, Removal::Goes) => (listed.clone(), &before - &listed),
        };
        let owned = |names: &BTreeSet<&str>| names.iter().map(|name| (*name).to_owned()).collect();
        MergedEntry {
            name: self.name.to_owned(),
            id: self.id().unwrap_or_default().to_owned(),
            state,
            roles: owned(&after),
            added: owned(&(&after - &before)),
            gone: owned(&gone),
            removed: owned(&(&before - &after)),
            files: self.parts.iter().map(|(number, _)| *number).collect(),
        }
    }
}

impl Merge<'_> {
    /// Returns the new texts, and all entries that are listed or gone.
    fn carry_out(&self, texts: &[String]) -> Result<(Vec<String>, Vec<MergedEntry>), MergeError> {
        let files = self.read(texts)?;
        let entries = self.entries(&files);
        let gone: Vec<&AccountEntry<'_>> = entries.iter().filter(|entry| self.is_gone(entry)).collect();
        let merged_gone = gone.iter().map(|entry| entry.merged(EntryState::Gone, &[], self.removal(entry)));
        let mut merged: Vec<MergedEntry> = merged_gone.collect();
        let mut texts = texts.to_vec();
        if self.request.gone == Gone::Prune {
            let names: HashSet<&str> = gone.iter().map(|entry| entry.name).collect();
            for (text, table) in texts.iter_mut().zip(&files) {
                let edits = table.as_ref().map(|table| remove_entries(text, table, &names)).unwrap_or_default();
                *text = splice(text, edits).ok_or(MergeError::Bug)?;
            }
        }
        // Each step reads the texts again: what one changes may be where the next inserts.
        let new = self.update(&mut texts, &mut merged)?;
        if !new.is_empty() {
            self.add(&new, entries.iter().map(|entry| entry.name), &mut texts, &mut merged)?;
        }
        merged.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((texts, merged))
    }

    fn read(&self, texts: &[String]) -> Result<Vec<Option<AccountsTable>>, MergeError> {
        let read = |(number, text): (usize, &String)| {
            // Most long files have no accounts: nothing needs to be parsed to know that.
            if !text.contains("accounts") {
                return Ok(None);
            }
            let file = || self.layers.sources().get(number).path.display().to_string();
            table::read(text, &self.variables).map_err(|reason| MergeError::Unfit { file: file(), reason })
        };
        texts.iter().enumerate().map(read).collect()
    }

    /// The entries of all files, by name, in the order of the files.
    fn entries<'w>(&self, files: &'w [Option<AccountsTable>]) -> Vec<AccountEntry<'w>> {
        let mut entries: Vec<AccountEntry<'w>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for number in self.layers.order() {
            for part in files[number].iter().flat_map(|table| &table.entries) {
                let place = *places.entry(&part.name).or_insert_with(|| {
                    entries.push(AccountEntry { name: &part.name, parts: Vec::new() });
                    entries.len() - 1
                });
                entries[place].parts.push((number, part));
            }
        }
        entries
    }

    /// True if a personal file has the session: then no shared file may mention it.
    fn is_private(&self) -> bool {
        self.layers.is_local(self.request.session_file)
    }

    /// A personal file decides nothing about the shared ones.
    fn ownership(&self, entry: &AccountEntry<'_>) -> Ownership {
        let (shared, session) = (entry.shared(self.layers), entry.session());
        let is_this = |session: Option<&str>| session == Some(self.request.session);
        let has_other_id = shared.id().is_some_and(|id| entry.id() != Some(id));
        let has_other_session = !shared.parts.is_empty() && session != shared.session() && !is_this(session);
        let is_meant = |session: Option<&str>| session.is_none() || is_this(session);
        if (has_other_id || has_other_session) && (is_meant(session) || is_meant(shared.session())) {
            return Ownership::Disputed;
        }
        match session {
            Some(_) if is_this(session) => Ownership::Own,
            Some(_) => Ownership::Foreign,
            None if self.request.is_only_session => Ownership::Own,
            None if self.is_private() && !shared.parts.is_empty() => Ownership::Foreign,
            None => Ownership::Open,
        }
    }

    /// True if the session takes over an open entry: only if no profile of another session would lose it.
    fn is_claimed(&self, entry: &AccountEntry<'_>) -> bool {
        let others = self.request.of_other_sessions;
        let is_free = |id| others.is_some_and(|others| others.binary_search(&id).is_err());
        self.ownership(entry) == Ownership::Open && entry.id().is_some_and(is_free)
    }

    fn is_used_elsewhere(&self, entry: &AccountEntry<'_>) -> bool {
        entry.id().is_some_and(|id| self.request.of_other_roots.binary_search(&id).is_ok())
    }

    fn removal(&self, entry: &AccountEntry<'_>) -> Removal {
        let is_own = || self.ownership(entry) == Ownership::Own || self.is_claimed(entry);
        if entry.parts.iter().all(|(number, _)| self.layers.is_local(*number)) {
            Removal::IsOwn
        } else if self.request.gone == Gone::Prune && !self.is_used_elsewhere(entry) && is_own() {
            Removal::Goes
        } else {
            Removal::Stays
        }
    }

    /// True if the shared files give the entry to this session, and its account is not listed.
    fn is_unlisted(&self, entry: &AccountEntry<'_>) -> bool {
        let shared = entry.shared(self.layers);
        let is_own = shared.session().map_or(self.request.is_only_session, |session| session == self.request.session);
        is_own && !self.is_private() && shared.id().is_some_and(|id| !self.listed.contains(id))
    }

    fn is_gone(&self, entry: &AccountEntry<'_>) -> bool {
        self.ownership(entry) == Ownership::Own && self.is_unlisted(entry) && !self.is_used_elsewhere(entry)
    }

    fn left(&self, entries: &[AccountEntry<'_>]) -> Vec<(String, Left)> {
        let left = |entry: &AccountEntry<'_>| {
            let ids = [entry.id(), entry.shared(self.layers).id()];
            let is_listed = ids.into_iter().flatten().any(|id| self.listed.contains(id));
            let is_unlisted = self.request.gone == Gone::Prune && self.is_unlisted(entry);
            match self.ownership(entry) {
                Ownership::Disputed if is_listed || is_unlisted => Some(Left::Disputed),
                Ownership::Own if is_unlisted && self.is_used_elsewhere(entry) => Some(Left::InUse),
                _ => None,
            }
        };
        entries.iter().filter_map(|entry| Some((entry.name.to_owned(), left(entry)?))).collect()
    }

    /// Gives the entries their listed roles. Returns the accounts without an entry.
    fn update(&self, texts: &mut [String], merged: &mut Vec<MergedEntry>) -> Result<Vec<&ListedAccount>, MergeError> {
        let files = self.read(texts)?;
        let entries = self.entries(&files);
        let mut by_id: HashMap<&str, Vec<&AccountEntry<'_>>> = HashMap::new();
        for entry in &entries {
            match self.ownership(entry) {
                Ownership::Own | Ownership::Open => {
                    by_id.entry(entry.id().unwrap_or_default()).or_default().push(entry);
                }
                // It needs no second entry.
                Ownership::Disputed => {
                    for id in [entry.id(), entry.shared(self.layers).id()].into_iter().flatten() {
                        by_id.entry(id).or_default();
                    }
                }
                Ownership::Foreign => {}
            }
        }
        let mut edits: Vec<Vec<TextEdit>> = vec![Vec::new(); texts.len()];
        let mut new = Vec::new();
        for account in self.request.accounts {
            let Some(entries) = by_id.get(account.id.as_str()) else {
                new.push(account);
                continue;
            };
            let listed: Vec<&str> = account.roles.iter().map(SsoRoleName::as_str).collect();
            for entry in entries {
                let changes = self.changes(entry, &listed, texts);
                let state = if changes.is_empty() { EntryState::Unchanged } else { EntryState::Changed };
                merged.push(entry.merged(state, &listed, self.removal(entry)));
                for (number, edit) in changes {
                    edits[number].push(edit);
                }
            }
        }
        for (text, edits) in texts.iter_mut().zip(edits) {
            *text = splice(text, edits).ok_or(MergeError::Bug)?;
        }
        Ok(new)
    }

    /// The edits that give an entry its listed roles, each with the number of its file.
    fn changes(&self, entry: &AccountEntry<'_>, listed: &[&str], texts: &[String]) -> Vec<(usize, TextEdit)> {
        let may_change = |number| !self.is_private() || self.request.is_only_session || self.layers.is_local(number);
        let parts: Vec<_> = entry.parts.iter().filter(|(number, _)| may_change(*number)).collect();
        let main = parts.iter().rev().find(|(_, part)| part.id.is_some()).or_else(|| parts.last());
        let main = main.map(|(number, _)| *number);
        let has_roles = entry.parts.iter().any(|(_, part)| part.roles.is_some());
        let (is_claimed, removal) = (self.is_claimed(entry), self.removal(entry));
        let mut edits = Vec::new();
        for (number, part) in parts {
            let is_main = main == Some(*number);
            let session = (is_claimed && is_main).then_some(self.request.session);
            let mut wanted = listed.to_vec();
            if removal != Removal::Goes {
                wanted.extend(part.roles.iter().flat_map(Roles::names).filter(|name| !listed.contains(name)));
            }
            let needs_roles = !has_roles && is_main && !listed.is_empty();
            let roles = (part.roles.is_some() || needs_roles).then_some(wanted.as_slice());
            edits.extend(update_entry(&texts[*number], part, roles, session).into_iter().map(|edit| (*number, edit)));
        }
        edits
    }

    /// Adds an entry for each account under a name that is not `taken`.
    fn add<'t>(
        &self,
        accounts: &[&ListedAccount],
        taken: impl Iterator<Item = &'t str>,
        texts: &mut [String],
        merged: &mut Vec<MergedEntry>,
    ) -> Result<(), MergeError> {
        let files = self.read(texts)?;
        let number = self.file_for_new(&files);
        let names = names::names(accounts, taken);
        let mut entries: Vec<(String, &ListedAccount)> = names.into_iter().zip(accounts.iter().copied()).collect();
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        let session = (!self.request.is_only_session).then_some(self.request.session);
        let edits = add_entries(&texts[number], files[number].as_ref(), &entries, session);
        texts[number] = splice(&texts[number], edits).ok_or(MergeError::Bug)?;
        merged.extend(entries.iter().map(|(name, account)| added(name, account, number)));
        Ok(())
    }

    /// For a private session, its own file. Else a shared one: where there are several SSO sessions, the file with most entries
    /// of this one; or the first one with `[accounts]`, or the manifest.
    fn file_for_new(&self, files: &[Option<AccountsTable>]) -> usize {
        if self.is_private() {
            return self.request.session_file;
        }
        let mut own = vec![0_usize; files.len()];
        for entry in self.entries(files).iter().filter(|entry| entry.session() == Some(self.request.session)) {
            for (number, part) in &entry.parts {
                own[*number] += usize::from(part.id.is_some());
            }
        }
        let shared = || (0..files.len()).filter(|number| !self.layers.is_local(*number));
        let most = shared().rev().max_by_key(|number| own[*number]).filter(|number| own[*number] > 0);
        let first = || shared().find(|number| files[*number].is_some());
        most.filter(|_| !self.request.is_only_session).or_else(first).unwrap_or_default()
    }

    /// Checks that the new texts say what they should, and that a second merge would change nothing.
    fn prove(&self, after: &[String], entries: &[MergedEntry]) -> Result<(), MergeError> {
        let (again, found) = self.carry_out(after)?;
        let is_pruned = |entry: &&MergedEntry| self.request.gone == Gone::Prune && entry.state == EntryState::Gone;
        let expected = entries.iter().filter(|entry| !is_pruned(entry));
        let is_said = expected.map(said).eq(found.iter().map(said));
        if is_said && again == after { Ok(()) } else { Err(MergeError::Bug) }
    }
}

fn said(entry: &MergedEntry) -> (&str, &str, &[String]) {
    (&entry.name, &entry.id, &entry.roles)
}

fn added(name: &str, account: &ListedAccount, file: usize) -> MergedEntry {
    let roles: Vec<String> = account.roles.iter().map(|role| role.as_str().to_owned()).collect();
    MergedEntry {
        name: name.to_owned(),
        id: account.id.as_str().to_owned(),
        state: EntryState::New,
        added: roles.clone(),
        roles,
        gone: Vec::new(),
        removed: Vec::new(),
        files: vec![file],
    }
}
