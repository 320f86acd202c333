// The Worker's entry. A warm redirect is answered here, synchronously: one call into wasm with the request's
// facts, one string back. Everything else goes through the entrypoint that worker-build generated, which also
// starts wasm anew after a panic.
import Generated from "../build/index.js";
import { facts } from "./facts.js";

const { deliver, redirect, refresh } = Generated.prototype;

// Set by the `worker` crate when wasm has panicked. Its memory cannot be trusted then.
const state = globalThis.__worker_init_state;

// Bits of an answer's first character, as lib.rs sets them.
const DELIVER = 1;
const REFRESH = 2;
const STALE = 4;

export default {
  fetch(request, env, ctx) {
    const answer = warm(request);
    if (answer === undefined) return new Generated(ctx, env).fetch(request);

    const bits = answer.charCodeAt(0);
    if (bits & DELIVER) ctx.waitUntil(deliver(env));
    if (bits & REFRESH) ctx.waitUntil(refresh(env));
    const end = answer.indexOf("\n", 37);
    const headers = {
      location: answer.slice(end + 1),
      "cache-control": "private, no-store",
      "x-marquee-hit": answer.slice(1, 37),
      "x-marquee-revision": answer.slice(37, end),
    };
    if (bits & STALE) headers["x-marquee-stale"] = "1";
    return new Response(null, { status: 302, headers });
  },

  queue(batch, env, ctx) {
    return new Generated(ctx, env).queue(batch);
  },
};

function warm(request) {
  if (state.criticalError) return undefined;
  try {
    return redirect(facts(request), Date.now());
  } catch (error) {
    console.error("Critical", error);
    state.criticalError = true;
    return undefined;
  }
}
