//! `fixtures/import`: each of them imported, and judged by the table beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Botocore, Imported, fixture, import};

const TABLE: &str = include_str!("../../../../fixtures/import/README.md");

/// One row of the table.
struct Row {
    fixture: &'static str,
    usable: usize,
    external: BTreeSet<&'static str>,
    stay: BTreeSet<&'static str>,
}

/// How many usable profiles became what.
#[derive(Default)]
struct Count {
    expressed: usize,
    external: usize,
    left: usize,
    /// Of those, what the table does not allow.
    wrong: usize,
}

fn rows() -> Vec<Row> {
    let rows = TABLE.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    let names = |cell: &'static str| cell.split('`').skip(1).step_by(2).collect();
    rows.map(cells)
        .map(|cells| Row {
            fixture: cells[0],
            usable: cells[2].parse().unwrap(),
            external: names(cells[3]),
            stay: names(cells[4]),
        })
        .collect()
}

/// Profiles of the manifest that hold the long-term key of `name`.
fn is_part(name: &str, imported: &Imported) -> bool {
    name.strip_suffix("-long-term").is_some_and(|owner| imported.patterns.contains_key(owner))
}

fn count(row: &Row, imported: &Imported) -> (Count, Vec<String>) {
    let (mut count, mut wrong) = (Count::default(), Vec::new());
    for name in &imported.usable {
        let pattern = imported.patterns.get(name).map(String::as_str);
        let (place, is_right) = match pattern {
            Some("external") => (&mut count.external, row.external.contains(&**name)),
            Some(_) => (&mut count.expressed, true),
            None if is_part(name, imported) => (&mut count.expressed, true),
            None => (&mut count.left, row.stay.contains(&**name)),
        };
        *place += 1;
        if !is_right {
            count.wrong += 1;
            wrong.push(format!("{name}: {}", pattern.unwrap_or("left where it is")));
        }
    }
    (count, wrong)
}

#[test]
fn what_people_have_means_the_same_after_import_and_adoption() {
    let mut botocore = Botocore::start();
    let (mut faults, mut table, mut sum) = (String::new(), String::new(), BTreeMap::<&str, usize>::new());
    for row in rows() {
        let imported = import(&fixture(row.fixture), &mut botocore);
        let (count, wrong) = count(&row, &imported);
        writeln!(
            table,
            "| {} | {} | {} | {} | {} |",
            row.fixture, row.usable, count.expressed, count.external, count.left
        )
        .unwrap();
        let sums = [
            ("expressed", count.expressed),
            ("external", count.external),
            ("left", count.left),
            ("wrong", count.wrong),
        ];
        for (word, number) in sums {
            *sum.entry(word).or_default() += number;
        }
        for fault in imported.faults.iter().chain(&wrong) {
            writeln!(faults, "{}: {fault}", row.fixture).unwrap();
        }
    }
    if let Some(path) = std::env::var_os("AWSAUTH_TEST_IMPORT_TABLE") {
        std::fs::write(path, format!("{table}\n{sum:?}\n\n{faults}")).unwrap();
    }
    assert!(faults.is_empty(), "{sum:?}\n{faults}");
}

#[test]
fn the_table_names_every_fixture_and_no_other() {
    let dirs = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/import")).unwrap();
    let dirs: BTreeSet<String> = dirs
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let rows: BTreeSet<String> = rows().iter().map(|row| row.fixture.to_owned()).collect();
    assert_eq!(dirs, rows);
}
