// What the address of a cluster's page says.
export interface TopicFilters {
  tab?: 'drift';
  q?: string;
  internal?: boolean;
  /** Only topics that no endpoint publishes. */
  free?: boolean;
}

export function readTopicFilters(search: Record<string, unknown>): TopicFilters {
  return {
    ...(search.tab === 'drift' ? { tab: 'drift' } : {}),
    ...(typeof search.q === 'string' && search.q ? { q: search.q } : {}),
    ...(search.internal === true ? { internal: true } : {}),
    ...(search.free === true ? { free: true } : {}),
  };
}
