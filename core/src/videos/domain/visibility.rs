use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who may see what was made of an upload.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = VideoVisibility)]
pub enum Visibility {
    /// Nobody but who made it and who works here.
    Withheld,
    /// Whoever has a link that was signed for it.
    Private,
    /// Everybody.
    Public,
}

impl Visibility {
    pub fn name(self) -> &'static str {
        match self {
            Self::Withheld => "withheld",
            Self::Private => "private",
            Self::Public => "public",
        }
    }
}
