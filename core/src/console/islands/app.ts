// What every page can use, and works without where it can.
import { each } from "./lib/each";

/** In minutes. */
const DAY = 24 * 60;

/** Secrets come behind the `#` of a link, which no server sees: into the form that asks for one. */
function fragment(): void {
  const secret = decodeURIComponent(location.hash.slice(1));
  const form = document.querySelector<HTMLFormElement>("form[data-fragment]");
  const field = form?.querySelector<HTMLInputElement>(`[name="${form.dataset.fragment}"]`);
  if (!secret || !form || !field) return;
  field.value = secret;
  history.replaceState(null, "", location.pathname + location.search);
  if (form.dataset.send !== undefined) form.requestSubmit();
}

/** Times by the clock of whoever reads. */
function time(found: Element): void {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const at = new Date(found.getAttribute("datetime")!);
  if (Number.isNaN(at.getTime())) return;
  found.setAttribute("title", found.textContent!.trim());
  found.textContent = format.format(at);
}

/** How long there is still until a deadline, beside it. */
function countdown(found: HTMLElement): void {
  const at = Date.parse(found.dataset.deadline!);
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  const left = document.createElement("span");
  const say = () => {
    const minutes = Math.trunc((at - Date.now()) / 60_000);
    const [count, unit] = Math.abs(minutes) >= 2 * DAY ? [minutes / DAY, "day" as const] : Math.abs(minutes) >= 120 ? [minutes / 60, "hour" as const] : [minutes, "minute" as const];
    left.textContent = format.format(Math.trunc(count), unit);
    left.className = `badge countdown ${minutes < 0 ? "bad" : minutes < DAY ? "warn" : "info"}`;
  };
  say();
  setInterval(say, 60_000);
  found.append(" ", left);
}

/** What is wider than the screen is scrolled by the keyboard, too. */
function scrollable(found: HTMLElement): void {
  if (found.hasAttribute("tabindex")) return;
  new ResizeObserver(() => {
    if (found.scrollWidth > found.clientWidth) found.tabIndex = 0;
    else found.removeAttribute("tabindex");
  }).observe(found);
}

/** A button pressed twice does its work once. */
function once(): void {
  addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.method !== "post" || event.defaultPrevented) return;
    setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
  });
  addEventListener("pageshow", () =>
    document.querySelectorAll<HTMLButtonElement>("button:disabled").forEach((button) => (button.disabled = false)),
  );
}

fragment();
once();
each(".table", scrollable);
each("time[datetime]", time);
each("[data-deadline]", countdown);
