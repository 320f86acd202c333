//! Whether all that uses a role is made after what the role may do. Terraform sees that a task names its role; that a
//! policy gives the role its rights it does not see, and makes both at once: a task that starts in between is refused
//! its image and its secrets, and `apply -target` of that task leaves the policy out altogether.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

/// What gives a role rights; after these names comes `.`.
const POLICIES: [&str; 2] = ["aws_iam_role_policy", "aws_iam_role_policy_attachment"];

/// `graph` is what `terraform graph` prints.
///
/// # Errors
/// Names each that may be made before what its role may do.
pub(super) fn check(graph: &str) -> Result<()> {
    let early = too_early(&edges(graph));
    ensure!(
        early.is_empty(),
        "these may be made before what their roles may do: give them `depends_on`.\n{}",
        early.join("\n")
    );
    Ok(())
}

type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// `"from" -> "to";`: what each is made of or waits for.
fn edges(graph: &str) -> Edges<'_> {
    let mut edges = Edges::new();
    for line in graph.lines() {
        let mut quoted = line.split('"').skip(1).step_by(2);
        if let (true, Some(from), Some(to)) = (line.contains("\" -> \""), quoted.next(), quoted.next()) {
            edges.entry(from).or_default().insert(to);
            edges.entry(to).or_default();
        }
    }
    edges
}

fn too_early(edges: &Edges<'_>) -> Vec<String> {
    let before: BTreeMap<_, _> = edges.keys().map(|node| (*node, reached(edges, node))).collect();
    let roles = || edges.keys().filter(|node| kind(node) == "aws_iam_role");
    let mut early = Vec::new();
    for (user, before_user) in before
        .iter()
        .filter(|(node, _)| !kind(node).starts_with("aws_iam_"))
    {
        for role in roles().filter(|role| before_user.contains(*role) && module(role) == module(user)) {
            let policies = before.iter().filter(|(node, before_policy)| {
                POLICIES.contains(&kind(node)) && before_policy.contains(role) && module(node) == module(role)
            });
            let missing = policies.filter(|(policy, before_policy)| {
                !before_user.contains(*policy) && !before_policy.contains(user)
            });
            early.extend(missing.map(|(policy, _)| format!("{user}: {policy}")));
        }
    }
    early
}

/// All that is made before `node`.
fn reached<'a>(edges: &Edges<'a>, node: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> = edges.get(node).into_iter().flatten().copied().collect();
    while let Some(one) = next.pop() {
        if found.insert(one) {
            next.extend(edges.get(one).into_iter().flatten());
        }
    }
    found
}

/// `aws_iam_role` of `module.core.aws_iam_role.start`.
fn kind(node: &str) -> &str {
    let mut parts = node.rsplit('.');
    parts.next();
    parts.next().unwrap_or_default()
}

/// `module.core.` of the same; nothing for what is at the root.
fn module(node: &str) -> &str {
    let own = node.rsplit('.').take(2).map(str::len).sum::<usize>() + 1;
    node.get(..node.len().saturating_sub(own)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = r#"
        "module.core.aws_ecs_task_definition.this" -> "module.core.aws_iam_role.start";
        "module.core.aws_iam_role_policy.start" -> "module.core.aws_iam_role.start";
        "module.core.aws_ecs_service.this" -> "module.core.aws_ecs_task_definition.this";
    "#;

    #[test]
    fn a_task_that_does_not_wait_for_the_rights_of_its_role_is_found() {
        let said = check(TASK).map_err(|error| error.to_string()).unwrap_err();
        for user in ["aws_ecs_task_definition.this", "aws_ecs_service.this"] {
            let line = format!("module.core.{user}: module.core.aws_iam_role_policy.start");
            assert!(said.contains(&line), "{said}");
        }
    }

    #[test]
    fn one_that_waits_and_those_that_wait_for_it_pass() {
        let waits =
            r#""module.core.aws_ecs_task_definition.this" -> "module.core.aws_iam_role_policy.start";"#;
        check(&format!("{TASK}{waits}\n")).unwrap();
    }

    #[test]
    fn what_the_policy_itself_is_about_need_not_wait_for_it() {
        check(
            r#"
            "aws_sqs_queue.dead" -> "aws_iam_role.rules";
            "aws_iam_role_policy.rules" -> "aws_iam_role.rules";
            "aws_iam_role_policy.rules" -> "aws_sqs_queue.dead";
        "#,
        )
        .unwrap();
    }
}
