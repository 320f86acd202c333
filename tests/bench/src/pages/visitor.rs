//! One who asks over one connection, signed in or not.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use ureq::http::{Request, Response};
use ureq::{Agent, Body};

pub(super) struct Visitor {
    agent: Agent,
    base: String,
    session: Option<String>,
}

impl Visitor {
    pub(super) fn new(address: SocketAddr, session: Option<&str>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            agent: agent.into(),
            base: format!("http://{address}"),
            session: session.map(str::to_owned),
        }
    }

    /// How many bytes the page has.
    pub(super) fn page(&self, path: &str) -> Result<usize> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(session) = &self.session {
            request = request.header("cookie", format!("__Host-session={session}"));
        }
        let text = read(path, request.call())?;
        ensure!(text.trim_end().ends_with("</html>"), "{path} is no page: {text}");
        Ok(text.len())
    }

    pub(super) fn ask(&self, path: &str) -> Result<Value> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(session) = &self.session {
            request = request.header("authorization", format!("Bearer {session}"));
        }
        serde_json::from_str(&read(path, request.call())?).with_context(|| path.to_owned())
    }

    /// The id of what a list begins with.
    pub(super) fn first(&self, path: &str) -> Result<String> {
        let list = self.ask(path)?;
        let id = list.pointer("/items/0/id").and_then(Value::as_str);
        Ok(id.with_context(|| format!("{path} is empty"))?.to_owned())
    }

    /// Changes something.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .header("if-match", "*")
            .header(
                "authorization",
                format!("Bearer {}", self.session.as_deref().unwrap_or_default()),
            )
            .body(body.to_string())?;
        read(path, self.agent.run(request)).map(drop)
    }
}

fn read(path: &str, answer: Result<Response<Body>, ureq::Error>) -> Result<String> {
    let mut answer = answer.with_context(|| path.to_owned())?;
    let body = answer.body_mut().with_config().limit(64 << 20);
    let text = body.read_to_string().context("reading an answer")?;
    if !answer.status().is_success() {
        bail!("{path}: {}: {text}", answer.status());
    }
    Ok(text)
}
