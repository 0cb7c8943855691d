// What a text would do: what is wrong with it, what changes, and whom that breaks.
import { Alert, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconBroadcast, IconCircleCheck } from '@tabler/icons-react';
import { statusOf } from '~/api/problem';
import type { Applied, Resource } from '~/api/resources';
import { ToneBadge } from '~/components/Badges';
import { ProblemAlert } from '~/components/ProblemAlert';
import { TextDiff } from '~/components/TextDiff';
import { s } from '~/strings';
import { Breaks } from './Breaks';
import { sourceText } from './text';
import { OF_TEXT, type DryRun } from './useDryRun';

const AROUND = 3;
const words = s.editor.consequences;

interface Props {
  run: DryRun;
  accepted: boolean;
  onAccept: (accepted: boolean) => void;
}

export function Consequences({ run: { checked, pending, again }, accepted, onAccept }: Props) {
  const changes = checked?.applied?.resources.filter(({ action }) => action !== 'unchanged') ?? [];
  const state = pending ? words.checking : checked?.error ? words.wrong : changes.length === 0 ? words.nothing : words.valid(changes.length);
  return (
    <Stack gap="md" component="section" aria-label={words.title}>
      <Group gap="xs" justify="space-between">
        <Title order={2}>{words.title}</Title>
        <Text size="sm" c="dimmed" role="status">{state}</Text>
      </Group>
      {!checked ? <Skeleton height={160} /> : null}
      {checked?.error ? <ProblemAlert error={checked.error} title={words.refused} /> : null}
      {checked?.error && !OF_TEXT.includes(statusOf(checked.error)) ? (
        <Button variant="default" onClick={again} style={{ alignSelf: 'flex-start' }}>{s.common.tryAgain}</Button>
      ) : null}
      {checked?.applied ? (
        <>
          <Breaks breaks={checked.applied.breaks ?? []} accepted={accepted} onAccept={onAccept} />
          {changes.length === 0 ? (
            <Alert variant="default" icon={<IconCircleCheck aria-hidden />}>{words.same}</Alert>
          ) : null}
          {changes.map((change) => <Change key={`${change.kind}/${change.name}`} change={change} />)}
        </>
      ) : null}
    </Stack>
  );
}

/** Whether it is a plan that people without a subscription may look through. */
const previews = (of: unknown) => (of as Resource<'Plan'> | null | undefined)?.spec.preview === true;

function Change({ change }: { change: Applied['resources'][number] }) {
  const text = (of: unknown) => (of ? sourceText(of as Resource) : '');
  const title = `${change.kind} ${change.name}`;
  return (
    <div>
      <Group gap="xs" mb={6}>
        <ToneBadge tone={change.action === 'created' ? 'good' : 'info'}>{words.action(change.action)}</ToneBadge>
        <Text size="sm" fw={600}>{title}</Text>
      </Group>
      {previews(change.after) && !previews(change.before) ? <Alert mb="xs" icon={<IconBroadcast aria-hidden />}>{words.preview(change.name)}</Alert> : null}
      <TextDiff before={text(change.before)} after={text(change.after)} label={words.diff(title)} around={AROUND} />
    </div>
  );
}
