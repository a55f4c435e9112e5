//! Owns bringing what IAM Identity Center lists into `[accounts]` of a manifest's files: which entries are new, change or are
//! gone, and the edits for that; every other byte stays. Must not ask anybody, or write anything.

mod braces;
mod names;
mod roles;
#[cfg(test)]
mod tests;
mod update;
mod written;

use std::collections::{BTreeSet, HashMap, HashSet};

use thiserror::Error;

use crate::manifest::edit::text::{Edit, splice};
use crate::manifest::files::Layers;
use crate::manifest::vars::Variable;
use crate::model::{AccountId, ListedAccount, SsoRoleName};
use roles::Roles;
use update::{add_entries, remove_entries, update_part};
use written::{Part, Written};

/// What was listed, and what is to become of the rest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SyncRequest<'a> {
    pub(crate) session: &'a str,
    /// The file, by number, that has it.
    pub(crate) session_file: usize,
    /// True if no other SSO session is there for all who know this one: then entries need not say which one lists them.
    pub(crate) is_only_session: bool,
    /// The numbers of accounts of which SSO profiles of other sessions are, sorted; none if that is not known.
    pub(crate) of_other_sessions: Option<&'a [&'a str]>,
    /// The numbers of accounts of which any profiles are whose credentials come from elsewhere, sorted.
    pub(crate) of_other_roots: &'a [&'a str],
    pub(crate) accounts: &'a [ListedAccount],
    /// Accounts of which nothing is known: their entries stay as they are.
    pub(crate) unknown: &'a [AccountId],
    /// What becomes of accounts and roles that are not listed any more.
    pub(crate) gone: Gone,
}

/// What becomes of accounts and roles that are not listed any more. Who shares the list may be assigned others: so they stay
/// unless somebody says that they shall go. What stands in one person's own files alone is that person's, and stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    Keep,
    /// They go, entries with the comments right above them.
    Prune,
}

/// What a listing comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The files that change, by number, with their new texts.
    pub(crate) texts: Vec<(usize, String)>,
    /// Every entry that is listed or gone, by name.
    pub(crate) entries: Vec<MergedEntry>,
    /// The entries that stay as they are though they could be meant, each with the reason.
    pub(crate) left: Vec<(String, Left)>,
}

/// Why an entry stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// One person's own file says another account or SSO session than the files of all.
    Disputed,
    /// Its account is not listed any more, and profiles are of it that have nothing to do with the SSO session.
    InUse,
}

/// One entry of `[accounts]`, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MergedEntry {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) state: EntryState,
    pub(crate) roles: Vec<String>,
    /// Those of them that were not there before.
    pub(crate) added: Vec<String>,
    /// The roles that are there and not listed any more, whether they stay or go; none if its account is not listed.
    pub(crate) gone: Vec<String>,
    /// Those of them that go.
    pub(crate) removed: Vec<String>,
    /// The files, by number, that say something of it.
    pub(crate) files: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryState {
    New,
    Changed,
    Unchanged,
    /// Its account is not listed any more.
    Gone,
}

/// Why there are no new texts.
#[derive(Debug, Error)]
pub(crate) enum MergeError {
    /// A file has something else where `[accounts]` should be.
    #[error("[accounts] can't be written into {file}: {reason}")]
    Unfit { file: String, reason: String },
    /// The new texts do not say what they should.
    #[error("the new text of [accounts] does not say what was listed")]
    Bug,
}

/// Brings a listing into a manifest. Pure, and linear in the texts and the listing. `variables` are the manifest's.
pub(crate) fn merge(layers: &Layers, variables: &[Variable], wish: SyncRequest<'_>) -> Result<Merged, MergeError> {
    let variables = variables.iter().filter_map(|one| Some((one.name.clone(), one.value.clone()?))).collect();
    let before: Vec<&str> = layers.sources().iter().map(|source| source.text.as_str()).collect();
    let listed = wish.accounts.iter().map(|account| &account.id).chain(wish.unknown).map(AccountId::as_str).collect();
    let merge = Merge { layers, variables, wish, listed };
    let (after, entries) = merge.carry_out(&before)?;
    let changed = after.iter().zip(&before).enumerate().filter(|(_, (after, before))| after != before);
    let texts: Vec<(usize, String)> = changed.map(|(number, (after, _))| (number, after.clone())).collect();
    if !texts.is_empty() {
        merge.prove(&after, &entries)?;
    }
    let left = merge.left(&merge.entries(&merge.read(&before)?));
    Ok(Merged { texts, entries, left })
}

