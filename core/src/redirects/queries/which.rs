use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context as _;
use marquee_shared::rules::{Mode, RuleSet};
use sqlx::PgConnection;

use crate::app::App;
use crate::redirects::cities::cities;
use crate::redirects::domain::{effective_mode, parse_mode};
use crate::redirects::simulation::Stage;
use crate::redirects::store::RevisionRow;
use crate::redirects::{Error, gates, store};

/// One of a brand's rule sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    #[default]
    Draft,
    /// What visitors get, but for those of the canary.
    Live,
    Canary,
    Revision(i32),
}

impl FromStr for Which {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "draft" => Ok(Self::Draft),
            "live" => Ok(Self::Live),
            "canary" => Ok(Self::Canary),
            number => match number.parse() {
                Ok(number) if number > 0 => Ok(Self::Revision(number)),
                _ => Err(Error::NotARuleSet(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draft => f.write_str("draft"),
            Self::Live => f.write_str("live"),
            Self::Canary => f.write_str("canary"),
            Self::Revision(number) => write!(f, "{number}"),
        }
    }
}

/// A rule set, and what it is.
pub(in crate::redirects) struct Found {
    pub(in crate::redirects) set: RuleSet,
    /// The draft's.
    pub(in crate::redirects) version: Option<i64>,
    pub(in crate::redirects) revision: Option<i32>,
    frozen: Option<Frozen>,
    mode: Mode,
}

struct Frozen {
    table: Vec<u8>,
    city: Option<Vec<u8>>,
}

/// Reads it.
pub(in crate::redirects) async fn find(app: &App, brand: &str, which: Which) -> Result<Found, Error> {
    let mut conn = app.db.acquire().await?;
    match place(&mut conn, brand, which).await? {
        None => draft(&mut conn, brand).await,
        Some((number, switch)) => revision(&mut conn, brand, number, switch).await,
    }
}

/// As it was written, without what was compiled from it.
pub async fn rule_set(app: &App, brand: &str, which: Which) -> Result<(Of, RuleSet), Error> {
    let mut conn = app.db.acquire().await?;
    let Some((number, _)) = place(&mut conn, brand, which).await? else {
        let found = draft(&mut conn, brand).await?;
        return Ok((found.of(which), found.set));
    };
    let (_, set) = written(&mut conn, brand, number).await?;
    let of = Of {
        of: which.to_string(),
        version: None,
        revision: Some(number),
    };
    Ok((of, set))
}

/// The revision, and how its kill switch stands; `None` is the draft.
async fn place(conn: &mut PgConnection, brand: &str, which: Which) -> Result<Option<(i32, Mode)>, Error> {
    let live = match which {
        Which::Draft => return Ok(None),
        Which::Revision(number) => return Ok(Some((number, Mode::Rules))),
        Which::Live | Which::Canary => store::live(conn, brand).await?,
    };
    let live = match live {
        Some(live) => live,
        None if store::draft(conn, brand).await?.is_none() => {
            return Err(Error::NoBrand(brand.to_owned()));
        }
        None => return Err(Error::NotLive(brand.to_owned())),
    };
    let number = match which {
        Which::Canary => live.canary_revision.ok_or(Error::NoCanary)?,
        _ => live.revision,
    };
    Ok(Some((number, parse_mode(&live.mode))))
}

async fn draft(conn: &mut PgConnection, brand: &str) -> Result<Found, Error> {
    let draft = store::draft(conn, brand).await?;
    let draft = draft.ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let rules = store::draft_rules(conn, brand).await?;
    Ok(Found {
        version: Some(draft.version),
        revision: None,
        frozen: None,
        mode: draft.settings.mode,
        set: RuleSet {
            brand: brand.to_owned(),
            settings: draft.settings.0,
            rules,
        },
    })
}

async fn revision(conn: &mut PgConnection, brand: &str, number: i32, switch: Mode) -> Result<Found, Error> {
    let (row, set) = written(conn, brand, number).await?;
    let city = match &row.city_sha256 {
        Some(sha256) => Some(store::blob(conn, sha256).await?),
        None => None,
    };
    let table = store::blob(conn, &row.table_sha256).await?;
    Ok(Found {
        version: None,
        revision: Some(number),
        frozen: Some(Frozen { table, city }),
        mode: effective_mode(switch, set.settings.mode),
        set,
    })
}

/// A revision as it was frozen.
pub(super) async fn written(
    conn: &mut PgConnection,
    brand: &str,
    number: i32,
) -> Result<(RevisionRow, RuleSet), Error> {
    let missing = || Error::NoRevision {
        brand: brand.to_owned(),
        number,
    };
    let row = store::revision(conn, brand, number).await?.ok_or_else(missing)?;
    let rules = store::revision_rules(conn, brand, number)
        .await?
        .ok_or_else(missing)?;
    let set = RuleSet {
        brand: brand.to_owned(),
        settings: row.settings.0.clone(),
        rules,
    };
    Ok((row, set))
}

impl Found {
    pub(super) fn of(&self, which: Which) -> Of {
        Of {
            of: which.to_string(),
            version: self.version,
            revision: self.revision,
        }
    }

    /// Ready to answer, as the edge would; slow for a draft.
    ///
    /// # Errors
    /// [`Error::Refused`] for a draft that cannot be compiled.
    pub(in crate::redirects) fn stage(self) -> Result<Stage, Error> {
        let Self {
            set,
            revision,
            frozen,
            mode,
            ..
        } = self;
        let revision = revision
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(0);
        let (set, Frozen { table, city }) = match frozen {
            Some(frozen) => (Arc::new(set), frozen),
            None => {
                let built = gates::compile(set).map_err(Error::Refused)?;
                let city = built.uses_city.then(|| cities().bytes.clone());
                let table = built.table;
                (built.set, Frozen { table, city })
            }
        };
        Ok(Stage::new(set, table, city, revision, mode)?)
    }
}

/// A rule set ready to answer, and what it is.
pub async fn stage(app: &App, brand: &str, which: Which) -> Result<(Of, Stage), Error> {
    let found = find(app, brand, which).await?;
    let of = found.of(which);
    let stage = tokio::task::spawn_blocking(move || found.stage()).await;
    Ok((of, stage.context("reading a rule set")??))
}

/// Makes the rule set answer, off the async threads, and asks it.
pub(in crate::redirects) async fn on_stage<T: Send + 'static>(
    app: &App,
    brand: &str,
    which: Which,
    ask: impl FnOnce(&Stage) -> Result<T, Error> + Send + 'static,
) -> Result<(Of, T), Error> {
    let found = find(app, brand, which).await?;
    let of = found.of(which);
    let answer = tokio::task::spawn_blocking(move || ask(&found.stage()?)).await;
    Ok((of, answer.context("trying rules out")??))
}

/// What an answer is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Of {
    /// As it was asked for
    #[schema(example = "draft")]
    pub of: String,
    /// Of the draft, as its ETag has it
    #[schema(example = 7)]
    pub version: Option<i64>,
    /// Of what is frozen
    #[schema(example = 41)]
    pub revision: Option<i32>,
}
