//! Owns `awsauth init`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::personal;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::import::files::take_over;
use crate::cli::import::report;
use crate::cli::init::answers::{Answers, IamUser, MAIN, Portal};
use crate::cli::init::interview::{self, device_name};
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::import::Form;
use crate::manifest::{self, LOCAL_NAME};
use crate::model::{AccountId, Region, StartUrl, StartUrlError};
use crate::system::files::snapshot::Snapshot;
use crate::system::files::{atomic, disk};
use crate::system::programs::git;

/// Write a first manifest
///
/// On a terminal, a few questions are asked: what ~/.aws has, your portal, your IAM user. Each has an option. Without answers
/// a commented starter is written, which shows each pattern. It goes where the manifest is looked for. A file that
/// exists is never overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth init --link ~/dotfiles/aws")]
pub(crate) struct Args {
    /// Print the commented starter and write nothing
    #[arg(long)]
    print: bool,
    /// Take over the profiles that ~/.aws has, as `import` does
    #[arg(long, conflicts_with_all = ["sso_start_url", "iam_account", "region"])]
    import: bool,
    /// Address of your AWS access portal
    #[arg(long, value_name = "URL", requires = "sso_region", value_parser = start_url)]
    sso_start_url: Option<StartUrl>,
    /// Region of that portal (IAM Identity Center)
    #[arg(long, value_name = "REGION", requires = "sso_start_url", value_parser = Region::new)]
    sso_region: Option<Region>,
    /// Account of your IAM user with MFA
    #[arg(long, value_name = "ID", value_parser = AccountId::new)]
    iam_account: Option<AccountId>,
    /// Name of your MFA device, for profiles.local.toml
    #[arg(long, value_name = "NAME", requires = "iam_account", value_parser = device_name)]
    mfa_device_name: Option<String>,
    /// Region that most of your profiles work in
    #[arg(long, value_name = "REGION", value_parser = Region::new)]
    region: Option<Region>,
    /// Keep the manifest in this directory, and link it
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    link: Option<PathBuf>,
}

const STARTER: &str = include_str!("starter.toml");
const SCHEMA_NAME: &str = "profiles.schema.json";
const SCHEMA_LINE: &str = "#:schema ./profiles.schema.json";

fn start_url(text: &str) -> Result<StartUrl, String> {
    interview::start_url(text).map_err(|error| match error {
        StartUrlError::NoPath(host) => format!("the path is missing, as in https://{host}/start"),
        other => other.to_string(),
    })
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    if args.print {
        out.data(STARTER)?;
        return Ok(Exit::Done);
    }
    let looked_for = paths.manifest()?;
    if disk::exists(&looked_for) {
        return Err(if args.import {
            exists(&looked_for).hint("`awsauth import` prints one")
        } else {
            exists(&looked_for)
        });
    }
    let file = match &args.link {
        Some(dir) => Paths::absolute(dir)?.join("profiles.toml"),
        None => looked_for.clone(),
    };
    let is_new = args.link.is_none() || !disk::exists(&file);
    let given = args.answers();
    if !is_new && !given.is_empty() {
        out.warn(&format!("{} is there already, so it is only linked: no other option counts", Paths::shown(&file)));
    }
    let answers = if !is_new {
        Answers::default()
    } else if given.is_empty() && !out.json && host.is_interactive() {
        interview::ask(app)?
    } else {
        warn_of_regions(&given, app);
        given
    };
    if is_new {
        write(&file, &answers, app)?;
    }
    if args.link.is_some() {
        disk::make_private_dir(atomic::parent(&looked_for)).map_err(|error| explain::disk(&error))?;
        // Without a `..`, and what else may lead elsewhere one day.
        let dir = atomic::parent(&file);
        let target = disk::real_path(dir).unwrap_or_else(|| dir.to_path_buf()).join("profiles.toml");
        if !disk::link(&target, &looked_for).map_err(|error| explain::disk(&error))? {
            return Err(exists(&looked_for));
        }
        out.say(&format!("linked {} to {}", Paths::shown(&looked_for), Paths::shown(&target)));
    }
    if let Some(device) = answers.iam_user.as_ref().and_then(|user| user.mfa_device_name.clone()) {
        let own = Paths::own_local().unwrap_or_else(|| file.with_file_name(LOCAL_NAME));
        personal::set_variables(&own, &[("mfa_device_name".to_owned(), device)], app)?;
    }
    if out.json {
        out.document(InitJson { manifest: Paths::text(&looked_for) })?;
    } else {
        out.say(&if is_new { answers.next() } else { "next: `awsauth vars`, then `awsauth apply`".to_owned() });
    }
    Ok(Exit::Done)
}

/// Warns of regions that are misspelt or newer than awsauth.
fn warn_of_regions(answers: &Answers, app: App<'_>) {
    let regions = answers.region.iter().chain(answers.portal.as_ref().map(|portal| &portal.region));
    regions.for_each(|region| explain::warn_of_region(region, app.out));
}

