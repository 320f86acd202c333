//! Who comes to an order: with its key, or as somebody who is known.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use uuid::Uuid;

use crate::access::{Permission, Principal};
use crate::app::App;
use crate::http::{ApiError, X_ORDER_KEY};
use crate::orders::commands::Canceller;
use crate::orders::domain::Cause;
use crate::orders::queries::{self, As, OrderView};
use crate::orders::{Error, OrderKey};

/// What they show. The guard has let them in; what they may is said here.
pub(super) struct Holder {
    key: Option<OrderKey>,
    principal: Option<Principal>,
}

impl FromRequestParts<App> for Holder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let key = parts.headers.get(X_ORDER_KEY);
        let key = key.and_then(|key| key.to_str().ok()).and_then(OrderKey::parse);
        let principal = parts.extensions.get().cloned();
        Ok(Self { key, principal })
    }
}

impl Holder {
    /// Somebody else's order is not there.
    pub(super) async fn role(&self, app: &App, order: Uuid) -> Result<As, ApiError> {
        let mut conn = app.db.acquire().await?;
        let role = queries::role(&mut conn, order, self.key.as_ref(), self.principal.as_ref()).await?;
        role.ok_or_else(|| Error::Unknown.into())
    }

    /// The order, as they may see it.
    pub(super) async fn view(&self, app: &App, order: Uuid) -> Result<OrderView, ApiError> {
        let role = self.role(app, order).await?;
        view(app, order, role).await
    }

    /// Whose doing it is what they do to their own order.
    pub(super) async fn customer(&self, app: &App, order: Uuid) -> Result<Cause, ApiError> {
        match self.role(app, order).await? {
            As::Customer => Ok(Cause::Customer(self.id())),
            As::Talent | As::Staff => Err(Error::Unknown.into()),
        }
    }

    /// The same, of who may call an order off for its customer, too.
    pub(super) async fn customer_or_staff(&self, app: &App, order: Uuid) -> Result<Canceller, ApiError> {
        match (self.role(app, order).await?, &self.principal) {
            (As::Customer, _) => Ok(Canceller::Customer(self.id())),
            (As::Staff, Some(principal)) => {
                principal.permit(Permission::OrdersManage)?;
                Ok(Canceller::Staff(principal.clone()))
            }
            _ => Err(Error::Unknown.into()),
        }
    }

    fn id(&self) -> Option<String> {
        self.principal.as_ref().map(|principal| principal.id.clone())
    }
}

pub(super) async fn view(app: &App, order: Uuid, role: As) -> Result<OrderView, ApiError> {
    let view = queries::find(&mut *app.db.acquire().await?, app, order, role).await;
    let view = view.map_err(ApiError::unexpected)?;
    view.ok_or_else(|| Error::Unknown.into())
}
