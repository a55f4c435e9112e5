//! Owns `awsauth serve`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::{Map, Value, json};

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::config::selection::{Among, ProfileSelector, choose};
use crate::cli::exit::Exit;
use crate::cli::login::options::InPlace;
use crate::cli::login::runtime::runtime;
use crate::cli::login::service::LoginService;
use crate::cli::serve::server::{CredentialServer, ServedProfile};
use crate::cli::serve::variables::{TOKEN_VARIABLE, URL_VARIABLE};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::model::Profile;
use crate::render::{EnvChange, InheritedVariables};
use crate::secret::Secret;
use crate::system::host;
use crate::system::interrupt::{self, SIGINT, Signals};
use crate::system::programs::process::parent_ended;

/// Where all SDKs take credentials by plain HTTP from, beside loopback (aws-facts §14).
const CONTAINER_ADDRESSES: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// Give credentials to other programs and containers
///
/// It prints two variables for each profile. A program or container that has them asks this endpoint for credentials, as
/// AWS's SDKs do in a container. awsauth renews them until Ctrl-C, or until the shell or program that started it ends; one
/// that is started with `nohup` goes on. If a person is needed, run `awsauth login` elsewhere, and awsauth renews them again.
///
/// Only programs of this machine reach it. --listen opens another address, where whoever has the token gets credentials,
/// and nothing is encrypted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth serve prod dev
  awsauth serve prod --listen 169.254.170.2 --port 80  # for Docker")]
pub(crate) struct Args {
    /// Profiles, or globs such as 'prod-*'
    #[arg(value_name = "NAME", required = true, add = clap_complete::ArgValueCandidates::new(profile_names))]
    names: Vec<String>,
    /// Port [default: any free one]
    #[arg(long, default_value = "0", hide_default_value = true)]
    port: u16,
    /// Address of another interface [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), hide_default_value = true)]
    listen: IpAddr,
    /// Fail instead of logging in on the terminal
    #[arg(long)]
    no_login: bool,
}

/// Serves until Ctrl-C.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    // Noted now: the parent may end during the login.
    let parent_ended = parent_ended();
    Out::check_stdout()?;
    // `::ffff:0.0.0.0` is every interface too.
    let listen = args.listen.to_canonical();
    if listen.is_unspecified() {
        let failure =
            Failure::new(Exit::Usage, format!("`--listen {}` is every interface of this machine", args.listen));
        return Err(failure.hint("name the address of one, such as 169.254.170.2"));
    }
    let service = LoginService::new(app)?;
    let profiles = choose(&service.manifest, ProfileSelector::Names(&args.names), Among::Every)?;
    service.manifest.warn_of_errors();
    for profile in &profiles {
        CredentialServer::prepare(&service, profile, InPlace::unless(args.no_login), app)?;
    }
    let names: Vec<String> = profiles.iter().map(|profile| profile.name.to_string()).collect();
    let environments: Vec<_> = profiles.iter().map(|profile| environment(&service, profile)).collect();
    warn_of_stdout(&names, app);
    // Without a listener, the signal handler of the login before would end this process on Ctrl-C.
    let _listener = interrupt::listen();
    let runtime = runtime()?;
    let ended = runtime.block_on(serve(&names, &environments, (listen, args.port).into(), parent_ended, app));
    runtime.shutdown_background();
    ended
}

async fn serve(
    names: &[String],
    environments: &[Vec<Variable>],
    address: SocketAddr,
    parent_ended: impl Future<Output = ()>,
    app: App<'_>,
) -> Result<Exit, Failure> {
    let unheard = |error| Failure::new(Exit::Unavailable, "can't wait for signals").because(&error);
    let mut signals = Signals::listen().map_err(unheard)?;
    let mut server = CredentialServer::listen(names, address, app).await?;
    warn_of(address.ip(), app.out);
    print(&server.url(), server.profiles(), environments, app.out)?;
    app.out.say(&format!("serving {} until Ctrl-C", names.join(", ")));
    tokio::select! {
        // Ctrl-C is how a person ends it.
        signal = signals.next() => Ok(if signal == SIGINT { Exit::Done } else { Exit::Interrupted }),
        () = parent_ended => Ok(Exit::Interrupted),
        never = server.run() => match never {},
    }
}

fn warn_of(address: IpAddr, out: Out) {
    if address.is_loopback() {
        return;
    }
    out.warn(&format!("whoever reaches {address} and has the token gets the credentials, and nothing is encrypted"));
    if !CONTAINER_ADDRESSES.contains(&&*address.to_string()) {
        let others = CONTAINER_ADDRESSES.join(", ");
        out.warn(&format!("AWS's SDKs take credentials only from loopback, {others}: they refuse {address}"));
    }
}

/// A variable beside the two of the endpoint.
type Variable = (&'static str, Secret);

/// The region and the endpoints of a profile, as `exec` sets them.
fn environment(service: &LoginService<'_>, profile: &Profile) -> Vec<Variable> {
    let values = service.externals.complete(profile).values();
    let set = EnvChange::with(Vec::new(), &profile.name, &values, InheritedVariables::default()).set;
    set.into_iter().filter(|(name, _)| name.starts_with("AWS_")).collect()
}

fn warn_of_stdout(names: &[String], app: App<'_>) {
    if host::stdout_is_open_to_others() {
        app.out.warn("other users can read the file with the tokens: make it with `umask 077`");
    }
    if names.len() > 1 && !app.out.json && !app.host.stdout_is_terminal {
        app.out.warn("the variables of all profiles have the same names: give each program those of one profile");
    }
}

fn print(url: &str, profiles: &[ServedProfile], environments: &[Vec<Variable>], out: Out) -> Result<(), Failure> {
    let served = profiles.iter().zip(environments);
    if out.json {
        return out
            .document(json!({ "profiles": served.map(|(served, own)| json(served, url, own)).collect::<Vec<_>>() }));
    }
    out.data(&served.map(|(served, own)| lines(served, url, own, out)).collect::<String>())
}

fn json(served: &ServedProfile, url: &str, own: &[Variable]) -> Value {
    let variables = variables(served, url, own).map(|(name, value)| (name.to_owned(), value.expose().into()));
    let environment: Map<String, Value> = variables.collect();
    json!({ "profile": served.name, "url": url, "token": served.token.expose(), "environment": environment })
}

/// A file of these lines may be read by a shell, or by a program that knows no quotes, such as `docker --env-file`.
fn lines(served: &ServedProfile, url: &str, own: &[Variable], out: Out) -> String {
    let profile = &served.name;
    let mut lines = vec![format!("# {profile}\n")];
    for (name, value) in variables(served, url, own) {
        let value = value.expose();
        if is_plain(value) {
            lines.push(format!("{name}={value}\n"));
        } else {
            out.warn(&format!("{profile}: {name} is left out, since a shell would change `{value}`: set it yourself"));
        }
    }
    lines.concat()
}

/// True if no shell gives any of it a meaning in an assignment.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%+,-./:@[]_".contains(&byte))
}

fn variables(served: &ServedProfile, url: &str, own: &[Variable]) -> impl Iterator<Item = Variable> {
    let endpoint = [(URL_VARIABLE, Secret::new(url)), (TOKEN_VARIABLE, served.token.clone())];
    endpoint.into_iter().chain(own.iter().cloned())
}
