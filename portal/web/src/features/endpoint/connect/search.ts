// What the address of the connect page says.
export interface ConnectSearch {
  subscription?: string;
  client?: string;
}

export function readConnectSearch(search: Record<string, unknown>): ConnectSearch {
  const word = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { subscription: word(search.subscription), client: word(search.client) };
}
