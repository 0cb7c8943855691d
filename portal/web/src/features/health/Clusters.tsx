// The clusters behind the gateway: each is asked when the page is opened, and tells for itself.
import { Anchor, Card, Group, SimpleGrid, Skeleton, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { reachedQuery } from '~/api/clusters';
import { listQuery } from '~/api/resources';
import { ProblemAlert } from '~/components/ProblemAlert';
import { ClusterState } from '~/features/discover/ClusterState';
import { s } from '~/strings';

const words = s.health;

export function Clusters() {
  const clusters = useQuery(listQuery('Cluster'));
  return (
    <section aria-label={words.clusters}>
      <Title order={2} mb="sm">{words.clusters}</Title>
      {clusters.error ? <ProblemAlert error={clusters.error} /> : null}
      {clusters.isPending ? <Skeleton height={96} /> : null}
      {clusters.data?.items.length === 0 ? <Text c="dimmed">{words.noClusters}</Text> : null}
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }}>
        {clusters.data?.items.map(({ metadata }) => <OneCluster key={metadata.name} name={metadata.name} />)}
      </SimpleGrid>
    </section>
  );
}

function OneCluster({ name }: { name: string }) {
  const reached = useQuery(reachedQuery(name));
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" wrap="nowrap">
        <Anchor component={Link} to={`/discover/${name}`} fw={600}>{name}</Anchor>
        <ClusterState reached={reached} />
      </Group>
      {reached.data ? <Text size="sm" c="dimmed">{s.discover.clusters.topics(reached.data.total)}</Text> : null}
      {reached.error ? <Text size="sm">{reached.error.message}</Text> : null}
      <Anchor component={Link} to={`/discover/${name}`} search={{ tab: 'drift' } as never} size="sm" mt="xs" aria-label={words.driftOf(name)}>{words.drift}</Anchor>
    </Card>
  );
}
