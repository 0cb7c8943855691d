// Who did what.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api } from './client';
import type { components, paths } from './openapi.gen';

type Told = components['schemas']['RecordBody'];
export type AuditQuestion = Omit<NonNullable<paths['/api/v1/audit']['get']['parameters']['query']>, 'cursor' | 'limit'>;

/** A CloudEvent of the audit, as far as all of them go. */
export interface AuditEvent {
  type: string;
  time: string;
  subject?: string;
  data?: {
    actor?: { kind?: string; name?: string; address?: string };
    changes?: { path: string; before?: unknown; after?: unknown }[];
    reason?: string;
  } & Record<string, unknown>;
}

export type AuditRecord = Omit<Told, 'event'> & { event: AuditEvent };

const PAGE = 100;

export function auditQuery(question: AuditQuestion) {
  return infiniteQueryOptions({
    queryKey: ['audit', question],
    queryFn: async ({ pageParam }) => {
      const { records, next } = await answered(api.GET('/api/v1/audit', { params: { query: { ...question, limit: PAGE, cursor: pageParam } } }));
      return { records: records as unknown as AuditRecord[], next };
    },
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    // It grows with everything that happens.
    staleTime: 0,
  });
}

export const auditTypesQuery = queryOptions({
  queryKey: ['audit', 'types'],
  queryFn: async () => (await answered(api.GET('/api/v1/audit/types'))).types,
  staleTime: Infinity,
});

/** One record by its number; `null`: there is none. */
export function recordQuery(number: number) {
  return queryOptions({
    queryKey: ['audit', 'record', number],
    queryFn: async () => {
      const query = { limit: 1, cursor: number + 1 };
      const { records } = await answered(api.GET('/api/v1/audit', { params: { query } }));
      const found = records[0] as unknown as AuditRecord | undefined;
      return found?.number === number ? found : null;
    },
    staleTime: Infinity,
  });
}
