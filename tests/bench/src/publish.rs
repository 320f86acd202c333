//! From an admin's "publish" to the first visitor who is answered by it: the core, KV's API and the Worker.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use marquee_shared::rules::{Action, RuleSet, Target};

use crate::Run;
use crate::edge::estate::{self, ENVIRONMENT};
use crate::edge::wrangler::{self, Wrangler};
use crate::edge::{self, COMPATIBILITY_DATE, SERVER_CORE};
use crate::engine::requests::{self, Mix};
use crate::ingest;
use crate::program::{Core, Kv};
use crate::report::{Row, Section, number};
use crate::server::Server;
use crate::stats::Samples;

const RULES: usize = 3_000;
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at the edge: the figure's resolution.
const POLL: Duration = Duration::from_millis(5);
/// How old a table may be when it answers; what an isolate adds to the time that KV takes.
const REFRESH: Duration = Duration::from_secs(1);

/// Needs what the edge and ingestion need.
pub(crate) fn run(run: &Run, edge: &edge::Programs, ingest: &ingest::Programs) -> Result<Section> {
    let (Some(script), Some(folder)) = (&edge.wrangler, &edge.edge) else {
        bail!("--wrangler and --edge are needed for publishing");
    };
    eprintln!("  … publish");
    let vars = [
        ("ENVIRONMENT", ENVIRONMENT.to_owned()),
        ("MANIFEST_KEYS", estate::verification_key()),
        ("BUILD", "bench".to_owned()),
        ("REFRESH_SECONDS", REFRESH.as_secs().to_string()),
    ];
    let wrangler = Wrangler {
        script,
        compatibility_date: COMPATIBILITY_DATE,
        vars: &vars,
    };
    let edge = wrangler.dev("publish", &folder.join("index.js"), &run.scratch, SERVER_CORE)?;
    let mut set = marquee_sample::rules(RULES, 1);
    let program = ingest.marquee.as_deref().context("--marquee is missing")?;
    let database_url = ingest.database_url.as_deref();
    let kv = Kv {
        api_url: wrangler::kv_api_url(&edge),
        namespace: wrangler::NAMESPACE.to_owned(),
    };
    let core = Core::start(
        program,
        database_url.context("--database-url is missing")?,
        Some(&kv),
        "default,cron",
        &run.scratch,
    )?;
    core.create_brand(&set)?;
    let visitor = visitor(&set)?;
    let rounds = if run.quick { 3 } else { 20 };

    let (mut answered, mut seen) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        change(&mut set, round)?;
        core.import(&set)?;
        let asked = Instant::now();
        let revision = core.publish(&set.brand)?;
        let published = asked.elapsed();
        answered_by(&edge, &visitor, revision)?;
        // The first finds a cold isolate, an empty KV and a core that has planned nothing.
        if round > 0 {
            answered.push(published.as_secs_f64() * 1e3);
            seen.push(asked.elapsed().as_secs_f64() * 1e3);
        }
    }
    let (answered, seen): (Samples, Samples) = (answered.into_iter().collect(), seen.into_iter().collect());
    let row = |what: &str, samples: &Samples| {
        let figure = format!(
            "{} / {}",
            number(samples.p50(), "ms"),
            number(samples.p99(), "ms")
        );
        Row::new(format!("{what}, p50 / worst"), figure)
    };
    let refresh = REFRESH.as_secs_f64() * 1e3;
    Ok(Section {
        title: "Publishing, from the admin to the visitor",
        method: format!(
            "{rounds} publishes, one after another, of a brand of {} rules of which one changed: API → Postgres → job → KV's REST API \
             (wrangler's) → the Worker, which a visitor asks every {} ms. Isolates refresh every {} s here, every 30 s in production, \
             where KV's own cache adds up to 30 s more.",
            number(RULES as f64, ""),
            POLL.as_millis(),
            REFRESH.as_secs(),
        ),
        rows: vec![
            row("publish is answered: compiled, proven, committed", &answered),
            row("publish → a visitor is answered by it", &seen).beside(
                format!("an isolate's refresh {}", number(refresh, "ms")),
                seen.p50() / refresh,
            ),
        ],
    })
}

/// The path of a visitor whom the rules know.
fn visitor(set: &RuleSet) -> Result<String> {
    let drawn = requests::draw(set, Mix::Skewed, 0, 1);
    let request = drawn.first().context("no visitor was drawn")?;
    Ok(request.path(&set.brand))
}

/// Gives one variant another destination, so that the table is another one too.
fn change(set: &mut RuleSet, round: usize) -> Result<()> {
    let variants = set.rules.iter_mut().filter_map(|rule| match &mut rule.action {
        Action::Route(Target::Split { variants, .. }) => variants.first_mut(),
        Action::Route(Target::Fallback) | Action::Attribute(_) => None,
    });
    let variant = variants.into_iter().next().context("no rule has a destination")?;
    let host = variant
        .url
        .split('/')
        .nth(2)
        .context("a destination has a host")?;
    variant.url = format!("https://{host}/round/{round}");
    Ok(())
}

/// Returns once the visitor is answered by `revision`.
fn answered_by(edge: &Server, visitor: &str, revision: u32) -> Result<()> {
    let url = format!("http://127.0.0.1:{}{visitor}", edge.port());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into();
    let revision = revision.to_string();
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE {
        let answer = agent.get(&url).call().context("asking the edge")?;
        let answered_by = answer.headers().get("x-marquee-revision");
        if answered_by.is_some_and(|number| number.as_bytes() == revision.as_bytes()) {
            return Ok(());
        }
        thread::sleep(POLL);
    }
    bail!(
        "revision {revision} did not reach a visitor of {visitor} within {} s",
        PATIENCE.as_secs()
    )
}
