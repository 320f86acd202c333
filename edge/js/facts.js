// Everything of a request that may decide its answer, as one string: one crossing into wasm instead of a dozen.
// The order is that of `Facts::parse` in request.rs. Neither a URL nor a header value can hold a line feed.
export function facts(request) {
  const headers = request.headers;
  const cf = request.cf;
  return request.method
    + "\n" + request.url
    + "\n" + (headers.get("accept") ?? "")
    + "\n" + (headers.get("accept-language") ?? "")
    + "\n" + (headers.get("user-agent") ?? "")
    + "\n" + (headers.get("sec-ch-ua-mobile") ?? "")
    + "\n" + (headers.get("sec-purpose") ?? headers.get("purpose") ?? "")
    + "\n" + (headers.get("cf-connecting-ip") ?? "")
    + "\n" + (headers.get("cookie") ?? "")
    + "\n" + (cf?.country ?? "")
    + "\n" + (cf?.regionCode ?? "")
    + "\n" + (cf?.colo ?? "");
}
