//! The whole program is killed while people order, pay, deliver and call off: nobody pays twice, no order is lost, and the
//! books, the gateway and the orders say the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use marquee_tests::e2e::{Api, Core, Database};
use marquee_tests::process::folder;
use marquee_tests::{Dice, Seed, eventually, film};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::SOON;

/// How often the program is killed.
const ROUNDS: u32 = 5;
/// What runs by the clock runs once a minute, and some of it has to run more than once.
const ALL_END_WITHIN: Duration = Duration::from_secs(300);
const TALENT: &str = "ana@acme.example";
/// In what an order may stay that nobody waits for.
const ENDED: [&str; 4] = ["open", "declined", "cancelled", "delivered"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_program_killed_at_random_moments_loses_no_order_and_no_cent() {
    let seed = Seed::choose();
    println!("{seed}");
    let mut dice = Dice::from(seed);
    let folder = folder("orders");
    let database = Database::create().await;
    let mut core = Core::prepare(&folder, settings(&database, &folder));
    core.set("MARQUEE_BASE_URL", core.url().clone().as_str());
    core.start().await;
    let market = Arc::new(Market::open(&core, &folder).await);

    for round in 0..ROUNDS {
        let life = tokio::spawn(market.clone().live(Dice::from(Seed(dice.throw()))));
        tokio::time::sleep(Duration::from_millis(200 + dice.below(1_200))).await;
        core.kill();
        life.await.unwrap();
        // Whoever was at work has died: what they had is somebody else's by now.
        database.pass_minutes(5).await;
        core.start().await;
        market.order_again().await;
        eprintln!("round {round}: {} orders", market.orders().len());
    }
    market.all_end(&core.api(), &database).await;

    let ordered = market.orders().len();
    assert!(ordered >= 5, "{seed}: only {ordered} orders");
    // Whatever is asked again once its answer was lost is one order.
    assert_eq!(core.api().list("/v1/orders").await.len(), ordered, "{seed}");
    let (from, to) = ("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z");
    let reconcile = ["reconcile", "--from", from, "--to", to, "--json"];
    for verb in [&["books", "check", "--json"][..], &reconcile] {
        let printed = core.cli(verb);
        assert_eq!(printed.code, Some(0), "{seed}: {verb:?}: {printed:?}");
    }

    // And where they do not, it is seen.
    database
        .run("update sandbox.payment set refunded_minor = 1, captured_minor = 1 where status = 'authorized'")
        .await;
    let printed = core.cli(&reconcile);
    assert_eq!(printed.code, Some(3), "{printed:?}");
    assert_eq!(printed.json()["differences"][0]["kind"], "amount", "{printed:?}");
}

pub(super) fn settings(database: &Database, folder: &Path) -> Vec<(String, String)> {
    let below = |name: &str| folder.join(name).display().to_string();
    let settings = [
        ("MARQUEE_ENV", "local".to_owned()),
        ("DATABASE_URL", database.url().to_string()),
        ("MARQUEE_MAIL_DIR", below("mail")),
        ("STORAGE_URL", format!("file://{}", below("files"))),
    ];
    settings.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// One talent, and everybody who orders of them.
struct Market {
    url: Url,
    client: Client,
    talent: String,
    /// By which the talent is signed in.
    token: String,
    film: Vec<u8>,
    /// By their idempotency keys; `None`: without an answer so far.
    orders: Mutex<BTreeMap<String, (Value, Option<Ordered>)>>,
}

#[derive(Clone)]
struct Ordered {
    id: String,
    key: String,
}

impl Market {
    async fn open(core: &Core, folder: &Path) -> Self {
        let api = core.api();
        let talent = json!({
            "email": TALENT, "name": "Ana Lima", "locale": "en", "network": "instagram", "handle": "analima",
            "followers": 120_000, "phone": "+55 11 99999-0000",
        });
        let (status, talent) = api.post("/v1/catalogue/talents", talent).await;
        assert_eq!(status, StatusCode::CREATED, "{talent}");
        let talent = talent["id"].as_str().unwrap().to_owned();
        let terms = json!({ "price": { "amount_minor": 15_000, "currency": "BRL" }, "available": true });
        let (status, profile) = api
            .call(
                Method::PATCH,
                &format!("/v1/catalogue/talents/{talent}"),
                Some(terms),
            )
            .await
            .unwrap();
        assert_eq!(status, StatusCode::OK, "{profile}");
        let mut market = Self {
            url: core.url().clone(),
            client: Client::builder().pool_max_idle_per_host(0).build().unwrap(),
            talent,
            token: String::new(),
            film: film(
                "-f lavfi -i testsrc=size=320x240:rate=25:duration=5 -f lavfi -i sine=duration=5 -c:v libx264 \
                 -preset ultrafast -c:a aac -shortest",
                "mp4",
            ),
            orders: Mutex::default(),
        };
        market.sign_in(folder).await;
        market
    }

    /// The talent chooses a password by the link that they were mailed.
    async fn sign_in(&mut self, folder: &Path) {
        let password = "a password of some length";
        let link = eventually("the mail to the talent", SOON, async || {
            let mails = std::fs::read_dir(folder.join("mail")).map_err(|error| error.to_string())?;
            let texts = mails.filter_map(|mail| std::fs::read_to_string(mail.ok()?.path()).ok());
            // Lines are folded by quoted-printable.
            let mut texts = texts.map(|text| text.replace("=\r\n", "").replace("=3D", "="));
            texts
                .find_map(|text| link(&text))
                .ok_or_else(|| "no link".to_owned())
        })
        .await;
        let body = json!({ "token": link, "password": password });
        self.post("password-resets/complete", &body).send().await.unwrap();
        let body = json!({ "email": TALENT, "password": password });
        let answer = self.post("sessions", &body).send().await.unwrap();
        let session: Value = answer.json().await.unwrap();
        session["token"]
            .as_str()
            .unwrap_or_else(|| panic!("{session}"))
            .clone_into(&mut self.token);
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let url = self.url.join("/v1/").unwrap().join(path).unwrap();
        self.client.post(url).json(body)
    }

    /// Orders, calls off and delivers until the program is gone.
    async fn live(self: Arc<Self>, mut dice: Dice) {
        while self.step(&mut dice).await.is_ok() {}
    }

    async fn step(&self, dice: &mut Dice) -> reqwest::Result<()> {
        let quote = self
            .post("quotes", &json!({ "talent_id": self.talent }))
            .send()
            .await?;
        let quote: Value = quote.json().await?;
        let method = match dice.below(10) {
            0 => "sandbox_decline",
            1 => "sandbox_timeout",
            2 => "sandbox_fail",
            _ => "sandbox_approve",
        };
        let body = json!({
            "quote_id": quote["id"], "email": "caio@acme.example", "locale": "en", "for_whom": "someone_else",
            "is_from": "Caio", "is_to": "Bia", "instruction": "Sing for her.", "language": "pt-BR", "is_public": false,
            "payment_method": method,
        });
        let key = uuid::Uuid::new_v4().to_string();
        self.orders
            .lock()
            .unwrap()
            .insert(key.clone(), (body.clone(), None));
        let order = self.place(&key, &body).await?;
        // Most of the time that a test may take is what videos are made in.
        match dice.below(8) {
            0 | 1 => {
                let cancel = self.post(&format!("orders/{}/cancel", order.id), &json!({}));
                cancel.header("x-order-key", &order.key).send().await?;
            }
            2 => self.deliver(&order).await?,
            _ => {}
        }
        Ok(())
    }

    /// The same request as often as it takes is one order.
    async fn place(&self, key: &str, body: &Value) -> reqwest::Result<Ordered> {
        let request = self
            .post("orders", body)
            .header("idempotency-key", key)
            .header("prefer", "wait=1");
        let answer = request.send().await?;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let secret = answer.headers()["x-order-key"].to_str().unwrap().to_owned();
        let order: Value = answer.json().await?;
        let order = Ordered {
            id: order["id"].as_str().unwrap().to_owned(),
            key: secret,
        };
        self.orders.lock().unwrap().get_mut(key).unwrap().1 = Some(order.clone());
        Ok(order)
    }

    /// What is not open is not delivered.
    async fn deliver(&self, order: &Ordered) -> reqwest::Result<()> {
        let size = json!({ "type": "video/mp4", "size_bytes": self.film.len() });
        let upload = self
            .post(&format!("orders/{}/uploads", order.id), &size)
            .bearer_auth(&self.token);
        let upload: Value = upload.send().await?.json().await?;
        if let Some(id) = upload["id"].as_str() {
            let url = self.url.join(&format!("/v1/uploads/{id}")).unwrap();
            let put = self.client.put(url).bearer_auth(&self.token);
            let put = put
                .header("content-type", "application/octet-stream")
                .body(self.film.clone());
            put.send().await?;
        }
        Ok(())
    }

    /// What customers do who got no answer.
    async fn order_again(&self) {
        let orders = self.orders.lock().unwrap().clone();
        for (key, (body, known)) in orders {
            let order = self.place(&key, &body).await.unwrap();
            assert!(
                known.is_none_or(|known| known.id == order.id),
                "two orders by one request"
            );
        }
    }

    fn orders(&self) -> BTreeMap<String, (Value, Option<Ordered>)> {
        self.orders.lock().unwrap().clone()
    }

    /// What an operator does who is told that a job was given up: whatever was killed with the program as often as a job is
    /// begun is not what the job dies of. Nothing may die of anything else.
    async fn revive(api: &Api, jobs: &[Value]) {
        for job in jobs.iter().filter(|job| job["status"] == "dead") {
            assert_eq!(job["last_error"], "its worker died at every attempt", "{job}");
            let retry = format!("/v1/jobs/{}/retry", job["id"].as_str().unwrap());
            let (status, answer) = api.call(Method::POST, &retry, None).await.unwrap();
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
    }

    /// Nothing is on its way any more.
    async fn all_end(&self, api: &Api, database: &Database) {
        eventually("every order ends", ALL_END_WITHIN, async || {
            let jobs = api.list("/v1/jobs").await;
            Self::revive(api, &jobs).await;
            let orders = api.list("/v1/orders").await;
            let on_the_way = orders
                .iter()
                .find(|order| !ENDED.contains(&order["status"].as_str().unwrap()));
            if let Some(order) = on_the_way {
                // Whatever is asked later is asked now.
                database.pass_waits(1).await;
                return Err(format!("{order}, {jobs:?}"));
            }
            let busy = jobs
                .iter()
                .find(|job| job["name"].as_str().unwrap().starts_with("payments."));
            busy.map_or(Ok(()), |job| Err(job.to_string()))
        })
        .await;
    }
}

/// The token of a link in a mail.
fn link(mail: &str) -> Option<String> {
    let (_, link) = mail.split_once("#ml_")?;
    let secret: String = link
        .chars()
        .take_while(|char| char.is_ascii_alphanumeric() || "-_".contains(*char))
        .collect();
    Some(format!("ml_{secret}"))
}
