//! What is asked, in the words of those who ask.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::estate::{CATEGORIES, FIRST, LAST, WORDS};
use crate::random::Random;

#[derive(Clone, Copy, Debug)]
pub(super) enum Question {
    Newest,
    NewestDeep,
    Category,
    Cheapest,
    DearestOfCategory,
    ByName,
    Filtered,
    Nothing,
    FullName,
    OneName,
    CommonWord,
    CommonWords,
    Begun,
    WordsFiltered,
    WordsCheapest,
    Misspelt,
    Nobody,
    Talent,
    Related,
}

/// What was found before anything is measured.
pub(super) struct Known {
    /// Of talents, far apart.
    ids: Vec<String>,
    /// Of pages far down the list of the newest.
    cursors: Vec<String>,
}

impl Question {
    pub(super) const ALL: [Self; 19] = [
        Self::Newest,
        Self::NewestDeep,
        Self::Category,
        Self::Cheapest,
        Self::DearestOfCategory,
        Self::ByName,
        Self::Filtered,
        Self::Nothing,
        Self::FullName,
        Self::OneName,
        Self::CommonWord,
        Self::CommonWords,
        Self::Begun,
        Self::WordsFiltered,
        Self::WordsCheapest,
        Self::Misspelt,
        Self::Nobody,
        Self::Talent,
        Self::Related,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Newest => "list: newest",
            Self::NewestDeep => "list: newest, hundreds of pages down",
            Self::Category => "list: a category, newest",
            Self::Cheapest => "list: cheapest",
            Self::DearestOfCategory => "list: a category, dearest",
            Self::ByName => "list: by name, available",
            Self::Filtered => "list: category, prices, available, delivery, cheapest",
            Self::Nothing => "list: filters that nobody meets",
            Self::FullName => "search: a whole name",
            Self::OneName => "search: a first or last name",
            Self::CommonWord => "search: a word that many have",
            Self::CommonWords => "search: two words that many have",
            Self::Begun => "search: a word's beginning",
            Self::WordsFiltered => "search: a name in a category, available",
            Self::WordsCheapest => "search: a word, cheapest",
            Self::Misspelt => "search: a misspelt name",
            Self::Nobody => "search: what nobody is called",
            Self::Talent => "a talent's page",
            Self::Related => "related talents",
        }
    }

    pub(super) fn path(self, random: &mut Random, known: &Known) -> Result<String> {
        let mut one = |of: &[&'static str]| random.pick(of).copied().unwrap_or_default();
        let query = match self {
            Self::Newest => String::new(),
            Self::NewestDeep => format!("cursor={}", random.pick(&known.cursors).context("no cursors")?),
            Self::Category => format!("category={}", one(&CATEGORIES)),
            Self::Cheapest => "sort=price".to_owned(),
            Self::DearestOfCategory => format!("sort=-price&category={}", one(&CATEGORIES)),
            Self::ByName => "sort=name&available=true".to_owned(),
            Self::Filtered => {
                let category = one(&CATEGORIES);
                let least = 2_500 + (random.share() * 50_000.0) as i64;
                let most = least + 20_000;
                format!(
                    "sort=price&category={category}&min_price={least}&max_price={most}&available=true&max_delivery_days=3"
                )
            }
            Self::Nothing => {
                let category = one(&CATEGORIES);
                format!("category={category}&min_price=90000000&available=true")
            }
            Self::FullName => format!("q={}+{}", one(&FIRST), one(&LAST)),
            Self::OneName => {
                let names = if random.share() < 0.5 {
                    &FIRST[..]
                } else {
                    &LAST[..]
                };
                format!("q={}", random.pick(names).context("no names")?)
            }
            Self::CommonWord => format!("q={}", one(&WORDS)),
            Self::CommonWords => format!("q={}+{}", one(&WORDS), one(&WORDS)),
            Self::Begun => {
                let letters = 2 + (random.share() * 3.0) as usize;
                let name = random.pick(&LAST).copied().unwrap_or_default();
                format!("q={}", name.chars().take(letters).collect::<String>())
            }
            Self::WordsFiltered => {
                format!("q={}&available=true&category={}", one(&LAST), one(&CATEGORIES))
            }
            Self::WordsCheapest => format!("q={}&sort=price", one(&WORDS)),
            Self::Misspelt => format!("q={}", misspelt(random)?),
            Self::Nobody => format!("q=xqz{}wvk", (random.share() * 1e6) as u32),
            Self::Talent => return Ok(format!("/v1/talents/{}", id(random, known)?)),
            Self::Related => return Ok(format!("/v1/talents/{}/related", id(random, known)?)),
        };
        Ok(format!("/v1/talents?{query}"))
    }

    /// Nobody measures how fast nothing is found where there is something.
    pub(super) fn check(self, found: usize) -> Result<()> {
        let nothing = matches!(self, Self::Nothing | Self::Nobody);
        // Two names, or a name and filters, are a draw that nobody may meet.
        let draw = matches!(
            self,
            Self::FullName | Self::WordsFiltered | Self::Filtered | Self::CommonWords
        );
        ensure!(
            draw || nothing == (found == 0),
            "{}: {found} were found",
            self.name()
        );
        Ok(())
    }
}

fn id<'a>(random: &mut Random, known: &'a Known) -> Result<&'a String> {
    random.pick(&known.ids).context("no talents")
}

/// A last name with one letter for another.
fn misspelt(random: &mut Random) -> Result<String> {
    let long: Vec<&str> = LAST.into_iter().filter(|name| name.len() >= 7).collect();
    let name = random.pick(&long).context("no names")?;
    let at = 3 + (random.share() * 3.0) as usize;
    let letters = name.chars().enumerate();
    Ok(letters
        .map(|(place, letter)| if place == at { 'w' } else { letter })
        .collect())
}

/// One who asks over one connection.
pub(super) struct Client {
    agent: ureq::Agent,
    base: String,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
        Self {
            agent: agent.into(),
            base: format!("http://{address}"),
        }
    }

    /// How many talents the answer has.
    pub(super) fn ask(&self, path: &str) -> Result<usize> {
        let body = self.get(path)?;
        Ok(match body.get("items") {
            Some(items) => items.as_array().map_or(0, Vec::len),
            None => 1,
        })
    }

    /// Turns many pages, and notes every tenth.
    pub(super) fn known(&self) -> Result<Known> {
        let mut known = Known {
            ids: Vec::new(),
            cursors: Vec::new(),
        };
        let mut path = "/v1/talents?limit=100".to_owned();
        for page in 0..500 {
            let body = self.get(&path)?;
            let first = body.pointer("/items/0/id").and_then(Value::as_str);
            known.ids.extend(first.map(str::to_owned));
            let Some(cursor) = body.get("next_cursor").and_then(Value::as_str) else {
                break;
            };
            if page >= 30 && page % 10 == 0 {
                known.cursors.push(cursor.to_owned());
            }
            path = format!("/v1/talents?limit=100&cursor={cursor}");
        }
        Ok(known)
    }

    fn get(&self, path: &str) -> Result<Value> {
        let url = format!("{}{path}", self.base);
        let mut answer = self.agent.get(&url).call().with_context(|| url.clone())?;
        let text = answer.body_mut().read_to_string().context("reading an answer")?;
        if answer.status() != 200 {
            bail!("{url}: {}: {text}", answer.status());
        }
        serde_json::from_str(&text).with_context(|| url.clone())
    }
}
