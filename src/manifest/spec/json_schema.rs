//! Owns the JSON Schema of the manifest, made from the tables of keys. Draft 7, which Taplo and Even Better TOML read best.

use serde_json::{Map, Value, json};

use super::aws_settings::{self, SettingSpec, SettingType};
use super::keys::{self, Key, Shape};
use crate::manifest::document::top::VERSION;
use crate::manifest::raw::account::Account;
use crate::manifest::raw::field::KeyTable as _;
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::raw::sso_session::Session;
use crate::manifest::{console_browser, personal_settings};
use crate::model::Pattern;

const PATH: &str = "^(?![/~])(?!.:)(?!(.*/)?[.][.](/|$))(?!.*([*][*]|\\\\|\\$\\{))(?!(.*/)?profiles[.]local[.]toml$)[^\\u0000-\\u001f\\u007f]*[^/\\u0000-\\u001f\\u007f]$";

/// All spellings of this machine's name and addresses.
const HERE: &str = "([lL][oO][cC][aA][lL][hH][oO][sS][tT]|127(\\.[0-9]+){3}|\\[[0:]*:(0{0,3}1|0\\.0\\.0\\.1)\\])";

pub(crate) fn schema() -> Value {
    let top: Map<_, _> = keys::shared_top().map(|(name, doc)| (name.to_owned(), described(table(name), doc))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "awsauth profiles.toml",
        "description": "Every AWS profile of a team in one file, from which awsauth makes ~/.aws/config.",
        "type": "object",
        "properties": top,
        "additionalProperties": false,
        // An included file may have the missing keys.
        "if": { "required": [keys::INCLUDE] },
        "else": { "allOf": needs() },
        "definitions": definitions(),
    })
}

pub(crate) fn local_schema() -> Value {
    let top = keys::local_top().map(|(name, doc)| {
        let value = if name == "settings" { local_settings() } else { table(name) };
        (name.to_owned(), described(value, doc))
    });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "awsauth profiles.local.toml",
        "description": "Personal additions to a shared manifest. Do not commit this file.",
        "type": "object",
        "properties": top.collect::<Map<_, _>>(),
        "additionalProperties": false,
        "definitions": definitions(),
    })
}

fn described(mut value: Value, doc: &str) -> Value {
    value["description"] = json!(doc);
    value
}

fn table(name: &str) -> Value {
    let of_variables = |value: Value, example: &str| {
        json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z0-9_-]+$" },
            "additionalProperties": value,
            "examples": [{ "user": example }],
        })
    };
    match name {
        "version" => json!({ "type": "integer", "const": VERSION, "examples": [VERSION] }),
        keys::INCLUDE => json!({
            "type": "array",
            "items": { "type": "string", "pattern": PATH },
            "examples": [["accounts.toml", "teams/*.toml"]],
        }),
        keys::REQUIRED_VARS => of_variables(json!({ "type": "string" }), "your IAM user name"),
        "defaults" => {
            let mut defaults = object(ProfileKeys::KEYS, "");
            defaults["examples"] = json!([{ "region": "eu-west-1", "output": "json" }]);
            defaults
        }
        "vars" => of_variables(json!({ "type": "string", "not": { "pattern": "\\$\\{" } }), "alice"),
        "sso_sessions" => named("session"),
        "accounts" => {
            let mut accounts = named("account");
            let number = described(text("[0-9]{12}"), "The account's id, 12 digits.");
            accounts["additionalProperties"] = json!({ "anyOf": [number, { "$ref": "#/definitions/account" }] });
            accounts["examples"] =
                json!([{ "prod": "111111111111", "dev": { "id": "222222222222", "roles": ["Admin"] } }]);
            accounts
        }
        "matrix" => json!({
            "type": "object",
            "propertyNames": { "not": { "pattern": "\\$\\{" } },
            "additionalProperties": { "$ref": "#/definitions/matrix" },
            "examples": [{ "corp": example("matrix") }],
        }),
        _ => named("profile"),
    }
}

