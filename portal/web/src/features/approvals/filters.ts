// What the address of the approvals says.
import { conditions, plain, type ListQuestion } from '~/api/resources';

export interface Filters {
  tab?: 'decided';
  application?: string;
  endpoint?: string;
  sort?: string;
}

const SORTS = ['application', 'endpoint', 'requestedAt', 'decision.at', 'state'];

export function readFilters(search: Record<string, unknown>): Filters {
  const filters: Filters = {};
  const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);
  const application = text(search.application);
  const endpoint = text(search.endpoint);
  const sort = text(search.sort);
  if (search.tab === 'decided') filters.tab = 'decided';
  if (application) filters.application = application;
  if (endpoint) filters.endpoint = endpoint;
  if (sort && SORTS.includes(sort.replace(/^-/, ''))) filters.sort = sort;
  return filters;
}

/** Whoever waits longest comes first; of what was decided, the latest. */
export const sortOf = ({ tab, sort }: Filters) => sort ?? (tab === 'decided' ? '-decision.at' : 'requestedAt');

export function question(filters: Filters): ListQuestion {
  const { tab, application, endpoint } = filters;
  const filter = conditions(
    // Whatever was decided has somebody who decided it.
    tab === 'decided' ? 'state!=pending,decision.by~' : 'state=pending',
    application && `application~${plain(application)}`,
    endpoint && `endpoint=${plain(endpoint)}`,
  );
  return { filter, sort: sortOf(filters) };
}
