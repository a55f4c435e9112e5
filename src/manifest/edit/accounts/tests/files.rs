//! `[accounts]` in several files, personal ones among them.

use super::*;

#[test]
fn what_stands_in_a_persons_own_files_alone_is_never_gone_and_gets_more_roles_only() {
    let mut layers = Layers::new(Source::new("profiles.toml", "[accounts]\nshared = '000000000008'\n"), "");
    let own = "[accounts]\nmine = '000000000009'\nb = { id = '000000000001', roles = ['Old'] }\nshared.region = 'eu-west-1'\n";
    layers.add_local(Source::new("profiles.local.toml", own), SettingsTrust::Trusted);
    let listed = [account(1, "b", "A")];
    for gone in [Gone::Keep, Gone::Prune] {
        let done = merge(&layers, &[], SyncRequest { gone, ..request(&listed) }).unwrap();
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
fn an_entry_changes_in_the_files_where_it_stands() {
    let mut layers = Layers::new(Source::new("profiles.toml", "include = [\"a.toml\", \"b.toml\"]\n"), "");
    layers.add_included(0, Source::new("a.toml", "[vars]\nid = \"000000000001\"\n"));
    layers.add_included(0, Source::new("b.toml", "[accounts]\nprod.id = \"${id}\"\ndev = \"000000000002\"\n"));
    layers.add_local(Source::new("profiles.local.toml", "[accounts]\nprod.region = \"eu-west-1\"\ndev = { id = '000000000002', roles = ['Old'] }\nmine = '000000000003'\n"), SettingsTrust::Trusted);
    let accounts = [account(1, "prod", "A"), account(2, "dev", "A"), account(3, "mine", "A"), account(4, "new", "A")];
    let variables = crate::manifest::load(&layers, crate::manifest::Audience::Person).variables;
    let done = merge(&layers, &variables, request(&accounts)).unwrap();
    let id = |number: u64| format!("id = \"{number:012}\", roles = [\"A\"]");
    assert_eq!(done.texts, [
        (2, format!("[accounts]\nprod.id = \"${{id}}\"\nprod.roles = [\"A\"]\ndev = \"000000000002\"\nnew = {{ {} }}\n", id(4))),
        (3, "[accounts]\nprod.region = \"eu-west-1\"\ndev = { id = '000000000002', roles = ['Old', \"A\"] }\nmine = { id = '000000000003', roles = [\"A\"] }\n".to_owned()),
    ]);
    let pruned = merge(&layers, &variables, SyncRequest { gone: Gone::Prune, ..request(&accounts[1..]) }).unwrap();
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
    let home =
        |request: SyncRequest<'_>| merge(&layers, &[], request).unwrap().texts.first().map(|(number, _)| *number);
    let several = SyncRequest { is_only_session: false, ..request(&accounts) };
    assert_eq!((home(several), home(request(&accounts))), (Some(2), Some(1)));
    assert_eq!(home(SyncRequest { session: "other", ..several }), Some(1));
}

/// A manifest and one person's own file over it, brought up to date: both texts, and what is left.
#[track_caller]
fn over(shared: &str, own: &str, request: SyncRequest<'_>) -> (String, String, Vec<(String, Left)>) {
    let mut layers = layers(shared);
    layers.add_local(Source::new("profiles.local.toml", own), SettingsTrust::Trusted);
    let done = merge(&layers, &[], request).unwrap();
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
            let done = over(shared, own, SyncRequest { gone, ..request(listed) });
            assert_eq!(done, (shared.to_owned(), own.to_owned(), left(Left::Disputed)), "{gone:?} {listed:?}");
        }
    }
    // The other number is not the file of all's either, though it is listed.
    let nine = [account(9, "nine", "")];
    let done = over(shared, "[accounts]\nprod = '000000000009'\n", SyncRequest { gone: Gone::Prune, ..request(&nine) });
    assert_eq!(done.0, shared);
    // What only says more changes nothing of that.
    let done =
        over(shared, "[accounts]\nprod.region = 'eu-west-1'\n", SyncRequest { gone: Gone::Prune, ..request(&[]) });
    assert_eq!(done, ("[accounts]\n".to_owned(), "[accounts]\n".to_owned(), Vec::new()));
}

#[test]
fn of_a_session_that_one_person_has_nothing_comes_into_the_files_of_all() {
    let two = [account(1, "prod", "Admin"), account(2, "mine", "Admin")];
    let private = SyncRequest { session: "own", session_file: 1, is_only_session: false, ..request(&two) };
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
    let several = SyncRequest { is_only_session: false, gone: Gone::Prune, ..request(&prod) };
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
    let used = SyncRequest { of_other_roots: &["000000000009"], gone: Gone::Prune, ..request(&[]) };
    assert_eq!(merged(text, used), (text.to_owned(), Vec::new()));
    let done = merge(&layers(text), &[], used).unwrap();
    assert_eq!(done.left, [("old".to_owned(), Left::InUse)]);
    let listed = [account(9, "old", "New")];
    let more = "[accounts]\nold = { id = '000000000009', roles = ['Role', \"New\"] }\n";
    assert_eq!(merged(text, SyncRequest { accounts: &listed, ..used }).0, more);
}
