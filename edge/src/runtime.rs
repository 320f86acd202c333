//! The runtime as wasm sees it: see `js/`.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/js/facts.js")]
extern "C" {
    /// The request's facts, a line each; see [`crate::request::Facts`].
    pub(crate) fn facts(request: &web_sys::Request) -> String;
}

#[wasm_bindgen(module = "/js/runtime.js")]
extern "C" {
    /// The body as text, or undefined above `limit` bytes.
    #[wasm_bindgen(catch)]
    pub(crate) async fn body(request: &web_sys::Request, limit: u32) -> Result<JsValue, JsValue>;

    /// 64 random bits. Only inside a request.
    pub(crate) fn entropy() -> u64;

    #[wasm_bindgen(catch)]
    pub(crate) async fn sha256(bytes: js_sys::Uint8Array) -> Result<JsValue, JsValue>;

    /// `status`, a line feed, the body.
    #[wasm_bindgen(catch)]
    pub(crate) async fn post(
        url: &str,
        headers: Vec<String>,
        body: &str,
        timeout_ms: u32,
    ) -> Result<JsValue, JsValue>;
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
