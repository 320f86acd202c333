use std::fmt;

use super::Severity;

/// The enum, its list and what is said of each, from one table.
macro_rules! catalogue {
    ($($variant:ident = $name:literal, $severity:ident, $title:literal;)*) => {
        /// Every alert there is. Each has a section of its own in `docs/alerts.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant),*
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Stable, dotted: `jobs.dead`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }

            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity),*
                }
            }

            /// What is so, as a sentence.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title),*
                }
            }
        }
    };
}

catalogue! {
    AlertsTest = "alerts.test", Serious, "Somebody tries whether alerts arrive";
    BooksBroken = "books.broken", Serious, "The books do not add up";
    DatabaseAway = "database.away", Serious, "Postgres cannot be reached";
    HitsCanaryAborted = "hits.canary_aborted", Serious, "A canary fared worse than what is live and was ended";
    HitsQuarantined = "hits.quarantined", Warning, "Hits that cannot be read were set aside";
    HitsRefusedByPostgres = "hits.refused_by_postgres", Serious, "Hits cannot be stored";
    JobsDead = "jobs.dead", Serious, "A job was given up";
    JobsFailing = "jobs.failing", Warning, "A job keeps failing";
    JobsPanicked = "jobs.panicked", Warning, "A job panicked";
    MailDead = "mail.dead", Serious, "A mail was given up";
    OrdersAmountDiffers = "orders.amount_differs", Serious, "A payment is of another amount than its order";
    OrdersCapturedEarly = "orders.captured_early", Serious, "Money was taken before there is a video";
    OrdersPaidWithoutVideo = "orders.paid_without_video", Serious, "An order that ended was paid and is given back";
    OrdersPaymentDue = "orders.payment_due", Serious, "A video is there and its money could not be taken";
    PaymentsBadSignature = "payments.bad_signature", Serious, "Notices of a gateway have no valid signature";
    PaymentsCaptureFailed = "payments.capture_failed", Serious, "A gateway refuses to capture";
    PaymentsDifferences = "payments.differences", Serious, "The gateway and we say different things of payments";
    PaymentsDisputeContradicted = "payments.dispute_contradicted", Serious, "A gateway contradicts itself about a dispute";
    PaymentsDisputed = "payments.disputed", Serious, "A customer disputes a payment";
    PaymentsHeld = "payments.held", Serious, "A payment does not add up and waits for a person";
    PaymentsNoticeOfNobody = "payments.notice_of_nobody", Warning, "A gateway tells of a payment that is not ours";
    PaymentsOperationHeld = "payments.operation_held", Serious, "A call of a gateway was given up and waits for a person";
    PaymentsOtherMode = "payments.other_mode", Serious, "A gateway mixes test payments and real ones";
    PaymentsRefundFailed = "payments.refund_failed", Serious, "A gateway refuses to refund";
    PaymentsRefundedOutside = "payments.refunded_outside", Serious, "Somebody refunded at the gateway itself";
    PaymentsUnknown = "payments.unknown", Warning, "Nobody knows whether something was done at a gateway";
    PaymentsVoidFailed = "payments.void_failed", Serious, "A gateway refuses to let an amount go";
    ProcessClock = "process.clock", Serious, "A machine's clock is wrong";
    ProcessTaskFailed = "process.task_failed", Warning, "A part of a process failed and was started again";
    RedirectsBehind = "redirects.behind", Serious, "The edge has a newer manifest than the database";
    RedirectsManifestStale = "redirects.manifest_stale", Serious, "The edge's manifest is stale";
    RedirectsRequestFailed = "redirects.request_failed", Serious, "A publish did not happen at its time";
    RedirectsSync = "redirects.sync", Serious, "The edge does not follow";
    RequestsFailed = "requests.failed", Warning, "A request failed by a fault of ours";
    WebhooksDisabled = "webhooks.disabled", Warning, "A webhook endpoint is no longer told anything";
}

impl Code {
    /// Where `docs/alerts.md` says what to do about it: the heading is the name, of which anchors leave the dot out.
    pub fn anchor(self) -> String {
        self.name().replace('.', "")
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
