//! Owns the law of matrices: what one makes is what the same profiles say when they are written out. Must not know how
//! they are made.

use std::fmt::Write as _;

use super::{Draw, Judged, apply};

/// The names of accounts; the first is the start of the second.
const ACCOUNTS: &[&str] = &["prod", "prod-eu", "Dev", "a.b/c"];
const ROLES: &[&str] = &["Admin", "ReadOnly", "a@b", "admin", "Ad,min"];
const TAGS: &[&str] = &["[]", "[\"nonprod\"]", "[\"live\", \"größe\"]"];
const NAMES: &[&str] = &[
    "${account}-${role}",
    "${role_lower}.${account_id}",
    "${account}",
    "x-${role}",
    "${account}-${account_id}-${role_lower}-${team}",
];
/// The profile of a matrix, by pattern.
const KINDS: &[&str] = &[
    "pattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"${account_id}\"\nsso_role_name = \"${role}\"\n",
    "pattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"123456789012\"\nsso_role_name = \"${team}\"\n",
    "pattern = \"iam-mfa-role\"\nsource_profile = \"main\"\nrole_arn = \"arn:aws:iam::${account_id}:role/${role}\"\n",
    "pattern = \"iam-mfa\"\nmfa_serial = \"arn:aws:iam::${account_id}:mfa/${team}\"\nlong_term_profile = \"k-${account}\"\n",
    "pattern = \"iam\"\n",
];
/// More lines of it.
const MORE: &[&str] = &[
    "description = \"${role} of ${account}, ${role_lower} ${team}\"\n",
    "output = \"text\"\n",
    "credential_process = true\n",
    "settings = { s3 = { addressing_style = \"path\" }, sdk_ua_app_id = \"${account}\" }\n",
    "duration_seconds = 3600\n",
];
/// What a written profile may win with.
const OVER: &[&str] = &[
    "output = \"yaml\"\n",
    "region = \"eu-central-1\"\n",
    "tags = [\"mine\"]\n",
    "settings = { max_attempts = 9 }\n",
    "",
];
const TOP: &str = "[vars]\nteam = \"pay\"\n[sso_sessions.corp]\nsso_start_url = \"https://corp.awsapps.com/start\"\n\
                   sso_region = \"us-east-1\"\n[profiles.main]\npattern = \"iam-mfa\"\nmfa_serial = \"GAHT12345678\"\n";

/// One account.
#[derive(Debug)]
struct Account {
    name: &'static str,
    id: String,
    region: Option<&'static str>,
    tags: &'static str,
    roles: Vec<&'static str>,
}

/// A matrix, and what it makes written out.
#[derive(Debug)]
pub struct MatrixCase {
    matrix: String,
    written: String,
}

/// Some of `choices`, in their order, each once.
fn some<T: Copy>(draw: &mut Draw<'_>, choices: &[T]) -> Vec<T> {
    choices.iter().copied().filter(|_| draw.one_in(2)).collect()
}

fn list(names: &[&str]) -> String {
    format!("{names:?}")
}

impl MatrixCase {
    /// Draws one.
    pub fn draw(draw: &mut Draw<'_>) -> Self {
        let names = some(draw, ACCOUNTS);
        let accounts: Vec<_> =
            names.into_iter().enumerate().map(|(number, name)| account(draw, number, name)).collect();
        let (name, kind) = (draw.pick(NAMES), draw.pick(KINDS));
        let more = some(draw, MORE).concat();
        let own_tags = draw.pick(&["", "tags = [\"nonprod\", \"own\"]\n"]);
        let region = draw.pick(&["", "region = \"us-west-2\"\n"]);
        let roles = if draw.one_in(3) { None } else { Some(some(draw, ROLES)) };
        let mut products = Vec::new();
        let mut matrix = String::from("[accounts]\n");
        for account in &accounts {
            account.write(&mut matrix);
            let roles = roles.as_ref().unwrap_or(&account.roles);
            products.extend(roles.iter().map(|role| (account, *role)));
        }
        let excluded: Vec<String> =
            products.iter().filter(|_| draw.one_in(6)).map(|(account, role)| filled(name, account, role)).collect();
        let roles = roles.map_or_else(|| "\"*\"".to_owned(), |roles| list(&roles));
        let _ =
            writeln!(matrix, "[matrix.m]\nname = {name:?}\naccounts = \"*\"\nroles = {roles}\nexclude = {excluded:?}");
        matrix.extend([kind, &more, own_tags, region]);
        let mut written = String::new();
        for (account, role) in products {
            let profile = filled(name, account, role);
            if excluded.contains(&profile) {
                continue;
            }
            let over = if draw.one_in(3) { draw.pick(OVER) } else { "" };
            if !over.is_empty() {
                let _ = write!(matrix, "[profiles.{profile:?}]\n{over}");
            }
            let _ = writeln!(written, "[profiles.{profile:?}]");
            write_out(
                &mut written,
                &filled(&format!("{kind}{more}"), account, role),
                (account, own_tags, region),
                over,
            );
        }
        Self { matrix: format!("{TOP}{matrix}"), written: format!("{TOP}{written}") }
    }
}