struct Merge<'a> {
    layers: &'a Layers,
    variables: written::Variables,
    wish: SyncRequest<'a>,
    /// The numbers of accounts that are not gone.
    listed: HashSet<&'a str>,
}

/// What becomes of what an entry has and is not listed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    /// It stays, and is told.
    Stays,
    Goes,
    /// It is one person's own word, and nobody else's business.
    IsOwn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ownership {
    Own,
    /// Nobody says whose.
    Open,
    Foreign,
    /// One person's own file says otherwise than the files of all.
    Disputed,
}

/// The entries of one name, in all files.
struct Entry<'w> {
    name: &'w str,
    /// The files, by number, from the one over which all others win; each with its part.
    parts: Vec<(usize, &'w Part)>,
}

impl<'w> Entry<'w> {
    /// What the file says that wins of those that say something.
    fn winning<T>(&self, get: impl Fn(&'w Part) -> Option<T>) -> Option<T> {
        self.parts.iter().rev().find_map(|(_, part)| get(part))
    }

    fn id(&self) -> Option<&'w str> {
        self.winning(|part| part.id.as_deref())
    }

    fn session(&self) -> Option<&'w str> {
        self.winning(|part| part.session.as_deref())
    }

    /// The same as all have it, without what one person's own files say.
    fn shared(&self, layers: &Layers) -> Self {
        let is_shared = |(number, _): &&(usize, &Part)| !layers.is_local(*number);
        Self { name: self.name, parts: self.parts.iter().filter(is_shared).copied().collect() }
    }

    /// What becomes of it, where its account has the `listed` roles.
    fn merged(&self, state: EntryState, listed: &[&str], fate: Removal) -> MergedEntry {
        let before = self.winning(|part| part.roles.as_ref());
        let before: BTreeSet<&str> = before.iter().flat_map(|roles| roles.names()).collect();
        let listed: BTreeSet<&str> = listed.iter().copied().collect();
        let after: BTreeSet<&str> = match (state, fate) {
            (EntryState::Gone, _) => before.clone(),
            (_, Removal::Goes) => listed.clone(),
            (_, Removal::Stays | Removal::IsOwn) => before.union(&listed).copied().collect(),
        };
        let gone: BTreeSet<&str> = match (state, fate) {
            (EntryState::Gone, _) | (_, Removal::IsOwn) => BTreeSet::new(),
            _ => before.difference(&listed).copied().collect(),
        };
        let owned = |names: &mut dyn Iterator<Item = &&str>| names.map(|name| (*name).to_owned()).collect();
        MergedEntry {
            name: self.name.to_owned(),
            id: self.id().unwrap_or_default().to_owned(),
            state,
            roles: owned(&mut after.iter()),
            added: owned(&mut after.difference(&before)),
            gone: owned(&mut gone.iter()),
            removed: owned(&mut before.difference(&after)),
            files: self.parts.iter().map(|(number, _)| *number).collect(),
        }
    }
}

