//! What every gateway must do.

use std::collections::HashSet;

use marquee_core::money::{Currency, Money};
use marquee_core::payments::{Answer, Authorize, DisputeStatus, RefundStatus, Renewal, Seen, SeenStatus};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Card, Rig};

pub(super) const AMOUNT: i64 = 15_000;

pub(super) fn brl(amount_minor: i64) -> Money {
    Money::new(amount_minor, Currency::BRL).unwrap()
}

pub(super) fn of(method: String) -> Authorize {
    Authorize {
        payment: Uuid::new_v4(),
        amount: brl(AMOUNT),
        method,
        renewal: Renewal::Never,
    }
}

#[track_caller]
pub(super) fn seen(answer: Answer) -> Seen {
    match answer {
        Answer::Seen(seen) => seen,
        other => panic!("{other:?}"),
    }
}

/// Holds the amount, and says what was seen.
pub(super) async fn hold(rig: &dyn Rig, card: Card) -> Seen {
    let of = of(rig.token(card));
    seen(rig.gateway().authorize(Uuid::new_v4(), &of).await.unwrap())
}

/// Holds and captures.
async fn take(rig: &dyn Rig, card: Card) -> Seen {
    let held = hold(rig, card).await;
    let taken = rig
        .gateway()
        .capture(Uuid::new_v4(), &held.reference, brl(AMOUNT))
        .await;
    seen(taken.unwrap())
}

pub(super) async fn what_is_held_is_captured_and_given_back(rig: &dyn Rig) {
    let (gateway, of) = (rig.gateway(), of(rig.token(Card::Good)));
    let held = seen(gateway.authorize(Uuid::new_v4(), &of).await.unwrap());
    assert_eq!(held.news.status, SeenStatus::Authorized);
    assert_eq!(
        (
            held.news.authorized_minor,
            held.news.captured_minor,
            held.news.fee_minor
        ),
        (AMOUNT, 0, 0)
    );
    assert_eq!(held.news.currency, "BRL");
    assert!(held.news.capture_before.is_some());
    for reference in [None, Some(held.reference.as_str())] {
        let fetched = gateway.fetch(of.payment, reference).await.unwrap();
        assert_eq!(fetched.as_ref(), Some(&held), "{reference:?}");
    }

    let taken = seen(
        gateway
            .capture(Uuid::new_v4(), &held.reference, brl(AMOUNT))
            .await
            .unwrap(),
    );
    assert_eq!(taken.news.status, SeenStatus::Captured);
    assert_eq!(
        (taken.news.authorized_minor, taken.news.captured_minor),
        (AMOUNT, AMOUNT)
    );
    assert!(taken.news.fee_minor > 0);

    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    gateway.refund(first, &held.reference, brl(4_000)).await.unwrap();
    let back = seen(
        gateway
            .refund(second, &held.reference, brl(11_000))
            .await
            .unwrap(),
    );
    assert_eq!(back.news.refunded_minor, AMOUNT);
    let refunds: HashSet<_> = back
        .refunds
        .iter()
        .map(|refund| (refund.key, refund.amount_minor))
        .collect();
    assert_eq!(
        refunds,
        HashSet::from([(Some(first), 4_000), (Some(second), 11_000)])
    );
    assert!(
        back.refunds
            .iter()
            .all(|refund| refund.status == RefundStatus::Done)
    );
    assert_eq!(
        gateway.fetch(of.payment, Some(&held.reference)).await.unwrap(),
        Some(back)
    );
}

pub(super) async fn a_decline_has_a_name_and_a_reason(rig: &dyn Rig) {
    let (gateway, of) = (rig.gateway(), of(rig.token(Card::NoFunds)));
    let declined = seen(gateway.authorize(Uuid::new_v4(), &of).await.unwrap());
    assert_eq!(declined.news.status, SeenStatus::Declined);
    assert_eq!(declined.news.decline_code.as_deref(), Some("insufficient_funds"));
    assert_eq!(declined.news.authorized_minor, 0);
    assert_eq!(gateway.fetch(of.payment, None).await.unwrap(), Some(declined));

    let unknown = gateway
        .authorize(Uuid::new_v4(), &self::of("what is this".to_owned()))
        .await
        .unwrap();
    match unknown {
        Answer::Seen(seen) => assert_eq!(seen.news.status, SeenStatus::Declined),
        Answer::Refused { code, .. } => assert!(!code.is_empty()),
        Answer::Pending => panic!("nobody knows such a method"),
    }
}

