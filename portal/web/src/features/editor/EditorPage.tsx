// A resource as text: what one types is checked at once, against the schema and by the server.
import { Alert, Button, Group, Kbd, Text } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconDeviceFloppy, IconGitCompare } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { schemaQuery, write } from '~/api/editing';
import { statusOf } from '~/api/problem';
import { KINDS, type Kind } from '~/api/resources';
import { AsCode, curl } from '~/components/AsCode';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { TextDiff } from '~/components/TextDiff';
import { YamlEditor } from '~/components/YamlEditor';
import { s } from '~/strings';
import { mustBeAccepted } from './Breaks';
import { Consequences } from './Consequences';
import classes from './EditorPage.module.css';
import { pageOf } from './kinds';
import { holdsSecret, nameIn } from './text';
import { useDraft, type Draft } from './useDraft';
import { useDryRun } from './useDryRun';

const words = s.editor.page;
const route = getRouteApi('/_signed');

interface Props {
  kind: Kind;
  /** Absent: a new one. */
  name?: string;
  /** What there is, or what a new one begins with. */
  begin: Draft;
  /** Tells drafts of new ones apart. */
  slot?: string;
}

export function EditorPage({ kind, name, begin, slot = '' }: Props) {
  const { who } = route.useRouteContext();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const schema = useQuery(schemaQuery(kind));
  const draft = useDraft(`${who.name}.${kind}.${name ?? `new.${slot}`}`, begin);
  const { text } = draft.now;
  const target = name ?? nameIn(text);
  const [accepted, setAccepted] = useState(false);
  const run = useDryRun(text, (typed) => write(kind, name ?? nameIn(typed) ?? 'unnamed', typed, { dryRun: true }), begin.etag);
  const needed = mustBeAccepted(run.checked?.applied?.breaks);
  const save = useMutation({
    mutationFn: () => write(kind, target ?? '', text, { etag: draft.now.etag, acceptBreaking: needed && accepted }),
    gcTime: 0,
    onSuccess: async () => {
      draft.drop();
      await queries.invalidateQueries({ queryKey: ['resources', kind] });
      notifications.show({ message: words.saved(`${kind} ${target ?? ''}`) });
      if (target) await navigate({ to: pageOf(kind, target) });
    },
  });
  const ready = !run.pending && run.checked?.applied !== undefined && target !== undefined && (!needed || accepted);
  const same = run.checked?.applied?.resources.every(({ action }) => action === 'unchanged') ?? false;
  const mayNot = draft.behind || !ready || same;
  useHotkeys([['mod+S', () => !mayNot && save.mutate()]], [], true);
  return (
    <>
      <PageHeader
        title={name ? words.title(kind, name) : words.fresh(kind)}
        lead={words.lead}
        actions={<AsCode code={code(kind, target, text)} />}
      />
      {draft.behind ? <Behind mine={text} theirs={begin.text} onKeep={draft.rebase} onDrop={draft.drop} /> : null}
      {save.error ? <Refused error={save.error} /> : null}
      <div className={classes.columns}>
        <div>
          <YamlEditor
            label={words.editor(kind)}
            value={text}
            onChange={(typed) => {
              draft.type(typed);
              setAccepted(false);
            }}
            schema={schema.data}
            problems={run.problems}
            height="clamp(320px, 64vh, 900px)"
          />
          <Group mt="sm" gap="xs">
            <Button
              leftSection={<IconDeviceFloppy size={16} aria-hidden />}
              rightSection={<Kbd size="xs" visibleFrom="md">{words.shortcut}</Kbd>}
              disabled={mayNot}
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              {name ? words.save : words.create}
            </Button>
            <Button variant="default" disabled={!draft.changed} onClick={draft.drop}>{words.reset}</Button>
            {name ? <Button variant="subtle" component={Link} to={pageOf(kind, name)}>{words.back}</Button> : null}
          </Group>
          <Text size="xs" c="dimmed" mt="xs">{holdsSecret(text) ? words.secret : words.kept}</Text>
        </div>
        <Consequences run={run} accepted={accepted} onAccept={setAccepted} />
      </div>
    </>
  );
}

function Behind({ mine, theirs, onKeep, onDrop }: { mine: string; theirs: string; onKeep: () => void; onDrop: () => void }) {
  const [shown, setShown] = useState(false);
  return (
    <Alert color="yellow" role="alert" mb="md" styles={{ title: { color: 'var(--mantine-color-text)' } }} title={words.behind} icon={<IconGitCompare aria-hidden />}>
      <Text size="sm" mb="sm">{words.behindText}</Text>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => setShown(!shown)} aria-expanded={shown}>{words.compare}</Button>
        <Button size="xs" variant="default" onClick={onKeep}>{words.keepMine}</Button>
        <Button size="xs" variant="default" onClick={onDrop}>{words.takeTheirs}</Button>
      </Group>
      {shown ? <div style={{ marginTop: 12 }}><TextDiff before={theirs} after={mine} label={words.compare} around={3} /></div> : null}
    </Alert>
  );
}

function Refused({ error }: { error: unknown }) {
  const title = statusOf(error) === 412 ? words.taken : words.refused;
  return <div className={classes.refused}><ProblemAlert error={error} title={title} /></div>;
}

function code(kind: Kind, name: string | undefined, yaml: string) {
  return {
    yaml,
    curl: curl('PUT', `/${KINDS[kind]}/${name ?? 'NAME'}`, yaml),
    cli: `sluicegate diff -f ${name ?? 'new'}.yaml\nsluicegate apply -f ${name ?? 'new'}.yaml`,
  };
}
