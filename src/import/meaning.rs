//! Owns the pattern behind each profile of AWS's files: the one that gives every reader the same credentials. Must not write TOML.

use std::collections::{BTreeSet, HashMap};

use super::left::Why;
use super::portals::Portals;
use super::read::{AwsProfile, Key, Uses, is_template, portable};
use super::settings;
use super::table::{Note, Table};
use super::tools::{self, Process};
use crate::manifest::Suggester;
use crate::model::{ProfileName, default_long_term};
use crate::plan::SectionValue;

pub(super) const LOGIN_KEYS: [&str; 5] =
    ["sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name"];

/// A profile that stays where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stays {
    pub(super) why: Why,
    pub(super) is_external: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Meaning {
    Table(Box<Table>),
    Stays(Stays),
    /// It has the long-term key of another profile.
    LongTermKey,
}

/// Why the manifest's reader refuses profiles, by name.
pub(super) type Refusals = HashMap<String, Refusal>;

#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) why: Why,
    /// True if it refuses an `external` profile of that name too.
    pub(super) is_final: bool,
}

/// All meanings, and the profiles of long-term keys that have no section of their own yet, each after its owner.
pub(super) struct Meanings {
    pub(super) all: Vec<Meaning>,
    pub(super) keys: BTreeSet<String>,
}

/// Finds the meaning of each profile. Those that are `refused` stay.
pub(super) fn meanings(profiles: &[AwsProfile], refused: &Refusals, portals: &mut Portals) -> Meanings {
    let places = profiles.iter().enumerate().map(|(at, one)| (one.name.as_str(), at)).collect();
    let uses = Uses::of(profiles);
    let mut reader = Reader {
        profiles,
        places,
        uses,
        refused,
        portals,
        known: vec![None; profiles.len()],
        keys: BTreeSet::new(),
        path: Vec::new(),
        guesses: Suggester::default(),
    };
    let all = (0..profiles.len()).map(|at| reader.meaning(at)).collect();
    Meanings { all, keys: reader.keys }
}

pub(super) struct Reader<'g> {
    pub(super) profiles: &'g [AwsProfile],
    pub(super) places: HashMap<&'g str, usize>,
    uses: Uses<'g>,
    refused: &'g Refusals,
    portals: &'g mut Portals,
    known: Vec<Option<Meaning>>,
    pub(super) keys: BTreeSet<String>,
    pub(super) path: Vec<usize>,
    pub(super) guesses: Suggester,
}

impl AwsProfile {
    pub(super) fn is_like(&self, pattern: &'static str) -> bool {
        match pattern {
            "role" => self.has("role_arn"),
            _ => LOGIN_KEYS.iter().any(|key| *key != "sso_region" && self.has(key)),
        }
    }

    /// It stays; a role may have it as its source if awsauth can read its credentials.
    fn stays(&self, why: Why) -> Stays {
        let is_read = self.key == Key::LongTerm || self.key == Key::Session || self.has("credential_process");
        // A key in the credentials file is the same for all tools, whichever section of the config file they read.
        let is_one = self.rival.is_none() || self.key != Key::None;
        let is_fit = is_one && !self.is_like("role") && !self.is_like("sso") && ProfileName::new(&self.name).is_ok();
        Stays { why, is_external: is_read && is_fit }
    }
}

fn external(why: Why) -> Stays {
    Stays { why, is_external: true }
}

pub(super) fn stays(why: Why) -> Stays {
    Stays { why, is_external: false }
}

