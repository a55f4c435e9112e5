//! What becomes of `[accounts]` in each of TOML's forms, in one file and in several.

use super::*;
use crate::manifest::OwnWord;
use crate::source::Source;

/// An account with its roles, parted by blanks.
pub(super) fn account(id: u64, name: &str, roles: &str) -> ListedAccount {
    let roles = roles.split_whitespace().map(|role| SsoRoleName::new(role).unwrap()).collect();
    ListedAccount::new(AccountId::new(&format!("{id:012}")).unwrap(), name.to_owned(), roles)
}

/// A wish of the only session, `corp`.
pub(super) fn wish(accounts: &[ListedAccount]) -> SyncRequest<'_> {
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
fn merged(text: &str, wish: SyncRequest<'_>) -> (String, Vec<MergedEntry>) {
    let done = merge(&layers(text), &[], wish).unwrap_or_else(|error| panic!("{error}: {text}"));
    let after = done.texts.first().map_or(text.to_owned(), |(_, text)| text.clone());
    let again = merge(&layers(&after), &[], wish).unwrap();
    assert_eq!(again.texts, [], "{after}");
    (after, done.entries)
}

#[track_caller]
fn becomes(text: &str, accounts: &[ListedAccount], expected: &str) {
    comes_to(text, wish(accounts), expected);
}

#[track_caller]
fn pruned(text: &str, accounts: &[ListedAccount], expected: &str) {
    comes_to(text, SyncRequest { gone: Gone::Prune, ..wish(accounts) }, expected);
}

#[track_caller]
fn comes_to(text: &str, wish: SyncRequest<'_>, expected: &str) {
    assert_eq!(merged(text, wish).0, expected, "{text}");
    // With the line ends of Windows, and the mark of its editors.
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    if text.contains('\n') {
        assert_eq!(merged(&windows(text), wish).0, windows(expected), "{text}");
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
            "[accounts.prod]\nid = \"000000000001\"\nroles = [\n  \"Admin\", # keep\n  \"New\",\n]\n",
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
            "[accounts]\nprod = {id='000000000001' , roles = [ 'Old', 'Admin', \"New\" ]}# mine\n",
        ),
        (
            "[accounts.prod]\nid = \"000000000001\"\nroles = [\n  # all\n  \"Old\", # old\n  \"Admin\", # keep\n]\n",
            "[accounts.prod]\nid = \"000000000001\"\nroles = [\n  # all\n  \"Old\", # old\n  \"Admin\", # keep\n  \"New\",\n]\n",
        ),
    ] {
        becomes(text, &prod, expected);
        let entry = &merged(text, wish(&prod)).1[0];
        assert_eq!(
            (&*entry.roles, &*entry.added, &*entry.gone),
            (&*roles("Admin New Old"), &*roles("New"), &*roles("Old"))
        );
        assert_eq!((entry.state, entry.removed.len()), (EntryState::Changed, 0));
        let entry = &merged(text, SyncRequest { gone: Gone::Prune, ..wish(&prod) }).1[0];
        assert_eq!(
            (&*entry.roles, &*entry.gone, &*entry.removed),
            (&*roles("Admin New"), &*roles("Old"), &*roles("Old"))
        );
    }
    // Nothing else is no change.
    let same = "[accounts]\nprod = { id = '000000000001', roles = ['New', 'Old', 'Admin', 'Other'] }\n";
    let (after, entries) = merged(same, wish(&prod));
    assert_eq!(
        (after.as_str(), entries[0].state, &*entries[0].gone),
        (same, EntryState::Unchanged, &*roles("Old Other"))
    );
    let none = [account(1, "prod", "")];
    assert_eq!(merged(same, wish(&none)).0, same);
}

fn roles(names: &str) -> Vec<String> {
    names.split(' ').map(str::to_owned).collect()
}