fn account(draw: &mut Draw<'_>, number: usize, name: &'static str) -> Account {
    let id = format!("{:012}", 111_111_111_111_u64 + u64::try_from(number).unwrap_or_default());
    let region = if draw.one_in(3) { Some(draw.pick(&["eu-west-1", "us-gov-west-1"])) } else { None };
    Account { name, id, region, tags: draw.pick(TAGS), roles: some(draw, ROLES) }
}

impl Account {
    fn write(&self, text: &mut String) {
        let region = self.region.map(|region| format!(", region = {region:?}")).unwrap_or_default();
        let roles = list(&self.roles);
        let _ =
            writeln!(text, "{:?} = {{ id = {:?}, tags = {}, roles = {roles}{region} }}", self.name, self.id, self.tags);
    }
}

fn filled(text: &str, account: &Account, role: &str) -> String {
    let values = [
        ("${account}", account.name),
        ("${account_id}", &account.id),
        ("${role}", role),
        ("${role_lower}", &role.to_lowercase()),
        ("${team}", "pay"),
    ];
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// The keys of one profile: those of the matrix, of the account, and of the profile that wins over both.
fn write_out(text: &mut String, keys: &str, (account, own_tags, region): (&Account, &str, &str), over: &str) {
    let key = |line: &str| line.split(' ').next().map(str::to_owned);
    let over_settings = over.strip_prefix("settings = ");
    for line in keys.lines().filter(|line| key(line) != key(over) || over_settings.is_some()) {
        // Settings are merged key by key.
        let merged = over_settings.and(line.strip_prefix("settings = { ")).map(|own| own.trim_end_matches(" }"));
        let merged = merged.map(|own| format!("settings = {{ {own}, max_attempts = 9 }}"));
        text.extend([
            merged.as_deref().unwrap_or(line),
            "
",
        ]);
    }
    if over_settings.is_some() && !keys.contains("settings = ") {
        text.push_str(over);
    }
    let tags: Vec<_> = [account.tags, own_tags.trim_start_matches("tags = ")].into_iter().flat_map(names).collect();
    let is_given = |key: &str| over.starts_with(key);
    if !is_given("tags") {
        let mut all: Vec<&str> = Vec::new();
        for tag in tags {
            if !all.contains(&tag) {
                all.push(tag);
            }
        }
        let _ = writeln!(text, "tags = {all:?}");
    }
    if !is_given("region") {
        let own = account.region.map(|region| format!("region = {region:?}\n"));
        text.push_str(own.as_deref().unwrap_or(region));
    }
    if over_settings.is_none() {
        text.push_str(over);
    }
}

/// The strings of a list.
fn names(list: &str) -> Vec<&str> {
    list.split('"').skip(1).step_by(2).collect()
}

/// What a matrix makes is what the same profiles say when they are written out, in the same order: all of it, or nothing
/// where anything is wrong.
///
/// # Panics
///
/// Where that does not hold.
pub fn matrix_holds(case: &MatrixCase) -> Judged {
    let (made, written) = (apply::checked(&case.matrix), apply::checked(&case.written));
    match (made, written) {
        (Some(made), Some(written)) => {
            assert_eq!(made.profiles(), written.profiles(), "{}\n-----\n{}", case.matrix, case.written);
            Judged::Yes
        }
        (made, written) => {
            assert_eq!(made.is_some(), written.is_some(), "{}\n-----\n{}", case.matrix, case.written);
            Judged::Refused
        }
    }
}
