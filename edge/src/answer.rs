//! The whole way of a request: route, make sure that tables are there, decide, report.

use std::rc::Rc;

use marquee_shared::hit::Hit;
use marquee_shared::zip::Zip;
use wasm_bindgen::JsValue;
use worker::{Context, Env};

use crate::health;
use crate::isolate;
use crate::legacy;
use crate::load;
use crate::redirect::{self, Answer, Answered};
use crate::reply::{Problem, Redirection, Reply, Stamp};
use crate::request::{Address, Facts, Given, Query, Route};
use crate::runtime;
use crate::settings::Settings;
use crate::store::{Claim, Found, MANIFEST, Store, Wanted};
use crate::visit::{self, Moment};

/// How long a request waits for a manifest or tables that somebody is loading.
const PATIENCE_MS: u64 = 1_500;

/// A redirect that needs nothing but what the isolate has; `None` sends the request the long way. The boolean
/// says that `deliver` is to be called.
#[must_use]
pub(crate) fn warm(facts: &Facts<'_>, now_ms: u64) -> Option<(Redirection, bool)> {
    if !matches!(facts.method, "GET" | "HEAD") {
        return None;
    }
    let address = Address::parse(facts.url);
    let route = Route::parse(address.path);
    let (wanted, product) = wanted(&route, &address)?;
    isolate::with(|isolate| {
        if isolate.store.overdue(now_ms) {
            return None;
        }
        let Found::Ready(installed) = isolate.store.find(wanted, now_ms) else {
            return None;
        };
        let moment = isolate.moment(now_ms);
        let answered = redirect::answer(&installed, product, address.query, facts, moment);
        match answered {
            Answered {
                answer: Answer::Redirect(redirection),
                hit: Some(hit),
            } => Some((redirection, isolate.outbox.push(&hit, now_ms))),
            _ => None,
        }
    })
}

/// Everything a request carries, for the long way.
pub(crate) struct Call<'a> {
    pub(crate) facts: Facts<'a>,
    pub(crate) origin: Option<&'a str>,
    pub(crate) request: &'a JsValue,
    pub(crate) env: Env,
    pub(crate) ctx: Context,
}

