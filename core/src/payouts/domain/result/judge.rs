use uuid::Uuid;

use super::{Elsewhere, FindingCode, Known, Paid, Said, Verdict, Whose};
use crate::money::Money;
use crate::payouts::domain::LineStatus;

/// What a row comes to for the line that it is about.
pub(in crate::payouts) fn judge(
    said: &Said,
    batch: Uuid,
    known: Option<&Known>,
    elsewhere: Elsewhere,
) -> Verdict {
    if let Whose::Line { batch: written, .. } = &said.whose
        && written.parse() != Ok(batch)
    {
        return Verdict::Refuse(FindingCode::OtherBatch);
    }
    let Some(known) = known else {
        return Verdict::Refuse(FindingCode::UnknownLine);
    };
    match elsewhere {
        Elsewhere::Nothing => {}
        Elsewhere::Repeated => return Verdict::Refuse(FindingCode::RowRepeated),
        Elsewhere::Contradicted => return Verdict::Refuse(FindingCode::RowContradicted),
    }
    if !is_amount(&said.total, known.amount) || said.sales.parse() != Ok(known.sales) {
        return Verdict::Refuse(FindingCode::AmountDiffers);
    }
    if let Whose::Line { hash, .. } = &said.whose
        && *hash != known.hash
    {
        return Verdict::Refuse(FindingCode::HashDiffers);
    }
    let Some(paid) = said.paid else {
        return Verdict::Refuse(FindingCode::PaidUnclear);
    };
    match (paid, known.status) {
        (Paid::NotSaid, _) => Verdict::Leave,
        (Paid::Yes, LineStatus::Paid) | (Paid::No, LineStatus::Rejected) => Verdict::Done,
        (Paid::Yes, LineStatus::InTransit) => Verdict::Pay,
        (Paid::No, LineStatus::InTransit) => {
            let reason = said.reason.chars().take(500).collect::<String>();
            Verdict::Reject(Some(reason).filter(|reason| !reason.is_empty()))
        }
        (Paid::Yes, LineStatus::Rejected) => Verdict::Refuse(FindingCode::RejectedBefore),
        (Paid::No, LineStatus::Paid) => Verdict::Refuse(FindingCode::PaidBefore),
        (_, LineStatus::Frozen | LineStatus::Cancelled) => Verdict::Refuse(FindingCode::UnknownLine),
    }
}

