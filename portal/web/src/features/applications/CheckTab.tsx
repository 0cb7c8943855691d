// What the gateway saw of an application: to find out why a connection does not work.
import { Alert, Button, Card, Group, List, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { watchedConnectionsQuery, type CredentialActivity } from '~/api/activity';
import { ToneBadge } from '~/components/Badges';
import { ProblemAlert } from '~/components/ProblemAlert';
import { When } from '~/components/When';
import { s } from '~/strings';
import { applications } from '~/strings/applications';
import { RefusalCard } from './RefusalCard';

const words = applications.check;
const time = new Intl.DateTimeFormat('en', { timeStyle: 'medium' });

export const doorName = (door: string) => (s.common.door as Record<string, string | undefined>)[door] ?? door;

interface Props {
  application: string;
  onTab: (tab: string) => void;
}

export function CheckTab({ application, onTab }: Props) {
  const asked = useQuery(watchedConnectionsQuery(application));
  const credentials = asked.data?.credentials ?? [];
  const refusals = credentials
    .flatMap((one) => one.refusals.map((refusal) => ({ credential: one.name, refusal })))
    .sort((one, other) => other.refusal.lastAt.localeCompare(one.refusal.lastAt));
  return (
    <Stack>
      <Group justify="space-between">
        <Text maw={720}>{words.lead}</Text>
        <Group gap="sm">
          <Text size="sm" c="dimmed" role="status">{asked.data ? words.at(time.format(asked.dataUpdatedAt)) : ''}</Text>
          <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={asked.isFetching && !asked.isPending} onClick={() => void asked.refetch()}>
            {words.again}
          </Button>
        </Group>
      </Group>
      {asked.error ? <ProblemAlert error={asked.error} /> : null}
      {asked.isPending ? <Skeleton height={220} radius="md" /> : null}
      {asked.data ? (
        <>
          <section>
            <Title order={2} mb="xs">{words.refused}</Title>
            {refusals.length === 0 ? <Text c="dimmed">{words.noneRefused}</Text> : null}
            <Stack gap="sm">
              {refusals.map(({ credential, refusal }) => (
                <RefusalCard key={`${credential} ${refusal.door} ${refusal.code} ${refusal.address} ${refusal.firstAt}`}
                  credential={credential} refusal={refusal} onTab={onTab} />
              ))}
            </Stack>
          </section>
          <section>
            <Title order={2} mb="xs">{words.open}</Title>
            <Open credentials={credentials} />
          </section>
          <Alert color="gray" title={words.missing.title}>
            <Text size="sm" mb={4}>{words.missing.lead}</Text>
            <List size="sm" spacing={2} mb={4}>
              {words.missing.causes.map((cause) => <List.Item key={cause}>{cause}</List.Item>)}
            </List>
            <Text size="sm">{words.missing.connect}</Text>
          </Alert>
        </>
      ) : null}
    </Stack>
  );
}

function Open({ credentials }: { credentials: CredentialActivity[] }) {
  const all = credentials.flatMap((one) => one.connections.map((connection) => ({ credential: one.name, connection })));
  if (all.length === 0) return <Text c="dimmed">{words.noneOpen}</Text>;
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        {all.map(({ credential, connection }, at) => (
          <Group key={at} gap="xs">
            <ToneBadge tone="good">{doorName(connection.door)}</ToneBadge>
            <Text size="sm" fw={600}>{credential}</Text>
            <Text size="sm">{words.from(connection.peer)}{connection.software ? ` (${connection.software})` : ''}</Text>
            <Text size="sm" c="dimmed">{words.since}<When at={connection.openedAt} /></Text>
          </Group>
        ))}
      </Stack>
    </Card>
  );
}
