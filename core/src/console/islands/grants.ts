// Who may not do something at all may do it on no brand either.

for (const grant of document.querySelectorAll<HTMLElement>(".grant")) {
  const permission = grant.querySelector<HTMLInputElement>(":scope > label input")!;
  permission.addEventListener("change", () => {
    if (permission.checked) return;
    for (const brand of grant.querySelectorAll<HTMLInputElement>(".on input")) brand.checked = false;
  });
}
