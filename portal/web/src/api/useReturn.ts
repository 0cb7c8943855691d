// What could not be asked is asked again by itself, once there is a network or a session again.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { sessionQuery } from './session';

/** A browser may say that it is online before anything can be reached. */
const AGAIN_MS = 4_000;

/** Calls back while `waiting`, when the session has come back; while `offline`, now and then and when the network has. */
export function useReturn(waiting: boolean, offline: boolean, back: () => void) {
  const queries = useQueryClient();
  const latest = useRef(back);
  useEffect(() => {
    latest.current = back;
  });
  useEffect(() => {
    if (!waiting) return;
    const online = () => latest.current();
    window.addEventListener('online', online);
    const timer = offline ? setInterval(online, AGAIN_MS) : undefined;
    const session = JSON.stringify(sessionQuery.queryKey);
    const signedIn = queries.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'success' && event.query.queryHash === session) latest.current();
    });
    return () => {
      window.removeEventListener('online', online);
      clearInterval(timer);
      signedIn();
    };
  }, [waiting, offline, queries]);
}
