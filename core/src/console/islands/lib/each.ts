/** Prepares whatever matches, once: what the page has, and what htmx brings later. */
export function each<T extends Element>(selector: string, prepare: (found: T) => void): void {
  const known = new WeakSet<Element>();
  const look = (root: ParentNode) => {
    for (const found of root.querySelectorAll<T>(selector)) {
      if (!known.has(found)) prepare(found);
      known.add(found);
    }
  };
  look(document);
  document.addEventListener("htmx:load", (event) => look((event as CustomEvent<{ elt: Element }>).detail.elt));
}
