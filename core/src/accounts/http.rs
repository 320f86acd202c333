//! Routes, bodies, and errors as statuses. Thin.

mod avatar;
mod device;
mod emails;
mod error;
mod keys;
mod me;
mod passwords;
mod people;
mod second_factor;
mod sessions;
mod sign_up;
mod staff;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::accounts::commands::LinkFault;
use crate::accounts::{Error, Token};
use crate::app::App;
use crate::http::Json;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(me::routes())
        .merge(avatar::routes())
        .merge(sign_up::routes())
        .merge(sessions::routes())
        .merge(passwords::routes())
        .merge(emails::routes())
        .merge(second_factor::routes())
        .merge(people::routes())
        .merge(staff::routes())
        .merge(keys::routes())
}

/// What goes on elsewhere
#[derive(Serialize, ToSchema)]
struct Notice {
    #[schema(example = "look into your mail")]
    detail: &'static str,
}

impl Notice {
    fn mailed() -> Json<Self> {
        Json(Self {
            detail: "look into your mail",
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    /// What stands behind `#` in the link
    #[schema(value_type = String, example = "ml_019f2f0c2d4e7c528a0e4a1d5c1f7a10_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    token: SecretString,
}

impl LinkBody {
    fn token(&self) -> Result<Token, Error> {
        read_link(&self.token)
    }
}

fn read_link(token: &SecretString) -> Result<Token, Error> {
    Ok(Token::parse(token.expose_secret().trim()).ok_or(LinkFault)?)
}
