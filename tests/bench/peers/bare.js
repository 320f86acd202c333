// A Worker in JavaScript that only redirects: no rules, no KV, no log.
export default {
  fetch() {
    return new Response(null, {
      status: 302,
      headers: {
        location: "https://quotes.example.com/auto?zip=10001",
        "cache-control": "private, no-store",
      },
    });
  },
};