#[test]
fn what_stands_in_a_persons_own_files_alone_is_never_gone_and_gets_more_roles_only() {
    let mut layers = Layers::new(Source::new("profiles.toml", "[accounts]\nshared = '000000000008'\n"), "");
    let own = "[accounts]\nmine = '000000000009'\nb = { id = '000000000001', roles = ['Old'] }\nshared.region = 'eu-west-1'\n";
    layers.add_local(Source::new("profiles.local.toml", own), OwnWord::Certain);
    let listed = [account(1, "b", "A")];
    for gone in [Gone::Keep, Gone::Prune] {
        let done = merge(&layers, &[], SyncRequest { gone, ..wish(&listed) }).unwrap();
        let of = |name: &str| done.entries.iter().find(|entry| entry.name == name);
        assert_eq!(of("mine"), None);
        let b = of("b").unwrap();
        assert_eq!((&*b.roles, b.gone.len(), b.removed.len()), (&*roles("A Old"), 0, 0));
        assert_eq!(of("shared").unwrap().state, EntryState::Gone, "it stands in a file of all");
        let text = &done.texts.iter().find(|(number, _)| *number == 1).unwrap().1;
        assert!(
            text.contains("mine = '000000000009'\nb = { id = '000000000001', roles = ['Old', \"A\"] }\n"),
            "{text}"
        );
        assert_eq!(text.contains("shared"), gone == Gone::Keep, "{text}");
    }
}

