//! Owns running one command with credentials that are renewed while it runs, by an endpoint of its own.

use std::ffi::OsString;
use std::net::Ipv4Addr;

use crate::cli::app::App;
use crate::cli::exec::batch::not_started;
use crate::cli::exit::Exit;
use crate::cli::login::options::InPlace;
use crate::cli::login::runtime::runtime;
use crate::cli::login::service::LoginService;
use crate::cli::serve::server::CredentialServer;
use crate::cli::serve::variables::env_change;
use crate::cli::ui::failure::Failure;
use crate::model::Profile;
use crate::provider::CODE_VARIABLE;
use crate::system::interrupt;
use crate::system::programs::children::run_in_front;

/// Has the exit code of the command.
pub(crate) fn run_with_server(
    service: &LoginService<'_>,
    profile: &Profile,
    login: InPlace,
    (program, args): (&OsString, &[OsString]),
    app: App<'_>,
) -> Result<Exit, Failure> {
    CredentialServer::prepare(service, profile, login, app)?;
    // Without a listener, the signal handler of the login before would end this process on Ctrl-C.
    let _listener = interrupt::listen();
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let names = [profile.name.to_string()];
        let mut server = CredentialServer::listen(&names, (Ipv4Addr::LOCALHOST, 0).into(), app).await?;
        let change = env_change(service, profile, (&server.url(), &server.profiles()[0].token), app)?;
        let unset: Vec<&str> = change.unset.iter().map(String::as_str).chain([CODE_VARIABLE]).collect();
        tokio::select! {
            ended = run_in_front(program, args, &change.set, &unset) => {
                ended.map_err(|error| not_started(program, &error))
            }
            never = server.run() => match never {},
        }
    });
    // A renewal that nobody waits for any more is given up.
    runtime.shutdown_background();
    Ok(Exit::Program(ended?.code()))
}
