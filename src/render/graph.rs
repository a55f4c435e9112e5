//! Owns the chains of profiles as a picture: a tree for a terminal, Mermaid, Graphviz. Must not print.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use anstyle::Style;

use super::table::{Cell, table_within};
use super::terminal_text::TerminalText;
use crate::model::{Catalog, Chain, Profile, Root};

/// The columns of a tree that are left out on a narrow terminal, the first one first.
const EXPENDABLE: [usize; 3] = [1, 3, 2];
/// The roles that the node of an account names.
const ROLES_SHOWN: usize = 4;

/// The chains of profiles. Edges lead from a source to the profiles that use it.
#[derive(Debug)]
pub(crate) struct Graph<'m> {
    /// SSO sessions, then portals and long-term keys, then profiles; each in the manifest's order.
    pub(crate) nodes: Vec<GraphNode<'m>>,
    /// Paths in `nodes`.
    pub(crate) edges: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GraphNode<'m> {
    Root(Root<'m>),
    Profile(&'m Profile),
    /// Several profiles of one account with the same source.
    Account {
        id: &'m str,
        profiles: Vec<&'m Profile>,
    },
}

impl<'m> GraphNode<'m> {
    pub(crate) fn name(&self) -> &'m str {
        match self {
            Self::Root(root) => root.name(),
            Self::Profile(profile) => profile.name.as_str(),
            Self::Account { id, profiles } => common_beginning(profiles).unwrap_or(id),
        }
    }

    /// The kind of the node, in AWS's words or the manifest's.
    fn kind(&self) -> Cow<'static, str> {
        let kind = match self {
            Self::Root(Root::Session(_)) => "SSO session",
            Self::Root(Root::Portal(_)) => "SSO portal",
            Self::Root(Root::LongTermKey(_)) => "long-term key",
            Self::Root(Root::Login(_)) => "console sign-in",
            Self::Root(Root::Section(_)) => "section in ~/.aws",
            Self::Root(Root::Machine(_)) => "credential source",
            Self::Profile(profile) => profile.pattern().as_str(),
            Self::Account { profiles, .. } => return format!("{} profiles", profiles.len()).into(),
        };
        kind.into()
    }

    /// The account and the role, or the first roles; empty where it has none.
    fn place(&self) -> (&'m str, Cow<'m, str>) {
        match self {
            Self::Root(_) => ("", "".into()),
            Self::Profile(profile) => {
                (profile.account().unwrap_or_default(), profile.role_name().unwrap_or_default().into())
            }
            Self::Account { id, profiles } => {
                let mut roles: Vec<&str> = Vec::new();
                for role in profiles.iter().filter_map(|profile| profile.role_name()) {
                    if !roles.contains(&role) {
                        roles.push(role);
                    }
                }
                let more = roles.len().saturating_sub(ROLES_SHOWN);
                let shown = roles[..roles.len() - more].join(", ");
                // Where its profiles have no beginning in common, the number is the name.
                let id = if self.name() == *id { "" } else { id };
                (id, if more > 0 { format!("{shown} and {more} more").into() } else { shown.into() })
            }
        }
    }

    /// Adds a profile of the same account.
    fn join(&mut self, profile: &'m Profile) {
        match self {
            Self::Account { profiles, .. } => profiles.push(profile),
            Self::Profile(first) => {
                *self = Self::Account { id: profile.account().unwrap_or_default(), profiles: vec![first, profile] };
            }
            Self::Root(_) => {}
        }
    }

    /// The lines of its box.
    fn lines(&self) -> Vec<String> {
        let (account, role) = self.place();
        let lines = [self.name().to_owned(), self.kind().into_owned(), format!("{account} {role}").trim().to_owned()];
        lines.into_iter().filter(|line| !line.is_empty()).collect()
    }
}

/// What all names begin with, such as `prod` for `prod-Admin` and `prod-ReadOnly`.
fn common_beginning<'m>(profiles: &[&'m Profile]) -> Option<&'m str> {
    let (first, others) = profiles.split_first()?;
    let first = first.name.as_str();
    let ends = first.match_indices(['-', '_', '.', '/', ':']).map(|(end, _)| end).filter(|end| *end > 0);
    let is_common = |end: &usize| others.iter().all(|other| other.name.as_str().starts_with(&first[..=*end]));
    Some(&first[..ends.take_while(is_common).last()?])
}

