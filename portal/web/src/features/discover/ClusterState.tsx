// Whether a cluster answers, asked when it comes into sight.
import { Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { ToneBadge } from '~/components/Badges';
import { s } from '~/strings';

export function ClusterState({ reached }: { reached: UseQueryResult }) {
  if (reached.isPending) return <Skeleton height={20} width={80} />;
  return reached.error ? <ToneBadge tone="bad">{s.discover.clusters.away}</ToneBadge> : <ToneBadge tone="good">{s.discover.clusters.reached}</ToneBadge>;
}
