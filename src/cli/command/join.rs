//! Owns `awsauth join`.

use std::path::{Component, Path, PathBuf};

use serde_json::json;

use crate::address::{RepositoryAddress, RepositoryAddressError};
use crate::cli::app::App;
use crate::cli::apply::run::Caller;
use crate::cli::config::load::Reading;
use crate::cli::config::variables;
use crate::cli::environment::secret_variables;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::team::finish::finish;
use crate::cli::team::revision;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::few;
use crate::prompt::{self, NoAnswer};
use crate::system::files::{atomic, disk};
use crate::system::programs::git::{Attended, GitError, NewClone, Revision, WorkTree};

/// The name of a manifest in a repository.
const MANIFEST: &str = "profiles.toml";

/// Set this machine up with a team's manifest
///
/// Clones the team's repository with git, makes a link to its profiles.toml where awsauth looks for the manifest, asks
/// for the values that only you know, shows what goes into ~/.aws/config, and asks. Nothing in the repository is run:
/// no hooks, no submodules, no filters such as git-lfs. An interrupted run goes on where it stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth join https://github.com/corp/aws-profiles.git
  awsauth join git@github.com:corp/aws-profiles.git --var user=alice --yes")]
pub(crate) struct Args {
    /// The repository's address: https or ssh
    #[arg(value_name = "GIT-URL")]
    address: String,
    /// Clone into this directory [default: in ~/.local/share/awsauth]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    path: Option<PathBuf>,
    /// The manifest's path in the repository, if it has several
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// Set a value that the manifest wants of you; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = variables::parse)]
    var: Vec<(String, String)>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let address = RepositoryAddress::parse(&args.address).map_err(|error| refused(&args.address, error))?;
    let file = args.file.as_deref().map(below).transpose()?;
    let place = place(args, &address)?;
    let link = app.paths.manifest()?;
    check_free(&link, &place)?;
    let path = if disk::exists(&place) {
        check_clone(&place, &address)?;
        app.out.say(&format!("{} is a clone of it already; `awsauth update` fetches", Paths::shown(&place)));
        manifest_in(&place, file, &address, app)?
    } else {
        agree(&address, &place, &link, args.yes, app)?;
        app.out.say("cloning…");
        let secrets = secret_variables(app.host);
        let attended = Attended { is_interactive: app.host.is_interactive() && !app.out.json, secrets: &secrets };
        let clone = NewClone::make(&address, &place, attended).map_err(|error| match error {
            GitError::Failed(words) if words.ends_with("HEAD") => empty(&address),
            other => other.into(),
        })?;
        let path = manifest_in(clone.root(), file, &address, app)?;
        clone.keep()?;
        app.out.say(&format!("cloned into {}", Paths::shown(&place)));
        path
    };
    make_link(&place.join(&path), &link, app)?;
    let facts = json!({ "clone": Paths::text(&place), "manifest": Paths::text(&link) });
    finish(&args.var, args.yes, Caller::Join, facts.as_object().unwrap_or(&serde_json::Map::new()), app)
}

/// The path in the repository that `--file` means.
fn below(file: &str) -> Result<String, Failure> {
    let parts = Path::new(file).components().filter(|part| *part != Component::CurDir);
    let names = parts.map(|part| if let Component::Normal(name) = part { name.to_str() } else { None });
    let names: Option<Vec<&str>> = names.collect();
    names.map(|names| names.join("/")).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("{file} is no path in a repository"))
            .hint("give the manifest's path from the repository's top, such as `--file aws/profiles.toml`")
    })
}

fn empty(address: &RepositoryAddress) -> Failure {
    Failure::new(Exit::Manifest, "the repository is empty").cause(address.as_str().to_owned())
}

fn refused(address: &str, error: RepositoryAddressError) -> Failure {
    let failure = Failure::of(Exit::Refused, &error);
    // An address with a password is not shown.
    let failure = if error == RepositoryAddressError::Password { failure } else { failure.cause(address.to_owned()) };
    match error {
        RepositoryAddressError::Local => failure.hint(
            "link to the manifest of a clone that is on this machine: `mkdir -p ~/.config/awsauth && ln -s CLONE/profiles.toml ~/.config/awsauth/`",
        ),
        RepositoryAddressError::Password => {
            failure.hint("leave it out: git asks for it, or takes it from your credential helper")
        }
        _ => failure.hint("give an address such as https://github.com/corp/aws.git or git@github.com:corp/aws.git"),
    }
}

fn place(args: &Args, address: &RepositoryAddress) -> Result<PathBuf, Failure> {
    match &args.path {
        Some(path) => Paths::absolute(path),
        None => Ok(Paths::clones()?.join(address.name())),
    }
}

