//! What is known of a payment, and what becomes of it by news.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::payments::gateway::{Action, News, SeenStatus};

/// How far a payment is, in the order of rank: it only ever rises. What says more about money is higher, so that news
/// that contradict each other come to what we must act on.
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
#[schema(as = PaymentStatus)]
pub enum Status {
    /// The gateway was not asked yet, or has not answered.
    New,
    /// The customer must do something first.
    ActionRequired,
    /// It will not be paid in this way.
    Declined,
    /// The amount is held for us.
    Authorized,
    /// It was, until that lapsed.
    Lapsed,
    /// It was, until we let it go.
    Voided,
    /// The amount is ours.
    Captured,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::ActionRequired => "action_required",
            Self::Declined => "declined",
            Self::Authorized => "authorized",
            Self::Lapsed => "lapsed",
            Self::Voided => "voided",
            Self::Captured => "captured",
        }
    }

    /// Whether nothing is held or to be held any more.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Declined | Self::Lapsed | Self::Voided | Self::Captured
        )
    }

    pub(super) fn of(seen: SeenStatus) -> Self {
        match seen {
            SeenStatus::Pending => Self::New,
            SeenStatus::ActionRequired => Self::ActionRequired,
            SeenStatus::Declined => Self::Declined,
            SeenStatus::Authorized => Self::Authorized,
            SeenStatus::Lapsed => Self::Lapsed,
            SeenStatus::Voided => Self::Voided,
            SeenStatus::Captured => Self::Captured,
        }
    }
}

/// What is known of a payment at its gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) status: Status,
    pub(crate) authorized_minor: i64,
    pub(crate) captured_minor: i64,
    pub(crate) fee_minor: i64,
    pub(crate) capture_before: Option<OffsetDateTime>,
    pub(crate) action: Option<Action>,
    pub(crate) decline_code: Option<String>,
}

/// Something that is so from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    ActionRequired,
    Declined,
    Authorized,
    Lapsed,
    Voided,
    Captured,
    /// So much more.
    Fee(i64),
}

/// What news come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Fine {
        state: State,
        facts: Vec<Fact>,
    },
    /// They do not belong to a payment of this amount: believe nothing of it.
    Held(String),
}

impl State {
    /// Folds news in: the higher rank, the greater totals. Any order of the same news comes to the same state, and tells
    /// each fact once.
    pub(crate) fn fold(&self, news: &News, amount_minor: i64, currency: &str) -> Fold {
        if news.currency != currency {
            return Fold::Held(format!(
                "the gateway says {}, and it is {currency}",
                news.currency
            ));
        }
        let held = [news.authorized_minor, news.captured_minor];
        let odd = held.into_iter().find(|said| *said != 0 && *said != amount_minor);
        if let Some(said) = odd {
            return Fold::Held(format!("the gateway says {said}, and it is {amount_minor}"));
        }
        let status = self.status.max(Status::of(news.status));
        let state = Self {
            status,
            // What was taken was held.
            authorized_minor: self
                .authorized_minor
                .max(news.authorized_minor)
                .max(news.captured_minor),
            captured_minor: self.captured_minor.max(news.captured_minor),
            fee_minor: self.fee_minor.max(news.fee_minor),
            capture_before: self.capture_before.max(news.capture_before),
            action: greater(&self.action, &news.action, |action| &action.url),
            decline_code: greater(&self.decline_code, &news.decline_code, |code| code),
        };
        let facts = self.facts(&state);
        Fold::Fine { state, facts }
    }

    fn facts(&self, after: &Self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let passed = |rank| self.status < rank && after.status >= rank;
        // Whoever waits for money waits for this, however it came about; the rest is told only of where we are.
        if self.authorized_minor == 0 && after.authorized_minor > 0 {
            facts.push(Fact::Authorized);
        }
        if self.status != after.status {
            match after.status {
                Status::ActionRequired => facts.push(Fact::ActionRequired),
                Status::Declined => facts.push(Fact::Declined),
                Status::Lapsed => facts.push(Fact::Lapsed),
                Status::Voided => facts.push(Fact::Voided),
                Status::New | Status::Authorized | Status::Captured => {}
            }
        }
        if passed(Status::Captured) {
            facts.push(Fact::Captured);
        }
        if after.fee_minor > self.fee_minor {
            facts.push(Fact::Fee(after.fee_minor - self.fee_minor));
        }
        facts
    }
}

