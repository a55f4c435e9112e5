//! Owns the listing of a portal for `discover`: the ports for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::cli::app::App;
use crate::cli::environment::{aws, machine};
use crate::cli::explain;
use crate::cli::login::frontend::LoginFrontend;
use crate::cli::login::options::{Browser, LoginOptions};
use crate::cli::login::runtime::run;
use crate::cli::login::service::CALLBACK_TIMEOUT;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::flow::Preference;
use crate::model::{Externals, SecretStore, SsoAccess, SsoFlow, SsoSession};
use crate::prompt::{NoPrompt, Prompt, Terminal};
use crate::provider::{Listing, Origin, Ports, Provider};
use crate::store::{KeyringKeys, LoginCache, LongTermKeys, Sessions, SsoCache};
use crate::system::clock;

/// `setting` is `sso_flow` of the person's own file.
pub(crate) fn list(
    session: &Arc<SsoSession>,
    options: LoginOptions,
    setting: Option<SsoFlow>,
    app: App<'_>,
) -> Result<Listing, Failure> {
    let App { host, paths, out } = app;
    let state_dir = paths.state()?;
    let aws = aws(host)?;
    let (keyring, store) = (app.keyring(), SecretStore::default());
    let sessions = Sessions::new(&state_dir, Rc::clone(&keyring), store);
    let tokens = SsoCache::new(Paths::aws_cache("sso")?, &state_dir);
    let logins = LoginCache::new(paths.login_cache()?, &state_dir);
    let may_open = options.browser == Browser::Auto;
    let preference = Preference { given: options.flow, setting, may_open, machine: machine(host) };
    let prompt: Box<dyn Prompt> = if host.is_interactive() { Box::new(Terminal) } else { Box::new(NoPrompt) };
    let ports = Ports {
        aws: &aws,
        sessions: &sessions,
        tokens: &tokens,
        logins: &logins,
        externals: &Externals::default(),
        prompt: RefCell::new(prompt),
        frontend: Box::new(LoginFrontend::new(host, out, preference)),
        callback_timeout: CALLBACK_TIMEOUT,
        now: clock::now,
    };
    let keys = LongTermKeys::new(std::iter::empty(), KeyringKeys::new(&state_dir, keyring), store);
    let provider = Provider::new(ports, &keys, Origin::default(), options.attendance, options.policy, preference);
    // Boxed: the nested future's type exceeds the compiler's recursion limit.
    let listing = run(Box::pin(provider.list(session)))?;
    listing.map_err(|error| explain::of_session(&error, &SsoAccess::Session(Arc::clone(session)), "discover"))
}
