// What the policy said before, what it says, and what differs.
import { Badge, Button, Group, Select, Stack, Table, Text, Title } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useState } from 'react';
import type { Policy, Rule } from '~/api/resources.gen';
import { ToneBadge } from '~/components/Badges';
import { focusable } from '~/components/focusable';
import { TextDiff } from '~/components/TextDiff';
import { s } from '~/strings';
import { MovePolicy, type Move } from './MovePolicy';
import { rulesText } from './rules';
import type { Use } from './usage';

const words = s.policies.versions;
const DRAFT = 'draft';

interface Props {
  name: string;
  spec: Policy;
  uses: Use[];
  mayWrite: boolean;
  /** What is compared: numbers of versions, or the draft. */
  from?: string;
  to?: string;
  onCompare: (from: string, to: string) => void;
}

export function Versions({ name, spec, uses, mayWrite, from, to, onCompare }: Props) {
  const [move, setMove] = useState<Move>();
  const current = spec.version ?? 1;
  const earlier = (spec.earlier ?? []).toReversed();
  const texts = new Map<string, Rule[]>([[String(current), spec.rules], ...earlier.map(({ version, rules }): [string, Rule[]] => [String(version), rules])]);
  if (spec.draft) texts.set(DRAFT, spec.draft);
  const newer = to && texts.has(to) ? to : spec.draft ? DRAFT : String(current);
  const older = from && texts.has(from) ? from : spec.draft ? String(current) : String(earlier[0]?.version ?? current);
  const label = (version: string) => (version === DRAFT ? words.draft : words.version(Number(version), Number(version) === current));
  const choices = [...texts.keys()].map((value) => ({ value, label: label(value) })).sort((a, b) => (a.value === DRAFT ? -1 : b.value === DRAFT ? 1 : Number(b.value) - Number(a.value)));
  const pinned = (version: number) => uses.filter((use) => use.pinned === version).map(({ plan }) => plan);
  const row = (version: number, rules: Rule[], when: string) => (
    <Table.Tr key={version}>
      <Table.Td><Text size="sm" fw={600}>{words.number(version)}</Text></Table.Td>
      <Table.Td>{when}</Table.Td>
      <Table.Td>{words.rules(rules.length)}</Table.Td>
      <Table.Td>{pinned(version).map((plan) => <Badge key={plan} variant="default" tt="none">{plan}</Badge>)}</Table.Td>
      <Table.Td>
        {version === current ? <ToneBadge tone="good">{words.current}</ToneBadge> : (
          <Group gap={4} wrap="nowrap">
            <Button size="compact-xs" variant="subtle" onClick={() => onCompare(String(version), String(current))} aria-label={words.compareThis(version)}>{words.compare}</Button>
            {mayWrite ? (
              <Button size="compact-xs" variant="subtle" leftSection={<IconArrowBackUp size={14} aria-hidden />} onClick={() => setMove({ move: 'rollback', version })} aria-label={words.rollbackTo(version)}>
                {words.rollback}
              </Button>
            ) : null}
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  );
  return (
    <Stack gap="xl">
      <Table.ScrollContainer minWidth={620} scrollAreaProps={focusable(words.title)}>
        <Table aria-label={words.title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.columns.version}</Table.Th>
              <Table.Th>{words.columns.until}</Table.Th>
              <Table.Th>{words.columns.rules}</Table.Th>
              <Table.Th>{words.columns.pinned}</Table.Th>
              <Table.Th>{words.columns.state}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {row(current, spec.rules, words.now)}
            {earlier.map((one) => row(one.version, one.rules, words.replaced(new Date(one.replacedAt).toLocaleString(), one.replacedBy)))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {texts.size > 1 ? (
        <section>
          <Title order={2} mb="sm">{words.difference}</Title>
          <Group gap="sm" mb="sm">
            <Select label={words.from} data={choices} value={older} onChange={(value) => value && onCompare(value, newer)} allowDeselect={false} />
            <Select label={words.to} data={choices} value={newer} onChange={(value) => value && onCompare(older, value)} allowDeselect={false} />
          </Group>
          <TextDiff before={rulesText(texts.get(older) ?? [])} after={rulesText(texts.get(newer) ?? [])} label={words.difference} />
        </section>
      ) : <Text c="dimmed">{words.only}</Text>}
      {move ? <MovePolicy name={name} {...move} onClose={() => setMove(undefined)} onDone={() => undefined} /> : null}
    </Stack>
  );
}
