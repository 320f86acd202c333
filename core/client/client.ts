// The API for pages and programs in TypeScript: every route, body and answer is typed by `schema.d.ts`, which
// `cargo xtask client` makes from the OpenAPI document and `cargo xtask test` holds against it.

import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";

/// What a refusal says. `code` is stable, `detail` is English and for people.
export type Problem = components["schemas"]["ProblemDetails"];
export type Marquee = Client<paths>;

export interface Options {
  /// Where the API is: `https://api.example.com`.
  baseUrl: string;
  /// A session's token or an API key, asked for at each request; none for what is public.
  token?: () => string | undefined;
  fetch?: (request: Request) => Promise<Response>;
}

export function marquee({ baseUrl, token, fetch }: Options): Marquee {
  const client = createClient<paths>({ baseUrl, fetch });
  const authorize: Middleware = {
    onRequest({ request }) {
      const value = token?.();
      if (value !== undefined) request.headers.set("authorization", `Bearer ${value}`);
      return request;
    },
  };
  client.use(authorize);
  return client;
}
