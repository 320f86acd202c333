use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A social network: where most people know a talent from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Network {
    Instagram,
    Tiktok,
    Youtube,
    Facebook,
    Twitch,
    Kwai,
    X,
    Other,
}

impl Network {
    /// As in the API and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instagram => "instagram",
            Self::Tiktok => "tiktok",
            Self::Youtube => "youtube",
            Self::Facebook => "facebook",
            Self::Twitch => "twitch",
            Self::Kwai => "kwai",
            Self::X => "x",
            Self::Other => "other",
        }
    }
}
