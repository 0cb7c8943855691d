// Moves an endpoint: says first what that means, and for whom.
import { List, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { moveEndpoint, type EndpointMove } from '~/api/moves';
import type { Resource } from '~/api/resources';
import { AsCodeHere } from '~/components/AsCode';
import { Dialog } from '~/components/Dialog';
import { inDays } from '~/features/deprecate/days';
import { endpointMoves as words } from '~/strings/endpointMoves';
import { LIVE, plansQuery, stateOf, subscriptionsQuery } from '../data';
import { moveAsCode } from './asCode';
import { Successor } from './Successor';

/** What people call a move depends on where the endpoint stands. */
export type Step = Exclude<EndpointMove, 'deprecate'> | 'again' | 'reschedule';

const MOVES: Record<Step, EndpointMove> = {
  publish: 'publish', again: 'publish', withdraw: 'withdraw', reschedule: 'deprecate', retire: 'retire',
};
const READERS_MAX = 8;
const DAYS_BEFORE = 90;

interface Props {
  step: Step;
  endpoint: Resource<'Endpoint'>;
  opened: boolean;
  onClose: () => void;
}

export function MoveEndpoint({ step, endpoint: { metadata: { name }, spec }, opened, onClose }: Props) {
  const queries = useQueryClient();
  const move = MOVES[step];
  const title = spec.title ?? name;
  const [sunset, setSunset] = useState(() => spec.sunset ?? inDays(DAYS_BEFORE));
  const [successor, setSuccessor] = useState(spec.successor ?? '');
  const details = move === 'deprecate' ? { sunset: sunset || null, successor: successor || null } : {};
  const make = useMutation({
    mutationFn: () => moveEndpoint(name, move, details),
    onSuccess: async () => {
      notifications.show({ message: words.done[step](title) });
      onClose();
      await Promise.all([['resources', 'Endpoint'], ['search']].map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={words.title[step](title)} submit={words.submit[step]} danger={move === 'retire'}
      onSubmit={() => make.mutate()} pending={make.isPending} error={make.error}>
      <Text size="sm">{words.means[step](spec.address ?? spec.topic)}</Text>
      {step === 'publish' ? <Offer endpoint={name} /> : <Readers endpoint={name} />}
      {move === 'deprecate' ? (
        <>
          <TextInput type="date" label={words.sunset} description={words.sunsetHint} value={sunset} min={inDays(1)} maw={260}
            onChange={(event) => setSunset(event.currentTarget.value)} data-autofocus />
          <Successor of={name} value={successor} onChange={setSuccessor} />
        </>
      ) : null}
      <AsCodeHere code={moveAsCode(name, move, details)} />
    </Dialog>
  );
}

/** What there is to subscribe to. */
function Offer({ endpoint }: { endpoint: string }) {
  const plans = useQuery(plansQuery(endpoint)).data?.items.map(({ metadata }) => metadata.name);
  return plans ? <Text size="sm">{plans.length > 0 ? words.plans(plans) : words.noPlans}</Text> : null;
}

/** Whom it concerns. */
function Readers({ endpoint }: { endpoint: string }) {
  const asked = useQuery(subscriptionsQuery(endpoint));
  if (!asked.data) return null;
  const live = asked.data.items.filter(({ spec }) => LIVE.includes(stateOf(spec))).map(({ spec }) => spec.application);
  if (live.length === 0) return <Text size="sm">{words.nobody}</Text>;
  return (
    <Stack gap={4}>
      <Text size="sm">{words.readers(live.length)}</Text>
      <List size="sm">
        {live.slice(0, READERS_MAX).map((application) => <List.Item key={application}>{application}</List.Item>)}
        {live.length > READERS_MAX ? <List.Item>{words.more(live.length - READERS_MAX)}</List.Item> : null}
      </List>
      <Text size="sm" c="dimmed">{words.told}</Text>
    </Stack>
  );
}
