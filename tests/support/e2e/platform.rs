use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use url::Url;

use super::{Core, Database, Edge, Sqs, SqsProxy};
use crate::process::folder;

/// The seed of the key that signs in tests. Not the development key: this one also holds elsewhere.
const SEED: [u8; 32] = *b"end-to-end tests sign with these";
const KEY_ID: &str = "e2e-1";

/// Everything that runs in production, on this machine. Ended when dropped; logs stay in [`Platform::folder`].
pub struct Platform {
    // In the order in which they end: whoever talks to another ends first.
    pub core: Core,
    pub edge: Edge,
    /// Between the core, the queue's consumer and SQS.
    pub sqs_proxy: SqsProxy,
    pub sqs: Sqs,
    pub database: Database,
    folder: PathBuf,
}

impl Platform {
    /// Starts all of it for the test `name`, with nothing published.
    pub async fn start(name: &str) -> Self {
        let folder = folder(name);
        // So short that what was not deleted comes again while a test looks, hence more often than in production.
        let sqs = Sqs::start(&folder, Duration::from_secs(3), 1_000).await;
        let sqs_proxy = SqsProxy::start(&sqs.endpoint_url());
        let database = Database::create().await;
        let edge = Edge::start(&folder, &edge_vars(&sqs_proxy, &sqs)).await;
        let mut core = Core::prepare(&folder, core_settings(database.url(), &edge, &sqs_proxy, &sqs));
        core.start().await;
        Self {
            core,
            edge,
            sqs_proxy,
            sqs,
            database,
            folder,
        }
    }

    /// Where logs and files of this test are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the logs are in {}", self.folder.display());
        }
    }
}

/// Who may sign, as the readers of manifests take it.
pub fn manifest_keys() -> Vec<(String, [u8; 32])> {
    vec![(KEY_ID.to_owned(), signing_key().verifying_key().to_bytes())]
}

/// What the core signs with.
pub fn signing_keys() -> Vec<(String, SigningKey)> {
    vec![(KEY_ID.to_owned(), signing_key())]
}

fn edge_vars(sqs: &SqsProxy, queue: &Sqs) -> Vec<(&'static str, String)> {
    let keys: Vec<_> = manifest_keys()
        .iter()
        .map(|(id, key)| format!("{id}:{}", URL_SAFE_NO_PAD.encode(key)))
        .collect();
    vec![
        ("ENVIRONMENT", "local".to_owned()),
        ("MANIFEST_KEYS", keys.join(",")),
        // So short that a test sees a publish soon.
        ("REFRESH_SECONDS", "1".to_owned()),
        ("SQS_QUEUE_URL", sqs.before(&queue.queue_url()).to_string()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
    ]
}

fn core_settings(database: &Url, edge: &Edge, sqs: &SqsProxy, queue: &Sqs) -> Vec<(String, String)> {
    let settings = [
        ("MARQUEE_ENV", "local".to_owned()),
        ("DATABASE_URL", database.to_string()),
        (
            "MARQUEE_SIGNING_KEY",
            format!("{KEY_ID}:{}", URL_SAFE_NO_PAD.encode(SEED)),
        ),
        ("CLOUDFLARE_API_URL", edge.kv_api_url().to_string()),
        ("CLOUDFLARE_KV_NAMESPACE_ID", edge.namespace().to_owned()),
        ("SQS_ENDPOINT_URL", sqs.before(&queue.endpoint_url()).to_string()),
        ("SQS_QUEUE_URL", queue.queue_url().to_string()),
    ];
    settings.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&SEED)
}
