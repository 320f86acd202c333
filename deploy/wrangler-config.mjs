// What wrangler is told of an environment that Terraform made.
//
//   node deploy/wrangler-config.mjs ENVIRONMENT SETTINGS   wrangler.toml with the environment's namespace in it. What is
//                                                          uploaded was built before: wrangler is not told to build it
//   node deploy/wrangler-config.mjs --vars SETTINGS        NAME:VALUE of the Worker that answers visitors, a line each
//   node deploy/wrangler-config.mjs --log-vars SETTINGS    and of the one that hands on hits

import { readFileSync } from "node:fs";

const [what, file] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, "utf8"));

/** Those that are empty are left out: the Worker has its own idea of what is not set. */
function lines(vars) {
  return Object.entries(vars ?? {})
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}:${value}\n`)
    .join("");
}

function config(environment, namespace) {
  if (!/^[0-9a-f]{32}$/.test(namespace ?? "")) {
    throw new Error(`${file} names no namespace of KV: is it what \`terraform output -json worker\` printed?`);
  }
  const toml = readFileSync("wrangler.toml", "utf8").replace(/^\[build\]\n(?:.+\n)*\n/m, "");
  const head = `[[env.${environment}.kv_namespaces]]\nbinding = "RULES"\nid = "`;
  const at = toml.indexOf(head);
  if (at < 0) {
    throw new Error(`wrangler.toml has no RULES of the environment ${environment}`);
  }
  const before = toml.slice(0, at + head.length);
  return `# Made by deploy/wrangler-config.mjs.\n${before}${namespace}${toml.slice(before.length + 32)}`;
}

if (what === "--vars") {
  process.stdout.write(lines(settings.vars));
} else if (what === "--log-vars") {
  process.stdout.write(lines(settings.log_vars));
} else {
  process.stdout.write(config(what, settings.kv_namespace_id));
}
