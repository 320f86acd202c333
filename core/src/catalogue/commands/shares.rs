use serde_json::json;

use crate::access::Principal;
use crate::app::App;
use crate::catalogue::domain::{Fault, Whose};
use crate::catalogue::{Error, store};
use crate::platform::audit;

/// Sets a share from now on, in basis points; what was sold before keeps what it had. `None` gives a talent the default
/// again. A talent and their agency together never have more than everything.
pub async fn set_share(app: &App, by: &Principal, whose: Whose, share_bp: Option<i32>) -> Result<(), Error> {
    let fine = match share_bp {
        Some(share_bp) => (0..=10_000).contains(&share_bp),
        None => matches!(whose, Whose::Talent(_)),
    };
    if !fine {
        let detail = "a number of basis points from 0 to 10000; only a talent may have none";
        return Err(vec![Fault::new("/share_bp", "number_invalid", detail)].into());
    }
    let mut tx = app.db.begin().await?;
    store::lock_shares(&mut tx).await?;
    match whose {
        Whose::Default => {}
        Whose::Talent(id) => {
            store::agency_of(&mut tx, id).await?.ok_or(Error::NoTalent)?;
        }
        Whose::Agency(id) => {
            store::lock_agency(&mut tx, id).await?.ok_or(Error::NoAgency)?;
        }
    }
    let before = store::share(&mut tx, whose).await?;
    if before != share_bp {
        store::insert_share(&mut tx, whose, share_bp, by, app.now()).await?;
        if store::over_shared(&mut tx).await?.is_some() {
            return Err(Error::SharesTooHigh);
        }
        let subject = match whose {
            Whose::Default => "shares".to_owned(),
            Whose::Talent(id) => format!("talent/{id}"),
            Whose::Agency(id) => format!("agency/{id}"),
        };
        let (before, after) = (json!({ "share_bp": before }), json!({ "share_bp": share_bp }));
        let action = "catalogue.set_share";
        audit::record(
            &mut tx,
            app.now(),
            by,
            action,
            &subject,
            Some(before),
            Some(after),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}
