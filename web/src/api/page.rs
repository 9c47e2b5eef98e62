//! Lists that come page by page.

use std::pin::Pin;

use super::{failure::Failure, schema};

/// One page of a list.
#[derive(Debug, Clone)]
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) rows: Vec<T>,
    /// The cursor after which the next page begins, where there is one.
    pub(crate) next: Option<String>,
}

/// A page that is being asked for.
pub(crate) type Asked<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Failure>>>>;

/// Whether there is more, and where it goes on.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl PageInfo {
    /// The cursor after which the next page begins, where there is one.
    pub(crate) fn next(self) -> Option<String> {
        self.end_cursor.filter(|_| self.has_next_page)
    }
}
