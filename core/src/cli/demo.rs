//! An order from its price to its video, by the same commands as the API's, with the worker that is running.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::{Args, Subcommand};
use futures::stream;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Outcome;
use super::output::stdout;
use crate::app::App;
use crate::catalogue::{self, Offer, Search, Sort};
use crate::locale::Locale;
use crate::orders::queries::{As, OrderView, find};
use crate::orders::{self, Announced, Buyer, ForWhom, Place, Status, Wish};
use crate::platform::idempotency::Request;
use crate::videos;

/// After so long without anything new nobody is working.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_AGAIN: Duration = Duration::from_millis(250);

#[derive(Subcommand)]
pub(super) enum Demo {
    /// Order a video of a talent, make one, send it as the talent would, and see it delivered: `cargo xtask up` must be
    /// running
    Order(Order),
}

#[derive(Args)]
pub(super) struct Order {
    /// Whose; the first who takes orders, unless it is said
    #[arg(long)]
    talent: Option<Uuid>,
    /// How it is paid, in the tokens of the sandbox
    #[arg(long, default_value = "sandbox_approve")]
    payment_method: String,
    /// How long the video is
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(3..=60))]
    seconds: u32,
    /// Let everybody see it
    #[arg(long)]
    public: bool,
}

impl Demo {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let Self::Order(order) = self;
        if !app.config.is_local() {
            bail!("this makes up an order: it is for MARQUEE_ENV=local");
        }
        let demo = Walk {
            app,
            bar: bar(),
            silent: json,
        };
        let walked = demo.walk(order).await;
        demo.bar.finish_and_clear();
        let (order, key) = walked?;
        if json {
            let told = json!({ "order": order, "order_key": key });
            writeln!(stdout(), "{}", serde_json::to_string_pretty(&told)?)?;
        }
        Ok(if order.status == Status::Delivered {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

/// One walk through it, told step by step.
struct Walk<'a> {
    app: &'a App,
    bar: ProgressBar,
    silent: bool,
}

impl Walk<'_> {
    /// The order as staff sees it at the end, and what opens it for its customer.
    async fn walk(&self, wanted: Order) -> anyhow::Result<(OrderView, String)> {
        let offer = self.offer(wanted.talent).await?;
        let quote = orders::quote(self.app, "demo", offer.talent, None).await?;
        self.say(
            "quoted",
            &format!(
                "{} {} for a video, good for 15 minutes",
                offer.price.currency(),
                offer.price.decimal()
            ),
        )?;
        let placed = orders::place(self.app, &request(quote), place(quote, &wanted)).await?;
        self.say("ordered", &format!("{}, by a guest", placed.order))?;
        let key = placed.key.reveal();

        let waits = |order: &OrderView| order.status == Status::Authorizing;
        let order = self
            .until_not(placed.order, "the amount is being held", waits)
            .await?;
        if order.status != Status::Open {
            let why = order.decline_code.clone().unwrap_or_default();
            self.say(order.status.name(), &why)?;
            return Ok((order, key));
        }
        self.say("held", "and the talent has been told")?;
        let file = self.film(wanted.seconds).await?;
        let size_bytes = file.len() as u64;
        self.say("filmed", &format!("{} s, {size_bytes} bytes", wanted.seconds))?;
        let announced = Announced {
            media_type: "video/mp4".to_owned(),
            size_bytes,
        };
        let person = self.person(offer.talent).await?;
        let upload = orders::open_upload(self.app, person, order.id, announced).await?;
        let body = stream::once(async { anyhow::Ok(file) });
        videos::receive(self.app, person, upload, body).await?;
        self.say("sent", &format!("the upload {upload}"))?;

        let waits = |order: &OrderView| matches!(order.status, Status::Open | Status::Delivering);
        let order = self
            .until_not(placed.order, "the video is being made", waits)
            .await?;
        self.say(order.status.name(), "")?;
        self.tell_where(&order, &key)?;
        Ok((order, key))
    }

    async fn offer(&self, talent: Option<Uuid>) -> anyhow::Result<Offer> {
        let mut conn = self.app.db.acquire().await?;
        let talent = match talent {
            Some(talent) => talent,
            None => {
                let first = Search {
                    text: None,
                    category: None,
                    min_price: None,
                    max_price: None,
                    currency: None,
                    available: Some(true),
                    max_delivery_days: None,
                    sort: Sort::Newest,
                    cursor: None,
                    limit: 1,
                };
                let found = catalogue::search(&mut conn, self.app, &first).await?;
                let first = found.items.into_iter().next();
                first
                    .context("no talent takes orders: `cargo xtask up` loads some")?
                    .id
            }
        };
        let offer = catalogue::offer(&mut conn, talent).await?;
        offer.with_context(|| format!("the public sees no talent {talent}"))
    }

    async fn person(&self, talent: Uuid) -> anyhow::Result<Uuid> {
        let mut conn = self.app.db.acquire().await?;
        let profile = catalogue::find_profile(&mut conn, self.app, talent).await?;
        Ok(profile.context("the talent is gone")?.person_id)
    }

    /// A test picture that moves, with a sound.
    async fn film(&self, seconds: u32) -> anyhow::Result<Bytes> {
        self.bar.set_message("a video is being filmed");
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("film.mp4");
        let mut ffmpeg = tokio::process::Command::new("ffmpeg");
        ffmpeg
            .args(["-nostdin", "-v", "error"])
            .args([
                "-f",
                "lavfi",
                "-i",
                &format!("testsrc2=size=1280x720:rate=30:duration={seconds}"),
            ])
            .args([
                "-f",
                "lavfi",
                "-i",
                &format!("sine=frequency=440:duration={seconds}"),
            ])
            .args([
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-pix_fmt",
                "yuv420p",
                "-c:a",
                "aac",
            ])
            .arg(&file)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let done = ffmpeg.output().await.context("starting ffmpeg")?;
        if !done.status.success() {
            bail!("ffmpeg: {}", String::from_utf8_lossy(&done.stderr).trim());
        }
        Ok(tokio::fs::read(&file).await?.into())
    }

    /// Looks again and again, and says how far it is.
    async fn until_not(
        &self,
        id: Uuid,
        meanwhile: &str,
        waits: impl Fn(&OrderView) -> bool,
    ) -> anyhow::Result<OrderView> {
        let (mut since, mut before) = (Instant::now(), String::new());
        loop {
            let order = find(&mut *self.app.db.acquire().await?, self.app, id, As::Staff).await?;
            let order = order.context("the order is gone")?;
            if !waits(&order) {
                return Ok(order);
            }
            let now = self.far(&order).await?.unwrap_or_else(|| meanwhile.to_owned());
            if now != before {
                self.bar.set_message(now.clone());
                (since, before) = (Instant::now(), now);
            }
            if since.elapsed() > PATIENCE {
                bail!(
                    "the order {id} is {} and nobody works on it: is `cargo xtask up` running?",
                    order.status.name()
                );
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// How far the making of its video is.
    async fn far(&self, order: &OrderView) -> anyhow::Result<Option<String>> {
        let Some(upload) = order.upload_id else {
            return Ok(None);
        };
        let mut conn = self.app.db.acquire().await?;
        let upload = videos::queries::find(&mut conn, upload).await?;
        Ok(upload.and_then(|upload| upload.making).map(|making| {
            self.bar.set_position(making.percent as u64);
            let left = making
                .seconds_left
                .map_or(String::new(), |left| format!(", {left} s left"));
            format!("the video is being made, {:.0} %{left}", making.percent)
        }))
    }

    fn say(&self, step: &str, what: &str) -> anyhow::Result<()> {
        if !self.silent {
            let line = format!("{step:>10}  {what}");
            self.bar.suspend(|| writeln!(stdout(), "{}", line.trim_end()))?;
        }
        Ok(())
    }

    fn tell_where(&self, order: &OrderView, key: &str) -> anyhow::Result<()> {
        let page = format!("{}/{}#{key}", self.app.config.page("orders"), order.id);
        self.say("page", &page)?;
        if let Some(video) = &order.video {
            self.say("video", &video.media.url)?;
            self.say("stream", video.media.stream_url.as_deref().unwrap_or("none"))?;
            self.say("to share", video.share_url.as_deref().unwrap_or("nothing"))?;
        }
        self.say("more", &format!("marquee orders timeline {}", order.id))
    }
}

/// On a terminal only.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(100);
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:30}] {msg} ({elapsed})") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Of its own each time: a quote is good for one order anyway.
fn request(quote: Uuid) -> Request {
    Request {
        key: quote.to_string(),
        sha256: Sha256::digest(quote.as_bytes()).into(),
    }
}

fn place(quote: Uuid, wanted: &Order) -> Place {
    Place {
        quote,
        buyer: Buyer::Guest {
            email: Some("caio@customers.example".to_owned()),
            locale: Some(Locale::En),
        },
        wish: Wish {
            for_whom: ForWhom::SomeoneElse,
            is_from: Some("Caio".to_owned()),
            is_to: "Bia".to_owned(),
            instruction: "Wish her a happy birthday, and sing.".to_owned(),
            occasion: Some("birthday".to_owned()),
            language: Locale::En,
            is_public: wanted.public,
        },
        payer: None,
        method: wanted.payment_method.clone(),
    }
}
