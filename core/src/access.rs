//! Who is asking, and what they are permitted to do. The only place that knows permissions.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that a principal may be permitted to do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Permission {
    /// See brands, drafts, revisions and what is live.
    RulesRead,
    /// Change brands and drafts.
    RulesWrite,
    /// Decide what is live: publish, promote, abort, roll back.
    RulesPublish,
    /// See hits and lost ZIPs.
    HitsRead,
    /// Make, list and revoke API keys.
    KeysManage,
    /// See, retry and discard jobs.
    JobsManage,
    /// Read the audit log.
    AuditRead,
}

impl Permission {
    pub const ALL: [Self; 7] = [
        Self::RulesRead,
        Self::RulesWrite,
        Self::RulesPublish,
        Self::HitsRead,
        Self::KeysManage,
        Self::JobsManage,
        Self::AuditRead,
    ];

    /// As written in the API, the CLI and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::RulesRead => "rules_read",
            Self::RulesWrite => "rules_write",
            Self::RulesPublish => "rules_publish",
            Self::HitsRead => "hits_read",
            Self::KeysManage => "keys_manage",
            Self::JobsManage => "jobs_manage",
            Self::AuditRead => "audit_read",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whoever acts: an API key, the operator at the command line, or the system itself.
#[derive(Clone, Debug)]
pub struct Principal {
    /// `key:<uuid>`, `operator` or `system`; what the audit log and idempotency keys refer to.
    pub id: String,
    /// For people to read; not unique.
    pub name: String,
    pub permissions: Vec<Permission>,
}

impl Principal {
    /// Whoever has a shell on our machines.
    pub fn operator() -> Self {
        Self {
            id: "operator".into(),
            name: "operator".into(),
            permissions: Permission::ALL.to_vec(),
        }
    }

    /// Jobs and schedules.
    pub fn system() -> Self {
        Self {
            id: "system".into(),
            name: "system".into(),
            permissions: Permission::ALL.to_vec(),
        }
    }

    pub fn permit(&self, permission: Permission) -> Result<(), Forbidden> {
        if self.permissions.contains(&permission) {
            Ok(())
        } else {
            Err(Forbidden(permission))
        }
    }
}

/// The principal is known, but may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this needs the permission {0}")]
pub struct Forbidden(pub Permission);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_reads_back_from_its_name() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(permission));
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.name());
        }
        assert_eq!(Permission::parse("everything"), None);
    }

    #[test]
    fn only_what_was_granted_is_permitted() {
        let principal = Principal {
            permissions: vec![Permission::HitsRead],
            ..Principal::operator()
        };

        assert_eq!(principal.permit(Permission::HitsRead), Ok(()));
        assert_eq!(
            principal.permit(Permission::RulesRead),
            Err(Forbidden(Permission::RulesRead))
        );
    }
}
