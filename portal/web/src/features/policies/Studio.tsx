// The rules of a policy, as a form and as YAML at once: checked while one types, kept as a draft,
// and nobody's before it is published.
import { Alert, Button, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { schemaQuery, write, type Source } from '~/api/editing';
import { listQuery } from '~/api/resources';
import { ProblemAlert } from '~/components/ProblemAlert';
import { YamlEditor } from '~/components/YamlEditor';
import type { SchemaObject } from '~/components/YamlEditor/schema';
import { Breaks } from '~/features/editor/Breaks';
import { useDraft } from '~/features/editor/useDraft';
import { useDryRun } from '~/features/editor/useDryRun';
import { s } from '~/strings';
import { MovePolicy, type Move } from './MovePolicy';
import { pathsOf } from './paths';
import { PreviewPane } from './PreviewPane';
import { RuleList } from './RuleList';
import { parseRules, policyText, rulesText } from './rules';
import classes from './Studio.module.css';
import { useEndpoints, type Use } from './usage';

const words = s.policies.studio;
const route = getRouteApi('/_signed');

interface Props {
  name: string;
  source: Source<'Policy'>;
  uses: Use[];
  mayWrite: boolean;
}

export function Studio({ name, source: { resource, etag }, uses, mayWrite }: Props) {
  const { who } = route.useRouteContext();
  const { spec } = resource;
  const queries = useQueryClient();
  const begin = useMemo(() => ({ text: rulesText(spec.draft ?? spec.rules), etag }), [spec, etag]);
  const draft = useDraft(`${who.name}.rules.${name}`, begin);
  const { text } = draft.now;
  const rules = parseRules(text);
  const [layout, setLayout] = useState<'form' | 'yaml'>('form');
  const [move, setMove] = useState<Move>();
  const endpoints = useEndpoints(uses);
  const keys = useQuery(listQuery('Key'));
  const schema = useRulesSchema();
  const paths = [...new Set(endpoints.flatMap((endpoint) => pathsOf(endpoint.spec.schema?.definition)))];
  const run = useDryRun(text, (typed) => write('Policy', name, policyText(name, spec, 'rules', typed).yaml, { dryRun: true }), etag);
  const shift = policyText(name, spec, 'rules', text);
  const problems = run.problems.map((one) => ({
    ...one,
    line: one.line && one.line > shift.lines ? one.line - shift.lines : undefined,
    column: one.column && one.column - shift.columns,
  }));
  const save = useMutation({
    mutationFn: () => write('Policy', name, policyText(name, spec, 'draft', text).yaml, { etag: draft.now.etag }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['resources', 'Policy'] });
      draft.drop();
    },
  });
  const publish = async () => {
    if (draft.changed || !spec.draft) await save.mutateAsync();
    setMove({ move: 'publish' });
  };
  const unpublished = rules !== undefined && rulesText(rules) !== rulesText(spec.rules);
  const valid = !run.pending && run.checked?.applied !== undefined;
  return (
    <Stack gap="xl">
      {draft.behind ? (
        <Alert color="yellow" role="alert" title={words.behind} styles={{ title: { color: 'var(--mantine-color-text)' } }}>
          <Group gap="xs" mt="xs">
            <Button size="xs" variant="default" onClick={draft.rebase}>{s.editor.page.keepMine}</Button>
            <Button size="xs" variant="default" onClick={draft.drop}>{s.editor.page.takeTheirs}</Button>
          </Group>
        </Alert>
      ) : null}
      <div>
        <Group justify="space-between" mb="sm" gap="xs">
          <Title order={2}>{words.rules}</Title>
          <SegmentedControl
            className={classes.layout}
            aria-label={words.layout}
            value={layout}
            onChange={(to) => setLayout(to === 'yaml' ? 'yaml' : 'form')}
            data={[{ value: 'form', label: words.form }, { value: 'yaml', label: words.yaml }]}
          />
          <Text size="sm" c="dimmed" role="status">{status(run.pending, run.checked?.error, unpublished)}</Text>
        </Group>
        <div className={classes.columns}>
          <div className={layout === 'form' ? undefined : classes.other}>
            <RuleList text={text} paths={paths} keys={keys.data?.items.map(({ metadata }) => metadata.name) ?? []} disabled={!mayWrite} onChange={draft.type} />
          </div>
          <div className={`${classes.text} ${layout === 'yaml' ? '' : classes.other}`}>
            <YamlEditor label={words.editor} value={text} onChange={draft.type} schema={schema} problems={problems} readOnly={!mayWrite} height="320px" />
          </div>
        </div>
        <Stack gap="sm" mt="md">
          {!run.pending && run.checked?.error ? <ProblemAlert error={run.checked.error} title={words.wrong} /> : null}
          <Breaks breaks={valid && unpublished ? (run.checked?.applied?.breaks ?? []) : []} />
          {save.error ? <ProblemAlert error={save.error} title={s.editor.page.refused} /> : null}
          {mayWrite ? (
            <Group gap="xs">
              <Button disabled={!valid || !unpublished || draft.behind} loading={save.isPending} onClick={() => void publish().catch(() => undefined)}>{words.publish}</Button>
              <Button variant="default" disabled={!valid || !draft.changed || draft.behind} onClick={() => save.mutate(undefined, { onSuccess: () => notifications.show({ message: words.saved }) })}>{words.save}</Button>
              <Button variant="default" disabled={!draft.changed} onClick={draft.drop}>{s.editor.page.reset}</Button>
              {spec.draft ? <Button variant="subtle" color="red" onClick={() => setMove({ move: 'discard' })}>{words.discard}</Button> : null}
            </Group>
          ) : <Text size="sm" c="dimmed">{words.readOnly}</Text>}
        </Stack>
      </div>
      {mayWrite ? <PreviewPane rules={rules} endpoints={endpoints} /> : null}
      {move ? <MovePolicy name={name} {...move} onClose={() => setMove(undefined)} onDone={draft.drop} /> : null}
    </Stack>
  );
}

function status(pending: boolean, error: unknown, unpublished: boolean): string {
  if (pending) return s.editor.consequences.checking;
  if (error) return s.editor.consequences.wrong;
  return unpublished ? words.unpublished : words.published;
}

/** The schema of a policy, as far as it is about the list of rules. */
function useRulesSchema(): SchemaObject | undefined {
  const { data } = useQuery(schemaQuery('Policy'));
  return useMemo(() => data && { $defs: (data as SchemaObject).$defs, type: 'array', items: { $ref: '#/$defs/Rule' } }, [data]);
}
