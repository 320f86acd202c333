// What became of a payout: the bank's file is looked at first, and settled once somebody has seen what that means.

import { button, call, element, refusal, table } from "./lib/api";

interface Report {
  done_before: number; imported_before: boolean; left: number; paid: number; rejected: number; rows: number;
  findings: { code: string; detail: string; line: number }[];
}

const root = document.querySelector<HTMLElement>("#results")!;
const report = root.querySelector<HTMLElement>("[data-report]")!;
const file = root.querySelector<HTMLInputElement>("input[type=file]")!;

async function send(chosen: File, isDry: boolean): Promise<Report | undefined> {
  const path = `/api/v1/payouts/${root.dataset.payout}/results?dry_run=${isDry}`;
  report.replaceChildren(element("p", { class: "muted" }, isDry ? "Looking…" : "Settling…"));
  const { ok, body, problem } = await call<Report>("POST", path, chosen, { "content-type": "text/csv" });
  if (ok) return body;
  report.replaceChildren(refusal(problem));
}

function show(found: Report, isDone: boolean): void {
  const words = `${found.paid} paid, ${found.rejected} rejected, ${found.left} not filled in, ${found.done_before} settled before, of ${found.rows} rows.`;
  const kind = found.findings.length ? "notice warn" : isDone ? "notice ok" : "notice";
  report.replaceChildren(element("p", { class: kind }, (isDone ? "Settled: " : "Would be settled: ") + words));
  if (found.imported_before) report.append(element("p", { class: "muted" }, "This very file was given before."));
  const rows = found.findings.map(({ line, detail }) => [String(line), detail]);
  if (rows.length) report.append(table("What is wrong with the file", ["Line", "What is wrong"], rows));
}

async function settle(chosen: File): Promise<void> {
  const done = await send(chosen, false);
  if (!done) return;
  show(done, true);
  report.append(element("a", { class: "button quiet", href: location.pathname }, "Show the lines as they are now"));
}

async function look(): Promise<void> {
  const chosen = file.files?.[0];
  if (!chosen) return report.replaceChildren(element("p", { class: "notice bad", role: "alert" }, "Choose a file first."));
  const found = await send(chosen, true);
  if (!found) return;
  show(found, false);
  if (found.paid + found.rejected === 0) return;
  const consequences = "What is paid is booked as paid; what was rejected is owed again. This cannot be undone.";
  report.append(element("p", {}, consequences), button("Settle these lines", "", () => settle(chosen)));
}

root.querySelector("[data-look]")!.addEventListener("click", look);
file.addEventListener("change", () => report.replaceChildren());