pub(super) async fn a_customer_confirms_or_does_not(rig: &dyn Rig) {
    let gateway = rig.gateway();
    for (approve, becomes) in [(true, SeenStatus::Authorized), (false, SeenStatus::Declined)] {
        let of = of(rig.token(Card::Confirmed));
        let waits = seen(gateway.authorize(Uuid::new_v4(), &of).await.unwrap());
        assert_eq!(waits.news.status, SeenStatus::ActionRequired);
        assert!(waits.news.action.unwrap().url.starts_with("http"));
        assert_eq!(waits.news.authorized_minor, 0);
        rig.confirm(&waits.reference, approve).await;
        let seen = gateway
            .fetch(of.payment, Some(&waits.reference))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(seen.news.status, becomes);
        assert_eq!(seen.news.action, None);
    }
    // Or they are not waited for any more.
    let waits = hold(rig, Card::Confirmed).await;
    let gone = seen(gateway.void(Uuid::new_v4(), &waits.reference).await.unwrap());
    assert_eq!(
        (gone.news.status, gone.news.authorized_minor),
        (SeenStatus::Voided, 0)
    );
}

pub(super) async fn p06_what_is_held_is_let_go_and_never_taken_then(rig: &dyn Rig) {
    let gateway = rig.gateway();
    let held = hold(rig, Card::Good).await;
    for _ in 0..2 {
        let gone = seen(gateway.void(Uuid::new_v4(), &held.reference).await.unwrap());
        assert_eq!(gone.news.status, SeenStatus::Voided);
        assert_eq!(
            (gone.news.authorized_minor, gone.news.refunded_minor),
            (AMOUNT, 0)
        );
        assert!(gone.refunds.is_empty());
    }
    let taken = gateway
        .capture(Uuid::new_v4(), &held.reference, brl(AMOUNT))
        .await
        .unwrap();
    not_done(taken, SeenStatus::Voided);

    let taken = take(rig, Card::Good).await;
    not_done(
        gateway.void(Uuid::new_v4(), &taken.reference).await.unwrap(),
        SeenStatus::Captured,
    );
    not_done(
        gateway
            .capture(Uuid::new_v4(), &taken.reference, brl(AMOUNT))
            .await
            .unwrap(),
        SeenStatus::Captured,
    );
}

/// It is refused, or it is said how things are instead.
#[track_caller]
fn not_done(answer: Answer, is: SeenStatus) {
    match answer {
        Answer::Refused { code, .. } => assert!(!code.is_empty()),
        Answer::Seen(seen) => assert_eq!(seen.news.status, is),
        Answer::Pending => panic!("it will never be done"),
    }
}

pub(super) async fn p04_the_same_key_is_the_same_call(rig: &dyn Rig) {
    let (gateway, of) = (rig.gateway(), of(rig.token(Card::Good)));
    let key = || Uuid::new_v4();
    let (hold, take, give) = (key(), key(), key());
    let held = seen(gateway.authorize(hold, &of).await.unwrap());
    assert_eq!(seen(gateway.authorize(hold, &of).await.unwrap()), held);
    let taken = seen(gateway.capture(take, &held.reference, brl(AMOUNT)).await.unwrap());
    assert_eq!(
        seen(gateway.capture(take, &held.reference, brl(AMOUNT)).await.unwrap()),
        taken
    );
    for _ in 0..3 {
        let back = seen(gateway.refund(give, &held.reference, brl(4_000)).await.unwrap());
        assert_eq!((back.news.refunded_minor, back.refunds.len()), (4_000, 1));
    }
}

pub(super) async fn p14_no_more_goes_back_than_came(rig: &dyn Rig) {
    let gateway = rig.gateway();
    let held = hold(rig, Card::Good).await;
    let early = gateway
        .refund(Uuid::new_v4(), &held.reference, brl(1))
        .await
        .unwrap();
    assert!(matches!(early, Answer::Refused { .. }), "{early:?}");
    let taken = take(rig, Card::Good).await;
    gateway
        .refund(Uuid::new_v4(), &taken.reference, brl(10_000))
        .await
        .unwrap();
    let more = gateway
        .refund(Uuid::new_v4(), &taken.reference, brl(5_001))
        .await
        .unwrap();
    assert!(matches!(more, Answer::Refused { .. }), "{more:?}");
}

pub(super) async fn nobody_knows_of_what_was_never_asked_for(rig: &dyn Rig) {
    let gateway = rig.gateway();
    assert_eq!(gateway.fetch(Uuid::new_v4(), None).await.unwrap(), None);
    assert_eq!(
        gateway.fetch(Uuid::new_v4(), Some("pi_nobody")).await.unwrap(),
        None
    );
    let capture = gateway
        .capture(Uuid::new_v4(), "pi_nobody", brl(AMOUNT))
        .await
        .unwrap();
    assert!(matches!(capture, Answer::Refused { .. }), "{capture:?}");
}

