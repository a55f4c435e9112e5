//! `schemas/profiles.schema.json`: as fresh as the code, and of one mind with the reader about every fixture.
//! `BLESS=1 cargo test` writes it anew.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::check::fixtures;
#[cfg(feature = "real-clients")]
use crate::support::sandbox::Run;
use crate::support::sandbox::Sandbox;

/// Rules that a JSON Schema can't express: they compare places of the file, look into values made of variables, or are
/// about what TOML itself refuses, or about what each person allows.
const BEYOND_A_SCHEMA: &[&str] = &[
    "syntax",
    "duplicate-key",
    "name-case",
    "bad-role-arn-through-variable",
    "bad-name-too-long",
    "duration-chained-mfa-session",
    "duration-chained-defaults",
    "duration-chained-matrix",
    "duration-chained-own-mfa",
    "duration-chained-role",
    "unknown-source",
    "source-cycle",
    "source-pattern",
    "chain-too-long",
    "partition-mismatch",
    "mfa-twice",
    "mfa-missing",
    "unknown-session",
    "undefined-variable",
    "bad-variable-open",
    "long-term-collision",
    "foreign-endpoint",
    // Only in the person's own file.
    "refused-setting-history",
    "required-variable-given",
    "bad-role-arn-matrix",
    "unknown-account",
    "other-session",
    "made-twice",
    "matrix-too-large",
    "missing-key-override",
];

fn committed() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles.schema.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_committed_schema_is_what_the_code_makes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles.schema.json");
    let made = Sandbox::new().run(["schema"]).ok().stdout;
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &made).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap() == made, "stale: run `awsauth schema > schemas/profiles.schema.json`");
}

#[test]
fn the_schema_agrees_with_the_reader_about_every_fixture() {
    let validator = jsonschema::draft7::new(&committed()).unwrap();
    let value = |file: &Path| toml_value(&fs::read_to_string(file).unwrap());
    for file in fixtures("valid") {
        let value = value(&file).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
    let mut passed = Vec::new();
    for file in fixtures("invalid") {
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let is_beyond = BEYOND_A_SCHEMA.iter().any(|rule| stem.starts_with(rule));
        let is_valid = value(&file).is_some_and(|value| validator.is_valid(&value));
        if is_valid && !is_beyond {
            passed.push(stem);
        }
    }
    assert!(passed.is_empty(), "the schema lets {passed:?} pass");
}

/// Calls `visit` with each table and key that a schema describes, and its path.
fn walk(schema: &Value, path: &str, visit: &mut dyn FnMut(&str, &Value)) {
    for group in ["properties", "definitions"] {
        for (name, inner) in schema[group].as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            visit(&path, inner);
            walk(inner, &path, visit);
        }
    }
}

/// The schemas of the manifest, and of what one person adds to it.
fn schemas() -> [Value; 2] {
    [&["schema"][..], &["schema", "--local"]].map(|args| Sandbox::new().run(args).ok().json())
}

#[test]
fn every_table_and_key_is_described_by_words_and_examples() {
    for schema in schemas() {
        let mut bare = Vec::new();
        walk(&schema, "", &mut |path, inner| {
            let has_words = inner["description"].as_str().is_some_and(|words| words.ends_with('.'));
            if !has_words || inner["examples"].as_array().is_none_or(Vec::is_empty) {
                bare.push(path.to_owned());
            }
        });
        assert!(bare.is_empty(), "{bare:?}");
    }
}

#[test]
fn every_example_is_valid_where_it_stands_and_the_schemas_are_schemas() {
    for schema in schemas() {
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
        let mut wrong = Vec::new();
        let mut count = 0;
        walk(&schema, "", &mut |path, inner| {
            // Alone, it would not find what it refers to.
            let alone = serde_json::json!({ "definitions": schema["definitions"], "allOf": [inner] });
            let validator = jsonschema::draft7::new(&alone).unwrap();
            for example in inner["examples"].as_array().into_iter().flatten() {
                count += 1;
                wrong.extend(validator.iter_errors(example).map(|error| format!("{path}: {error}")));
            }
        });
        assert!(count > 40 && wrong.is_empty(), "{count}: {wrong:?}");
    }
}

/// What editors check TOML with, by the line that `docs/manifest.md` gives.
#[cfg(feature = "real-clients")]
#[test]
fn taplo_thinks_of_every_fixture_as_the_reader_does() {
    use std::process::Command;
    let home = Sandbox::new();
    home.write("profiles.schema.json", home.run(["schema"]).ok().stdout);
    let node = std::env::var_os("AWSAUTH_TEST_NODE").expect("tests/run says where Node is");
    let modules = std::env::var_os("AWSAUTH_TEST_NODE_DIR").expect("tests/run says where npm's packages are");
    let taplo = Path::new(&modules).join("node_modules/@taplo/cli/dist/cli.js");
    let lint = |kind: &str| {
        for file in fixtures(kind) {
            let text = fs::read_to_string(&file).unwrap();
            let name = file.file_name().unwrap().to_str().unwrap();
            home.write(&format!("{kind}/{name}"), format!("#:schema ../profiles.schema.json\n{text}"));
        }
        let mut command = Command::new(&node);
        command
            .arg(&taplo)
            .args(["lint", "--colors", "never"])
            .arg(format!("{kind}/*.toml"))
            .current_dir(home.path(""));
        Run::from(command.output().unwrap())
    };
    let run = lint("valid").ok();
    assert!(run.stderr.contains(&format!("total={}", fixtures("valid").len())), "{}", run.stderr);
    let talk = lint("invalid").exits(1).stderr;
    let passed: Vec<_> = fixtures("invalid")
        .iter()
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|stem| !BEYOND_A_SCHEMA.iter().any(|rule| stem.starts_with(rule)))
        .filter(|stem| !talk.contains(&format!("invalid/{stem}.toml")))
        .collect();
    assert!(passed.is_empty(), "Taplo lets {passed:?} pass:\n{talk}");
}

/// TOML as JSON; dates do not occur.
pub(crate) fn toml_value(text: &str) -> Option<Value> {
    fn json(item: &toml_edit::Item) -> Value {
        match item {
            toml_edit::Item::None => Value::Null,
            toml_edit::Item::Value(value) => of_value(value),
            toml_edit::Item::Table(table) => table.iter().map(|(name, item)| (name.to_owned(), json(item))).collect(),
            toml_edit::Item::ArrayOfTables(tables) => {
                tables.iter().map(|table| json(&toml_edit::Item::Table(table.clone()))).collect()
            }
        }
    }
    fn of_value(value: &toml_edit::Value) -> Value {
        match value {
            toml_edit::Value::String(text) => text.value().as_str().into(),
            toml_edit::Value::Integer(number) => (*number.value()).into(),
            toml_edit::Value::Float(number) => (*number.value()).into(),
            toml_edit::Value::Boolean(flag) => (*flag.value()).into(),
            toml_edit::Value::Datetime(date) => date.value().to_string().into(),
            toml_edit::Value::Array(array) => array.iter().map(of_value).collect(),
            toml_edit::Value::InlineTable(table) => {
                table.iter().map(|(name, value)| (name.to_owned(), of_value(value))).collect()
            }
        }
    }
    let document = text.parse::<toml_edit::DocumentMut>().ok()?;
    Some(json(document.as_item()))
}
