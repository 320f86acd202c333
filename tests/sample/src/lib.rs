//! Made-up rule sets, the same on every machine: [`brands()`] for development and tests, [`rules`] for benches.
//!
//! All of them pass `marquee_shared::compile::check`. Hosts end in `.localhost`, which browsers and curl take to
//! this machine, and destinations in `.example`, which nobody owns.

mod brands;
mod large;
mod random;

pub use brands::brands;
pub use large::rules;

#[cfg(test)]
mod tests;
