//! Owns what readers made of one line, in words that show no value. Must not know the other lines.

use super::disagreement::Take;
use super::trace::{Reader, Role};

/// A reader and what the line is to it, if anything.
pub(super) type Seen<'r, 'a> = (Reader, Option<&'r Role<'a>>);

/// What each reader makes of a header line.
pub(super) fn of_header(seen: &[Seen<'_, '_>]) -> Vec<(Reader, Take)> {
    let take = |role: Option<&Role<'_>>| match role {
        Some(Role::Section(Some(name))) => Take::Section(name.clone()),
        Some(Role::Section(None)) => Take::Ignored,
        Some(Role::Defaults) => Take::Defaults,
        Some(Role::Refused(reason)) => Take::Unreadable(reason),
        Some(Role::Setting(..) | Role::Block(_)) => Take::Own,
        Some(Role::Nested(..)) => Take::Nested,
        Some(Role::More(_)) => Take::Continues,
        None => Take::NoHeader,
    };
    seen.iter().map(|(reader, role)| (*reader, take(*role))).collect()
}

/// What each reader makes of any other line, of which not all make the same.
pub(super) fn of_line(line: &str, seen: &[Seen<'_, '_>]) -> Vec<(Reader, Take)> {
    let is_of_one_shape = Shape::common(seen);
    let written = Written::new(line, seen);
    let take = |role: Option<&Role<'_>>| match role {
        None | Some(Role::Section(_) | Role::Defaults) => Take::Ignored,
        Some(Role::Refused(reason)) => Take::Unreadable(reason),
        Some(role) if is_of_one_shape => written.take(role),
        Some(Role::Nested(..)) => Take::Nested,
        Some(Role::More(_)) => Take::Continues,
        Some(_) => Take::Own,
    };
    let mut takes: Vec<_> = seen.iter().map(|(reader, role)| (*reader, take(*role))).collect();
    let is_refused = takes.iter().any(|(_, take)| matches!(take, Take::Unreadable(_)));
    if !is_refused && takes.iter().all(|(_, take)| *take == takes[0].1) {
        for ((_, take), (_, role)) in takes.iter_mut().zip(seen) {
            *take = if *role == seen[0].1 { Take::AsWritten } else { Take::OtherValue };
        }
    }
    takes
}

/// What sort of line it is to a reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Setting,
    Nested,
    More,
}

impl Shape {
    fn of(role: &Role<'_>) -> Option<Self> {
        match role {
            Role::Setting(..) | Role::Block(_) => Some(Self::Setting),
            Role::Nested(..) => Some(Self::Nested),
            Role::More(_) => Some(Self::More),
            Role::Section(_) | Role::Defaults | Role::Refused(_) => None,
        }
    }

    /// Whether all agree in it, so that only keys and values differ.
    fn common(seen: &[Seen<'_, '_>]) -> bool {
        let is_missing = seen.iter().any(|(_, role)| role.is_none());
        let mut shapes = seen.iter().filter_map(|(_, role)| role.and_then(Self::of));
        let first = shapes.next();
        let is_whole = first == Some(Self::Setting) || !is_missing;
        is_whole && shapes.all(|shape| Some(shape) == first)
    }
}

/// A line as it is written.
struct Written<'l> {
    key: Option<&'l str>,
    value: &'l str,
}

impl<'l> Written<'l> {
    fn new(line: &'l str, seen: &[Seen<'l, '_>]) -> Self {
        let mut roles = seen.iter().filter_map(|(_, role)| *role);
        let value = match roles.next() {
            Some(Role::More(_)) => line,
            Some(Role::Nested(..)) => line.split_once('=').map_or(line, |(_, value)| value),
            _ => line.split_once(['=', ':']).map_or(line, |(_, value)| value),
        };
        let key = seen.iter().find_map(|(_, role)| role.and_then(key));
        Self { key, value: value.trim() }
    }

    fn take(&self, role: &Role<'_>) -> Take {
        match (key(role), role) {
            (Some(key), _) if Some(key) != self.key => Take::Key(key.to_owned()),
            (_, Role::Setting(_, value) | Role::Nested(_, _, value) | Role::More(value)) => self.value_take(value),
            _ => Take::AsWritten,
        }
    }

    fn value_take(&self, value: &str) -> Take {
        let rest = self.value.strip_prefix(value);
        match rest {
            Some("") if comment(self.value).is_some() => Take::WithComment,
            Some("") if unquoted(self.value).is_some() => Take::WithQuotes,
            Some("") => Take::AsWritten,
            _ if value.is_empty() => Take::Empty,
            Some(_) if comment(self.value).is_some_and(|at| self.value[..at].trim_end() == value) => {
                Take::WithoutComment
            }
            _ if unquoted(self.value) == Some(value) => Take::WithoutQuotes,
            _ => Take::OtherValue,
        }
    }
}

/// The key that a line sets.
pub(super) fn key<'r>(role: &'r Role<'_>) -> Option<&'r str> {
    match role {
        Role::Setting(key, _) | Role::Block(key) | Role::Nested(_, key, _) => Some(key),
        Role::Section(_) | Role::Defaults | Role::More(_) | Role::Refused(_) => None,
    }
}

/// Where something begins that some reader takes for a comment.
fn comment(value: &str) -> Option<usize> {
    let follows_blank = |at: &usize| value[..*at].chars().next_back().is_none_or(char::is_whitespace);
    value.match_indices(['#', ';']).map(|(at, _)| at).find(follows_blank)
}

fn unquoted(value: &str) -> Option<&str> {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\''))
}
