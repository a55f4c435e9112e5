//! Tests of every law: cases from a fixed seed, and from every file in `fixtures/ini`.

pub(super) mod sdk;

use std::cell::Cell;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::*;

/// The most bytes that one case is drawn from.
const MOST_BYTES: usize = 300;

/// So many cases, the same ones each time, and nothing kept on the disk.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x00A5_5A00),
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    }
}

/// Tries `law` on so many cases; a failing one is made small. Of those, `least` must give the law something to judge, or
/// the cases are no good any more.
fn holds<C: std::fmt::Debug>(
    cases: u32,
    least: u32,
    draw: impl Fn(&mut Unstructured<'_>) -> C,
    law: impl Fn(&C) -> Checked,
) {
    let bytes = prop::collection::vec(any::<u8>(), 0..MOST_BYTES);
    let drawn = bytes.prop_map(|bytes| draw(&mut Unstructured::new(&bytes)));
    let judged = Cell::new(0);
    let tried = TestRunner::new(config(cases)).run(&drawn, |case| {
        judged.set(judged.get() + u32::from(law(&case) == Checked::Yes));
        Ok(())
    });
    tried.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(judged.get() >= least, "only {} of {cases} cases gave the law something to judge", judged.get());
}

/// Every file below `fixtures/NAME` that ends with `ending`.
#[expect(clippy::disallowed_methods, reason = "the tests look at their own fixtures")]
fn fixtures(name: &str, ending: &str) -> Vec<Vec<u8>> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(dir) = open.pop() {
        let (dirs, others): (Vec<_>, Vec<_>) =
            std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).partition(|path| path.is_dir());
        open.extend(dirs);
        files.extend(others.into_iter().filter(|path| path.extension().is_some_and(|found| found == ending)));
    }
    files.sort();
    assert!(!files.is_empty(), "there is no .{ending} in fixtures/{name}");
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn reading_any_bytes_finds_a_place_for_each() {
    let seeds = fixtures("ini", "ini");
    for seed in &seeds {
        parse_is_identity(seed);
    }
    let draw = |draw: &mut Unstructured<'_>| {
        let sort = draw.pick(&[FileSort::Config, FileSort::Credentials]);
        files::draw(draw, sort, &seeds)
    };
    holds(10_000, 10_000, draw, |file| {
        parse_is_identity(file);
        Checked::Yes
    });
}

#[test]
fn edits_change_what_they_say_and_nothing_else() {
    let seeds = fixtures("ini", "ini");
    holds(10_000, 4_500, |draw| EditCase::draw(draw, &seeds), edits_hold);
}

#[test]
fn a_matrix_makes_what_could_be_written_out() {
    holds(5_000, 2_000, MatrixCase::draw, matrix_holds);
}

#[test]
fn a_manifest_in_two_files_says_what_it_says_in_one() {
    for text in fixtures("manifest", "toml") {
        check_holds(&String::from_utf8_lossy(&text));
    }
    holds(10_000, 4_000, manifests::draw, |text| layers_hold(text));
}

#[test]
fn applying_any_manifest_to_any_file_keeps_what_is_outside_the_block() {
    let seeds = fixtures("ini", "ini");
    holds(10_000, 4_500, |draw| ApplyCase::draw(draw, &seeds), apply_holds);
}

#[test]
fn adopting_keeps_every_comment_and_every_section_of_the_users() {
    let seeds = fixtures("ini", "ini");
    holds(5_000, 1_500, |draw| AdoptCase::draw(draw, &seeds), adopt_holds);
}

#[test]
fn applying_every_manifest_fixture_to_every_file_fixture_holds() {
    let manifests: Vec<String> =
        fixtures("manifest", "toml").into_iter().filter_map(|text| String::from_utf8(text).ok()).collect();
    let right: Vec<&String> = manifests.iter().filter(|text| apply::checked(text).is_some()).collect();
    for file in fixtures("ini", "ini") {
        for pair in right.windows(2) {
            apply_holds(&ApplyCase { first: pair[0].clone(), second: pair[1].clone(), file: File(file.clone()) });
        }
    }
}

#[test]
fn the_credentials_file_keeps_every_other_section_and_every_long_term_key() {
    let seeds = fixtures("ini", "ini");
    holds(5_000, 1_200, |draw| CredentialsCase::draw(draw, &seeds), credentials_hold);
}

#[test]
fn a_text_of_the_manifest_stands_in_the_file_as_it_is_or_is_an_error() {
    holds(10_000, 1_000, ValueCase::draw, value_holds);
}

#[test]
fn an_import_means_what_the_files_mean() {
    holds(500, 300, ImportCase::draw, import_holds);
}
