//! Owns telling what `discover` has found, in text and as a document.

use serde_json::{Value, json};

use crate::cli::discover::merge::{Findings, ProfileChange};
use crate::cli::paths::Paths;
use crate::cli::ui::names::count;
use crate::cli::ui::out::Out;
use crate::manifest::{EntryState, Gone, Left, MergedEntry};
use crate::model::SsoSession;
use crate::provider::{InvalidItem, Listing};
use crate::render::TerminalText;

/// So many entries of a kind are told one by one, unless all are wanted.
const MOST: usize = 30;
/// So many profiles that come or go are named.
const MOST_NAMES: usize = 5;

/// Says what was left out, and why.
pub(crate) fn note(listing: &Listing, out: Out) {
    let (told, more) = listing.invalid.split_at(listing.invalid.len().min(MOST));
    for item in told {
        out.warn(&match item {
            InvalidItem::Account { id, name } => format!(
                "AWS lists an account `{name}` with the number `{id}`, which is not one of 12 digits; it is left out"
            ),
            InvalidItem::Role { account, name } => format!(
                "AWS lists a role `{name}` in account {}, which no role can be called; it is left out",
                account.as_str()
            ),
        });
    }
    if !more.is_empty() {
        out.warn(&format!("{} more names that can't be right are left out", more.len()));
    }
    let (told, more) = listing.access_lost.split_at(listing.access_lost.len().min(MOST));
    for account in told {
        out.warn(&format!(
            "you lost access to account `{}` ({}) during the listing; its entry is unchanged",
            account.name,
            account.id.as_str()
        ));
    }
    if !more.is_empty() {
        out.warn(&format!(
            "you lost access to {} more accounts during the listing; their entries are unchanged",
            more.len()
        ));
    }
}

/// Says what changes.
pub(crate) fn say(findings: &Findings<'_>, session: &SsoSession, listing: &Listing, out: Out) {
    let number = |state| findings.of(state).count();
    let part = |state, word: &str| match number(state) {
        0 => None,
        number => Some(format!("{number} {word}")),
    };
    let parts = [
        part(EntryState::New, "new"),
        part(EntryState::Changed, "changed"),
        part(EntryState::Unchanged, "unchanged"),
        part(EntryState::Gone, "not listed any more"),
        (!listing.access_lost.is_empty()).then(|| format!("{} no longer accessible", listing.access_lost.len())),
    ];
    let gone_roles = findings.gone_roles();
    let roles_part = (gone_roles > 0).then(|| format!("{} not listed any more", count(gone_roles, "role")));
    let parts: Vec<String> = parts.into_iter().flatten().chain(roles_part).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let listed = listing.accounts.len();
    if listed == 0 {
        out.say(&format!("{} lists no account: nothing is assigned to you there{parts}", session.name));
    } else {
        let roles: usize = listing.accounts.iter().map(|account| account.roles.len()).sum();
        out.say(&format!("{} lists {} with {}{parts}", session.name, count(listed, "account"), count(roles, "role")));
    }
    say_entries("new", &findings.of(EntryState::New).map(|entry| (entry, change(entry))).collect::<Vec<_>>(), out);
    say_entries(
        "changed",
        &findings.of(EntryState::Changed).map(|entry| (entry, change(entry))).collect::<Vec<_>>(),
        out,
    );
    let gone = findings.merged.entries.iter().filter_map(|entry| Some((entry, loss(entry, findings.gone)?)));
    say_entries("gone", &gone.collect::<Vec<_>>(), out);
}

/// Tells one kind of entries, each with what becomes of it.
fn say_entries(word: &str, all: &[(&MergedEntry, String)], out: Out) {
    let shown = if out.verbose { all.len() } else { all.len().min(MOST) };
    for (entry, what) in &all[..shown] {
        out.say(&format!("  {word:7}  {} ({}): {what}", entry.name, entry.id));
    }
    if shown < all.len() {
        out.say(&format!("  {word:7}  and {} more (-v tells all)", all.len() - shown));
    }
}

/// The roles that are new in an entry, or change.
fn change(entry: &MergedEntry) -> String {
    let signed = |sign: char, names: &[String]| names.iter().map(|name| format!("{sign}{name}")).collect::<Vec<_>>();
    match entry.state {
        EntryState::New if entry.roles.is_empty() => "no role".to_owned(),
        EntryState::New => entry.roles.join(", "),
        _ if entry.added.is_empty() && entry.removed.is_empty() => "its SSO session".to_owned(),
        _ => [signed('+', &entry.added), signed('-', &entry.removed)].concat().join(" "),
    }
}

/// The part of an entry that is not listed any more. None if the changes tell it.
fn loss(entry: &MergedEntry, gone: Gone) -> Option<String> {
    match (entry.state, gone, entry.gone.as_slice()) {
        (EntryState::Gone, Gone::Keep, _) => Some("`--prune` drops it".to_owned()),
        (EntryState::Gone, Gone::Prune, _) => Some("dropped".to_owned()),
        (_, Gone::Prune, _) | (_, _, []) => None,
        (_, Gone::Keep, [role]) => Some(format!("role {role}: `--prune` drops it")),
        (_, Gone::Keep, roles) => Some(format!("roles {}: `--prune` drops them", roles.join(", "))),
    }
}

