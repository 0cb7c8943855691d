// The subscriptions that somebody decides about: those of the endpoints of their teams, or all.
import { useInfiniteQuery, useQueries } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { listQuery, pagesQuery, type ListQuestion } from '~/api/resources';
import { hasRole, type Who } from '~/api/session';
import type { OfSubscription } from './moves';

/** Endpoints that are offered to choose from. */
const OFFERED_MAX = 1000;
/** A screen full: with fewer rows the next page is asked for at once. */
const ROWS_MIN = 30;

/** Whoever is concerned with every endpoint, whosever it is. */
export const seesAll = (who: Who) => hasRole(who, 'operator', 'securityOfficer', 'auditor');

export interface OfEndpoint {
  name: string;
  title: string;
  owner?: string | null;
}

/** The endpoints of one's teams, or all for those who are concerned with all. */
export function useTheirEndpoints(who: Who) {
  const fields = 'title,owner';
  const questions: ListQuestion[] = seesAll(who)
    ? [{ fields, limit: OFFERED_MAX }]
    : who.teams.map((team) => ({ fields, limit: OFFERED_MAX, filter: `owner=${team}` }));
  return useQueries({
    queries: questions.map((one) => listQuery('Endpoint', one)),
    combine: (answers) => ({
      isPending: answers.some((answer) => answer.isPending),
      error: answers.find((answer) => answer.error)?.error,
      endpoints: answers
        .flatMap((answer) => answer.data?.items ?? [])
        .map(({ metadata, spec }): OfEndpoint => ({ name: metadata.name, title: spec.title ?? metadata.name, owner: spec.owner })),
    }),
  });
}

export function useDecided(who: Who, question: ListQuestion, keep: (one: OfSubscription) => boolean = () => true) {
  const theirs = useTheirEndpoints(who);
  const asked = useInfiniteQuery(pagesQuery('Subscription', question));
  const all = seesAll(who);
  const endpoints = useMemo(() => new Map(theirs.endpoints.map((one) => [one.name, one])), [theirs.endpoints]);
  const rows = (asked.data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((one) => (all || endpoints.has(one.spec.endpoint)) && keep(one));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = asked;
  const more = () => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  };
  useEffect(() => {
    if (rows.length < ROWS_MIN && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    rows,
    endpoints,
    more,
    isPending: asked.isPending || theirs.isPending,
    error: asked.error ?? theirs.error,
    /** Whether all there are were asked for. */
    complete: !hasNextPage && !asked.isPending,
  };
}
