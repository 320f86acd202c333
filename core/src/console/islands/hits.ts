// Hits by time, drawn from the table that says them.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const SECONDS: Record<string, number> = { minute: 60, hour: 3600, day: 86_400 };

/** Times without hits are left out of the table, and are none here. */
function points(place: HTMLElement): [number[], number[]] {
  const step = SECONDS[place.dataset.chart!]!;
  const found = new Map<number, number>();
  for (const row of document.querySelectorAll("#series tbody tr")) {
    const at = Date.parse(row.querySelector("time")!.dateTime) / 1000;
    found.set(at, Number(row.querySelector("td")!.textContent));
  }
  const first = Math.min(...found.keys(), Date.parse(place.dataset.from!) / 1000);
  const last = Math.min(Date.parse(place.dataset.to!) / 1000, Date.now() / 1000);
  const times = [];
  for (let at = first; at < last; at += step) times.push(at);
  return [times, times.map((at) => found.get(at) ?? 0)];
}

function draw(place: HTMLElement): void {
  place.hidden = false;
  const said = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: said("--muted"), grid: { stroke: said("--line"), width: 1 }, ticks: { stroke: said("--line"), width: 1 } };
  const size = () => ({ width: place.clientWidth, height: place.clientHeight - 64 });
  const chart = new uPlot({
    ...size(),
    // Days are counted in UTC.
    tzDate: (at) => (place.dataset.chart === "day" ? uPlot.tzDate(new Date(at * 1000), "Etc/UTC") : new Date(at * 1000)),
    cursor: { y: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
    axes: [axis, { ...axis, size: 56 }],
    series: [{ label: "When" }, { label: "Hits", stroke: said("--accent"), fill: said("--accent-soft"), width: 2, points: { show: false } }],
  }, points(place), place);
  chart.root.querySelector("canvas")!.setAttribute("aria-hidden", "true");
  new ResizeObserver(() => chart.setSize(size())).observe(place);
}

const place = document.querySelector<HTMLElement>("[data-chart]");
if (place) draw(place);
