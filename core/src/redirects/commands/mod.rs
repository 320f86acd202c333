//! One function for each thing that can be done. Each begins and commits its own transaction; none of them
//! talks to the edge between the two.

mod brands;
mod bulk;
mod canary;
mod freeze;
mod import;
mod live;
mod plan;
mod policy;
mod products;
mod publish;
mod requests;
mod retire;
mod rules;
mod run;
mod settings;
mod take_over;
mod tests;

pub use brands::{NewBrand, create_brand, rename_brand};
pub use bulk::{Bulk, BulkReport, Pair, change_many};
pub use canary::{Canary, abort, promote, set_mode, start_canary};
pub use freeze::{Freeze, Frozen, freeze};
pub use import::{Import, Scope, import};
pub use live::Published;
pub(super) use live::{SOFT_EXPIRY, resign};
pub use plan::{Audience, What};
pub use policy::set_policy;
pub use products::{put_product, remove_product};
pub use publish::{Publish, RollBack, publish, roll_back};
pub use requests::{Ask, approve, cancel, reject, request};
pub use retire::{reinstate_brand, retire_brand};
pub use rules::{create_rule, patch_rule, remove_rule, replace_rule};
pub(super) use run::run_requests;
pub use settings::{Changed, change_settings, patch_settings};
pub use take_over::take_over;
pub use tests::{remove_test, save_test};

use marquee_shared::rules::Settings;
use sqlx::PgConnection;

use super::Error;
use super::domain::{MAX_HOSTS, is_host};
use super::store;

/// As the schema has it.
const MAX_NOTE_CHARS: usize = 2_000;

fn checked_note(note: &str) -> Result<(), Error> {
    if note.chars().count() > MAX_NOTE_CHARS {
        Err(Error::NoteTooLong)
    } else {
        Ok(())
    }
}

/// The draft, locked, if it is still what the caller has seen; `None` accepts whatever there is.
async fn locked_draft(
    conn: &mut PgConnection,
    brand: &str,
    seen: Option<i64>,
) -> Result<store::DraftRow, Error> {
    let draft = store::lock_draft(conn, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    editable(draft, brand, seen)
}

/// That nobody else changed the draft since, and that the brand is in use.
fn editable(draft: store::DraftRow, brand: &str, seen: Option<i64>) -> Result<store::DraftRow, Error> {
    if draft.retired_at.is_some() {
        return Err(Error::Retired(brand.to_owned()));
    }
    match seen {
        Some(version) if version != draft.version => Err(Error::DraftChanged {
            current: draft.version,
            // Of a draft that was edited before names were kept.
            editor: if draft.editor_name.is_empty() {
                draft.edited_by
            } else {
                draft.editor_name
            },
            edited_at: draft.edited_at,
        }),
        _ => Ok(draft),
    }
}

/// Claims the hosts for the brand, or says which of them is another's.
async fn claim_hosts(conn: &mut PgConnection, brand: &str, settings: &Settings) -> Result<(), Error> {
    if settings.hosts.len() > MAX_HOSTS {
        return Err(Error::TooManyHosts(MAX_HOSTS));
    }
    // In one order, so that two brands that want the same hosts wait for each other and never in a circle.
    let mut hosts: Vec<_> = settings.hosts.iter().collect();
    hosts.sort();
    for host in hosts {
        if !is_host(host) {
            return Err(Error::NotAHost(host.clone()));
        }
        match store::claim_host(conn, brand, host).await {
            Err(sqlx::Error::Database(error)) if error.constraint() == Some("host_belongs_to_one_brand") => {
                return Err(Error::HostTaken(host.clone()));
            }
            claimed => claimed?,
        }
    }
    Ok(())
}
