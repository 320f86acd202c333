//! Private SQL, on the caller's connection.

mod promotions;

pub(super) use promotions::{
    Inserted, Locked, Promotion, claim, forget_customer, insert_promotion, lock_promotion, redeem, release,
    retire_promotion, update_promotion, uses_of_customer,
};
