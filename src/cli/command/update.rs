//! Owns `awsauth update`.

use serde_json::{Map, json};

use crate::address::{RepositoryAddress, RepositoryAddressError};
use crate::cli::app::App;
use crate::cli::apply::run::Caller;
use crate::cli::config::load::Reading;
use crate::cli::config::variables;
use crate::cli::environment::secret_variables;
use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::team::comparison::Comparison;
use crate::cli::team::finish::finish;
use crate::cli::team::revision::{self, Place};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::few;
use crate::manifest::Loaded;
use crate::prompt::{self, NoAnswer};
use crate::system::files::disk;
use crate::system::programs::git::{Attended, GitError, Revision, Upstream, WorkTree};

/// Take over what the team has changed
///
/// Fetches the repository that your manifest is in, shows which profiles change in effect, moves the clone forward if
/// nothing of your own is in the way, and applies. On a terminal you are asked before both. The manifest may be a file
/// of any checkout, or a link into one. A clone with changes or commits of its own is left alone. Nothing in the repository is run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth update
  awsauth update --yes")]
pub(crate) struct Args {
    /// Set a value that the manifest wants of you; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = variables::parse)]
    var: Vec<(String, String)>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let path = app.paths.manifest()?;
    if !disk::exists(&path) {
        return Err(app.paths.no_manifest(&path));
    }
    let place = Place::of(&path).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("{} is in no git checkout, so there is nothing to fetch", Paths::shown(&path)),
        )
        .hint("`awsauth join ADDRESS` sets a machine up with a team's repository")
    })?;
    let checkout = Checkout::open(place, app)?;
    let facts = checkout.update(args.yes)?;
    finish(&args.var, args.yes, Caller::Update, &facts, app)
}

struct Checkout<'a> {
    place: Place,
    tree: WorkTree,
    upstream: Upstream,
    address: RepositoryAddress,
    app: App<'a>,
}

impl<'a> Checkout<'a> {
    /// Refuses a checkout that can't be moved forward with nothing of it run.
    fn open(place: Place, app: App<'a>) -> Result<Self, Failure> {
        let shown = Paths::shown(&place.root);
        let refuse = |why: String| {
            let failure = Failure::new(Exit::Refused, format!("{shown} is left as it is: {why}"));
            failure.hint(format!("run `git -C {shown} pull` yourself, then `awsauth apply`"))
        };
        let tree = WorkTree::open(&place.root)?;
        let upstream = tree.upstream().ok_or_else(|| {
            let why = format!("{shown} is left as it is: no branch with an upstream is checked out");
            Failure::new(Exit::Refused, why)
                .hint(format!("check your team's branch out: `git -C {shown} switch main`"))
                .hint(format!("or set the branch's upstream: `git -C {shown} branch --set-upstream-to=origin/main`"))
        })?;
        let address = RepositoryAddress::parse(&upstream.url).map_err(|error| match error {
            RepositoryAddressError::Password => refuse(format!("{error} of its remote repository")),
            _ => refuse(format!("{error} ({})", upstream.url)),
        })?;
        if tree.is_partial() {
            return Err(refuse("it has only a part of the history or of the files".into()));
        }
        let filters = tree.own_filters();
        if !filters.is_empty() {
            return Err(refuse(format!("its configuration runs programs on files: {}", few(filters))));
        }
        let changed = tree.changed_files()?;
        if !changed.is_empty() {
            let why = format!("{shown} is left as it is: files in it are changed and not committed: {}", few(changed));
            return Err(Failure::new(Exit::Refused, why).hint(format!(
                "your own values belong in profiles.local.toml; `git -C {shown} stash` puts other changes away, and `git -C \
                 {shown} stash pop` brings them back"
            )));
        }
        Ok(Self { place, tree, upstream, address, app })
    }

