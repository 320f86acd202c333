//! Styles, scripts and pictures of pages.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write as _};
use std::sync::{LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{Embed, EmbeddedFile};

/// Compiled in; a debug build reads them anew each time.
#[derive(Embed)]
#[folder = "src/console/assets/"]
struct Files;

pub(super) struct Asset {
    pub(super) bytes: Bytes,
    pub(super) mime: &'static str,
    /// Changes with what is in it.
    pub(super) version: String,
}

impl Asset {
    pub(super) fn find(name: &str) -> Option<Self> {
        let (file, mime) = (Files::get(name)?, mime(name)?);
        Some(Self {
            version: version(&file),
            mime,
            bytes: match file.data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            },
        })
    }
}

impl Asset {
    /// By gzip. Pages themselves are not: what they say beside a secret could be guessed from their size (BREACH).
    pub(super) fn packed(&self) -> io::Result<Bytes> {
        let mut packed = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = packed.get(&self.version) {
            return Ok(known.clone());
        }
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&self.bytes)?;
        let bytes = Bytes::from(gzip.finish()?);
        packed.insert(self.version.clone(), bytes.clone());
        Ok(bytes)
    }
}

/// By version. There are only so many assets.
static PACKED: LazyLock<Mutex<HashMap<String, Bytes>>> = LazyLock::new(Mutex::default);

/// What an asset is called in pages: with its version, so that browsers keep it for ever.
pub(super) fn address(name: &str) -> Option<String> {
    Some(format!("/assets/{name}?v={}", version(&Files::get(name)?)))
}

fn version(file: &EmbeddedFile) -> String {
    URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash())
}

fn mime(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => return None,
    })
}
