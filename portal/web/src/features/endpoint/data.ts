// What the pages of an endpoint ask the catalog for.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { answered, api } from '~/api/client';
import { listQuery, type Resource } from '~/api/resources';
import type { Plan, Subscription } from '~/api/resources.gen';
import { hasRole } from '~/api/session';
import type { Schema } from './schema/model';

/** What a rule does where, as told to everybody who sees the plan. */
export interface PublicRule {
  action: string;
  path?: string;
  header?: string;
  key?: boolean;
}

/** An endpoint as subscribers of a plan see it. */
export interface Described {
  /** The document that the schema's references point into. */
  document: unknown;
  schema?: Schema;
  rules: PublicRule[];
}

interface AsyncApi {
  info?: { 'x-sluicegate-endpoint'?: { rules?: PublicRule[] } };
  components?: { schemas?: Record<string, Schema | undefined> };
}

export const ASYNCAPI_VERSIONS = ['3.1.0', '3.0.0', '2.6.0'];

export function describedQuery(endpoint: string, plan: string) {
  return queryOptions({
    queryKey: ['resources', 'Plan', 'described', endpoint, plan],
    queryFn: async (): Promise<Described> => {
      const params = { path: { name: endpoint }, query: { plan, version: ASYNCAPI_VERSIONS[0] } };
      const document = (await answered(api.GET('/api/v1/endpoints/{name}/asyncapi', { params }))) as AsyncApi;
      return {
        document,
        schema: document.components?.schemas?.value,
        rules: document.info?.['x-sluicegate-endpoint']?.rules ?? [],
      };
    },
  });
}

export function usageQuery(endpoint: string) {
  return queryOptions({
    queryKey: ['usage', 'endpoint', endpoint],
    queryFn: () => answered(api.GET('/api/v1/endpoints/{name}/usage', { params: { path: { name: endpoint } } })),
  });
}

export function plansQuery(endpoint: string) {
  return listQuery('Plan', { filter: `endpoint=${endpoint}` });
}

export function subscriptionsQuery(endpoint: string) {
  return listQuery('Subscription', { filter: `endpoint=${endpoint}`, sort: 'requestedAt' });
}

/** A team as people call it; its name until its document is there, or where it has none. */
export function useTeam(name: string | null | undefined) {
  const asked = useQuery({ ...listQuery('Team', { filter: `name=${name ?? ''}` }), enabled: Boolean(name) });
  const spec = asked.data?.items[0]?.spec;
  return { title: spec?.title ?? name ?? '', email: spec?.email };
}

/** The way in at all: automatic unless the plan says otherwise. */
export function approvesItself(plan: Plan): boolean {
  return (plan.approval ?? 'automatic') === 'automatic';
}

export function stateOf(subscription: Subscription): NonNullable<Subscription['state']> {
  return subscription.state ?? 'active';
}

/** States in which a subscription is one; only one for an application and endpoint is. */
export const LIVE: Subscription['state'][] = ['pending', 'active', 'suspended'];

/** Why nothing is known. What was known before a connection broke is still shown. */
function unlessKnown({ data, error }: { data: unknown; error: Error | null }): Error | null {
  return data === undefined ? error : null;
}

const signed = getRouteApi('/_signed');

/** Those whose applications one may act for: of one's teams; of all for administrators. */
export function useMyApplications() {
  const { who } = signed.useRouteContext();
  const asked = useQuery(listQuery('Application'));
  const mine = ({ spec }: Resource<'Application'>) =>
    hasRole(who) || (typeof spec.owner === 'string' && who.teams.includes(spec.owner));
  return { who, isPending: asked.isPending, error: unlessKnown(asked), applications: asked.data?.items.filter(mine) ?? [] };
}

/** One's own live subscriptions to an endpoint, those that work first. */
export function useMySubscriptions(endpoint: string) {
  const mine = useMyApplications();
  const asked = useQuery(subscriptionsQuery(endpoint));
  const names = new Set(mine.applications.map((one) => one.metadata.name));
  const order = (one: Resource<'Subscription'>) => LIVE.indexOf(stateOf(one.spec)) % 2 === 1 ? 0 : 1;
  const subscriptions = (asked.data?.items ?? [])
    .filter(({ spec }) => LIVE.includes(stateOf(spec)) && names.has(spec.application))
    .sort((one, other) => order(one) - order(other));
  return {
    isPending: mine.isPending || asked.isPending,
    error: unlessKnown(asked) ?? mine.error,
    subscriptions,
    active: subscriptions.filter(({ spec }) => stateOf(spec) === 'active'),
  };
}
