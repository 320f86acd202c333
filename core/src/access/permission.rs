use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that a principal may be permitted to do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    clap::ValueEnum,
)]
pub enum Permission {
    /// See brands, drafts, revisions and what is live.
    #[serde(rename = "rules.read")]
    #[clap(name = "rules.read")]
    RulesRead,
    /// Change drafts.
    #[serde(rename = "rules.edit")]
    #[clap(name = "rules.edit")]
    RulesEdit,
    /// Decide what is live: publish, promote, abort, roll back.
    #[serde(rename = "rules.publish")]
    #[clap(name = "rules.publish")]
    RulesPublish,
    /// Be the second person: let through what somebody else asked to publish.
    #[serde(rename = "rules.approve")]
    #[clap(name = "rules.approve")]
    RulesApprove,
    /// Make and retire brands, and set what publishing needs there.
    #[serde(rename = "brands.manage")]
    #[clap(name = "brands.manage")]
    BrandsManage,
    /// See hits and lost ZIPs.
    #[serde(rename = "hits.read")]
    #[clap(name = "hits.read")]
    HitsRead,
    /// See the videos that people send.
    #[serde(rename = "videos.manage")]
    #[clap(name = "videos.manage")]
    VideosManage,
    /// Have what is shown of a video made once more.
    #[serde(rename = "videos.transcode")]
    #[clap(name = "videos.transcode")]
    VideosTranscode,
    /// Decide who is told about publishing.
    #[serde(rename = "webhooks.manage")]
    #[clap(name = "webhooks.manage")]
    WebhooksManage,
    /// Make and suspend staff, and grant them what they may.
    #[serde(rename = "staff.manage")]
    #[clap(name = "staff.manage")]
    StaffManage,
    /// See anybody who has an account; suspend them, and start a reset of their password.
    #[serde(rename = "people.manage")]
    #[clap(name = "people.manage")]
    PeopleManage,
    /// Order and name the categories of the catalogue.
    #[serde(rename = "catalogue.manage")]
    #[clap(name = "catalogue.manage")]
    CatalogueManage,
    /// See talents with all that the public does not, add them and change their terms.
    #[serde(rename = "talents.manage")]
    #[clap(name = "talents.manage")]
    TalentsManage,
    /// See who wants to become a talent; accept them, reject them, ask them.
    #[serde(rename = "applications.review")]
    #[clap(name = "applications.review")]
    ApplicationsReview,
    /// Make agencies, say who belongs to them and who acts for them.
    #[serde(rename = "agencies.manage")]
    #[clap(name = "agencies.manage")]
    AgenciesManage,
    /// See and set who gets which share of a sale.
    #[serde(rename = "shares.manage")]
    #[clap(name = "shares.manage")]
    SharesManage,
    /// Give back what customers paid.
    #[serde(rename = "orders.refund")]
    #[clap(name = "orders.refund")]
    OrdersRefund,
    /// Make promotions, change and retire them.
    #[serde(rename = "promotions.manage")]
    #[clap(name = "promotions.manage")]
    PromotionsManage,
    /// See all orders with all that is known of them.
    #[serde(rename = "orders.read")]
    #[clap(name = "orders.read")]
    OrdersRead,
    /// Call orders off.
    #[serde(rename = "orders.manage")]
    #[clap(name = "orders.manage")]
    OrdersManage,
    /// See what customers pay, and every call of the gateway.
    #[serde(rename = "payments.read")]
    #[clap(name = "payments.read")]
    PaymentsRead,
    /// Say what becomes of payments that do not add up.
    #[serde(rename = "payments.manage")]
    #[clap(name = "payments.manage")]
    PaymentsManage,
    /// See the books: accounts, balances and what moved them.
    #[serde(rename = "books.read")]
    #[clap(name = "books.read")]
    BooksRead,
    /// Close the books of a month for good.
    #[serde(rename = "books.close")]
    #[clap(name = "books.close")]
    BooksClose,
    /// See what is to be paid out, what was, and the files for the bank.
    #[serde(rename = "payouts.read")]
    #[clap(name = "payouts.read")]
    PayoutsRead,
    /// Make payouts, cancel them, and take in what the bank says of them.
    #[serde(rename = "payouts.create")]
    #[clap(name = "payouts.create")]
    PayoutsCreate,
    /// Let payouts go that somebody else made.
    #[serde(rename = "payouts.approve")]
    #[clap(name = "payouts.approve")]
    PayoutsApprove,
    /// See the end of where talents and agencies are paid out to, and set it.
    #[serde(rename = "bank_details.manage")]
    #[clap(name = "bank_details.manage")]
    BankDetailsManage,
    /// Hand out all that is known of a person, and have them forgotten.
    #[serde(rename = "people.erase")]
    #[clap(name = "people.erase")]
    PeopleErase,
    /// Make, list and revoke API keys.
    #[serde(rename = "keys.manage")]
    #[clap(name = "keys.manage")]
    KeysManage,
    /// See what mail was sent to whom, retry it, and say who gets none.
    #[serde(rename = "mail.manage")]
    #[clap(name = "mail.manage")]
    MailManage,
    /// See what a person should look at.
    #[serde(rename = "alerts.read")]
    #[clap(name = "alerts.read")]
    AlertsRead,
    /// Say that somebody looks after an alert.
    #[serde(rename = "alerts.manage")]
    #[clap(name = "alerts.manage")]
    AlertsManage,
    /// See, retry and discard jobs.
    #[serde(rename = "jobs.manage")]
    #[clap(name = "jobs.manage")]
    JobsManage,
    /// See what our processes are told; of secrets only whether they are set.
    #[serde(rename = "settings.read")]
    #[clap(name = "settings.read")]
    SettingsRead,
    /// Read the audit log.
    #[serde(rename = "audit.read")]
    #[clap(name = "audit.read")]
    AuditRead,
}

