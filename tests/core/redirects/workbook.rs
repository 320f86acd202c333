//! Rules from .xlsx: a workbook as spreadsheets write it, with numbers, dates and shared strings.

use std::io::{Cursor, Write as _};

use axum::http::StatusCode;
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{create, import};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// A workbook of two sheets, `Rules` with these rows and `Other`, which is empty. Style 1 is a date.
fn workbook(rows: &str) -> Vec<u8> {
    let sheet =
        |rows: &str| format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#);
    let part = |id: u8, kind: &str, target: &str| {
        format!(r#"<Relationship Id="r{id}" Type="{OFFICE}/{kind}" Target="{target}"/>"#)
    };
    let relations = |parts: &[String]| {
        let parts = parts.concat();
        format!(
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{parts}</Relationships>"#
        )
    };
    let files = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        (
            "_rels/.rels",
            relations(&[part(1, "officeDocument", "xl/workbook.xml")]),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Rules" sheetId="1" r:id="r1"/><sheet name="Other" sheetId="2" r:id="r2"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[
                part(1, "worksheet", "worksheets/sheet1.xml"),
                part(2, "worksheet", "worksheets/sheet2.xml"),
                part(3, "styles", "styles.xml"),
                part(4, "sharedStrings", "sharedStrings.xml"),
            ]),
        ),
        (
            "xl/styles.xml",
            format!(
                r#"<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
            ),
        ),
        (
            "xl/sharedStrings.xml",
            format!(r#"<sst xmlns="{MAIN}"><si><t>https://quotes.acme.example/a</t></si></sst>"#),
        ),
        ("xl/worksheets/sheet1.xml", sheet(rows)),
        ("xl/worksheets/sheet2.xml", sheet("")),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A cell with text of its own.
fn cell(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn header(names: &[&str]) -> String {
    let cells = names
        .iter()
        .zip('A'..)
        .map(|(name, column)| cell(&format!("{column}1"), name));
    format!(r#"<row r="1">{}</row>"#, cells.collect::<String>())
}

async fn put(app: &TestApp, query: &str, file: Vec<u8>) -> Answer {
    import(app, "acme", query, XLSX, file).await
}

fn rows() -> String {
    let names = header(&["kind", "zip", "from", "url", "priority", "enabled"]);
    // Row 3 is left out, as spreadsheets do with empty ones.
    let first = cell("A2", "route")
        + r#"<c r="B2"><v>2108</v></c><c r="C2" s="1"><v>46388</v></c><c r="D2" t="s"><v>0</v></c><c r="E2"><v>7</v></c>"#;
    let second = cell("A4", "route")
        + r#"<c r="B4"><v>10001</v></c><c r="D4" t="s"><v>0</v></c><c r="F4" t="b"><v>0</v></c>"#;
    format!(r#"{names}<row r="2">{first}</row><row r="4">{second}</row>"#)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_workbook_is_read_like_csv_and_its_numbers_are_doubted_alike(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    let doubted = put(&app, "", workbook(&rows())).await;
    assert_eq!(doubted.status, StatusCode::UNPROCESSABLE_ENTITY, "{doubted:?}");
    let problems = &doubted.body["report"]["problems"];
    let only = &problems["items"][0];
    assert_eq!(
        (
            &problems["count"],
            &only["line"],
            &only["column"],
            &only["code"],
            &only["suggestion"]
        ),
        (
            &json!(1),
            &json!(2),
            &json!("zip"),
            &json!("zip_leading_zero"),
            &json!("02108")
        )
    );

    let taken = put(&app, "?repair_zips=true&sheet=Rules", workbook(&rows())).await;
    assert_eq!(taken.status, StatusCode::OK, "{taken:?}");
    assert_eq!(taken.body["repairs"]["items"][0]["to"], "02108");
    let (_, rules) = app.get("/v1/brands/acme/draft/rules").await;
    assert_eq!(
        (&rules[0]["when"]["zip"], &rules[0]["from"], &rules[0]["priority"]),
        (&json!(["02108"]), &json!("2027-01-01T00:00:00Z"), &json!(7))
    );
    assert_eq!(
        (&rules[1]["when"]["zip"], &rules[1]["enabled"]),
        (&json!(["10001"]), &json!(false))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_workbook_that_cannot_be_read_is_told(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let told = |answer: &Answer| -> (Value, Value) {
        let problem = &answer.body["report"]["problems"]["items"][0];
        (problem["line"].clone(), problem["code"].clone())
    };
    let wide = format!("{}<row r=\"2\">{}</row>", header(&["kind"]), cell("XFD2", "far"));
    for (query, file, expected) in [
        ("", b"PK\x03\x04nonsense".to_vec(), (1, "xlsx")),
        ("", b"kind,url\r\n".to_vec(), (1, "xlsx")),
        ("?sheet=Nowhere", workbook(&rows()), (1, "sheet_unknown")),
        ("?sheet=Other", workbook(&rows()), (1, "column_missing")),
        ("", workbook(&header(&["kind", "colour"])), (1, "column_unknown")),
        ("", workbook(&wide), (2, "too_many_columns")),
    ] {
        let refused = put(&app, query, file).await;
        assert_eq!(
            told(&refused),
            (json!(expected.0), json!(expected.1)),
            "{refused:?}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_small_workbook_that_unpacks_to_gigabytes_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/sharedStrings.xml", SimpleFileOptions::default())
        .unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..300 {
        zip.write_all(&blanks).unwrap();
    }
    let file = zip.finish().unwrap().into_inner();
    assert!(file.len() < 1 << 20, "{} bytes", file.len());

    let refused = put(&app, "", file).await;
    assert_eq!(
        refused.body["report"]["problems"]["items"][0]["code"], "xlsx_too_large",
        "{refused:?}"
    );
}
