//! How amounts and times are written to people, in mails and pages: filters of their templates.

use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::calendar::Zone;
use crate::locale::Locale;
use crate::money::Currency;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const WHOLE_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MESES: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

pub fn add(environment: &mut Environment<'static>, locale: Locale, zone: &Zone) {
    environment.add_filter("money", move |value: Value| {
        let amount_minor = i64::try_from(value.get_attr("amount_minor")?)?;
        Ok::<_, Error>(money(
            locale,
            amount_minor,
            &value.get_attr("currency")?.to_string(),
        ))
    });
    environment.add_filter("percent", move |basis_points: i64| percent(locale, basis_points));
    environment.add_filter("month", move |month: &str| {
        let written = || {
            let (year, of_year) = month.split_once('-')?;
            let at = of_year.parse::<usize>().ok()?.checked_sub(1)?;
            Some(match locale {
                Locale::PtBr => format!("{} de {year}", MESES.get(at)?),
                Locale::En => format!("{} {year}", WHOLE_MONTHS.get(at)?),
            })
        };
        written().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this is no month such as 2026-11"))
    });
    let here = zone.clone();
    environment.add_filter("moment", move |at: &str| {
        Ok::<_, Error>(moment(locale, here.at(instant(at)?)))
    });
    let here = zone.clone();
    environment.add_filter("day", move |at: &str| {
        Ok::<_, Error>(day(locale, here.at(instant(at)?)))
    });
}

fn instant(text: &str) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, "this is no RFC 3339 time"))
}

/// `R$ 1.234,50` or `BRL 1,234.50`.
fn money(locale: Locale, amount_minor: i64, currency: &str) -> String {
    let (symbol, thousands, decimal) = match locale {
        Locale::PtBr => (symbol(currency), '.', ','),
        Locale::En => (currency, ',', '.'),
    };
    let sign = if amount_minor < 0 { "-" } else { "" };
    let minor = amount_minor.unsigned_abs();
    let (whole, cents) = match currency.parse().map_or(2, Currency::decimals) {
        0 => (minor, String::new()),
        3 => (minor / 1_000, format!("{decimal}{:03}", minor % 1_000)),
        _ => (minor / 100, format!("{decimal}{:02}", minor % 100)),
    };
    format!("{sign}{symbol} {}{cents}", grouped(whole, thousands))
}

/// `10,00 %` or `10.00 %`, of basis points.
fn percent(locale: Locale, basis_points: i64) -> String {
    let decimal = match locale {
        Locale::PtBr => ',',
        Locale::En => '.',
    };
    let sign = if basis_points < 0 { "-" } else { "" };
    let basis_points = basis_points.unsigned_abs();
    format!("{sign}{}{decimal}{:02} %", basis_points / 100, basis_points % 100)
}

fn symbol(currency: &str) -> &str {
    match currency {
        "BRL" => "R$",
        "USD" => "US$",
        "EUR" => "€",
        code => code,
    }
}

fn grouped(whole: u64, separator: char) -> String {
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

/// `22/11/2026` or `22 Nov 2026`.
fn day(locale: Locale, at: OffsetDateTime) -> String {
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    match locale {
        Locale::PtBr => format!("{day:02}/{month:02}/{year}"),
        Locale::En => {
            let name = MONTHS.get(usize::from(month) - 1).copied().unwrap_or_default();
            format!("{day} {name} {year}")
        }
    }
}

/// The day, `14:30`, and by which clock.
fn moment(locale: Locale, at: OffsetDateTime) -> String {
    let (hours, minutes, _) = at.offset().as_hms();
    let sign = if at.offset().is_negative() { '−' } else { '+' };
    let zone = match (hours.unsigned_abs(), minutes.unsigned_abs()) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    };
    format!(
        "{}, {:02}:{:02} ({zone})",
        day(locale, at),
        at.hour(),
        at.minute()
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn p10_amounts_are_written_as_each_language_does() {
        for (amount_minor, currency, pt_br, en) in [
            (15_000, "BRL", "R$ 150,00", "BRL 150.00"),
            (5, "BRL", "R$ 0,05", "BRL 0.05"),
            (-123_456_789, "USD", "-US$ 1.234.567,89", "-USD 1,234,567.89"),
            (100_000, "JPY", "JPY 100.000", "JPY 100,000"),
            (1_234_005, "KWD", "KWD 1.234,005", "KWD 1,234.005"),
            (
                i64::MIN,
                "EUR",
                "-€ 92.233.720.368.547.758,08",
                "-EUR 92,233,720,368,547,758.08",
            ),
        ] {
            assert_eq!(money(Locale::PtBr, amount_minor, currency), pt_br);
            assert_eq!(money(Locale::En, amount_minor, currency), en);
        }
    }

    #[test]
    fn percentages_are_written_as_each_language_does() {
        for (basis_points, pt_br, en) in [
            (1_000, "10,00 %", "10.00 %"),
            (5, "0,05 %", "0.05 %"),
            (0, "0,00 %", "0.00 %"),
            (10_000, "100,00 %", "100.00 %"),
            (-1_234, "-12,34 %", "-12.34 %"),
        ] {
            assert_eq!(percent(Locale::PtBr, basis_points), pt_br);
            assert_eq!(percent(Locale::En, basis_points), en);
        }
    }

    #[test]
    fn times_say_by_which_clock() {
        let at = datetime!(2026-03-01 9:05 -3);
        assert_eq!(moment(Locale::PtBr, at), "01/03/2026, 09:05 (UTC−3)");
        assert_eq!(moment(Locale::En, at), "1 Mar 2026, 09:05 (UTC−3)");
        assert_eq!(
            moment(Locale::En, datetime!(2026-12-31 23:59 +5:30)),
            "31 Dec 2026, 23:59 (UTC+5:30)"
        );
        assert_eq!(day(Locale::PtBr, datetime!(2026-12-31 23:59 UTC)), "31/12/2026");
    }
}
