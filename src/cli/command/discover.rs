//! Owns `awsauth discover`.

use std::sync::Arc;

use crate::cli::app::App;
use crate::cli::config::complete::session_names;
use crate::cli::config::load::Reading;
use crate::cli::config::portals;
use crate::cli::discover::fetch;
use crate::cli::discover::merge::{Findings, check_files};
use crate::cli::discover::report;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::options::{Browser, Flow, LoginOptions};
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::ask;
use crate::cli::ui::diff::colored;
use crate::cli::ui::failure::Failure;
use crate::manifest::{Audience, Gone};
use crate::model::{SsoFlow, SsoSession};
use crate::provider::{Attendance, Listing, RenewPolicy};

/// Add the accounts and roles assigned to you to the manifest
///
/// What you are assigned is added to `[accounts]` of the manifest; every other byte of it stays. Entries are matched by
/// account id: their names, comments and other keys stay, and `roles` grows. With several SSO sessions, an entry without
/// `sso_session` may get one. New entries are named after their accounts.
///
/// Accounts and roles that are no longer listed are shown and kept, since they may be assigned to others who share the
/// list. --prune removes them, except those that only your own profiles.local.toml has.
///
/// Afterwards a `[matrix]` makes profiles of the accounts, and `awsauth apply` writes them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth discover corp --dry-run")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that was typed or not")]
pub(crate) struct Args {
    /// SSO session; optional if the manifest has only one
    #[arg(value_name = "SESSION", add = clap_complete::ArgValueCandidates::new(session_names))]
    session: Option<String>,
    /// Remove accounts and roles that are no longer listed
    ///
    /// This also removes those that are assigned only to others who share the list.
    #[arg(long)]
    prune: bool,
    /// Show the changes as a diff and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    ///
    /// On a terminal, --json needs this or --dry-run.
    #[arg(short, long)]
    yes: bool,
    /// Do not open a browser; show the address to open
    #[arg(long)]
    no_browser: bool,
    /// How to approve a sign-in, if one is needed
    ///
    /// The default is that of `awsauth login`.
    #[arg(long, value_enum)]
    flow: Option<Flow>,
}

/// Lists, shows what that changes, asks where somebody can be asked, and writes it.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    if out.json && host.is_interactive() && !args.yes && !args.dry_run {
        return Err(Failure::new(Exit::Usage, "with `--json`, nobody is asked before the manifest is written")
            .hint("`--dry-run` shows what would change, `--yes` writes it"));
    }
    let mut reading = Reading::read(paths, Audience::Person)?;
    let written = if reading.lacks_devices() {
        // A portal is listed without any MFA device.
        Some(std::mem::replace(&mut reading, Reading::read_assuming_devices(paths, None)?))
    } else {
        None
    };
    let session = session(args.session.as_deref(), &reading);
    let is_fit = reading.loaded.is_in_order() || reading.loaded.is_fit_for_listing() && session.is_ok();
    if !is_fit {
        let reading = written.unwrap_or(reading);
        if out.json {
            out.document(reading.document())?;
        }
        reading.show(out);
        return Ok(Exit::Manifest);
    }
    let session = session?;
    portals::warn(std::iter::once(&session.start_url), &reading.loaded.settings, out);
    if !args.dry_run {
        check_files(&session, &reading)?;
    }
    let is_said = args.no_browser || args.flow.is_some();
    let options = LoginOptions {
        attendance: match host.is_interactive() {
            true => Attendance::Person,
            false if is_said => Attendance::Elsewhere,
            false => Attendance::Nobody,
        },
        browser: if args.no_browser { Browser::Never } else { Browser::Auto },
        flow: args.flow.map(SsoFlow::from),
        policy: RenewPolicy::Required,
        until: None,
        limit: None,
    };
    let listing = fetch::list(&session, options, reading.loaded.settings.sso_flow, app)?;
    report::note(&listing, out);
    finish(args, &reading, &session, &listing, app)
}

impl Args {
    /// The command line, without the flags that do not change the result.
    fn again(&self) -> String {
        let quoted = |word: &String| shlex::try_quote(word).map_or_else(|_| word.clone(), std::borrow::Cow::into_owned);
        let session = self.session.as_ref().map(|session| format!(" {}", quoted(session))).unwrap_or_default();
        format!("awsauth discover{session}{}", if self.prune { " --prune" } else { "" })
    }
}

/// The session of that name, or the only one.
fn session(name: Option<&str>, reading: &Reading) -> Result<Arc<SsoSession>, Failure> {
    let sessions = &reading.loaded.valid_sessions;
    let names = || sessions.iter().map(|session| session.name.as_str());
    let Some(name) = name else {
        return match sessions.as_slice() {
            [only] => Ok(Arc::clone(only)),
            [] => Err(Failure::new(Exit::Usage, "the manifest has no SSO session")
                .hint("`[sso_sessions.NAME]` with `sso_start_url` and `sso_region` is one")),
            _ => Err(Failure::new(Exit::Usage, "which SSO session?")
                .hint(format!("`awsauth discover SESSION` with one of {}", names().collect::<Vec<_>>().join(", ")))),
        };
    };
    let found = sessions.iter().find(|session| session.name.as_str() == name);
    found.map(Arc::clone).ok_or_else(|| {
        let failure = Failure::new(Exit::Usage, format!("there is no SSO session `{name}` in the manifest"));
        match (explain::nearest(name, names()), sessions.is_empty()) {
            (Some(near), _) => failure.hint(format!("did you mean `{near}`?")),
            (None, true) => failure.hint("`[sso_sessions.NAME]` with `sso_start_url` and `sso_region` is one"),
            (None, false) => failure.hint(format!("the SSO sessions are: {}", names().collect::<Vec<_>>().join(", "))),
        }
    })
}

fn finish(
    args: &Args,
    reading: &Reading,
    session: &SsoSession,
    listing: &Listing,
    app: App<'_>,
) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let gone = if args.prune { Gone::Prune } else { Gone::Keep };
    let findings = Findings::new(reading, session, listing, gone, out)?;
    report::note_left(&findings, session, out);
    if args.prune && findings.gone == Gone::Keep {
        out.warn("not all profiles of the manifest are known, so nothing is dropped: `awsauth check` says why");
    }
    let is_pending = !findings.merged.texts.is_empty();
    if args.dry_run && !out.json {
        for (_, diff) in findings.diffs(Paths::shown) {
            out.print(&colored(&diff))?;
        }
    }
    if !out.json {
        report::say(&findings, session, listing, out);
        if is_pending {
            report::say_profiles(&findings, out);
        }
    }
    let is_written = is_pending && !args.dry_run;
    if is_written {
        findings.check_changed()?;
        if host.is_interactive() && !args.yes && !out.json {
            report::say_files(&findings, "would change", out);
            ask(!findings.drops())?;
        }
        findings.write(&args.again(), app)?;
    }
    if out.json {
        out.document(report::document(&findings, session, listing, is_written))?;
    } else {
        report::say_end(&findings, session, args.dry_run, out);
    }
    Ok(Exit::Done)
}
