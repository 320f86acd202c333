//! The same engine compiled to wasm, run by Node, whose V8 is workerd's too.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::de::IgnoredAny;
use serde_json::json;

use super::requests::Request;
use crate::peer::Peer;

/// Starts it with the table and the requests. `module` is the folder that wasm-bindgen wrote; `scratch` is for files.
pub(crate) fn start(
    module: &Path,
    script: &Path,
    scratch: &Path,
    table: &[u8],
    requests: &[Request],
    batch: usize,
) -> Result<Peer> {
    let requests: Vec<_> = requests
        .iter()
        .map(|request| {
            let Request {
                product,
                language,
                device,
                media,
                zip,
                at,
                ..
            } = request;
            json!({
                "product": product, "language": language, "device": device.as_str(), "media": media,
                "zip": zip.number(), "at": at,
            })
        })
        .collect();
    let write = |name: &str, bytes: &[u8]| {
        let file = scratch.join(name);
        std::fs::write(&file, bytes)
            .with_context(|| format!("writing {}", file.display()))
            .map(|()| file)
    };
    let table = write("wasm.table", table)?;
    let requests = write("wasm.json", &serde_json::to_vec(&requests)?)?;
    let mut node = Command::new("node");
    node.arg(script)
        .arg(module)
        .arg(table)
        .arg(requests)
        .arg(batch.to_string());
    let (peer, IgnoredAny) = Peer::start("the engine as wasm", &mut node)?;
    Ok(peer)
}
