use marquee_shared::rules::Profile;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::which::{Of, Which, on_stage};
use crate::app::App;
use crate::redirects::Error;
use crate::redirects::simulation::{
    self, Answer, CaseResult, Seen, Somebody, Stage, Trace, Traced, answer_all, trace,
};

/// Who comes, when, and to what.
#[derive(Clone, Debug, Default)]
pub struct Simulate {
    pub which: Which,
    pub visitor: Profile,
    /// Now, unless given.
    pub at: Option<OffsetDateTime>,
    /// Trace what decides this variable; the destination unless given.
    pub variable: Option<String>,
    /// Rules to speak of in the trace in any case.
    pub rules: Vec<u32>,
}

/// What becomes of a visitor, and why.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Simulated {
    #[serde(flatten)]
    pub of: Of,
    /// When the visitor comes
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub visitor: Seen,
    pub answer: Answer,
    pub trace: Trace,
}

/// What the edge would answer, by the same code, with every rule that was considered.
pub async fn simulate(app: &App, brand: &str, simulate: Simulate) -> Result<Simulated, Error> {
    let Simulate {
        which,
        visitor,
        at,
        variable,
        rules,
    } = simulate;
    let at = at.unwrap_or_else(|| app.now());
    let ask = move |stage: &Stage| {
        let somebody = Somebody::of(&visitor, &stage.set.settings).map_err(Error::BadVisitor)?;
        let visit = somebody.visit(at.unix_timestamp());
        let traced = Traced {
            variable: variable.as_deref(),
            rules: &rules,
        };
        let trace = trace(&stage.set, &visit, traced);
        Ok((Stage::seen(&visit), stage.answer(&visit), trace))
    };
    let (of, (visitor, answer, trace)) = on_stage(app, brand, which, ask).await?;
    Ok(Simulated {
        of,
        at,
        visitor,
        answer,
        trace,
    })
}

/// What becomes of every visitor in a CSV file: the file again, with columns added. `progress` is told bytes read.
pub async fn simulate_file(
    app: &App,
    brand: &str,
    which: Which,
    at: Option<OffsetDateTime>,
    file: Vec<u8>,
    progress: impl Fn(u64) + Send + 'static,
) -> Result<Vec<u8>, Error> {
    let at = at.unwrap_or_else(|| app.now()).unix_timestamp();
    let ask = move |stage: &Stage| {
        answer_all(stage, &file, at, &progress).map_err(|refusal| Error::BadVisitor(vec![refusal]))
    };
    Ok(on_stage(app, brand, which, ask).await?.1)
}

/// How a brand's test cases went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TestRun {
    #[serde(flatten)]
    pub of: Of,
    #[schema(example = 12)]
    pub passed: usize,
    #[schema(example = 1)]
    pub failed: usize,
    /// In the order of the settings
    pub tests: Vec<CaseResult>,
}

/// Runs the test cases of a rule set on it.
pub async fn run_tests(app: &App, brand: &str, which: Which) -> Result<TestRun, Error> {
    let now = app.now();
    let (of, tests) = on_stage(app, brand, which, move |stage| Ok(simulation::run(stage, now))).await?;
    let passed = tests.iter().filter(|test| test.passed).count();
    Ok(TestRun {
        of,
        passed,
        failed: tests.len() - passed,
        tests,
    })
}
