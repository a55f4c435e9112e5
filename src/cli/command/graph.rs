//! Owns `awsauth graph`.

use anstyle::Style;
use clap::ValueEnum;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::load::Manifest;
use crate::cli::config::profile_json::RootJson;
use crate::cli::config::selection::Filter;
use crate::cli::exit::Exit;
use crate::cli::login::service::LoginService;
use crate::cli::status::validity::States;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::render::{Graph, GraphNode};
use crate::system::host::Host;

/// The most arrows that Mermaid draws, unless the page raises `maxEdges`.
const MOST_OF_MERMAID: usize = 500;

/// Show which profile depends on which
///
/// Draws SSO sessions and long-term keys, and the profiles that get credentials from them. Chosen profiles are shown
/// with everything that they depend on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth graph --format dot | dot -Tsvg > accounts.svg
  awsauth graph --format mermaid  # for a README on GitHub")]
pub(crate) struct Args {
    #[command(flatten)]
    filter: Filter,
    /// Format to draw in [default: tree]
    #[arg(long, value_enum)]
    format: Option<Format>,
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
    let format = args.format.unwrap_or(Format::Tree);
    if format == Format::Tree && !out.json && out.has_color_on_stdout() {
        let service = LoginService::new(app)?;
        let graph = graph(args, &service.manifest)?;
        service.manifest.warn_of_errors();
        let states = States::new(&service);
        return tree(&graph, host, out, |node| style(&service, &states, node));
    }
    let manifest = Manifest::read(app)?;
    let graph = graph(args, &manifest)?;
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
            if graph.edges.len() > MOST_OF_MERMAID {
                out.warn(&format!(
                    "Mermaid draws {MOST_OF_MERMAID} arrows unless its `maxEdges` is raised, and there are {}: choose profiles, \
                     or use `--format dot`",
                    graph.edges.len()
                ));
            }
        }
    }
    Ok(Exit::Done)
}

fn graph<'m>(args: &Args, manifest: &'m Manifest) -> Result<Graph<'m>, Failure> {
    let chosen = args.filter.choose(manifest)?;
    Ok(Graph::new(&manifest.catalog, args.filter.is_given().then_some(&*chosen)))
}

fn tree<'m>(graph: &Graph<'m>, host: &Host, out: Out, style: impl Fn(GraphNode<'m>) -> Style) -> Result<Exit, Failure> {
    if graph.nodes.is_empty() {
        out.say("the manifest has no profiles");
    }
    let (text, is_whole) = graph.tree(out.columns_of_data(host), style);
    out.print_table(&text, is_whole)?;
    Ok(Exit::Done)
}

/// The colour of a profile's state.
fn style(service: &LoginService<'_>, states: &States<'_>, node: GraphNode<'_>) -> Style {
    let GraphNode::Profile(profile) = node else { return Style::new().bold() };
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