/// One of them, whichever comes first, so that the order of news does not matter.
fn greater<T: Clone>(one: &Option<T>, other: &Option<T>, by: fn(&T) -> &String) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) if by(one) < by(other) => Some(other.clone()),
        (None, other) => other.clone(),
        (one, _) => one.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const AMOUNT: i64 = 15_000;

    fn nothing() -> State {
        State {
            status: Status::New,
            authorized_minor: 0,
            captured_minor: 0,
            fee_minor: 0,
            capture_before: None,
            action: None,
            decline_code: None,
        }
    }

    fn news(status: SeenStatus) -> News {
        let held = !matches!(
            status,
            SeenStatus::Pending | SeenStatus::ActionRequired | SeenStatus::Declined
        );
        let taken = matches!(status, SeenStatus::Captured);
        News {
            status,
            currency: "BRL".to_owned(),
            authorized_minor: if held { AMOUNT } else { 0 },
            captured_minor: if taken { AMOUNT } else { 0 },
            refunded_minor: 0,
            fee_minor: if taken { 350 } else { 0 },
            capture_before: held.then_some(datetime!(2026-07-06 12:00 UTC)),
            action: matches!(status, SeenStatus::ActionRequired).then(|| Action {
                url: "https://bank.example/".to_owned(),
            }),
            decline_code: matches!(status, SeenStatus::Declined).then(|| "card_declined".to_owned()),
        }
    }

    /// Folds one after the other; what each told.
    fn all(news: &[News]) -> (State, Vec<Fact>) {
        let (mut state, mut told) = (nothing(), vec![]);
        for news in news {
            let Fold::Fine { state: next, facts } = state.fold(news, AMOUNT, "BRL") else {
                panic!("{news:?}");
            };
            state = next;
            told.extend(facts);
        }
        (state, told)
    }

    fn any_news() -> impl Strategy<Value = News> {
        prop::sample::select(vec![
            SeenStatus::Pending,
            SeenStatus::ActionRequired,
            SeenStatus::Declined,
            SeenStatus::Authorized,
            SeenStatus::Lapsed,
            SeenStatus::Voided,
            SeenStatus::Captured,
        ])
        .prop_map(news)
    }

    #[test]
    fn a_capture_that_is_heard_of_before_its_authorization_tells_both_once() {
        let (state, told) = all(&[SeenStatus::Captured, SeenStatus::Authorized].map(news));
        assert_eq!(state.status, Status::Captured);
        assert_eq!(told, [Fact::Authorized, Fact::Captured, Fact::Fee(350)]);
    }

    #[test]
    fn another_amount_or_currency_is_not_believed() {
        let seen = news(SeenStatus::Captured);
        for odd in [
            News {
                captured_minor: 14_999,
                ..seen.clone()
            },
            News {
                authorized_minor: 15_001,
                ..seen.clone()
            },
            News {
                captured_minor: -15_000,
                ..seen.clone()
            },
            News {
                currency: "USD".to_owned(),
                ..seen
            },
        ] {
            assert!(
                matches!(nothing().fold(&odd, AMOUNT, "BRL"), Fold::Held(_)),
                "{odd:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn w05_any_order_and_repetition_of_news_comes_to_the_same(
            (heard, shuffled) in prop::collection::vec(any_news(), 0..6)
                .prop_flat_map(|news| {
                    let twice = [news.clone(), news.clone()].concat();
                    (Just(news), Just(twice).prop_shuffle())
                })
        ) {
            let (state, told) = all(&heard);
            let (again, told_again) = all(&shuffled);
            prop_assert_eq!(&state, &again);
            let money = |told: &[Fact], fact| told.iter().filter(|told| **told == fact).count();
            for fact in [Fact::Authorized, Fact::Captured] {
                prop_assert!(money(&told, fact) <= 1);
                prop_assert_eq!(money(&told, fact), money(&told_again, fact));
            }
        }

        #[test]
        fn ranks_only_rise_and_totals_only_grow(heard in prop::collection::vec(any_news(), 0..8)) {
            let mut state = nothing();
            for news in &heard {
                let Fold::Fine { state: next, .. } = state.fold(news, AMOUNT, "BRL") else {
                    panic!("{news:?}");
                };
                prop_assert!(next.status >= state.status);
                prop_assert!(next.authorized_minor >= state.authorized_minor);
                prop_assert!(next.captured_minor >= state.captured_minor);
                prop_assert!(next.fee_minor >= state.fee_minor);
                state = next;
            }
        }
    }
}
