//! Keys of the local stack, made once and kept under `.local/keys` for its owner alone.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Stack, core, http};
use crate::checkout::{Checkout, create_dir, write_secret};
use crate::command;

const KEY_ID: &str = "local";

/// The key that signs the manifest, as a JSON Web Key has it: `d` is the seed, `x` the public key, both base64url.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SigningKey {
    d: String,
    x: String,
}

impl SigningKey {
    /// As the core wants it.
    pub(crate) fn secret(&self) -> String {
        format!("{KEY_ID}:{}", self.d)
    }

    /// As the edge wants it.
    pub(crate) fn public(&self) -> String {
        format!("{KEY_ID}:{}", self.x)
    }
}

pub(crate) fn signing_key(checkout: &Checkout) -> Result<SigningKey> {
    const MAKE: &str = "const { privateKey } = require('node:crypto').generateKeyPairSync('ed25519'); \
                        console.log(JSON.stringify(privateKey.export({ format: 'jwk' })))";
    let path = file(checkout, "signing.json")?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(_) => {
            let made = command::capture(Command::new("node").args(["-e", MAKE]))?;
            write_secret(&path, &made)?;
            made
        }
    };
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

/// A key for the API that may do everything; a new one when the database does not know the last.
pub(crate) fn staff_key(stack: &Stack) -> Result<String> {
    #[derive(Deserialize)]
    struct Created {
        token: String,
    }
    let path = file(&stack.checkout, "staff")?;
    if let Ok(token) = fs::read_to_string(&path) {
        let answer = http::get(&format!("{}/v1/brands", stack.core_url), Some(&token))?;
        if answer.status != 401 {
            return Ok(token);
        }
    }
    let mut create = core::marquee(stack);
    create.args([
        "--json",
        "keys",
        "create",
        "--name",
        "cargo xtask up",
        "--all-permissions",
    ]);
    let created: Created =
        serde_json::from_str(&command::capture(&mut create)?).context("reading the new API key")?;
    write_secret(&path, &created.token)?;
    Ok(created.token)
}

fn file(checkout: &Checkout, name: &str) -> Result<PathBuf> {
    let dir = checkout.local().join("keys");
    create_dir(&dir)?;
    Ok(dir.join(name))
}