impl<'m> Graph<'m> {
    /// The chains of the chosen profiles, or of all if none are chosen.
    pub(crate) fn new(catalog: &'m Catalog, chosen: Option<&[&'m Profile]>) -> Self {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for profile in chosen.into_iter().flatten() {
            let chain = catalog.chain(profile.name.as_str());
            names.extend(chain.iter().flat_map(Chain::profiles).map(|step| step.name.as_str()));
        }
        let is_wanted = |profile: &&Profile| chosen.is_none() || names.contains(profile.name.as_str());
        let profiles: Vec<&Profile> = catalog.profiles().iter().filter(is_wanted).collect();
        // By more than the name: a session and a long-term key may have the same one.
        let roots: HashSet<Root<'_>> = profiles.iter().filter_map(|profile| Root::of(profile)).collect();
        let mut graph = Self { nodes: Vec::new(), edges: Vec::new() };
        let mut places: HashMap<Root<'m>, usize> = HashMap::new();
        let sessions = catalog.sessions().iter().map(|session| Root::Session(session));
        let sessions = sessions.filter(|root| chosen.is_none() || roots.contains(root));
        for root in sessions.chain(profiles.iter().filter_map(|profile| Root::of(profile))) {
            places.entry(root).or_insert_with(|| graph.add(GraphNode::Root(root)));
        }
        let by_name: HashMap<&str, usize> =
            profiles.iter().map(|profile| (profile.name.as_str(), graph.add(GraphNode::Profile(profile)))).collect();
        for profile in &profiles {
            let above = Root::of(profile).and_then(|root| places.get(&root));
            let above = above.or_else(|| by_name.get(profile.role()?.source_profile()?.as_str()));
            graph.edges.extend(above.copied().zip(by_name.get(profile.name.as_str()).copied()));
        }
        graph
    }

    /// The same with one node for all profiles of an account that have the same source, and are nobody's source.
    pub(crate) fn by_account(self) -> Self {
        let below = self.below();
        let sources: HashMap<usize, usize> = self.edges.iter().map(|(from, to)| (*to, *from)).collect();
        let mut grouped = Self { nodes: Vec::new(), edges: Vec::new() };
        // The new place of each old one, and of each group.
        let mut places = Vec::with_capacity(self.nodes.len());
        let mut groups: HashMap<(usize, &str), usize> = HashMap::new();
        for (place, node) in self.nodes.iter().enumerate() {
            let group = match (node, sources.get(&place)) {
                (GraphNode::Profile(profile), Some(source)) if below[place].is_empty() => {
                    profile.account().map(|account| ((*source, account), *profile))
                }
                _ => None,
            };
            let new = match group {
                None => grouped.add(node.clone()),
                Some((key, profile)) => match groups.get(&key) {
                    None => *groups.entry(key).or_insert(grouped.add(node.clone())),
                    Some(group) => {
                        grouped.nodes[*group].join(profile);
                        *group
                    }
                },
            };
            places.push(new);
        }
        let moved = self.edges.iter().map(|(from, to)| (places[*from], places[*to]));
        let mut known = HashSet::new();
        grouped.edges = moved.filter(|edge| known.insert(*edge)).collect();
        grouped
    }

    fn add(&mut self, node: GraphNode<'m>) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The nodes that each node leads to, in order.
    fn below(&self) -> Vec<Vec<usize>> {
        let mut below = vec![Vec::new(); self.nodes.len()];
        self.edges.iter().for_each(|(from, to)| below[*from].push(*to));
        below
    }

    /// A tree with columns for a terminal of `most` columns, and true if nothing is left out. `style` colours the names.
    pub(crate) fn tree(&self, most: usize, style: impl Fn(&GraphNode<'m>) -> Style) -> (TerminalText, bool) {
        let below = self.below();
        let mut rows = Vec::with_capacity(self.nodes.len());
        // What is still to be drawn, the next one last: a node, the lines that lead past it, and whether it is the last one
        // below its source.
        let is_root = |place: &usize| matches!(self.nodes[*place], GraphNode::Root(_));
        let roots = (0..self.nodes.len()).filter(is_root);
        let mut open: Vec<(usize, Option<(String, bool)>)> = roots.map(|place| (place, None)).collect();
        open.reverse();
        while let Some((place, branch)) = open.pop() {
            let node = &self.nodes[place];
            let (drawn, past) = match branch {
                None => (String::new(), String::new()),
                Some((past, true)) => (format!("{past}└── "), format!("{past}    ")),
                Some((past, false)) => (format!("{past}├── "), format!("{past}│   ")),
            };
            let (account, role) = node.place();
            let name = Cell::styled(node.name(), style(node)).behind(drawn);
            rows.push(vec![name, node.kind().into(), account.into(), role.into()]);
            let last = below[place].last();
            open.extend(below[place].iter().rev().map(|next| (*next, Some((past.clone(), Some(next) == last)))));
        }
        table_within(&rows, most, &EXPENDABLE)
    }

    /// A flowchart of Mermaid.
    pub(crate) fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (place, node) in self.nodes.iter().enumerate() {
            let label = node.lines().iter().map(|line| mermaid_text(line)).collect::<Vec<_>>().join("<br/>");
            let (open, close) = if matches!(node, GraphNode::Root(_)) { ("([", "])") } else { ("[", "]") };
            line(&mut text, format_args!("    n{place}{open}\"{label}\"{close}"));
        }
        self.edges.iter().for_each(|(from, to)| line(&mut text, format_args!("    n{from} --> n{to}")));
        text
    }

    /// A graph in Graphviz's language.
    pub(crate) fn dot(&self) -> String {
        let mut text =
            "digraph awsauth {\n    rankdir=LR;\n    node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
        for (place, node) in self.nodes.iter().enumerate() {
            let label = node.lines().iter().map(|line| dot_text(line)).collect::<Vec<_>>().join("\\n");
            let look = if matches!(node, GraphNode::Root(_)) { ", style=\"rounded,bold\"" } else { "" };
            line(&mut text, format_args!("    n{place} [label=\"{label}\"{look}];"));
        }
        self.edges.iter().for_each(|(from, to)| line(&mut text, format_args!("    n{from} -> n{to};")));
        text.push_str("}\n");
        text
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let written = writeln!(text, "{line}");
    debug_assert!(written.is_ok(), "writing to a String can't fail");
}

/// Mermaid reads HTML, Markdown and words of its own in a text, so any other character is given by its number.
fn mermaid_text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || "_.,-/ ".contains(character) {
            safe.push(character);
        } else {
            let written = write!(safe, "#{};", u32::from(character));
            debug_assert!(written.is_ok(), "writing to a String can't fail");
        }
    }
    safe
}

/// In Graphviz's quotes, `\` begins an escape, and `&` one of HTML.
fn dot_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"")
}
