// The rules of a draft: edited in their table, many at once, or by a sheet.

import { bulk } from "./lib/bulk";
import { paste } from "./lib/paste";
import { quickEdits } from "./lib/quick_edit";

const rules = document.querySelector<HTMLElement>("[data-rules]");
if (rules) quickEdits(rules);
const change = document.querySelector<HTMLFormElement>("#bulk");
if (change) bulk(change);
const sheet = document.querySelector<HTMLFormElement>("#paste");
if (sheet) paste(sheet);
