// Deletes an application with all that hangs on it. What hangs on it goes first: while others name
// a resource, it cannot be deleted.
import { List, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { connectionsQuery } from '~/api/activity';
import { remove } from '~/api/editing';
import { AsCodeHere, curl } from '~/components/AsCode';
import { Dialog } from '~/components/Dialog';
import type { OfSubscription } from '~/features/subscribers/moves';
import { applications } from '~/strings/applications';
import type { Key } from './keys';

const words = applications.removal;

interface Props {
  name: string;
  subscriptions: OfSubscription[];
  keys: Key[];
  opened: boolean;
  onClose: () => void;
}

export function DeleteApplication({ name, subscriptions, keys, opened, onClose }: Props) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const activity = useQuery({ ...connectionsQuery(name), enabled: opened });
  const open = (activity.data?.credentials ?? []).reduce((all, one) => all + one.connections.length, 0);
  const subscriptionNames = subscriptions.map((one) => one.metadata.name);
  const keyNames = keys.map((one) => one.metadata.name);
  const end = useMutation({
    mutationFn: async () => {
      for (const key of keyNames) await remove('Credential', key);
      for (const subscription of subscriptionNames) await remove('Subscription', subscription);
      await remove('Application', name);
    },
    onSuccess: async () => {
      notifications.show({ message: words.done(name) });
      await navigate({ to: '/applications' });
      for (const kind of ['Application', 'Subscription', 'Credential']) {
        await queries.invalidateQueries({ queryKey: ['resources', kind] });
      }
    },
  });
  const paths = [...keyNames.map((key) => `/credentials/${key}`), ...subscriptionNames.map((one) => `/subscriptions/${one}`), `/applications/${name}`];
  const cli = [
    keyNames.length > 0 ? `sluicegate delete credentials ${keyNames.join(' ')}` : '',
    subscriptionNames.length > 0 ? `sluicegate delete subscriptions ${subscriptionNames.join(' ')}` : '',
    `sluicegate delete application ${name}`,
  ];
  return (
    <Dialog opened={opened} onClose={onClose} title={words.title(name)} submit={applications.remove} danger disabled={typed !== name}
      onSubmit={() => end.mutate()} pending={end.isPending} error={end.error}>
      <Stack gap={4}>
        <Text size="sm">{words.means}</Text>
        <List size="sm">
          {subscriptions.length > 0 ? <List.Item>{words.subscriptions(subscriptions.length)}</List.Item> : null}
          {keys.length > 0 ? <List.Item>{words.keys(keys.length)}</List.Item> : null}
          {open > 0 ? <List.Item>{words.connections(open)}</List.Item> : null}
          {subscriptions.length + keys.length === 0 ? <List.Item>{words.nothing}</List.Item> : null}
          <List.Item>{words.audit}</List.Item>
        </List>
      </Stack>
      <TextInput label={words.confirm(name)} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" data-autofocus />
      <AsCodeHere code={{ cli: cli.filter(Boolean).join('\n'), curl: paths.map((path) => curl('DELETE', path)).join('\n\n') }} />
    </Dialog>
  );
}
