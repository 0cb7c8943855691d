import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { answered, api } from '~/api/client';
import { Tail } from './tail';

/** Through what one looks: a subscription of one's own, or a plan that shows its events to everybody. */
export type Source = { subscription: string; plan?: undefined } | { plan: string; subscription?: undefined };

function ticketOf(source: Source) {
  const body = { origin: location.origin };
  return source.subscription === undefined
    ? answered(api.POST('/api/v1/plans/{name}/tickets', { params: { path: { name: source.plan } }, body }))
    : answered(api.POST('/api/v1/subscriptions/{name}/tickets', { params: { path: { name: source.subscription } }, body }));
}

/** The events of a source from a place on; `again` begins anew; what has ended stays as it was. */
export function useTail(source: Source, from: string, again: number, words: string, ended: boolean) {
  const queries = useQueryClient();
  const tail = useMemo(
    () => new Tail({
      from,
      ticket: async () => {
        try {
          return await ticketOf(source);
        } catch (problem) {
          // The subscription or plan may be another by now, or the session over: whoever shows them learns it.
          void queries.invalidateQueries({ queryKey: ['resources', source.plan === undefined ? 'Subscription' : 'Plan'] });
          throw problem;
        }
      },
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `again` asks for a new one
    [source.subscription, source.plan, from, again, queries],
  );
  useEffect(() => {
    if (ended) return;
    tail.open();
    return () => tail.close();
  }, [tail, ended]);
  useEffect(() => {
    tail.filter(words);
  }, [tail, words]);
  return { tail, view: useSyncExternalStore(tail.listen, tail.view) };
}
