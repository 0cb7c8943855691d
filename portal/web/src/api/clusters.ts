// Looks into clusters: as they are now, not as the catalog says. Records are kept in no cache.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api } from './client';
import type { components } from './openapi.gen';

export type Topic = components['schemas']['TopicBody'];
export type Proposal = components['schemas']['ProposalBody'];
export type ProposalAsked = components['schemas']['ProposalAskedBody'];
export type Drift = components['schemas']['DriftBody'];
export type Records = components['schemas']['RecordsBody'];
export type Content = components['schemas']['ContentBody'];

export interface TopicsQuestion {
  filter?: string;
  internal?: boolean;
}

const PAGE = 100;

export function topicsQuery(cluster: string, question: TopicsQuestion) {
  return infiniteQueryOptions({
    queryKey: ['clusters', cluster, 'topics', question],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/api/v1/clusters/{name}/topics', {
          params: { path: { name: cluster }, query: { ...question, limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

/** Whether a cluster answers, and how many topics it has. */
export function reachedQuery(cluster: string) {
  return queryOptions({
    queryKey: ['clusters', cluster, 'reached'],
    queryFn: () => answered(api.GET('/api/v1/clusters/{name}/topics', { params: { path: { name: cluster }, query: { limit: 1 } } })),
    retry: false,
  });
}

export function driftQuery(cluster: string) {
  return queryOptions({
    queryKey: ['clusters', cluster, 'drift'],
    queryFn: () => answered(api.GET('/api/v1/clusters/{name}/drift', { params: { path: { name: cluster } } })),
  });
}

export function propose(cluster: string, topic: string, body: ProposalAsked): Promise<Proposal> {
  const params = { path: { name: cluster, topic } };
  return answered(api.POST('/api/v1/clusters/{name}/topics/{topic}/proposal', { params, body }));
}

/** Reads the latest records of a topic, without any policy. The audit is told before. */
export function readRecords(cluster: string, topic: string, records: number, reason: string): Promise<Records> {
  const params = { path: { name: cluster, topic } };
  return answered(api.POST('/api/v1/clusters/{name}/topics/{topic}/sample', { params, body: { records, reason } }));
}
