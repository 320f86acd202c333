//! What one can try now: `curl` lines, each asked just before it is printed, with the gist of the real answer.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::marketplace::Somebody;
use super::{Stack, http};
use crate::service::Services;

/// Asks everything that is then printed. The hits of these very requests come back through the queue.
pub(crate) fn show(stack: &Stack, staff_key: &str, services: &mut Services) -> Result<()> {
    let (edge, core) = (&stack.edge_url, &stack.core_url);

    let url = format!("{edge}/go/acme/auto?zip=10001");
    let answer = http::get(&url, None)?;
    let location = answer.location.unwrap_or_default();
    let revision = answer.revision.unwrap_or_default();
    line(
        "A redirect",
        &format!("curl -i '{url}'"),
        &format!("{} to {location} (revision {revision})", answer.status),
    );
    if answer.status != 302 {
        bail!(
            "the edge answers a visitor with {}: {}",
            answer.status,
            answer.body
        );
    }

    let url = format!("{edge}/go/acme/auto?zip=90210&lang=es");
    let answer = http::get_json(&url)?;
    line(
        "The same as JSON",
        &format!("curl -H 'accept: application/json' '{url}'"),
        &gist(&answer),
    );

    let url = format!("{edge}/generator/process");
    let body = json!({
        "brand": "acme", "insurance": "AUTO", "language": "ENG", "device": "MOB", "media": "GOOG", "zip_code": 501
    });
    let answer = http::post(&url, &body)?;
    let command = format!("curl -H 'content-type: application/json' -d '{body}' {url}");
    line("As the original was asked", &command, &gist(&answer));

    let url = format!("{edge}/go/initech/hvac?zip=96801");
    let answer = http::get(&url, None)?;
    line(
        "A lost ZIP: no rule of this brand covers it",
        &format!("curl -i '{url}'"),
        &format!("{}", answer.status),
    );

    let bearer = "-H \"authorization: Bearer $(cat .local/keys/staff)\"";
    let url = format!("{core}/v1/hits?group_by=brand,outcome");
    let counted = services.wait_for("the return of a hit", Duration::from_secs(60), || {
        let totals = http::get(&url, Some(staff_key))?.json();
        Ok(totals
            .and_then(|totals| totals.get("hits")?.as_u64())
            .filter(|hits| *hits > 0))
    })?;
    line(
        "The hits that came back",
        &format!("curl {bearer} '{url}'"),
        &format!("{counted} in the last day"),
    );

    let url = format!("{core}/v1/lost-zips?brand=initech");
    let lost = services.wait_for("the return of a lost ZIP", Duration::from_secs(60), || {
        let list = http::get(&url, Some(staff_key))?.json();
        Ok(list.and_then(|list| list.pointer("/items/0/zip")?.as_str().map(str::to_owned)))
    })?;
    line(
        "ZIPs that were lost",
        &format!("curl {bearer} '{url}'"),
        &format!("{lost}, …"),
    );

    Ok(())
}

/// The catalogue, and as whom one can sign in.
pub(crate) fn show_marketplace(stack: &Stack, people: &[Somebody]) -> Result<()> {
    let core = &stack.core_url;
    let url = format!("{core}/v1/talents?category=musicians&sort=price&limit=3");
    line(
        "The catalogue",
        &format!("curl '{url}'"),
        &found(&url)?.join(", "),
    );

    let url = format!("{core}/v1/sessions");
    if let Some(somebody) = people.first() {
        let body = json!({ "email": somebody.email, "password": somebody.password });
        let answer = http::post(&url, &body)?;
        let command = format!("curl -H 'content-type: application/json' -d '{body}' {url}");
        line(
            "Signing in",
            &command,
            &format!("{}: a token for `authorization: Bearer`", answer.status),
        );
        if answer.status != 201 {
            bail!("the core signs nobody in: {} {}", answer.status, answer.body);
        }
    }
    eprintln!("\n  Made-up people (their passwords are good on this machine only)");
    let width = |of: fn(&Somebody) -> &str| {
        people
            .iter()
            .map(|one| of(one).chars().count())
            .max()
            .unwrap_or_default()
    };
    let (role, email) = (width(|one| &one.role), width(|one| &one.email));
    for one in people {
        eprintln!(
            "    {:role$}  {:email$}  {}  {}",
            one.role, one.email, one.password, one.name
        );
    }
    Ok(())
}

/// The names of the talents that are found.
fn found(url: &str) -> Result<Vec<String>> {
    let answer = http::get(url, None)?;
    let body = answer.json().unwrap_or_default();
    let Some(items) = body.get("items").and_then(Value::as_array) else {
        bail!("the core lists no talents: {} {}", answer.status, answer.body);
    };
    let names = items.iter().filter_map(|item| item.get("name")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

/// What there is besides.
pub(crate) fn show_rest(stack: &Stack) {
    let core = &stack.core_url;
    eprintln!("\n  The command line");
    eprintln!("    . .local/env && marquee rules status");
    eprintln!("    . .local/env && marquee demo order");
    eprintln!("\n  Pages            {core}/, and for staff {core}/admin");
    eprintln!("  API description  {core}/v1/openapi.json");
    eprintln!("  Logs and data    .local\n");
}

fn line(title: &str, command: &str, answer: &str) {
    eprintln!("\n  {title}\n    {command}\n      → {answer}");
}

/// Status and the fields of a JSON answer that tell most.
fn gist(answer: &http::Answer) -> String {
    let fields = [
        "location",
        "url_redirect",
        "state",
        "city",
        "media_code",
        "phone",
        "rule",
    ];
    let body = answer.json().unwrap_or_default();
    let data = body.get("data").unwrap_or(&body);
    let told: Vec<String> = fields
        .into_iter()
        .filter_map(|field| Some((field, data.get(field).filter(|value| !value.is_null())?)))
        .map(|(field, value)| format!("{field} {}", plain(value)))
        .collect();
    format!("{}: {}", answer.status, told.join(", "))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
