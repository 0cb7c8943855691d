// What the address of the subscribers says, so that every view can be linked.
import { conditions, plain, type ListQuestion } from '~/api/resources';
import { STATES, type State } from './moves';

export interface Filters {
  application?: string;
  endpoint?: string;
  state?: State;
  sort?: string;
}

const SORTS = ['application', 'endpoint', 'plan', 'state', 'requestedAt', 'expiresAt'];
export const SORT = 'application';

export function readFilters(search: Record<string, unknown>): Filters {
  const filters: Filters = {};
  const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);
  const application = text(search.application);
  const endpoint = text(search.endpoint);
  const sort = text(search.sort);
  if (application) filters.application = application;
  if (endpoint) filters.endpoint = endpoint;
  if (STATES.includes(search.state as State)) filters.state = search.state as State;
  if (sort && SORTS.includes(sort.replace(/^-/, '')) && sort !== SORT) filters.sort = sort;
  return filters;
}

export const isFiltered = ({ application, endpoint, state }: Filters) => Boolean(application ?? endpoint ?? state);

export function question({ application, endpoint, state, sort }: Filters): ListQuestion {
  const filter = conditions(
    application && `application~${plain(application)}`,
    endpoint && `endpoint=${plain(endpoint)}`,
    state && `state=${state}`,
  );
  return { filter, sort: sort ?? SORT };
}