/// Refuses a manifest that is there already, unless an earlier run has linked it.
fn check_free(link: &Path, place: &Path) -> Result<(), Failure> {
    let is_ours = || disk::real_path(link).zip(disk::real_path(place)).is_some_and(|(real, dir)| real.starts_with(dir));
    if !disk::exists(link) || is_ours() {
        return Ok(());
    }
    let shown = Paths::shown(link);
    Err(Failure::new(Exit::Refused, format!("{shown} exists, and is not replaced"))
        .hint(format!("to join a team instead, move it away: `mv {shown} {shown}.before`"))
        .hint("if it is a link into a clone of your team's repository, `awsauth update` is what you want"))
}

/// Refuses a directory that is something else than a clone of this repository.
fn check_clone(place: &Path, address: &RepositoryAddress) -> Result<(), Failure> {
    let upstream =
        WorkTree::open(place).ok().filter(|_| disk::exists(&place.join(".git"))).and_then(|tree| tree.upstream());
    if upstream.is_some_and(|upstream| upstream.url == address.as_str()) {
        return Ok(());
    }
    let shown = Paths::shown(place);
    Err(Failure::new(Exit::Refused, format!("{shown} exists, and is no clone of {}", address.as_str()))
        .hint("give another directory with `--path DIR`"))
}

/// Shows the address, and asks.
fn agree(address: &RepositoryAddress, place: &Path, link: &Path, is_agreed: bool, app: App<'_>) -> Result<(), Failure> {
    let App { host, out, .. } = app;
    out.say(&format!("repository: {}", address.as_str()));
    out.say(&format!("clone:      {}", Paths::shown(place)));
    out.say(&format!("link:       {}", Paths::shown(link)));
    if is_agreed {
        return Ok(());
    }
    let unattended = || {
        Failure::new(Exit::Usage, "nobody is there to confirm the repository's address")
            .hint("`--yes` takes it as it is")
    };
    if out.json || !host.is_interactive() {
        return Err(unattended());
    }
    match prompt::confirm("Is this your team's repository? It decides which roles your profiles use.", true) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::one_line(Exit::Refused, "nothing was cloned")),
        Err(NoAnswer::Interrupted) => Err(Failure::one_line(Exit::Interrupted, "interrupted; nothing was cloned")),
        Err(_) => Err(unattended()),
    }
}

/// Finds the manifest in a clone, and checks it as the team shares it. Returns its path there.
fn manifest_in(
    root: &Path,
    file: Option<String>,
    address: &RepositoryAddress,
    app: App<'_>,
) -> Result<String, Failure> {
    let open = |dir: &str| Revision::open(root, "HEAD", dir);
    let all = open("")?.ok_or_else(|| empty(address))?;
    let path = match file {
        Some(file) => file,
        None => find(&all)?,
    };
    let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let revision = open(dir)?.ok_or_else(|| empty(address))?;
    let reading = revision::read(&revision, &path, &address.name())?.ok_or_else(|| {
        let is_link = all.paths().any(|other| other == path);
        let why = if is_link { ": it is a link to something else" } else { "" };
        Failure::new(Exit::Manifest, format!("the repository has no manifest {path}{why}"))
    })?;
    if !reading.loaded.is_in_order() {
        return Err(invalid(&reading, app));
    }
    Ok(path)
}

fn invalid(reading: &Reading, app: App<'_>) -> Failure {
    reading.show(app.out);
    Failure::new(Exit::Manifest, "the team's manifest is invalid, so it is not linked")
        .hint("the team mends it, with `awsauth check --team`; then run this again")
}

/// The manifest at the top, or the only one that there is.
fn find(revision: &Revision) -> Result<String, Failure> {
    let mut found: Vec<&str> = revision.paths().filter(|path| path.rsplit('/').next() == Some(MANIFEST)).collect();
    found.sort_by_key(|path| path.matches('/').count());
    match found.as_slice() {
        [] => Err(Failure::new(Exit::Manifest, format!("the repository has no {MANIFEST}"))
            .hint("if the manifest has another name, give it with `--file PATH`")),
        [top, ..] if *top == MANIFEST => Ok(MANIFEST.to_owned()),
        [only] => Ok((*only).to_owned()),
        several => Err(Failure::new(Exit::Manifest, format!("the repository has several: {}", few(several)))
            .hint(format!("choose one with `--file {}`", several[0]))),
    }
}

fn make_link(target: &Path, link: &Path, app: App<'_>) -> Result<(), Failure> {
    disk::make_private_dir(atomic::parent(link)).map_err(|error| explain::disk(&error))?;
    if disk::link(target, link).map_err(|error| explain::disk(&error))? {
        app.out.say(&format!("linked {} to {}", Paths::shown(link), Paths::shown(target)));
    }
    Ok(())
}
