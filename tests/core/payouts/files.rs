//! The file for the bank, and the same file back.

use axum::http::StatusCode;
use futures::{StreamExt as _, stream};
use marquee_core::access::Principal;
use marquee_core::catalogue::{self, AccountType, BankDetails, Payee};
use marquee_core::ledger::Account;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use super::{JUNE, Treasury};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn marketplace_defect_19_the_file_stays_as_it_first_went_out(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.created().await;
    let id = payout["id"].as_str().unwrap();
    let early = treasury.file(id, "").await;
    assert_eq!(early.body["code"], "illegal_transition", "nobody has approved it");
    treasury.approve(&payout).await;

    let first = treasury.file(id, "locale=en").await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(first.headers["content-type"], "text/csv; charset=utf-8");
    let ours: String = Sha256::digest(&first.bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(first.headers["x-content-sha256"], ours.as_str());
    let path = format!("/v1/payouts/{id}");
    assert_eq!(treasury.app.get(&path).await.1["total_minor"], 90_000);
    treasury.app.advance(Duration::days(300));
    let again = treasury.file(id, "locale=en").await;
    assert_eq!(again.bytes, first.bytes);

    let rows: Vec<_> = first.text.lines().collect();
    assert_eq!(rows.len(), 4);
    assert!(
        rows[0]
            .starts_with("Email,Videos,Total,Name,Account,Digit,Branch,Tax document,Bank,Paid?,Batch,Line"),
        "{}",
        rows[0]
    );
    assert!(
        first.text.contains(",\"Lima, Ana\","),
        "a comma in a name is no other column"
    );
    let compatible = treasury.file(id, "format=compatible").await.text;
    assert!(
        compatible.starts_with(
            "Email,Nº de viggios,Total,Nome,Conta Corrente,Dígito,Agência,CPF/CNPJ,Banco,Pago?\n"
        ),
        "{compatible}"
    );
    assert!(
        compatible.contains("ana@acme.example,1,150.00,\"Lima, Ana\",10000,6,0001,11144477735,341 - Itaú,\n")
    );
    let kept: Vec<u8> = sqlx::query_scalar("select content from payouts.file limit 1")
        .fetch_one(&treasury.app.app.db)
        .await
        .unwrap();
    assert!(!kept.windows(4).any(|bytes| bytes == b"Lima"), "it is sealed");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn each_line_is_paid_rejected_or_left_and_what_was_rejected_is_owed_again(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury
        .answered(&payout, |whose| match whose {
            "ana" => "yes",
            "bia" => "no",
            _ => "",
        })
        .await;
    let (status, looked) = treasury.import(&payout, "dry_run=true", &file).await;
    assert_eq!(status, StatusCode::OK, "{looked}");
    assert_eq!(
        treasury.balance(Account::InTransit).await,
        -90_000,
        "it was only looked at"
    );

    let report = treasury.imported(&payout, &file).await;

    let counts = |report: &Value| ["rows", "paid", "rejected", "left"].map(|name| report[name].clone());
    assert_eq!(counts(&report), [3, 1, 1, 1].map(Value::from));
    assert_eq!(counts(&looked), counts(&report));
    assert_eq!(
        (&looked["dry_run"], &report["dry_run"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(treasury.balance(Account::Bank).await, -15_000);
    assert_eq!(treasury.balance(Account::InTransit).await, -45_000);
    assert_eq!(treasury.payout(&payout).await["status"], "approved");
    let mut mailed = treasury.mailed().await;
    mailed.sort();
    assert_eq!(
        mailed,
        [
            "ana@acme.example: You were paid out BRL 150.00",
            "bia@acme.example: Your bank did not take BRL 300.00",
        ]
    );

    let rest = treasury
        .answered(&payout, |whose| if whose == "bia" { "no" } else { "yes" })
        .await;
    let report = treasury.imported(&payout, &rest).await;
    assert_eq!(counts(&report), [3, 1, 0, 0].map(Value::from));
    assert_eq!(report["done_before"], 2);
    assert_eq!(treasury.payout(&payout).await["status"], "settled");
    let again = treasury.created().await;
    assert_eq!(again["total_minor"], 30_000, "what was rejected is owed again");
    treasury.app.run_jobs().await;
    treasury.assert_books().await;
}

/// One whose account is known. By the commands that the API calls: of so many it would take longest, and is not what is
/// looked at here.
async fn agency(treasury: &Treasury, n: i64) -> Uuid {
    let (app, by) = (&treasury.app.app, Principal::operator());
    let id = catalogue::create_agency(app, &by, &format!("Agency {n}"))
        .await
        .unwrap();
    let details = BankDetails {
        bank: "341".to_owned(),
        bank_name: "Itaú".to_owned(),
        branch: "0001".to_owned(),
        account_number: (20_000 + n).to_string(),
        account_digit: "6".to_owned(),
        account_type: AccountType::Checking,
        holder_name: "Lima, Ana".to_owned(),
        tax_document: "111.444.777-35".to_owned(),
    };
    catalogue::set_bank_details(app, &by, Payee::Agency(id), None, None, details)
        .await
        .unwrap();
    id
}

/// So many, who share in a sale each.
pub(super) async fn agencies(treasury: &Treasury, count: i64) -> Vec<Uuid> {
    let ana = treasury.homeless("Ana").await;
    let making = stream::iter(0..count).map(|n| agency(treasury, n));
    let agencies: Vec<Uuid> = making.buffered(8).collect().await;
    let mut tx = treasury.app.app.db.begin().await.unwrap();
    for (n, agency) in (0..).zip(&agencies) {
        treasury
            .shared_in(&mut tx, ana, Some(*agency), 100_000 + n, JUNE)
            .await;
    }
    tx.commit().await.unwrap();
    agencies
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o05_marketplace_defect_17_of_five_hundred_agencies_all_but_one_are_paid_and_that_one_is_owed_again(
    db: PgPool,
) {
    let treasury = Treasury::new(db).await;
    let agencies = agencies(&treasury, 500).await;
    let payout = treasury.approved().await;
    let file = treasury.file(&payout, "locale=en").await.text;
    let mut rows: Vec<String> = file
        .lines()
        .map(|row| row.replace(" - Itaú,,", " - Itaú,yes,"))
        .collect();
    let rejected = rows[250].replace(" - Itaú,yes,", " - Itaú,no,");
    rows[250] = rejected;

    let report = treasury.imported(&payout, &rows.join("\n")).await;

    assert_eq!(
        ["rows", "paid", "rejected"].map(|name| report[name].as_i64().unwrap()),
        [500, 499, 1]
    );
    assert_eq!(report["findings"], json!([]));
    assert_eq!(treasury.payout(&payout).await["status"], "settled");
    let mut owed = Vec::new();
    for agency in agencies {
        let balance = -treasury.balance(Account::Agency(agency)).await;
        owed.extend(Some(balance).filter(|balance| *balance != 0));
    }
    assert_eq!(owed.len(), 1, "only what was rejected is owed");
    let again = treasury.created().await;
    assert_eq!(
        (&again["lines"], &again["total_minor"]),
        (&json!(1), &json!(owed[0]))
    );
    treasury.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_same_file_again_does_nothing_more(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury.answered(&payout, |_| "yes").await;
    let first = treasury.imported(&payout, &file).await;
    let mails = treasury.mailed().await.len();
    let entries = async || {
        sqlx::query_scalar::<_, i64>("select count(*) from ledger.entry")
            .fetch_one(&treasury.app.app.db)
            .await
            .unwrap()
    };
    let before = entries().await;

    let again = treasury.imported(&payout, &file).await;

    assert_eq!(
        (&first["paid"], &first["imported_before"]),
        (&json!(3), &json!(false))
    );
    assert_eq!(again["imported_before"], true);
    assert_eq!((entries().await, treasury.mailed().await.len()), (before, mails));
    let with_a_blank = format!("{file}\n");
    let other = treasury.imported(&payout, &with_a_blank).await;
    assert_eq!((&other["paid"], &other["done_before"]), (&json!(0), &json!(3)));
    assert_eq!(entries().await, before);
}

/// By which a row is known to be the one that went out.
fn hash(row: &str) -> &str {
    row.rsplit(',').nth(1).unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rows_that_are_not_as_they_went_out_are_told_by_their_lines_and_the_others_are_settled(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury.answered(&payout, |_| "yes").await;
    let mut rows: Vec<String> = file.lines().map(str::to_owned).collect();
    let at = |rows: &[String], whose: &str| rows.iter().position(|row| row.starts_with(whose)).unwrap();
    let (ana, bia) = (at(&rows, "ana"), at(&rows, "bia"));
    rows[ana] = rows[ana].replace(",150.00,", ",1500.00,");
    let (of_ana, of_bia) = (hash(&rows[ana]).to_owned(), hash(&rows[bia]).to_owned());
    rows[bia] = rows[bia].replace(&of_bia, &of_ana);
    let repeated = rows[at(&rows, "cyd")].clone();
    rows.push(repeated.clone());
    rows.push(repeated.replace(&payout, "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11"));

    let report = treasury.imported(&payout, &rows.join("\n")).await;

    let mut found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["line"].as_u64().unwrap(),
                finding["code"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    let mut told = [
        (ana as u64 + 1, "amount_differs"),
        (bia as u64 + 1, "hash_differs"),
        (5, "row_repeated"),
        (6, "other_batch"),
    ];
    told.sort_unstable();
    assert_eq!(found, told);
    assert_eq!(report["paid"], 1);
    assert_eq!(treasury.balance(Account::Bank).await, -45_000);
    treasury.app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_settled_is_not_settled_otherwise_later(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let first = treasury
        .answered(&payout, |whose| if whose == "ana" { "no" } else { "yes" })
        .await;
    treasury.imported(&payout, &first).await;
    let second = treasury
        .answered(&payout, |whose| if whose == "ana" { "yes" } else { "no" })
        .await;

    let report = treasury.imported(&payout, &second).await;

    let mut codes: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["paid_before", "paid_before", "rejected_before"]);
    assert_eq!(treasury.balance(Account::Bank).await, -75_000);
    treasury.app.run_jobs().await;
    treasury.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_other_services_file_is_taken_in_as_well(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    let file = treasury.file(&payout, "format=compatible").await.text;
    let file = file.replace("341 - Itaú,", "341 - Itaú,sim");

    let report = treasury.imported(&payout, &file).await;

    assert_eq!(report["paid"], 3, "{report}");
    assert_eq!(treasury.payout(&payout).await["status"], "settled");
    treasury.app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_no_file_of_ours_changes_nothing(db: PgPool) {
    let treasury = Treasury::three(db).await;
    let payout = treasury.approved().await;
    for file in ["", "a,b\n1,2\n", "Email\n"] {
        let (status, problem) = treasury.import(&payout, "", file).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("file_invalid")),
            "{file}"
        );
    }
    assert_eq!(treasury.balance(Account::InTransit).await, -90_000);
}
