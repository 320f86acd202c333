use ipnet::IpNet;
use time::Duration;

use crate::accounts::Error;
use crate::app::App;
use crate::platform::throttle::Allowance;

/// Guesses at one person's password from one network: whoever guesses elsewhere does not lock them out here.
const SIGN_IN_HERE: Allowance = Allowance {
    name: "sign-in here",
    burst: 10,
    every: Duration::MINUTE,
};
/// Guesses at one person's password from anywhere.
const SIGN_IN_ANYWHERE: Allowance = Allowance {
    name: "sign-in anywhere",
    burst: 100,
    every: Duration::MINUTE,
};
/// Guesses at anybody's password from one network.
const SIGN_INS: Allowance = Allowance {
    name: "sign-ins",
    burst: 60,
    every: Duration::seconds(10),
};
/// Mails that anybody can have sent to one address.
const MAILS: Allowance = Allowance {
    name: "account mails",
    burst: 3,
    every: Duration::minutes(20),
};
/// Such mails, to whomever, asked for from one network.
const MAILS_FROM: Allowance = Allowance {
    name: "account mails from",
    burst: 20,
    every: Duration::minutes(3),
};
/// Guesses at the password of somebody who is signed in.
const CONFIRM: Allowance = Allowance {
    name: "confirm password",
    burst: 10,
    every: Duration::MINUTE,
};

/// Before a password is looked at.
pub(super) async fn sign_in(app: &App, email: &str, network: Option<IpNet>) -> Result<(), Error> {
    let (email, network) = (email.to_lowercase(), described(network));
    take(app, &SIGN_INS, &network).await?;
    take(app, &SIGN_IN_HERE, &format!("{email} {network}")).await?;
    take(app, &SIGN_IN_ANYWHERE, &email).await
}

/// Before a mail is sent because somebody, perhaps a stranger, asks for it.
pub(super) async fn mail(app: &App, email: &str, network: Option<IpNet>) -> Result<(), Error> {
    take(app, &MAILS_FROM, &described(network)).await?;
    take(app, &MAILS, &email.to_lowercase()).await
}

/// Before the password of somebody who is signed in is looked at.
pub(super) async fn confirm(app: &App, person: uuid::Uuid) -> Result<(), Error> {
    take(app, &CONFIRM, &person.to_string()).await
}

async fn take(app: &App, allowance: &Allowance, whom: &str) -> Result<(), Error> {
    let mut conn = app.db.acquire().await?;
    Ok(allowance.take(&mut conn, app.now(), whom).await??)
}

fn described(network: Option<IpNet>) -> String {
    network.map_or_else(String::new, |network| network.to_string())
}
