//! Owns pagination, bounded: a wrong `nextToken` must not make it endless.

use std::collections::HashSet;

use thiserror::Error;

/// With 100 entries on each page, more than the accounts of any organisation.
const MAX_PAGES: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Endless {
    #[error("a page leads back to one before it")]
    Circle,
    #[error("there are more than {MAX_PAGES} pages")]
    TooLong,
}

/// The `nextToken`s of one list that were seen.
#[derive(Debug, Default)]
pub(crate) struct Paging(HashSet<String>);

impl Paging {
    /// Returns the token for the next page; none after the last page.
    pub(crate) fn next(&mut self, token: Option<String>) -> Result<Option<String>, Endless> {
        let Some(token) = token else { return Ok(None) };
        if !self.0.insert(token.clone()) {
            return Err(Endless::Circle);
        }
        if self.0.len() < MAX_PAGES { Ok(Some(token)) } else { Err(Endless::TooLong) }
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
        assert_eq!(tokens.take_while(Result::is_ok).count(), MAX_PAGES - 1);
    }
}
