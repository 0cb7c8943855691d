// What changes in the catalog arrives by itself: the change feed makes stale what it names.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

interface Change {
  resources: { kind: string; name: string }[];
}

/** Follows the change feed; whether the gateway is reached. */
export function useChanges(): boolean {
  const queries = useQueryClient();
  const [reached, setReached] = useState(true);
  useEffect(() => {
    const feed = new EventSource('/api/v1/changes');
    let lost = false;
    feed.addEventListener('change', (event: MessageEvent<string>) => {
      const changed = new Set((JSON.parse(event.data) as Change).resources.map((one) => one.kind));
      for (const kind of changed) {
        void queries.invalidateQueries({ queryKey: ['resources', kind] });
      }
      if (changed.has('Endpoint')) void queries.invalidateQueries({ queryKey: ['search'] });
    });
    feed.addEventListener('reset', () => void queries.invalidateQueries());
    feed.onopen = () => {
      setReached(true);
      // What happened in between may be older than what the feed tells.
      if (lost) void queries.invalidateQueries();
      lost = false;
    };
    feed.onerror = () => {
      lost = true;
      setReached(false);
    };
    return () => feed.close();
  }, [queries]);
  return reached;
}
