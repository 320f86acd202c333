use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use marquee_tests::{Dice, Seed, eventually};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::SOON;

/// A decision that a visitor was answered with.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    /// The id that counts it.
    pub(crate) hit: String,
    pub(crate) outcome: String,
}

/// Visitors of all kinds, many at once, as many as are let in.
pub(crate) struct Traffic {
    gate: Arc<Semaphore>,
    answered: Arc<AtomicUsize>,
    visitors: JoinSet<Vec<Decided>>,
}

impl Traffic {
    /// `requests` in all, `at_once` at any time. Nobody is let in yet.
    pub(crate) fn start(edge: &Url, mut dice: Dice, requests: usize, at_once: usize) -> Self {
        let (gate, answered) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let client = client.build().unwrap();
        let mut visitors = JoinSet::new();
        for visitor in 0..at_once {
            let share = requests / at_once + usize::from(visitor < requests % at_once);
            let (edge, client) = (edge.clone(), client.clone());
            let (gate, answered) = (gate.clone(), answered.clone());
            let mut dice = Dice::from(Seed(dice.throw()));
            visitors.spawn(async move {
                let mut decided = Vec::new();
                for _ in 0..share {
                    gate.acquire().await.expect("an open gate").forget();
                    decided.extend(ask(&client, &edge, &mut dice).await);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                decided
            });
        }
        Self {
            gate,
            answered,
            visitors,
        }
    }

    /// Lets in so many more.
    pub(crate) fn admit(&self, requests: usize) {
        self.gate.add_permits(requests);
    }

    /// Waits until so many were answered.
    pub(crate) async fn reached(&self, requests: usize) {
        eventually(&format!("{requests} requests are answered"), SOON, async || {
            let answered = self.answered.load(Ordering::Relaxed);
            if answered >= requests {
                Ok(())
            } else {
                Err(answered)
            }
        })
        .await;
    }

    /// Everything that was decided, once the last visitor has an answer.
    pub(crate) async fn ended(self) -> Vec<Decided> {
        self.visitors.join_all().await.into_iter().flatten().collect()
    }
}

/// One visitor; `None` where nothing is decided, because the request itself is wrong.
async fn ask(client: &reqwest::Client, edge: &Url, dice: &mut Dice) -> Option<Decided> {
    let brand = *dice.pick(&["north", "south"]);
    let zip = format!("{:05}", dice.below(100_000));
    let go = |path: String| client.get(edge.join(&path).unwrap());
    let call = match dice.below(20) {
        0 => go(format!("/go/{brand}/auto?zip={}", dice.below(9_999))),
        1 => go(format!("/go/{brand}/boat?zip={zip}")),
        2 => go(format!("/go/nobody/auto?zip={zip}")),
        3 => client.request(
            Method::HEAD,
            edge.join(&format!("/go/{brand}/auto?zip={zip}")).unwrap(),
        ),
        4 => go(format!("/go/{brand}/auto?zip={zip}")).header("user-agent", "Googlebot/2.1"),
        5..=7 => go(format!("/go/{brand}/home?zip={zip}&format=json")),
        8..=10 => {
            // Where somebody lives: what is lost here is counted, too, but its answer does not name the hit.
            let number = *dice.pick(&[501, 2_108, 10_001, 33_101, 60_601, 77_001, 90_210]);
            let body = json!({ "brand": brand, "insurance": "ins-a", "language": "E", "device": "D", "media": "",
                "zip_code": number });
            client.post(edge.join("/generator/process").unwrap()).json(&body)
        }
        _ => go(format!(
            "/go/{brand}/auto?zip={zip}&utm_source=e2e&vid={}",
            dice.below(500)
        )),
    };
    let answer = asked_again(call).await;
    let status = answer.status();
    let hit = answer
        .headers()
        .get("x-marquee-hit")?
        .to_str()
        .unwrap()
        .to_owned();
    let json: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
    // What the visitor was told must be what is counted; a redirect only says that there is one.
    let outcome = json["outcome"].as_str().unwrap_or(match status {
        StatusCode::FOUND | StatusCode::OK => "redirect",
        _ => "lost",
    });
    Some(Decided {
        hit,
        outcome: outcome.to_owned(),
    })
}

/// Nothing is decided, and nothing counted, while an isolate that has just begun cannot read a table in time, as on a machine
/// that has too much to do: whoever asked asks again.
async fn asked_again(call: RequestBuilder) -> Response {
    for _ in 0..20 {
        let call = call.try_clone().expect("its body can be sent again");
        let answer = call.send().await.expect("the edge always answers");
        if answer.status() != StatusCode::SERVICE_UNAVAILABLE
            || answer.headers().contains_key("x-marquee-hit")
        {
            assert!(!answer.status().is_server_error(), "{}", answer.status());
            return answer;
        }
    }
    panic!("the edge has no table");
}
