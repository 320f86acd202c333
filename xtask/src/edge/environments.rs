//! The environments of wrangler.toml, as they would be deployed. wrangler says so without an account.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::checkout::Checkout;
use crate::command;
use crate::progress::Progress;

/// What a Worker that is deployed has, and what it must not have, as wrangler prints its bindings.
struct Environment {
    name: &'static str,
    has: &'static [&'static str],
    lacks: &'static [&'static str],
}

/// Who answers visitors holds no key of AWS's; who hands on hits cannot read rules.
const ENVIRONMENTS: [Environment; 4] = [
    answers(
        "staging",
        &[
            "env.RULES (",
            "env.HITS (marquee-hits-staging)",
            "env.ENVIRONMENT (\"staging\")",
        ],
    ),
    forwards(
        "staging-logs",
        &["env.ENVIRONMENT (\"staging\")", "env.AWS_REGION ("],
    ),
    answers(
        "production",
        &[
            "env.RULES (",
            "env.HITS (marquee-hits-production)",
            "env.ENVIRONMENT (\"production\")",
        ],
    ),
    forwards(
        "production-logs",
        &["env.ENVIRONMENT (\"production\")", "env.AWS_REGION ("],
    ),
];

const fn answers(name: &'static str, has: &'static [&'static str]) -> Environment {
    let lacks = &["env.AWS_", "env.SQS_QUEUE_URL", "env.MANIFEST_KEYS", "local"];
    Environment { name, has, lacks }
}

const fn forwards(name: &'static str, has: &'static [&'static str]) -> Environment {
    let lacks = &["env.RULES", "env.HITS", "env.AWS_SECRET_ACCESS_KEY", "local"];
    Environment { name, has, lacks }
}

/// # Errors
/// When wrangler refuses an environment, or one has other bindings than it should.
pub(crate) fn check(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    super::build(checkout, progress)?;
    progress.step("look at the Worker's environments", |_| {
        ENVIRONMENTS
            .iter()
            .try_for_each(|environment| environment.check(&would_deploy(checkout, environment.name)?))
    })
}

/// What wrangler prints of an environment that it does not deploy.
fn would_deploy(checkout: &Checkout, environment: &str) -> Result<String> {
    let mut wrangler = Command::new(checkout.npm_bin("wrangler"));
    wrangler
        .args(["deploy", "--dry-run", "--env", environment, "--outdir"])
        .arg(checkout.target.join("edge-environments").join(environment))
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_HIDE_BANNER", "true")
        .env("WRANGLER_LOG_PATH", checkout.local().join("logs/wrangler"))
        .current_dir(&checkout.root);
    command::capture(&mut wrangler).with_context(|| format!("the environment {environment} of wrangler.toml"))
}

impl Environment {
    fn check(&self, printed: &str) -> Result<()> {
        let (_, bindings) = printed
            .split_once("has access to the following bindings:")
            .with_context(|| format!("wrangler names no bindings of {}:\n{printed}", self.name))?;
        for binding in self.has {
            ensure!(
                bindings.contains(binding),
                "{} lacks `{binding}`:{bindings}",
                self.name
            );
        }
        for binding in self.lacks {
            ensure!(
                !bindings.contains(binding),
                "{} must not have `{binding}`:{bindings}",
                self.name
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "Your Worker has access to the following bindings:\nBinding  Resource\n\
        env.RULES (0000)  KV Namespace\nenv.HITS (marquee-hits-staging)  Queue\nenv.ENVIRONMENT (\"staging\")\n";

    #[test]
    fn who_answers_visitors_holds_no_key_of_aws() {
        let [staging, ..] = &ENVIRONMENTS;
        assert!(staging.check(PRINTED).is_ok());
        let error = staging
            .check(&format!("{PRINTED}env.AWS_ACCESS_KEY_ID (\"x\")\n"))
            .unwrap_err();
        assert!(error.to_string().contains("must not have `env.AWS_`"), "{error}");
        let error = staging
            .check(&PRINTED.replace("-staging", "-production"))
            .unwrap_err();
        assert!(error.to_string().contains("staging lacks `env.HITS"), "{error}");
    }
}