impl<'g> Reader<'g> {
    pub(super) fn profile(&self, at: usize) -> &'g AwsProfile {
        &self.profiles[at]
    }

    pub(super) fn meaning(&mut self, at: usize) -> Meaning {
        if let Some(known) = &self.known[at] {
            return known.clone();
        }
        self.path.push(at);
        let meaning = self.read(at);
        self.path.pop();
        self.known[at] = Some(meaning.clone());
        meaning
    }

    fn read(&mut self, at: usize) -> Meaning {
        let profile = self.profile(at);
        if self.is_long_term_key(profile) {
            return Meaning::LongTermKey;
        }
        let table = check(profile, self.refused).and_then(|()| self.mechanism(at)).and_then(|mut table| {
            settings::put(profile, &mut table).map_err(|why| profile.stays(why))?;
            table.notes.extend(profile.hidden.map(Note::Hidden));
            table.notes.extend(profile.is_in_registry.then_some(Note::Registry));
            Ok(table)
        });
        match table {
            Ok(table) => Meaning::Table(Box::new(table)),
            Err(stays) => Meaning::Stays(stays),
        }
    }

    /// True for the section of the long-term key of another profile.
    fn is_long_term_key(&mut self, profile: &AwsProfile) -> bool {
        let is_own =
            profile.is_in_config() || profile.key != Key::LongTerm || self.uses.sources.contains(profile.name.as_str());
        let Some(owner) = self.uses.long_term.get(&profile.name).filter(|_| !is_own) else { return false };
        let Some(at) = self.places.get(owner).copied().filter(|at| !self.path.contains(at)) else { return false };
        matches!(self.meaning(at), Meaning::Table(table) if table.pattern == "iam-mfa")
    }

    /// True for a section that only lends its settings to others.
    fn is_fragment(&self, profile: &AwsProfile) -> bool {
        let ways =
            ["role_arn", "credential_process", "granted_sso_account_id", "login_session", "web_identity_token_file"];
        self.uses.included.contains(profile.name.as_str())
            && !self.uses.sources.contains(profile.name.as_str())
            && profile.key == Key::None
            && !profile.is_known
            && !profile.is_like("sso")
            && !ways.iter().any(|key| profile.has(key))
    }

    fn mechanism(&mut self, at: usize) -> Result<Table, Stays> {
        let profile = self.profile(at);
        if self.is_fragment(profile) {
            let why = Why::new("aws-vault's include_profile: its settings are in the profiles that include it");
            return Err(stays(why));
        }
        if profile.has("web_identity_token_file") {
            return Err(external(Why::new("another program renews the token of its web identity")));
        }
        if profile.has("login_session") {
            return login(profile);
        }
        if profile.has("role_arn") {
            return self.role(at);
        }
        if profile.is_like("sso") {
            return self.sso(at);
        }
        if let Some(command) = profile.text("credential_process") {
            return self.process(at, command);
        }
        if profile.has("granted_sso_account_id") && profile.key == Key::None {
            return self.granted(profile);
        }
        self.key(at)
    }

    fn key(&mut self, at: usize) -> Result<Table, Stays> {
        let profile = self.profile(at);
        if let Some(line) = profile.config_key {
            let remedy = format!("move its key from line {line} to [{}] of the credentials file", profile.name);
            return Err(external(Why::new("its key is in the config file").remedy(remedy)));
        }
        if profile.has("source_profile") && profile.key == Key::None {
            return Err(stays(Why::new("it has a source_profile and no role_arn: no tool of AWS's follows that")));
        }
        let long_term = self.places.get(default_long_term(&profile.name).as_str()).map(|at| &self.profiles[*at]);
        let taken = long_term.filter(|other| other.is_in_credentials);
        let long_term = long_term.filter(|other| other.key == Key::LongTerm);
        if let Some(other) = long_term.filter(|other| other.has("assume_role")) {
            return Ok(Self::aws_mfa_role(profile, other));
        }
        let device = profile.text("mfa_serial").or(long_term.and_then(|other| other.text("aws_mfa_device")));
        let is_source = self.uses.sources.contains(profile.name.as_str());
        let is_empty = profile.entries.is_empty() && !profile.is_known && !is_source;
        match (profile.key, device, long_term) {
            (Key::Half, ..) => {
                Err(stays(Why::new("the credentials file has half of its key").remedy("add the other half")))
            }
            (Key::LongTerm, Some(_), _) if let Some(other) = taken => {
                let why = Why::new(format!("its key belongs in [{}], and there is such a section", other.name));
                Err(profile.stays(why.remedy("rename that section, then import again")))
            }
            (Key::Session, Some(device), Some(_)) | (Key::LongTerm | Key::None, Some(device), _) => {
                let mut table = iam_mfa(profile, device);
                if profile.key == Key::None && long_term.is_none() {
                    table.notes.push(Note::NoKey);
                }
                Ok(table)
            }
            (Key::Session, ..) => Err(profile.stays(tools::session(profile))),
            (Key::LongTerm, None, _) => Ok(Table::new("iam")),
            (Key::None, None, _) if is_empty => {
                Err(stays(Why::new("it has no settings and no key").remedy("delete it")))
            }
            (Key::None, None, _) if profile.name == "default" && !profile.is_known && !is_source => Err(stays(
                Why::new("it has settings, and no credentials")
                    .remedy("if another tool has its key: add `[profiles.default]` with `pattern = \"iam\"` and these settings to the manifest"),
            )),
            (Key::None, None, _) => Ok(Table { notes: vec![Note::NoKey], ..Table::new("iam") }),
        }
    }

    fn process(&mut self, at: usize, command: &str) -> Result<Table, Stays> {
        let profile = self.profile(at);
        let process = tools::process(command, profile);
        if profile.key != Key::None && !matches!(process, Process::Other(_)) {
            return Err(
                profile.stays(Why::new("its key in the credentials file counts in place of its `credential_process`"))
            );
        }
        let table = match process {
            Process::Other(why) => return Err(external(why)),
            Process::Loop => return Err(stays(Why::new("its `credential_process` asks for its own credentials"))),
            Process::Itself(_) => self.granted(profile),
            Process::OwnKey(tool)
                if profile.has("mfa_serial") && self.places.contains_key(&*default_long_term(&profile.name)) =>
            {
                let why = format!("{tool} has its key, and [{}] has another one", default_long_term(&profile.name));
                return Err(external(Why::new(why).remedy("delete that section, then import again")));
            }
            Process::OwnKey(tool) => {
                let mut table = match profile.text("mfa_serial") {
                    Some(device) => iam_mfa(profile, device),
                    None => Table::new("iam"),
                };
                table.notes.push(Note::KeyElsewhere(tool));
                Ok(table)
            }
            Process::Role { portal, account, role } => {
                let Some(session) = self.portals.named(&portal) else {
                    let remedy =
                        format!("add [sso-session {portal}] with sso_start_url and sso_region, then import again");
                    let why = Why::new("aws-sso-cli has the address of its portal, and the file does not");
                    return Err(external(why.remedy(remedy)));
                };
                let mut table = Table::new("sso");
                table.put("sso_session", &session);
                table.put("sso_account_id", &account);
                table.put("sso_role_name", &role);
                Ok(table)
            }
        };
        table.map(|mut table| {
            table.used.push("credential_process");
            table
        })
    }

    /// What granted wrote in words of its own.
    fn granted(&mut self, profile: &AwsProfile) -> Result<Table, Stays> {
        let text = |key| profile.text(key).ok_or_else(|| stays(Why::new(format!("it has no {key}"))));
        let session = self.portals.session(text("granted_sso_start_url")?, text("granted_sso_region")?);
        let mut table = Table::new("sso");
        table.put("sso_session", &session);
        table.put("sso_account_id", text("granted_sso_account_id")?);
        table.put("sso_role_name", text("granted_sso_role_name")?);
        table.used.extend(["credential_process"]);
        Ok(table)
    }

    fn sso(&mut self, at: usize) -> Result<Table, Stays> {
        let profile = self.profile(at);
        if let Some(command) = profile.text("credential_process") {
            check_beside_sso(profile, &tools::process(command, profile))?;
        }
        if matches!(profile.key, Key::LongTerm | Key::Half) || profile.config_key.is_some() {
            let why = Why::new("it has a key beside its SSO login, and AWS's tools do not agree which one counts");
            return Err(stays(why.remedy(format!("remove the key of [{}], then import again", profile.name))));
        }
        let (Some(account), Some(role)) = (profile.text("sso_account_id"), profile.text("sso_role_name")) else {
            return Err(stays(Why::new("it has no account and role, so it gives a token only, and no credentials")));
        };
        let (url, region) = (profile.text("sso_start_url"), profile.text("sso_region"));
        let session = match profile.text("sso_session") {
            Some(name) => self.portals.check(name, url, region).map_err(stays)?,
            None => match (url, region) {
                (Some(url), Some(region)) => {
                    let name = self.portals.session(url, region);
                    (name.clone(), Some(Note::Session(name)))
                }
                _ => return Err(stays(Why::new("it has no sso_session, nor both sso_start_url and sso_region"))),
            },
        };
        let mut table = Table::new("sso");
        table.put("sso_session", &session.0);
        table.notes.extend(session.1);
        table.put("sso_account_id", account);
        table.put("sso_role_name", role);
        table.used.extend(LOGIN_KEYS);
        table.used.push("credential_process");
        Ok(table)
    }
}