fn definitions() -> Value {
    let mut profile = object(ProfileKeys::KEYS, "One profile: a name usable as `aws --profile NAME`.");
    profile["allOf"] = keys_of_patterns();
    let account = object(Account::KEYS, "One AWS account.");
    let mut matrix =
        object(ProfileKeys::KEYS, "Profiles for many accounts and roles: which ones to make, and their keys.");
    for (name, doc, example) in keys::MATRIX {
        let mut value = described(choice(name), doc);
        value["examples"] = json!([parse(example)]);
        matrix["properties"][*name] = value;
    }
    matrix["allOf"] = keys_of_patterns();
    let session = object(Session::KEYS, "One login to IAM Identity Center.");
    let settings = described(settings(aws_settings::SETTINGS), "AWS settings of a profile.");
    let mut all = json!({
        "profile": profile,
        "session": session,
        "account": account,
        "matrix": matrix,
        "settings": settings,
    });
    for (name, value) in all.as_object_mut().into_iter().flatten() {
        value["examples"] = json!([example(name)]);
    }
    all
}

fn example(definition: &str) -> Value {
    match definition {
        "session" => json!({ "sso_start_url": "https://corp.awsapps.com/start", "sso_region": "us-east-1" }),
        "account" => json!({ "id": "222222222222", "roles": ["Admin"] }),
        "settings" => json!({ "max_attempts": 5, "retry_mode": "adaptive" }),
        "matrix" => json!({
            "name": "${account}-${role}",
            "accounts": "*",
            "roles": ["Admin", "ReadOnly"],
            "pattern": "sso",
            "sso_session": "corp",
            "sso_account_id": "${account_id}",
            "sso_role_name": "${role}",
        }),
        _ => json!({
            "pattern": "iam-mfa-role",
            "source_profile": "main",
            "role_arn": "arn:aws:iam::444455556666:role/Admin",
        }),
    }
}

fn choice(name: &str) -> Value {
    let names = || json!({ "type": "array", "items": { "type": "string" } });
    match name {
        keys::NAME_KEY => json!({ "type": "string" }),
        keys::ACCOUNTS => json!({
            "anyOf": [
                { "const": "*" },
                names(),
                { "type": "object", "properties": { "tags": names() }, "required": ["tags"], "additionalProperties": false },
            ],
        }),
        keys::ROLES => json!({
            "anyOf": [{ "const": "*" }, { "type": "array", "items": text(keys::ROLE_NAME) }],
        }),
        keys::EXCLUDE => json!({
            "type": "array",
            "items": { "type": "string", "not": { "pattern": "[*][*]" } },
        }),
        _ => names(),
    }
}

fn local_settings() -> Value {
    let setting = |key: &Key| {
        let mut value = match key.shape {
            Shape::Word(words) => json!({ "enum": words }),
            Shape::Texts(form, _) if key.name != "mfa_process" => json!({
                "type": "array",
                "items": { "type": "string", "pattern": format!("^({form})$") },
            }),
            Shape::Browser => browser(),
            Shape::BrowserByTag => json!({ "type": "object", "additionalProperties": browser() }),
            _ => command_line(),
        };
        value["examples"] = key.examples.iter().map(|example| parse(example)).collect();
        (key.name.to_owned(), described(value, key.doc))
    };
    let settings: Map<_, _> = personal_settings::keys().map(setting).collect();
    json!({ "type": "object", "properties": settings, "additionalProperties": false, "examples": [{ "prompt": "tty" }] })
}

/// A program and its arguments.
fn command_line() -> Value {
    let no_variable = no_variable();
    json!({
        "type": "array",
        "items": [{ "type": "string", "pattern": "^([^~./\\\\\\s][^/\\\\]*|[.][^./\\\\][^/\\\\]*|/.*|[A-Za-z]:[/\\\\].*)$", "not": no_variable }],
        "additionalItems": { "type": "string", "not": no_variable },
        "minItems": 1,
    })
}

