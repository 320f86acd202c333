//! What a gateway and we say differently of one payment.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Status;
use crate::payments::gateway::{News, SeenStatus};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = PaymentDifferenceKind)]
pub enum DifferenceKind {
    /// The gateway has a payment that is none of ours.
    UnknownToUs,
    /// We have a payment that the gateway never heard of.
    UnknownToGateway,
    /// How far it is.
    Status,
    /// What it comes to, what was captured, what was refunded.
    Amount,
    /// What the gateway keeps.
    Fee,
}

impl DifferenceKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownToUs => "unknown_to_us",
            Self::UnknownToGateway => "unknown_to_gateway",
            Self::Status => "status",
            Self::Amount => "amount",
            Self::Fee => "fee",
        }
    }
}

/// A payment, as we have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Here {
    pub(crate) status: Status,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) captured_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) fee_minor: i64,
}

/// In what a payment of ours differs from what the gateway says, in words. Of what is going on there, nothing is said.
pub(crate) fn differences(here: &Here, news: &News) -> Vec<(DifferenceKind, String)> {
    if news.status == SeenStatus::Pending {
        return vec![];
    }
    let mut found = vec![];
    let there = Status::of(news.status);
    if there != here.status {
        let detail = format!("{} here, {} there", here.status.name(), there.name());
        found.push((DifferenceKind::Status, detail));
    }
    if news.currency != here.currency {
        let detail = format!("in {} here, in {} there", here.currency, news.currency);
        found.push((DifferenceKind::Amount, detail));
    }
    let held_minor = [news.authorized_minor, here.amount_minor];
    for (what, minor) in [
        ("held", held_minor),
        ("captured", [news.captured_minor, here.captured_minor]),
        ("refunded", [news.refunded_minor, here.refunded_minor]),
    ] {
        let [there_minor, here_minor] = minor;
        // Before anything is held, nothing is.
        if there_minor != here_minor && (what != "held" || there_minor != 0) {
            let detail = format!("{here_minor} {what} here, {there_minor} there");
            found.push((DifferenceKind::Amount, detail));
        }
    }
    if news.fee_minor != here.fee_minor {
        let detail = format!("a fee of {} here, of {} there", here.fee_minor, news.fee_minor);
        found.push((DifferenceKind::Fee, detail));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Here {
        Here {
            status: Status::Captured,
            amount_minor: 100,
            currency: "BRL".to_owned(),
            captured_minor: 100,
            refunded_minor: 0,
            fee_minor: 2,
        }
    }

    fn news(status: SeenStatus) -> News {
        News {
            status,
            currency: "BRL".to_owned(),
            authorized_minor: 100,
            captured_minor: 100,
            refunded_minor: 0,
            fee_minor: 2,
            capture_before: None,
            action: None,
            decline_code: None,
        }
    }

    #[test]
    fn whatever_differs_is_said_and_nothing_else() {
        let captured = news(SeenStatus::Captured);
        assert_eq!(differences(&here(), &captured), []);
        assert_eq!(differences(&here(), &news(SeenStatus::Pending)), []);
        let mut odd = captured;
        odd.status = SeenStatus::Voided;
        odd.currency = "USD".to_owned();
        (
            odd.authorized_minor,
            odd.captured_minor,
            odd.refunded_minor,
            odd.fee_minor,
        ) = (99, 0, 5, 3);
        let said: Vec<_> = differences(&here(), &odd)
            .into_iter()
            .map(|(kind, detail)| format!("{}: {detail}", kind.name()))
            .collect();
        assert_eq!(
            said,
            [
                "status: captured here, voided there",
                "amount: in BRL here, in USD there",
                "amount: 100 held here, 99 there",
                "amount: 100 captured here, 0 there",
                "amount: 0 refunded here, 5 there",
                "fee: a fee of 2 here, of 3 there",
            ]
        );
    }
}
