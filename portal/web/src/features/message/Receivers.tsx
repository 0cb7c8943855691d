// Who would be told, as the gateway counts it.
import { Alert, Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { writeToSubscribers, type Message, type Told } from '~/api/messages';
import { ProblemAlert } from '~/components/ProblemAlert';
import { message as words } from '~/strings/message';

export type Choice = Pick<Message, 'plans' | 'subscriptions'>;

/** It changes with subscriptions, and with the people of their teams. */
export function receiversQuery(endpoint: string, choice: Choice) {
  return queryOptions({
    queryKey: ['resources', 'Subscription', 'told', endpoint, choice],
    queryFn: () => writeToSubscribers(endpoint, choice, true),
    retry: false,
  });
}

export function Receivers({ endpoint, choice }: { endpoint: string; choice: Choice }) {
  const asked = useQuery(receiversQuery(endpoint, choice));
  if (asked.error) return <ProblemAlert error={asked.error} />;
  return <div role="status">{asked.data ? <Counted told={asked.data} /> : <Text size="sm" c="dimmed">{words.counting}</Text>}</div>;
}

function Counted({ told: { subscriptions, receivers, by } }: { told: Told }) {
  if (by.length === 0) return <Alert color="orange" styles={{ title: { color: 'var(--mantine-color-text)' } }} title={words.nowhere.title}>{words.nowhere.text}</Alert>;
  return <Text size="sm">{words.told(subscriptions, receivers, by)}{by.includes('mail') && receivers === 0 ? ` ${words.noAddress}` : ''}</Text>;
}
