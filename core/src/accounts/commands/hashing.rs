//! Hashing takes a core and 19 MiB for a while: on threads of its own, a few at once.

use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::accounts::domain::{self, NewPassword};

static TURNS: Semaphore = Semaphore::const_new(4);

pub(super) async fn hash(password: NewPassword) -> anyhow::Result<String> {
    let _turn = TURNS.acquire().await?;
    spawn_blocking(move || password.hash()).await?
}

/// See [`domain::is_password`].
pub(super) async fn is_password(password: SecretString, hash: Option<String>) -> anyhow::Result<bool> {
    let _turn = TURNS.acquire().await?;
    spawn_blocking(move || domain::is_password(&password, hash.as_deref())).await?
}
