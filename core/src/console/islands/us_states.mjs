// Writes `templates/admin/us_states.html`, the map of the United States, from what the Census made of it:
// `node core/src/console/islands/us_states.mjs`. Already projected; whole pixels, since pages are not packed.
import { readFileSync, writeFileSync } from "node:fs";
import { feature } from "topojson-client";

const CODES = {
  "01": "AL", "02": "AK", "04": "AZ", "05": "AR", "06": "CA", "08": "CO", "09": "CT", 10: "DE", 11: "DC", 12: "FL", 13: "GA",
  15: "HI", 16: "ID", 17: "IL", 18: "IN", 19: "IA", 20: "KS", 21: "KY", 22: "LA", 23: "ME", 24: "MD", 25: "MA", 26: "MI",
  27: "MN", 28: "MS", 29: "MO", 30: "MT", 31: "NE", 32: "NV", 33: "NH", 34: "NJ", 35: "NM", 36: "NY", 37: "NC", 38: "ND",
  39: "OH", 40: "OK", 41: "OR", 42: "PA", 44: "RI", 45: "SC", 46: "SD", 47: "TN", 48: "TX", 49: "UT", 50: "VT", 51: "VA",
  53: "WA", 54: "WV", 55: "WI", 56: "WY",
};
/** Too small to be aimed at; they get a disk. */
const SMALL = new Set(["DC", "DE", "RI"]);
const FEWEST_POINTS = 4;

/** Whole pixels, each said from the one before. */
function ring(points) {
  const kept = [];
  for (const [x, y] of points) {
    const point = [Math.round(x), Math.round(y)];
    const last = kept.at(-1);
    if (!last || last[0] !== point[0] || last[1] !== point[1]) kept.push(point);
  }
  if (kept.length < FEWEST_POINTS) return "";
  const steps = kept.slice(1, -1).map(([x, y], at) => `${x - kept[at][0]},${y - kept[at][1]}`);
  return `M${kept[0]}l${steps.join(" ").replaceAll(",-", "-").replaceAll(" -", "-")}z`;
}

function middle(points) {
  const sum = points.reduce(([x, y], point) => [x + point[0], y + point[1]], [0, 0]);
  return sum.map((one) => Math.round(one / points.length));
}

const atlas = JSON.parse(readFileSync(new URL("../../../../node_modules/us-atlas/states-albers-10m.json", import.meta.url)));
const states = feature(atlas, atlas.objects.states).features.filter(({ id }) => CODES[id]);
const shapes = states.map(({ id, properties, geometry }) => {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const path = polygons.flatMap((rings) => rings.map(ring)).join("");
  const code = CODES[id];
  const [x, y] = middle(polygons[0][0]);
  return { code, line: JSON.stringify([code, properties.name, path, SMALL.has(code) ? [x, y] : null]).replace("null]", "none]") };
});
shapes.sort((one, other) => one.code.localeCompare(other.code));
const head = `{# Made by islands/us_states.mjs. Its caller says a state's class, and what is said of it: \`caller(code, "class")\`, \`caller(code, "says")\`.
\`address\`: where a state leads, by its code behind it. #}
{% macro us_map(label, address) %}
<svg class="map" viewBox="0 0 975 610" role="group" aria-label="{{ label }}">
{% for code, name, path, disk in [
`;
const tail = `
] %}
{% set says = caller(code, "says") | trim %}
<a href="{{ address }}{{ code }}" class="{{ caller(code, 'class') | trim }}" aria-label="{{ name }}: {{ says }}"><title>{{ name }}: {{ says }}</title><path d="{{ path }}"/>{% if disk %}<circle cx="{{ disk[0] }}" cy="{{ disk[1] }}" r="6"/>{% endif %}</a>
{% endfor %}
</svg>
{% endmacro %}
`;
const target = new URL("../templates/admin/us_states.html", import.meta.url);
writeFileSync(target, head + shapes.map(({ line }) => line).join(",\n") + tail);