impl Merge<'_> {
    /// The texts as they will be, and what became of each entry.
    fn carry_out(&self, texts: &[&str]) -> Result<(Vec<String>, Vec<MergedEntry>), MergeError> {
        let files = self.read(texts)?;
        let entries = self.entries(&files);
        let gone: Vec<&Entry<'_>> = entries.iter().filter(|entry| self.is_gone(entry)).collect();
        let gone_entries = gone.iter().map(|entry| entry.merged(EntryState::Gone, &[], self.fate(entry)));
        let mut merged: Vec<MergedEntry> = gone_entries.collect();
        let pruned: HashSet<&str> = match self.wish.gone {
            Gone::Prune => gone.iter().map(|entry| entry.name).collect(),
            Gone::Keep => HashSet::new(),
        };
        let mut rest = Vec::with_capacity(texts.len());
        for (source, file) in texts.iter().zip(&files) {
            let edits = file.as_ref().map(|file| remove_entries(source, file, &pruned)).unwrap_or_default();
            rest.push(splice(source, edits).ok_or(MergeError::Bug)?);
        }
        let after = self.update(&rest, entries.iter().map(|entry| entry.name), &mut merged)?;
        merged.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((after, merged))
    }

    fn read(&self, texts: &[impl AsRef<str>]) -> Result<Vec<Option<Written>>, MergeError> {
        texts.iter().enumerate().map(|(number, text)| self.read_one(number, text.as_ref())).collect()
    }

    fn read_one(&self, number: usize, text: &str) -> Result<Option<Written>, MergeError> {
        // A long file that has no accounts need not be read to know that.
        if !text.contains("accounts") {
            return Ok(None);
        }
        written::read(text, &self.variables).map_err(|reason| MergeError::Unfit { file: self.file(number), reason })
    }

    fn file(&self, number: usize) -> String {
        self.layers.sources().get(number).path.display().to_string()
    }

    /// The entries of all files, by name, in the order of the files.
    fn entries<'w>(&self, files: &'w [Option<Written>]) -> Vec<Entry<'w>> {
        let mut entries: Vec<Entry<'w>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for number in self.layers.order() {
            for part in files[number].iter().flat_map(|file| &file.parts) {
                let place = *places.entry(&part.name).or_insert_with(|| {
                    entries.push(Entry { name: &part.name, parts: Vec::new() });
                    entries.len() - 1
                });
                entries[place].parts.push((number, part));
            }
        }
        entries
    }

    /// True if only one person has the session: then no file of all may say anything of it.
    fn is_private(&self) -> bool {
        self.layers.is_local(self.wish.session_file)
    }

    /// True if the file of that number may be changed.
    fn may_change(&self, number: usize) -> bool {
        !self.is_private() || self.wish.is_only_session || self.layers.is_local(number)
    }

    /// Whose an entry is. What one person's own files say decides nothing about the files of all.
    fn standing(&self, entry: &Entry<'_>) -> Ownership {
        let (shared, session) = (entry.shared(self.layers), entry.session());
        let is_this = |session: Option<&str>| session == Some(self.wish.session);
        let has_other_id = shared.id().is_some_and(|id| entry.id() != Some(id));
        let has_other_session = !shared.parts.is_empty() && session != shared.session() && !is_this(session);
        let is_meant = |session: Option<&str>| session.is_none() || is_this(session);
        if (has_other_id || has_other_session) && (is_meant(session) || is_meant(shared.session())) {
            return Ownership::Disputed;
        }
        match session {
            Some(session) if session != self.wish.session => Ownership::Foreign,
            Some(_) => Ownership::Own,
            None if self.wish.is_only_session => Ownership::Own,
            None if self.is_private() && !shared.parts.is_empty() => Ownership::Foreign,
            None => Ownership::Open,
        }
    }

    /// True if the session puts its name on an entry that says none: no other one may lose the profiles that it has of it.
    fn is_claimed(&self, entry: &Entry<'_>) -> bool {
        let others = self.wish.of_other_sessions;
        let is_free = |id| others.is_some_and(|others| others.binary_search(&id).is_err());
        self.standing(entry) == Ownership::Open && entry.id().is_some_and(is_free)
    }

    /// True if profiles are of the account whose credentials come from elsewhere.
    fn is_used_elsewhere(&self, entry: &Entry<'_>) -> bool {
        entry.id().is_some_and(|id| self.wish.of_other_roots.binary_search(&id).is_ok())
    }

    /// What becomes of what is not listed any more.
    fn fate(&self, entry: &Entry<'_>) -> Removal {
        let is_own = entry.parts.iter().all(|(number, _)| self.layers.is_local(*number));
        match self.wish.gone {
            _ if is_own => Removal::IsOwn,
            Gone::Prune if self.is_used_elsewhere(entry) => Removal::Stays,
            Gone::Prune if self.standing(entry) == Ownership::Own || self.is_claimed(entry) => Removal::Goes,
            Gone::Keep | Gone::Prune => Removal::Stays,
        }
    }

    /// True if the entry is this session's for all and not one person's own, and its account is not listed.
    fn is_unlisted(&self, entry: &Entry<'_>) -> bool {
        let shared = entry.shared(self.layers);
        let is_own = match shared.session() {
            Some(session) => session == self.wish.session,
            None => self.wish.is_only_session,
        };
        is_own && !self.is_private() && shared.id().is_some_and(|id| !self.listed.contains(id))
    }

    /// True if the entry can go.
    fn is_gone(&self, entry: &Entry<'_>) -> bool {
        let is_own = self.standing(entry) == Ownership::Own;
        is_own && self.is_unlisted(entry) && !self.is_used_elsewhere(entry)
    }

    /// The entries that stay as they are though they could be meant.
    fn left(&self, entries: &[Entry<'_>]) -> Vec<(String, Left)> {
        let why = |entry: &Entry<'_>| {
            let ids = [entry.id(), entry.shared(self.layers).id()];
            let is_listed = ids.into_iter().flatten().any(|id| self.listed.contains(id));
            let is_unlisted = self.wish.gone == Gone::Prune && self.is_unlisted(entry);
            match self.standing(entry) {
                Ownership::Disputed if is_listed || is_unlisted => Some(Left::Disputed),
                Ownership::Own if is_unlisted && self.is_used_elsewhere(entry) => Some(Left::InUse),
                _ => None,
            }
        };
        entries.iter().filter_map(|entry| Some((entry.name.to_owned(), why(entry)?))).collect()
    }

    /// The texts with what is listed in them, and an entry of `merged` for each account. No new entry gets a name of `taken`.
    fn update<'t>(
        &self,
        texts: &[String],
        taken: impl Iterator<Item = &'t str>,
        merged: &mut Vec<MergedEntry>,
    ) -> Result<Vec<String>, MergeError> {
        let files = self.read(texts)?;
        let entries = self.entries(&files);
        let mut by_id: HashMap<&str, Vec<&Entry<'_>>> = HashMap::new();
        for entry in &entries {
            match self.standing(entry) {
                Ownership::Own | Ownership::Open => {
                    by_id.entry(entry.id().unwrap_or_default()).or_default().push(entry);
                }
                // It need not come once more.
                Ownership::Disputed => {
                    for id in [entry.id(), entry.shared(self.layers).id()].into_iter().flatten() {
                        by_id.entry(id).or_default();
                    }
                }
                Ownership::Foreign => {}
            }
        }
        let mut edits: Vec<Vec<Edit>> = vec![Vec::new(); texts.len()];
        let mut new = Vec::new();
        for account in self.wish.accounts {
            let listed: Vec<&str> = account.roles.iter().map(SsoRoleName::as_str).collect();
            let Some(found) = by_id.get(account.id.as_str()) else {
                new.push(account);
                continue;
            };
            for entry in found {
                let changes = self.update_entry(entry, &listed, texts);
                let state = if changes.is_empty() { EntryState::Unchanged } else { EntryState::Changed };
                merged.push(entry.merged(state, &listed, self.fate(entry)));
                for (number, edit) in changes {
                    edits[number].push(edit);
                }
            }
        }
        let splice_all = |(text, edits): (&String, _)| splice(text, edits).ok_or(MergeError::Bug);
        let mut texts = texts.iter().zip(edits).map(splice_all).collect::<Result<Vec<_>, _>>()?;
        if !new.is_empty() {
            let home = self.home(&files, &entries);
            let names = names::names(&new, taken);
            let mut entries: Vec<(String, &ListedAccount)> = names.into_iter().zip(new).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            let session = (!self.wish.is_only_session).then_some(self.wish.session);
            // Read once more, since what changes may stand where they come.
            let file = self.read_one(home, &texts[home])?;
            let edits = add_entries(&texts[home], file.as_ref(), &entries, session);
            texts[home] = splice(&texts[home], edits).ok_or(MergeError::Bug)?;
            merged.extend(entries.iter().map(|(name, account)| added(name, account, home)));
        }
        Ok(texts)
    }

    /// The edits that give an entry the `listed` roles, each with the number of its file. A list keeps the others that it has
    /// unless they go.
    fn update_entry(&self, entry: &Entry<'_>, listed: &[&str], texts: &[String]) -> Vec<(usize, Edit)> {
        let has_roles = entry.parts.iter().any(|(_, part)| part.roles.is_some());
        let parts: Vec<&(usize, &Part)> = entry.parts.iter().filter(|(number, _)| self.may_change(*number)).collect();
        let main = parts.iter().rev().find(|(_, part)| part.id.is_some()).or_else(|| parts.last());
        let main = main.map(|(number, _)| *number);
        let lacks_session = self.is_claimed(entry);
        let mut edits = Vec::new();
        for (number, part) in parts {
            let session = (lacks_session && main == Some(*number)).then_some(self.wish.session);
            let is_new = !has_roles && main == Some(*number) && !listed.is_empty();
            let mut wanted = listed.to_vec();
            if self.fate(entry) != Removal::Goes {
                wanted.extend(part.roles.iter().flat_map(Roles::names).filter(|name| !listed.contains(name)));
            }
            let roles = (part.roles.is_some() || is_new).then_some(wanted.as_slice());
            edits.extend(update_part(&texts[*number], part, roles, session).into_iter().map(|edit| (*number, edit)));
        }
        edits
    }

    /// The file that gets new entries. Of a session that one person alone has, it is that of the session. Else it is one of
    /// those that all share: where there are several SSO sessions, the one that has most of
    /// this one's; else the first that has `[accounts]`, else the manifest.
    fn home(&self, files: &[Option<Written>], entries: &[Entry<'_>]) -> usize {
        if self.is_private() {
            return self.wish.session_file;
        }
        let mut own = vec![0_usize; files.len()];
        for entry in entries.iter().filter(|entry| entry.session() == Some(self.wish.session)) {
            for (number, part) in &entry.parts {
                own[*number] += usize::from(part.id.is_some());
            }
        }
        let shared = || (0..files.len()).filter(|number| !self.layers.is_local(*number));
        let most = shared().rev().max_by_key(|number| own[*number]).filter(|number| own[*number] > 0);
        let first = || shared().find(|number| files[*number].is_some());
        most.filter(|_| !self.wish.is_only_session).or_else(first).unwrap_or_default()
    }

    /// Makes sure that the new texts say what they should, and that there is nothing left to do in them.
    fn prove(&self, after: &[String], entries: &[MergedEntry]) -> Result<(), MergeError> {
        let texts: Vec<&str> = after.iter().map(String::as_str).collect();
        let (again, found) = self.carry_out(&texts)?;
        let is_pruned = |entry: &&MergedEntry| self.wish.gone == Gone::Prune && entry.state == EntryState::Gone;
        let expected =
            entries.iter().filter(|entry| !is_pruned(entry)).map(|entry| (&entry.name, &entry.id, &entry.roles));
        let is_said = expected.eq(found.iter().map(|entry| (&entry.name, &entry.id, &entry.roles)));
        if is_said && again == after { Ok(()) } else { Err(MergeError::Bug) }
    }
}

fn added(name: &str, account: &ListedAccount, home: usize) -> MergedEntry {
    let roles: Vec<String> = account.roles.iter().map(|role| role.as_str().to_owned()).collect();
    MergedEntry {
        name: name.to_owned(),
        id: account.id.as_str().to_owned(),
        state: EntryState::New,
        added: roles.clone(),
        roles,
        gone: Vec::new(),
        removed: Vec::new(),
        files: vec![home],
    }
}
