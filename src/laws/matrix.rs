//! Owns the law of matrices: a matrix means the same as its profiles, written out. Must not know how they are expanded.

use super::layered_table::{FILES, LayeredTable, Lines, get, merged, names, table};
use super::{Checked, Unstructured, apply};
use crate::manifest::{Layers, SettingsTrust};
use crate::source::Source;

/// Keys with the values that one of them may have; a key without a value is left out.
type Choices = &'static [(&'static str, &'static [&'static str])];

/// The names of accounts as keys; the first is the start of the second.
const ACCOUNTS: &[&str] = &["\"prod\"", "\"prod-eu\"", "\"Dev\"", "\"a.b/c\""];
const ROLES: &[&str] = &["Admin", "ReadOnly", "a@b", "Power"];
const NAMES: &[&str] = &[
    "${account}-${role}",
    "${account}/${role}@${team}",
    "${role_lower}.${account_id}",
    "${account}-${account_id}-${role_lower}-${team}",
    "x-${account}",
    "x-${role}",
];
/// The profile of a matrix, by pattern.
const KINDS: &[&[(&str, &str)]] = &[
    &[
        ("pattern", "\"sso\""),
        ("sso_session", "\"corp\""),
        ("sso_account_id", "\"${account_id}\""),
        ("sso_role_name", "\"${role}\""),
    ],
    &[
        ("pattern", "\"sso\""),
        ("sso_session", "\"corp\""),
        ("sso_account_id", "\"123456789012\""),
        ("sso_role_name", "\"${team}\""),
    ],
    &[
        ("pattern", "\"iam-mfa-role\""),
        ("source_profile", "\"main\""),
        ("role_arn", "\"arn:aws:iam::${account_id}:role/${role}\""),
    ],
    &[
        ("pattern", "\"iam-mfa\""),
        ("mfa_serial", "\"arn:aws:iam::${account_id}:mfa/${team}\""),
        ("long_term_profile", "\"k-${account}\""),
    ],
    &[("pattern", "\"iam\"")],
];
const DEFAULTS: Choices = &[
    ("region", &["", "\"eu-north-1\""]),
    ("output", &["", "", "\"table\""]),
    ("tags", &["", "[\"all\"]", "[\"nonprod\", \"all\"]"]),
    ("description", &["", "", "\"for ${team}\""]),
    ("credential_process", &["", "", "", "true"]),
    ("duration_seconds", &["", "", "1800"]),
    ("sso_session", &["", "", "\"other\"", "\"corp\""]),
    ("settings.max_attempts", &["", "3"]),
    ("settings.s3.addressing_style", &["", "", "\"virtual\""]),
];
const ACCOUNT: Choices = &[
    ("region", &["", "", "\"eu-west-1\"", "\"us-gov-west-1\""]),
    ("tags", &["", "[\"nonprod\"]", "[]", "[\"live\", \"größe\"]"]),
    (
        "roles",
        &[
            "[\"Admin\", \"ReadOnly\"]",
            "[\"admin\"]",
            "[\"a@b\", \"Admin\"]",
            "[\"ReadOnly\"]",
            "",
            "[]",
            "[\"Ad,min\"]",
        ],
    ),
    ("sso_session", &["", "", "", "\"corp\"", "\"other\""]),
];
/// More keys of a matrix.
const MORE: Choices = &[
    ("description", &["", "\"${account} ${account_id} ${team}\""]),
    ("output", &["", "", "\"text\""]),
    ("credential_process", &["", "", "", "false"]),
    ("tags", &["", "[\"nonprod\", \"own\"]", "[\"${account}\"]", "[]"]),
    ("region", &["", "", "\"us-west-2\""]),
    ("duration_seconds", &["", "", "3600"]),
    ("sso_session", &["", "", "", "\"other\"", "\"${account}\""]),
    ("settings.s3.addressing_style", &["", "", "\"path\""]),
    ("settings.sdk_ua_app_id", &["", "", "\"${account}\""]),
];
/// The keys of a written profile, which win over those of the matrix.
const OVER: Choices = &[
    ("output", &["", "\"yaml\""]),
    ("region", &["", "", "\"eu-central-1\""]),
    ("tags", &["", "", "[\"mine\"]", "[]"]),
    ("settings.max_attempts", &["", "9"]),
    ("settings.s3.max_queue_size", &["", "", "7"]),
];
/// Globs for `exclude`.
const PATTERNS: &[&str] = &["*-Admin", "prod-?dmin", "?rod*", "*eu*-?e*", "x-?ev", "*-[ADR]?m*"];
/// The sessions, two of them with the names of accounts.
const TOP: &str = "[vars]\nteam = \"pay\"\n\
    [sso_sessions.corp]\nsso_start_url = \"https://corp.awsapps.com/start\"\nsso_region = \"us-east-1\"\n\
    [sso_sessions.other]\nsso_start_url = \"https://other.awsapps.com/start\"\nsso_region = \"us-east-1\"\n\
    [sso_sessions.prod]\nsso_start_url = \"https://prod.awsapps.com/start\"\nsso_region = \"us-east-1\"\n\
    [sso_sessions.Dev]\nsso_start_url = \"https://dev.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";
