mod link;
mod password;
mod token;
mod totp;

pub(super) use link::Purpose;
pub use password::Weak;
pub(super) use password::{NewPassword, is_password};
pub use token::{Kind, Token};
pub(super) use totp::{SecondFactor, recovery_codes, recovery_sha256};

use marquee_shared::code::is_code;
use serde::Deserialize;
use uuid::Uuid;

use super::Error;
use crate::access::{Forbidden, Grant, Grants, Permission, Principal, Scope};

/// A grant as a row: one permission, on one brand or (`None`) on all.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GrantRow {
    permission: String,
    brand: Option<String>,
}

/// A permission that this version no longer knows grants nothing.
pub(super) fn grants(rows: &[GrantRow]) -> Grants {
    let known = rows.iter().filter_map(|row| {
        let scope = Scope::of(row.brand.clone().map(|brand| [brand]));
        Some((Permission::parse(&row.permission)?, scope))
    });
    known.collect()
}

/// What a key itself permits: all its permissions, on all its brands.
pub(super) fn key_grants(permissions: &[String], brands: Option<Vec<String>>) -> Grants {
    let scope = Scope::of(brands);
    let known = permissions.iter().filter_map(|name| Permission::parse(name));
    known.map(|permission| (permission, scope.clone())).collect()
}

/// Grants that somebody asks for, if they make sense. Whether a brand exists is not asked: its staff may come
/// first.
pub(super) fn checked(grants: Vec<Grant>) -> Result<Grants, Error> {
    for grant in &grants {
        checked_brands(grant.brands.as_deref())?;
    }
    Ok(grants.into_iter().collect())
}

/// Codes of brands, and at least one if any are to be named.
pub(super) fn checked_brands(brands: Option<&[String]>) -> Result<(), Error> {
    match brands {
        Some([]) => Err(Error::NoBrands),
        Some(brands) => match brands.iter().find(|brand| !is_code(brand)) {
            Some(brand) => Err(Error::NotACode(brand.clone())),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// Whose keys the principal may see and manage: everybody's (`None`), or a person's own.
pub(super) fn whose(by: &Principal) -> Result<Option<Uuid>, Forbidden> {
    match (by.permit(Permission::KeysManage), by.staff) {
        (Ok(()), _) => Ok(None),
        (Err(_), Some(own)) => Ok(Some(own)),
        (Err(forbidden), None) => Err(forbidden),
    }
}
