// Variants and variables come and go without the page being loaded again.

const variants = document.querySelector<HTMLElement>("#variants");
const controls = document.querySelector<HTMLElement>("[data-variants]");
if (variants && controls) {
  const made = (said: string, press: () => void) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small";
    button.textContent = said;
    button.addEventListener("click", press);
    return button;
  };
  const remove = made("Take the last one out", () => {
    variants.lastElementChild!.remove();
    remove.hidden = variants.children.length < 2;
  });
  remove.hidden = variants.children.length < 2;
  controls.replaceChildren(made("Add a variant", () => {
    variants.append(another(variants.children.length));
    remove.hidden = false;
  }), remove);
}

/** The last one again, with names of its own and nothing in it. */
function another(number: number): HTMLElement {
  const copy = variants!.lastElementChild!.cloneNode(true) as HTMLElement;
  const renamed = (text: string) => text.replace(/variants([.-])\d+/, `variants$1${number}`);
  copy.querySelector("legend")!.textContent = `Variant ${number + 1}`;
  for (const label of copy.querySelectorAll("label")) label.htmlFor = renamed(label.htmlFor);
  for (const input of copy.querySelectorAll("input")) {
    input.id = renamed(input.id);
    input.name = renamed(input.name);
    input.value = input.name.endsWith("name") ? String.fromCharCode(97 + number) : input.name.endsWith("weight") ? "1" : "";
  }
  return copy;
}

const newVar = document.querySelector<HTMLElement>("[data-new-var]");
if (newVar) {
  newVar.hidden = false;
  const name = newVar.querySelector("input")!;
  newVar.querySelector("button")!.addEventListener("click", () => {
    if (!name.value || !name.reportValidity()) return name.focus();
    const field = document.createElement("p");
    const label = document.createElement("label");
    const input = document.createElement("input");
    field.className = "field";
    input.id = `var-${name.value}`;
    input.name = `vars.${name.value}`;
    label.htmlFor = input.id;
    label.textContent = name.value;
    field.append(label, input);
    document.querySelector("#vars")!.append(field);
    name.value = "";
    input.focus();
  });
}
