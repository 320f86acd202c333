//! Stripe: card payments as PaymentIntents that are captured by us.
//!
//! | ours | theirs |
//! |---|---|
//! | authorize | `POST /v1/payment_intents`: `capture_method=manual`, `confirm=true`, `metadata[payment]` |
//! | … that may be renewed | before it `POST /v1/customers`: `metadata[payment]`; then with `customer`, `setup_future_usage=off_session` |
//! | … that is a renewal | with `customer`, `off_session=true` |
//! | capture | `POST /v1/payment_intents/{id}/capture` |
//! | void | `POST /v1/payment_intents/{id}/cancel` |
//! | refund | `POST /v1/refunds`: `metadata[operation]` |
//! | fetch | the intent with its charge, the charge's refunds and balance transaction, and its disputes, if any |
//!
//! Each call has the operation's id as its `Idempotency-Key`, which Stripe keeps for a day at least. A payment of which
//! we do not know Stripe's name is searched for by its metadata; what the search does not find yet, since it lags, is
//! asked for again under the same key, and Stripe answers as it did the first time. So neither a search that comes too
//! early nor a first answer that was an error makes it two.
//!
//! A customer who must confirm is sent to the page of `next_action.redirect_to_url`, and from there to
//! `{site}/paid?payment={id}`. Methods are `pm_…`, as Stripe's own script makes them of a card that we never see: pages
//! need the publishable key for that, and never a payment intent's client secret, since it is we who confirm. One
//! that was used is no use again unless a customer of Stripe's has it, so only an amount that may be needed longer than it
//! is held makes its payer one; all that Stripe is told of them is the name of our payment. A renewal for which the bank
//! wants the customer, who is not there, declines: `authentication_required`.
//!
//! Amounts are in the currency's smallest unit at Stripe, too, but for three currencies (`OTHERWISE`), which are refused.

mod api;
mod objects;

use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

use self::api::{Api, Refusal, Reply};
use self::objects::{Dispute, Expandable, List, OPERATION, PAYMENT, PaymentIntent, Refund};
use crate::config;
use crate::money::Money;
use crate::payments::{
    Answer, Authorize, CardForm, Gateway, GatewayError, Listed, Listing, Notice, Outside, Refunded, Renewal,
    Seen, SeenStatus, verify,
};

/// A whole call, body included. An operation makes four at most, within its lease.
const TIMEOUT: Duration = Duration::from_secs(30);
const INTENTS: &str = "payment_intents";
/// Most cards' banks hold an amount that a customer has agreed to for a week.
const HOLD: time::Duration = time::Duration::days(7);
/// Currencies whose smallest unit is another one at Stripe than in ISO 4217.
const OTHERWISE: [&str; 3] = ["ISK", "MGA", "UGX"];
const EXPANDED: [(&str, &str); 2] = [
    ("expand[]", "latest_charge.balance_transaction"),
    ("expand[]", "latest_charge.refunds"),
];

pub struct Stripe {
    api: Api,
    settings: config::Stripe,
    /// Where customers come back to.
    return_url: String,
}