const MAIN: &[(&str, &str)] = &[("pattern", "\"iam-mfa\""), ("mfa_serial", "\"GAHT12345678\"")];

/// One account.
#[derive(Debug)]
struct Account {
    /// Its name, and the same in quotes.
    name: &'static str,
    quoted: &'static str,
    keys: LayeredTable,
}

/// A matrix, and its profiles written out.
#[derive(Debug)]
pub struct MatrixCase {
    /// In the order of [`FILES`].
    matrix: [String; FILES],
    written: String,
}

/// The parts of a matrix that make profiles.
#[derive(Debug)]
struct MatrixModel {
    defaults: LayeredTable,
    accounts: Vec<Account>,
    matrix: LayeredTable,
    /// Written profiles, by name, which win over those of the matrix.
    over: Vec<(String, LayeredTable)>,
}

/// Some of `choices`, in their order, each once; nearly always at least one.
fn some<T: Copy>(draw: &mut Unstructured<'_>, choices: &[T]) -> Vec<T> {
    let mut some: Vec<T> = choices.iter().copied().filter(|_| draw.one_in(2)).collect();
    if some.is_empty() && !draw.one_in(4) {
        some.extend(choices.first());
    }
    some
}

/// Each key in each of the files, or in none.
fn keys(draw: &mut Unstructured<'_>, files: &[usize], choices: Choices) -> LayeredTable {
    let mut keys = LayeredTable::default();
    for (key, values) in choices {
        for file in files {
            keys.put(*file, key, draw.pick(values));
        }
    }
    keys
}

/// True if a profile of that pattern, given in quotes, takes that key.
fn fits(pattern: &str, key: &str) -> bool {
    match key {
        "sso_session" => pattern == "\"sso\"",
        "duration_seconds" => ["\"iam-mfa\"", "\"iam-mfa-role\""].contains(&pattern),
        _ => true,
    }
}

impl MatrixModel {
    fn draw(draw: &mut Unstructured<'_>) -> Self {
        let files = draw.pick(&[&[1][..], &[1], &[0, 1], &[1, 2], &[0, 1, 2]]);
        let mut model = Self {
            defaults: if draw.one_in(2) { keys(draw, files, DEFAULTS) } else { LayeredTable::default() },
            accounts: accounts(draw, files),
            matrix: LayeredTable::default(),
            over: Vec::new(),
        };
        let has_roles = !draw.one_in(4);
        model.draw_kind(draw, files, has_roles);
        model.draw_choice(draw, files, has_roles);
        model.draw_exclude(draw, files);
        let made: Vec<String> = model.made().into_iter().map(|(name, ..)| name).collect();
        for name in made {
            if draw.one_in(3) {
                model.over.push((name, keys(draw, files, OVER)));
            }
        }
        model
    }

    /// The keys of each profile. The pattern may stand in `[defaults]`, as may the session.
    fn draw_kind(&mut self, draw: &mut Unstructured<'_>, files: &[usize], has_roles: bool) {
        let kinds = KINDS.iter().filter(|kind| has_roles || kind.iter().all(|(_, value)| !value.contains("${role")));
        let kind = draw.pick(&kinds.collect::<Vec<_>>());
        self.matrix = keys(draw, files, MORE);
        self.matrix.retain(|key| fits(kind[0].1, key));
        for (key, value) in *kind {
            let place = if draw.one_in(5) && ["pattern", "sso_session"].contains(key) {
                &mut self.defaults
            } else {
                &mut self.matrix
            };
            if place.get(key).is_none() {
                place.put(1, key, value);
            }
        }
    }

    /// The choice of accounts and roles, and the names of the profiles.
    fn draw_choice(&mut self, draw: &mut Unstructured<'_>, files: &[usize], has_roles: bool) {
        let open: Vec<&str> = self.open().map(|account| account.name).collect();
        let templates: Vec<&str> = NAMES.iter().copied().filter(|name| has_roles || !name.contains("${role")).collect();
        for file in files {
            if *file != 1 && !draw.one_in(3) {
                continue;
            }
            let mut list = some(draw, &open);
            if draw.one_in(2) {
                list.reverse();
            }
            let accounts = match draw.below(4) {
                0 | 1 => "\"*\"".to_owned(),
                2 => format!("{{ tags = {} }}", draw.pick(&["[\"nonprod\"]", "[\"live\", \"nonprod\"]"])),
                _ => format!("{list:?}"),
            };
            self.matrix.put(*file, "name", &format!("{:?}", draw.pick(&templates)));
            self.matrix.put(*file, "accounts", &accounts);
            if has_roles {
                let roles = if draw.one_in(2) { "\"*\"".to_owned() } else { format!("{:?}", some(draw, ROLES)) };
                self.matrix.put(*file, "roles", &roles);
            }
        }
    }

