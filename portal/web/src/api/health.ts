// How the gateway is.
import { queryOptions } from '@tanstack/react-query';
import { answered, api } from './client';
import type { components } from './openapi.gen';

export type Replica = components['schemas']['ReplicaBody'];
export type Setting = components['schemas']['Setting'];

export const versionQuery = queryOptions({
  queryKey: ['health', 'version'],
  queryFn: () => answered(api.GET('/api/v1/version')),
  staleTime: 0,
});

export const replicasQuery = queryOptions({
  queryKey: ['health', 'replicas'],
  queryFn: async () => (await answered(api.GET('/api/v1/replicas'))).replicas,
  staleTime: 0,
});

export const settingsQuery = queryOptions({
  queryKey: ['health', 'settings'],
  queryFn: async () => (await answered(api.GET('/api/v1/settings'))).settings,
  staleTime: 0,
});
