//! Where somebody is paid out to, from the command line.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{marquee_on, output};

#[sqlx::test(migrations = false)]
async fn bank_details_are_read_from_a_file_and_shown_by_their_end(db: PgPool) {
    let run = async |arguments: &[&str]| output(marquee_on(&db, arguments)).await;
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    run(&["migrate"]).await;
    let (code, made, errors) = run(&["agencies", "create", "Lima & Lima", "--json"]).await;
    assert_eq!(code, Some(0), "{errors}");
    let id = read(&made)["id"].as_str().unwrap().to_owned();
    let bank = async |words: &[&str]| run(&[&["agencies", "bank-details"], words].concat()).await;
    let (code, out, _) = bank(&["show", &id]).await;
    assert_eq!((code, out.contains("none")), (Some(0), true), "{out}");

    let file = tempfile::NamedTempFile::new().unwrap();
    let details = json!({
        "bank": "341", "bank_name": "Itaú", "branch": "0001", "account_number": "76543210", "account_digit": "6",
        "account_type": "checking", "holder_name": "Lima & Lima", "tax_document": "11.222.333/0001-81",
    });
    std::fs::write(file.path(), details.to_string()).unwrap();
    let from_file = format!("@{}", file.path().display());
    let (code, out, errors) = bank(&["set", &id, &from_file]).await;
    assert_eq!(code, Some(0), "{errors}");
    assert!(out.contains("341 - Itaú") && out.contains("***3210"), "{out}");
    let (_, shown, _) = bank(&["show", &id, "--json"]).await;
    assert_eq!(read(&shown)["tax_document"], "***0181");
    assert!(!format!("{out}{shown}").contains("76543210"));

    let (code, _, errors) = bank(&["set", &id, r#"{"bank":"341"}"#]).await;
    assert_eq!(
        (code, errors.contains("missing field")),
        (Some(1), true),
        "{errors}"
    );
    assert_eq!(bank(&["remove", &id]).await.0, Some(0));
    let (code, _, errors) = bank(&["remove", &id]).await;
    assert_eq!(
        (code, errors.contains("there are no bank details")),
        (Some(1), true),
        "{errors}"
    );
    let nobody = "00000000-0000-0000-0000-000000000000";
    let (code, _, errors) = bank(&["show", nobody]).await;
    assert_eq!(
        (code, errors.contains("there is no such agency")),
        (Some(1), true)
    );
}
