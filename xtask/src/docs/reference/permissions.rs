//! Each permission, and what it opens.

use std::collections::BTreeMap;

use serde_json::Value;

use super::operation::Operation;

pub(super) fn page(document: &Value, tags: &BTreeMap<&str, Vec<Operation<'_>>>) -> String {
    let mut opened: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let known = document["components"]["schemas"]["Permission"]["enum"].as_array();
    for permission in known.into_iter().flatten().filter_map(Value::as_str) {
        opened.entry(permission).or_default();
    }
    for (tag, operations) in tags {
        for operation in operations {
            for permission in operation.permissions() {
                let link = format!("[{}](api-{tag}.md#{})", operation.title(), operation.anchor());
                opened.entry(permission).or_default().push(link);
            }
        }
    }
    let rows: String = opened
        .iter()
        .map(|(permission, routes)| format!("| `{permission}` | {} |\n", routes.join(", ")))
        .collect();
    format!(
        "What a member of the staff, or an API key, may be granted: everywhere, or, where the route names a brand, on one \
         brand (`rules.edit@acme`). Made of the API's document, so it is what the program enforces.\n\n\
         | permission | opens |\n|---|---|\n{rows}\n"
    )
}
