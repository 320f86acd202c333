//! Who is asking, and what they are permitted to do. The only place that knows permissions.

mod grants;
mod permission;

use std::fmt;

use time::OffsetDateTime;
use uuid::Uuid;

pub use grants::{Grant, Grants, NoPermission, Scope};
pub use permission::Permission;

/// Whoever acts: a person, an API key, the operator at the command line, or the system itself.
#[derive(Clone, Debug)]
pub struct Principal {
    /// `staff:<uuid>`, `person:<uuid>` (who is not of the staff), `key:<uuid>` (one that is nobody's), `operator` or
    /// `system`; what the audit log and idempotency keys refer to. All keys and sessions of one person are one
    /// principal.
    pub id: String,
    /// For people to read; not unique.
    pub name: String,
    /// The member of the staff, if it is one.
    pub staff: Option<Uuid>,
    /// The person who is signed in. `None`: it is no person, or one who acts by a key.
    pub signed_in: Option<SignedIn>,
    /// From when on it is no longer let in.
    pub until: Option<OffsetDateTime>,
    pub grants: Grants,
}

/// A person, and by what they are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub person: Uuid,
    pub session: Uuid,
}

impl Principal {
    /// Whoever has a shell on our machines.
    pub fn operator() -> Self {
        Self::almighty("operator")
    }

    /// The same, who says who they are: for what takes two people. Whoever has a shell is believed.
    pub fn named_operator(name: &str) -> Self {
        Self::almighty(&format!("operator:{name}"))
    }

    /// Jobs and schedules.
    pub fn system() -> Self {
        Self::almighty("system")
    }

    fn almighty(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            staff: None,
            signed_in: None,
            until: None,
            grants: Grants::everything(),
        }
    }

    /// What lasting records call it. They cannot be changed when a person wants to be forgotten, so only those of the
    /// staff have a name there; for others the id must do.
    pub fn lasting_name(&self) -> &str {
        if self.id.starts_with("person:") {
            ""
        } else {
            &self.name
        }
    }

    /// On every brand, and on what belongs to none.
    pub fn permit(&self, permission: Permission) -> Result<(), Forbidden> {
        self.permit_on(permission, &Scope::All)
    }

    /// Wherever the scope is.
    pub fn permit_on(&self, permission: Permission, scope: &Scope) -> Result<(), Forbidden> {
        let granted = self.grants.scope(permission);
        if granted.covers(scope) {
            return Ok(());
        }
        let missing = match scope {
            Scope::All if granted.is_nowhere() => None,
            Scope::All => Some(Scope::All),
            Scope::Brands(brands) => {
                let missing = brands.iter().filter(|brand| !granted.contains(brand));
                Some(Scope::Brands(missing.cloned().collect()))
            }
        };
        Err(Forbidden { permission, missing })
    }

    /// On one brand. A brand that the principal has nothing to do with is, for it, not there.
    pub fn permit_brand(&self, permission: Permission, brand: &str) -> Result<(), Denied> {
        if !self.grants.touch(brand) {
            return Err(Denied::NoBrand(brand.to_owned()));
        }
        let scope = Scope::of(Some([brand.to_owned()]));
        Ok(self.permit_on(permission, &scope)?)
    }

    /// Where it is permitted: what a list may hold.
    pub fn brands(&self, permission: Permission) -> Scope {
        self.grants.scope(permission)
    }

    /// All of these, each where it is granted: nobody hands out what they do not have.
    pub fn permit_granting(&self, grants: &Grants) -> Result<(), Forbidden> {
        let mut each = grants.iter();
        each.try_for_each(|(permission, scope)| self.permit_on(permission, scope))
    }
}

/// The principal is known, but may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    pub permission: Permission,
    /// Where it is missing. `None`: the principal has it nowhere.
    pub missing: Option<Scope>,
}

impl std::error::Error for Forbidden {}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this needs the permission {}", self.permission)?;
        match &self.missing {
            None => Ok(()),
            Some(Scope::All) => f.write_str(" on every brand"),
            Some(Scope::Brands(brands)) => {
                let names: Vec<String> = brands.iter().map(|brand| format!("`{brand}`")).collect();
                write!(f, " on {}", names.join(", "))
            }
        }
    }
}

/// Why somebody is not let near a brand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// In the words with which a brand that nobody has is refused.
    #[error("there is no brand `{0}`")]
    NoBrand(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(grants: impl IntoIterator<Item = (Permission, Scope)>) -> Principal {
        Principal {
            grants: grants.into_iter().collect(),
            ..Principal::operator()
        }
    }

    fn on(brand: &str) -> Scope {
        Scope::of(Some([brand.to_owned()]))
    }

    #[test]
    fn only_what_was_granted_is_permitted() {
        let reader = principal([(Permission::HitsRead, Scope::All)]);

        assert_eq!(reader.permit(Permission::HitsRead), Ok(()));
        assert_eq!(reader.permit_brand(Permission::HitsRead, "acme"), Ok(()));
        let refused = reader.permit(Permission::RulesRead).unwrap_err();
        assert_eq!(refused.to_string(), "this needs the permission rules.read");
        let refused = reader.permit_brand(Permission::RulesRead, "acme").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "this needs the permission rules.read on `acme`"
        );
    }

    #[test]
    fn what_is_granted_on_a_brand_is_permitted_there_only() {
        let editor = principal([
            (Permission::RulesEdit, on("acme")),
            (Permission::RulesRead, on("globex")),
        ]);

        assert_eq!(editor.permit_brand(Permission::RulesEdit, "acme"), Ok(()));
        assert_eq!(editor.brands(Permission::RulesEdit), on("acme"));
        let refused = editor.permit(Permission::RulesEdit).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "this needs the permission rules.edit on every brand"
        );
        let refused = editor.permit_brand(Permission::RulesEdit, "globex").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "this needs the permission rules.edit on `globex`"
        );
        let unseen = editor.permit_brand(Permission::RulesEdit, "initech").unwrap_err();
        assert_eq!(unseen, Denied::NoBrand("initech".to_owned()));
    }

    #[test]
    fn nobody_hands_out_what_they_do_not_have() {
        let editor = principal([(Permission::RulesEdit, on("acme"))]);
        let grants = |permission, scope| [(permission, scope)].into_iter().collect::<Grants>();

        assert_eq!(
            editor.permit_granting(&grants(Permission::RulesEdit, on("acme"))),
            Ok(())
        );
        for more in [
            grants(Permission::RulesEdit, on("globex")),
            grants(Permission::RulesEdit, Scope::All),
            grants(Permission::RulesRead, on("acme")),
        ] {
            assert!(editor.permit_granting(&more).is_err(), "{more:?}");
        }
    }
}
