// Who reads what goes away: their subscriptions, when each was last used, and whose they are.
import { useQueries, useQuery } from '@tanstack/react-query';
import { subscriptionUsageQuery } from '~/api/activity';
import { askingQuery } from '~/api/asking';
import { subscriptionsQuery } from '~/features/endpoint/data';
import { summary } from '~/features/endpoint/overview/Usage';
import { isLive, readersOf } from './standing';

/** Of so many it is asked at once when they last read; of more, row by row as they come into sight. */
const ASKED_MAX = 60;

/** `successor`: what comes instead, whose subscriptions tell who has moved. */
export function useReaders(endpoint: string, successor?: string | null) {
  const old = useQuery(subscriptionsQuery(endpoint));
  const next = useQuery({ ...subscriptionsQuery(successor ?? ''), enabled: Boolean(successor) });
  const readers = readersOf(old.data?.items ?? [], next.data?.items ?? []);
  const live = readers.map((reader) => reader.old).filter(isLive);
  const asked = live.slice(0, ASKED_MAX).map((one) => one.metadata.name);
  const used = useQueries({
    queries: asked.map((name) => subscriptionUsageQuery(name)),
    combine: (answers) => new Map(answers.flatMap(({ data }, at) => (data ? [[asked[at] ?? '', summary(data).last !== undefined] as const] : []))),
  });
  const teams = useQueries({
    queries: asked.map((name) => askingQuery(name)),
    combine: (answers) => new Map(answers.flatMap(({ data }, at) => (data?.spec.owner ? [[asked[at] ?? '', data.spec.owner] as const] : []))),
  });
  return {
    readers,
    live,
    /** By subscription: whether it read anything within the last days, and whose it is; as far as that is known. */
    used,
    teams,
    isPending: old.isPending || (Boolean(successor) && next.isPending),
    error: old.error ?? next.error,
    /** Whether there are more than are listed. */
    cut: (old.data?.total ?? 0) > (old.data?.items.length ?? 0),
  };
}

export type Readers = ReturnType<typeof useReaders>;
