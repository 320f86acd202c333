//! The look-up alone as wasm: the same table and the same requests as native code answers.

use marquee_shared::decide::{Device, Visitor};
use marquee_shared::table::{Question, Table};
use marquee_shared::zip::{Typed, Zip, locate};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

#[derive(Deserialize)]
struct Request {
    product: String,
    language: String,
    device: String,
    media: String,
    zip: i64,
    at: i64,
}

/// A table, and requests as it numbers them.
#[wasm_bindgen]
pub struct Engine {
    table: Table,
    questions: Vec<Question>,
}

#[wasm_bindgen]
impl Engine {
    /// # Errors
    /// When the table is damaged, or a request asks for a product that it does not have.
    #[wasm_bindgen(constructor)]
    pub fn new(table: Vec<u8>, requests: &str) -> Result<Self, JsError> {
        let table = Table::load(table)?;
        let requests: Vec<Request> = serde_json::from_str(requests)?;
        let question = |request: &Request| {
            let Request {
                product,
                language,
                device,
                media,
                zip,
                at,
            } = request;
            let zip = Zip::from_number(*zip)?;
            let visitor = Visitor {
                product,
                zip: Typed { zip, plus4: None },
                language,
                device: Device::parse(device)?,
                media,
                at: *at,
                hit: "",
                seed: 0,
                query: "",
            };
            table.question(&visitor, locate(zip).state)
        };
        let questions = requests.iter().map(question).collect::<Option<_>>();
        let questions = questions.ok_or_else(|| JsError::new("a request does not fit the table"))?;
        Ok(Self { table, questions })
    }

    /// The rules that decide `count` requests from `first` on, 0 for none.
    #[must_use]
    pub fn answers(&self, first: usize, count: usize) -> Vec<u32> {
        let questions = self.questions.iter().skip(first).take(count);
        questions
            .map(|question| self.table.rule(question).unwrap_or_default())
            .collect()
    }

    /// Decides `count` requests from `first` on, each as soon as the one before is known; `nothing` is 0, which the
    /// compiler must not know. The last answer.
    #[must_use]
    pub fn resolve(&self, first: usize, count: usize, nothing: usize) -> u32 {
        (first..first.saturating_add(count)).fold(0, |last, index| {
            let question = self.questions.get(index.wrapping_add(last as usize & nothing));
            question
                .and_then(|question| self.table.rule(question))
                .unwrap_or_default()
        })
    }
}
