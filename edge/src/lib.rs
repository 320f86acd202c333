//! The Worker: it answers visitors from signed tables, and hands the hits on to SQS.
//!
//! This file binds to the runtime; everything that decides is plain code and tested natively:
//!
//! ```text
//! js/worker.js ─▶ redirect ─▶ answer::warm ───▶ redirect ─▶ visit ─▶ shared::decide
//!              └▶ fetch ────▶ answer::Call ──▶ redirect | legacy | health
//!                                   └─▶ load ─▶ store            visit ─▶ outbox ─▶ deliver
//! queue ───────▶ queue ─▶ sigv4
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

mod answer;
pub mod bot;
pub mod device;
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

use std::time::Duration;

use wasm_bindgen::prelude::*;
use worker::{
    Context, Delay, Env, MessageBatch, MessageExt, QueueContentType, QueueRetryOptionsBuilder,
    RawMessageBuilder, Request, Response, Result, event,
};

use crate::answer::Call;
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
/// revision, a line feed, the location. Undefined sends the request to `fetch`.
#[wasm_bindgen]
#[must_use]
pub fn redirect(facts: &str, now_ms: f64) -> Option<String> {
    let now_ms = runtime::whole_ms(now_ms);
    let (redirection, deliver) = answer::warm(&Facts::parse(facts), now_ms)?;
    let stamp = redirection.stamp?;
    let refresh = isolate::with(|isolate| isolate.store.refresh_due(now_ms));
    let bit = |set: bool, bit: u8| if set { bit } else { 0 };
    let bits = bit(deliver, DELIVER) | bit(refresh, REFRESH) | bit(stamp.stale, STALE);
    Some(format!(
        "{}{}{}\n{}",
        char::from(bits),
        stamp.hit,
        stamp.revision,
        redirection.location
    ))
}

/// Looks up the manifest in the background; [`redirect()`] has taken the lease.
#[wasm_bindgen]
pub async fn refresh(env: Env) {
    let settings =
        isolate::with(|isolate| isolate.settings(|name| env.var(name).ok().map(|var| var.to_string())));
    load::load(&env, &settings, MANIFEST).await;
}

/// Sends the hits that wait, full messages at once and the rest after a while.
#[wasm_bindgen(js_name = deliver)]
pub async fn deliver_all(env: Env) {
    deliver(&env).await;
}

/// Everything that is not a warm redirect.
#[event(fetch)]
async fn fetch(request: Request, env: Env, ctx: Context) -> Result<Response> {
    let facts = runtime::facts(request.inner());
    let call = Call {
        facts: Facts::parse(&facts),
        request: &request,
        env,
        ctx,
    };
    let reply = call.answer().await;
    let mut response = Response::builder().with_status(reply.status);
    for (name, value) in &reply.headers {
        response = response.with_header(name, value)?;
    }
    Ok(match reply.body {
        Some(body) if call.facts.method != "HEAD" => response.fixed(body.into_bytes()),
        _ => response.empty(),
    })
}

/// The log consumer: every message is acknowledged, or tried again later, on its own.
#[event(queue)]
async fn queue(batch: MessageBatch<String>, env: Env, _ctx: Context) -> Result<()> {
    let messages: Vec<_> = batch.raw_iter().collect();
    let lines: Vec<String> = messages.iter().map(|message| text(&message.body())).collect();
    let mut fates = vec![Fate::Acknowledged; lines.len()];
    match destination(&env) {
        Some(destination) => send(&lines, &destination, &mut fates).await,
        None => {
            worker::console_error!("SQS_QUEUE_URL, AWS_REGION or the AWS key is missing; hits wait");
            fates.fill(Fate::Refused);
        }
    }
    let now_ms = runtime::now_ms();
    for (message, fate) in messages.iter().zip(fates) {
        if fate == Fate::Acknowledged {
            message.ack();
        } else {
            let age_ms = now_ms.saturating_sub(message.timestamp().as_millis());
            let delay = queue::delay_seconds(fate, age_ms);
            message.retry_with_options(&QueueRetryOptionsBuilder::new().with_delay_seconds(delay).build());
        }
    }
    Ok(())
}

/// Sends the hits of these messages, and notes the worst that happened to any hit of each.
async fn send(messages: &[String], destination: &Destination, fates: &mut [Fate]) {
    let plan = queue::plan(messages);
    let now_ms = i64::try_from(runtime::now_ms()).unwrap_or(i64::MAX);
    for call in queue::calls(
        plan.iter().map(|(packed, _)| packed.body.as_str()),
        destination,
        now_ms,
    ) {
        let answer = runtime::post(&call.url, call.headers.clone(), &call.body, SQS_TIMEOUT_MS).await;
        let answer = answer
            .map(|answer| answer.as_string().unwrap_or_default())
            .unwrap_or_default();
        // Nothing at all is no connection, or no answer in time.
        let (status, body) = answer.split_once('\n').unwrap_or(("0", "no answer"));
        let (results, log) = queue::fates(&call, status.parse().unwrap_or(0), body);
        if let Some(log) = log {
            worker::console_error!("{log}");
        }
        for (at, fate) in results {
            let Some((_, owners)) = plan.get(at) else { continue };
            for owner in fates.get_mut(owners.clone()).unwrap_or_default() {
                *owner = fate.max(*owner);
            }
        }
    }
}

/// What we did not write goes on as it is: the core puts aside what it cannot read.
fn text(body: &JsValue) -> String {
    let json = || {
        js_sys::JSON::stringify(body)
            .ok()
            .and_then(|text| text.as_string())
    };
    body.as_string().or_else(json).unwrap_or_default()
}

fn destination(env: &Env) -> Option<Destination> {
    let var = |name: &str| {
        env.var(name)
            .ok()
            .map(|var| var.to_string())
            .filter(|text| !text.is_empty())
    };
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

async fn deliver(env: &Env) {
    let queue = match env.queue("HITS") {
        Ok(queue) => Some(queue),
        Err(error) => {
            worker::console_error!("no queue for hits: {error}");
            None
        }
    };
    send_out(queue.as_ref(), false).await;
    Delay::from(Duration::from_millis(outbox::LINGER_MS)).await;
    send_out(queue.as_ref(), true).await;
}

/// Sends message after message. What the queue refuses is tried again a few times, then dropped and counted.
async fn send_out(queue: Option<&worker::Queue>, all: bool) {
    while let Some(message) = isolate::with(|isolate| isolate.outbox.take(all)) {
        let mut waits = outbox::RETRIES_MS.into_iter();
        let sent = loop {
            let lines = RawMessageBuilder::new(JsValue::from_str(&message.lines));
            let lines = lines.build_with_content_type(QueueContentType::Text);
            let Some(queue) = queue else { break false };
            let Err(error) = queue.send_raw(lines).await else {
                break true;
            };
            let Some(wait) = waits.next() else {
                worker::console_error!("{} hits dropped, the queue refuses them: {error}", message.hits);
                break false;
            };
            Delay::from(Duration::from_millis(wait)).await;
        };
        isolate::with(|isolate| {
            if sent {
                isolate.outbox.sent(&message)
            } else {
                isolate.outbox.lost(&message)
            }
        });
    }
}
