use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{Fault, Faults, line, paragraph};
use super::network::Network;
use super::phone::phone;
use super::terms::{followers, handle};
use crate::locale::Locale;

/// Where an application stands
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = ApplicationStatus)]
pub enum Status {
    /// Staff is to decide.
    Open,
    /// The applicant is to answer a question; staff may decide nevertheless.
    Asked,
    Accepted,
    Rejected,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asked => "asked",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// Whether it can still be decided.
    pub(in crate::catalogue) fn waits(self) -> bool {
        match self {
            Self::Open | Self::Asked => true,
            Self::Accepted | Self::Rejected => false,
        }
    }
}

/// What somebody says who wants to become a talent.
#[derive(Clone, Debug)]
pub struct NewApplication {
    pub email: String,
    pub name: String,
    pub locale: Locale,
    pub phone: String,
    pub network: Network,
    pub handle: String,
    pub followers: i64,
    pub message: String,
}

impl NewApplication {
    /// The same, each field as it is kept.
    pub(in crate::catalogue) fn checked(self) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut text = |checked: Result<String, Fault>| faults.sift(checked).unwrap_or_default();
        let checked = Self {
            email: text(email("/email", &self.email)),
            name: text(line("/name", &self.name, 100)),
            phone: text(phone("/phone", &self.phone)),
            handle: text(handle("/handle", &self.handle)),
            message: text(paragraph("/message", &self.message, 2000)),
            ..self
        };
        faults.sift(followers("/followers", checked.followers));
        faults.none()?;
        Ok(checked)
    }
}

/// What staff or an applicant writes: not nothing.
pub(in crate::catalogue) fn words(pointer: &str, text: &str) -> Result<String, Fault> {
    let text = paragraph(pointer, text, 2000)?;
    let empty = || Fault::new(pointer, "text_invalid", "1 to 2000 characters");
    Some(text).filter(|text| !text.is_empty()).ok_or_else(empty)
}

/// An address that mail can be sent to, as far as one can tell without sending any.
fn email(pointer: &str, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let parts = text.split_once('@');
    let parts = parts.filter(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@') && !domain.ends_with('.')
    });
    let fine = parts.is_some() && text.len() <= 254 && text.bytes().all(|byte| byte.is_ascii_graphic());
    fine.then(|| text.to_owned())
        .ok_or_else(|| Fault::new(pointer, "email_invalid", "an e-mail address"))
}
