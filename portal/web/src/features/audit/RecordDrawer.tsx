// One record, whole: what changed in words, and the CloudEvent as it is kept.
import { Button, Drawer, Group, Stack, Table, Text, Title } from '@mantine/core';
import type { AuditRecord } from '~/api/audit';
import { CodeBlock } from '~/components/CodeBlock';
import { focusable } from '~/components/focusable';
import { s } from '~/strings';
import { said, when, type AuditFilters } from './filters';

const words = s.audit.record;

interface Props {
  record: AuditRecord | undefined;
  onClose: () => void;
  onFilter: (filters: AuditFilters) => void;
}

export function RecordDrawer({ record, onClose, onFilter }: Props) {
  return (
    <Drawer
      opened={record !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={record ? words.title(record.number) : ''}
      closeButtonProps={{ 'aria-label': s.common.close }}
    >
      {record ? <Whole record={record} onFilter={onFilter} /> : null}
    </Drawer>
  );
}

function Whole({ record: { hash, event }, onFilter }: { record: AuditRecord; onFilter: Props['onFilter'] }) {
  const { actor, changes = [], reason } = event.data ?? {};
  const [kind, name] = event.subject?.split('/') ?? [];
  return (
    <Stack>
      <div>
        <Title order={2}>{said(event.type)}</Title>
        <Text>{words.sentence(event.subject ?? '', actor?.name ?? actor?.kind ?? '', when(event.time))}</Text>
        {actor?.address ? <Text size="sm" c="dimmed">{words.address(actor.address)}</Text> : null}
        {reason ? <Text size="sm">{words.reason(reason)}</Text> : null}
      </div>
      <Group gap="xs">
        {kind && name ? <Button size="xs" variant="default" onClick={() => onFilter({ kind, name })}>{words.history(`${kind} ${name}`)}</Button> : null}
        {actor?.name ? <Button size="xs" variant="default" onClick={() => onFilter({ actor: actor.name })}>{words.by(actor.name)}</Button> : null}
      </Group>
      {changes.length > 0 ? (
        <section>
          <Title order={3} mb="xs">{words.changes}</Title>
          <Table.ScrollContainer minWidth={480} scrollAreaProps={focusable(words.changes)}>
            <Table fz="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{words.member}</Table.Th>
                  <Table.Th>{words.before}</Table.Th>
                  <Table.Th>{words.after}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {changes.map(({ path, before, after }) => (
                  <Table.Tr key={path}>
                    <Table.Td ff="monospace">{path}</Table.Td>
                    <Table.Td>{shown(before)}</Table.Td>
                    <Table.Td>{shown(after)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </section>
      ) : null}
      <section>
        <Title order={3} mb="xs">{words.event}</Title>
        <CodeBlock text={JSON.stringify(event, null, 2)} label={words.event} />
      </section>
      <section>
        <Title order={3} mb="xs">{words.hash}</Title>
        <CodeBlock text={hash} label={words.hash} />
        <Text size="xs" c="dimmed" mt={4}>{words.hashHint}</Text>
      </section>
    </Stack>
  );
}

function shown(value: unknown): string {
  if (value === undefined) return '—';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
