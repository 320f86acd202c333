use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::search::Sort;
use crate::platform::paging::BadCursor;

/// Where a page ended: by what the list was sorted, the last one's key, and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    #[serde(rename = "s")]
    pub(super) sort: Sort,
    #[serde(rename = "k")]
    pub(super) key: String,
    #[serde(rename = "i")]
    pub(super) id: Uuid,
    /// Whether nobody had the words, and names that are nearly so are listed.
    #[serde(rename = "n")]
    pub(super) nearly: bool,
}

impl Cursor {
    /// The inverse of [`Cursor::write`], if it was of a list with the same sort.
    pub(super) fn read(text: &str, sort: Sort) -> Result<Self, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| BadCursor)?;
        // A key is a number or a name; Postgres refuses what is neither.
        let number = cursor.key.parse::<f64>().is_ok_and(f64::is_finite);
        let fine = cursor.sort == sort && (sort == Sort::Name || number) && !cursor.key.contains('\0');
        fine.then_some(cursor).ok_or(BadCursor)
    }

    pub(super) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_the_sort_it_came_from() {
        let cursor = |key: &str| Cursor {
            sort: Sort::Price,
            key: key.to_owned(),
            id: Uuid::from_u128(7),
            nearly: false,
        };
        let text = cursor("15000").write();
        assert_eq!(Cursor::read(&text, Sort::Price), Ok(cursor("15000")));
        assert_eq!(Cursor::read(&text, Sort::Newest), Err(BadCursor));
        for bad in ["", "x", "bm9uZQ", &cursor("ana").write()] {
            assert_eq!(Cursor::read(bad, Sort::Price), Err(BadCursor), "{bad}");
        }
    }
}
