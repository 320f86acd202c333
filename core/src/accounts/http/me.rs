use axum::extract::State;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::{Grant, Principal, SignedIn};
use crate::accounts::Error;
use crate::accounts::commands::{self, ProfileChange};
use crate::accounts::queries::{self, PersonView};
use crate::app::App;
use crate::http::{ApiError, Json, detached};
use crate::locale::Locale;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(me, change))
}

#[derive(Serialize, ToSchema)]
struct Me {
    /// `staff:<id>`, `person:<id>` or `key:<id>`: as the audit log and drafts name the caller
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    id: String,
    #[schema(example = "Ana Lima (laptop)")]
    name: String,
    /// The member of the staff whose key or session it is
    staff_id: Option<Uuid>,
    /// When the key expires
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// What this key or session permits now
    grants: Vec<Grant>,
    /// Who is signed in; `null` for a key
    person: Option<PersonView>,
}

/// Who the caller is, and what they may do
#[utoipa::path(get, path = "/me", tag = "accounts", security(("api_key" = [])),
    responses((status = 200, body = Me)))]
async fn me(State(app): State<App>, by: Principal) -> Result<Json<Me>, ApiError> {
    let person = match by.signed_in {
        Some(who) => queries::find_person(&app, who.person)
            .await
            .map_err(ApiError::unexpected)?,
        None => None,
    };
    Ok(Json(Me {
        grants: by.grants.list(),
        id: by.id,
        name: by.name,
        staff_id: by.staff,
        expires_at: by.until,
        person,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProfileBody {
    #[schema(example = "Ana Lima")]
    name: Option<String>,
    /// In which language to write to them
    locale: Option<Locale>,
    /// Whether they agree to be written to for other than what they asked for
    marketing: Option<bool>,
}

/// Change what one says of oneself; what is left out stays
#[utoipa::path(patch, path = "/me", tag = "accounts", request_body = ProfileBody, security(("session" = [])),
    responses((status = 200, body = PersonView), (status = 422, description = "`name_invalid`")))]
async fn change(
    State(app): State<App>,
    who: SignedIn,
    Json(body): Json<ProfileBody>,
) -> Result<Json<PersonView>, ApiError> {
    let change = ProfileChange {
        name: body.name,
        locale: body.locale,
        marketing: body.marketing,
    };
    let command = app.clone();
    detached(&app, async move {
        commands::change_profile(&command, who, change).await
    })
    .await?;
    let person = queries::find_person(&app, who.person)
        .await
        .map_err(ApiError::unexpected)?;
    person.map(Json).ok_or_else(|| Error::NoPerson.into())
}
