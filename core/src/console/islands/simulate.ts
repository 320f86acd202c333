// The simulator answers on its own page, and its address is a link to share what was asked.

const form = document.querySelector<HTMLFormElement>("#simulate")!;
const answer = document.querySelector<HTMLElement>("#answer")!;

/** What was asked, under short names. */
function address(data: FormData): string {
  const asked = [...data].filter(([name, value]) => value && !name.startsWith("_"));
  return `?${new URLSearchParams(asked.map(([name, value]) => [name.replace("visitor.", ""), String(value)]))}`;
}

async function simulate(): Promise<void> {
  const data = new FormData(form);
  history.replaceState(null, "", address(data));
  answer.setAttribute("aria-busy", "true");
  const body = new URLSearchParams([...data].map(([name, value]) => [name, String(value)]));
  try {
    const response = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const shown = page.querySelector(response.ok ? "#answer" : "form .notice");
    if (!shown) return form.submit();
    answer.replaceChildren(...(response.ok ? shown.childNodes : [shown]));
    // Prepared like whatever comes later.
    document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: answer } }));
    for (const link of answer.querySelectorAll<HTMLAnchorElement>('a[href*="/simulate?"]')) link.href = location.href;
  } catch {
    answer.textContent = "Marquee did not answer. Try again.";
  } finally {
    answer.removeAttribute("aria-busy");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  void simulate();
});
if (new URLSearchParams(location.search).get("zip")) void simulate();
