// What the Worker is bound to in tests: a KV namespace, a queue and SQS, with faults on demand. The tests talk to
// the default export; the bindings of workerd speak their real protocols to the others.

const values = new Map();
const reads = [];
const messages = [];
const sqs = [];
let faults = {};

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const key = decodeURIComponent(pathname.slice("/kv/".length));
    switch (`${request.method} ${pathname.split("/")[1]}`) {
      case "PUT kv":
        values.set(key, await request.arrayBuffer());
        return new Response();
      case "DELETE kv":
        values.delete(key);
        return new Response();
      case "PUT faults":
        faults = await request.json();
        return new Response();
      case "GET reads":
        return Response.json(reads);
      case "GET messages":
        return Response.json(messages);
      case "GET sqs":
        return Response.json(sqs);
      // Delivers messages to the Worker's queue handler, as Cloudflare would, and says what it did with them.
      case "POST deliver": {
        const bodies = await request.json();
        const batch = bodies.map(({ id, body, age_ms }) => ({
          id, body, attempts: 1, timestamp: new Date(Date.now() - (age_ms ?? 0)),
        }));
        return Response.json(await env.EDGE.queue("hits", batch));
      }
    }
    return new Response("no such thing", { status: 404 });
  },
};

// faults.kv: {key?, delay_ms?, status?, truncate?}, for every key or for those that begin like `key`.
export const kv = {
  async fetch(request) {
    const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
    reads.push(key);
    const fault = faults.kv && key.startsWith(faults.kv.key ?? "") ? faults.kv : {};
    if (fault.delay_ms) await scheduler.wait(fault.delay_ms);
    if (fault.status) return new Response("staged", { status: fault.status });
    const value = values.get(key);
    if (value === undefined) return new Response("not found", { status: 404 });
    return new Response(value.slice(0, fault.truncate ?? value.byteLength));
  },
};

// faults.queue: {status?, delay_ms?}
export const queue = {
  async fetch(request) {
    const text = await request.text();
    const { status, delay_ms } = faults.queue ?? {};
    if (delay_ms) await scheduler.wait(delay_ms);
    if (status) return new Response("staged", { status });
    messages.push({ format: request.headers.get("x-msg-fmt"), text });
    return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } } });
  },
};

// faults.sqs: {status?, body?, fail?: how many entries of each batch, delay_ms?}
export const outbound = {
  async fetch(request) {
    const body = await request.json();
    const { status, fail = 0, delay_ms, body: said } = faults.sqs ?? {};
    sqs.push({ url: request.url, headers: Object.fromEntries(request.headers), body });
    if (delay_ms) await scheduler.wait(delay_ms);
    if (status) return new Response(said ?? "staged", { status });
    const results = { Successful: [], Failed: [] };
    body.Entries.forEach(({ Id }, at) => {
      if (at < fail) results.Failed.push({ Id, SenderFault: false, Code: "InternalError" });
      else results.Successful.push({ Id, MessageId: Id, MD5OfMessageBody: "" });
    });
    return Response.json(results);
  },
};
