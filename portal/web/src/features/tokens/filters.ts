// What the address of the tokens says.
import { conditions, plain, type ListQuestion } from '~/api/resources';

export interface Filters {
  /** Part of a user's name; absent: one's own. */
  user?: string;
  /** Also those that work no longer. */
  all?: true;
  sort?: string;
}

/** In place of a user's name. */
export const EVERYBODY = '*';
const SORTS = ['name', '-name', 'expiresAt', '-expiresAt'];

export function readFilters(search: Record<string, unknown>): Filters {
  const filters: Filters = {};
  if (typeof search.user === 'string' && search.user) filters.user = search.user;
  if (search.all === true) filters.all = true;
  if (typeof search.sort === 'string' && SORTS.includes(search.sort) && search.sort !== 'name') filters.sort = search.sort;
  return filters;
}

export function question({ user, all, sort }: Filters, me: string): ListQuestion {
  const whose = user === EVERYBODY ? '' : user ? `user~${plain(user)}` : `user=${me}`;
  return { filter: conditions(whose, !all && 'revoked!=true'), sort: sort ?? 'name' };
}
