// The file that says what runs: terraform/envs/ENVIRONMENT/release.json.
//
//   node deploy/release.mjs write ENVIRONMENT name=value…   all of its fields, in a file that CI can check
//   node deploy/release.mjs set ENVIRONMENT name=value…     some of its fields; the others stay
//   node deploy/release.mjs check ENVIRONMENT               fails on one that names nothing real, or that any version of a
//                                                           provider could deploy
//   node deploy/release.mjs get ENVIRONMENT                 its fields as name=value, a line each, and `build`

import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** As modules/environment checks them again. */
const FIELDS = {
  version: /^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$/,
  git_sha: /^[0-9a-f]{40}$/,
  image: /^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)+$/,
  image_digest: /^sha256:[0-9a-f]{64}$/,
  worker_version: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  log_worker_version: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

function check(release) {
  for (const [name, shape] of Object.entries(FIELDS)) {
    const value = release[name];
    if (typeof value !== "string" || !shape.test(value)) {
      fail(`${name} is \`${value}\`, and should look like ${shape}`);
    }
    if (/^[^1-9a-f]*$/.test(value.replace(/^sha256:/, ""))) {
      fail(`${name} is all zeros: nothing was released to this environment yet`);
    }
  }
  const more = Object.keys(release).filter((name) => !(name in FIELDS));
  if (more.length > 0) {
    fail(`there is no field ${more.join(", ")}`);
  }
}

/** Without it each run takes the newest providers that fit. */
function checkLock(environment) {
  if (!existsSync(new URL(`../terraform/envs/${environment}/.terraform.lock.hcl`, import.meta.url))) {
    fail(
      `terraform/envs/${environment}/.terraform.lock.hcl is missing: there, run \`terraform providers lock ` +
        "-platform=linux_amd64 -platform=darwin_arm64`, and commit what it writes (terraform/README.md)",
    );
  }
}

const [command, environment, ...pairs] = process.argv.slice(2);
if (!["staging", "production"].includes(environment)) {
  fail(`there is no environment \`${environment}\`: there are staging and production`);
}
const file = new URL(`../terraform/envs/${environment}/release.json`, import.meta.url);
const read = () => JSON.parse(readFileSync(file, "utf8"));

const given = Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));

function write(release) {
  check(release);
  const ordered = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, release[name]]));
  writeFileSync(file, `${JSON.stringify(ordered, null, 2)}\n`);
}

switch (command) {
  case "write":
    write(given);
    break;
  case "set":
    write({ ...read(), ...given });
    break;
  case "check":
    check(read());
    checkLock(environment);
    break;
  case "get": {
    const release = read();
    check(release);
    checkLock(environment);
    const build = `${release.version}+${release.git_sha.slice(0, 12)}`;
    for (const [name, value] of Object.entries({ ...release, build })) {
      console.log(`${name}=${value}`);
    }
    break;
  }
  default:
    fail(`there is no command \`${command}\`: there are write, set, check and get`);
}
