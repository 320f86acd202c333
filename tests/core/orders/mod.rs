//! What customers order.

mod promotions;
