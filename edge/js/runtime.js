// The few things of the runtime that wasm asks for. None of them throws or rejects: an exception that reaches wasm
// ends it.

// A request's body as text; null if it cannot be read, undefined above `limit` bytes. It stops reading there,
// whatever the length header says.
export async function body(request, limit) {
  if (!request.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > limit) return undefined;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    return null;
  }
  return text + decoder.decode();
}

export function entropy() {
  return crypto.getRandomValues(new BigUint64Array(1))[0];
}

// `bytes` may be wasm's own memory: they are copied before anything waits.
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

// Whether the signature is Ed25519's of the message under the key. What is no key or no signature is not good.
export async function signed(key, signature, message) {
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch {
    return false;
  }
}

// Posts and answers `status`, a line feed, and the body; undefined without an answer in time. `headers` are names
// and values by turns. Redirects are not followed: they would carry the signature elsewhere.
export async function post(url, headers, body, timeoutMs) {
  const pairs = [];
  for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i], headers[i + 1]]);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { method: "POST", headers: pairs, body, signal, redirect: "manual" });
    return response.status + "\n" + (await response.text());
  } catch {
    return undefined;
  }
}
