//! What becomes of `[accounts]` in each of TOML's forms, in one file and in several.

mod any_form;
mod files;

use super::*;
use crate::manifest::SettingsTrust;
use crate::source::Source;

/// An account with its roles, parted by blanks.
pub(super) fn account(id: u64, name: &str, roles: &str) -> ListedAccount {
    let roles = roles.split_whitespace().map(|role| SsoRoleName::new(role).unwrap()).collect();
    ListedAccount::new(AccountId::new(&format!("{id:012}")).unwrap(), name.to_owned(), roles)
}

/// The request of the only session, `corp`.
pub(super) fn request(accounts: &[ListedAccount]) -> SyncRequest<'_> {
    SyncRequest {
        session: "corp",
        session_file: 0,
        is_only_session: true,
        of_other_sessions: Some(&[]),
        of_other_roots: &[],
        accounts,
        unknown: &[],
        gone: Gone::Keep,
    }
}

fn layers(text: &str) -> Layers {
    Layers::new(Source::new("profiles.toml", text), "profiles.local.toml")
}

/// The manifest with the listing in it, which must stay as it is when that is done once more.
#[track_caller]
fn merged(text: &str, request: SyncRequest<'_>) -> (String, Vec<MergedEntry>) {
    let done = merge(&layers(text), &[], request).unwrap_or_else(|error| panic!("{error}: {text}"));
    let after = done.texts.first().map_or(text.to_owned(), |(_, text)| text.clone());
    let again = merge(&layers(&after), &[], request).unwrap();
    assert_eq!(again.texts, [], "{after}");
    (after, done.entries)
}

#[track_caller]
fn becomes(text: &str, accounts: &[ListedAccount], expected: &str) {
    comes_to(text, request(accounts), expected);
}

#[track_caller]
fn pruned(text: &str, accounts: &[ListedAccount], expected: &str) {
    comes_to(text, SyncRequest { gone: Gone::Prune, ..request(accounts) }, expected);
}

#[track_caller]
fn comes_to(text: &str, request: SyncRequest<'_>, expected: &str) {
    assert_eq!(merged(text, request).0, expected, "{text}");
    // With the line ends of Windows, and the mark of its editors.
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    if text.contains('\n') {
        assert_eq!(merged(&windows(text), request).0, windows(expected), "{text}");
    }
}

#[test]
fn new_accounts_come_behind_those_that_are_there() {
    let two = [account(2, "dev", "ReadOnly Admin"), account(1, "a.prod", "Admin")];
    let lines = "\"a.prod\" = { id = \"000000000001\", roles = [\"Admin\"] }\ndev = { id = \"000000000002\", roles = [\"Admin\", \"ReadOnly\"] }";
    for (text, expected) in [
        ("", "[accounts]\n@\n"),
        ("version = 1\n", "version = 1\n\n[accounts]\n@\n"),
        ("version = 1", "version = 1\n\n[accounts]\n@"),
        ("# x\n\n", "# x\n\n[accounts]\n@\n"),
        ("[accounts] # h\n\n[x]\n", "[accounts] # h\n@\n\n[x]\n"),
        (
            "[accounts]\nz = \"000000000009\" # z\n# end\n\n[x]\n",
            "[accounts]\nz = \"000000000009\" # z\n@\n# end\n\n[x]\n",
        ),
        ("[accounts]\nz = \"000000000009\"", "[accounts]\nz = \"000000000009\"\n@"),
        ("[accounts]\nz.id = \"000000000009\"\n[x]\n", "[accounts]\nz.id = \"000000000009\"\n@\n[x]\n"),
        ("[accounts.z]\nid = \"000000000009\"\n[x]\n", "[accounts.z]\nid = \"000000000009\"\n[x]\n\n[accounts]\n@\n"),
        ("[accounts]\n[accounts.z]\nid = \"000000000009\"\n", "[accounts]\n@\n[accounts.z]\nid = \"000000000009\"\n"),
    ] {
        becomes(text, &two, &expected.replace('@', lines));
    }
    let one = &two[..1];
    let dev = "dev = { id = \"000000000002\", roles = [\"Admin\", \"ReadOnly\"] }";
    for (text, expected) in [
        ("accounts = {}\n", "accounts = { @ }\n"),
        ("accounts = { z = '000000000009' }\n", "accounts = { z = '000000000009', @ }\n"),
        ("accounts = { z.id = '000000000009' }\n", "accounts = { z.id = '000000000009', @ }\n"),
        ("accounts.z = '000000000009' # z\n[x]\n", "accounts.z = '000000000009' # z\naccounts.@\n[x]\n"),
        (" accounts . z.id = '000000000009'\n", " accounts . z.id = '000000000009'\n accounts . @\n"),
        ("[accounts]\n  z = '000000000009'\n", "[accounts]\n  z = '000000000009'\n  @\n"),
    ] {
        becomes(text, one, &expected.replace('@', dev));
    }
    becomes("", &[account(1, "a", "")], "[accounts]\na = \"000000000001\"\n");
}