/// As it went out, or as spreadsheets write the same number: in Portuguese or in English, with or without thousands and
/// the zeros at the end.
fn is_amount(written: &str, amount: Money) -> bool {
    let written = written.trim_start_matches("R$");
    let mut readings = amount.currency().readings(written);
    readings.any(|reading| reading == amount.amount_minor())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::payouts::domain::PORTUGUESE;
    use crate::payouts::domain::result::read;

    const BATCH: Uuid = Uuid::from_u128(9);

    fn known(status: LineStatus) -> Known {
        Known {
            amount: Money::new(149_992, Currency::BRL).unwrap(),
            sales: 2,
            hash: "abc".to_owned(),
            status,
        }
    }

    fn full(paid: &str, total: &str) -> String {
        format!(
            "Email,Videos,Total,Name,Account,Digit,Branch,Tax document,Bank,Paid?,Batch,Line,Currency,Hash,Reason\n\
             ana@x.com,2,{total},Ana,1,2,3,4,5,{paid},{BATCH},{},BRL,abc,no such account\n",
            Uuid::from_u128(1)
        )
    }

    fn judged(file: &str, status: LineStatus) -> Verdict {
        let rows = read(file.as_bytes()).unwrap();
        judge(&rows[0], BATCH, Some(&known(status)), Elsewhere::Nothing)
    }

    #[test]
    fn a_row_is_paid_rejected_or_left_as_it_says() {
        let rejected = Verdict::Reject(Some("no such account".to_owned()));
        for (paid, verdict) in [
            ("yes", Verdict::Pay),
            ("SIM", Verdict::Pay),
            ("no", rejected.clone()),
            ("Não", rejected),
            ("", Verdict::Leave),
            ("perhaps", Verdict::Refuse(FindingCode::PaidUnclear)),
        ] {
            assert_eq!(
                judged(&full(paid, "1499.92"), LineStatus::InTransit),
                verdict,
                "{paid}"
            );
        }
    }

    #[test]
    fn what_was_settled_is_not_settled_again() {
        for (paid, status, verdict) in [
            ("yes", LineStatus::Paid, Verdict::Done),
            ("no", LineStatus::Rejected, Verdict::Done),
            (
                "yes",
                LineStatus::Rejected,
                Verdict::Refuse(FindingCode::RejectedBefore),
            ),
            ("no", LineStatus::Paid, Verdict::Refuse(FindingCode::PaidBefore)),
            (
                "yes",
                LineStatus::Frozen,
                Verdict::Refuse(FindingCode::UnknownLine),
            ),
            (
                "yes",
                LineStatus::Cancelled,
                Verdict::Refuse(FindingCode::UnknownLine),
            ),
        ] {
            assert_eq!(
                judged(&full(paid, "1499.92"), status),
                verdict,
                "{paid} {status:?}"
            );
        }
    }

    #[test]
    fn nothing_is_done_for_a_row_that_is_not_as_it_went_out() {
        for (total, verdict) in [
            ("\"1.499,92\"", Verdict::Pay),
            ("\"R$ 1.499,92\"", Verdict::Pay),
            ("1499.93", Verdict::Refuse(FindingCode::AmountDiffers)),
            ("14999.2", Verdict::Refuse(FindingCode::AmountDiffers)),
            ("", Verdict::Refuse(FindingCode::AmountDiffers)),
        ] {
            assert_eq!(
                judged(&full("yes", total), LineStatus::InTransit),
                verdict,
                "{total}"
            );
        }
        let changed = full("yes", "1499.92").replace("abc", "abd");
        assert_eq!(
            judged(&changed, LineStatus::InTransit),
            Verdict::Refuse(FindingCode::HashDiffers)
        );
        let rows = read(full("yes", "1499.92").as_bytes()).unwrap();
        let other = Uuid::from_u128(8);
        assert_eq!(
            judge(&rows[0], other, None, Elsewhere::Nothing),
            Verdict::Refuse(FindingCode::OtherBatch)
        );
        assert_eq!(
            judge(&rows[0], BATCH, None, Elsewhere::Nothing),
            Verdict::Refuse(FindingCode::UnknownLine)
        );
        let paid = known(LineStatus::Paid);
        for (elsewhere, code) in [
            (Elsewhere::Repeated, FindingCode::RowRepeated),
            (Elsewhere::Contradicted, FindingCode::RowContradicted),
        ] {
            let verdict = judge(&rows[0], BATCH, Some(&paid), elsewhere);
            assert_eq!(verdict, Verdict::Refuse(code));
        }
    }

    #[test]
    fn an_amount_is_the_same_however_a_spreadsheet_writes_it_and_no_other() {
        let amount = |minor, currency: &str| Money::new(minor, currency.parse().unwrap()).unwrap();
        let (brl, large, jpy) = (
            amount(15_000, "BRL"),
            amount(123_456_789, "BRL"),
            amount(150_000, "JPY"),
        );
        for (written, amount) in [
            ("150.00", brl),
            ("150,00", brl),
            ("150", brl),
            ("150.0", brl),
            ("R$ 150,0", brl),
            ("1234567.89", large),
            ("1,234,567.89", large),
            ("1.234.567,89", large),
            ("150000", jpy),
            ("150.000", jpy),
            ("150,000", jpy),
        ] {
            assert!(is_amount(written, amount), "{written} is {amount}");
        }
        for (written, amount) in [
            ("15000", brl),
            ("1.50", brl),
            ("1,50", brl),
            ("150.000", brl),
            ("150,000", brl),
            ("15.000", brl),
            ("-150.00", brl),
            ("+150", brl),
            ("1e2", brl),
            ("150.00 BRL", brl),
            ("", brl),
            (".", brl),
            ("1,234.567,89", large),
            ("12,34,567.89", large),
            ("1234567.8", large),
            ("150.0", jpy),
            ("99999999999999999999", jpy),
        ] {
            assert!(!is_amount(written, amount), "{written} is not {amount}");
        }
    }

    #[test]
    fn the_other_services_file_is_read_and_only_sim_means_paid() {
        let heading = PORTUGUESE.join(",");
        for (paid, verdict) in [
            ("sim", Verdict::Pay),
            ("não", Verdict::Leave),
            ("", Verdict::Leave),
        ] {
            let file = format!("{heading}\nana@x.com,2,1499.92,Ana,1,2,3,4,5,{paid}");
            assert_eq!(judged(&file, LineStatus::InTransit), verdict, "{paid}");
        }
        let rows = read(format!("{heading}\nana@x.com,2,1,Ana,1,2,3,4,5,").as_bytes()).unwrap();
        assert_eq!(rows[0].whose, Whose::Email("ana@x.com".to_owned()));
        assert_eq!(rows[0].line, 2);
    }

    #[test]
    fn a_spreadsheets_semicolons_and_byte_order_mark_do_not_matter() {
        let file = format!("\u{feff}{}", full("yes", "1499.92").replace(',', ";"));
        assert_eq!(judged(&file, LineStatus::InTransit), Verdict::Pay);
    }
}