#[test]
fn an_account_is_known_by_its_number_and_by_its_session() {
    let prod = [account(1, "prod", "Admin")];
    let two = SyncRequest { is_only_session: false, ..wish(&prod) };
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
    let (same, entries) = merged(text, wish(&prod));
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
    let (same, entries) = merged(text, SyncRequest { unknown: &unknown, gone: Gone::Prune, ..wish(&prod) });
    assert_eq!((same.as_str(), entries.len()), (text, 1));
    let two = SyncRequest { is_only_session: false, gone: Gone::Prune, ..wish(&[]) };
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
fn an_entry_changes_in_the_files_where_it_stands() {
    let mut layers = Layers::new(Source::new("profiles.toml", "include = [\"a.toml\", \"b.toml\"]\n"), "");
    layers.add_included(0, Source::new("a.toml", "[vars]\nid = \"000000000001\"\n"));
    layers.add_included(0, Source::new("b.toml", "[accounts]\nprod.id = \"${id}\"\ndev = \"000000000002\"\n"));
    layers.add_local(Source::new("profiles.local.toml", "[accounts]\nprod.region = \"eu-west-1\"\ndev = { id = '000000000002', roles = ['Old'] }\nmine = '000000000003'\n"), OwnWord::Certain);
    let accounts = [account(1, "prod", "A"), account(2, "dev", "A"), account(3, "mine", "A"), account(4, "new", "A")];
    let variables = crate::manifest::load(&layers, crate::manifest::Audience::Person).variables;
    let done = merge(&layers, &variables, wish(&accounts)).unwrap();
    let id = |number: u64| format!("id = \"{number:012}\", roles = [\"A\"]");
    assert_eq!(done.texts, [
        (2, format!("[accounts]\nprod.id = \"${{id}}\"\nprod.roles = [\"A\"]\ndev = \"000000000002\"\nnew = {{ {} }}\n", id(4))),
        (3, "[accounts]\nprod.region = \"eu-west-1\"\ndev = { id = '000000000002', roles = ['Old', \"A\"] }\nmine = { id = '000000000003', roles = [\"A\"] }\n".to_owned()),
    ]);
    let pruned = merge(&layers, &variables, SyncRequest { gone: Gone::Prune, ..wish(&accounts[1..]) }).unwrap();
    assert!(pruned.texts.iter().all(|(_, text)| !text.contains("prod")), "{pruned:?}");
}

#[test]
fn of_several_files_the_one_with_the_sessions_accounts_gets_its_new_ones() {
    let mut layers = Layers::new(Source::new("profiles.toml", "include = [\"*.toml\"]\n"), "");
    let of = |session: &str, id: u64| {
        format!("[accounts]\n{session} = {{ id = \"{id:012}\", sso_session = \"{session}\" }}\n")
    };
    layers.add_included(0, Source::new("a.toml", of("a", 8)));
    layers.add_included(0, Source::new("corp.toml", of("corp", 9)));
    let accounts = [account(1, "new", ""), account(9, "corp", "")];
    let home = |wish: SyncRequest<'_>| merge(&layers, &[], wish).unwrap().texts.first().map(|(number, _)| *number);
    let several = SyncRequest { is_only_session: false, ..wish(&accounts) };
    assert_eq!((home(several), home(wish(&accounts))), (Some(2), Some(1)));
    assert_eq!(home(SyncRequest { session: "other", ..several }), Some(1));
}

#[test]
fn what_is_no_table_of_accounts_is_refused() {
    for text in
        ["accounts = 1\n", "[[accounts]]\n", "[accounts]\na = 1\n", "[accounts]\na.roles = 1\n", "x = \n# accounts"]
    {
        let refused = merge(&layers(text), &[], wish(&[]));
        assert!(matches!(refused, Err(MergeError::Unfit { .. })), "{text}: {refused:?}");
    }
}

#[test]
fn five_thousand_accounts_are_no_trouble() {
    let accounts: Vec<ListedAccount> = (0..5000).map(|number| account(number, "many", "Admin ReadOnly")).collect();
    let (text, entries) = merged("", wish(&accounts));
    assert_eq!((entries.len(), text.lines().count()), (5000, 5001));
}

/// An entry that is drawn: its form, its account, its roles, and whether it has other keys and comments.
type DrawnEntry = (u8, u64, Vec<&'static str>, bool);

/// A manifest of such entries, in one of the ways to write `[accounts]`.
fn drawn(way: u8, entries: &[DrawnEntry], end: &str) -> String {
    let mut text = String::from("# top\nversion = 1 # one\n");
    let (mut lines, mut sections, mut inline, mut braced) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (place, (form, number, roles, is_tended)) in entries.iter().enumerate() {
        let (name, id) = (format!("e{place}"), format!("\"{number:012}\""));
        let list = if *is_tended { roles.join("\", # c\n  \"") } else { roles.join("\", \"") };
        let list = if roles.is_empty() { "[]".to_owned() } else { format!("[\"{list}\"]") };
        let tags = if *is_tended { ", tags = [\"t\"]" } else { "" };
        let comment = if *is_tended { format!("# about {name}\n") } else { String::new() };
        let table = format!("{{ id = {id}{tags}, roles = {list} }}");
        inline.push(match form % 3 {
            0 => format!("{name} = {id}"),
            1 => format!("{name}.id = {id}, {name}.roles = {list}"),
            _ => format!("{name} = {table}"),
        });
        let prefix = if way == 1 { "accounts." } else { "" };
        let comma = if place + 1 < entries.len() || form % 2 == 0 { "," } else { "" };
        braced.push(match form % 3 {
            0 => format!("{comment}  {name} = {id}{comma} # {name}, and {id}\n"),
            1 => format!("{comment}  {name}.id = {id}, {name}.roles = {list}{comma} # {name}\n"),
            _ if *is_tended => {
                format!("{comment}  {name} = {{\n  id = {id}, # {name}\n  roles = {list}\n}}{comma} # {name}\n")
            }
            _ => format!("  {name} = {table}\n  {comma} # {name}\n"),
        });
        match form % 5 {
            0 => lines.push(format!("{comment}{prefix}{name} = {id} # id of {name}\n")),
            1 => lines.push(format!("{comment}{prefix}{name}.id = {id}\n{prefix}{name}.roles = {list} # roles\n")),
            2 if way == 0 => {
                sections.push(format!("\n{comment}[accounts.{name}] # section\nid = {id}\nroles = {list}\n"));
            }
            3 if way == 0 => sections.push(format!("\n{comment}[accounts.{name}]\n  id = {id} # id of {name}\n")),
            _ => lines.push(format!("{comment}{prefix}{name} = {table} # {name}\n")),
        }
    }
    match way {
        0 if lines.is_empty() => text += &sections.concat(),
        0 => text += &["\n[accounts] # all\n", &lines.concat(), &sections.concat()].concat(),
        1 => text += &lines.concat(),
        2 => text += &["accounts = { # all\n", &braced.concat(), "# end\n}\n"].concat(),
        _ => text += &["accounts = { ", &inline.join(", "), " } # all\n"].concat(),
    }
    text + end
}

#[test]
fn whatever_form_it_has_a_manifest_is_brought_up_to_date_once_and_keeps_the_rest() {
    use proptest::prelude::*;
    let roles = || prop::sample::subsequence(vec!["A", "B", "C"], 0..=3);
    let entries = prop::collection::vec((0..5_u8, 0..6_u64, roles(), any::<bool>()), 0..6);
    let listed = prop::collection::btree_map(0..8_u64, (prop::sample::select(vec!["e0", "x y", "é"]), roles()), 0..6);
    let end = prop::sample::select(vec!["", "\n[defaults]\nregion = \"eu-west-1\" # r\n", "\n# the end"]);
    let ways = (0..4_u8, any::<bool>(), any::<bool>(), any::<bool>());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) };
    proptest!(config, |(entries in entries, listed in listed, end in end, (way, is_windows, is_only, prunes) in ways)| {
        let text = drawn(way, &entries, end);
        let text = if is_windows { text.replace('\n', "\r\n") } else { text };
        let accounts: Vec<ListedAccount> =
            listed.iter().map(|(id, (name, roles))| account(*id, name, &roles.join(" "))).collect();
        let gone = if prunes { Gone::Prune } else { Gone::Keep };
        let (after, told) = merged(&text, SyncRequest { is_only_session: is_only, gone, ..wish(&accounts) });
        // Whatever belongs to no entry that changes stands there as before, in its order.
        let touched = |line: &str| told.iter().any(|entry| {
            let is_touched = entry.state == EntryState::Changed || prunes && entry.state == EntryState::Gone;
            is_touched && line.contains(&entry.name)
        });
        if way < 3 {
            let mut rest = after.split_inclusive('\n').map(str::trim_end);
            for line in text.split_inclusive('\n').map(str::trim_end) {
                let is_foreign = line.starts_with('#') || line.starts_with("[defaults]") || line.contains("= 1 #") || line.contains("eu-west-1");
                if is_foreign && !touched(line) {
                    prop_assert!(rest.any(|other| other == line), "{line}\n{text}\n{after}");
                }
            }
        }
        prop_assert_eq!(after.contains("\r\n"), is_windows);
        prop_assert!(!is_windows || !after.replace("\r\n", "").contains('\n'), "{}", after);
        // Of an entry that stays, every other key says the same.
        let (old, new): (toml_edit::DocumentMut, toml_edit::DocumentMut) = (text.parse().unwrap(), after.parse().unwrap());
        for place in 0..entries.len() {
            let name = format!("e{place}");
            let find = |document: &toml_edit::DocumentMut| document.get("accounts").and_then(|all| all.get(&name)).cloned();
            let (Some(old), Some(new)) = (find(&old), find(&new)) else { continue };
            let tags = |item: &toml_edit::Item| item.get("tags").map(|tags| tags.to_string().trim().to_owned());
            prop_assert_eq!(tags(&old), tags(&new));
            let id = |item: &toml_edit::Item| item.as_str().or_else(|| item.get("id")?.as_str()).map(str::to_owned);
            prop_assert_eq!(id(&old), id(&new));
            // Of an account that is listed, it has the roles that are listed, and without `--prune` those that it had.
            let roles = |item: &toml_edit::Item| -> BTreeSet<String> {
                let all = item.get("roles").and_then(toml_edit::Item::as_array).into_iter().flatten();
                all.map(|role| role.as_str().unwrap().to_owned()).collect()
            };
            let number: u64 = id(&new).unwrap().parse().unwrap();
            let before = roles(&old);
            let expected = match listed.get(&number) {
                None => before,
                Some((_, listed)) => {
                    let kept = before.into_iter().filter(|_| !prunes);
                    kept.chain(listed.iter().map(|role| (*role).to_owned())).collect()
                }
            };
            prop_assert_eq!(roles(&new), expected, "{}\n{}", text, after);
        }
    });
}