#[test]
fn of_an_entry_only_its_roles_change() {
    let prod = [account(1, "other name", "Admin New")];
    for (text, expected) in [
        (
            "[accounts]\nprod = \"000000000001\" # mine\n",
            "[accounts]\nprod = { id = \"000000000001\", roles = [\"Admin\", \"New\"] } # mine\n",
        ),
        (
            "[accounts]\n# p\nprod = {id='000000000001' , tags = [\"x\"], roles = [ 'Old','Admin' ]}# mine\n",
            "[accounts]\n# p\nprod = {id='000000000001' , tags = [\"x\"], roles = [ 'Admin', \"New\" ]}# mine\n",
        ),
        (
            "[accounts]\nprod = { id = \"000000000001\" }\n",
            "[accounts]\nprod = { id = \"000000000001\", roles = [\"Admin\", \"New\"] }\n",
        ),
        (
            "[accounts.prod] # s\n  region = \"eu-west-1\"\n  id = \"000000000001\" # id\n\n# x\n[x]\n",
            "[accounts.prod] # s\n  region = \"eu-west-1\"\n  id = \"000000000001\" # id\n  roles = [\"Admin\", \"New\"]\n\n# x\n[x]\n",
        ),
        (
            "[accounts]\nprod.id = \"000000000001\"\nz = '000000000002'\n",
            "[accounts]\nprod.id = \"000000000001\"\nprod.roles = [\"Admin\", \"New\"]\nz = '000000000002'\n",
        ),
        (
            "accounts.prod.id = \"000000000001\"\n",
            "accounts.prod.id = \"000000000001\"\naccounts.prod.roles = [\"Admin\", \"New\"]\n",
        ),
        (
            "accounts = { prod.id = \"000000000001\", z = '000000000002' }\n",
            "accounts = { prod.id = \"000000000001\", prod.roles = [\"Admin\", \"New\"], z = '000000000002' }\n",
        ),
        (
            "accounts = { prod = '000000000001' }\n",
            "accounts = { prod = { id = '000000000001', roles = [\"Admin\", \"New\"] } }\n",
        ),
        (
            "[accounts.prod]\nid = \"000000000001\"\nroles = [\n  # all\n  \"Old\", # old\n  \"Admin\", # keep\n]\n",
            "[accounts.prod]\nid = \"000000000001\"\nroles = [\n  # all\n  \"Admin\", # keep\n  \"New\",\n]\n",
        ),
        (
            "[accounts.prod]\nid = \"000000000001\"",
            "[accounts.prod]\nid = \"000000000001\"\nroles = [\"Admin\", \"New\"]",
        ),
    ] {
        let brought = if text.contains("Old") { pruned } else { becomes };
        brought(text, &prod, expected);
    }
    let same = "[accounts]\nb = { roles = [\"New\", \"Admin\", \"New\"], id = '000000000001' }\n";
    becomes(same, &prod, same);
    pruned(
        "[accounts]\nb = { id = '000000000001', roles = [\"Old\"] }\n",
        &[account(1, "b", "")],
        "[accounts]\nb = { id = '000000000001', roles = [] }\n",
    );
}

