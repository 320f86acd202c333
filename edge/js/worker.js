// The Worker's entry. A warm redirect is answered synchronously: one call into wasm with the request's facts, one
// string back. wasm that panicked or trapped is started anew by `ready`.
import { answer, deliver, forward, ready, redirect, refresh } from "../build/index.js";
import { facts } from "./facts.js";

// Bits of a warm answer's first character, as lib.rs sets them.
const DELIVER = 1;
const REFRESH = 2;
const STALE = 4;

export default {
  fetch(request, env, ctx) {
    const known = facts(request);
    const warm = attempt(known);
    if (warm === undefined) return slow(known, request, env, ctx);

    const bits = warm.charCodeAt(0);
    if (bits & DELIVER) ctx.waitUntil(deliver(env));
    if (bits & REFRESH) ctx.waitUntil(refresh(env));
    const end = warm.indexOf("\n", 37);
    const headers = {
      location: warm.slice(end + 1),
      "cache-control": "private, no-store",
      "x-marquee-hit": warm.slice(1, 37),
      "x-marquee-revision": warm.slice(37, end),
    };
    if (bits & STALE) headers["x-marquee-stale"] = "1";
    return new Response(null, { status: 302, headers });
  },

  async queue(batch, env) {
    const now = Date.now();
    const { messages } = batch;
    // What we did not write goes on as it is: the core puts aside what it cannot read.
    const bodies = messages.map(({ body }) => (typeof body === "string" ? body : JSON.stringify(body) ?? ""));
    const ages = messages.map(({ timestamp }) => now - timestamp);
    ready();
    const delays = await forward(bodies, Float64Array.from(ages), env);
    messages.forEach((message, at) => {
      if (delays[at] < 0) message.ack();
      else message.retry({ delaySeconds: delays[at] });
    });
  },
};

function attempt(known) {
  try {
    ready();
    return redirect(known, Date.now());
  } catch (error) {
    console.error("Critical", error);
    return undefined;
  }
}

// Everything else: `status`, a header a line, an empty line, the body.
async function slow(known, request, env, ctx) {
  ready();
  const text = await answer(known, request.headers.get("origin") ?? undefined, request, env, ctx);
  const end = text.indexOf("\n\n");
  const [status, ...lines] = text.slice(0, end).split("\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(": ");
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  return new Response(text.slice(end + 2) || null, { status: Number(status), headers });
}
