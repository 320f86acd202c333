use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Permission;

/// Where something is permitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// On every brand, and on what belongs to none.
    All,
    /// On these, by code; on none if there are none.
    Brands(BTreeSet<String>),
}

impl Scope {
    pub fn nowhere() -> Self {
        Self::Brands(BTreeSet::new())
    }

    /// `None`: everywhere.
    pub fn of(brands: Option<impl IntoIterator<Item = String>>) -> Self {
        brands.map_or(Self::All, |brands| Self::Brands(brands.into_iter().collect()))
    }

    /// The brands' codes, in order. `None`: all there are.
    pub fn codes(&self) -> Option<Vec<String>> {
        match self {
            Self::All => None,
            Self::Brands(brands) => Some(brands.iter().cloned().collect()),
        }
    }

    pub fn is_nowhere(&self) -> bool {
        *self == Self::nowhere()
    }

    pub fn contains(&self, brand: &str) -> bool {
        match self {
            Self::All => true,
            Self::Brands(brands) => brands.contains(brand),
        }
    }

    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Brands(_), Self::All) => false,
            (Self::Brands(mine), Self::Brands(theirs)) => mine.is_superset(theirs),
        }
    }

    /// Where both are.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, scope) | (scope, Self::All) => scope.clone(),
            (Self::Brands(mine), Self::Brands(theirs)) => Self::Brands(mine & theirs),
        }
    }

    /// Where this is and the other is not.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        match (self, other) {
            (_, Self::All) => Self::nowhere(),
            (Self::All, Self::Brands(_)) => Self::All,
            (Self::Brands(mine), Self::Brands(theirs)) => Self::Brands(mine - theirs),
        }
    }

    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Brands(mine), Self::Brands(theirs)) => Self::Brands(&mine | &theirs),
            _ => Self::All,
        }
    }
}

/// One permission, as the API and the command line tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    #[schema(example = "rules.edit")]
    pub permission: Permission,
    /// Codes of brands. `null`: every brand, those to come and what belongs to none, such as jobs, too.
    #[schema(example = json!(["acme"]))]
    pub brands: Option<Vec<String>>,
}

/// `rules.edit`, or `rules.edit@acme,globex`.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.brands {
            None => write!(f, "{}", self.permission),
            Some(brands) => write!(f, "{}@{}", self.permission, brands.join(",")),
        }
    }
}

/// No [`Grant`] is written so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no permission `{0}`; there are {known}", known = Permission::ALL.map(Permission::name).join(", "))]
pub struct NoPermission(String);

impl FromStr for Grant {
    type Err = NoPermission;

    fn from_str(text: &str) -> Result<Self, NoPermission> {
        let (name, brands) = match text.split_once('@') {
            Some((name, brands)) => (name, Some(brands.split(',').map(str::to_owned).collect())),
            None => (text, None),
        };
        let permission = Permission::parse(name).ok_or_else(|| NoPermission(name.to_owned()))?;
        Ok(Self { permission, brands })
    }
}

/// What somebody may do, and where. Nothing, unless said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(BTreeMap<Permission, Scope>);

impl Grants {
    pub fn everything() -> Self {
        Permission::ALL
            .into_iter()
            .map(|permission| (permission, Scope::All))
            .collect()
    }

    pub fn scope(&self, permission: Permission) -> Scope {
        self.0.get(&permission).cloned().unwrap_or_else(Scope::nowhere)
    }

    /// Whether anything at all is permitted on the brand.
    pub fn touch(&self, brand: &str) -> bool {
        self.0.values().any(|scope| scope.contains(brand))
    }

    /// What both permit.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        self.iter()
            .map(|(permission, scope)| (permission, scope.meet(&other.scope(permission))))
            .collect()
    }

    /// What this permits and the other does not.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Self {
        self.iter()
            .map(|(permission, scope)| (permission, scope.beyond(&other.scope(permission))))
            .collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Permission, &Scope)> {
        self.0.iter().map(|(permission, scope)| (*permission, scope))
    }

    pub fn list(&self) -> Vec<Grant> {
        let grants = self.iter().map(|(permission, scope)| Grant {
            permission,
            brands: scope.codes(),
        });
        grants.collect()
    }
}

