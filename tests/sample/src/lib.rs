//! Made-up data, the same on every machine: rule sets ([`brands()`] for development and tests, [`rules`] for benches)
//! and a [`marketplace()`] of talents, agencies and customers.
//!
//! All rule sets pass `marquee_shared::compile::check`. Hosts end in `.localhost`, which browsers and curl take to
//! this machine, and destinations in `.example`, which nobody owns.

mod brands;
mod large;
mod marketplace;
mod random;

pub use brands::brands;
pub use large::rules;
pub use marketplace::{FILMS, Marketplace, marketplace, write_marketplace};

#[cfg(test)]
mod tests;
