use time::format_description::well_known::Rfc3339;

use crate::http::{ApiError, FieldError};
use crate::redirects::{Error, Problem, Refusal, Report};

/// Reasons in one answer; a report has more.
const TOLD: usize = 100;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NoBrand(_) => Self::not_found("brand_unknown", detail),
            Error::NoRevision { .. } => Self::not_found("revision_unknown", detail),
            Error::BrandExists(_) => Self::conflict("brand_exists", detail),
            Error::HostTaken(_) => Self::conflict("host_taken", detail),
            Error::NotACode(_) => Self::invalid("/code", "code", detail),
            Error::BadName => Self::invalid("/name", "length", detail),
            Error::NotAHost(_) => Self::invalid("/settings/hosts", "host", detail),
            Error::TooManyHosts(_) => Self::invalid("/settings/hosts", "length", detail),
            Error::NoteTooLong => Self::invalid("/note", "length", detail),
            Error::BadPercent => Self::invalid("/percent", "range", detail),
            Error::DraftChanged {
                current,
                editor,
                edited_at,
            } => Self::precondition_failed("draft_changed", detail)
                .with_member("current", current.into())
                .with_member("edited_by", editor.into())
                .with_member("edited_at", edited_at.format(&Rfc3339).unwrap_or_default().into()),
            Error::Retired(_) => Self::conflict("brand_retired", detail),
            Error::NotRetired(_) => Self::conflict("brand_not_retired", detail),
            Error::SettingsInvalid(refusals) => {
                Self::unprocessable("settings_invalid", detail).with_errors(listed(&refusals))
            }
            Error::NoProduct(_) => Self::not_found("product_unknown", detail),
            Error::ProductInUse { rules, .. } => {
                Self::conflict("product_in_use", detail).with_member("rules", rules.into())
            }
            Error::NoRule(_) => Self::not_found("rule_unknown", detail),
            Error::NumberTaken(_) => Self::conflict("number_taken", detail),
            Error::TooManyRules(_) => Self::conflict("too_many_rules", detail),
            Error::RuleInvalid(refusals) => {
                Self::unprocessable("rule_invalid", detail).with_errors(listed(&refusals))
            }
            Error::Senseless(senseless) => Self::invalid(&senseless.pointer, "value", detail),
            Error::DeletesEverything => Self::invalid("/filter", "empty", detail),
            Error::ImportRefused(report) => import_refused(detail, &report),
            Error::NeverLive(_) => Self::conflict("never_live", detail),
            Error::AlreadyLive(_) => Self::conflict("already_live", detail),
            Error::EdgeUnknown(_) => Self::unavailable("edge_unknown", detail),
            Error::NotBehind => Self::conflict("not_behind", detail),
            Error::NotLive(_) => Self::conflict("not_live", detail),
            Error::LiveChanged => Self::conflict("live_changed", detail),
            Error::ModeIsSet => Self::conflict("mode_is_set", detail),
            Error::CanaryRunning => Self::conflict("canary_running", detail),
            Error::NoCanary => Self::conflict("no_canary", detail),
            Error::NotARuleSet(_) => Self::bad_request("rule_set_unknown", detail),
            Error::BadVisitor(refusals) => {
                Self::unprocessable("visitor_invalid", detail).with_errors(listed(&refusals))
            }
            Error::BadTestName => Self::invalid("/name", "length", detail),
            Error::NoTest(_) => Self::not_found("test_unknown", detail),
            Error::TooManyTests(_) => Self::unprocessable("too_many_tests", detail),
            Error::CanaryChangesSettings => Self::conflict("canary_changes_settings", detail),
            Error::CanaryNeedsCities => Self::conflict("canary_needs_cities", detail),
            Error::CannotCompare(_) => Self::unprocessable("not_comparable", detail),
            Error::Refused(refusals) | Error::CannotDecide { refusals, .. } => {
                Self::unprocessable("rules_refused", detail).with_errors(listed(&refusals))
            }
            Error::ApprovalRequired(refusals) => {
                Self::unprocessable("approval_required", detail).with_errors(listed(&refusals))
            }
            Error::NeedsSecondPerson => Self::unprocessable("second_person_required", detail),
            Error::NoRequest(_) => Self::not_found("request_unknown", detail),
            Error::RequestDecided(_) => Self::conflict("request_decided", detail),
            Error::RequestOutdated(refusals) => {
                Self::conflict("request_outdated", detail).with_errors(listed(&refusals))
            }
            Error::RunAtPassed => Self::invalid("/run_at", "range", detail),
            Error::BadPolicy { field, .. } => Self::invalid(&format!("/{field}"), "range", detail),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}

fn listed(refusals: &[Refusal]) -> Vec<FieldError> {
    let told = refusals.iter().take(TOLD);
    told.map(|refusal| FieldError {
        pointer: refusal.pointer.clone(),
        code: refusal.code.to_owned(),
        detail: refusal.detail.clone(),
    })
    .collect()
}

/// The report goes along whole: a client that sends files wants lines and suggestions.
fn import_refused(detail: String, report: &Report) -> ApiError {
    let error = |problem: &Problem| FieldError {
        pointer: match &problem.column {
            Some(column) => format!("/lines/{}/{}", problem.line, column.trim_start_matches('/')),
            None => format!("/lines/{}", problem.line),
        },
        code: problem.code.to_owned(),
        detail: problem.reason.clone(),
    };
    let errors = report.problems.items.iter().take(TOLD).map(error).collect();
    let report = serde_json::to_value(report).unwrap_or_default();
    ApiError::unprocessable("import_refused", detail)
        .with_errors(errors)
        .with_member("report", report)
}
