//! Owns `show --json`. Must not decide anything.

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::show::step::{Fact, Step};
use crate::cli::show::verdict::Verdict;
use crate::readers::{Mechanism, Mfa};
use crate::secret::{mask_values, mask_words};

#[derive(Serialize)]
pub(crate) struct ShowJson<'s> {
    pub(crate) profile: &'s str,
    /// None for a section that the manifest does not have.
    pub(crate) pattern: Option<&'static str>,
    /// False if the manifest has it and AWS's files don't.
    pub(crate) applied: bool,
    /// Where AWS's files say something else than the manifest.
    pub(crate) differences: &'s [Fact],
    pub(crate) steps: &'s [Step],
    /// Why there are no steps.
    pub(crate) problem: Option<&'s str>,
    pub(crate) readers: Vec<ReaderJson<'s>>,
    /// Variables of this environment that count before the files.
    pub(crate) shadowed_by: &'s [&'static str],
}

#[derive(Serialize)]
pub(crate) struct ReaderJson<'s> {
    reader: &'static str,
    outcome: &'static str,
    does: &'s str,
    /// The way to credentials; none if it finds none.
    way: Option<Value>,
    remedy: Option<&'s str>,
}

impl<'s> ReaderJson<'s> {
    pub(crate) fn all(verdicts: &'s [Verdict]) -> Vec<Self> {
        let each = |verdict: &'s Verdict| {
            verdict.readers.iter().map(move |reader| Self {
                reader: reader.id(),
                outcome: verdict.outcome.word(),
                does: &verdict.does,
                way: verdict.resolution.as_ref().ok().map(way),
                remedy: verdict.remedy.as_deref(),
            })
        };
        verdicts.iter().flat_map(each).collect()
    }
}

fn way(mechanism: &Mechanism) -> Value {
    match mechanism {
        Mechanism::Key { profile, file, id, is_session } => json!({
            "kind": "key", "profile": profile, "file": file.name(), "access_key_id": mask_words(id), "session": is_session,
        }),
        Mechanism::Role { profile, arn, mfa, source } => json!({
            "kind": "role", "profile": profile, "role_arn": arn,
            "mfa_serial": mfa.as_ref().map(Mfa::serial),
            "mfa": mfa.as_ref().map(|mfa| if matches!(mfa, Mfa::Asked(_)) { "asked" } else { "left-out" }),
            "source": way(source),
        }),
        Mechanism::Machine { profile, machine } => {
            json!({ "kind": "machine", "profile": profile, "credential_source": machine })
        }
        Mechanism::WebIdentity { profile, arn, token_file } => json!({
            "kind": "web-identity", "profile": profile, "role_arn": arn, "web_identity_token_file": token_file,
        }),
        Mechanism::Sso { profile, session, start_url, region, account, role } => json!({
            "kind": "sso", "profile": profile, "sso_session": session, "sso_start_url": mask_words(start_url), "sso_region": region,
            "sso_account_id": account, "sso_role_name": role,
        }),
        Mechanism::Login { profile, session } => {
            json!({ "kind": "login", "profile": profile, "login_session": session })
        }
        Mechanism::Process { profile, command } => {
            json!({ "kind": "process", "profile": profile, "credential_process": mask_values(command) })
        }
    }
}
