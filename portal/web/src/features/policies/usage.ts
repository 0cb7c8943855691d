// Where a policy is used: the plans that name it, and the endpoints that they offer.
import { useQueries, useQuery } from '@tanstack/react-query';
import { listQuery, resourceQuery, type Resource } from '~/api/resources';

/** Endpoints whose schemas and samples are looked at. */
const ENDPOINTS_MAX = 5;
/** The most that one page of a list has. */
const ALL = 1000;

export interface Use {
  plan: string;
  endpoint: string;
  /** The version that the plan stays with; absent: the current one. */
  pinned?: number;
}

const allPlans = listQuery('Plan', { fields: 'endpoint,policies', limit: ALL });

export function usesIn(plans: Resource<'Plan'>[], policy: string): Use[] {
  return plans.flatMap(({ metadata, spec }) =>
    (spec.policies ?? []).flatMap((named) => {
      const [name, version] = named.split('@');
      if (name !== policy) return [];
      return [{ plan: metadata.name, endpoint: spec.endpoint, pinned: version === undefined ? undefined : Number(version) }];
    }),
  );
}

/** The plans of the catalog, as far as one sees them, for counts of use. */
export function usePlans() {
  return useQuery(allPlans);
}

export function useEndpoints(uses: Use[]): Resource<'Endpoint'>[] {
  const names = [...new Set(uses.map(({ endpoint }) => endpoint))].slice(0, ENDPOINTS_MAX);
  return useQueries({
    queries: names.map((name) => resourceQuery('Endpoint', name)),
    combine: (found) => found.flatMap(({ data }) => (data ? [data] : [])),
  });
}
