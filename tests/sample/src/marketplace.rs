//! A marketplace of made-up people: who they are, what they ask, and pictures and films of none of them.

mod film;
mod people;
mod portrait;

use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

pub use film::FILMS;
pub use people::marketplace;

/// All of it, as `marquee sample load` reads it.
#[derive(Debug, Serialize)]
pub struct Marketplace {
    /// Of everybody.
    pub password: &'static str,
    pub categories: Vec<Category>,
    pub customers: Vec<Person>,
    pub staff: Vec<Member>,
    pub talents: Vec<Talent>,
    pub agencies: Vec<Agency>,
    /// Who wants to become a talent and was not answered yet.
    pub applications: Vec<Application>,
}

#[derive(Debug, Serialize)]
pub struct Category {
    pub slug: &'static str,
    pub pt_br: &'static str,
    pub en: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct Person {
    pub email: String,
    pub name: String,
    /// `pt-BR` or `en`.
    pub locale: &'static str,
    /// A file of the same folder.
    pub picture: Option<String>,
}

/// One of the staff.
#[derive(Debug, Serialize)]
pub struct Member {
    pub person: Person,
    /// Such as `rules.edit@acme`.
    pub grants: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct Talent {
    pub person: Person,
    pub description: String,
    pub price: Price,
    pub available: bool,
    pub weekly_capacity: Option<i32>,
    pub delivery_days: i32,
    pub categories: Vec<&'static str>,
    pub reach: Reach,
    /// Instead of the default, in basis points.
    pub share_bp: Option<i32>,
    /// In which they introduce themselves: a file of the same folder, which several share.
    pub film: String,
}

#[derive(Debug, Serialize)]
pub struct Price {
    pub amount_minor: i64,
    pub currency: &'static str,
}

/// How one is known and reached.
#[derive(Debug, Serialize)]
pub struct Reach {
    pub network: &'static str,
    pub handle: String,
    pub followers: i64,
    pub phone: String,
}

#[derive(Debug, Serialize)]
pub struct Agency {
    pub name: &'static str,
    pub share_bp: i32,
    pub managers: Vec<Person>,
    /// Talents, by their addresses.
    pub members: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Application {
    pub person: Person,
    pub reach: Reach,
    pub message: String,
}

/// Writes `marketplace.json` and the files that it names. Pictures and films that are there are taken to be right:
/// they are the same each time.
///
/// # Errors
/// The folder; or there is no ffmpeg, which makes the films, or it fails.
pub fn write_marketplace(folder: &Path) -> io::Result<Marketplace> {
    let marketplace = marketplace();
    for part in ["pictures", "films"] {
        fs::create_dir_all(folder.join(part))?;
    }
    portrait::write_all(&marketplace, folder)?;
    film::write_all(folder)?;
    let text = serde_json::to_vec_pretty(&marketplace)?;
    fs::write(folder.join("marketplace.json"), text)?;
    Ok(marketplace)
}

impl Marketplace {
    /// Everybody who has a picture, or could.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        let customers = self.customers.iter();
        let staff = self.staff.iter().map(|member| &member.person);
        let talents = self.talents.iter().map(|talent| &talent.person);
        let managers = self.agencies.iter().flat_map(|agency| &agency.managers);
        customers.chain(staff).chain(talents).chain(managers)
    }
}
