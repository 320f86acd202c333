// Compiled, not run: what a page writes.

import { marquee, type Problem } from "./client";

export async function brands(baseUrl: string, token: string): Promise<string[]> {
  const api = marquee({ baseUrl, token: () => token });
  const { data, error } = await api.GET("/v1/brands", { params: { query: { limit: 100 } } });
  if (error) throw new Error(problem(error));
  return data.items.map((brand) => brand.code);
}

function problem({ code, detail, request_id }: Problem): string {
  return `${code}: ${detail} (${request_id ?? "no id"})`;
}