    /// The excluded names; `exclude` of a lower file does not count.
    fn draw_exclude(&mut self, draw: &mut Unstructured<'_>, files: &[usize]) {
        let mut excluded: Vec<String> =
            PATTERNS.iter().filter(|_| draw.one_in(8)).map(|pattern| (*pattern).to_owned()).collect();
        excluded.extend(self.made().into_iter().filter(|_| draw.one_in(8)).map(|(name, ..)| name));
        let last = files.len() - 1;
        if draw.one_in(2) {
            self.matrix.put(files[0], "exclude", "[\"*\"]");
            self.matrix.put(files[last], "exclude", &format!("{excluded:?}"));
        } else if !excluded.is_empty() {
            self.matrix.put(files[draw.below(last + 1)], "exclude", &format!("{excluded:?}"));
        }
    }

    fn pattern(&self) -> &str {
        self.matrix.get("pattern").or(self.defaults.get("pattern")).unwrap_or_default()
    }

    /// The accounts that the session of the matrix may lead to.
    fn open(&self) -> impl Iterator<Item = &Account> {
        let session = self.matrix.get("sso_session").or(self.defaults.get("sso_session"));
        let session = session.filter(|session| self.pattern() == "\"sso\"" && !session.contains("${"));
        let is_open = move |account: &&Account| {
            let own = account.keys.get("sso_session");
            own.is_none() || session.is_none() || own == session
        };
        self.accounts.iter().filter(is_open)
    }

    /// The accounts that the matrix takes, in their order.
    fn chosen(&self) -> Vec<&Account> {
        let choice = self.matrix.get("accounts").unwrap_or_default();
        let list = names(choice);
        if choice == "\"*\"" {
            self.open().collect()
        } else if choice.starts_with('{') {
            let has_any = |account: &&Account| account.tags().iter().any(|tag| list.contains(tag));
            self.open().filter(has_any).collect()
        } else {
            list.iter().filter_map(|name| self.accounts.iter().find(|account| account.name == *name)).collect()
        }
    }

    /// Each profile that is made, in order: its name, account, and role.
    fn made(&self) -> Vec<(String, &Account, &str)> {
        let (name, roles) = (self.matrix.get("name").unwrap_or_default(), self.matrix.get("roles"));
        let excluded = names(self.matrix.get("exclude").unwrap_or_default());
        let mut made = Vec::new();
        for account in self.chosen() {
            let roles = match roles {
                None => vec![""],
                Some("\"*\"") => names(account.keys.get("roles").unwrap_or_default()),
                Some(roles) => names(roles),
            };
            made.extend(roles.into_iter().map(|role| (account.fill(names(name)[0], role), account, role)));
        }
        made.retain(|(name, ..)| !excluded.iter().any(|pattern| matches(pattern.as_bytes(), name.as_bytes())));
        made
    }

    /// The text of one file.
    fn text(&self, file: usize) -> String {
        let mut text = String::new();
        if file == 1 {
            text.push_str(TOP);
            table(&mut text, "profiles.main", &owned(MAIN));
        }
        table(&mut text, "defaults", self.defaults.file(file));
        let accounts = self.accounts.iter().filter_map(|account| account.text(file)).collect();
        table(&mut text, "accounts", &accounts);
        table(&mut text, "matrix.m", self.matrix.file(file));
        for (name, keys) in &self.over {
            table(&mut text, &format!("profiles.{name:?}"), keys.file(file));
        }
        text
    }

    /// All profiles, written out.
    fn written(&self) -> String {
        let mut text = TOP.to_owned();
        table(&mut text, "profiles.main", &merged([&self.defaults_for("\"iam-mfa\""), &owned(MAIN)]));
        for (name, account, role) in self.made() {
            let mut matrix = self.matrix.merged();
            for (_, value) in &mut matrix {
                *value = account.fill(value, role);
            }
            let over = self.over.iter().find(|(other, _)| *other == name).map(|(_, keys)| keys.merged());
            let of_account = account.over(&matrix);
            let layers = [&self.defaults_for(self.pattern()), &matrix, &of_account, &over.unwrap_or_default()];
            let mut profile = merged(layers);
            profile.retain(|(key, _)| !["name", "accounts", "roles", "exclude"].contains(key));
            table(&mut text, &format!("profiles.{name:?}"), &profile);
        }
        text
    }

