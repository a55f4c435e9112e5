//! The pages that are made from what the program says of itself. `BLESS=1 cargo test --test it -- documents` writes them anew.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use super::project;
use crate::files::files;
use crate::support::sandbox::Sandbox;

/// Compares a page below `docs` with what the program makes it, or writes it.
#[track_caller]
fn is_current(page: &str, made: &str) {
    let path = project().join("docs").join(page);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let fresh = fs::read_to_string(path).is_ok_and(|text| text == made);
    assert!(fresh, "docs/{page} is stale: BLESS=1 cargo test --test it -- documents");
}

/// The words of each command, as `login` or `keys add`.
pub(super) fn commands(home: &Sandbox) -> Vec<Vec<String>> {
    home.write("pages/keep", "");
    home.run(["man", "--dir", "pages"]).ok();
    let names = home.list("pages").into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".1")?.strip_prefix("awsauth-")?.to_owned();
        let words: Vec<String> = name.split('-').map(str::to_owned).collect();
        let is_one = home.run([&["man".to_owned()], &words[..]].concat()).code == Some(0);
        Some(if is_one { words } else { vec![name] })
    });
    names.collect()
}

#[test]
fn the_reference_of_commands_is_what_help_says() {
    let home = Sandbox::new().env("COLUMNS", "80");
    let mut page = "# All options\n\nFor everybody, as a reference: what `awsauth COMMAND --help` says of each command. \
                    [Commands](commands.md) explains them.\n\nThis page is made from the program by a test; a change to it \
                    by hand is lost.\n"
        .to_owned();
    for words in [vec![]].into_iter().chain(commands(&home)) {
        let help = home.run(words.iter().map(String::as_str).chain(["--help"])).ok().stdout;
        let name = [&["awsauth".to_owned()], &words[..]].concat().join(" ");
        write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.trim_end()).unwrap();
    }
    is_current("commands-reference.md", &page);
}

/// The patterns that take a key, those that demand it in bold.
fn patterns(schema: &Value, key: &str) -> String {
    let rules = schema["definitions"]["profile"]["allOf"].as_array().unwrap();
    let needs = schema["else"]["allOf"].as_array().unwrap();
    let profiles = needs.iter().map(|need| &need["else"]["properties"]["profiles"]["additionalProperties"]);
    let need = profiles.into_iter().find(|need| need["then"]["required"][0] == key);
    let demands = |pattern: &Value| {
        need.is_some_and(|need| {
            let among = need["if"]["properties"]["pattern"]["enum"].as_array();
            among.is_none_or(|among| among.contains(pattern))
        })
    };
    let takers: Vec<&Value> = rules.iter().filter(|rule| rule["then"]["properties"][key] != false).collect();
    let names = takers.iter().map(|rule| {
        let pattern = &rule["if"]["properties"]["pattern"]["enum"][0];
        let name = pattern.as_str().unwrap();
        if demands(pattern) { format!("**{name}**") } else { name.to_owned() }
    });
    let names: Vec<String> = names.collect();
    match takers.len() {
        all if all == rules.len() && need.is_none() => "every one".to_owned(),
        all if all == rules.len() => "**every one**".to_owned(),
        _ => names.join(", "),
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The examples of a key, as TOML has them.
fn examples(key: &Value) -> String {
    let examples = key["examples"].as_array().unwrap().iter();
    examples.map(|example| format!("`{}`", toml(example))).collect::<Vec<_>>().join(", ")
}

/// A value of JSON as one line of TOML.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let pairs = table.iter().map(|(key, value)| {
                let is_bare = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
                format!("{} = {}", if is_bare { key.clone() } else { format!("\"{key}\"") }, toml(value))
            });
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

