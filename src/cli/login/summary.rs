//! Owns the announcement of a login: what it will ask for, and why.

use crate::cli::config::load::Manifest;
use crate::cli::config::portals;
use crate::cli::ui::names::count;
use crate::cli::ui::out::Out;
use crate::flow::Requirements;
use crate::model::{Catalog, LoginSession, MfaSerial, Pattern, Profile, SessionDuration, SsoAccess};

pub(crate) fn announce(required: &Requirements<'_>, manifest: &Manifest, out: Out) {
    let of_device = |(serial, takers): &(&MfaSerial, Vec<&Profile>)| {
        let codes = count(takers.len(), "MFA code");
        format!("{codes} of {}", serial.as_str())
    };
    let approval = |access: &&SsoAccess| format!("1 approval for {}", access.token_key());
    let sign_in = |session: &&LoginSession| format!("1 sign-in as {}", session.as_str());
    let wanted = required.codes.iter().map(of_device).chain(required.approvals.iter().map(approval));
    let wanted: Vec<String> = wanted.chain(required.logins.iter().map(sign_in)).collect();
    let wanted = match wanted.split_last() {
        None => return,
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    };
    match required.profiles {
        1 => out.say(&format!("This login needs {wanted}.")),
        profiles => out.say(&format!("This login needs {wanted}, for {profiles} profiles.")),
    }
    portals::warn(required.approvals.iter().map(|access| access.start_url()), &manifest.settings, out);
    explain_approvals(&required.approvals, out);
    for (serial, takers) in required.codes.iter().filter(|(_, takers)| takers.len() > 1) {
        explain_codes(serial, takers, &manifest.catalog, out);
    }
}

/// Says how one approval would be enough where a portal needs several.
fn explain_approvals(approvals: &[&SsoAccess], out: Out) {
    let is_same = |one: &SsoAccess, other: &SsoAccess| one.start_url() == other.start_url();
    for (place, access) in approvals.iter().enumerate() {
        let is_first = !approvals[..place].iter().any(|other| is_same(access, other));
        if is_first && approvals[place + 1..].iter().any(|other| is_same(access, other)) {
            out.say(&format!(
                "To approve all profiles of {} at once, give them one `[sso_sessions]` table as their `sso_session`.",
                access.start_url().as_str()
            ));
        }
    }
}

/// Says why one device gives several codes, and how one would be enough.
fn explain_codes(serial: &MfaSerial, takers: &[&Profile], catalog: &Catalog, out: Out) {
    let names = |profiles: &mut dyn Iterator<Item = &&Profile>| {
        profiles.map(|profile| profile.name.to_string()).collect::<Vec<_>>().join(", ")
    };
    // AWS limits role chaining to an hour.
    let lasts_an_hour = |profile: &&&Profile| {
        let is_short = |duration: SessionDuration| duration.seconds() <= SessionDuration::CHAINED_MOST;
        profile.role().is_some_and(|role| role.duration.is_none_or(is_short))
    };
    let own: Vec<&&Profile> = takers.iter().filter(lasts_an_hour).collect();
    out.say(&format!(
        "A code is good for one call, and these take one each: {}. They log in one after another, each with the \
         device's next code.",
        names(&mut takers.iter())
    ));
    if own.is_empty() {
        return;
    }
    let brings_mfa = |profile: &&Profile| profile.pattern() == Pattern::IamMfa && profile.mfa_serial() == Some(serial);
    let source = match catalog.profiles().iter().find(brings_mfa) {
        Some(main) => format!("`source_profile = \"{}\"`", main.name),
        None => format!("a `source_profile` with `pattern = \"iam-mfa\"` and `mfa_serial = \"{}\"`", serial.as_str()),
    };
    let whose = if own.len() == 1 { "its" } else { "their" };
    out.say(&format!(
        "With {source} and no `mfa_serial`, {} would need no code of {whose} own; such a role lasts an hour and is renewed \
         without asking.",
        names(&mut own.into_iter())
    ));
}