#[test]
fn roles_that_are_not_listed_any_more_are_told_and_stay() {
    let prod = [account(1, "prod", "Admin New")];
    for (text, expected) in [
        (
            "[accounts]\nprod = {id='000000000001' , roles = [ 'Old','Admin' ]}# mine\n",
            "[accounts]\nprod = {id='000000000001' , roles = [ 'Old','Admin', \"New\" ]}# mine\n",
        ),
        (
            "[accounts.prod]\nid = \"000000000001\"\nroles = [\n  # all\n  \"Old\", # old\n  \"Admin\", # keep\n]\n",
            "[accounts.prod]\nid = \"000000000001\"\nroles = [\n  # all\n  \"Old\", # old\n  \"Admin\", # keep\n  \"New\",\n]\n",
        ),
    ] {
        becomes(text, &prod, expected);
        let entry = &merged(text, request(&prod)).1[0];
        assert_eq!(
            (&*entry.roles, &*entry.added, &*entry.gone),
            (&*roles("Admin New Old"), &*roles("New"), &*roles("Old"))
        );
        assert_eq!((entry.state, entry.removed.len()), (EntryState::Changed, 0));
        let entry = &merged(text, SyncRequest { gone: Gone::Prune, ..request(&prod) }).1[0];
        assert_eq!(
            (&*entry.roles, &*entry.gone, &*entry.removed),
            (&*roles("Admin New"), &*roles("Old"), &*roles("Old"))
        );
    }
    // Nothing else is no change.
    let same = "[accounts]\nprod = { id = '000000000001', roles = ['New', 'Old', 'Admin', 'Other'] }\n";
    let (after, entries) = merged(same, request(&prod));
    assert_eq!(
        (after.as_str(), entries[0].state, &*entries[0].gone),
        (same, EntryState::Unchanged, &*roles("Old Other"))
    );
    let none = [account(1, "prod", "")];
    assert_eq!(merged(same, request(&none)).0, same);
}

fn roles(names: &str) -> Vec<String> {
    names.split(' ').map(str::to_owned).collect()
}

#[test]
fn an_account_is_known_by_its_number_and_by_its_session() {
    let prod = [account(1, "prod", "Admin")];
    let two = SyncRequest { is_only_session: false, ..request(&prod) };
    let other = "[accounts]\nprod = { id = \"000000000001\", sso_session = \"other\" }\n";
    let own = "prod-000000000001 = { id = \"000000000001\", sso_session = \"corp\", roles = [\"Admin\"] }\n";
    assert_eq!(merged(other, two).0, format!("{other}{own}"));
    let (text, entries) = merged("[accounts]\np = \"000000000001\"\n", two);
    assert_eq!(text, "[accounts]\np = { id = \"000000000001\", sso_session = \"corp\", roles = [\"Admin\"] }\n");
    assert_eq!((entries[0].state, entries[0].name.as_str()), (EntryState::Changed, "p"));
    let (text, _) = merged("[accounts]\np = { id = '000000000001', roles = ['Admin'] }\n", two);
    assert_eq!(text, "[accounts]\np = { id = '000000000001', roles = ['Admin'], sso_session = \"corp\" }\n");
    let (text, _) = merged("[accounts]\n", two);
    assert_eq!(text, "[accounts]\nprod = { id = \"000000000001\", sso_session = \"corp\", roles = [\"Admin\"] }\n");
}