/// A manifest and one person's own file over it, brought up to date: both texts, and what is left.
#[track_caller]
fn over(shared: &str, own: &str, wish: SyncRequest<'_>) -> (String, String, Vec<(String, Left)>) {
    let mut layers = layers(shared);
    layers.add_local(Source::new("profiles.local.toml", own), OwnWord::Certain);
    let done = merge(&layers, &[], wish).unwrap();
    let text = |number, before: &str| {
        done.texts.iter().find(|(changed, _)| *changed == number).map_or(before.to_owned(), |(_, text)| text.clone())
    };
    (text(0, shared), text(1, own), done.left)
}

#[test]
fn what_one_person_says_decides_nothing_about_the_files_of_all() {
    let prod = [account(1, "prod", "Admin")];
    let shared = "[accounts]\nprod = { id = '000000000001', roles = ['Old'] }\n";
    let left = |why| vec![("prod".to_owned(), why)];
    for own in ["[accounts]\nprod = '000000000009'\n", "[accounts]\nprod.sso_session = 'mine'\n"] {
        for (gone, listed) in [(Gone::Keep, &prod[..]), (Gone::Prune, &prod[..]), (Gone::Prune, &[])] {
            let done = over(shared, own, SyncRequest { gone, ..wish(listed) });
            assert_eq!(done, (shared.to_owned(), own.to_owned(), left(Left::Disputed)), "{gone:?} {listed:?}");
        }
    }
    // The other number is not the file of all's either, though it is listed.
    let nine = [account(9, "nine", "")];
    let done = over(shared, "[accounts]\nprod = '000000000009'\n", SyncRequest { gone: Gone::Prune, ..wish(&nine) });
    assert_eq!(done.0, shared);
    // What only says more changes nothing of that.
    let done = over(shared, "[accounts]\nprod.region = 'eu-west-1'\n", SyncRequest { gone: Gone::Prune, ..wish(&[]) });
    assert_eq!(done, ("[accounts]\n".to_owned(), "[accounts]\n".to_owned(), Vec::new()));
}

