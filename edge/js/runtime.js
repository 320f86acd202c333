// The few things of the runtime that wasm asks for.

// A request's body as text, or undefined above `limit` bytes. It stops reading there, whatever the length
// header says.
export async function body(request, limit) {
  if (!request.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

export function entropy() {
  return crypto.getRandomValues(new BigUint64Array(1))[0];
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

// Posts and answers `status`, a line feed, and the body. `headers` are names and values by turns. Redirects
// are not followed: they would carry the signature elsewhere.
export async function post(url, headers, body, timeoutMs) {
  const pairs = [];
  for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i], headers[i + 1]]);
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { method: "POST", headers: pairs, body, signal, redirect: "manual" });
  return response.status + "\n" + (await response.text());
}
