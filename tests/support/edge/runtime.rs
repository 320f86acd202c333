use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use marquee_shared::hit::Hit;
use serde_json::{Value, json};

use super::http::{self, Reply};
use super::publication::{Publication, Signer, hits_of};

/// What is special about a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The Worker's own requests go to the SQS of `tests/edge/services.js`.
    Plain,
    /// They go out, to this machine.
    Online,
    /// A visitor can make it panic: see `tests/edge/panicking.js`.
    Panicking,
}

/// One isolate of the Worker, cold until it is asked something. The process ends with this value, and with the
/// test process whatever happens to it.
pub struct Edge {
    process: Child,
    edge: SocketAddr,
    control: SocketAddr,
    files: tempfile::TempDir,
}

impl Edge {
    /// With the environment of `ENVIRONMENT=local`, the key of [`Signer::test`], and `vars` on top.
    pub fn start(vars: &[(&str, &str)]) -> Self {
        Self::with(vars, Variant::Plain)
    }

    pub fn with(vars: &[(&str, &str)], variant: Variant) -> Self {
        let files = tempfile::tempdir().expect("a folder for the configuration");
        let config = files.path().join("edge.capnp");
        std::fs::write(&config, configuration(vars, variant)).expect("writing the configuration");

        // The shell outlives a killed test just long enough to take the runtime along.
        let mut process = Command::new("sh")
            .args(["-c", r#""$@" & child=$!; read -r _; kill "$child""#, "sh"])
            .arg(workerd())
            .args(["serve", "--experimental", "--control-fd=1", "--import-path=/"])
            .arg(&config)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(files.path().join("log")).expect("a log"))
            .spawn()
            .expect("starting workerd");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut port = |socket: &str| -> SocketAddr {
            let line = lines.next().and_then(Result::ok).unwrap_or_else(|| {
                panic!(
                    "workerd does not start: {}",
                    std::fs::read_to_string(files.path().join("log")).unwrap_or_default()
                )
            });
            let event: Value = serde_json::from_str(&line).expect("an event");
            assert_eq!(event["socket"], socket);
            SocketAddr::from((
                [127, 0, 0, 1],
                event["port"].as_u64().unwrap().try_into().unwrap(),
            ))
        };
        let (edge, control) = (port("edge"), port("control"));
        Self {
            process,
            edge,
            control,
            files,
        }
    }

    /// Where the Worker listens.
    pub fn address(&self) -> SocketAddr {
        self.edge
    }

    pub fn get(&self, target: &str) -> Reply {
        self.send("GET", target, &[], b"")
    }

    pub fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", target, headers, b"")
    }

    /// Asks `target` of a brand's own host.
    pub fn get_on(&self, host: &str, target: &str) -> Reply {
        self.send("GET", target, &[("host", host)], b"")
    }