    /// Fetches, and moves the checkout forward, if the person agrees. Returns the facts for the document.
    fn update(&self, is_agreed: bool) -> Result<Map<String, serde_json::Value>, Failure> {
        let App { host, out, .. } = self.app;
        let secrets = secret_variables(host);
        let attended = Attended { is_interactive: host.is_interactive() && !out.json, secrets: &secrets };
        let shown = Paths::shown(&self.place.root);
        let before = self.tree.head()?;
        let after = self.tree.fetch(&self.upstream, &self.address, attended).map_err(|error| {
            let branch = self.upstream.branch.trim_start_matches("refs/heads/");
            Failure::from(error).hint(format!(
                "if {branch} is gone there: `git -C {shown} fetch`, then `git -C {shown} branch --set-upstream-to=origin/NEW`"
            ))
        })?;
        let mut facts = Map::from_iter([("before".to_owned(), json!(before)), ("after".to_owned(), json!(after))]);
        if self.tree.is_ancestor(&after, &before)? {
            let ahead = if after == before { "" } else { ", and has commits of its own" };
            out.say(&format!("{shown} is up to date with {}{ahead}", self.address.as_str()));
            return Ok(facts);
        }
        if !self.tree.is_ancestor(&before, &after)? {
            return Err(Failure::new(
                Exit::Refused,
                format!("{shown} is left as it is: it and {} have diverged", self.address.as_str()),
            )
            .hint(format!("merge or rebase it yourself (`git -C {shown} pull --rebase`), then `awsauth apply`")));
        }
        let [old, new] = [(&before, "HEAD"), (&after, "FETCHED")].map(|(commit, label)| self.read(commit, label));
        let (old, new) = (old?, new?.ok_or_else(|| self.gone())?);
        let nothing = Loaded::default();
        let comparison = Comparison { before: old.as_ref().map_or(&nothing, |old| &old.loaded), after: &new.loaded };
        let invalid = |reading: &Reading, whose: &str| {
            reading.show(out);
            let message = format!("the newer manifest is invalid{whose}, so {shown} is left as it is");
            Failure::new(Exit::Manifest, message)
        };
        if !new.loaded.is_in_order() {
            let hint = "the team mends it, with `awsauth check --team`; then run this again";
            return Err(invalid(&new, "").hint(hint));
        }
        let own = self.read(&after, "FETCHED")?.ok_or_else(|| self.gone())?.with_own(self.app.paths)?;
        if !own.loaded.lacks_only_values() {
            return Err(invalid(&own, " with your own settings").hint("mend what is yours, then run this again"));
        }
        if !out.json {
            out.print(&comparison.text(out.columns_of_data(host)))?;
        }
        if attended.is_interactive && !is_agreed {
            agree(&comparison.summary(), &shown)?;
        }
        self.tree.fast_forward(&self.upstream, &before, &after).map_err(|error| match error {
            GitError::Failed(words) if words.contains("ntracked") => {
                Failure::new(Exit::Refused, format!("{shown} is left as it is: {words}"))
                    .hint("move that file away, then run this again")
            }
            other => other.into(),
        })?;
        out.say(&format!("{shown} is at {:.10} now: {}", after, comparison.summary()));
        if let Ok(serde_json::Value::Object(comparison)) = serde_json::to_value(comparison.document()) {
            facts.extend(comparison);
        }
        Ok(facts)
    }

    fn read(&self, commit: &str, label: &str) -> Result<Option<Reading>, Failure> {
        match Revision::open(&self.place.root, commit, self.place.dir())? {
            Some(revision) => revision::read(&revision, &self.place.path, label),
            None => Ok(None),
        }
    }

    fn gone(&self) -> Failure {
        let (path, shown) = (&self.place.path, Paths::shown(&self.place.root));
        Failure::new(Exit::Manifest, format!("the newer commit has no {path}, so {shown} is left as it is"))
            .hint("ask your team where the manifest went; `git pull` there, and a new link, take it over")
    }
}

/// Asks before anything moves: from then on, the newer manifest decides which roles the profiles use.
fn agree(summary: &str, shown: &str) -> Result<(), Failure> {
    match prompt::confirm(&format!("{summary}. Take it over?"), true) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::one_line(Exit::Refused, format!("{shown} is left as it is"))),
        Err(NoAnswer::Interrupted) => {
            Err(Failure::one_line(Exit::Interrupted, format!("interrupted; {shown} is left as it is")))
        }
        Err(other) => Err(Failure::of(Exit::Usage, &other).hint("`--yes` takes it over without asking")),
    }
}
