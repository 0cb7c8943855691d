// The versions of an endpoint, what comes after it and came before it, and how their fields differ.
import { Card, List, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listQuery, resourceQuery, type Resource } from '~/api/resources';
import { LifecycleBadge } from '~/components/Badges';
import { AnchorLink } from '~/components/Links';
import { versions as words } from '~/strings/endpointPages';
import { longDay } from '~/format';
import { schemaTree, type Schema } from '../schema/model';
import { changes, isSame } from './changes';
import { addressOf, baseOf, versionsOf, type Relation } from './relations';

type Endpoint = Resource<'Endpoint'>;

export function VersionsPage({ name }: { name: string }) {
  const self = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  const base = baseOf(addressOf(self));
  const asked = [
    useQuery(listQuery('Endpoint', { filter: `address~${base}` })),
    useQuery(listQuery('Endpoint', { filter: `topic~${base}` })),
    useQuery(listQuery('Endpoint', { filter: `successor=${name}` })),
    useQuery(listQuery('Endpoint', { filter: `name=${self.spec.successor ?? name}` })),
  ];
  const others = asked.flatMap((one) => one.data?.items ?? []);
  const all = versionsOf(self, others);
  if (asked.some((one) => one.isPending)) return <Skeleton height={180} radius="md" />;
  return (
    <Stack gap="lg">
      <Text c="dimmed">{all.length > 1 ? words.lead : `${words.lead} ${words.alone}`}</Text>
      <Card withBorder padding={0}>
        <Table.ScrollContainer minWidth={640}>
          <Table horizontalSpacing="md" aria-label={words.lead}>
            <Table.Thead>
              <Table.Tr>{Object.values(words.columns).map((column) => <Table.Th key={column}>{column}</Table.Th>)}</Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {all.map(({ endpoint, relation }) => <Version key={endpoint.metadata.name} endpoint={endpoint} relation={relation} />)}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Card>
      {all.filter(({ relation }) => relation !== 'this').map(({ endpoint, relation }) => {
        const later = relation === 'successor' || (relation === 'other' && all.findIndex((one) => one.endpoint === endpoint) < all.findIndex((one) => one.relation === 'this'));
        return <Difference key={endpoint.metadata.name} before={later ? self : endpoint} after={later ? endpoint : self} />;
      })}
    </Stack>
  );
}

function Version({ endpoint, relation }: { endpoint: Endpoint; relation: Relation }) {
  const { spec, metadata } = endpoint;
  const title = spec.title ?? metadata.name;
  return (
    <Table.Tr>
      <Table.Td>
        {relation === 'this' ? <Text size="sm" fw={600}>{title}</Text> : (
          <AnchorLink to="/endpoints/$name" params={{ name: metadata.name }} size="sm" fw={600}>{title}</AnchorLink>
        )}
      </Table.Td>
      <Table.Td ff="monospace" fz={13}>{addressOf(endpoint)}</Table.Td>
      <Table.Td>{spec.version ?? '1.0.0'}</Table.Td>
      <Table.Td>
        <LifecycleBadge of={spec.lifecycle} /> {spec.sunset ? <Text span size="xs" c="dimmed">{words.sunset(longDay(spec.sunset))}</Text> : null}
      </Table.Td>
      <Table.Td><Text size="sm" c="dimmed">{words[relation]}</Text></Table.Td>
    </Table.Tr>
  );
}

function jsonSchema({ spec }: Endpoint): Schema | undefined {
  return spec.schema?.type === 'jsonSchema' ? spec.schema.definition : undefined;
}

function Difference({ before, after }: { before: Endpoint; after: Endpoint }) {
  const old = jsonSchema(before);
  const current = jsonSchema(after);
  const found = useMemo(() => (old && current ? changes(schemaTree(old), schemaTree(current)) : undefined), [old, current]);
  const parts: [string, string[]][] = found ? [
    [words.added, found.added],
    [words.removed, found.removed],
    [words.changed, [
      ...found.retyped.map((one) => words.becomes(one.path, one.before, one.after)),
      ...found.nowRequired.map(words.nowRequired),
      ...found.nowOptional.map(words.nowOptional),
    ]],
  ] : [];
  return (
    <section>
      <Title order={2} mb="xs">{words.changes(label(before), label(after))}</Title>
      {found ? null : <Text size="sm">{words.unknown}</Text>}
      {found && isSame(found) ? <Text size="sm">{words.same}</Text> : null}
      {parts.map(([title, lines]) => lines.length > 0 ? (
        <div key={title}>
          <Title order={3} mt="sm" mb={4}>{title}</Title>
          <List size="sm" ff="monospace">{lines.map((line) => <List.Item key={line}>{line}</List.Item>)}</List>
        </div>
      ) : null)}
    </section>
  );
}

function label({ spec, metadata }: Endpoint): string {
  return `${spec.title ?? metadata.name} ${spec.version ?? '1.0.0'}`;
}
