import { Alert, Button, Card, Group, List, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconRefresh } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { replicasQuery, versionQuery, type Replica } from '~/api/health';
import { AsCode, curl } from '~/components/AsCode';
import { ToneBadge } from '~/components/Badges';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';
import { Clusters } from './Clusters';
import { Settings } from './Settings';

const words = s.health;
/** A replica that said nothing for longer is taken to be gone. */
const SILENT_MS = 60_000;

export function HealthPage() {
  const queries = useQueryClient();
  const version = useQuery(versionQuery);
  const again = () => {
    void queries.invalidateQueries({ queryKey: ['health'] });
    void queries.invalidateQueries({ queryKey: ['clusters'] });
  };
  return (
    <>
      <PageHeader
        title={words.title}
        lead={version.data ? words.lead(version.data.software, version.data.catalog) : words.leadFirst}
        actions={
          <>
            <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={version.isRefetching} onClick={again}>{words.again}</Button>
            <AsCode code={{ curl: `${curl('GET', '/version')}\n\n${curl('GET', '/replicas')}\n\n${curl('GET', '/settings')}` }} />
          </>
        }
      />
      <Stack gap="xl">
        {version.error ? <ProblemAlert error={version.error} /> : null}
        {version.isPending ? <Skeleton height={64} /> : null}
        <div role="status">{version.data ? <Problems problems={version.data.problems} /> : null}</div>
        <Clusters />
        <Replicas />
        <Settings />
      </Stack>
    </>
  );
}

function Problems({ problems }: { problems: string[] }) {
  if (problems.length === 0) {
    return <Alert variant="default" icon={<IconCircleCheck aria-hidden />} title={words.well}>{words.wellText}</Alert>;
  }
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} styles={{ title: { color: 'var(--mantine-color-text)' } }} title={words.problems(problems.length)}>
      <List size="sm" mb="xs">{problems.map((problem) => <List.Item key={problem}>{problem}</List.Item>)}</List>
      <Text size="sm">{words.served}</Text>
    </Alert>
  );
}

function Replicas() {
  const replicas = useQuery(replicasQuery);
  return (
    <section aria-label={words.replicas}>
      <Title order={2} mb="sm">{words.replicas}</Title>
      {replicas.error ? <ProblemAlert error={replicas.error} /> : null}
      {replicas.isPending ? <Skeleton height={96} /> : null}
      {replicas.data?.length === 0 ? <Text c="dimmed">{words.noReplicas}</Text> : null}
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }}>
        {replicas.data?.map((replica) => <OneReplica key={replica.name} replica={replica} asked={replicas.dataUpdatedAt} />)}
      </SimpleGrid>
    </section>
  );
}

function OneReplica({ replica: { name, problems, seenAt }, asked }: { replica: Replica; asked: number }) {
  const silent = asked - Date.parse(seenAt) > SILENT_MS;
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600}>{name}</Text>
        <ToneBadge tone={silent ? 'warn' : problems.length > 0 ? 'bad' : 'good'}>{silent ? words.silent : problems.length > 0 ? words.ill : words.fine}</ToneBadge>
      </Group>
      <Text size="sm" c="dimmed">{words.seen(new Date(seenAt).toLocaleString())}</Text>
      {problems.length > 0 ? <List size="sm" mt="xs">{problems.map((problem) => <List.Item key={problem}>{problem}</List.Item>)}</List> : null}
    </Card>
  );
}
