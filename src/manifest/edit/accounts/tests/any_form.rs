//! A property of `[accounts]` in whatever form it is written.

use super::*;

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
        let (after, told) = merged(&text, SyncRequest { is_only_session: is_only, gone, ..request(&accounts) });
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
