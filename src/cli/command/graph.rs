//! Owns `awsauth graph`.

use std::path::{Path, PathBuf};

use anstyle::Style;
use clap::ValueEnum;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::load::{Manifest, Reading};
use crate::cli::config::profile_json::RootJson;
use crate::cli::config::selection::Filter;
use crate::cli::exit::Exit;
use crate::cli::login::service::LoginService;
use crate::cli::paths::Paths;
use crate::cli::status::validity::States;
use crate::cli::text_file::change;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::render::{Graph, GraphNode};
use crate::source::Source;
use crate::system::host::Host;

/// The most arrows that Mermaid draws, unless the page raises `maxEdges`.
const MOST_OF_MERMAID: usize = 500;

/// Profiles that are too many for a picture with a box for each.
const MANY: usize = 60;
/// The lines between which `--write` puts the picture. GitHub and GitLab don't show them.
const MARKERS: [&str; 2] = ["<!-- awsauth graph -->", "<!-- /awsauth graph -->"];

/// Show which profile depends on which
///
/// Draws SSO sessions and long-term keys, and the profiles that get credentials from them. Chosen profiles are shown
/// with everything that they depend on.
///
/// Without a choice, a picture of more than 60 profiles has one box for the profiles of an account that have the same
/// source.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth graph --format dot | dot -Tsvg > accounts.svg
  awsauth graph --write README.md   # a picture that GitHub shows")]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,
    /// Format to draw in: tree (the default), mermaid or dot
    #[arg(long, value_enum, hide_possible_values = true)]
    format: Option<Format>,
    /// Draw profiles of one account and source as one
    #[arg(long)]
    by_account: bool,
    /// Put a Mermaid picture into this Markdown file
    ///
    /// It replaces what is between the lines `<!-- awsauth graph -->` and `<!-- /awsauth graph -->`.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "format")]
    write: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A tree for a terminal
    Tree,
    /// A flowchart of Mermaid
    Mermaid,
    /// A graph for Graphviz
    Dot,
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    if out.json && args.format.is_some() {
        return Err(Failure::new(Exit::Usage, "`--json` is a format of its own: leave out `--format`"));
    }
    if out.json && args.write.is_some() {
        return Err(Failure::new(Exit::Usage, "`--write` prints nothing: leave out `--json`"));
    }
    if let Some(path) = &args.write {
        return write(path, args, app);
    }
    let format = args.format.unwrap_or(Format::Tree);
    if format == Format::Tree && !out.json && out.has_color_on_stdout() {
        let service = LoginService::new(app)?;
        let graph = grouped(graph(args, &service.manifest)?, args, false, out);
        service.manifest.warn_of_errors();
        let states = States::new(&service);
        return tree(&graph, host, out, |node| style(&service, &states, node));
    }
    let manifest = Manifest::read(app)?;
    let graph = grouped(graph(args, &manifest)?, args, format != Format::Tree, out);
    if out.json {
        out.document(document(&graph))?;
        return Ok(Exit::Done);
    }
    if graph.nodes.is_empty() && format != Format::Tree {
        out.say("the manifest has no profiles");
    }
    match format {
        Format::Tree => return tree(&graph, host, out, |_| Style::new()),
        Format::Dot => out.data(&graph.dot())?,
        Format::Mermaid => {
            out.data(&graph.mermaid())?;
            warn_of_mermaid(&graph, out);
        }
    }
    Ok(Exit::Done)
}

fn graph<'m>(args: &Args, manifest: &'m Manifest) -> Result<Graph<'m>, Failure> {
    let chosen = args.filter.choose(manifest)?;
    Ok(Graph::new(&manifest.catalog, args.filter.is_given().then_some(&*chosen)))
}

/// The graph, by account if that is asked for, or if a picture of all profiles would be too large.
fn grouped<'m>(graph: Graph<'m>, args: &Args, is_picture: bool, out: Out) -> Graph<'m> {
    let profiles = graph.nodes.iter().filter(|node| matches!(node, GraphNode::Profile(_))).count();
    let is_large = is_picture && !args.filter.is_given() && profiles > MANY;
    if is_large && !args.by_account {
        out.say(&format!(
            "{profiles} profiles are drawn by account; choose some, such as 'prod-*', for a box for each"
        ));
    }
    if is_large || args.by_account { graph.by_account() } else { graph }
}

fn warn_of_mermaid(graph: &Graph<'_>, out: Out) {
    if graph.edges.len() > MOST_OF_MERMAID {
        out.warn(&format!(
            "Mermaid draws {MOST_OF_MERMAID} arrows unless its `maxEdges` is raised, and there are {}: choose profiles, or use \
             `--format dot`",
            graph.edges.len()
        ));
    }
}

