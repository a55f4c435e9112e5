//! Owns reading a list page by page: it ends, whatever the service says.

use std::collections::HashSet;

use thiserror::Error;

/// The most pages of one list. With 100 entries on each, that is more than the accounts of any organisation.
const MOST: usize = 1000;

/// Why a list has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Endless {
    /// A page leads to one that was read before.
    #[error("a page leads back to one before it")]
    Circle,
    /// More than [`MOST`] pages.
    #[error("there are more than {MOST} pages")]
    TooLong,
}

/// The pages of one list that were read.
#[derive(Debug, Default)]
pub(crate) struct Paging(HashSet<String>);

impl Paging {
    /// What the next page is asked for with, if the last one leads to one.
    pub(crate) fn next(&mut self, token: Option<String>) -> Result<Option<String>, Endless> {
        let Some(token) = token else { return Ok(None) };
        if !self.0.insert(token.clone()) {
            return Err(Endless::Circle);
        }
        if self.0.len() < MOST { Ok(Some(token)) } else { Err(Endless::TooLong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_where_its_service_says_or_in_an_error() {
        let mut paging = Paging::default();
        let mut next = |token: &str| paging.next(Some(token.to_owned()));
        assert_eq!((next("a"), next("b")), (Ok(Some("a".to_owned())), Ok(Some("b".to_owned()))));
        assert_eq!(next("a"), Err(Endless::Circle));
        assert_eq!(Paging::default().next(None), Ok(None));
        let mut paging = Paging::default();
        let tokens = (0..).map(|number| paging.next(Some(number.to_string())));
        assert_eq!(tokens.take_while(Result::is_ok).count(), MOST - 1);
    }
}
