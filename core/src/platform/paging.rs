//! Lists that are read page by page.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Give it as `cursor` to get the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// Which page of a list that is sorted by id. Fetch `limit + 1` rows after `after`; [`Page::list`] drops the
/// one too many.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub after: Option<Uuid>,
    pub limit: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this cursor is not one that we gave")]
pub struct BadCursor;

impl Page {
    pub const DEFAULT_LIMIT: u32 = 50;
    pub const MAX_LIMIT: u32 = 100;
    /// Of a list that can have one at most.
    pub const ONE: Self = Self {
        after: None,
        limit: 1,
    };

    /// What a client asks for. A limit out of bounds is brought within them.
    pub fn new(cursor: Option<&str>, limit: Option<u32>) -> Result<Self, BadCursor> {
        Self::of_file(cursor, limit.or(Some(Self::DEFAULT_LIMIT)), Self::MAX_LIMIT)
    }

    /// A part of a file, which may be longer than a page to look at: as long as it may be, unless a client asks
    /// for less.
    pub fn of_file(cursor: Option<&str>, limit: Option<u32>, most: u32) -> Result<Self, BadCursor> {
        let after = cursor
            .map(|cursor| Uuid::try_parse(cursor).map_err(|_| BadCursor))
            .transpose()?;
        let limit = limit.unwrap_or(most).clamp(1, most);
        Ok(Self {
            after,
            limit: i64::from(limit),
        })
    }

    /// The rows fetched, as a page.
    pub fn list<T>(self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> List<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more {
            rows.last().map(|row| id(row).to_string())
        } else {
            None
        };
        List {
            items: rows,
            next_cursor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_brought_within_bounds_and_cursors_must_be_ours() {
        assert_eq!(Page::new(None, None).unwrap().limit, 50);
        assert_eq!(Page::new(None, Some(0)).unwrap().limit, 1);
        assert_eq!(Page::new(None, Some(1_000_000_000)).unwrap().limit, 100);
        assert_eq!(Page::new(Some("42; drop table"), None).unwrap_err(), BadCursor);
    }

    #[test]
    fn a_page_has_a_cursor_only_when_there_is_more() {
        let page = Page::new(None, Some(2)).unwrap();
        let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();

        let full = page.list(ids.clone(), |id| *id);
        assert_eq!(
            (full.items.len(), full.next_cursor),
            (2, Some(ids[1].to_string()))
        );
        assert_eq!(page.list(ids[..2].to_vec(), |id| *id).next_cursor, None);
    }
}
