// Hits that the log Worker gave up: they wait in Cloudflare's queue of dead letters for two weeks, where no alarm of AWS's
// sees them.
//
//   node deploy/dead-hits.mjs check ENVIRONMENT     fails when there are any; for a clock to run
//   node deploy/dead-hits.mjs redrive ENVIRONMENT   has the log Worker try them again, and waits until none is left
//
// First mend why it gave them up (its log says: the key, the queue of SQS), since what it gives up again is gone. Asks
// Cloudflare by CLOUDFLARE_API_TOKEN (Queues: edit; to check, read) of CLOUDFLARE_ACCOUNT_ID. WAIT_MINUTES says how long it
// waits (30), PAUSE_SECONDS how often it asks (10).
//
// Exit codes: 1, there are some, or Cloudflare did not answer; 64, asked wrongly.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const { CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID, WAIT_MINUTES = "30", PAUSE_SECONDS = "10" } = process.env;
const API = process.env.CLOUDFLARE_API_BASE_URL ?? "https://api.cloudflare.com/client/v4";
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WRANGLER = process.env.WRANGLER ?? `${ROOT}node_modules/.bin/wrangler`;

/** Thrown, so that whoever began something ends it first. */
class Failure extends Error {
  constructor(message, code = 1) {
    super(message);
    this.code = code;
  }
}

function fail(message, code) {
  throw new Failure(message, code);
}

async function ask(path) {
  const url = `${API}/accounts/${CLOUDFLARE_ACCOUNT_ID}${path}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${CLOUDFLARE_API_TOKEN}` } }).catch((error) =>
    fail(`${API} cannot be reached: ${error.cause?.message ?? error.message}`),
  );
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok || !body.success) {
    const said = (body.errors ?? []).map((error) => error.message).join("; ");
    fail(`Cloudflare answers ${answer.status} ${said}: may the token see queues of this account?`);
  }
  return body.result;
}

async function backlog(name) {
  const queue = (await ask(`/queues?name=${name}`)).find((one) => one.queue_name === name);
  if (!queue) {
    fail(`there is no queue ${name}: is terraform/modules/edge applied?`);
  }
  const { backlog_count: count } = await ask(`/queues/${queue.queue_id}/metrics`);
  if (typeof count !== "number") {
    fail(`Cloudflare does not say how many messages are in ${name}`);
  }
  return count;
}

async function check(name, environment) {
  const count = await backlog(name);
  if (count > 0) {
    fail(`${count} messages of hits were given up: mend why, then node deploy/dead-hits.mjs redrive ${environment}`);
  }
  console.log(`${name} is empty`);
}

async function redrive(name, environment) {
  const worker = `marquee-edge-${environment}-logs`;
  const wrangler = (...args) => execFileSync(WRANGLER, ["queues", "consumer", "worker", ...args], { cwd: ROOT, stdio: "inherit" });
  const until = Date.now() + Number(WAIT_MINUTES) * 60_000;
  if ((await backlog(name)) === 0) {
    console.log(`${name} is empty`);
    return;
  }
  wrangler("add", name, worker, "--batch-size", "100", "--batch-timeout", "5", "--message-retries", "100");
  let left;
  try {
    while ((left = await backlog(name)) > 0 && Date.now() < until) {
      console.error(`${left} are left`);
      await new Promise((resolve) => setTimeout(resolve, Number(PAUSE_SECONDS) * 1000));
    }
  } finally {
    // Else what is given up from now on would be tried at once, again and again, and then be gone.
    wrangler("remove", name, worker);
  }
  if (left > 0) {
    fail(`${left} are left after ${WAIT_MINUTES} minutes, and wait: does the log Worker reach SQS?`);
  }
  console.log(`${name} is empty: the log Worker has handed all on`);
}

async function main([command, environment]) {
  if (command === "--help") {
    const head = readFileSync(fileURLToPath(import.meta.url), "utf8").split("\n\n")[0];
    console.log(head.replaceAll(/^\/\/ ?/gm, ""));
    return;
  }
  const commands = { check, redrive };
  if (!Object.hasOwn(commands, command ?? "") || !["staging", "production"].includes(environment)) {
    fail("say what and where: node deploy/dead-hits.mjs check|redrive staging|production", 64);
  }
  if (!CLOUDFLARE_API_TOKEN || !CLOUDFLARE_ACCOUNT_ID) {
    fail("set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID", 64);
  }
  await commands[command](`marquee-hits-${environment}-dead`, environment);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = error.code;
}