impl Call<'_> {
    /// Answers whatever was asked.
    pub(crate) async fn answer(&self) -> Reply {
        let settings = self.settings();
        let now_ms = runtime::now_ms();
        if isolate::with(|isolate| isolate.store.manifest().is_some() && isolate.store.refresh_due(now_ms)) {
            self.load(&settings, MANIFEST.to_owned());
        }
        let address = Address::parse(self.facts.url);
        let route = Route::parse(address.path);
        match (&route, self.facts.method) {
            (Route::Process, "POST") => self.process(&settings).await,
            (Route::Process, "OPTIONS") => self.preflight(&settings).await,
            (Route::Process, _) => Problem::Method("POST, OPTIONS").reply(true),
            (Route::Unknown, _) => Problem::NotFound.reply(self.json(&Query::default())),
            (_, method) if !matches!(method, "GET" | "HEAD") => {
                Problem::Method("GET, HEAD").reply(self.json(&Query::default()))
            }
            (Route::Health, _) => self.health(&settings, &address).await,
            _ => self.redirect(&settings, &address, &route).await,
        }
    }

    async fn redirect(&self, settings: &Rc<Settings>, address: &Address<'_>, route: &Route<'_>) -> Reply {
        let query = Query::parse(address.query);
        let json = self.json(&query);
        let Some((wanted, product)) = wanted(route, address) else {
            return Problem::NotFound.reply(json);
        };
        let reply = match self.find(settings, wanted).await {
            Found::Ready(installed) => {
                let moment = self.moment();
                let answered = redirect::answer(&installed, product, address.query, &self.facts, moment);
                let reply = self.report(answered);
                return self.shared(reply, |origin| installed.allows_origin(origin));
            }
            Found::Unknown if matches!(wanted, Wanted::Host(_)) => Problem::NotFound.reply(json),
            Found::Unknown => Problem::UnknownBrand.reply(json),
            Found::Missing(code) => self.unavailable(settings, &code, product, &query, json),
            Found::NoManifest => last_resort(settings, json, None),
        };
        self.shared(reply, allowed_by_any)
    }

    async fn process(&self, settings: &Rc<Settings>) -> Reply {
        let asked = match self
            .body(legacy::MAX_BODY)
            .await
            .and_then(|body| legacy::Asked::parse(&body))
        {
            Ok(asked) => asked,
            Err(problem) => {
                // Also a failure must be readable by the brand's script, and the manifest says whose that is.
                self.find(settings, Wanted::Nothing).await;
                return self.shared(legacy::failed(problem), allowed_by_any);
            }
        };
        let reply = match self.find(settings, Wanted::Code(&asked.brand)).await {
            Found::Ready(installed) => {
                let answered = legacy::answer(&installed, &asked, &self.facts, self.moment());
                let reply = self.report(answered);
                return self.shared(reply, |origin| installed.allows_origin(origin));
            }
            Found::Unknown => legacy::failed(Problem::UnknownBrand),
            Found::Missing(_) | Found::NoManifest => legacy::failed(Problem::Unavailable),
        };
        self.shared(reply, allowed_by_any)
    }

    /// A preflight has no body and so no brand: any brand's origin is allowed to ask.
    async fn preflight(&self, settings: &Rc<Settings>) -> Reply {
        self.find(settings, Wanted::Nothing).await;
        let reply = self.shared(Reply::new(204).header("allow", "POST, OPTIONS"), allowed_by_any);
        if !reply
            .headers
            .iter()
            .any(|(name, _)| *name == "access-control-allow-origin")
        {
            return reply;
        }
        reply
            .header("access-control-allow-methods", "POST")
            .header("access-control-allow-headers", "content-type")
            .header("access-control-max-age", "600")
    }

    async fn health(&self, settings: &Rc<Settings>, address: &Address<'_>) -> Reply {
        let query = Query::parse(address.query);
        let found = match query.brand.as_deref() {
            Some(code) => self.find(settings, Wanted::Code(code)).await,
            None => self.find(settings, Wanted::Nothing).await,
        };
        let now_ms = runtime::now_ms();
        isolate::with(|isolate| {
            let brand = query.brand.as_deref().map(|code| match &found {
                Found::Ready(installed) => Some(&installed.brand),
                _ => isolate.store.live(code),
            });
            // Without a manifest no brand is known, which is not the brand's fault.
            let brand = brand.filter(|_| isolate.store.manifest().is_some());
            health::reply(&isolate.store, &isolate.outbox, &settings.build, brand, now_ms)
        })
    }

    /// Finds a brand, and loads what is missing. Whoever gets the lease loads; everyone, the owner included,
    /// watches the store on timers of its own, since a promise of another request cannot be awaited.
    async fn find(&self, settings: &Rc<Settings>, wanted: Wanted<'_>) -> Found {
        let mut patience = Patience::default();
        self.confirm(settings, &mut patience).await;
        loop {
            let now_ms = runtime::now_ms();
            let found = isolate::with(|isolate| isolate.store.find(wanted, now_ms));
            let key = match &found {
                Found::Ready(_) | Found::Unknown => return found,
                Found::Missing(code) => code.clone(),
                Found::NoManifest => MANIFEST.to_owned(),
            };
            match isolate::with(|isolate| isolate.store.claim(&key, now_ms)) {
                Claim::Resting => return found,
                Claim::Yours => self.load(settings, key),
                Claim::Taken => {}
            }
            if !patience.wait().await {
                return found;
            }
        }
    }

    /// Waits for the manifest, if what is here has not been confirmed for too long: the first visitor after a quiet
    /// hour is not to be answered by the rules of that hour. If KV gives nothing, it is answered by them after all,
    /// and the next ones do not wait.
    async fn confirm(&self, settings: &Rc<Settings>, patience: &mut Patience) {
        let before = isolate::with(|isolate| isolate.store.lookups());
        loop {
            let now_ms = runtime::now_ms();
            let waits = |store: &Store| store.overdue(now_ms) && store.lookups() == before;
            if !isolate::with(|isolate| waits(&isolate.store)) {
                return;
            }
            if isolate::with(|isolate| isolate.store.refresh_due(now_ms)) {
                self.load(settings, MANIFEST.to_owned());
            }
            if !patience.wait().await {
                let now_ms = runtime::now_ms();
                return isolate::with(|isolate| isolate.store.waited_in_vain(now_ms, settings.max_age_ms));
            }
        }
    }

    /// Loads in the background of this request; the caller holds the lease.
    fn load(&self, settings: &Rc<Settings>, key: String) {
        let (env, settings) = (self.env.clone(), Rc::clone(settings));
        self.ctx
            .wait_until(async move { load::load(&env, &settings, &key).await });
    }

    /// No table for a brand that is live: said so in a hit.
    fn unavailable(
        &self,
        settings: &Settings,
        code: &str,
        product: &str,
        query: &Query<'_>,
        json: bool,
    ) -> Reply {
        let moment = self.moment();
        let hit = isolate::with(|isolate| {
            let brand = isolate.store.live(code)?;
            let visit = redirect::visit(brand, product, "", query, &self.facts);
            let zip = match &query.zip {
                Given::Text(text) => Zip::parse(text).ok().map(|typed| typed.zip.to_string()),
                Given::Missing | Given::Malformed => None,
            };
            Some(Hit {
                zip,
                ip: self.facts.network(),
                ..visit::undecided(brand, &visit, &self.facts, &moment)
            })
        });
        let stamp = hit.as_ref().map(|hit| Stamp {
            revision: hit.revision,
            hit: hit.id.clone(),
            stale: moment.stale,
        });
        if let Some(hit) = hit {
            self.record(&hit);
        }
        last_resort(settings, json, stamp)
    }

    /// Sends the hit off, behind the answer.
    fn report(&self, answered: Answered) -> Reply {
        if let Some(hit) = &answered.hit {
            self.record(hit);
        }
        match answered.answer {
            Answer::Redirect(redirection) => Reply::redirect(redirection),
            Answer::Reply(reply) => reply,
        }
    }

    fn record(&self, hit: &Hit) {
        if isolate::with(|isolate| isolate.outbox.push(hit, runtime::now_ms())) {
            self.ctx.wait_until(crate::deliver(self.env.clone()));
        }
    }

    /// Lets scripts of an allowed origin read the answer.
    fn shared(&self, reply: Reply, allowed: impl Fn(&str) -> bool) -> Reply {
        match self.origin {
            Some(origin) if allowed(origin) => reply
                .header("access-control-allow-origin", origin)
                .header("vary", "origin"),
            Some(_) => reply.header("vary", "origin"),
            None => reply,
        }
    }

    async fn body(&self, limit: u32) -> Result<String, Problem> {
        let body = runtime::body(self.request, limit).await;
        if body.is_undefined() {
            return Err(Problem::BodyTooLarge);
        }
        body.as_string().ok_or(Problem::BodyInvalid)
    }

    fn settings(&self) -> Rc<Settings> {
        isolate::with(|isolate| isolate.settings(|name| runtime::variable(&self.env, name)))
    }

    fn moment(&self) -> Moment {
        isolate::with(|isolate| isolate.moment(runtime::now_ms()))
    }

    fn json(&self, query: &Query<'_>) -> bool {
        redirect::wants_json(&self.facts, query)
    }
}

