import { Alert, Box, Button, Card, Checkbox, Group, List, Skeleton, Stack, Text, Textarea, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { SubmitEvent } from 'react';
import { Problem } from '~/api/problem';
import { apply, type Resource } from '~/api/resources';
import type { Endpoint } from '~/api/resources.gen';
import { AsCode } from '~/components/AsCode';
import { Markdown } from '~/components/Markdown';
import { ProblemAlert } from '~/components/ProblemAlert';
import { useTeam } from '~/features/endpoint/data';
import { subscribe as words } from '~/strings/subscribe';
import { applyAsCode } from './asCode';
import { ApplicationPicker } from './ApplicationPicker';
import { useDraft } from './draft';
import classes from './Form.module.css';
import { PlanPicker } from './PlanPicker';
import type { Made } from './SubscribePage';
import { useChoice } from './useChoice';

const signed = getRouteApi('/_signed');

interface Props {
  endpoint: string;
  spec: Endpoint;
  plans: Resource<'Plan'>[];
  /** The plan of the address. */
  wanted?: string;
  onDone: (subscription: string, made?: Made) => void;
}

export function Form({ endpoint, spec, plans, wanted, onDone }: Props) {
  const queries = useQueryClient();
  const { who } = signed.useRouteContext();
  const { draft, set, forget } = useDraft(who.name, endpoint);
  const choice = useChoice(endpoint, plans, draft, wanted);
  const owner = useTeam(spec.owner).title;
  const terms = choice.plan?.spec.terms;
  const submit = useMutation({
    // The secret goes to the page alone: what is returned here is kept by the cache of mutations.
    mutationFn: async () => {
      const { subscription } = choice;
      const applied = await apply(choice.all);
      const [made] = applied.secrets;
      forget();
      onDone(subscription, made?.credential ? { credential: made.credential, secret: made.secret } : undefined);
    },
    onSuccess: () => {
      for (const kind of ['Application', 'Subscription', 'Credential']) void queries.invalidateQueries({ queryKey: ['resources', kind] });
    },
  });
  if (choice.isPending) return <Skeleton height={420} radius="md" />;
  if (choice.error) return <ProblemAlert error={choice.error} />;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    submit.mutate();
  };
  const refusal = submit.error ?? choice.dryRun.error;
  const inName = choice.fresh ? nameErrors(refusal) : [];
  const ready = choice.complete && (!terms || draft.agreed) && !submit.isPending;
  return (
    <form onSubmit={onSubmit} className={classes.columns}>
      <Stack gap="xl" miw={0}>
        <PlanPicker plans={plans} owner={spec.owner} value={choice.plan?.metadata.name ?? ''} onChange={(plan) => set({ plan, agreed: false })} />
        <ApplicationPicker choice={choice} draft={draft} set={set} errors={inName} />
        {choice.itself ? null : (
          <Textarea label={words.justification} description={words.justificationHint(owner)} required withAsterisk={false} autosize minRows={3} maw={640}
            value={draft.justification} onChange={(event) => set({ justification: event.currentTarget.value })} />
        )}
        {terms ? (
          <section>
            <Title order={2} mb="xs">{words.terms}</Title>
            <Card withBorder mb="sm" maw={640}><Markdown text={terms} /></Card>
            <Checkbox label={words.agree} required checked={draft.agreed} onChange={(event) => set({ agreed: event.currentTarget.checked })} />
          </section>
        ) : null}
      </Stack>
      <Box className={classes.side}>
        <Card withBorder>
          <Stack gap="sm">
            <Title order={2}>{words.makes.title}</Title>
            <List size="sm" spacing={6} withPadding={false}>
              {consequences(choice, owner).map((one) => <List.Item key={one}>{one}</List.Item>)}
            </List>
            {refusal && inName.length === 0 ? <ProblemAlert error={refusal} title={words.refused} /> : null}
            <Button type="submit" size="md" disabled={!ready} loading={submit.isPending}>
              {choice.itself ? words.submit : words.request}
            </Button>
            {terms && !draft.agreed ? <Text size="xs" c="dimmed">{words.agreeFirst}</Text> : null}
            <Group justify="center"><AsCode code={applyAsCode(choice.all)} /></Group>
          </Stack>
        </Card>
        {choice.fresh && !choice.anyTeam && choice.who.teams.length === 0 ? (
          <Alert color="yellow" mt="md" title={words.noTeam.title}>{words.noTeam.text}</Alert>
        ) : null}
      </Box>
    </form>
  );
}

/** What is wrong about the new application: said where its name is typed. */
function nameErrors(error: unknown): string[] {
  if (!(error instanceof Problem)) return [];
  return (error.body.errors ?? []).filter((one) => one.kind === 'Application').map((one) => one.message);
}

function consequences({ fresh, application, team, itself, plan, key, newKey }: ReturnType<typeof useChoice>, owner: string): string[] {
  const name = plan?.metadata.name ?? '';
  const say = words.makes;
  return [
    fresh ? say.application(application || '…', team || '…') : '',
    itself ? say.active(name) : say.pending(name, owner),
    newKey ? say.key(newKey) : key ? say.hasKey(key) : say.keyLater,
  ].filter(Boolean);
}
