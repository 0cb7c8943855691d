// What the schema's address says, so that a view of it can be linked.
export interface SchemaSearch {
  /** The plan through which it is seen; `none`: as the topic has it. */
  plan?: string;
  /** What is looked for. */
  q?: string;
  raw?: true;
}

export const NO_PLAN = 'none';

export function readSchemaSearch(search: Record<string, unknown>): SchemaSearch {
  return {
    plan: typeof search.plan === 'string' ? search.plan : undefined,
    q: typeof search.q === 'string' || typeof search.q === 'number' ? String(search.q) : undefined,
    raw: search.raw === true ? true : undefined,
  };
}
