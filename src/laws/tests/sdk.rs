//! Owns the reading of config files by the SDK for Rust, which is a parser of its own.

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use proptest::prelude::*;

use crate::ini::{Document, FileKind, SectionId};
use crate::laws::expected::{Section, Value};
use crate::laws::view;

thread_local! {
    static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
}

/// A config file as the parser of the SDK for Rust reads it.
#[expect(clippy::default_trait_access, reason = "the types are of aws-types, which is not a dependency")]
pub(in crate::laws) fn read(text: &str) -> EnvConfigSections {
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, text).build();
    let source =
        RUNTIME.with(|runtime| runtime.block_on(source::load(&Default::default(), &Default::default(), &files)));
    EnvConfigSections::parse(source.unwrap()).unwrap()
}

/// The text says to the SDK for Rust exactly what is expected.
pub(in crate::laws) fn reads_as(text: &str, expected: &[(SectionId, Section)]) {
    let read = read(text);
    assert_eq!(read.profiles().count() + read.sso_sessions().count(), expected.len());
    for (id, section) in expected {
        let get = |key: &str| match id {
            SectionId::Profile(name) => read.get_profile(name).and_then(|found| found.get(key)),
            SectionId::SsoSession(name) => read.sso_session(name).and_then(|found| found.get(key)),
            id => panic!("{id:?} is never written"),
        };
        for (key, value) in section {
            let value = match value {
                Value::Text(text) => text.clone(),
                Value::Nested(pairs) => view::block_text(pairs),
            };
            assert_eq!(get(key), Some(value.as_str()), "{id:?} {key}");
        }
    }
}

/// One section: the header's name, then keys with values; a value of several lines is a nested block.
type Sections =
    std::collections::BTreeMap<String, std::collections::BTreeMap<String, Result<String, Vec<(String, String)>>>>;

fn portable() -> impl Strategy<Value = Sections> {
    let value = || "[!$-:<-~]([!-:<-~]{0,20}[!$-&(-:<-~])?".prop_filter("quotes", |value| !value.contains(['"', '\'']));
    let key = || "[a-z][a-z0-9_]{0,8}";
    let nested = prop::collection::vec((key(), value()), 1..3);
    let any_value = prop_oneof![4 => value().prop_map(Ok), 1 => nested.prop_map(Err)];
    let body = prop::collection::btree_map(key(), any_value, 1..5);
    let name = "default|profile [a-zA-Z0-9_.@%+:/-]{1,8}|sso-session [a-z0-9]{1,4}"
        .prop_filter("reserved", |name| !name["profile ".len().min(name.len())..].eq_ignore_ascii_case("default"));
    prop::collection::btree_map(name, body, 0..6)
}

fn render(sections: &Sections) -> String {
    let mut text = String::new();
    for (name, body) in sections {
        text.extend(["# about it\n[", name, "]\n"]);
        for (key, value) in body {
            match value {
                Ok(value) => text.extend([key, " = ", value, "\n"]),
                Err(nested) => {
                    text.extend([key, " =\n"]);
                    text.extend(nested.iter().flat_map(|(key, value)| ["  ", key, " = ", value, "\n"]));
                }
            }
        }
        text.push('\n');
    }
    text
}

proptest! {
    #![proptest_config(super::config(200))]

    #[test]
    fn portable_files_read_the_same_as_in_the_rust_sdk(sections in portable()) {
        let text = render(&sections);
        let sdk = read(&text);
        let document = Document::parse(text.as_bytes(), FileKind::Config);
        prop_assert_eq!(document.faults(), vec![]);
        prop_assert_eq!(document.lint(&(0..0)), vec![]);
        prop_assert_eq!(document.sections().len(), sections.len());
        prop_assert_eq!(sdk.profiles().count() + sdk.sso_sessions().count(), sections.len());
        for section in document.sections() {
            for entry in document.entries(section) {
                let key = document.text(&entry.key());
                let theirs = match &section.id {
                    SectionId::Profile(name) => sdk.get_profile(name).and_then(|found| found.get(&key)),
                    SectionId::SsoSession(name) => sdk.sso_session(name).and_then(|found| found.get(&key)),
                    id => panic!("{id:?} was not generated"),
                };
                let ours = document.get(&section.id, &key);
                prop_assert_eq!(ours.as_deref(), theirs);
            }
        }
    }
}