#[test]
fn what_is_gone_is_told_and_goes_only_when_that_is_wanted() {
    let text = "# head\n[accounts]\n# old one\n# really\nold = \"000000000009\" # gone\n\n# kept\nprod = { id = \"000000000001\", roles = [\"Admin\"] }\n";
    let prod = [account(1, "prod", "Admin")];
    let (same, entries) = merged(text, request(&prod));
    assert_eq!(same, text);
    let states: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.state)).collect();
    assert_eq!(states, [("old", EntryState::Gone), ("prod", EntryState::Unchanged)]);
    pruned(text, &prod, "# head\n[accounts]\n\n# kept\nprod = { id = \"000000000001\", roles = [\"Admin\"] }\n");
    for (text, expected) in [
        ("[x]\n\n# s\n[accounts.old]\nid = '000000000009'\ntags = [\n 'a' ] # t\n\n[y]\n", "[x]\n\n[y]\n"),
        ("[x]\n\n[accounts.old]\nid = '000000000009'\n", "[x]\n"),
        (
            "[accounts]\nold.id = '000000000009'\nb = '000000000001'\n# c\nold.tags = []\n",
            "[accounts]\nb = '000000000001'\n",
        ),
        ("accounts.old.id = '000000000009'\naccounts.b = '000000000001'\n", "accounts.b = '000000000001'\n"),
        ("accounts = { old = '000000000009' }\n", "accounts = {}\n"),
        (
            "accounts = { old.id = '000000000009', b = '000000000001', old.tags = [] }\n",
            "accounts = { b = '000000000001' }\n",
        ),
        ("[accounts]\nold = '000000000009'", "[accounts]\n"),
    ] {
        let listed = if text.contains("'000000000001'") { vec![account(1, "b", "")] } else { Vec::new() };
        pruned(text, &listed, expected);
    }
    let unknown = [AccountId::new("000000000009").unwrap()];
    let (same, entries) = merged(text, SyncRequest { unknown: &unknown, gone: Gone::Prune, ..request(&prod) });
    assert_eq!((same.as_str(), entries.len()), (text, 1));
    let two = SyncRequest { is_only_session: false, gone: Gone::Prune, ..request(&[]) };
    assert_eq!(merged(text, two).0, text, "nobody knows whose they are");
    let own = text.replace("old = \"000000000009\"", "old = { id = \"000000000009\", sso_session = \"corp\" }");
    assert!(!merged(&own, two).0.contains("old"));
}

#[test]
fn comments_that_are_not_only_an_entrys_stay_where_it_goes() {
    let old = "old = '000000000009'\n";
    let own = "b = '000000000001'\n";
    for (text, expected) in [
        // A heading of a group, whichever of it goes.
        ("[accounts]\n# The team's\n@%\n", "[accounts]\n# The team's\n%\n"),
        ("[accounts]\n# The team's\n%# its own\n@\n", "[accounts]\n# The team's\n%\n"),
        (
            "[accounts]\n%\n# The team's\n@# of b2\nb2 = '000000000001'\n",
            "[accounts]\n%\n# The team's\n# of b2\nb2 = '000000000001'\n",
        ),
        // What the file begins with.
        ("#:schema x.json\n# Owned by us\naccounts.@\naccounts.%", "#:schema x.json\n# Owned by us\n\naccounts.%"),
        ("# Owned by us\n[accounts.old]\nid = '000000000009'\n\n[accounts]\n%", "# Owned by us\n\n[accounts]\n%"),
        ("\n#:schema x.json\naccounts.@\naccounts.%", "\n#:schema x.json\n\naccounts.%"),
        // Its own, over all its keys.
        ("[accounts]\n%\n# own\nold.id = '000000000009'\nold.tags = []\n\n[x]\n", "[accounts]\n%\n\n[x]\n"),
        ("[accounts]\n%# own\n@[x]\n", "[accounts]\n%[x]\n"),
    ] {
        let fill = |text: &str| text.replace('@', old).replace('%', own);
        pruned(&fill(text), &[account(1, "b", "")], &fill(expected));
    }
}