fn no_variable() -> Value {
    json!({ "pattern": "\\$\\{" })
}

/// A browser for consoles.
fn browser() -> Value {
    let name = json!({ "type": "string", "pattern": "\\S", "not": no_variable() });
    let named = |key: &str| {
        json!({
            "type": "object",
            "properties": { key: name, (console_browser::PROGRAM): command_line() },
            "required": [key],
            "additionalProperties": false,
        })
    };
    json!({ "anyOf": [command_line(), named(console_browser::CONTAINER), named(console_browser::PROFILE)] })
}

fn named(definition: &str) -> Value {
    let name = if definition == "session" { "corp" } else { "prod" };
    let mut odd = json!({ "pattern": "^([dD][eE][fF][aA][uU][lL][tT]|__proto__)$" });
    // No session can be called `default`.
    if definition != "session" {
        odd["not"] = json!({ "const": "default" });
    }
    json!({
        "type": "object",
        "propertyNames": { "pattern": format!("^{}$", keys::NAME), "not": odd },
        "additionalProperties": { "$ref": format!("#/definitions/{definition}") },
        "examples": [{ name: example(definition) }],
    })
}

fn object(keys: &'static [Key], doc: &str) -> Value {
    let properties: Map<_, _> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    json!({ "type": "object", "description": doc, "properties": properties, "additionalProperties": false })
}

