//! A Worker in Rust that only redirects, written as the `worker` crate's own examples are: no rules, no KV, no log.

use worker::{Context, Env, Request, Response, ResponseBuilder, Result, event};

#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Ok(ResponseBuilder::new()
        .with_status(302)
        .with_header("location", "https://quotes.example.com/auto?zip=10001")?
        .with_header("cache-control", "private, no-store")?
        .empty())
}
