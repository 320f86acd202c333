// How a marketplace's frontend orders a video, and how a talent's sends it: compiled by CI with the client, and run by the
// commands of `docs/guides/frontend-developer.md`.

import { marquee, type Marquee, type Problem } from "./client";

export { marquee };

/// An order, and what opens it without an account.
export interface Ordered {
  id: string;
  key: string;
  /// What the gateway wants of the customer before it holds the amount: 3-D Secure, for example.
  action: unknown;
}

/// Asks for a price and orders at it. `key` is the page's: the same again is the same order.
export async function buy(api: Marquee, talent: string, paymentMethod: string, key: string): Promise<Ordered> {
  const quoted = await api.POST("/v1/quotes", { body: { talent_id: talent } });
  if (quoted.error) throw refused(quoted.error);

  const { data, error, response } = await api.POST("/v1/orders", {
    params: { header: { "idempotency-key": key, prefer: "wait=5" } },
    body: {
      quote_id: quoted.data.id,
      email: "caio@acme.example",
      for_whom: "someone_else",
      is_from: "Caio",
      is_to: "Bia",
      instruction: "Wish her a happy birthday.",
      language: "en",
      is_public: true,
      payment_method: paymentMethod,
    },
  });
  if (error) throw refused(error);
  return { id: data.id, key: response.headers.get("x-order-key") ?? "", action: data.action };
}

/// As the talent: announces the film, and sends it whole. `api` is that of who is signed in.
export async function send(api: Marquee, order: string, film: Blob): Promise<void> {
  const { data, error } = await api.POST("/v1/orders/{id}/uploads", {
    params: { path: { id: order } },
    body: { type: "video/mp4", size_bytes: film.size },
  });
  if (error) throw refused(error);
  const sent = await api.PUT("/v1/uploads/{id}", {
    params: { path: { id: data.id } },
    headers: { "content-type": "video/mp4" },
    body: film as unknown as string,
    bodySerializer: (body) => body as unknown as BodyInit,
  });
  if (sent.error) throw refused(sent.error);
}

/// What the order is by now.
export async function look(api: Marquee, { id, key }: Ordered): Promise<{ status: string; video?: string }> {
  const { data, error } = await api.GET("/v1/orders/{id}", {
    params: { path: { id } },
    headers: { "x-order-key": key },
  });
  if (error) throw refused(error);
  return { status: data.status, video: data.video?.stream_url ?? undefined };
}

/// Waits until the video can be watched, and returns where: HLS, which Safari plays by itself and hls.js everywhere else.
export async function watch(api: Marquee, order: Ordered): Promise<string> {
  for (;;) {
    const { status, video } = await look(api, order);
    if (status === "delivered" && video !== undefined) return video;
    if (status !== "open" && status !== "delivering") throw new Error(`the order is ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function refused({ code, detail, request_id }: Problem): Error {
  return new Error(`${code}: ${detail} (${request_id ?? "no id"})`);
}