impl Stripe {
    /// `return_url` is where customers come back to from their bank. Opens no connection yet.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(settings: &config::Stripe, return_url: String) -> anyhow::Result<Self> {
        Self::with_timeout(settings, return_url, TIMEOUT)
    }

    /// With another limit for a whole call.
    pub fn with_timeout(
        settings: &config::Stripe,
        return_url: String,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            api: Api::new(&settings.api_url, &settings.secret_key, timeout)?,
            settings: settings.clone(),
            return_url,
        })
    }

    async fn intent(&self, reference: &str) -> Result<Option<PaymentIntent>, GatewayError> {
        self.api.get(&[INTENTS, reference], &EXPANDED).await
    }

    /// With whatever else has to be asked for.
    async fn seen(&self, mut intent: PaymentIntent) -> Result<Seen, GatewayError> {
        if matches!(intent.latest_charge, Some(Expandable::Id(_))) {
            let whole = self.intent(&intent.id).await?;
            intent = whole.ok_or_else(|| GatewayError::Unknown(anyhow!("a payment intent that is gone")))?;
        }
        let news = intent.news();
        let customer = intent.customer();
        let reference = intent.id;
        let (mut refunds, mut disputes) = (vec![], vec![]);
        if let Some(Expandable::Whole(charge)) = intent.latest_charge
            && news.status == SeenStatus::Captured
        {
            if charge.disputed {
                let of = [("payment_intent", reference.as_str()), ("limit", "100")];
                let list: Option<List<Dispute>> = self.api.get(&["disputes"], &of).await?;
                disputes.extend(
                    list.into_iter()
                        .flat_map(|list| list.data)
                        .filter_map(Dispute::seen),
                );
            }
            refunds = match charge.refunds {
                Some(list) if !list.has_more => list.data,
                _ => self.refunds(&reference).await?,
            };
        }
        Ok(Seen {
            reference,
            customer,
            news,
            refunds: refunds.into_iter().map(Refunded::from).collect(),
            disputes,
        })
    }

    async fn refunds(&self, reference: &str) -> Result<Vec<Refund>, GatewayError> {
        let mut refunds: Vec<Refund> = vec![];
        loop {
            let after = refunds.last().map(|last| last.id.clone());
            let mut of = vec![("payment_intent", reference), ("limit", "100")];
            of.extend(after.as_deref().map(|after| ("starting_after", after)));
            let list: Option<List<Refund>> = self.api.get(&["refunds"], &of).await?;
            let Some(List { data, has_more }) = list else {
                return Ok(refunds);
            };
            refunds.extend(data);
            if !has_more {
                return Ok(refunds);
            }
        }
    }

    /// Somebody who can be charged when they are not there. That nothing is held yet is sure, whatever becomes of this.
    async fn customer(&self, key: Uuid, payment: &str) -> Result<Reply<Named>, GatewayError> {
        let form = [(metadata(PAYMENT), payment)];
        let form = form.each_ref().map(|(name, value)| (name.as_str(), *value));
        let made = self
            .api
            .post(&["customers"], &format!("{key}-customer"), &form)
            .await;
        made.map_err(|error| match error {
            GatewayError::NotSent(cause) | GatewayError::Unknown(cause) => GatewayError::NotSent(cause),
        })
    }

    /// What a refusal of a capture or a void comes to: it may be over for another reason.
    async fn refused(&self, reference: &str, refusal: Refusal) -> Result<Answer, GatewayError> {
        if refusal.code.as_deref() == Some("payment_intent_unexpected_state") {
            let intent = self.intent(reference).await.map_err(unknown)?;
            if let Some(intent) = intent.filter(PaymentIntent::is_over) {
                return Ok(Answer::Seen(self.seen(intent).await.map_err(unknown)?));
            }
        }
        Ok(declined(&refusal))
    }

    async fn answer(&self, intent: PaymentIntent) -> Result<Answer, GatewayError> {
        // Something was done, whatever becomes of asking on.
        let seen = self.seen(intent).await.map_err(unknown)?;
        Ok(match seen.news.status {
            SeenStatus::Pending => Answer::Pending,
            _ => Answer::Seen(seen),
        })
    }
}

fn unknown(error: GatewayError) -> GatewayError {
    match error {
        GatewayError::NotSent(cause) | GatewayError::Unknown(cause) => GatewayError::Unknown(cause),
    }
}

fn declined(refusal: &Refusal) -> Answer {
    Answer::Refused {
        code: refusal.reason().to_owned(),
        detail: refusal.message.clone(),
    }
}

fn metadata(name: &str) -> String {
    format!("metadata[{name}]")
}