#[test]
fn of_a_session_that_one_person_has_nothing_comes_into_the_files_of_all() {
    let two = [account(1, "prod", "Admin"), account(2, "mine", "Admin")];
    let private = SyncRequest { session: "own", session_file: 1, is_only_session: false, ..wish(&two) };
    let shared = "[accounts]\nprod = '000000000001'\nold = '000000000009'\n";
    let (after, own, left) = over(shared, "[sso_sessions.own]\n", SyncRequest { gone: Gone::Prune, ..private });
    assert_eq!((after.as_str(), left.len()), (shared, 0));
    let entry =
        |name: &str, id: u64| format!("{name} = {{ id = \"{id:012}\", sso_session = \"own\", roles = [\"Admin\"] }}\n");
    let expected = format!("[sso_sessions.own]\n\n[accounts]\n{}{}", entry("mine", 2), entry("prod-000000000001", 1));
    assert_eq!(own, expected);
    // One that a person has labelled gets its roles where that stands.
    let label = "[accounts]\nprod.sso_session = \"own\"\nmine = '000000000002'\n";
    let (after, own, _) = over(shared, label, private);
    assert_eq!(after, shared);
    assert_eq!(
        own,
        "[accounts]\nprod.sso_session = \"own\"\nprod.roles = [\"Admin\"]\nmine = { id = '000000000002', sso_session = \"own\", roles = [\"Admin\"] }\n"
    );
}

#[test]
fn an_entry_that_other_sessions_use_is_not_claimed_and_only_gets_more_roles() {
    let prod = [account(1, "prod", "Admin")];
    let several = SyncRequest { is_only_session: false, gone: Gone::Prune, ..wish(&prod) };
    let text = "[accounts]\np = { id = '000000000001', roles = ['Old'] }\n";
    let more = "[accounts]\np = { id = '000000000001', roles = ['Old', \"Admin\"] }\n";
    for others in [Some(&["000000000001"][..]), None] {
        assert_eq!(merged(text, SyncRequest { of_other_sessions: others, ..several }).0, more);
    }
    let claimed = merged(text, SyncRequest { of_other_sessions: Some(&["000000000002"]), ..several }).0;
    assert!(claimed.contains("sso_session = \"corp\""), "{claimed}");
}

#[test]
fn an_account_that_profiles_from_elsewhere_are_of_stays() {
    let text = "[accounts]\nold = { id = '000000000009', roles = ['Role'] }\n";
    let used = SyncRequest { of_other_roots: &["000000000009"], gone: Gone::Prune, ..wish(&[]) };
    assert_eq!(merged(text, used), (text.to_owned(), Vec::new()));
    let done = merge(&layers(text), &[], used).unwrap();
    assert_eq!(done.left, [("old".to_owned(), Left::InUse)]);
    let listed = [account(9, "old", "New")];
    let more = "[accounts]\nold = { id = '000000000009', roles = ['Role', \"New\"] }\n";
    assert_eq!(merged(text, SyncRequest { accounts: &listed, ..used }).0, more);
}
