import { button, call, element, refusal, table } from "./api";

interface Rule { rule: number; enabled: boolean; priority: number; from: string | null; until: string | null; when: Record<string, string[]>; target?: { variants?: { url: string; system?: string }[] } }
interface Report { matched: number; changed: number; changes: { before: Rule; after: Rule | null }[]; findings: { detail: string }[] }

const NUMBERS = ["priority", "number_from", "number_to"];

/** One change to all rules that answer the page's filters, tried first. */
export function bulk(form: HTMLFormElement): void {
  const what = form.elements.namedItem("do") as HTMLSelectElement;
  const report = form.querySelector<HTMLElement>("#bulk-report")!;
  const show = () => {
    report.replaceChildren();
    for (const field of form.querySelectorAll<HTMLElement>("[data-for]")) field.hidden = !field.dataset.for!.split(" ").includes(what.value);
  };
  const send = (isTrial: boolean) => {
    const body = { action: action(form, what.value), filter: filter(), dry_run: isTrial };
    const headers = { "content-type": "application/json", "if-match": `"${form.dataset.version}"` };
    return call<Report>("POST", form.dataset.bulk!, JSON.stringify(body), headers);
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const tried = await send(true);
    if (!tried.ok) return report.replaceChildren(refusal(tried.problem));
    const apply = button(`Change ${rules(tried.body.changed)} of the draft`, what.value === "delete" ? "danger" : "", async () => {
      const done = await send(false);
      if (done.ok) location.reload();
      else report.replaceChildren(refusal(done.problem));
    });
    report.replaceChildren(...said(tried.body), ...(tried.body.changed ? [element("p", { class: "actions" }, apply)] : []));
  });
  show();
  form.hidden = false;
}

function action(form: HTMLFormElement, what: string): Record<string, unknown> {
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? "").trim();
  const instant = (name: string) => (text(name) ? new Date(text(name)).toISOString() : null);
  switch (what) {
    case "set_enabled": return { do: what, enabled: text("enabled") === "true" };
    case "set_priority": return { do: what, priority: Number(text("priority")) };
    case "add_priority": return { do: what, by: Number(text("by")) };
    case "set_window": return { do: what, from: instant("start"), until: instant("end") };
    case "set_system": return { do: what, system: text("system") || null };
    case "replace_value": return { do: what, dimension: text("dimension"), from: text("from"), to: text("to") };
    case "replace_host": return { do: what, from: text("from"), to: text("to") };
    default: return { do: what };
  }
}

function rules(count: number): string {
  return count === 1 ? "1 rule" : `${count} rules`;
}

/** The page's own query, which the table above answers. */
function filter(): Record<string, unknown> {
  const given = [...new URLSearchParams(location.search)].filter(([key, value]) => value && key !== "cursor");
  return Object.fromEntries(given.map(([key, value]) => [key, key === "enabled" ? value === "true" : NUMBERS.includes(key) ? Number(value) : value]));
}

function said({ matched, changed, changes, findings }: Report): HTMLElement[] {
  const rows = changes.map(({ before, after }) => [String(before.rule), short(before), after ? short(after) : "deleted"]);
  const list = element("ul", { class: "findings" }, ...findings.map(({ detail }) => element("li", {}, detail)));
  return [
    element("p", {}, `${rules(matched)} fit; ${changed} of them would be otherwise.`),
    ...(rows.length ? [table("What would change", ["Rule", "Before", "After"], rows)] : []),
    ...(findings.length ? [element("p", {}, "These keep the draft from being published then:"), list] : []),
  ];
}

function short({ enabled, priority, from, until, when, target }: Rule): string {
  const asked = Object.entries(when).filter(([, values]) => values.length).map(([name, values]) => `${name} ${values.slice(0, 5).join(", ")}`);
  const urls = (target?.variants ?? []).map(({ url, system }) => (system ? `${url} (${system})` : url));
  const window = [from && `from ${from}`, until && `until ${until}`].filter(Boolean);
  return [enabled ? "enabled" : "disabled", `priority ${priority}`, ...asked, ...window, ...urls].join(" · ");
}