#[async_trait]
impl Gateway for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn holds_for(&self) -> time::Duration {
        HOLD
    }

    async fn authorize(&self, key: Uuid, authorize: &Authorize) -> Result<Answer, GatewayError> {
        let currency = authorize.amount.currency();
        if OTHERWISE.contains(&currency.code()) {
            return Ok(Answer::Refused {
                code: "currency_unsupported".to_owned(),
                detail: format!("{currency} is not counted in the same unit at Stripe"),
            });
        }
        let amount = authorize.amount.amount_minor().to_string();
        let payment = authorize.payment.to_string();
        let return_url = format!("{}?payment={payment}", self.return_url);
        let code = currency.code().to_lowercase();
        let metadata = metadata(PAYMENT);
        let mut form = vec![
            ("amount", amount.as_str()),
            ("currency", &code),
            ("payment_method", &authorize.method),
            ("allowed_payment_method_types[]", "card"),
            ("capture_method", "manual"),
            ("confirm", "true"),
            (&metadata, &payment),
        ];
        let customer = match &authorize.renewal {
            Renewal::Never => None,
            Renewal::Later => match self.customer(key, &payment).await? {
                Reply::Done(customer) => Some(customer.id),
                Reply::Refused(refusal) => return Ok(declined(&refusal)),
            },
            Renewal::Of(customer) => Some(customer.clone()),
        };
        form.extend(customer.as_deref().map(|customer| ("customer", customer)));
        match authorize.renewal {
            Renewal::Never => form.push(("return_url", &return_url)),
            Renewal::Later => {
                form.extend([("setup_future_usage", "off_session"), ("return_url", &return_url)]);
            }
            Renewal::Of(_) => form.push(("off_session", "true")),
        }
        form.extend(EXPANDED);
        match self
            .api
            .post::<PaymentIntent>(&[INTENTS], &key.to_string(), &form)
            .await?
        {
            Reply::Done(intent) => self.answer(intent).await,
            // A card that is declined leaves a payment behind that has a name.
            Reply::Refused(Refusal {
                payment_intent: Some(intent),
                ..
            }) => self.answer(*intent).await,
            Reply::Refused(refusal) => Ok(declined(&refusal)),
        }
    }

    async fn capture(&self, key: Uuid, reference: &str, amount: Money) -> Result<Answer, GatewayError> {
        let amount = amount.amount_minor().to_string();
        let form = [&[("amount_to_capture", amount.as_str())][..], &EXPANDED].concat();
        let path = [INTENTS, reference, "capture"];
        match self.api.post(&path, &key.to_string(), &form).await? {
            Reply::Done(intent) => self.answer(intent).await,
            Reply::Refused(refusal) => self.refused(reference, refusal).await,
        }
    }

    async fn void(&self, key: Uuid, reference: &str) -> Result<Answer, GatewayError> {
        let form = [&[("cancellation_reason", "abandoned")][..], &EXPANDED].concat();
        let path = [INTENTS, reference, "cancel"];
        match self.api.post(&path, &key.to_string(), &form).await? {
            Reply::Done(intent) => self.answer(intent).await,
            Reply::Refused(refusal) => self.refused(reference, refusal).await,
        }
    }

    async fn refund(&self, key: Uuid, reference: &str, amount: Money) -> Result<Answer, GatewayError> {
        let (amount, key) = (amount.amount_minor().to_string(), key.to_string());
        let form = [
            ("payment_intent", reference),
            ("amount", &amount),
            (&metadata(OPERATION), &key),
        ];
        match self.api.post::<Refund>(&["refunds"], &key, &form).await? {
            Reply::Done(_) => {
                let intent = self.intent(reference).await.map_err(unknown)?;
                let intent =
                    intent.ok_or_else(|| GatewayError::Unknown(anyhow!("a payment intent that is gone")))?;
                self.answer(intent).await
            }
            Reply::Refused(refusal) => Ok(declined(&refusal)),
        }
    }

    async fn fetch(&self, payment: Uuid, reference: Option<&str>) -> Result<Option<Seen>, GatewayError> {
        let intent = match reference {
            Some(reference) => self.intent(reference).await?,
            None => {
                let query = format!("metadata['{PAYMENT}']:'{payment}'");
                let found: Option<List<PaymentIntent>> =
                    self.api.get(&[INTENTS, "search"], &[("query", &query)]).await?;
                found.and_then(|list| list.data.into_iter().next())
            }
        };
        match intent {
            Some(intent) => self.seen(intent).await.map(Some),
            None => Ok(None),
        }
    }

    async fn list(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<Listing, GatewayError> {
        let (from, to) = (from.unix_timestamp().to_string(), to.unix_timestamp().to_string());
        let mut query = vec![
            ("created[gte]", from.as_str()),
            ("created[lt]", &to),
            ("limit", "100"),
            ("expand[]", "data.latest_charge.balance_transaction"),
        ];
        query.extend(after.map(|after| ("starting_after", after)));
        let list: Option<List<PaymentIntent>> = self.api.get(&[INTENTS], &query).await?;
        let Some(List { data, has_more }) = list else {
            return Err(GatewayError::NotSent(anyhow!("Stripe has no list of payments")));
        };
        let next = data.last().filter(|_| has_more).map(|last| last.id.clone());
        let listed = |intent: PaymentIntent| Listed {
            payment: intent.payment(),
            news: intent.news(),
            reference: intent.id,
        };
        Ok(Listing {
            items: data.into_iter().map(listed).collect(),
            next,
        })
    }

    fn signature_header(&self) -> &'static str {
        "stripe-signature"
    }

    fn card_form(&self) -> Option<CardForm> {
        Some(CardForm {
            publishable_key: self.settings.publishable_key.clone(),
            // Stripe asks for it to be loaded from there each time, and not kept by us.
            script_url: "https://js.stripe.com/v3/",
            // Frames come from numbered hosts, too: docs.stripe.com/security/guide#content-security-policy.
            origins: "https://js.stripe.com https://*.js.stripe.com",
            sends_to: "https://api.stripe.com",
        })
    }

    fn read(&self, signature: &str, body: &[u8], now: OffsetDateTime) -> Result<Notice, Outside> {
        let secrets = self.settings.webhook_secrets.iter();
        let secrets: Vec<_> = secrets.map(|secret| secret.expose_secret().as_bytes()).collect();
        verify(&secrets, signature, body, now)?;
        let event: Event =
            serde_json::from_slice(body).map_err(|error| Outside::Unreadable(error.to_string()))?;
        if event.livemode != self.settings.is_live() {
            return Err(Outside::OtherMode);
        }
        let object = event.data.object;
        let reference = match object.object.as_str() {
            "payment_intent" => object.id,
            _ => object.payment_intent.map(|intent| match intent {
                Expandable::Whole(intent) => intent.id,
                Expandable::Id(id) => id,
            }),
        };
        Ok(Notice {
            event: event.id,
            kind: event.r#type,
            reference,
        })
    }

    async fn check(&self) -> anyhow::Result<String> {
        let _: Option<List<PaymentIntent>> = self.api.get(&[INTENTS], &[("limit", "1")]).await?;
        let mode = if self.settings.is_live() { "live" } else { "test" };
        let pages = &self.settings.publishable_key;
        Ok(format!(
            "Stripe answers, in {mode} mode; pages ask for cards by {pages}"
        ))
    }
}

#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
    livemode: bool,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: EventObject,
}

/// A payment intent, or something of one: a charge, a refund, a dispute.
#[derive(Deserialize)]
struct EventObject {
    #[serde(default)]
    object: String,
    id: Option<String>,
    payment_intent: Option<Expandable<Named>>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}
