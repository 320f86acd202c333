// The Worker, and a way to make its wasm panic, which no real request has: a timer that throws where wasm sets one.
import { deliver } from "../build/index.js";
import worker from "./worker.js";

export default {
  ...worker,
  async fetch(request, env, ctx) {
    if (!request.headers.has("x-panic")) return worker.fetch(request, env, ctx);
    const { setTimeout } = globalThis;
    globalThis.setTimeout = () => {
      // Nobody comes back from a panic, to put it right later.
      globalThis.setTimeout = setTimeout;
      throw new Error("staged");
    };
    await deliver(env);
    return new Response("it did not panic");
  },
};
