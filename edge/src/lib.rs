//! The Worker: it answers visitors from signed tables, and hands the hits on to SQS.
//!
//! This file binds to the runtime; everything that decides is plain code and tested natively:
//!
//! ```text
//! js/worker.js ─▶ redirect ─▶ answer::warm ───▶ redirect ─▶ visit ─▶ shared::decide
//!              ├▶ answer ───▶ answer::Call ──▶ redirect | legacy | health
//!                                   └─▶ load ─▶ store            visit ─▶ outbox ─▶ deliver
//!              └▶ forward ──▶ queue ─▶ sigv4
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used
    )
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

pub mod agent;
mod answer;
mod by_name;
pub mod health;
mod isolate;
pub mod legacy;
mod load;
pub mod outbox;
pub mod queue;
pub mod redirect;
pub mod reply;
pub mod request;
mod runtime;
pub mod settings;
pub mod sigv4;
pub mod site;
pub mod store;
pub mod visit;

use wasm_bindgen::prelude::*;
use worker::{Context, Env, console_error, worker_sys};

use crate::answer::Call;
use crate::outbox::Message;
use crate::queue::{Destination, Fate};
use crate::request::Facts;
use crate::sigv4::Credentials;
use crate::store::MANIFEST;

/// Bits of the first character of what [`redirect()`] returns; `js/worker.js` has the same.
const DELIVER: u8 = 1;
const REFRESH: u8 = 2;
const STALE: u8 = 4;

/// How long one request to SQS may take.
const SQS_TIMEOUT_MS: u32 = 10_000;

/// A warm redirect, in one call and one string: a character of bits, the hit's id (36 characters), the
/// revision, a line feed, the location. Undefined sends the request to [`answer()`].
#[wasm_bindgen]
#[must_use]
pub fn redirect(facts: &str, now_ms: f64) -> Option<String> {
    let now_ms = runtime::whole_ms(now_ms);
    let (redirection, deliver) = answer::warm(&Facts::parse(facts), now_ms)?;
    let stamp = redirection.stamp?;
    let refresh = isolate::with(|isolate| isolate.store.refresh_due(now_ms));
    let bit = |set: bool, bit: u8| if set { bit } else { 0 };
    let bits = bit(deliver, DELIVER) | bit(refresh, REFRESH) | bit(stamp.stale, STALE);
    let bits = char::from(bits).to_string();
    let revision = stamp.revision.to_string();
    Some([&*bits, &stamp.hit, &revision, "\n", &redirection.location].concat())
}

/// Everything that is not a warm redirect: `status`, a header a line, an empty line, the body.
#[wasm_bindgen]
pub async fn answer(
    facts: String,
    origin: Option<String>,
    request: JsValue,
    env: Env,
    ctx: worker_sys::Context,
) -> String {
    let call = Call {
        facts: Facts::parse(&facts),
        origin: origin.as_deref(),
        request: &request,
        env,
        ctx: Context::new(ctx),
    };
    let with_body = call.facts.method != "HEAD";
    call.answer().await.text(with_body)
}

/// Looks up the manifest in the background; [`redirect()`] has taken the lease.
#[wasm_bindgen]
pub async fn refresh(env: Env) {
    let settings = isolate::with(|isolate| isolate.settings(|name| runtime::variable(&env, name)));
    load::load(&env, &settings, MANIFEST).await;
}

/// Sends the hits that wait: full messages at once, the one that is open after a while. If it has been filled by
/// then, the call which that caused sees to what follows.
#[wasm_bindgen]
pub async fn deliver(env: Env) {
    let turn = isolate::with(|isolate| isolate.outbox.turn());
    send_out(&env, false).await;
    runtime::sleep(outbox::LINGER_MS).await;
    let still_open = isolate::with(|isolate| isolate.outbox.turn() == turn);
    send_out(&env, still_open).await;
}

/// The log consumer: for each message the seconds until it is tried again, or -1 where it is done with.
#[wasm_bindgen]
pub async fn forward(messages: Vec<String>, ages_ms: Vec<f64>, env: Env) -> js_sys::Int32Array {
    let mut fates = vec![Fate::Acknowledged; messages.len()];
    match destination(&env) {
        Some(destination) => forward_to(&destination, &messages, &mut fates).await,
        None => {
            console_error!("SQS_QUEUE_URL, AWS_REGION or the AWS key is missing; hits wait");
            fates.fill(Fate::Refused);
        }
    }
    let delays = fates.into_iter().zip(ages_ms).map(|(fate, age_ms)| match fate {
        Fate::Acknowledged => -1,
        _ => queue::delay_seconds(fate, runtime::whole_ms(age_ms)),
    });
    js_sys::Int32Array::from(delays.collect::<Vec<_>>().as_slice())
}

/// Does nothing, after the glue has started a new instance if a panic or trap has ended the last one. `js/worker.js`
/// calls it first: before a call with strings the glue would write them into the memory of the old instance.
#[wasm_bindgen]
pub fn ready() {}

/// Sends the hits of these messages, and notes the worst that happened to any hit of each.
async fn forward_to(destination: &Destination, messages: &[String], fates: &mut [Fate]) {
    let plan = queue::plan(messages);
    let now_ms = i64::try_from(runtime::now_ms()).unwrap_or(i64::MAX);
    for call in queue::calls(
        plan.iter().map(|(packed, _)| packed.body.as_str()),
        destination,
        now_ms,
    ) {
        let answer = runtime::post(&call.url, call.headers.clone(), &call.body, SQS_TIMEOUT_MS).await;
        let answer = answer.as_string().unwrap_or_default();
        // Nothing at all is no connection, or no answer in time.
        let (status, body) = answer.split_once('\n').unwrap_or(("0", "no answer"));
        let (results, log) = queue::fates(&call, status.parse().unwrap_or(0), body);
        if let Some(log) = log {
            console_error!("{log}");
        }
        for (at, fate) in results {
            let Some((_, owners)) = plan.get(at) else { continue };
            for owner in fates.get_mut(owners.clone()).unwrap_or_default() {
                *owner = fate.max(*owner);
            }
        }
    }
}

fn destination(env: &Env) -> Option<Destination> {
    let var = |name: &str| runtime::variable(env, name).filter(|text| !text.is_empty());
    let credentials = Credentials {
        access_key_id: var("AWS_ACCESS_KEY_ID")?,
        secret_access_key: var("AWS_SECRET_ACCESS_KEY")?,
    };
    Some(Destination {
        queue_url: var("SQS_QUEUE_URL")?,
        region: var("AWS_REGION")?,
        credentials,
    })
}

/// Sends message after message. What the queue refuses is tried again a few times, then dropped and counted.
async fn send_out(env: &Env, all: bool) {
    while let Some(message) = isolate::with(|isolate| isolate.outbox.take(all)) {
        let sent = send(env, &message).await;
        isolate::with(|isolate| {
            if sent {
                isolate.outbox.sent(&message)
            } else {
                isolate.outbox.lost(&message)
            }
        });
    }
}

async fn send(env: &Env, message: &Message) -> bool {
    let mut waits = outbox::RETRIES_MS.into_iter();
    loop {
        let Err(error) = runtime::send(env, message.text()).await else {
            return true;
        };
        let Some(wait) = waits.next() else {
            let hits = message.hits;
            console_error!("{hits} hits dropped, the queue refuses them: {error}");
            return false;
        };
        runtime::sleep(wait).await;
    }
}
