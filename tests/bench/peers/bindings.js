// What the bindings of a Worker under test speak to: KV out of a folder, and a queue that counts its hits.
let hits = 0;

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      const message = await request.text();
      hits += message === "" ? 0 : message.split("\n").length;
      // What a queue answers to a producer.
      return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
    }
    if (pathname === "/hits") return new Response(String(hits));
    // Answers KV's `get`: the key is one path segment, in the folder it is a path.
    return env.BLOBS.fetch(`http://blobs/${decodeURIComponent(pathname.slice(1))}`);
  },
};
