// Finding endpoints by words and facets.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api } from './client';
import type { components, paths } from './openapi.gen';
import type { Endpoint } from './resources.gen';

export type SearchQuestion = NonNullable<paths['/api/v1/search']['get']['parameters']['query']>;
export type Hit = components['schemas']['HitBody'] & Partial<Endpoint>;
export type Found = Omit<components['schemas']['FoundBody'], 'items'> & { items: Hit[] };

/** How many are asked for at once. */
const PAGE = 60;

export async function search(query: SearchQuestion): Promise<Found> {
  return (await answered(api.GET('/api/v1/search', { params: { query } }))) as Found;
}

export function searchQuery(question: SearchQuestion) {
  return queryOptions({ queryKey: ['search', question], queryFn: () => search(question) });
}

export function searchPagesQuery(question: SearchQuestion) {
  return infiniteQueryOptions({
    queryKey: ['search', 'pages', question],
    queryFn: ({ pageParam }) => search({ ...question, limit: PAGE, cursor: pageParam }),
    initialPageParam: undefined as SearchQuestion['cursor'],
    getNextPageParam: (last) => last.next ?? undefined,
  });
}
