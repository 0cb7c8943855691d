// What the catalogue's address says: words, facets and layout, so that every view can be linked.
export const FACETS = ['domain', 'owner', 'tag', 'classification', 'lifecycle', 'format'] as const;
export type Facet = (typeof FACETS)[number];

export type Filters = { q?: string; layout?: 'table' } & Partial<Record<Facet, string>>;

export function readFilters(search: Record<string, unknown>): Filters {
  const filters: Filters = {};
  const text = (value: unknown) =>
    typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  const q = text(search.q);
  if (q) filters.q = q;
  if (search.layout === 'table') filters.layout = 'table';
  for (const facet of FACETS) {
    const values = text(search[facet]);
    if (values) filters[facet] = values;
  }
  return filters;
}

/** The chosen values of a facet. */
export function chosen(filters: Filters, facet: Facet): string[] {
  return filters[facet]?.split(',') ?? [];
}

/** The filters with a value of a facet chosen, or chosen no longer. */
export function toggled(filters: Filters, facet: Facet, value: string): Filters {
  const before = chosen(filters, facet);
  const after = before.includes(value) ? before.filter((one) => one !== value) : [...before, value];
  return { ...filters, [facet]: after.length > 0 ? after.join(',') : undefined };
}

export function isFiltered(filters: Filters): boolean {
  return Boolean(filters.q) || FACETS.some((facet) => filters[facet]);
}
