//! The runtime as wasm sees it: see `js/`.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

#[wasm_bindgen(module = "/js/runtime.js")]
extern "C" {
    /// A variable or secret of the deployment.
    pub(crate) fn variable(env: &JsValue, name: &str) -> Option<String>;

    /// A value of KV: bytes, undefined, or a text that says why it cannot be read.
    pub(crate) async fn read(env: &JsValue, key: &str, cache_seconds: u32) -> JsValue;

    /// Sends a message to the queue of hits. A text says why it did not take it.
    pub(crate) async fn send(env: &JsValue, message: &str) -> JsValue;

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

    pub(crate) async fn sleep(ms: u32);

    /// A line in the log.
    pub(crate) fn log(line: &str);
}

#[wasm_bindgen]
extern "C" {
    type Context;

    #[wasm_bindgen(method, js_name = waitUntil)]
    fn wait_until(this: &Context, promise: &js_sys::Promise);
}

/// Goes on with `work` when the request has been answered.
pub(crate) fn wait_until(ctx: &JsValue, work: impl Future<Output = ()> + 'static) {
    let promise = future_to_promise(async move {
        work.await;
        Ok(JsValue::UNDEFINED)
    });
    ctx.unchecked_ref::<Context>().wait_until(&promise);
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