    /// The least keys of a profile of that pattern.
    fn defaults_for(&self, pattern: &str) -> Lines {
        let mut defaults = self.defaults.merged();
        defaults.retain(|(key, _)| fits(pattern, key));
        defaults
    }
}

/// Some accounts, in the order in which the files name them.
fn accounts(draw: &mut Unstructured<'_>, files: &[usize]) -> Vec<Account> {
    let mut accounts = Vec::new();
    for quoted in some(draw, ACCOUNTS) {
        let mut keys = keys(draw, files, ACCOUNT);
        for file in files {
            // A word of another file replaces the number.
            let number = 111_111_111_110 + 10 * (accounts.len() + 1) + file;
            if *file == 1 || draw.one_in(4) {
                keys.put(*file, "id", &format!("\"{number}\""));
            }
        }
        accounts.push(Account { name: quoted.trim_matches('"'), quoted, keys });
    }
    accounts.sort_by_key(|account| (0..FILES).find(|file| !account.keys.file(*file).is_empty()));
    accounts
}

impl Account {
    /// The line of one file for it.
    fn text(&self, file: usize) -> Option<(&'static str, String)> {
        let keys = self.keys.file(file);
        match &keys[..] {
            [] => None,
            [("id", number)] => Some((self.quoted, number.clone())),
            _ => {
                let keys: Vec<_> = keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                Some((self.quoted, format!("{{ {} }}", keys.join(", "))))
            }
        }
    }

    fn tags(&self) -> Vec<&str> {
        names(self.keys.get("tags").unwrap_or_default())
    }

    /// A text of the matrix, expanded for this account and a role.
    fn fill(&self, text: &str, role: &str) -> String {
        let values = [
            ("${account}", self.name),
            ("${account_id}", names(self.keys.get("id").unwrap_or_default())[0]),
            ("${role}", role),
            ("${role_lower}", &role.to_lowercase()),
            ("${team}", "pay"),
        ];
        values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The keys that its profiles get from it, over those of the matrix.
    fn over(&self, matrix: &Lines) -> Lines {
        let region = self.keys.get("region").map(|region| ("region", region.to_owned()));
        let mut tags = self.tags();
        let is_tagged = !tags.is_empty();
        let more = names(get(matrix, "tags").unwrap_or_default());
        tags.extend(more.into_iter().filter(|tag| !self.tags().contains(tag)));
        region.into_iter().chain(is_tagged.then(|| ("tags", format!("{tags:?}")))).collect()
    }
}

fn owned(lines: &[(&'static str, &str)]) -> Lines {
    lines.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
}

/// Matches a glob: `*` stands for anything, `?` for one character, `[abc]` for one of these.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|start| matches(rest, &name[start..])),
        Some((one, rest)) => {
            let set = rest.iter().position(|byte| *byte == b']').filter(|_| *one == b'[');
            let is_one = |byte: u8| set.map_or(*one == b'?' || *one == byte, |end| rest[..end].contains(&byte));
            let rest = set.map_or(rest, |end| &rest[end + 1..]);
            name.split_first().is_some_and(|(first, behind)| is_one(*first) && matches(rest, behind))
        }
    }
}

impl MatrixCase {
    /// Draws one.
    pub fn draw(draw: &mut Unstructured<'_>) -> Self {
        let model = MatrixModel::draw(draw);
        Self { matrix: std::array::from_fn(|file| model.text(file)), written: model.written() }
    }
}

/// A matrix gives what the same profiles give when they are written out, in the same order: all of it, or nothing if
/// anything is wrong.
///
/// # Panics
///
/// If the law does not hold.
pub fn matrix_holds(case: &MatrixCase) -> Checked {
    let [included, manifest, local] = &case.matrix;
    let mut layers = Layers::new(Source::new("profiles.toml", &**manifest), "profiles.local.toml");
    if !included.is_empty() {
        layers.add_included(0, Source::new("below.toml", &**included));
    }
    if !local.is_empty() {
        layers.add_local(Source::new("profiles.local.toml", &**local), SettingsTrust::Trusted);
    }
    let shown = || format!("{included}\n-----\n{manifest}\n-----\n{local}\n-----\n{}", case.written);
    match (apply::catalog(&layers), apply::checked(&case.written)) {
        (Some(made), Some(written)) => {
            assert_eq!(made.profiles(), written.profiles(), "{}", shown());
            if made.profiles().len() > 1 { Checked::Yes } else { Checked::Refused }
        }
        (made, written) => {
            assert_eq!(made.is_some(), written.is_some(), "{}", shown());
            Checked::Refused
        }
    }
}
