// Resources of the catalog: read, listed, written and moved, typed by kind.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api } from './client';
import type { components, paths } from './openapi.gen';
import type { Specs } from './resources.gen';

export type Kind = keyof Specs;
export type Applied = components['schemas']['AppliedBody'];

/** A resource of a kind as the catalog tells it. */
export interface Resource<K extends Kind = Kind> {
  apiVersion: string;
  kind: K;
  metadata: { name: string; labels?: Record<string, string> };
  spec: Specs[K];
}

export interface Page<K extends Kind> {
  items: Resource<K>[];
  next?: string | null;
  total: number;
}

export type ListQuestion = NonNullable<paths['/api/v1/{kinds}']['get']['parameters']['query']>;

/** Conditions that must all hold, as a list's `filter`; those that are not meant are left out. */
export function conditions(...all: (string | false | null | undefined)[]): string | undefined {
  return all.filter(Boolean).join(',') || undefined;
}

/** A text within a condition: a comma would begin another one. */
export const plain = (text: string) => text.replaceAll(',', ' ').trim();

/** The word of each kind in URLs. */
export const KINDS = {
  Domain: 'domains',
  Team: 'teams',
  User: 'users',
  Token: 'tokens',
  Cluster: 'clusters',
  Key: 'keys',
  Policy: 'policies',
  Endpoint: 'endpoints',
  Plan: 'plans',
  Application: 'applications',
  Subscription: 'subscriptions',
  Credential: 'credentials',
} as const satisfies Record<Kind, string>;

/** How many resources are asked for at once. */
const PAGE = 200;

async function page<K extends Kind>(kind: K, query: ListQuestion): Promise<Page<K>> {
  const params = { path: { kinds: KINDS[kind] }, query };
  return (await answered(api.GET('/api/v1/{kinds}', { params }))) as unknown as Page<K>;
}

/** The first page of a list: for lists that fit on one, and for counts (`total`). */
export function listQuery<K extends Kind>(kind: K, question: ListQuestion = {}) {
  return queryOptions({
    queryKey: ['resources', kind, question],
    queryFn: () => page(kind, { limit: PAGE, ...question }),
  });
}

/** A list page by page. */
export function pagesQuery<K extends Kind>(kind: K, question: ListQuestion = {}) {
  return infiniteQueryOptions({
    queryKey: ['resources', kind, 'pages', question],
    queryFn: ({ pageParam }) => page(kind, { limit: PAGE, ...question, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<K>) => last.next ?? undefined,
  });
}

export function resourceQuery<K extends Kind>(kind: K, name: string) {
  return queryOptions({
    queryKey: ['resources', kind, name],
    queryFn: async () => {
      const params = { path: { kinds: KINDS[kind], name } };
      return (await answered(
        api.GET('/api/v1/{kinds}/{name}', { params }),
      )) as unknown as Resource<K>;
    },
  });
}

/** A document as it is applied. */
export function document<K extends Kind>(kind: K, name: string, spec: Specs[K]): Resource<K> {
  return { apiVersion: 'sluicegate/v1', kind, metadata: { name }, spec };
}

export interface ApplyQuestion {
  dryRun?: boolean;
  acceptBreaking?: boolean;
}

/** Applies documents: all or none. `text` is YAML, documents are sent as JSON. */
export function apply(what: string | Resource[], query: ApplyQuestion = {}): Promise<Applied> {
  const yaml = typeof what === 'string';
  const body = yaml ? what : JSON.stringify(what);
  return answered(
    api.POST('/api/v1/apply', {
      params: { query },
      body: body as never,
      bodySerializer: (text: unknown) => text as string,
      headers: { 'Content-Type': yaml ? 'application/yaml' : 'application/json' },
    }),
  );
}