/// A console sign-in. Beside another way to credentials, AWS's tools do not agree which one counts (aws-facts §3).
fn login(profile: &AwsProfile) -> Result<Table, Stays> {
    let others = ["role_arn", "credential_process", "granted_sso_account_id"];
    let has_key = profile.key != Key::None || profile.config_key.is_some();
    if has_key || profile.is_like("sso") || others.iter().any(|key| profile.has(key)) {
        let why = Why::new("it has a login_session and another way to credentials");
        return Err(external(why.remedy("delete one of them, then import again")));
    }
    if !profile.has("region") {
        let why = Why::new("it has no region, in which its sign-in is renewed");
        return Err(external(why.remedy("add the region that you signed in to, then import again")));
    }
    let mut table = Table::new("login");
    table.put_some("login_session", profile.text("login_session"));
    table.used.push("login_session");
    Ok(table)
}

fn iam_mfa(profile: &AwsProfile, device: &str) -> Table {
    let mut table = Table { device: Some(device.to_owned()), ..Table::new("iam-mfa") };
    table.put("mfa_serial", device);
    let seconds = profile.text("session_token_duration").and_then(settings::seconds);
    table.put_some("duration_seconds", profile.text("duration_seconds").or(seconds.as_deref()));
    let long_term = profile.text("long_term_profile").filter(|name| *name != default_long_term(&profile.name));
    table.put_some("long_term_profile", long_term);
    table.used.extend(["mfa_serial", "duration_seconds", "session_token_duration", "source_profile"]);
    table
}

