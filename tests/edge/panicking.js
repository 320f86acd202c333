// The Worker, and a way to make its wasm trap, which no real request has: bindings that throw where wasm reads them.
import { forward } from "../build/index.js";
import worker from "./worker.js";

const env = new Proxy({}, {
  get() {
    throw new Error("staged");
  },
});

export default {
  ...worker,
  async fetch(request, ...rest) {
    if (!request.headers.has("x-panic")) return worker.fetch(request, ...rest);
    await forward(["{}"], new Float64Array(1), env);
    return new Response("it did not trap");
  },
};
