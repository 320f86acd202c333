use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;

use crate::accounts::commands::Device;
use crate::app::App;
use crate::http::ClientNetwork;

/// From where somebody asks to be let in.
pub(super) struct Caller(pub(super) Device);

impl FromRequestParts<App> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let ClientNetwork(network) = ClientNetwork::from_request_parts(parts, app).await?;
        let user_agent = parts.headers.get(USER_AGENT);
        let user_agent = user_agent
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Self(Device {
            user_agent: user_agent.to_owned(),
            network,
        }))
    }
}
