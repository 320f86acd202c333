import { button, call, element, refusal, table } from "./api";

interface Found<T> { count: number; items: T[] }
interface Report {
  added: number; changed: number; removed: number; unchanged: number; rules: number;
  problems: Found<{ line: number; column?: string; reason: string; value?: string; suggestion?: string }>;
  findings: Found<{ rule?: number; line?: number; detail: string }>;
  repairs: Found<{ line: number; column: string; from: string; to: string }>;
}

const TYPES: Record<string, string> = { csv: "text/csv", json: "application/json", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };

/** All rules by a sheet, tried first; what is wrong in it, line by line. */
export function paste(form: HTMLFormElement): void {
  const report = form.querySelector<HTMLElement>("#paste-report")!;
  const send = (isTrial: boolean) => {
    const data = new FormData(form);
    const what = String(data.get("what"));
    const query = new URLSearchParams({ dry_run: String(isTrial), repair_zips: String(data.has("repair_zips")) });
    if (what === "original") query.set("format", "original");
    const file = data.get("file") as File;
    const body = file.size ? file : comma(String(data.get("text")));
    const type = file.size ? TYPES[file.name.split(".").at(-1)!.toLowerCase()] : undefined;
    const headers = { "content-type": type ?? "text/csv", "if-match": `"${form.dataset.version}"` };
    const path = `${form.dataset.brand}/${what === "attributes" ? "attributes" : "rules"}?${query}`;
    return call<Report>("PUT", path, body, headers);
  };
  form.addEventListener("input", () => report.replaceChildren());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const tried = await send(true);
    if (!tried.ok && !tried.body?.problems) return report.replaceChildren(refusal(tried.problem));
    const { added, changed, removed, problems } = tried.body;
    const apply = button(`Replace the draft's rules: ${added} added, ${changed} changed, ${removed} removed`, removed ? "danger" : "", async () => {
      const done = await send(false);
      if (done.ok) location.assign(location.pathname.replace(/paste$/, "rules"));
      else report.replaceChildren(refusal(done.problem));
    });
    report.replaceChildren(...said(tried.body), ...(problems.count ? [] : [element("p", { class: "actions" }, apply)]));
  });
  form.hidden = false;
}

/** What is copied from a spreadsheet has tabs between its cells. */
function comma(text: string): string {
  if (!text.split("\n", 1)[0]!.includes("\t")) return text;
  const quoted = (cell: string) => (/[",\n]/.test(cell) && !cell.startsWith('"') ? `"${cell.replaceAll('"', '""')}"` : cell);
  return text.split(/\r?\n/).map((line) => line.split("\t").map(quoted).join(",")).join("\n");
}

function said({ added, changed, removed, unchanged, rules, problems, findings, repairs }: Report): HTMLElement[] {
  const parts: HTMLElement[] = [element("p", { class: problems.count ? "notice bad" : "notice ok" }, problems.count
    ? `Nothing can be taken. What is wrong: ${problems.count}.`
    : `${rules} rules: ${added} would be added, ${changed} changed, ${removed} removed, ${unchanged} stay as they are.`)];
  if (problems.count) parts.push(table("What is wrong", ["Line", "Column", "What", "Value", "Perhaps"], problems.items.map((one) => [String(one.line), one.column ?? "", one.reason, one.value ?? "", one.suggestion ?? ""])));
  if (repairs.count) parts.push(element("p", {}, `ZIPs that were put right: ${repairs.count}`), table("Repairs", ["Line", "Column", "From", "To"], repairs.items.map((one) => [String(one.line), one.column, one.from, one.to])));
  if (findings.count) parts.push(element("p", {}, `It may be imported, but not published then. What keeps it from that: ${findings.count}`), table("Findings", ["Line", "Rule", "What"], findings.items.map((one) => [String(one.line ?? ""), String(one.rule ?? ""), one.detail])));
  return parts;
}