fn check(profile: &AwsProfile, refused: &Refusals) -> Result<(), Stays> {
    match refused.get(&profile.name) {
        None => {}
        Some(Refusal { why, is_final: false }) => return Err(profile.stays(why.clone())),
        Some(Refusal { why, is_final: true }) => return Err(stays(why.clone())),
    }
    if let Some(line) = profile.rival {
        let why = Why::new(format!(
            "line {line} is another section of this profile, and not all of AWS's tools join the two"
        ));
        return Err(profile.stays(why.remedy("join them, then import again")));
    }
    // A command line may have anything in it.
    let texts = profile.entries.iter().filter(|entry| entry.key != "credential_process");
    let texts = texts.filter_map(|entry| match &entry.value {
        SectionValue::Text(text) => Some(text.as_str()),
        SectionValue::Nested(_) => None,
    });
    if texts.chain([profile.header.as_str()]).any(is_template) {
        return Err(stays(Why::template()));
    }
    if let Err(error) = ProfileName::new(&profile.name) {
        let remedy = format!("rename it, to [profile {}] for one", portable(&profile.name));
        return Err(stays(Why::new(error.to_string()).remedy(remedy)));
    }
    Ok(())
}

/// A `credential_process` beside an SSO login: most tools take the login, and JavaScript's the program (aws-facts §3).
fn check_beside_sso(profile: &AwsProfile, process: &Process) -> Result<(), Stays> {
    let is_same = |(own, other): &(&str, &str)| profile.text(other).is_none_or(|text| profile.text(own) == Some(text));
    let granted = [("sso_account_id", "granted_sso_account_id"), ("sso_role_name", "granted_sso_role_name")];
    match process {
        Process::Itself(_) | Process::OwnKey(_) | Process::Loop if granted.iter().all(is_same) => Ok(()),
        _ => Err(stays(
            Why::new("it has an SSO login and a `credential_process`, and AWS's tools do not agree which one counts")
                .remedy("delete one of them, then import again"),
        )),
    }
}
