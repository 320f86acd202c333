//! The console, walked through in a real browser by everybody whom it is for.

use std::process::Stdio;

use marquee_core::access::Permission;
use marquee_tests::e2e::{Core, Database};
use marquee_tests::film;
use marquee_tests::process::{folder, root};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

use super::orders::settings;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_talents_and_staff_find_their_way_in_a_browser() {
    let folder = folder("console");
    let database = Database::create().await;
    let mut core = Core::prepare(&folder, settings(&database, &folder));
    let address = core.url().as_str().trim_end_matches('/').to_owned();
    core.set("MARQUEE_BASE_URL", &address);
    core.start().await;
    let api = core.api();
    let talent = json!({
        "email": "ana@acme.example", "name": "Ana Lima", "locale": "en", "network": "instagram", "handle": "analima",
        "followers": 120_000, "phone": "+55 11 99999-0000",
    });
    let (status, talent) = api.post("/v1/catalogue/talents", talent).await;
    assert_eq!(status, StatusCode::CREATED, "{talent}");
    let grants = Permission::ALL
        .iter()
        .map(|permission| json!({ "permission": permission }));
    let staff =
        json!({ "email": "olga@acme.example", "name": "Olga Prado", "grants": grants.collect::<Vec<_>>() });
    let (status, staff) = api.post("/v1/staff", staff).await;
    assert_eq!(status, StatusCode::CREATED, "{staff}");
    let sound = "-f lavfi -i testsrc=size=320x240:rate=25:duration=5 -f lavfi -i sine=duration=5 -c:v libx264 \
                 -preset ultrafast -c:a aac -shortest";
    let sent = folder.join("film.mp4");
    std::fs::write(&sent, film(sound, "mp4")).unwrap();
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(&pictures).unwrap();

    let mut node = Command::new("node");
    node.arg("tests/support/console.mjs")
        .arg(&address)
        .args([folder.join("mail"), sent, pictures])
        .current_dir(root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let done = node.output().await.expect("node");

    assert!(done.status.success(), "the browser says why above");
    let seen: Value = serde_json::from_slice(&done.stdout).unwrap();
    let faults: Vec<&str> = seen["faults"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let visited = seen["visited"].as_array().unwrap().len();
    assert!(visited > 30, "only {visited} pages");
}
