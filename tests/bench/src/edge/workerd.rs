//! Workers on `workerd serve`, each in a process of its own with the same bindings beside it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::server::{Server, free_port, pinned};

/// A built Worker.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its ES module.
    pub main: PathBuf,
    /// The name under which it imports its wasm, and that file.
    pub wasm: Option<(String, PathBuf)>,
}

impl Code {
    /// What lies in a folder as `index.js` and `index_bg.wasm`.
    pub fn wasm(folder: &Path) -> Self {
        const WASM: &str = "index_bg.wasm";
        Self {
            main: folder.join("index.js"),
            wasm: Some((WASM.to_owned(), folder.join(WASM))),
        }
    }
}

/// A Worker that listens.
#[derive(Debug)]
pub struct Worker {
    pub server: Server,
    bindings_port: u16,
}

/// What the Workers under test have in common.
#[derive(Debug)]
pub struct Workerd<'a> {
    pub program: &'a Path,
    pub compatibility_date: &'a str,
    /// KV's content, a file for each key.
    pub blobs: &'a Path,
    /// The script behind the bindings.
    pub bindings: &'a Path,
    /// Plain text bindings.
    pub vars: &'a [(&'a str, String)],
}

impl Workerd<'_> {
    /// Starts `code` on the given core, its files under `scratch`.
    pub fn serve(&self, name: &str, code: &Code, scratch: &Path, core: usize) -> Result<Worker> {
        let folder = scratch.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        // capnp embeds only what lies beside the file that says so.
        let copy = |from: &Path, to: &str| {
            fs::copy(from, folder.join(to)).with_context(|| format!("copying {}", from.display()))
        };
        copy(&code.main, "main.js")?;
        copy(self.bindings, "bindings.js")?;
        let mut modules = r#"(name = "main.js", esModule = embed "main.js")"#.to_owned();
        if let Some((import, file)) = &code.wasm {
            copy(file, "main.wasm")?;
            let _infallible = write!(modules, r#", (name = "{import}", wasm = embed "main.wasm")"#);
        }
        let (port, bindings_port) = (free_port()?, free_port()?);
        let config = folder.join("config.capnp");
        fs::write(&config, self.config(&modules, port, bindings_port))
            .with_context(|| format!("writing {}", config.display()))?;
        let mut command = pinned(core, self.program);
        command.arg("serve").arg(&config);
        let server = Server::start(&mut command, port, &scratch.join(format!("{name}.log")))?;
        Ok(Worker {
            server,
            bindings_port,
        })
    }

    fn config(&self, modules: &str, port: u16, bindings_port: u16) -> String {
        let mut vars = String::new();
        for (name, value) in self.vars {
            let _infallible = write!(vars, r#", (name = "{name}", text = "{value}")"#);
        }
        let date = self.compatibility_date;
        let blobs = self.blobs.display();
        format!(
            r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [{modules}],
      compatibilityDate = "{date}",
      bindings = [(name = "RULES", kvNamespace = "bindings"), (name = "HITS", queue = "bindings"){vars}],
    )),
    (name = "bindings", worker = (
      modules = [(name = "bindings.js", esModule = embed "bindings.js")],
      compatibilityDate = "{date}",
      bindings = [(name = "BLOBS", service = "blobs")],
    )),
    (name = "blobs", disk = (path = "{blobs}")),
  ],
  sockets = [
    (name = "main", address = "127.0.0.1:{port}", service = "main"),
    (name = "bindings", address = "127.0.0.1:{bindings_port}", service = "bindings"),
  ],
);
"#
        )
    }
}

impl Worker {
    /// Hits that the Worker has handed to its queue so far.
    pub fn hits(&self) -> Result<u64> {
        let url = format!("http://127.0.0.1:{}/hits", self.bindings_port);
        let text = ureq::get(&url)
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string());
        text.context("asking the queue")?
            .parse()
            .context("reading the queue's count")
    }
}