impl Permission {
    pub const ALL: [Self; 36] = [
        Self::RulesRead,
        Self::RulesEdit,
        Self::RulesPublish,
        Self::RulesApprove,
        Self::BrandsManage,
        Self::HitsRead,
        Self::VideosManage,
        Self::VideosTranscode,
        Self::WebhooksManage,
        Self::StaffManage,
        Self::PeopleManage,
        Self::CatalogueManage,
        Self::TalentsManage,
        Self::ApplicationsReview,
        Self::AgenciesManage,
        Self::SharesManage,
        Self::OrdersRefund,
        Self::PromotionsManage,
        Self::OrdersRead,
        Self::OrdersManage,
        Self::PaymentsRead,
        Self::PaymentsManage,
        Self::BooksRead,
        Self::BooksClose,
        Self::PayoutsRead,
        Self::PayoutsCreate,
        Self::PayoutsApprove,
        Self::BankDetailsManage,
        Self::PeopleErase,
        Self::KeysManage,
        Self::MailManage,
        Self::AlertsRead,
        Self::AlertsManage,
        Self::JobsManage,
        Self::SettingsRead,
        Self::AuditRead,
    ];

    /// As written in the API, the CLI and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::RulesRead => "rules.read",
            Self::RulesEdit => "rules.edit",
            Self::RulesPublish => "rules.publish",
            Self::RulesApprove => "rules.approve",
            Self::BrandsManage => "brands.manage",
            Self::HitsRead => "hits.read",
            Self::VideosManage => "videos.manage",
            Self::VideosTranscode => "videos.transcode",
            Self::WebhooksManage => "webhooks.manage",
            Self::StaffManage => "staff.manage",
            Self::PeopleManage => "people.manage",
            Self::CatalogueManage => "catalogue.manage",
            Self::TalentsManage => "talents.manage",
            Self::ApplicationsReview => "applications.review",
            Self::AgenciesManage => "agencies.manage",
            Self::SharesManage => "shares.manage",
            Self::OrdersRefund => "orders.refund",
            Self::PromotionsManage => "promotions.manage",
            Self::OrdersRead => "orders.read",
            Self::OrdersManage => "orders.manage",
            Self::PaymentsRead => "payments.read",
            Self::PaymentsManage => "payments.manage",
            Self::BooksRead => "books.read",
            Self::BooksClose => "books.close",
            Self::PayoutsRead => "payouts.read",
            Self::PayoutsCreate => "payouts.create",
            Self::PayoutsApprove => "payouts.approve",
            Self::BankDetailsManage => "bank_details.manage",
            Self::PeopleErase => "people.erase",
            Self::KeysManage => "keys.manage",
            Self::MailManage => "mail.manage",
            Self::AlertsRead => "alerts.read",
            Self::AlertsManage => "alerts.manage",
            Self::JobsManage => "jobs.manage",
            Self::SettingsRead => "settings.read",
            Self::AuditRead => "audit.read",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_reads_back_from_its_name() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(permission));
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.name());
        }
        assert_eq!(Permission::parse("everything"), None);
    }
}
