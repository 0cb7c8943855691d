// Where the catalog and the cluster have gone apart.
import { Alert, Anchor, Button, Group, List, Skeleton, Table, Text } from '@mantine/core';
import { IconCircleCheck, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { driftQuery } from '~/api/clusters';
import { ToneBadge } from '~/components/Badges';
import { Empty } from '~/components/Empty';
import { focusable } from '~/components/focusable';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';

const words = s.discover.drift;

export function DriftList({ cluster }: { cluster: string }) {
  const found = useQuery(driftQuery(cluster));
  if (found.isPending) return <Skeleton height={180} />;
  if (found.error) return <ProblemAlert error={found.error} title={s.discover.topics.unreachable} />;
  const { drift, endpoints, notes } = found.data;
  return (
    <>
      <Group justify="space-between" mb="md">
        <Text size="sm" c="dimmed" role="status">{words.compared(endpoints)}</Text>
        <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={found.isRefetching} onClick={() => void found.refetch()}>{words.again}</Button>
      </Group>
      {drift.length === 0 ? (
        <Empty icon={<IconCircleCheck size={40} stroke={1.2} aria-hidden />} title={words.none} text={words.noneText} />
      ) : (
        <Table.ScrollContainer minWidth={620} scrollAreaProps={focusable(words.title)}>
          <Table aria-label={words.title}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{words.columns.endpoint}</Table.Th>
                <Table.Th>{words.columns.what}</Table.Th>
                <Table.Th>{words.columns.message}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {drift.map((one, at) => (
                <Table.Tr key={at}>
                  <Table.Td>
                    <Anchor component={Link} to={`/endpoints/${one.endpoint}`} size="sm" fw={600}>{one.endpoint}</Anchor>
                    <Text size="xs" c="dimmed" ff="monospace">{one.topic}</Text>
                  </Table.Td>
                  <Table.Td><ToneBadge tone={one.kind === 'topicGone' ? 'bad' : 'warn'}>{words.kind(one.kind)}</ToneBadge></Table.Td>
                  <Table.Td>{one.message}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {notes.length > 0 ? (
        <Alert mt="md" variant="default" title={words.notes}>
          <List size="sm">{notes.map((note) => <List.Item key={note}>{note}</List.Item>)}</List>
        </Alert>
      ) : null}
    </>
  );
}
