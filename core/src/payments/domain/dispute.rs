//! What becomes of a dispute.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a dispute is, in the order of rank: it only rises.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    clap::ValueEnum,
    sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = DisputeStatus)]
pub enum DisputeStatus {
    /// The money is withheld.
    Opened,
    /// It is ours again.
    Won,
    /// It is the customer's.
    Lost,
}

impl DisputeStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// What the gateway says that cannot be: it was decided, and otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contradiction;

/// What is so from now on, one after the other, of a dispute that was known so and is seen so. One that is heard of only
/// when it is over was opened, too. Any order of the same news tells the same.
pub(crate) fn told(
    known: Option<DisputeStatus>,
    seen: DisputeStatus,
) -> Result<&'static [DisputeStatus], Contradiction> {
    use DisputeStatus::{Lost, Opened, Won};
    match (known, seen) {
        (None, Opened) => Ok(&[Opened]),
        (None, Won) => Ok(&[Opened, Won]),
        (None, Lost) => Ok(&[Opened, Lost]),
        (Some(Opened), Won) => Ok(&[Won]),
        (Some(Opened), Lost) => Ok(&[Lost]),
        (Some(Won), Lost) | (Some(Lost), Won) => Err(Contradiction),
        (Some(_), Opened) | (Some(Won), Won) | (Some(Lost), Lost) => Ok(&[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DisputeStatus::{Lost, Opened, Won};

    /// Heard one after the other: what was told, and how it is in the end.
    fn hear(news: &[DisputeStatus]) -> (Vec<DisputeStatus>, Option<DisputeStatus>) {
        let (mut known, mut heard) = (None, vec![]);
        for seen in news {
            for fact in told(known, *seen).unwrap() {
                known = Some(*fact);
                heard.push(*fact);
            }
        }
        (heard, known)
    }

    #[test]
    fn w05_any_order_of_a_disputes_news_tells_the_same_once() {
        for end in [Won, Lost] {
            for news in [
                &[Opened, end][..],
                &[end, Opened],
                &[end],
                &[Opened, Opened, end],
                &[Opened, end, Opened],
                &[end, Opened, Opened],
                &[end, end, Opened],
                &[Opened, end, end],
            ] {
                assert_eq!(hear(news), (vec![Opened, end], Some(end)), "{news:?}");
            }
        }
        assert_eq!(hear(&[Opened, Opened]), (vec![Opened], Some(Opened)));
    }

    #[test]
    fn what_was_decided_is_not_decided_otherwise() {
        assert_eq!(told(Some(Won), Lost), Err(Contradiction));
        assert_eq!(told(Some(Lost), Won), Err(Contradiction));
    }
}
