// What islands ask of the API, as whoever looks at the page.

export interface Problem { code: string; detail: string; errors?: { pointer: string; detail: string }[] }
export interface Answer<T> { ok: boolean; body: T; problem: Problem }

export async function call<T>(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}): Promise<Answer<T>> {
  const csrf = document.querySelector<HTMLMetaElement>("meta[name=csrf]")!.content;
  try {
    const response = await fetch(path, { method, body, headers: { ...headers, "x-csrf-token": csrf } });
    const text = await response.text();
    const said = text ? JSON.parse(text) : null;
    return { ok: response.ok, body: said, problem: said };
  } catch {
    return { ok: false, body: null as T, problem: { code: "unreachable", detail: "Marquee did not answer. Try again." } };
  }
}

export function element<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** What is wrong, for people. */
export function refusal(problem: Problem): HTMLElement {
  const errors = problem.errors ?? [];
  const list = element("ul", {}, ...errors.map(({ pointer, detail }) => element("li", {}, `${pointer} ${detail}`)));
  return element("div", { class: "notice bad", role: "alert" }, element("p", {}, problem.detail), ...(errors.length ? [list] : []));
}

export function table(caption: string, heads: string[], rows: (Node | string)[][]): HTMLElement {
  const head = element("tr", {}, ...heads.map((said) => element("th", { scope: "col" }, said)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", { class: "url" }, cell))));
  return element("div", { class: "table" }, element("table", {}, element("caption", { class: "visually-hidden" }, caption), element("thead", {}, head), element("tbody", {}, ...body)));
}

export function button(said: string, kind: string, press: () => void | Promise<void>): HTMLButtonElement {
  const made = element("button", { type: "button", class: kind }, said);
  made.addEventListener("click", async () => {
    made.disabled = true;
    await press();
    made.disabled = false;
  });
  return made;
}