/// One permission said twice holds in both places.
impl FromIterator<(Permission, Scope)> for Grants {
    fn from_iter<T: IntoIterator<Item = (Permission, Scope)>>(grants: T) -> Self {
        let mut all = Self::default();
        for (permission, scope) in grants {
            let joined = all.scope(permission).join(scope);
            if !joined.is_nowhere() {
                all.0.insert(permission, joined);
            }
        }
        all
    }
}

impl FromIterator<Grant> for Grants {
    fn from_iter<T: IntoIterator<Item = Grant>>(grants: T) -> Self {
        let scoped = |grant: Grant| (grant.permission, Scope::of(grant.brands));
        grants.into_iter().map(scoped).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Permission::{HitsRead, RulesEdit, RulesRead};
    use super::*;

    fn on(brands: &[&str]) -> Scope {
        Scope::of(Some(brands.iter().map(ToString::to_string)))
    }

    #[test]
    fn everywhere_covers_everything_and_only_it_covers_everywhere() {
        assert!(Scope::All.covers(&Scope::All) && Scope::All.covers(&on(&["a"])));
        assert!(!on(&["a", "b"]).covers(&Scope::All));
        assert!(on(&["a", "b"]).covers(&on(&["b"])) && !on(&["a"]).covers(&on(&["a", "b"])));
        assert!(!Scope::nowhere().contains("a") && Scope::All.contains("a"));
    }

    #[test]
    fn two_sets_of_grants_meet_in_what_both_have() {
        let key: Grants = [
            (RulesRead, Scope::All),
            (RulesEdit, on(&["a", "b"])),
            (HitsRead, on(&["a"])),
        ]
        .into_iter()
        .collect();
        let owner: Grants = [
            (RulesRead, on(&["c"])),
            (RulesEdit, on(&["b", "c"])),
            (HitsRead, on(&["b"])),
        ]
        .into_iter()
        .collect();

        let both: Grants = [(RulesRead, on(&["c"])), (RulesEdit, on(&["b"]))]
            .into_iter()
            .collect();
        assert_eq!((key.meet(&owner), owner.meet(&key)), (both.clone(), both));
        assert_eq!(key.meet(&Grants::default()), Grants::default());
        assert_eq!(key.meet(&Grants::everything()), key);
    }

    #[test]
    fn what_is_beyond_others_is_what_must_be_granted_anew() {
        let had: Grants = [(RulesRead, Scope::All), (RulesEdit, on(&["a"]))]
            .into_iter()
            .collect();
        let wanted: Grants = [
            (RulesRead, on(&["a"])),
            (RulesEdit, on(&["a", "b"])),
            (HitsRead, Scope::All),
        ]
        .into_iter()
        .collect();

        let new: Grants = [(RulesEdit, on(&["b"])), (HitsRead, Scope::All)]
            .into_iter()
            .collect();
        assert_eq!(wanted.beyond(&had), new);
        assert_eq!(
            had.beyond(&wanted).scope(RulesRead),
            Scope::All,
            "all but one brand is all of them"
        );
    }

    #[test]
    fn a_permission_said_twice_holds_in_both_places() {
        let grants: Grants = [
            (RulesEdit, on(&["a"])),
            (RulesEdit, on(&["b"])),
            (RulesRead, on(&["a"])),
        ]
        .into_iter()
        .collect();
        assert_eq!(grants.scope(RulesEdit), on(&["a", "b"]));
        assert!(grants.touch("b") && !grants.touch("c"));

        let shown: Vec<String> = grants.list().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["rules.read@a", "rules.edit@a,b"]);
        assert_eq!(grants.list().into_iter().collect::<Grants>(), grants);
        let read: Result<Grants, _> = shown.iter().map(|text| text.parse::<Grant>()).collect();
        assert_eq!(read, Ok(grants));
        assert!(
            "rules@a"
                .parse::<Grant>()
                .unwrap_err()
                .to_string()
                .contains("rules.edit")
        );
    }
}
