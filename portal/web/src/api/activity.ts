// What happened: how much passed, who connected, and who was refused why. No change of the catalog
// tells of it, so it is asked for when somebody looks.
import { queryOptions } from '@tanstack/react-query';
import { answered, api } from './client';
import type { components } from './openapi.gen';

export type Usage = components['schemas']['UsageBody'];
export type Connections = components['schemas']['ConnectionsBody'];
export type CredentialActivity = components['schemas']['CredentialActivityBody'];
export type Refusal = components['schemas']['RefusalBody'];

/** A week of bars, an hour each point. */
export const USAGE_HOURS = 7 * 24;

export function subscriptionUsageQuery(name: string, hours = USAGE_HOURS) {
  return queryOptions({
    queryKey: ['usage', 'subscription', name, hours],
    queryFn: () => answered(api.GET('/api/v1/subscriptions/{name}/usage', { params: { path: { name }, query: { hours } } })),
  });
}

export function connectionsQuery(application: string) {
  return queryOptions({
    queryKey: ['connections', application],
    queryFn: () => answered(api.GET('/api/v1/applications/{name}/connections', { params: { path: { name: application } } })),
    staleTime: 0,
  });
}

/** What is tried while somebody looks is there within some seconds. */
const AGAIN_MS = 3_000;

/** The same, for as long as it is looked at. */
export function watchedConnectionsQuery(application: string) {
  return { ...connectionsQuery(application), refetchInterval: AGAIN_MS };
}
