import { Anchor, Button, Card, Group, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { IconPlus, IconServer2 } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { reachedQuery } from '~/api/clusters';
import { pagesQuery, type Resource } from '~/api/resources';
import { hasRole } from '~/api/session';
import { AsCode, curl } from '~/components/AsCode';
import { Empty } from '~/components/Empty';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';
import { ClusterState } from './ClusterState';

const words = s.discover.clusters;
const signed = getRouteApi('/_signed');

export function DiscoverPage() {
  const { who } = signed.useRouteContext();
  const clusters = useInfiniteQuery(pagesQuery('Cluster'));
  const all = clusters.data?.pages.flatMap((page) => page.items) ?? [];
  const make = hasRole(who, 'operator') ? (
    <Button component={Link} to="/edit/clusters" leftSection={<IconPlus size={16} aria-hidden />}>{words.make}</Button>
  ) : null;
  return (
    <>
      <PageHeader
        title={words.title}
        lead={words.lead}
        actions={<>{make}<AsCode code={{ cli: 'sluicegate get clusters\nsluicegate discover NAME', curl: curl('GET', '/clusters') }} /></>}
      />
      {clusters.error ? <ProblemAlert error={clusters.error} /> : null}
      {clusters.isPending ? <Skeleton height={140} /> : null}
      {clusters.data && all.length === 0 ? (
        <Empty icon={<IconServer2 size={40} stroke={1.2} aria-hidden />} title={words.empty} text={words.emptyText}>{make}</Empty>
      ) : null}
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }}>
        {all.map((cluster) => <OneCluster key={cluster.metadata.name} cluster={cluster} />)}
      </SimpleGrid>
      {clusters.hasNextPage ? (
        <Button mt="md" variant="default" loading={clusters.isFetchingNextPage} onClick={() => void clusters.fetchNextPage()}>{s.common.more}</Button>
      ) : null}
    </>
  );
}

function OneCluster({ cluster: { metadata, spec } }: { cluster: Resource<'Cluster'> }) {
  const reached = useQuery(reachedQuery(metadata.name));
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" wrap="nowrap">
        <Anchor component={Link} to={`/discover/${metadata.name}`} fw={600}>{metadata.name}</Anchor>
        <ClusterState reached={reached} />
      </Group>
      <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>{spec.bootstrapServers.join(', ')}</Text>
      <Text size="sm" c="dimmed">{spec.owner ? words.owner(spec.owner) : words.noOwner}</Text>
      {reached.data ? <Text size="sm" mt="xs">{words.topics(reached.data.total)}</Text> : null}
      {reached.error ? <Text size="sm" mt="xs">{reached.error.message}</Text> : null}
    </Card>
  );
}