fn required(keys: &'static [Key]) -> Vec<&'static str> {
    keys.iter().filter(|key| !key.required.is_empty()).map(|key| key.name).collect()
}

fn property(key: &Key) -> Value {
    let mut value = match key.shape {
        Shape::Text(form) => text(form),
        Shape::Word(words) => word(words),
        Shape::Seconds(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Texts(form, least) => json!({ "type": "array", "items": text(form), "minItems": least }),
        Shape::Settings => json!({ "allOf": [{ "$ref": "#/definitions/settings" }] }),
        Shape::Browser => browser(),
        Shape::BrowserByTag => json!({ "type": "object", "additionalProperties": browser() }),
    };
    value["description"] = json!(key.doc);
    value["examples"] = key.examples.iter().map(|example| parse(example)).collect();
    value
}

/// A string of this form, or any string with a variable.
fn text(form: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^({form})$|\\$\\{{") })
}

fn word(words: &[&str]) -> Value {
    json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": "\\$\\{" }] })
}

fn parse(example: &str) -> Value {
    serde_json::from_str(example).unwrap_or_else(|_| json!(example))
}

fn settings(list: &'static [SettingSpec]) -> Value {
    let properties: Map<_, _> = list.iter().map(|known| (known.name.to_owned(), setting(known))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn setting(known: &SettingSpec) -> Value {
    let mut value = match known.takes {
        SettingType::Text(_) => {
            json!({ "anyOf": [{ "type": ["integer", "boolean"] }, text("(?![#; ])(?!.* [#;])[ -~]*[!-~]")] })
        }
        SettingType::Empty => json!({ "const": "" }),
        SettingType::Word(words) => {
            let mut value = word(words);
            if words.contains(&"true") {
                value["anyOf"].as_array_mut().into_iter().for_each(|any| any.push(json!({ "type": "boolean" })));
            }
            value
        }
        SettingType::Flag => json!({ "anyOf": [{ "type": "boolean" }, text("true|false")] }),
        SettingType::Number(least, _) => json!({ "anyOf": [{ "type": "integer", "minimum": least }, text("[0-9]+")] }),
        SettingType::Size => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, text("[0-9]+([KMGTkmgt][Ii]?[Bb])?")] })
        }
        SettingType::Endpoint => text(&format!("https://[^@/?#\\s]+([/?#].*)?|http://{HERE}(:[0-9]*)?([/?#].*)?")),
        SettingType::Nested(list) => settings(list),
    };
    value["description"] = json!(known.doc);
    value["examples"] = json!([parse(&known.example())]);
    value
}

/// For each pattern: the keys that it has no use for, and the two forms of `sso`.
fn keys_of_patterns() -> Value {
    let useless = |pattern: Pattern| -> Map<String, Value> {
        let keys = ProfileKeys::KEYS.iter().filter(|key| !key.fits(pattern));
        keys.map(|key| (key.name.to_owned(), json!(false))).collect()
    };
    let rules = Pattern::ALL.map(|pattern| {
        let mut then = json!({ "properties": useless(pattern) });
        match pattern {
            Pattern::Sso => {
                then["dependencies"] = json!({
                    "sso_session": { "properties": { "sso_start_url": false, "sso_region": false } },
                });
            }
            Pattern::IamMfaRole | Pattern::SsoRole | Pattern::Role => {
                then["properties"]["duration_seconds"] =
                    json!({ "maximum": if pattern == Pattern::SsoRole { 3600 } else { 43_200 } });
            }
            Pattern::Iam | Pattern::IamMfa | Pattern::Login | Pattern::External => {}
        }
        if pattern == Pattern::Role {
            then["dependencies"] = json!({ "credential_source": { "properties": { "source_profile": false } } });
        }
        json!({ "if": is(&[pattern]), "then": then })
    });
    json!(rules)
}

/// Required keys of profiles, unless `[defaults]` has them, and of sessions, accounts and matrices.
fn needs() -> Value {
    let rule = |name: &str, patterns: &[Pattern]| {
        let condition = if name == "pattern" { json!({}) } else { is(patterns) };
        unless_default(&[name], &condition, &json!({ "required": [name] }))
    };
    let mut rules: Vec<_> = ProfileKeys::KEYS
        .iter()
        .filter(|key| !key.required.is_empty())
        .map(|key| rule(key.name, key.required))
        .collect();
    let forms = json!({ "anyOf": [{ "required": ["sso_session"] }, { "required": ["sso_start_url", "sso_region"] }] });
    rules.push(unless_default(&["sso_session", "sso_start_url", "sso_region"], &is(&[Pattern::Sso]), &forms));
    let sources = json!({ "anyOf": [{ "required": ["source_profile"] }, { "required": ["credential_source"] }] });
    rules.push(unless_default(&["source_profile", "credential_source"], &is(&[Pattern::Role]), &sources));
    let session = json!({ "additionalProperties": { "required": required(Session::KEYS) } });
    let account = json!({ "additionalProperties": { "if": { "type": "object" }, "then": { "required": required(Account::KEYS) } } });
    let matrix = json!({ "additionalProperties": { "required": [keys::NAME_KEY, keys::ACCOUNTS] } });
    rules.push(json!({ "properties": { "sso_sessions": session, "accounts": account, "matrix": matrix } }));
    rules.push(json!({
        "if": { "required": ["defaults"], "properties": { "defaults": { "required": ["pattern"] } } },
        "else": { "properties": { "matrix": { "additionalProperties": { "required": ["pattern"] } } } },
    }));
    json!(rules)
}

/// Applies `then` to every profile that meets `condition` if `[defaults]` has none of `keys` and there is no matrix,
/// whose profiles may be overridden by a few keys.
fn unless_default(keys: &[&str], condition: &Value, then: &Value) -> Value {
    let any: Vec<_> = keys.iter().map(|key| json!({ "required": [key] })).collect();
    json!({
        "if": { "anyOf": [
            { "required": ["matrix"] },
            { "required": ["defaults"], "properties": { "defaults": { "anyOf": any } } },
        ] },
        "else": { "properties": { "profiles": { "additionalProperties": { "if": condition, "then": then } } } },
    })
}

fn is(patterns: &[Pattern]) -> Value {
    let words: Vec<_> = patterns.iter().map(|pattern| pattern.as_str()).collect();
    json!({ "required": ["pattern"], "properties": { "pattern": { "enum": words } } })
}