#[test]
fn in_braces_on_lines_every_comment_stays_with_what_it_is_about() {
    let two = [account(1, "b", "A"), account(2, "new", "")];
    for (text, expected) in [
        (
            "accounts = {\n  # none yet, so\n}\n",
            "accounts = {\n  # none yet, so\n    b = { id = \"000000000001\", roles = [\"A\"] },\n    new = \"000000000002\",\n}\n",
        ),
        (
            "accounts = { # all\n  b = { # b, or\n    id = '000000000001', # number\n    tags = [] # no, none\n  }, # b\n}\n",
            "accounts = { # all\n  b = { # b, or\n    id = '000000000001', # number\n    tags = [], # no, none\n    roles = [\"A\"]\n  }, # b\n  new = \"000000000002\",\n}\n",
        ),
        (
            "accounts = {\n  b.id = '000000000001' # of, b\n  # end\n}\n",
            "accounts = {\n  b.id = '000000000001', # of, b\n  b.roles = [\"A\"],\n  new = \"000000000002\"\n  # end\n}\n",
        ),
        (
            "accounts = {\n  # x, y\n  b.id = '000000000001', b.tags = [ # t\n  ] }\n",
            "accounts = {\n  # x, y\n  b.id = '000000000001', b.tags = [ # t\n  ], b.roles = [\"A\"], new = \"000000000002\" }\n",
        ),
        (
            "accounts = {\n  b = {id = '000000000001', roles = ['A']} # of b\n  , z = '000000000009' }\n",
            "accounts = {\n  b = {id = '000000000001', roles = ['A']} # of b\n  , z = '000000000009', new = \"000000000002\" }\n",
        ),
    ] {
        becomes(text, &two, expected);
    }
}

#[test]
fn out_of_braces_on_lines_goes_an_entry_with_what_is_about_it() {
    let (b, z) = ("b = '000000000001'", "z = '000000000002'");
    for (text, expected) in [
        ("{\n  # of old\n  @, # old\n\n  # of b, too\n  %, # b\n  $\n}", "{\n\n  # of b, too\n  %, # b\n  $\n}"),
        ("{\n  %, # b\n\n  # of old\n  @ # old\n}", "{\n  % # b\n\n}"),
        ("{\n  %, # b\n  # all, of them\n  @, # old\n  $, # z\n}", "{\n  %, # b\n  # all, of them\n  $, # z\n}"),
        ("{ %, @, $, # all\n}", "{ %, $, # all\n}"),
        ("{ @, # old\n  %\n}", "{ # old\n  %\n}"),
        ("{\n  % # b\n  , @ # old\n}", "{\n  % # b\n   # old\n}"),
        ("{\n  old.id = '000000000009', # x\n  old.tags = [], %,\n  $, old.region = 'x' }", "{\n  %,\n  $ }"),
        ("{ # h\n  @ # old\n}", "{ # h\n}"),
    ] {
        let fill = |text: &str| {
            let text = text.replace('@', "old = '000000000009'").replace('%', b).replace('$', z);
            format!("accounts = {text}\n")
        };
        let listed = [account(1, "b", ""), account(2, "z", "")];
        let listed: Vec<ListedAccount> =
            listed.into_iter().filter(|account| fill(text).contains(account.id.as_str())).collect();
        pruned(&fill(text), &listed, &fill(expected));
    }
}

#[test]
fn a_new_entry_where_one_goes_stands_in_its_place() {
    let text = "[accounts]\nold = '000000000009'\n[x]\n";
    pruned(text, &[account(1, "old", "")], "[accounts]\nold-000000000001 = \"000000000001\"\n[x]\n");
}

#[test]
fn what_is_no_table_of_accounts_is_refused() {
    for text in
        ["accounts = 1\n", "[[accounts]]\n", "[accounts]\na = 1\n", "[accounts]\na.roles = 1\n", "x = \n# accounts"]
    {
        let refused = merge(&layers(text), &[], request(&[]));
        assert!(matches!(refused, Err(MergeError::Unfit { .. })), "{text}: {refused:?}");
    }
}

#[test]
fn five_thousand_accounts_are_no_trouble() {
    let accounts: Vec<ListedAccount> = (0..5000).map(|number| account(number, "many", "Admin ReadOnly")).collect();
    let (text, entries) = merged("", request(&accounts));
    assert_eq!((entries.len(), text.lines().count()), (5000, 5001));
}
