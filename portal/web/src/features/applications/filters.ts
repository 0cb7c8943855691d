// What the addresses of the applications' pages say.
import { conditions, plain, type ListQuestion } from '~/api/resources';

export interface Filters {
  name?: string;
  owner?: string;
  sort?: string;
}

export const TABS = ['subscriptions', 'keys', 'check'] as const;
export type Tab = (typeof TABS)[number];

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);

export function readFilters(search: Record<string, unknown>): Filters {
  const filters: Filters = {};
  const name = text(search.name);
  const owner = text(search.owner);
  if (name) filters.name = name;
  if (owner) filters.owner = owner;
  if (search.sort === '-name' || search.sort === 'owner' || search.sort === '-owner') filters.sort = search.sort;
  return filters;
}

export function readTab(search: Record<string, unknown>): { tab?: Tab } {
  const tab = TABS.find((one) => one === search.tab);
  return tab && tab !== 'subscriptions' ? { tab } : {};
}

export function question({ name, owner, sort }: Filters): ListQuestion {
  const filter = conditions(name && `name~${plain(name)}`, owner && `owner=${plain(owner)}`);
  return { filter, sort };
}
