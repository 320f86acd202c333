//! `GET|HEAD /go/{brand}/{product}` and `/{product}`: a visitor with a ZIP is sent on.

use marquee_shared::code::is_code;
use marquee_shared::decide::{self, Decision, Device, Lost};
use marquee_shared::hit::Hit;
use marquee_shared::language::negotiate;
use marquee_shared::manifest::Brand;
use marquee_shared::zip::{Typed, Zip};
use serde::{Serialize, Serializer};

use crate::agent::Agent;
use crate::reply::{Problem, Redirection, Reply, Stamp};
use crate::request::{Facts, Given, Query};
use crate::site::Installed;
use crate::visit::{self, Moment, Visit};

/// The answer, and the hit that reports it. Without a hit nothing was decided: the request was at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub answer: Answer,
    pub hit: Option<Hit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Redirect(Redirection),
    Reply(Reply),
}

impl Answered {
    fn reply(reply: Reply) -> Self {
        Self {
            answer: Answer::Reply(reply),
            hit: None,
        }
    }
}

/// Answers for one brand. `query` is raw.
#[must_use]
pub fn answer(
    installed: &Installed,
    product: &str,
    query: &str,
    facts: &Facts<'_>,
    moment: Moment,
) -> Answered {
    let asked = Query::parse(query);
    let json = wants_json(facts, &asked);
    let visit = visit(&installed.brand, product, query, &asked, facts);
    if !installed.table.product(product) {
        return Answered::reply(Problem::UnknownProduct.reply(json));
    }
    let zip = match zip(&asked.zip) {
        Ok(zip) => zip,
        Err(problem) => return without_zip(problem, installed, &visit, facts, moment, json),
    };
    let (mut decision, hit) = visit::decided(installed, &visit, zip, facts, &moment);
    match decision.location.take() {
        Some(location) => to(location, Some(&decision), hit, moment, json),
        None => lost(&decision, hit, moment, json),
    }
}

/// The kill switch needs no ZIP, and a person who gave none is asked for it.
fn without_zip(
    problem: Problem,
    installed: &Installed,
    visit: &Visit<'_>,
    facts: &Facts<'_>,
    moment: Moment,
    json: bool,
) -> Answered {
    if let Some((location, hit)) = visit::killed(installed, visit, facts, &moment) {
        return to(location, None, hit, moment, json);
    }
    let ask = || decide::ask(&installed.brand, visit.query);
    match Some(problem)
        .filter(|problem| *problem == Problem::ZipMissing && !json)
        .and_then(|_| ask())
    {
        Some(location) => Answered {
            answer: Answer::Redirect(Redirection {
                location,
                stamp: None,
            }),
            hit: None,
        },
        None => Answered::reply(problem.reply(json)),
    }
}

/// What the request says of the visitor, in the brand's codes; everything else is ignored.
#[must_use]
pub fn visit<'a>(
    brand: &'a Brand,
    product: &'a str,
    query: &'a str,
    asked: &'a Query<'_>,
    facts: &Facts<'_>,
) -> Visit<'a> {
    let agent = Agent::read(facts.user_agent);
    Visit {
        product,
        language: language(brand, asked.lang.as_deref(), facts.accept_language),
        device: asked
            .device
            .as_deref()
            .and_then(Device::parse)
            .unwrap_or_else(|| agent.device(facts.mobile_hint)),
        media: asked
            .media
            .as_deref()
            .filter(|media| is_code(media))
            .unwrap_or_default(),
        vid: asked.vid.as_deref(),
        query,
        bot: agent.is_bot(facts.purpose),
    }
}

/// Whether the answer is read by a program.
#[must_use]
pub fn wants_json(facts: &Facts<'_>, asked: &Query<'_>) -> bool {
    asked.format.as_deref() == Some("json") || facts.accept.contains("application/json")
}

/// `lang` if the brand speaks it, else what the browser prefers, else the brand's default.
fn language<'a>(brand: &'a Brand, lang: Option<&str>, accept_language: &str) -> &'a str {
    let spoken = lang
        .map(|lang| negotiate(lang, &brand.languages, ""))
        .filter(|language| !language.is_empty());
    spoken.unwrap_or_else(|| negotiate(accept_language, &brand.languages, &brand.default_language))
}

fn zip(given: &Given<'_>) -> Result<Typed, Problem> {
    match given {
        Given::Missing => Err(Problem::ZipMissing),
        Given::Malformed => Err(Problem::ZipInvalid),
        Given::Text(text) => Zip::parse(text).map_err(|_| Problem::ZipInvalid),
    }
}

fn to(location: String, decision: Option<&Decision<'_>>, hit: Hit, moment: Moment, json: bool) -> Answered {
    let stamp = Stamp {
        revision: hit.revision,
        hit: moment.hit,
        stale: moment.stale,
    };
    let answer = if json {
        let reply = Reply::json(200, "application/json", &Decided::new(&location, decision, &hit));
        Answer::Reply(reply.stamped(Some(&stamp)))
    } else {
        Answer::Redirect(Redirection {
            location,
            stamp: Some(stamp),
        })
    };
    Answered {
        answer,
        hit: Some(hit),
    }
}

fn lost(decision: &Decision<'_>, hit: Hit, moment: Moment, json: bool) -> Answered {
    let problem = match decision.lost {
        Some(Lost::ZipUnknown) => Problem::ZipUnknown,
        Some(Lost::NoRule) | None => Problem::NoRule,
    };
    let stamp = Stamp {
        revision: hit.revision,
        hit: moment.hit,
        stale: moment.stale,
    };
    Answered {
        answer: Answer::Reply(problem.reply(json).stamped(Some(&stamp))),
        hit: Some(hit),
    }
}

/// The JSON form of a redirect.
#[derive(Serialize)]
struct Decided<'a> {
    location: &'a str,
    outcome: &'a str,
    rule: Option<u32>,
    variant: Option<&'a str>,
    revision: u32,
    hit: &'a str,
    zip: Option<&'a str>,
    zip_known: bool,
    state: Option<&'a str>,
    alternatives: Vec<&'a str>,
    city: Option<&'a str>,
    language: &'a str,
    device: &'a str,
    #[serde(serialize_with = "as_object")]
    attributes: &'a [(&'a str, &'a str)],
}

impl<'a> Decided<'a> {
    fn new(location: &'a str, decision: Option<&'a Decision<'_>>, hit: &'a Hit) -> Self {
        Self {
            location,
            outcome: hit.outcome.as_str(),
            rule: hit.rule,
            variant: hit.variant.as_deref(),
            revision: hit.revision,
            hit: &hit.id,
            zip: hit.zip.as_deref(),
            zip_known: hit.zip_known,
            state: hit.state.as_deref(),
            alternatives: decision
                .map(|decision| decision.alternatives.iter().map(|state| state.code()).collect())
                .unwrap_or_default(),
            city: decision.and_then(|decision| decision.city),
            language: &hit.language,
            device: &hit.device,
            attributes: decision.map_or(&[], |decision| &decision.attributes),
        }
    }
}

fn as_object<S: Serializer>(pairs: &[(&str, &str)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}
