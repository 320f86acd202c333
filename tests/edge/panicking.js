// The Worker, and a way to make its wasm panic, which no real request has: a batch whose messages cannot be read.
import Generated from "../build/index.js";
import worker from "./worker.js";

export default {
  ...worker,
  fetch(request, env, ctx) {
    if (!request.headers.has("x-panic")) return worker.fetch(request, env, ctx);
    return new Generated(ctx, env).queue({
      get messages() {
        throw new Error("staged");
      },
    });
  },
};