/// A table of the keys that a schema's object has.
fn table(object: &Value) -> String {
    let mut table = "| key | examples | what it is |\n|---|---|---|\n".to_owned();
    for (name, key) in object["properties"].as_object().unwrap() {
        let words = cell(key["description"].as_str().unwrap());
        writeln!(table, "| `{name}` | {} | {words} |", cell(&examples(key))).unwrap();
    }
    table
}

#[test]
fn the_reference_of_the_manifest_is_what_the_schemas_say() {
    let home = Sandbox::new();
    let [schema, own] = [&["schema"][..], &["schema", "--local"]].map(|args| home.run(args).ok().json());
    let of = |name: &str| &schema["definitions"][name];
    let mut page = "# All keys of the manifest\n\nFor people who write `profiles.toml`, as a reference: every table and key, from \
                    the table of keys that the program reads by. [The manifest](manifest.md) explains them, and says what \
                    they do together.\n\nThis page is made from the program by a test; a change to it by hand is lost.\n"
        .to_owned();
    let mut section = |title: &str, text: &str| write!(page, "\n## {title}\n\n{text}").unwrap();
    section("Tables", &table(&schema));
    let mut profile =
        "Patterns in **bold** demand the key. An `sso` profile without `sso_session` demands `sso_start_url` and \
                       `sso_region`, and a `role` demands `source_profile` or `credential_source`.\n\n\
                       | key | patterns | examples | what it is |\n|---|---|---|---|\n"
            .to_owned();
    for (name, key) in of("profile")["properties"].as_object().unwrap() {
        let words = cell(key["description"].as_str().unwrap());
        writeln!(profile, "| `{name}` | {} | {} | {words} |", patterns(&schema, name), cell(&examples(key))).unwrap();
    }
    section("Profiles, and [defaults]", &profile);
    section("[sso_sessions.NAME]", &table(of("session")));
    section("[accounts.NAME]", &table(of("account")));
    let mut matrix = of("matrix").clone();
    let keys = matrix["properties"].as_object_mut().unwrap();
    keys.retain(|name, _| of("profile")["properties"].get(name).is_none());
    section("[matrix.LABEL]", &format!("Every key of a profile, and these:\n\n{}", table(&matrix)));
    section("settings of a profile", &table(of("settings")));
    section("settings of s3", &table(&of("settings")["properties"]["s3"]));
    let local = "Only in your own `profiles.local.toml` in the configuration directory.\n\n";
    section("[settings]", &format!("{local}{}", table(&own["properties"]["settings"])));
    is_current("manifest-reference.md", &page);
}

/// Every text that a fixture expects of `check`.
fn expected() -> Vec<String> {
    let texts = files(&project().join("fixtures"), "txt").into_iter().map(|file| fs::read_to_string(file).unwrap());
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts
}

#[test]
fn every_finding_of_check_is_shown_by_its_shortest_example() {
    let codes = fs::read_to_string(project().join("src/manifest/findings/codes.rs")).unwrap();
    let mut codes: Vec<&str> = codes.split(" = \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    codes.sort_unstable();
    let texts = expected();
    let mut page = "# Findings of check\n\nFor people whose manifest has a mistake: every finding of `awsauth check` by its name, \
                    with an example of what it says. The last lines say how to correct it. [Mistakes](manifest.md#mistakes) \
                    tells which commands go on in spite of one.\n\nThis page is made from the tests' fixtures by a test; a change \
                    to it by hand is lost.\n"
        .to_owned();
    for code in codes {
        let heads = [format!("error[{code}]"), format!("warning[{code}]")];
        let findings = texts.iter().flat_map(|text| text.split("\n\n"));
        let found = findings.filter(|finding| heads.iter().any(|head| finding.starts_with(head)));
        let shortest = found.min_by_key(|finding| (finding.lines().count(), finding.len()));
        let shortest = shortest.unwrap_or_else(|| panic!("no fixture shows {code}"));
        write!(page, "\n## {code}\n\n```text\n{}\n```\n", shortest.trim_end()).unwrap();
    }
    is_current("findings.md", &page);
}
