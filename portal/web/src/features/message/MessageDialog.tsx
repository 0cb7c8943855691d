// A message to the subscribers of an endpoint: to all, to those of a plan, or to some.
import { Alert, MultiSelect, Radio, Select, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { writeToSubscribers } from '~/api/messages';
import { statusOf } from '~/api/problem';
import { AsCodeHere } from '~/components/AsCode';
import { Dialog } from '~/components/Dialog';
import { LIVE, plansQuery, stateOf, subscriptionsQuery } from '~/features/endpoint/data';
import { message as words } from '~/strings/message';
import { messageAsCode } from './asCode';
import { useMessageDraft } from './draft';
import { Fields } from './Fields';
import { Receivers, type Choice } from './Receivers';

type Whom = keyof typeof words.whom;

export interface Writing {
  /** The endpoint whose subscribers are written to, if it is known. */
  endpoint?: string;
  /** Subscriptions that are chosen already. */
  subscriptions?: string[];
}

interface Props {
  about: Writing | undefined;
  opened: boolean;
  onClose: () => void;
  /** Those whose subscribers one may write to. */
  endpoints: { name: string; title: string }[];
}

const signed = getRouteApi('/_signed');

export function MessageDialog({ about, ...props }: Props) {
  return about ? <Opened key={`${about.endpoint ?? ''} ${about.subscriptions?.join(' ') ?? ''}`} about={about} {...props} /> : null;
}

function Opened({ about, opened, onClose, endpoints }: Props & { about: Writing }) {
  const { who } = signed.useRouteContext();
  const only = endpoints.length === 1 ? endpoints[0]?.name : undefined;
  const [endpoint, setEndpoint] = useState(about.endpoint ?? only ?? '');
  const [whom, setWhom] = useState<Whom>(about.subscriptions ? 'subscriptions' : 'all');
  const [plans, setPlans] = useState<string[]>([]);
  const [subscriptions, setSubscriptions] = useState(about.subscriptions ?? []);
  const { draft, set, forget } = useMessageDraft(who.name, endpoint);
  const offered = useQuery({ ...plansQuery(endpoint), enabled: endpoint !== '' });
  const subscribed = useQuery({ ...subscriptionsQuery(endpoint), enabled: endpoint !== '' });
  const choice: Choice = whom === 'plans' ? { plans } : whom === 'subscriptions' ? { subscriptions } : {};
  const chosen = endpoint !== '' && (choice.plans ?? choice.subscriptions ?? ['all']).length > 0;
  const whole = { ...draft, ...choice };
  const send = useMutation({
    mutationFn: () => writeToSubscribers(endpoint, whole),
    onSuccess: (told) => {
      forget();
      notifications.show({ message: words.sent(told.subscriptions) });
      onClose();
    },
  });
  const often = statusOf(send.error) === 429;
  return (
    <Dialog opened={opened} onClose={onClose} title={words.title} submit={words.send} onSubmit={() => send.mutate()} pending={send.isPending}
      error={often ? undefined : send.error} disabled={!chosen || !draft.subject.trim() || !draft.text.trim()}>
      {about.endpoint ? null : (
        <Select label={words.endpoint} placeholder={words.chooseEndpoint} searchable allowDeselect={false} value={endpoint || null}
          data={endpoints.map(({ name, title }) => ({ value: name, label: title }))}
          onChange={(to) => {
            setEndpoint(to ?? '');
            setPlans([]);
            setSubscriptions([]);
          }} />
      )}
      <Radio.Group label={words.to} value={whom} onChange={setWhom}>
        <Stack gap={6} mt={6}>
          {Object.entries(words.whom).map(([value, label]) => <Radio key={value} value={value} label={label} />)}
        </Stack>
      </Radio.Group>
      {whom === 'plans' ? (
        <MultiSelect label={words.plans} data={(offered.data?.items ?? []).map(({ metadata }) => metadata.name)} value={plans} onChange={setPlans} searchable />
      ) : null}
      {whom === 'subscriptions' ? (
        <MultiSelect label={words.subscriptions} value={subscriptions} onChange={setSubscriptions} searchable limit={100}
          data={(subscribed.data?.items ?? []).filter(({ spec }) => LIVE.includes(stateOf(spec))).map(({ metadata, spec }) => ({ value: metadata.name, label: spec.application }))} />
      ) : null}
      {chosen ? <Receivers endpoint={endpoint} choice={choice} /> : <Text size="sm" c="dimmed">{endpoint === '' ? words.chooseEndpoint : words.chooseSome}</Text>}
      <Fields draft={draft} set={set} />
      <Text size="xs" c="dimmed">{words.kept}</Text>
      {often ? <Alert color="orange" role="alert" styles={{ title: { color: 'var(--mantine-color-text)' } }} title={words.often.title}>{words.often.text}</Alert> : null}
      {endpoint ? <AsCodeHere code={messageAsCode(endpoint, whole)} /> : null}
    </Dialog>
  );
}
