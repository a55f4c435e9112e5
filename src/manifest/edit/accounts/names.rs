//! Owns the names of new entries of `[accounts]`. They are made from the accounts' names, which may be any text, and do not
//! depend on the order of the listing.

use std::collections::{HashMap, HashSet};

use crate::model::{ListedAccount, ProfileName};
use crate::source::is_unsafe;

/// The most characters taken from an account's name: a profile's name may add an id or a role.
const LONGEST: usize = 95;
/// The most repetitions of an account's id in a name: more would not fit.
const MOST: usize = 9;

/// Returns a name for each account, in their order. None equals one of `taken`, if only in another case.
pub(super) fn names<'t>(accounts: &[&ListedAccount], taken: impl Iterator<Item = &'t str>) -> Vec<String> {
    let taken: HashSet<String> = taken.map(str::to_ascii_lowercase).collect();
    // How often the account's id is appended to each name.
    let mut numbers = vec![0; accounts.len()];
    loop {
        let names: Vec<String> =
            accounts.iter().zip(&numbers).map(|(account, number)| candidate(account, *number)).collect();
        let mut count: HashMap<String, usize> = HashMap::new();
        for name in &names {
            *count.entry(name.to_ascii_lowercase()).or_default() += 1;
        }
        let mut is_settled = true;
        for (name, number) in names.iter().zip(&mut numbers) {
            let key = name.to_ascii_lowercase();
            if *number < MOST && (!is_fit(name) || count[&key] > 1 || taken.contains(&key)) {
                *number += 1;
                is_settled = false;
            }
        }
        if is_settled {
            return names;
        }
    }
}

fn candidate(account: &ListedAccount, number: usize) -> String {
    let id = account.id.as_str();
    let plain = plain(&account.name);
    match number {
        0 if plain.is_empty() => id.to_owned(),
        0 => plain,
        1 if !plain.is_empty() => format!("{plain}-{id}"),
        // Only if another entry already has this account's id as its name.
        _ => format!("account{}", format!("-{id}").repeat(number.div_ceil(2))),
    }
}

/// True if a name is also valid as the beginning of a profile's name.
fn is_fit(name: &str) -> bool {
    name != "default" && ProfileName::new(name).is_ok()
}

/// Replaces everything that some reader would not take as it is by `-`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for character in name.chars().filter(|character| !is_unsafe(*character)) {
        let is_kept = character.is_ascii_alphanumeric() || matches!(character, '_' | '.');
        if is_kept {
            plain.push(character);
        } else if !plain.ends_with('-') {
            plain.push('-');
        }
        if plain.len() >= LONGEST {
            break;
        }
    }
    plain.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccountId;

    fn account(id: u64, name: &str) -> ListedAccount {
        ListedAccount::new(AccountId::new(&format!("{id:012}")).unwrap(), name.to_owned(), Vec::new())
    }

    fn named(accounts: &[(u64, &str)], taken: &[&str]) -> Vec<String> {
        let accounts: Vec<ListedAccount> = accounts.iter().map(|(id, name)| account(*id, name)).collect();
        names(&accounts.iter().collect::<Vec<_>>(), taken.iter().copied())
    }

    #[test]
    fn a_name_keeps_what_every_reader_takes() {
        for (name, expected) in [
            ("prod", "prod"),
            ("Prod_EU.1-a", "Prod_EU.1-a"),
            ("Data Platform / Dev", "Data-Platform-Dev"),
            (" - a -- b. ", "a-b"),
            ("..", "000000000007"),
            ("", "000000000007"),
            ("東京", "000000000007"),
            ("Zürich", "Z-rich"),
            ("a\u{1b}[2J\nb\u{202e}\"'=", "a-2Jb"),
            ("${user}", "user"),
            ("a@b%c+d:e", "a-b-c-d-e"),
            ("default", "default-000000000007"),
            ("DEFAULT", "DEFAULT-000000000007"),
            ("__proto__", "__proto__-000000000007"),
        ] {
            assert_eq!(named(&[(7, name)], &[]), [expected], "{name}");
        }
        let long = named(&[(7, &"x".repeat(500))], &[]);
        assert!(ProfileName::new(&long[0]).is_ok() && long[0].len() == LONGEST);
    }

    #[test]
    fn who_shares_a_name_gets_its_number_in_whatever_order() {
        let three = [(1, "Prod"), (2, "prod"), (3, "dev")];
        assert_eq!(named(&three, &[]), ["Prod-000000000001", "prod-000000000002", "dev"]);
        let turned = [(3, "dev"), (2, "prod"), (1, "Prod")];
        assert_eq!(named(&turned, &[]), ["dev", "prod-000000000002", "Prod-000000000001"]);
        assert_eq!(named(&[(1, "prod")], &["PROD"]), ["prod-000000000001"]);
        // One account already has the name that another would get.
        let crossed = [(1, "a"), (2, "a"), (3, "a-000000000002")];
        let names = named(&crossed, &[]);
        assert_eq!(names[0], "a-000000000001");
        assert_eq!(names[1..], ["account-000000000002", "a-000000000002-000000000003"]);
    }

    #[test]
    fn names_are_never_the_same() {
        use proptest::prelude::*;
        let word = prop::sample::select(vec!["a", "A", "a b", "", "a-000000000001", "000000000002", "default", "é"]);
        let lists = prop::collection::vec(word, 0..8);
        let taken =
            prop::sample::subsequence(vec!["a", "A-000000000001", "000000000001", "account-000000000001"], 0..4);
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) };
        proptest!(config, |(list in lists, taken in taken)| {
            let accounts: Vec<(u64, &str)> = list.iter().enumerate().map(|(place, name)| (place as u64, *name)).collect();
            let mut names = named(&accounts, &taken);
            names.extend(taken.iter().map(|name| (*name).to_owned()));
            let different: HashSet<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
            prop_assert_eq!(different.len(), names.len());
            let turned: Vec<(u64, &str)> = accounts.iter().rev().copied().collect();
            let mut turned = named(&turned, &taken);
            turned.reverse();
            prop_assert_eq!(&turned[..], &names[..turned.len()]);
        });
    }
}
