// How the replica that answers is configured, and where each value comes from.
import { Checkbox, Code, Group, Skeleton, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { settingsQuery, type Setting } from '~/api/health';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';

const words = s.health.settings;

export function Settings() {
  const settings = useQuery(settingsQuery);
  const [typed, type] = useState('');
  const [changedOnly, setChangedOnly] = useState(false);
  const found = settings.data?.filter(({ key, source }) => key.includes(typed.trim().toLowerCase()) && !(changedOnly && source === 'default'));
  return (
    <section aria-label={words.title}>
      <Title order={2}>{words.title}</Title>
      <Text size="sm" c="dimmed" mb="sm">{words.lead}</Text>
      {settings.error ? <ProblemAlert error={settings.error} /> : null}
      {settings.isPending ? <Skeleton height={160} /> : null}
      {found ? (
        <Stack gap="sm">
          <Group gap="lg">
            <TextInput aria-label={words.filter} placeholder={words.filter} value={typed} onChange={(event) => { type(event.currentTarget.value); }} />
            <Checkbox label={words.changedOnly} checked={changedOnly} onChange={(event) => { setChangedOnly(event.currentTarget.checked); }} />
            <Text size="sm" c="dimmed" role="status">{words.count(found.length)}</Text>
          </Group>
          {found.length > 0 ? <Rows settings={found} /> : <Text c="dimmed">{words.none}</Text>}
        </Stack>
      ) : null}
    </section>
  );
}

function Rows({ settings }: { settings: Setting[] }) {
  return (
    <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={words.title} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.key}</Table.Th>
            <Table.Th>{words.value}</Table.Th>
            <Table.Th>{words.source}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {settings.map(({ key, value, source, from }) => (
            <Table.Tr key={key}>
              <Table.Td><Code>{key}</Code></Table.Td>
              <Table.Td>{value === null ? <Text size="sm" c="dimmed">{words.unset}</Text> : <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{typeof value === 'string' ? value : JSON.stringify(value)}</Text>}</Table.Td>
              <Table.Td>
                <Text size="sm" c={source === 'default' ? 'dimmed' : undefined}>{words.sources[source]}</Text>
                {from ? <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{from}</Text> : null}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