/// Puts the picture into a Markdown file. Others read that, so personal files don't count for it.
fn write(path: &Path, args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let out = app.out;
    let manifest = Manifest::of(Reading::read_shared(app.paths)?, app)?;
    let graph = grouped(graph(args, &manifest)?, args, true, out);
    warn_of_mermaid(&graph, out);
    let picture = format!("```mermaid\n{}```\n", graph.mermaid());
    let again = format!("graph --write {}", path.display());
    let shown = Paths::shown(path);
    if change(path, |source| with_picture(source, &picture), &again, app)? {
        out.say(&format!("wrote the picture into {shown}"));
    } else {
        out.say(&format!("nothing to do: the picture in {shown} is up to date"));
    }
    Ok(Exit::Done)
}

/// The text with `picture` between the markers, with the line ends that these have. Markers in a code block are text.
fn with_picture(file: &Source, picture: &str) -> Result<String, Failure> {
    let text = &file.text;
    let places = MARKERS.map(|marker| {
        let (mut end, mut is_code) = (0, false);
        let lines = text.split_inclusive('\n').filter_map(|line| {
            end += line.len();
            let is_fence = line.trim_start().starts_with("```");
            is_code ^= is_fence;
            (!is_code && line.trim() == marker).then_some(end - line.len()..end)
        });
        let mut lines = lines.collect::<Vec<_>>().into_iter();
        lines.next().filter(|_| lines.next().is_none())
    });
    let [Some(begin), Some(end)] = places else { return Err(unmarked(file)) };
    if end.start < begin.end {
        return Err(unmarked(file));
    }
    let line_end = if text[begin.clone()].ends_with("\r\n") { "\r\n" } else { "\n" };
    Ok(format!("{}{}{}", &text[..begin.end], picture.replace('\n', line_end), &text[end.start..]))
}

fn unmarked(file: &Source) -> Failure {
    let shown = Paths::shown(&file.path);
    let message = if file.text.is_empty() {
        format!("{shown} is missing or empty, and has no place for the picture")
    } else {
        format!("{shown} has no place for the picture")
    };
    Failure::new(Exit::Refused, message)
        .hint("put each of these lines into it once, in this order, where the picture should be")
        .lines(MARKERS.map(str::to_owned))
}

fn tree<'m>(
    graph: &Graph<'m>,
    host: &Host,
    out: Out,
    style: impl Fn(&GraphNode<'m>) -> Style,
) -> Result<Exit, Failure> {
    if graph.nodes.is_empty() {
        out.say("the manifest has no profiles");
    }
    let (text, is_whole) = graph.tree(out.columns_of_data(host), style);
    out.print_table(&text, is_whole)?;
    Ok(Exit::Done)
}

/// The colour of a profile's state.
fn style(service: &LoginService<'_>, states: &States<'_>, node: &GraphNode<'_>) -> Style {
    let profile = match node {
        GraphNode::Root(_) => return Style::new().bold(),
        GraphNode::Account { .. } => return Style::new(),
        GraphNode::Profile(profile) => profile,
    };
    let chain = service.chain(profile.name.as_str());
    chain.map_or_else(|_| Style::new(), |chain| states.of(chain.profiles()).style(states.now))
}

#[derive(Serialize)]
struct GraphJson<'g> {
    nodes: Vec<NodeJson<'g>>,
    edges: Vec<EdgeJson>,
}

#[derive(Serialize)]
struct NodeJson<'g> {
    #[serde(flatten)]
    what: NodeKindJson<'g>,
    id: usize,
}

#[derive(Serialize)]
#[serde(untagged)]
enum NodeKindJson<'g> {
    Root(RootJson<'g>),
    Account {
        kind: &'static str,
        name: &'g str,
        account: &'g str,
        profiles: Vec<&'g str>,
    },
    Profile {
        kind: &'static str,
        name: &'g str,
        pattern: &'static str,
        account: Option<&'g str>,
        role: Option<&'g str>,
    },
}

#[derive(Serialize)]
struct EdgeJson {
    from: usize,
    to: usize,
}

fn document<'g>(graph: &'g Graph<'g>) -> GraphJson<'g> {
    let node = |(id, node): (usize, &GraphNode<'g>)| {
        let what = match node {
            GraphNode::Root(at) => NodeKindJson::Root(RootJson::of(*at)),
            GraphNode::Account { id, profiles } => NodeKindJson::Account {
                kind: "account",
                name: node.name(),
                account: id,
                profiles: profiles.iter().map(|profile| profile.name.as_str()).collect(),
            },
            GraphNode::Profile(profile) => NodeKindJson::Profile {
                kind: "profile",
                name: profile.name.as_str(),
                pattern: profile.pattern().as_str(),
                account: profile.account(),
                role: profile.role_name(),
            },
        };
        NodeJson { what, id }
    };
    GraphJson {
        nodes: graph.nodes.iter().enumerate().map(node).collect(),
        edges: graph.edges.iter().map(|(from, to)| EdgeJson { from: *from, to: *to }).collect(),
    }
}
