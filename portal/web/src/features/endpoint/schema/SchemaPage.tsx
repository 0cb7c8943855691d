// The schema of an endpoint's values: as fields, through a plan or as the topic has it, and raw.
import { Button, Group, SegmentedControl, Select, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useState } from 'react';
import { resourceQuery } from '~/api/resources';
import { CodeBlock } from '~/components/CodeBlock';
import { Empty } from '~/components/Empty';
import { ProblemAlert } from '~/components/ProblemAlert';
import { endpoint as words } from '~/strings/endpoint';
import { describedQuery, plansQuery, useMySubscriptions } from '../data';
import { publicRuleInWords } from '../rules';
import { compare, type Effect } from './compare';
import { Downloads } from './Downloads';
import { schemaTree, walk, type Schema, type SchemaNode } from './model';
import { matching, rows, startOpen } from './rows';
import { SchemaTree } from './SchemaTree';
import { NO_PLAN, type SchemaSearch } from './search';

const say = words.schema;
const route = getRouteApi('/_signed/endpoints/$name/schema');

export function SchemaPage({ name }: { name: string }) {
  const { spec } = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const go = (part: SchemaSearch) => void navigate({ search: { ...search, ...part }, replace: true });
  const plans = useQuery(plansQuery(name)).data?.items.map((plan) => plan.metadata.name) ?? [];
  const mine = useMySubscriptions(name).subscriptions[0]?.spec.plan;
  // Without a word in the address one sees what one gets, or would get.
  const plan = search.plan ?? mine ?? plans[0] ?? NO_PLAN;
  const described = useQuery({ ...describedQuery(name, plan), enabled: plan !== NO_PLAN });
  const schema = spec.schema;
  if (!schema) {
    return (
      <Stack>
        <Empty title={say.none.title} text={say.none.text} />
        <Group justify="flex-end"><Downloads endpoint={name} plan={plan} /></Group>
      </Stack>
    );
  }
  const json = schema.type === 'jsonSchema';
  const raw = plan === NO_PLAN || !described.data ? schema.definition : rawOf(described.data.schema, described.data.document);
  return (
    <Stack>
      <Group align="flex-end" gap="sm">
        {json && !search.raw ? (
          <TextInput type="search" label={say.search} leftSection={<IconSearch size={16} aria-hidden />} flex="1 1 220px" maw={420}
            value={search.q ?? ''} onChange={(event) => go({ q: event.currentTarget.value || undefined })} />
        ) : null}
        <Select label={say.view} value={plan} allowDeselect={false} flex="0 1 300px"
          data={[...plans.map((one) => ({ value: one, label: say.plan(one) })), { value: NO_PLAN, label: say.noPlan }]}
          onChange={(value) => go({ plan: value ?? undefined })} />
        {json ? (
          <SegmentedControl aria-label={say.layout} value={search.raw ? 'raw' : 'fields'}
            onChange={(to) => go({ raw: to === 'raw' ? true : undefined })}
            data={[{ value: 'fields', label: say.fieldsView }, { value: 'raw', label: say.raw }]} />
        ) : null}
        <Group ml="auto"><Downloads endpoint={name} plan={plan} schema={raw} /></Group>
      </Group>
      {described.error ? <ProblemAlert error={described.error} /> : null}
      {json ? null : <Text size="sm" c="dimmed">{say.other(schema.type)}</Text>}
      {search.raw || !json ? (
        <CodeBlock text={typeof raw === 'string' ? raw : JSON.stringify(raw, null, 2)} label={say.raw} height={640} />
      ) : plan !== NO_PLAN && described.isPending ? <Skeleton height={420} radius="md" /> : (
        <Fields key={`${name} ${plan}`} full={schema.definition} seen={plan === NO_PLAN ? undefined : described.data} wanted={search.q ?? ''} />
      )}
    </Stack>
  );
}

/** A schema with what it refers to. */
function rawOf(schema: Schema | undefined, document: unknown): unknown {
  const all = (document as { components?: { schemas?: Record<string, unknown> } }).components?.schemas ?? {};
  const parts = Object.entries(all).filter(([name]) => name.startsWith('value.'));
  const text = JSON.stringify(schema).replaceAll('"#/components/schemas/value.', '"#/$defs/').replaceAll('"#/components/schemas/value"', '"#"');
  const whole = JSON.parse(text) as Record<string, unknown>;
  if (parts.length > 0) {
    const defs = JSON.stringify(Object.fromEntries(parts.map(([name, of]) => [name.slice('value.'.length), of])));
    whole.$defs = JSON.parse(defs.replaceAll('"#/components/schemas/value.', '"#/$defs/').replaceAll('"#/components/schemas/value"', '"#"'));
  }
  return whole;
}

interface FieldsProps {
  full: Schema;
  seen?: { schema?: Schema; document: unknown; rules: Parameters<typeof publicRuleInWords>[0][] };
  wanted: string;
}

const NOTHING = new Map<string, Effect>();

function Fields({ full, seen, wanted }: FieldsProps) {
  const tree = useMemo(() => schemaTree(full), [full]);
  const effects = useMemo(
    () => (seen?.schema === undefined ? NOTHING : compare(tree, schemaTree(seen.schema, seen.document))),
    [tree, seen],
  );
  const [opened, setOpened] = useState(() => startOpen(tree));
  const sought = useDeferredValue(wanted);
  const found = useMemo(() => matching(tree, sought), [tree, sought]);
  const shown = rows(tree, opened, found);
  const toggle = (ids: string[], open: boolean) =>
    setOpened((before) => {
      const after = new Set(before);
      for (const id of ids) if (open) after.add(id); else after.delete(id);
      return after;
    });
  const beside = seen?.rules.filter((rule) => !rule.path || rule.action === 'keepWhen') ?? [];
  const touched = new Set(seen?.rules.filter((rule) => rule.path && rule.action !== 'keepWhen').map((rule) => rule.path)).size;
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" role="status">
          {found ? say.found(found.size > 0 ? count(tree, found) : 0) : say.fields(count(tree))}
          {seen ? <Text span size="sm" c="dimmed">{' · '}{say.changes(touched)}</Text> : null}
        </Text>
        <Group gap={4}>
          <Button size="compact-sm" variant="subtle" onClick={() => setOpened(new Set(branches(tree)))}>{say.expand}</Button>
          <Button size="compact-sm" variant="subtle" onClick={() => setOpened(new Set())}>{say.collapse}</Button>
        </Group>
      </Group>
      <SchemaTree rows={shown} effects={effects} wanted={sought} onToggle={toggle} />
      {beside.length > 0 ? (
        <Text size="sm" c="dimmed">{say.otherRules}: {beside.map(publicRuleInWords).join('. ')}.</Text>
      ) : null}
    </Stack>
  );
}

function count(tree: SchemaNode, among?: Set<string>): number {
  let fields = 0;
  walk(tree, (node) => {
    const leads = among && node.children.some((child) => among.has(child.id));
    if (node.role === 'member' && !leads && (!among || among.has(node.id))) fields++;
  });
  return fields;
}

function branches(tree: SchemaNode): string[] {
  const ids: string[] = [];
  walk(tree, (node) => node.children.length > 0 && ids.push(node.id));
  return ids;
}
