//! Clients that post one request after the other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// A request with a body of JSON.
#[derive(Clone, Debug)]
pub struct Post {
    pub url: String,
    pub header: (&'static str, String),
    pub body: String,
    /// What must be answered.
    pub status: u16,
}

pub(crate) struct Posted {
    pub(crate) per_second: f64,
    pub(crate) latencies_ms: Vec<f64>,
}

/// Posts all of them, each once, by so many clients at once.
pub(crate) fn post_all(clients: usize, posts: &[Post]) -> Result<Posted> {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let latencies = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients)
            .map(|_| scope.spawn(|| post_in_turn(posts, &next)))
            .collect();
        let mut latencies = Vec::new();
        for client in clients {
            let of_one = client
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))??;
            latencies.extend(of_one);
        }
        anyhow::Ok(latencies)
    })?;
    Ok(Posted {
        per_second: posts.len() as f64 / started.elapsed().as_secs_f64(),
        latencies_ms: latencies,
    })
}

fn post_in_turn(posts: &[Post], next: &AtomicUsize) -> Result<Vec<f64>> {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
    let agent: ureq::Agent = agent.into();
    let mut latencies = Vec::new();
    while let Some(post) = posts.get(next.fetch_add(1, Ordering::Relaxed)) {
        let begun = Instant::now();
        let (name, value) = &post.header;
        let request = agent.post(&post.url).header(*name, value);
        let mut answer = request
            .content_type("application/json")
            .send(&post.body)
            .context("posting")?;
        let text = answer.body_mut().read_to_string().context("reading an answer")?;
        latencies.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let status = answer.status().as_u16();
        ensure!(status == post.status, "{status} {text}");
    }
    Ok(latencies)
}
