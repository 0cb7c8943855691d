// What a proposal guesses: fields that seem personal, and what a person has to look at.
import { List, Table, Text, Title } from '@mantine/core';
import type { Proposal } from '~/api/clusters';
import { ClassificationBadge } from '~/components/Badges';
import { focusable } from '~/components/focusable';
import { Ticks } from '~/components/Ticks';
import { s } from '~/strings';

const words = s.discover.findings;
type Classified = keyof typeof s.common.classification;

export function Findings({ proposal: { findings, notes } }: { proposal: Proposal }) {
  return (
    <section aria-label={words.title}>
      <Title order={2} mb="xs">{words.title}</Title>
      {findings.length === 0 ? <Text size="sm" c="dimmed">{words.nothing}</Text> : (
        <Table.ScrollContainer minWidth={560} scrollAreaProps={focusable(words.personal)}>
          <Table aria-label={words.personal}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{words.columns.path}</Table.Th>
                <Table.Th>{words.columns.what}</Table.Th>
                <Table.Th>{words.columns.by}</Table.Th>
                <Table.Th>{words.columns.classification}</Table.Th>
                <Table.Th>{words.columns.rule}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {findings.map((one) => (
                <Table.Tr key={one.path}>
                  <Table.Td ff="monospace">{one.path}</Table.Td>
                  <Table.Td>{words.kind(one.personal)}</Table.Td>
                  <Table.Td>{words.by(one.by)}</Table.Td>
                  <Table.Td>{one.classification in s.common.classification ? <ClassificationBadge of={one.classification as Classified} /> : one.classification}</Table.Td>
                  <Table.Td>{Object.keys(one.redaction).map((action) => (s.policies.rule.actions as Partial<Record<string, string>>)[action] ?? action).join(', ')}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {notes.length > 0 ? (
        <>
          <Title order={3} mt="md" mb={4}>{words.notes}</Title>
          <List size="sm">{notes.map((note) => <List.Item key={note}><Ticks text={note} /></List.Item>)}</List>
        </>
      ) : null}
    </section>
  );
}
