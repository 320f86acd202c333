//! `POST /generator/process`, as the original service had it: a brand's page posts what it knows, and its script
//! sends the visitor on.
//!
//! Its envelope, names and messages are kept; its defects are not: an integer ZIP gets its zeros back, failures
//! are 4xx, and the visitor's address is the connection's, never the body's.

use marquee_shared::decide::{Decision, Device, Lost};
use marquee_shared::hit::{Hit, Outcome};
use marquee_shared::table::{Dimension, Table};
use marquee_shared::zip::{Typed, Zip};
use miniserde::de::Visitor;
use miniserde::{Deserialize, json, make_place};
use serde::Serialize;

use crate::agent::Agent;
use crate::redirect::{Answer, Answered};
use crate::reply::{Problem, Reply, Stamp};
use crate::request::{Address, Facts};
use crate::site::Installed;
use crate::visit::{self, Moment, Visit};

/// Bytes of a body, at most. The original's are about 150. It also bounds how deep the parser must remember where it is.
pub const MAX_BODY: u32 = 16_384;

/// The body. `ip` and whatever else it holds is not even read.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The brand's code.
    pub brand: String,
    /// The product, in the original's word.
    insurance: String,
    language: String,
    device: String,
    media: Option<String>,
    zip_code: ZipCode,
}

#[derive(Debug)]
enum ZipCode {
    /// 501 is 00501: its clients send numbers.
    Number(i64),
    Text(String),
}

make_place!(Place);

impl Visitor for Place<ZipCode> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.out = Some(ZipCode::Text(text.to_owned()));
        Ok(())
    }

    fn nonnegative(&mut self, number: u64) -> miniserde::Result<()> {
        let number = i64::try_from(number).map_err(|_| miniserde::Error)?;
        self.out = Some(ZipCode::Number(number));
        Ok(())
    }

    fn negative(&mut self, number: i64) -> miniserde::Result<()> {
        self.out = Some(ZipCode::Number(number));
        Ok(())
    }
}

impl Deserialize for ZipCode {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Asked {
    /// # Errors
    /// [`Problem::BodyInvalid`] for whatever is not the original's JSON.
    pub fn parse(body: &str) -> Result<Self, Problem> {
        json::from_str(body).map_err(|_| Problem::BodyInvalid)
    }

    fn zip(&self) -> Option<Typed> {
        match &self.zip_code {
            ZipCode::Number(number) => Zip::from_number(*number).map(|zip| Typed { zip, plus4: None }),
            ZipCode::Text(text) => Zip::parse(text).ok(),
        }
    }
}

/// The failure with the message that the original's clients know.
#[must_use]
pub fn failed(problem: Problem) -> Reply {
    let message = match problem {
        Problem::UnknownBrand => "Brand not found",
        Problem::ZipMissing | Problem::ZipInvalid | Problem::ZipUnknown => "Zipcode not found",
        Problem::NoRule | Problem::UnknownProduct => "we are not found any configuration with your params",
        Problem::Unavailable => "Service unavailable",
        _ => "Invalid request",
    };
    let reply = problem.json(Some(message));
    if problem == Problem::Unavailable {
        reply.header("retry-after", "2")
    } else {
        reply
    }
}

/// Answers for one brand.
#[must_use]
pub fn answer(installed: &Installed, asked: &Asked, facts: &Facts<'_>, moment: Moment) -> Answered {
    let table = &*installed.table;
    let refused = |problem| Answered {
        answer: Answer::Reply(failed(problem)),
        hit: None,
    };
    let product = code(table, Dimension::Product, &asked.insurance);
    if !table.product(product) {
        return refused(Problem::UnknownProduct);
    }
    let Some(device) = Device::parse(code(table, Dimension::Device, &asked.device)) else {
        return refused(Problem::BodyInvalid);
    };
    let visit = Visit {
        product,
        language: code(table, Dimension::Language, &asked.language),
        device,
        media: asked
            .media
            .as_deref()
            .map(|media| code(table, Dimension::Media, media))
            .unwrap_or_default(),
        vid: None,
        query: "",
        bot: Agent::read(facts.user_agent).is_bot(facts.purpose),
    };
    let Some(zip) = asked.zip() else {
        return match visit::killed(installed, &visit, facts, &moment) {
            Some((location, hit)) => {
                let data = Data {
                    url: &location,
                    url_redirect: Some(&location),
                    ..Data::new(&hit)
                };
                Answered {
                    answer: found(&data, &hit, &moment),
                    hit: Some(hit),
                }
            }
            None => refused(Problem::ZipInvalid),
        };
    };
    let (decision, hit) = visit::decided(installed, &visit, zip, facts, &moment);
    let answer = match &decision.location {
        Some(location) => found(&data(&decision, location, &hit), &hit, &moment),
        None => {
            let problem = match decision.lost {
                Some(Lost::ZipUnknown) => Problem::ZipUnknown,
                Some(Lost::NoRule) | None => Problem::NoRule,
            };
            Answer::Reply(failed(problem).stamped(Some(&stamp(&hit, &moment))))
        }
    };
    Answered {
        answer,
        hit: Some(hit),
    }
}

/// The brand's code behind one of the original's short codes; a code of ours stands for itself.
fn code<'a>(table: &'a Table, dimension: Dimension, text: &'a str) -> &'a str {
    table.alias(dimension, text).unwrap_or(text)
}

#[derive(Serialize)]
struct Data<'a> {
    domain: &'a str,
    url: &'a str,
    /// Null when no attribute rule matched: the original's media service had nothing to say then.
    url_redirect: Option<&'a str>,
    media_code: Option<&'a str>,
    phone: Option<&'a str>,
    state: Option<&'a str>,
    zip_code: Option<&'a str>,
    city: Option<&'a str>,
    revision: u32,
    rule: Option<u32>,
    hit: &'a str,
    alternatives: Vec<&'a str>,
}

