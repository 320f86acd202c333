//! Payouts in the hands of people who do the same at once, and of spreadsheets and banks that do as they like.

use axum::http::{Method, StatusCode};
use marquee_core::access::Permission;
use marquee_core::ledger::{self, Account, PayoutLine};
use marquee_core::money::{Currency, Money};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use super::Treasury;

const ALL: i64 = 90_000;

fn id(payout: &Value) -> &str {
    payout["id"].as_str().unwrap()
}

/// The codes of what was found, by their lines.
fn findings(report: &Value) -> Vec<(u64, &str)> {
    let found = report["findings"].as_array().unwrap().iter();
    let found = found.map(|found| (found["line"].as_u64().unwrap(), found["code"].as_str().unwrap()));
    found.collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o01_of_two_who_approve_at_once_one_does_and_the_same_person_does_once(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.created().await;
    let other = treasury.app.api_key(&[Permission::PayoutsApprove]).await;
    let path = format!("/v1/payouts/{}/approve", id(&payout));
    let total = json!({ "total": { "amount_minor": ALL, "currency": "BRL" } });
    let approve = |token| treasury.call(token, Method::POST, &path, Some(total.clone()));

    let answers = tokio::join!(
        approve(&treasury.approver),
        approve(&treasury.approver),
        approve(&other)
    );

    let statuses = [answers.0.0, answers.1.0, answers.2.0];
    assert!(
        statuses == [StatusCode::OK, StatusCode::OK, StatusCode::CONFLICT]
            || statuses == [StatusCode::CONFLICT, StatusCode::CONFLICT, StatusCode::OK],
        "{answers:?}"
    );
    assert_eq!(treasury.balance(Account::InTransit).await, -ALL);
    treasury.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o01_of_one_who_approves_and_one_who_cancels_at_once_one_does(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.created().await;
    let path = format!("/v1/payouts/{}/cancel", id(&payout));

    let (approved, cancelled) = tokio::join!(
        treasury.approve(&payout),
        treasury.call(&treasury.maker, Method::POST, &path, None)
    );

    let in_transit = treasury.balance(Account::InTransit).await;
    let status = treasury.payout(id(&payout)).await["status"].clone();
    if approved.0.is_success() {
        assert_eq!(cancelled.1["code"], "illegal_transition");
        assert_eq!((in_transit, status), (-ALL, json!("approved")));
    } else {
        assert_eq!(approved.1["code"], "illegal_transition");
        assert_eq!((in_transit, status), (0, json!("cancelled")));
        assert_eq!(treasury.created().await["total_minor"], ALL, "all is owed again");
    }
    treasury.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn exported_twice_at_once_and_while_a_result_comes_in_the_file_is_one(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury.answered(&payout, |_| "yes").await;

    let (one, other, compatible, (status, report)) = tokio::join!(
        treasury.file(&payout, "locale=pt-BR"),
        treasury.file(&payout, "locale=pt-BR"),
        treasury.file(&payout, "format=compatible"),
        treasury.import(&payout, "", &file)
    );

    assert_eq!(
        (one.status, other.status),
        (StatusCode::OK, StatusCode::OK),
        "{} {}",
        one.text,
        other.text
    );
    assert_eq!(one.bytes, other.bytes);
    assert_eq!(compatible.text.lines().count(), 4, "{}", compatible.text);
    assert_eq!((status, &report["paid"]), (StatusCode::OK, &json!(3)), "{report}");
    assert_eq!(treasury.file(&payout, "locale=pt-BR").await.bytes, one.bytes);
    assert_eq!(treasury.mailed().await.len(), 3);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o01_two_files_that_contradict_each_other_settle_each_line_once(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let paid = treasury.answered(&payout, |_| "yes").await;
    let rejected = treasury.answered(&payout, |_| "no").await;

    let ((_, paid), (_, rejected)) = tokio::join!(
        treasury.import(&payout, "", &paid),
        treasury.import(&payout, "", &rejected)
    );

    let number = |report: &Value, name: &str| report[name].as_u64().unwrap();
    assert_eq!(
        number(&paid, "paid") + number(&rejected, "rejected"),
        3,
        "{paid} {rejected}"
    );
    let told = findings(&paid).len() + findings(&rejected).len();
    assert_eq!(told, 3, "each line contradicts once: {paid} {rejected}");
    assert_eq!(treasury.balance(Account::InTransit).await, 0);
    let left = treasury.preview().await["total_minor"].as_i64().unwrap();
    assert_eq!(treasury.balance(Account::Bank).await, left - ALL);
    treasury.app.run_jobs().await;
    treasury.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_one_file_says_both_ways_is_not_believed(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury
        .answered(&payout, |whose| if whose == "bia" { "no" } else { "yes" })
        .await;
    let bia = file.lines().position(|row| row.starts_with("bia")).unwrap();
    let contradicting = file
        .lines()
        .nth(bia)
        .unwrap()
        .replace(" - Itaú,no,", " - Itaú,yes,");
    let file = format!("{file}\n{contradicting}");

    for query in ["dry_run=true", ""] {
        let (status, report) = treasury.import(&payout, query, &file).await;
        assert_eq!(status, StatusCode::OK, "{report}");
        assert_eq!(
            (&report["paid"], &report["rejected"]),
            (&json!(2), &json!(0)),
            "{query}"
        );
        let line = bia as u64 + 1;
        assert_eq!(
            findings(&report),
            [(line, "row_contradicted"), (5, "row_contradicted")]
        );
    }

    assert_eq!(
        treasury.balance(Account::InTransit).await,
        -30_000,
        "it is on its way still"
    );
    assert_eq!(
        treasury.preview().await["total_minor"],
        0,
        "and is not paid once more"
    );
    treasury.app.run_jobs().await;
    treasury.assert_books().await;
}

/// The same rows as a spreadsheet in Portuguese writes them.
fn resaved(file: &str) -> String {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(file.as_bytes());
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(vec![]);
    for (at, row) in reader.records().enumerate() {
        let row = row.unwrap();
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            // 150.00 is a number there, and has no zeros at its end.
            2 if at > 0 => cell.trim_end_matches(".00").replace('.', ","),
            _ => cell.to_owned(),
        });
        writer.write_record(cells).unwrap();
    }
    writer.write_record([""; 15]).unwrap();
    format!(
        "\u{feff}{}",
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    )
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_file_that_a_spreadsheet_saved_is_the_same_file(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury
        .answered(&payout, |whose| match whose {
            "ana" => "sim",
            "bia" => "NÃO",
            _ => "",
        })
        .await;

    let report = treasury.imported(&payout, &resaved(&file)).await;

    let counts = ["rows", "paid", "rejected", "left"].map(|name| report[name].clone());
    assert_eq!(counts, [3, 1, 1, 1].map(Value::from), "{report}");
    assert_eq!(report["findings"], json!([]));
    assert_eq!(treasury.balance(Account::InTransit).await, -45_000);
    treasury.app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_no_utf_8_or_holds_a_nul_is_refused_whole(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury.answered(&payout, |_| "no").await;
    let utf_16: Vec<u8> = file.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin_1: Vec<u8> = file
        .chars()
        .map(|char| u8::try_from(char).unwrap_or(b'?'))
        .collect();
    for bytes in [
        [&[0xff, 0xfe], &utf_16[..]].concat(),
        utf_16,
        latin_1,
        // In a reason, which Postgres would refuse after other lines were settled.
        format!("{file}no such\0account").into_bytes(),
    ] {
        let answer = treasury.send_result(&payout, "", bytes).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("file_invalid")),
            "{}",
            answer.text
        );
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("CSV UTF-8"), "{detail}");
    }
    assert_eq!(
        treasury.balance(Account::InTransit).await,
        -ALL,
        "nothing was settled"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a07_a_result_that_is_too_large_is_refused_as_a_problem(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;

    let answer = treasury.send_result(&payout, "", vec![b'\n'; 50 << 20]).await;

    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.body["code"], "body_too_large", "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_file_of_one_month_settles_nothing_of_another(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let june = treasury.approved().await;
    let file = treasury.answered(&june, |_| "yes").await;
    let dan = treasury.talent("Dan").await;
    treasury.sold(dan, 20_000, treasury.app.app.now()).await;
    treasury.app.advance(Duration::days(31));
    let july = treasury.approved().await;

    let report = treasury.imported(&july, &file).await;

    assert_eq!(
        findings(&report),
        [(2, "other_batch"), (3, "other_batch"), (4, "other_batch")]
    );
    assert_eq!(treasury.balance(Account::Bank).await, 0);
    assert_eq!(
        treasury.imported(&june, &file).await["paid"],
        3,
        "where it belongs it counts"
    );
    assert_eq!(treasury.payout(&july).await["status"], "approved");
    treasury.app.run_jobs().await;
    treasury.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_line_that_can_not_be_settled_undoes_no_other_of_the_file(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury.answered(&payout, |_| "yes").await;
    let last = file.lines().last().unwrap();
    let id = last.rsplit(',').nth(3).unwrap();
    let amount: i64 = last.split(',').nth(2).unwrap().replace('.', "").parse().unwrap();
    // The books have it come back already, of which payouts know nothing.
    let line = PayoutLine {
        line: id.parse().unwrap(),
        whose: Account::Talent(Uuid::new_v4()),
        amount: Money::new(amount, Currency::BRL).unwrap(),
        occurred_at: treasury.app.app.now(),
    };
    let mut tx = treasury.app.app.db.begin().await.unwrap();
    ledger::settle_payouts(&mut tx, &[(line, false)]).await.unwrap();
    tx.commit().await.unwrap();

    let (status, problem) = treasury.import(&payout, "", &file).await;

    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{problem}");
    let left = treasury.payout(&payout).await;
    assert_eq!(
        ["status", "paid", "in_transit"].map(|name| left[name].clone()),
        [json!("approved"), json!(2), json!(1)]
    );
    assert_eq!(treasury.mailed().await.len(), 2);
}