    pub fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        http::send(self.edge, method, target, headers, body)
    }

    pub fn post_json(&self, target: &str, body: &Value) -> Reply {
        self.send(
            "POST",
            target,
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    /// Puts a publication into KV: blobs first, then the manifest, as the core does.
    pub fn publish(&self, publication: &Publication) {
        for (key, value) in publication.blobs() {
            self.put(&key, &value);
        }
        self.put(
            marquee_shared::manifest::KEY,
            &publication.signed(&[Signer::test()]),
        );
    }

    pub fn put(&self, key: &str, value: &[u8]) {
        assert_eq!(self.control("PUT", &format!("/kv/{key}"), value).status, 200);
    }

    pub fn delete(&self, key: &str) {
        assert_eq!(self.control("DELETE", &format!("/kv/{key}"), b"").status, 200);
    }

    /// From now on these faults, and no others; see `tests/edge/services.js`.
    pub fn faults(&self, faults: &Value) {
        assert_eq!(
            self.control("PUT", "/faults", faults.to_string().as_bytes())
                .status,
            200
        );
    }

    /// Keys read from KV so far, in order.
    pub fn reads(&self) -> Vec<String> {
        serde_json::from_value(self.control("GET", "/reads", b"").json()).unwrap()
    }

    /// Waits until the queue has got this many hits, and returns all it has.
    pub fn hits(&self, at_least: usize) -> Vec<Hit> {
        self.until(|| {
            let hits: Vec<Hit> = self
                .messages()
                .iter()
                .flat_map(|message| hits_of(message))
                .collect();
            (hits.len() >= at_least).then_some(hits)
        })
    }

    /// The texts of the queue's messages.
    pub fn messages(&self) -> Vec<String> {
        let messages = self.control("GET", "/messages", b"").json();
        let messages = messages.as_array().unwrap().iter();
        messages
            .map(|message| {
                assert_eq!(message["format"], "text");
                message["text"].as_str().unwrap().to_owned()
            })
            .collect()
    }

    /// Delivers `[{id, body, age_ms?}]` to the queue handler, and returns what it did with each.
    pub fn deliver(&self, messages: &Value) -> Value {
        self.control("POST", "/deliver", messages.to_string().as_bytes())
            .json()
    }

    /// Requests that the stub of SQS got.
    pub fn sqs(&self) -> Vec<Value> {
        serde_json::from_value(self.control("GET", "/sqs", b"").json()).unwrap()
    }

    pub fn health(&self) -> Value {
        self.get("/healthz").json()
    }

    /// Asks again and again until there is an answer, at most a minute.
    pub fn until<T>(&self, ask: impl Fn() -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(
                Instant::now() < deadline,
                "waited in vain; health: {}",
                self.health()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until an answer satisfies.
    pub fn until_get(&self, target: &str, satisfies: impl Fn(&Reply) -> bool) -> Reply {
        self.until(|| Some(self.get(target)).filter(&satisfies))
    }

    /// What the runtime and the Worker have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.files.path().join("log")).unwrap_or_default()
    }

    /// Resident memory of the runtime, in bytes.
    pub fn memory(&self) -> u64 {
        let children = format!("/proc/{0}/task/{0}/children", self.process.id());
        let child = std::fs::read_to_string(children).expect("the shell's children");
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", child.trim())).expect("the runtime's status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }

    fn control(&self, method: &str, target: &str, body: &[u8]) -> Reply {
        http::send(self.control, method, target, &[], body)
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ has a parent")
        .to_owned()
}

fn workerd() -> PathBuf {
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-64",
        ("linux", _) => "linux-arm64",
        ("macos", "x86_64") => "darwin-64",
        _ => "darwin-arm64",
    };
    root().join(format!("node_modules/@cloudflare/workerd-{platform}/bin/workerd"))
}

/// Cap'n Proto, as `workerd serve` reads it.
fn configuration(vars: &[(&str, &str)], variant: Variant) -> String {
    let root = root();
    assert!(
        root.join("edge/build/index.js").exists(),
        "the Worker is not built: run `cargo xtask edge`"
    );
    let embed = |path: &str| json!(root.join(path)).to_string();
    let keys = Signer::test().public();
    let defaults = [
        ("ENVIRONMENT", "local"),
        ("MANIFEST_KEYS", keys.as_str()),
        ("REFRESH_SECONDS", "0"),
        ("BUILD", "test"),
    ];
    let changed = |name: &str| vars.iter().any(|(var, _)| *var == name);
    let vars: String = defaults
        .iter()
        .filter(|(name, _)| !changed(name))
        .chain(vars)
        .map(|(name, value)| format!("(name = {}, text = {}), ", json!(name), json!(value)))
        .collect();
    let outbound = match variant {
        Variant::Online => r#""network""#,
        Variant::Plain | Variant::Panicking => r#"(name = "services", entrypoint = "outbound")"#,
    };
    let panicking = format!(
        r#"(name = "js/panicking.js", esModule = embed {}),"#,
        embed("tests/edge/panicking.js")
    );
    let entry = if variant == Variant::Panicking {
        panicking.as_str()
    } else {
        ""
    };
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "services", worker = .services),
    (name = "network", network = (allow = ["private"])),
  ],
  sockets = [
    (name = "edge", address = "127.0.0.1:0", http = (cfBlobHeader = "x-cf"), service = "edge"),
    (name = "control", address = "127.0.0.1:0", http = (), service = "services"),
  ],
);
const edge :Workerd.Worker = (
  modules = [
    {entry}
    (name = "js/worker.js", esModule = embed {worker}),
    (name = "js/facts.js", esModule = embed {facts}),
    (name = "build/index.js", esModule = embed {index}),
    (name = "build/index_bg.wasm", wasm = embed {wasm}),
  ],
  bindings = [
    {vars}
    (name = "RULES", kvNamespace = (name = "services", entrypoint = "kv")),
    (name = "HITS", queue = (name = "services", entrypoint = "queue")),
  ],
  globalOutbound = {outbound},
  compatibilityDate = "2026-04-01",
);
const services :Workerd.Worker = (
  modules = [(name = "services.js", esModule = embed {services})],
  bindings = [(name = "EDGE", service = "edge")],
  compatibilityDate = "2026-04-01",
  compatibilityFlags = ["service_binding_extra_handlers"],
);
"#,
        worker = embed("edge/js/worker.js"),
        facts = embed("edge/js/facts.js"),
        index = embed("edge/build/index.js"),
        wasm = embed("edge/build/index_bg.wasm"),
        services = embed("tests/edge/services.js"),
    )
}
