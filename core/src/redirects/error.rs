//! What a caller of this feature can act on.

use time::OffsetDateTime;
use uuid::Uuid;

use super::domain::Senseless;
use super::gates::Refusal;
use super::import::Report;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no brand `{0}`")]
    NoBrand(String),
    #[error("there is a brand `{0}` already")]
    BrandExists(String),
    #[error("`{0}` is no code: small letters, digits and `-`, at most 40, beginning with a letter or digit")]
    NotACode(String),
    #[error("a brand's name has 1 to 120 characters, none of them a control character")]
    BadName,
    #[error("the host `{0}` belongs to another brand")]
    HostTaken(String),
    #[error("`{0}` is no host: write it in lower case, without port or path")]
    NotAHost(String),
    #[error("a brand has at most {0} hosts")]
    TooManyHosts(usize),
    #[error("a note has at most 2,000 characters")]
    NoteTooLong,
    #[error("{editor} has changed the draft meanwhile: it is at version {current} now; read it again")]
    DraftChanged {
        current: i64,
        /// Whoever changed it last, for people to read.
        editor: String,
        edited_at: OffsetDateTime,
    },
    #[error("`{0}` is retired; reinstate it first")]
    Retired(String),
    #[error("`{0}` is not retired")]
    NotRetired(String),
    #[error("the settings make no sense: {}", list(.0))]
    SettingsInvalid(Vec<Refusal>),
    #[error("there is no product `{0}`")]
    NoProduct(String),
    #[error("rules are for `{product}`: {}{}; change or remove them first", numbers(.rules), if *more { " and others" } else { "" })]
    ProductInUse {
        product: String,
        /// The first of them.
        rules: Vec<u32>,
        more: bool,
    },
    #[error("there is no rule {0} in the draft")]
    NoRule(u32),
    #[error("the number {0} was given out before; leave it out to get the next one")]
    NumberTaken(u32),
    #[error("a brand has at most {0} rules")]
    TooManyRules(usize),
    #[error("this is no rule: {}", list(.0))]
    RuleInvalid(Vec<Refusal>),
    #[error("{}", .0.reason)]
    Senseless(Senseless),
    #[error("say which rules to delete: the filter is empty")]
    DeletesEverything,
    #[error("{} lines cannot be taken; nothing was changed", .0.problems.count)]
    ImportRefused(Box<Report>),
    #[error("there is no revision {number} of `{brand}`")]
    NoRevision { brand: String, number: i32 },
    #[error("revision {0} was never live; publish it instead")]
    NeverLive(i32),
    #[error("the edge has nothing newer than the database: there is nothing to take over")]
    NotBehind,
    #[error("whether the edge is ahead cannot be told: {0}; see `marquee doctor`, then try again")]
    EdgeUnknown(String),
    #[error("revision {0} is live already")]
    AlreadyLive(i32),
    #[error("what is live, or the brand's policy, changed meanwhile; look again")]
    LiveChanged,
    #[error("the switch stands there already")]
    ModeIsSet,
    #[error("nothing of `{0}` is live yet")]
    NotLive(String),
    #[error("a canary is running: promote or abort it first")]
    CanaryRunning,
    #[error("no canary is running")]
    NoCanary,
    #[error("a canary is shown to 1 to 99 percent of the visitors")]
    BadPercent,
    #[error("`{0}` is no rule set: write `draft`, `live`, `canary` or a revision's number")]
    NotARuleSet(String),
    #[error("nobody to try the rules out with: {}", list(.0))]
    BadVisitor(Vec<Refusal>),
    #[error("a test's name has 1 to 100 characters")]
    BadTestName,
    #[error("there is no test `{0}`")]
    NoTest(String),
    #[error("a brand has at most {0} tests")]
    TooManyTests(usize),
    #[error("it has other settings than what is live; a canary may only change rules")]
    CanaryChangesSettings,
    #[error("it uses {{city}} and what is live does not; publish it instead")]
    CanaryNeedsCities,
    #[error("it cannot be published: {}", list(.0))]
    Refused(Vec<Refusal>),
    #[error("`{side}` has errors, so that it decides nothing: {}", list(.refusals))]
    CannotDecide {
        side: &'static str,
        refusals: Vec<Refusal>,
    },
    #[error("the two cannot be compared: {0}")]
    CannotCompare(String),
    #[error("one person's word is not enough, so ask for it and have another person approve: {}", list(.0))]
    ApprovalRequired(Vec<Refusal>),
    #[error("whoever asked for it, or edited the draft last, cannot approve it: another person must")]
    NeedsSecondPerson,
    #[error("there is no request {0} of this brand")]
    NoRequest(Uuid),
    #[error("the request is {0} already")]
    RequestDecided(String),
    #[error("what is live, or the brand's policy, has changed since it was asked for, so ask again: {}", list(.0))]
    RequestOutdated(Vec<Refusal>),
    #[error("the time to run it at has passed already")]
    RunAtPassed,
    #[error("`{field}`: {detail}")]
    BadPolicy {
        field: &'static str,
        detail: &'static str,
    },
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}

fn list(refusals: &[Refusal]) -> String {
    let shown: Vec<_> = refusals
        .iter()
        .take(3)
        .map(|refusal| refusal.detail.as_str())
        .collect();
    let more = refusals.len().saturating_sub(shown.len());
    let tail = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    shown.join("; ") + &tail
}

fn numbers(rules: &[u32]) -> String {
    let numbers: Vec<_> = rules.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
