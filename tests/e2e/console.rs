//! The console, walked through in a real browser by everybody whom it is for.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use marquee_core::access::Permission;
use marquee_tests::e2e::{Api, Core, Database, Platform};
use marquee_tests::film;
use marquee_tests::process::{folder, root};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

use super::SOON;
use super::orders::settings;

/// Makes all that was earned be of a month that is over, which is when it may be paid out.
const A_MONTH_AGO: &str = "
    alter table ledger.transaction disable trigger user;
    update ledger.transaction set occurred_at = date_trunc('month', now(), 'America/Sao_Paulo') - interval '2 days';
    alter table ledger.transaction enable trigger user;
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_talents_and_staff_find_their_way_in_a_browser() {
    let folder = folder("console");
    let database = Database::create().await;
    let mut core = Core::prepare(&folder, settings(&database, &folder));
    let address = address(&core);
    core.set("MARQUEE_BASE_URL", &address);
    core.start().await;
    let api = core.api();
    let talent = json!({
        "email": "ana@acme.example", "name": "Ana Lima", "locale": "en", "network": "instagram", "handle": "analima",
        "followers": 120_000, "phone": "+55 11 99999-0000",
    });
    let (status, talent) = api.post("/v1/catalogue/talents", talent).await;
    assert_eq!(status, StatusCode::CREATED, "{talent}");
    for name in ["Olga Prado", "Rui Alves"] {
        hire(&api, name, &Permission::ALL).await;
    }
    let sound = "-f lavfi -i testsrc=size=320x240:rate=25:duration=5 -f lavfi -i sine=duration=5 -c:v libx264 \
                 -preset ultrafast -c:a aac -shortest";
    let sent = folder.join("film.mp4");
    std::fs::write(&sent, film(sound, "mp4")).unwrap();
    walk("console.mjs", &address, &folder, sent.into(), 20).await;

    database.run(A_MONTH_AGO).await;
    walk(
        "console_payouts.mjs",
        &address,
        &folder,
        folder.clone().into(),
        30,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_take_a_brand_from_nothing_to_its_visitors_in_a_browser() {
    let mut platform = Platform::start("console_redirects").await;
    let folder = platform.folder().to_owned();
    let edge = platform.edge.url().as_str().trim_end_matches('/').to_owned();
    let address = address(&platform.core);
    let core = &mut platform.core;
    assert!(core.terminate(SOON).await.success());
    core.set("MARQUEE_BASE_URL", &address);
    core.set("MARQUEE_EDGE_URL", &edge);
    core.set("MARQUEE_MAIL_DIR", &folder.join("mail").display().to_string());
    core.start().await;
    let api = core.api();
    for name in ["Olga Prado", "Rui Alves"] {
        hire(&api, name, &Permission::ALL).await;
    }
    hire(&api, "Nina Reis", &[]).await;
    walk("console_redirects.mjs", &address, &folder, edge.into(), 30).await;
}

fn address(core: &Core) -> String {
    core.url().as_str().trim_end_matches('/').to_owned()
}

/// Somebody at `<first name>@acme.example`.
async fn hire(api: &Api, name: &str, permissions: &[Permission]) {
    let first = name.split(' ').next().unwrap().to_lowercase();
    let grants = permissions
        .iter()
        .map(|permission| json!({ "permission": permission }));
    let grants: Vec<_> = grants.collect();
    let staff = json!({ "email": format!("{first}@acme.example"), "name": name, "grants": grants });
    let (status, staff) = api.post("/v1/staff", staff).await;
    assert_eq!(status, StatusCode::CREATED, "{staff}");
}

/// Lets a script walk through the console at `address`; what it needs besides is `more`.
///
/// # Panics
/// When it has to complain of something, or sees no more than `least` pages.
async fn walk(script: &str, address: &str, folder: &Path, more: OsString, least: usize) {
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    let mut node = Command::new("node");
    node.arg(Path::new("tests/support").join(script))
        .arg(address)
        .args([folder.join("mail"), pictures])
        .arg(more)
        .current_dir(root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let done = node.output().await.expect("node");

    assert!(done.status.success(), "the browser says why above");
    let seen: Value = serde_json::from_slice(&done.stdout).unwrap();
    let faults = seen["faults"].as_array().unwrap().iter();
    let faults: Vec<_> = faults.filter_map(Value::as_str).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let visited = seen["visited"].as_array().unwrap().len();
    assert!(visited > least, "only {visited} pages");
}
