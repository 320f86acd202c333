// The draft's settings, as lines that people write.

import { call, refusal } from "./lib/api";

type Parameter = { name: string; value: string };

const form = document.querySelector<HTMLFormElement>("#settings")!;
const report = form.querySelector<HTMLElement>("#settings-report")!;
const READ: Record<string, (text: string) => unknown> = {
  list: lines,
  text: (text) => text.trim() || null,
  pairs: (text) => Object.fromEntries(lines(text).map(pair)),
  systems: (text) => {
    const systems: Record<string, Parameter[]> = {};
    for (const [key, value] of lines(text).map(pair)) {
      const [system, name] = key.split(/\s+/);
      (systems[system!] ??= []).push({ name: name ?? "", value });
    }
    return systems;
  },
};

function lines(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** What stands before the first `=`, and after it. */
function pair(line: string): [string, string] {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const path = form.dataset.settings!;
  const known = await call<Record<string, unknown>>("GET", path);
  if (!known.ok) return report.replaceChildren(refusal(known.problem));
  const settings = known.body;
  const aliases = { ...(settings.aliases as object) } as Record<string, unknown>;
  for (const field of form.querySelectorAll<HTMLInputElement>("[name]")) {
    const value = (READ[field.dataset.as ?? ""] ?? ((text: string) => text.trim()))(field.value);
    const alias = field.name.split("aliases.")[1];
    if (alias) aliases[alias] = value;
    else settings[field.name] = value;
  }
  const headers = { "content-type": "application/json", "if-match": `"${form.dataset.version}"` };
  const saved = await call("PUT", path, JSON.stringify({ ...settings, aliases }), headers);
  if (saved.ok) location.assign(location.pathname);
  else report.replaceChildren(refusal(saved.problem));
});
