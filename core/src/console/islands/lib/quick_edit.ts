import { button, call, element, refusal } from "./api";

interface Rule { enabled: boolean; priority: number; target?: { variants: { url: string }[] } }
interface RuleView { version: number; rule: Rule; findings: { pointer: string; detail: string }[] }
type Patch = (rule: Rule, value: string) => Partial<Rule>;

const EDITS: Record<string, { label: string; type: string; patch: Patch; value: (rule: Rule) => string }> = {
  priority: {
    label: "Priority", type: "number",
    value: (rule) => String(rule.priority),
    patch: (_, value) => ({ priority: Number(value) }),
  },
  url: {
    label: "Destination", type: "text",
    value: (rule) => rule.target?.variants[0]?.url ?? "",
    patch: ({ target }, url) => ({ target: { ...target!, variants: target!.variants.map((variant) => ({ ...variant, url })) } }),
  },
};

/** Enable, priority and destination where they stand. What another changed meanwhile is not overwritten. */
export function quickEdits(rules: HTMLElement): void {
  for (const cell of rules.querySelectorAll<HTMLElement>("[data-edit]")) {
    const number = cell.closest<HTMLElement>("[data-rule]")!.dataset.rule!;
    const path = `${rules.dataset.rules}/${number}`;
    const what = cell.dataset.edit!;
    if (what === "enabled") {
      const isOn = !cell.closest("tr")!.classList.contains("off");
      cell.append(" ", named(button(isOn ? "Disable" : "Enable", "link small", () => save(cell, path, () => ({ enabled: !isOn }))), number));
    } else {
      cell.append(" ", named(button("Edit", "link small", () => open(cell, path, what)), `${what} of rule ${number}`));
    }
  }
}

function named(made: HTMLButtonElement, of: string): HTMLButtonElement {
  made.setAttribute("aria-label", `${made.textContent} ${of}`);
  return made;
}

async function open(cell: HTMLElement, path: string, what: string): Promise<void> {
  const edit = EDITS[what];
  const found = await call<RuleView>("GET", path);
  if (!edit || !found.ok) return fail(cell, refusal(found.problem));
  const before = [...cell.childNodes];
  const input = element("input", { type: edit.type, "aria-label": edit.label, value: edit.value(found.body.rule) });
  const form = element("form", { class: "quick" }, input, element("button", { class: "small" }, "Save"), button("Leave", "quiet small", () => cell.replaceChildren(...before)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save(cell, path, (rule) => edit.patch(rule, input.value.trim()), found.body);
  });
  form.addEventListener("keydown", ({ key }) => key === "Escape" && cell.replaceChildren(...before));
  cell.replaceChildren(form);
  input.focus();
}

async function save(cell: HTMLElement, path: string, patch: (rule: Rule) => Partial<Rule>, seen?: RuleView): Promise<void> {
  const known = seen ?? (await call<RuleView>("GET", path)).body;
  const headers = { "content-type": "application/merge-patch+json", "if-match": `"${known.version}"` };
  const answer = await call<RuleView>("PATCH", path, JSON.stringify(patch(known.rule)), headers);
  if (!answer.ok) return fail(cell, refusal(answer.problem));
  const errors = answer.body.findings;
  if (errors.length) fail(cell, refusal({ code: "", detail: "Saved, but this keeps it from being published:", errors }));
  else location.reload();
}

function fail(cell: HTMLElement, said: HTMLElement): void {
  cell.querySelector(".notice")?.remove();
  cell.append(said);
}