/// Says which entries stay as they are though they could be meant, and why.
pub(crate) fn note_left(findings: &Findings<'_>, session: &SsoSession, out: Out) {
    let (told, more) = findings.merged.left.split_at(findings.merged.left.len().min(MOST));
    for (name, left) in told {
        out.warn(&match left {
            Left::Disputed => format!(
                "`{name}` of [accounts] stays as it is: its `id` or `sso_session` in your own file is not that of the shared file"
            ),
            Left::InUse => format!(
                "`{name}` of [accounts] stays, though {} does not list it: profiles use this account without that SSO session",
                session.name
            ),
        });
    }
    if !more.is_empty() {
        out.warn(&format!("{} more entries stay as they are", more.len()));
    }
}

/// Says which profiles come and go with what is to be written.
pub(crate) fn say_profiles(findings: &Findings<'_>, out: Out) {
    let Some(ProfileChange { more, less }) = &findings.profiles else { return };
    let part = |names: &[String], word: &str| {
        let (first, others) = names.split_at(names.len().min(MOST_NAMES));
        let dots = if others.is_empty() { "" } else { ", …" };
        (!names.is_empty()).then(|| format!("{word} {} ({}{dots})", count(names.len(), "profile"), first.join(", ")))
    };
    let parts: Vec<String> = [part(more, "adds"), part(less, "removes")].into_iter().flatten().collect();
    match parts.as_slice() {
        [] => out.say("with that, the manifest has the same profiles as before"),
        parts => out.say(&format!("this {}", parts.join(" and "))),
    }
}

/// Says which files change.
pub(crate) fn say_files(findings: &Findings<'_>, verb: &str, out: Out) {
    for (source, _) in findings.diffs(Paths::shown) {
        out.say(&format!("{verb} {}", Paths::shown(&source.path)));
    }
}

/// Says what was written, and what comes next.
pub(crate) fn say_end(findings: &Findings<'_>, session: &SsoSession, is_shown_only: bool, out: Out) {
    let is_pending = !findings.merged.texts.is_empty();
    say_files(findings, if is_shown_only { "would change" } else { "wrote" }, out);
    if !is_pending {
        out.say("nothing to do: [accounts] says what is listed");
    }
    match (findings.is_in_order, findings.matrices) {
        (false, _) => out.warn("the manifest is not in order: `awsauth check` says why"),
        _ if !is_pending || is_shown_only => {}
        (true, 0) => {
            let words = "for profiles of these accounts, put these lines into the manifest, and run `awsauth apply`";
            out.say(&format!("next: {words}:"));
            out.show(&TerminalText::lines(matrix(session).lines()));
        }
        (true, _) => {
            out.say("next: `awsauth apply` writes the profiles that [matrix] makes of them into ~/.aws/config");
        }
    }
}

/// A matrix of everything that a session lists.
fn matrix(session: &SsoSession) -> String {
    let name = session.name.as_str();
    let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let label = if is_bare { name.to_owned() } else { format!("\"{name}\"") };
    format!(
        "    [matrix.{label}]\n    name = \"${{account}}-${{role}}\"\n    accounts = \"*\"\n    roles = \"*\"\n    \
         pattern = \"sso\"\n    sso_session = \"{name}\"\n    sso_account_id = \"${{account_id}}\"\n    \
         sso_role_name = \"${{role}}\""
    )
}

/// All of it for `--json`.
pub(crate) fn document(findings: &Findings<'_>, session: &SsoSession, listing: &Listing, is_written: bool) -> Value {
    let entry = |entry: &MergedEntry| {
        json!({
            "id": entry.id,
            "name": entry.name,
            "state": state(entry.state),
            "roles": entry.roles,
            "roles_added": entry.added,
            "roles_gone": entry.gone,
            "roles_removed": entry.removed,
        })
    };
    let gone = |entry: &MergedEntry| {
        let is_dropped = findings.gone == Gone::Prune;
        json!({ "id": entry.id, "name": entry.name, "dropped": is_dropped && is_written })
    };
    let left = |(name, left): &(String, Left)| {
        let reason = match left {
            Left::Disputed => "disputed",
            Left::InUse => "in use",
        };
        json!({ "name": name, "reason": reason })
    };
    let invalid = |item: &InvalidItem| match item {
        InvalidItem::Account { id, name } => json!({ "account": id, "name": name }),
        InvalidItem::Role { account, name } => json!({ "account": account.as_str(), "role": name }),
    };
    let listed = findings.merged.entries.iter().filter(|entry| entry.state != EntryState::Gone);
    json!({
        "session": session.name.as_str(),
        "start_url": session.start_url.as_str(),
        "accounts": listed.map(entry).collect::<Vec<_>>(),
        "gone": findings.of(EntryState::Gone).map(gone).collect::<Vec<_>>(),
        "left": findings.merged.left.iter().map(left).collect::<Vec<_>>(),
        "vanished": listing.access_lost.iter().map(|account| account.id.as_str()).collect::<Vec<_>>(),
        "left_out": listing.invalid.iter().map(invalid).collect::<Vec<_>>(),
        "profiles_more": findings.profiles.as_ref().map(|profiles| &profiles.more),
        "profiles_less": findings.profiles.as_ref().map(|profiles| &profiles.less),
        "written": is_written,
        "files": findings
            .diffs(Paths::text)
            .map(|(source, diff)| json!({ "path": Paths::text(&source.path), "written": is_written, "diff": diff }))
            .collect::<Vec<_>>(),
        "requests": listing.requests,
    })
}

fn state(state: EntryState) -> &'static str {
    match state {
        EntryState::New => "new",
        EntryState::Changed => "changed",
        EntryState::Unchanged => "unchanged",
        EntryState::Gone => "gone",
    }
}
