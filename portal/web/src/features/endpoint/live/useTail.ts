import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { answered, api } from '~/api/client';
import { Tail } from './tail';

/** The events of a subscription from a place on; `again` begins anew; what has ended stays as it was. */
export function useTail(subscription: string, from: string, again: number, words: string, ended: boolean) {
  const queries = useQueryClient();
  const tail = useMemo(
    () => new Tail({
      from,
      ticket: async () => {
        try {
          const params = { path: { name: subscription } };
          return await answered(api.POST('/api/v1/subscriptions/{name}/tickets', { params, body: { origin: location.origin } }));
        } catch (problem) {
          // The subscription may be another by now, or the session over: whoever shows them learns it.
          void queries.invalidateQueries({ queryKey: ['resources', 'Subscription'] });
          throw problem;
        }
      },
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `again` asks for a new one
    [subscription, from, again, queries],
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
