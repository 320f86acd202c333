// Moments, which the API takes as RFC 3339, with a calendar and by the clock of whoever types them.

function local(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

for (const input of document.querySelectorAll<HTMLInputElement>("input[data-instant]")) {
  const at = new Date(input.value);
  const first = Number.isNaN(at.getTime()) ? "" : local(at);
  const given = input.value;
  input.value = "";
  input.type = "datetime-local";
  input.value = first;
  input.form?.addEventListener("formdata", ({ formData }) => {
    // Seconds that nobody touched stay.
    const value = input.value === first ? given : input.value && new Date(input.value).toISOString();
    formData.set(input.name, value);
  });
}
