//! What the edge and the core must agree on, and nothing else: ZIP codes and states, the rule model, the
//! compiled table and its reader, destinations, splits, the decision, the signed manifest and the hit.
//!
//! No I/O, no clock, no randomness and no async: time, seeds and bytes come in as arguments, so native code
//! and the Worker decide alike for every input. The reading half is panic-free by lint; everything an
//! isolate does not need (the owned rule model, the compiler, the signer) is behind the feature `compile`.
#![cfg_attr(
    not(test),
    deny(
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used
    )
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

pub mod city;
pub mod code;
#[cfg(feature = "compile")]
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "native, on checked input"
)]
pub mod compile;
pub mod decide;
pub mod destination;
pub mod hit;
pub mod language;
pub mod manifest;
#[cfg(feature = "compile")]
pub mod rules;
pub mod split;
pub mod table;
pub mod template;
pub mod zip;
