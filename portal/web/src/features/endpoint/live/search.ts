// What the address of a live view says.
export interface LiveSearch {
  /** The subscription through which one looks. */
  subscription?: string;
  /** What events must contain. */
  q?: string;
  /** Where it begins: `latest`, `earliest` or a time (RFC 3339). */
  from?: string;
}

const word = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);

export function readLiveSearch(search: Record<string, unknown>): LiveSearch {
  return { subscription: word(search.subscription), q: word(search.q), from: word(search.from) };
}
