// Decides requests by the engine compiled to wasm, for the bench that started this process.
// Arguments: the folder of the module, a table, requests as JSON, requests per batch. See `marquee-bench-zen`.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [folder, table, requests, batch] = process.argv.slice(2);
const { Engine } = createRequire(import.meta.url)(`${folder}/engine.js`);
const text = readFileSync(requests, "utf8");
const engine = new Engine(readFileSync(table), text);
const count = JSON.parse(text).length;
const size = Number(batch);
// Wasm cannot know that this is constant.
const nothing = 0;

function round() {
  const samples = [];
  for (let first = 0; first + size <= count; first += size) {
    const started = process.hrtime.bigint();
    engine.resolve(first, size, nothing);
    samples.push(Number(process.hrtime.bigint() - started) / size);
  }
  return samples;
}

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
say({ version: process.version });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "answers") say([...engine.answers(0, count)].map((rule) => rule || null));
  else if (line === "round") say(round());
  else throw new Error(`"${line}" is neither "answers" nor "round"`);
}
