//! For who sells nothing: every payment is declined, and nobody tells us anything.

use anyhow::anyhow;
use async_trait::async_trait;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::money::Money;
use crate::payments::{Answer, Authorize, Gateway, GatewayError, Listing, Notice, Outside, Seen};

pub struct NoGateway;

fn declined() -> Answer {
    Answer::Refused {
        code: "no_gateway".to_owned(),
        detail: "nothing is sold here: GATEWAY=none".to_owned(),
    }
}

#[async_trait]
impl Gateway for NoGateway {
    fn name(&self) -> &'static str {
        "none"
    }

    fn holds_for(&self) -> Duration {
        Duration::MAX
    }

    async fn authorize(&self, _key: Uuid, _authorize: &Authorize) -> Result<Answer, GatewayError> {
        Ok(declined())
    }

    async fn capture(&self, _key: Uuid, _reference: &str, _amount: Money) -> Result<Answer, GatewayError> {
        Ok(declined())
    }

    async fn void(&self, _key: Uuid, _reference: &str) -> Result<Answer, GatewayError> {
        Ok(declined())
    }

    async fn refund(&self, _key: Uuid, _reference: &str, _amount: Money) -> Result<Answer, GatewayError> {
        Ok(declined())
    }

    /// Of payments by a gateway that there was once, it does not say that they are not there.
    async fn fetch(&self, _payment: Uuid, _reference: Option<&str>) -> Result<Option<Seen>, GatewayError> {
        Err(GatewayError::NotSent(anyhow!(
            "there is no gateway: GATEWAY=none"
        )))
    }

    async fn list(
        &self,
        _from: OffsetDateTime,
        _to: OffsetDateTime,
        _after: Option<&str>,
    ) -> Result<Listing, GatewayError> {
        Ok(Listing {
            items: vec![],
            next: None,
        })
    }

    fn signature_header(&self) -> &'static str {
        "no-signature"
    }

    fn read(&self, _signature: &str, _body: &[u8], _now: OffsetDateTime) -> Result<Notice, Outside> {
        Err(Outside::Unreadable("there is no gateway".to_owned()))
    }

    async fn check(&self) -> anyhow::Result<String> {
        Ok("none: nothing is sold here".to_owned())
    }
}
