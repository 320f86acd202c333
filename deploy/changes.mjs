// What a plan of Terraform changes: shown before anybody approves it, and held to when it is applied.
//
//   node deploy/changes.mjs list PLAN           `ACTIONS ADDRESS` of each change, a line each
//   node deploy/changes.mjs within SHOWN PLAN   fails where PLAN changes what the list in the file SHOWN has not
//
// PLAN is a file of what `terraform show -json` prints of a plan.

import { readFileSync } from "node:fs";

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

/** What is looked up, and what stays as it is, is no change. */
function changes(file) {
  const plan = JSON.parse(readFileSync(file, "utf8"));
  if (typeof plan.format_version !== "string") {
    fail(`${file} is no plan that \`terraform show -json\` printed`);
  }
  return (plan.resource_changes ?? [])
    .map(({ address, change }) => ({ address, actions: change.actions.join("+") }))
    .filter(({ actions }) => actions !== "no-op" && actions !== "read")
    .map(({ address, actions }) => `${actions} ${address}`)
    .sort();
}

const [command, ...files] = process.argv.slice(2);
switch (`${command}/${files.length}`) {
  case "list/1":
    process.stdout.write(changes(files[0]).map((line) => `${line}\n`).join(""));
    break;
  case "within/2": {
    const shown = new Set(readFileSync(files[0], "utf8").split("\n"));
    const more = changes(files[1]).filter((line) => !shown.has(line));
    if (more.length > 0) {
      fail(`this is not what was approved; run Deploy again, and look at its plan:\n${more.join("\n")}`);
    }
    break;
  }
  default:
    fail("asked wrongly; see the head of deploy/changes.mjs");
}