/// Writes the manifest, and beside it the schema and a line of `.gitignore`.
fn write(file: &Path, answers: &Answers, app: App<'_>) -> Result<(), Failure> {
    let found = if answers.imports { Some(take_over(Form::Profiles, app)?) } else { None };
    if found
        .as_ref()
        .is_some_and(|(_, found)| found.catalog.profiles().is_empty() && found.catalog.sessions().is_empty())
    {
        return Err(Failure::new(Exit::Refused, "~/.aws has no profile that could be taken over; nothing was written")
            .hint("`awsauth import` says why"));
    }
    let text = match &found {
        Some((_, found)) => format!("{SCHEMA_LINE}\n{}", found.manifest),
        None if answers.is_empty() => STARTER.to_owned(),
        None => format!("{SCHEMA_LINE}\n{}", answers.manifest()),
    };
    let create = |path: &Path, text: &str| {
        atomic::create_private(path, text.as_bytes()).map_err(|error| Failure::of(Exit::Unavailable, &error))
    };
    if !create(file, &text)? {
        return Err(exists(file));
    }
    app.out.say(&format!("wrote {}", file.display()));
    if !answers.is_empty() {
        // One that is there may be of a newer awsauth.
        let schema = file.with_file_name(SCHEMA_NAME);
        if create(&schema, &format!("{:#}\n", manifest::schema()))? {
            app.out.say(&format!("wrote {}", schema.display()));
        }
    }
    if let Some((files, found)) = found {
        report::say(&files, &found, app.out);
        let own = Paths::own_local().unwrap_or_else(|| file.with_file_name(LOCAL_NAME));
        if !found.personal.is_empty() && create(&own, &found.personal)? {
            let user = if found.personal.contains("\nuser = ") {
                ", such as your name, `${user}` in the manifest"
            } else {
                ""
            };
            app.out.say(&format!("wrote {}: what is yours alone{user}", own.display()));
        } else if !found.personal.is_empty() {
            report::say_personal(&found, app.out);
        }
    }
    let real = disk::real_path(file);
    match real.as_deref().and_then(git::work_tree) {
        Some(root) => ignore_personal(&file.with_file_name(".gitignore"), &root, app),
        None => Ok(()),
    }
}

/// Keeps a personal file beside the manifest out of the repository at `root`.
fn ignore_personal(path: &Path, root: &Path, app: App<'_>) -> Result<(), Failure> {
    let read = |path: &Path| Snapshot::read(path).map_err(|error| explain::disk(&error));
    let file = read(path)?;
    let has = |file: &Snapshot, line: &str| String::from_utf8_lossy(&file.bytes).lines().any(|one| one.trim() == line);
    // A line without a slash counts for every directory below.
    let is_ignored = has(&read(&root.join(".gitignore"))?, LOCAL_NAME) || has(&file, LOCAL_NAME);
    if is_ignored || has(&file, &format!("/{LOCAL_NAME}")) {
        return Ok(());
    }
    let gap: &[u8] = if file.bytes.is_empty() || file.bytes.ends_with(b"\n") { b"" } else { b"\n" };
    let text = [&*file.bytes, gap, LOCAL_NAME.as_bytes(), b"\n"].concat();
    file.replace(&text).map_err(|error| Failure::of(Exit::Unavailable, &error))?;
    app.out.say(&format!("added {LOCAL_NAME} to {}", Paths::shown(path)));
    Ok(())
}

fn exists(path: &Path) -> Failure {
    Failure::new(Exit::Refused, format!("{} exists and is not changed", path.display()))
        .hint("`awsauth check` validates it")
        .hint("`awsauth init --print` shows the starter")
        .hint("move the file away to begin anew")
}

impl Args {
    fn answers(&self) -> Answers {
        let portal = self.sso_start_url.clone().zip(self.sso_region.clone());
        Answers {
            imports: self.import,
            portal: portal.map(|(start_url, region)| Portal { start_url, region }),
            iam_user: self.iam_account.clone().map(|account| IamUser {
                account,
                partition: None,
                mfa_device_name: self.mfa_device_name.clone(),
            }),
            region: self.region.clone(),
        }
    }
}

impl Answers {
    /// The next commands.
    fn next(&self) -> String {
        if self.imports {
            return "next: `awsauth check`, then `awsauth apply --adopt`".to_owned();
        }
        if self.portal.is_none() && self.iam_user.is_none() {
            return "next: put your profiles in, then run `awsauth check` and `awsauth apply`".to_owned();
        }
        let mut steps = Vec::new();
        if let Some(user) = &self.iam_user {
            // The login comes before `apply`, which wants the device.
            let finds = if user.mfa_device_name.is_none() { ", which finds your MFA device" } else { "" };
            steps.extend([format!("`awsauth keys add {MAIN}`"), format!("`awsauth login {MAIN}`{finds}")]);
        }
        steps.extend(
            self.portal.as_ref().map(|portal| format!("`awsauth discover {}`", portal.start_url.session_name())),
        );
        steps.push("`awsauth apply`".to_owned());
        format!("next: {}", steps.join(", then "))
    }
}

#[derive(Serialize)]
struct InitJson {
    manifest: String,
}
