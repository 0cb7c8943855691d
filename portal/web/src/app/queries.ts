import { QueryClient } from '@tanstack/react-query';
import { Offline, Problem } from '~/api/problem';

/** Answers are kept until the change feed says otherwise; see `useChanges`. */
const FRESH_MS = 60_000;
const RETRIES_MAX = 2;

/** What is worth asking again: the gateway was away or busy. A refusal stays a refusal. */
function again(failures: number, error: Error): boolean {
  if (failures >= RETRIES_MAX) return false;
  if (error instanceof Problem) return error.body.status >= 502 && error.body.status <= 504;
  return error instanceof Offline;
}

export const queries = new QueryClient({
  defaultOptions: {
    // Without a network it is said so at once: nothing waits, or is sent, behind somebody's back.
    queries: { staleTime: FRESH_MS, retry: again, refetchOnWindowFocus: false, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});
