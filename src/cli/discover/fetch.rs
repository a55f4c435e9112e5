//! Owns asking a portal for what is assigned to the person, on behalf of `discover`: the ports for it.

use std::cell::RefCell;
use std::sync::Arc;

use crate::aws::Aws;
use crate::cli::app::App;
use crate::cli::env_config::{ca_bundle, endpoints, machine, proxies};
use crate::cli::explain;
use crate::cli::login::callback_page;
use crate::cli::login::progress::Progress;
use crate::cli::login::service::{Browser, PATIENCE, open_page, run};
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::flow::Preference;
use crate::model::{SsoAccess, SsoFlow, SsoSession};
use crate::prompt::{NoPrompt, Prompt, Terminal};
use crate::provider::{Attendance, Listing, LongTermKeys, Notice, Ports, Provider, Renewal};
use crate::store::{Sessions, SsoCache};
use crate::system::clock;

/// How a sign-in goes, should one be needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignIn {
    /// Whether a person can approve it.
    pub(crate) attendance: Attendance,
    /// Whether a page may be opened.
    pub(crate) browser: Browser,
    /// How it is approved, if that was said.
    pub(crate) flow: Option<SsoFlow>,
    /// How it is approved, if the person's own file says so.
    pub(crate) setting: Option<SsoFlow>,
}

/// Fetches what `session` lists.
pub(crate) fn list(session: &Arc<SsoSession>, sign_in: SignIn, app: App<'_>) -> Result<Listing, Failure> {
    let App { host, paths, out } = app;
    let state_dir = paths.state()?;
    let aws = Aws::new(endpoints(host)?, ca_bundle(host)?, proxies(host), clock::now);
    let (sessions, tokens) = (Sessions::new(&state_dir), SsoCache::new(Paths::aws_cache("sso")?, &state_dir));
    let progress = Progress::new(out, host.stderr_is_terminal);
    let notify = |notice: Notice<'_>| progress.tell(&notice);
    let (may_open, machine) = (sign_in.browser == Browser::Auto, machine(host));
    let open = |page: &str| may_open && machine.shows_browser() && open_page(page, host, out);
    let prompt: Box<dyn Prompt> = if host.is_interactive() { Box::new(Terminal) } else { Box::new(NoPrompt) };
    let ports = Ports {
        aws: &aws,
        sessions: &sessions,
        tokens: &tokens,
        prompt: RefCell::new(prompt),
        notify: &notify,
        open: &open,
        page: &callback_page::page,
        patience: PATIENCE,
        now: clock::now,
    };
    let preference = Preference { given: sign_in.flow, setting: sign_in.setting, may_open, machine };
    let keys = LongTermKeys::new();
    let provider = Provider::new(ports, &keys, &[], sign_in.attendance, Renewal::Strict, preference);
    // Boxed: the nested future's type exceeds the compiler's recursion limit.
    let listing = run(Box::pin(provider.list(session)))?;
    listing.map_err(|error| explain::of_session(&error, &SsoAccess::Session(Arc::clone(session)), "discover"))
}
