//! A brand as an isolate holds it: its settings with the tables they belong to, swapped in together.

use std::rc::Rc;

use marquee_shared::city::CityTable;
use marquee_shared::decide::Site;
use marquee_shared::manifest::Brand;
use marquee_shared::split;
use marquee_shared::table::Table;

#[derive(Debug)]
pub struct Installed {
    pub brand: Brand,
    pub table: Rc<Table>,
    pub city: Option<Rc<CityTable>>,
    /// Present when the brand has a canary.
    pub canary: Option<Rc<Table>>,
}

impl Installed {
    /// What decides for the visitor with this seed: the brand's table, or its canary's.
    #[must_use]
    pub fn site(&self, seed: u64) -> Site<'_> {
        let brand = &self.brand;
        let city = self.city.as_deref();
        match (&brand.canary, &self.canary) {
            (Some(canary), Some(table)) if split::in_canary(canary, seed) => Site {
                brand,
                revision: canary.revision,
                canary: true,
                table,
                city,
            },
            _ => Site {
                brand,
                revision: brand.revision,
                canary: false,
                table: &self.table,
                city,
            },
        }
    }

    /// Whether scripts of this origin may read the brand's JSON.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.brand.origins.iter().any(|known| known == origin)
    }
}