pub(super) async fn a_dispute_is_seen_with_its_payment(rig: &dyn Rig) {
    let taken = take(rig, Card::Disputed).await;
    let seen = rig
        .gateway()
        .fetch(Uuid::new_v4(), Some(&taken.reference))
        .await
        .unwrap()
        .unwrap();
    let [dispute] = &seen.disputes[..] else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (dispute.status, dispute.amount_minor),
        (DisputeStatus::Opened, AMOUNT)
    );
    assert_eq!(dispute.reason, "fraudulent");
    assert!(dispute.evidence_due_at.is_some());
    assert_eq!(seen.news.status, SeenStatus::Captured);
}

pub(super) async fn all_payments_of_a_time_are_listed(rig: &dyn Rig) {
    let gateway = rig.gateway();
    let mut known = HashSet::new();
    for _ in 0..103 {
        let of = of(rig.token(Card::Good));
        let held = seen(gateway.authorize(Uuid::new_v4(), &of).await.unwrap());
        known.insert((Some(of.payment), held.reference, held.news.authorized_minor));
    }
    // The sandbox lives by the test's clock, and Stripe's double by that of the machine.
    let (from, to) = (OffsetDateTime::UNIX_EPOCH, datetime!(2040-01-01 00:00 UTC));
    let (mut listed, mut after, mut pages) = (HashSet::new(), None, 0);
    loop {
        let page = gateway.list(from, to, after.as_deref()).await.unwrap();
        let items = page.items.into_iter();
        listed.extend(items.map(|of| (of.payment, of.reference, of.news.authorized_minor)));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((listed, pages), (known, 2));
    let none = gateway.list(from, from + Duration::DAY, None).await.unwrap();
    assert!(none.items.is_empty());
}

pub(super) async fn p08_what_may_be_needed_longer_is_held_anew_without_the_customer(rig: &dyn Rig) {
    let gateway = rig.gateway();
    assert!(gateway.holds_for() > Duration::DAY);
    let once = hold(rig, Card::Good).await;
    assert_eq!(once.customer, None, "nothing of them is kept without need");

    let (key, of) = (Uuid::new_v4(), renewable(rig, Card::Good, Renewal::Later));
    let held = seen(gateway.authorize(key, &of).await.unwrap());
    assert_eq!(held.news.status, SeenStatus::Authorized);
    let customer = held.customer.clone().expect("a name for who pays");
    assert_eq!(
        seen(gateway.authorize(key, &of).await.unwrap()),
        held,
        "the same call"
    );
    assert_eq!(
        gateway.fetch(of.payment, None).await.unwrap().as_ref(),
        Some(&held)
    );

    let again = renewable(rig, Card::Good, Renewal::Of(customer.clone()));
    let renewed = seen(gateway.authorize(Uuid::new_v4(), &again).await.unwrap());
    assert_eq!(
        (renewed.news.status, renewed.customer.as_ref()),
        (SeenStatus::Authorized, Some(&customer))
    );
    assert_ne!(renewed.reference, held.reference);

    let nobody = renewable(rig, Card::Good, Renewal::Of("cus_nobody".to_owned()));
    match gateway.authorize(Uuid::new_v4(), &nobody).await.unwrap() {
        Answer::Seen(seen) => assert_eq!(seen.news.status, SeenStatus::Declined),
        Answer::Refused { code, .. } => assert!(!code.is_empty()),
        Answer::Pending => panic!("nobody knows such a customer"),
    }
}

pub(super) async fn p08_what_a_customer_would_have_to_confirm_is_not_held_anew(rig: &dyn Rig) {
    let gateway = rig.gateway();
    let of = renewable(rig, Card::ConfirmedEachTime, Renewal::Later);
    let waits = seen(gateway.authorize(Uuid::new_v4(), &of).await.unwrap());
    assert_eq!(waits.news.status, SeenStatus::ActionRequired);
    rig.confirm(&waits.reference, true).await;
    let held = gateway
        .fetch(of.payment, Some(&waits.reference))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(held.news.status, SeenStatus::Authorized);

    let customer = Renewal::Of(held.customer.expect("a name for who pays"));
    let again = renewable(rig, Card::ConfirmedEachTime, customer);
    let declined = seen(gateway.authorize(Uuid::new_v4(), &again).await.unwrap());
    assert_eq!(declined.news.status, SeenStatus::Declined);
    assert_eq!(
        declined.news.decline_code.as_deref(),
        Some("authentication_required")
    );
}

fn renewable(rig: &dyn Rig, card: Card, renewal: Renewal) -> Authorize {
    Authorize {
        renewal,
        ..of(rig.token(card))
    }
}