impl<'a> Data<'a> {
    fn new(hit: &'a Hit) -> Self {
        Self {
            domain: "",
            url: "",
            url_redirect: None,
            media_code: None,
            phone: None,
            state: hit.state.as_deref(),
            zip_code: hit.zip.as_deref(),
            city: None,
            revision: hit.revision,
            rule: hit.rule,
            hit: &hit.id,
            alternatives: Vec::new(),
        }
    }
}

fn data<'a>(decision: &'a Decision<'_>, location: &'a str, hit: &'a Hit) -> Data<'a> {
    let variable = |name| {
        decision
            .attributes
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    };
    // A fallback is a place to go to, whatever the attributes.
    let ready = hit.outcome != Outcome::Redirect || !decision.attributes.is_empty();
    Data {
        url: decision.url.unwrap_or(location),
        url_redirect: ready.then_some(location),
        media_code: variable("media_code"),
        phone: variable("phone"),
        city: decision.city,
        alternatives: decision.alternatives.iter().map(|state| state.code()).collect(),
        ..Data::new(hit)
    }
}

fn found(data: &Data<'_>, hit: &Hit, moment: &Moment) -> Answer {
    #[derive(Serialize)]
    struct Envelope<'a> {
        success: bool,
        message: &'a str,
        data: Data<'a>,
    }
    let domain = Address::parse(data.url).host;
    let data = Data {
        domain: &domain,
        alternatives: data.alternatives.clone(),
        ..*data
    };
    let envelope = Envelope {
        success: true,
        message: "Success",
        data,
    };
    let reply = Reply::json(200, "application/json", &envelope);
    Answer::Reply(reply.stamped(Some(&stamp(hit, moment))))
}

fn stamp(hit: &Hit, moment: &Moment) -> Stamp {
    Stamp {
        revision: hit.revision,
        hit: moment.hit.clone(),
        stale: moment.stale,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip_code(json: &str) -> Result<ZipCode, Problem> {
        let body = format!(
            r#"{{"brand":"acme","insurance":"A","language":"E","device":"D","ip":[{{}}],"zip_code":{json}}}"#
        );
        Asked::parse(&body).map(|asked| asked.zip_code)
    }

    #[test]
    fn a_zip_is_an_integer_or_text() {
        assert!(matches!(zip_code("501"), Ok(ZipCode::Number(501))));
        assert!(matches!(
            zip_code("-9223372036854775808"),
            Ok(ZipCode::Number(i64::MIN))
        ));
        assert!(matches!(
            zip_code("9223372036854775807"),
            Ok(ZipCode::Number(i64::MAX))
        ));
        assert!(matches!(zip_code(r#""\u0030210\u0038""#), Ok(ZipCode::Text(text)) if text == "02108"));
        for bad in [
            "null",
            "true",
            "1.5",
            "501.0",
            "1e3",
            "1e999",
            "9223372036854775808",
            "18446744073709551616",
            "-9223372036854775809",
            "[501]",
            "{}",
            "00501",
            r#""\ud800""#,
            "\"\n\"",
        ] {
            assert!(matches!(zip_code(bad), Err(Problem::BodyInvalid)), "{bad}");
        }
    }

    #[test]
    fn of_a_field_that_is_there_twice_the_last_counts() {
        assert!(matches!(
            zip_code(r#"501,"zip_code":"02108""#),
            Ok(ZipCode::Text(_))
        ));
    }
}
