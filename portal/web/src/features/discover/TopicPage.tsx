// From a topic to the draft of an endpoint: proposed, put right by a person, applied.
import { Alert, Button, Checkbox, Group, List, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { Proposal } from '~/api/clusters';
import { schemaQuery } from '~/api/editing';
import { apply } from '~/api/resources';
import { AsCode, curl } from '~/components/AsCode';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { YamlEditor } from '~/components/YamlEditor';
import { mustBeAccepted } from '~/features/editor/Breaks';
import { Consequences } from '~/features/editor/Consequences';
import classes from '~/features/editor/EditorPage.module.css';
import { toYaml } from '~/features/editor/text';
import { useDraft } from '~/features/editor/useDraft';
import { useDryRun } from '~/features/editor/useDryRun';
import { s } from '~/strings';
import { Findings } from './Findings';
import { ProposalForm } from './ProposalForm';

const words = s.discover.topic;
const signed = getRouteApi('/_signed');
const route = getRouteApi('/_signed/discover/$cluster/$topic');
const NOTHING = { text: '', etag: null };

export function TopicPage() {
  const { cluster, topic } = route.useParams();
  const { who } = signed.useRouteContext();
  const draft = useDraft(`${who.name}.topic.${cluster}/${topic}`, NOTHING);
  const [proposal, setProposal] = useState<Proposal>();
  const { text } = draft.now;
  return (
    <>
      <PageHeader
        title={topic}
        lead={words.lead(cluster)}
        actions={
          <AsCode
            code={{
              ...(text ? { yaml: text } : {}),
              cli: `sluicegate discover ${cluster} ${topic} --sample 10 --reason "to publish it" -o yaml > draft.yaml\nsluicegate apply -f draft.yaml`,
              curl: curl('POST', `/clusters/${cluster}/topics/${topic}/proposal`),
            }}
          />
        }
      />
      <Stack gap="xl">
        <ProposalForm
          cluster={cluster}
          topic={topic}
          again={text !== ''}
          onProposal={(next) => {
            setProposal(next);
            draft.type(next.documents.map(toYaml).join('---\n'));
          }}
        />
        {proposal ? <Findings proposal={proposal} /> : null}
        {text ? <Draft text={text} onType={draft.type} onDrop={draft.drop} /> : null}
      </Stack>
    </>
  );
}

function Draft({ text, onType, onDrop }: { text: string; onType: (text: string) => void; onDrop: () => void }) {
  const queries = useQueryClient();
  const navigate = route.useNavigate();
  const schema = useQuery(schemaQuery());
  const [accepted, setAccepted] = useState(false);
  const [over, setOver] = useState(false);
  const run = useDryRun(text, (typed) => apply(typed, { dryRun: true }));
  const resources = run.checked?.applied?.resources ?? [];
  const there = resources.filter(({ action }) => action === 'updated').map(({ kind, name }) => `${kind} ${name}`);
  const needed = mustBeAccepted(run.checked?.applied?.breaks);
  const save = useMutation({
    mutationFn: () => apply(text, { acceptBreaking: needed && accepted }),
    gcTime: 0,
    onSuccess: async (applied) => {
      onDrop();
      await queries.invalidateQueries({ queryKey: ['resources'] });
      await queries.invalidateQueries({ queryKey: ['clusters'] });
      notifications.show({ message: words.done });
      const endpoint = applied.resources.find(({ kind }) => kind === 'Endpoint');
      if (endpoint) await navigate({ to: '/endpoints/$name', params: { name: endpoint.name } });
    },
  });
  const ready = !run.pending && run.checked?.applied && (!needed || accepted) && (there.length === 0 || over);
  return (
    <section aria-label={words.draft}>
      <div className={classes.columns}>
        <div>
          <Title order={2} mb="sm">{words.draft}</Title>
          <YamlEditor
            label={words.editor}
            value={text}
            onChange={(typed) => {
              onType(typed);
              setOver(false);
              setAccepted(false);
            }}
            schema={schema.data}
            problems={run.problems}
            height="clamp(320px, 60vh, 800px)"
          />
          {there.length > 0 ? (
            <Alert color="orange" mt="sm" styles={{ title: { color: 'var(--mantine-color-text)' } }} title={words.there}>
              <List size="sm" mb="xs">{there.map((one) => <List.Item key={one}>{one}</List.Item>)}</List>
              <Text size="sm" mb="xs">{words.thereText}</Text>
              <Checkbox label={words.over} checked={over} onChange={(event) => setOver(event.currentTarget.checked)} />
            </Alert>
          ) : null}
          {save.error ? <ProblemAlert error={save.error} title={s.editor.page.refused} /> : null}
          <Group mt="sm" gap="xs">
            <Button disabled={!ready} loading={save.isPending} onClick={() => save.mutate()}>{words.apply}</Button>
            <Button variant="default" onClick={onDrop}>{words.drop}</Button>
          </Group>
          <Text size="xs" c="dimmed" mt="xs">{words.nobody}</Text>
        </div>
        <Consequences run={run} accepted={accepted} onAccept={setAccepted} />
      </div>
    </section>
  );
}