/// What a request has left of the time that it may wait for loads.
struct Patience {
    waited_ms: u64,
    step_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            waited_ms: 0,
            step_ms: 1,
        }
    }
}

impl Patience {
    /// Waits a little, each time longer; `false`, at once, when there is none left.
    async fn wait(&mut self) -> bool {
        if self.waited_ms >= PATIENCE_MS {
            return false;
        }
        runtime::sleep(self.step_ms).await;
        self.waited_ms = self.waited_ms.saturating_add(self.step_ms);
        self.step_ms = self.step_ms.saturating_mul(2).min(50);
        true
    }
}

/// Which brand and product a route names.
fn wanted<'a>(route: &'a Route<'_>, address: &'a Address<'_>) -> Option<(Wanted<'a>, &'a str)> {
    match route {
        Route::Go { brand, product } => Some((Wanted::Code(brand), product)),
        Route::Product(product) => Some((Wanted::Host(&address.host), product)),
        Route::Process | Route::Health | Route::Unknown => None,
    }
}

fn allowed_by_any(origin: &str) -> bool {
    isolate::with(|isolate| {
        let brands = isolate
            .store
            .manifest()
            .map(|manifest| manifest.brands.as_slice())
            .unwrap_or_default();
        brands
            .iter()
            .any(|brand| brand.origins.iter().any(|known| known == origin))
    })
}

/// Without any table: the deployment's last resort, else please come back.
fn last_resort(settings: &Settings, json: bool, stamp: Option<Stamp>) -> Reply {
    match &settings.last_resort {
        Some(url) if !json => Reply::redirect(Redirection {
            location: url.clone(),
            stamp,
        }),
        _ => Problem::Unavailable.reply(json).stamped(stamp.as_ref()),
    }
}
