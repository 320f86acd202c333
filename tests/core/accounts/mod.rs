mod keys;
mod owned_keys;
mod permissions;
mod staff;

use axum::http::StatusCode;
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::{Value, json};

/// Grants of these permissions, on these brands or (`None`) everywhere.
pub(crate) fn grants(permissions: &[Permission], brands: Option<&[&str]>) -> Value {
    let grant = |permission: &Permission| json!({ "permission": permission, "brands": brands });
    permissions.iter().map(grant).collect()
}

/// A person with these grants; their id.
pub(crate) async fn staff_member(app: &TestApp, email: &str, grants: Value) -> String {
    let name = email.split('@').next().unwrap();
    let body = json!({ "email": email, "name": name, "grants": grants });
    let (status, staff) = app.post("/v1/staff", body).await;
    assert_eq!(status, StatusCode::CREATED, "{staff}");
    staff["id"].as_str().unwrap().to_owned()
}

/// A key of that person, for all brands; its token.
pub(crate) async fn staff_key(app: &TestApp, staff: &str, permissions: &[Permission]) -> String {
    let body = json!({ "name": "laptop", "permissions": permissions, "staff_id": staff });
    let (status, key) = app.post("/v1/keys", body).await;
    assert_eq!(status, StatusCode::CREATED, "{key}");
    key["token"].as_str().unwrap().to_owned()
}
