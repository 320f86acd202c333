//! The runtime as wasm sees it: see `js/`.

use std::time::Duration;

use wasm_bindgen::prelude::*;
use worker::{Delay, Env, QueueContentType, RawMessageBuilder};

#[wasm_bindgen(module = "/js/runtime.js")]
extern "C" {
    /// The body as text, undefined above `limit` bytes, null if it cannot be read.
    pub(crate) async fn body(request: &JsValue, limit: u32) -> JsValue;

    /// 64 random bits. Only inside a request.
    pub(crate) fn entropy() -> u64;

    pub(crate) async fn sha256(bytes: &[u8]) -> JsValue;

    /// Whether an Ed25519 signature is good.
    pub(crate) async fn signed(
        key: &[u8],
        signature: js_sys::Uint8Array,
        message: js_sys::Uint8Array,
    ) -> JsValue;

    /// `status`, a line feed, the body; undefined without an answer in time.
    pub(crate) async fn post(url: &str, headers: Vec<String>, body: &str, timeout_ms: u32) -> JsValue;
}

/// A variable or secret of the deployment.
pub(crate) fn variable(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|variable| variable.to_string())
}

/// Sends a message to the queue of hits.
pub(crate) async fn send(env: &Env, message: &str) -> worker::Result<()> {
    let message = RawMessageBuilder::new(JsValue::from_str(message));
    let queue = env.queue("HITS")?;
    queue
        .send_raw(message.build_with_content_type(QueueContentType::Text))
        .await
}

pub(crate) async fn sleep(ms: u64) {
    Delay::from(Duration::from_millis(ms)).await;
}

/// Milliseconds since 1970. In production it stands still between two I/O operations.
#[must_use]
pub(crate) fn now_ms() -> u64 {
    whole_ms(js_sys::Date::now())
}

/// JavaScript's milliseconds, as an integer.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and NaN is 0"
)]
pub(crate) fn whole_ms(ms: f64) -> u64 {
    ms as u64
}
