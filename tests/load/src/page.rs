//! A client of the core that keeps its connections, as a proxy in front of it does.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use marquee_bench::orders::clients::Post;
use reqwest::Client;
use reqwest::redirect::Policy;

/// Longer than anybody waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// workerd closes a silent connection after five seconds. Who asked on it in that very moment would have no answer.
const KEPT_SILENT: Duration = Duration::from_secs(2);

pub(crate) fn client() -> Result<Client> {
    let client = Client::builder()
        .redirect(Policy::none())
        .pool_idle_timeout(KEPT_SILENT)
        .timeout(PATIENCE);
    client.build().context("making a client")
}

/// What answers otherwise than it should is an error that says how.
pub(crate) async fn post(client: Client, post: Post) -> Result<()> {
    let (name, value) = post.header;
    let request = client.post(&post.url).header(name, value);
    let answer = request
        .header("content-type", "application/json")
        .body(post.body)
        .send()
        .await
        .context("posting")?;
    let status = answer.status().as_u16();
    let text = answer.text().await.context("reading an answer")?;
    ensure!(status == post.status, "{status} {text}");
    Ok(())
}

pub(crate) async fn get(client: Client, url: String, expected: &'static [u16]) -> Result<()> {
    let answer = client.get(&url).send().await.context("asking")?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.context("reading an answer")?;
    ensure!(expected.contains(&status), "{status} {url}, {} bytes", body.len());
    Ok(())
}
